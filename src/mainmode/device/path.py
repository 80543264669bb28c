"""The way of a packet through the box: translation, route, access, crypto map, and out, in clear or as ESP.

The order is the device's (packet-tracer): the destination is translated back and routed, access lists see real
addresses, the crypto map sees the packet as it is after translation. The first packet of a connection meets every
rule; what was found is remembered with the connection, and its other packets and its replies follow it.
"""

from collections.abc import Callable
from functools import partial

from mainmode.base.address import Path
from mainmode.base.codes import IpProtocol
from mainmode.base.errors import Drop
from mainmode.base.instant import Instant
from mainmode.base.later import Later
from mainmode.device.config.model import AddressRange
from mainmode.device.connections import Connection
from mainmode.device.crypto_maps import Protected
from mainmode.device.decision import BoxEffect, Decision, Held, PacketOut, Stage, Verdict
from mainmode.device.flow import Flow, flow_of, key_of
from mainmode.device.mss import clamped
from mainmode.device.plane import Plane
from mainmode.device.routing import Hop
from mainmode.device.vpn_path import VpnPath, within_proxies
from mainmode.device.ways import Found, Way, Ways, routed
from mainmode.ike.acquire import Acquire
from mainmode.ike.effects import Dropped
from mainmode.ipsec.sad import SaState
from mainmode.wire.fragments import cut
from mainmode.wire.icmp import too_large
from mainmode.wire.ip import Ipv4

_FLAGS_AT = 13
_FIN, _SYN, _RST = 0x01, 0x02, 0x04
_SMALLEST_MTU = 68

Delivery = Callable[[Ipv4, str, Instant], list[BoxEffect]]
"""What the box does with a packet that came out of a tunnel for the box itself."""


