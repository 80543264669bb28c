"""What is wrong with a configuration by itself, or with two of them together: causes that leave no line in a log."""

from collections.abc import Callable, Iterator
from ipaddress import IPv4Address

from mainmode.base.address import Proxy, ProxyPair
from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.device.config.model import Policy, TransformSet
from mainmode.device.flow import Flow
from mainmode.device.nat import Translator
from mainmode.device.routing import RoutingTable
from mainmode.explain import places
from mainmode.explain.finding import Place
from mainmode.explain.sides import ConfiguredSide


@dataclass(frozen=True, slots=True)
class Flaw:
    """A cause that the configuration shows. `sees` is one sentence.

    `stops` tells that no tunnel can come up with it; else only the packets of a tunnel that is up are in trouble.
    `instead` are codes of what it could be as well.
    """

    code: str
    sees: str
    places: tuple[Place, ...]
    stops: bool = True
    instead: tuple[str, ...] = ()


def flaws_of(side: ConfiguredSide, initiator: bool | None, nat: bool = False) -> Iterator[Flaw]:
    """What is wrong with one side, what stops most first. `initiator`: whether it begins, None where not known.

    `nat`: addresses are translated on the way, so that they prove nothing.

    What becomes of packets is looked at only where nothing stops the tunnel itself.
    """
    found = list(_stopping(side, initiator, nat))
    yield from found
    if not found:
        yield from _packets(side)


def _stopping(side: ConfiguredSide, initiator: bool | None, nat: bool) -> Iterator[Flaw]:
    where = f"in {side.configuration.file}"
    entry = side.entry
    if not any(one.value == side.interface for one in side.configuration.enabled):
        sees = f"IKE is not enabled on interface {side.interface} {where}."
        yield Flaw("IKE_NOT_ENABLED", sees, tuple(places.enabled(side)))
    policies = side.configuration.policies
    if policies and all(policy.authentication.value != "pre-share" for policy in policies):
        sees = f"No phase 1 policy {where} is for pre-shared keys."
        lines = tuple(side.place(f"in policy {one.priority}", one.authentication.source) for one in policies[:3])
        yield Flaw("PHASE1_MISMATCH", sees, (*lines, *places.keys(side)), instead=("CERTIFICATE",))
    crypto_map = side.configuration.crypto_maps.get(entry.map_name) if entry is not None else None
    if crypto_map is not None and not crypto_map.interfaces:
        sees = f"Crypto map {crypto_map.name} is bound to no interface {where}."
        yield Flaw("CRYPTO_MAP_NOT_BOUND", sees, tuple(places.bindings(side)))
    lacking = tuple(places.lacking(side))
    if entry is not None and lacking:
        sees = f"Entry {entry.sequence} of crypto map {entry.map_name} is incomplete {where}."
        yield Flaw("NO_MATCHING_ENTRY", sees, tuple(places.entries(side)))
    yield from _order(side)
    if not nat:
        yield from _wrong_peer(side)
        yield from _group(side)
    if entry is not None and entry.connection_type.value not in ("bidirectional",):
        forbids = entry.connection_type.value == ("answer-only" if initiator else "originate-only")
        if initiator is None or forbids:
            sees = f"Entry {entry.sequence} of crypto map {entry.map_name} is {entry.connection_type.value} {where}."
            yield Flaw("CONNECTION_TYPE", sees, tuple(places.connection_types(side)))


def _wrong_peer(side: ConfiguredSide) -> Iterator[Flaw]:
    """No entry names the peer with which it speaks."""
    entry = side.entry
    has_dynamic = any(one.dynamic is not None for one in side.entries)
    if side.peer is None or has_dynamic or not side.entries or any(side.names_peer(one) for one in side.entries):
        return
    named = entry.peers.value if entry is not None and entry.peers is not None else ()
    if named:
        sees = (
            f"No crypto map entry in {side.configuration.file} names {side.peer}; the one for its networks "
            f"names {named[0]}."
        )
        yield Flaw("PEER_ADDRESS_WRONG", sees, tuple(places.peers(side)))


