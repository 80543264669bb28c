"""The trouble of a pair whose crypto access lists name no networks for each other: nothing can be tried."""

from collections.abc import Iterator

from mainmode.base.provenance import Absent
from mainmode.check.subject import Subject
from mainmode.check.titles import title_of
from mainmode.check.trouble import Trouble
from mainmode.device.config.model import CryptoMapEntry
from mainmode.lab.facing import entries
from mainmode.ladder.transcript import Blame, Side

_CODE = "NO_MATCHING_ENTRY"
_MOST_ENTRIES = 4


def nothing_to_protect(subject: Subject) -> Trouble:
    """Which entries name no networks, or that there is none; no direction stands in it, as there is no row."""
    places = {side: tuple(_places(subject, side)) for side in Side}
    lacking = [side for side in Side if places[side]]
    names = " and ".join(subject.names[side] for side in lacking)
    return Trouble(
        code=_CODE,
        title=title_of(_CODE),
        sentence=f"No access list of a crypto map entry of {names} names networks for the other side.",
        cells=(),
        at_fault=lacking[0] if len(lacking) == 1 else None,
        places=tuple(place for side in lacking for place in places[side]),
        said={},
        unproved="which networks are to be protected stands in neither file",
    )


def _places(subject: Subject, side: Side) -> Iterator[Blame]:
    """What the entries for the other device lack; of a side that only answers by a dynamic map nothing is wanted."""
    configuration = subject.pair[side]
    peers = {one.ends[side.other].address for one in subject.facing}
    static = [entry for entry in entries(configuration) if entry.dynamic is None]
    towards = [entry for entry in static if entry.peers is not None and not peers.isdisjoint(entry.peers.value)]
    for entry in towards[:_MOST_ENTRIES]:
        yield _lack(subject, side, entry)
    if not towards and not any(entry.dynamic is not None for entry in entries(configuration)):
        peer = subject.facing[0].ends[side.other].address
        yield Blame(side, "missing", Absent(configuration.file, f"crypto map MAP SEQUENCE set peer {peer}"))


def _lack(subject: Subject, side: Side, entry: CryptoMapEntry) -> Blame:
    configuration = subject.pair[side]
    head = f"crypto map {entry.map_name} {entry.sequence}"
    if entry.acl is None:
        return Blame(side, "missing", Absent(configuration.file, f"{head} match address ACL"))
    name = entry.acl.value
    if name not in configuration.access_lists:
        return Blame(side, f"there is no access-list {name}", entry.acl.source)
    return Blame(side, "permits nothing that a tunnel can carry", configuration.access_lists[name].source)
