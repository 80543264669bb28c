"""Message ids are used once, as long as the IKE SA lives, however many came since; a NAT's mapping hangs on it."""

import pytest
from man_in_the_middle import (
    ADDRESS,
    OTHER,
    STRANGER,
    Flight,
    Middle,
    drops,
    from_elsewhere,
    sends,
    sent_back,
    udp_packet,
)

from mainmode.base.codes import ExchangeType, Flag, NotifyType, ProtocolId
from mainmode.base.errors import Drop
from mainmode.crypto.skeyid import hash_1, phase2_iv
from mainmode.ike.message_ids import MOST, RENEW, MessageIds
from mainmode.ike.protection import Chain
from mainmode.ike.sa import IkeSa
from mainmode.wire.ip import Ipv4
from mainmode.wire.message import Message, write_payloads
from mainmode.wire.payloads import Hash, Notify, Payload

MANY = 1200
"""More than were remembered once."""


def sa_of(world: Middle, name: str) -> IkeSa:
    return world.boxes[name]._plane.engine._table.all()[0]


def protected(
    world: Middle, to: str, message_id: int, *payloads: Payload, exchange: ExchangeType = ExchangeType.INFORMATIONAL
) -> Ipv4:
    """A message with valid protection, as the peer could send it."""
    sa = sa_of(world, OTHER[to])
    assert sa.hash is not None
    assert sa.keys is not None
    assert sa.cipher is not None
    digest = hash_1(sa.hash, sa.keys.a.reveal(), message_id, write_payloads(payloads))
    message = Message(sa.cookie_i, sa.cookie_r, exchange, message_id, (Hash(digest), *payloads), Flag.ENCRYPTED)
    chain = Chain(sa.cipher, sa.keys, phase2_iv(sa.hash, sa.phase1_iv, message_id, sa.cipher.block))
    return udp_packet(chain.seal(message), ADDRESS[OTHER[to]], ADDRESS[to])


def remark(world: Middle, to: str, message_id: int) -> Ipv4:
    """A protected notify that asks for nothing."""
    return protected(world, to, message_id, Notify(NotifyType.CISCO_HELLO, ProtocolId.ISAKMP, b""))


@pytest.mark.parametrize("to", ["a", "b"])
def test_an_old_message_is_none_after_a_thousand_others(to: str) -> None:
    world = Middle()
    world.bring_up()
    old = remark(world, to, 0x01010101)
    assert not drops(world.hand(to, old))
    for number in range(MANY):
        assert not drops(world.hand(to, remark(world, to, 0x02000000 + number)))
    world.wait(1)
    before = world.snapshot(to)
    for packet in (old, from_elsewhere(old)):
        assert [drop.reason for drop in drops(world.hand(to, packet))] == [Drop.REPLAYED_MESSAGE_ID]
    assert world.snapshot(to) == before


def test_our_own_message_is_none_after_a_thousand_others() -> None:
    """The hash says that one of the two made it, not which: a keepalive of ours that comes back is no sign of life."""
    world = Middle()
    world.bring_up()
    first = _asked(world)
    name = first.sender
    for number in range(MANY):
        world.hand(name, remark(world, name, 0x02000000 + number))
    before = world.snapshot(name)
    effects = world.hand(name, sent_back(first))
    assert [drop.reason for drop in drops(effects)] == [Drop.REPLAYED_MESSAGE_ID]
    assert not sends(effects)
    assert world.snapshot(name) == before


def _asked(world: Middle) -> Flight:
    """The first keepalive question of the next half minute."""
    before = len(world.sent)
    world.wait(30)
    return world.sent[before]


@pytest.mark.parametrize("exchange", [ExchangeType.QUICK_MODE, ExchangeType.INFORMATIONAL])
def test_an_id_that_was_used_in_one_exchange_is_used_in_the_other_too(exchange: ExchangeType) -> None:
    """Even by the peer itself, with good protection."""
    world = Middle()
    world.bring_up()
    quick = int.from_bytes(world.flights("QM1")[0].ike[20:24])
    said = 0x03030303
    assert not drops(world.hand("b", remark(world, "b", said)))
    for used in (quick, said):
        before = world.snapshot("b")
        notify = Notify(NotifyType.INITIAL_CONTACT, ProtocolId.ISAKMP, b"")
        effects = world.hand("b", protected(world, "b", used, notify, exchange=exchange))
        assert {drop.reason for drop in drops(effects)} <= {Drop.REPLAYED_MESSAGE_ID, Drop.UNEXPECTED_MESSAGE}
        assert drops(effects)
        assert not sends(effects)
        assert world.snapshot("b") == before
    for exchange_with_none in ExchangeType.QUICK_MODE, ExchangeType.INFORMATIONAL:
        none = protected(world, "b", 0, Notify(NotifyType.CISCO_HELLO, ProtocolId.ISAKMP, b""),
                         exchange=exchange_with_none)  # fmt: skip
        assert [drop.reason for drop in drops(world.hand("b", none))] == [Drop.REPLAYED_MESSAGE_ID]


def test_ids_are_sorted_and_there_is_an_end_to_them() -> None:
    ids = MessageIds()
    spoken = [(number * 2_654_435_761) & 0xFFFF_FFFF for number in range(1, MOST + 1)]
    for number in spoken[:-1]:
        ids.add(number)
        ids.add(number)
    assert len(ids) == MOST - 1
    assert not ids.full
    ids.add(spoken[-1])
    assert ids.full
    assert all(number in ids for number in spoken)
    assert not any((number * 2_654_435_761) & 0xFFFF_FFFF in ids for number in range(MOST + 1, MOST + 1000))


def test_so_many_ids_renew_phase_1_and_the_tunnel_goes_on() -> None:
    world = Middle()
    world.bring_up()
    for name in ("a", "b"):
        sa = sa_of(world, name)
        for number in range(RENEW - len(sa.spent_ids) - 1):
            sa.spend(0x10000000 + number, world.now)
        assert len(sa.spent_ids) == RENEW - 1
    assert len(world.up("a")) == 1
    world.wait(15)
    assert len(world.up("a")) == 2
    world.wait(120)
    assert len(world.boxes["a"].ike_sas) == 1
    assert len(sa_of(world, "a").spent_ids) < 100
    assert world.ping(sequence=50)


def test_a_peer_that_used_them_all_up_is_heard_no_more() -> None:
    world = Middle()
    world.bring_up()
    sa = sa_of(world, "b")
    for number in range(MOST - len(sa.spent_ids)):
        sa.spent_ids.add(0x10000000 + number)
    before = world.snapshot("b")
    for exchange in (ExchangeType.QUICK_MODE, ExchangeType.INFORMATIONAL):
        notify = Notify(NotifyType.CISCO_HELLO, ProtocolId.ISAKMP, b"")
        effects = world.hand("b", protected(world, "b", 0x0BADCAFE, notify, exchange=exchange))
        assert [drop.reason for drop in drops(effects)] == [Drop.LIMIT_REACHED]
    assert world.snapshot("b") == before
    assert STRANGER not in (view.peer for view in world.boxes["b"].ike_sas)