def _group(side: ConfiguredSide) -> Iterator[Flaw]:
    """There is no tunnel-group with a key for the peer."""
    peer = side.peer
    entry = side.entry
    if peer is None and entry is not None and entry.peers is not None:
        peer = entry.peers.value[0]
    if peer is None:
        return
    group = side.group(peer)
    if group is None or group.key is None:
        what = "no tunnel-group" if group is None else "a tunnel-group without a key"
        seen = ConfiguredSide(side.configuration, side.log, peer, side.asked)
        sees = f"{side.configuration.file} has {what} for {peer}."
        yield Flaw("NO_TUNNEL_GROUP", sees, tuple(places.groups(seen)), instead=("PEER_ADDRESS_WRONG",))


def _order(side: ConfiguredSide) -> Iterator[Flaw]:
    """Entries that stand before the one for the peer."""
    entry = side.entry
    if entry is None:
        return
    earlier = tuple(places.earlier(side))
    if earlier:
        sees = (
            f"Two entries of crypto map {entry.map_name} hold the same networks, for different peers: the first counts."
        )
        yield Flaw("EARLIER_ENTRY", sees, earlier)
    first = [one for one in side.entries if one.dynamic is not None and one.map_name == entry.map_name]
    if any(one.sequence < entry.sequence for one in first):
        sees = f"A dynamic entry of crypto map {entry.map_name} stands before entry {entry.sequence}."
        yield Flaw("DYNAMIC_FIRST", sees, tuple(places.dynamic(side)))


def _packets(side: ConfiguredSide) -> Iterator[Flaw]:
    """What becomes of a packet between the entry's networks: translated first, or without a route."""
    configuration, entry = side.configuration, side.entry
    if entry is None or not configuration.interfaces:
        return
    table = RoutingTable.of(configuration)
    translator = Translator(configuration)
    for ace, pair in side.lines(entry):
        near, far = _host(pair.local), _host(pair.remote)
        protocol = pair.local.protocol or IpProtocol.ICMP
        back = table.hop(near)
        ingress = back.interface if back is not None else None
        out = table.hop(far)
        if ingress is None or ingress == side.interface:
            continue
        flow = Flow(near, far, protocol)
        leaving = out.interface if out is not None else side.interface
        found = translator.untranslate(ingress, flow, _by(leaving))
        became = translator.translate(ingress, found.egress or leaving, flow, found)
        if became.rule is not None and (became.dynamic or became.source != near):
            sees = f"Traffic from {near} to {far} is translated before crypto map {entry.map_name} sees it."
            lines = side.place("translates the traffic; no exemption stands before it", became.rule.source)
            yield Flaw("NO_NAT_EXEMPTION", sees, (lines, side.place("the traffic", ace.source)), stops=False)
            return
        if out is None and found.egress is None and side.interface_bound:
            sees = f"{configuration.file} has no route to {far}."
            missing = side.absent("missing", f"route {side.interface} {far} 255.255.255.255 GATEWAY")
            yield Flaw("NO_ROUTE", sees, (missing, side.place("the traffic", ace.source)), stops=False)
            return


def _by(interface: str) -> Callable[[IPv4Address], str | None]:
    """Every address is reached by one interface."""
    return lambda _: interface


def _host(proxy: Proxy) -> IPv4Address:
    """An address inside of a network."""
    first, last = int(proxy.first), int(proxy.last)
    return IPv4Address(min(first + 2, last) if last - first > 2 else first)


def wrong_addresses(one: ConfiguredSide, other: ConfiguredSide) -> Iterator[Flaw]:
    """Peers that are no address of the other configuration."""
    yield from _addresses(one, other)
    yield from _addresses(other, one)


def flaws_between(one: ConfiguredSide, other: ConfiguredSide, initiator_is_one: bool | None) -> Iterator[Flaw]:
    """What does not fit between two configurations."""
    yield from _policies(one, other)
    keys = [side.group() for side in (one, other)]
    values = [group.key.value if group is not None and group.key is not None else None for group in keys]
    if all(value is not None for value in values) and values[0] != values[1]:
        sees = f"The pre-shared keys of {one.configuration.file} and {other.configuration.file} for each other differ."
        yield Flaw("PSK_MISMATCH", sees, (*places.keys(one), *places.keys(other)))
    yield from _networks(one, other)
    yield from _sets(one, other)
    yield from _secrecy(one, other, initiator_is_one)


