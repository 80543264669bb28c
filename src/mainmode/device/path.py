"""The way of a packet through the box: translation, route, access, crypto map, and out, in clear or as ESP.

The order is the device's (packet-tracer): the destination is translated back and routed, access lists see real
addresses, the crypto map sees the source as it is after translation. Not done here: fragments are neither made nor put
together, and no table of connections is kept.
"""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address

from mainmode.base.address import Path
from mainmode.base.codes import IpProtocol
from mainmode.base.entropy import Entropy
from mainmode.base.errors import Drop, WireError
from mainmode.base.instant import Instant
from mainmode.device.acl import AccessPolicy, Flow
from mainmode.device.config.model import Configuration
from mainmode.device.crypto_maps import CryptoMaps, Protected, carries
from mainmode.device.decision import BoxEffect, Decision, PacketOut, Stage, Verdict
from mainmode.device.nat import Rule, Translation, Translator, rewritten
from mainmode.device.routing import Hop, Route, RoutingTable, routes_of, unbound
from mainmode.ike.acquire import Acquire
from mainmode.ike.effects import Dropped
from mainmode.ike.engine import Engine
from mainmode.ike.settings import IkeSettings
from mainmode.ipsec.dataplane import SaPair
from mainmode.ipsec.esp import EspRefused
from mainmode.ipsec.overhead import overhead
from mainmode.ipsec.sad import Sad, SaState
from mainmode.wire.esp import read_esp
from mainmode.wire.ip import Ipv4, Udp, ports_of, read_ipv4

_LARGEST = 0xFFFF


def flow_of(packet: Ipv4) -> Flow:
    """The five-tuple of a packet, with ICMP type and code; a later fragment has none of what follows the addresses."""
    kind = code = 0
    if packet.protocol == IpProtocol.ICMP and not packet.fragment_offset and len(packet.payload) > 1:
        kind, code = packet.payload[:2]
    return Flow(packet.source, packet.destination, packet.protocol, *ports_of(packet), kind, code)


