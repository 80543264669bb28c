"""What anybody can say in clear, with the right cookies, at every point of an exchange: it changes nothing."""

import pytest
from man_in_the_middle import ADDRESS, EXCHANGE, OTHER, Flight, Middle, drops, sends, udp_packet

from mainmode.base.codes import ExchangeType, NotifyType, ProtocolId
from mainmode.base.errors import Drop
from mainmode.crypto.skeyid import hash_1
from mainmode.device.decision import BoxEffect
from mainmode.ike.effects import Dropped, Say
from mainmode.wire.ip import Ipv4
from mainmode.wire.message import Message, write_payloads
from mainmode.wire.payloads import Delete, Hash, Notify, Payload

UNKNOWN = 31_337
KINDS = (*[kind for kind in NotifyType if kind.known], NotifyType(UNKNOWN))


def lies(world: Middle) -> list[tuple[Payload, ...]]:
    """Every notify type and every delete, about the IKE SA and about the IPsec SAs that stand or may stand."""
    cookies = cookies_of(world)
    spis = [state.pair.inbound_spi.to_bytes(4) for box in world.boxes.values() for state in box.sad.states()]
    said: list[tuple[Payload, ...]] = [(Notify(kind, ProtocolId.ISAKMP, cookies, bytes(4)),) for kind in KINDS]
    said += [(Notify(kind, ProtocolId.ESP, spi),) for kind in KINDS for spi in spis[:1]]
    said += [(Delete(ProtocolId.ISAKMP, (cookies,)),)]
    said += [(Delete(ProtocolId.ESP, tuple(spis or [bytes(4)])),)]
    said += [(Hash(bytes(20)), Delete(ProtocolId.ISAKMP, (cookies,)))]
    said += [(Hash(bytes(20)), Notify(NotifyType.INITIAL_CONTACT, ProtocolId.ISAKMP, cookies))]
    return said


def cookies_of(world: Middle) -> bytes:
    """Both cookies as the last packet showed them; the responder's is zero in the first."""
    return next(flight.ike[:16] for flight in reversed(world.sent) if flight.label != "ESP")


def told(world: Middle, to: str, payloads: tuple[Payload, ...]) -> Ipv4:
    cookies = cookies_of(world)
    message = Message(cookies[:8], cookies[8:], ExchangeType.INFORMATIONAL, 0, payloads)
    return udp_packet(message.encode(), ADDRESS[OTHER[to]], ADDRESS[to])


def lie_to_both(world: Middle) -> int:
    """How many lies were told; each is dropped as what it is, and nothing changes and nothing leaves."""
    said = lies(world)
    for to in ("a", "b"):
        before = world.snapshot(to)
        for payloads in said:
            effects = world.hand(to, told(world, to, payloads))
            assert [drop.reason for drop in drops(effects)] == [Drop.UNENCRYPTED]
            assert all(isinstance(effect, Dropped | Say) for effect in effects), f"{payloads} to {to}"
        assert world.snapshot(to) == before, f"something said to {to} changes something"
    return 2 * len(said)


def test_notifies_and_deletes_in_clear_change_nothing_at_any_point_of_an_exchange() -> None:
    world = Middle()
    points = []

    def between(flight: Flight) -> list[Ipv4]:
        if flight.label in EXCHANGE:
            points.append((flight.label, lie_to_both(world)))
        return [flight.packet]

    world.middle = between
    world.bring_up()
    assert [label for label, _ in points] == list(EXCHANGE)
    assert all(count >= 2 * len(KINDS) for _, count in points)
    assert lie_to_both(world) > 4 * len(KINDS)
    assert world.standing()
    assert world.ping(sequence=3)


def test_they_change_nothing_during_a_renewal_of_both_phases() -> None:
    world = Middle()
    world.bring_up()
    told_at: set[str] = set()

    def between(flight: Flight) -> list[Ipv4]:
        if flight.label in EXCHANGE and flight.label not in told_at:
            told_at.add(flight.label)
            lie_to_both(world)
        return [flight.packet]

    world.middle = between
    for state in world.boxes["a"].sad.states():
        world.carry("a", world.boxes["a"].renew(state.pair.inbound_spi, world.now))
    engine = world.boxes["a"]._plane.engine
    sa = engine._table.all()[0]
    sa.renew_at = world.now
    engine._table.touch(sa)
    engine._close(engine._turn(world.now))
    world.wait(8)
    assert told_at >= set(EXCHANGE)
    world.middle = lambda flight: [flight.packet]
    world.wait(120)
    assert world.standing()
    assert len(world.up("a")) == 2
    assert world.ping(sequence=9)


@pytest.mark.parametrize("exchange", [ExchangeType.QUICK_MODE, ExchangeType.MAIN_MODE, ExchangeType.INFORMATIONAL])
def test_a_hash_in_clear_is_no_protection(exchange: ExchangeType) -> None:
    """The payloads of a protected message, without the encryption: even with a HASH that verifies it counts nothing."""
    world = Middle()
    world.bring_up()
    for to in ("a", "b"):
        sa = world.boxes[to]._plane.engine._table.all()[0]
        assert sa.hash is not None
        assert sa.keys is not None
        cookies = sa.cookie_i + sa.cookie_r
        rest = (Delete(ProtocolId.ISAKMP, (cookies,)),)
        digest = hash_1(sa.hash, sa.keys.a.reveal(), 77, write_payloads(rest))
        message = Message(sa.cookie_i, sa.cookie_r, exchange, 77, (Hash(digest), *rest))
        before = world.snapshot(to)
        effects: list[BoxEffect] = world.hand(to, udp_packet(message.encode(), ADDRESS[OTHER[to]], ADDRESS[to]))
        assert {drop.reason for drop in drops(effects)} <= {Drop.UNENCRYPTED, Drop.UNEXPECTED_MESSAGE}
        assert drops(effects)
        assert not sends(effects)
        assert world.snapshot(to) == before
