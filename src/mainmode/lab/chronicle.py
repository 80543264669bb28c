"""What happened to tunnels, in a line each: when phases came up, were renewed, failed and ended, and where."""

from mainmode.base.instant import Instant
from mainmode.device.decision import BoxEffect
from mainmode.ike.effects import (
    AcquireFailed,
    Cause,
    Failure,
    InstallSa,
    Phase1Down,
    Phase1Up,
    Phase2Failed,
    RemoveSa,
)
from mainmode.lab.observer import Observer


class Chronicle(Observer):
    """Collects (time, text). What a device repeats, at whatever time, is told once more only after something else.

    With `most`, as many of the last happenings are kept at least, and twice as many at most.
    """

    hears = frozenset({Phase1Up, Phase1Down, InstallSa, RemoveSa, Phase2Failed, AcquireFailed})

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self.happenings: list[tuple[Instant, str]] = []
        self._last: dict[str, str] = {}
        self._peers: dict[tuple[str, int], str] = {}

    def tell(self, name: str, text: str, now: Instant) -> None:
        """Something happened to a device; to the net, where `name` is empty."""
        self.happenings.append((now, f"{name}: {text}" if name else text))
        if self._most is not None and len(self.happenings) > 2 * self._most:
            del self.happenings[: -self._most]

    def remarked(self, name: str, text: str, now: Instant) -> None:
        """The lab did something."""
        self._tell_news(name, text, now)

    def happened(self, name: str, effect: BoxEffect, now: Instant) -> None:
        """A device did something."""
        text = self._text(name, effect)
        if text:
            self._tell_news(name, text, now)

    def _tell_news(self, name: str, text: str, now: Instant) -> None:
        if self._last.get(name) != text:
            self._last[name] = text
            self.tell(name, text, now)

    def _text(self, name: str, effect: BoxEffect) -> str:
        match effect:
            case Phase1Up(path=path):
                return f"phase 1 with {path.remote.address} is up"
            case Phase1Down(path=path, failure=failure):
                return f"phase 1 with {path.remote.address} {_ended(failure)}"
            case InstallSa(pair, _, replaces):
                self._peers[name, pair.inbound_spi] = pair.peer
                done = "is up" if replaces is None else "is renewed"
                return f"phase 2 with {pair.peer} {done}, {pair.proxies.local} to {pair.proxies.remote}"
            case RemoveSa(spi, failure):
                return f"phase 2 with {self._peers.pop((name, spi), 'a peer')} {_ended(failure)}"
            case Phase2Failed(path=path, failure=failure):
                return f"phase 2 with {path.remote.address} failed: {_told(failure)}"
            case AcquireFailed(failure):
                return f"no negotiation begins: {_told(failure)}"
            case _:
                return ""


def _ended(failure: Failure) -> str:
    by_plan = failure.cause in (Cause.PEER_DELETED, Cause.LIFETIME, Cause.ADMIN)
    return f"{'ended' if by_plan else 'failed or ended'}: {_told(failure)}"


def _told(failure: Failure) -> str:
    return f"{failure.detail or failure.cause.value} ({failure.cause.name})"
