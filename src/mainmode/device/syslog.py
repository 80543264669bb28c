"""The system log of a box: which lines go where, by the `logging` commands, and the buffer that `show logging` prints.

A line counts for a destination when its severity is not above the destination's level, or its list or class wants it.
Lines without a message id are debugs and never come here. The buffer is bounded in octets: the oldest go first.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mainmode.base.instant import Instant
from mainmode.catalogue.entry import Line
from mainmode.catalogue.envelope import prefix
from mainmode.device.config.model import (
    Configuration,
    Destination,
    LogList,
    LogListLevel,
    LogListMessages,
    LogSettings,
)

LEVELS = (
    "emergencies",
    "alerts",
    "critical",
    "errors",
    "warnings",
    "notifications",
    "informational",
    "debugging",
)
"""The names of the severities 0 to 7."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BUFFER = "buffered"

_CLASSES: Mapping[str, frozenset[int]] = {
    "auth": frozenset({109, 113}),
    "config": frozenset({111, 112, 208, 308}),
    "ip": frozenset({209, 215, 313, 317, 408}),
    "session": frozenset(
        {106, 108, 201, 202, 204, 302, 303, 304, 305, 314, 405, 406, 407, 500, 502, 607, 608, 609, 616, 620, 703, 710}
    ),
    "sys": frozenset({199, 211, 214, 216, 306, 307, 315, 414, 604, 605, 606, 610, 612, 614, 615, 701, 711, 741}),
    "vpn": frozenset({316, 320, 402, 404, 501, 602, 702, 713, 714, 715}),
}
"""Message classes by the first three digits of their ids; from the vendor's guide, recalled. Others match nothing."""


class SystemLog:
    """The lines that went to the system log since the box started."""

    def __init__(self, configuration: Configuration) -> None:
        self._kept: deque[str] = deque()
        self._octets = 0
        self._counts: dict[str, int] = {}
        self.follow(configuration)

    def follow(self, configuration: Configuration) -> None:
        """Log by this configuration from here on."""
        self._settings = configuration.settings.logging
        self._enabled = self._settings.enabled.value
        self._device_id = _device_id(configuration)
        self._wanted = dict(_wanted(self._settings))
        self._shrink()

    @property
    def messages(self) -> tuple[str, ...]:
        """The buffer, oldest message first."""
        return tuple(self._kept)

    def logged(self, destination: str) -> int:
        """How many messages went to a destination (`buffered`, `console`, `monitor`, `trap`, `history`)."""
        return self._counts.get(destination, 0)

    def note(self, line: Line, now: Instant) -> None:
        """A line of the device was said."""
        if not self._enabled:
            return
        syslog = line.entry.syslog_of(line.values)
        if syslog is None:
            return
        said = self._settings.messages.get(syslog.id)
        if said is not None and not said.enabled.value:
            return
        severity = said.level.value if said is not None and said.level is not None else syslog.severity
        for name, wanted in self._wanted.items():
            if self._goes(wanted, severity, syslog.id):
                self._counts[name] = self._counts.get(name, 0) + 1
                if name == _BUFFER:
                    self._keep(f"{self._front(now)}%ASA-{severity}-{syslog.id:06d}: {prefix(line.about)}{line.text}")

    def _goes(self, wanted: "_Wanted", severity: int, message: int) -> bool:
        for name, level in wanted.by_class.items():
            if _in_class(name, message):
                return severity <= level
        if wanted.usual is None or isinstance(wanted.usual, int):
            return wanted.usual is not None and severity <= wanted.usual
        listed = self._settings.lists.get(wanted.usual)
        return listed is not None and _in_list(listed, severity, message)

    def _front(self, now: Instant) -> str:
        """What stands before the `%`: the time and the device's id, where they are configured."""
        stamp = _stamp(now, self._settings.timestamp.value)
        if self._device_id:
            return f"{stamp} {self._device_id} : ".lstrip()
        return f"{stamp}: " if stamp else ""

    def _keep(self, message: str) -> None:
        self._kept.append(message)
        self._octets += len(message) + 1
        self._shrink()

    def _shrink(self) -> None:
        while self._kept and self._octets > self._settings.buffer_size.value:
            self._octets -= len(self._kept.popleft()) + 1


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What one destination gets: its level or list, and the levels of classes that have their own."""

    usual: Destination | None
    by_class: Mapping[str, int]


def _wanted(settings: LogSettings) -> Iterator[tuple[str, _Wanted]]:
    usual = {
        "console": settings.console.value,
        "monitor": settings.monitor.value,
        _BUFFER: settings.buffered.value,
        "trap": settings.trap.value,
        "history": settings.history.value,
    }
    for name, level in usual.items():
        by_class = {
            one.message_class: target.level
            for one in settings.classes
            for target in one.targets
            if target.destination == name
        }
        if level is not None or by_class:
            yield name, _Wanted(level, by_class)


def _stamp(now: Instant, method: str | None) -> str:
    """`Aug 15 2019 13:44:38`, or `2019-08-15T13:44:38Z` in the manner of RFC 5424."""
    if method is None:
        return ""
    when = _EPOCH + timedelta(microseconds=now)
    if method == "rfc5424":
        return f"{when:%Y-%m-%dT%H:%M:%SZ}"
    return f"{_MONTHS[when.month - 1]} {when.day:02d} {when.year} {when:%H:%M:%S}"


def _device_id(configuration: Configuration) -> str:
    """The name that `logging device-id` puts into each message; empty without."""
    found = configuration.settings.logging.device_id.value
    match found.method if found is not None else None:
        case "hostname":
            return configuration.settings.hostname.value
        case "string":
            return (found.value if found is not None else None) or ""
        case "ipaddress":
            interface = configuration.interface((found.value if found is not None else None) or "")
            address = interface.address if interface is not None else None
            return str(address.value.address) if address is not None else ""
        case _:
            return ""


def _in_class(name: str, message: int) -> bool:
    return message // 1000 in _CLASSES.get(name, ())


def _in_list(listed: LogList, severity: int, message: int) -> bool:
    return any(_in_member(member, severity, message) for member in listed.members)


def _in_member(member: LogListLevel | LogListMessages, severity: int, message: int) -> bool:
    if isinstance(member, LogListMessages):
        first, last = member.messages
        return first <= message <= last
    return severity <= member.level and (member.message_class is None or _in_class(member.message_class, message))
