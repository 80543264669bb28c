"""What packets of a capture tell: the facts of a message, and one readable line for it."""
