"""SSH to a firewall's command line. asyncssh speaks the protocol; it is loaded only where a server is wanted."""
