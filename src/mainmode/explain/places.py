"""Which lines of the configurations that were given a cause points at, on both sides, missing ones included."""

from collections.abc import Callable, Iterator, Mapping
from ipaddress import IPv4Address

from mainmode.base.address import ProxyPair
from mainmode.base.provenance import Statement
from mainmode.catalogue.facts import Whose
from mainmode.device.config.model import CryptoMapEntry, Policy
from mainmode.explain.diagnoses.advice import proxies
from mainmode.explain.diagnoses.case import Case
from mainmode.explain.finding import Place
from mainmode.explain.sides import ConfiguredSide

MOST_PLACES = 12


def sides_of(case: Case) -> dict[Whose, ConfiguredSide]:
    """The configurations that are there, each seen from the case."""
    found: dict[Whose, ConfiguredSide] = {}
    mine = min(case.negotiation.log, 1)
    pairs = tuple(ProxyPair(one.own, one.peer) for one in proxies(case) if one.own is not None and one.peer is not None)
    if case.own is not None:
        found[Whose.OWN] = ConfiguredSide(case.own, mine, _address(case.negotiation.peer), pairs)
    if case.theirs is not None:
        own = _address(case.partner.peer if case.partner is not None else case.negotiation.local)
        if own is None and Whose.OWN in found and not case.nat:
            own = found[Whose.OWN].address
        found[Whose.PEER] = ConfiguredSide(case.theirs, 1 - mine, own, tuple(pair.mirrored() for pair in pairs))
    return found


def _address(text: str) -> IPv4Address | None:
    try:
        return IPv4Address(text)
    except ValueError:
        return None


def places(code: str, whose: Whose | None, case: Case) -> tuple[Place, ...]:
    """The places of a cause; the side at fault first."""
    finder = _FINDERS.get(code)
    sides = sides_of(case)
    if finder is None or not sides:
        return ()
    order = (Whose.PEER, Whose.OWN) if whose is Whose.PEER else (Whose.OWN, Whose.PEER)
    found = [place for one in order if one in sides for place in finder(sides[one])]
    return tuple(dict.fromkeys(found))[:MOST_PLACES]


def keys(side: ConfiguredSide) -> Iterator[Place]:
    """The key for the peer, or what is missing for it."""
    peer = side.peer
    group = side.group()
    if group is not None and group.key is not None:
        yield side.place("the key for this peer", group.key.source)
    elif peer is not None and str(peer) not in side.configuration.tunnel_groups:
        yield side.absent("missing", f"tunnel-group {peer} type ipsec-l2l")
    elif peer is not None:
        yield side.absent("missing", f"tunnel-group {peer} ipsec-attributes / {side.spelled('ikev1 pre-shared-key')}")


def groups(side: ConfiguredSide) -> Iterator[Place]:
    """The tunnel-group that is missing, those that are named otherwise, and the entry's peer."""
    yield from keys(side)
    for group in side.configuration.tunnel_groups.values():
        if group.is_l2l and group.type is not None and side.peer is not None and group.name != str(side.peer):
            yield side.place("is for another address", group.source)
    yield from peers(side)


def policies(side: ConfiguredSide) -> Iterator[Place]:
    """The attributes of each phase 1 policy."""
    if not side.configuration.policies:
        yield side.absent("missing", side.spelled("crypto ikev1 policy"))
    for policy in side.configuration.policies[:3]:
        yield from _policy(side, policy)


def _policy(side: ConfiguredSide, policy: Policy) -> Iterator[Place]:
    for part in (policy.encryption, policy.hash, policy.group, policy.authentication):
        if isinstance(part.source, Statement):
            yield side.place(f"in policy {policy.priority}", part.source)


def transform_sets(side: ConfiguredSide) -> Iterator[Place]:
    """The transform sets of the entry."""
    entry = side.entry
    if entry is None or entry.transform_sets is None:
        yield side.absent("missing", side.spelled(f"{side.head} set ikev1 transform-set"))
        return
    yield side.place("the entry's transform sets", entry.transform_sets.source)
    for name in entry.transform_sets.value:
        one = side.configuration.transform_sets.get(name)
        if one is None:
            yield side.absent("does not exist", side.spelled(f"crypto ipsec ikev1 transform-set {name}"))
        else:
            yield side.place(f"{one.encryption.value} {one.authentication.value}, {one.mode.value} mode", one.source)


