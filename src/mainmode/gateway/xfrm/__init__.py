"""IPsec in the kernel: XFRM over netlink, and the data plane that stands on it."""
