"""The closed loop: every fault of the lab, and every packaged scenario of one, explained from what the devices said.

A story is played in the lab; what each device said is printed as its debugs and as its system log. The transcript of
each side alone, and of both, is explained, and where stands the cause that was made. `generated` is the page of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from expectations import CASES, FAILING, VIEWS, Case, Known, View

from mainmode.base.instant import Instant, later
from mainmode.catalogue.entry import Channel
from mainmode.catalogue.envelope import Form, clock, render
from mainmode.device.config.model import Configuration
from mainmode.device.config.reader import read
from mainmode.explain.assembler import Assembler
from mainmode.explain.correlate import Correlator
from mainmode.explain.diagnose import diagnose
from mainmode.explain.dialects import DIALECTS
from mainmode.explain.finding import Finding
from mainmode.explain.negotiation import Negotiation
from mainmode.explain.pair import pairings
from mainmode.lab.consoles import Console
from mainmode.lab.scenario.play import Performance, play
from mainmode.lab.scenario.reader import read_scenario

_SCENARIOS = files("mainmode.lab") / "scenarios"
_EXAMPLES = files("mainmode.lab") / "examples"
UP = "up"
"""What stands in the table where there is no finding but remarks."""

EMPTY = "nothing logged"


@dataclass(frozen=True)
class Told:
    """What two devices said, as text by view, and their configurations."""

    texts: Mapping[tuple[str, Form], str]
    configurations: tuple[Configuration, Configuration]


@dataclass(frozen=True)
class Cell:
    """One view of a case: the order of causes in what is explained, and what of it was expected."""

    codes: tuple[str, ...]
    rank: int
    top: str
    known: Known

    @property
    def right(self) -> bool:
        """Whether it is what was expected, or better."""
        if self.rank == 1:
            return True
        if self.known.top == "":
            return False
        return self.top in self.known.top.split(" or ") and (self.rank > 0 or not self.known.listed)

    @property
    def text(self) -> str:
        """For the table."""
        if self.rank:
            return str(self.rank) if self.rank == 1 else f"{self.rank} ({self.top})"
        return f"– ({self.top})"


def _reduced(console: Console, until: Instant | None, form: Form) -> Iterator[str]:
    """What a device said, in one form: of the system log only what has a message id."""
    for said in console.said:
        if until is not None and said.at >= until:
            return
        line = said.line
        if form is Form.SYSLOG:
            if line.entry.syslog_of(line.values) is not None:
                yield render(line, form, clock(said.at))
        elif line.entry.channel is not Channel.SYSLOG:
            yield render(line, form, clock(said.at))


def _told(performance: Performance, names: tuple[str, str], until: Instant | None) -> Told:
    texts = {}
    for name, side in zip(names, "ab", strict=True):
        console = performance.stage.consoles[name]
        for form in (console.form, Form.SYSLOG):
            key = Form.SYSLOG if form is Form.SYSLOG else Form.COLON
            texts[side, key] = "\n".join(_reduced(console, until, form))
    devices = {device.name: device for device in performance.scenario.devices}
    first, second = (_configuration(devices[name].text, devices[name].file) for name in names)
    return Told(texts, (first, second))


@cache
def _configuration(text: str, name: str) -> Configuration:
    return read(text, name)


def _newer(text: str) -> str:
    for old, new in (
        ("crypto isakmp", "crypto ikev1"),
        ("ipsec transform-set", "ipsec ikev1 transform-set"),
        ("set transform-set", "set ikev1 transform-set"),
        (" pre-shared-key", " ikev1 pre-shared-key"),
    ):
        text = text.replace(old, new)
    return text


def _pair(case: Case) -> dict[str, str]:
    """The texts of the two configurations that a case is played with."""
    if case.nat:
        folder = _SCENARIOS / "nat_on_one_side"
        texts = {"a": (folder / "branch.cfg").read_text("utf-8"), "b": (folder / "office.cfg").read_text("utf-8")}
    else:
        texts = {name: (_EXAMPLES / f"asa{number}.cfg").read_text("utf-8") for name, number in (("a", 1), ("b", 2))}
    return {name: _newer(text) if case.newer else text for name, text in texts.items()}


def _broken(case: Case) -> tuple[str, ...]:
    """The configurations as the faults make them."""
    from mainmode.lab.faults.catalogue import read_fault
    from mainmode.lab.faults.configuration import broken

    texts = _pair(case)
    for fault in case.faults:
        ordered = read_fault(fault, ("a", "b"))
        if ordered.fault.lines is not None:
            text = texts[ordered.device]
            texts[ordered.device] = broken(ordered, text, read(text, f"{ordered.device}.cfg"))
    return tuple(texts[name] for name in "ab")


def play_case(case: Case) -> Told:
    """A fault in the packaged pair, or a packaged scenario of one."""
    if case.scenario:
        folder = _SCENARIOS / case.scenario
        names = tuple(sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".cfg")))
        text = (folder / "scenario.toml").read_text("utf-8")
        scenario = read_scenario(case.scenario, text, names, lambda name: (folder / name).read_text("utf-8"))
        performance = play(scenario)
        until = later(performance.stage.start, case.until) if case.until is not None else None
        return _told(performance, case.devices, until)
    rows = (
        f"faults = {list(case.faults)}\n{_NAT if case.nat else ''}\n[story]\nsteps = {list(case.steps)}\nexpect = []\n"
    )
    texts = _pair(case)
    played = {f"{name}.cfg": text for name, text in texts.items()}
    scenario = read_scenario("test", rows, tuple(played), lambda name: played[name])
    told = _told(play(scenario), ("a", "b"), None)
    first, second = (_configuration(text, f"{name}.cfg") for name, text in zip("ab", _broken(case), strict=True))
    return Told(told.texts, (first, second))


_NAT = """
[devices]
a = { behind = "router" }
b = {}
[nat]
router = { address = "198.51.100.1", timeout = "20s" }
"""


@lru_cache(maxsize=8)
def negotiations_of(text: str, log: int = 0) -> tuple[Negotiation, ...]:
    """The negotiations of a log that is given as text."""
    assembler, correlator = Assembler(DIALECTS), Correlator(log)
    correlator.feed(assembler.feed(text.split("\n")))
    correlator.feed(assembler.finish())
    return correlator.finish()


def explained(told: Told, view: View) -> tuple[Finding, ...]:
    """The findings of one view."""
    form = Form.SYSLOG if view.syslog else Form.COLON
    sides = {side: negotiations_of(told.texts[side, form], "ab".index(side)) for side in view.sides}
    paired = pairings(sides["a"], sides["b"]) if len(sides) == 2 and all(sides.values()) else ()
    first, second = (told.configurations["ab".index(side)] if side in view.sides else None for side in "ab")
    given = (first, second) if view.configured else (None, None)
    return diagnose([one for ones in sides.values() for one in ones], paired, given)


def codes_of(findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """The causes in the order in which a reader meets them: each finding's, then its alternatives."""
    findings = tuple(one for one in findings if not one.peer.startswith(_STRANGERS))
    serious = [one for one in findings if not one.warning] or [one for one in findings if one.code in _ENDINGS]
    order: dict[str, None] = {}
    for finding in serious[:1]:
        order |= dict.fromkeys((finding.code, *(one.code for one in finding.alternatives)))
    for finding in serious[1:]:
        order.setdefault(finding.code)
    return tuple(order)


