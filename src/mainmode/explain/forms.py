"""How lines look when their numbers are taken away: lines of one form are parted at the same places.

A form has `0` for every digit and small hexadecimal letter, and is as long as its line. What it takes away is too much
to tell two texts apart, but enough to tell where clock, peer and text stand, and where words that come only once do:
SPIs, message ids, addresses of objects. A whole block of lines is turned into forms at once, since one by one is slow.
"""

import re
from collections.abc import Sequence

POINTER = re.compile(r"\b(?:0x)?(?!0000)[0-9A-Fa-f]{8}\b")
"""A word that comes only once: eight hexadecimal digits. One that begins with zeros may mean something."""
_ANY_POINTER = re.compile(r"\b(?:0x)?[0-9A-Fa-f]{8}\b")
_IN_FORM = re.compile(r"\b(?:0x)?0{8}\b")
_DIGITS = str.maketrans("0123456789abcdef", "0" * 16)
MARKS = ("%ASA-", "[IKEv1", "IPSEC")
_LEAD = len("%ASA-5-713119: ")
_FORMS = 4096
MAX_FORM = 1024
"""Characters of a form that is kept."""

Spans = tuple[tuple[int, int], ...]
"""Where words stand in a text, from and to."""
Cut = tuple[str, int, int, int, Spans | None]
"""How a line's text begins and where, where what stands about the peer begins and ends, and the words in the text
without that; None where the words are not at the same places in each line of the form.

Message id or bracket, with which the text begins, decide how a line is parted: another one is another form.
"""


def forms_of(lines: Sequence[str]) -> Sequence[str]:
    """The forms of lines; of no line where they cannot be told at once."""
    text = "\n".join(lines)
    if not text.isascii():
        return ()
    forms = text.translate(_DIGITS).split("\n")
    return forms if len(forms) == len(lines) else ()


def spans_of(text: str, form: str) -> Spans | None:
    """Where words stand in each text of a form; None where that cannot be told from the form."""
    spans = tuple(found.span() for found in _IN_FORM.finditer(form))
    return spans if spans == tuple(found.span() for found in _ANY_POINTER.finditer(text)) else None


def cut_of(line: str, form: str, parts: tuple[str, str, str]) -> Cut | None:
    """Where every line of a form is parted as one was; None where lines of this form may be parted elsewhere."""
    front, about, rest = parts
    at = len(front)
    if not line.startswith(MARKS, at) or "User" in about:
        return None
    text = line.find(about, at) if about else at
    end = text + len(about)
    if line[at:text] + line[end:] != rest:
        return None
    lead = line[at : min(at + _LEAD, text)] if about else line[at : at + _LEAD]
    return lead, at, text, end, spans_of(rest, form[at:text] + form[end:])


class Forms:
    """The forms of a log's lines, by how they are cut, and of its blocks, by where words stand in them. Bounded."""

    def __init__(self) -> None:
        self.cuts: dict[str, Cut] = {}
        self._blocks: dict[str, Spans] = {}

    def learn(self, line: str, form: str, parts: tuple[str, str, str]) -> None:
        """A line of a form that was not known was parted so."""
        cut = cut_of(line, form, parts) if len(form) <= MAX_FORM else None
        if cut is not None:
            if len(self.cuts) >= _FORMS:
                self.cuts.clear()
            self.cuts[form] = cut

    def of_block(self, body: str, form: str, rows: Sequence[str]) -> Spans | None:
        """Where words stand in the text of a block that begins with a line of a form and goes on with rows of others.

        None or nothing where that cannot be told.
        """
        cut = self.cuts.get(form)
        if cut is None:
            return None
        _, at, text, end, _ = cut
        key = "\n".join([form[at:text] + form[end:], *rows])
        spans = self._blocks.get(key)
        if spans is None and len(key) <= MAX_FORM:
            if len(self._blocks) >= _FORMS:
                self._blocks.clear()
            spans = self._blocks[key] = spans_of(body, key) or ()
        return spans


def words_at(text: str, spans: Spans) -> tuple[str, list[str]] | None:
    """A text with `#` for its words, and the words, as `POINTER` would find them; None where it finds others."""
    words, pieces, last = [], [], 0
    for start, end in spans:
        word = text[start:end]
        if word.startswith("0000", end - start - 8) or (end - start == 10 and word[0] != "0"):
            return None
        pieces.append(text[last:start])
        words.append(word)
        last = end
    pieces.append(text[last:])
    return "#".join(pieces), words
