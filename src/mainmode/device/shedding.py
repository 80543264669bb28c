"""What a box drops without a word: for a shell under a flood, whose every packet would cost many times more otherwise.

The answer is a reason where the packet is dropped, and counted as the ordinary path would have counted it. It is None
where the ordinary path takes the packet, with its effects and lines; then nothing has changed but that one less takes
it in this second. So of what only repeats itself people and peers are told a few times, and no more.
"""

from mainmode.base.address import Endpoint, Path
from mainmode.base.budget import Bucket, Budget
from mainmode.base.errors import Drop
from mainmode.base.instant import Instant
from mainmode.device.plane import Plane
from mainmode.ike.nat import FLOATED_PORT
from mainmode.ipsec.esp import EspRefused
from mainmode.ipsec.sad import SaState
from mainmode.wire.natt import KEEPALIVE, NON_ESP_MARKER

TOLD = Budget(50, 10)
"""Packets that take the ordinary path, for each reason."""
_IP, _IP_AND_UDP = 20, 28
_SPI = 4


class Shedding:
    """Of one box."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._told: dict[Drop, Bucket] = {}

    def datagram(self, interface: str | None, datagram: bytes, path: Path, now: Instant) -> Drop | None:
        """What port 500 or 4500 received for an address of the host; `interface` None: one that no interface has.

        ESP on port 4500 is not looked at here. Raises KeyError for a nameif that the box has not.
        """
        plane = self._plane
        if interface is None:
            return self.elsewhere(now)
        octets = _IP_AND_UDP + len(datagram)
        if interface not in plane.tables.settings.enabled:
            return self._shed(Drop.IKE_NOT_ENABLED, interface, octets, now)
        if path.local.port == FLOATED_PORT and len(datagram) >= _SPI and not datagram.startswith(NON_ESP_MARKER):
            return None
        if not plane.engine.sheds(datagram, path, now):
            return None
        plane.journal.shed(interface, octets, Drop.RATE_LIMITED)
        return Drop.RATE_LIMITED

    def stranger(self, interface: str, datagram: bytes, source: bytes, now: Instant) -> bool:
        """What port 500 received for an interface with IKE, in the midst of a flood: at half the cost of `datagram`,
        which takes what this does not. `source` is the address in four octets.
        """
        plane = self._plane
        if interface not in plane.tables.settings.enabled or not plane.engine.sheds_stranger(datagram, source, now):
            return False
        plane.journal.shed(interface, _IP_AND_UDP + len(datagram), Drop.RATE_LIMITED)
        return True

    def esp(self, interface: str, esp: bytes, remote: Endpoint, now: Instant) -> Drop | None:
        """ESP, SPI first; in UDP where the port of `remote` is not 0. IKE on port 4500 is none."""
        state = self._plane.sad.inbound(int.from_bytes(esp[:4]))
        if state is None:
            return self.unknown_spi(interface, esp, remote, now)
        try:
            state.inbound.peek(esp)
        except EspRefused as refused:
            return self.refused(state, refused.drop, interface, esp, remote, now)
        return None

    def unknown_spi(self, interface: str, esp: bytes, remote: Endpoint, now: Instant) -> Drop | None:
        """ESP for which there is no SA."""
        plane, port = self._plane, remote.port
        if port and (esp[:4] in _NO_SPIS or interface not in plane.tables.settings.enabled):
            return None
        reason = self._shed(Drop.UNKNOWN_SPI, interface, _length(esp, remote), now)
        if reason is not None:
            plane.statistics.inbound.dropped += 1
            plane.statistics.missing_sa_failures += 1
        return reason

    def refused(
        self, state: SaState, drop: Drop, interface: str, esp: bytes, remote: Endpoint, now: Instant
    ) -> Drop | None:
        """ESP that its SA did not open, for this reason."""
        reason = self._shed(drop, interface, _length(esp, remote), now)
        if reason is not None:
            state.refused(drop)
            self._plane.statistics.inbound.refused(drop)
        return reason

    def elsewhere(self, now: Instant) -> Drop | None:
        """Something for an address of the host that no interface of the box has."""
        return self._shed(Drop.NOT_FOR_US, None, 0, now)

    def _shed(self, reason: Drop, interface: str | None, octets: int, now: Instant) -> Drop | None:
        bucket = self._told.get(reason)
        if bucket is None:
            bucket = self._told[reason] = Bucket(TOLD, now)
        if bucket.holds(now):
            bucket.take()
            return None
        self._plane.journal.shed(interface, octets, reason)
        return reason


_NO_SPIS = (NON_ESP_MARKER, KEEPALIVE)
"""What begins an ISAKMP message on port 4500, and a NAT keepalive."""


def _length(esp: bytes, remote: Endpoint) -> int:
    return len(esp) + (_IP_AND_UDP if remote.port else _IP)
