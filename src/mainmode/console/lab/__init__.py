"""Devices of a lab behind the prompt, and what only a lab can do: time that jumps, steps, the other side's view."""
