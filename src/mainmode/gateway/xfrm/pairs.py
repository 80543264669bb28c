"""Pairs of SAs of the box as two SAs of the kernel: what goes in, and what the kernel says of both together."""

from dataclasses import replace
from typing import NamedTuple

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import SECOND, Instant
from mainmode.device.config.model import Configuration
from mainmode.device.settings import entry_named
from mainmode.gateway.xfrm.layout import KernelMode, Limits, SaId
from mainmode.gateway.xfrm.states import State, StateReport, succeeding
from mainmode.ipsec.dataplane import Mode, SaPair, SaTally
from mainmode.ipsec.sad import SOFT_SHARE_INITIATOR, SOFT_SHARE_RESPONDER

_KILOBYTE = 1024
_SOFT_PACKETS, _HARD_PACKETS = 0xE000_0000, 0xFFFF_FFFF
_GRACE = 30
"""Seconds that the kernel keeps an SA after its lifetime: the box ends it in time, unless the gateway was killed."""


@dataclass(slots=True)
class Installed:
    """A pair in the kernel: which of its SAs are in. `waits`: the outbound one goes in when the peer is heard on this.

    `paused` is what the kernel said of an outbound SA that was taken out, to carry on there; `spent`: it is at its end.
    `window` is that of replay protection, 0 for none. The last words of the kernel are `inbound` and `outbound`.
    """

    pair: SaPair
    reqid: int
    window: int
    clears_df: bool
    inbound_stands: bool = False
    outbound_stands: bool = False
    waits: bool = False
    paused: StateReport | None = None
    spent: bool = False
    inbound: StateReport | None = None
    outbound: StateReport | None = None
    heard: Instant | None = None
    sent: Instant | None = None
    looked: Instant | None = None

    @property
    def inbound_sa(self) -> SaId:
        """The SA that opens what the peer sends."""
        return SaId(self.pair.path.local.address, self.pair.inbound_spi)

    @property
    def outbound_sa(self) -> SaId:
        """The SA that seals what goes to the peer."""
        return SaId(self.pair.path.remote.address, self.pair.outbound_spi)

    @property
    def mode(self) -> KernelMode:
        """Tunnel or transport."""
        return KernelMode.TUNNEL if self.pair.mode is Mode.TUNNEL else KernelMode.TRANSPORT

    def inbound_state(self) -> State:
        """The inbound SA as it goes in. While the pair waits, the kernel tells of the peer's second packet on it."""
        pair, limits = self.pair, limits_of(self.pair)
        local, remote = pair.path
        ports = (remote.port, local.port) if pair.udp_encapsulated else None
        return State(
            self.inbound_sa, remote.address, self.reqid, self.mode, pair.suite, pair.inbound_keys, self.window,
            replace(limits, soft_packets=1) if self.waits else limits, ports,
        )  # fmt: skip

    def outbound_state(self) -> State:
        """The outbound SA as it goes in: it carries on with counters and numbers where it was paused."""
        pair, paused = self.pair, self.paused
        local, remote = pair.path
        ports = (local.port, remote.port) if pair.udp_encapsulated else None
        return State(
            self.outbound_sa, local.address, self.reqid, self.mode, pair.suite, pair.outbound_keys, 0,
            limits_of(pair), ports, self.clears_df, paused.carried if paused is not None else None,
            succeeding(paused) if paused is not None else None,
        )  # fmt: skip

    def tally(self) -> SaTally:
        """What both SAs carried, by the kernel's last words."""
        inbound, outbound = self.inbound, self.outbound
        return SaTally(
            encapsulated=outbound.carried.packets if outbound is not None else 0,
            decapsulated=inbound.carried.packets if inbound is not None else 0,
            octets_out=outbound.carried.octets if outbound is not None else 0,
            octets_in=inbound.carried.octets if inbound is not None else 0,
            replays=inbound.replays if inbound is not None else 0,
            bad_icv=inbound.bad_icvs if inbound is not None else 0,
        )

    def take(self, moment: "Moment", inbound: StateReport | None, outbound: StateReport | None) -> bool:
        """The kernel's words of now; whether anything is new. None: there is no such SA, what it carried stays."""
        before = self.inbound, self.outbound
        if inbound is not None:
            self.heard = moment.of(inbound, self.inbound, self.heard, self.looked)
            self.inbound = inbound
        if outbound is not None:
            self.sent = moment.of(outbound, self.outbound, self.sent, self.looked)
            self.outbound = outbound
        self.looked = moment.now
        return before != (self.inbound, self.outbound)


class Moment(NamedTuple):
    """Now, as the box knows it, and in seconds of the kernel's wall clock."""

    now: Instant
    wall: float

    def of(
        self, report: StateReport, before: StateReport | None, known: Instant | None, looked: Instant | None
    ) -> Instant | None:
        """When an SA was used last. The kernel knows the second only, so the end of that second counts.

        It was after the last look, whatever somebody made of the wall clock meanwhile.
        """
        packets = before.carried.packets if before is not None else 0
        if report.carried.packets == packets:
            return known
        age = 0.0 if report.last_used is None else max(0.0, self.wall - report.last_used - 1)
        found = Instant(self.now - round(age * SECOND))
        return max(one for one in (found, known, looked) if one is not None)


def limits_of(pair: SaPair) -> Limits:
    """The lifetimes of both directions. Soft seconds are the box's own affair."""
    share = SOFT_SHARE_INITIATOR if pair.initiator else SOFT_SHARE_RESPONDER
    octets = None if pair.lifetime_kilobytes is None else pair.lifetime_kilobytes * _KILOBYTE
    return Limits(
        None if octets is None else int(octets * share),
        octets,
        _SOFT_PACKETS,
        _HARD_PACKETS,
        None,
        None if pair.lifetime_seconds is None else pair.lifetime_seconds + _GRACE,
    )


def clears_df(configuration: Configuration, pair: SaPair) -> bool:
    """Whether the DF bit of inner packets is left out of the outer ones; otherwise the kernel copies it."""
    named = entry_named(configuration, pair.map_name, pair.map_sequence)
    word = (named.df_bit if named is not None else None) or configuration.df_bits.get(pair.interface)
    return word is not None and word.value == "clear-df"