def dynamic(side: ConfiguredSide) -> Iterator[Place]:
    """Dynamic entries before static ones, then the transform sets."""
    entry = side.entry
    for one in side.entries:
        if (
            one.dynamic is not None
            and entry is not None
            and one.map_name == entry.map_name
            and one.sequence < entry.sequence
        ):
            yield side.place(f"a dynamic map that answers before entry {entry.sequence}", one.source)
    yield from transform_sets(side)


def pfs(side: ConfiguredSide) -> Iterator[Place]:
    """`set pfs` of the entry, or that it is not there."""
    entry = side.entry
    if entry is not None and entry.pfs is not None:
        yield side.place(f"group {entry.pfs.value}", entry.pfs.source)
    else:
        yield side.absent("no perfect forward secrecy", f"{side.head} set pfs")


def access_lists(side: ConfiguredSide) -> Iterator[Place]:
    """The line that comes nearest to the networks of the negotiation."""
    ace = side.nearest(side.entry)
    if ace is not None:
        yield side.place("the nearest line of this side", ace.source)
    elif side.entry is not None and side.entry.acl is not None:
        yield side.place("names no traffic", side.entry.acl.source)
    else:
        yield side.absent("missing", f"{side.head} match address")


def peers(side: ConfiguredSide) -> Iterator[Place]:
    """`set peer` of the entry, and this side's own address."""
    entry = side.entry
    if entry is not None and entry.peers is not None:
        yield side.place("the peer of this side", entry.peers.source)
    else:
        yield side.absent("missing", f"{side.head} set peer")
    interface = side.configuration.interface(side.interface)
    if interface is not None and interface.address is not None:
        yield side.place("the address it speaks from", interface.address.source)


def entries(side: ConfiguredSide) -> Iterator[Place]:
    """The entry, and what it lacks."""
    entry = side.entry
    if entry is None:
        yield side.absent("no entry for this peer", f"crypto map MAP SEQUENCE set peer {side.peer or 'PEER'}")
        return
    yield side.place("the entry for this peer", entry.source)
    yield from lacking(side)


def lacking(side: ConfiguredSide) -> Iterator[Place]:
    """What the entry lacks to be complete."""
    entry = side.entry
    if entry is not None and entry.dynamic is None:
        if entry.acl is None:
            yield side.absent("missing", f"{side.head} match address")
        elif entry.acl.value not in side.configuration.access_lists:
            yield side.place("there is no such access-list", entry.acl.source)
        if entry.peers is None:
            yield side.absent("missing", f"{side.head} set peer")
        if entry.transform_sets is None:
            yield side.absent("missing", side.spelled(f"{side.head} set ikev1 transform-set"))


def bindings(side: ConfiguredSide) -> Iterator[Place]:
    """The binding of the entry's map."""
    entry = side.entry
    crypto_map = side.configuration.crypto_maps.get(entry.map_name) if entry is not None else None
    if crypto_map is not None and crypto_map.interfaces:
        for bound in crypto_map.interfaces:
            yield side.place(f"bound to {bound.value}", bound.source)
    else:
        name = entry.map_name if entry is not None else "MAP"
        yield side.absent("missing", f"crypto map {name} interface {side.interface}")


def enabled(side: ConfiguredSide) -> Iterator[Place]:
    """Where IKE listens."""
    if not any(one.value == side.interface for one in side.configuration.enabled):
        yield side.absent("missing", side.spelled(f"crypto ikev1 enable {side.interface}"))
    for one in side.configuration.enabled:
        yield side.place("IKE listens here", one.source)


def translation(side: ConfiguredSide) -> Iterator[Place]:
    """The rules of address translation, in their order."""
    for rule in side.configuration.nat_rules[:4]:
        yield side.place("leaves addresses as they are" if rule.identity else "translates", rule.source)
    for one in side.configuration.objects.values():
        if one.nat is not None:
            yield side.place("translates", one.nat.source)


def connection_types(side: ConfiguredSide) -> Iterator[Place]:
    """`set connection-type` of the entry."""
    if side.entry is not None:
        yield side.place(side.entry.connection_type.value, side.entry.connection_type.source)


