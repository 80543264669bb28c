"""How tunnels and sessions end: idle, out of time, by the administrator, by the peer, by a reload; each says why."""

import re
from dataclasses import replace

import pytest
from long_life import Wire, World
from pair import A, B, policy, settings
from test_ike_renewal import said, step, talking, world_of

from mainmode.base.address import Proxy, ProxyPair
from mainmode.ike.effects import Cause, InstallSa, RemoveSa, Send
from mainmode.ike.endings import Ending
from mainmode.ike.settings import IkeSettings

ENDED = "Connection terminated for peer {}.  Reason: {}  Remote Proxy {}, Local Proxy {}"


def grouped(own: IkeSettings, **changes: object) -> IkeSettings:
    """Settings whose tunnel-group says this."""
    return replace(own, groups={name: replace(group, **changes) for name, group in own.groups.items()})


def both(**changes: object) -> dict[str, IkeSettings]:
    return {"a": grouped(settings(A), **changes), "b": grouped(settings(B), **changes)}


def two_nets(own: IkeSettings) -> IkeSettings:
    """A second ACE in the entry's list."""
    (entry,) = own.entries
    (ace,) = entry.acl or ()
    nets = (f"10.1.{proxy.first.packed[2]}.0/24" for proxy in (ace.proxies.local, ace.proxies.remote))
    second = ProxyPair(*(Proxy.of(net, 1) for net in nets))
    acl = (ace, replace(ace, proxies=second, spelled=lambda: "access-list VPN second"))
    return replace(own, entries=(replace(entry, acl=acl),))


def up(world: World) -> World:
    talking(world, 5)
    world.run(10)
    return world


def gone(world: World) -> None:
    for end in world.ends.values():
        assert end.states() == []
        assert not end.sad.states()
        assert end.engine.deadline() is None
    world.check()


def test_an_idle_tunnel_is_taken_down_after_the_idle_timeout_with_the_devices_words() -> None:
    world = up(world_of(both(idle_timeout=120, keepalive=None)))
    world.run(105)
    a, b = world.ends.values()
    assert a.states() == ["MM_ACTIVE"]
    world.run(30)
    gone(world)
    assert any(end.reason.failure.cause is Cause.IDLE for end in (a, b))
    told, hearer = (
        (a, b) if said(a, "Connection terminated for peer 10.0.0.2.  Reason: IPSec SA Idle Timeout") else (b, a)
    )
    assert said(told, "Session is being torn down. Reason: Idle Timeout")
    assert any("Reason: Peer Terminate" in line or "Idle Timeout" in line for line in hearer.lines())
    (line,) = [line for line in a.lines() if line.startswith("Session disconnected.")]
    found = re.fullmatch(
        r"Session disconnected. Session Type: LAN-to-LAN, Duration: 0h:02m:\d\ds, Bytes xmt: (\d+), Bytes rcv: (\d+), "
        r"Reason: (Idle Timeout|User Requested)",
        line,
    )
    assert found
    assert (int(found[1]), int(found[2])) == (10 * 60, 10 * 60)


def test_traffic_in_one_direction_keeps_a_tunnel_from_idling_out() -> None:
    world = up(world_of(both(idle_timeout=120)))
    world.talk("b", 50, 600)
    world.run(600)
    assert world.ends["a"].states() == ["MM_ACTIVE"]
    assert not world.ends["a"].kinds(RemoveSa)


def test_idle_time_goes_on_over_a_renewal() -> None:
    ends = {
        name: replace(one, entries=(replace(one.entries[0], lifetime_seconds=120),))
        for name, one in both(idle_timeout=200).items()
    }
    world = up(world_of(ends))
    world.run(185)
    assert len(world.ends["a"].kinds(InstallSa)) == 2
    world.run(20)
    gone(world)


def test_a_tunnel_that_idles_out_just_after_its_renewal_ends_with_all_its_pairs() -> None:
    """The old pair, still there for its overlap, would else be renewed, idle at once, and so on to its own end."""
    ends = {
        "a": grouped(settings(A, entry_lifetime_seconds=600), idle_timeout=510, keepalive=None),
        "b": grouped(settings(B, entry_lifetime_seconds=600), idle_timeout=None, keepalive=None),
    }
    world = up(world_of(ends))
    world.run(700)
    gone(world)
    assert [len(end.kinds(InstallSa)) for end in world.ends.values()] == [2, 2]


def test_without_an_idle_timeout_a_tunnel_stands_to_the_end_of_its_lifetime() -> None:
    world = up(world_of(both(idle_timeout=None, keepalive=None)))
    world.run(28700)
    assert world.ends["a"].states() == ["MM_ACTIVE"]


def test_a_session_that_lasted_as_long_as_it_may_ends_in_the_middle_of_its_traffic() -> None:
    world = world_of(both(session_timeout=300))
    talking(world, 600, every=2)
    world.run(285)
    a, b = world.ends.values()
    assert a.states() == b.states() == ["MM_ACTIVE"]
    world.run(20)
    assert said(a, ENDED.format("10.0.0.2", "IPSec SA Max Time Exceeded", "192.168.2.0", "192.168.1.0")) or said(
        b, ENDED.format("10.0.0.1", "IPSec SA Max Time Exceeded", "192.168.1.0", "192.168.2.0")
    )
    assert any(said(end, "Session is being torn down. Reason: Max Time Exceeded") for end in (a, b))
    assert a.engine.session_counts().cumulative == 2


