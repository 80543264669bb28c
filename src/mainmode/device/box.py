"""One firewall as a value: packets and moments go in, an ordered stream of effects comes out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from mainmode.base.address import Endpoint, Path
from mainmode.base.codes import IpProtocol
from mainmode.base.entropy import Entropy
from mainmode.base.errors import Drop, WireError
from mainmode.base.instant import Instant
from mainmode.base.secret import Secret
from mainmode.device.config.model import Configuration
from mainmode.device.decision import BoxEffect, Decision, PacketOut, Stage, Verdict
from mainmode.device.exec import show
from mainmode.device.journal import Journal
from mainmode.device.path import PacketPath, flow_of
from mainmode.device.settings import ike_settings
from mainmode.device.show.standing import Standing
from mainmode.ike.effects import Dropped, InstallSa, MoveSa, RemoveSa, UseSa
from mainmode.ike.engine import Engine
from mainmode.ipsec.sad import Sad
from mainmode.wire.ip import IcmpEcho, Ipv4, read_echo, read_ipv4, read_udp
from mainmode.wire.natt import EspDatagram, classify

__all__ = ["Box", "BoxEffect", "Decision", "InterfaceView", "PacketOut"]

_IKE_PORT, _NAT_T_PORT = 500, 4500


@dataclass(frozen=True, slots=True)
class InterfaceView:
    """An interface that is up: its nameif, the hardware's name, its address and network."""

    name: str
    hardware: str
    address: IPv4Address
    network: IPv4Network


