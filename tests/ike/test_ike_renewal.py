"""Both phases are renewed before they end: no packet is lost, one pair and one IKE SA remain, collisions are tidied."""

import gc
from dataclasses import replace

import pytest
from long_life import SECOND, End, Wire, World, nothing_leaked
from pair import A, B, policy, settings

from mainmode.base.codes import Group, PayloadType
from mainmode.ike.effects import Cause, InstallSa, Phase1Down, RemoveSa, Role, Send, Step
from mainmode.ike.sa import IkeSa
from mainmode.ike.settings import IkeSettings, TunnelGroup


def sides(phase1: int = 86400, phase2: int = 600, **changes: object) -> dict[str, IkeSettings]:
    """Both sides with these lifetimes in seconds."""
    return {
        "a": settings(A, policies=(policy(lifetime=phase1),), entry_lifetime_seconds=phase2, **changes),
        "b": settings(B, policies=(policy(file="b.cfg", lifetime=phase1),), entry_lifetime_seconds=phase2, **changes),
    }


def idle(own: IkeSettings, timeout: int) -> dict[str, TunnelGroup]:
    """The tunnel-groups with an idle timeout in seconds."""
    return {name: replace(group, idle_timeout=timeout) for name, group in own.groups.items()}


def world_of(ends: dict[str, IkeSettings], wire: Wire | None = None, seed: int = 1) -> World:
    return World(wire or Wire(), seed, listened=True, **ends)


def talking(world: World, seconds: float, every: float = 0.5) -> None:
    """Up, and packets both ways from the moment that it stands."""
    if not world.ends["a"].sad.states():
        world.packet("a")
    world.run(10)
    for _ in range(60):
        if not all(end.sad.states() for end in world.ends.values()):
            world.run(1)
    assert all(end.sad.states() for end in world.ends.values())
    for end in world.ends.values():
        end.sent = end.received = 0
    world.talk("a", every, seconds)
    world.talk("b", every * 1.1, seconds)


def said(end: End, words: str) -> bool:
    """Whether a line of this device begins so."""
    return any(line.startswith(words) for line in end.lines())


def step(name: str):
    return lambda side, what: isinstance(what, Send) and what.step is Step(name)


# --- phase 2 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("latency", [(0.01, 0.01), (0.1, 1.9)])
def test_phase_2_is_renewed_again_and_again_and_no_packet_is_lost(latency) -> None:
    world = world_of(sides(), Wire(latency=latency))
    talking(world, 3000)
    world.run(3010)
    a, b = world.ends.values()
    assert len(a.kinds(InstallSa)) == len(b.kinds(InstallSa)) >= 6
    assert (a.received, b.received) == (b.sent, a.sent)
    assert len(a.sad.states()) == len(b.sad.states()) == 1
    assert world.same_keys()
    world.check()


def test_traffic_one_way_loses_nothing_either() -> None:
    world = world_of(sides(), Wire(latency=(0.1, 1.9)))
    talking(world, 0)
    world.run(5)
    a, b = world.ends.values()
    a.sent = b.received = b.sent = 0
    world.talk("a", 0.5, 1800)
    world.run(1810)
    assert b.received == a.sent
    assert b.sent == 0
    assert len(a.kinds(InstallSa)) >= 4


def test_a_lost_third_message_of_a_renewal_costs_no_packet() -> None:
    world = world_of(sides())
    talking(world, 900)
    world.run(495)
    seen = []
    world.wire.blocked = lambda side, what: step("QM3")(side, what) and not seen.append(what) and len(seen) <= 2
    world.run(410)
    a, b = world.ends.values()
    assert len(seen) == 3
    assert (a.received, b.received) == (b.sent, a.sent)
    assert len(b.kinds(InstallSa)) == 2


