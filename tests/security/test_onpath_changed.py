"""Every message changed on the way: each bit of its header, each octet that is protected; cut, lengthened, misdirected.

A changed copy arrives before the message itself. It must be as if it had not come; what no hash of IKEv1 covers is
declared, and tried for what comes of it.
"""

from collections.abc import Iterator

import pytest
from man_in_the_middle import EXCHANGE, MAIN_MODE, OTHER, Flight, Middle, drops, from_elsewhere, sends

from mainmode.base.errors import Drop
from mainmode.ike.effects import Dropped, Opened, Say, Send
from mainmode.wire.ip import Ipv4
from mainmode.wire.message import HEADER_LENGTH

COOKIE_I, COOKIE_R, FLAGS = range(8), range(8, 16), 19
ENCRYPTED = 1


def not_covered(label: str, octet: int, bit: int) -> bool:
    """What IKEv1 lets anybody change: the cookie of who speaks first, and flags without a meaning."""
    if octet == FLAGS:
        return bit != ENCRYPTED
    return (label == "MM1" and octet in COOKIE_I) or (label == "MM2" and octet in COOKIE_R)


def changed_headers(flight: Flight) -> Iterator[tuple[str, bytes]]:
    """Each bit of the header flipped."""
    for octet in range(HEADER_LENGTH):
        for bit in (1 << shift for shift in range(8)):
            if not not_covered(flight.label, octet, bit):
                octets = bytearray(flight.ike)
                octets[octet] ^= bit
                yield f"bit {bit:#x} of octet {octet}", bytes(octets)


def with_length(octets: bytes) -> bytes:
    """The same with its own length in the header."""
    return octets[:24] + len(octets).to_bytes(4) + octets[28:]


def cut(flight: Flight) -> Iterator[tuple[str, bytes]]:
    """Each shorter one, as it is and with a header that agrees."""
    whole = flight.ike
    for length in range(len(whole)):
        yield f"the first {length} octets", whole[:length]
        if length >= HEADER_LENGTH:
            yield f"the first {length} octets and their length", with_length(whole[:length])


def lengthened(flight: Flight) -> Iterator[tuple[str, bytes]]:
    """Octets hung on: zeros, others, a copy of the last block; up to two blocks."""
    whole = flight.ike
    for tail in (bytes(1), bytes(4), b"\xff" * 4, whole[-8:], b"\xa5" * 8, b"\xa5" * 16, whole[-16:], bytes(16)):
        yield f"{tail.hex()} behind it", whole + tail
        yield f"{tail.hex()} behind it and the length", with_length(whole + tail)


HASHED = 40
"""Octets of MM5 and MM6 behind the header that ID and HASH take, to the end of their last block of 3DES.

HASH_I and HASH_R cover the identity and nothing behind it: RFC 2409 §5."""


def damaged(flight: Flight) -> Iterator[tuple[str, bytes]]:
    """Each octet of what is encrypted and hashed, another."""
    end = HEADER_LENGTH + HASHED if flight.label in MAIN_MODE else len(flight.ike)
    for octet in range(HEADER_LENGTH, end):
        octets = bytearray(flight.ike)
        octets[octet] ^= 0x10
        yield f"octet {octet}", bytes(octets)


def is_nothing(world: Middle, to: str, packets: Iterator[tuple[str, Ipv4]], label: str, answers: int = 0) -> int:
    """How many came; none changed anything, all were dropped. At most `answers` of our notifies went out for each."""
    before, count = world.snapshot(to), 0
    for what, packet in packets:
        effects = world.hand(to, packet)
        assert drops(effects), f"{label}: {what} is taken"
        assert len(sends(effects)) <= answers, f"{label}: {what} is answered"
        assert all(isinstance(effect, Dropped | Opened | Say | Send) for effect in effects), f"{label}: {what}"
        count += 1
    assert world.snapshot(to) == before, f"{label}: something changes"
    return count


MANIPULATIONS = {"headers": changed_headers, "cut": cut, "lengthened": lengthened, "damaged": damaged}


@pytest.mark.parametrize("manipulation", MANIPULATIONS)
def test_a_changed_copy_before_each_message_is_nothing(manipulation: str) -> None:
    world, tried = Middle(), {}
    expected = {"headers": EXCHANGE, "cut": EXCHANGE[1:]}.get(manipulation, EXCHANGE[4:])

    def between(flight: Flight) -> list[Ipv4]:
        if flight.label in expected:
            copies = ((what, flight.with_ike(octets)) for what, octets in MANIPULATIONS[manipulation](flight))
            told = 1 if flight.label == "MM5" else 0
            tried[flight.label] = is_nothing(world, flight.target, copies, flight.label, answers=told)
        return [flight.packet]

    world.middle = between
    world.bring_up()
    assert world.standing()
    assert world.ping(sequence=5)
    assert tuple(tried) == expected
    assert all(tried.values())


def test_a_cut_first_message_leaves_nothing_behind() -> None:
    world = Middle(middle=lambda flight: [])
    world.ping()
    (first,) = world.sent
    for what, octets in cut(first):
        effects = world.hand("b", first.with_ike(octets))
        assert drops(effects), what
        assert sum(len(send.datagram) for send in sends(effects)) <= len(octets), what
        assert not world.boxes["b"].ike_sas, what


