"""The way of one direction of a connection: found once, by every rule there is, and then followed by its packets."""

from ipaddress import IPv4Address

from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import Drop
from mainmode.base.instant import Instant
from mainmode.base.provenance import Absent
from mainmode.device.connections import Connection, kind_of
from mainmode.device.crypto_maps import Protected
from mainmode.device.decision import BoxEffect, Decision, Stage, Turned, Verdict
from mainmode.device.flow import ECHO_REQUEST, ConnectionKey, Flow, flow_of, identifier_of, reversed_key
from mainmode.device.nat import Translated, Untranslated, rewritten
from mainmode.device.nat_rules import Rule
from mainmode.device.plane import Plane
from mainmode.device.routing import Hop, unbound
from mainmode.ike.effects import Dropped
from mainmode.ipsec.sad import SaState
from mainmode.wire.ip import Ipv4

_SYN_ACK, _SYN = 0x12, 0x02
_TCP_FLAGS_AT = 13


@dataclass(slots=True, eq=False)
class Way:
    """How packets of one direction go. `records` are the decisions; with `refused` the packets end here.

    `before` and `after` are the flow as it comes and as it leaves. `own`: the box itself sends them. `tunnelled`: they
    come out of a tunnel, last of the pair `carrier`. What depends on the SAs that stand was found under the number
    `pairs`: the pair that the packets leave by, `records_out` with the verdicts of crypto map and vpn-filter, and
    `refused_out`.
    """

    generation: int
    tunnelled: bool
    records: tuple[Decision, ...]
    hop: Hop
    before: Flow
    after: Flow
    identifier: int | None = None
    rule: Rule | None = None
    refused: Dropped | None = None
    carrier: SaState | None = None
    own: bool = False
    pairs: int = -1
    protected: Protected | None = None
    state: SaState | None = None
    records_out: tuple[Decision, ...] = ()
    refused_out: Dropped | None = None

    def applied(self, packet: Ipv4, ttl: int) -> Ipv4:
        """The packet as it leaves: translated, and with this TTL."""
        after = self.after
        if self.identifier is not None or after is not self.before:
            ports = (after.source_port, after.destination_port)
            packet = rewritten(packet, after.source, after.destination, ports, self.identifier)
        return Ipv4(
            packet.source,
            packet.destination,
            packet.protocol,
            packet.payload,
            ttl,
            packet.identification,
            packet.tos,
            packet.dont_fragment,
            packet.more_fragments,
            packet.fragment_offset,
            packet.options,
        )


@dataclass(slots=True)
class Found:
    """What the search came to: a way, or effects that end in a drop. `connection` None: the packet stands alone.

    `effects` are the decisions so far. `reply`: the packet goes against its connection; `new`: the connection is.
    """

    effects: list[BoxEffect]
    way: Way | None = None
    connection: Connection | None = None
    to_the_box: bool = False
    reply: bool = False
    new: bool = False


