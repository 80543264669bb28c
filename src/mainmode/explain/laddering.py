"""Negotiations of one log, or of two that are one exchange, as the ladder that the lab prints."""

from collections.abc import Sequence

from mainmode.base.instant import SECOND, Instant, Span
from mainmode.base.provenance import Source
from mainmode.catalogue.facts import Notify
from mainmode.device.config.model import Configuration
from mainmode.explain import clocks
from mainmode.explain.finding import Finding
from mainmode.explain.negotiation import Negotiation
from mainmode.explain.negotiation import Outcome as Ended
from mainmode.explain.pairing import Pairing, Same
from mainmode.explain.profile import facing
from mainmode.explain.record import Log
from mainmode.explain.related import related_sources
from mainmode.explain.strays import told_by
from mainmode.explain.thinning import Thinned, thinned
from mainmode.explain.tracks import records_of, track
from mainmode.explain.weaving import Thread, Weaving
from mainmode.explain.wires import SIDES, Wires, initiator_of, side_of
from mainmode.ladder.transcript import Blame, Clock, Device, Outcome, Side, Transcript, Verdict

Configurations = tuple[Configuration | None, Configuration | None]
NO_CONFIGURATIONS: Configurations = (None, None)
_OUTCOMES = {
    Ended.UP: Outcome.UP,
    Ended.FAILED: Outcome.DOWN,
    Ended.CLOSED: Outcome.CLOSED,
    Ended.OPEN: Outcome.OPEN,
}
_SENTENCES = {
    Outcome.UP: "The tunnel is up.",
    Outcome.DOWN: "The negotiation failed; the log does not say why.",
    Outcome.CLOSED: "The tunnel was up, and ended.",
    Outcome.OPEN: "The log does not show the end of this negotiation.",
}
ONE_SIDE = "Of the peer only its messages are known: its log is not here. What was sent may not have arrived."
NOT_READ = "{} is not read as a configuration of an ASA: no lines of it stand beside the steps."


def transcript(
    chosen: Negotiation,
    *,
    other: Negotiation | None = None,
    pairing: Pairing | None = None,
    findings: Sequence[Finding] = (),
    configurations: Configurations = NO_CONFIGURATIONS,
    logs: Sequence[Log] = (),
    negotiations: Sequence[Negotiation] = (),
) -> Transcript:
    """The ladder of a negotiation; of both sides where `other` is the same exchange by `pairing`.

    `findings` make the verdict, the first that is no warning. `configurations` are those of the first and of the
    second log's writer; of a peer without a log it is the other one. `logs` give the names. `negotiations` are all of
    the logs: what one end counts as several of them is put together.
    """
    told: tuple[Negotiation, ...] = (chosen,)
    if pairing is not None and (other is None or pairing.same not in (Same.YES, Same.LIKELY)):
        pairing = None
    if pairing is not None and other is not None:
        first, second = (chosen, other) if chosen.log <= other.log else (other, chosen)
        first, second = (told_by(one, pairing, negotiations) for one in (first, second))
        first = facing(first, second)
        told = first, facing(second, first)
    wires = Wires(told, pairing)
    evidence = frozenset((record.log, record.first) for finding in findings for record in finding.evidence)
    shown = _shown(told, wires, evidence)
    offset = pairing.offset if pairing is not None else None
    clock = _clock(told, offset)
    threads = tuple(_thread(one, wires, shown[one.log], offset) for one in told)
    events = Weaving(threads, lambda side, step: _related(told, configurations, side, step), clock is Clock.LOG).woven()
    return Transcript(
        tuple(_devices(told, configurations, logs)),
        events,
        _verdict(told, findings),
        initiator_of(told),
        started_at=events[0].at if events and clock is Clock.LOG else Instant(0),
        notes=tuple(_notes(told, pairing, configurations)),
        clock=clock,
    )


def _shown(told: tuple[Negotiation, ...], wires: Wires, evidence: frozenset[tuple[int, int]]) -> dict[int, Thinned]:
    """What is shown of each log."""
    return {
        one.log: thinned(one, wires.passages(one), frozenset(line for log, line in evidence if log == one.log))
        for one in told
    }


