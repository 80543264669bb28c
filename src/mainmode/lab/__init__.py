"""Two devices on a virtual wire in virtual time."""
