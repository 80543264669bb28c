"""What goes to a source that has not shown that it is there: never more octets than came from it, timers included.

It has shown it once it says our cookie. A source address can be anybody's, the peer's too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from itertools import product

import pytest
from man_in_the_middle import STRANGER, A, B, Middle, drops, sends, udp_packet

from mainmode.base.codes import (
    Doi,
    ExchangeType,
    Flag,
    IdType,
    IpProtocol,
    LifeType,
    NotifyType,
    Phase1Attribute,
    ProtocolId,
)
from mainmode.device.decision import BoxEffect
from mainmode.ike.effects import Send
from mainmode.wire.ip import Ipv4
from mainmode.wire.message import Message
from mainmode.wire.payloads import (
    Attribute,
    Delete,
    Identification,
    KeyExchange,
    Nonce,
    Notify,
    Payload,
    Proposal,
    SecurityAssociation,
    Transform,
    VendorId,
)
from mainmode.wire.vendor import DPD, FRAGMENTATION, NAT_T_02, NAT_T_03, NAT_T_RFC

COOKIE = bytes(range(1, 9))
PLAIN_DRAFT_02 = bytes.fromhex("cd60464335df21f87cfdb2fc68b6a448")
WANTED = ((1, 5), (2, 2), (3, 1), (4, 2))
"""3DES, SHA, pre-shared key, group 2: what the box takes."""


@dataclass(frozen=True)
class Offer:
    """A first message by its parts."""

    what: str
    octets: bytes


def message(*payloads: Payload, exchange: ExchangeType = ExchangeType.MAIN_MODE, flags: int = 0) -> bytes:
    return Message(COOKIE, bytes(8), exchange, 0, payloads, flags).encode()


def transform(number: int = 1, lifetime: bool = False, **changed: int) -> Transform:
    attributes = [Attribute.basic_of(kind, changed.get(f"a{kind}", value)) for kind, value in WANTED]
    if lifetime:
        attributes += [Attribute.basic_of(Phase1Attribute.LIFE_TYPE, LifeType.SECONDS)]
        attributes += [Attribute.basic_of(Phase1Attribute.LIFE_DURATION, 28800)]
    return Transform(number, 1, tuple(attributes))


def offer(*transforms: Transform, spi: bytes = b"", doi: int = 1, situation: int = 1) -> SecurityAssociation:
    found = (Proposal(1, ProtocolId.ISAKMP, spi, transforms or (transform(),)),)
    return SecurityAssociation(found, Doi(doi), situation)


def first_messages() -> Iterator[Offer]:
    """From the smallest that is answered to the largest, good and bad."""
    vendor_ids = [VendorId(data) for data in (NAT_T_RFC, NAT_T_03, NAT_T_02, PLAIN_DRAFT_02, FRAGMENTATION, DPD)]
    yield Offer("the smallest", message(offer()))
    yield Offer("with a lifetime", message(offer(transform(lifetime=True))))
    for count in range(1, len(vendor_ids) + 1):
        yield Offer(f"{count} vendor IDs", message(offer(), *vendor_ids[:count]))
    for one in vendor_ids:
        yield Offer(f"vendor ID {one.data.hex()}", message(offer(), one))
    yield Offer("an SPI of 8 octets", message(offer(spi=bytes(8))))
    yield Offer("nothing that fits", message(offer(transform(a4=1))))
    yield Offer("100 transforms, none fits", message(offer(*(transform(number, a1=77) for number in range(1, 101)))))
    many = (transform(number, a1=5 if number == 254 else 9) for number in range(255))
    yield Offer("255 transforms, the last fits", message(offer(*many)))
    yield Offer("an empty offer", message(SecurityAssociation(())))
    yield Offer("a foreign DOI", message(offer(doi=7)))
    yield Offer("the generic DOI", message(offer(doi=0)))
    yield Offer("another situation", message(offer(situation=2)))
    yield Offer("two offers", message(offer(), offer()))
    yield Offer("no offer", message(KeyExchange(bytes(128)), Nonce(bytes(20))))
    yield Offer("nothing", message())
    yield Offer("a notify", message(Notify(NotifyType.INITIAL_CONTACT, ProtocolId.ISAKMP, b"")))
    for exchange in (*range(256),):
        yield Offer(f"exchange {exchange}", message(offer(), exchange=ExchangeType(exchange)))
    identity = Identification(IdType.KEY_ID, 17, 500, b"group")
    aggressive = message(offer(), KeyExchange(bytes(128)), Nonce(bytes(20)), identity, exchange=ExchangeType.AGGRESSIVE)
    yield Offer("aggressive mode", aggressive)
    yield Offer("aggressive mode, encrypted", message(offer(), exchange=ExchangeType.AGGRESSIVE, flags=Flag.ENCRYPTED))
    for kind in NotifyType:
        notify = Notify(kind, ProtocolId.ISAKMP, COOKIE + bytes(8))
        yield Offer(f"a notify in clear, {kind.name}", message(notify, exchange=ExchangeType.INFORMATIONAL))
    delete = Delete(ProtocolId.ISAKMP, (COOKIE + bytes(8),))
    yield Offer("a delete in clear", message(delete, exchange=ExchangeType.INFORMATIONAL))
    yield Offer("what says it is encrypted", message(offer(), flags=Flag.ENCRYPTED))
    yield Offer("a keepalive", b"\xff")
    yield Offer("a keepalive of another make", b"\x00")
    yield Offer("ESP", (0x12345678).to_bytes(4) + (1).to_bytes(4) + bytes(56))
    yield Offer("IKEv2", message(offer())[:17] + b"\x20" + message(offer())[18:])


def damaged() -> Iterator[Offer]:
    """A good one, each octet another, and each shorter one with its length."""
    whole = message(offer(), VendorId(NAT_T_RFC), VendorId(FRAGMENTATION))
    for octet, bit in product(range(len(whole)), (0x01, 0x80)):
        octets = bytearray(whole)
        octets[octet] ^= bit
        yield Offer(f"octet {octet}, bit {bit:#x}", bytes(octets))
    for length in range(28, len(whole)):
        yield Offer(f"{length} octets", whole[:24] + length.to_bytes(4) + whole[28:length])


def went_to(source: IPv4Address, effects: list[BoxEffect]) -> int:
    return sum(len(effect.datagram) for effect in effects if isinstance(effect, Send)
               and effect.path.remote.address == source)  # fmt: skip


class Alone:
    """One box, and nobody but strangers before it."""

    def __init__(self) -> None:
        self.world = Middle(middle=lambda flight: [])
        del self.world.boxes["a"]

    def trade(self, octets: bytes, source: IPv4Address, port: int, repeated: int = 1) -> tuple[int, int]:
        """It gets this, so often: how many octets came, and how many went to the source until nothing is due."""
        world, came, left = self.world, 0, 0
        world.heard["b"].clear()
        payload = bytes(4) + octets if port == 4500 and len(octets) > 1 else octets
        for _ in range(repeated):
            came += len(payload)
            left += went_to(source, world.hand("b", udp_packet(payload, source, B, port, port)))
        world.wait(300)
        left += went_to(source, world.heard["b"])
        assert not any(went_to(other, world.heard["b"]) for other in (A, STRANGER) if other != source)
        assert not world.boxes["b"].ike_sas
        return came, left


@pytest.mark.parametrize(("source", "port"), [(STRANGER, 500), (A, 500), (STRANGER, 4500)], ids=str)
def test_no_first_message_is_answered_with_more_octets_than_it_has(source: IPv4Address, port: int) -> None:
    answered, alone = 0, Alone()
    for tried in first_messages():
        came, left = alone.trade(tried.octets, source, port)
        assert left <= came, tried.what
        answered += left > 0
    assert answered > 15


def test_nor_is_a_damaged_one() -> None:
    answered, alone = 0, Alone()
    for tried in damaged():
        came, left = alone.trade(tried.octets, STRANGER, 500)
        assert left <= came, tried.what
        answered += left > 0
    assert answered > 50


def test_a_repetition_is_answered_once_each_and_time_alone_brings_nothing() -> None:
    for what in ("the smallest", "6 vendor IDs", "nothing that fits"):
        octets = next(one.octets for one in first_messages() if one.what == what)
        came, left = Alone().trade(octets, STRANGER, 500, repeated=9)
        assert 0 < left <= came


def test_the_answer_keeps_what_it_needs_where_the_first_message_is_small() -> None:
    """The vendor ID of fragmentation is left out; that of NAT traversal is as long as the one that asks for it."""
    sizes = {}
    for what in ("the smallest", f"vendor ID {NAT_T_RFC.hex()}", f"vendor ID {PLAIN_DRAFT_02.hex()}", "6 vendor IDs"):
        octets = next(one.octets for one in first_messages() if one.what == what)
        world = Middle(middle=lambda flight: [])
        (answer,) = sends(world.hand("b", udp_packet(octets, STRANGER, B)))
        assert answer.message is not None
        sizes[what] = len(octets), len(answer.datagram), [one.data for one in answer.message.all(VendorId)]
    assert sizes["the smallest"] == (72, 72, [])
    assert sizes[f"vendor ID {NAT_T_RFC.hex()}"] == (92, 92, [NAT_T_RFC])
    assert sizes[f"vendor ID {PLAIN_DRAFT_02.hex()}"] == (92, 92, [NAT_T_02])
    assert sizes["6 vendor IDs"][2] == [NAT_T_RFC, FRAGMENTATION]


def test_a_real_first_message_is_larger_than_its_answer() -> None:
    world = Middle()
    world.bring_up()
    sizes = {label: len(world.flights(label)[0].ike) for label in ("MM1", "MM2")}
    assert sizes["MM2"] <= sizes["MM1"]
    assert world.standing()


def test_esp_of_no_sa_is_answered_under_a_standing_ike_sa_only_and_to_its_peer() -> None:
    """From the peer's address: protected, a few in a second. From any other, or without an IKE SA: nothing."""
    esp = (0xABCDEF01).to_bytes(4) + (1).to_bytes(4) + bytes(64)
    world = Middle()
    for source in (A, STRANGER):
        effects = world.hand("b", Ipv4(source, B, IpProtocol.ESP, esp))
        assert drops(effects)
        assert not sends(effects)
    world.bring_up()
    assert not sends(world.hand("b", Ipv4(STRANGER, B, IpProtocol.ESP, esp)))
    told = []
    for number in range(100):
        told += sends(world.hand("b", Ipv4(A, B, IpProtocol.ESP, (0xABCDEF01 + number).to_bytes(4) + esp[4:])))
    assert {send.path.remote.address for send in told} == {A}
    assert all(send.message is not None and send.message.flags & Flag.ENCRYPTED for send in told)
    assert len(told) == 8
    assert sum(len(send.datagram) for send in told) < 100 * len(esp)


@pytest.mark.parametrize("exchange", [ExchangeType.QUICK_MODE, ExchangeType.INFORMATIONAL, ExchangeType.MAIN_MODE])
def test_rubbish_under_the_cookies_of_a_standing_sa_is_not_answered(exchange: ExchangeType) -> None:
    world = Middle()
    world.bring_up()
    cookies = world.flights("MM3")[0].ike[:16]
    for length, flags in product((0, 1, 8, 16, 40, 1000), (0, 1)):
        body = bytes((7 * place) % 256 for place in range(length))
        octets = Message(cookies[:8], cookies[8:], exchange, 0x01020304, (), flags).encode() + body
        octets = octets[:16] + b"\x08" + octets[17:24] + len(octets).to_bytes(4) + octets[28:]
        for source in (A, STRANGER):
            assert not sends(world.hand("b", udp_packet(octets, source, B)))
    assert world.standing()
