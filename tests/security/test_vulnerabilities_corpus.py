"""Malformed messages by the hundred, as the PROTOS suite (c09-isakmp) has them: octets changed, lengths wrong, cut."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from siege import KEY, OURS, PEER, SPENT, START, STRANGER, Seen, Siege, chain_of, configuration, datagram, noise, told
from test_vulnerabilities_datagrams import first_message

from mainmode.base.address import Endpoint, Path
from mainmode.base.codes import Doi, ExchangeType, IdType, NotifyType, PayloadType, ProtocolId
from mainmode.base.errors import Drop
from mainmode.device.box import Box
from mainmode.device.config.reader import read
from mainmode.gateway.clock import Clock
from mainmode.gateway.gateway import Gateway
from mainmode.ike.effects import Send
from mainmode.ike.fsm import State
from mainmode.ike.inbound import Inbound
from mainmode.ike.sa import Turn
from mainmode.lab.entropy import SeededEntropy
from mainmode.wire.message import write_payloads
from mainmode.wire.payloads import Delete, Notify, VendorId

FORMATS = b"%s%s%n%x {0.__class__} ${jndi:x} $(reboot) `id` ;id|id& \x1b[2J\r\n\0 \xe2\x80\xae"
"""What has been a template, a command or a terminal's in somebody's code."""


def broken(octets: bytes, header: bool = True, dense: int = 72, step: int = 5) -> Iterator[bytes]:
    """A message with one octet changed, two octets gone, or its end cut off; with lengths that fit and do not.

    At each of the first `dense` places, and then at every so many.
    """
    start = 28 if header else 0

    def fitted(changed: bytes) -> bytes:
        return changed[:24] + len(changed).to_bytes(4) + changed[28:] if header and len(changed) >= 28 else changed

    places = [*range(min(len(octets), dense)), *range(dense, len(octets), step)]
    for place in places:
        for value in sorted({0, 0xFF, octets[place] ^ 0x81} - {octets[place]}):
            yield octets[:place] + bytes([value]) + octets[place + 1 :]
    for place in places:
        yield octets[:place]
        if place >= start:
            yield fitted(octets[:place])
            yield fitted(octets[:place] + octets[place + 2 :])
            yield fitted(octets[:place] + octets[place : place + 40] * 3)


def test_malformed_first_messages_of_both_modes(observed) -> None:
    """From as many sources as there are messages."""
    world = Siege()
    main = first_message((PayloadType.VENDOR, FORMATS), (PayloadType.VENDOR, b""), (200, noise(8)))
    name = bytes([IdType.KEY_ID, 17]) + (500).to_bytes(2) + FORMATS
    offer = main[28 : 28 + 56]
    further = ((PayloadType.KE, noise(128, KEY)), (PayloadType.NONCE, noise(20)), (PayloadType.ID, name))
    behind = chain_of(*further)
    aggressive = datagram(PayloadType.SA, bytes([behind[0]]) + offer[1:] + behind[1], exchange=ExchangeType.AGGRESSIVE)
    count = 0
    for whole in (main, aggressive):
        for octets in broken(whole):
            count += 1
            world.strike(octets, IPv4Address(0x0B000000 + count))
    assert count > 1000
    assert not [effect for effect in world.seen.answers if len(effect.datagram) > 2 * len(main)]
    observed(world.survived(marked=FORMATS + noise(128) + noise(128, KEY), wait=70))


def half_open() -> tuple[Siege, bytes]:
    """Ours waits for MM3 of its genuine peer, which was held back; what ours sends from here on goes nowhere."""
    held: list[bytes] = []

    def withheld(side: str, send: Send) -> bytes | None:
        if send.step.value == "MM3":
            held.append(send.datagram)
        return None if held else send.datagram

    world = Siege()
    before = world.before
    world.filter = withheld
    world.ping()
    world.mark().before = before
    assert world.sa().state is State.MM_WAIT_MSG3
    return world, held[0]


def test_malformed_third_messages(observed) -> None:
    """From the genuine peer's address, with the true cookies. Where ours goes on, it waits for MM5 in vain."""
    world, whole = half_open()
    worlds = [world]
    for octets in broken(whole, dense=28, step=53):
        if world.sa().state is not State.MM_WAIT_MSG3:
            world, _ = half_open()
            worlds.append(world)
        world.strike(octets, PEER)
        assert world.sa().state in (State.MM_WAIT_MSG3, State.MM_WAIT_MSG5)
    assert 1 < len(worlds) < 80
    observed(told(Seen([effect for one in worlds for effect in one.seen.effects])))
    for one in worlds:
        one.survived(marked=whole[32:184], wait=70)


