"""That the fuzz target of the console notices what it looks for."""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import pytest
from fuzz.grammar import CHOSEN, KEY
from fuzz.target import BrokenError
from fuzz.targets import console

from mainmode.console.session import Session


def _fault(*given: object, **named: object) -> str:
    raise ZeroDivisionError


def test_it_notices_a_fault_in_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    console.run(b"show version\r")
    monkeypatch.setattr(Session, "understood", _fault)
    with pytest.raises(BrokenError, match="a fault in mainmode itself"):
        console.run(b"show version\r")


@pytest.mark.parametrize(("door", "keys"), [("help_on", b"show ?"), ("completion", b"sh\t")])
def test_it_notices_a_fault_that_the_terminal_shows_nobody(
    monkeypatch: pytest.MonkeyPatch, door: str, keys: bytes
) -> None:
    monkeypatch.setattr(f"mainmode.console.session.{door}", _fault)
    with pytest.raises(ZeroDivisionError):
        console.run(keys)


def test_it_notices_a_fault_of_a_device_in_the_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    console.run(b"lab start\r")
    monkeypatch.setattr("mainmode.device.box.Box.packet_in", _fault)
    with pytest.raises(ZeroDivisionError):
        console.run(b"lab start\r")


def test_it_notices_a_key_that_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    console.run(b"more system:running-config\rshow running-config\r")
    monkeypatch.setattr("mainmode.device.config.declaration.Command.text", _shown)
    with pytest.raises(BrokenError, match="a key is shown"):
        console.run(b"show running-config tunnel-group\r")


def _shown(self: object, row: object, spelling: object, *, reveal: bool = False) -> str:
    return f"tunnel-group {KEY}"


def test_it_notices_a_command_that_nobody_can_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    async def stubborn(self: Session, line: str) -> None:
        for _ in range(2000):
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0)

    monkeypatch.setattr(Session, "enter", stubborn)
    with pytest.raises(BrokenError, match="Ctrl-C does not end a command"):
        console.run(b"show version\r")


def test_choices_become_lines_that_are_typed() -> None:
    lines = console.keys_of(CHOSEN + b"\x14\n\xc8\x00\n\xc8\x05").split(b"\r")
    assert lines[0].startswith(b"configure terminal")
    with pytest.raises(FileNotFoundError):
        console.NoDisk("x").open("xb")
