"""The ladder as text: two columns on a wide terminal, one readable flow on a narrow one."""

import re
from itertools import zip_longest

from mainmode.base.decoded import Decoded
from mainmode.ladder.folding import Fold, Folding
from mainmode.ladder.rows import Rows, Style
from mainmode.ladder.series import series_of
from mainmode.ladder.spelling import (
    arrow_head,
    cells,
    clean,
    clean_lines,
    command,
    device_of,
    fate,
    judgement,
    milliseconds,
    name_of,
    numbered,
    payload_chain,
    place,
    role_of,
    sides,
    since,
    size,
    wrap,
)
from mainmode.ladder.steps import LadderStep, Said, related, sections
from mainmode.ladder.transcript import Fate, LineSaid, MessageSent, Outcome, Side, Transcript
from mainmode.ladder.words import words

TWO_COLUMNS = 130
"""The width from which on the sides stand beside each other."""


_HANDIWORK = re.compile(r"^IPSEC: |(constructing|processing|computing|Computing|Generating|loading) ")
"""Lines that tell how a message is made or taken apart, or how an SA is put into the hardware."""

_STYLES = {Fate.DELIVERED: Style.ARROW, Fate.UNKNOWN: Style.REMARK}
_OUTCOMES = {Outcome.UP: Style.GOOD, Outcome.DOWN: Style.BAD}


