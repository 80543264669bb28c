"""One firewall as a value: packets and moments go in, an ordered stream of effects comes out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from mainmode.base.address import Endpoint, Path
from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.base.entropy import Entropy
from mainmode.base.errors import Drop, WireError
from mainmode.base.instant import Instant
from mainmode.base.provenance import Source
from mainmode.base.secret import Secret
from mainmode.base.strand import WHOLE, Strand
from mainmode.catalogue import lines
from mainmode.catalogue.entry import Line
from mainmode.device.config.model import Configuration
from mainmode.device.connections import Connection, ConnectionTable
from mainmode.device.counters import Counters
from mainmode.device.decision import BoxEffect, Decision, Held, PacketOut, Stage, ToHost, Trace, Verdict
from mainmode.device.express import ExpressLanes
from mainmode.device.flow import Flow
from mainmode.device.hits import HitCounts
from mainmode.device.journal import Journal
from mainmode.device.nat import NatHits
from mainmode.device.own import PING_IDENTIFIER, OwnTraffic
from mainmode.device.pinging import USUAL_OCTETS
from mainmode.device.plane import Plane
from mainmode.device.routing import Route
from mainmode.device.settings import ike_settings
from mainmode.device.shedding import Shedding
from mainmode.device.tables import Tables
from mainmode.device.translations import Translation
from mainmode.ike.effects import NO_EXCHANGE, Dropped, Effect, Say, Step
from mainmode.ike.endings import Ending
from mainmode.ike.engine import Engine
from mainmode.ike.settings import MapEntry
from mainmode.ike.statistics import Statistics
from mainmode.ike.views import IkeSaView, SessionView
from mainmode.ipsec.dataplane import SaPair, SaTally
from mainmode.ipsec.path_mtu import PathMtus
from mainmode.ipsec.sad import Sad
from mainmode.ipsec.statistics import IpsecStatistics
from mainmode.wire.ip import IcmpEcho, Ipv4, Udp, read_ipv4

if TYPE_CHECKING:
    from mainmode.device.show.standing import Standing

__all__ = ["Box", "BoxEffect", "Decision", "Dropped", "Held", "InterfaceView", "PacketOut", "ToHost", "Trace"]

_IP, _IP_AND_UDP, _ECHO_HEADERS = 20, 28, 28
"""Octets of the headers that a socket takes off, and of those of an echo request."""
_LONGEST_LOGGED = 250
"""Characters of a command that the system log keeps."""


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
    `listened` False: nobody wants IKE's lines, so none are made. `hosted`: it runs on a host, which takes what tunnels
    bring for the box itself (`ToHost`), and its shell keeps packets that wait for a tunnel (`Held`). `strand`: see it.
    """

    def __init__(
        self, configuration: Configuration, entropy: Entropy, now: Instant,
        hidden_key: Secret | Mapping[str, Secret] | None = None,
        listened: bool = True, hosted: bool = False, strand: Strand = WHOLE,
    ) -> None:  # fmt: skip
        self._hidden_key = hidden_key
        self.configuration = configuration
        self.settings = ike_settings(configuration, hidden_key)
        self.interfaces: Mapping[str, InterfaceView] = {view.name: view for view in _interfaces(configuration)}
        self.started_at = now
        sad = Sad(configuration.settings.replay_window.value)
        self.journal = Journal(configuration, sad)
        self._plane = Plane(
            Tables(configuration, self.settings),
            Engine(self.settings, entropy, listened, watch=sad.activity, strand=strand),
            sad,
            entropy,
            PathMtus(configuration.settings.pmtu_aging.value),
            self.journal,
            int.from_bytes(entropy.take(2)),
            ConnectionTable(configuration.settings.timeouts),
            hosted=hosted,
        )
        self._own = OwnTraffic(self._plane)
        self.shedding = Shedding(self._plane)
        self.express = ExpressLanes(self._plane, self._own.path.vpn, self.shedding)
        self._echoes = 0

    @property
    def hostname(self) -> str:
        """The device's name."""
        return self.configuration.settings.hostname.value

    # --- packets and time ----------------------------------------------------------------------------------------

    def packet_in(self, interface: str, packet: bytes, now: Instant) -> list[BoxEffect]:
        """Any packet that arrives at an interface. Raises KeyError for a nameif that the box has not."""
        view = self.interfaces[interface]
        self.journal.came_in(interface, len(packet))
        try:
            parsed = read_ipv4(packet)
            whole = not (parsed.more_fragments or parsed.fragment_offset)
            effects = self._arrive(parsed, view, now) if whole else self._fragment(parsed, view, now)
        except WireError as error:
            effects = [Dropped(error.drop, None, error.detail)]
        return self._noted(_of_packet(effects, lambda: packet), now, interface)

    def datagram_in(self, interface: str, datagram: bytes, path: Path, now: Instant) -> list[BoxEffect]:
        """What a UDP socket of port 500 or 4500 received for an interface's address: IKE, or ESP in UDP.

        Raises KeyError for a nameif that the box has not.
        """
        self.journal.came_in(interface, _IP_AND_UDP + len(datagram))
        effects = self._own.datagram(datagram, path, interface, now)
        return self._noted(_of_packet(effects, lambda: _in_udp(datagram, path)), now, interface)

    def esp_in(self, interface: str, esp: bytes, path: Path, now: Instant) -> list[BoxEffect]:
        """The payload of a whole packet of IP protocol 50 for an interface's address, SPI first. Ports of `path` are 0.

        Raises KeyError for a nameif that the box has not.
        """
        self.journal.came_in(interface, _IP + len(esp))
        effects = self._own.path.receive_esp(esp, path, now)
        return self._noted(_of_packet(effects, lambda: _in_ip(esp, path, IpProtocol.ESP)), now, interface)

    def from_host(self, packet: bytes, now: Instant) -> list[BoxEffect]:
        """A packet that the host of the box sends from an address of the box."""
        try:
            return self._noted(self._own.path.originate(read_ipv4(packet), now), now)
        except WireError as error:
            return self.dropped(Dropped(error.drop, None, error.detail), now)

    def dropped(self, dropped: Dropped, now: Instant, interface: str | None = None) -> list[BoxEffect]:
        """A shell dropped something that never reached the box, or waited too long for it: it counts here."""
        return self._noted([dropped], now, interface)

    def say(self, line: Line, now: Instant) -> list[BoxEffect]:
        """A shell has something to say in the device's words: it is logged as the box's own lines are."""
        return self._noted([Say(line, Step.DATA, NO_EXCHANGE)], now)

    def expire(self, now: Instant) -> list[BoxEffect]:
        """Serve every deadline that is due."""
        return self._carried(self._plane.expire(now), now)

    def deadline(self) -> Instant | None:
        """When `expire` wants to be called next; None while nothing is due."""
        return self._plane.deadline()

    def timers(self) -> int:
        """How many IKE SAs, negotiations, pairs of SAs and sessions have deadlines: none where nothing stands."""
        return self._plane.engine.timers()

    def hear(self, everyone: bool) -> None:
        """Whether somebody, besides the system log, wants every line; else IKE makes some for a record (`hearing`)."""
        hearing = self._plane.engine.hearing
        hearing.everyone, hearing.kept = everyone or self.journal.log.listens, True

    @property
    def missed(self) -> tuple[Instant, Instant] | None:
        """From when to when IKE made no lines for a record, as there were too many; None where it always did."""
        return self._plane.engine.hearing.missed

    def towards(self, address: IPv4Address) -> str | None:
        """The nameif by which the routes lead to an address; None where none does."""
        return self._plane.tables.egress(address)

    def route_to(self, address: IPv4Address) -> Route | None:
        """The route by which packets go to an address; None where none leads there."""
        hop = self._plane.tables.routes.hop(address)
        return hop.route if hop is not None else None

    # --- what a kernel's data plane tells ------------------------------------------------------------------------

    def want(self, flow: Flow, ingress: str, now: Instant) -> list[BoxEffect]:
        """A flow, as it leaves the box, wants a tunnel (a kernel's acquire); the packet waits in the kernel."""
        return self._noted(self._own.path.want(flow, ingress, now), now)

    def renew(self, inbound_spi: int, now: Instant) -> list[BoxEffect]:
        """A pair of SAs nears its end by octets or sequence numbers; nothing happens where there is none."""
        return self._carried(self._plane.engine.renew(inbound_spi, now), now)

    def outlived(self, inbound_spi: int, now: Instant) -> list[BoxEffect]:
        """A pair of SAs carried all that it may: it ends, and the peer is told; nothing where there is none."""
        return self._carried(self._plane.engine.outlived(inbound_spi, now), now)

    def moved(self, inbound_spi: int, remote: Endpoint, now: Instant) -> list[BoxEffect]:
        """ESP under this SPI verified, and came from another address or port than the pair has."""
        return self._carried(self._plane.engine.moved(inbound_spi, remote, now), now)

    def leave_to_others(self, elsewhere: Callable[[MapEntry], bool]) -> None:
        """Tunnels of these entries are begun by other processes of the device."""
        self._plane.elsewhere = elsewhere

    def offload(self) -> None:
        """A kernel seals from here on: what the box itself sends into tunnels leaves it in clear."""
        self._plane.offloaded = True

    def carried(self, inbound_spi: int, tally: SaTally, heard: Instant | None, sent: Instant | None) -> None:
        """What a kernel counted for a pair since its installation, and when it last opened and sealed a packet."""
        state = self._plane.sad.inbound(inbound_spi)
        if state is not None:
            self._plane.count(state, tally)
            usable = state.usable
            state.carried(tally, heard, sent)
            if state.usable is not usable:
                self._plane.pairs += 1

    # --- what the box itself begins ------------------------------------------------------------------------------

    def next_echo(self) -> int:
        """The sequence number for an echo request, so that pings at the same time know their own replies."""
        self._echoes = (self._echoes + 1) & 0xFFFF
        return self._echoes

    def ping(
        self,
        destination: IPv4Address,
        now: Instant,
        interface: str | None = None,
        sequence: int = 1,
        octets: int = USUAL_OCTETS,
    ) -> list[BoxEffect]:
        """`ping [IFC] A`: one echo request of the box itself, from the address of `interface` or of the way out.

        The whole packet has so many `octets`. A reply comes as an `EchoReply`. Raises KeyError for a nameif that the
        box has not.
        """
        if interface is None:
            interface = self._plane.tables.egress(destination)
        if interface is None:
            return [Dropped(Drop.NO_ROUTE, None, f"to {destination}")]
        source = self.interfaces[interface].address
        echo = IcmpEcho(True, PING_IDENTIFIER, sequence & 0xFFFF, bytes(max(0, octets - _ECHO_HEADERS))).encode()
        identification = self._plane.next_identification()
        packet = Ipv4(source, destination, IpProtocol.ICMP, echo, identification=identification)
        return self._noted(self._own.path.originate(packet, now), now)

    def trace(self, interface: str, packet: bytes, now: Instant) -> Trace:
        """The way that a packet takes, as `packet-tracer` finds it: by letting it pass.

        Hits are counted, and a tunnel that it needs is negotiated; the packet itself does not leave, and no connection
        of it stays. Raises KeyError for a nameif that the box has not.
        """
        effects, made = self._passed(interface, packet, now)
        records: list[Decision | Dropped] = []
        for effect in effects:
            if isinstance(effect, Held):
                records.append(Dropped(Drop.NO_TUNNEL, None, effect.detail, effect.sources))
            elif isinstance(effect, Decision | Dropped):
                records.append(effect)
            last = records[-1] if records else None
            if isinstance(last, Dropped) or (last is not None and last.stage is Stage.TO_THE_BOX):
                break
        left = [effect.interface for effect in effects if isinstance(effect, PacketOut)]
        carried = (
            effect for effect in effects if not isinstance(effect, Decision | Dropped | PacketOut | ToHost | Held)
        )
        trace = Trace(tuple(records), tuple(carried), left[0] if left else None)
        if made is not None:
            self._plane.connections.remove(made)
        return replace(trace, output=None) if trace.to_the_box else trace

    def _passed(self, interface: str, packet: bytes, now: Instant) -> tuple[list[BoxEffect], Connection | None]:
        """The effects of a packet, and the connection that it made."""
        before = self._plane.connections.made
        effects = self.packet_in(interface, packet, now)
        standing = self._plane.connections.all()
        return effects, next((one for one in standing if one.number > before), None)

    # --- what an administrator does ------------------------------------------------------------------------------

    def show(self, command: str, now: Instant) -> str:
        """The output of a `show` command, with or without the word itself.

        Raises InputError, in the device's wording, for what is no such command. The commands are loaded when the
        first one is asked for: most boxes are asked for none.
        """
        from mainmode.device.show.asking import show

        return show(self.standing(now), command)

    def standing(self, now: Instant) -> "Standing":
        """What `show` commands look at, as it is now."""
        from mainmode.device.show.standing import Standing

        plane, engine = self._plane, self._plane.engine
        return Standing(
            configuration=self.configuration,
            settings=self.settings,
            ike=engine.sas(),
            ike_statistics=engine.statistics,
            sessions=engine.sessions(),
            session_counts=engine.session_counts(),
            sad=plane.sad,
            ipsec_statistics=plane.statistics,
            path_mtus=plane.path_mtus,
            routes=self.routes,
            hits=self.hits,
            nat_rules=plane.tables.translator.rules,
            nat_hits=self.nat_hits,
            translations=self.translations,
            connections=plane.connections.standing(now),
            most_connections=plane.connections.most,
            journal=self.journal,
            started_at=self.started_at,
            now=now,
        )

    def clear(self, peer: IPv4Address | None, now: Instant) -> list[BoxEffect]:
        """`clear crypto isakmp sa`: the SAs with one peer, or all of them, with everything below."""
        return self._carried(self._plane.engine.clear(peer, now), now)

    def clear_ipsec(
        self, peer: IPv4Address | None, now: Instant, wanted: Callable[[SaPair], bool] = lambda _: True
    ) -> list[BoxEffect]:
        """`clear crypto ipsec sa [peer A]`: the IPsec SAs with one peer, or all, of these those that are `wanted`.

        An IKE SA ends with its last one.
        """
        return self._carried(self._plane.engine.clear_children(peer, now, wanted), now)

    def log_off(self, peer: IPv4Address | None, now: Instant, reason: Ending = Ending.RESET) -> list[BoxEffect]:
        """`vpn-sessiondb logoff`: the session with one peer, or all of them."""
        return self._carried(self._plane.engine.log_off(peer, reason, now), now)

    def say_goodbye(self, now: Instant) -> list[BoxEffect]:
        """`reload`: all sessions end; the peers are told where `crypto isakmp disconnect-notify` says so."""
        return self.log_off(None, now, Ending.REBOOT)

    @property
    def counters(self) -> Counters:
        """What counts, and can be set to nothing."""
        return Counters(self._plane, self.journal, self.configuration)

    def clear_connections(self, address: IPv4Address | None = None) -> int:
        """`clear conn`, `clear xlate`: connections and translations are forgotten; how many connections that were.

        With an address only those that have it at an end, before or after translation.
        """
        gone = [one for one in self._plane.connections.all() if address is None or one.has(address)]
        for one in gone:
            self._plane.connections.remove(one)
        return len(gone)

    def executed(
        self, user: str, command: str, now: Instant, *, looks: bool = False, configures_from: IPv4Address | None = None
    ) -> list[BoxEffect]:
        """111008, or 111009 of a command that only `looks`: a user, named by one word, typed a command.

        111010 too of one that configures, with where the user sits: 0.0.0.0 at the console. `command` has no key in it.
        """
        entry = lines.SHOW_EXECUTED if looks else lines.COMMAND_EXECUTED
        text = " ".join(command.split())[:_LONGEST_LOGGED]
        said = [entry(user=user, command=text)]
        if configures_from is not None:
            said.append(lines.CONFIGURED(user=user, address=configures_from, command=text))
        return self._noted([Say(line, Step.DATA, NO_EXCHANGE) for line in said], now)

    def level_changed(self, user: str, before: int, after: int, now: Instant) -> list[BoxEffect]:
        """502103: a user's session has another privilege level, 0 to 15."""
        return self.say(lines.LEVEL_CHANGED(user=user, before=before, after=after), now)

    def reconfigure(self, configuration: Configuration, now: Instant) -> list[BoxEffect]:
        """Another configuration from here on.

        SAs whose crypto map entry, peer and key still stand stay; the others are taken down with their deletes. Routes,
        translation and access lists are made anew, and lines that stayed keep their hit counts. Connections stay.
        """
        settings = ike_settings(configuration, self._hidden_key)
        effects = self._carried(self._plane.engine.reconfigure(settings, now), now)
        self.configuration, self.settings = configuration, settings
        self.interfaces = {view.name: view for view in _interfaces(configuration)}
        self.journal.follow(configuration)
        self._plane.adopt(Tables(configuration, settings, self._plane.tables))
        return effects

    # --- what others may look at ---------------------------------------------------------------------------------

    @property
    def ike_sas(self) -> tuple[IkeSaView, ...]:
        """The IKE SAs, oldest first."""
        return self._plane.engine.sas()

    @property
    def sessions(self) -> tuple[SessionView, ...]:
        """The sessions with peers, oldest first."""
        return self._plane.engine.sessions()

    @property
    def ike_statistics(self) -> Statistics:
        """What IKE counted."""
        return self._plane.engine.statistics

    @property
    def hits(self) -> HitCounts:
        """How often access list entries matched, by line."""
        return self._plane.tables.access.hits

    @property
    def nat_hits(self) -> Mapping[Source, NatHits]:
        """How often translation rules were used, by line."""
        return self._plane.tables.translator.hits

    @property
    def routes(self) -> tuple[Route, ...]:
        """The routes as they are now, reverse ones of SAs included."""
        return self._plane.tables.routes.routes

    @property
    def connections(self) -> tuple[Connection, ...]:
        """The connections that may pass."""
        return self._plane.connections.all()

    @property
    def translations(self) -> tuple[Translation, ...]:
        """The dynamic translations in use."""
        return self._plane.translations.all()

    @property
    def sad(self) -> Sad:
        """The pairs of IPsec SAs that stand."""
        return self._plane.sad

    @property
    def statistics(self) -> IpsecStatistics:
        """What the data plane counted."""
        return self._plane.statistics

    @property
    def path_mtus(self) -> PathMtus:
        """The path MTUs learned from routers."""
        return self._plane.path_mtus

    # --- inside --------------------------------------------------------------------------------------------------

    def _carried(self, effects: list[Effect], now: Instant) -> list[BoxEffect]:
        return self._noted(self._plane.carry(effects, now), now)

    def _noted(self, effects: list[BoxEffect], now: Instant, ingress: str | None = None) -> list[BoxEffect]:
        """The effects as they are, in the journal too; `ingress` is where the packet came in that caused them."""
        for effect in effects:
            self.journal.note(effect, now, ingress)
        self.express.look_around()
        return effects

    def _arrive(self, packet: Ipv4, view: InterfaceView, now: Instant) -> list[BoxEffect]:
        if packet.destination == view.address:
            return self._own.receive(packet, view.name, now)
        return self._own.path.arrive(packet, view.name, now)

    def _fragment(self, part: Ipv4, view: InterfaceView, now: Instant) -> list[BoxEffect]:
        """A fragment is kept until its packet is whole; rules look at whole packets only."""
        whole = self._plane.reassembler(view.name).add(part, now)
        if whole is None:
            text = f"a fragment from {part.source} to {part.destination} waits for the others"
            return [Decision(Stage.REASSEMBLY, Verdict.HELD, text)]
        text = f"{whole.length} octets from {whole.source} to {whole.destination} are whole"
        return [Decision(Stage.REASSEMBLY, Verdict.ALLOW, text), *self._arrive(whole, view, now)]


def _interfaces(configuration: Configuration) -> Iterator[InterfaceView]:
    for one in configuration.interfaces:
        if one.nameif is not None and one.address is not None and not one.shutdown.value:
            address = one.address.value
            network = IPv4Network(f"{address.address}/{address.mask}", strict=False)
            yield InterfaceView(one.nameif.value, one.name, address.address, network)


def _of_packet(effects: list[BoxEffect], packet: Callable[[], bytes]) -> list[BoxEffect]:
    """The effects, drops with the packet that came in."""
    if Dropped not in map(type, effects):
        return effects
    return [replace(effect, packet=packet()) if isinstance(effect, Dropped) else effect for effect in effects]


def _in_ip(payload: bytes, path: Path, protocol: IpProtocol) -> bytes:
    """What a socket received, as the packet that it was; TTL and identification are not known."""
    return Ipv4(path.remote.address, path.local.address, protocol, payload).encode()


def _in_udp(datagram: bytes, path: Path) -> bytes:
    local, remote = path.local, path.remote
    udp = Udp(remote.port, local.port, datagram).encode(remote.address, local.address)
    return _in_ip(udp, path, IpProtocol.UDP)
