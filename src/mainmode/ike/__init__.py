"""IKEv1 without input or output: main mode, quick mode, informational exchanges, NAT traversal."""
