"""ESP with an SPI that nobody here knows: what the peer is told of it, under protection only.

INVALID-SPI alone does not end it: strongSwan only logs the notify and goes on sealing with that SA. So a DELETE for the
SPI follows it (RFC 2408 §3.15: the sender no longer has this SA), which peers obey.
"""

from mainmode.base.codes import NotifyType, ProtocolId
from mainmode.base.instant import Instant, later
from mainmode.catalogue import lines
from mainmode.ike.effects import Step
from mainmode.ike.sa import IkeSa, Turn
from mainmode.ike.session import Session
from mainmode.ike.teardown import send_informational
from mainmode.ike.timing import COMPLAIN_AGAIN, COMPLAINTS
from mainmode.wire.payloads import Delete, Notify


def complain(session: Session, spi: int, turn: Turn) -> None:
    """Tell the peer, under each IKE SA that it is known to hold: it may keep the SA under any of them."""
    best = session.best()
    for sa in session.ikes:
        if (sa is best or sa.proven) and _due(sa, spi, turn.now):
            turn.say(lines.SENDING_NOTIFY, sa.about, Step.INFORMATIONAL, sa.exchange)
            notify = Notify(NotifyType.INVALID_SPI, ProtocolId.ESP, spi.to_bytes(4))
            send_informational(sa, turn, notify, "ipsec notify", Step.INFORMATIONAL)
            turn.say(lines.SENDING_DELETE, sa.about, Step.INFORMATIONAL, sa.exchange)
            withdrawn = Delete(ProtocolId.ESP, (spi.to_bytes(4),))
            send_informational(sa, turn, withdrawn, "IPSec delete", Step.INFORMATIONAL)


def _due(sa: IkeSa, spi: int, now: Instant) -> bool:
    """Whether it is time to say it under this IKE SA; few SPIs are told in each second, since anybody can send ESP."""
    told = sa.complaints = tuple(one for one in sa.complaints if now < later(one[1], COMPLAIN_AGAIN))
    if len(told) == COMPLAINTS or any(spi == one for one, _ in told):
        return False
    sa.complaints = (*told, (spi, now))
    return True
