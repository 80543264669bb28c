"""What one IKE SA remembers of its peer's signs of life, and of its own."""

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant

_NEVER = Instant(0)


@dataclass(slots=True)
class Liveness:
    """The state of dead peer detection and of NAT keepalives for one IKE SA.

    `heard` is when IKE last heard the peer under protection, `sent` when IKE last sent it something; what the data
    plane heard and sent is asked for when it matters. `question` and `nat` are the deadlines of the two timers.
    """

    heard: Instant = _NEVER
    sent: Instant = _NEVER
    question: Instant | None = None
    nat: Instant | None = None
    asked: Instant | None = None
    """When the last unanswered question went out; None while none waits for its answer."""
    tries: int = 0
    """How many questions of the present series went out."""
    number: int | None = None
    """The sequence number of the last question; drawn when the first one is asked."""
    oldest: int = 0
    """The number of the first question of the present series, or of the last one."""
    doubted: Instant | None = None
    """When the peer was last asked under an IKE SA that it may not hold."""
    doubts: int = 0
    """How often it was silent to that, and answered under another IKE SA."""
    peer_number: int | None = None
    """The sequence number of the peer's last question."""
