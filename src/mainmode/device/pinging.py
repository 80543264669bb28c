"""`ping` as the device prints it, whoever sends the echo requests and waits for the replies.

The heading, the marks and the last line are seen in public sessions; so is the line where no route leads there.
"""

from dataclasses import field
from ipaddress import IPv4Address

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Span

USUAL_COUNT = 5
USUAL_OCTETS = 100
USUAL_SECONDS = 2
ANSWERED, LOST = "!", "?"
"""The marks of a request that was answered, and of one that was not in its time."""


@dataclass(slots=True)
class PingTally:
    """What becomes of the echo requests of one `ping`. `octets` are those of a whole packet."""

    destination: IPv4Address
    count: int = USUAL_COUNT
    octets: int = USUAL_OCTETS
    seconds: int = USUAL_SECONDS
    sent: int = 0
    _milliseconds: list[float] = field(default_factory=list)

    @property
    def received(self) -> int:
        """Requests that were answered in time."""
        return len(self._milliseconds)

    def heading(self) -> str:
        """What stands above the marks."""
        return (
            "Type escape sequence to abort.\n"
            f"Sending {self.count}, {self.octets}-byte ICMP Echos to {self.destination}, "
            f"timeout is {self.seconds} seconds:\n"
        )

    def answered(self, after: Span) -> str:
        """The request that was sent last was answered; its mark."""
        self._milliseconds.append(after / 1000)
        return ANSWERED

    def no_route(self) -> str:
        """The line where no route leads to the destination; one request counts as lost."""
        self.sent = 1
        return f"No route to host {self.destination}\n"

    def summary(self) -> str:
        """What stands below the marks, the end of their line included."""
        text = f"\nSuccess rate is {100 * self.received // max(self.sent, 1)} percent ({self.received}/{self.sent})"
        if self._milliseconds:
            times = self._milliseconds
            figures = (min(times), sum(times) / self.received, max(times))
            text += ", round-trip min/avg/max = " + "/".join(str(round(time)) for time in figures) + " ms"
        return f"{text}\n"
