"""Messages for a host behind a tunnel wait while the tunnel is down.

A message that leaves asks for the tunnel, a negotiation that fails makes messages, and each of them would ask again: so
one message at a time asks, and the others wait for it.
"""

from mainmode.base.address import ProxyPair
from mainmode.base.codes import IpProtocol
from mainmode.device.box import Box
from mainmode.gateway.log_targets import LogTarget
from mainmode.gateway.workers.share import WHOLE, Share
from mainmode.ipsec.dataplane import SaPair


class TunnelGate:
    """The tunnels that carry datagrams to one target. `open`: one of them stands."""

    def __init__(self, box: Box, target: LogTarget) -> None:
        self._target = target
        states = (state.pair for state in box.sad.states())
        self._standing = {pair.inbound_spi for pair in states if _fits(pair.proxies, target)}

    @property
    def open(self) -> bool:
        """Whether a datagram finds its tunnel."""
        return bool(self._standing)

    def installed(self, pair: SaPair) -> bool:
        """A pair of SAs stands; whether the gate opens by it."""
        if not _fits(pair.proxies, self._target):
            return False
        opens = not self._standing
        self._standing.add(pair.inbound_spi)
        return opens

    def removed(self, inbound_spi: int) -> None:
        """A pair of SAs is gone."""
        self._standing.discard(inbound_spi)


def gate_of(box: Box, target: LogTarget, share: Share = WHOLE) -> TunnelGate | None:
    """The gate of a UDP target that a crypto access list sends into a tunnel; None for all others.

    Of a tunnel that another worker has: what makes messages while it is down happens there.
    """
    if target.protocol == "udp":
        for entry in box.settings.entries:
            line = next((line for line in entry.acl or () if _fits(line.proxies, target)), None)
            if line is not None and line.permit:
                return TunnelGate(box, target) if share.has(entry) else None
    return None


def _fits(proxies: ProxyPair, target: LogTarget) -> bool:
    """Where the address to send from is the host's to choose, the far side decides."""
    if target.address is None or not proxies.remote.holds(target.address, IpProtocol.UDP, target.port):
        return False
    return target.source is None or proxies.local.holds(target.source, IpProtocol.UDP, proxies.local.port)
