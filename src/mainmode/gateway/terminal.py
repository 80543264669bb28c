"""The terminal of `mainmode up`: a line for each tunnel that comes, goes or fails."""

from collections.abc import Callable

from mainmode.base.address import Path, Proxy, ProxyPair
from mainmode.base.errors import Drop
from mainmode.base.instant import Instant
from mainmode.base.multimap import Multimap
from mainmode.base.provenance import Default, Source
from mainmode.catalogue import lines
from mainmode.catalogue.entry import Line
from mainmode.catalogue.envelope import clock
from mainmode.device.decision import BoxEffect
from mainmode.device.watching import Watcher
from mainmode.gateway.repeats import Repeats
from mainmode.ike.effects import (
    AcquireFailed,
    Cause,
    Dropped,
    Failure,
    InstallSa,
    Phase1Down,
    Phase2Failed,
    RemoveSa,
    Say,
)
from mainmode.ipsec.dataplane import SaPair

_ENDINGS = frozenset({Cause.ADMIN, Cause.LIFETIME, Cause.IDLE, Cause.SESSION_TIME, Cause.PEER_DELETED})
"""Why a phase 1 ends that stood, with nothing to mend."""

_KEYS_DIFFER = "a message of the peer does not decrypt: the pre-shared keys probably differ"
_NO_PLACE = "the configuration has no place for it"
_MOST_LINES = 3
"""Of the configuration, in one line of ours."""

Tell = Callable[[str], None]


class TunnelLines(Watcher):
    """Tells of tunnels: up, down and why, and of what keeps them from coming up, with the lines it rests on."""

    def __init__(self, tell: Tell, stamp: Callable[[Instant], Instant] = lambda now: now) -> None:
        """`stamp` gives what the wall shows for a moment."""
        self._tell = tell
        self._stamp = stamp
        self._pairs: dict[int, SaPair] = {}
        self._standing: Multimap[tuple[str, ProxyPair], int] = Multimap()
        self._repeats = Repeats()

    def happened(self, effect: BoxEffect, now: Instant) -> None:
        """One effect."""
        match effect:
            case InstallSa():
                self._up(effect.pair, now)
            case RemoveSa():
                self._down(effect, now)
            case Phase1Down() if effect.failure.cause not in _ENDINGS:
                self._failed(str(effect.path.remote.address), "phase 1", effect.failure, now)
            case Phase2Failed() if effect.failure.cause not in _ENDINGS:
                self._failed(str(effect.path.remote.address), "phase 2", effect.failure, now)
            case AcquireFailed():
                self._failed("traffic", "no tunnel", effect.failure, now)
            case Say(line=line) if line.entry is lines.DROP_RATE_EXCEEDED:
                self._told(f"a flood: {_dropped(line)} (show asp drop)", "a flood", now)
            case Dropped(reason=Drop.NOT_DECRYPTABLE, path=Path() as path, sources=sources) if sources:
                text = f"{path.remote.address}: phase 1: {_KEYS_DIFFER}"
                self._told(text + _lines(sources), text, now)
            case Dropped(reason=Drop.NOT_FOR_US | Drop.IN_CLEAR as reason, detail=detail, sources=sources) if sources:
                self._told(f"dropped: {reason.value}: {detail}{_lines(sources)}", f"{reason}{sources}", now)
            case _:
                pass

    def _up(self, pair: SaPair, now: Instant) -> None:
        self._pairs[pair.inbound_spi] = pair
        tunnel = pair.peer, pair.proxies
        if tunnel not in self._standing:
            encapsulated = ", ESP in UDP" if pair.udp_encapsulated else ""
            self._tell(f"{clock(self._stamp(now))} tunnel up: {_named(pair)}{encapsulated}")
        self._standing.add(tunnel, pair.inbound_spi)

    def _down(self, effect: RemoveSa, now: Instant) -> None:
        pair = self._pairs.pop(effect.inbound_spi, None)
        if pair is None:
            return
        tunnel = pair.peer, pair.proxies
        self._standing.remove(tunnel, effect.inbound_spi)
        if tunnel not in self._standing:
            self._tell(f"{clock(self._stamp(now))} tunnel down: {_named(pair)}: {_ended(effect.failure)}")

    def _failed(self, who: str, what: str, failure: Failure, now: Instant) -> None:
        why = _why(failure)
        key = why if failure.cause is Cause.LIMIT else f"{who}: {why}"
        self._told(f"{who}: {what}: {why}{_lines(failure.sources)}", key, now)

    def _told(self, text: str, key: str, now: Instant) -> None:
        for line in self._repeats.lines(text, now, key):
            self._tell(f"{clock(self._stamp(now))} {line}")


def _named(pair: SaPair) -> str:
    return f"{pair.peer}, {_network(pair.proxies.local)} to {_network(pair.proxies.remote)}"


def _network(proxy: Proxy) -> str:
    if proxy.is_host:
        text = str(proxy.first)
    elif (prefix := proxy.prefix) is not None:
        text = f"{proxy.first}/{prefix}"
    else:
        text = f"{proxy.first}-{proxy.last}"
    ends = "".join(f" {word} {value}" for word, value in (("protocol", proxy.protocol), ("port", proxy.port)) if value)
    return text + ends


def _ended(failure: Failure) -> str:
    """The cause; where the administrator's own change of the configuration was it, so."""
    return _NO_PLACE if failure.detail.startswith(_NO_PLACE) else failure.cause.value


def _dropped(line: Line) -> str:
    """What the device's line about a rate says, in words for the terminal."""
    values = line.values
    return f"{values['burst']} datagrams of IKE in a second were dropped unread, {values['total']} in all"


def _why(failure: Failure) -> str:
    """The cause, and the detail where it says more."""
    return f"{failure.cause.value}: {failure.detail}" if failure.detail else failure.cause.value


def _lines(sources: tuple[Source, ...]) -> str:
    """The lines of the configuration that decided, in brackets; defaults are nobody's mistake."""
    named = list(dict.fromkeys(str(source) for source in sources if not isinstance(source, Default)))
    more = f"; and {len(named) - _MOST_LINES} more" if len(named) > _MOST_LINES else ""
    return f" [{'; '.join(named[:_MOST_LINES])}{more}]" if named else ""
