"""Lines of a log into records, whatever happened to the lines: the dialects read, this module tears and joins.

What goes well goes fast: a line whose form is known (`forms.py`) is cut into clock, peer and text without looking for
them, and each of the three is known or learnt from another like it (`texts.py`, `learning.py`). All else takes
the careful way (`_careful`), with a bounded number of tries: the line cleaned, joined with the block that it continues,
freed of a prompt, joined with a torn or wrapped line before it, parted where records were glued, freed of stray marks.
"""

import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from itertools import repeat
from typing import NamedTuple

from mainmode.catalogue.facts import NO_TAG
from mainmode.explain import damage
from mainmode.explain.dialect import OTHER, Dialect, Enveloped, Reading, merged
from mainmode.explain.forms import Forms, forms_of
from mainmode.explain.record import Piece, piece_of
from mainmode.explain.samples import SHAPE_REACH, Tally, shape
from mainmode.explain.texts import ASIDE, Texts

MAX_TEXT = 8192
"""Characters of a record; a line may be longer only if records were glued in it."""
MAX_LOOSE = 4
"""Unreadable beginnings that wait for the rest of their record."""
MAX_ROWS = 400
"""Rows of one block."""
WRAPPED = 50
"""A line that is shorter was not wrapped by whoever broke it."""
_MAX_GLUED = 65536
_NO_WORD_LENGTH = 400
_NO_WORD = re.compile(rf"\S{{{_NO_WORD_LENGTH},}}")
"""No record begins in a word that long."""
_SHAPES = 4096
_BLANKS = ("", " ", "\t")
_piece = tuple.__new__
"""Makes a piece of its fields in half the time that its own constructor takes."""
_SHOWS = re.compile(
    r"(?:do +)?(?:sh(?:ow?)?|more|dir|ping|traceroute|packet-tracer|ip(?:sec)?|swanctl|cat|tail|journalctl) "
)
_COMMENT = re.compile(r"\s{0,40}(?:!|#|//|;|---|===|\*\*\*|\.\.\.|```|<snip|\[\.\.\.|\[snip)")

Found = tuple[Dialect, Reading]


class Loose(NamedTuple):
    """An unreadable beginning, with the blank at its line's end; `counted` where the line was counted already."""

    number: int
    text: str
    counted: bool = False


