"""What a repair is: its code, the causes that it may mend, and the changes that it would try for a case of them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from ipaddress import IPv4Address

from mainmode.base.dataclass import dataclass
from mainmode.check.fix import Edit
from mainmode.check.matrix import Cell, Row
from mainmode.check.subject import Subject
from mainmode.device.config.model import Configuration, CryptoMapEntry, Release, TunnelGroup
from mainmode.explain.finding import Safety
from mainmode.lab.facing import End, Facing, entries
from mainmode.lab.hidden import group_for
from mainmode.ladder.transcript import Side


@dataclass(frozen=True, slots=True)
class Case:
    """What is to be mended: the cells of one cause that are down between one pair of crypto map entries.

    `subject` holds the configurations as they are now, edits that were made before included. `cause` is a code of
    `lab.causes`. `rows` are those of the cells, each once; there is at least one cell, and one row.
    """

    subject: Subject
    cause: str
    cells: tuple[Cell, ...]
    rows: tuple[Row, ...]

    def of(self, side: Side) -> Configuration:
        """A side's configuration."""
        return self.subject.pair[side]

    def entry(self, side: Side) -> CryptoMapEntry | None:
        """A side's crypto map entry: that of its line, else the first that names the peer, else the first static one.

        None where it has no such entry.
        """
        for row in self.rows:
            if side in row.lines:
                return row.lines[side].entry
        configuration, addresses = self.of(side), [facing.ends[side.other].address for facing in self.subject.facing]
        named = (entry for address in addresses for entry in entries(configuration, address))
        static = (entry for entry in entries(configuration) if entry.dynamic is None)
        return next(named, None) or next(static, None)

    @property
    def facing(self) -> Facing:
        """The two interfaces that face each other: by the peers of the entries, else the first of the pair."""
        for side in Side:
            entry = self.entry(side)
            peers = entry.peers.value if entry is not None and entry.peers is not None else ()
            for facing in self.subject.facing:
                if facing.ends[side.other].address in peers:
                    return facing
        return self.subject.facing[0]

    def end(self, side: Side) -> End:
        """A side's own end: interface and address."""
        return self.facing.ends[side]

    def peer(self, side: Side) -> IPv4Address:
        """The other device's address, as a side ought to name it."""
        return self.end(side.other).address

    def group(self, side: Side) -> TunnelGroup | None:
        """The tunnel-group that the other device lands on; None where there is none, nor the built-in one."""
        return group_for(self.of(side), self.peer(side))

    def word(self, side: Side) -> str:
        """`ikev1 ` in front of `transform-set` and `pre-shared-key` where the release has it, with its blank."""
        return "" if self.of(side).release is Release.OLD else "ikev1 "

    def ike(self, side: Side) -> str:
        """`isakmp` or `ikev1`, as in `crypto ikev1 policy`."""
        return "isakmp" if self.of(side).release is Release.OLD else "ikev1"


def head(entry: CryptoMapEntry) -> str:
    """`crypto map VPN 10`: how the commands of an entry begin; those of a dynamic map are its own."""
    return f"crypto map {entry.map_name} {entry.sequence}"


@dataclass(frozen=True, slots=True)
class Change:
    """Commands that a repair would type on one side. `about` says what they do, in one sentence without its full stop.

    `lines` are shown; a key stands in them as `<the key of b.cfg:87>`, what no file tells as `<gateway>`. `typed` are
    what the model takes in their place, where they differ. `weakens`: they lower what protects the traffic.
    """

    side: Side
    about: str
    lines: tuple[str, ...]
    safety: Safety = Safety.DISRUPTIVE
    note: str = ""
    typed: tuple[str, ...] | None = field(default=None, repr=False)
    weakens: bool = False


Finder = Callable[[Case], Iterable[Change]]
"""Yields changes, for either side, the likeliest first: each alone, or with others, may mend the case."""


@dataclass(frozen=True, slots=True)
class Repair:
    """One kind of repair, declared once; `does` is for the reference page. `causes` are codes of `lab.causes`."""

    code: str
    does: str
    causes: tuple[str, ...]
    find: Finder

    def edits(self, case: Case) -> Iterator[Edit]:
        """What it would try for a case of one of its causes."""
        for change in self.find(case):
            typed = change.lines if change.typed is None else change.typed
            yield Edit(
                self.code, change.side, change.about, change.lines, typed, change.safety, change.note, change.weakens
            )
