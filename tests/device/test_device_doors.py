"""The doors of a box for a shell on a real host: what sockets and kernels hand in, and what a host takes and holds."""

from ipaddress import IPv4Address

import pytest
from device_configs import REFERENCE, configured, mirrored
from device_pair import HOST_A, HOST_B, START, Pair, echo, segment

from mainmode.base.address import Endpoint, Path
from mainmode.base.codes import IpProtocol
from mainmode.base.errors import Drop
from mainmode.base.instant import later, seconds
from mainmode.device.box import Box
from mainmode.device.decision import BoxEffect, Decision, Held, PacketOut, ToHost, Verdict
from mainmode.device.flow import Flow
from mainmode.ike.effects import Dropped, InstallSa, RemoveSa, Send, Step
from mainmode.ipsec.dataplane import SaTally
from mainmode.lab.entropy import SeededEntropy
from mainmode.wire.ip import Ipv4, read_echo, read_ipv4

A, B = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")
INSIDE_A = IPv4Address("192.168.1.1")
MANAGED = "management-access inside\n"
TIMESTAMP = Ipv4(HOST_B, INSIDE_A, IpProtocol.ICMP, bytes([13, 0]) + bytes(18))
"""An ICMP message that the box itself has no answer to."""
IKE = Path(Endpoint(A, 500), Endpoint(B, 500))


def hosted(text: str = REFERENCE) -> Box:
    return Box(configured(text), SeededEntropy(1, "a"), START, hosted=True)


def hosted_pair(a: str = REFERENCE) -> Pair:
    pair = Pair(a, mirrored(REFERENCE))
    pair.boxes["a"] = hosted(a)
    return pair


def up(a: str = REFERENCE) -> tuple[Pair, Box]:
    """A tunnel between a hosted box and another, and the hosted one."""
    pair = hosted_pair(a)
    pair.ping(1)
    return pair, pair.boxes["a"]


def drops(effects: list[BoxEffect]) -> list[Dropped]:
    return [effect for effect in effects if isinstance(effect, Dropped)]


def test_datagrams_alone_bring_a_tunnel_up_as_whole_packets_do() -> None:
    pair = Pair()
    waiting: list[tuple[str, BoxEffect]] = [
        ("a", one) for one in pair.boxes["a"].packet_in("inside", echo(HOST_A, HOST_B).encode(), pair.now)
    ]
    installed = []
    while waiting:
        name, effect = waiting.pop(0)
        if isinstance(effect, InstallSa):
            installed.append(name)
        if isinstance(effect, Send):
            other = "b" if name == "a" else "a"
            box = pair.boxes[other]
            waiting += [
                (other, one) for one in box.datagram_in("outside", effect.datagram, effect.path.reversed(), pair.now)
            ]
    assert sorted(installed) == ["a", "b"]


def test_a_datagram_for_an_interface_without_ike_is_dropped_with_the_missing_line() -> None:
    [drop] = drops(hosted().datagram_in("inside", b"x" * 40, Path(Endpoint(INSIDE_A, 500), Endpoint(B, 500)), START))
    assert drop.reason is Drop.IKE_NOT_ENABLED
    assert str(drop.sources[0]).endswith("(absent) crypto isakmp enable inside")


def test_esp_without_its_ip_header_comes_out_of_the_tunnel() -> None:
    pair, a = up()
    effects = pair.boxes["b"].packet_in("inside", echo(HOST_B, HOST_A, 9).encode(), pair.now)
    esp = next(read_ipv4(one.packet) for one in effects if isinstance(one, PacketOut))
    came = a.esp_in("outside", esp.payload, Path(Endpoint(A, 0), Endpoint(B, 0)), pair.now)
    [out] = [one for one in came if isinstance(one, PacketOut)]
    assert (out.interface, read_ipv4(out.packet).destination) == ("inside", HOST_A)


def test_what_a_shell_dropped_counts_among_the_boxs_drops() -> None:
    box = hosted()
    box.dropped(Dropped(Drop.NOT_FOR_US, IKE, "for nobody"), START, "outside")
    assert box.journal.drops[Drop.NOT_FOR_US] == 1
    assert box.journal.traffic["outside"].dropped == 1


def test_an_address_is_towards_the_interface_of_its_route() -> None:
    box = hosted()
    assert box.towards(HOST_A) == "inside"
    assert box.towards(B) == "outside"
    assert box.towards(IPv4Address("8.8.8.8")) is None


