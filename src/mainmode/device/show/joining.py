"""Several processes of one device shown as one: what each has, as values, and the whole of it.

Counters are added. What was most at once (`peak`, `most`, high water) is the sum of what was most in each: the whole
device never had more, and may have had less: `caveat` says so where an output has such a figure.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import Drop
from mainmode.base.instant import Instant
from mainmode.base.provenance import Source
from mainmode.device.connections import Connection
from mainmode.device.hits import HitCounts
from mainmode.device.journal import Traffic
from mainmode.device.nat import NatHits
from mainmode.device.routing import Route
from mainmode.device.show.standing import Standing
from mainmode.device.translations import Translation
from mainmode.device.tunnels import Count, Tunnel
from mainmode.ike.statistics import Statistics
from mainmode.ike.views import IkeSaView, SessionCounts, SessionView
from mainmode.ipsec.path_mtu import PathMtus
from mainmode.ipsec.sad import SaState
from mainmode.ipsec.statistics import IpsecStatistics

_PEAKS = ("Peak", "Highwater", "most used")
"""How outputs name what was most at once."""

_Counted = TypeVar("_Counted")
_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class Part:
    """What one process has of a `Standing`; what all have alike, as the configuration, is not in it.

    `log` are the buffered messages with their times, `logged` how many went to each destination. `counts` are those of
    the book of tunnels: IKE, IPsec, IPsec over NAT, pairs.
    """

    ike: tuple[IkeSaView, ...]
    ike_statistics: Statistics
    sessions: tuple[SessionView, ...]
    session_counts: SessionCounts
    states: tuple[SaState, ...]
    ipsec_statistics: IpsecStatistics
    path_mtus: PathMtus
    routes: tuple[Route, ...]
    hits: HitCounts
    nat_hits: Mapping[Source, NatHits]
    translations: tuple[Translation, ...]
    connections: tuple[Connection, ...]
    most_connections: int
    drops: Counter[Drop]
    traffic: Mapping[str, Traffic]
    tunnels: tuple[Tunnel, ...]
    counts: tuple[Count, ...]
    log: tuple[tuple[Instant, str], ...]
    logged: Mapping[str, int]


def part_of(standing: Standing) -> Part:
    """What this process has."""
    journal = standing.journal
    tunnels = journal.tunnels
    return Part(
        ike=standing.ike,
        ike_statistics=standing.ike_statistics,
        sessions=standing.sessions,
        session_counts=standing.session_counts,
        states=standing.sad.states(),
        ipsec_statistics=standing.ipsec_statistics,
        path_mtus=standing.path_mtus,
        routes=standing.routes,
        hits=standing.hits,
        nat_hits=standing.nat_hits,
        translations=standing.translations,
        connections=tuple(replace(one, release=None, there=None, back=None) for one in standing.connections),
        most_connections=standing.most_connections,
        drops=journal.drops,
        traffic=journal.traffic,
        tunnels=tuple(tunnels.all()),
        counts=(tunnels.ike, tunnels.ipsec, tunnels.ipsec_over_nat, tunnels.pairs),
        log=journal.log.kept,
        logged=journal.log.counts,
    )


def joined(own: Standing, parts: Sequence[Part]) -> Standing:
    """The whole device, where `own` is the standing of one of the processes and `parts` are those of all."""
    ike = [one for part in parts for one in part.ike]
    return replace(
        own,
        ike=tuple(replace(one, index=number) for number, one in enumerate(sorted(ike, key=_created), 1)),
        ike_statistics=_total([part.ike_statistics for part in parts]),
        sessions=tuple(sorted((one for part in parts for one in part.sessions), key=lambda one: one.login)),
        session_counts=_total([part.session_counts for part in parts]),
        sad=JointSad(part.states for part in parts),
        ipsec_statistics=_total([part.ipsec_statistics for part in parts]),
        path_mtus=PathMtus.joined([part.path_mtus for part in parts]),
        routes=tuple(dict.fromkeys(one for part in parts for one in part.routes)),
        hits=HitCounts.joined([part.hits for part in parts]),
        nat_hits=_by_key([part.nat_hits for part in parts]),
        translations=tuple(one for part in parts for one in part.translations),
        connections=tuple(sorted((one for part in parts for one in part.connections), key=lambda one: one.since)),
        most_connections=sum(part.most_connections for part in parts),
        journal=JointJournal(own.journal.log.most_octets, parts),
        processes=len(parts),
    )


def caveat(output: str, standing: Standing) -> str:
    """The line that an output has behind it where it may say more than there was."""
    if standing.processes == 1 or not any(word in output for word in _PEAKS):
        return ""
    return f"\nNOTE: {standing.processes} workers: what was most at once is the sum of that of each\n"


def _created(view: IkeSaView) -> Instant:
    return view.created


class JointSad:
    """The pairs of several processes, oldest first. SPIs of processes differ (`base.strand`)."""

    def __init__(self, states: Iterable[Sequence[SaState]]) -> None:
        found = sorted((one for some in states for one in some), key=lambda one: one.installed_at)
        self._states = {one.pair.inbound_spi: one for one in found}

    def inbound(self, spi: int) -> SaState | None:
        """The pair with this inbound SPI."""
        return self._states.get(spi)

    def states(self) -> tuple[SaState, ...]:
        """All pairs, oldest first."""
        return tuple(self._states.values())


class JointJournal:
    """What happened in several processes."""

    def __init__(self, most_octets: int, parts: Sequence[Part]) -> None:
        """`most_octets` of the log's buffer are shown."""
        self.drops: Counter[Drop] = sum((part.drops for part in parts), Counter())
        self.traffic = _by_key([part.traffic for part in parts])
        self.tunnels = JointTunnels(parts)
        self.log = JointLog(most_octets, parts)