_STRANGERS = "198.18."
"""The peers of a flood: their negotiations are not what is asked about."""

_ENDINGS = ("IDLE", "SESSION_TIME", "ADMIN", "PEER_DELETED", "LIFETIME_ENDED", "STALE_SA")
"""Remarks on how a tunnel ended: where nothing else is found they are what there is to tell."""


def cell(case: Case, told: Told, view: View) -> Cell:
    """One view of a case."""
    form = Form.SYSLOG if view.syslog else Form.COLON
    empty = not any(told.texts[side, form].strip() for side in view.sides)
    codes = codes_of(explained(told, view))
    top = codes[0] if codes else EMPTY if empty else UP
    right = [UP] if case.cause == UP else [case.cause, *case.also]
    ranks = [codes.index(code) + 1 for code in right if code in codes]
    rank = 1 if top in right else min(ranks, default=0)
    return Cell(codes, rank, top, case.known(view))


def all_cases() -> tuple[Case, ...]:
    """Every fault, then every scenario."""
    return (*CASES, *FAILING)


_HEAD = """# The closed loop

Generated from `tests/explain/closed_loop.py`. Every fault that the lab can make (`mainmode lab --faults`), and every
packaged scenario of one, is played; what each device said is explained, and the cause that was made is sought in what
comes out. Side `a` begins. A number is the rank of the right cause: 1 is the first finding, 2 its likeliest
alternative, and so on; in parentheses what stands on top instead. `up` is a log in which nothing is found but remarks,
`nothing logged` an empty one. A line is printed as a debug and as a system log; where the two differ both stand, the
debug first.

Where a view cannot know the cause the most that can be known is demanded, and the last column says why it is no more.
`+` is with the configurations: of the side whose log it is, or of both.

| fault | cause | a | b | both | a+ | b+ | both+ | why not |
|---|---|---|---|---|---|---|---|---|
"""
_COLUMNS = ("a", "b", "ab", "a+", "b+", "ab+")
_TITLES = {"a": "a", "b": "b", "ab": "both", "a+": "a+", "b+": "b+", "ab+": "both+"}


def cells(case: Case) -> dict[View, Cell]:
    """All views of a case."""
    told = play_case(case)
    return {view: cell(case, told, view) for view in VIEWS}


def row(case: Case, found: Mapping[View, Cell]) -> str:
    """The row of a case in the table."""
    texts, whys = [], {}
    for key in _COLUMNS:
        debug, syslog = (one for view, one in found.items() if view.key == key)
        texts.append(debug.text if debug.text == syslog.text else f"{debug.text} / {syslog.text}")
        short = max(debug.rank, syslog.rank) != 1 or min(debug.rank, syslog.rank) != 1
        if short and debug.known.why:
            whys.setdefault(debug.known.why, []).append(_TITLES[key])
    why = "; ".join(f"{', '.join(keys)}: {text}" for text, keys in whys.items())
    return f"| {case.name} | {case.cause} | {' | '.join(texts)} | {why} |\n"


def reference_page() -> str:
    """The page as Markdown."""
    return _HEAD + "".join(row(case, cells(case)) for case in all_cases())
