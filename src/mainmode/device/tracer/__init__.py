"""`packet-tracer`: a packet made from what was typed, let pass, and its way told phase by phase as the device does."""