class JointTunnels:
    """The tunnels of several processes. Each peer has one process, and so a tunnel its number."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._all = tuple(one for part in parts for one in part.tunnels)
        self._of_spi = {pair.inbound_spi: one for one in self._all for pair in one.pairs}
        counts = [_total(list(some)) for some in zip(*(part.counts for part in parts), strict=True)]
        self.ike, self.ipsec, self.ipsec_over_nat, self.pairs = counts

    def of(self, inbound_spis: Iterable[int]) -> tuple[Tunnel, ...]:
        """The IPsec tunnels of these pairs, by their numbers."""
        found = {one.number: one for spi in inbound_spis if (one := self._of_spi.get(spi)) is not None}
        return tuple(one for _, one in sorted(found.items()))

    def all(self) -> Iterable[Tunnel]:
        """Every one."""
        return self._all


class JointLog:
    """The buffers of several processes by time, as far as one buffer has room."""

    def __init__(self, most_octets: int, parts: Sequence[Part]) -> None:
        self.most_octets = most_octets
        self.counts: Mapping[str, int] = sum((Counter(part.logged) for part in parts), Counter())
        self.kept = tuple(sorted((one for part in parts for one in part.log), key=lambda one: one[0]))

    @property
    def messages(self) -> tuple[str, ...]:
        """The buffer, oldest message first."""
        left, kept = self.most_octets, []
        for _, message in reversed(self.kept):
            left -= len(message) + 1
            if left < 0:
                break
            kept.append(message)
        return tuple(reversed(kept))

    def logged(self, destination: str) -> int:
        """How many messages went to a destination."""
        return self.counts.get(destination, 0)


def _total(counted: Sequence[_Counted]) -> _Counted:
    """Counters of one kind added up, field by field; what is no number is the first one's."""
    first = counted[0]
    if not is_dataclass(first) or isinstance(first, type):
        raise TypeError(f"{type(first).__name__} has no fields to add up")
    total = {}
    for one in fields(first):
        values = [getattr(each, one.name) for each in counted]
        if is_dataclass(values[0]):
            total[one.name] = _total(values)
        else:
            total[one.name] = sum(values) if isinstance(values[0], int) else values[0]
    return replace(first, **total)


def _by_key(counted: Sequence[Mapping[_Key, _Counted]]) -> dict[_Key, _Counted]:
    found: dict[_Key, list[_Counted]] = {}
    for some in counted:
        for key, one in some.items():
            found.setdefault(key, []).append(one)
    return {key: _total(some) for key, some in found.items()}
