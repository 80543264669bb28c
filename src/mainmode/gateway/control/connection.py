"""One client on the control socket: its lines are read one command at a time, its answers never wait for it.

What a client may cost is bounded: the length of a line and the time until it is whole, how long it says nothing, and
how much is kept for one that reads slowly. A client that follows something and falls behind misses messages, and is
told how many.
"""

import asyncio
import select
import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from socket import SO_PEERCRED, SOL_SOCKET
from typing import NamedTuple, Protocol

from mainmode.base.errors import InputError
from mainmode.gateway.control.protocol import DONE, ERROR, LONGEST_REQUEST, MISSED, read_request, written

HALF_LINE_SECONDS = 5.0
"""How long a line may take from its first octet to its newline."""
IDLE_SECONDS = 60.0
"""How long a client may be connected without asking for anything, or leave an answer unread."""
_KEPT_UNREAD = 1 << 16
"""Octets of answers above which no further command is read."""
_MOST_UNREAD = 1 << 26
"""Octets that are never kept: a client that leaves so much unread is cut off."""
_PEER_CREDENTIALS = struct.Struct("3i")


class Who(NamedTuple):
    """The process at the other end of the socket, as the kernel knows it; -1 where it does not."""

    pid: int
    uid: int

    @property
    def user(self) -> str:
        """One word for the log."""
        return "root" if self.uid == 0 else f"uid-{self.uid}"


class Errand(Protocol):
    """What goes on after a command was read, until it ends by itself or the client goes."""

    def stop(self) -> None:
        """The client is gone."""


class Client(Protocol):
    """Who asked for what goes on: on this process's own socket, or at another worker's."""

    who: Who

    def say(self, message: Mapping[str, object]) -> None:
        """A piece of the answer."""

    def offer(self, line: bytes, most: int) -> None:
        """A message that may be missed where `most` octets wait for the client already."""

    def end(self, **more: object) -> None:
        """The command under way was carried out."""


class Talk(Errand, Protocol):
    """An errand whose client goes on talking: each of its lines is `heard`, as long as it is hungry.

    It calls `Connection.go_on_soon` when it is hungry again.
    """

    hungry: bool

    def heard(self, line: bytes) -> None:
        """A line of the client. Raises InputError for one that nobody understands: the client is told, and goes."""

    def no_more(self) -> None:
        """The client will say nothing more."""

    def pause(self) -> None:
        """The client reads slowly."""

    def resume(self) -> None:
        """It has caught up."""


Begin = Callable[["Connection", str], None]
"""Begins what a command asks for; it ends with `Connection.end`, at once or later. Raises InputError."""


