"""What a dialect said about the parts of lines, kept: a log says the same again and again. All of it is bounded."""

import re

from mainmode.catalogue.facts import NO_TAG, Tag
from mainmode.explain.dialect import Clock, Enveloped, Reading
from mainmode.explain.sense import Sense, sense_of

_KNOWN = 8192
_CLOCKS = 4096
_POINTER = re.compile(r"\b(?:0x)?(?!0000)[0-9A-Fa-f]{8}\b")

Known = tuple[Reading, Tag, Sense] | str
"""What is known about a text: its reading with its tag and sense, or one of the two words below."""
UNREAD = "unread"
ASIDE = "other"


class Texts:
    """Texts by what they are, fronts by their clocks, and what stands about the peer by its tag."""

    def __init__(self, longest: int) -> None:
        """`longest` is the length in characters beyond which no text is read."""
        self.known: dict[str, Known] = {}
        self.clocks: dict[str, Clock] = {}
        self.tags: dict[str, Tag] = {}
        self._longest = longest
        self._silent: dict[str, tuple[Reading, Tag, Sense]] = {}

    def learn(self, quick: Enveloped, rest: str) -> Known:
        """What a text is that was not known yet."""
        if len(self.known) >= _KNOWN:
            self.known.clear()
        self.known[rest] = found = self.known_of(quick, rest)
        return found

    def known_of(self, quick: Enveloped, rest: str) -> Known:
        """What a text is. Of texts that tell nothing and differ in pointers and SPIs only, one is read for all."""
        if len(rest) > self._longest:
            return UNREAD
        alike = _POINTER.sub("#", rest)
        silent = self._silent.get(alike)
        if silent is not None:
            return silent
        said = quick.said(rest)
        if said is None:
            return UNREAD
        if said.other:
            return ASIDE
        found = said, said.tag, sense_of(said)
        if not said.facts and said.tag is NO_TAG:
            if len(self._silent) >= _KNOWN:
                self._silent.clear()
            self._silent[alike] = found
        return found

    def tell(self, quick: Enveloped, front: str) -> Clock:
        """What the front of a line tells, not known yet."""
        if len(self.clocks) >= _CLOCKS:
            self.clocks.clear()
        self.clocks[front] = clock = quick.clock(front)
        return clock

    def tag(self, quick: Enveloped, about: str) -> Tag:
        """Whom a line is about, not known yet."""
        if len(self.tags) >= _CLOCKS:
            self.tags.clear()
        self.tags[about] = tag = quick.about(about)
        return tag
