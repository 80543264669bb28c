"""Sockets that fail in any way while the gateway runs: told, counted, and the rest goes on."""

import errno
import os
import socket

import pytest
from gateway_boxes import HOST_A, HOST_B, PATH, Sender, echo, gateway_of

from mainmode.base.address import Path
from mainmode.base.errors import Drop
from mainmode.base.instant import Instant
from mainmode.device.decision import BoxEffect
from mainmode.device.watching import Watcher
from mainmode.gateway import sockets as room
from mainmode.gateway.sockets import IkeSockets
from mainmode.gateway.user_space.raw import EspSocket
from mainmode.ike.effects import Dropped

ERRORS = (
    *(errno.EBADF, errno.ENETDOWN, errno.ENOBUFS, errno.EPERM, errno.ECONNREFUSED, errno.EHOSTUNREACH),
    *(errno.ENETUNREACH, errno.EINVAL, errno.EADDRNOTAVAIL, errno.EMSGSIZE, errno.ENOMEM, errno.EIO, errno.EINTR),
)


class Broken:
    """A socket that fails a few times, and then has one datagram."""

    def __init__(self, number: int, times: int = 1) -> None:
        self.number, self.left, self.closed = number, times, False

    def fileno(self) -> int:
        return 90

    def recvmsg(self, *_: int) -> tuple[bytes, list[tuple[int, int, bytes]], int, tuple[str, int]]:
        if self.left > 0:
            self.left -= 1
            raise OSError(self.number, os.strerror(self.number))
        if self.left < 0:
            raise BlockingIOError
        self.left = -1
        info = bytes(4) + socket.inet_aton("10.0.0.1") + socket.inet_aton("10.0.0.1")
        return b"x", [(socket.IPPROTO_IP, 8, info)], 0, ("10.0.0.2", 500)

    def recv(self, _: int) -> bytes:
        return self.recvmsg()[0]

    def sendmsg(self, *_: object) -> None:
        raise OSError(self.number, os.strerror(self.number))

    def close(self) -> None:
        self.closed = True


class Loop:
    def add_reader(self, *_: object) -> None:
        """Nothing."""

    def remove_reader(self, *_: object) -> None:
        """Nothing."""


@pytest.mark.parametrize("number", ERRORS)
def test_a_read_that_fails_is_told_and_what_comes_afterwards_is_read(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    broken, rig, got = Broken(number), gateway_of("a"), []

    def received(datagram: bytes, path: Path) -> bool:
        got.append((datagram, path))
        return True

    monkeypatch.setattr(room, "_udp", lambda port: broken)
    sockets = IkeSockets(Loop(), received, rig.gateway.trouble)  # type: ignore[arg-type]
    sockets._drain(500)
    assert (got, rig.gateway.troubles) == ([], {"UDP port 500 cannot be read": 1})
    assert rig.told == [f"UDP port 500 cannot be read: {os.strerror(number)}"]
    sockets._drain(500)
    assert got == [(b"x", PATH)]
    sockets.close()
    assert broken.closed


@pytest.mark.parametrize("number", ERRORS)
def test_a_raw_socket_of_esp_that_fails_has_nothing_now_and_more_later(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr("mainmode.gateway.user_space.raw._opened", lambda protocol: Broken(number, 2))
    esp = EspSocket()
    assert [esp.receive() for _ in range(3)] == [None, None, b"x"]


class Drops(Watcher):
    def __init__(self) -> None:
        self.seen: list[Drop] = []

    def happened(self, effect: BoxEffect, now: Instant) -> None:
        if isinstance(effect, Dropped):
            self.seen.append(effect.reason)


@pytest.mark.parametrize("number", ERRORS)
def test_a_send_that_fails_is_a_drop_and_the_message_goes_again_when_it_can(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(room, "_udp", lambda port: Broken(number))
    rig, peer, drops = gateway_of("a"), gateway_of("b"), Drops()
    rig.join(peer)
    well = rig.gateway.sender
    broken = IkeSockets(Loop(), lambda datagram, path: True, rig.gateway.trouble)  # type: ignore[arg-type]
    rig.gateway.sender = Sender(broken.send)
    rig.gateway.watchers.append(drops)
    rig.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
    assert drops.seen == [Drop.NOT_SENT]
    assert len(rig.told) == 1
    rig.gateway.sender = well
    rig.advance(8)
    rig.gateway.wake()
    rig.carry()
    assert len(rig.gateway.box.sad.states()) == 1
    assert not rig.gateway.faults
