"""Captures of packets of our own making: NAT, fragments, the other version, ICMP, one-way ESP, viewpoints, damage."""

import struct
from io import BytesIO
from ipaddress import IPv4Address

import pytest
from captures import facts, played, secrets, told

from mainmode.base.address import Endpoint
from mainmode.base.codes import ExchangeType, IdType, NotifyType, ProtocolId
from mainmode.base.instant import Instant
from mainmode.capture.datagrams import Ike
from mainmode.capture.exchanges import Exchanges
from mainmode.capture.pcapng import Captured, pcapng
from mainmode.capture.reading import read
from mainmode.catalogue.facts import (
    Began,
    Carried,
    Exchange,
    Floated,
    GaveUp,
    Identity,
    NatFound,
    Phase,
    Role,
    Spi,
    Symptom,
    Told,
    Up,
    Vendor,
    Way,
    Whose,
)
from mainmode.catalogue.facts import (
    Message as Sent,
)
from mainmode.catalogue.facts import (
    Notify as Notified,
)
from mainmode.crypto.algorithms import SHA1
from mainmode.crypto.skeyid import nat_d
from mainmode.ike.fragments import pieces_of
from mainmode.wire.ip import Ipv4, Udp, read_ipv4, read_udp
from mainmode.wire.message import Message
from mainmode.wire.payloads import (
    Hash,
    Identification,
    KeyExchange,
    NatDiscovery,
    Nonce,
    Notify,
    Payload,
    SecurityAssociation,
    VendorId,
)

A, B, C = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2"), IPv4Address("10.0.0.3")
PUBLIC = IPv4Address("198.51.100.7")
ICOOKIE, RCOOKIE = bytes(range(1, 9)), bytes(range(11, 19))
Row = tuple[float, bytes]


def capture(*rows: Row) -> bytes:
    """A capture of packets at their seconds."""
    packets = [Captured(0, Instant(round(at * 1_000_000)), packet) for at, packet in rows]
    return pcapng("test", ["outside"], packets)


def udp(source: IPv4Address, destination: IPv4Address, octets: bytes, port: int = 500) -> bytes:
    return Ipv4(source, destination, 17, Udp(port, port, octets).encode(source, destination)).encode()


def message(exchange: ExchangeType, *payloads: Payload, rcookie: bytes = RCOOKIE, message_id: int = 0) -> bytes:
    return Message(ICOOKIE, rcookie, exchange, message_id, payloads).encode()


def sa() -> SecurityAssociation:
    """The lab's phase 1 offer: 3DES, SHA-1, group 2, a pre-shared key."""
    for _, seen in read(BytesIO(pcapng("test", ["x"], played().packets[:1]))):
        assert isinstance(seen, Ike)
        payloads = Exchanges().hear(seen).payloads
        return next(one for one in payloads if isinstance(one, SecurityAssociation))
    raise ValueError


MAIN = ExchangeType.MAIN_MODE
KE, NONCE = KeyExchange(bytes(128)), Nonce(bytes(20))


def main_mode(as_seen: IPv4Address, nat: tuple[Endpoint, ...]) -> list[Row]:
    """MM1 to MM4 on the wire between `as_seen` and B; `nat`: what MM3 and MM4 say of destination and source."""

    def discovery(end: Endpoint) -> NatDiscovery:
        return NatDiscovery(nat_d(SHA1, ICOOKIE, RCOOKIE, end))

    there, here, back, own = map(discovery, nat)
    return [
        (0, udp(as_seen, B, message(MAIN, sa(), rcookie=bytes(8)))),
        (1, udp(B, as_seen, message(MAIN, sa()))),
        (2, udp(as_seen, B, message(MAIN, KE, NONCE, there, here))),
        (3, udp(B, as_seen, message(MAIN, KE, NONCE, back, own))),
    ]


