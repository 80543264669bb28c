"""The control socket of a gateway: any octets of a client, in any pieces, with a console behind one of its doors."""

import asyncio
import json
import re
import socket
import struct
from collections.abc import Callable, Iterable
from hashlib import shake_128
from importlib.resources import files
from typing import Any
from unittest.mock import patch

from fuzz.grammar import CHOSEN, KEY, MARK, Chooser, chosen
from fuzz.target import BrokenError, Target
from fuzz.targets.console import _command

from mainmode.base.errors import InputError
from mainmode.console.gateway.consoles import Consoles
from mainmode.device.box import Box
from mainmode.device.config.model import Configuration
from mainmode.device.config.reader import read
from mainmode.device.exec_commands import exec_table
from mainmode.device.line.declaration import Command
from mainmode.device.running import Running
from mainmode.gateway.clock import Clock
from mainmode.gateway.control.commands import FOLLOW_COMMANDS
from mainmode.gateway.control.connection import Connection
from mainmode.gateway.control.server import ControlServer
from mainmode.gateway.gateway import Gateway

TURN, SLOW, QUICK, END, DATAGRAM = b"\x05", b"\x06", b"\x07", b"\x0e", b"\x0f"
"""Between pieces: the loop turns; the client reads no more, and again; it asks for nothing more; a packet comes."""
_PIECES = re.compile(b"([\x05\x06\x07\x0e\x0f])")
_STRANGER = 54_321
_TURNS = 12
_OUTPUT, _OUTPUT_OF_ONE = 200_000, 4_000
"""Characters that may come at all, and for each octet: the shortest command has four and shows 10,000 characters."""
_COMMANDS: tuple[Command[Any], ...] = (*exec_table(), *FOLLOW_COMMANDS)
_TEXT = (files("mainmode.lab") / "examples" / "asa1.cfg").read_text("utf-8").replace("cisco", KEY)


class Far(asyncio.Transport):
    """The other end: keeps what is written, and reads slowly when it is told to."""

    def __init__(self, own: socket.socket) -> None:
        super().__init__()
        self._own = own
        self.octets = bytearray()
        self.slow = self.closing = self.aborted = False
        self.unread = 0

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """The socket, whose peer is nobody in particular."""
        return self if name == "socket" else default

    def getsockopt(self, *asked: Any) -> bytes:
        """Process, user and group of the client."""
        return struct.pack("3i", 4711, _STRANGER, _STRANGER)

    def fileno(self) -> int:
        """Of a socket that is open."""
        return self._own.fileno()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """The runs pause it."""

    def get_write_buffer_size(self) -> int:
        """What is not read."""
        return self.unread

    def write(self, data: Any) -> None:
        """Kept."""
        if not self.aborted:
            self.octets += data
            self.unread += len(data) * self.slow

    def pause_reading(self) -> None:
        """Nothing more comes for now."""

    def resume_reading(self) -> None:
        """It may."""

    def is_closing(self) -> bool:
        """Whether leave was taken."""
        return self.closing

    def close(self) -> None:
        """Take leave."""
        self.closing = True

    def abort(self) -> None:
        """Cut off."""
        self.closing = self.aborted = True


class Entropy:
    """The same octets in each run."""

    def __init__(self) -> None:
        self._count = 0

    def take(self, count: int) -> bytes:
        """The next ones."""
        self._count += 1
        return shake_128(self._count.to_bytes(8)).digest(count)


class Reloading:
    """A gateway's configuration without a file and without a host."""

    def __init__(self, gateway: Gateway, text: str) -> None:
        self._gateway = gateway
        self.running = Running(text, "asa1.cfg")

    def adopt(self, configuration: Configuration) -> tuple[str, ...]:
        """In force at once."""
        self._gateway.act(lambda box, now: box.reconfigure(configuration, now))
        self._gateway.follow()
        return ()

    async def save(self, text: str) -> tuple[str, ...]:
        """Nowhere."""
        return ()

    async def restart(self) -> None:
        """There is no process of its own."""
        raise InputError("it does not start anew here")


def run(octets: bytes) -> None:
    """Let a client say it, and look at what it gets and what is left of it."""
    said = said_of(octets)
    faults: list[Exception] = []

    async def inline(act: Callable[..., Any], *given: Any, **named: Any) -> Any:
        return act(*given, **named)

    with patch.object(asyncio, "to_thread", inline):
        far = asyncio.run(_serve(said, faults))
    if faults:
        raise faults[0]
    answers = bytes(far.octets)
    if len(answers) > _OUTPUT + _OUTPUT_OF_ONE * len(said):
        raise BrokenError(f"{len(answers)} octets came for {len(said)}")
    if MARK.encode() in answers and MARK.encode() not in said:
        raise BrokenError("a stranger is told a key")
    if not answers.isascii():
        raise BrokenError("an answer is not ASCII")
    lines = answers.split(b"\n")
    if lines.pop():
        raise BrokenError("an answer without its end")
    for line in lines:
        if not isinstance(json.loads(line), dict):
            raise BrokenError("an answer that is no object")


