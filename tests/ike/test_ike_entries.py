"""The indexes of crypto map entries and policies find what a look at all of them finds."""

from dataclasses import replace
from ipaddress import IPv4Address

from hypothesis import given
from hypothesis import strategies as st
from pair import A, B, line, policy, settings

from mainmode.base.address import Proxy, ProxyPair
from mainmode.base.codes import Encryption1, Group, Hash1, Phase1Attribute
from mainmode.ike.entries import MapEntries
from mainmode.ike.negotiation import PolicyChosen, choose_policy, compare_policy
from mainmode.ike.proposals import phase1_offer
from mainmode.ike.proxies import EntryChecked, check_entries
from mainmode.ike.settings import AclEntry, ConnectionType, MapEntry
from mainmode.wire.payloads import Attribute, Proposal, SecurityAssociation, Transform

PEERS = [IPv4Address(f"203.0.113.{last}") for last in (1, 2, 3)]
NETS = [Proxy.of(net) for net in ("10.0.0.0/8", "10.1.1.0/24", "172.16.0.0/12")]

proxies = st.builds(ProxyPair, st.sampled_from(NETS), st.just(NETS[0]))
aces = st.builds(
    lambda permit, pair: AclEntry(permit, pair, str, line("a.cfg", 1, "access-list")), st.booleans(), proxies
)
SOUND = settings(A).entries[0].transform_sets


@st.composite
def entry(draw: st.DrawFn) -> MapEntry:
    """An entry of any kind, complete or not."""
    dynamic = draw(st.integers(0, 3)) == 0
    return MapEntry(
        "MAP",
        draw(st.integers(1, 9)),
        "outside",
        draw(st.sampled_from(["VPN", "VPN", None])),
        draw(st.one_of(st.none(), st.lists(aces, max_size=4).map(tuple))),
        tuple(draw(st.lists(st.sampled_from(PEERS), max_size=2))),
        draw(st.sampled_from([SOUND, SOUND, ()])),
        None,
        28800,
        None,
        draw(st.sampled_from([ConnectionType.BIDIRECTIONAL, ConnectionType.ORIGINATE_ONLY])),
        dynamic=dynamic,
    )


def mirrored(one: MapEntry, wanted: ProxyPair) -> AclEntry | None:
    """The rule, line by line."""
    for ace in one.acl or ():
        if ace.proxies == wanted or ((one.dynamic or not ace.permit) and ace.proxies.covers(wanted)):
            return ace if ace.permit else None
    return None


def matched(checks: list[EntryChecked]) -> EntryChecked | None:
    """The match that a check ended with."""
    return checks[-1] if checks and checks[-1].verdict == "match" else None


@given(st.lists(entry(), max_size=8), st.sampled_from(PEERS), proxies, st.booleans())
def test_the_indexes_of_entries_find_what_a_look_at_all_of_them_finds(
    entries: list[MapEntry], peer: IPv4Address, wanted: ProxyPair, standing: bool
) -> None:
    known = MapEntries(tuple(entries))
    exact = known.exact(wanted)
    for place, one in enumerate(entries):
        assert known.mirror(place, wanted, exact) is mirrored(one, wanted)
    assert list(known.of(peer)) == [one for one in entries if peer in one.peers]
    assert list(known.named("MAP", 3)) == [one for one in entries if one.sequence == 3]
    every = list(check_entries(known, peer, wanted, standing))
    some = list(check_entries(known, peer, wanted, standing, every=False))
    assert matched(some) == matched(every)
    told = iter([(id(check.entry), check.verdict) for check in every])
    assert all((id(check.entry), check.verdict) in told for check in some)


def test_a_line_that_denies_the_proxies_before_they_are_permitted_keeps_them_out() -> None:
    sample = settings(A).entries[0]
    permit = sample.acl[0]  # type: ignore[index]
    deny = replace(permit, permit=False, proxies=ProxyPair(Proxy.of("0.0.0.0/0"), Proxy.of("0.0.0.0/0")))
    for acl, found in (
        ((permit, deny), permit),
        ((deny, permit), None),
        ((replace(permit, permit=False), permit), None),
    ):
        known = MapEntries((replace(sample, acl=acl),))
        assert known.mirror(0, permit.proxies, known.exact(permit.proxies)) is found


def test_only_few_entries_are_looked_at_for_a_match() -> None:
    sample = settings(A).entries[0]
    ace = sample.acl[0]  # type: ignore[index]
    many = tuple(
        replace(
            sample,
            sequence=number,
            peers=(IPv4Address(number),),
            acl=(replace(ace, proxies=ProxyPair(ace.proxies.local, Proxy.of(IPv4Address(number)))),),
        )
        for number in range(1, 1001)
    )
    wanted = many[700].acl[0].proxies  # type: ignore[index]
    assert list(check_entries(MapEntries(many), IPv4Address(701), wanted, every=False)) == [
        EntryChecked(many[700], "match", many[700].acl[0])  # type: ignore[index]
    ]


def test_settings_know_their_entries_by_interface_and_peer_and_their_interfaces_by_address() -> None:
    own = settings(A, addresses={"outside": A, "dmz": IPv4Address("192.0.2.9"), "other": A})
    assert own.entries_on("outside") == own.entries
    assert own.entries_on("inside") == ()
    assert own.naming(B) == own.entries
    assert own.naming(A) == ()
    assert own.interface_at(A) == "outside"
    assert own.interface_at(B) is None


numbers = st.sampled_from([Phase1Attribute.GROUP, Phase1Attribute.ENCRYPTION, Phase1Attribute.KEY_LENGTH])
further = st.lists(
    st.tuples(st.one_of(numbers, st.integers(1, 16)), st.sampled_from([0, 1, 2, 5, 7, 14, 128, 256])), max_size=3
)
configured = st.lists(
    st.builds(
        lambda group, hash_, cipher: policy(group=group, hash=hash_, encryption=cipher[0], key_bits=cipher[1]),
        st.sampled_from([Group.MODP_1024, Group.MODP_2048]),
        st.sampled_from([Hash1.MD5, Hash1.SHA1]),
        st.sampled_from(
            [(Encryption1.DES_CBC, 0), (Encryption1.AES_CBC, 128), (Encryption1.AES_CBC, 256)],
        ),
    ),
    min_size=1,
    max_size=4,
)


@given(configured, configured, further)
def test_a_policy_is_chosen_exactly_where_nothing_of_it_differs(
    offered: list[object], ours: list[object], changes: list[tuple[int, int]]
) -> None:
    first = phase1_offer(tuple(offered)).proposals[0].transforms  # type: ignore[arg-type]
    extra = tuple(Attribute.basic_of(kind, number) for kind, number in changes)
    changed = tuple(Transform(one.number, one.identifier, (*extra, *one.attributes)) for one in first)
    offer = SecurityAssociation((Proposal(1, 1, b"", changed),))  # type: ignore[arg-type]
    fitting = [
        (transform, place, one)
        for transform in changed
        for place, one in enumerate(ours, 1)
        if not list(compare_policy(transform, one))  # type: ignore[arg-type]
    ]
    found = choose_policy(offer, tuple(ours))  # type: ignore[arg-type]
    if fitting:
        assert isinstance(found, PolicyChosen)
        assert (found.transform, found.entry, found.policy) == fitting[0]
    else:
        assert not isinstance(found, PolicyChosen)
