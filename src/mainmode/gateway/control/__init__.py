"""The control socket of a running gateway: commands come in as lines of JSON, answers and what is followed go out."""

DEFAULT_PATH = "/run/mainmode/control"
"""Where a gateway listens if nobody names another place."""
