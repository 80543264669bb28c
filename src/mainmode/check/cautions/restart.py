"""What becomes of a tunnel where one of the devices restarts: how long nobody notices."""

from functools import partial

from mainmode.base.instant import SECOND, Instant, Span, between, later, seconds
from mainmode.check.cautions.declaration import Look, Tunnel
from mainmode.check.living import Living
from mainmode.lab.clock import START, Bounds, RunawayError
from mainmode.lab.inside import Flow

_DAY = Span(24 * 3600 * SECOND)
_FIRST_REQUESTS = 5
_BEFORE = seconds(60)
_EVERY = seconds(60)
_BOUNDS = Bounds(events=200_000, time=Span(2 * _DAY))


def silence_after_restart(look: Look, tunnel: Tunnel) -> Span | None:
    """How long a host behind the side that began has no reply, where the other device restarts under a tunnel.

    It asks once a minute. None where the tunnel does not come up, or nothing changes within a day.
    """
    if tunnel.cell.sent is None:
        return None
    living = Living(look.subject, _BOUNDS)
    flow = living.flow(tunnel.cell.sent)
    restarted = later(START, _BEFORE)
    try:
        for number in range(_FIRST_REQUESTS):
            living.agenda.put(later(START, seconds(number)), partial(living.ask, flow))
        living.world.drive(lambda: False, restarted)
        if not flow.answered:
            return None
        living.restart(tunnel.cell.starter.other)
        return _until_answered(living, flow, restarted)
    except RunawayError:
        return None


def _until_answered(living: Living, flow: Flow, since: Instant) -> Span | None:
    answered = flow.answered
    end = later(since, _DAY)
    while living.now < end:
        living.ask(flow)
        living.world.drive(lambda: flow.answered > answered, later(living.now, _EVERY))
        if flow.answered > answered:
            return between(since, living.now)
    return None