class PacketPath:
    """The data plane of one box. Its methods yield what happens, in order, and change only the SAD and the engine."""

    def __init__(
        self, configuration: Configuration, settings: IkeSettings, engine: Engine, sad: Sad, entropy: Entropy
    ) -> None:
        self._configuration = configuration
        self._engine = engine
        self._sad = sad
        self._entropy = entropy
        self._own = frozenset(settings.addresses.values())
        self._routes = RoutingTable(routes_of(configuration))
        self._translator = Translator(configuration)
        self._access = AccessPolicy(configuration)
        self._maps = CryptoMaps(configuration, settings)
        self._identification = int.from_bytes(entropy.take(2))

    # --- through the box -----------------------------------------------------------------------------------------

    def arrive(self, packet: Ipv4, ingress: str, now: Instant) -> Iterator[BoxEffect]:
        """A packet in clear that is not for the box itself."""
        flow = flow_of(packet)
        wanted = self._maps.protecting(ingress, flow.reversed())
        if wanted is not None:
            text = f"{flow} came in by {ingress} in clear"
            yield Dropped(Drop.IN_CLEAR, None, text, wanted.sources)
            return
        yield from self.forward(packet, ingress, now, tunnelled=False)

    def forward(self, packet: Ipv4, ingress: str, now: Instant, *, tunnelled: bool) -> Iterator[BoxEffect]:
        """A packet on its way to another interface; `tunnelled` when it was decrypted just now."""
        if packet.ttl <= 1:
            yield Dropped(Drop.TTL_EXPIRED, None, str(flow_of(packet)))
            return
        found = self._translator.translate(ingress, packet.source, packet.destination, self._egress)
        hop = self._routes.hop(found.destination)
        if hop is None:
            yield self._no_route(found.destination)
            return
        yield Decision(Stage.ROUTE, Verdict.ALLOW, str(hop.route), hop.route.sources)
        if found.destination in self._own:
            yield Dropped(Drop.NOT_FOR_US, None, f"{found.destination} is the box's own address on {hop.interface}")
            return
        if tunnelled and hop.interface == ingress:
            text = f"to {found.destination} but back out by {ingress}, where the tunnel came in: {hop.route}"
            yield Dropped(Drop.NO_ROUTE, None, text, hop.route.sources)
            return
        real = replace(flow_of(packet), destination=found.destination)
        access = self._access.judge(real, ingress, hop.interface, tunnelled=tunnelled)
        if access.verdict is Verdict.DROP:
            yield Dropped(Drop.DENIED, None, access.text, access.sources)
            return
        yield access
        if found.rule is not None:
            yield _translated(packet, found)
        after = replace(rewritten(packet, found.source, found.destination), ttl=packet.ttl - 1)
        for effect in self._leave(after, hop, ingress, now, tunnelled=tunnelled):
            if found.rule is not None and isinstance(effect, Decision) and effect.verdict is Verdict.IN_CLEAR:
                effect = self._translated_away(effect, hop.interface, flow_of(packet), flow_of(after), found.rule)
            yield effect

    @property
    def routes(self) -> tuple[Route, ...]:
        """The routing table as it stands."""
        return self._routes.routes

    def hop(self, destination: IPv4Address) -> Hop | None:
        """Where the box sends what it says itself."""
        return self._routes.hop(destination)

    def _egress(self, destination: IPv4Address) -> str | None:
        hop = self._routes.hop(destination)
        return hop.interface if hop is not None else None

    def _no_route(self, destination: IPv4Address) -> Dropped:
        missing = unbound(self._configuration, destination)
        text = f"to {destination}"
        if missing:
            text += ", since the crypto map that would put one in is bound to no interface"
        return Dropped(Drop.NO_ROUTE, None, text, missing)

    def _leave(self, packet: Ipv4, hop: Hop, ingress: str, now: Instant, *, tunnelled: bool) -> Iterator[BoxEffect]:
        """The crypto map of the egress interface decides: into a tunnel, or out in clear."""
        flow = flow_of(packet)
        state = self._maps.tunnel(hop.interface, flow, self._sad)
        if state is not None and state.expired(now):
            yield from self._engine.outlived(state.pair.inbound_spi, now)
            state = self._maps.tunnel(hop.interface, flow, self._sad)
        protected = self._maps.protecting(hop.interface, flow)
        if state is None and protected is None:
            yield from self._maps.incomplete(hop.interface)
            if not tunnelled:
                yield self._maps.in_clear(hop.interface, flow)
            yield PacketOut(hop.interface, packet.encode(), hop.address)
            return
        if protected is not None:
            name = f"{protected.entry.map_name} {protected.entry.sequence}"
            text = f"{flow} matches crypto map {name}: {protected.ace.text}"
            yield Decision(Stage.CRYPTO_MAP, Verdict.PROTECT, text, protected.sources)
        if state is not None:
            yield from self._seal(state, packet, now)
        elif protected is not None:
            yield from self._ask(protected, flow, ingress, now)

    def _translated_away(self, clear: Decision, interface: str, before: Flow, after: Flow, rule: Rule) -> Decision:
        """The decision to send in clear, blamed on the translation where the packet was protected without it."""
        missed = self._maps.protecting(interface, before) if before != after else None
        if missed is None:
            return clear
        name = f"{missed.entry.map_name} {missed.entry.sequence}"
        text = f"{before} would match crypto map {name}, but becomes {after} before: it leaves in clear"
        return replace(clear, text=text, sources=(rule.source, missed.ace.source))

    # --- into a tunnel -------------------------------------------------------------------------------------------

    def _ask(self, protected: Protected, flow: Flow, ingress: str, now: Instant) -> Iterator[BoxEffect]:
        """No SA yet: IKE is asked for one, and the packet that asked is lost, as on the device."""
        yield from self._engine.acquire(
            Acquire(
                protected.entry,
                protected.ace,
                ingress,
                flow.source,
                flow.destination,
                flow.protocol,
                flow.source_port,
                flow.destination_port,
            ),
            now,
        )
        yield Dropped(Drop.NO_TUNNEL, None, f"{flow} asked for it", protected.sources)

    def _seal(self, state: SaState, packet: Ipv4, now: Instant) -> Iterator[BoxEffect]:
        pair = state.pair
        peer = pair.path.remote.address
        hop = self._routes.hop(peer)
        if hop is None:
            yield self._no_route(peer)
            return
        if packet.length + overhead(pair.suite, pair.udp_encapsulated) > _LARGEST:
            yield Dropped(Drop.TOO_LARGE, None, f"{packet.length} octets and ESP around them", pair.sources)
            return
        try:
            esp = state.seal(packet.encode(), self._entropy, now)
        except EspRefused as refused:
            yield Dropped(refused.drop, None, refused.detail, pair.sources)
            return
        text = f"to {peer}, SPI 0x{pair.outbound_spi:08X}, sequence number {state.outbound.sequence}"
        yield Decision(Stage.ENCRYPT, Verdict.ALLOW, text, pair.sources)
        yield PacketOut(hop.interface, self._outer(pair, packet, esp).encode(), hop.address)
        if state.renewal_due():
            yield from self._engine.renew(pair.inbound_spi, now)

    def _outer(self, pair: SaPair, inner: Ipv4, esp: bytes) -> Ipv4:
        """The packet around ESP: DSCP and DF copied from the inner one, in UDP where NAT is in between (RFC 3948)."""
        local, remote = pair.path.local, pair.path.remote
        protocol, payload = IpProtocol.ESP, esp
        if pair.udp_encapsulated:
            protocol = IpProtocol.UDP
            payload = Udp(local.port, remote.port, esp).encode(local.address, remote.address, with_checksum=False)
        self._identification = (self._identification + 1) & 0xFFFF
        return Ipv4(
            local.address,
            remote.address,
            protocol,
            payload,
            identification=self._identification,
            tos=inner.tos,
            dont_fragment=inner.dont_fragment,
        )

    # --- out of a tunnel -----------------------------------------------------------------------------------------

    def receive_esp(self, esp: bytes, path: Path, now: Instant) -> Iterator[BoxEffect]:
        """ESP for the box itself, SPI first: opened, checked against its SA's proxies, and sent on."""
        try:
            header = read_esp(esp)
            state = self._sad.inbound(header.spi)
            if state is not None and state.expired(now):
                yield from self._engine.outlived(header.spi, now)
                state = None
            if state is None:
                yield Dropped(Drop.UNKNOWN_SPI, path, f"SPI 0x{header.spi:08X}")
                yield from self._engine.unknown_spi(header.spi, path, now)
                return
            inner = read_ipv4(state.open(esp, now))
        except (WireError, EspRefused) as refused:
            yield Dropped(refused.drop, path, refused.detail)
            return
        pair, flow = state.pair, flow_of(inner)
        if not carries(pair, flow.reversed()):
            state.count_selector_mismatch()
            text = f"{flow} came under {pair.proxies.mirrored()}"
            yield Dropped(Drop.SELECTOR_MISMATCH, path, text, pair.sources)
            return
        text = f"from {pair.peer}, SPI 0x{header.spi:08X}, sequence number {header.sequence}"
        yield Decision(Stage.DECRYPT, Verdict.ALLOW, text, pair.sources)
        if pair.udp_encapsulated and path.remote != pair.path.remote:
            yield from self._engine.moved(header.spi, path.remote, now)
        if state.renewal_due():
            yield from self._engine.renew(header.spi, now)
        yield from self.forward(inner, pair.interface, now, tunnelled=True)


def _translated(packet: Ipv4, found: Translation) -> Decision:
    sources = (found.rule.source,) if found.rule is not None else ()
    if (found.source, found.destination) == (packet.source, packet.destination):
        return Decision(Stage.NAT, Verdict.ALLOW, "identity: the addresses stay as they are", sources)
    text = f"{packet.source} to {packet.destination} becomes {found.source} to {found.destination}"
    return Decision(Stage.NAT, Verdict.ALLOW, text, sources)