def test_a_nat_in_front_of_the_initiator_is_found_on_both_sides_of_it() -> None:
    ends = (Endpoint(B, 500), Endpoint(A, 500), Endpoint(PUBLIC, 1024), Endpoint(B, 500))
    inside, _ = told(capture(*main_mode(A, ends)))
    assert facts(inside, NatFound) == [NatFound(own=True, peer=False)]
    outside, _ = told(capture(*main_mode(PUBLIC, ends)))
    assert facts(outside, NatFound) == [NatFound(own=True, peer=None), NatFound(own=True, peer=False)]
    other, _ = told(capture(*main_mode(PUBLIC, ends)), own="10.0.0.2")
    assert facts(other, NatFound)[-1] == NatFound(own=False, peer=True)


def test_without_nat_both_say_so_at_the_fourth_message() -> None:
    ends = (Endpoint(B, 500), Endpoint(A, 500), Endpoint(A, 500), Endpoint(B, 500))
    records, _ = told(capture(*main_mode(A, ends)))
    assert [
        (record.first, fact) for record in records for fact in record.reading.facts if isinstance(fact, NatFound)
    ] == [(4, NatFound(own=False, peer=False))]


def test_what_goes_on_to_another_port_floats_once() -> None:
    marked = bytes(4) + message(MAIN, Hash(bytes(20)))
    rows = [(0.0, udp(A, B, message(MAIN, sa(), rcookie=bytes(8)))), (1.0, udp(A, B, marked, 4500))]
    records, _ = told(capture(*rows, (2.0, udp(B, A, marked, 4500))))
    assert facts(records, Floated) == [Floated(4500)]
    assert [record.reading.step for record in records[:3]] == ["MM1", "MM5", "MM6"]


def test_fragments_of_ike_are_put_together_in_any_order() -> None:
    whole = message(MAIN, sa(), VendorId(bytes.fromhex("09002689dfd6b712")), VendorId(bytes(400)), rcookie=bytes(8))
    pieces = [one.encode() for one in pieces_of(whole, 200, 7)]
    assert len(pieces) > 2
    for order in (pieces, pieces[::-1]):
        records, _ = told(capture(*((number / 10, udp(A, B, one)) for number, one in enumerate(order))))
        assert [record.reading.step for record in records] == [""] * len(pieces) + ["MM1"]
        assert [fact.payloads for fact in facts(records, Sent)][:-1] == [("FRAGMENT",)] * len(pieces)
        assert facts(records, Vendor) == [Vendor(Whose.OWN, "XAUTH")]
        assert facts(records, Began) == [Began(Phase.ONE, Role.INITIATOR, exchange=Exchange.MAIN)]
    records, _ = told(capture(*((number / 10, udp(A, B, one)) for number, one in enumerate(pieces[:-1]))))
    assert facts(records, Began) == []


def ikev2(exchange: int, response: bool, first: int = 0, body: bytes = b"", spi: bytes = ICOOKIE) -> bytes:
    flags = 0x20 if response else 0x08
    head = spi + bytes(8) + bytes((first, 0x20, exchange, flags)) + bytes(4)
    return head + (28 + len(body)).to_bytes(4) + body


def test_ikev2_is_the_wrong_version_where_it_is_refused_or_the_other_end_begins_with_the_first() -> None:
    ask = udp(A, B, ikev2(34, False, 40, struct.pack(">BBH", 0, 0, 24) + bytes(20)))
    once, captured = told(capture((0, ask)))
    assert facts(once, Sent) == [Sent(Way.SENT, Exchange.IKEV2, ("NONCE",), 52, name="IKE_SA_INIT")]
    assert facts(once, Told) == []
    assert "1 message of IKEv2" in captured.notes[1]
    twice, _ = told(capture((0, ask), (2, ask)))
    assert [fact.symptom for fact in facts(twice, Told)] == [Symptom.NO_RESPONSE]
    notify = struct.pack(">BBHBBH", 0, 0, 8, 0, 0, 5)
    refused, _ = told(capture((0, ask), (1, udp(B, A, ikev2(34, True, 41, notify)))))
    assert facts(refused, Notified) == [Notified(Way.RECEIVED, "INVALID-MAJOR-VERSION", False, Phase.ONE)]
    assert [fact.symptom for fact in facts(refused, Told)] == [Symptom.IKE_VERSION]
    went_on, _ = told(capture((0, ask), (1, udp(B, A, ikev2(34, True))), (2, udp(A, B, ikev2(35, False)))))
    assert facts(went_on, Told) == []
    first = udp(B, A, message(MAIN, sa(), rcookie=bytes(8)))
    for rows in (((0, ask), (1, first)), ((0, first), (1, ask))):
        both, _ = told(capture(*rows))
        assert facts(both, Told) == [Told(Symptom.IKE_VERSION, Phase.ONE, "10.0.0.1 speaks IKEv2")]


