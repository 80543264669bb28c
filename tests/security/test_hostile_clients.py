"""That the fuzz target of the control socket notices what it looks for."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import pytest
from fuzz.grammar import CHOSEN
from fuzz.target import BrokenError
from fuzz.targets import control

from mainmode.gateway.control import following, protocol
from mainmode.gateway.control.connection import Connection

CONSOLE = b'{"command": "console columns 80 rows 24"}\n'


def _fault(*given: object, **named: object) -> str:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("door", "said"),
    [
        ("mainmode.gateway.control.server.carry_out", b'{"command": "show clock"}\n'),
        ("mainmode.console.gateway.cabled.Session", CONSOLE),
    ],
)
def test_it_notices_a_fault_that_the_gateway_contains(monkeypatch: pytest.MonkeyPatch, door: str, said: bytes) -> None:
    control.run(said)
    monkeypatch.setattr(door, _fault)
    with pytest.raises(ZeroDivisionError):
        control.run(said)


def test_it_notices_a_watcher_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    said = b'{"command": "debug crypto ikev1 127"}\n'
    control.run(said)
    monkeypatch.setattr(following.Follower, "stop", lambda self: None)
    with pytest.raises(BrokenError, match="something is left"):
        control.run(said)


def test_it_notices_keys_for_a_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = b'{"typed": "enable\\r\\rmore system:running-config\\r    "}\n'
    control.run(CONSOLE + keys)
    monkeypatch.setattr(control, "_STRANGER", 0)
    with pytest.raises(BrokenError, match="a stranger is told a key"):
        control.run(CONSOLE + keys + control.TURN * 3)


def test_it_notices_answers_that_are_not_of_the_protocol(monkeypatch: pytest.MonkeyPatch) -> None:
    said = b'{"command": "show clock"}\n'
    written = protocol.written
    for broken, told in ((b"\xff\n", "not ASCII"), (b"x", "without its end"), (b"[]\n", "no object")):
        monkeypatch.setattr("mainmode.gateway.control.connection.written", lambda message, more=broken: more)
        with pytest.raises(BrokenError, match=told):
            control.run(said)
    monkeypatch.setattr("mainmode.gateway.control.connection.written", lambda message: written(message) * 20_000)
    with pytest.raises(BrokenError, match="octets came for"):
        control.run(said)


def test_it_notices_a_client_that_is_never_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "connection_lost", lambda self, error: None)
    with pytest.raises(BrokenError, match="something is left"):
        control.run(b"")


def test_choices_become_requests() -> None:
    assert control.said_of(CHOSEN + b"\xc8\x00\n\x70") == (
        b'{"command": "show crypto isakmp sa"}\n{"command": "console columns 80 rows 24"}\n'
    )
