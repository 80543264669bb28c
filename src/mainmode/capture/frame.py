"""A frame of a capture, and what may be wrong with one."""

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, numbered from 1 as Wireshark does. `link` is its link type; `at` None where the file has no time."""

    number: int
    at: Instant | None
    link: int
    octets: bytes


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a file or a frame, a short text; `number` is the frame, or the next one after it."""

    number: int
    what: str
    ends: bool = False
    """Whether nothing more can be read behind it."""
