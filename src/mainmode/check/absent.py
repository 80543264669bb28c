"""Peers that the entries for the other device name besides it: in neither file, and nobody answers for them."""

from collections.abc import Iterator

from mainmode.lab.facing import Facing, Pair, entries
from mainmode.ladder.transcript import Side


def absent_peers(pair: Pair, facing: tuple[Facing, ...]) -> Iterator[str]:
    """A note for each entry whose list of peers holds the other device and somebody else."""
    for side in Side:
        known = {one.ends[side.other].address for one in facing}
        for entry in entries(pair[side]):
            peers = entry.peers.value if entry.peers is not None else ()
            absent = [peer for peer in peers if peer not in known]
            if entry.peers is None or not absent or len(absent) == len(peers):
                continue
            who = ", ".join(str(peer) for peer in absent)
            rest = "is in neither file and does" if len(absent) == 1 else "are in neither file and do"
            yield f"{who} ({entry.peers.source}) {rest} not answer in the run"
