"""The IKE engine of one device: which SA a datagram belongs to, which timer fires next, what traffic asks for.

A value machine: no socket, no clock, no dice. Every call returns the effects in their true order.
"""

from ipaddress import IPv4Address

from mainmode.base.address import Endpoint, Path
from mainmode.base.codes import NotifyType, ProtocolId
from mainmode.base.entropy import Entropy
from mainmode.base.errors import WireError
from mainmode.base.instant import Instant, later, seconds
from mainmode.base.provenance import Absent, Source
from mainmode.catalogue import lines
from mainmode.catalogue.entry import About
from mainmode.ike import limits, mapping
from mainmode.ike.acquire import Acquire
from mainmode.ike.course import Course, fresh_cookie
from mainmode.ike.effects import (
    NO_EXCHANGE,
    AcquireFailed,
    Cause,
    Effect,
    Failure,
    Role,
    Step,
)
from mainmode.ike.endings import Ending
from mainmode.ike.fsm import Event, State
from mainmode.ike.inbound import Inbound
from mainmode.ike.quick_mode_exchange import entry_sources
from mainmode.ike.sa import Handles, IkeSa, Turn
from mainmode.ike.settings import ConnectionType, IkeSettings
from mainmode.ike.statistics import CountedEntropy, Statistics
from mainmode.ike.table import NO_COOKIE, SaTable
from mainmode.ike.teardown import delete_child, send_informational
from mainmode.ike.timing import (
    MAX_PENDING_ACQUIRES,
)
from mainmode.ike.views import ChildView, IkeSaView, SessionCounts, SessionView, view_of
from mainmode.ipsec.dataplane import Watch
from mainmode.wire.payloads import Notify

IKE_PORT = 500

__all__ = ["Engine", "IkeSaView"]


