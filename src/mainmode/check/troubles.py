"""The causes behind the cells that are down: cells that fail for one cause are one trouble, told once.

Each direction of a row is judged by itself, and one fault shows itself in many ways: as a refusal where the other side
begins, as traffic in clear where this one does. What is one fault is put together here.
"""

from collections.abc import Hashable, Iterable

from mainmode.base.address import Proxy
from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Absent, Source
from mainmode.check.matrix import Cell, Matrix, Row
from mainmode.check.nothing import nothing_to_protect
from mainmode.check.saying import said_of
from mainmode.check.subject import Subject
from mainmode.check.titles import title_of
from mainmode.check.trouble import Trouble
from mainmode.lab.blame import DENIED_BEFORE, NO_POLICY, OTHER_METHOD, TRANSPORT, WRONG_WAY_ROUND
from mainmode.lab.entry import INACTIVE, NOT_USED
from mainmode.lab.scene import NOT_READ
from mainmode.ladder.transcript import Blame, Side

_MOST_PLACES = 12

_WRONG_BY_ITSELF = (DENIED_BEFORE, INACTIVE, NOT_USED, WRONG_WAY_ROUND, NOT_READ, NO_POLICY, OTHER_METHOD, TRANSPORT)
"""Notes on lines that are wrong whatever the other side has."""

_EITHER_SIDE = ("PSK_MISMATCH", "PHASE1_MISMATCH", "TRANSFORM_MISMATCH", "PFS_MISMATCH", "PROXY_MISMATCH")
"""Causes where two configurations do not fit, and either may change."""

_OF_ENTRIES = ("TRANSFORM_MISMATCH", "PFS_MISMATCH", "CONNECTION_TYPE")
"""Causes that lie between one entry and the other side's."""

_ON_THE_WAY = ("NOT_INTERESTING", "NO_NAT_EXEMPTION", "NO_ROUTE", "DENIED", "NO_REPLY", "RUN_ENDED")
"""What becomes of traffic that no tunnel wants; where the lines have no mirror, that is why."""

_VAGUE = ("NO_ANSWER", "NO_REPLY", "RUN_ENDED", "PEER_REFUSED", "PEER_DELETED", "BAD_MESSAGE", "NOT_INTERESTING",
          "UDP_BLOCKED", "PACKETS_LOST", "LOST_PEER", "STALE_SA", "LIMIT")  # fmt: skip
"""Causes that say less than why: where the other direction of the row knows better, that counts for both."""


def troubles_of(subject: Subject, matrix: Matrix) -> tuple[Trouble, ...]:
    """The troubles of a pair, those that keep most down first; without fixes. Every cell that is down is in one."""
    if not matrix.rows:
        return (nothing_to_protect(subject),)
    judged = _judged(matrix)
    mirrors = _Mirrors(matrix, judged)
    groups: dict[Hashable, list[_Judged]] = {}
    for one in judged:
        groups.setdefault(_key(matrix, mirrors, one), []).append(one)
    found = sorted(groups.values(), key=lambda group: -len(group))
    return tuple(_trouble(subject, matrix, group) for group in found)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A cell that is down, with the code and the side of its trouble. `shown` is the cell that shows it: itself, or the
    row's other direction where that one knows better."""

    cell: Cell
    shown: Cell
    code: str
    at: Side | None


def _judged(matrix: Matrix) -> list[_Judged]:
    """Each cell that is down; a vague one has the cause of the row's other direction."""
    found = []
    for cell in matrix.down():
        back = matrix.of(cell.row, cell.starter.other)
        known = back.came.down and back.cause not in (*_VAGUE, *_ON_THE_WAY, "PROXY_MISMATCH")
        if cell.cause in _VAGUE and known:
            found.append(_Judged(cell, back, back.cause, back.at))
        elif cell.cause in _ON_THE_WAY and _unmirrored(matrix, cell.row):
            shown = back if back.cause == "PROXY_MISMATCH" else cell
            found.append(_Judged(cell, shown, "PROXY_MISMATCH", None))
        elif cell.cause in _VAGUE and back.came.down and back.cause not in _VAGUE:
            found.append(_Judged(cell, back, back.cause, back.at))
        else:
            found.append(_Judged(cell, cell, cell.cause, None if cell.cause in _VAGUE else cell.at))
    return found


def _unmirrored(matrix: Matrix, number: int) -> bool:
    """Whether a row has a line on one side only, or one that does not count, and is down for that."""
    row = matrix.rows[number - 1]
    cells = [matrix.of(number, side) for side in Side]
    lacking = next((side for side in Side if side not in row.lines), None)
    if lacking is not None and any(lacking in other.lines for other in matrix.rows):
        return not any(cell.came.carries for cell in cells)
    if any(cell.cause == "PROXY_MISMATCH" for cell in cells):
        return len(row.lines) < len(Side) or any(cell.cause == "NOT_INTERESTING" for cell in cells)
    return any(cell.cause == "NOT_INTERESTING" and cell.starter not in row.lines for cell in cells)