class _Page(Rows):
    """Rows of text. Wide or narrow decides how something that one side says is laid out."""

    def __init__(self, transcript: Transcript, width: int, colour: bool) -> None:
        super().__init__(width, colour)
        self.transcript = transcript
        self.folding = Folding()
        self.left, self.right = sides(transcript)
        self.names = {side: name_of(transcript, side) for side in Side}
        self.wide = self.width >= TWO_COLUMNS
        self.column = (self.width - 3) // 2
        longest = max(cells(name) for name in self.names.values())
        self.tag = min(longest, self.width // 3)

    def pair(self, left: list[str], right: list[str], style: Style) -> None:
        """Rows of both columns beside each other (wide pages only)."""
        for one, other in zip_longest(left, right, fillvalue=""):
            pad = " " * (self.column - cells(one))
            row = f"{self.paint(one, style)}{pad} {self.paint('│', Style.QUIET)} {self.paint(other, style)}"
            self.rows.append(row.rstrip(" "))

    def by(self, side: Side, texts: list[str], style: Style = Style.PLAIN, hang: int = 2) -> None:
        """Clean lines of one side: in its column, or behind its name."""
        if self.wide:
            rows = [row for text in texts for row in wrap(text, self.column, hang)]
            self.pair(rows if side is self.left else [], rows if side is self.right else [], style)
            return
        names = wrap(self.names[side], self.tag, 0)
        rows = [row for text in texts for row in wrap(text, self.width - self.tag - 3, hang)]
        for name, row in zip_longest(names, rows, fillvalue=""):
            head = self.paint(name, Style.HEADING) + " " * (self.tag - cells(name)) + self.paint(" │ ", Style.QUIET)
            self.rows.append((head + self.paint(row, style)).rstrip(" "))


def text(transcript: Transcript, width: int = 80, colour: bool = False, judged: bool = True) -> str:
    """The whole ladder for a terminal of `width` columns (at least 40), ending in a line end, with or without verdict.

    From 130 columns on the initiator stands left and the responder right. ANSI colours only when asked for.
    """
    page = _Page(transcript, width, colour)
    _head(page)
    for section in sections(transcript):
        if section.title:
            page.gap()
            page.rule(section.title, mark="═")
        for step in section.steps:
            _step(page, step)
    if not any(isinstance(event, MessageSent) for event in transcript.events):
        page.gap()
        page.put("No message was exchanged.", Style.HEADING)
    if judged:
        _verdict(page)
    _pings(page)
    _shows(page)
    _foot(page)
    return "\n".join(page.rows) + "\n"


def one_step(transcript: Transcript, step: LadderStep, width: int = 80, colour: bool = False) -> str:
    """One rung alone, ending in a line end: the payloads of its message as they are decoded, whatever protects them.

    Of what both sides said there is only what rests on a line of their configurations; debugs show the others.
    """
    page = _Page(transcript, width, colour)
    _step(page, step, alone=True)
    return "\n".join(page.rows) + "\n"


def verdict_text(transcript: Transcript, width: int = 80, colour: bool = False) -> str:
    """The verdict alone, with its places and notes, ending in a line end."""
    page = _Page(transcript, width, colour)
    _judged(page)
    return "\n".join(page.rows) + "\n"


def _head(page: _Page) -> None:
    """Who stands where."""
    cards = {}
    for side in (page.left, page.right):
        device = device_of(page.transcript, side)
        parts = [page.names[side], role_of(page.transcript, side)]
        if device is not None:
            parts += [clean(device.address), clean(device.file), clean(device.log)]
        cards[side] = "  ".join(part for part in parts if part)
    if page.wide:
        columns = [wrap(cards[side], page.column) for side in (page.left, page.right)]
        page.pair(columns[0], columns[1], Style.HEADING)
        return
    for side in (page.left, page.right):
        page.put(cards[side], Style.HEADING)


def _step(page: _Page, step: LadderStep, alone: bool = False) -> None:
    page.gap()
    message_id = f"  msg id {step.message.message_id:08x}" if step.message and step.message.message_id else ""
    page.rule(step.title + message_id, since(page.transcript, step.at))
    told = {side: f"» {line}" for side, line in words(page.transcript, step)}
    if page.wide:
        columns = [wrap(told.get(side, ""), page.column) for side in (page.left, page.right)]
        page.pair(columns[0], columns[1], Style.WORDS)
    else:
        first = step.message.side if step.message else page.left
        for side in (first, first.other):
            if side in told:
                page.by(side, [told[side]], Style.WORDS)
    before, after = page.folding.shown(step)
    if alone:
        before, after = (tuple(one for one in part if _decides(one)) for part in (before, after))
    _said(page, before)
    if step.message is not None:
        _arrow(page, step.message)
        if alone:
            _payloads(page, step.message.decoded, 4)
        _said(page, after)
    _related(page, step)


def _decides(one: Said | Fold) -> bool:
    """Whether something that was said tells what a side made of its configuration, and not its handiwork."""
    return bool(one.sources) and (not isinstance(one, LineSaid) or _HANDIWORK.search(one.text) is None)


def _said(page: _Page, said: tuple[Said | Fold, ...]) -> None:
    for one in said:
        lines = clean_lines(one.text)
        if isinstance(one, LineSaid):
            page.by(one.side, numbered(lines, one.line))
        elif isinstance(one, Fold):
            page.by(one.side, [f"({one.text})"], Style.QUIET)
        elif one.side is not None:
            page.by(one.side, [f"* {line}" for line in lines], Style.REMARK)
        else:
            for line in lines:
                page.put(f"* {line}", Style.REMARK)


def _arrow(page: _Page, message: MessageSent) -> None:
    """The message between the sides, its payloads, and what became of it."""
    label = f" {clean(message.name)}  {size(message)}".rstrip() + " "
    rightwards = message.side is page.left
    arrived = message.fate is Fate.DELIVERED
    ends = ("    ", "    ") if page.wide else (f"{page.names[page.left]} ", f" {page.names[page.right]}")
    room = page.width - cells(ends[0] + ends[1] + label) - 1
    style = _STYLES.get(message.fate, Style.BAD)
    if room < 4:
        way = f"{page.names[message.side]} ─▶ {page.names[message.side.other]}"
        page.put(f"{way}{label}".rstrip(), style)
    else:
        shaft = (room // 2) * "─", (room - room // 2) * "─"
        head = arrow_head(message, rightwards)
        line = f"{shaft[0]}{label}{shaft[1]}{head}" if rightwards else f"{head}{shaft[0]}{label}{shaft[1]}"
        page.rows.append(f"{ends[0]}{page.paint(line, style)}{ends[1]}".rstrip(" "))
    below = 6 if page.wide else page.tag + 3
    if message.payloads:
        page.put(payload_chain(message), Style.ARROW, indent=below)
    if not arrived:
        page.put(fate(message), style, indent=below)


def _payloads(page: _Page, trees: tuple[Decoded, ...], indent: int) -> None:
    """Each payload with its fields, what is inside it further to the right."""
    for piece in trees:
        fields = ", ".join(f"{clean(label)} {clean(value)}" for label, value in piece.fields)
        page.put(f"{clean(piece.name)}, {piece.length} octets{': ' if fields else ''}{fields}", indent=indent, hang=4)
        _payloads(page, piece.children, indent + 2)


def _related(page: _Page, step: LadderStep) -> None:
    """The configuration lines behind a step, each once for its side."""
    lists = {
        side: [f"{place(source)} {command(source)}" for source in related(page.transcript, step, side)]
        for side in (page.left, page.right)
    }
    if not any(lists.values()):
        return
    if page.wide:
        heads = {side: ["related configuration:"] if lists[side] else [] for side in lists}
        columns = [
            heads[side] + [row for line in lists[side] for row in wrap(f"  {line}", page.column)]
            for side in (page.left, page.right)
        ]
        page.pair(columns[0], columns[1], Style.QUIET)
        return
    page.put("related configuration:", Style.QUIET)
    for line in lists[page.left] + lists[page.right]:
        page.put(line, Style.QUIET, indent=2)


def _verdict(page: _Page) -> None:
    page.gap()
    page.rule("verdict")
    _judged(page)


def _judged(page: _Page) -> None:
    verdict = page.transcript.verdict
    style = _OUTCOMES.get(verdict.outcome, Style.REMARK)
    page.put(judgement(page.transcript), style)
    for blame in verdict.blames:
        page.put(f"{page.names[blame.side]}: {clean(blame.note)}", indent=2)
        if blame.source is not None:
            page.put(f"{place(blame.source)} {command(blame.source)}", style, indent=4)
    for note in page.transcript.notes:
        for line in clean_lines(note):
            page.put(f"note: {line}", Style.REMARK)


def _pings(page: _Page) -> None:
    if not page.transcript.pings:
        return
    page.gap()
    page.rule("pings, virtual time")
    for ping in series_of(page.transcript.pings):
        trip = f"reply in {milliseconds(ping.round_trip)}" if ping.round_trip is not None else "no reply"
        note = f" ({clean(ping.note)})" if ping.note else ""
        way = f"{clean(ping.source)} -> {clean(ping.destination)}"
        style = Style.PLAIN if ping.round_trip is not None else Style.BAD
        sent = since(page.transcript, ping.sent_at)
        page.put(f"{page.names[ping.side]}  {way}  seq {ping.numbers}  {sent}  {trip}{note}", style)


def _shows(page: _Page) -> None:
    """As the device prints them: a line that is wider than the page stays one line."""
    for shown in page.transcript.shows:
        page.gap()
        page.put(f"{page.names[shown.side]}# show {clean(shown.command)}", Style.HEADING)
        page.rows.extend(clean_lines(shown.text.rstrip("\n")))


def _foot(page: _Page) -> None:
    if page.transcript.seed is not None:
        page.gap()
        page.put(f"seed {page.transcript.seed}", Style.QUIET)
