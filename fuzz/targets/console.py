"""The console: any octets from a keyboard, at a device of a lab, through terminal, session and every command."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any
from unittest.mock import patch

from fuzz.grammar import CHOSEN, KEY, MARK, Chooser, chosen
from fuzz.target import ROOT, BrokenError, Target
from fuzz.targets import configuration

from mainmode.console.commands import LAB_TABLE, TABLE, capturing
from mainmode.console.lab.casting import LabDevice
from mainmode.console.lab.lab import Lab
from mainmode.console.session import Session, User
from mainmode.console.terminal.terminal import Terminal
from mainmode.device.config.draft import Mode
from mainmode.device.line.places import place_of
from mainmode.device.line.syntax import Sequence, following

PIPED, UNPRIVILEGED = b"\x04", b"\x05"
"""In front: no person types but a file; whoever types is not privileged."""
_FAULT = "a fault in mainmode itself"
_TURNS, _FEW_TURNS, _LEAVE_TURNS = 40, 4, 200
"""Turns of the loop after which a command that runs is interrupted; those once `_MOST_LONG` were; to come to an end."""
_MOST_LONG = 4
_OUTPUT, _OUTPUT_OF_ONE = 400_000, 16_384
"""Characters that may come at all, and for each octet: it may be a `?`, whose longest list is half of that."""
_ENDS = (
    *("\r",) * 9,
    "?",
    "\t\r",
    " ?\x15",
    "\x1a",
    "\x03",
    " | include a\r",
    " | begin [\r",
    "\x1b[A\r",
    "\x17\x19\r",
)
_ADDRESSES = ("10.0.0.2", "192.168.2.10", "192.168.1.10", "10.0.0.1", "0.0.0.0", "255.255.255.0")
_FILLERS = ("inside", "outside", "1", "VPN", "asa2", "+1h", "c1", "80", "MAP", *_ADDRESSES)
_MODES = ("configure terminal", "end", "exit", "lab start", "debug crypto ikev1 255", "terminal pager 3", "yes", "q")


class NoDisk:
    """Stands where a path does: nothing that is typed here writes a file."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __str__(self) -> str:
        return self._name

    def open(self, mode: str) -> Any:
        """There is no such folder."""
        raise FileNotFoundError(2, "No such file or directory")


@dataclass
class Faults:
    """What went wrong and was kept from whoever typed."""

    found: list[BaseException] = field(default_factory=list)


class WatchedLab(Lab):
    """A lab whose faults are noted instead of told."""

    def __init__(self, devices: tuple[LabDevice, ...], faults: Faults) -> None:
        self._noted = faults
        super().__init__(devices, still=True)

    def _fault(self, name: str, fault: Exception) -> None:
        self._noted.found.append(fault)


class WatchedSession(Session):
    """A session whose faults are noted: the terminal shows nothing of those in help and completion."""

    faults: Faults

    def help(self, before: str) -> str:
        """As it is."""
        return self._noted(super().help, before)

    def complete(self, before: str) -> str:
        """As it is."""
        return self._noted(super().complete, before)

    def _noted(self, asked: Callable[[str], str], before: str) -> str:
        try:
            return asked(before)
        except Exception as fault:
            self.faults.found.append(fault)
            return ""


def run(octets: bytes) -> None:
    """Type it, and look at all that comes."""
    piped, privilege = octets.startswith(PIPED), 15
    octets = octets.removeprefix(PIPED)
    if octets.startswith(UNPRIVILEGED):
        octets, privilege = octets[1:], 1
    typed = keys_of(octets)
    faults, came = Faults(), list[str]()

    async def inline(act: Callable[..., Any], *given: Any, **named: Any) -> Any:
        return act(*given, **named)

    with patch.object(asyncio, "to_thread", inline), patch.object(capturing, "Path", NoDisk):
        asyncio.run(_sit(typed, piped, privilege, faults, came))
    if faults.found:
        raise faults.found[0]
    told = "".join(came)
    if _FAULT in told:
        raise BrokenError(told[told.index(_FAULT) :][:200].partition("\r")[0])
    if len(told) > _OUTPUT + _OUTPUT_OF_ONE * len(typed):
        raise BrokenError(f"{len(told)} characters came for {len(typed)} octets")
    if MARK in told and MARK.encode() not in typed:
        raise BrokenError("a key is shown")
    if any(letter < " " and letter not in "\r\n\t\b\a\x1b" for letter in set(told)):
        raise BrokenError("a character that steers came through")


