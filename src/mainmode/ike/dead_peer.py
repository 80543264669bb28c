"""Dead peer detection (RFC 3706) as the device does it, `isakmp keepalive threshold T retry R`.

Semi-periodic: when nothing was heard of the peer for T seconds, neither ESP nor protected IKE, it is asked
(R-U-THERE), whether or not this side has anything to send. While packets keep coming from it, it is not asked. Without
an answer the question is repeated every R seconds, three times at most; R seconds after the last one the peer is dead
and everything with it is deleted. (Source: public notes on DPD of the ASA by williampeters and networkerworld; that the
count of three cannot be configured is theirs too.) Both sides must have announced DPD. With `threshold infinite` this
side answers and never asks.

Each question has the next sequence number, repetitions too, from a random start whose high bit is clear; an answer to
any question of the series ends it, since the answer to an early one may come late.

The idle check is lazy: hearing something moves no timer, but for the question and the answer themselves. When the
deadline comes, it is compared with what was heard last and set anew from there. Since the peer's question counts as a
sign of life, two sides with the same threshold do not both ask. Where several IKE SAs stand with a peer (a renewal),
only the best one asks; but for one that the peer began and may not hold, since MM6 may have been lost (`unheld`).
"""

from mainmode.base.codes import NotifyType, ProtocolId
from mainmode.base.errors import Drop
from mainmode.base.instant import Instant, later, seconds
from mainmode.catalogue import lines
from mainmode.ike.effects import Cause, Exchange, Failure, Step
from mainmode.ike.keepalives import agreed, expect, keepalive_sources, timing
from mainmode.ike.sa import IkeSa, Turn
from mainmode.ike.teardown import send_informational
from mainmode.ike.timing import DOUBTS
from mainmode.wire.payloads import Notify

RETRIES = 3
"""How often a question is repeated before the peer counts as dead."""

_NUMBER_OCTETS = 4
_CLEAR_HIGH_BIT = 0x7FFF_FFFF


def serve(sa: IkeSa, turn: Turn, newest: bool) -> Failure | None:
    """Serve the timer if it is due. A failure: the peer is dead, and all that stands with it must go."""
    life = sa.life
    if life.question is None or life.question > turn.now:
        return None
    threshold, retry = timing(sa)
    heard = last_heard(sa, turn)
    if life.asked is not None and heard >= life.asked:
        life.asked, life.tries = None, 0
    idle_from = later(heard, seconds(threshold))
    if life.asked is None and (idle_from > turn.now or not newest):
        life.question = idle_from if newest else later(turn.now, seconds(threshold))
        return None
    if life.tries > RETRIES:
        return _lost(sa, turn)
    _ask(sa, turn)
    life.question = later(turn.now, seconds(retry))
    return None


def last_heard(sa: IkeSa, turn: Turn) -> Instant:
    """When the peer last gave a sign of life, by IKE or by ESP under any of the SA's pairs."""
    heard = sa.life.heard
    for spi in sa.children:
        activity = turn.watch(spi)
        if activity is not None and activity.heard is not None and activity.heard > heard:
            heard = activity.heard
    return heard


def unheld(sa: IkeSa, other: IkeSa, turn: Turn) -> bool:
    """Ask under an IKE SA that the peer may not hold, and at the same time under another one, best a proven one.

    An answer shows that it holds the first one; one silence shows nothing, but many do, each with the peer heard under
    the other one. True: so many there were.
    """
    life = sa.life
    if life.doubted is not None and other.life.heard >= life.doubted:
        life.doubts += 1
    if life.doubts >= DOUBTS:
        return True
    life.doubted = turn.now
    for one in (sa, other):
        _probe(one, turn)
    return False


def _probe(sa: IkeSa, turn: Turn) -> None:
    """One question outside of any series."""
    life = sa.life
    if agreed(sa) and life.asked is None:
        _ask(sa, turn)
        life.asked, life.tries = None, 0


