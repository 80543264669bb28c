"""Packets that wait for a tunnel, and those that come while it settles: one queue, in order, and bounded."""

import pytest
from gateway_boxes import CONFIGURATION, HOST_A, HOST_B, Rig, echo, gateway_of

from mainmode.base.errors import Drop
from mainmode.base.instant import Instant
from mainmode.device.decision import BoxEffect, EchoReply
from mainmode.device.watching import Watcher
from mainmode.gateway.held import HeldPackets
from mainmode.wire.ip import read_ipv4

SETTLING = 0.005
"""Where the peer answers at once."""


def pair_of_gateways(text: str = CONFIGURATION) -> tuple[Rig, Rig]:
    a, b = gateway_of("a", text), gateway_of("b", text)
    a.join(b)
    return a, b


def send(rig: Rig, *sequences: int) -> None:
    """Echo requests from the host behind `rig` to that behind the other one."""
    ends = (HOST_A, HOST_B) if rig.gateway.box.hostname == "asa1" else (HOST_B, HOST_A)
    for sequence in sequences:
        rig.gateway.packet_arrived("inside", echo(*ends, sequence).encode())


def arrived(rig: Rig) -> list[int]:
    """The sequence numbers of what left `rig` to its inside, in order."""
    packets = [read_ipv4(out.packet) for out in rig.plane.left if out.interface == "inside"]
    return [int.from_bytes(packet.payload[6:8]) for packet in packets]


def begun(text: str = CONFIGURATION) -> tuple[Rig, Rig]:
    """Two gateways whose SAs stand since this moment; packet 1, which asked for them, waits at a."""
    a, b = pair_of_gateways(text)
    send(a, 1)
    a.settle()
    assert [len(rig.gateway.box.sad.states()) for rig in (a, b)] == [1, 1]
    return a, b


def test_packets_that_come_while_a_tunnel_settles_stay_behind_those_that_wait() -> None:
    a, b = begun()
    send(a, 2)
    a.advance(SETTLING / 2)
    send(a, 3)
    a.settle()
    assert (arrived(b), len(a.gateway.held)) == ([], 3)
    a.advance(SETTLING / 2)
    a.gateway.wake()
    a.settle()
    assert (arrived(b), len(a.gateway.held)) == ([1, 2, 3], 0)
    send(a, 4)
    a.settle()
    assert arrived(b) == [1, 2, 3, 4]


@pytest.mark.parametrize(("answers_in", "settles_in"), [(0.0004, 0.005), (0.004, 0.02), (0.015, 0.075), (0.3, 0.1)])
def test_a_tunnel_settles_five_times_as_long_as_the_peer_took_for_its_answer(
    answers_in: float, settles_in: float
) -> None:
    a, b = pair_of_gateways()
    send(a, 1)
    while not a.gateway.box.sad.states():
        a._deliver(b)
        a.advance(answers_in)
        b._deliver(a)
    a.settle()
    a.advance(settles_in - 0.0001)
    a.gateway.wake()
    a.settle()
    assert arrived(b) == []
    a.advance(0.0002)
    a.gateway.wake()
    a.settle()
    assert arrived(b) == [1]


def test_a_packet_that_comes_before_the_alarm_rings_does_not_pass_those_whose_time_is_over() -> None:
    a, b = begun()
    send(a, 2)
    a.advance(SETTLING)
    send(a, 3)
    a.settle()
    assert arrived(b) == [1, 2, 3]


def test_a_packet_of_a_connection_that_stands_takes_no_fast_lane_past_those_that_wait() -> None:
    a, b = begun(CONFIGURATION + "sysopt connection preserve-vpn-flows\n")
    a.advance(SETTLING)
    a.gateway.wake()
    a.settle()
    for rig in (a, b):
        rig.gateway.act(lambda box, now: box.clear(None, now))
    a.settle()
    send(a, 2)
    a.settle()
    send(a, 3)
    seal, packet = a.gateway.box.express.seal, echo(HOST_A, HOST_B, 4).encode()
    assert seal([packet], 0, a.gateway.now()) is None
    a.advance(SETTLING)
    a.gateway.give_again(a.gateway.now())
    assert seal([packet], 0, a.gateway.now()) is not None
    a.settle()
    assert arrived(b) == [1, 2, 3]


def test_packets_of_the_box_itself_wait_in_the_same_queue() -> None:
    a, b = begun()
    replies: list[int] = []

    class Replies(Watcher):
        def happened(self, effect: BoxEffect, now: Instant) -> None:
            if isinstance(effect, EchoReply):
                replies.append(effect.sequence)

    a.gateway.watch(Replies())
    a.gateway.act(lambda box, now: box.ping(b.gateway.box.interfaces["inside"].address, now, "inside", 9))
    a.settle()
    assert (replies, len(a.gateway.held)) == ([], 2)
    a.advance(SETTLING)
    a.gateway.wake()
    a.settle()
    assert (replies, arrived(b)) == ([9], [1])


def test_nothing_waits_on_the_side_that_answered_nor_while_an_old_pair_carries_on() -> None:
    a, b = begun()
    send(b, 1)
    a.settle()
    assert arrived(a) == [1]
    a.advance(1)
    a.gateway.wake()
    a.settle()
    [state] = a.gateway.box.sad.states()
    a.gateway.act(lambda box, now: box.renew(state.pair.inbound_spi, now))
    a.settle()
    assert len(a.gateway.box.sad.states()) == 2
    send(a, 2)
    a.settle()
    assert arrived(b) == [1, 2]


def test_the_queue_of_a_tunnel_that_settles_is_bounded_and_the_oldest_goes_first() -> None:
    a, b = pair_of_gateways()
    a.gateway.held = HeldPackets(most=3)
    send(a, 1)
    a.settle()
    send(a, 2, 3, 4, 5)
    assert len(a.gateway.held) == 3
    assert a.gateway.box.journal.drops[Drop.NO_TUNNEL] == 2
    a.advance(SETTLING)
    a.gateway.wake()
    a.settle()
    assert arrived(b) == [3, 4, 5]


def test_what_waits_for_a_tunnel_that_ends_again_waits_for_the_next_one() -> None:
    a, b = begun()
    for rig in (a, b):
        rig.gateway.act(lambda box, now: box.clear(None, now))
    a.settle()
    a.advance(SETTLING)
    a.gateway.wake()
    a.settle()
    assert (arrived(b), len(a.gateway.held)) == ([], 1)
    a.advance(SETTLING)
    a.gateway.wake()
    a.settle()
    assert arrived(b) == [1]
