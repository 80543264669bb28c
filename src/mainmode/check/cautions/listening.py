"""A tunnel of the run negotiated once more with the debugs on: what the devices themselves say of their timers."""

import re
from collections.abc import Mapping

from mainmode.catalogue import lines
from mainmode.catalogue.debugs import Debugs
from mainmode.catalogue.entry import Entry
from mainmode.check.cautions.declaration import Look, Tunnel
from mainmode.check.probing import Probing, UnsendableError
from mainmode.device.console import FORMS
from mainmode.lab.recorder import Recorder
from mainmode.lab.trial import SIDES, Trial
from mainmode.ladder.transcript import LineSaid, Side

PHASE_1, PHASE_2 = lines.P1_REKEY_TIMER, lines.P2_REKEY_TIMER
_SECONDS = re.compile(r"(\d+) seconds")
_DEBUGS = Debugs(ikev1=127, ipsec=127)
_SEED, _PINGS = 1, 2


def rekey_timers(look: Look, tunnel: Tunnel, entry: Entry) -> str:
    """`; rekey timers: 64800 s on hub, 82080 s on plant, where hub begins`: by the lines of this catalogue entry.

    Empty where the tunnel says no such line.
    """
    subject, starter = look.subject, tunnel.cell.starter
    try:
        traffic = Probing(subject.pair, subject.facing).traffic(tunnel.row, starter)
    except UnsendableError:
        return ""
    recorder = Recorder(SIDES, _DEBUGS, {side: FORMS[look.of(side).release] for side in Side})
    Trial(subject.pair, subject.facing, subject.keys, _SEED, recorder=recorder).attempt(traffic, _PINGS)
    timers = _told(recorder, entry)
    if not timers:
        return ""
    told = ", ".join(f"{seconds} s on {look.name(side)}" for side, seconds in timers.items())
    return f"; rekey timers: {told}, where {look.name(starter)} begins"


def _told(recorder: Recorder, entry: Entry) -> Mapping[Side, int]:
    """The first number of seconds that each side says in a line of this entry."""
    found: dict[Side, int] = {}
    for event in recorder.events:
        if isinstance(event, LineSaid) and event.entry == entry.name:
            seconds = _SECONDS.search(event.text)
            if seconds is not None:
                found.setdefault(event.side, int(seconds[1]))
    return {side: found[side] for side in Side if side in found}