class _Mirrors:
    """Which rows that are no mirrors belong together: of one line, or each the other's mirror but for a fault."""

    def __init__(self, matrix: Matrix, judged: Iterable[_Judged]) -> None:
        numbers = dict.fromkeys(one.cell.row for one in judged if one.code == "PROXY_MISMATCH")
        rows = [matrix.rows[number - 1] for number in numbers]
        lonely = {side: [row for row in rows if set(row.lines) == {side}] for side in Side}
        self._leader = {row.number: row.number for row in rows}
        by_line: dict[Hashable, int] = {}
        for row in (*lonely[Side.A], *lonely[Side.B]):
            (line,) = row.lines.values()
            self._join(by_line.setdefault((line.side, line.ace.source), row.number), row.number)
        for found in judged:
            cell = found.cell
            sent, own = cell.sent, matrix.rows[cell.row - 1].lines.get(cell.starter)
            taken = sent.ace.source if sent is not None and sent.ace is not None else None
            if found.code == "PROXY_MISMATCH" and own is not None and taken != own.ace.source:
                self._join(by_line.get((own.side, taken), cell.row), cell.row)
        partnered: set[int] = set()
        near = sorted(
            ((_likeness(one, two), one.number, two.number) for one in lonely[Side.A] for two in lonely[Side.B]),
            key=lambda found: (-found[0], found[1], found[2]),
        )
        for likeness, one, two in near:
            if likeness and not partnered & {one, two}:
                partnered |= {one, two}
                self._join(one, two)

    def _join(self, one: int, two: int) -> None:
        kept, left = self.key(one), self.key(two)
        self._leader = {number: kept if leader == left else leader for number, leader in self._leader.items()}

    def key(self, number: int) -> int:
        """The first of the rows that belong together with this one."""
        return self._leader[number]


def _likeness(one: Row, two: Row) -> int:
    """How much two rows look like mirrors of each other with a fault; 0: not at all."""
    straight = _alike(one.proxies.local, two.proxies.local), _alike(one.proxies.remote, two.proxies.remote)
    turned = _alike(one.proxies.local, two.proxies.remote), _alike(one.proxies.remote, two.proxies.local)
    best = max(sum(straight), sum(turned) if all(like == _SAME for like in turned) else 0)
    return best if best > _SAME or (best == _SAME and _SAME in straight) else 0


_SAME, _OVERLAP = 4, 2


def _alike(one: Proxy, two: Proxy) -> int:
    if (one.first, one.last) == (two.first, two.last):
        return _SAME
    return _OVERLAP if one.first <= two.last and two.first <= one.last else 0


def _key(matrix: Matrix, mirrors: _Mirrors, one: _Judged) -> Hashable:
    """What cells of one trouble have in common."""
    row, blames = matrix.rows[one.cell.row - 1], one.shown.blames
    own = tuple(blame.source for blame in blames if blame.side is one.at)
    if one.code == "PROXY_MISMATCH":
        return one.code, mirrors.key(row.number)
    if one.code in _OF_ENTRIES:
        entries = ((side, row.lines[side].entry) for side in Side if side in row.lines)
        return one.code, *((side, entry.map_name, entry.sequence) for side, entry in entries)
    if one.code in ("PSK_MISMATCH", "PHASE1_MISMATCH"):
        return one.code, frozenset(blame.source for blame in blames)
    if one.code in ("PEER_ADDRESS_WRONG", "NO_MATCHING_ENTRY"):
        return one.code, one.at, frozenset(own)
    if one.code == "NO_ROUTE":
        return one.code, one.at, _way(own)
    if one.code == "DENIED":
        return one.code, one.at, frozenset(source for source in own if not isinstance(source, Absent))
    return one.code, one.at


def _way(sources: tuple[Source | None, ...]) -> str:
    """Which route is missing, towards the other device or behind this one; empty where one leads elsewhere."""
    missing = (source.command for source in sources if isinstance(source, Absent))
    return " ".join(next(missing, "").split()[:2])


def _trouble(subject: Subject, matrix: Matrix, group: list[_Judged]) -> Trouble:
    """One trouble of the cells that have it."""
    code = group[0].code
    telling = [one for one in group if one.shown.cause == code and one.shown is one.cell] or group
    shown = telling[0].shown
    blames = [blame for one in telling for blame in one.shown.blames]
    at = _at_fault(code, telling[0].at, blames)
    return Trouble(
        code,
        title_of(code),
        _sentence(subject, matrix, code, shown),
        tuple((one.cell.row, one.cell.starter) for one in group),
        at,
        _places(blames, at),
        said_of(subject, shown),
    )


def _sentence(subject: Subject, matrix: Matrix, code: str, shown: Cell) -> str:
    """The sentence of the cell that shows it; where that tells of something else, which line has no mirror."""
    row, names = matrix.rows[shown.row - 1], subject.names
    if code != "PROXY_MISMATCH" or shown.cause == code:
        return shown.sentence
    lacking = next((side for side in Side if side not in row.lines), shown.starter)
    proxies = row.proxies if lacking is Side.A else row.proxies.mirrored()
    one, other = names[lacking], names[lacking.other]
    said = f"The crypto access lists of {one} and {other} are not mirrors of each other"
    return f"{said}: no line of {one} that counts is for {proxies}."


def _at_fault(code: str, at: Side | None, blames: Iterable[Blame]) -> Side | None:
    """The side whose configuration is wrong by itself."""
    if code == "CONNECTION_TYPE":
        return None
    if code in _EITHER_SIDE:
        wrong = {blame.side for blame in blames if blame.note.startswith(_WRONG_BY_ITSELF)}
        return wrong.pop() if len(wrong) == 1 else None
    return at


def _places(blames: Iterable[Blame], at: Side | None) -> tuple[Blame, ...]:
    """Each place once, those of the side at fault first."""
    places: dict[tuple[Side, Source | None], Blame] = {}
    for blame in blames:
        places.setdefault((blame.side, blame.source), blame)
    ordered = sorted(places.values(), key=lambda blame: at is not None and blame.side is not at)
    return tuple(ordered[:_MOST_PLACES])
