"""The running gateway behind the prompt: its firewall, and sessions by its control socket and over SSH."""
