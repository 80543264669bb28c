"""Where a cause is looked for, and what all who look for places share."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from ipaddress import IPv4Address
from itertools import islice
from typing import Any

from mainmode.base.address import ProxyPair
from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Absent, Source, Statement
from mainmode.device.addresses import AddressBook
from mainmode.device.config.model import Ace, Configuration, CryptoMapEntry, Release, Sourced
from mainmode.device.config.problem import Severity
from mainmode.lab.facing import Facing, Pair, entries
from mainmode.lab.hosts import Probe
from mainmode.lab.traffic import Traffic, proxies_of
from mainmode.ladder.transcript import Blame, Side

_MOST_REFUSED = 3
_WORDS = {"access-list": 2, "crypto": 3, "crypto map": 4, "tunnel-group": 2, "object": 3, "object-group": 3, "ip": 2}
"""How many words say what a command is about, where it is not the first alone."""

NOT_READ = "this line was not read"
DECIDED = "decided by this line"
"""The note on a line of which nothing nearer is known."""


@dataclass(frozen=True)
class Scene:
    """Where a cause is looked for: both configurations, their wire, the traffic, who knew, and what it rested on.

    `sources` are the knower's, or, with `decider`, that side's.
    """

    pair: Pair
    facing: Facing
    traffic: Traffic
    knower: Side
    sources: tuple[Source, ...] = ()
    decider: Side | None = None

    def entry(self, side: Side) -> CryptoMapEntry | None:
        """The crypto map entry of a side for this tunnel: the traffic's own, else the one that is meant for it."""
        if side is self.traffic.side and self.traffic.entry is not None:
            return self.traffic.entry
        return self.meant[side]

    def wanted(self, side: Side) -> ProxyPair | None:
        """The networks of the traffic as a side sees them."""
        proxies = self.traffic.proxies
        if proxies is None or side is self.traffic.side:
            return proxies
        return proxies.mirrored()

    def near(self, side: Side) -> IPv4Address:
        """The host behind a side, by its own address."""
        return self.traffic.probe.source if side is self.traffic.side else self.traffic.far_host

    def flow(self, side: Side) -> Probe:
        """The traffic of a side as the crypto maps see it: the request, or the reply to it."""
        probe = self.traffic.on_wire
        return probe if side is self.traffic.side else reversed_probe(probe)

    def permitted(self, side: Side, entry: CryptoMapEntry) -> bool:
        """Whether a line of an entry is about what a side sends."""
        flow, configuration = self.flow(side), self.pair[side]
        lines = permits(configuration, entry)
        return any(holds(proxies, flow) for ace in lines for proxies in proxies_of(configuration, ace))

    @cached_property
    def meant(self) -> dict[Side, CryptoMapEntry | None]:
        """The entry of each side that is meant for the other, whatever the traffic met."""
        return {side: self._meant_by(side) for side in Side}

    def _meant_by(self, side: Side) -> CryptoMapEntry | None:
        """The entry that is meant for the other device, faults included.

        One that mirrors the traffic's networks and names the peer is; else what speaks most for it, and of those
        alike the one that comes closest to the traffic. Where only its networks speak for a static one, an entry of the
        dynamic map that is bound; None where there is nothing.
        """
        configuration = self.pair[side]
        peer = self.facing.ends[side.other].address
        best: tuple[int, int] = (0, -1)
        found: CryptoMapEntry | None = None
        for candidates in (entries(configuration, peer), entries(configuration)):
            for entry in candidates:
                speaks = self._speaks_for(side, entry, peer) if entry.dynamic is None else 0
                score = speaks, self._closeness(side, entry)
                if speaks and score > best:
                    best, found = score, entry
            if best[0] >= _NAMES_PEER + _HOLDS:
                break
        return found if best[0] > 1 else self._dynamic(side) or found

    def _dynamic(self, side: Side) -> CryptoMapEntry | None:
        """The entry of the dynamic maps bound to the wire that comes closest to the traffic."""
        configuration = self.pair[side]
        bound = configuration.map_on(self.facing.ends[side].interface)
        named = [entry.dynamic.value for entry in (bound.entries if bound else ()) if entry.dynamic is not None]
        among = [entry for name in named if name in configuration.dynamic_maps
                 for entry in configuration.dynamic_maps[name].entries]  # fmt: skip
        return max(among, key=lambda entry: self._closeness(side, entry), default=None)

    def _speaks_for(self, side: Side, entry: CryptoMapEntry, peer: IPv4Address) -> int:
        configuration, wanted = self.pair[side], self.wanted(side)
        names = entry.peers is not None and peer in entry.peers.value
        says = permits(configuration, entry)
        mirrors = wanted is not None and any(wanted in proxies_of(configuration, ace) for ace in says)
        score = _MIRROR * mirrors + _NAMES_PEER * names
        if names and not mirrors and self.permitted(side, entry):
            score += _HOLDS
        if not (names or mirrors) and entry.peers is not None:
            return 1 if self.permitted(side, entry) else 0
        return score + (entry.peers is None) * _NO_PEER + (names and not says) * _NO_LIST

    def _closeness(self, side: Side, entry: CryptoMapEntry) -> int:
        return max((closeness(self, side, ace) for ace in permits(self.pair[side], entry)), default=-1)


