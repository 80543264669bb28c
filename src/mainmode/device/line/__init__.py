"""A line typed at the device: declared commands, lookup with its abbreviations, and the device's complaints."""