class Assembler:
    """One log's lines into pieces, in order. `number` is the last line's number, `tally` the counts so far."""

    def __init__(self, dialects: Sequence[Dialect]) -> None:
        self.number = 0
        self.tally = Tally()
        self._order = list(dialects)
        self._heads = re.compile("|".join(f"(?:{one.head.pattern})" for one in dialects) or r"(?!)")
        self._held: Piece | None = None
        self._holder: Dialect | None = None
        self._loose: list[Loose] = []
        self._blank = ""
        self._other = ("", 0)
        self._showing = False
        self._hopeless: set[str] = set()
        self._texts = Texts(MAX_TEXT)
        self._rows: list[str] = []
        self._row_forms: list[str] = []
        self._head: tuple[Piece | None, tuple[str, str, str], str] = (None, ("", "", ""), "")
        self._forms = Forms()
        self._enveloped: Enveloped | None = None

    def feed(self, lines: Iterable[str]) -> Iterator[Piece]:
        """The records that end before the last of these lines; lines have no line ends."""
        number, others, ours = self.number, 0, 0
        texts = self._texts
        lines = lines if isinstance(lines, list) else list(lines)
        known, clocks, tags, cuts = texts.known, texts.clocks, texts.tags, self._forms.cuts
        for line, form in zip(lines, forms_of(lines) or repeat(""), strict=False):
            number += 1
            quick, held = self._enveloped, self._held
            if quick is not None and not self._loose:
                if held is not None and held.said.open:
                    if line[:1] in _BLANKS and len(self._rows) < MAX_ROWS:
                        self._rows.append(line)
                        self._row_forms.append(form)
                        continue
                    if (yield from self._behind_block(line, number)):
                        continue
                    quick, held = self._enveloped or quick, self._held
                cut = cuts.get(form)
                if cut is not None and line.startswith(cut[0], cut[1]):
                    _, at, text, end, spans = cut
                    parts: tuple[str, str, str] | None = line[:at], line[text:end], line[at:text] + line[end:]
                else:
                    parts, spans = quick.parted(line), None
                    if parts is OTHER:
                        self._other = (line, number)
                        others += 1
                        continue
                    if parts is not None and form:
                        self._forms.learn(line, form, parts)
                if parts is not None:
                    front, about, rest = parts
                    told = texts.alike(quick, rest, spans) if spans else known.get(rest) or texts.learn(quick, rest)
                    if told.__class__ is tuple:
                        said, tag, sense = told
                        clock = clocks.get(front) or texts.tell(quick, front)
                        if about:
                            aside = tags.get(about) or texts.tag(quick, about)
                            tag = aside if tag is NO_TAG else merged(aside, tag)
                        if held is not None:
                            yield held
                        self._held = _piece(Piece, (number, number, line, quick.name, said, tag, clock, sense))
                        if said.open:
                            self._head = (self._held, parts, form)
                        ours += 1
                        continue
                    if told is ASIDE:
                        self._other = (line, number)
                        others += 1
                        continue
            self._count(ours, others)
            ours = others = 0
            self.number = number
            yield from self._careful(line)
        self._count(ours, others)
        self.number = number

    def _behind_block(self, line: str, number: int) -> Generator[Piece, None, bool]:
        """Close the block before a line; whether the line was one for the careful way and is read."""
        self.number = number - 1
        yield from self._close_block()
        self.number = number
        held = self._held
        if self._loose or (held is not None and self._goes_on(held, line)):
            yield from self._careful(line)
            return True
        return False

    def _close_block(self) -> Iterator[Piece]:
        """Read a block with the indented rows that followed it: whole, or else row by row."""
        rows, forms, last = self._rows, self._row_forms, self.number
        self._rows, self._row_forms = [], []
        held = self._held
        if not rows or held is None:
            return
        told = [(row, form) for row, form in zip(rows, forms, strict=True) if row and not row.isspace()]
        if told and self._whole(held, told, last):
            self._count(len(told), 0)
            return
        for place, row in enumerate(rows):
            self.number = last - len(rows) + 1 + place
            yield from self._careful(row)
        self.number = last

    def _whole(self, held: Piece, rows: list[tuple[str, str]], last: int) -> bool:
        """Whether a block with all these rows can be read; it is then held."""
        quick = self._enveloped
        if quick is None or held.dialect != quick.name:
            return False
        first, parts, form = self._head
        if first is not held:
            again = quick.parted(held.text)
            if again is None or again is OTHER:
                return False
            parts, form = again, ""
        said_rows = "\n".join([row for row, _ in rows])
        text = f"{held.text}\n{said_rows}"
        if len(text) > MAX_TEXT:
            return False
        body = f"{parts[2]}\n{said_rows}"
        spans = self._forms.of_block(body, form, [one for _, one in rows]) if form else None
        found = self._texts.alike(quick, body, spans) if spans else self._texts.learn(quick, body)
        if not isinstance(found, tuple):
            return False
        said, tag, sense = found
        if parts[1]:
            tag = merged(self._texts.tags.get(parts[1]) or self._texts.tag(quick, parts[1]), tag)
        self._held, self._holder = Piece(held.first, last, text, quick.name, said, tag, held.clock, sense), quick
        return True

    def finish(self) -> Iterator[Piece]:
        """What was still waiting at the end of the log."""
        yield from self._close_block()
        yield from self._give_up_loose()
        yield from self._let_go()

    def _count(self, ours: int, others: int) -> None:
        if self._enveloped is not None:
            if ours:
                self.tally.read(self._enveloped.name, ours)
            if others:
                self.tally.read(self._enveloped.name, others, other=True)

    def _hold(self, holder: Dialect, first: int, last: int, text: str, reading: Reading) -> None:
        self._held, self._holder = piece_of(first, last, text, holder.name, reading), holder

    def _let_go(self) -> Iterator[Piece]:
        if self._held is not None:
            yield self._held
        self._held = self._holder = None

    # the careful way

    def _careful(self, line: str) -> Iterator[Piece]:
        if len(line) > MAX_TEXT:
            yield from self._long(line)
            return
        text = damage.cleaned(line).rstrip()
        self._blank = line[-1:] if line[-1:].isspace() else ""
        if not text or text.isspace():
            return
        if self._hopeless and not self._loose and len(text) <= SHAPE_REACH and shape(text) in self._hopeless:
            if self._held is None or not self._held.said.open or not self._extend(text):
                self.tally.strange(self.number, text)
            return
        if text[0] == "|":
            if self._extend(text):
                return
            found = self._read(text)
            if found is not None:
                yield from self._take(found, self.number, text)
                return
        if text[0] in ">|":
            text = damage.unquoted(text)
        if not text or text.isspace():
            self.tally.console += 1
        elif self._extend(text):
            return
        elif self._loose and not self._heads.match(text.lstrip()):
            yield from self._rest_of_loose(text)
        else:
            found = self._read(text)
            if found is not None:
                yield from self._take(found, self.number, text)
            else:
                yield from self._hard(text)

    def _read(self, text: str) -> Found | None:
        """The first dialect that can read a text; it comes first the next time."""
        if len(text) > MAX_TEXT:
            return None
        for place, dialect in enumerate(self._order):
            reading = dialect.read(text)
            if reading is not None:
                if place:
                    self._order.insert(0, self._order.pop(place))
                self._enveloped = dialect if hasattr(dialect, "parted") else None  # type: ignore[assignment]
                return dialect, reading
        return None

    def _take(self, found: Found, first: int, text: str, lines: int = 1) -> Iterator[Piece]:
        """A record was read that ends in the present line."""
        yield from self._give_up_loose()
        self._showing = False
        yield from self._let_go()
        self._keep(found, first, text, lines)

    def _keep(self, found: Found, first: int, text: str, lines: int) -> None:
        dialect, reading = found
        self.tally.read(dialect.name, lines, reading.other)
        if reading.other:
            self._other = (text, self.number)
        else:
            self._hold(dialect, first, self.number, text, reading)

    def _extend(self, text: str, lines: int = 1) -> bool:
        """Whether the line is the open record's next row; it is then part of it."""
        held, holder = self._held, self._holder_of_held()
        if held is None or holder is None or not held.said.open or not holder.continues(held.text, text):
            return False
        return self._join_held(holder, held, text, ("\n",), lines)

    def _goes_on(self, held: Piece, line: str) -> bool:
        holder = self._holder_of_held()
        return held.said.open and holder is not None and holder.continues(held.text, line)

    def _holder_of_held(self) -> Dialect | None:
        if self._held is None or self._holder is not None:
            return self._holder
        return self._enveloped

    def _join_held(self, holder: Dialect, held: Piece, text: str, joins: Sequence[str], lines: int = 1) -> bool:
        """Make the line a part of the record before it; what then says something else than its beginning goes first."""
        best: tuple[str, Reading] | None = None
        for join in joins:
            joined = held.text + join + text
            reading = holder.read(joined) if len(joined) <= MAX_TEXT else None
            if reading is None or reading.other:
                continue
            if best is None or reading.entry != held.said.entry:
                best = joined, reading
            if reading.entry != held.said.entry:
                break
        if best is None:
            return False
        self._hold(holder, held.first, self.number, *best)
        self.tally.read(holder.name, lines)
        return True

    def _hard(self, text: str) -> Iterator[Piece]:
        """A line that nobody reads as it is."""
        rest = damage.behind_prompt(text)
        if rest is not None:
            yield from self._behind_prompt(rest)
            return
        if damage.is_console(text):
            yield from self._tear(text, counted=True)
            self.tally.console += 1
            return
        joined = self._with_loose(text)
        if joined is not None:
            yield from joined
            return
        if self._wraps(text):
            return
        parts = self._parts(text)
        if parts:
            yield from self._parted(parts)
            return
        for better in damage.without_strays(text):
            found = self._read(better)
            if found is not None:
                yield from self._take(found, self.number, better)
                return
        if damage.torn(text):
            yield from self._tear(text, counted=False)
            return
        if _COMMENT.match(text) or self._showing:
            self.tally.console += 1
        elif self._heads.search(text):
            yield from self._wait(Loose(self.number, text + self._blank))
        else:
            self._give_up(self.number, text)

    def _give_up(self, number: int, text: str) -> None:
        """Count a line that nobody reads; the next of its shape is not tried again."""
        self.tally.strange(number, text)
        if len(self._hopeless) >= _SHAPES:
            self._hopeless.clear()
        if len(text) <= SHAPE_REACH:
            self._hopeless.add(shape(text))

    def _behind_prompt(self, rest: str) -> Iterator[Piece]:
        joined = self._with_loose(rest) if rest else None
        if joined is not None:
            yield from joined
            return
        found = self._read(rest) if rest else None
        if found is not None:
            yield from self._take(found, self.number, rest)
            return
        self.tally.console += 1
        self._showing = _SHOWS.match(rest) is not None

    def _with_loose(self, text: str) -> Iterator[Piece] | None:
        """The record that waiting beginnings make with this line; a line that looks like a beginning completes one."""
        waits = len(self._loose)
        for start in range(max(0, waits - 1) if self._heads.match(text.lstrip()) else 0, waits):
            waiting = self._loose[start:]
            parts = [*(one.text for one in waiting), text]
            for joined in damage.woven(parts):
                found = self._read(joined)
                if found is not None and not _is_rest(found):
                    del self._loose[start:]
                    lines = 1 + sum(not one.counted for one in waiting)
                    return self._take(found, waiting[0].number, joined, lines)
        return None

    def _rest_of_loose(self, text: str) -> Iterator[Piece]:
        """A line without a head behind an unreadable beginning: its rest, or a part of that, or on its own."""
        if damage.behind_prompt(text) is not None or damage.is_console(text):
            yield from self._hard(text)
            return
        joined = self._with_loose(text)
        if joined is not None:
            yield from joined
        elif len(self._loose) < MAX_LOOSE:
            self._loose.append(Loose(self.number, text + self._blank))
        else:
            yield from self._give_up_loose()
            yield from self._careful(text)

    def _wraps(self, text: str) -> bool:
        """Whether the line is the wrapped rest of the record before it; it is then part of it."""
        if self._heads.match(text.lstrip()):
            return False
        held, holder = self._held, self._holder_of_held()
        if held is not None and holder is not None and self.number - held.last <= 2 and not self._loose:
            line = held.text.rpartition("\n")[2]
            joins = (*damage.joins(line), "\n") if len(line) > WRAPPED else ("\n",)
            return self._join_held(holder, held, text, joins)
        before, number = self._other
        if before and self.number - number <= 2 and len(before) > WRAPPED:
            for join in ("", " "):
                found = self._read(before + join + text)
                if found is not None and found[1].other:
                    self.tally.read(found[0].name, 1, other=True)
                    self._other = (before + join + text, self.number)
                    return True
        return False

    def _parts(self, text: str) -> list[str]:
        """The text cut where records begin; empty where none begins behind its first character."""
        sought = _NO_WORD.sub(_blank, text) if len(text) > _NO_WORD_LENGTH else text
        places = [found.start() for _, found in zip(range(_MAX_GLUED), self._heads.finditer(sought), strict=False)]
        places = [place for place in places if place]
        if not places:
            return []
        return [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]

    def _parted(self, parts: list[str]) -> Iterator[Piece]:
        """Records that were glued; the line counts as read if one of them is."""
        some, waiting = False, ""
        for part in parts:
            part = part.strip()
            if len(part) > MAX_TEXT:
                part, self.tally.truncated = part[:MAX_TEXT], True
            lines = 0 if some else 1
            if self._extend(part, lines):
                some = True
                continue
            for text in (part, f"{waiting} {part}", waiting + part) if waiting else (part,):
                found = self._read(text)
                if found is not None:
                    yield from self._take(found, self.number, text, lines)
                    some, waiting = True, ""
                    break
            else:
                waiting = part
        if not some:
            if any(map(self._heads.match, parts)):
                yield from self._wait(Loose(self.number, " ".join(parts)[:MAX_TEXT]))
            else:
                self.tally.strange(self.number, " ".join(parts))
        elif waiting:
            yield from self._wait(Loose(self.number, waiting, counted=True))

    def _long(self, line: str) -> Iterator[Piece]:
        """A line that is too long for one record."""
        parts = self._parts(damage.cleaned(line))
        if parts:
            yield from self._parted(parts)
        else:
            self.tally.truncated = True
            self.tally.strange(self.number, line[:MAX_TEXT])

    def _tear(self, text: str, counted: bool) -> Iterator[Piece]:
        """Where a ping's marks end the line, what stands before them waits for its other half."""
        beginning = damage.torn(text)
        if beginning:
            yield from self._wait(Loose(self.number, beginning, counted))

    def _wait(self, loose: Loose) -> Iterator[Piece]:
        if len(self._loose) >= MAX_LOOSE:
            yield from self._give_up_loose()
        self._loose.append(loose)

    def _give_up_loose(self) -> Iterator[Piece]:
        """Nothing completes what waits: each line is read for what it is."""
        loose, self._loose = self._loose, []
        now = self.number
        for one in loose:
            found = self._read(one.text) if not one.counted else None
            if found is not None:
                self.number = one.number
                yield from self._let_go()
                self._keep(found, one.number, one.text, 1)
            elif len(loose) == 1 and not one.counted:
                self._give_up(one.number, one.text)
            elif not one.counted:
                self.tally.strange(one.number, one.text)
        self.number = now


def _blank(found: re.Match[str]) -> str:
    return " " * (found.end() - found.start())


def _is_rest(found: Found) -> bool:
    """Whether a text was read only as rows that lack their first line."""
    return found[1].entry == "rows"
