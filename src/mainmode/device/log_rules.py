"""Which lines are messages of the system log, and where each goes, by the `logging` commands.

A line counts for a destination when its severity is not above the destination's level, or its list or class wants it.
Lines without a message id are debugs; `logging debug-trace` makes messages 7-711001 of those that a debug shows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import field

from mainmode.base.dataclass import dataclass
from mainmode.catalogue.debugs import Debugs
from mainmode.catalogue.entry import Line
from mainmode.catalogue.envelope import DEBUG_TRACE, Form, prefix, render
from mainmode.device.config.model import (
    Configuration,
    Destination,
    LogList,
    LogListLevel,
    LogListMessages,
    LogSettings,
    Release,
)

BUFFERED = "buffered"
CONSOLE = "console"
MONITOR = "monitor"
"""Sessions with `terminal monitor`."""
TRAP = "trap"
"""The hosts of `logging host`."""

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
_CLASS_OF = {digits: name for name, members in _CLASSES.items() for digits in members}


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the system log: its severity as configured, its id, and the destinations that want it.

    `form` is set where the line goes out as a debug prints it, under 711001.
    """

    severity: int
    id: int
    line: Line
    destinations: frozenset[str]
    form: Form | None = None

    @property
    def message_class(self) -> str:
        """The name of its class, `vpn`; empty where it belongs to none that is known here."""
        return _CLASS_OF.get(self.id // 1000, "")

    @property
    def text(self) -> str:
        """What follows the id: one line, without a line end."""
        text = prefix(self.line.about) + self.line.text if self.form is None else render(self.line, self.form)
        return " ".join(text.split("\n")) if "\n" in text else text


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What one destination gets: its level or list, and the levels of classes that have their own."""

    usual: Destination | None
    by_class: Mapping[str, int] = field(default_factory=dict)


class LogRules:
    """The rules of one configuration. `trap` is the level of hosts where the configuration names none, else None.

    With `trap` the system log is on whatever the configuration says: somebody else asked for it.
    """

    def __init__(self, configuration: Configuration, trap: int | None = None) -> None:
        settings = configuration.settings.logging
        self._settings: LogSettings = settings
        self._wanted = dict(_wanted(settings)) if settings.enabled.value else {}
        if trap is not None and TRAP not in self._wanted:
            self._wanted[TRAP] = _Wanted(trap)
        self._form = Form.BARE if configuration.release is Release.NEW else Form.COLON
        self._traces = settings.debug_trace.value

    @property
    def listen(self) -> bool:
        """Whether any line may become a message."""
        return bool(self._wanted)

    def messages(self, line: Line, debugs: Debugs) -> Iterator[Message]:
        """The messages that a line makes while `debugs` are on, each with at least one destination: up to two."""
        if not self._wanted:
            return
        said = line.entry.syslog_of(line.values)
        if said is not None:
            configured = self._settings.messages.get(said.id)
            level = configured.level if configured is not None else None
            yield from self._message(line, level.value if level is not None else said.severity, said.id)
        if self._traces and debugs.shows(line):
            yield from self._message(line, DEBUG_TRACE.severity, DEBUG_TRACE.id, self._form)

    def _message(self, line: Line, severity: int, number: int, form: Form | None = None) -> Iterator[Message]:
        configured = self._settings.messages.get(number)
        if configured is not None and not configured.enabled.value:
            return
        places = frozenset(name for name, wanted in self._wanted.items() if self._goes(wanted, severity, number))
        if places:
            yield Message(severity, number, line, places, form)

    def _goes(self, wanted: _Wanted, severity: int, message: int) -> bool:
        for name, level in wanted.by_class.items():
            if _in_class(name, message):
                return severity <= level
        if wanted.usual is None or isinstance(wanted.usual, int):
            return wanted.usual is not None and severity <= wanted.usual
        listed = self._settings.lists.get(wanted.usual)
        return listed is not None and _in_list(listed, severity, message)


def _wanted(settings: LogSettings) -> Iterator[tuple[str, _Wanted]]:
    usual = {
        CONSOLE: settings.console.value,
        MONITOR: settings.monitor.value,
        BUFFERED: settings.buffered.value,
        TRAP: settings.trap.value,
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


def _in_class(name: str, message: int) -> bool:
    return message // 1000 in _CLASSES.get(name, ())


def _in_list(listed: LogList, severity: int, message: int) -> bool:
    return any(_in_member(member, severity, message) for member in listed.members)


def _in_member(member: LogListLevel | LogListMessages, severity: int, message: int) -> bool:
    if isinstance(member, LogListMessages):
        first, last = member.messages
        return first <= message <= last
    return severity <= member.level and (member.message_class is None or _in_class(member.message_class, message))
