"""Faces: they bring the octets of a keyboard to a terminal, and its text to a screen."""
