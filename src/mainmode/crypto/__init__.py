"""Diffie-Hellman groups, ciphers, MACs, the SKEYID family, KEYMAT and the IV chain."""
