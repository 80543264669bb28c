"""Names of interfaces as somebody types them: in any case, cut short, the number apart.

`int gi 0/1` is `interface GigabitEthernet0/1`.
"""

import re
from collections.abc import Iterable, Sequence

_TYPES = (
    "GigabitEthernet",
    "Management",
    "Ethernet",
    "FastEthernet",
    "TenGigabitEthernet",
    "TwentyFiveGigabitEthernet",
    "FortyGigabitEthernet",
    "HundredGigabitEthernet",
    "Port-channel",
    "Redundant",
    "Vlan",
    "Loopback",
    "BVI",
)
_NAME = re.compile(r"([A-Za-z-]+)(\d+(?:/\d+){0,3}(?:\.\d{1,10})?)")

_LINE = re.compile(
    r"( *(?:no +)?)int(?:e(?:r(?:f(?:a(?:c(?:e)?)?)?)?)?)? +([a-z][a-z-]*) *(\d[\d/.]*) *", re.IGNORECASE
)


def with_interface(line: str, existing: Sequence[str]) -> str:
    """A line that enters an interface's submode, with its name in full; any other line as it is."""
    found = _LINE.fullmatch(line)
    name = interface_name(found[2] + found[3], existing) if found is not None else None
    return f"{found[1]}interface {name}" if found is not None and name is not None else line


def interface_name(typed: str, existing: Iterable[str]) -> str | None:
    """The interface that is meant: one that exists, or a kind that a device may have; None: neither."""
    lowered = typed.lower()
    known = tuple(existing)
    for name in known:
        if name.lower() == lowered:
            return name
    found = _NAME.fullmatch(typed)
    if found is None:
        return None
    kind, number = found[1].lower(), found[2]
    there = [name for name in known if name.lower().startswith(kind) and name.endswith(number)]
    fitting = [name for name in there if (parts := _NAME.fullmatch(name)) is not None and parts[2] == number]
    if len(fitting) == 1:
        return fitting[0]
    kinds = [one for one in _TYPES if one.lower().startswith(kind)]
    return f"{kinds[0]}{number}" if kinds else None
