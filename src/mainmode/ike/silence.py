"""Why an awaited message of main mode does not come, as far as the peer lets it be known.

What a peer says before phase 1 is complete proves nothing; it is kept to explain a silence, and changes nothing else.
"""

from mainmode.base.codes import NotifyType
from mainmode.base.errors import Drop, WireError
from mainmode.crypto.skeyid import equal, hash_1, phase2_iv
from mainmode.ike.authentication import key_sources
from mainmode.ike.effects import Cause, Role, Step
from mainmode.ike.naming import notify_name
from mainmode.ike.nat import FLOATED_PORT
from mainmode.ike.protection import Chain
from mainmode.ike.sa import IkeSa, Turn
from mainmode.wire.payloads import Hash, Notify, Payload

_AWAITED = {Step.MM1: "MM2", Step.MM3: "MM4", Step.MM5: "MM6"}


def hear_early(sa: IkeSa, turn: Turn) -> None:
    """A protected informational message where phase 1 is not complete: an answer to MM5, when that was sent."""
    if sa.role is Role.INITIATOR and sa.last_sent is not None and sa.last_sent.step is Step.MM5:
        payloads = _read(sa, turn)
        if payloads is None:
            sa.unreadable = True
            turn.drop(Drop.NOT_DECRYPTABLE, "what the peer answers MM5 with", key_sources(sa))
            return
        notify = _refusal_in(payloads)
        if notify is not None:
            sa.refusal_notify, sa.refusal_protected = f"{notify_name(notify)} ({int(notify)})", True
    turn.drop(Drop.UNEXPECTED_MESSAGE, "informational before phase 1 is complete")


def explain(sa: IkeSa) -> tuple[Cause, Step, str]:
    """Why no answer came to what was sent last, as many times as may be."""
    sent = sa.last_sent.step if sa.last_sent is not None else Step.MM1
    missing = _AWAITED.get(sent, "an answer")
    if sa.refusal_protected:
        return Cause.PEER_REFUSED, sent, f"the peer answered {sent.value} with {sa.refusal_notify}"
    if sa.unreadable:
        text = f"no {missing} came; what the peer answered {sent.value} with does not decrypt with this side's key"
        return Cause.PSK_MISMATCH, sent, text
    if sa.refusal_notify:
        text = f"no {missing} came; the peer sent an unprotected {sa.refusal_notify} notify instead"
        unread = sent is Step.MM5 and sa.refusal_notify == NotifyType.PAYLOAD_MALFORMED.name
        return (Cause.PSK_MISMATCH if unread else Cause.PEER_REFUSED), sent, text
    port = f" by UDP port {FLOATED_PORT}" if sa.path.local.port == FLOATED_PORT else ""
    return Cause.NO_ANSWER, sent, f"{sent.value} was sent {sa.tries + 1} times{port} and no {missing} came"


def _read(sa: IkeSa, turn: Turn) -> tuple[Payload, ...] | None:
    """The payloads; None where the keys of this side do not verify them. The IV follows from MM5 (RFC 2409 App. B)."""
    header = turn.header
    if header is None or sa.hash is None or sa.keys is None or sa.cipher is None or sa.chain is None:
        return None
    chain = Chain(sa.cipher, sa.keys, phase2_iv(sa.hash, sa.chain.iv, header.message_id, sa.cipher.block))
    try:
        payloads, plain = chain.open(header, turn.datagram)
    except WireError:
        return None
    if not payloads or not isinstance(payloads[0], Hash):
        return None
    expected = hash_1(sa.hash, sa.keys.a.octets, header.message_id, plain[payloads[0].length :])
    return payloads[1:] if equal(payloads[0].digest, expected) else None


def _refusal_in(payloads: tuple[Payload, ...]) -> NotifyType | None:
    return next((one.notify_type for one in payloads if isinstance(one, Notify)), None)
