"""Peer lists: who is asked, who is asked next, and that an SA with any peer of the list carries the traffic."""

from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from long_life import Wire, World
from pair import A, B, settings
from test_ike_renewal import said, world_of

from mainmode.ike.effects import AcquireFailed, Cause, InstallSa, Phase1Down, Send
from mainmode.ike.settings import ConnectionType, IkeSettings

C = IPv4Address("10.0.0.3")


def listed(*peers: IPv4Address, **changes: object) -> dict[str, IkeSettings]:
    """Side a has these peers in its entry's list; b and c both have what a wants."""
    first = settings(A, **changes)
    groups = {str(peer): replace(next(iter(first.groups.values())), name=str(peer)) for peer in peers}
    (entry,) = first.entries
    first = replace(first, entries=(replace(entry, peers=peers),), groups=groups)
    return {"a": first, "b": settings(B), "c": replace(settings(B), addresses={"outside": C}, file="c.cfg")}


def cut(*names: str) -> Wire:
    """Nothing goes to or comes from these."""
    addresses = {"b": B, "c": C}
    return Wire(
        blocked=lambda side, what: (
            side in names
            or (isinstance(what, Send) and what.path.remote.address in {addresses[name] for name in names})
        )
    )


def peers_of(world: World) -> list[str]:
    return [effect.pair.peer for effect in world.ends["a"].kinds(InstallSa)]


def test_the_first_peer_that_answers_serves() -> None:
    world = world_of(listed(B, C))
    world.packet("a")
    world.run(5)
    assert peers_of(world) == [str(B)]


def test_a_peer_that_does_not_answer_hands_over_to_the_next() -> None:
    world = world_of(listed(B, C), cut("b"))
    world.packet("a")
    world.run(64)
    assert peers_of(world) == []
    world.run(6)
    assert peers_of(world) == [str(C)]
    a = world.ends["a"]
    assert [said(a, f"IKE Initiator: New Phase 1, Intf inside, IKE Peer {peer}") for peer in (B, C)] == [True, True]
    world.packet("a")
    world.run(1)
    assert world.ends["c"].received == 1
    world.check()


def test_after_the_last_peer_the_acquire_is_given_up_and_the_next_one_begins_with_the_first() -> None:
    world = world_of(listed(B, C), cut("b", "c"))
    world.packet("a")
    world.run(200)
    a = world.ends["a"]
    down = [str(effect.path.remote.address) for effect in a.kinds(Phase1Down)]
    assert down == [str(B), str(C)]
    assert a.engine.sas() == ()
    world.wire.blocked = lambda side, what: False
    world.packet("a")
    world.run(5)
    assert peers_of(world) == [str(B)]
    world.check()


def test_a_peer_that_is_declared_dead_hands_over_to_the_next_and_that_one_stays() -> None:
    world = world_of(listed(B, C))
    world.packet("a")
    world.run(5)
    world.wire = cut("b")
    world.talk("a", 2, 60)
    world.run(60)
    assert peers_of(world) == [str(B), str(C)]
    world.wire = Wire()
    world.note(world.ends["a"], world.ends["a"].engine.clear(None, world.now))
    world.packet("a")
    world.run(5)
    assert peers_of(world) == [str(B), str(C), str(C)]


def test_the_list_wraps_around() -> None:
    world = world_of(listed(B, C), cut("b"))
    world.packet("a")
    world.run(80)
    world.wire = cut("c")
    world.talk("a", 2, 120)
    world.run(130)
    assert peers_of(world) == [str(C), str(B)]


def test_a_tunnel_that_any_peer_of_the_list_began_carries_the_traffic() -> None:
    world = world_of(listed(B, C))
    world.packet("c")
    world.run(5)
    world.packet("a")
    world.run(5)
    a, c = world.ends["a"], world.ends["c"]
    assert (a.lost_for_want_of_a_tunnel, c.received) == (0, 1)


def test_several_packets_wait_for_the_same_peer_and_move_on_together() -> None:
    world = world_of(listed(B, C), cut("b"))
    for _ in range(3):
        world.packet("a")
        world.run(2)
    assert len(world.ends["a"].engine.sas()) == 1
    world.run(70)
    assert peers_of(world) == [str(C)]


def test_an_answer_only_entry_begins_nothing_but_renews_phase_2() -> None:
    ends = {"a": settings(A, entry_connection_type=ConnectionType.ANSWER_ONLY), "b": settings(B)}
    world = world_of(ends)
    world.packet("a")
    (refused,) = world.ends["a"].kinds(AcquireFailed)
    assert refused.failure.cause is Cause.CONNECTION_TYPE
    world.packet("b")
    world.run(5)
    a = world.ends["a"]
    assert a.states() == ["MM_ACTIVE"]
    world.packet("a")
    (child,) = a.engine._sessions.children.values()
    world.note(a, a.engine.renew(child.spi, world.now))
    world.run(5)
    assert len(a.kinds(InstallSa)) == 2
    (sa,) = a.engine._table.all()
    sa.renew_at = world.now
    a.engine._agenda.touch(sa)
    a.engine._agenda.reschedule()
    world.run(5)
    assert len(a.engine.sas()) == 1
    assert not any("Rekeying Phase 1" in line for line in a.lines())


@pytest.mark.parametrize("began", [True, False])
def test_an_originate_only_entry_takes_what_the_peer_begins_once_its_own_tunnel_stands(began: bool) -> None:
    ends = {"a": settings(A, entry_connection_type=ConnectionType.ORIGINATE_ONLY), "b": settings(B)}
    world = world_of(ends)
    world.packet("a" if began else "b")
    world.run(5)
    a, b = world.ends["a"], world.ends["b"]
    assert said(a, "Tunnel rejected: Originate-Only: Cannot accept incoming tunnel yet!") is not began
    world.run(60)
    if began:
        (sa,) = b.engine._table.all()
        (child,) = b.engine._sessions.children.values()
        sa.renew_at = world.now
        world.packet("b")
        world.note(b, b.engine.renew(child.spi, world.now))
        b.engine._agenda.touch(sa)
        b.engine._agenda.reschedule()
        world.run(150)
        assert len(a.kinds(InstallSa)) == 2
        assert [view.role.value for view in b.engine.sas()] == ["Initiator"]
        world.check()