def test_a_responder_that_takes_the_other_version_only_is_heard() -> None:
    refusal = Notify(NotifyType.INVALID_MAJOR_VERSION, ProtocolId.ISAKMP, b"")
    rows = (
        (0, udp(A, B, message(MAIN, sa(), rcookie=bytes(8)))),
        (1, udp(B, A, message(ExchangeType.INFORMATIONAL, refusal))),
    )
    records, _ = told(capture(*rows))
    assert [fact.symptom for fact in facts(records, Told)] == [Symptom.IKE_VERSION]
    assert facts(records, GaveUp) == [GaveUp(Phase.ONE, "MM2")]


def test_an_error_of_icmp_is_about_the_peer() -> None:
    packet = udp(A, B, message(MAIN, sa(), rcookie=bytes(8)))
    error = Ipv4(PUBLIC, A, 1, bytes((3, 10)) + bytes(6) + packet[:28]).encode()
    records, _ = told(capture((0, packet), (1, error)))
    [fact] = facts(records, Told)
    assert fact == Told(Symptom.UNREACHABLE, None, f"host administratively prohibited, from {PUBLIC}, about UDP 500")
    assert records[1].reading.tag.peer == "10.0.0.2"
    too_big = Ipv4(PUBLIC, A, 1, bytes((3, 4, 0, 0, 0, 0)) + (1400).to_bytes(2) + packet[:28]).encode()
    records, _ = told(capture((0, packet), (1, too_big)))
    assert [fact.symptom for fact in facts(records, Told)] == [Symptom.PATH_MTU]


def test_esp_is_counted_each_way() -> None:
    def esp(source: IPv4Address, destination: IPv4Address, spi: int, sequence: int) -> bytes:
        return Ipv4(source, destination, 50, struct.pack(">II", spi, sequence) + bytes(64)).encode()

    rows = [(0.0, udp(A, B, message(MAIN, sa(), rcookie=bytes(8))))]
    rows += [(1.0 + number, esp(A, B, 0xABC, number + 1)) for number in range(5)]
    one_way, _ = told(capture(*rows))
    assert facts(one_way, Spi) == [Spi("00000abc", Whose.PEER)]
    assert facts(one_way, Carried) == [Carried(5, 0, "packets", whole=True)]
    both, _ = told(capture(*rows, (9, esp(B, A, 0xABC, 1))), own="10.0.0.2")
    assert facts(both, Spi) == [Spi("00000abc", Whose.OWN), Spi("00000abc", Whose.PEER)]
    assert facts(both, Carried) == [Carried(1, 5, "packets", whole=True)]


def test_the_end_with_several_peers_is_the_own_one() -> None:
    def begins(source: IPv4Address, destination: IPv4Address, cookie: int) -> bytes:
        return udp(source, destination, Message(bytes([cookie]) * 8, bytes(8), MAIN, 0, (sa(),)).encode())

    rows = [(0.0, begins(B, A, 1)), (1.0, begins(C, A, 2)), (2.0, begins(A, PUBLIC, 3))]
    records, captured = told(capture(*rows))
    assert {record.reading.tag.local for record in records} == {"10.0.0.1"}
    assert [record.reading.tag.peer for record in records] == ["10.0.0.2", "10.0.0.3", str(PUBLIC)]
    assert "seen from 10.0.0.1" in captured.notes[0]
    records, _ = told(capture(*rows), peer="10.0.0.1")
    assert [record.reading.tag.local for record in records] == ["10.0.0.2", "10.0.0.3", str(PUBLIC)]


