"""What the other side must look like, drawn from one side's log."""

from collections.abc import Callable, Iterator, Mapping

from mainmode.explain.explanation import Sketch
from mainmode.explain.languages import KEY, asa, ios, ipsec_conf, swanctl
from mainmode.explain.masking import masked
from mainmode.explain.portrait import VENDORS, Portrait
from mainmode.ladder.spelling import clean, wrap

WIDTH = 76
"""Columns of a comment."""
_MARKS = {"asa": "!", "ios": "!", "swanctl": "#", "ipsec.conf": "#"}
_LANGUAGES: Mapping[str, Callable[[Portrait], Iterator[str]]] = {
    "asa": asa,
    "ios": ios,
    "swanctl": swanctl,
    "ipsec.conf": ipsec_conf,
}


def sketch(peer: Portrait) -> Sketch:
    """The peer in its vendor's language; the first line says why that one."""
    mark = _MARKS[peer.language]
    lines = [f"{mark} {peer.peer or 'the peer'} as {VENDORS[peer.language]}: {peer.ground}"]
    lines += _LANGUAGES[peer.language](peer)
    rows = (row for line in lines for row in _rows(clean(line), mark))
    return Sketch(peer.peer, VENDORS[peer.language], tuple(map(masked, rows)))


def is_drawn(peer: Portrait) -> bool:
    """Whether enough is known for a sketch to be more than places to fill in."""
    return bool(peer.phase1.ground or peer.phase2.ground or peer.networks)


def _rows(line: str, mark: str) -> Iterator[str]:
    """A comment that is too wide becomes several."""
    before, found, comment = line.partition(f"{mark} ")
    if not found or before.strip() or KEY in comment:
        yield line
        return
    for row in wrap(comment, WIDTH - len(before) - 2, 0):
        yield f"{before}{mark} {row}"