class Box:
    """A configured device. It draws on `entropy` only, and knows no time but what its methods are told.

    `hidden_key` stands in where the configuration hides a pre-shared key: one key, or one for each tunnel-group.
    """

    def __init__(
        self,
        configuration: Configuration,
        entropy: Entropy,
        now: Instant,
        hidden_key: Secret | Mapping[str, Secret] | None = None,
    ) -> None:
        self.configuration = configuration
        self.settings = ike_settings(configuration, hidden_key)
        self.hostname = configuration.settings.hostname.value
        self.interfaces: Mapping[str, InterfaceView] = {view.name: view for view in _interfaces(configuration)}
        self.started_at = now
        self._sad = Sad()
        self.journal = Journal(configuration, self._sad)
        self._engine = Engine(self.settings, entropy, watch=self._sad.activity)
        self._path = PacketPath(configuration, self.settings, self._engine, self._sad, entropy)

    def packet_in(self, interface: str, packet: bytes, now: Instant) -> list[BoxEffect]:
        """Any packet that arrives at an interface. Raises KeyError for a nameif that the box has not."""
        view = self.interfaces[interface]
        self.journal.came_in(interface, len(packet))
        try:
            parsed = read_ipv4(packet)
        except WireError as error:
            return self._applied([Dropped(error.drop, None, error.detail)], now, interface)
        if parsed.destination == view.address:
            return self._applied(self._to_the_box(parsed, interface, now), now, interface)
        return self._applied(self._path.arrive(parsed, interface, now), now, interface)

    def expire(self, now: Instant) -> list[BoxEffect]:
        """Serve every deadline that is due."""
        return self._applied(self._engine.expire(now), now)

    def deadline(self) -> Instant | None:
        """When `expire` wants to be called next; None while nothing is due."""
        return self._engine.deadline()

    def show(self, command: str, now: Instant) -> str:
        """The output of a `show` command, with or without the word itself.

        Raises InputError, in the device's wording, for what is no such command.
        """
        engine = self._engine
        standing = Standing(
            configuration=self.configuration,
            settings=self.settings,
            ike=engine.sas(),
            ike_statistics=engine.statistics,
            sessions=engine.sessions(),
            session_counts=engine.session_counts(),
            sad=self._sad,
            routes=self._path.routes,
            journal=self.journal,
            started_at=self.started_at,
            now=now,
        )
        return show(standing, command)

    def clear(self, peer: IPv4Address | None, now: Instant) -> list[BoxEffect]:
        """`clear crypto isakmp sa`: the SAs with one peer, or all of them, with everything below."""
        return self._applied(self._engine.clear(peer, now), now)

    def _applied(self, effects: Iterable[BoxEffect], now: Instant, ingress: str | None = None) -> list[BoxEffect]:
        """The effects as a list; SAs come and go at their place in the order.

        `ingress` is the interface by which the packet came that causes them.
        """
        done: list[BoxEffect] = []
        for effect in effects:
            done.append(effect)
            self.journal.note(effect, now, ingress)
            if isinstance(effect, InstallSa):
                self._sad.install(effect.pair, now, effect.replaces)
            elif isinstance(effect, MoveSa):
                self._sad.move(effect.inbound_spi, effect.path)
            elif isinstance(effect, UseSa):
                self._sad.use(effect.inbound_spi)
            elif isinstance(effect, RemoveSa):
                self._sad.remove(effect.inbound_spi)
        return done

    # --- what is for the box itself ------------------------------------------------------------------------------

    def _to_the_box(self, packet: Ipv4, interface: str, now: Instant) -> Iterator[BoxEffect]:
        try:
            if packet.protocol == IpProtocol.ESP and not packet.fragment_offset and not packet.more_fragments:
                path = Path(Endpoint(packet.destination, 0), Endpoint(packet.source, 0))
                yield from self._path.receive_esp(packet.payload, path, now)
            elif packet.protocol == IpProtocol.UDP:
                yield from self._udp(packet, interface, now)
            elif (echo := read_echo(packet)) is not None and echo.request:
                yield from self._echo(packet, echo)
            else:
                yield Dropped(Drop.NOT_FOR_US, None, f"nothing here listens to {flow_of(packet)}")
        except WireError as error:
            yield Dropped(error.drop, None, error.detail)

    def _udp(self, packet: Ipv4, interface: str, now: Instant) -> Iterator[BoxEffect]:
        datagram = read_udp(packet)
        path = Path(
            Endpoint(packet.destination, datagram.destination_port), Endpoint(packet.source, datagram.source_port)
        )
        if datagram.destination_port not in (_IKE_PORT, _NAT_T_PORT):
            yield Dropped(Drop.NOT_FOR_US, path, f"nothing here listens to {flow_of(packet)}")
        elif interface not in self.settings.enabled:
            source = self.settings.sources[f"enable {interface}"]
            yield Dropped(Drop.IKE_NOT_ENABLED, path, f"on {interface}", (source,))
        elif datagram.destination_port == _NAT_T_PORT and _is_esp(datagram.payload):
            yield from self._path.receive_esp(datagram.payload, path, now)
        else:
            yield from self._engine.receive(datagram.payload, path, now)

    def _echo(self, packet: Ipv4, request: IcmpEcho) -> Iterator[BoxEffect]:
        hop = self._path.hop(packet.source)
        if hop is None:
            yield Dropped(Drop.NO_ROUTE, None, f"to {packet.source}")
            return
        reply = IcmpEcho(False, request.identifier, request.sequence, request.data).encode()
        answer = Ipv4(packet.destination, packet.source, IpProtocol.ICMP, reply)
        yield Decision(Stage.TO_THE_BOX, Verdict.ALLOW, f"{packet.source} gets its echo back")
        yield PacketOut(hop.interface, answer.encode(), hop.address)


def _is_esp(datagram: bytes) -> bool:
    try:
        return isinstance(classify(datagram), EspDatagram)
    except WireError:
        return False


def _interfaces(configuration: Configuration) -> Iterator[InterfaceView]:
    for one in configuration.interfaces:
        if one.nameif is not None and one.address is not None and not one.shutdown.value:
            address = one.address.value
            network = IPv4Network(f"{address.address}/{address.mask}", strict=False)
            yield InterfaceView(one.nameif.value, one.name, address.address, network)