class Engine:
    """IKE for one device. `settings` may be exchanged while it runs; what stands keeps what it was negotiated with."""

    def __init__(
        self, settings: IkeSettings, entropy: Entropy, listened: bool = True, watch: Watch = lambda spi: None
    ) -> None:
        """`listened` False: nobody wants lines, so none are made. `watch` tells what the data plane's pairs did."""
        self.settings = settings
        self.statistics = Statistics()
        """What was counted since the start."""
        self._entropy = CountedEntropy(entropy, self.statistics)
        self._listened = listened
        self._watch = watch
        self._handles = Handles()
        self._table = SaTable()
        self._course = Course(self._table)
        self._inbound = Inbound(self._table, self._course, self.statistics)

    def acquire(self, request: Acquire, now: Instant) -> list[Effect]:
        """Traffic asks for a tunnel: begin a negotiation, join one that runs, or say why not."""
        turn = self._turn(now)
        self._acquire(request, turn)
        return self._close(turn)

    def receive(self, datagram: bytes, path: Path, now: Instant) -> list[Effect]:
        """A UDP payload that arrived for IKE; on local port 4500 it still has its non-ESP marker."""
        turn = self._turn(now)
        turn.path = path
        self.statistics.received(len(datagram))
        try:
            self._inbound.receive(datagram, turn)
        except WireError as error:
            turn.drop(error.drop, error.detail)
        if turn.message is not None:
            self.statistics.opened(turn.message)
        return self._close(turn)

    def expire(self, now: Instant) -> list[Effect]:
        """Serve every deadline that is due."""
        turn = self._turn(now)
        for sa in self._table.due(now):
            self._course.expire(sa, turn)
        return self._close(turn)

    def deadline(self) -> Instant | None:
        """When `expire` wants to be called next."""
        return self._table.deadline()

    def unknown_spi(self, spi: int, path: Path, now: Instant) -> list[Effect]:
        """ESP came with an SPI that nobody here knows: tell the peer, where an IKE SA stands to tell it under.

        Not where a quick mode still waits for its last message: ESP may have overtaken it, or it was lost.
        """
        turn = self._turn(now)
        sa = self._table.active_with(path.remote.address)
        if sa is None or sa.expects(spi):
            return turn.effects
        if sa.complained is None or now >= later(sa.complained, seconds(1)):
            sa.complained = now
            notify = Notify(NotifyType.INVALID_SPI, ProtocolId.ESP, spi.to_bytes(4))
            turn.say(lines.SENDING_NOTIFY, sa.about, Step.INFORMATIONAL, sa.exchange)
            send_informational(sa, turn, notify, "ipsec notify", Step.INFORMATIONAL)
        return self._close(turn)

    def moved(self, inbound_spi: int, remote: Endpoint, now: Instant) -> list[Effect]:
        """ESP under this SPI verified, and came from another address or port than the pair has."""
        turn = self._turn(now)
        for sa in self._table.all():
            if inbound_spi in sa.children:
                mapping.moved(sa, turn, remote)
        return self._close(turn)

    def clear(self, peer: IPv4Address | None, now: Instant) -> list[Effect]:
        """Take down the IKE SAs with this peer, or all, with everything under them, and tell the peers."""
        turn = self._turn(now)
        failure = Failure(Cause.ADMIN, Step.TEARDOWN, "cleared by the administrator")
        for sa in self._table.all():
            if peer is None or sa.peer == peer:
                self._course.delete(sa, turn, failure, tell_peer=True)
        return self._close(turn)

    def clear_children(self, peer: IPv4Address | None, now: Instant) -> list[Effect]:
        """Take down the IPsec SAs with this peer, or all, and tell the peers."""
        turn = self._turn(now)
        failure = Failure(Cause.ADMIN, Step.TEARDOWN, "cleared by the administrator")
        for sa in self._table.all():
            if peer is None or sa.peer == peer:
                for spi in tuple(sa.children):
                    delete_child(sa, turn, spi, failure, tell_peer=True)
                self._table.touch(sa)
        return self._close(turn)

    def log_off(self, peer: IPv4Address | None, reason: Ending, now: Instant) -> list[Effect]:
        """End the session with this peer, or all, for `reason`.

        When the device goes down or reloads the peers hear of it only with `crypto isakmp disconnect-notify`.
        """
        turn = self._turn(now)
        failure = Failure(reason.cause, Step.TEARDOWN, reason.tunnel)
        told = reason not in (Ending.REBOOT, Ending.SHUTDOWN) or self.settings.disconnect_notify
        for sa in self._table.all():
            if peer is None or sa.peer == peer:
                self._course.delete(sa, turn, failure, tell_peer=told)
        return self._close(turn)

    def renew(self, inbound_spi: int, now: Instant) -> list[Effect]:
        """The data plane says that a pair of IPsec SAs nears its end by kilobytes or sequence numbers."""
        turn = self._turn(now)
        return self._close(turn)

    def outlived(self, inbound_spi: int, now: Instant) -> list[Effect]:
        """The data plane says that a pair of IPsec SAs carried all that it may: it ends, and the peer is told."""
        turn = self._turn(now)
        failure = Failure(Cause.LIFETIME, Step.DATA, "the lifetime of the IPsec SA is over")
        for sa in self._table.all():
            if inbound_spi in sa.children:
                delete_child(sa, turn, inbound_spi, failure, tell_peer=True)
                self._table.touch(sa)
        return self._close(turn)

    def reconfigure(self, settings: IkeSettings, now: Instant) -> list[Effect]:
        """Other settings from here on. What still fits stays as it was negotiated; what does not is taken down."""
        self.settings = settings
        return self._turn(now).effects

    def sas(self) -> tuple[IkeSaView, ...]:
        """The IKE SAs, oldest first."""
        return tuple(view_of(index, sa.serial, sa) for index, sa in enumerate(self._table.all(), 1))

    def sessions(self) -> tuple[SessionView, ...]:
        """All that stands, by peer, oldest first."""
        found = []
        for view, sa in zip(self.sas(), self._table.all(), strict=True):
            if sa.established is None or sa.tunnel_group is None:
                continue
            group = sa.tunnel_group
            children = tuple(
                ChildView(pair, sa.established, sa.child_expiry.get(spi), None, renewed=False)
                for spi, pair in sa.children.items()
            )
            found.append(
                SessionView(
                    sa.serial, sa.peer, group.name, group.policy_name, sa.established, group.idle_timeout,
                    group.session_timeout, (view,), children, 0, 0,
                )
            )  # fmt: skip
        return tuple(found)

    def session_counts(self) -> SessionCounts:
        """How many sessions there are and were."""
        count = len(self.sessions())
        return SessionCounts(count, count, count)

    def _turn(self, now: Instant) -> Turn:
        return Turn(now, self.settings, self._entropy, self._handles, self._listened, self._watch)

    def _close(self, turn: Turn) -> list[Effect]:
        """The end of every call: deadlines take their places, and what was done is counted."""
        self._table.reschedule()
        self.statistics.negotiating(self._table.negotiating)
        if turn.effects:
            self.statistics.count(turn.effects)
        return turn.effects

    def _acquire(self, request: Acquire, turn: Turn) -> None:
        entry = request.entry
        failure = self._obstacle(request, turn)
        if failure is not None:
            turn.say(
                lines.NO_POLICY, About(), Step.TRIGGER, NO_EXCHANGE, failure.sources,
                interface=request.ingress, source=request.packet_source, destination=request.packet_destination,
            )  # fmt: skip
            turn.effects.append(AcquireFailed(failure))
            return
        peer = entry.peers[0]
        sa = self._table.active_with(peer) or self._table.initiating_with(peer)
        if sa is not None and self._asked_already(sa, request):
            turn.say(
                lines.NEGOTIATION_IN_PROGRESS, sa.about, Step.TRIGGER, sa.exchange,
                destination=request.packet_destination,
            )  # fmt: skip
            return
        sources = (*entry_sources(entry, "acl", "entry"), request.ace.source)
        if turn.listened:
            self._say_trigger(request, turn, sources)
        about = About(ip=str(peer))
        if sa is not None and not sa.active:
            turn.say(lines.QUEUING_KEY_ACQUIRE, about, Step.TRIGGER, sa.exchange, sources)
            if len(sa.pending) < MAX_PENDING_ACQUIRES:
                sa.pending.append(request)
            return
        turn.say(
            lines.IKE_INITIATOR, sa.about if sa is not None else about, Step.TRIGGER,
            sa.exchange if sa is not None else NO_EXCHANGE, sources,
            what="New Phase 1" if sa is None else "New Phase 2", interface=request.ingress, peer=peer,
            local=request.ace.proxies.local.first, remote=request.ace.proxies.remote.first, map=entry.map_name,
        )  # fmt: skip
        if sa is not None:
            self._course.start_quick_mode(sa, request, turn)
            return
        full = limits.reached(self._table, self.settings, peer)
        if full is not None:
            turn.say(full.entry, about, Step.TRIGGER, NO_EXCHANGE, full.sources, **full.values)
            turn.effects.append(AcquireFailed(Failure(Cause.LIMIT, Step.TRIGGER, full.detail, sources=full.sources)))
            self.statistics.in_negotiation_rejected += 1
            return
        local = self.settings.addresses[entry.interface]
        sa = IkeSa(
            Role.INITIATOR,
            Path(Endpoint(local, IKE_PORT), Endpoint(peer, IKE_PORT)),
            entry.interface,
            fresh_cookie(turn),
            NO_COOKIE,
            turn.handles.address(),
            turn.now,
        )
        sa.pending.append(request)
        self._table.add_initiator(sa)
        self._course.run_main_mode(sa, (State.MM_START, Event.START_MM), turn)

    def _say_trigger(self, request: Acquire, turn: Turn, sources: tuple[Source, ...]) -> None:
        nobody, none = About(), NO_EXCHANGE
        turn.say(
            lines.LOOKING_FOR_CRYPTO_MAP, nobody, Step.TRIGGER, none, sources,
            protocol=request.protocol, source=request.packet_source, source_port=request.source_port,
            destination=request.packet_destination, destination_port=request.destination_port,
        )  # fmt: skip
        turn.say(
            lines.CRYPTO_MAP_MATCHED, nobody, Step.TRIGGER, none, sources,
            map=request.entry.map_name, sequence=request.entry.sequence,
        )  # fmt: skip
        if self.settings.tunnel_manager:
            turn.say(
                lines.DISPATCHING_KEY_ACQUIRE, nobody, Step.TRIGGER, none, sources,
                map=request.entry.map_name, sequence=request.entry.sequence,
            )  # fmt: skip
        turn.say(lines.PITCHER_KEY_ACQUIRE, nobody, Step.TRIGGER, none, sources, spi=0)

    def _obstacle(self, request: Acquire, turn: Turn) -> Failure | None:
        """Why no negotiation can even begin, if so."""
        entry, settings = request.entry, self.settings
        if entry.interface not in settings.enabled:
            absent = settings.sources.get(f"enable {entry.interface}") or Absent(
                settings.file, f"crypto isakmp enable {entry.interface}"
            )
            detail = f"IKE is not enabled on interface {entry.interface}"
            return Failure(Cause.IKE_NOT_ENABLED, Step.TRIGGER, detail, sources=(absent,))
        if not settings.policies:
            absent = Absent(settings.file, "crypto isakmp policy 10")
            return Failure(
                Cause.PHASE1_MISMATCH,
                Step.TRIGGER,
                "no IKE policy with a pre-shared key is configured",
                sources=(absent,),
            )
        if not entry.complete or not entry.peers or entry.interface not in settings.addresses:
            detail = (
                "the crypto map entry is incomplete (ACL, peer, sound transform set), or its interface has no address"
            )
            return Failure(Cause.NO_MATCHING_ENTRY, Step.TRIGGER, detail, sources=tuple(entry.sources.values()))
        if entry.connection_type is ConnectionType.ANSWER_ONLY:
            source = entry.sources.get("connection_type")
            detail = "the crypto map entry is answer-only"
            return Failure(Cause.CONNECTION_TYPE, Step.TRIGGER, detail, sources=(source,) if source is not None else ())
        return None

    def _asked_already(self, sa: IkeSa, request: Acquire) -> bool:
        if any(waiting.ace == request.ace for waiting in sa.pending):
            return True
        return any(
            qm.proxies == request.ace.proxies and qm.role is Role.INITIATOR and qm.state is not State.QM_ACTIVE
            for qm in sa.quick_modes.values()
        )