def _thread(negotiation: Negotiation, wires: Wires, shown: Thinned, offset: Span | None) -> Thread:
    notifies: dict[int, tuple[Notify, ...]] = {}
    for notify, noted in negotiation.all(Notify):
        notifies[noted.record.first] = (*notifies.get(noted.record.first, ()), notify)
    ahead = Span(0) if negotiation.log == 0 or offset is None else offset
    return Thread(
        side_of(negotiation),
        track(negotiation, wires, shown.kept, shown.left),
        ahead,
        (negotiation.local, negotiation.peer),
        notifies,
    )


def _clock(told: tuple[Negotiation, ...], offset: Span | None) -> Clock:
    """The log's, where all of its logs have one in most of their lines, and they can be compared."""
    if len(told) > 1 and offset is None:
        return Clock.NONE
    timed = ([record.reading.at is not None for record in records_of(one)] for one in told)
    return Clock.LOG if all(2 * sum(stamped) >= len(stamped) for stamped in timed) else Clock.NONE


def _devices(told: tuple[Negotiation, ...], configurations: Configurations, logs: Sequence[Log]) -> list[Device]:
    """The writers of the logs, and a peer that is known by its address."""
    writers = {side_of(one): one for one in told}
    found = []
    for side in SIDES:
        writer, facing_it = writers.get(side), writers.get(side.other)
        configuration = configurations[SIDES.index(side)]
        address = writer.local if writer else facing_it.peer if facing_it else ""
        if writer is None and facing_it is not None and not address and configuration is None:
            continue
        log = next((one.name for one in logs if writer is not None and one.number == writer.log), "")
        log = log.rstrip("/").rpartition("/")[2] or log
        found.append(
            Device(
                side,
                (writer.device if writer else "")
                or _hostname(configuration)
                or address
                or log.rpartition("/")[2]
                or "this device",
                configuration.file if configuration is not None else "",
                configuration.lines if configuration is not None else (),
                address,
                log,
            )
        )
    return found


def _hostname(configuration: Configuration | None) -> str:
    return configuration.settings.hostname.value if configuration is not None else ""


def _related(
    told: tuple[Negotiation, ...], configurations: Configurations, side: Side, step: str
) -> tuple[Source, ...]:
    configuration = configurations[SIDES.index(side)]
    negotiation = next((one for one in told if side_of(one) is side), None)
    if configuration is None or negotiation is None:
        return ()
    return related_sources(configuration, negotiation, step)


def _verdict(told: tuple[Negotiation, ...], findings: Sequence[Finding]) -> Verdict:
    """By the first finding that is no warning; without one, by how the negotiation ended."""
    furthest = max(told, key=lambda one: ("none", "phase 1", "phase 2").index(one.reached))
    ended = min((_OUTCOMES[one.outcome] for one in told), key=_weight)
    numbers = {one.number for one in told}
    causes = (one for one in findings if not one.warning and (not one.negotiations or numbers & set(one.negotiations)))
    cause = next(causes, None)
    if ended is Outcome.UP or cause is None:
        return Verdict(ended, furthest.reached, "", _SENTENCES[ended])
    blames = tuple(Blame(SIDES[place.log], place.note, place.source) for place in cause.places)
    return Verdict(ended, furthest.reached, cause.code, cause.title.rstrip(".") + ".", blames)


def _weight(outcome: Outcome) -> int:
    """Which of two logs' ends counts: a failure first, an unknown end last."""
    return (Outcome.DOWN, Outcome.CLOSED, Outcome.UP, Outcome.OPEN).index(outcome)


def _notes(told: tuple[Negotiation, ...], pairing: Pairing | None, configurations: Configurations) -> list[str]:
    notes = [] if len(told) > 1 else [ONE_SIDE]
    if pairing is not None:
        notes.append(f"The two logs are {pairing.same.value} (confidence {pairing.confidence:.2f}).")
        if pairing.offset is not None:
            spread = "" if pairing.spread is None else f", to {pairing.spread / SECOND:.3f} s"
            shifts = clocks.years(told[0].started, told[1].started)
            apart = pairing.offset - shifts[1] + shifts[0]
            notes.append(f"Times are the first log's. The second log's clock is {clocks.spoken(apart)} it{spread}.")
    notes += [
        NOT_READ.format(one.file) for one in configurations if one is not None and not (one.policies or one.crypto_maps)
    ]
    return notes
