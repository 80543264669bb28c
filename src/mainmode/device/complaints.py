"""What the device says about single packets of the data path: each message at most once in five seconds."""

from collections.abc import Callable
from ipaddress import IPv4Address

from mainmode.base.errors import Drop
from mainmode.base.instant import Instant, later, seconds
from mainmode.catalogue import lines
from mainmode.catalogue.entry import Entry
from mainmode.catalogue.kinds import protocol_name
from mainmode.device.flow import Flow
from mainmode.ike.effects import NO_EXCHANGE, Say, Step
from mainmode.ipsec.dataplane import SaPair
from mainmode.wire.esp import EspHeader

_PAUSE = seconds(5)
_OF_DROP = {
    Drop.REPLAY: lines.ESP_REPLAYED,
    Drop.BAD_ICV: lines.ESP_NOT_AUTHENTIC,
    Drop.BAD_PADDING: lines.ESP_DROPPED,
    Drop.NOT_AN_IP_PACKET: lines.ESP_DROPPED,
}


class Complaints:
    """Remembers when each message was said last."""

    def __init__(self) -> None:
        self._said: dict[str, Instant] = {}

    def invalid_spi(self, header: EspHeader, remote: IPv4Address, local: IPv4Address, now: Instant) -> list[Say]:
        """402114: no SA here has the SPI."""
        return self._say(
            lines.ESP_INVALID_SPI,
            now,
            lambda: {"spi": header.spi, "sequence": header.sequence, "remote": remote, "local": local},
        )

    def wrong_protocol(self, remote: IPv4Address, local: IPv4Address, now: Instant) -> list[Say]:
        """402115: AH from a peer whose SAs are ESP."""
        return self._say(
            lines.WRONG_IPSEC_PROTOCOL,
            now,
            lambda: {"remote": remote, "local": local, "actual": "AH", "expected": "ESP"},
        )

    def refused(self, drop: Drop, detail: str, header: EspHeader, pair: SaPair, now: Instant) -> list[Say]:
        """402119 to 402121: an SA does not open the packet."""
        entry = _OF_DROP.get(drop)
        if entry is None:
            return []
        reason = {"reason": detail} if entry is lines.ESP_DROPPED else {}
        return self._say(entry, now, lambda: {**_of_sa(header, pair), **reason})

    def outside_policy(self, header: EspHeader, pair: SaPair, flow: Flow, now: Instant) -> list[Say]:
        """402116: the inner packet is not between the SA's proxies."""
        return self._say(
            lines.INNER_PACKET_OUTSIDE_POLICY,
            now,
            lambda: {
                **_of_sa(header, pair),
                "destination": flow.destination,
                "source": flow.source,
                "protocol": protocol_name(flow.protocol),
                "local_proxy": pair.proxies.local,
                "remote_proxy": pair.proxies.remote,
            },
        )

    def in_clear(self, flow: Flow, now: Instant) -> list[Say]:
        """402117: a packet came in clear that belongs into a tunnel."""
        return self._say(
            lines.CLEAR_PACKET_RECEIVED,
            now,
            lambda: {
                "protocol": protocol_name(flow.protocol).upper(),
                "remote": flow.source,
                "local": flow.destination,
            },
        )

    def illegal_fragment(self, header: EspHeader, pair: SaPair, length: int, offset: int, now: Instant) -> list[Say]:
        """402118: a fragment inside the tunnel that could overwrite a header."""
        return self._say(
            lines.ILLEGAL_INNER_FRAGMENT, now, lambda: {**_of_sa(header, pair), "length": length, "offset": offset}
        )

    def not_sealed(self, flow: Flow, reason: str, now: Instant) -> list[Say]:
        """402122: a packet could not be put into its tunnel."""
        return self._say(
            lines.CLEAR_PACKET_DROPPED,
            now,
            lambda: {"source": flow.source, "destination": flow.destination, "reason": reason},
        )

    def too_large(self, flow: Flow, length: int, mtu: int, now: Instant) -> list[Say]:
        """602101: the sender of a packet is told what fits."""
        return self._say(
            lines.PATH_MTU_EXCEEDED,
            now,
            lambda: {
                "length": length,
                "mtu": mtu,
                "destination": flow.destination,
                "source": flow.source,
                "protocol": protocol_name(flow.protocol),
            },
        )

    def _say(self, entry: Entry, now: Instant, values: Callable[[], dict[str, object]]) -> list[Say]:
        last = self._said.get(entry.name)
        if last is not None and now < later(last, _PAUSE):
            return []
        self._said[entry.name] = now
        return [Say(entry(**values()), Step.DATA, NO_EXCHANGE)]


def _of_sa(header: EspHeader, pair: SaPair) -> dict[str, object]:
    return {
        "spi": header.spi,
        "sequence": header.sequence,
        "remote": pair.path.remote.address,
        "user": pair.group_name,
        "local": pair.path.local.address,
    }
