"""What is told to the user on standard error, and streams that are closed or fail."""

import os
import re
import sys
from contextlib import suppress

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that could steer a terminal or turn its text around. Neither newline nor tab is one."""


def printable(text: str) -> str:
    """The text with every character that could steer a terminal spelled out, such as `\\x1b`."""
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def tell(message: str) -> None:
    """Print a message on standard error; where that cannot be written there is nobody to tell."""
    with suppress(OSError):
        print(printable(message), file=sys.stderr, flush=True)


def replace_closed_streams() -> None:
    """Standard streams that the caller has closed become the null device."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


class OutputError(Exception):
    """Standard output cannot be written. The text says why."""


def print_output(text: str) -> None:
    """Print on standard output, all of it at once. Raises OutputError, and BrokenPipeError where nobody reads on."""
    try:
        print(text, end="", flush=True)
    except BrokenPipeError:
        give_up_output()
        raise
    except OSError as error:
        give_up_output()
        raise OutputError(f"standard output cannot be written: {error.strerror or error}") from None


def give_up_output() -> None:
    """Let what is still in the buffer of standard output go nowhere, so that it does not fail again at exit."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