def test_the_initiator_renews_at_85_percent_and_says_so() -> None:
    world = world_of(sides())
    talking(world, 560)
    world.run(499)
    a, b = world.ends.values()
    assert len(a.kinds(InstallSa)) == 1
    world.run(4)
    first, second = (effect.pair for effect in a.kinds(InstallSa))
    assert a.kinds(InstallSa)[1].replaces == first.inbound_spi
    assert first.message_id != second.message_id
    lines = a.lines()
    rekey = next(number for number, line in enumerate(lines) if line.startswith("Pitcher: received KEY_REKEY_"))
    assert lines[rekey + 1] == (
        "IKE Initiator: Rekeying Phase 2, Intf outside, IKE Peer 10.0.0.2  local Proxy Address 192.168.1.0, "
        "remote Proxy Address 192.168.2.0,  Crypto map (MAP)"
    )
    assert "QM IsRekeyed: duplicate sa found by address, deleting old sa" in b.lines()
    assert not any("Rekeying Phase 2" in line for line in b.lines())
    world.run(50)
    assert [effect.inbound_spi for effect in a.kinds(RemoveSa)] == [first.inbound_spi]


def test_the_side_that_answered_renews_later_where_the_other_does_not() -> None:
    world = world_of(sides())
    talking(world, 600)
    world.run(480)
    a, b = world.ends.values()
    world.wire.blocked = lambda side, what: side == "a" and step("QM1")(side, what)
    world.run(200)
    assert any("Rekeying Phase 2" in line for line in b.lines())
    assert [effect.pair.initiator for effect in b.kinds(InstallSa)] == [False, True]
    assert (a.received, b.received) == (b.sent, a.sent)


def test_a_pair_that_carried_nothing_is_not_renewed_and_the_session_ends_with_it() -> None:
    world = world_of(sides())
    world.packet("a")
    world.run(580)
    a, b = world.ends.values()
    assert len(a.kinds(InstallSa)) == 1
    assert a.states() == ["MM_ACTIVE"]
    world.run(30)
    assert a.states() == b.states() == []
    assert not any("Rekeying" in line for line in a.lines() + b.lines())
    assert "Session is being torn down. Reason: Idle Timeout" in a.lines()
    world.check()


def test_with_perfect_forward_secrecy_each_renewal_has_its_own_exchange() -> None:
    world = world_of(sides(entry_pfs=Group.MODP_1536))
    talking(world, 1100, every=5)
    world.run(1110)
    a, b = world.ends.values()
    first_messages = [sent.message for sent in a.kinds(Send) if sent.step is Step.QM1 and not sent.retransmission]
    publics = [payload.body for m in first_messages for payload in m.payloads if payload.type == PayloadType.KE]
    assert len(publics) == len(set(publics)) == len(first_messages) == 3
    assert (a.received, b.received) == (b.sent, a.sent)


def test_kilobytes_near_their_end_are_renewed_without_loss_and_the_system_log_tells() -> None:
    world = world_of(sides(entry_lifetime_kilobytes=1000))
    talking(world, 600, every=0.1)
    world.run(1)
    world.talk("a", 0.1, 590, size=1000)
    world.run(700)
    a, b = world.ends.values()
    assert len(a.kinds(InstallSa)) >= 6
    assert any(line.endswith("is rekeying due to data rollover.") for line in a.lines())
    assert (a.received, b.received) == (b.sent, a.sent)
    assert len(a.sad.states()) == len(b.sad.states()) == 1


def test_renewals_faster_than_the_old_pairs_end_do_not_pile_them_up() -> None:
    world = world_of(sides(phase2=3600, entry_lifetime_kilobytes=100))
    talking(world, 300, every=0.1)
    world.talk("a", 0.1, 290, size=1000)
    most = 0
    for _ in range(29):
        world.run(10)
        most = max(most, *(len(end.sad.states()) for end in world.ends.values()))
    a, b = world.ends.values()
    assert len(a.kinds(InstallSa)) >= 20, "one in eight seconds or so"
    assert most <= 8
    world.run(100)
    assert (a.received, b.received) == (b.sent, a.sent)
    assert len(a.sad.states()) == len(b.sad.states()) == 1


def test_kilobytes_that_cannot_be_renewed_end_the_pair_at_both_sides() -> None:
    world = world_of(sides(entry_lifetime_kilobytes=100))
    talking(world, 1)
    world.run(2)
    world.wire.blocked = step("QM1")
    world.talk("a", 0.1, 12, size=1000)
    world.run(20)
    a, b = world.ends.values()
    assert a.reason.failure.cause is Cause.LIFETIME
    assert not a.sad.states()
    assert not b.sad.states()
    assert any(
        line.startswith("Connection terminated for peer 10.0.0.1.  Reason: Peer Terminate") for line in b.lines()
    )


