"""Bytes to ISAKMP messages and payloads and back; NAT-T framing, fragments, ESP headers, IP views."""
