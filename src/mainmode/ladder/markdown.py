"""The ladder as Markdown for tickets: verdict, Mermaid sequence diagram, steps with their lines, configuration."""

import re
from collections.abc import Iterable, Iterator

from mainmode.base.provenance import Source
from mainmode.ladder.folding import Fold, Folding
from mainmode.ladder.series import series_of
from mainmode.ladder.spelling import (
    clean,
    clean_lines,
    command,
    device_of,
    fate,
    finding,
    kind,
    milliseconds,
    name_of,
    numbered,
    payload_chain,
    place,
    role_of,
    sides,
    since,
    size,
)
from mainmode.ladder.steps import LadderStep, Said, related, sections, steps
from mainmode.ladder.transcript import Fate, LineSaid, Side, Transcript
from mainmode.ladder.words import words

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&:@$])")
_MERMAID_PLAIN = re.compile(r"[^A-Za-z0-9 .,/()+×=-]")


_ARROWS = {Fate.DELIVERED: "->>", Fate.UNKNOWN: "-->>"}


def escaped(text: str) -> str:
    """Foreign text in running Markdown: whatever could be markup, HTML or a link stands behind a backslash."""
    return _SPECIAL.sub(r"\\\1", clean(text))


def fenced(lines: Iterable[str]) -> list[str]:
    """Clean lines in a fence that is longer than any run of backticks in them (CommonMark 0.31 §4.5)."""
    held = list(lines)
    longest = max((len(run) for line in held for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", *held, fence]


def mermaid(text: str) -> str:
    """Foreign text in a Mermaid diagram: all but plain characters as entity codes."""
    return _MERMAID_PLAIN.sub(lambda found: f"#{ord(found[0])};", clean(text))


def markdown(transcript: Transcript) -> str:
    """The whole page, ending in a line end. Foreign text is escaped; lines of the devices stand verbatim in fences."""
    left, right = sides(transcript)
    names = {side: name_of(transcript, side) for side in Side}
    rows = [f"# {escaped(names[left])} and {escaped(names[right])}: {transcript.verdict.outcome.value.upper()}", ""]
    rows += _verdict(transcript, names)
    rows += _diagram(transcript, names)
    folding = Folding()
    for section in sections(transcript):
        rows += [f"## {escaped(section.title)}" if section.title else "## Steps", ""]
        for step in section.steps:
            rows += _step(transcript, step, names, folding)
    rows += _references(transcript, names)
    rows += _pings(transcript, names)
    for shown in transcript.shows:
        rows += [f"## {escaped(names[shown.side])}\\# show {escaped(shown.command)}", ""]
        rows += [*fenced(clean_lines(shown.text.rstrip("\n"))), ""]
    return "\n".join(rows).rstrip("\n") + "\n"


def _verdict(transcript: Transcript, names: dict[Side, str]) -> Iterator[str]:
    verdict = transcript.verdict
    found = escaped(f"({finding(verdict)})")
    yield f"**{verdict.outcome.value.upper()}.** {escaped(verdict.sentence)} {found}"
    yield ""
    for blame in transcript.verdict.blames:
        where = f": {_source(blame.source)}" if blame.source is not None else ""
        yield f"- {escaped(names[blame.side])}, {escaped(blame.note)}{where}"
    for note in transcript.notes:
        yield f"- note: {escaped(' '.join(clean_lines(note)))}"
    for side in sides(transcript):
        device = device_of(transcript, side)
        if device is not None:
            role = role_of(transcript, side)
            about = ", ".join(
                part for part in (role, escaped(device.address), escaped(device.file), escaped(device.log)) if part
            )
            yield f"- {escaped(names[side])}: {about}"
    if transcript.seed is not None:
        yield f"- seed {transcript.seed}"
    yield ""


def _diagram(transcript: Transcript, names: dict[Side, str]) -> Iterator[str]:
    sent = [(step, step.message) for step in steps(transcript) if step.message is not None]
    if not sent:
        yield from ("No message was exchanged.", "")
        return
    yield from ("```mermaid", "sequenceDiagram")
    for side in sides(transcript):
        yield f"    participant {side.value} as {mermaid(names[side])}"
    for step, message in sent:
        arrow = _ARROWS.get(message.fate, "-x")
        lost = "" if message.fate is Fate.DELIVERED else f", {message.fate.value}"
        octets = f", {size(message)}" if size(message) else ""
        label = mermaid(f"{step.title}{octets}{lost}")
        yield f"    {message.side.value}{arrow}{message.side.other.value}: {label}"
    yield from ("```", "")


def _step(transcript: Transcript, step: LadderStep, names: dict[Side, str], folding: Folding) -> Iterator[str]:
    before, after = folding.shown(step)
    when = escaped(since(transcript, step.at))
    yield f"### {step.index}. {escaped(step.title)}{f', {when}' if when else ''}"
    yield ""
    for side, line in words(transcript, step):
        yield f"- {escaped(names[side])}: {escaped(line)}"
    yield ""
    yield from _said(before, names)
    message = step.message
    if message is not None:
        way = f"{escaped(names[message.side])} → {escaped(names[message.side.other])}"
        lost = f" **{escaped(fate(message))}**" if fate(message) else ""
        chain = escaped(payload_chain(message))
        octets = f", {escaped(size(message))}" if size(message) else ""
        yield f"**{way}: {escaped(message.name)}**{octets}. {chain}{lost}"
        yield ""
    yield from _said(after, names)


def _said(said: tuple[Said | Fold, ...], names: dict[Side, str]) -> Iterator[str]:
    """Neighbouring lines of one side in one fence; remarks in between as text."""
    block: list[str] = []
    speaker: Side | None = None
    for one in said:
        if block and (not isinstance(one, LineSaid) or one.side is not speaker):
            yield from _block(block, speaker, names)
            block = []
        if isinstance(one, LineSaid):
            speaker = one.side
            block += numbered(clean_lines(one.text), one.line)
        elif isinstance(one, Fold):
            yield from (f"{escaped(names[one.side])}: *{escaped(one.text)}*", "")
        else:
            who = f"{escaped(names[one.side])}: " if one.side is not None else ""
            yield from (f"> {who}{escaped(' '.join(clean_lines(one.text)))}", "")
    if block:
        yield from _block(block, speaker, names)


def _block(block: list[str], speaker: Side | None, names: dict[Side, str]) -> Iterator[str]:
    if speaker is not None:
        yield from (f"{escaped(names[speaker])}:", "")
    yield from fenced(block)
    yield ""


def _source(source: Source) -> str:
    return f"{escaped(place(source))} {escaped(command(source))}"


def _references(transcript: Transcript, names: dict[Side, str]) -> Iterator[str]:
    """A table of the configuration behind the steps: each place once, with the steps that rest on it."""
    used: dict[tuple[Side, Source], list[str]] = {}
    for side in sides(transcript):
        for step in steps(transcript):
            for source in related(transcript, step, side):
                used.setdefault((side, source), []).append(step.title)
    if not used:
        return
    yield from (
        "## Related configuration",
        "",
        "| device | place | configuration | kind | steps |",
        "|---|---|---|---|---|",
    )
    for (side, source), titles in used.items():
        cells = (names[side], place(source), command(source), kind(source), ", ".join(titles))
        yield f"| {' | '.join(escaped(cell) for cell in cells)} |"
    yield ""


def _pings(transcript: Transcript, names: dict[Side, str]) -> Iterator[str]:
    if not transcript.pings:
        return
    yield from ("## Pings, virtual time", "", "| from | way | sequence | sent | round trip |", "|---|---|---|---|---|")
    for ping in series_of(transcript.pings):
        trip = milliseconds(ping.round_trip) if ping.round_trip is not None else "no reply"
        note = f" ({ping.note})" if ping.note else ""
        way = f"{ping.source} to {ping.destination}"
        sent = since(transcript, ping.sent_at)
        cells = (names[ping.side], way, ping.numbers, sent, f"{trip}{note}")
        yield f"| {' | '.join(escaped(cell) for cell in cells)} |"
    yield ""
