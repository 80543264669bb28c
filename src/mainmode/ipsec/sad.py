"""The security association database: established pairs of SAs, their counters and lifetimes."""

from collections.abc import Collection
from dataclasses import fields, replace
from ipaddress import IPv4Address

from mainmode.base.address import Path, ProxyPair
from mainmode.base.codes import IpProtocol
from mainmode.base.entropy import Entropy
from mainmode.base.errors import Drop
from mainmode.base.instant import Instant, Span, between, later, seconds, whole_seconds
from mainmode.base.multimap import Multimap
from mainmode.ipsec.dataplane import Activity, SaPair, SaTally
from mainmode.ipsec.esp import EspRefused, InboundSa, OutboundSa, fitting
from mainmode.ipsec.replay import DEFAULT_SIZE, check_size
from mainmode.ipsec.segments import Segments
from mainmode.ipsec.statistics import FragmentTally

_KILOBYTE = 1024

_DERATING = (870, 1024)
"""The share of a kilobyte lifetime that the device shows at the start: 85 % as a fraction of 1024.

Inferred: 4608000 kB configured are shown as 3915000 (reference show output), exactly 4608000 * 870 / 1024.
Another public output starts at 4374000, exactly 972 / 1024: 95 % occurs too, by a rule unknown.
"""


SOFT_SHARE_INITIATOR, SOFT_SHARE_RESPONDER = 0.85, 0.9
"""The share of a lifetime in kilobytes at which a pair asks for its renewal: the side that began it asks first."""

_SOFT_SEQUENCE = 0xE000_0000
"""The sequence number at which a pair asks for its renewal."""


_NOTHING = SaTally()
_FRESH = 0, 1
"""The bitmap of an SA that received nothing."""


