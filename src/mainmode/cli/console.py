"""What is told to the user on standard error, and streams that are closed or fail."""

import os
import sys
from contextlib import suppress

from mainmode.base.printable import printable as printable


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
