"""Into a tunnel and out of it: sizes and fragments, ESP, the packet around it, and what is checked inside."""

from typing import NamedTuple

from mainmode.base.address import Path
from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import Drop, WireError
from mainmode.base.instant import Instant
from mainmode.catalogue import lines
from mainmode.device.config.model import Sourced
from mainmode.device.crypto_maps import carries
from mainmode.device.decision import BoxEffect, Decision, PacketOut, Stage, Verdict
from mainmode.device.flow import Flow, flow_of
from mainmode.device.plane import Plane
from mainmode.device.routing import Hop
from mainmode.ike.effects import NO_EXCHANGE, Dropped, Say, Step
from mainmode.ipsec.dataplane import Mode, SaPair
from mainmode.ipsec.esp import EspRefused
from mainmode.ipsec.overhead import overhead
from mainmode.ipsec.sad import SaState
from mainmode.wire.esp import EspHeader, read_esp
from mainmode.wire.fragments import cut
from mainmode.wire.icmp import TooLarge
from mainmode.wire.ip import Ipv4, Udp, read_ipv4

_LARGEST = 0xFFFF
_FIRST_HEADERS = 128
"""A later fragment inside a tunnel that begins before this octet could overwrite a header: the device refuses it."""
_AFTER = "after-encryption"
COPY_DF, SET_DF, _CLEAR_DF = "copy-df", "set-df", "clear-df"


@dataclass(frozen=True, slots=True)
class Outlet:
    """How packets of one pair of SAs leave: whereto, by which link, of which size, what is done about fragments."""

    generation: int
    path: Path
    udp_encapsulated: bool
    hop: Hop
    link_mtu: int
    overhead: int
    fragmentation: Sourced[str]
    df_bit: Sourced[str]

    def keeps_whole(self, packet: Ipv4) -> bool:
        """Whether the packet around this one must not be fragmented."""
        word = self.df_bit.value
        return packet.dont_fragment if word == COPY_DF else word == SET_DF


class Opened(NamedTuple):
    """A packet that came out of a tunnel, with its decision. `packet` None: it ended here, or waits for fragments."""

    effects: list[BoxEffect]
    packet: Ipv4 | None = None
    state: SaState | None = None


class Sealed(NamedTuple):
    """What became of a packet for a tunnel. `fits`: it was too large, and its sender should send this size at most."""

    effects: list[BoxEffect]
    fits: int | None = None


