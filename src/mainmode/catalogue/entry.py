"""What a catalogue entry is: a template with typed parts, declared once, that prints and recognises.

`entry(...)` declares; calling the entry makes a `Line`, a value that knows its entry, its parts and whom it is about.
Lines become text in `envelope`, text becomes lines in `recogniser`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from enum import Enum
from typing import Any

from mainmode.base.dataclass import dataclass
from mainmode.catalogue.facts import Fact

_PART = re.compile(r"\{(\w+)\}")


Facts = tuple[Fact, ...]
Tells = Callable[[Mapping[str, Any]], Facts]
"""What makes facts of the values of a line's parts."""


def teller(tells: Tells | Fact | Facts) -> Tells:
    """What a declaration says it tells, as a function: one fact, several, or what makes them of the parts' values."""
    if callable(tells):
        return tells
    always = tells if isinstance(tells, tuple) else (tells,)
    return lambda values: always


def _nothing(values: Mapping[str, Any]) -> Facts:
    return ()


class Channel(Enum):
    """The bracket in front of a debug line, which also names the debug that shows it."""

    IKE = "IKEv1"
    IKE_DEBUG = "IKEv1 DEBUG"
    IKE_DECODE = "IKEv1 DECODE"
    IPSEC = "IPSEC"
    SYSLOG = "syslog"
    """Said to the system log only, never by a debug."""


class Certainty(Enum):
    """How sure the wording is."""

    ATTESTED = "attested"
    """Seen in a real device's output or in the vendor's message guide."""
    INFERRED = "inferred"
    """Recalled, derived or completed by us; no public source was read."""


@dataclass(frozen=True, slots=True)
class Kind:
    """The type of a part: how it looks (a regular expression without groups), is read, written and exemplified.

    `examples` are values that must survive write → read. `choices` are all spellings of a closed set.
    """

    name: str
    pattern: str
    read: Callable[[str], Any]
    write: Callable[[Any], str]
    examples: tuple[Any, ...]
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class About:
    """Whom a line is about: the prefix `Group = G, Username = U, IP = A, `; empty parts are left out."""

    group: str = ""
    username: str = ""
    ip: str = ""


NOBODY = About()


@dataclass(frozen=True, slots=True)
class Syslog:
    """Severity (0 to 7) and message id of the system log form."""

    severity: int
    id: int


@dataclass(frozen=True)
class Entry:
    """One line that the device can say. `level` is the lowest debug level that shows it. `template` may hold newlines.

    `aliases` are further spellings that are recognised but never printed (other releases, published damage).
    `syslog_by` holds, where the message id depends on a part, the part's values with their ids: `syslog_of`.
    `tells` makes the facts that the line tells somebody who reads it; `peer_in` is the part that names the peer.
    """

    name: str
    template: str
    channel: Channel
    kinds: Mapping[str, Kind]
    syslog: Syslog | None
    level: int
    certainty: Certainty
    source: str
    aliases: tuple[str, ...] = ()
    meaning: str = ""
    syslog_by: Mapping[str, Mapping[Any, Syslog]] = field(default_factory=dict)
    tells: Tells = _nothing
    peer_in: str = "peer"

    def __call__(self, about: About = NOBODY, /, **values: Any) -> "Line":
        """The line with these parts. Raises TypeError where a part is missing or unknown (a bug of the caller)."""
        if values.keys() != self.kinds.keys():
            raise TypeError(f"{self.name} takes {sorted(self.kinds)}, not {sorted(values)}")
        return Line(self, values, about)

    def syslog_of(self, values: Mapping[str, Any]) -> Syslog | None:
        """Severity and id of the line with these parts; None where the system log has no id for it."""
        for part, ids in self.syslog_by.items():
            if values[part] in ids:
                return ids[values[part]]
        return self.syslog

    def text(self, values: Mapping[str, Any]) -> str:
        """The line's text without prefix or bracket."""
        return _PART.sub(lambda found: self.kinds[found[1]].write(values[found[1]]), self.template)


@dataclass(frozen=True, slots=True)
class Line:
    """One line as a value."""

    entry: Entry
    values: Mapping[str, Any] = field(default_factory=dict)
    about: About = NOBODY

    @property
    def text(self) -> str:
        """The text without prefix or bracket."""
        return self.entry.text(self.values)
