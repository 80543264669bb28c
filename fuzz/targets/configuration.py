"""The reader of configurations: a stranger's file, and everything that is made of it before a packet comes."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from importlib.resources import files
from ipaddress import IPv4Address

from fuzz.grammar import CHOSEN, KEY, MARK, Chooser, chosen, line_of
from fuzz.target import ROOT, BrokenError, Target

from mainmode.base.codes import IpProtocol
from mainmode.base.errors import InputError
from mainmode.base.instant import later, seconds
from mainmode.device.box import Box
from mainmode.device.config import Configuration, decode, read
from mainmode.device.config.actions import Enter
from mainmode.device.config.commands import COMMANDS
from mainmode.device.config.declaration import Command, EnterBelow
from mainmode.device.config.draft import Mode
from mainmode.device.exec_commands import Order, exec_table, typed
from mainmode.device.line.declaration import Command as AnyCommand
from mainmode.device.line.places import place_of
from mainmode.device.line.syntax import following
from mainmode.device.running import Running
from mainmode.lab.clock import START
from mainmode.lab.entropy import SeededEntropy
from mainmode.wire.ip import IcmpEcho, Ipv4, Udp

FILE = "stranger.cfg"
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_TELLS = r"(?:^|(?<= ))(?:pre-shared-key|password|passwd|key|community|secret)"
_HIDDEN = re.compile(rf"[ -~]*?{_TELLS} {KEY}(?: (?:encrypted|privilege [0-9]{{1,2}}))*")
_SHOWN_ANYWAY = ("banner", ":", "!")
_MODES = {
    mode: tuple(one for one in COMMANDS if one.mode is mode)
    for mode in Mode
    if any(one.mode is mode for one in COMMANDS)
}
_MOST_PACKETS = 3
_SHOPS = ROOT / "tests" / "config" / "shops"
_LONG = 6000
"""Octets of a file that would be a slow beginning."""


def line(mode: list[Mode], chooser: Chooser) -> str:
    """One line of a configuration, in the submode that the line before it opened or not; `mode` is the one it is in."""
    shape = chooser.octet()
    if shape < 6:
        return chooser.text()
    below = mode[0] is not Mode.GLOBAL and shape < 160
    command: Command = chooser.of(_MODES[mode[0] if below else Mode.GLOBAL])
    words = " ".join(filter(None, line_of(command.syntax.parts, chooser)))
    negated = "no " if 6 <= shape < 20 else ""
    if not below:
        mode[0] = Mode.GLOBAL
    if isinstance(command.action, Enter | EnterBelow):
        mode[0] = _opened(command.action, words)
    return f"{' ' * below}{negated}{words}"


def _opened(action: Enter | EnterBelow, words: str) -> Mode:
    """The submode that a line opens; that of some depends on a word of theirs."""
    kinds = action.modes if isinstance(action, Enter) else {}
    return next((mode for kind, mode in kinds.items() if str(kind) in words.split()), action.mode)


def text_of(octets: bytes) -> str:
    """The text that an input is: as a file is read, or lines that it chooses."""
    if octets.startswith(CHOSEN):
        mode = [Mode.GLOBAL]
        return chosen(octets[1:], lambda chooser: line(mode, chooser))
    return decode(octets)


def run(octets: bytes) -> None:
    """Read it, write it, read that, and start a device with it."""
    text = text_of(octets)
    configuration = read(text, FILE)
    _check_problems(configuration)
    shown = [repr(configuration), *map(str, configuration.problems), *configuration.lines]
    shown.append(_written_and_read(configuration, text))
    shown += _as_a_device(configuration)
    for told in shown:
        if (found := _STEERING.search(told)) is not None:
            raise BrokenError(f"a character that steers a terminal came through: {found[0]!r}")
    if _is_hidden(text) and any(MARK in told for told in shown):
        raise BrokenError("a key is shown")


def _check_problems(configuration: Configuration) -> None:
    for problem in configuration.problems:
        rows = str(problem).split("\n")
        if not rows[0].startswith(f"{FILE}:{problem.line}:{problem.column}: ") or not rows[2].endswith("^"):
            raise BrokenError(f"a problem without its place: {rows[0]}")
        if not 1 <= problem.line <= len(configuration.lines):
            raise BrokenError(f"a problem in line {problem.line} of {len(configuration.lines)}")


def _written_and_read(configuration: Configuration, text: str) -> str:
    """Everything is written and read again, with what is kept, too; the text that may be shown."""
    running = Running(text, FILE)
    saved = running.text(reveal=True)
    started = Running(saved, FILE)
    if started.configuration != configuration:
        names = _difference(started.configuration, configuration)
        raise BrokenError(f"a device that starts with what was saved is another one: {names}")
    if started.text(reveal=True) != saved:
        raise BrokenError("what was saved is saved as something else the next time")
    return running.text()


def _difference(one: Configuration, other: Configuration) -> str:
    """Where two differ, by name only."""
    names = (field.name for field in fields(Configuration) if field.compare)
    return ", ".join(name for name in names if getattr(one, name) != getattr(other, name))


def _as_a_device(configuration: Configuration) -> Iterator[str]:
    """Start it, let packets come, and show all that it has to show; a file may say what no device starts with."""
    try:
        box = Box(configuration, SeededEntropy(1, "fuzz"), START)
    except InputError:
        return
    now = START
    for name, view in list(box.interfaces.items())[:_MOST_PACKETS]:
        source = IPv4Address(int(view.address) ^ 2)
        for target in (IPv4Address("192.168.2.10"), view.address):
            echo = Ipv4(source, target, IpProtocol.ICMP, IcmpEcho(True, 7, 1, bytes(8)).encode())
            datagram = Ipv4(source, target, IpProtocol.UDP, Udp(500, 500, bytes(40)).encode(source, target))
            box.packet_in(name, echo.encode(), now)
            box.packet_in(name, datagram.encode(), now)
    box.expire(later(START, seconds(3600)))
    for found in SHOWN:
        yield str(found.command.handler.do(box, found.asked, now)[0])


def _plain(one: AnyCommand[Order]) -> str:
    """A command without what may be left out and without places; empty where it has one."""
    words: list[str] = []
    left = one.sequence
    while True:
        onwards = list(following(left))
        if any(word is None for word, _ in onwards):
            return " ".join(words)
        word, left = onwards[0]
        if word is None or place_of(word) is not None:
            return ""
        words.append(word)


SHOWN = tuple(
    typed(words) for words in dict.fromkeys(_plain(one) for one in exec_table() if one.handler.looks) if words
)
"""Every `show` command in its shortest form."""


def _is_hidden(text: str) -> bool:
    """Whether the key stands only where a key stands."""
    lines = [one for one in text.split("\n") if MARK in one]
    return bool(lines) and all(
        _HIDDEN.fullmatch(one) and one.count(MARK) == 1 and not one.strip().startswith(_SHOWN_ANYWAY) for one in lines
    )


def seeds() -> Iterable[bytes]:
    """The packaged configurations, those of scenarios and of the tests that are not long, and one of each command."""
    packaged = files("mainmode.lab")
    for name in ("asa1.cfg", "asa2.cfg"):
        yield (packaged / "examples" / name).read_bytes().replace(b"cisco", KEY.encode())
    for folder in sorted((ROOT / "src" / "mainmode" / "lab" / "scenarios").iterdir())[::8]:
        for one in sorted(folder.glob("*.cfg")):
            yield one.read_bytes()
    for path in sorted(_SHOPS.rglob("*.cfg")):
        if path.stat().st_size < _LONG:
            yield path.read_bytes()
    for mode, commands in _MODES.items():
        opens = _opening(mode)
        for number in range(len(commands)):
            yield CHOSEN + opens + bytes([100 if opens else 200, number, *range(7)])
    yield "hostname a\r\npre-shared-key x\r\n".encode("utf-16")
    yield b"\xef\xbb\xbfhostname b\n"


def _opening(mode: Mode) -> bytes:
    """Choices that open a submode, found by trying."""
    for number in range(len(_MODES[Mode.GLOBAL])):
        for other in (*range(6), 200):
            choices, now = bytes([200, number, 1, *[other] * 6]), [Mode.GLOBAL]
            line(now, Chooser(choices))
            if now[0] is mode is not Mode.GLOBAL:
                return choices + b"\n"
    return b""


def words() -> Iterable[bytes]:
    """What lines are made of."""
    found = {word for one in COMMANDS for word in re.findall(r"[A-Za-z][\w-]+", one.syntax.text)}
    return [word.encode() for word in sorted({*found, KEY, "<--- More --->", ": Saved", "asa1(config)# "})]


TARGET = Target(
    name="configuration",
    about="a configuration file, or behind an octet 1 choices that make one of declared commands",
    modules=("mainmode.device.config", "mainmode.device.running", "mainmode.device.settings", "mainmode.device.show"),
    seeds=seeds,
    run=run,
    pause=2.0,
    longest=8_192,
    words=words,
)
