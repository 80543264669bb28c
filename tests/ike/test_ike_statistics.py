"""What an engine counts, and how much it lets be under way."""

from dataclasses import replace
from ipaddress import IPv4Address
from unittest.mock import patch

from pair import A, B, Pair, pair, path, policy, settings
from test_ike_negotiations import up

from mainmode.base.codes import Group
from mainmode.base.errors import Drop
from mainmode.base.secret import Secret
from mainmode.ike import limits
from mainmode.ike.effects import AcquireFailed, Cause, Dropped, Phase2Failed, Send, Step
from mainmode.ike.statistics import Statistics


def total(world: Pair, side: str) -> tuple[int, int]:
    sent = [send for where, send in world.sends() if where == side]
    return len(sent), sum(len(send.datagram) for send in sent)


def test_a_tunnel_that_came_up_is_counted_on_both_sides_alike() -> None:
    world = pair()
    world.trigger("a")
    assert up(world)
    a, b = world.a.statistics, world.b.statistics
    for own, other, name in ((a, b, "a"), (b, a, "b")):
        assert (own.outbound.packets, own.outbound.octets) == total(world, name)
        assert (other.inbound.packets, other.inbound.octets) == total(world, name)
        assert (own.active_tunnels, own.previous_tunnels, own.phase2_keys) == (1, 0, 2)
        assert (own.sa_creations, own.sa_rekeys, own.sa_deletions) == (2, 0, 0)
        assert (own.inbound.drops, own.decrypt_fails, own.hash_fails, own.failed_requests) == (0, 0, 0, 0)
        assert own.random_numbers > 0
    assert (a.initiator_tunnels, b.initiator_tunnels) == (1, 0)
    assert (a.outbound.exchanges, a.inbound.exchanges, b.inbound.exchanges, b.outbound.exchanges) == (1, 0, 1, 0)
    assert (a.encryptions, a.decryptions, b.encryptions, b.decryptions) == (3, 2, 2, 3)
    assert (a.in_negotiation, a.in_negotiation_highwater) == (0, 1)
    assert (a.encapsulations, a.decapsulations) == (a.outbound.packets, a.inbound.packets)


def test_an_end_counts_deletes_and_a_previous_tunnel() -> None:
    world = pair()
    world.trigger("a")
    world.note("a", world.a.clear(None, world.now))
    a, b = world.a.statistics, world.b.statistics
    assert (a.outbound.sa_deletes, b.inbound.sa_deletes) == (1, 1)
    for own in (a, b):
        assert (own.active_tunnels, own.previous_tunnels, own.sa_deletions) == (0, 1, 2)


def test_repetitions_are_packets_and_no_new_requests() -> None:
    world = pair()
    world.filter = lambda side, send: None
    world.trigger("a")
    world.run(300)
    counted = world.a.statistics
    assert (counted.outbound.packets, counted.initiator_fails, counted.previous_tunnels) == (4, 1, 0)


def test_failures_have_their_counters() -> None:
    world = pair(settings(A, key=b"one"), settings(B, key=b"two"))
    world.trigger("a")
    world.run(300)
    b = world.b.statistics
    assert (b.responder_fails, b.authentication_fails, b.active_tunnels) == (1, 1, 0)
    assert b.decrypt_fails == b.failed_requests > 0
    assert b.inbound.drops >= b.decrypt_fails

    refused = pair(settings(A), settings(B, policies=(policy(group=Group.MODP_1536),)))
    refused.trigger("a")
    assert refused.b.statistics.responder_fails == 1
    assert refused.b.statistics.outbound.notifies == refused.a.statistics.inbound.notifies == 1


def test_rejected_quick_modes_are_counted_by_who_began_them() -> None:
    (entry,) = settings(B).entries
    other = replace(entry, acl=())
    world = pair(settings(A), settings(B, entries=(other,)))
    world.trigger("a")
    assert (world.b.statistics.inbound.exchange_rejects, world.a.statistics.outbound.exchange_rejects) == (1, 1)


def test_strange_datagrams_are_counted_as_drops_once_each() -> None:
    world = pair()
    world.b.receive(b"", path(), world.now)
    world.b.receive(b"x" * 40, path(), world.now)
    world.b.receive(bytes(range(1, 9)) * 2 + bytes.fromhex("08102001 00000001 00000024") + bytes(8), path(), world.now)
    counted = world.b.statistics
    assert (counted.inbound.packets, counted.inbound.octets, counted.inbound.drops) == (3, 76, 3)
    assert counted.no_sa_fails == 1


def test_a_fresh_engine_has_counted_nothing_and_shows_no_secret() -> None:
    assert pair().a.statistics == Statistics()
    assert "Secret" not in repr(pair(settings(A, key=b"hush")).a.statistics)
    assert Secret(b"hush")