class VpnPath:
    """ESP of one box."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._outlets: dict[int, Outlet] = {}

    # --- in ------------------------------------------------------------------------------------------------------

    def seal(self, state: SaState, packet: Ipv4, now: Instant) -> Sealed:
        """A packet into the tunnel of this pair, in fragments where its size wants it."""
        plane = self._plane
        pair = state.pair
        outlet = self.outlet(pair)
        if outlet is None:
            text = f"to {pair.path.remote.address}"
            return Sealed([Dropped(Drop.NO_ROUTE, None, text, pair.sources)])
        if pair.mode is Mode.TRANSPORT and not _between_ends(pair, packet):
            text = f"{flow_of(packet)} is not between the ends of a tunnel in transport mode"
            return Sealed([Dropped(Drop.SELECTOR_MISMATCH, None, text, pair.sources)])
        if plane.offloaded:
            text = f"to {pair.peer}, SPI 0x{pair.outbound_spi:08X}: the kernel seals it"
            sealed = Decision(Stage.ENCRYPT, Verdict.ALLOW, text, pair.sources, state)
            return Sealed([sealed, PacketOut(outlet.hop.interface, packet.encode(), outlet.hop.address)])
        mtu = plane.path_mtus.towards(pair.path.remote.address, outlet.link_mtu, now)
        room = mtu - outlet.overhead
        if packet.length <= room:
            return Sealed(self._wrap(state, packet, outlet, mtu, now))
        return self._oversize(state, packet, outlet, mtu, now)

    def _oversize(self, state: SaState, packet: Ipv4, outlet: Outlet, mtu: int, now: Instant) -> Sealed:
        """A packet that does not fit: cut before or after encryption, or refused with the size that fits."""
        room = mtu - outlet.overhead
        after = outlet.fragmentation.value == _AFTER or state.pair.mode is Mode.TRANSPORT
        clears = outlet.df_bit.value == _CLEAR_DF
        kept_whole = (packet.dont_fragment and not clears) or (after and outlet.df_bit.value == SET_DF)
        tally, total = state.fragments, self._plane.statistics.outbound
        if kept_whole:
            tally.pmtus_sent += 1
            total.pmtus_sent += 1
            total.dropped += 1
            if after:
                tally.post_failures += 1
                total.post_fragmentation_failures += 1
            else:
                tally.pre_failures += 1
                total.pre_fragmentation_failures += 1
            text = f"{packet.length} octets, {room} fit the tunnel: the DF bit is set ({outlet.df_bit.value})"
            sources = (outlet.df_bit.source, *state.pair.sources)
            said = self._plane.complaints.too_large(flow_of(packet), packet.length, room, now)
            return Sealed([*said, Dropped(Drop.NEEDS_FRAGMENTATION, None, text, sources)], fits=room)
        if after:
            if packet.length + outlet.overhead > _LARGEST:
                text = f"{packet.length} octets and ESP around them"
                return Sealed([Dropped(Drop.TOO_LARGE, None, text, state.pair.sources)])
            return Sealed(self._wrap(state, packet, outlet, mtu, now))
        pieces = list(cut(packet, room))
        tally.pre_successes += 1
        tally.created += len(pieces)
        total.pre_fragmentation_successes += 1
        total.fragments_created += len(pieces)
        text = f"{packet.length} octets become {len(pieces)} fragments of at most {room}, before encryption"
        effects: list[BoxEffect] = [Decision(Stage.FRAGMENTATION, Verdict.ALLOW, text, (outlet.fragmentation.source,))]
        for piece in pieces:
            effects += self._wrap(state, piece, outlet, mtu, now)
        return Sealed(effects)

    def _wrap(self, state: SaState, packet: Ipv4, outlet: Outlet, mtu: int, now: Instant) -> list[BoxEffect]:
        """ESP around one packet, and that onto the link."""
        plane, pair = self._plane, state.pair
        total = plane.statistics.outbound
        try:
            if pair.mode is Mode.TRANSPORT:
                esp = state.seal(packet.payload, plane.entropy, now, packet.protocol)
            else:
                esp = state.seal(packet.encode(), plane.entropy, now)
        except EspRefused as refused:
            state.fragments.send_errors += 1
            total.dropped += 1
            total.encryption_failures += 1
            said = plane.complaints.not_sealed(flow_of(packet), refused.detail, now)
            return [*said, Dropped(refused.drop, None, refused.detail, pair.sources)]
        total.packets += 1
        total.octets += len(esp)
        total.encryptions += 1
        total.authentications += 1
        text = f"to {pair.peer}, SPI 0x{pair.outbound_spi:08X}, sequence number {state.sequence}"
        effects: list[BoxEffect] = [Decision(Stage.ENCRYPT, Verdict.ALLOW, text, pair.sources, state)]
        number = plane.next_identification()
        outer = around(outlet, esp, packet.tos, number, dont_fragment=outlet.keeps_whole(packet))
        hop = outlet.hop
        if outer.length <= mtu or outer.dont_fragment:
            effects.append(PacketOut(hop.interface, outer.encode(), hop.address))
        else:
            pieces = list(cut(outer, mtu))
            state.fragments.post_successes += 1
            state.fragments.created += len(pieces)
            total.post_fragmentation_successes += 1
            total.fragments_created += len(pieces)
            text = f"{outer.length} octets become {len(pieces)} fragments of at most {mtu}, after encryption"
            effects.append(Decision(Stage.FRAGMENTATION, Verdict.ALLOW, text, (outlet.fragmentation.source,)))
            effects += [PacketOut(hop.interface, piece.encode(), hop.address) for piece in pieces]
        if state.renewal_due():
            effects += plane.carry(plane.engine.renew(pair.inbound_spi, now), now)
        return effects

    def outlet(self, pair: SaPair) -> Outlet | None:
        """The outlet of a pair as things stand; None where no route leads to its peer."""
        plane = self._plane
        found = self._outlets.get(pair.inbound_spi)
        if found is not None and found.generation == plane.generation:
            return found
        hop = plane.tables.routes.hop(pair.path.remote.address)
        if hop is None:
            return None
        if len(self._outlets) > 2 * len(plane.sad.states()) + 1:
            self._outlets.clear()
        found = self._outlets[pair.inbound_spi] = Outlet(
            plane.generation,
            pair.path,
            pair.udp_encapsulated,
            hop,
            plane.tables.mtu(hop.interface),
            overhead(pair.suite, pair.udp_encapsulated),
            plane.tables.fragmentation(hop.interface),
            plane.tables.df_bit(pair, hop.interface),
        )
        return found

    # --- out -----------------------------------------------------------------------------------------------------

    def open(self, esp: bytes, path: Path, now: Instant) -> Opened:
        """ESP for the box itself, SPI first: opened, its fragments put together; proxies are not looked at yet."""
        plane = self._plane
        inbound = plane.statistics.inbound
        effects: list[BoxEffect] = []
        try:
            header = read_esp(esp)
        except WireError as error:
            inbound.dropped += 1
            return Opened([Dropped(error.drop, path, error.detail)])
        state = plane.sad.inbound(header.spi)
        if state is not None and state.expired(now):
            effects += plane.carry(plane.engine.outlived(header.spi, now), now)
            state = None
        if state is None:
            inbound.dropped += 1
            plane.statistics.missing_sa_failures += 1
            effects.append(Dropped(Drop.UNKNOWN_SPI, path, f"SPI 0x{header.spi:08X}"))
            effects += plane.complaints.invalid_spi(header, path.remote.address, path.local.address, now)
            effects += plane.carry(plane.engine.unknown_spi(header.spi, path, now), now)
            return Opened(effects)
        usable = state.usable
        try:
            inner = self._unwrap(state, esp, now)
        except (WireError, EspRefused) as refused:
            return Opened([*effects, *self._refused(state, header, refused.drop, refused.detail, path, now)])
        if state.usable is not usable:
            plane.pairs += 1
        inbound.packets += 1
        inbound.octets += len(esp)
        inbound.decryptions += 1
        inbound.authentications += 1
        pair = state.pair
        text = f"from {pair.peer}, SPI 0x{header.spi:08X}, sequence number {header.sequence}"
        effects.append(Decision(Stage.DECRYPT, Verdict.ALLOW, text, pair.sources))
        if pair.udp_encapsulated and path.remote != pair.path.remote and state.inbound.window.advanced:
            effects += plane.carry(plane.engine.moved(header.spi, path.remote, now), now)
        if state.renewal_due():
            effects += plane.carry(plane.engine.renew(header.spi, now), now)
        if inner.fragment_offset or inner.more_fragments:
            return self._fragment(state, header, inner, path, effects, now)
        return Opened(effects, inner, state)

    def outside_policy(self, state: SaState, flow: Flow, esp: bytes, path: Path, now: Instant) -> list[BoxEffect]:
        """The inner packet is not between the proxies: its end, as the device counts and says it."""
        plane, pair = self._plane, state.pair
        state.count_selector_mismatch()
        plane.statistics.protocol_failures += 1
        plane.statistics.inbound.dropped += 1
        text = f"{flow} came under {pair.proxies.mirrored()}"
        said = plane.complaints.outside_policy(read_esp(esp), pair, flow, now)
        return [Dropped(Drop.SELECTOR_MISMATCH, path, text, pair.sources), *said]

    def _unwrap(self, state: SaState, esp: bytes, now: Instant) -> Ipv4:
        """The inner packet. Raises WireError and EspRefused as reading and opening do."""
        pair = state.pair
        if pair.mode is Mode.TUNNEL:
            return read_ipv4(state.open(esp, now))
        payload, protocol = state.unwrap(esp, now)
        return Ipv4(pair.path.remote.address, pair.path.local.address, protocol, payload)

    def _refused(
        self, state: SaState, header: EspHeader, drop: Drop, detail: str, path: Path, now: Instant
    ) -> list[BoxEffect]:
        self._plane.statistics.inbound.refused(drop)
        said = self._plane.complaints.refused(drop, detail, header, state.pair, now)
        return [Dropped(drop, path, detail, state.pair.sources), *said]

    def _fragment(
        self, state: SaState, header: EspHeader, inner: Ipv4, path: Path, effects: list[BoxEffect], now: Instant
    ) -> Opened:
        """A fragment out of a tunnel: between the right addresses, and kept until the others are here."""
        plane, pair = self._plane, state.pair
        state.fragments.needing_reassembly += 1
        plane.statistics.inbound.needing_reassembly += 1
        offset = inner.fragment_offset * 8
        if 0 < offset < _FIRST_HEADERS:
            said = plane.complaints.illegal_fragment(header, pair, inner.length, offset, now)
            text = f"a fragment that begins at octet {offset} of its packet"
            return Opened([*effects, Dropped(Drop.FRAGMENT_REFUSED, path, text, pair.sources), *said])
        local, remote = pair.proxies.local, pair.proxies.remote
        if not (
            local.holds(inner.destination, local.protocol, local.port)
            and remote.holds(inner.source, remote.protocol, remote.port)
        ):
            return Opened(effects, inner, state)
        try:
            whole = plane.reassembler("").add(inner, now)
        except WireError as error:
            return Opened([*effects, Dropped(error.drop, path, error.detail, pair.sources)])
        if whole is None:
            text = f"a fragment from {inner.source} to {inner.destination} waits for the others"
            return Opened([*effects, Decision(Stage.REASSEMBLY, Verdict.HELD, text)])
        text = f"{whole.length} octets from {inner.source} to {inner.destination} are whole"
        return Opened([*effects, Decision(Stage.REASSEMBLY, Verdict.ALLOW, text)], whole, state)

    # --- path MTU ------------------------------------------------------------------------------------------------

    def learn(self, error: TooLarge, sender: Ipv4, now: Instant) -> list[BoxEffect]:
        """A router says that our ESP was too large for its next link; believed where an SA sent what it quotes."""
        plane = self._plane
        state = next((one for one in plane.sad.with_peer(error.destination) if _sent(one, error)), None)
        if state is None:
            text = f"an ICMP error of {sender.source} about a packet that no tunnel sent"
            return [Dropped(Drop.NOT_FOR_US, None, text)]
        pair = state.pair
        outlet = self.outlet(pair)
        link = outlet.link_mtu if outlet is not None else error.mtu
        before = plane.path_mtus.towards(pair.path.remote.address, link, now)
        state.fragments.pmtus_received += 1
        plane.statistics.outbound.pmtus_received += 1
        about = {
            "sender": sender.source, "suggested": error.mtu, "peer": pair.path.remote.address,
            "spi": pair.outbound_spi, "user": pair.group_name,
        }  # fmt: skip
        if error.mtu >= before:
            line = lines.PATH_MTU_UNCHANGED(**about, current=before)
            text = f"{sender.source} says {error.mtu}, the path to {pair.peer} has {before} already"
            return [Say(line, Step.DATA, NO_EXCHANGE), Decision(Stage.PATH_MTU, Verdict.SKIPPED, text)]
        plane.path_mtus.learn(pair.path.remote.address, error.mtu, now)
        new = plane.path_mtus.towards(pair.path.remote.address, link, now)
        line = lines.PATH_MTU_UPDATED(**about, before=before, after=new)
        text = f"{sender.source} says {error.mtu}: the path to {pair.peer} has {new} instead of {before}"
        source = plane.tables.configuration.settings.pmtu_aging.source
        return [Say(line, Step.DATA, NO_EXCHANGE), Decision(Stage.PATH_MTU, Verdict.ALLOW, text, (source,))]


def around(outlet: Outlet, esp: bytes, tos: int, identification: int, *, dont_fragment: bool) -> Ipv4:
    """The packet around ESP, in UDP where NAT is in between (RFC 3948)."""
    local, remote = outlet.path
    protocol, payload = IpProtocol.ESP, esp
    if outlet.udp_encapsulated:
        protocol = IpProtocol.UDP
        payload = Udp(local.port, remote.port, esp).encode(local.address, remote.address, with_checksum=False)
    return Ipv4(
        local.address,
        remote.address,
        protocol,
        payload,
        identification=identification,
        tos=tos,
        dont_fragment=dont_fragment,
    )


def within_proxies(state: SaState, flow: Flow) -> bool:
    """Whether a flow that came out of a tunnel is between the proxies of its pair."""
    return carries(state.pair, flow.reversed())


def _between_ends(pair: SaPair, packet: Ipv4) -> bool:
    return (packet.source, packet.destination) == (pair.path.local.address, pair.path.remote.address)


def _sent(state: SaState, error: TooLarge) -> bool:
    """Whether a quoted packet may be one of a pair's: its addresses, and SPI or ports."""
    path = state.pair.path
    if (error.source, error.destination) != (path.local.address, path.remote.address) or len(error.payload) < 4:
        return False
    if state.pair.udp_encapsulated:
        ports = path.local.port.to_bytes(2) + path.remote.port.to_bytes(2)
        return error.protocol == IpProtocol.UDP and error.payload[:4] == ports
    return error.protocol == IpProtocol.ESP and int.from_bytes(error.payload[:4]) == state.pair.outbound_spi
