"""A peer that starts afresh, a configuration that changes: what is stale goes, what fits stays."""

from dataclasses import replace

import pytest
from long_life import World
from pair import A, B, settings, transform
from test_ike_endings import both, gone, two_nets, up
from test_ike_renewal import said, world_of

from mainmode.base.provenance import Statement
from mainmode.base.secret import Secret
from mainmode.ike.effects import InstallSa, Phase1Up, RemoveSa
from mainmode.ike.settings import IkeSettings


def recovered(world: World) -> None:
    a, b = world.ends.values()
    assert a.states() == b.states() == ["MM_ACTIVE"]
    assert len(a.sad.states()) == len(b.sad.states()) == 1
    assert world.same_keys()
    world.check()


def test_the_initial_contact_of_a_restarted_peer_ends_the_old_session() -> None:
    world = up(world_of(both()))
    world.restart("a")
    world.packet("a")
    world.run(5)
    recovered(world)
    b = world.ends["b"]
    assert said(b, "Connection terminated for peer 10.0.0.1.  Reason: Peer Terminate")
    assert said(b, "Session disconnected. Session Type: LAN-to-LAN, Duration: 0h:00m:")
    assert b.engine.session_counts().cumulative == 2
    assert [view.index for view in b.engine.sessions()] == [2]


def test_a_responder_that_restarted_is_found_out_by_dead_peer_detection_and_traffic_brings_the_tunnel_back() -> None:
    world = up(world_of(both()))
    world.restart("b")
    world.talk("a", 1, 60)
    world.run(61)
    recovered(world)
    a, b = world.ends.values()
    assert said(a, "IKE lost contact with remote peer, deleting connection (keepalive type: DPD)")
    assert said(a, "Session is being torn down. Reason: Lost Service")
    assert said(b, "Received encrypted packet with no matching SA, dropping")
    assert b.received > 30


def test_without_keepalives_a_restarted_responder_is_found_out_when_a_renewal_gets_no_answer() -> None:
    ends = {
        n: replace(one, entries=(replace(one.entries[0], lifetime_seconds=300),))
        for n, one in both(keepalive=None).items()
    }
    world = up(world_of(ends))
    world.restart("b")
    world.talk("a", 5, 600)
    world.run(600)
    recovered(world)
    assert said(world.ends["a"], "Session is being torn down. Reason: Lost Service")
    assert world.ends["b"].received > 40


def test_a_restarted_peer_that_sends_first_is_served_at_once() -> None:
    world = up(world_of(both()))
    world.restart("b")
    world.packet("b")
    world.run(5)
    world.packet("a")
    world.packet("b")
    world.run(5)
    recovered(world)
    assert world.ends["b"].received == 1


def test_esp_under_an_spi_that_the_peer_does_not_know_ends_that_pair_and_the_next_packet_asks_anew() -> None:
    world = up(world_of(both()))
    a, b = world.ends.values()
    (state,) = b.sad.states()
    child = b.engine._sessions.children[state.pair.inbound_spi]
    b.engine._sessions.remove(child)
    b.sad.remove(child.spi)
    world.packet("a")
    world.run(2)
    assert said(a, "Received Invalid SPI notify")
    assert not a.sad.states()
    world.packet("a")
    world.run(5)
    recovered(world)


def test_both_restart_and_both_begin() -> None:
    world = up(world_of(both()))
    world.restart("a")
    world.restart("b")
    world.packet("a")
    world.packet("b")
    world.run(60)
    recovered(world)


# --- another configuration -----------------------------------------------------------------------------------------


def changed(world: World, own: IkeSettings) -> None:
    a = world.ends["a"]
    world.note(a, a.engine.reconfigure(own, world.now))
    world.run(2)
    world.check()


