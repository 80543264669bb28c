"""What the device answers to a line that is no command. The caret line and its texts are seen in public sessions."""

import re

from mainmode.base.errors import InputError
from mainmode.device.config.masking import masked_typed
from mainmode.device.line.lookup import Fault, LineError

_WORD = re.compile(r"\S+")


_LONGEST = 510
"""Characters of a command line that the device takes, and that are said again."""


def refusal(error: LineError, prompt: str, typed: str) -> InputError:
    """The answer where the line itself does not stand on a screen: the line, the answer, and what was expected."""
    printable = "".join(letter if letter.isprintable() else "?" for letter in typed.expandtabs(1))
    shown = printable if len(printable) <= _LONGEST else printable[:_LONGEST] + "…"
    hint = ", ".join(error.expected) or "nothing more"
    return InputError(f"{prompt}{masked_typed(shown)}\n{complaint(error, prompt, printable)}\nexpected: {hint}")


def complaint(error: LineError, prompt: str, typed: str) -> str:
    """The answer below `typed`, which stands behind `prompt` on the screen; no newline at its end.

    Where it says the line again a key in it is masked.
    """
    if error.fault is Fault.AMBIGUOUS:
        return f'ERROR: % Ambiguous command:  "{masked_typed(typed.strip())}"'
    if error.fault is Fault.INCOMPLETE:
        return "ERROR: % Incomplete command"
    begins = [word.start() for word in _WORD.finditer(typed)]
    column = begins[error.at] if error.at < len(begins) else len(typed)
    return " " * (len(prompt) + column) + "^\nERROR: % Invalid input detected at '^' marker."
