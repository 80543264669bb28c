"""Negotiations that one end counts as several and the other as one: a responder forgets what it refused.

Each repetition of a first message that is refused, or whose answer never arrives, begins a new negotiation for some
responders. Those that no negotiation of the other log matches belong to the one in whose time they lie.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import SECOND, Instant
from mainmode.catalogue.facts import Message
from mainmode.explain.negotiation import Negotiation
from mainmode.explain.pairing import Pairing

AROUND = 5 * SECOND
"""How far a stray may lie from the nearest message of the other end."""
MOST = 200
"""So many strays are joined to one negotiation."""


@dataclass(frozen=True, slots=True)
class Home:
    """A paired negotiation, and the times of the other end's messages by the clock of its own log, in order.

    `times` is None where the clocks cannot be compared.
    """

    negotiation: Negotiation
    times: tuple[int, ...] | None

    def away(self, stray: Negotiation) -> int | None:
        """How far a stray lies from the other end's messages, None where it cannot belong here."""
        if self.times is None:
            return 0 if _alike(self.negotiation, stray) else None
        if stray.started is None or not self.times or not _alike(self.negotiation, stray):
            return None
        place = bisect_left(self.times, stray.started)
        away = min(abs(at - stray.started) for at in self.times[max(0, place - 1) : place + 1])
        return away if away <= AROUND else None


def brought_home(homes: Sequence[Home], lonely: Iterable[Negotiation]) -> list[list[Negotiation]]:
    """For each home the negotiations of its log that belong to it: those nearest to it in time.

    Without clocks a home takes them only where it is the only one.
    """
    if len(homes) > 1:
        homes = [home if home.times is not None else Home(home.negotiation, ()) for home in homes]
    found: list[list[Negotiation]] = [[] for _ in homes]
    for stray in lonely:
        if not any(True for _ in stray.all(Message)):
            continue
        fitting = [(away, number) for number, home in enumerate(homes) if (away := home.away(stray)) is not None]
        if fitting:
            found[min(fitting)[1]].append(stray)
    return [several[:MOST] for several in found]


def _alike(one: Negotiation, stray: Negotiation) -> bool:
    """Whether a stray may be with the same peer in the same role."""
    ends = ((one.peer, stray.peer), (one.local, stray.local))
    fits = all(not mine or not theirs or mine == theirs for mine, theirs in ends)
    return fits and (stray.role is None or one.role is None or stray.role is one.role)


def joined(one: Negotiation, others: Sequence[Negotiation]) -> Negotiation:
    """A negotiation with what its strays tell, in the order of the lines; role, phases and outcome stay its own."""
    if not others:
        return one
    every = (one, *others)
    lines = {record.first: record for each in every for record in each.lines}
    starts = [each.started for each in every if each.started is not None]
    ends = [each.ended for each in every if each.ended is not None]
    return replace(
        one,
        noted=tuple(sorted((noted for each in every for noted in each.noted), key=lambda noted: noted.record.first)),
        lines=tuple(lines[number] for number in sorted(lines)) if all(each.lines for each in every) else (),
        first=min(each.first for each in every),
        last=max(each.last for each in every),
        records=sum(each.records for each in every),
        started=Instant(min(starts)) if starts else None,
        ended=Instant(max(ends)) if ends else None,
    )


def told_by(one: Negotiation, pairing: Pairing, negotiations: Iterable[Negotiation]) -> Negotiation:
    """A paired negotiation with those of its log on which the pairing's links rest as well."""
    records = (noted.record for link in pairing.links for noted in (link.sent, link.received) if noted is not None)
    wanted = {record.first for record in records if record.log == one.log}
    wanted -= {noted.record.first for noted in one.noted}
    others = [
        each
        for each in negotiations
        if each.log == one.log
        and each.number != one.number
        and any(noted.record.first in wanted for noted in each.noted)
    ]
    return joined(one, others)
