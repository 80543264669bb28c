"""What each device says about a cell that is down: the debug lines that tell of it, and no others."""

from collections.abc import Mapping

from mainmode.base.instant import Instant
from mainmode.catalogue.debugs import Debugs
from mainmode.catalogue.envelope import Form, render
from mainmode.catalogue.facts import Deleted, Down, GaveUp, Notify, Refused, Symptom, Told
from mainmode.catalogue.lines import main_mode, quick_mode
from mainmode.check.matrix import Came, Cell
from mainmode.check.subject import Subject
from mainmode.device.console import FORMS
from mainmode.device.decision import BoxEffect
from mainmode.ike.effects import Say
from mainmode.lab.observer import Observer
from mainmode.lab.recorder import Recorder
from mainmode.lab.trial import SIDES, Trial
from mainmode.ladder.transcript import LineSaid, Side

_SEED = 1
_PINGS = 2
_MOST_LINES = 6
_DEBUGS = Debugs(ikev1=127, ipsec=127)
_TELLING = (Told, Refused, GaveUp, Down, Notify, Deleted)
"""Facts that say what went wrong; all others tell how far it went."""

_UP = (main_mode.PHASE1_COMPLETED.name, quick_mode.PHASE2_COMPLETED.name)

_VAGUE = (Symptom.CATCH_ALL, Symptom.DYNAMIC_ENTRY)


def said_of(subject: Subject, cell: Cell) -> dict[Side, tuple[LineSaid, ...]]:
    """The lines that tell why a cell is down, of each device that says any, in their order.

    Where the tunnel is up and its packets are in trouble, a debug tells no more than that it is up.
    """
    if cell.sent is None:
        return {}
    forms = {side: FORMS[subject.pair[side].release] for side in Side}
    saying = _Saying(forms)
    recorder = Recorder(SIDES, _DEBUGS, forms)
    trial = Trial(subject.pair, subject.facing, subject.keys, _SEED, recorder=recorder, watchers=(saying,))
    trial.attempt(cell.sent, _PINGS)
    wanted = _UP if cell.came is Came.NO_REPLY and cell.cause != "EARLIER_ENTRY" else None
    return {side: lines for side in Side if (lines := saying.of(side, wanted))}


class _Saying(Observer):
    """Keeps the lines of both devices, with how much each tells: 2 names what is wrong, 1 that something is, 0 neither.

    Of lines that differ in their names alone the first is kept; each attribute that is refused is told.
    """

    hears = frozenset({Say})

    def __init__(self, forms: Mapping[Side, Form]) -> None:
        self._forms = forms
        self._lines: dict[Side, dict[str, tuple[int, LineSaid]]] = {side: {} for side in Side}

    def happened(self, name: str, effect: BoxEffect, now: Instant) -> None:
        """Keep a line that a debug shows."""
        if not isinstance(effect, Say) or not _DEBUGS.shows(effect.line):
            return
        side, line = SIDES[name], effect.line
        weight, key = 0, line.entry.name
        for fact in line.entry.tells(line.values):
            if isinstance(fact, Refused):
                key = line.text
            if isinstance(fact, _TELLING):
                weight = max(weight, 1 if isinstance(fact, Told) and fact.symptom in _VAGUE else 2)
        text = render(line, self._forms[side])
        exchange = effect.exchange
        said = LineSaid(
            side,
            now,
            text,
            line.entry.name,
            effect.step.value,
            effect.sources,
            exchange.cookie.hex(),
            exchange.message_id,
        )
        self._lines[side].setdefault(key, (weight, said))

    def of(self, side: Side, entries: tuple[str, ...] | None = None) -> tuple[LineSaid, ...]:
        """The lines of a device that tell most, the earlier ones first; with none that tells, its last ones.

        With `entries`, those of these catalogue entries alone.
        """
        lines = list(self._lines[side].values())
        if entries is not None:
            return tuple(said for _, said in lines if said.entry in entries)
        for wanted in (2, 1):
            telling = [said for weight, said in lines if weight >= wanted]
            if telling:
                return tuple(telling[:_MOST_LINES])
        return tuple(said for _, said in lines[-2:])
