"""The tunnels of a box as `show vpn-sessiondb` numbers and counts them, read from the effects of IKE.

Inside a peer's session IKE is tunnel 1 and IPsec tunnels count from 2. Renewal changes no number, and a tunnel's octets
go on counting (public outputs show both).
"""

from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import Protocol

from mainmode.base.address import ProxyPair
from mainmode.base.dataclass import dataclass
from mainmode.ike.effects import InstallSa, Phase1Down, Phase1Up, RemoveSa
from mainmode.ipsec.dataplane import SaPair, SaTally
from mainmode.ipsec.sad import Sad, SaState

IKE_TUNNEL = 1
"""The number of a session's IKE tunnel."""


class Pairs(Protocol):
    """Where pairs of SAs are found."""

    def inbound(self, spi: int) -> SaState | None:
        """The pair with this inbound SPI."""


@dataclass(slots=True)
class Count:
    """How many there are, were in all, and were at most at once."""

    active: int = 0
    cumulative: int = 0
    peak: int = 0

    def up(self) -> None:
        """One more."""
        self.active += 1
        self.cumulative += 1
        self.peak = max(self.peak, self.active)

    def down(self) -> None:
        """One less."""
        self.active -= 1


@dataclass(frozen=True, slots=True)
class Carried:
    """Packets and octets of inner packets, out of the box and into it, and what was refused inbound."""

    packets_out: int = 0
    packets_in: int = 0
    octets_out: int = 0
    octets_in: int = 0
    replays: int = 0
    bad_icv: int = 0
    selector_mismatches: int = 0

    def plus(self, tally: SaTally) -> "Carried":
        """With what one pair of SAs carried."""
        return Carried(
            self.packets_out + tally.encapsulated,
            self.packets_in + tally.decapsulated - tally.selector_mismatches,
            self.octets_out + tally.octets_out,
            self.octets_in + tally.octets_in,
            self.replays + tally.replays,
            self.bad_icv + tally.bad_icv,
            self.selector_mismatches + tally.selector_mismatches,
        )


_NOTHING = Carried()


@dataclass(slots=True)
class Tunnel:
    """One IPsec tunnel: its number in the session, its pairs as they came, and what ended pairs carried.

    `renewals` counts the pairs that came after the first.
    """

    number: int
    pairs: tuple[SaPair, ...] = ()
    ended: Carried = _NOTHING
    renewals: int = 0

    @property
    def newest(self) -> SaPair:
        """The pair that was installed last."""
        return self.pairs[-1]

    def carried(self, sad: Pairs) -> Carried:
        """What the tunnel carried so far."""
        total = self.ended
        for pair in self.pairs:
            state = sad.inbound(pair.inbound_spi)
            if state is not None:
                total = total.plus(state.tally)
        return total


@dataclass(slots=True)
class _Peer:
    ikes: int = 0
    tunnels: dict[ProxyPair, Tunnel] = field(default_factory=dict)
    last_number: int = IKE_TUNNEL


class TunnelBook:
    """The tunnels that stand with each peer, and how many there were."""

    def __init__(self) -> None:
        self._peers: dict[str, _Peer] = {}
        self._of_cookie: dict[bytes, str] = {}
        self._tunnels: dict[int, Tunnel] = {}
        self.ike = Count()
        self.ipsec = Count()
        self.ipsec_over_nat = Count()
        self.pairs = Count()

    def of(self, inbound_spis: Iterable[int]) -> tuple[Tunnel, ...]:
        """The IPsec tunnels of these pairs, by their numbers."""
        found = {tunnel.number: tunnel for spi in inbound_spis if (tunnel := self._tunnels.get(spi)) is not None}
        return tuple(tunnel for _, tunnel in sorted(found.items()))

    def all(self) -> Iterator[Tunnel]:
        """Every IPsec tunnel that stands."""
        for peer in self._peers.values():
            yield from peer.tunnels.values()

    def phase1_up(self, effect: Phase1Up) -> None:
        """An IKE SA stands: the first with its peer, or one that renews another."""
        name = str(effect.path.remote.address)
        peer = self._peers.setdefault(name, _Peer())
        if not peer.ikes:
            self.ike.up()
        peer.ikes += effect.exchange.cookie not in self._of_cookie
        self._of_cookie[effect.exchange.cookie] = name

    def phase1_down(self, effect: Phase1Down) -> None:
        """An IKE SA is gone, or never stood."""
        name = self._of_cookie.pop(effect.exchange.cookie, None)
        if name is None:
            return
        peer = self._peers[name]
        peer.ikes -= 1
        if not peer.ikes:
            self.ike.down()
        self._leave(name)

    def installed(self, effect: InstallSa) -> None:
        """A pair of IPsec SAs went in: of a new tunnel, or of one that is renewed."""
        pair = effect.pair
        peer = self._peers.setdefault(pair.peer, _Peer())
        tunnel = peer.tunnels.get(pair.proxies)
        if tunnel is None:
            peer.last_number += 1
            tunnel = peer.tunnels[pair.proxies] = Tunnel(peer.last_number)
            self._count(pair).up()
        else:
            tunnel.renewals += 1
        tunnel.pairs += (pair,)
        self.pairs.up()
        self._tunnels[pair.inbound_spi] = tunnel

    def removed(self, effect: RemoveSa, sad: Sad) -> None:
        """A pair of IPsec SAs goes out; `sad` still has it."""
        tunnel = self._tunnels.pop(effect.inbound_spi, None)
        if tunnel is None:
            return
        [pair] = (one for one in tunnel.pairs if one.inbound_spi == effect.inbound_spi)
        tunnel.pairs = tuple(one for one in tunnel.pairs if one is not pair)
        self.pairs.down()
        state = sad.inbound(effect.inbound_spi)
        if state is not None:
            tunnel.ended = tunnel.ended.plus(state.tally)
        if not tunnel.pairs:
            del self._peers[pair.peer].tunnels[pair.proxies]
            self._count(pair).down()
            self._leave(pair.peer)

    def _count(self, pair: SaPair) -> Count:
        return self.ipsec_over_nat if pair.udp_encapsulated else self.ipsec

    def _leave(self, name: str) -> None:
        peer = self._peers[name]
        if not peer.ikes and not peer.tunnels:
            del self._peers[name]