async def _serve(said: bytes, faults: list[Exception]) -> Far:
    clock = Clock(lambda: 1_700_000_000_000_000_000, lambda: 0)
    box = Box(read(_TEXT, "asa1.cfg"), Entropy(), clock.now(), hosted=True)
    gateway = Gateway(box, clock, lambda text: None)
    with patch.object(gateway, "contain", faults.append):
        consoles = Consoles(gateway, Reloading(gateway, _TEXT))  # type: ignore[arg-type]
        server = ControlServer(gateway, "unused", {"console": consoles.sit})
        watching = list(gateway.watchers)
        own, other = socket.socketpair()
        far = Far(own)
        try:
            client = server._client()
            client.connection_made(far)
            for piece in _PIECES.split(said):
                await _take(client, far, gateway, piece)
            if far.slow and not far.aborted:
                far.slow, far.unread = False, 0
                client.resume_writing()
            await _turns(_TURNS)
            client.connection_lost(None)
            await consoles.close()
            await _turns(_TURNS)
            if server._clients or [one for one in gateway.watchers if one not in watching]:
                raise BrokenError("something is left of a client that is gone")
        finally:
            own.close()
            other.close()
    return far


async def _take(client: Connection, far: Far, gateway: Gateway, piece: bytes) -> None:
    if far.closing or not piece:
        return
    if piece == SLOW and not far.slow:
        far.slow = True
        client.pause_writing()
    elif piece == QUICK and far.slow:
        far.slow, far.unread = False, 0
        client.resume_writing()
    elif piece == END:
        client.eof_received()
    elif piece == DATAGRAM:
        gateway.packet_arrived("inside", bytes.fromhex("4500001400000000400100000a010a0a0a010a0b"))
    elif piece not in (SLOW, QUICK, TURN):
        client.data_received(piece)
    await _turns(_TURNS)


async def _turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def said_of(octets: bytes) -> bytes:
    """What the client says."""
    if octets.startswith(CHOSEN):
        return chosen(octets[1:], _said, 60).encode()
    return octets


def _said(chooser: Chooser) -> str:
    shape = chooser.octet()
    if shape < 16:
        return chooser.of((TURN, SLOW, QUICK, END, DATAGRAM)).decode()
    if shape < 40:
        return chooser.text()
    if shape < 50:
        return json.dumps(
            {"command": f"console columns {chooser.word()} rows {chooser.word()} {chooser.of(('', 'piped'))}"}
        )
    if shape < 110:
        keys = chooser.of(_TYPED) if chooser.often() else chooser.text()
        return json.dumps({"typed": keys} if chooser.often() else {"columns": chooser.word(), "rows": chooser.octet()})
    if shape < 120:
        return json.dumps({"command": "console columns 80 rows 24"})
    words = " ".join(_command(chooser.of(_COMMANDS).sequence, chooser))
    return json.dumps({"command": words} if chooser.often(250) else {"command": [words], "x": chooser.octet()})


_TYPED = (
    "enable\r",
    "\r",
    "?",
    "conf t\r",
    "show running-config\r",
    "interface ?",
    "\x1a",
    "\x03",
    "quit\r",
    "sh\t",
    "\x00\xff",
)


def seeds() -> Iterable[bytes]:
    """One of each command, a console that is typed at, and what is no request."""
    for start in range(0, len(_COMMANDS), 12):
        numbers = (number for number in range(start, min(start + 12, len(_COMMANDS))) if number != ord("\n"))
        yield CHOSEN + b"\n".join(bytes([200, number, *bytes(5)]) for number in numbers)
    yield b'{"command": "show version"}\n' * 3 + END
    yield b'{"command": "debug crypto ikev1 127"}\n' + DATAGRAM + SLOW + DATAGRAM + QUICK + b'{"command":"x"}\n'
    yield b'{"command": "capture"}\n' + DATAGRAM * 3 + END
    yield b'{"command": "capture keys"}\n'
    typed = (b"enable\\r\\r", b"show run\\r", b"conf t\\r?", b"hostname x\\rend\\r")
    yield (
        b'{"command": "console columns 80 rows 24"}\n' + TURN.join(b'{"typed": "%s"}\n' % keys for keys in typed) + END
    )
    yield b'{"command": "console columns 0 rows 0 piped"}\n{"redraw": 1}\n{"columns": 5, "rows": true}\n{"typed": 7}\n'
    yield b"x" * 5000
    yield b"[" * 4000 + b"\n" + b'{"command": "' + b"a" * 4000 + b'"}\n'
    yield b'{"command": "show clock"' + TURN + b"}" + TURN + b"\n\n\n{}\n[]\nnull\n\xff\n"


def words() -> Iterable[bytes]:
    """Requests, and words of commands."""
    found = {word for one in _COMMANDS for word in one.syntax.split() if word[:1].isalpha()}
    requests = ('{"command": "', '"}\n', '{"typed": "', '{"columns": 80, "rows": 24}\n', "console columns 80 rows 24")
    return [word.encode() for word in (*sorted(found), *requests)]


TARGET = Target(
    name="control",
    about="what a client of the control socket says, in pieces, behind octet 1 chosen requests",
    modules=("mainmode.gateway.control", "mainmode.console.gateway", "mainmode.console.session"),
    seeds=seeds,
    run=run,
    pause=4.0,
    slope=0.002,
    longest=8_192,
    words=words,
)