class PacketPath:
    """The data plane of one box. Its methods give what happens, in order."""

    def __init__(self, plane: Plane, deliver: Delivery) -> None:
        self._plane = plane
        self._deliver = deliver
        self._ways = Ways(plane)
        self.vpn = VpnPath(plane)

    # --- through the box -----------------------------------------------------------------------------------------

    def arrive(self, packet: Ipv4, ingress: str, now: Instant) -> list[BoxEffect]:
        """A whole packet in clear that is not for the box itself."""
        return self._forward(packet, ingress, now, None, None)

    def receive_esp(self, esp: bytes, path: Path, now: Instant) -> list[BoxEffect]:
        """ESP for the box itself, SPI first: opened, checked against its SA's proxies, and sent on."""
        opened = self.vpn.open(esp, path, now)
        if opened.packet is None or opened.state is None:
            return opened.effects
        state = opened.state
        return [*opened.effects, *self._forward(opened.packet, state.pair.interface, now, state, (esp, path))]

    def claims(self, packet: Ipv4, ingress: str, now: Instant) -> bool:
        """Whether a packet for the box's own address belongs to somebody behind it, by translation."""
        if self._plane.connections.find(ingress, key_of(packet), now) is not None:
            return True
        tables = self._plane.tables
        found = tables.translator.untranslate(ingress, flow_of(packet), tables.egress)
        return found.rule is not None and found.destination not in tables.own

    def originate(self, packet: Ipv4, now: Instant) -> list[BoxEffect]:
        """A packet that the box itself sends: routed, and through the crypto map like any other."""
        hop = self._plane.tables.routes.hop(packet.destination)
        if hop is None:
            return [self._ways.no_route(packet.destination)]
        flow = flow_of(packet)
        record = routed(hop)
        way = Way(self._plane.generation, False, (record,), hop, flow, flow, own=True)
        return [record, *self._leave(packet, way, packet, hop.interface, now)]

    def _forward(
        self, packet: Ipv4, ingress: str, now: Instant, carrier: SaState | None, sealed: tuple[bytes, Path] | None
    ) -> list[BoxEffect]:
        """A packet on its way to another interface; `carrier` is the pair that it came out of a tunnel by."""
        plane = self._plane
        if packet.ttl <= 1 and not plane.hosted:
            return [Dropped(Drop.TTL_EXPIRED, None, str(flow_of(packet)))]
        found = self._find(packet, ingress, now, carrier, sealed)
        way, connection, effects = found.way, found.connection, found.effects
        if way is None:
            return [*effects, *self._deliver(packet, ingress, now)] if found.to_the_box else effects
        if way.refused is not None:
            return [*effects, way.refused]
        after = way.applied(packet, packet.ttl - (not plane.hosted))
        if packet.protocol == IpProtocol.TCP:
            after = self._segment(after, effects)
        left = self._leave(after, way, packet, ingress, now)
        effects += left
        if connection is not None:
            if found.new and isinstance(left[-1], Dropped | Held):
                plane.connections.remove(connection)
                return effects
            plane.connections.touch(connection, packet.length, now)
            _note(connection, way, reply=found.reply)
            if packet.protocol == IpProtocol.TCP:
                self._close(connection, packet, reply=found.reply)
        return effects

    def _find(
        self, packet: Ipv4, ingress: str, now: Instant, carrier: SaState | None, sealed: tuple[bytes, Path] | None
    ) -> Found:
        """The way of a packet: the one that its connection remembers, if that still counts, else a new one."""
        plane = self._plane
        key = key_of(packet)
        known = plane.connections.find(ingress, key, now)
        if known is not None:
            connection, reply = known
            way = connection.back if reply else connection.there
            if isinstance(way, Way) and way.generation == plane.generation and way.carrier is carrier:
                return Found(list(way.records), way, connection, reply=reply)
        if carrier is not None and sealed is not None:
            flow = flow_of(packet)
            if not within_proxies(carrier, flow):
                return Found(self.vpn.outside_policy(carrier, flow, *sealed, now))
        if known is None:
            return self._ways.first(packet, key, ingress, now, carrier)
        found = self._ways.again(packet, connection, now, carrier, reply=reply)
        if found.way is not None:
            _remember(connection, found.way, reply=reply)
        return found

    def _segment(self, packet: Ipv4, effects: list[BoxEffect]) -> Ipv4:
        """A TCP segment, its largest size lowered where it tells one."""
        tcpmss = self._plane.tables.configuration.settings.tcpmss
        after = clamped(packet, tcpmss.value)
        if after is not packet:
            text = f"the largest segment becomes {tcpmss.value}"
            effects.append(Decision(Stage.TCP_MSS, Verdict.ALLOW, text, (tcpmss.source,)))
        return after

    def _close(self, connection: Connection, packet: Ipv4, *, reply: bool) -> None:
        flags = packet.payload[_FLAGS_AT] if len(packet.payload) > _FLAGS_AT else 0
        if flags & (_FIN | _RST):
            self._plane.connections.close(connection, reset=bool(flags & _RST), reply=reply)

    # --- out of the box ------------------------------------------------------------------------------------------

    def _leave(self, packet: Ipv4, way: Way, original: Ipv4, ingress: str, now: Instant) -> list[BoxEffect]:
        """The crypto map of the egress interface decides: into a tunnel, or out in clear.

        `original` is the packet as it came, which its sender would know again.
        """
        plane = self._plane
        effects: list[BoxEffect] = []
        if way.pairs != plane.pairs:
            self._choose(way, now)
        if way.state is not None and way.state.expired(now):
            effects += plane.carry(plane.engine.outlived(way.state.pair.inbound_spi, now), now)
            self._choose(way, now)
        effects += way.records_out
        if way.refused_out is not None:
            effects.append(way.refused_out)
        elif way.state is not None:
            effects += self._seal(way.state, packet, way, original, ingress, now)
        elif way.protected is not None:
            effects += self._ask(way, way.protected, original, ingress, now)
        else:
            effects += self._send(packet, way.hop, original, ingress, now, tunnelled=way.tunnelled)
        return effects

    def _seal(
        self, state: SaState, packet: Ipv4, way: Way, original: Ipv4, ingress: str, now: Instant
    ) -> list[BoxEffect]:
        """Into the tunnel of this pair, once it has settled where the packet can wait in a host's shell.

        From one tunnel into another no host lowers the TTL, so a hosted box does.
        """
        if now < state.settled_at and not (way.tunnelled or self._plane.offloaded):
            sources = (*state.pair.sources, *(way.protected.sources if way.protected is not None else ()))
            text = f"{way.after} waits until {state.pair.peer} has its SAs"
            return [Held(None if way.own else ingress, original.encode(), text, sources, state.settled_at)]
        if self._plane.hosted and way.tunnelled:
            if packet.ttl <= 1:
                return [Dropped(Drop.TTL_EXPIRED, None, str(way.after))]
            packet = packet._replace(ttl=packet.ttl - 1)
        sealed = self.vpn.seal(state, packet, now)
        if sealed.fits is None:
            return sealed.effects
        return [*sealed.effects, *self._tell(original, sealed.fits, ingress, now, tunnelled=way.tunnelled)]

    def _choose(self, way: Way, now: Instant) -> None:
        """Which SAs carry the packets of a way, as things stand now."""
        plane, maps = self._plane, self._plane.tables.maps
        interface = way.hop.interface
        way.protected = protected = maps.protecting(interface, way.after)
        if protected is not None and way.pairs < 0:
            plane.tables.access.hits.hit(protected.ace.source, *_element(protected), 0, now)
        way.pairs = plane.pairs
        way.state = maps.tunnel(protected, interface, way.after, plane.sad)
        records: list[Decision] = []
        if protected is not None:
            text = Later(partial(_matches, protected, way.after))
            records.append(Decision(Stage.CRYPTO_MAP, Verdict.PROTECT, text, protected.sources, protected))
        way.refused_out = None
        if way.state is not None:
            named = plane.tables.vpn_filter(way.state.pair)
            if named is not None:
                verdict = plane.tables.access.filtered(*named, way.after.reversed(), now)
                if verdict.verdict is Verdict.DROP:
                    way.refused_out = Dropped(Drop.DENIED, None, verdict.text, verdict.sources)
                else:
                    records.append(verdict)
        elif protected is None:
            records += maps.incomplete(interface)
            if not (way.tunnelled or way.own):
                records.append(self._in_clear(way, interface))
        way.records_out = tuple(records)

    def _in_clear(self, way: Way, interface: str) -> Decision:
        """The decision to send in clear, blamed on the translation where the packet was protected without it."""
        maps = self._plane.tables.maps
        clear = maps.in_clear(interface, way.after)
        missed = maps.protecting(interface, way.before) if way.after is not way.before else None
        if missed is None or way.rule is None:
            return clear
        name = f"{missed.entry.map_name} {missed.entry.sequence}"
        text = f"{way.before} would match crypto map {name}, but becomes {way.after} before: it leaves in clear"
        return clear._replace(sentence=text, sources=(way.rule.source, missed.ace.source))

    def want(self, flow: Flow, ingress: str, now: Instant) -> list[BoxEffect]:
        """A flow, as it leaves the box, wants its tunnel; its packet waits elsewhere."""
        plane, maps = self._plane, self._plane.tables.maps
        hop = plane.tables.routes.hop(flow.destination)
        if hop is None:
            return [self._ways.no_route(flow.destination)]
        protected = maps.protecting(hop.interface, flow)
        if protected is None:
            return [maps.in_clear(hop.interface, flow)]
        state = maps.tunnel(protected, hop.interface, flow, plane.sad)
        if state is not None and not state.expired(now):
            text = f"{flow} has its tunnel already: SPI 0x{state.pair.outbound_spi:08X}"
            return [Decision(Stage.CRYPTO_MAP, Verdict.SKIPPED, text, protected.sources)]
        return self._acquire(protected, flow, ingress, now)

    def _ask(self, way: Way, protected: Protected, packet: Ipv4, ingress: str, now: Instant) -> list[BoxEffect]:
        """No SA yet: IKE is asked for one. The packet that asked is lost, as on the device, or held by a host's shell.

        A host's shell holds the packet as it came; what came out of another tunnel could not come that way again.
        """
        plane, flow = self._plane, way.after
        if plane.elsewhere(protected.entry):
            plane.statistics.outbound.dropped += 1
            text = f"{flow}: another worker has the peers of {protected.entry.map_name} {protected.entry.sequence}"
            return [Dropped(Drop.NO_TUNNEL, None, text, protected.sources)]
        asked = self._acquire(protected, flow, ingress, now)
        if plane.hosted and not way.tunnelled:
            return [
                *asked,
                Held(None if way.own else ingress, packet.encode(), f"{flow} asked for it", protected.sources),
            ]
        plane.statistics.outbound.dropped += 1
        plane.statistics.missing_sa_failures += 1
        text = f"{flow} asked for it and is lost: no packet waits for a tunnel"
        return [*asked, Dropped(Drop.NO_TUNNEL, None, text, protected.sources)]

    def _acquire(self, protected: Protected, flow: Flow, ingress: str, now: Instant) -> list[BoxEffect]:
        plane = self._plane
        asked = plane.engine.acquire(
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
        return plane.carry(asked, now)

    def _send(
        self, packet: Ipv4, hop: Hop, original: Ipv4, ingress: str, now: Instant, *, tunnelled: bool
    ) -> list[BoxEffect]:
        """Out in clear, in fragments where the link wants them."""
        mtu = self._plane.tables.mtu(hop.interface)
        if packet.length <= mtu:
            return [PacketOut(hop.interface, packet.encode(), hop.address)]
        source = self._plane.tables.configuration.mtus[hop.interface].source
        if packet.dont_fragment:
            text = f"{packet.length} octets, {mtu} fit {hop.interface}: the DF bit is set"
            dropped = Dropped(Drop.NEEDS_FRAGMENTATION, None, text, (source,))
            return [dropped, *self._tell(original, mtu, ingress, now, tunnelled=tunnelled)]
        pieces = list(cut(packet, mtu))
        text = f"{packet.length} octets become {len(pieces)} fragments of at most {mtu}"
        decision = Decision(Stage.FRAGMENTATION, Verdict.ALLOW, text, (source,))
        return [decision, *(PacketOut(hop.interface, piece.encode(), hop.address) for piece in pieces)]

    def _tell(self, packet: Ipv4, mtu: int, ingress: str, now: Instant, *, tunnelled: bool) -> list[BoxEffect]:
        """ICMP to the sender of a packet that was too large: the size that fits.

        Not through a tunnel, whose proxies do not hold the box's own address; and never about an ICMP error or to
        what is no host (RFC 1122 §3.2.2).
        """
        reporter = self._plane.tables.settings.addresses.get(ingress)
        quiet = packet.protocol == IpProtocol.ICMP and packet.payload[:1] not in (b"\x00", b"\x08")
        source = packet.source
        if tunnelled or quiet or reporter is None or source.is_multicast or source.is_unspecified:
            return []
        text = f"{source} is told that {max(mtu, _SMALLEST_MTU)} octets fit"
        answer = too_large(packet, max(mtu, _SMALLEST_MTU), reporter)
        return [Decision(Stage.PATH_MTU, Verdict.ALLOW, text), *self.originate(answer, now)]


def _element(protected: Protected) -> tuple[AddressRange, AddressRange]:
    """The addresses of a crypto ACL's element, as its hits are counted by."""
    local, remote = protected.ace.proxies.local, protected.ace.proxies.remote
    return AddressRange(local.first, local.last), AddressRange(remote.first, remote.last)


def _remember(connection: Connection, way: Way, *, reply: bool) -> None:
    if reply:
        connection.back = way
    else:
        connection.there = way


def _note(connection: Connection, way: Way, *, reply: bool) -> None:
    """Which tunnel the connection depends on."""
    state = way.state or way.carrier
    if state is not None:
        one, other = connection.tunnels
        spi = state.pair.inbound_spi
        connection.tunnels = (one, spi) if reply else (spi, other)


def _matches(protected: Protected, flow: Flow) -> str:
    name = f"{protected.entry.map_name} {protected.entry.sequence}"
    return f"{flow} matches crypto map {name}: {protected.ace.text}"
