"""What all families of the model share: a value with its source, and the two spellings."""

from dataclasses import field
from enum import Enum
from typing import Generic, TypeVar

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source

T = TypeVar("T", covariant=True)


class Release(Enum):
    """Which spelling a file uses. 8.4 renamed `isakmp` to `ikev1` in most commands."""

    OLD = "8.2/8.3"
    NEW = "8.4+/9.x"


@dataclass(frozen=True, slots=True)
class Sourced(Generic[T]):
    """A value and where it came from: a Statement, or a Default spelled as the command that would say it."""

    value: T
    source: Source = field(compare=False)
