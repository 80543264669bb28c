"""Strangers' logs and captures read back: who negotiated what with whom, where it broke, why, and what to do."""
