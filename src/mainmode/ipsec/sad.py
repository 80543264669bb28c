"""The security association database: established pairs of SAs, their counters and lifetimes."""

from mainmode.base.address import ProxyPair
from mainmode.base.entropy import Entropy
from mainmode.base.errors import Drop
from mainmode.base.instant import Instant, Span, between, later, seconds, whole_seconds
from mainmode.ipsec.dataplane import SaPair, SaTally
from mainmode.ipsec.esp import EspRefused, InboundSa, OutboundSa

_KILOBYTE = 1024

_DERATING = (870, 1024)
"""The share of a kilobyte lifetime that the device shows at the start: 85 % as a fraction of 1024.

Inferred: 4608000 kB configured are shown as 3915000 (reference show output), exactly 4608000 * 870 / 1024.
Another public output starts at 4374000, exactly 972 / 1024: 95 % occurs too, by a rule unknown.
"""


class SaState:
    """One established pair: its two directions, what they carried, and how long they live."""

    __slots__ = ("_tally", "inbound", "installed_at", "outbound", "pair")

    def __init__(self, pair: SaPair, now: Instant) -> None:
        """Raises UnsupportedAlgorithm and CryptoError for a suite or keys that ESP refuses."""
        self.pair = pair
        self.installed_at = now
        self.outbound = OutboundSa(pair.outbound_spi, pair.suite, pair.outbound_keys)
        self.inbound = InboundSa(pair.inbound_spi, pair.suite, pair.inbound_keys)
        self._tally = dict.fromkeys(SaTally.__dataclass_fields__, 0)

    def seal(self, packet: bytes, entropy: Entropy) -> bytes:
        """The ESP packet of an inner packet, counted. Raises EspRefused as `OutboundSa.seal` does."""
        esp = self.outbound.seal(packet, entropy)
        self._tally["encapsulated"] += 1
        self._tally["octets_out"] += len(packet)
        return esp

    def open(self, esp: bytes) -> bytes:
        """The inner packet, counted. Raises EspRefused as `InboundSa.open` does; REPLAY and BAD_ICV are counted."""
        try:
            packet = self.inbound.open(esp)
        except EspRefused as refused:
            if refused.drop is Drop.REPLAY:
                self._tally["replays"] += 1
            elif refused.drop is Drop.BAD_ICV:
                self._tally["bad_icv"] += 1
            raise
        self._tally["decapsulated"] += 1
        self._tally["octets_in"] += len(packet)
        return packet

    def count_selector_mismatch(self) -> None:
        """Note that the last opened packet is outside the pair's proxies."""
        self._tally["selector_mismatches"] += 1

    @property
    def tally(self) -> SaTally:
        """The counters as they are now."""
        return SaTally(**self._tally)

    @property
    def bitmaps(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """The anti-replay bitmaps of inbound and outbound SA, each as high and low word.

        The outbound SA receives nothing, and the device prints its bitmap as 0x00000000 0x00000001.
        """
        return self.inbound.window.bitmap(), (0, 1)

    @property
    def expires_at(self) -> Instant | None:
        """When the lifetime in seconds ends; None without one."""
        if self.pair.lifetime_seconds is None:
            return None
        return later(self.installed_at, seconds(self.pair.lifetime_seconds))

    def expired(self, now: Instant) -> bool:
        """Whether the lifetime is over, by seconds or by kilobytes in either direction."""
        expires_at = self.expires_at
        if expires_at is not None and now >= expires_at:
            return True
        kilobytes = self.pair.lifetime_kilobytes
        busier = max(self._tally["octets_out"], self._tally["octets_in"])
        return kilobytes is not None and busier >= kilobytes * _KILOBYTE

    def seconds_left(self, now: Instant) -> int | None:
        """Full seconds to the end of the lifetime, not below 0; None without a lifetime in seconds."""
        expires_at = self.expires_at
        return None if expires_at is None else whole_seconds(max(Span(0), between(now, expires_at)))

    @property
    def kilobytes_left(self) -> tuple[int, int] | None:
        """Remaining kB of the inbound and the outbound SA as `show crypto ipsec sa` prints them; None without.

        It counts down from a derated start, and a kilobyte begun is gone: 3914999 after four small packets
        under a lifetime of 4608000 (reference show output).
        """
        if self.pair.lifetime_kilobytes is None:
            return None
        share, whole = _DERATING
        start = self.pair.lifetime_kilobytes * share // whole * _KILOBYTE
        tally = self._tally
        return (
            max(0, start - tally["octets_in"]) // _KILOBYTE,
            max(0, start - tally["octets_out"]) // _KILOBYTE,
        )


class Sad:
    """All established pairs of one device, in the order of their installation."""

    __slots__ = ("_states", "_tunnels")

    def __init__(self) -> None:
        self._states: dict[int, SaState] = {}
        self._tunnels: dict[tuple[str, ProxyPair], list[SaState]] = {}

    def install(self, pair: SaPair, now: Instant) -> SaState:
        """A new pair, known by its inbound SPI from here on; it takes over its tunnel's outbound traffic.

        Raises UnsupportedAlgorithm and CryptoError for a suite or keys that ESP refuses.
        """
        state = SaState(pair, now)
        self.remove(pair.inbound_spi)
        self._states[pair.inbound_spi] = state
        self._tunnels.setdefault((pair.peer, pair.proxies), []).append(state)
        return state

    def remove(self, inbound_spi: int) -> SaState | None:
        """Forget a pair and give it back; None where there is none."""
        state = self._states.pop(inbound_spi, None)
        if state is not None:
            tunnel = state.pair.peer, state.pair.proxies
            self._tunnels[tunnel].remove(state)
            if not self._tunnels[tunnel]:
                del self._tunnels[tunnel]
        return state

    def inbound(self, spi: int) -> SaState | None:
        """The pair that a received ESP packet belongs to."""
        return self._states.get(spi)

    def outbound_for(self, peer: str, proxies: ProxyPair) -> SaState | None:
        """The newest pair with this peer and exactly these proxies."""
        states = self._tunnels.get((peer, proxies))
        return states[-1] if states else None

    def states(self) -> tuple[SaState, ...]:
        """All pairs, oldest first."""
        return tuple(self._states.values())

    def deadline(self) -> Instant | None:
        """When the next lifetime in seconds ends; None where none does."""
        return min(
            (state.expires_at for state in self._states.values() if state.expires_at is not None),
            default=None,
        )

    def expired(self, now: Instant) -> tuple[int, ...]:
        """The inbound SPIs of the pairs whose lifetime is over, oldest first."""
        return tuple(spi for spi, state in self._states.items() if state.expired(now))