def test_identical_proxies_from_a_new_negotiation_replace_the_old_pair() -> None:
    world = world_of(sides())
    world.packet("a")
    world.run(10)
    (first,) = world.ends["b"].kinds(InstallSa)
    world.restart("a")
    blind = world.ends["a"]
    blind.engine._sessions.cumulative = 0
    world.packet("a")
    world.run(200)
    a, b = world.ends.values()
    assert [effect.inbound_spi for effect in b.kinds(RemoveSa)] == [first.pair.inbound_spi]
    assert len(b.sad.states()) == len(a.sad.states()) == 1
    assert world.same_keys()
    world.check()


def test_a_peer_that_renews_without_pause_piles_up_no_pairs() -> None:
    world = world_of(sides(phase2=28800))
    world.packet("a")
    world.run(5)
    a, b = world.ends.values()
    most = 0
    for _ in range(300):
        world.note(a, a.engine.renew(next(reversed(a.engine._sessions.children)), world.now))
        world.run(1)
        most = max(most, len(b.engine._sessions.children))
    assert most <= 95


def test_when_the_newest_of_several_pairs_goes_one_older_one_goes_on_alone() -> None:
    ends = {name: replace(one, groups=idle(one, 300)) for name, one in sides(phase2=28800).items()}
    world = world_of(ends)
    world.packet("a")
    world.run(5)
    a, b = world.ends.values()
    for _ in range(3):
        world.note(a, a.engine.renew(next(reversed(a.engine._sessions.children)), world.now))
        world.run(1)
    newest = next(reversed(a.engine._sessions.children))
    world.note(a, a.engine.clear_children(None, world.now, lambda pair: pair.inbound_spi == newest))
    world.run(1)
    for end in (a, b):
        children = end.engine._sessions.children.values()
        assert len(children) == 3
        (heir,) = [child for child in children if child.renewed_by is None]
        assert heir.idle_at is not None
        assert all(child.renewed_by == heir.spi and child.retire_at for child in children if child is not heir)
    world.talk("a", 2, 200)
    world.run(200)
    assert [len(end.sad.states()) for end in (a, b)] == [1, 1]
    assert world.same_keys()
    world.check()


# --- phase 1 -----------------------------------------------------------------------------------------------------


def ids_of_all(world: World) -> set[int]:
    """Which objects the IKE SAs that stand are, at both ends."""
    return {id(sa) for end in world.ends.values() for sa in end.engine._table.all()}


def test_phase_1_is_renewed_and_the_children_stay() -> None:
    world = world_of(sides(phase1=600, phase2=28800))
    talking(world, 2000, every=5)
    world.run(430)
    a, b = world.ends.values()
    (before,) = a.engine.sas()
    seen: set[tuple[str, bool]] = set()
    world.wire.latency = (1.0, 1.0)
    for _ in range(60):
        world.run(0.5)
        seen |= {(view.state, view.rekey) for view in a.engine.sas()}
    assert {("MM_ACTIVE_REKEY", True), ("MM_WAIT_MSG2", True), ("MM_REKEY_DONE_H2", True), ("MM_ACTIVE", False)} <= seen
    (after,) = a.engine.sas()
    (theirs,) = b.engine.sas()
    assert (after.cookie_i, after.cookie_r) == (theirs.cookie_i, theirs.cookie_r) != (before.cookie_i, before.cookie_r)
    assert not a.kinds(RemoveSa)
    assert any(
        line.startswith("IKE Initiator: Rekeying Phase 1, Intf outside, IKE Peer 10.0.0.2") for line in a.lines()
    )
    assert said(b, "IKE Received delete for rekeyed SA  IKE peer: 10.0.0.1")
    world.run(1600)
    assert (a.received, b.received) == (b.sent, a.sent)
    assert len(a.engine.sas()) == len(b.engine.sas()) == len(a.engine.sessions()) == 1
    assert a.engine.session_counts().cumulative == 1
    world.check()


