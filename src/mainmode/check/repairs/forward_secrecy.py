"""Repairs of perfect forward secrecy: both sides ask for the same group, or neither asks."""

from collections.abc import Iterator

from mainmode.check.repairs.declaration import Case, Change, Repair
from mainmode.check.repairs.tunnels import candidates, head
from mainmode.device.config.model import CryptoMapEntry
from mainmode.explain.finding import Safety
from mainmode.ladder.transcript import Side

_MOST_ENTRIES = 3
_WEAK = (1, 2, 5)
_STRENGTH = (1, 2, 5, 14, 19, 15, 16, 20, 21)
"""All groups, from weak to strong."""


def _same_group(case: Case) -> Iterator[Change]:
    for side in Side:
        for entry in candidates(case, side)[:_MOST_ENTRIES]:
            if entry.dynamic is None:
                yield from _like_the_other(case, side, entry)


def _like_the_other(case: Case, side: Side, entry: CryptoMapEntry) -> Iterator[Change]:
    """The groups of the other side's entries, for one entry of this side."""
    name = head(case.of(side), entry)
    other = case.subject.names[side.other]
    own = entry.pfs.value if entry.pfs is not None else None
    theirs = [one.pfs.value if one.pfs is not None else None for one in candidates(case, side.other)[:_MOST_ENTRIES]]
    for group in dict.fromkeys(theirs):
        if group == own:
            continue
        if group is None:
            yield Change(
                side,
                f"asks for no perfect forward secrecy in {name} any more, as {other} does not",
                (f"no {name} set pfs",),
                Safety.DISRUPTIVE,
                "the keys of phase 2 then hang on those of phase 1: where both sides may change, set pfs on the other",
                weakens=True,
            )
            continue
        weak = f"group {group} is weak: group14 or higher on both sides is better" if group in _WEAK else ""
        yield Change(
            side,
            f"asks for perfect forward secrecy with group {group} in {name}, as {other} does",
            (f"{name} set pfs group{group}",),
            Safety.DISRUPTIVE,
            weak,
            weakens=own is not None and _STRENGTH.index(group) < _STRENGTH.index(own),
        )


FORWARD_SECRECY = (
    Repair(
        "SAME_PFS",
        "Sets the group of perfect forward secrecy that the other side has, or none where it has none.",
        ("PFS_MISMATCH", "TRANSFORM_MISMATCH", "PEER_REFUSED", "NO_ANSWER"),
        _same_group,
    ),
)
