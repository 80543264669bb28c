"""The commands for a running gateway: they ask over its control socket and print what it answers.

Imports nothing slow: a `show` is answered as fast as a person can read.
"""

import errno
import os
import select
import signal
import socket
import stat
import struct
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from mainmode.base.errors import InputError
from mainmode.cli.console import print_output, printable, tell
from mainmode.cli.control_options import CONTROL_VARIABLE
from mainmode.cli.parser import EXIT_DOWN, EXIT_UP
from mainmode.gateway.control import DEFAULT_PATH
from mainmode.gateway.control.protocol import (
    COMMAND,
    DONE,
    ERROR,
    LINE,
    LONGEST_REQUEST,
    MISSED,
    OUTPUT,
    RECEIVED,
    read_answer,
    written,
)

_PATIENCE = 15.0
"""Seconds that a gateway gets for a connection or an answer that it has at once."""
_PIECE = 1 << 18
_CREDENTIALS = struct.Struct("3i")
"""Process, user and group at the other end of a socket (unix(7), SO_PEERCRED)."""
_WHERE = f"name its control socket with --control or ${CONTROL_VARIABLE}"


def ask(arguments: Namespace) -> int:
    """Carry out `show`, `clear`, `vpn-sessiondb`, `ping` or `debug` and return the exit code. Raises InputError."""
    gateway = GatewayConnection(control_path(arguments))
    try:
        gateway.ask(_typed(arguments))
        if arguments.command == "debug":
            return _follow(gateway)
        for answer in gateway.answers(_PATIENCE):
            _print(answer)
            if DONE in answer:
                return EXIT_DOWN if answer.get(RECEIVED) == 0 else EXIT_UP
        return EXIT_UP
    finally:
        gateway.close()


def control_path(arguments: Namespace) -> str:
    """Where the gateway listens: the option, else the environment, else the usual place."""
    return arguments.control or os.environ.get(CONTROL_VARIABLE) or DEFAULT_PATH


def _typed(arguments: Namespace) -> str:
    """The command line as it is typed on a device."""
    if arguments.command != "debug":
        return " ".join((arguments.command, *arguments.words))
    words, debugs = arguments.words, list(arguments.debug or ())
    condition = words[words.index("condition") :] if "condition" in words else []
    if len(condition) < len(words):
        debugs.append(" ".join(words[: len(words) - len(condition)]))
    if not debugs:
        raise InputError("say which debug, such as: mainmode debug crypto ikev1 127")
    return " ".join(("debug", " and ".join(one.removeprefix("debug ") for one in debugs), *condition))


def _follow(gateway: "GatewayConnection") -> int:
    """Print lines until somebody interrupts, which is how it is meant to end."""
    gateway.end_when_interrupted()
    for answer in gateway.answers(None):
        _print(answer)
    return EXIT_UP


def _print(answer: Mapping[str, object]) -> None:
    for key, end in ((OUTPUT, ""), (LINE, "\n")):
        if key in answer:
            print_output(printable(f"{answer[key]}{end}"))
    if MISSED in answer:
        tell_missed(answer, "lines")


def tell_missed(answer: Mapping[str, object], what: str) -> None:
    """That the gateway had more to say than was read."""
    tell(f"mainmode: {answer[MISSED]} {what} were missed: they were not read as fast as they came")


def _stranger(connected: socket.socket, path: str) -> int | None:
    """The user who listens, if what is typed here is not meant for them: in a folder that is open to all, anybody."""
    credentials = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, user, _ = _CREDENTIALS.unpack(credentials)
    trusted = {0, os.geteuid()}
    with suppress(OSError):
        folder = os.stat(os.path.dirname(path) or ".")
        if not folder.st_mode & stat.S_IWOTH:
            trusted.add(folder.st_uid)
    return None if user in trusted else int(user)


