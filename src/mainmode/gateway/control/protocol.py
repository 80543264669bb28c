"""The lines of the control protocol, as both ends write and read them; docs/control.md tells it to people.

Imports nothing slow: whoever asks a gateway something starts with this.
"""

import json
from collections.abc import Mapping

from mainmode.base.errors import InputError

LONGEST_PATH = 107
"""Octets that the address of a unix socket has room for (unix(7), with its final zero)."""
LONGEST_REQUEST = 4096
"""Octets of a request with its newline."""

COMMAND = "command"
OUTPUT, ERROR, DONE, RECEIVED = "output", "error", "done", "received"
LINE, MISSED, FOLLOWING = "line", "missed", "following"
PACKET, AT, INTERFACE, INBOUND = "packet", "at", "interface", "inbound"
KEY_FILE, KEY = "key_file", "key"
TYPED, COLUMNS, ROWS, PIPED, REDRAW = "typed", "columns", "rows", "piped", "redraw"
TYPED_AS = "latin-1"
"""How octets of a keyboard are text: each is one character."""

_FORM = f'a request is one line of JSON such as {{"{COMMAND}": "show crypto ipsec sa"}}'


def written(message: Mapping[str, object]) -> bytes:
    """A message as its line, ASCII only, with its newline."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def read_request(line: bytes) -> str:
    """The command of a request. Raises InputError, which says what a request looks like."""
    message = _read(line)
    if message is None or set(message) != {COMMAND}:
        raise InputError(_FORM)
    command = message[COMMAND]
    if not isinstance(command, str) or not command.strip():
        raise InputError(_FORM)
    return command.strip()


def read_answer(line: bytes) -> Mapping[str, object] | None:
    """What a gateway's line says; None for a line that no gateway writes."""
    return _read(line)


def _read(line: bytes) -> dict[str, object] | None:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None
