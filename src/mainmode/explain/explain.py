"""The whole answer: logs read, sorted, paired and diagnosed, the other side drawn, the ladder laid."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from mainmode.base.dataclass import dataclass
from mainmode.capture.secrets import NO_SECRETS, Secrets
from mainmode.device.config.model import Configuration
from mainmode.explain.choosing import chosen_of, fitting, own_findings
from mainmode.explain.diagnose import diagnose
from mainmode.explain.explanation import Explanation
from mainmode.explain.laddering import transcript
from mainmode.explain.letter import letter
from mainmode.explain.logs import ReadLog, read_log
from mainmode.explain.negotiation import Negotiation
from mainmode.explain.pair import pairings
from mainmode.explain.pairing import Pairing, Same
from mainmode.explain.portrait import of_dialect, portrait
from mainmode.explain.reading import Progress, Source
from mainmode.explain.redact import Redaction, redacted, without_keys
from mainmode.explain.sketch import is_drawn, sketch
from mainmode.explain.verdict import verdict

Configurations = tuple[Configuration | None, Configuration | None]


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked: one or two logs, the configurations of their writers (or of the peer), one peer of many.

    `own` is the address whose view a capture is read from.
    """

    sources: tuple[Source, ...]
    configurations: Configurations = (None, None)
    peer: str = ""
    own: str = ""
    secrets: Secrets = NO_SECRETS
    redact: bool = False


def explain(order: Order, progress: Callable[[int], Progress | None] = lambda _: None) -> Explanation:
    """The explanation; keys are masked in it, and names and addresses replaced where that is asked.

    `progress` gives, for the number of a log, who is told how far its reading is. Raises OSError and InputError as
    `read_log` does.
    """
    logs = [_read(order, number, progress(number)) for number in range(len(order.sources))]
    return _finished(_explained(logs, order), order)


def _read(order: Order, number: int, progress: Progress | None) -> ReadLog:
    """The second log is of the peer, who has other peers: it is not sifted."""
    first = number == 0
    return read_log(
        order.sources[number],
        number,
        progress,
        order.peer if first else "",
        order.own if first else "",
        order.secrets,
    )


def _explained(logs: Sequence[ReadLog], order: Order) -> Explanation:
    negotiations = tuple(one for log in logs for one in log.negotiations)
    paired = pairings(logs[0].negotiations, logs[1].negotiations) if len(logs) > 1 else ()
    best = paired[0] if paired and paired[0].same in (Same.YES, Same.LIKELY) else None
    chosen = _of_pairing(logs[0], best) or chosen_of(logs[0].negotiations)
    if chosen is None and len(logs) > 1 and not logs[0].negotiations:
        chosen = chosen_of(logs[1].negotiations)
    findings = diagnose(negotiations, paired, order.configurations, chosen)
    notes = [note for log in logs for note in log.notes]
    if order.peer and not logs[0].negotiations:
        notes.append(f"No negotiation with {order.peer} is in the log; without --peer it lists those that are.")
    found = Explanation(
        logs=tuple(log.log for log in logs),
        negotiations=negotiations,
        findings=findings,
        verdict="",
        chosen=chosen,
        pairings=paired,
        notes=tuple(notes),
    )
    found = replace(found, verdict=verdict(found))
    if chosen is None:
        return found
    other = _other(logs, best)
    return replace(
        found,
        transcript=transcript(
            chosen,
            other=other,
            pairing=best,
            findings=findings,
            configurations=order.configurations,
            logs=found.logs,
            negotiations=negotiations,
        ),
    )


def _of_pairing(log: ReadLog, best: Pairing | None) -> Negotiation | None:
    return next((one for one in log.negotiations if best is not None and one.number == best.first), None)


def _other(logs: Sequence[ReadLog], best: Pairing | None) -> Negotiation | None:
    if best is None:
        return None
    return next((one for one in logs[1].negotiations if one.number == best.second), None)


def _finished(found: Explanation, order: Order) -> Explanation:
    """With sketch and letter, and without what must not be written."""
    found = _with_the_other_side(without_keys(found))
    return redacted(found) if order.redact else found


def _with_the_other_side(found: Explanation) -> Explanation:
    """The peer of the chosen negotiation drawn, and what to write to its engineer where something fails."""
    chosen = found.chosen
    if chosen is None or not chosen.peer:
        return found
    seen = portrait(chosen, [one for one in found.negotiations if one.log == chosen.log])
    pairing = fitting(found)
    if pairing is not None:
        dialects = {one.number: one.dialect for one in found.negotiations if one.log == 1}
        seen = of_dialect(seen, dialects.get(pairing.second, ""))
    drawn = sketch(seen) if is_drawn(seen) else None
    faults = [finding for finding in own_findings(found) if not finding.warning]
    written = letter(chosen, seen, faults, drawn, Redaction(found).without_names) if faults else None
    return replace(found, sketches=() if drawn is None else (drawn,), letters=() if written is None else (written,))
