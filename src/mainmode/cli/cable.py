"""`mainmode console` without files: the cable between this process's terminal and a running gateway."""

import asyncio
from argparse import Namespace

from mainmode.base.errors import InputError
from mainmode.cli.control import GatewayConnection, control_path, refusal
from mainmode.cli.own_face import exit_code, own_face
from mainmode.console.faces.face import Face
from mainmode.gateway.control.protocol import (
    COLUMNS,
    DONE,
    ERROR,
    FOLLOWING,
    OUTPUT,
    PIPED,
    REDRAW,
    ROWS,
    TYPED,
    TYPED_AS,
    read_answer,
    written,
)

_PIECE = 512
"""Octets of a keyboard in one message: escaped they fit into a request."""
_OF_LABS = ("device", "seed", "link")


def sit_at_gateway(arguments: Namespace) -> int:
    """Until the session, the gateway or the terminal ends; the exit code. Raises InputError."""
    wrong = [name for name in _OF_LABS if getattr(arguments, name) is not None]
    if wrong or arguments.time == "still":
        raise InputError(
            f"--{(wrong or ['time'])[0]} is for the devices of a lab: name their configurations, or give --example"
        )
    path = control_path(arguments)
    try:
        connection = GatewayConnection(path)
    except InputError as error:
        raise InputError(f"{error}; mainmode console CFG sits at a device of a lab") from None
    return asyncio.run(_sit(connection, path))


async def _sit(connection: GatewayConnection, path: str) -> int:
    async with own_face() as face:
        cable = Cable(face, path)
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(lambda: cable, sock=connection.detach())
        try:
            await cable.over
        finally:
            cable.hang_up()
    return exit_code(face)


class Cable(asyncio.Protocol):
    """Between a face and a gateway's console. `over` is done when it has ended, with an InputError where it broke."""

    def __init__(self, face: Face, path: str) -> None:
        self._face = face
        self._path = path
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._done = False
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    # --- the gateway ---------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a session."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a control socket is a stream")
        self._transport = transport
        words = ["console", COLUMNS, str(self._face.columns), ROWS, str(self._face.rows)]
        transport.write(written({"command": " ".join([*words, *[PIPED] * self._face.piped])}))

    def data_received(self, octets: bytes) -> None:
        """What it prints."""
        self._received += octets
        *lines, self._received = self._received.split(b"\n")
        for line in lines:
            answer = read_answer(bytes(line))
            if answer is None:
                self._end(f"what listens on {self._path} is no gateway of this release")
            elif OUTPUT in answer:
                self._face.send(str(answer[OUTPUT]))
            elif FOLLOWING in answer:
                self._face.attach(self)
            elif ERROR in answer:
                self._end(refusal(str(answer[ERROR])))
            elif DONE in answer:
                self._end(None)

    def connection_lost(self, error: Exception | None) -> None:
        """The gateway has ended."""
        self._transport = None
        self._end(f"the gateway on {self._path} has ended, or closed the connection")

    def pause_writing(self) -> None:
        """It reads no further for now."""
        self._face.reading(False)

    def resume_writing(self) -> None:
        """It does."""
        if not self._done:
            self._face.reading(True)

    # --- the face ------------------------------------------------------------------------------------------------

    def feed(self, octets: bytes) -> None:
        """What was typed."""
        for start in range(0, len(octets), _PIECE):
            self._say({TYPED: octets[start : start + _PIECE].decode(TYPED_AS)})

    def end_of_input(self) -> None:
        """Nobody types any more."""
        if self._transport is not None and self._transport.can_write_eof():
            self._transport.write_eof()

    def resize(self, columns: int, rows: int) -> None:
        """The screen has another size."""
        self._say({COLUMNS: columns, ROWS: rows})

    def redraw(self) -> None:
        """Something else was on it."""
        self._say({REDRAW: True})

    def pause(self) -> None:
        """It takes no more for now."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume(self) -> None:
        """It takes more."""
        if self._transport is not None:
            self._transport.resume_reading()

    def hang_up(self) -> None:
        """Nobody sits here any more."""
        self._end(None)
        if self._transport is not None:
            self._transport.abort()

    # --- inside --------------------------------------------------------------------------------------------------

    def _say(self, message: dict[str, object]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(written(message))

    def _end(self, broken: str | None) -> None:
        self._done = True
        if not self.over.done():
            if broken is None:
                self.over.set_result(None)
            else:
                self.over.set_exception(InputError(broken))
