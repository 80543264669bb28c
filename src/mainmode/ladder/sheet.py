"""What may stand before a ladder: a judgement, and parts of paragraphs, lists, lines and tables, as plain values.

Nothing here is escaped or cleaned: each layout does that for itself, with every text.
"""

from enum import Enum

from mainmode.base.dataclass import dataclass


class Tone(Enum):
    """How something is meant."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"
    REMARK = "remark"


@dataclass(frozen=True, slots=True)
class Heading:
    """What the blocks below it are about, within a part. `code` is a stable name."""

    text: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text, with what it is about before it where `label` says so."""

    text: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Items:
    """A list under a heading. Each item is a label, which may be empty, and a text."""

    heading: str
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines that are shown as they are: of a log, with their places, or to be copied, without any.

    `rows` are (place, line). `note` says in a few words what copying them does, or where they are from.
    """

    heading: str
    rows: tuple[tuple[str, str], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; all have as many cells as the head. `note` stands below.

    `tones` are for each row those of its cells; empty: all are plain.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    tones: tuple[tuple[Tone, ...], ...] = ()


Block = Heading | Paragraph | Items | Lines | Table


@dataclass(frozen=True, slots=True)
class Part:
    """Blocks under a title. `code` is a stable name. `folded` is for what most readers can do without."""

    title: str
    blocks: tuple[Block, ...]
    code: str = ""
    tone: Tone = Tone.PLAIN
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole. `badge` is one word; `facts` are (label, value)."""

    title: str
    badge: str
    tone: Tone
    sentence: str
    facts: tuple[tuple[str, str], ...] = ()
    parts: tuple[Part, ...] = ()