_MIRROR, _NAMES_PEER, _HOLDS, _NO_LIST, _NO_PEER = 8, 7, 5, 2, 2
"""What speaks for an entry: it mirrors the networks, names the peer, holds the traffic; then what it may have lost."""


def holds(proxies: ProxyPair, flow: Probe) -> bool:
    """Whether a pair of proxies is about the traffic."""
    local = proxies.local.holds(flow.source, flow.protocol, flow.source_port)
    return local and proxies.remote.holds(flow.destination, flow.protocol, flow.destination_port)


def reversed_probe(probe: Probe) -> Probe:
    """The reply to a request."""
    return replace(
        probe,
        source=probe.destination,
        destination=probe.source,
        source_port=probe.destination_port,
        destination_port=probe.source_port,
    )


def permits(configuration: Configuration, entry: CryptoMapEntry | None) -> list[Ace]:
    """The permit lines of an entry's access list."""
    if entry is None or entry.acl is None or entry.acl.value not in configuration.access_lists:
        return []
    return [ace for ace in configuration.access_lists[entry.acl.value].aces if ace.permit]


def closeness(scene: Scene, side: Side, ace: Ace) -> int:
    """How close an ACE of `side` is to matching the traffic (for its sender) or the way back (for the other)."""
    probe = scene.traffic.on_wire
    near, far = probe.source, probe.destination
    if side is not scene.traffic.side:
        near, far = far, near
    book = AddressBook(scene.pair[side])
    hits = sum(
        any(one.first <= address <= one.last for one in book.of(part))
        for part, address in ((ace.source_address, near), (ace.destination_address, far))
    )
    return 3 * hits + 4 * (ace.protocol == probe.protocol) + 2 * (ace.protocol == 0)


def stated(scene: Scene) -> tuple[Blame, ...]:
    """What the device itself rested its decision on."""
    side = scene.decider or scene.knower
    return tuple(Blame(side, _part_of(scene.pair[side], source), source) for source in scene.sources)


def rules(configuration: Configuration) -> set[Source]:
    """The lines of address translation."""
    own = {holder.nat.source for holder in configuration.objects.values() if holder.nat is not None}
    older = (*configuration.old_nat, *configuration.statics)
    return own | {rule.source for rule in (*configuration.nat_rules, *older)}


def _part_of(configuration: Configuration, source: Source) -> str:
    """What a line did to a packet."""
    if source in rules(configuration):
        return "translates the traffic; no NAT exemption stands before it"
    aces = (ace for one in configuration.access_lists.values() for ace in one.aces)
    action = next((ace.action for ace in aces if ace.source == source), None)
    if action is not None:
        return "denies the traffic" if action == "deny" else "permits the traffic"
    return DECIDED


