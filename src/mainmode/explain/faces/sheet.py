"""An explanation as a sheet: what an engineer needs at three in the morning, in that order.

Verdict; the cause with its evidence, what to look at, what to type; the table of a busy log; what else was found; what
the peer must look like and a letter to its engineer; how much of the logs was understood.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from mainmode.catalogue.facts import Whose
from mainmode.explain.choosing import fitting, how_far, own_findings
from mainmode.explain.explanation import Explanation
from mainmode.explain.faces.table import table
from mainmode.explain.finding import Commands, Finding
from mainmode.explain.negotiation import Negotiation, Outcome
from mainmode.explain.pairing import Pairing, Same
from mainmode.explain.parameters import parameters
from mainmode.explain.portrait import portrait
from mainmode.explain.record import Log, Record
from mainmode.ladder.sheet import Block, Items, Lines, Paragraph, Part, Sheet, Table, Tone
from mainmode.ladder.spelling import command, place

MOST_EVIDENCE = 12
"""Records of evidence that a finding shows."""
MOST_ROWS = 6
"""Lines of one record that are shown as evidence."""
MOST_WHOLE = 3
"""Findings that are told whole where there are several peers."""
MOST_OTHERS = 40
"""Findings on other negotiations that are listed."""

_WORDS = {
    Outcome.UP: ("UP", Tone.GOOD),
    Outcome.FAILED: ("DOWN", Tone.BAD),
    Outcome.CLOSED: ("ENDED", Tone.REMARK),
    Outcome.OPEN: ("UNKNOWN", Tone.REMARK),
}


def sheet(explanation: Explanation, hint: str = "") -> Sheet:
    """The whole sheet. `hint` says how to ask for the ladder of one peer, where a table is all that can be shown."""
    badge, tone = _badge(explanation)
    own = own_findings(explanation)
    others = [one for one in explanation.findings if one not in own]
    if explanation.chosen is None:
        own, others = tuple(others[:MOST_WHOLE]), others[MOST_WHOLE:]
    table_first = explanation.chosen is None
    parts = [*_negotiations(explanation, hint)] if table_first else []
    parts += [_finding(number, one, explanation) for number, one in enumerate(own, 1)]
    parts += _pairing(explanation)
    parts += [] if table_first else _negotiations(explanation, hint)
    parts += _others(others)
    parts += _sketches(explanation)
    parts.append(_read(explanation.logs, explanation.notes))
    return Sheet(_title(explanation), badge, tone, explanation.verdict, tuple(_facts(explanation)), tuple(parts))


def place_of(record: Record, logs: Sequence[Log]) -> str:
    """`12`, `12–14`, and with two logs the name of the log before it."""
    lines = f"{record.first}" if record.last <= record.first else f"{record.first}–{record.last}"
    return f"{_named(record.log, logs)}:{lines}" if len(logs) > 1 else lines


def _named(log: int, logs: Sequence[Log]) -> str:
    """The file's name; the whole path where another log's name is the same."""
    name = next((one.name for one in logs if one.number == log), str(log + 1))
    short = name.rpartition("/")[2] or name
    alike = sum((one.name.rpartition("/")[2] or one.name) == short for one in logs)
    return name if alike > 1 else short


def places_of(finding: Finding, explanation: Explanation) -> dict[Whose | None, str]:
    """What the sides of a finding are called: here and at the peer; with two logs by role, log and address."""
    names: dict[Whose | None, str] = {Whose.OWN: "here", Whose.PEER: "at the peer", None: "on the way"}
    pairing, chosen = fitting(explanation), explanation.chosen
    if len(explanation.logs) < 2 or chosen is None:
        return names
    number = pairing.second if pairing is not None else None
    second = next((one for one in explanation.negotiations if (one.log, one.number) == (1, number)), None)
    sides = {chosen.log: chosen} if second is None else {0: chosen, 1: second}
    for whose, log in ((Whose.OWN, finding.log), (Whose.PEER, 1 - finding.log)):
        if log in sides:
            names[whose] = _side(sides[log], sides.get(1 - log), explanation)
    return names


def _side(one: Negotiation, other: Negotiation | None, explanation: Explanation) -> str:
    role = f"on the {one.role.value}'s side" if one.role is not None else "on the side"
    address = one.local or (other.peer if other is not None else "")
    return f"{role} ({', '.join(part for part in (_named(one.log, explanation.logs), address) if part)})"


def _badge(explanation: Explanation) -> tuple[str, Tone]:
    if explanation.chosen is not None:
        word, tone = _WORDS[explanation.chosen.outcome]
        chosen_is_open = explanation.chosen.outcome is Outcome.OPEN
        faults = any(not one.warning for one in own_findings(explanation))
        if faults and chosen_is_open:
            return "FAULT", Tone.BAD
        return (word, Tone.BAD) if faults and tone is Tone.REMARK else (word, tone)
    outcomes = {one.outcome for one in explanation.negotiations}
    if Outcome.FAILED in outcomes or any(not one.warning for one in explanation.findings):
        return ("FAILURES", Tone.BAD)
    return ("UP", Tone.GOOD) if outcomes == {Outcome.UP} else ("UNKNOWN", Tone.REMARK)


def _title(explanation: Explanation) -> str:
    chosen = explanation.chosen
    if chosen is None or not chosen.peer:
        return " and ".join(_named(one.number, explanation.logs) for one in explanation.logs) or "no log"
    return f"{chosen.device or chosen.local or 'this device'} and {chosen.peer}"


def _facts(explanation: Explanation) -> Iterator[tuple[str, str]]:
    chosen = explanation.chosen
    if chosen is None:
        return
    yield "Peer", f"{chosen.peer or 'not named'}{f', {chosen.group}' if chosen.group not in ('', chosen.peer) else ''}"
    yield "This side", chosen.role.value if chosen.role is not None else "role not shown"
    yield "How far", how_far(chosen)
    alike = [one for one in explanation.negotiations if one.log == chosen.log]
    yield from parameters(chosen, portrait(chosen, alike))
    last = f"{chosen.first}–{chosen.last}" if chosen.last > chosen.first else str(chosen.first)
    yield "Lines", f"{last}{f', and {chosen.similar} times more alike' if chosen.similar else ''}"


def _finding(number: int, finding: Finding, explanation: Explanation) -> Part:
    blocks: list[Block] = [Paragraph(finding.sure.value, "How sure")]
    seen = f"Seen in {_named(finding.log, explanation.logs)}" if len(explanation.logs) > 1 else "Seen"
    blocks += [Paragraph(text, label) for label, text in ((seen, finding.sees), ("Why", finding.why)) if text]
    where = places_of(finding, explanation)
    if finding.whose is not None:
        blocks.append(Paragraph(f"the fault is {where[finding.whose]}", "Whose"))
    blocks += _evidence(finding.evidence, explanation.logs)
    if finding.places:
        rows = ((place(one.source), f"{command(one.source)}    ({one.note})") for one in finding.places)
        blocks.append(Lines("Configuration", tuple(rows)))
    if finding.checks:
        order = (Whose.OWN, None, Whose.PEER)
        checks = sorted(finding.checks, key=lambda one: order.index(one.where))
        blocks.append(Items("Check", tuple((where[one.where], one.text) for one in checks)))
    for one in sorted(finding.commands, key=lambda one: one.where is Whose.PEER):
        blocks.append(_commands(one, where[one.where]))
    if finding.alternatives:
        blocks.append(Items("It could also be", tuple((one.code, one.tell_apart) for one in finding.alternatives)))
    tone = Tone.REMARK if finding.warning else Tone.BAD
    about = "" if explanation.chosen is not None or not finding.peer else f" ({finding.peer})"
    return Part(f"{number}. {finding.title}{about}", tuple(blocks), finding.code, tone)


def _commands(commands: Commands, where: str) -> Block:
    heading = f"Type {where}: {commands.about}" if commands.about else f"Type {where}"
    return Lines(heading, tuple(("", line) for line in commands.lines), f"{commands.vendor}; {commands.safety.value}")


def _evidence(records: Sequence[Record], logs: Sequence[Log]) -> Iterator[Block]:
    if not records:
        return
    rows = []
    for record in islice(records, MOST_EVIDENCE):
        lines = record.text.split("\n")
        more = len(lines) - MOST_ROWS
        shown = [*lines[:MOST_ROWS], f"… {more} lines more"] if more > 0 else lines
        rows.append((place_of(record, logs), "\n".join(shown) or "(no longer held)"))
    more = len(records) - MOST_EVIDENCE
    yield Lines("Evidence", tuple(rows), f"and {more} lines more" if more > 0 else "")


def _pairing(explanation: Explanation) -> Iterator[Part]:
    best: Pairing | None = next(iter(explanation.pairings), None)
    if best is None:
        return
    blocks: list[Block] = [Paragraph(f"{best.same.value}, confidence {best.confidence:.0%}", "The two logs")]
    if best.offset is not None:
        spread = f", give or take {best.spread / 1_000_000:.3f} s" if best.spread is not None else ""
        blocks.append(Paragraph(f"the second is {best.offset / 1_000_000:+.3f} s from the first{spread}", "Clocks"))
    if best.grounds:
        blocks.append(Items("Because", tuple(("", one) for one in dict.fromkeys(best.grounds))))
    counts = Counter((link.sender, link.name) for link in best.links if link.sent is not None and link.received is None)
    lost = [
        (_named(sender, explanation.logs), f"{name} was sent{f' {count} times' if count > 1 else ''}")
        for (sender, name), count in counts.items()
    ]
    if lost and best.same in (Same.YES, Same.LIKELY):
        blocks.append(Items("Never arrived in the other log", tuple(lost)))
    tone = Tone.PLAIN if best.same in (Same.YES, Same.LIKELY) else Tone.REMARK
    yield Part("Are these two sides of one exchange?", tuple(blocks), tone=tone)


def _negotiations(explanation: Explanation, hint: str) -> Iterator[Part]:
    """The table, where there is more than one negotiation in a log."""
    several = len(explanation.negotiations) > max(len(explanation.logs), 1)
    if several:
        note = hint if explanation.chosen is None else ""
        yield Part(f"{len(explanation.negotiations)} negotiations", (table(explanation, note),))


def _others(findings: Sequence[Finding]) -> Iterator[Part]:
    if not findings:
        return
    rows = tuple(
        (one.peer or "-", one.code, one.sure.name.lower(), one.sees or one.title)
        for one in islice(findings, MOST_OTHERS)
    )
    more = len(findings) - MOST_OTHERS
    note = f"and {more} more; the JSON document has all" if more > 0 else ""
    yield Part("Found on other negotiations", (Table(("peer", "code", "sure", "seen"), rows, note),))


def _sketches(explanation: Explanation) -> Iterator[Part]:
    for one in explanation.sketches:
        rows = tuple(("", line) for line in one.lines)
        yield Part(f"What {one.peer} must look like", (Lines("Sketch", rows, one.vendor),), folded=True)
    for letter in explanation.letters:
        rows = tuple(("", line) for line in letter.body.split("\n"))
        yield Part(f"Message to the engineer of {letter.peer}", (Lines(letter.subject, rows),), folded=True)


def _read(logs: Sequence[Log], notes: Sequence[str]) -> Part:
    """How much of the logs was understood, with samples of what was not."""
    blocks: list[Block] = []
    for log in logs:
        if not log.lines:
            blocks.append(Paragraph("no line is in it", _named(log.number, logs)))
            continue
        kinds = ", ".join(f"{name} {count}" for name, count in log.dialects) or "no device's lines"
        cut = "; not all of it was read" if log.truncated else ""
        blocks.append(
            Paragraph(
                f"{log.lines} lines, {log.share:.1%} accounted for: {log.recognised} about IKE and IPsec ({kinds}), "
                f"{log.other} about something else, {log.console} of a terminal, {log.unknown} not recognised{cut}",
                _named(log.number, logs),
            )
        )
        if log.samples:
            rows = tuple(
                (str(one.line), f"{one.text}{f'   (×{one.count})' if one.count > 1 else ''}") for one in log.samples
            )
            blocks.append(Lines("Not recognised", rows))
    blocks += [Paragraph(note, "Note") for note in notes]
    return Part("How much was read", tuple(blocks), folded=True)