class Ways:
    """Finds ways, and makes the connections that remember them."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane

    def first(self, packet: Ipv4, key: ConnectionKey, ingress: str, now: Instant, carrier: SaState | None) -> Found:
        """The way of a packet that belongs to no connection."""
        tables = self._plane.tables
        flow = flow_of(packet)
        refused = self.unexpected(packet, flow, ingress, now, carrier)
        if refused:
            return Found(refused)
        found = tables.translator.untranslate(ingress, flow, tables.egress)
        records: list[Decision] = []
        if found.rule is not None:
            records.append(_untranslated(flow, found))
        hop = tables.routes.hop(found.destination, found.egress, tunnelled=carrier is not None)
        if hop is None:
            return Found([*records, self.no_route(found.destination)])
        records.append(routed(hop))
        if found.destination in tables.own:
            local = carrier is not None and tables.own[found.destination] in (ingress, tables.management)
            refused = [] if local else [self._own_address(found.destination, hop, tunnelled=carrier is not None)]
            return Found([*records, *refused], to_the_box=local)
        real = flow.moved(flow.source, found.destination, flow.source_port, found.port)
        judged = self._judged(real, ingress, hop, now, carrier)
        records += judged[0]
        if judged[1] is not None:
            return Found([*records, judged[1]])
        other = tables.translator.asymmetric(ingress, hop.interface, flow, found)
        if other is not None:
            text = f"{real} is not translated, but its replies would be"
            return Found([*records, Dropped(Drop.NAT_REVERSE_PATH, None, text, (other.source,))])
        return self._translated(packet, key, ingress, now, carrier, _Half(flow, found, hop, records))

    def again(
        self, packet: Ipv4, connection: Connection, now: Instant, carrier: SaState | None, *, reply: bool
    ) -> Found:
        """The way of a connection that stands: of its replies, or after routes or rules have changed."""
        plane, tables = self._plane, self._plane.tables
        flow = flow_of(packet)
        ingress, leaving = connection.ingress, connection.egress
        first, mapped = connection.flow, connection.translated
        after = flow.moved(mapped.source, mapped.destination, mapped.source_port, mapped.destination_port)
        if reply:
            ingress, leaving = leaving, ingress
            after = flow.moved(first.destination, first.source, first.destination_port, first.source_port)
        after = flow if after == flow else after
        if carrier is None:
            refused = self._in_clear(flow, ingress, now)
            if refused:
                return Found(refused)
        hop = tables.routes.hop(after.destination, leaving) or tables.routes.hop(
            after.destination, tunnelled=carrier is not None
        )
        if hop is None:
            return Found([self.no_route(after.destination)])
        records = [_belongs(connection), routed(hop)]
        real = flow.moved(flow.source, after.destination, flow.source_port, after.destination_port)
        dropped: Dropped | None = None
        missing = tables.uninspected(ingress, leaving) if reply and flow.protocol == IpProtocol.ICMP else None
        if missing is not None:
            verdicts, dropped = self._judged(real, ingress, hop, now, carrier)
            records += verdicts
            if dropped is not None:
                dropped = Dropped(dropped.reason, None, dropped.detail, (*dropped.sources, missing))
        elif carrier is not None:
            verdict = self._filtered(carrier, real, now)
            records += [verdict] if verdict is not None else []
            dropped = _dropped(verdict) if verdict is not None else None
        way = Way(plane.generation, carrier is not None, tuple(records), hop, flow, after, refused=dropped)
        way.carrier = carrier
        if connection.identifier != connection.mapped_identifier:
            way.identifier = connection.identifier if reply else connection.mapped_identifier
        return Found(list(records), way, connection, reply=reply)

    def unexpected(
        self, packet: Ipv4, flow: Flow, ingress: str, now: Instant, carrier: SaState | None
    ) -> list[BoxEffect]:
        """Why a packet that belongs to no connection ends before any rule is asked, if so.

        The connections of a box's host are the host's own to know.
        """
        refused = self._in_clear(flow, ingress, now) if carrier is None else []
        hosts = self._plane.hosted and carrier is not None and packet.destination in self._plane.tables.own
        if not refused and not hosts and not _may_begin(packet):
            refused = [Dropped(Drop.NO_CONNECTION, None, str(flow))]
        return refused

    def no_route(self, destination: IPv4Address) -> Dropped:
        """No route leads there: perhaps since a crypto map that would put one in is bound nowhere."""
        missing = unbound(self._plane.tables.configuration, destination)
        text = f"to {destination}"
        if missing:
            text += ", since the crypto map that would put one in is bound to no interface"
        return Dropped(Drop.NO_ROUTE, None, text, missing)

    def _own_address(self, address: IPv4Address, hop: Hop, *, tunnelled: bool) -> Dropped:
        """An address of the box that is not reached this way: through a tunnel `management-access` would open it."""
        tables = self._plane.tables
        text = f"{address} is the box's own address on {hop.interface}"
        if not tunnelled:
            return Dropped(Drop.NOT_FOR_US, None, text)
        missing = Absent(tables.configuration.file, f"management-access {tables.own[address]}")
        return Dropped(Drop.NOT_FOR_US, None, f"{text}, which no tunnel may reach", (missing,))

    def _in_clear(self, flow: Flow, ingress: str, now: Instant) -> list[BoxEffect]:
        """Why a packet in clear ends here: its replies would go into a tunnel."""
        plane, maps = self._plane, self._plane.tables.maps
        back = flow.reversed()
        wanted = maps.protecting(ingress, back)
        state = maps.tunnel(None, ingress, back, plane.sad) if wanted is None else None
        sources = wanted.sources if wanted is not None else state.pair.sources if state is not None else None
        if sources is None:
            return []
        text = f"{flow} came in by {ingress} in clear"
        return [
            Dropped(Drop.IN_CLEAR, None, text, sources),
            *self._plane.complaints.in_clear(flow, now),
        ]

    def _judged(
        self, real: Flow, ingress: str, hop: Hop, now: Instant, carrier: SaState | None
    ) -> tuple[list[Decision], Dropped | None]:
        """The verdicts of vpn-filter and access lists, and the drop where one of them refuses."""
        tables = self._plane.tables
        records: list[Decision] = []
        if carrier is not None:
            if hop.interface == ingress and not self._hairpin(real, ingress):
                text = f"to {real.destination} but back out by {ingress}, where the tunnel came in: {hop.route}"
                return records, Dropped(Drop.NO_ROUTE, None, text, hop.route.sources)
            verdict = self._filtered(carrier, real, now)
            if verdict is not None and verdict.verdict is Verdict.DROP:
                return records, _dropped(verdict)
            records += [verdict] if verdict is not None else []
        access = tables.access.judge(real, ingress, hop.interface, now, tunnelled=carrier is not None)
        if access.verdict is Verdict.DROP:
            return records, _dropped(access)
        return [*records, access], None

    def _hairpin(self, real: Flow, interface: str) -> bool:
        """Whether what comes out of a tunnel may be meant to leave by the same interface."""
        tables = self._plane.tables
        permitted = tables.configuration.settings.same_security_intra.value
        return permitted or tables.maps.protecting(interface, real) is not None

    def _filtered(self, carrier: SaState, flow: Flow, now: Instant) -> Decision | None:
        """The verdict of the vpn-filter on a packet that came out of a tunnel; None without a filter."""
        tables = self._plane.tables
        named = tables.vpn_filter(carrier.pair)
        return tables.access.filtered(*named, flow, now) if named is not None else None

    def _translated(
        self,
        packet: Ipv4,
        key: ConnectionKey,
        ingress: str,
        now: Instant,
        carrier: SaState | None,
        half: "_Half",
    ) -> Found:
        """The second half of a new way: the source is translated, and the connection made."""
        plane, tables = self._plane, self._plane.tables
        flow, found, hop, records = half.flow, half.found, half.hop, half.records
        source = tables.translator.translate(ingress, hop.interface, flow, found)
        control = tables.controlled(ingress, hop.interface) if source.rule is None and found.rule is None else None
        if control is not None:
            text = f"nat-control asks for a rule, and none is about {flow}"
            return Found([*records, Dropped(Drop.NO_TRANSLATION, None, text, (control,))])
        identifier = identifier_of(packet)
        mapped, mapped_identifier, release = source, identifier, None
        if source.dynamic and source.rule is not None:
            own = tables.translator.own(hop.interface)
            wanted = flow.source_port if identifier is None else identifier
            taken = plane.translations.take(source.rule, own, flow.protocol, flow.source, wanted)
            if taken is None:
                text = f"for {flow.source} on {hop.interface}"
                return Found([*records, Dropped(Drop.NO_TRANSLATION, None, text, (source.rule.source,))])
            one, release = taken
            if one.mapped_port is None:
                mapped = Translated(one.mapped, flow.source_port, source.rule)
            elif identifier is None:
                mapped = Translated(one.mapped, one.mapped_port, source.rule)
            else:
                mapped, mapped_identifier = Translated(one.mapped, 0, source.rule), one.mapped_port
        tables.translator.count(found, source)
        after = flow.moved(mapped.source, found.destination, mapped.port, found.port)
        after = flow if after == flow else after
        rule = mapped.rule or found.rule
        if rule is not None:
            records += _nat(flow, after, rule, identifier, mapped_identifier)
        way = Way(plane.generation, carrier is not None, tuple(records), hop, flow, after, rule=rule, carrier=carrier)
        way.identifier = mapped_identifier if mapped_identifier != identifier else None
        if flow.protocol == IpProtocol.ICMP and flow.icmp_type != ECHO_REQUEST:
            if release is not None:
                release()
            return Found([*records], way)
        ends = (after.source_port, after.destination_port)
        if flow.protocol == IpProtocol.ICMP:
            ends = (mapped_identifier or 0, key[4])
        reply = reversed_key((flow.protocol, int(after.source), int(after.destination), *ends))
        connection = Connection(
            key, reply, flow, after, ingress, hop.interface, kind_of(flow.protocol), now, now, release,
            identifier=identifier, mapped_identifier=mapped_identifier,
        )  # fmt: skip
        plane.connections.add(connection, now)
        way.records = (_belongs(connection), *records)
        connection.there = way
        return Found([*records, _created(connection)], way, connection, new=True)


@dataclass(slots=True)
class _Half:
    flow: Flow
    found: Untranslated
    hop: Hop
    records: list[Decision]


def _may_begin(packet: Ipv4) -> bool:
    """Whether a packet may be the first of a connection: anything but a TCP segment without SYN, or with ACK."""
    if packet.protocol != IpProtocol.TCP or len(packet.payload) <= _TCP_FLAGS_AT:
        return True
    return packet.payload[_TCP_FLAGS_AT] & _SYN_ACK == _SYN


def _dropped(decision: Decision) -> Dropped | None:
    """A refusal as the end of the packet; None for another verdict."""
    if decision.verdict is not Verdict.DROP:
        return None
    return Dropped(Drop.DENIED, None, decision.text, decision.sources)


def _untranslated(flow: Flow, found: Untranslated) -> Decision:
    rule = found.rule
    sources = (rule.source,) if rule is not None else ()
    if (found.destination, found.port) == (flow.destination, flow.destination_port):
        text = f"identity: {flow.destination} stays as it is"
    else:
        text = f"{flow.destination}/{flow.destination_port} is {found.destination}/{found.port}"
    if found.egress is not None:
        text += f", by way of {found.egress}"
    about = None
    if rule is not None:
        about = Turned(rule, (flow.destination, flow.destination_port), (found.destination, found.port))
    return Decision(Stage.UN_NAT, Verdict.ALLOW, text, sources, about)


def _nat(flow: Flow, after: Flow, rule: Rule, identifier: int | None, mapped: int | None) -> tuple[Decision, ...]:
    """What becomes of the source, and that replies are translated back; an echo has an identifier for a port."""
    text = "identity: the addresses stay as they are" if after is flow else f"{flow} becomes {after}"
    before = flow.source, flow.source_port if identifier is None else identifier
    turned = Turned(rule, before, (after.source, after.source_port if mapped is None else mapped))
    back = "its replies are translated back by the same rule"
    return (
        Decision(Stage.NAT, Verdict.ALLOW, text, (rule.source,), turned),
        Decision(Stage.NAT_RPF, Verdict.ALLOW, back, (rule.source,)),
    )


def routed(hop: Hop) -> Decision:
    """The decision for a route."""
    return Decision(Stage.ROUTE, Verdict.ALLOW, str(hop.route), hop.route.sources, hop)


def _belongs(connection: Connection) -> Decision:
    return Decision(Stage.FLOW_LOOKUP, Verdict.ALLOW, "the packet belongs to a connection that stands", (), connection)


def _created(connection: Connection) -> Decision:
    return Decision(Stage.FLOW_CREATION, Verdict.ALLOW, "a connection is made: its replies may pass", (), connection)