@pytest.mark.parametrize("label", MAIN_MODE)
def test_what_no_hash_covers_changes_the_fate_of_one_try_only(label: str) -> None:
    """The cookie of who speaks first, in one message: that try fails or goes on by a repetition; the next one is up."""
    octet = {"MM1": 3, "MM2": 11}.get(label, FLAGS)
    world, done = Middle(), []

    def between(flight: Flight) -> list[Ipv4]:
        if flight.label == label and not done:
            done.append(flight)
            octets = bytearray(flight.ike)
            octets[octet] ^= 0x80
            return [flight.with_ike(bytes(octets))]
        return [flight.packet]

    world.middle = between
    world.ping()
    world.wait(100)
    assert done
    world.ping(sequence=2)
    world.wait(20)
    assert world.ping(sequence=3)
    assert world.standing()


@pytest.mark.parametrize("label", ["MM5", "MM6"])
@pytest.mark.parametrize("octet", range(HEADER_LENGTH + HASHED, 100, 4))
def test_what_stands_behind_the_hash_may_cost_a_try_or_the_keepalives_and_no_more(label: str, octet: int) -> None:
    """Behind ID and HASH stand vendor IDs: damaged, the peer's keepalives are unknown, or the next message is lost."""
    world, done = Middle(), []

    def between(flight: Flight) -> list[Ipv4]:
        if flight.label == label and not done:
            done.append(flight)
            octets = bytearray(flight.ike)
            octets[octet] ^= 0x10
            return [flight.with_ike(bytes(octets))]
        return [flight.packet]

    world.middle = between
    world.ping()
    world.wait(140)
    world.ping(sequence=2)
    world.wait(20)
    assert world.ping(sequence=3)
    assert world.standing()
    assert done


@pytest.mark.parametrize(("label", "octet"), [("MM1", 0), ("MM2", 8), ("MM3", 0), ("MM3", 8), ("MM4", 0), ("MM4", 8)])
def test_cookies_that_are_changed_all_the_time_bring_nothing_up(label: str, octet: int) -> None:
    world = Middle()

    def between(flight: Flight) -> list[Ipv4]:
        if flight.label != label:
            return [flight.packet]
        octets = bytearray(flight.ike)
        octets[octet] ^= 0x40
        return [flight.with_ike(bytes(octets))]

    world.middle = between
    world.ping()
    world.wait(100)
    assert not world.up("a")
    assert not world.up("b")
    assert not any(box.ike_sas for box in world.boxes.values())


def test_messages_of_one_sa_are_nothing_under_the_cookies_of_another() -> None:
    """Two tunnels of the same two, one after the other: each message of the first with the second's cookies."""
    world = Middle()
    world.bring_up()
    first = world.flights(*EXCHANGE)
    world.carry("a", world.boxes["a"].clear(None, world.now))
    before = len(world.sent)
    world.bring_up()
    second = next(flight.ike[:16] for flight in world.sent[before:] if flight.label == "MM3")
    assert second != first[2].ike[:16]
    for flight in first:
        if flight.label not in ("MM1",):
            packet = flight.with_ike(second + flight.ike[16:])
            is_nothing(world, flight.target, iter([("other cookies", packet)]), flight.label)
            elsewhere = from_elsewhere(packet)
            is_nothing(world, flight.target, iter([("other cookies from elsewhere", elsewhere)]), flight.label)
    swapped = [flight for flight in first if flight.label != "MM1"]
    for flight in swapped:
        cookies = second[8:] + second[:8]
        packet = flight.with_ike(cookies + flight.ike[16:])
        is_nothing(world, flight.target, iter([("cookies the other way round", packet)]), flight.label)
        is_nothing(world, OTHER[flight.target], iter([("to its sender", packet._replace(
            source=packet.destination, destination=packet.source))]), flight.label)  # fmt: skip
    assert world.standing()
    assert world.ping(sequence=8)


def test_esp_changed_anywhere_is_dropped_and_the_window_stays() -> None:
    world = Middle()
    world.bring_up()
    fresh: list[Flight] = []

    def keep(flight: Flight) -> list[Ipv4]:
        fresh.append(flight)
        return []

    world.middle = keep
    world.ping(sequence=20)
    (flight,) = fresh
    esp = flight.packet.payload
    standing = world.boxes["b"].sad.states()[0].inbound.window.bitmap()
    for octet in range(len(esp)):
        changed = esp[:octet] + bytes([esp[octet] ^ 0x04]) + esp[octet + 1 :]
        first, *_ = drops(world.hand("b", flight.packet._replace(payload=changed)))
        assert first.reason in (Drop.BAD_ICV, Drop.UNKNOWN_SPI, Drop.REPLAY), f"octet {octet}"
    for length in range(len(esp)):
        assert drops(world.hand("b", flight.packet._replace(payload=esp[:length])))
    assert world.boxes["b"].sad.states()[0].inbound.window.bitmap() == standing
    assert not drops(world.hand("b", flight.packet))