class GatewayConnection:
    """The connection to a gateway's control socket."""

    def __init__(self, path: str) -> None:
        """Raises InputError where no gateway can be asked, with what to do."""
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(_PATIENCE)
        try:
            self._socket.connect(path)
        except (OSError, ValueError) as error:
            self._socket.close()
            raise InputError(_no_connection(path, error)) from None
        stranger = _stranger(self._socket, path)
        if stranger is not None:
            self._socket.close()
            raise InputError(
                f"{path}: listened on by user {stranger}, who is neither root nor you nor the owner of its folder: no "
                f"gateway of this host; nothing was sent to it; {_WHERE}"
            )
        self._rest = bytearray()

    def close(self) -> None:
        """Take leave."""
        self._socket.close()

    def detach(self) -> socket.socket:
        """The socket itself, for who speaks with the gateway in another way."""
        self._socket.setblocking(False)
        return self._socket

    def ask(self, command: str) -> None:
        """Send a command. Raises InputError for one that no gateway takes."""
        request = written({COMMAND: command})
        if len(request) > LONGEST_REQUEST:
            raise InputError(f"the command is too long: a gateway takes {LONGEST_REQUEST} octets")
        try:
            self._socket.sendall(request)
        except OSError as error:
            raise self._lost(error) from None

    def end_when_interrupted(self) -> None:
        """SIGINT and SIGTERM end the command under way: the gateway says what it has to say, and that it is done.

        A second one ends the process at once.
        """

        def end(number: int, frame: object) -> None:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, end)

    def answers(
        self, patience: float | None, until: float | None = None, pausing: Callable[[], None] | None = None
    ) -> Iterator[Mapping[str, object]]:
        """What the gateway says, to the end of the command, or until the clock (`time.monotonic`) says `until`.

        `patience` is how many seconds may pass between two answers; None for any number. `pausing` is called when all
        that came was given. It also ends where nobody reads standard output any more, with BrokenPipeError. Raises
        InputError for the gateway's refusal, and where it is gone.
        """
        while True:
            for line in self._lines():
                answer = read_answer(line)
                if answer is None:
                    raise InputError(f"what listens on {self._path} is no gateway of this release; {_WHERE}")
                if ERROR in answer:
                    raise InputError(refusal(str(answer[ERROR])))
                yield answer
                if DONE in answer:
                    return
            if pausing is not None:
                pausing()
            if not self._wait(patience, until):
                return
            self._receive()

    def _lines(self) -> Iterator[bytes]:
        """The whole lines of what was received."""
        *lines, self._rest = self._rest.split(b"\n")
        return map(bytes, lines)

    def _wait(self, patience: float | None, until: float | None) -> bool:
        """Wait for more; False where `until` has come."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        poll.register(sys.stdout.fileno(), 0)
        seconds = patience if until is None else until - time.monotonic()
        ready = poll.poll(None if seconds is None else max(0.0, seconds) * 1000)
        if any(descriptor != self._socket.fileno() for descriptor, _ in ready):
            raise BrokenPipeError
        if not ready and until is None:
            raise InputError(f"the gateway on {self._path} does not answer; look at its own output")
        return bool(ready)

    def _receive(self) -> None:
        try:
            octets = self._socket.recv(_PIECE)
        except OSError as error:
            raise self._lost(error) from None
        if not octets:
            raise InputError(f"the gateway on {self._path} has ended, or closed the connection")
        self._rest += octets

    def _lost(self, error: OSError) -> InputError:
        return InputError(f"the connection to the gateway on {self._path} is lost: {error.strerror or error}")


def refusal(text: str) -> str:
    """The gateway's words. A line under which a caret points at a place begins at the left."""
    lines = text.splitlines()
    return f"not understood:\n{text}" if len(lines) > 1 and lines[1].strip() == "^" else text


def _no_connection(path: str, error: OSError | ValueError) -> str:
    """Why no gateway can be asked, and what to do about it."""
    number = error.errno if isinstance(error, OSError) else None
    if number in (errno.ENOENT, errno.ENOTDIR):
        return f"no gateway runs here: there is no {path}; start one with mainmode up, or {_WHERE}"
    if number == errno.ECONNREFUSED:
        return f"no gateway listens on {path} any more; start one with mainmode up, or {_WHERE}"
    if number in (errno.EACCES, errno.EPERM):
        return (
            f"no permission to use {path}: it is for root and the gateway's user and group; ask as one of them, "
            "such as with sudo"
        )
    if isinstance(error, TimeoutError) or number == errno.EAGAIN:
        return f"the gateway on {path} takes no connection; look at its own output"
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"no gateway can be asked on {path}: {reason}; {_WHERE}"