def test_a_packet_that_asks_for_a_tunnel_is_held_and_comes_back_as_it_was() -> None:
    box = hosted()
    packet = echo(HOST_A, HOST_B).encode()
    effects = box.packet_in("inside", packet, START)
    assert [effect.step for effect in effects if isinstance(effect, Send)] == [Step.MM1]
    [held] = [effect for effect in effects if isinstance(effect, Held)]
    assert (held.interface, held.packet) == ("inside", packet)
    assert str(held.sources[-1]).startswith("asa1.cfg:15 access-list VPN")
    assert drops(effects) == []
    assert box.connections == ()


def test_a_held_packet_that_is_given_again_goes_through() -> None:
    pair, a = up()
    held = next(effect for effect in pair.effects["a"] if isinstance(effect, Held))
    assert held.interface is not None
    effects = a.packet_in(held.interface, held.packet, pair.now)
    assert [one.interface for one in effects if isinstance(one, PacketOut)] == ["outside"]


def test_a_trace_reads_as_without_a_host() -> None:
    traces = [
        Box(configured(REFERENCE), SeededEntropy(1, "a"), START, hosted=on).trace(
            "inside", echo(HOST_A, HOST_B).encode(), START
        )
        for on in (True, False)
    ]
    assert [record.reason for record in traces[0].records if isinstance(record, Dropped)] == [Drop.NO_TUNNEL]
    assert [type(effect) for effect in traces[0].effects] == [type(effect) for effect in traces[1].effects]


def test_a_kernels_acquire_begins_the_negotiation_and_loses_nothing() -> None:
    box = hosted()
    effects = box.want(Flow(HOST_A, HOST_B, IpProtocol.ICMP), "inside", START)
    assert [effect.step for effect in effects if isinstance(effect, Send)] == [Step.MM1]
    assert drops(effects) == []


def test_an_acquire_for_what_is_up_or_unprotected_asks_for_nothing() -> None:
    pair, a = up()
    [known] = a.want(Flow(HOST_A, HOST_B, IpProtocol.ICMP), "inside", pair.now)
    [clear] = a.want(Flow(HOST_A, B, IpProtocol.ICMP), "inside", pair.now)
    [nowhere] = a.want(Flow(HOST_A, IPv4Address("8.8.8.8"), IpProtocol.ICMP), "inside", pair.now)
    assert isinstance(known, Decision)
    assert (known.verdict, known.text.split(":")[0]) == (
        Verdict.SKIPPED,
        f"icmp {HOST_A} to {HOST_B} has its tunnel already",
    )
    assert isinstance(clear, Decision)
    assert clear.verdict is Verdict.IN_CLEAR
    assert isinstance(nowhere, Dropped)
    assert nowhere.reason is Drop.NO_ROUTE


def test_a_kernels_soft_limit_renews_the_pair_and_its_hard_limit_ends_it() -> None:
    pair, a = up()
    [state] = a.sad.states()
    pair.carry_out("a", a.renew(state.pair.inbound_spi, pair.now))
    pair.wait(1)
    assert [one.replaces for one in pair.effects["a"] if isinstance(one, InstallSa)] == [None, state.pair.inbound_spi]
    gone = a.outlived(state.pair.inbound_spi, pair.now)
    assert [one.inbound_spi for one in gone if isinstance(one, RemoveSa)] == [state.pair.inbound_spi]
    assert a.renew(0x1234, pair.now) == a.outlived(0x1234, pair.now) == []


def test_what_a_kernel_carried_shows_as_if_the_box_had_carried_it() -> None:
    pair, a = up()
    [state] = a.sad.states()
    before = a.statistics.inbound.packets
    moment = later(pair.now, seconds(3))
    a.carried(state.pair.inbound_spi, SaTally(7, 5, 700, 500, replays=1, bad_icv=2), pair.now, moment)
    a.carried(state.pair.inbound_spi, SaTally(8, 6, 800, 600, replays=1, bad_icv=2), pair.now, moment)
    assert "#pkts encaps: 8, #pkts encrypt: 8" in a.show("crypto ipsec sa", pair.now)
    assert a.sad.activity(state.pair.inbound_spi) == state.activity
    assert (state.sent, state.tally.octets_in) == (moment, 600)
    assert (a.statistics.inbound.packets - before, a.statistics.inbound.replay_failures) == (6, 1)
    assert a.statistics.inbound.authentication_failures == 2
    a.carried(0x1234, SaTally(), None, None)


