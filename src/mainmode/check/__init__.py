"""The preflight: do two configurations come up, in which direction, for which entry; if not, why, and what mends it."""
