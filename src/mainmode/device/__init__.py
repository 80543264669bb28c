"""One firewall as a value: configuration, routing, NAT, ACL, packet path, show, debug filters."""
