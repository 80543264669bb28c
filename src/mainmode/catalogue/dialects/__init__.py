"""What other devices say: sayings that are read and never printed, a module or several for each dialect."""
