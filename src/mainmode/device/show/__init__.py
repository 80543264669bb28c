"""What `show` commands print: each output is a declared layout, filled from the box's values."""