def test_an_ike_sa_that_was_renewed_is_kept_by_nobody() -> None:
    world = world_of(sides(phase1=120, phase2=28800))
    talking(world, 2000, every=5)
    gc.collect()
    others = {id(one) for one in gc.get_objects() if type(one) is IkeSa} - ids_of_all(world)
    for _ in range(4):
        world.run(400)
        for end in world.ends.values():
            end.effects.clear()
        gc.collect()
        assert {id(one) for one in gc.get_objects() if type(one) is IkeSa} - others == ids_of_all(world)
    assert world.ends["a"].engine.statistics.sa_creations > 15


def test_the_responder_renews_phase_1_at_95_percent_where_the_initiator_does_not() -> None:
    world = world_of(sides(phase1=600, phase2=28800))
    talking(world, 640, every=5)
    world.run(400)
    world.wire.blocked = lambda side, what: side == "a" and step("MM1")(side, what)
    world.run(250)
    a, b = world.ends.values()
    (ours,), (theirs,) = a.engine.sas(), b.engine.sas()
    assert (ours.role, theirs.role) == (Role.RESPONDER, Role.INITIATOR)
    assert (a.received, b.received) == (b.sent, a.sent)


def test_where_phase_1_cannot_be_renewed_the_children_live_to_their_end_and_then_it_is_said_why() -> None:
    world = world_of(sides(phase1=600, phase2=1200))
    talking(world, 690, every=5)
    world.run(400)
    world.wire.blocked = lambda side, what: isinstance(what, Send) and what.step.value.startswith("MM")
    world.run(300)
    a, b = world.ends.values()
    assert a.states()[:1] != ["MM_ACTIVE"]
    assert len(a.sad.states()) == len(b.sad.states()) == 1
    assert (a.received, b.received) == (b.sent, a.sent)
    ended = [effect.failure.detail for effect in a.kinds(Phase1Down)]
    assert "the lifetime of the IKE SA ended" in ended
    assert any("MM1 was sent 4 times and no MM2 came" in detail for detail in ended)
    world.run(1000)
    assert not a.sad.states()
    assert a.states() == b.states() == []
    assert "Session is being torn down. Reason: Lost Service" in a.lines()
    world.check()


def test_a_renewed_phase_1_lets_deletes_under_either_sa_work() -> None:
    world = world_of(sides(phase1=600, phase2=28800))
    talking(world, 455, every=5)
    world.run(443)
    a, b = world.ends.values()
    assert len(a.engine.sas()) == 2
    world.note(b, b.engine.clear_children(None, world.now))
    world.run(1)
    assert not a.sad.states()
    assert a.states() == b.states() == []
    world.check()


def test_behind_a_dynamic_map_phase_2_is_renewed_and_phase_1_is_not_begun() -> None:
    ends = sides(phase1=600, phase2=600)
    (entry,) = ends["b"].entries
    ends["b"] = replace(
        ends["b"],
        entries=(
            replace(
                entry,
                dynamic=True,
                peers=(),
            ),
        ),
    )
    world = world_of(ends)
    talking(world, 2000, every=5)
    world.run(400)
    world.wire.blocked = lambda side, what: side == "a" and step("QM1")(side, what)
    world.run(180)
    a, b = world.ends.values()
    assert [effect.pair.initiator for effect in b.kinds(InstallSa)] == [False, True]
    world.wire.blocked = lambda side, what: False
    world.run(1430)
    assert not any("Rekeying Phase 1" in line for line in b.lines())
    assert any("Rekeying Phase 1" in line for line in a.lines())
    assert (a.received, b.received) == (b.sent, a.sent)


# --- collisions --------------------------------------------------------------------------------------------------


def settled(world: World) -> None:
    """One IKE SA and one pair, the same ones at both ends, and nothing more happens."""
    a, b = world.ends.values()
    (ours,), (theirs,) = a.engine.sas(), b.engine.sas()
    assert (ours.cookie_i, ours.cookie_r) == (theirs.cookie_i, theirs.cookie_r)
    assert len(a.sad.states()) == len(b.sad.states()) == 1
    assert world.same_keys()
    world.check()