def refused_lines(configuration: Configuration, side: Side, command: str) -> Iterator[Blame]:
    """The first lines of the same kind as `command` that the reader refused or warned of."""
    wanted = _kind(command)
    near = (problem for problem in configuration.problems if wanted and _alike(wanted, _kind(problem.text)))
    for problem in islice(near, _MOST_REFUSED):
        warned = problem.severity is Severity.WARNING
        note = problem.wording.split("\n")[0].removeprefix("WARNING: ") if warned else NOT_READ
        yield Blame(side, note, Statement(problem.file, problem.line, problem.text))


def _kind(command: str) -> list[str]:
    """The words that say what a line is about, alike in both spellings: `access-list VPN`, `encryption`."""
    words = [word for word in command.split() if word not in ("no", "isakmp", "ikev1")]
    return words[: _WORDS.get(" ".join(words[:2]), _WORDS.get(words[0], 1))] if words else []


def _alike(one: list[str], other: list[str]) -> bool:
    return bool(other) and all(first == second for first, second in zip(one, other, strict=False))


def refused_first(pair: Pair, blames: tuple[Blame, ...]) -> tuple[Blame, ...]:
    """The places of a verdict, behind the lines of their kind that the reader did not take."""
    refused: dict[Source | None, Blame] = {}
    for blame in blames:
        if blame.source is not None:
            command = blame.source.text if isinstance(blame.source, Statement) else blame.source.command
            refused |= {found.source: found for found in refused_lines(pair[blame.side], blame.side, command)}
    told = [blame for blame in blames if blame.source not in refused or blame.note != DECIDED]
    known = {blame.source for blame in told}
    return (*(blame for source, blame in refused.items() if source not in known), *dict.fromkeys(told))


def knower_first(scene: Scene) -> tuple[Side, Side]:
    """Both sides, in the order in which their places are told."""
    return scene.knower, scene.knower.other


def spelled(configuration: Configuration, command: str) -> str:
    """A command in the release's spelling."""
    if configuration.release is Release.OLD:
        return command
    return f"ikev1 {command}" if command == "pre-shared-key" else command.replace("isakmp", "ikev1")


def own_address(scene: Scene, side: Side) -> Blame:
    """The address by which a side faces the other."""
    end = scene.facing.ends[side]
    interface = scene.pair[side].interface(end.interface)
    if interface is None or interface.address is None:
        return Blame(side, f"its address is {end.address}")
    return Blame(side, "the address it speaks from", interface.address.source)


def named(scene: Scene, side: Side) -> str:
    """`crypto map MAP 10`: the side's entry, as its commands begin."""
    entry = scene.entry(side)
    return head_of(scene.pair[side], entry) if entry is not None else "crypto map"


def head_of(configuration: Configuration, entry: CryptoMapEntry) -> str:
    """`crypto map MAP 10` or `crypto dynamic-map DYN 10`: how the commands of an entry begin."""
    word = "dynamic-map" if of_dynamic_map(configuration, entry) else "map"
    return f"crypto {word} {entry.map_name} {entry.sequence}"


def of_dynamic_map(configuration: Configuration, entry: CryptoMapEntry) -> bool:
    """Whether an entry is one of a dynamic map."""
    dynamic_map = configuration.dynamic_maps.get(entry.map_name)
    return dynamic_map is not None and any(one is entry for one in dynamic_map.entries)


def entry_part(scene: Scene, side: Side, part: Callable[[CryptoMapEntry], Sourced[Any] | None], command: str) -> Source:
    """The statement of a part of the side's crypto map entry, or its absence."""
    entry = scene.entry(side)
    value = part(entry) if entry is not None else None
    return value.source if value is not None else Absent(scene.pair[side].file, f"{named(scene, side)} {command}")


def peer_of(scene: Scene, side: Side) -> Blame:
    """`set peer` of a side's entry, or that it is missing."""
    return Blame(side, "its peer", entry_part(scene, side, lambda entry: entry.peers, "set peer"))
