"""`debug crypto condition`: whose lines a person wants to read, and the command that says so.

`crypto ikev1 127 and crypto ipsec 127 condition peer 10.0.0.2 group BRANCH`: the debugs, then the conditions. A line is
shown where one of the conditions fits; without any all are.
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.catalogue.debugs import Debugs, parse
from mainmode.catalogue.entry import About, Line

MOST_CONDITIONS = 32
"""Of one wish: a subnet stands for many peers."""
_SYNTAX = "`peer A.B.C.D`, `peer A.B.C.D subnet MASK`, `peer A.B.C.D/N`, `group NAME` or `unmatched`"
_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Conditions:
    """Peers by address, tunnel-groups by name; `unmatched` wants the lines of which neither is known."""

    peers: tuple[IPv4Network, ...] = ()
    groups: frozenset[str] = frozenset()
    unmatched: bool = False

    def __bool__(self) -> bool:
        return bool(self.peers or self.groups or self.unmatched)

    def fit(self, about: About) -> bool:
        """Whether a line about this peer is wanted."""
        if not self:
            return True
        if not about.ip and not about.group:
            return self.unmatched
        return about.group in self.groups or any(_address(about.ip) in peer for peer in self.peers)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person who types `debug` wants to see."""

    debugs: Debugs
    conditions: Conditions = Conditions()

    def shows(self, line: Line, about: About) -> bool:
        """Whether the line is shown; `about` is whom it is about, which an IPSEC line does not say itself."""
        return self.debugs.shows(line) and self.conditions.fit(about)


def parse_wish(command: str) -> Wish:
    """What `crypto ikev1 127 [and crypto ipsec 127] [condition peer 10.0.0.2]` wants. Raises InputError."""
    words = command.split()
    place = words.index("condition") if "condition" in words else len(words)
    debugs = Debugs()
    for one in _split(words[:place]):
        debugs = debugs.with_(parse(" ".join(one)))
    conditions = _conditions(words[place + 1 :])
    if place < len(words) and not conditions:
        raise InputError(f"a condition is missing: say {_SYNTAX}")
    return Wish(debugs, conditions)


def _split(words: list[str]) -> Iterator[list[str]]:
    """What stands between the words `and`; at least one."""
    while "and" in words:
        place = words.index("and")
        yield words[:place]
        words = words[place + 1 :]
    yield words


def _conditions(words: list[str]) -> Conditions:
    peers: list[IPv4Network] = []
    groups: set[str] = set()
    unmatched = False
    while words:
        match words:
            case ["and", _, *_]:
                words = words[1:]
            case ["peer", address, "subnet", mask, *rest]:
                peers.append(_network(f"{address}/{mask}"))
                words = rest
            case ["peer", address, *rest]:
                peers.append(_network(address))
                words = rest
            case ["group", name, *rest]:
                groups.add(name)
                words = rest
            case ["unmatched", *rest]:
                unmatched = True
                words = rest
            case _:
                raise InputError(f"{_shown(' '.join(words))} is no condition: say {_SYNTAX}")
        if len(peers) + len(groups) > MOST_CONDITIONS:
            raise InputError(f"more than {MOST_CONDITIONS} conditions; a subnet stands for many peers")
    return Conditions(tuple(peers), frozenset(groups), unmatched)


def _network(text: str) -> IPv4Network:
    try:
        return IPv4Network(text, strict=False)
    except ValueError:
        raise InputError(f"{_shown(text)} is no IPv4 address or subnet: say {_SYNTAX}") from None


def _address(text: str) -> IPv4Address:
    """The address of a line; one that is none is in no subnet that a person asks for."""
    try:
        return IPv4Address(text)
    except ValueError:
        return IPv4Address(0)


def _shown(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "...")