def first_messages(count: int) -> list[Send]:
    """MM1 of so many initiators."""
    found = []
    for number in range(count):
        world = pair(seed=f"initiator {number}")
        world.filter = lambda side, send: None
        world.trigger("a")
        found.append(world.sends()[0][1])
    return found


def test_the_configured_limit_on_negotiations_is_said_by_its_number() -> None:
    world = pair(second=settings(B, max_in_negotiation=2))
    for number, send in enumerate(first_messages(4)):
        world.note("b", world.b.receive(send.datagram, path(peer=IPv4Address(f"10.9.0.{number}")), world.now))
    said = "Dropping new negotiation - IKEv1 in-negotiation context limit of 2 reached"
    assert world.lines("b").count(said) == 2
    assert [effect.reason for effect in world.effects("b", Dropped)] == [Drop.LIMIT_REACHED] * 2
    counted = world.b.statistics
    assert (counted.in_negotiation, counted.in_negotiation_highwater) == (2, 2)
    assert (counted.in_negotiation_rejected, counted.capacity_fails) == (2, 2)


def test_one_address_cannot_take_all_places() -> None:
    world = pair()
    for number in range(limits.MAX_HALF_OPEN_PER_PEER):
        initiator = pair(seed=f"real {number}")
        initiator.filter = lambda side, send: send.datagram if side == "a" and send.step is Step.MM1 else None
        initiator.trigger("a")
        for message in (Step.MM1, Step.MM3):
            asked = next(send for side, send in initiator.sends() if side == "a" and send.step is message)
            answer = world.b.receive(asked.datagram, asked.path.reversed(), world.now)
            world.note("b", answer)
            if message is Step.MM1:
                [mm2] = [effect for effect in answer if isinstance(effect, Send)]
                initiator.note("a", initiator.a.receive(mm2.datagram, mm2.path.reversed(), world.now))
        world.run(0.25)
    assert {sa.state for sa in world.b.sas()} == {"MM_WAIT_MSG5"}
    for send in first_messages(2):
        world.note("b", world.b.receive(send.datagram, send.path.reversed(), world.now))
    assert world.lines("b").count("Maximum concurrent IKE negotiations exceeded!") == 2
    assert len(world.b.sas()) == limits.MAX_HALF_OPEN_PER_PEER
    stranger = first_messages(limits.MAX_HALF_OPEN_PER_PEER + 3)[-1]
    world.note("b", world.b.receive(stranger.datagram, path(peer=IPv4Address("10.9.0.1")), world.now))
    assert len(world.b.sas()) == limits.MAX_HALF_OPEN_PER_PEER + 1
    world.run(100)
    assert not world.b.sas()
    assert world.b.statistics.in_negotiation == 0


def test_as_many_tunnels_as_allowed_lock_out_strangers_and_not_the_peers_that_have_one() -> None:
    world = pair()
    world.trigger("a")
    assert up(world)
    (send,) = first_messages(1)
    with patch.object(limits, "MAX_TUNNELS", 1):
        world.note("b", world.b.receive(send.datagram, path(peer=IPv4Address("10.9.0.1")), world.now))
        said = "Tunnel Rejected: The maximum tunnel count allowed has been reached"
        assert world.lines("b").count(said) == 1
        world.note("b", world.b.receive(send.datagram, send.path.reversed(), world.now))
        assert world.lines("b").count(said) == 1
        with patch.object(limits, "MAX_RENEWING", 1):
            world.note("b", world.b.receive(first_messages(2)[1].datagram, send.path.reversed(), world.now))
    assert world.lines("b").count(said) == 2


def test_a_peer_gets_as_many_pairs_as_the_limit_leaves_and_is_told() -> None:
    for name in ("MAX_PAIRS", "MAX_PAIRS_PER_SESSION"):
        world = pair()
        with patch.object(limits, name, 0):
            world.trigger("a")
            world.run(1)
        assert "Tunnel Rejected: The maximum tunnel count allowed has been reached" in world.lines("b")
        assert not world.installed("b")
        failed = [effect for effect in world.effects("b", Phase2Failed) if isinstance(effect, Phase2Failed)]
        assert [effect.failure.cause for effect in failed] == [Cause.LIMIT]


def test_a_limit_holds_for_what_this_device_begins_too() -> None:
    world = pair(settings(A, max_in_negotiation=0))
    world.trigger("a")
    assert "Dropping new negotiation - IKEv1 in-negotiation context limit of 0 reached" in world.lines("a")
    (failed,) = world.effects("a", AcquireFailed)
    assert isinstance(failed, AcquireFailed)
    assert failed.failure.cause is Cause.LIMIT
    assert not world.sends()
