"""What is written for Wireshark: captures as pcapng, and key files."""
