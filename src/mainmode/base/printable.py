"""Text that cannot steer the terminal it is printed on."""

import re

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that could steer a terminal or turn its text around. Neither newline nor tab is one."""


def printable(text: str) -> str:
    """The text with every character that could steer a terminal spelled out, such as `\\x1b`."""
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
