"""The device's own command line: sessions with modes and a prompt, before a device of the lab or a running gateway.

A key becomes a line in `terminal/` (no input or output of its own), a line a command in `session.py`, a command does
what it does to the device behind the prompt, `firewall.py`. Faces bring octets: a terminal, a pipe, SSH.
"""
