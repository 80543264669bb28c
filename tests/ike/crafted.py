"""Protected messages with any payloads, made with the keys of a standing pair: a genuine peer that acts strangely."""

from pair import Pair, Seeded

from mainmode.base.address import Path
from mainmode.base.codes import ExchangeType, Flag
from mainmode.base.instant import Instant
from mainmode.crypto.skeyid import hash_1, phase2_iv
from mainmode.ike.engine import Engine
from mainmode.ike.protection import Chain
from mainmode.ike.sa import IkeSa
from mainmode.wire.message import Message, write_payloads
from mainmode.wire.payloads import Hash, Payload


def sa_of(engine: Engine) -> IkeSa:
    """The oldest IKE SA of an engine."""
    return engine._table.all()[0]


def protected(
    world: Pair, to: str, *payloads: Payload, exchange: ExchangeType = ExchangeType.INFORMATIONAL,
    message_id: int | None = None, digest: bytes | None = None, along: Path | None = None,
) -> None:  # fmt: skip
    """Send one to side `to`, from its peer or `along` another path; with HASH(1) in front, or another digest."""
    engine, sender = (world.b, world.a) if to == "b" else (world.a, world.b)
    sa = sa_of(sender)
    if sa.hash is None or sa.keys is None or sa.cipher is None:
        raise AssertionError("no keys")
    world.now = Instant(world.now + 1)
    if message_id is None:
        message_id = int.from_bytes(Seeded(f"{to}{world.now}").take(4))
    if digest is None:
        digest = hash_1(sa.hash, sa.keys.a.reveal(), message_id, write_payloads(payloads))
    message = Message(sa.cookie_i, sa.cookie_r, exchange, message_id, (Hash(digest), *payloads), Flag.ENCRYPTED)
    chain = Chain(sa.cipher, sa.keys, phase2_iv(sa.hash, sa.phase1_iv, message_id, sa.cipher.block))
    world.note(to, engine.receive(chain.seal(message), along or sa.path.reversed(), world.now))
