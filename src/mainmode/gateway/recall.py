"""A peer that seals for what this gateway was before a restart hears of it by a negotiation that this side begins.

Nothing else would tell it: there is no IKE SA to say INVALID-SPI under, and until this side has traffic of its own the
peer waits for its dead peer detection, 18 seconds with the device's own times and minutes with others'. (Routers have
`crypto isakmp invalid-spi-recovery` for it.) Phase 1 carries INITIAL-CONTACT, which takes the peer's old SAs down.
"""

from ipaddress import IPv4Address

from mainmode.base.errors import Drop
from mainmode.base.instant import Instant, Span, later, seconds
from mainmode.device.box import Box
from mainmode.device.decision import BoxEffect
from mainmode.device.flow import Flow
from mainmode.device.watching import Watcher
from mainmode.gateway.gateway import Gateway
from mainmode.ike.effects import Dropped

AGAIN: Span = seconds(60)
"""Anybody can send ESP in a peer's name: so seldom one peer is asked for it."""


class Recall(Watcher):
    """Only peers that the configuration names are asked, and those with which nothing stands."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._asked: dict[IPv4Address, Instant] = {}
        self._flows: dict[IPv4Address, Flow] = {}
        self._settings: object = None

    def happened(self, effect: BoxEffect, now: Instant) -> None:
        """ESP came that nobody here can open."""
        if type(effect) is Dropped and effect.reason is Drop.UNKNOWN_SPI and effect.path is not None:
            self.begin(effect.path.remote.address)

    def begin(self, peer: IPv4Address) -> None:
        """Negotiate with this peer, where it is one of the configuration and nothing stands with it."""
        gateway = self._gateway
        if gateway.box.settings is not self._settings:
            self._follow(gateway.box)
        flow = self._flows.get(peer)
        asked, now = self._asked.get(peer), gateway.now()
        if flow is None or (asked is not None and now < later(asked, AGAIN)):
            return
        self._asked[peer] = now
        if not any(session.peer == peer for session in gateway.box.sessions):
            gateway.act(lambda box, then: _wanted(box, flow, then))

    def _follow(self, box: Box) -> None:
        """The first flow of each peer that may be asked for a tunnel."""
        self._settings, self._flows = box.settings, {}
        for entry in box.settings.entries:
            proxies = next((ace.proxies for ace in entry.acl or () if ace.permit), None)
            if proxies is not None and entry.complete and entry.connection_type.value != "answer-only":
                local, remote = proxies.local, proxies.remote
                port, other = local.port, remote.port
                flow = Flow(local.first, remote.first, local.protocol or remote.protocol, port, other)
                for peer in entry.peers:
                    self._flows.setdefault(peer, flow)
        self._asked = {peer: at for peer, at in self._asked.items() if peer in self._flows}


def _wanted(box: Box, flow: Flow, now: Instant) -> list[BoxEffect]:
    ingress = box.towards(flow.source)
    return box.want(flow, ingress, now) if ingress is not None else []
