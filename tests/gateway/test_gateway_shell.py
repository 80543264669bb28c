"""The gateway around a box, without sockets: what it carries out, in which order, and what it survives."""

from ipaddress import IPv4Address

import pytest
from gateway_boxes import HOST_A, HOST_B, PATH, A, B, Sender, echo, gateway_of

from mainmode.base.errors import Drop
from mainmode.base.instant import Instant, later, seconds
from mainmode.device.box import Box
from mainmode.device.decision import BoxEffect
from mainmode.device.watching import Watcher
from mainmode.gateway.clock import Clock
from mainmode.gateway.data_plane import PlaneError
from mainmode.gateway.held import HeldPackets
from mainmode.ike.effects import Send
from mainmode.wire.ip import read_ipv4


def test_the_clock_follows_the_boot_clock_whatever_the_wall_clock_does() -> None:
    wall, boot = [1_700_000_000_000_000_000], [5_000_000]
    clock = Clock(lambda: wall[0], lambda: boot[0])
    start = clock.now()
    wall[0] -= 3_600_000_000_000
    boot[0] += 2_000_000
    assert (start, clock.now() - start) == (1_700_000_000_000_000, 2_000)


def test_two_gateways_bring_a_tunnel_up_and_the_packet_that_asked_arrives() -> None:
    a, b = gateway_of("a"), gateway_of("b")
    a.join(b)
    a.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
    a.settle()
    assert [plane.installed for plane in (a.plane, b.plane)] == [1, 1]
    assert not [out for out in b.plane.left if out.interface == "inside"], "the peer may not be ready for it yet"
    a.advance(0.1)
    a.gateway.wake()
    a.settle()
    [out] = [out for out in b.plane.left if out.interface == "inside"]
    assert read_ipv4(out.packet).destination == HOST_B
    assert len(a.gateway.held) == 0


def test_what_no_tunnel_takes_in_time_ends_as_a_drop_by_name() -> None:
    a = gateway_of("a")
    a.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
    assert len(a.gateway.held) == 1
    a.advance(31)
    a.gateway.wake()
    assert len(a.gateway.held) == 0
    assert a.gateway.box.journal.drops[Drop.NO_TUNNEL] == 1


def test_the_queue_of_held_packets_is_bounded_and_the_oldest_goes_first() -> None:
    a = gateway_of("a")
    a.gateway.held = HeldPackets(most=2)
    for sequence in (1, 2, 3):
        a.gateway.packet_arrived("inside", echo(HOST_A, HOST_B, sequence).encode())
    assert len(a.gateway.held) == 2
    assert a.gateway.box.journal.drops[Drop.NO_TUNNEL] == 1


def test_effects_are_told_to_the_watchers_before_they_are_carried_out_and_in_order() -> None:
    a = gateway_of("a")
    order: list[str] = []

    class Listening(Watcher):
        def happened(self, effect: BoxEffect, now: Instant) -> None:
            if isinstance(effect, Send):
                order.append("told")

    a.gateway.watchers.append(Listening())
    a.gateway.sender = Sender(lambda datagram, path: order.append("sent"))
    a.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
    assert order == ["told", "sent"]


def test_an_action_within_an_action_comes_after_it() -> None:
    a = gateway_of("a")
    order: list[str] = []

    def outer(box: Box, now: Instant) -> list[BoxEffect]:
        a.gateway.act(lambda box, now: order.append("inner") or [])
        order.append("outer")
        return []

    a.gateway.act(outer)
    assert order == ["outer", "inner"]


def test_a_fault_in_the_box_or_in_a_watcher_is_told_once_without_its_text_and_ends_nothing() -> None:
    a = gateway_of("a")

    class Broken(Watcher):
        def happened(self, effect: BoxEffect, now: Instant) -> None:
            raise ValueError("correct-horse")

    def broken(box: Box, now: Instant) -> list[BoxEffect]:
        raise KeyError("correct-horse")

    a.gateway.watchers.append(Broken())
    for _ in range(3):
        a.gateway.act(broken)
    a.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
    assert [line.split(";")[0].split(": ", 1)[1].split(",")[0] for line in a.told] == [
        "KeyError in test_gateway_shell.py",
        "ValueError in test_gateway_shell.py",
    ]
    assert "correct-horse" not in " ".join(a.told)
    assert sum(a.gateway.faults.values()) > 3
    assert a.sent


