"""Where the peer is: addresses and ports changed on the way, before and after authentication, without and with a NAT.

Only a packet that is new and verified tells where a peer behind a NAT is now; nothing moves a peer without one.
"""

from ipaddress import IPv4Address

import pytest
from man_in_the_middle import (
    EXCHANGE,
    MAIN_MODE,
    STRANGER,
    A,
    B,
    Flight,
    Middle,
    drops,
    example,
    from_elsewhere,
    sends,
    udp_packet,
)
from test_onpath_message_ids import MANY, protected, remark, sa_of

from mainmode.base.address import Endpoint
from mainmode.base.codes import IpProtocol, NotifyType, ProtocolId
from mainmode.base.errors import Drop
from mainmode.wire.ip import Ipv4, read_udp
from mainmode.wire.payloads import Notify

NAT = IPv4Address("198.51.100.7")
BOUND = {500: 30500, 4500: 34500}
"""The ports that the NAT gives to a's."""


def through_nat(flight: Flight) -> list[Ipv4]:
    """A NAT in front of a, between the two."""
    packet = flight.packet
    if packet.protocol != IpProtocol.UDP:
        return []
    datagram = read_udp(packet)
    if flight.sender == "a":
        return [udp_packet(datagram.payload, NAT, B, BOUND[datagram.source_port], datagram.destination_port)]
    inside = {bound: port for port, bound in BOUND.items()}.get(datagram.destination_port)
    if packet.destination != NAT or inside is None:
        return []
    return [udp_packet(datagram.payload, B, A, datagram.source_port, inside)]


def behind_nat(extra: str = "", changes: dict[str, str] | None = None) -> Middle:
    texts = {name: example(name, changes) + f"route outside 0.0.0.0 0.0.0.0 10.0.0.254\n{extra}" for name in "ab"}
    texts["b"] = texts["b"].replace(str(A), str(NAT))
    world = Middle(texts, middle=through_nat)
    world.bring_up()
    assert where_a_is(world) == Endpoint(NAT, BOUND[4500])
    return world


def where_a_is(world: Middle) -> Endpoint:
    """The one place to which b sends IKE and ESP for a."""
    ike = {sa.path.remote for sa in world.boxes["b"]._plane.engine._table.all()}
    esp = {state.pair.path.remote for state in world.boxes["b"].sad.states()}
    assert len(ike) == 1
    assert ike == esp
    return ike.pop()


def held_back(world: Middle, sequence: int) -> Ipv4:
    """An ESP packet of a, as the NAT would have passed it on."""
    kept: list[Ipv4] = []
    before = world.middle

    def keep(flight: Flight) -> list[Ipv4]:
        kept.extend(through_nat(flight))
        return []

    world.middle = keep
    world.ping(sequence=sequence)
    world.middle = before
    (packet,) = kept
    return packet


FROM_ELSEWHERE = [(STRANGER, 4500), (NAT, 4501), (STRANGER, 500)]


@pytest.mark.parametrize(("address", "port"), FROM_ELSEWHERE)
def test_what_was_sent_before_moves_nobody(address: IPv4Address, port: int) -> None:
    world = behind_nat()
    for sequence in range(5):
        world.ping(sequence=10 + sequence)
    sent = [(flight, packet) for flight in world.sent if flight.sender == "a" for packet in through_nat(flight)]
    assert {flight.label for flight, _ in sent} >= {"MM5", "QM1", "QM3", "ESP"}
    for flight, packet in sent:
        if flight.label != "MM1":
            effects = world.hand("b", from_elsewhere(packet, address, port))
            assert drops(effects), flight.label
            assert all(send.path.remote == Endpoint(NAT, BOUND[4500]) for send in sends(effects)), flight.label
            assert where_a_is(world) == Endpoint(NAT, BOUND[4500]), flight.label
    assert world.ping(sequence=50)


def test_a_message_of_long_ago_moves_nobody() -> None:
    world = behind_nat()
    old = remark(world, "b", 0x01010101)
    at_4500 = udp_packet(bytes(4) + read_udp(old).payload, NAT, B, BOUND[4500], 4500)
    assert not drops(world.hand("b", at_4500))
    for number in range(MANY):
        fresh = remark(world, "b", 0x02000000 + number)
        world.hand("b", udp_packet(bytes(4) + read_udp(fresh).payload, NAT, B, BOUND[4500], 4500))
    assert drops(world.hand("b", from_elsewhere(at_4500)))
    assert where_a_is(world) == Endpoint(NAT, BOUND[4500])


def test_damaged_esp_moves_nobody() -> None:
    world = behind_nat()
    packet = held_back(world, 20)
    datagram = read_udp(packet)
    damaged = datagram.payload[:-1] + bytes([datagram.payload[-1] ^ 1])
    effects = world.hand("b", udp_packet(damaged, STRANGER, B, 4500, 4500))
    assert [drop.reason for drop in drops(effects)] == [Drop.BAD_ICV]
    assert where_a_is(world) == Endpoint(NAT, BOUND[4500])


