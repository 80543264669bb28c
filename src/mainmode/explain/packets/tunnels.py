"""ESP of a capture: the first packet of each SPI is told, and at the end how many went which way."""

from collections import OrderedDict

from mainmode.base.dataclass import dataclass
from mainmode.capture.datagrams import Address, Ends, Esp

_MOST_SPIS = 8192
_MOST_TUNNELS = 4096


@dataclass(slots=True)
class Tunnel:
    """ESP between two addresses: packets that `end` sent, and those that came to it; and the last packet of all."""

    end: Address
    last: Esp
    sent: int = 0
    received: int = 0


@dataclass(slots=True)
class _Flow:
    """The packets of one SPI."""

    ends: Ends
    tunnel: Tunnel
    leaves: bool


class Tunnels:
    """All ESP of a capture, bounded."""

    def __init__(self) -> None:
        self._flows: OrderedDict[int, _Flow] = OrderedDict()
        self._tunnels: OrderedDict[frozenset[Address], Tunnel] = OrderedDict()

    def count(self, esp: Esp) -> bool:
        """Note a packet; whether it is the first of its SPI."""
        flow = self._flows.get(esp.spi)
        fresh = flow is None or flow.ends != esp.ends
        if flow is None or fresh:
            flow = self._new(esp)
        tunnel = flow.tunnel
        tunnel.last = esp
        if flow.leaves:
            tunnel.sent += 1
        else:
            tunnel.received += 1
        return fresh

    def _new(self, esp: Esp) -> _Flow:
        source, destination = esp.ends.source, esp.ends.destination
        tunnel = self._tunnels.setdefault(frozenset((source, destination)), Tunnel(source, esp))
        if len(self._tunnels) > _MOST_TUNNELS:
            self._tunnels.popitem(last=False)
        flow = self._flows[esp.spi] = _Flow(esp.ends, tunnel, source == tunnel.end)
        if len(self._flows) > _MOST_SPIS:
            self._flows.popitem(last=False)
        return flow

    def all(self) -> tuple[Tunnel, ...]:
        """All pairs of addresses with ESP between them, in the order of their last packet."""
        return tuple(sorted(self._tunnels.values(), key=lambda one: one.last.number))
