"""Pings as a person reads them: a long run with one and the same outcome is one row. The JSON document has each."""

from collections.abc import Iterator
from itertools import groupby

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant, Span
from mainmode.ladder.transcript import Ping, Side

FEWEST = 6
"""Runs of fewer requests stand one by one, as the device's own five do."""


@dataclass(frozen=True, slots=True)
class Series:
    """Requests between two hosts that ended alike, from number `first` to `last`; `sent_at` is the first one's time."""

    side: Side
    source: str
    destination: str
    first: int
    last: int
    sent_at: Instant
    round_trip: Span | None
    note: str

    @property
    def numbers(self) -> str:
        """`7`, or `7 to 31`."""
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"


def series_of(pings: tuple[Ping, ...]) -> Iterator[Series]:
    """The rows, in the order of the pings."""
    for _, alike in groupby(pings, key=lambda one: (one.side, one.source, one.destination, one.round_trip, one.note)):
        run = tuple(alike)
        for part in (run,) if len(run) >= FEWEST else tuple((one,) for one in run):
            one, last = part[0], part[-1]
            trip = None if one.round_trip is None else Span(one.round_trip)
            yield Series(
                one.side, one.source, one.destination, one.sequence, last.sequence, one.sent_at, trip, one.note
            )
