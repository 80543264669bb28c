"""The system log of a box: what was logged since it started, and the buffer that `show logging` prints.

The buffer is bounded in octets: the oldest messages go first.
"""

from collections import deque
from collections.abc import Iterator, Mapping

from mainmode.base.instant import Instant
from mainmode.catalogue.debugs import Debugs
from mainmode.catalogue.entry import Line
from mainmode.device.config.model import Configuration
from mainmode.device.log_forms import LogForms
from mainmode.device.log_rules import BUFFERED, LogRules, Message

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


class SystemLog:
    """The messages that went to the system log since the box started.

    `debugs` are those that somebody has on: `logging debug-trace` logs what they show.
    """

    def __init__(self, configuration: Configuration) -> None:
        self.debugs = Debugs()
        self._traced: dict[object, Debugs] = {}
        self._kept: deque[tuple[Instant, str]] = deque()
        self._octets = 0
        self._counts: dict[str, int] = {}
        self.follow(configuration)

    def follow(self, configuration: Configuration) -> None:
        """Log by this configuration from here on."""
        self._rules = LogRules(configuration)
        self._forms = LogForms(configuration)
        self.most_octets = configuration.settings.logging.buffer_size.value
        self._shrink()

    def trace(self, who: object, debugs: Debugs) -> None:
        """These are the debugs that `who` has on from now on, a session or the terminal of a process; none are none."""
        self._traced[who] = debugs
        if debugs == Debugs():
            del self._traced[who]
        self.debugs = Debugs()
        for one in self._traced.values():
            self.debugs = self.debugs.with_(one)

    @property
    def listens(self) -> bool:
        """Whether any line may be a message."""
        return self._rules.listen

    def clear(self) -> None:
        """`clear logging buffer`: what was counted stays."""
        self._kept.clear()
        self._octets = 0

    def written(self, message: Message, now: Instant) -> str:
        """A message as the buffer and a terminal show it."""
        return self._forms.local(message, now)

    @property
    def messages(self) -> tuple[str, ...]:
        """The buffer, oldest message first."""
        return tuple(message for _, message in self._kept)

    @property
    def kept(self) -> tuple[tuple[Instant, str], ...]:
        """The same with the time of each."""
        return tuple(self._kept)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many messages went to each destination that had any."""
        return self._counts

    def logged(self, destination: str) -> int:
        """How many messages went to a destination (`buffered`, `console`, `monitor`, `trap`, `history`)."""
        return self._counts.get(destination, 0)

    def note(self, line: Line, now: Instant) -> None:
        """A line of the device was said."""
        for message in self.messages_of(line):
            for name in message.destinations:
                self._counts[name] = self._counts.get(name, 0) + 1
            if BUFFERED in message.destinations:
                self._keep(self._forms.local(message, now), now)

    def messages_of(self, line: Line) -> Iterator[Message]:
        """The messages that a line makes now."""
        return self._rules.messages(line, self.debugs)

    def _keep(self, message: str, now: Instant) -> None:
        self._kept.append((now, message))
        self._octets += len(message) + 1
        self._shrink()

    def _shrink(self) -> None:
        while self._kept and self._octets > self.most_octets:
            self._octets -= len(self._kept.popleft()[1]) + 1
