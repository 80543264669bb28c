"""What a caution is declared as, and what its search may look at: the two configurations and what the run agreed on."""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from ipaddress import IPv4Address
from typing import NamedTuple

from mainmode.base.address import Proxy, ProxyPair
from mainmode.base.dataclass import dataclass
from mainmode.check.agreed import Agreed
from mainmode.check.matrix import Cell, Matrix, Row
from mainmode.check.numbering import numbered
from mainmode.check.subject import Subject
from mainmode.device.box import Box
from mainmode.device.config.model import Ace, Configuration, CryptoMapEntry, TunnelGroup
from mainmode.device.nat_rules import Rule
from mainmode.device.nat_sections import rules_of
from mainmode.lab.clock import START
from mainmode.lab.entropy import SeededEntropy
from mainmode.lab.facing import End
from mainmode.lab.hidden import group_for
from mainmode.lab.scene import permits
from mainmode.lab.traffic import proxies_of
from mainmode.ladder.transcript import Blame, Side


class Protecting(NamedTuple):
    """A permit line of a complete static entry and one pair of its networks; `ends`: the remote one as numbers."""

    entry: CryptoMapEntry
    ace: Ace
    proxies: ProxyPair
    ends: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """One place where a caution holds: what is so, what the run showed, where it stands, what to do."""

    sentence: str
    evidence: str
    places: tuple[Blame, ...]
    advice: str


@dataclass(frozen=True, slots=True)
class Warned:
    """A kind of caution. `code` is stable. `tells` says when it is given, `why` what it may cost.

    `find` gives each place where it holds, from both configurations and the run.
    """

    code: str
    title: str
    tells: str
    why: str
    find: Callable[["Look"], Iterator[Found]]


@dataclass(frozen=True, slots=True)
class Tunnel:
    """A row that came up, begun by one side, and what was agreed on for it."""

    row: Row
    cell: Cell
    agreed: Agreed


class Look:
    """A pair and its matrix, for those who look for cautions."""

    def __init__(self, subject: Subject, matrix: Matrix) -> None:
        self.subject = subject
        self.matrix = matrix
        self._boxes: dict[Side, Box] = {}

    @cached_property
    def tunnels(self) -> tuple[Tunnel, ...]:
        """What came up, in the order of the matrix."""
        rows = {row.number: row for row in self.matrix.rows}
        return tuple(
            Tunnel(rows[cell.row], cell, cell.agreed)
            for cell in self.matrix.cells
            if cell.came.carries and cell.agreed is not None
        )

    def of(self, side: Side) -> Configuration:
        """The configuration of a side."""
        return self.subject.pair[side]

    def name(self, side: Side) -> str:
        """The hostname of a side; with its file, where both are called the same."""
        names = self.subject.names
        return names[side] if names[Side.A] != names[Side.B] else f"{names[side]} ({self.of(side).file})"

    def ends(self, side: Side) -> tuple[End, ...]:
        """The interfaces by which a side faces the other."""
        return tuple(facing.ends[side] for facing in self.subject.facing)

    def outside(self, side: Side) -> set[str]:
        """The nameifs by which a side faces the other."""
        return {end.interface for end in self.ends(side)}

    def box(self, side: Side) -> Box:
        """The device of a side, without tunnels: to see what it would do with a packet."""
        if side not in self._boxes:
            entropy = SeededEntropy(0, f"look at {side.value}")
            self._boxes[side] = Box(self.of(side), entropy, START, self.subject.keys[side], listened=False)
        return self._boxes[side]

    def rules(self, side: Side) -> tuple[Rule, ...]:
        """The translation rules of a side, in the device's order."""
        return self.of(side).derived(rules_of)

    def lines_towards(self, side: Side, map_name: str, remote: Proxy) -> list[Protecting]:
        """The permit lines of all complete static entries of a crypto map whose remote network meets `remote`."""
        first, last = int(remote.first), int(remote.last)
        lines = self.of(side).derived(_lines_of_maps).get(map_name, ())
        return [line for line in lines if line.ends[0] <= last and line.ends[1] >= first]

    def peers(self, side: Side) -> tuple[IPv4Address, ...]:
        """The addresses by which a side knows the other."""
        return tuple(end.address for end in self.ends(side.other))

    def groups(self, side: Side) -> tuple[TunnelGroup, ...]:
        """The tunnel-groups on which a side lets the other land, each once."""
        found = (group_for(self.of(side), peer) for peer in self.peers(side))
        return tuple({group.name: group for group in found if group is not None}.values())

    def begun(self, tunnels: Iterable[Tunnel]) -> str:
        """Which of the tunnels are meant: `entries 1-3, begun by hub`; no side is named where both began them all."""
        by_side: dict[Side, set[int]] = {}
        for tunnel in tunnels:
            by_side.setdefault(tunnel.cell.starter, set()).add(tunnel.row.number)
        if len(by_side) == len(Side) and by_side[Side.A] == by_side[Side.B]:
            return numbered(by_side[Side.A])
        return "; ".join(f"{numbered(rows)}, begun by {self.name(side)}" for side, rows in by_side.items())


def _lines_of_maps(configuration: Configuration) -> dict[str, tuple[Protecting, ...]]:
    """The permit lines of each crypto map."""
    return {
        name: tuple(
            Protecting(entry, ace, proxies, (int(proxies.remote.first), int(proxies.remote.last)))
            for entry in crypto_map.entries
            if entry.complete and entry.dynamic is None
            for ace in permits(configuration, entry)
            for proxies in proxies_of(configuration, ace)
        )
        for name, crypto_map in configuration.crypto_maps.items()
    }
