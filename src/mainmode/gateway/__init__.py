"""The gateway: the device of `device/` on real sockets, as a process of a Linux host."""
