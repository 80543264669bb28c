"""What a dialect said about the parts of lines, kept: a log says the same again and again. All of it is bounded."""

from mainmode.catalogue.facts import Tag
from mainmode.explain.dialect import Clock, Enveloped
from mainmode.explain.forms import MAX_FORM, POINTER, Spans, words_at
from mainmode.explain.learning import LETTERS, MIXED, Known, Learnt, kind_of, learnt, tells_nothing
from mainmode.explain.sense import sense_of

_KNOWN = 8192
_CLOCKS = 4096
_NEVER, _ONCE = "never", "once"
"""How often a text was seen; only of those that come again something is learnt, since that takes three readings."""
UNREAD = "unread"
ASIDE = "other"


class Texts:
    """Texts by what they are, fronts by their clocks, and what stands about the peer by its tag."""

    def __init__(self, longest: int) -> None:
        """`longest` is the length in characters beyond which no text is read."""
        self.known: dict[str, Known | str] = {}
        self.clocks: dict[str, Clock] = {}
        self.tags: dict[str, Tag] = {}
        self._longest = longest
        self._alike: dict[str, Known | Learnt | str | None] = {}

    def learn(self, quick: Enveloped, rest: str) -> Known | str:
        """What a text is that was not known yet; kept unless it has words that come only once."""
        words = POINTER.findall(rest) if len(rest) <= self._longest else []
        if words:
            return self._filled(quick, rest, POINTER.sub("#", rest), words)
        if len(self.known) >= _KNOWN:
            self.known.clear()
        self.known[rest] = found = self._read(quick, rest)
        return found

    def alike(self, quick: Enveloped, rest: str, spans: Spans) -> Known | str:
        """The same of a text whose form tells where words stand that come only once."""
        found = words_at(rest, spans)
        if found is None or len(rest) > self._longest:
            return self.known.get(rest) or self.learn(quick, rest)
        return self._filled(quick, rest, *found)

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

    def _filled(self, quick: Enveloped, rest: str, alike: str, words: list[str]) -> Known | str:
        """What a text with words that come only once is: of those that differ in them alone, one is read for all."""
        taught = self._alike.get(alike, _NEVER)
        if isinstance(taught, tuple) and tells_nothing(taught):
            return taught
        plain = alike
        kinds = "".join(map(kind_of, words))
        if kinds.strip(LETTERS):
            alike += kinds
            taught = self._alike.get(alike, _NEVER)
        if isinstance(taught, tuple):
            return taught
        if isinstance(taught, Learnt):
            found = taught.of(words)
            if found is not None:
                return found
        read = self._read(quick, rest)
        if len(alike) > MAX_FORM:
            return read
        if len(self._alike) >= _KNOWN:
            self._alike.clear()
        if isinstance(read, tuple) and tells_nothing(read):
            self._alike[plain] = read
        elif taught is _NEVER:
            self._alike[alike] = _ONCE
        elif taught is _ONCE and isinstance(read, tuple) and MIXED not in kinds:
            self._alike[alike] = learnt(rest, words, read, lambda other: self._read(quick, other))
        return read

    def _read(self, quick: Enveloped, rest: str) -> Known | str:
        said = quick.said(rest) if len(rest) <= self._longest else None
        if said is None:
            return UNREAD
        return ASIDE if said.other else (said, said.tag, sense_of(said))
