"""The door of a dialect: text of one record in, what it tells out. A dialect holds no state between records."""

import re
from typing import NamedTuple, Protocol

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant
from mainmode.catalogue.facts import NO_TAG, Fact, Tag


class Reading(NamedTuple):
    """One record, read.

    `entry` is the name of its declaration, `step` the step of a ladder that it belongs to (MM1 … QM3), if it says so.
    `stamp` is the clock as printed and `at` the same as a number: the log writer's own clock, time zone not applied; a
    stamp without a year lies in 1972, None without one. `host` is who reports, where a header says so. `other` marks a
    well-formed line of such a device about another subject, which is counted apart. `open` marks a record that may have
    more lines.

    A tuple, since one is made for every line of a log: it costs a seventh of a frozen dataclass.
    """

    entry: str
    facts: tuple[Fact, ...] = ()
    tag: Tag = NO_TAG
    stamp: str = ""
    at: Instant | None = None
    host: str = ""
    other: bool = False
    open: bool = False
    step: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """What stands in front of a line: the stamp as printed, the same as a number, and who reports; see `Reading`."""

    stamp: str = ""
    at: Instant | None = None
    host: str = ""


NO_CLOCK = Clock()


class Dialect(Protocol):
    """How one kind of device writes."""

    @property
    def name(self) -> str:
        """`asa`, `ios`, `charon`, `pluto`: stable, stands in the JSON document."""

    @property
    def title(self) -> str:
        """For people: `Cisco ASA/PIX`."""

    @property
    def head(self) -> re.Pattern[str]:
        """What stands at the beginning of a record, sought anywhere in a line so that glued records come apart."""

    def read(self, text: str) -> Reading | None:
        """What a record tells; None where the text is no whole record of this dialect, or more than one.

        `text` may hold line ends. Never raises; time linear in the length, which is at most 8192 characters.
        """

    def continues(self, text: str, line: str) -> bool:
        """Whether `line` can belong to the record that `text` begins (a block's next row, a wrapped rest)."""


OTHER = ("", "", "")
"""What `Enveloped.parted` answers, this very triple, for a line that is well formed and about another subject."""


class Enveloped(Dialect, Protocol):
    """A dialect whose lines are an envelope with a clock, whom it is about, and a text: `read` in parts, for speed.

    The same texts come again and again under other clocks and about other peers, so a caller keeps what was answered.
    """

    def parted(self, line: str) -> tuple[str, str, str] | None:
        """The part of a line that tells clock and host, the part that tells the peer (or nothing), and the rest.

        `OTHER` for another subject; None where only `read` can tell.
        """

    def said(self, rest: str) -> Reading | None:
        """What the rest tells, without clock, host and peer; None where the dialect has no such line."""

    def clock(self, front: str) -> Clock:
        """What the front tells."""

    def about(self, part: str) -> Tag:
        """What the part about the peer tells."""


def merged(about: Tag, own: Tag) -> Tag:
    """A tag of what stands in front of a text and of what the text itself tells; the front decides."""
    if about is NO_TAG or own is NO_TAG:
        return own if about is NO_TAG else about
    return Tag(
        about.peer or own.peer,
        own.local,
        about.group or own.group,
        own.sa or about.sa,
        own.cookie,
        own.message_id,
        own.role,
        own.thread or about.thread,
    )