class SaState:
    """One established pair: its two directions, what they carried, and how long they live."""

    __slots__ = (
        "_asked", "_bad_icv", "_decapsulated", "_encapsulated", "_ends_at", "_fragments", "_inbound", "_octets_in",
        "_octets_out", "_outbound", "_replays", "_selector_mismatches", "_shown_from", "_soft_octets", "_window",
        "heard", "installed_at", "pair", "sent", "settled_at", "usable",
    )  # fmt: skip

    def __init__(self, pair: SaPair, now: Instant, *, usable: bool = True, window: int | None = DEFAULT_SIZE) -> None:
        """`usable` False: outbound traffic stays on the pair that this one renews until the peer is known to listen.

        `settled_at`: who can keep packets sends none before, as the peer may not have installed its own pair yet.
        `window` is the anti-replay window in packets, None for no check.
        Raises UnsupportedAlgorithm and CryptoError for a suite or keys that ESP refuses, and ValueError as
        `ReplayWindow` does.
        """
        self.pair = pair
        self.installed_at = self.settled_at = now
        self.usable = usable
        self.heard: Instant | None = None
        self.sent: Instant | None = None
        for keys in (pair.outbound_keys, pair.inbound_keys):
            fitting(pair.suite, keys)
        check_size(window)
        self._window = window
        self._outbound: OutboundSa | None = None
        self._inbound: InboundSa | None = None
        self._fragments: FragmentTally | None = None
        self._encapsulated = self._decapsulated = self._octets_out = self._octets_in = 0
        self._replays = self._bad_icv = self._selector_mismatches = 0
        self._shown_from = _NOTHING
        share = SOFT_SHARE_INITIATOR if pair.initiator else SOFT_SHARE_RESPONDER
        kilobytes = pair.lifetime_kilobytes
        self._soft_octets = None if kilobytes is None else int(kilobytes * _KILOBYTE * share)
        self._asked = False
        self._ends_at = None if pair.lifetime_seconds is None else later(now, seconds(pair.lifetime_seconds))

    @property
    def outbound(self) -> OutboundSa:
        """What seals. It is made for the first packet: a kernel may carry them all, and ciphers take much room."""
        found = self._outbound
        if found is None:
            pair = self.pair
            found = self._outbound = OutboundSa(pair.outbound_spi, pair.suite, pair.outbound_keys)
        return found

    @property
    def inbound(self) -> InboundSa:
        """What opens, made for the first packet too."""
        found = self._inbound
        if found is None:
            pair = self.pair
            found = self._inbound = InboundSa(pair.inbound_spi, pair.suite, pair.inbound_keys, self._window)
        return found

    @property
    def sequence(self) -> int:
        """The number of the last packet sealed; 0 before the first."""
        return self._outbound.sequence if self._outbound is not None else 0

    @property
    def fragments(self) -> FragmentTally:
        """What was cut, and could not be. To be counted up."""
        if self._fragments is None:
            self._fragments = FragmentTally()
        return self._fragments

    def seal(self, packet: bytes, entropy: Entropy, now: Instant, next_header: int = IpProtocol.IPIP) -> bytes:
        """The ESP packet of an inner packet, counted. Raises EspRefused as `OutboundSa.seal` does.

        In transport mode `packet` is what follows the IP header, and `next_header` its protocol.
        """
        esp = self.outbound.seal(packet, entropy, next_header)
        self._encapsulated += 1
        self._octets_out += len(packet)
        self.sent = now
        return esp

    def seal_run(self, packets: list[bytes] | Segments, octets: int, entropy: Entropy, now: Instant) -> list[bytes]:
        """As `seal`, of each of these whole packets of tunnel mode, which have so many octets in all."""
        sealed = self.outbound.seal_run(packets, entropy)
        self._encapsulated += len(sealed)
        self._octets_out += octets
        self.sent = now
        return sealed

    def open(self, esp: bytes, now: Instant) -> bytes:
        """The inner packet of tunnel mode, counted. Raises EspRefused as `unwrap` and `InboundSa.open` do."""
        packet, next_header = self.unwrap(esp, now)
        if next_header != IpProtocol.IPIP:
            raise EspRefused(Drop.NOT_AN_IP_PACKET, f"next header {next_header} in tunnel mode")
        return packet

    def unwrap(self, esp: bytes, now: Instant) -> tuple[bytes, int]:
        """Payload and next header, counted.

        Raises EspRefused as `InboundSa.unwrap` does; REPLAY and BAD_ICV are counted. A peer that sends on a pair has
        installed it: outbound traffic may use it from here on.
        """
        try:
            payload, next_header = self.inbound.unwrap(esp)
        except EspRefused as refused:
            self.refused(refused.drop)
            raise
        self._decapsulated += 1
        self._octets_in += len(payload)
        self.heard = now
        self.usable = True
        return payload, next_header

    def refused(self, drop: Drop) -> None:
        """A packet was not opened: counted where it was a repetition, or its ICV did not verify."""
        if drop is Drop.REPLAY:
            self._replays += 1
        elif drop is Drop.BAD_ICV:
            self._bad_icv += 1

    def carried(self, tally: SaTally, heard: Instant | None, sent: Instant | None) -> None:
        """What another data plane counted since the pair was installed, in place of what was counted here.

        A peer that sends on the pair has installed it: outbound traffic may use it from here on.
        """
        self._encapsulated, self._decapsulated = tally.encapsulated, tally.decapsulated
        self._octets_out, self._octets_in = tally.octets_out, tally.octets_in
        self._replays, self._bad_icv = tally.replays, tally.bad_icv
        self._selector_mismatches = tally.selector_mismatches
        self.heard, self.sent = heard, sent
        self.usable = self.usable or heard is not None

    def opened(self, packets: int, octets: int, now: Instant) -> None:
        """Packets that `inbound.peek` showed and `inbound.take` noted, counted as `unwrap` counts them."""
        self._decapsulated += packets
        self._octets_in += octets
        self.heard = now

    def runs_on(self, octets: int, now: Instant, packets: int = 1) -> bool:
        """Whether so many more packets with at most so many octets inside find the pair neither expired nor due.

        False may also mean of several packets that only the last ones do not.
        """
        if self._ends_at is not None and now >= self._ends_at:
            return False
        if self.sequence + packets >= _SOFT_SEQUENCE:
            return False
        kilobytes = self.pair.lifetime_kilobytes
        if kilobytes is None or self._soft_octets is None:
            return True
        busier = self._octets_out if self._octets_out > self._octets_in else self._octets_in
        if self._asked:
            return busier + (octets if packets > 1 else 0) < kilobytes * _KILOBYTE
        return busier + octets < self._soft_octets

    def count_selector_mismatch(self) -> None:
        """Note that the last opened packet is outside the pair's proxies."""
        self._selector_mismatches += 1

    def renewal_due(self) -> bool:
        """Whether the kilobytes or the sequence numbers near their end: true once, for `engine.renew`."""
        if self._asked:
            return False
        soft = self._soft_octets
        by_octets = soft is not None and (self._octets_out >= soft or self._octets_in >= soft)
        self._asked = by_octets or self.sequence >= _SOFT_SEQUENCE
        return self._asked

    @property
    def tally(self) -> SaTally:
        """The counters as they are now."""
        return SaTally(
            self._encapsulated,
            self._decapsulated,
            self._octets_out,
            self._octets_in,
            self._replays,
            self._bad_icv,
            self._selector_mismatches,
        )

    @property
    def shown(self) -> SaTally:
        """The counters since they were last set to nothing."""
        now, then = self.tally, self._shown_from
        return SaTally(*(getattr(now, one.name) - getattr(then, one.name) for one in fields(SaTally)))

    def clear_counters(self) -> None:
        """What is shown counts from nothing; lifetimes run on with what was carried before."""
        self._shown_from = self.tally
        self._fragments = None

    @property
    def activity(self) -> Activity:
        """When it was used last, and how much."""
        return Activity(self.heard, self.sent, self._octets_in, self._octets_out)

    @property
    def bitmaps(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """The anti-replay bitmaps of inbound and outbound SA, each as high and low word.

        An outbound SA receives nothing, and the device prints its bitmap as 0x00000000 0x00000001.
        """
        return self._inbound.window.bitmap() if self._inbound is not None else _FRESH, _FRESH

    @property
    def expires_at(self) -> Instant | None:
        """When the lifetime in seconds ends; None without one."""
        return self._ends_at

    def expired(self, now: Instant) -> bool:
        """Whether the lifetime is over, by seconds or by kilobytes in either direction."""
        expires_at = self.expires_at
        if expires_at is not None and now >= expires_at:
            return True
        kilobytes = self.pair.lifetime_kilobytes
        busier = max(self._octets_out, self._octets_in)
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
        return (
            max(0, start - self._octets_in) // _KILOBYTE,
            max(0, start - self._octets_out) // _KILOBYTE,
        )


class Sad:
    """All established pairs of one device, in the order of their installation.

    `window` is the anti-replay window in packets of pairs that are installed from now on, None for no check.
    """

    __slots__ = ("_by_address", "_states", "_tunnels", "window")

    def __init__(self, window: int | None = DEFAULT_SIZE) -> None:
        self.window = window
        self._states: dict[int, SaState] = {}
        self._tunnels: Multimap[tuple[str, ProxyPair], SaState] = Multimap()
        self._by_address: Multimap[IPv4Address, SaState] = Multimap()

    def install(self, pair: SaPair, now: Instant, replaces: int | None = None) -> SaState:
        """A new pair, known by its inbound SPI from here on; it takes over its tunnel's outbound traffic.

        Not at once where it renews the pair `replaces` and this side began that: then `use`, or a packet that comes
        on it, tells that the peer has installed it too.
        Raises UnsupportedAlgorithm and CryptoError for a suite or keys that ESP refuses.
        """
        state = SaState(pair, now, usable=not pair.initiator or replaces not in self._states, window=self.window)
        self.remove(pair.inbound_spi)
        self._states[pair.inbound_spi] = state
        self._tunnels.add((pair.peer, pair.proxies), state)
        self._by_address.add(pair.path.remote.address, state)
        return state

    def use(self, inbound_spi: int) -> None:
        """Outbound traffic moves to this pair, before newer ones too; nothing happens where there is none."""
        state = self._states.get(inbound_spi)
        if state is not None:
            state.usable = True
            tunnel = state.pair.peer, state.pair.proxies
            self._tunnels.remove(tunnel, state)
            self._tunnels.add(tunnel, state)

    def move(self, inbound_spi: int, path: Path) -> None:
        """The pair's peer is reached along `path` now; nothing happens where there is none."""
        state = self._states.get(inbound_spi)
        if state is not None:
            self._by_address.remove(state.pair.path.remote.address, state)
            state.pair = replace(state.pair, path=path)
            self._by_address.add(path.remote.address, state)

    def remove(self, inbound_spi: int) -> SaState | None:
        """Forget a pair and give it back; None where there is none."""
        state = self._states.pop(inbound_spi, None)
        if state is not None:
            self._tunnels.remove((state.pair.peer, state.pair.proxies), state)
            self._by_address.remove(state.pair.path.remote.address, state)
        return state

    def inbound(self, spi: int) -> SaState | None:
        """The pair that a received ESP packet belongs to."""
        return self._states.get(spi)

    def with_peer(self, address: IPv4Address) -> Collection[SaState]:
        """The pairs whose peer has this address."""
        return self._by_address.at(address)

    def outbound_for(self, peer: str, proxies: ProxyPair) -> SaState | None:
        """The newest usable pair with this peer and exactly these proxies, else the newest."""
        states = self._tunnels.at((peer, proxies))
        if not states:
            return None
        newest = states[-1]
        if newest.usable or len(states) == 1:
            return newest
        return next((state for state in reversed(states) if state.usable), newest)

    def activity(self, inbound_spi: int) -> Activity | None:
        """What a pair did last: the engine's watch. None where there is none."""
        state = self._states.get(inbound_spi)
        return state.activity if state is not None else None

    def states(self) -> tuple[SaState, ...]:
        """All pairs, oldest first."""
        return tuple(self._states.values())
