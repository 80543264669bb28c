"""Named faults: what goes wrong on the wire, on the net, with a device or in its configuration, on purpose."""