def _ask(sa: IkeSa, turn: Turn) -> None:
    life = sa.life
    if life.number is None:
        number = int.from_bytes(turn.entropy.take(_NUMBER_OCTETS)) & _CLEAR_HIGH_BIT
    else:
        number = (life.number + 1) & 0xFFFF_FFFF
    if life.asked is None:
        life.oldest = number
    life.number, life.asked = number, turn.now
    life.tries += 1
    if turn.listened:
        sources = keepalive_sources(sa)
        turn.say(lines.DPD_SENDING, sa.about, Step.KEEPALIVE, sa.exchange, sources, type="R-U-THERE", sequence=number)
    _send(sa, turn, NotifyType.R_U_THERE, number)


def _send(sa: IkeSa, turn: Turn, kind: NotifyType, number: int) -> None:
    notify = Notify(kind, ProtocolId.ISAKMP, sa.cookie_i + sa.cookie_r, number.to_bytes(_NUMBER_OCTETS))
    send_informational(sa, turn, notify, "ipsec notify", Step.KEEPALIVE)


def _lost(sa: IkeSa, turn: Turn) -> Failure:
    sources = keepalive_sources(sa)
    turn.say(lines.LOST_CONTACT, sa.about, Step.TEARDOWN, sa.exchange, sources, type="DPD")
    detail = f"no answer to {sa.life.tries} keepalives"
    return Failure(Cause.LOST_PEER, Step.TEARDOWN, detail, sources=sources)


def hear(sa: IkeSa, turn: Turn, notify: Notify, exchange: Exchange) -> None:
    """A question of the peer's, which gets its answer with the same number; or the answer to ours."""
    if len(notify.data) != _NUMBER_OCTETS or notify.spi != sa.cookie_i + sa.cookie_r:
        turn.drop(Drop.MALFORMED_PAYLOAD, "a DPD notify without this SA's cookies and a 4-octet number")
        return
    if not agreed(sa):
        turn.say(lines.KEEPALIVE_WRONG_TYPE, sa.about, Step.KEEPALIVE, exchange, keepalive_sources(sa), type="DPD")
        turn.drop(Drop.UNEXPECTED_MESSAGE, "a DPD notify, and DPD was not agreed on")
        return
    number = int.from_bytes(notify.data)
    if notify.notify_type == NotifyType.R_U_THERE:
        _answer(sa, turn, number, exchange)
        return
    life = sa.life
    if turn.listened:
        turn.say(lines.DPD_RECEIVED, sa.about, Step.KEEPALIVE, exchange, type="R-U-THERE-ACK", sequence=number)
    if life.number is None or not life.oldest <= number <= life.number:
        _wrong(sa, turn, "R-U-THERE-ACK", number, life.number or 0, exchange)
        return
    _alive(sa, turn)


def _alive(sa: IkeSa, turn: Turn) -> None:
    """The peer spoke of this very thing: it has a whole threshold again."""
    life = sa.life
    life.asked, life.tries = None, 0
    expect(sa, turn)


def _answer(sa: IkeSa, turn: Turn, number: int, exchange: Exchange) -> None:
    life = sa.life
    if turn.listened:
        turn.say(lines.DPD_RECEIVED, sa.about, Step.KEEPALIVE, exchange, type="R-U-THERE", sequence=number)
    if life.peer_number is not None and number < life.peer_number:
        _wrong(sa, turn, "R-U-THERE", number, life.peer_number + 1, exchange)
        return
    life.peer_number = number
    _alive(sa, turn)
    if turn.listened:
        turn.say(lines.DPD_SENDING, sa.about, Step.KEEPALIVE, exchange, type="R-U-THERE-ACK", sequence=number)
    _send(sa, turn, NotifyType.R_U_THERE_ACK, number)


def _wrong(sa: IkeSa, turn: Turn, action: str, number: int, expected: int, exchange: Exchange) -> None:
    turn.say(
        lines.DPD_WRONG_SEQUENCE, sa.about, Step.KEEPALIVE, exchange,
        sequence=number, action=action, expected=expected,
    )  # fmt: skip
    turn.drop(Drop.WRONG_KEEPALIVE, f"DPD number {number:#x}, expected {expected:#x}")
