"""All declared commands, by family, in the order in which the device writes them."""

from collections.abc import Sequence
from functools import cache

from mainmode.base.dataclass import dataclass
from mainmode.device.config.commands import (
    access_lists,
    administration,
    ike,
    inspection,
    interfaces,
    ipsec,
    logs,
    nat,
    nat_before_8_3,
    objects,
    policies,
    services,
    system,
)
from mainmode.device.config.declaration import Command
from mainmode.device.config.draft import Mode
from mainmode.device.config.grammar import Syntax

LAYOUT: tuple[tuple[Command, ...], ...] = (
    system.HOSTNAME,
    administration.ENABLE_PASSWORD,
    administration.LOGIN_PASSWORD,
    system.NAME,
    interfaces.COMMANDS,
    administration.BANNERS,
    policies.TIME_RANGE,
    system.SAME_SECURITY,
    objects.OBJECT,
    services.SERVICE,
    objects.GROUP,
    services.SERVICE_GROUP,
    services.PROTOCOL_GROUP,
    services.ICMP_GROUP,
    access_lists.COMMANDS,
    administration.PAGER,
    logs.SWITCHES,
    logs.LISTS,
    logs.DESTINATIONS,
    interfaces.MTU,
    nat_before_8_3.NAT_BEFORE_8_3,
    nat.TWICE_NAT,
    objects.NAT,
    access_lists.ACCESS_GROUP,
    nat.ROUTE,
    system.TIMEOUT,
    administration.AAA,
    system.SYSOPT,
    ipsec.TRANSFORMS,
    ipsec.LIFETIMES,
    ipsec.SETTINGS,
    ipsec.INTERFACES,
    ipsec.DYNAMIC_MAPS,
    ipsec.MAPS,
    ike.SETTINGS,
    ike.ENABLE,
    ike.LIMITS,
    ike.POLICY,
    administration.SHELLS,
    system.MANAGEMENT,
    policies.GROUP_POLICY,
    administration.USER,
    ike.PEERS,
    inspection.POLICY_MAP,
    inspection.SERVICE_POLICY,
)
"""Families in print order; the commands of a family that share a table are written record by record."""


def _each_once() -> tuple[Command, ...]:
    found: dict[tuple[Mode, str], Command] = {}
    for family in LAYOUT:
        for one in family:
            found.setdefault((one.mode, one.syntax.text), one)
    return tuple(found.values())


COMMANDS: tuple[Command, ...] = _each_once()
"""Every command once."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The commands that a line may be, by its first two words.

    `keywords` would have led to further commands, had one of them stood as word `place` (from 0).
    """

    commands: tuple[Command, ...]
    place: int
    keywords: tuple[str, ...]


_Head = tuple[str, ...]
"""The first two keywords of a syntax, one, or none where it begins with another part."""
_LONGEST = 2


@cache
def _index(mode: Mode) -> dict[_Head, Candidates]:
    """By the first keyword, and by the first two; a command without keywords is under every key.

    Made when a line of the mode is read first.
    """
    heads = [
        (one, syntax, head)
        for one in COMMANDS
        if one.mode is mode
        for syntax in (one.syntax, *one.also)
        for head in _heads(syntax)
    ]
    here: dict[_Head, list[tuple[Command, Syntax, _Head]]] = {(): []}
    for _, _, head in heads:
        here.update({head[:1]: [], head[:2]: []})
    for one in heads:
        head = one[2]
        longer = [key for key in here if key[: len(head)] == head] if len(head) < _LONGEST else [head]
        for key in {head[:length] for length in range(len(head))}.union(longer):
            here[key].append(one)
    return {key: _candidates(len(key), under) for key, under in here.items()}


def _heads(syntax: Syntax) -> list[_Head]:
    firsts, seconds = syntax.keywords(0), syntax.keywords(1)
    if not firsts:
        return [()]
    return [(first, second) for first in firsts for second in seconds] or [(first,) for first in firsts]


def _candidates(place: int, under: list[tuple[Command, Syntax, _Head]]) -> Candidates:
    commands = dict.fromkeys(one for one, _, head in under if len(head) <= place)
    keywords = dict.fromkeys(syntax.keywords(place)[0] for _, syntax, head in under if len(head) > place)
    return Candidates(tuple(commands), place, tuple(keywords))


def candidates(mode: Mode, words: Sequence[str]) -> Candidates:
    """The commands of a mode that a line with these words may be, or may have been meant to be."""
    index = _index(mode)
    first, second = words[0].lower(), words[1].lower() if len(words) > 1 else ""
    return index.get((first, second)) or index.get((first,)) or index[()]


def first_words(mode: Mode) -> frozenset[str]:
    """The words that a line of this mode may begin with."""
    return frozenset(key[0] for key in _index(mode) if key)