def test_what_still_fits_stays_and_the_new_words_count_from_the_next_negotiation_on() -> None:
    world = up(world_of(both()))
    own = world.ends["a"].engine.settings
    strong = transform(key_bits=256)
    (entry,) = own.entries
    for name, now in (("a", own), ("b", world.ends["b"].engine.settings)):
        (entry,) = now.entries
        fresh = replace(now, entries=(replace(entry, transform_sets=(strong,), lifetime_seconds=1200),))
        world.note(world.ends[name], world.ends[name].engine.reconfigure(fresh, world.now))
    a = world.ends["a"]
    assert a.states() == ["MM_ACTIVE"]
    assert not a.kinds(RemoveSa)
    (child,) = a.engine._sessions.children.values()
    world.note(a, a.engine.renew(child.spi, world.now))
    world.run(60)
    (state,) = a.sad.states()
    assert (state.pair.suite.key_bits, state.pair.lifetime_seconds) == (256, 1200)
    assert len(a.kinds(Phase1Up)) == 1


@pytest.mark.parametrize("what", ["disabled", "address", "no entry", "other peer", "no ACE", "no group", "no key"])
def test_what_does_not_fit_any_more_is_taken_down_and_the_peer_is_told(what: str) -> None:
    world = up(world_of(both()))
    own = world.ends["a"].engine.settings
    (entry,) = own.entries
    (group,) = own.groups.values()
    changed(
        world,
        {
            "disabled": replace(own, enabled={}),
            "address": replace(own, addresses={"outside": B}),
            "no entry": replace(own, entries=()),
            "other peer": replace(own, entries=(replace(entry, peers=(A,)),)),
            "no ACE": replace(own, entries=(replace(entry, acl=()),)),
            "no group": replace(own, groups={}),
            "no key": replace(own, groups={group.name: replace(group, key=None)}),
        }[what],
    )
    gone(world)
    assert said(world.ends["a"], "Connection terminated for peer 10.0.0.2.  Reason: Administrator Reset")
    assert said(world.ends["b"], "Connection terminated for peer 10.0.0.1.  Reason: Peer Terminate")


def test_a_changed_key_counts_from_the_next_phase_1_on() -> None:
    world = up(world_of(both()))
    a, own = world.ends["a"], world.ends["a"].engine.settings
    (group,) = own.groups.values()
    changed(world, replace(own, groups={group.name: replace(group, key=Secret(b"another"))}))
    assert a.states() == ["MM_ACTIVE"]
    assert not a.kinds(RemoveSa)
    world.note(a, a.engine.clear(None, world.now))
    world.packet("a")
    world.run(70)
    assert len(a.kinds(Phase1Up)) == 1
    assert a.sad.states() == ()


def test_an_entry_that_goes_takes_its_own_tunnel_only() -> None:
    world = up(world_of({name: two_nets(one) for name, one in both().items()}))
    world.packet("a", place=1)
    world.run(3)
    a, b = world.ends.values()
    assert len(a.sad.states()) == 2
    own = a.engine.settings
    (entry,) = own.entries
    changed(world, replace(own, entries=(replace(entry, acl=(entry.acl or ())[1:]),)))
    assert len(a.sad.states()) == len(b.sad.states()) == 1
    assert a.states() == ["MM_ACTIVE"]


def test_a_negotiation_under_way_ends_where_its_interface_is_shut() -> None:
    world = world_of({"a": settings(A), "b": settings(B)})
    world.wire.blocked = lambda side, what: True
    world.packet("a")
    own = world.ends["a"].engine.settings
    changed(world, replace(own, enabled={"inside": Statement("a.cfg", 1, "")}))
    assert world.ends["a"].engine.sas() == ()


def test_a_pair_whose_entry_is_gone_is_not_renewed() -> None:
    world = up(world_of(both()))
    a = world.ends["a"]
    (child,) = a.engine._sessions.children.values()
    a.engine.settings = replace(a.engine.settings, entries=())
    world.note(a, a.engine.renew(child.spi, world.now))
    world.run(5)
    assert len(a.kinds(InstallSa)) == 1
