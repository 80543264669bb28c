"""NAT keepalives (RFC 3948 §2.3, §4): one octet ff on port 4500 keeps our NAT's mapping open while all is quiet.

`crypto isakmp nat-traversal N` says after how many seconds without anything sent. Only the side behind a NAT sends
them, and only under its newest IKE SA with the peer. Like the idle check of DPD this one is lazy: sending moves no
timer.
"""

from mainmode.base.instant import Instant, later, seconds
from mainmode.ike.effects import Send, Step
from mainmode.ike.sa import IkeSa, Turn
from mainmode.wire.natt import KEEPALIVE


def serve(sa: IkeSa, turn: Turn, newest: bool) -> None:
    """Serve the timer if it is due."""
    life, interval = sa.life, turn.settings.nat_traversal
    if life.nat is None or life.nat > turn.now:
        return
    if interval is None:
        life.nat = None
        return
    quiet_until = later(_last_sent(sa, turn), seconds(interval))
    if quiet_until > turn.now:
        life.nat = quiet_until
        return
    if newest:
        turn.effects.append(Send(KEEPALIVE, sa.path, Step.KEEPALIVE, sa.exchange))
        life.sent = turn.now
    life.nat = later(turn.now, seconds(interval))


def _last_sent(sa: IkeSa, turn: Turn) -> Instant:
    sent = sa.life.sent
    for spi in sa.children:
        activity = turn.watch(spi)
        if activity is not None and activity.sent is not None and activity.sent > sent:
            sent = activity.sent
    return sent