@pytest.mark.parametrize("seed", range(8))
def test_both_begin_at_once_from_nothing(seed: int) -> None:
    world = world_of(sides(), Wire(latency=(0.5, 1.5)), seed)
    world.packet("a")
    world.packet("b")
    world.run(10)
    talking(world, 290, every=5)
    world.run(300)
    settled(world)
    a, b = world.ends.values()
    assert (a.received, b.received) == (b.sent, a.sent)
    assert len(a.kinds(InstallSa)) <= 2


@pytest.mark.parametrize("seed", range(8))
def test_both_renew_phase_2_at_once(seed: int) -> None:
    world = world_of(sides(), Wire(latency=(0.5, 1.5)), seed)
    talking(world, 580, every=1)
    world.run(300)
    for end in world.ends.values():
        (spi,) = end.engine._sessions.children
        world.note(end, end.engine.renew(spi, world.now))
    world.run(290)
    settled(world)
    a, b = world.ends.values()
    assert (a.received, b.received) == (b.sent, a.sent)
    assert len(a.kinds(InstallSa)) == 3


@pytest.mark.parametrize("seed", range(8))
def test_a_peer_that_renews_a_pair_of_half_a_minute_has_its_new_one_used_by_both(seed: int) -> None:
    world = world_of(sides(), Wire(latency=(0.01, 0.05)), seed)
    talking(world, 200, every=1)
    world.run(20)
    a, b = world.ends.values()
    (spi,) = b.engine._sessions.children
    world.note(b, b.engine.renew(spi, world.now))
    world.run(180)
    settled(world)
    assert (a.received, b.received) == (b.sent, a.sent)
    (kept,) = a.sad.states()
    assert kept.pair == a.kinds(InstallSa)[1].pair
    assert not kept.pair.initiator


@pytest.mark.parametrize("seed", range(8))
def test_both_renew_phase_1_at_once(seed: int) -> None:
    world = world_of(sides(phase1=3600), Wire(latency=(0.5, 1.5)), seed)
    talking(world, 580, every=1)
    world.run(100)
    for end in world.ends.values():
        (sa,) = end.engine._table.all()
        sa.renew_at = world.now
        end.engine._agenda.touch(sa)
        end.engine._agenda.reschedule()
    world.run(490)
    settled(world)
    a, b = world.ends.values()
    assert (a.received, b.received) == (b.sent, a.sent)


def test_of_two_that_crossed_each_side_ends_only_what_it_began_itself() -> None:
    world = world_of(sides(phase1=3600), Wire(latency=(0.5, 1.5)), seed=5)
    talking(world, 580, every=1)
    world.run(100)
    for end in world.ends.values():
        (sa,) = end.engine._table.all()
        sa.renew_at = world.now
        end.engine._agenda.touch(sa)
        end.engine._agenda.reschedule()
    world.run(70)
    b = world.ends["b"]
    assert len(b.engine.sas()) == 2, "the peer's is the newer one here, and a peer may keep its children there"
    world.run(420)
    settled(world)
    assert sum("IKE Received delete for rekeyed SA" in line for line in b.lines()) == 1


def test_a_renewal_that_finds_the_peer_renewing_already_stands_back_and_says_so() -> None:
    world = world_of(sides(phase1=3600), Wire(latency=(1.0, 1.0)))
    talking(world, 300, every=5)
    world.run(100)
    a, b = world.ends.values()
    for end, delay in ((a, 0), (b, 3.5)):
        (sa,) = end.engine._table.all()
        sa.renew_at = world.later(delay)
        end.engine._agenda.touch(sa)
        end.engine._agenda.reschedule()
    world.run(100)
    assert "Failure during phase 1 rekeying attempt due to collision" in b.lines()
    assert not any("Rekeying Phase 1" in line for line in b.lines())
    settled(world)


def test_the_helper_that_finds_leaks_finds_one() -> None:
    world = world_of(sides())
    talking(world, 5)
    world.run(10)
    engine = world.ends["a"].engine
    child = next(iter(engine._sessions.children.values()))
    engine._sessions.children.clear()
    with pytest.raises(AssertionError):
        nothing_leaked(engine)
    assert child.expires is not None
    assert child.expires - child.installed == 600 * SECOND