def keepalives(side: ConfiguredSide) -> Iterator[Place]:
    """Whether this side looks for a dead peer."""
    group = side.group()
    if group is not None:
        note = "asks whether its peer lives" if group.keepalive.value is not None else "keepalives are off"
        yield side.place(note, group.keepalive.source)


def lifetimes(side: ConfiguredSide) -> Iterator[Place]:
    """The lifetimes of both phases."""
    for policy in side.configuration.policies[:3]:
        yield side.place(f"policy {policy.priority}", policy.lifetime.source)
    entry = side.entry
    for part in (entry.lifetime_seconds, entry.lifetime_kilobytes) if entry is not None else ():
        if part is not None:
            yield side.place("phase 2", part.source)


def timeouts(side: ConfiguredSide) -> Iterator[Place]:
    """The timeouts of the group-policy."""
    group = side.group()
    if group is not None:
        policy = side.configuration.group_policy(group.group_policy.value)
        yield side.place("vpn-idle-timeout", policy.idle_timeout.source)
        yield side.place("vpn-session-timeout", policy.session_timeout.source)


def identities(side: ConfiguredSide) -> Iterator[Place]:
    """As what this side names itself."""
    yield side.place("how this side names itself", side.configuration.settings.identity.source)


def earlier(side: ConfiguredSide) -> Iterator[Place]:
    """Entries whose access list holds the networks of a later one with other peers, where the peer's entry is one."""
    mine = side.entry
    static = [one for one in side.entries if one.dynamic is None]
    for later in static:
        for one in static:
            between = one.map_name == later.map_name and one.sequence < later.sequence and mine in (one, later)
            apart = one.peers is None or later.peers is None or not set(one.peers.value) & set(later.peers.value)
            if between and apart:
                yield from _taking(side, one, later)


def _taking(side: ConfiguredSide, one: CryptoMapEntry, later: CryptoMapEntry) -> Iterator[Place]:
    """The line of an entry that holds all of a line of a later one."""
    networks = [pair for _, pair in side.lines(later)]
    for ace, pair in side.lines(one):
        if any(pair.local.covers(own.local) and pair.remote.covers(own.remote) for own in networks):
            yield side.place(f"entry {one.sequence} takes the traffic before entry {later.sequence}", ace.source)
            if one.peers is not None:
                yield side.place("its peer", one.peers.source)
            return


def nat_traversal(side: ConfiguredSide) -> Iterator[Place]:
    """Whether ESP may travel in UDP."""
    setting = side.configuration.settings.nat_traversal
    yield side.place("no NAT traversal" if setting.value is None else "NAT traversal", setting.source)


Finder = Callable[[ConfiguredSide], Iterator[Place]]


def _both(*finders: Finder) -> Finder:
    def find(side: ConfiguredSide) -> Iterator[Place]:
        for finder in finders:
            yield from finder(side)

    return find


_FINDERS: Mapping[str, Finder] = {
    "PSK_MISMATCH": keys,
    "PSK_MISSING": keys,
    "NO_TUNNEL_GROUP": groups,
    "PHASE1_MISMATCH": policies,
    "TRANSFORM_MISMATCH": dynamic,
    "DYNAMIC_FIRST": dynamic,
    "PFS_MISMATCH": pfs,
    "PROXY_MISMATCH": access_lists,
    "INNER_MISMATCH": access_lists,
    "IN_CLEAR": _both(access_lists, bindings),
    "PEER_ADDRESS_WRONG": _both(earlier, peers),
    "EARLIER_ENTRY": _both(earlier, peers),
    "NO_MATCHING_ENTRY": entries,
    "CRYPTO_MAP_NOT_BOUND": bindings,
    "IKE_NOT_ENABLED": enabled,
    "NO_ANSWER": peers,
    "ANSWERS_LOST": peers,
    "UDP_BLOCKED": peers,
    "UDP_4500_BLOCKED": nat_traversal,
    "ESP_BLOCKED": _both(nat_traversal, translation),
    "NO_NAT_EXEMPTION": translation,
    "CONNECTION_TYPE": connection_types,
    "STALE_SA": keepalives,
    "LOST_PEER": keepalives,
    "LIFETIME": lifetimes,
    "LIFETIME_ENDED": lifetimes,
    "REKEY_COLLISION": lifetimes,
    "IDLE": timeouts,
    "SESSION_TIME": timeouts,
    "IDENTITY_MISMATCH": identities,
    "WEAK": policies,
}