@pytest.mark.parametrize("error", [PlaneError("no memory"), OSError(12, "Cannot allocate memory")])
def test_a_pair_that_cannot_be_installed_comes_down_with_its_delete_and_others_go_on(error: Exception) -> None:
    a, b = gateway_of("a"), gateway_of("b")
    a.join(b)
    a.plane.refuses = error
    a.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
    a.settle()
    assert any("the test data plane cannot install a pair of SAs" in line for line in a.told)
    assert not a.gateway.box.sad.states()
    assert not b.gateway.box.sad.states()
    assert b.plane.removed == 1


def test_a_datagram_that_cannot_be_sent_is_told_once_in_a_row_of_its_kind() -> None:
    a = gateway_of("a")

    def unreachable(datagram: bytes, path: object) -> None:
        raise OSError(101, "Network is unreachable")

    a.gateway.sender = Sender(unreachable)
    a.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
    for _ in range(3):
        a.advance(9)
        a.gateway.wake()
    assert a.told == [f"cannot send a datagram from {A}:500 to {B}:500: Network is unreachable"]
    assert a.gateway.troubles["cannot send a datagram"] == a.gateway.box.journal.drops[Drop.NOT_SENT] == 3


def test_a_datagram_for_an_address_of_nobody_is_a_drop_by_name() -> None:
    a = gateway_of("a")
    stray = PATH._replace(local=PATH.local._replace(address=IPv4Address("10.9.9.9")))
    a.gateway.datagram_arrived(b"x" * 28, stray)
    a.gateway.esp_arrived(b"x" * 28, stray)
    a.gateway.icmp_arrived(b"")
    assert a.gateway.box.journal.drops[Drop.NOT_FOR_US] == 2


@pytest.mark.parametrize("octets", [b"", b"\0", b"\xff", bytes(28), bytes(range(256)) * 200, b"\0\0\0\0" + bytes(28)])
@pytest.mark.parametrize("port", [500, 4500])
def test_any_datagram_is_a_drop_with_a_name_and_no_fault(octets: bytes, port: int) -> None:
    a = gateway_of("a")
    a.gateway.datagram_arrived(octets, PATH._replace(local=PATH.local._replace(port=port)))
    a.gateway.esp_arrived(octets, PATH)
    assert a.gateway.faults == {}
    assert a.gateway.box.journal.drops.total() == 2


def test_watchers_that_want_packets_see_them_whole_both_ways() -> None:
    a, b = gateway_of("a"), gateway_of("b")
    a.join(b)
    seen: list[tuple[str, str, IPv4Address]] = []

    class Capture(Watcher):
        wants_packets = True

        def sent(self, interface: str, packet: bytes, now: Instant) -> None:
            seen.append(("out", interface, read_ipv4(packet).destination))

        def received(self, interface: str, packet: bytes, now: Instant) -> None:
            seen.append(("in", interface, read_ipv4(packet).source))

    a.gateway.watch(Capture())
    a.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
    a.settle()
    assert seen[:3] == [("in", "inside", HOST_A), ("out", "outside", B), ("in", "outside", B)]


def test_the_alarm_is_set_at_the_next_deadline_and_moves_with_it() -> None:
    a = gateway_of("a")
    a.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
    due = a.gateway.box.deadline()
    assert due is not None
    assert a.alarm.at == due
    a.advance(9)
    a.gateway.wake()
    assert a.alarm.at is not None
    assert a.alarm.at > due


def test_a_deadline_that_cannot_be_served_is_tried_again_in_a_second_not_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a = gateway_of("a")
    a.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
    a.advance(9)

    def broken(now: Instant) -> list[BoxEffect]:
        raise KeyError("x")

    monkeypatch.setattr(a.gateway.box, "expire", broken)
    a.gateway.wake()
    assert a.alarm.at == later(a.gateway.now(), seconds(1))


def test_counters_are_read_before_deadlines_are_served() -> None:
    a = gateway_of("a")
    a.gateway.wake()
    assert a.plane.refreshed == 1
