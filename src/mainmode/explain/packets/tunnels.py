"""ESP of a capture: the first packet of each SPI is told, and at the end how many went which way."""

from collections import OrderedDict
from dataclasses import dataclass, field

from mainmode.capture.datagrams import Address, Esp

_MOST_SPIS = 8192
_MOST_TUNNELS = 4096


@dataclass(slots=True)
class Tunnel:
    """ESP between two addresses: packets by sender, and the frame of the last."""

    last: Esp
    packets: dict[Address, int] = field(default_factory=dict)


class Tunnels:
    """All ESP of a capture, bounded."""

    def __init__(self) -> None:
        self._spis: OrderedDict[tuple[Address, Address, int], int] = OrderedDict()
        self._tunnels: OrderedDict[frozenset[Address], Tunnel] = OrderedDict()

    def count(self, esp: Esp) -> bool:
        """Note a packet; whether it is the first of its SPI."""
        source, destination = esp.ends.source, esp.ends.destination
        tunnel = self._tunnels.setdefault(frozenset((source, destination)), Tunnel(esp))
        tunnel.last = esp
        tunnel.packets[source] = tunnel.packets.get(source, 0) + 1
        if len(self._tunnels) > _MOST_TUNNELS:
            self._tunnels.popitem(last=False)
        key = (source, destination, esp.spi)
        self._spis[key] = self._spis.get(key, 0) + 1
        if len(self._spis) > _MOST_SPIS:
            self._spis.popitem(last=False)
        return self._spis.get(key) == 1

    def all(self) -> tuple[Tunnel, ...]:
        """All pairs of addresses with ESP between them, in the order of their last packet."""
        return tuple(sorted(self._tunnels.values(), key=lambda one: one.last.number))
