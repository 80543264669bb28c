"""`capture`: packets that a device keeps while it works, in bounded buffers, and what `show capture` prints of them."""
