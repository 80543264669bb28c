"""The data plane in user space: a TUN device, ESP through raw and UDP sockets, and the rules that lead packets here."""
