"""What keeps traffic from its tunnel before a negotiation begins or while it runs, in the device's words."""

from dataclasses import replace

from pair import A, B, Pair, pair, settings
from test_ike_negotiations import up

from mainmode.base.address import Proxy, ProxyPair
from mainmode.ike.acquire import Acquire
from mainmode.ike.effects import AcquireFailed, Cause, Phase1Down
from mainmode.ike.settings import AclEntry, IkeSettings, MapEntry
from mainmode.ike.timing import MAX_PENDING_ACQUIRES


def ask(world: Pair, entry: MapEntry, ace: AclEntry | None = None) -> None:
    ace = ace or (entry.acl or ())[0]
    local, remote = ace.proxies.local.first + 2, ace.proxies.remote.first + 2
    world.note("a", world.a.acquire(Acquire(entry, ace, "inside", local, remote, 1), world.now))


def causes(world: Pair) -> list[Cause]:
    return [effect.failure.cause for effect in world.effects("a", AcquireFailed) if isinstance(effect, AcquireFailed)]


def with_entry(**changes: object) -> IkeSettings:
    whole = settings(A, tunnel_manager=True)
    return replace(whole, entries=(replace(whole.entries[0], **changes),))  # type: ignore[arg-type]


def test_an_entry_without_peer_or_with_ourselves_as_peer_is_told_apart_from_one_that_lacks_more() -> None:
    misconfigured = (
        "Tunnel Manager failed to dispatch a KEY_ACQUIRE message.  "
        "Probable mis-configuration of the crypto map or tunnel-group."
    )
    no_policy = "IKE Initiator unable to find policy: Intf inside, Src: 192.168.1.2, Dst: 192.168.2.2"
    for changes, said in (
        ({"peers": ()}, "IKE Peer address not configured for destination 192.168.2.2"),
        ({"peers": (A,)}, "IKE Peer address same as our interface address 10.0.0.1"),
        ({"transform_sets": ()}, no_policy),
    ):
        world = pair(with_entry(**changes))
        ask(world, world.a.settings.entries[0])
        assert world.lines("a") == [said, misconfigured]
        assert causes(world) == [Cause.NO_MATCHING_ENTRY]
        assert not world.sends()


def test_the_tunnel_manager_says_what_it_already_has_and_what_it_has_no_room_for() -> None:
    world = pair(with_entry())
    world.filter = lambda side, send: None
    (entry,) = world.a.settings.entries
    ask(world, entry)
    said = world.lines("a")
    at = said.index("IKEv2 Doesn't have a proposal specified")
    assert said[at + 1] == "Pitcher: received a key acquire message, spi 0x0"
    ask(world, entry)
    already = "Tunnel Manager failed to dispatch a KEY_ACQUIRE message.  Entry already in Tunnel Manager."
    assert world.lines("a")[-1] == already
    ace = (entry.acl or ())[0]
    for number in range(1, MAX_PENDING_ACQUIRES + 1):
        proxies = ProxyPair(ace.proxies.local, Proxy.of(f"192.168.{100 + number}.0/24", 1))
        ask(world, entry, replace(ace, proxies=proxies))
    assert world.lines("a")[-1] == "Tunnel Manager failed to dispatch a KEY_ACQUIRE message.  Memory may be low."
    assert len(world.a._table.all()[0].pending) == MAX_PENDING_ACQUIRES


def test_a_peer_that_is_reached_by_another_interface_gets_a_new_phase_1() -> None:
    whole = settings(A)
    whole = replace(
        whole,
        addresses={**whole.addresses, "backup": A + 100},
        enabled={**whole.enabled, "backup": whole.enabled["outside"]},
    )
    world = pair(whole)
    world.trigger("a")
    assert up(world)
    ask(world, replace(whole.entries[0], interface="backup"))
    assert (
        "Attempting to establish a phase2 tunnel on backup interface but phase1 tunnel is on outside interface. "
        "Tearing down old phase1 tunnel due to a potential routing change." in world.lines("a")
    )
    (down, *_) = world.effects("a", Phase1Down)
    assert isinstance(down, Phase1Down)
    assert down.failure.cause is Cause.REROUTED
    assert [sa.path.local.address for sa in world.a._table.all()] == [A + 100]


def test_a_group_policy_without_ikev1_refuses_the_tunnel() -> None:
    whole = settings(B)
    groups = {name: replace(group, protocols=frozenset({"ikev2"})) for name, group in whole.groups.items()}
    world = pair(second=replace(whole, groups=groups))
    world.trigger("a")
    assert "Tunnel Rejected: Conflicting protocols specified by tunnel-group and group-policy" in world.lines("b")
    (down,) = world.effects("b", Phase1Down)
    assert isinstance(down, Phase1Down)
    assert down.failure.cause is Cause.PROTOCOL_NOT_ALLOWED


def test_a_tunnel_for_the_gateways_own_addresses_is_remarked() -> None:
    own = ProxyPair(Proxy.of("10.0.0.1"), Proxy.of("10.0.0.2"))
    whole = settings(A)
    (entry,) = whole.entries
    ace = replace((entry.acl or ())[0], proxies=own)
    world = pair(replace(whole, entries=(replace(entry, acl=(ace,)),)))
    world.trigger("a")
    assert any(text.startswith("Remote L2L Peer 10.0.0.1 initiated a tunnel") for text in world.lines("b"))


def test_the_route_of_a_dynamic_peer_is_told_once_and_again_when_its_tunnel_ends() -> None:
    theirs = settings(B)
    (static,) = theirs.entries
    dynamic = replace(static, peers=(), dynamic=True, acl=None, acl_name=None, reverse_route=True)
    world = pair(second=replace(theirs, entries=(dynamic,)))
    world.trigger("a")
    assert up(world)
    told = "address: 192.168.1.0, mask: 255.255.255.0"
    assert world.lines("b").count(f"Adding static route for L2L peer coming in on a dynamic map. {told}") == 1
    world.note("a", world.a.clear(None, world.now))
    assert world.lines("b").count(f"Deleting static route for L2L peer that came in on a dynamic map. {told}") == 1
