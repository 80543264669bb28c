"""Captures: written for Wireshark as pcapng with key files, and read: files, datagrams, exchanges, decryption."""
