"""What happened in a box since it started, counted from its effects: packets, drops, tunnels, and the system log."""

from collections import Counter
from collections.abc import Callable
from ipaddress import IPv4Address
from typing import Any

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import Drop
from mainmode.base.instant import Instant
from mainmode.device.config.model import Configuration
from mainmode.device.decision import BoxEffect, PacketOut
from mainmode.device.syslog import SystemLog
from mainmode.device.tunnels import TunnelBook
from mainmode.ike.effects import Dropped, InstallSa, Phase1Down, Phase1Up, RemoveSa, Say, Send
from mainmode.ipsec.sad import Sad

_IP_AND_UDP = 28
"""Octets of the headers around a datagram."""


@dataclass(slots=True)
class Traffic:
    """IP packets and octets of one interface, and packets that came in by it and were dropped."""

    packets_in: int = 0
    octets_in: int = 0
    packets_out: int = 0
    octets_out: int = 0
    dropped: int = 0

    def clear(self) -> None:
        """Back to nothing."""
        self.packets_in = self.octets_in = self.packets_out = self.octets_out = self.dropped = 0


class Journal:
    """Counts what the box does. `came_in` before a packet's effects, `removing` before a pair of SAs goes out, and
    `note` for each effect.
    """

    def __init__(self, configuration: Configuration, sad: Sad) -> None:
        self._sad = sad
        self.drops: Counter[Drop] = Counter()
        self.traffic: dict[str, Traffic] = {}
        self.tunnels = TunnelBook()
        self.log = SystemLog(configuration)
        self._interfaces: dict[IPv4Address, str] = {}
        self._noters: dict[type[Any], Callable[[Any, Instant, str | None], None]] = {
            Say: self._said,
            Dropped: self._dropped,
            PacketOut: self._left,
            Send: self._sent,
            Phase1Up: lambda effect, *_: self.tunnels.phase1_up(effect),
            Phase1Down: lambda effect, *_: self.tunnels.phase1_down(effect),
            InstallSa: lambda effect, *_: self.tunnels.installed(effect),
        }
        self.follow(configuration)

    def follow(self, configuration: Configuration) -> None:
        """Read the box by this configuration from here on; what was counted stays."""
        self.log.follow(configuration)
        self._interfaces = {
            one.address.value.address: one.nameif.value
            for one in configuration.interfaces
            if one.address is not None and one.nameif is not None
        }
        for one in configuration.interfaces:
            if one.nameif is not None and one.address is not None:
                self.traffic.setdefault(one.nameif.value, Traffic())

    def came_in(self, interface: str, octets: int) -> None:
        """An IP packet arrived at an interface."""
        traffic = self.traffic[interface]
        traffic.packets_in += 1
        traffic.octets_in += octets

    def shed(self, interface: str | None, octets: int, reason: Drop) -> None:
        """An IP packet arrived and was dropped without an effect; None: for no interface."""
        self.drops[reason] += 1
        if interface is not None:
            self.came_in(interface, octets)
            self.traffic[interface].dropped += 1

    def removing(self, effect: RemoveSa) -> None:
        """A pair of IPsec SAs goes out; the database still has it."""
        self.tunnels.removed(effect, self._sad)

    def note(self, effect: BoxEffect, now: Instant, ingress: str | None = None) -> None:
        """One effect, in its order; `ingress` is the interface by which came the packet that caused it."""
        noter = self._noters.get(type(effect))
        if noter is not None:
            noter(effect, now, ingress)

    def _said(self, effect: Say, now: Instant, _: str | None) -> None:
        self.log.note(effect.line, now)

    def _dropped(self, effect: Dropped, _: Instant, ingress: str | None) -> None:
        self.drops[effect.reason] += 1
        if ingress is not None:
            self.traffic[ingress].dropped += 1

    def _left(self, effect: PacketOut, *_: object) -> None:
        self._out(effect.interface, len(effect.packet))

    def _sent(self, effect: Send, *_: object) -> None:
        interface = self._interfaces.get(effect.path.local.address)
        if interface is not None:
            self._out(interface, _IP_AND_UDP + len(effect.datagram))

    def _out(self, interface: str, octets: int) -> None:
        traffic = self.traffic[interface]
        traffic.packets_out += 1
        traffic.octets_out += octets
