"""What a peer answers MM5 with instead of MM6 explains why phase 1 fails, and changes nothing else."""

import pytest
from long_life import End, Wire, World
from pair import A, B, settings

from mainmode.base.codes import ExchangeType, Flag, NotifyType, ProtocolId
from mainmode.base.errors import Drop
from mainmode.crypto.skeyid import hash_1, phase2_iv
from mainmode.ike.effects import Cause, Dropped, Failure, Phase1Down, Send, Step
from mainmode.ike.protection import Chain
from mainmode.wire.message import Message, write_payloads
from mainmode.wire.payloads import Hash, Nonce, Notify, Payload

MESSAGE_ID = 0x01020304
REFUSAL = Notify(NotifyType.AUTHENTICATION_FAILED, ProtocolId.ISAKMP, b"", b"")


def waiting_for_mm6() -> tuple[World, End]:
    """A's MM5 is on its way, and never arrives."""
    world = World(
        Wire(blocked=lambda side, what: isinstance(what, Send) and what.step is Step.MM5),
        a=settings(A),
        b=settings(B),
    )
    world.packet("a")
    world.run(2)
    return world, world.ends["a"]


def answered(end: End, world: World, *payloads: Payload, right: bool = True) -> None:
    """An informational message with these payloads behind its hash; with `right` False the hash is another one."""
    (sa,) = end.engine._table.all()
    digest = hash_1(sa.hash, sa.keys.a.reveal(), MESSAGE_ID, write_payloads(payloads))
    message = Message(
        sa.cookie_i,
        sa.cookie_r,
        ExchangeType.INFORMATIONAL,
        MESSAGE_ID,
        (Hash(digest if right else bytes(len(digest))), *payloads),
        Flag.ENCRYPTED,
    )
    chain = Chain(sa.cipher, sa.keys, phase2_iv(sa.hash, sa.chain.iv, MESSAGE_ID, sa.cipher.block))
    received(end, world, chain.seal(message))


def received(end: End, world: World, datagram: bytes) -> None:
    (sa,) = end.engine._table.all()
    world.note(end, end.engine.receive(datagram, sa.path, world.now))
    assert [drop.reason for drop in end.kinds(Dropped)][-1] in (Drop.UNEXPECTED_MESSAGE, Drop.NOT_DECRYPTABLE)
    assert not end.kinds(Phase1Down), "it is not believed"


def failure(end: End, world: World) -> Failure:
    world.run(80)
    (down,) = end.kinds(Phase1Down)
    return down.failure


def test_without_a_word_the_peer_does_not_answer() -> None:
    world, a = waiting_for_mm6()
    assert failure(a, world).cause is Cause.NO_ANSWER


def test_a_refusal_under_the_right_keys_is_told_as_one() -> None:
    world, a = waiting_for_mm6()
    answered(a, world, REFUSAL)
    found = failure(a, world)
    assert (found.cause, found.detail) == (Cause.PEER_REFUSED, "the peer answered MM5 with Authentication failed (24)")


def test_something_else_under_the_right_keys_explains_nothing() -> None:
    world, a = waiting_for_mm6()
    answered(a, world, Nonce(bytes(16)))
    assert failure(a, world).cause is Cause.NO_ANSWER


@pytest.mark.parametrize("what", ["a wrong hash", "noise", "half a block"])
def test_what_the_keys_of_this_side_do_not_open_shows_that_the_keys_differ(what: str) -> None:
    world, a = waiting_for_mm6()
    (sa,) = a.engine._table.all()
    if what == "a wrong hash":
        answered(a, world, REFUSAL, right=False)
    else:
        octets = bytes(range(64 if what == "noise" else 60))
        header = sa.cookie_i + sa.cookie_r + b"\x08\x10\x05\x01" + MESSAGE_ID.to_bytes(4)
        received(a, world, header + (28 + len(octets)).to_bytes(4) + octets)
    assert failure(a, world).cause is Cause.PSK_MISMATCH