def test_identities_of_aggressive_mode_are_in_clear() -> None:
    who = Identification(IdType.FQDN, 17, 500, b"branch.example\x1b[2J")
    first = message(ExchangeType.AGGRESSIVE, sa(), KE, NONCE, who, rcookie=bytes(8))
    records, _ = told(capture((0, udp(A, B, first))))
    assert facts(records, Identity) == [Identity(Whose.OWN, "FQDN", "branch.example\\x1b[2J")]
    assert records[0].reading.step == "AM1"
    assert records[0].text.isprintable()


def test_a_message_that_breaks_off_tells_what_it_has() -> None:
    whole = message(MAIN, sa(), VendorId(bytes.fromhex("09002689dfd6b712")), VendorId(bytes(40)), rcookie=bytes(8))
    broken = whole[:-2]
    broken = broken[:24] + len(broken).to_bytes(4) + broken[28:]
    records, _ = told(capture((0, udp(A, B, broken))))
    assert facts(records, Vendor) == [Vendor(Whose.OWN, "XAUTH")]
    [fact] = facts(records, Told)
    assert fact.symptom is Symptom.MALFORMED
    cut = Captured(0, Instant(0), udp(A, B, whole), kept=120)
    records, _ = told(pcapng("test", ["x"], [cut]))
    assert facts(records, Told) == []
    assert "of its octets were not captured" in records[0].text


def test_a_device_s_own_capture_holds_messages_in_clear_beside_the_encrypted_ones() -> None:
    result = played()
    exchanges = Exchanges(secrets(result))
    rows: list[Captured] = []
    for packet, (_, seen) in zip(
        result.packets, read(BytesIO(pcapng("test", result.interfaces, result.packets))), strict=True
    ):
        rows.append(packet)
        heard = exchanges.hear(seen) if isinstance(seen, Ike) else None
        if heard is None or not heard.opened:
            continue
        header, outer = heard.header, read_ipv4(packet.packet)
        clear = Message(
            header.initiator_cookie, header.responder_cookie, header.exchange, header.message_id, heard.payloads
        ).encode()
        ports = read_udp(outer)
        inner = Udp(ports.source_port, ports.destination_port, clear).encode(outer.source, outer.destination)
        copy = Captured(packet.interface, packet.at, outer._replace(payload=inner).encode())
        rows.append(copy) if len(rows) % 2 else rows.insert(-1, copy)
    records, _ = told(pcapng("test", result.interfaces, rows))
    plain, _ = told(pcapng("test", result.interfaces, result.packets), secrets(result))
    assert facts(records, Identity) == facts(plain, Identity)
    assert facts(records, Up) == facts(plain, Up)
    assert facts(records, Began) == facts(plain, Began)
    assert [fact.name for fact in facts(records, Sent) if not fact.again] == [
        fact.name for fact in facts(plain, Sent) if not fact.again
    ]
    assert facts(records, GaveUp) == facts(records, Told) == []


@pytest.mark.parametrize("repeats", [1, 3])
def test_a_message_that_nobody_answers_is_told_at_the_end(repeats: int) -> None:
    first = udp(A, B, message(MAIN, sa(), rcookie=bytes(8)))
    rows = [(8.0 * number, first) for number in range(repeats + 1)]
    records, _ = told(capture(*rows))
    assert facts(records, GaveUp) == [GaveUp(Phase.ONE, "MM2", timeout=True)]
    assert [fact.symptom for fact in facts(records, Told)] == [Symptom.NO_RESPONSE]
    assert [fact.again for fact in facts(records, Sent)] == [False] + [True] * repeats
    other, _ = told(capture(*rows), own="10.0.0.2")
    assert [fact.symptom for fact in facts(other, Told)] == [Symptom.UNANSWERED]
    alone, _ = told(capture(rows[0], (0.001, first)))
    assert facts(alone, GaveUp) == []
