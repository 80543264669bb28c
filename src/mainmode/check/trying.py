"""The matrix, by trying: every row begun by either side, as it would be if nothing else were tried (`worlds.py`)."""

from collections.abc import Collection
from dataclasses import replace
from itertools import islice

from mainmode.base.address import ProxyPair
from mainmode.check.alternates import is_meant, named
from mainmode.check.matrix import Came, Cell, Matrix, Row, Ruling
from mainmode.check.probing import Probing, UnsendableError
from mainmode.check.rows import rows_of as rows_of_pair
from mainmode.check.subject import Subject
from mainmode.check.worlds import Worlds
from mainmode.device.config.model import CryptoMapEntry
from mainmode.lab.blame_path import idle_interfaces
from mainmode.lab.facing import ends
from mainmode.ladder.transcript import Blame, Side

_MOST_NETWORKS = 4
"""Networks behind the devices within one row from which more is sent, besides the first."""

_BY_NETWORK = ("NO_NAT_EXEMPTION", "NO_ROUTE", "NOT_INTERESTING", "PROXY_MISMATCH", "EARLIER_ENTRY")
"""Causes that may hold for one of a row's networks and not for another; who may speak with whom is no fault."""

_ANSWER_ONLY, _ORIGINATE_ONLY = "answer-only", "originate-only"


def matrix_of(subject: Subject) -> Matrix:
    """Every row of the pair, begun by A and by B."""
    rows, untried = rows_of(subject)
    probing = Probing(subject.pair, subject.facing)
    worlds = {side: Worlds(subject) for side in Side}
    cells = tuple(_cell(subject, probing, worlds[starter], row, starter) for row in rows for starter in Side)
    return Matrix(rows, cells, untried)


def rows_of(subject: Subject, wanted: Collection[ProxyPair] = ()) -> tuple[tuple[Row, ...], int]:
    """The rows of the pair, and how many more there are beyond the bound; nothing is tried.

    Those of the `wanted` networks, as A sees them, are within it.
    """
    return rows_of_pair(subject.pair, subject.facing, wanted)


def cell_of(subject: Subject, row: Row, starter: Side) -> Cell:
    """One row begun by one side."""
    return _cell(subject, Probing(subject.pair, subject.facing), Worlds(subject), row, starter)


def _cell(subject: Subject, probing: Probing, worlds: Worlds, row: Row, starter: Side) -> Cell:
    waits = _waits(subject, row, starter)
    if waits is not None:
        return Cell(row.number, starter, Came.NOT_BEGUN, "", "", waits.text, (waits,))
    try:
        traffic = probing.traffic(row, starter)
    except UnsendableError as reason:
        return _nobody_inside(subject, row, starter) or Cell(row.number, starter, Came.UNTRIED, "", "", str(reason))
    cell = worlds.attempt(row, traffic)
    if cell.cause == "DENIED":
        for other in probing.others(row, traffic, meant=is_meant(subject.pair, cell.blames)):
            instead = worlds.attempt(row, other)
            if instead.came.carries:
                sentence = f"The tunnel is up and carries {named(other.probe)}. Not the first try: {cell.sentence}"
                return replace(instead, sentence=sentence)
            if instead.cause != "DENIED":
                return instead
    if cell.came is Came.UP:
        for other in islice(probing.spread(row, traffic), _MOST_NETWORKS):
            elsewhere = worlds.attempt(row, other)
            if elsewhere.came.down and elsewhere.cause in _BY_NETWORK:
                return elsewhere
    return cell


def _nobody_inside(subject: Subject, row: Row, starter: Side) -> Cell | None:
    """A row for whose hosts a device has no interface: all but those that face the other device lack name or address.

    None where each device has one.
    """
    for side in Side:
        outside = {one.ends[side].interface for one in subject.facing}
        every = (end for shut in (False, True) for end in ends(subject.pair[side], shut=shut))
        if any(end.interface not in outside for end in every):
            continue
        name, other = subject.names[side], row.lines.get(side.other)
        blames = idle_interfaces(subject.pair[side], side)
        if other is not None:
            blames.append(Blame(side.other, "what this side protects", other.ace.source))
        sentence = f"{name} has no route for the traffic: only one of its interfaces has a name and an address."
        came = Came.NEVER_LEAVES if side is starter else Came.NO_REPLY
        stage = "packet path" if side is starter else "data"
        return Cell(row.number, starter, came, stage, "NO_ROUTE", sentence, blames=tuple(blames), at=side)
    return None


def _waits(subject: Subject, row: Row, starter: Side) -> Ruling | None:
    """Why a side does not begin a row, as configured: it only answers, or the other side takes nothing that it begins.

    None where it may begin, and where the other side could not begin either, which is a fault to be seen.
    """
    own, theirs = row.lines.get(starter), row.lines.get(starter.other)
    if theirs is None or theirs.entry.dynamic is not None or not _static(subject, starter.other, theirs.entry):
        return None
    kind = own.entry.connection_type if own is not None else None
    other = theirs.entry.connection_type
    if other.value == _ANSWER_ONLY or (kind is not None and kind.value == _ORIGINATE_ONLY):
        return None
    names = subject.names
    if kind is not None and kind.value == _ANSWER_ONLY:
        text = f"{names[starter]} only answers: its crypto map entry is answer-only"
        return Ruling(starter, "CRYPTO-MAP", "SKIPPED", text, (kind.source,))
    if other.value == _ORIGINATE_ONLY:
        text = f"{names[starter]} does not begin: the entry of {names[starter.other]} is originate-only"
        return Ruling(starter.other, "CRYPTO-MAP", "SKIPPED", text, (other.source,))
    dynamic = _dynamic(subject, starter) if own is None or not _static(subject, starter, own.entry) else None
    if dynamic is not None:
        text = f"{names[starter]} only answers: its crypto map entry {dynamic.sequence} is dynamic"
        return Ruling(starter, "CRYPTO-MAP", "SKIPPED", text, (dynamic.source,))
    return None


def _static(subject: Subject, side: Side, entry: CryptoMapEntry) -> bool:
    """Whether an entry is one of a crypto map, not of a dynamic map."""
    own = subject.pair[side].crypto_maps.get(entry.map_name)
    return own is not None and entry in own.entries


def _dynamic(subject: Subject, side: Side) -> CryptoMapEntry | None:
    """The dynamic entry that takes the other device, since no static one names it."""
    for one in subject.facing:
        bound = subject.pair[side].map_on(one.ends[side].interface)
        entries = bound.entries if bound is not None else ()
        peer = one.ends[side.other].address
        if any(entry.peers is not None and peer in entry.peers.value for entry in entries if entry.dynamic is None):
            return None
        found = next((entry for entry in entries if entry.dynamic is not None), None)
        if found is not None:
            return found
    return None
