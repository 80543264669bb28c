"""The mark that sets the gateway's own packets apart from those that it protects (SO_MARK, `ip rule … fwmark`)."""

MARK = 0x4D4D
