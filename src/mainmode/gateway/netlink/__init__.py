"""Netlink, the kernel's door for its network configuration: a codec, two kinds of sockets, and rtnetlink."""
