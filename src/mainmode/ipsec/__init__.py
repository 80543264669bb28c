"""SPD, SAD, replay window, lifetimes and ESP; `dataplane` is the door."""