async def _sit(typed: bytes, piped: bool, privilege: int, faults: Faults, came: list[str]) -> None:
    lab = WatchedLab(_devices(), faults)
    terminal = Terminal(came.append, 80, 24, piped=piped)
    session = WatchedSession(lab.find("asa1"), terminal, User("", "console", privilege), sees_keys=False)
    session.faults = faults
    task = asyncio.get_running_loop().create_task(terminal.run(session))
    long = 0
    try:
        for line in typed.replace(b"\n", b"\r").split(b"\r"):
            terminal.feed(line + b"\r")
            if not await _settled(terminal, task, _TURNS if long < _MOST_LONG else _FEW_TURNS):
                long += 1
                terminal.feed(b"\x03")
                if not await _settled(terminal, task, _LEAVE_TURNS):
                    raise BrokenError("Ctrl-C does not end a command")
            if task.done():
                break
        terminal.end_of_input()
        await _settled(terminal, task, _TURNS)
        terminal.hang_up()
        for _ in range(_LEAVE_TURNS):
            if task.done():
                return await task
            await asyncio.sleep(0)
        raise BrokenError("a terminal whose far end is gone does not end")
    finally:
        task.cancel()
        session.close()


async def _settled(terminal: Terminal, task: "asyncio.Task[None]", turns: int) -> bool:
    """Whether all that was typed was taken within so many turns of the loop, and more may be typed."""
    for _ in range(turns):
        await asyncio.sleep(0)
        if task.done() or terminal._typed.awaited:
            return True
    return False


@cache
def _devices() -> tuple[LabDevice, ...]:
    """The packaged pair, with keys that nothing else has in it; values, which nobody changes."""
    folder = files("mainmode.lab") / "examples"
    return tuple(
        LabDevice(name, (folder / name).read_text("utf-8").replace("cisco", KEY) + "management-access inside\n")
        for name in ("asa1.cfg", "asa2.cfg")
    )


# --- keys that are chosen --------------------------------------------------------------------------------------------


def keys_of(octets: bytes) -> bytes:
    """What is typed."""
    if octets.startswith(CHOSEN):
        mode = [Mode.GLOBAL]
        return chosen(octets[1:], lambda chooser: _typed(mode, chooser), 60).replace("\r\n", "\r").encode()
    return octets


def _typed(mode: list[Mode], chooser: Chooser) -> str:
    shape = chooser.octet()
    if shape < 20:
        return chooser.text()
    if shape < 60:
        return chooser.of(_MODES)
    if shape < 130:
        line = configuration.line(mode, chooser)
    else:
        line = " ".join(_command(chooser.of(_COMMANDS).sequence, chooser))
    if not chooser.often(216):
        line = line[: chooser.octet() % (len(line) + 1)]
    return line + chooser.of(_ENDS)


_COMMANDS = (*TABLE, *LAB_TABLE)
_END = ord("\n")


def _command(left: Sequence, chooser: Chooser) -> Iterator[str]:
    for _ in range(16):
        word, left = chooser.of(list(following(left)))
        if word is None:
            return
        if place_of(word) is None:
            yield word
        else:
            yield chooser.of(_ADDRESSES if "A.B.C.D" in word else _FILLERS) if chooser.often(220) else chooser.word()


def seeds() -> Iterable[bytes]:
    """What is typed in the transcripts of the tests, and choices that type one of each command."""
    for path in sorted((ROOT / "tests" / "console" / "transcripts").glob("*.txt"))[:6]:
        lines = [line[2:] for line in path.read_text("utf-8").splitlines() if line.startswith("» ")]
        yield "\r".join(lines).encode()[:400]
    yield b"sh\t ver\t\r\x1b[A\x01\x06\x0b\x19\r?conf t\rinterface ?\x15\x1a\x03\x1b[3~\x1b[1;5C\xc3\xa9\xff\r"
    yield PIPED + b"show version\nconf t\nhostname x\nend\nshow run | i host\nquit\n"
    yield UNPRIVILEGED + b"enable\r\rshow clock\r"
    for start in range(0, len(_COMMANDS), 16):
        numbers = (number for number in range(start, min(start + 16, len(_COMMANDS))) if number != _END)
        yield CHOSEN + b"\n".join(bytes([200, number, *bytes(6)]) for number in numbers)
    for start in range(0, 160, 20):
        numbers = (number for number in range(start, start + 20) if number != _END)
        yield CHOSEN + b"\n".join([bytes([20]), *(bytes([100, 100, number, 1, 0, 0, 0, 0]) for number in numbers)])


def words() -> Iterable[bytes]:
    """Words of commands, and keys."""
    found = {word for one in _COMMANDS for word in one.syntax.split() if word[:1].isalpha()}
    keys = ("\r", "?", "\t", "\x1a", "\x03", "\x16", "\x1b[A", "\x1b[1;5D", "| include ", "| grep -v ")
    return [word.encode() for word in (*sorted(found), *keys, "configure terminal\r")]


TARGET = Target(
    name="console",
    about="keys at the console of a lab's device, behind octets 1, 4, 5 chosen lines, a file that types, no privilege",
    modules=("mainmode.console", "mainmode.device.line", "mainmode.device.running"),
    seeds=seeds,
    run=run,
    pause=10.0,
    slope=0.005,
    longest=2_048,
    words=words,
)