def test_esp_without_authentication_moves_nobody() -> None:
    """With esp-none anybody's octets decrypt to something: no packet of such a pair tells where the peer is."""
    world = behind_nat(changes={"esp-aes esp-sha-hmac": "esp-aes esp-none"})
    packet = held_back(world, 20)
    world.hand("b", from_elsewhere(packet))
    assert where_a_is(world) == Endpoint(NAT, BOUND[4500])


def test_esp_again_moves_nobody_where_the_replay_check_is_off() -> None:
    """`replay disable` takes repetitions; they are no news of where the peer is."""
    world = behind_nat("crypto ipsec security-association replay disable\n")
    packet = held_back(world, 20)
    assert not drops(world.hand("b", packet))
    assert not drops(world.hand("b", from_elsewhere(packet)))
    assert where_a_is(world) == Endpoint(NAT, BOUND[4500])


def test_a_new_packet_from_elsewhere_moves_a_peer_behind_nat_and_the_next_one_brings_it_back() -> None:
    """What RFC 3947 §4 and RFC 3948 ask for, and what it costs: who holds a packet back can send it from elsewhere."""
    world = behind_nat()
    effects = world.hand("b", from_elsewhere(held_back(world, 20)))
    assert not drops(effects)
    assert where_a_is(world) == Endpoint(STRANGER, BOUND[4500])
    world.ping(sequence=21)
    assert where_a_is(world) == Endpoint(NAT, BOUND[4500])
    assert world.ping(sequence=22)


def test_an_older_packet_that_was_held_back_moves_nobody() -> None:
    world = behind_nat()
    older, newer = held_back(world, 20), held_back(world, 21)
    assert not drops(world.hand("b", newer))
    assert not drops(world.hand("b", from_elsewhere(older)))
    assert where_a_is(world) == Endpoint(NAT, BOUND[4500])


@pytest.mark.parametrize(("address", "port"), [(STRANGER, 500), (A, 501), (STRANGER, 4500)])
def test_a_peer_without_nat_stays_even_by_what_is_new_and_verified(address: IPv4Address, port: int) -> None:
    world = Middle()
    world.bring_up()
    for to in ("a", "b"):
        question = Notify(NotifyType.CISCO_HELLO, ProtocolId.ISAKMP, b"")
        before = sa_of(world, to).path
        effects = world.hand(to, from_elsewhere(protected(world, to, 0x0C0FFEE0, question), address, port))
        assert not drops(effects)
        assert sa_of(world, to).path == before
    assert world.standing()
    assert world.ping(sequence=9)


def test_esp_of_a_peer_without_nat_is_taken_from_anywhere_and_answered_to_the_peer() -> None:
    world = Middle()
    world.bring_up()
    kept: list[Flight] = []

    def keep(flight: Flight) -> list[Ipv4]:
        kept.append(flight)
        return []

    world.middle = keep
    world.ping(sequence=20)
    assert not drops(world.hand("b", from_elsewhere(kept[0].packet)))
    assert world.boxes["b"].sad.states()[0].pair.path.remote.address == A
    assert sa_of(world, "b").peer == A


# --- before authentication -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", MAIN_MODE[1:])
def test_a_message_of_main_mode_from_another_address_is_nobodys(label: str) -> None:
    """A copy comes first from elsewhere, complete: nothing changes, and the negotiation stays between the two."""
    world, tried = Middle(), []

    def between(flight: Flight) -> list[Ipv4]:
        if flight.label == label:
            tried.append(label)
            before = world.snapshot(flight.target)
            effects = world.hand(flight.target, from_elsewhere(flight.packet))
            assert [drop.reason for drop in drops(effects)] == [Drop.UNKNOWN_COOKIE]
            assert not sends(effects)
            assert world.snapshot(flight.target) == before
        return [flight.packet]

    world.middle = between
    world.bring_up()
    assert tried == [label]
    assert world.standing()


@pytest.mark.parametrize("label", EXCHANGE)
def test_another_port_on_one_message_leads_nobody_away(label: str) -> None:
    """The tunnel comes up, and both go on at the ports of IKE."""
    world, tried = Middle(), []

    def between(flight: Flight) -> list[Ipv4]:
        if flight.label == label and not tried:
            tried.append(label)
            return [from_elsewhere(flight.packet, flight.packet.source, 1234)]
        return [flight.packet]

    world.middle = between
    world.ping()
    world.wait(30)
    world.ping(sequence=2)
    assert world.ping(sequence=3)
    assert world.standing()
    if label != "MM1":
        assert sa_of(world, "a").path.remote == Endpoint(B, 500)
        assert sa_of(world, "b").path.remote == Endpoint(A, 500)