def out_of_the_tunnel(pair: Pair, packet: Ipv4) -> list[BoxEffect]:
    """What `a` does with a packet that `b` sends through the tunnel."""
    effects = pair.boxes["b"].packet_in("inside", packet.encode(), pair.now)
    esp = next(one.packet for one in effects if isinstance(one, PacketOut))
    return pair.boxes["a"].packet_in("outside", esp, pair.now)


def test_a_tunnel_reaches_the_host_by_its_inside_address_with_management_access() -> None:
    pair, _ = up(REFERENCE + MANAGED)
    effects = out_of_the_tunnel(pair, TIMESTAMP)
    [taken] = [one for one in effects if isinstance(one, ToHost)]
    assert (taken.interface, read_ipv4(taken.packet).destination) == ("inside", INSIDE_A)


def test_the_connections_of_the_host_are_the_hosts_to_know() -> None:
    everything = REFERENCE.replace("permit tcp", "permit ip") + MANAGED
    pair = Pair(everything, mirrored(everything))
    pair.boxes["a"] = hosted(everything)
    pair.ping(1)
    acknowledgement = segment(HOST_B, INSIDE_A, flags=0x10, ports=(80, 1025))
    effects = pair.boxes["b"].packet_in("inside", segment(HOST_B, INSIDE_A, ports=(80, 1025)).encode(), pair.now)
    pair.carry_out("b", effects)
    assert len([one for one in pair.effects["a"] if isinstance(one, ToHost)]) == 1
    assert [type(one) for one in out_of_the_tunnel(pair, acknowledgement)][-1] is ToHost


def test_without_management_access_the_drop_names_the_missing_line() -> None:
    pair, _ = up()
    effects = out_of_the_tunnel(pair, TIMESTAMP)
    [drop] = drops(effects)
    assert drop.reason is Drop.NOT_FOR_US
    assert [str(one) for one in drop.sources] == ["asa1.cfg: (absent) management-access inside"]


def test_the_box_itself_answers_a_ping_out_of_a_tunnel() -> None:
    pair, _ = up(REFERENCE + MANAGED)
    effects = out_of_the_tunnel(pair, echo(HOST_B, INSIDE_A))
    assert not [one for one in effects if isinstance(one, ToHost)]
    assert [one.interface for one in effects if isinstance(one, PacketOut)] == ["outside"]


def test_the_host_sends_from_its_inside_address_into_the_tunnel_and_gets_the_reply() -> None:
    pair, a = up(REFERENCE + MANAGED)
    out = a.from_host(echo(INSIDE_A, HOST_B, 3).encode(), pair.now)
    [esp] = [one for one in out if isinstance(one, PacketOut)]
    [delivered] = [
        one for one in pair.boxes["b"].packet_in("outside", esp.packet, pair.now) if isinstance(one, PacketOut)
    ]
    asked = read_ipv4(delivered.packet)
    echoed = read_echo(asked)
    assert echoed is not None
    reply = Ipv4(HOST_B, INSIDE_A, IpProtocol.ICMP, echoed._replace(request=False).encode())
    [back] = [one for one in out_of_the_tunnel(pair, reply) if isinstance(one, ToHost)]
    assert read_ipv4(back.packet).source == HOST_B


def test_a_packet_of_the_host_waits_for_its_tunnel_too() -> None:
    box = hosted()
    effects = box.from_host(echo(INSIDE_A, HOST_B).encode(), START)
    [held] = [one for one in effects if isinstance(one, Held)]
    assert held.interface is None


@pytest.mark.parametrize("octets", [b"", b"\x45", b"\x60" + bytes(40), bytes(20)])
def test_what_is_no_packet_ends_by_name(octets: bytes) -> None:
    box = hosted()
    assert [drop.reason for drop in drops(box.from_host(octets, START))] == [Drop.NOT_AN_IP_PACKET]
    assert len(drops(box.esp_in("outside", octets, Path(Endpoint(A, 0), Endpoint(B, 0)), START))) == 1
    assert len(drops(box.datagram_in("outside", octets, IKE, START))) == 1