def _addresses(one: ConfiguredSide, other: ConfiguredSide) -> Iterator[Flaw]:
    """The peer that one side names is none of the other's addresses."""
    entry = one.entry
    addresses = [
        interface.address.value.address for interface in other.configuration.interfaces if interface.address is not None
    ]
    if entry is None or entry.peers is None or not addresses or set(entry.peers.value) & set(addresses):
        return
    sees = (
        f"The peer that {one.configuration.file} names, {entry.peers.value[0]}, is no address of "
        f"{other.configuration.file}."
    )
    yield Flaw("PEER_ADDRESS_WRONG", sees, (*places.peers(one), *places.peers(other)))


def _policies(one: ConfiguredSide, other: ConfiguredSide) -> Iterator[Flaw]:
    first, second = one.configuration.policies, other.configuration.policies
    if any(not _differing(mine, theirs) for mine in first for theirs in second):
        return
    nearest = min(
        ((mine, theirs) for mine in first for theirs in second), key=lambda two: len(_differing(*two)), default=None
    )
    words = ", ".join(_differing(*nearest)) if nearest is not None else "one side has none"
    sees = f"{one.configuration.file} and {other.configuration.file} have no phase 1 policy in common: {words}."
    found = [] if nearest is not None else [*places.policies(one), *places.policies(other)]
    if nearest is not None:
        for side, policy in zip((one, other), nearest, strict=True):
            for name in _differing(*nearest):
                found.append(side.place(f"in policy {policy.priority}", getattr(policy, name).source))
    yield Flaw("PHASE1_MISMATCH", sees, tuple(found))


def _differing(one: Policy, two: Policy) -> list[str]:
    names = ("encryption", "hash", "group", "authentication")
    return [name for name in names if getattr(one, name).value != getattr(two, name).value]


def _networks(one: ConfiguredSide, other: ConfiguredSide) -> Iterator[Flaw]:
    """No line of one side mirrors one of the other, or that which was asked for does not."""
    mine = [pair for _, pair in one.lines(one.entry)]
    theirs = [pair.mirrored() for _, pair in other.lines(other.entry)]
    if not mine or not theirs:
        return
    wanted = [pair for pair in one.asked if pair in mine or pair in theirs] or mine
    if not any(_mirrored(pair, mine, theirs) for pair in wanted):
        names = f"{one.configuration.file} and {other.configuration.file}"
        sees = f"No line of the crypto access lists of {names} mirrors one of the other."
        yield Flaw("PROXY_MISMATCH", sees, (*places.access_lists(one), *places.access_lists(other)))


def _mirrored(pair: ProxyPair, mine: list[ProxyPair], theirs: list[ProxyPair]) -> bool:
    return pair in mine and pair in theirs


def _sets(one: ConfiguredSide, other: ConfiguredSide) -> Iterator[Flaw]:
    mine, theirs = list(_transforms(one)), list(_transforms(other))
    if mine and theirs and not any(_alike(first, second) for first in mine for second in theirs):
        sees = f"{one.configuration.file} and {other.configuration.file} have no transform set in common."
        yield Flaw("TRANSFORM_MISMATCH", sees, (*places.transform_sets(one), *places.transform_sets(other)))


def _transforms(side: ConfiguredSide) -> Iterator[TransformSet]:
    entry = side.entry
    for name in entry.transform_sets.value if entry is not None and entry.transform_sets is not None else ():
        found = side.configuration.transform_sets.get(name)
        if found is not None:
            yield found


def _alike(one: TransformSet, other: TransformSet) -> bool:
    return (one.encryption.value, one.authentication.value, one.mode.value) == (
        other.encryption.value,
        other.authentication.value,
        other.mode.value,
    )


def _secrecy(one: ConfiguredSide, other: ConfiguredSide, initiator_is_one: bool | None) -> Iterator[Flaw]:
    """Perfect forward secrecy that the responder asks for and the initiator does not offer."""
    if one.entry is None or other.entry is None:
        return
    groups = [
        side.entry.pfs.value if side.entry is not None and side.entry.pfs is not None else None for side in (one, other)
    ]
    if groups[0] == groups[1]:
        return
    begins, answers = (groups[0], groups[1]) if initiator_is_one is not False else (groups[1], groups[0])
    if answers is not None and begins != answers:
        sees = f"Perfect forward secrecy differs: {_named(groups[0])} in {one.configuration.file}, "
        sees += f"{_named(groups[1])} in {other.configuration.file}."
        yield Flaw("PFS_MISMATCH", sees, (*places.pfs(one), *places.pfs(other)))


def _named(group: int | None) -> str:
    return "none" if group is None else f"group {group}"
