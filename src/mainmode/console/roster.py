"""Who sits at a firewall over SSH: for `show ssh sessions`, `ssh disconnect`, and the bound on their number."""

from collections.abc import Callable, Iterator
from weakref import WeakKeyDictionary

from mainmode.base.dataclass import dataclass
from mainmode.console.firewall import Firewall

MOST = 5
"""Sessions at once, as on a device."""


@dataclass(frozen=True, slots=True)
class Way:
    """What a session's packets of one direction are protected by, in SSH's words."""

    cipher: str
    mac: str


@dataclass(frozen=True, eq=False)
class Present:
    """One session. `end` ends it, and takes the reason as the system log has it."""

    number: int
    user: str
    address: str
    inward: Way
    outward: Way
    end: Callable[[str], None]


class Roster:
    """The sessions of one firewall, by number from 0."""

    def __init__(self) -> None:
        self._present: dict[int, Present] = {}

    def __iter__(self) -> Iterator[Present]:
        return iter([self._present[number] for number in sorted(self._present)])

    @property
    def full(self) -> bool:
        """Whether nobody else may come in."""
        return len(self._present) >= MOST

    def enter(self, user: str, address: str, ways: tuple[Way, Way], end: Callable[[str], None]) -> Present | None:
        """Somebody comes in, with the lowest number that is free; None where there is no room."""
        if self.full:
            return None
        number = next(number for number in range(MOST) if number not in self._present)
        self._present[number] = Present(number, user, address, *ways, end)
        return self._present[number]

    def leave(self, one: Present) -> None:
        """They are gone; once more does nothing."""
        if self._present.get(one.number) is one:
            del self._present[one.number]

    def find(self, number: int) -> Present | None:
        """The session of this number."""
        return self._present.get(number)


_ROSTERS: "WeakKeyDictionary[Firewall, Roster]" = WeakKeyDictionary()


def roster_of(firewall: Firewall) -> Roster:
    """The sessions of a firewall: one roster, whoever asks."""
    return _ROSTERS.setdefault(firewall, Roster())