class Connection(asyncio.Protocol):
    """A client. `begin` carries out its commands, `come` and `gone` are told when it is there and when it has left."""

    def __init__(
        self, begin: Begin, come: Callable[["Connection"], None], gone: Callable[["Connection"], None]
    ) -> None:
        self.who = Who(-1, -1)
        self.errand: Errand | None = None
        self.talk: Talk | None = None
        """The same errand, where its client goes on talking."""
        self._begin = begin
        self._come = come
        self._gone = gone
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._outgoing: list[bytes] = []
        self._outgoing_octets = 0
        self._flushing = False
        self._missed = 0
        self._busy = self._paused = self._ended = self._asked_all = False
        self._timer: asyncio.TimerHandle | None = None
        self._in_half_line = False

    @property
    def idle(self) -> bool:
        """Whether no command of this client is under way and all its answers are read."""
        return not self._busy and not self._waiting

    # --- what the loop tells -------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a control socket is a stream")
        self._transport = transport
        transport.set_write_buffer_limits(high=_KEPT_UNREAD, low=_KEPT_UNREAD // 4)
        with suppress(OSError, struct.error):
            peer = transport.get_extra_info("socket").getsockopt(SOL_SOCKET, SO_PEERCRED, _PEER_CREDENTIALS.size)
            pid, uid, _ = _PEER_CREDENTIALS.unpack(peer)
            self.who = Who(pid, uid)
        self._come(self)
        self._set_timer()

    def connection_lost(self, error: Exception | None) -> None:
        """The client is gone."""
        self._cancel_timer()
        self._transport = None
        self._stop()
        self._gone(self)

    def data_received(self, octets: bytes) -> None:
        """A piece of a request, or several."""
        self._received += octets
        self._go_on()

    def eof_received(self) -> bool:
        """The client will ask for nothing more: what it asked for before is answered, what goes on ends."""
        if self.talk is not None and self._hung_up():
            return False
        self._asked_all = True
        if self._busy and self.talk is None:
            self.end()
        else:
            self._go_on()
        return True

    def _hung_up(self) -> bool:
        """Whether the client has closed both ways: nobody reads what is said."""
        poll = select.poll()
        if self._transport is not None:
            poll.register(self._transport.get_extra_info("socket").fileno(), 0)
        return any(event & select.POLLHUP for _, event in poll.poll(0))

    def pause_writing(self) -> None:
        """The client reads slowly."""
        self._paused = True
        if self.talk is not None:
            self.talk.pause()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._paused = False
        if self.talk is not None:
            self.talk.resume()
        self._tell_missed()
        self._go_on()

    # --- answers -------------------------------------------------------------------------------------------------

    def say(self, message: Mapping[str, object]) -> None:
        """A piece of the answer."""
        self._put(written(message))

    def offer(self, line: bytes, most: int) -> None:
        """A message that may be missed: it is dropped and counted where `most` octets wait for the client already."""
        if self._missed or self._waiting > most:
            self._missed += 1
        else:
            self._put(line)

    def end(self, **more: object) -> None:
        """The command under way was carried out."""
        self._tell_missed(always=True)
        self.say({DONE: True, **more})
        self._over()

    def refuse(self, text: str) -> None:
        """The command under way could not be carried out."""
        self.say({ERROR: text})
        self._over()

    def go_on_soon(self) -> None:
        """What has come from the client meanwhile may be heard."""
        self._loop.call_soon(self._go_on)

    def close(self) -> None:
        """Take leave of the client; what was said reaches it, if it reads within a minute."""
        self._ended = True
        self._flush()
        if self._transport is not None:
            self._transport.close()
            self._set_timer()

    # --- inside --------------------------------------------------------------------------------------------------

    @property
    def _waiting(self) -> int:
        """Octets that the client has not read yet."""
        written_already = self._transport.get_write_buffer_size() if self._transport is not None else 0
        return self._outgoing_octets + written_already

    @property
    def _takes_lines(self) -> bool:
        """Whether a line of the client is looked at now."""
        if self.talk is not None and self._busy:
            return self.talk.hungry and not self._ended
        return not (self._busy or self._waits)

    @property
    def _waits(self) -> bool:
        """Whether the client has to read first, or is to be left."""
        return self._paused or self._ended

    def _go_on(self) -> None:
        """Carry out what was received, as far as nothing is under way and the answers are read."""
        while self._takes_lines:
            line, newline, rest = self._received.partition(b"\n")
            if not newline or len(line) >= LONGEST_REQUEST:
                break
            self._received = rest
            self._carry_out(bytes(line))
            self._flush()
        if len(self._received) >= LONGEST_REQUEST and (self._takes_lines if self.talk else not self._waits):
            self.refuse(f"a request has at most {LONGEST_REQUEST} octets, and only one waits for another")
            self.close()
        elif self._asked_all and self._takes_lines:
            if self.talk is not None:
                self.talk.no_more()
            else:
                self.close()
        elif not self._ended:
            self._hold_back()
            self._set_timer()

    def _hold_back(self) -> None:
        """Read on only from a client that reads too."""
        if self._transport is None or self._transport.is_closing():
            return
        if self._paused if self.talk is None else not self.talk.hungry:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _carry_out(self, line: bytes) -> None:
        talk = self.talk
        try:
            if talk is not None:
                talk.heard(line)
                return
            self._busy = True
            self._begin(self, read_request(line))
        except InputError as error:
            self.refuse(str(error))
            if talk is not None:
                self.close()

    def _over(self) -> None:
        self._busy = False
        self._stop()
        self._loop.call_soon(self._go_on)

    def _stop(self) -> None:
        errand, self.errand, self.talk = self.errand, None, None
        if errand is not None:
            errand.stop()

    def _put(self, line: bytes) -> None:
        if self._waiting > _MOST_UNREAD:
            self._abort()
            return
        self._outgoing.append(line)
        self._outgoing_octets += len(line)
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        """All that was said meanwhile, in one write."""
        self._flushing = False
        octets, self._outgoing, self._outgoing_octets = b"".join(self._outgoing), [], 0
        if octets and self._transport is not None:
            self._transport.write(octets)
            if not self._paused:
                self._tell_missed()

    def _tell_missed(self, *, always: bool = False) -> None:
        if self._missed and (always or not self._paused):
            missed, self._missed = self._missed, 0
            self.say({MISSED: missed})

    # --- patience ------------------------------------------------------------------------------------------------

    def _set_timer(self) -> None:
        """One timer, for what is waited for now. A client that follows something may say nothing for ever."""
        half = bool(self._received) and self._takes_lines
        if half and self._in_half_line:
            return
        self._cancel_timer()
        self._in_half_line = half
        if half:
            self._timer = self._loop.call_later(HALF_LINE_SECONDS, self._half_line)
        elif self._ended or self.errand is None:
            self._timer = self._loop.call_later(IDLE_SECONDS, self._abort)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _half_line(self) -> None:
        self.refuse(f"the request did not end within {HALF_LINE_SECONDS:.0f} seconds; it is one line")
        self.close()

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()