def test_malformed_informational_messages_under_valid_keys(observed) -> None:
    world = Siege().standing()
    sa = world.sa()
    cookies = sa.cookie_i + sa.cookie_r
    whole = write_payloads(
        (
            Notify(NotifyType(4711), ProtocolId.ESP, noise(4), FORMATS),
            Notify(NotifyType.R_U_THERE, ProtocolId.ISAKMP, cookies, bytes(4)),
            Delete(ProtocolId.ESP, (noise(4), noise(4, "b"))),
            Delete(ProtocolId(77), (noise(8),), doi=Doi(0x80000001)),
            VendorId(FORMATS),
        )
    )
    for octets in broken(whole, header=False):
        world.protected(raw=(PayloadType.NOTIFY, octets))
    assert world.ours.sad.states()
    observed(world.survived(kept=SPENT, permitted=cookies, marked=FORMATS))


def test_malformed_quick_modes_under_valid_keys(observed) -> None:
    """No change of them brings up a tunnel that the configuration does not have, or ends the one that stands."""
    world = Siege().standing()
    transform = bytes([0, 0, 0, 28, 1, 12, 0, 0]) + bytes.fromhex("80010001 80020e10 80040001 80050002 80060080")
    proposal = bytes([0, 0, 0, 40, 1, 3, 4, 1]) + bytes.fromhex("c0ffee01") + transform
    offer = (PayloadType.SA, bytes([0, 0, 0, 1, 0, 0, 0, 1]) + proposal)
    ids = [
        (PayloadType.ID, bytes([IdType.IPV4_ADDR_SUBNET, 0, 0, 0, 192, 168, net, 0, 255, 255, 255, 0]))
        for net in (1, 2)
    ]
    first, whole = chain_of(offer, (PayloadType.NONCE, noise(20)), *ids, (PayloadType.VENDOR, FORMATS))
    before = world.ours.sad.states()
    for octets in broken(whole, header=False, dense=len(whole) - len(FORMATS), step=60):
        if len(world.sa().quick_modes) > 60:
            world.wait(200)
        seen = world.protected(raw=(first, octets), exchange=ExchangeType.QUICK_MODE)
        assert Drop.LIMIT_REACHED not in seen.drops
        for qm in [*world.sa().quick_modes.values()]:
            assert qm.proxies == before[0].pair.proxies
    assert world.ours.sad.states() == before
    observed(world.survived(marked=FORMATS + noise(20), kept=SPENT, wait=200))


@dataclass
class Sender:
    """Keeps what is sent."""

    sent: list[bytes] = field(default_factory=list)

    def send(self, octets: bytes, path: Path) -> None:
        """Kept."""
        self.sent.append(octets)


def test_a_fault_of_ours_in_one_packet_ends_that_packet_only(monkeypatch, observed) -> None:
    """A reader that raises what no reader may: the gateway tells where, not what, and serves the next datagram."""
    told: list[str] = []
    box = Box(read(configuration(2), "b.cfg"), SeededEntropy(8, "b"), START)
    gateway = Gateway(box, Clock(lambda: START * 1000, lambda: 0), told.append)
    gateway.sender = sender = Sender()
    genuine = Inbound.receive

    def faulty(inbound: Inbound, octets: bytes, turn: Turn) -> None:
        if noise(20) in octets:
            raise ValueError(f"the key {KEY} in a text")
        genuine(inbound, octets, turn)

    monkeypatch.setattr(Inbound, "receive", faulty)
    path = Path(Endpoint(OURS, 500), Endpoint(STRANGER, 500))
    for _ in range(3):
        gateway.datagram_arrived(datagram(PayloadType.SA, noise(40)), path)
        gateway.datagram_arrived(first_message(cookie=noise(8, str(len(sender.sent)))), path)
    assert [gateway.faults.total(), len(told), len(sender.sent)] == [3, 1, 3]
    assert "ValueError in test_vulnerabilities_corpus.py" in told[0]
    assert not [line for line in (*told, *box.journal.log.messages) if KEY in line]
    observed("the fault is counted and told once by its place; each next first message gets MM2")