@pytest.mark.parametrize(
    ("door", "reason"),
    [
        (lambda engine, now: engine.clear(None, now), "Administrator Reset"),
        (lambda engine, now: engine.clear(B, now), "Administrator Reset"),
        (lambda engine, now: engine.clear_children(B, now), "Administrator Reset"),
        (lambda engine, now: engine.log_off(B, Ending.RESET, now), "Administrator Reset"),
        (lambda engine, now: engine.log_off(None, Ending.MAX_TIME, now), "IPSec SA Max Time Exceeded"),
    ],
)
def test_the_administrator_takes_a_tunnel_down_and_both_say_why(door, reason: str) -> None:
    world = up(world_of(both()))
    a, b = world.ends.values()
    world.note(a, door(a.engine, world.now))
    world.run(1)
    gone(world)
    assert said(a, ENDED.format("10.0.0.2", reason, "192.168.2.0", "192.168.1.0"))
    assert said(b, ENDED.format("10.0.0.1", "Peer Terminate", "192.168.1.0", "192.168.2.0"))
    assert said(b, "Session is being torn down. Reason: User Requested")


def test_what_concerns_another_peer_is_not_touched() -> None:
    world = up(world_of(both()))
    a = world.ends["a"]
    for door in (a.engine.clear, a.engine.clear_children):
        assert door(A, world.now) == []
    assert a.states() == ["MM_ACTIVE"]


def test_a_half_open_negotiation_is_cleared_too() -> None:
    world = world_of(both(), Wire(blocked=step("MM2")))
    world.packet("a")
    world.run(1)
    for end in world.ends.values():
        world.note(end, end.engine.clear(None, world.now))
    gone(world)


@pytest.mark.parametrize("notify", [False, True])
def test_a_reload_tells_the_peers_only_where_disconnect_notify_asks_for_it(notify: bool) -> None:
    world = up(world_of({name: replace(one, disconnect_notify=notify) for name, one in both().items()}))
    a, b = world.ends.values()
    world.note(a, a.engine.log_off(None, Ending.REBOOT, world.now))
    world.run(1)
    assert a.states() == []
    assert (b.states() == []) is notify
    assert said(a, ENDED.format("10.0.0.2", "Administrator Reboot", "192.168.2.0", "192.168.1.0"))
    assert said(a, "Sending IKE Delete With Reason message: Administrator Reboot") is notify
    assert said(a, "Sending IPSec Delete With Reason message: Administrator Reboot") is notify


def test_one_of_two_tunnels_may_go_and_the_session_stays_until_the_last_one_is_gone() -> None:
    ends = {name: two_nets(one) for name, one in both().items()}
    world = up(world_of(ends))
    world.packet("a", place=1)
    world.run(5)
    world.packet("b", place=1)
    world.run(5)
    a, b = world.ends.values()
    assert len(a.kinds(InstallSa)) == len(b.kinds(InstallSa)) == 2
    assert len(a.sad.states()) == len(b.sad.states()) == 2
    assert b.lost_for_want_of_a_tunnel == 0
    first, second = a.sad.states()
    world.note(a, a.engine.outlived(first.pair.inbound_spi, world.now))
    world.run(1)
    assert [state.pair for state in a.sad.states()] == [second.pair]
    assert a.states() == b.states() == ["MM_ACTIVE"]
    world.note(b, b.engine.outlived(second.pair.outbound_spi, world.now))
    world.run(1)
    gone(world)


def test_several_crypto_map_entries_with_one_peer_share_its_session() -> None:
    ends = {}
    for name, one in both().items():
        (entry,) = two_nets(one).entries
        first, second = entry.acl or ()
        entries = (replace(entry, acl=(first,)), replace(entry, sequence=20, acl_name="SECOND", acl=(second,)))
        ends[name] = replace(one, entries=entries)
    world = up(world_of(ends))
    world.packet("a", entry=1)
    world.run(5)
    world.packet("a", entry=1)
    world.run(5)
    a, b = world.ends.values()
    assert [state.pair.map_sequence for state in b.sad.states()] == [10, 20]
    assert len(a.engine.sas()) == 1
    (session,) = b.engine.sessions()
    assert [child.pair.map_sequence for child in session.children] == [10, 20]
    assert b.received == 10 + 1
    world.note(a, a.engine.clear(None, world.now))
    world.run(1)
    gone(world)


def test_a_delete_that_is_lost_leaves_nothing_that_the_next_packet_does_not_find_out() -> None:
    world = up(world_of(both(keepalive=None)))
    a, b = world.ends.values()
    world.wire.blocked = lambda side, what: isinstance(what, Send)
    world.note(a, a.engine.clear(None, world.now))
    world.run(1)
    world.wire.blocked = lambda side, what: False
    assert b.states() == ["MM_ACTIVE"]
    world.packet("a")
    world.run(5)
    world.packet("a")
    world.packet("b")
    world.run(5)
    assert a.states() == b.states() == ["MM_ACTIVE"]
    assert world.same_keys()
    assert len(b.sad.states()) == 1
    world.check()


def test_the_session_view_tells_what_stands_with_the_peer() -> None:
    world = up(world_of({name: replace(one, policies=(policy(lifetime=3600),)) for name, one in both().items()}))
    a = world.ends["a"]
    (session,) = a.engine.sessions()
    (sa,) = a.engine.sas()
    assert (session.index, session.peer, session.group_name, session.policy_name) == (1, B, "10.0.0.2", "DfltGrpPolicy")
    assert session.ike == (sa,)
    assert (sa.session, sa.rekey, sa.dpd, sa.nat_traversal, sa.lifetime) == (1, False, True, False, 3600)
    assert sa.dh_group is not None
    (child,) = session.children
    assert child.pair is a.sad.states()[0].pair
    assert child.expires == child.installed + 28800 * 1_000_000
    assert child.idle_at is not None
    assert session.login <= child.installed
    counts = a.engine.session_counts()
    assert (counts.active, counts.cumulative, counts.peak) == (1, 1, 1)
