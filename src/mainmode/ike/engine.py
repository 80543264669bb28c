"""The IKE engine of one device: which SA a datagram belongs to, which timer fires next, what traffic asks for.

A value machine: no socket, no clock, no dice. Every call returns the effects in their true order.
"""

from collections.abc import Callable
from ipaddress import IPv4Address

from mainmode.base.address import Endpoint, Path
from mainmode.base.entropy import Entropy
from mainmode.base.errors import Drop, WireError
from mainmode.base.instant import Instant
from mainmode.base.strand import WHOLE, Strand
from mainmode.catalogue import lines
from mainmode.catalogue.entry import NOBODY
from mainmode.ike import mapping
from mainmode.ike.acquire import Acquire
from mainmode.ike.agenda import Agenda
from mainmode.ike.closing import after_child, close_ike, delete_child, end_session
from mainmode.ike.complaint import complain
from mainmode.ike.course import Course
from mainmode.ike.effects import (
    NO_EXCHANGE,
    Cause,
    Effect,
    Failure,
    Opened,
    Say,
    Step,
)
from mainmode.ike.endings import Ending
from mainmode.ike.fitting import fit
from mainmode.ike.gate import BEGINS_IN_A_SECOND, Gate
from mainmode.ike.hearing import Hearing
from mainmode.ike.inbound import Inbound
from mainmode.ike.sa import Handles, Turn
from mainmode.ike.session import Sessions
from mainmode.ike.settings import IkeSettings
from mainmode.ike.statistics import CountedEntropy, Statistics
from mainmode.ike.table import SaTable
from mainmode.ike.views import IkeSaView, SessionCounts, SessionView, session_view, view_of
from mainmode.ipsec.dataplane import SaPair, Watch

IKE_PORT = 500

__all__ = ["Engine", "IkeSaView"]


class Engine:
    """IKE for one device. `settings` may be exchanged while it runs; what stands keeps what it was negotiated with."""

    def __init__(
        self,
        settings: IkeSettings,
        entropy: Entropy,
        listened: bool = True,
        watch: Watch = lambda spi: None,
        strand: Strand = WHOLE,
    ) -> None:
        """`listened` False: nobody wants lines, so none are made; `hearing` may be told otherwise.

        `watch` tells what the data plane's pairs did. Session indexes, Session IDs and SPIs are those of `strand`,
        where several processes are one device.
        """
        self.settings = settings
        self.statistics = Statistics()
        """What was counted since the start."""
        self._entropy = CountedEntropy(entropy, self.statistics)
        self.hearing = Hearing(listened)
        self._watch = watch
        self._handles = Handles(strand)
        self._agenda = Agenda()
        self._table = SaTable(self._agenda)
        self._sessions = Sessions(self._agenda, strand)
        self._gate = Gate(self._table, self._sessions)
        self._gate.follow(settings)
        self._course = Course(self._table, self.statistics, self._gate)
        self._inbound = Inbound(self._table, self._course, self.statistics, self._gate)

    def acquire(self, request: Acquire, now: Instant) -> list[Effect]:
        """Traffic asks for a tunnel: begin a negotiation, join one that runs, or say why not."""
        turn = self._turn(now)
        self._course.origination.acquire(request, turn)
        return self._close(turn)

    def receive(self, datagram: bytes, path: Path, now: Instant) -> list[Effect]:
        """A UDP payload that arrived for IKE; on local port 4500 it still has its non-ESP marker."""
        turn = self._turn(now)
        turn.path = path
        self.statistics.received(len(datagram))
        sort = self._gate.sort(datagram, path)
        if sort is not None:
            if self._gate.shuts_out(sort, path, now):
                turn.drop(Drop.RATE_LIMITED, f"from {path.remote.address}")
                return self._close(turn)
            self._gate.admit(sort, path, now)
            if self._gate.under_flood(sort, now):
                turn.listened = False
        try:
            self._inbound.receive(datagram, turn)
        except WireError as error:
            turn.drop(error.drop, error.detail)
        if turn.message is not None:
            self.statistics.opened(turn.message)
            if turn.listened and turn.header is not None and turn.header.encrypted:
                turn.effects.insert(0, Opened(turn.message, path))
        return self._close(turn)

    def sheds(self, datagram: bytes, path: Path, now: Instant) -> bool:
        """Whether `receive` would drop the datagram unread, as one too many: then it is counted as dropped already.

        For a shell that is under a flood: it costs a hundredth of what `receive` does, makes no effects, and changes
        nothing where it says no.
        """
        if not self._gate.keeps_out(datagram, path, now):
            return False
        self.statistics.shed(len(datagram))
        return True

    def sheds_stranger(self, message: bytes, source: bytes, now: Instant) -> bool:
        """As `sheds`, for what a stranger sends while no stranger's may pass, at half the cost; else False.

        `message` without a non-ESP marker, `source` the four octets of its address.
        """
        if not self._gate.keeps_stranger_out(message, source, now):
            return False
        self.statistics.shed(len(message))
        return True

    def expire(self, now: Instant) -> list[Effect]:
        """Serve every deadline that is due."""
        turn = self._turn(now)
        self._table.fragments.expire(now)
        told, heard = self._gate.tell(now), turn.listened
        if told is not None:
            turn.listened = True
            turn.say(
                lines.DROP_RATE_EXCEEDED, NOBODY, Step.INFORMATIONAL, NO_EXCHANGE,
                object="Rate limit", rate=1, burst=told.latest, burst_limit=BEGINS_IN_A_SECOND,
                average=told.average, average_limit=BEGINS_IN_A_SECOND, total=told.total,
            )  # fmt: skip
            turn.listened = heard
        for item in self._agenda.due(now):
            self._course.expire(item, turn)
        return self._close(turn)

    def deadline(self) -> Instant | None:
        """When `expire` wants to be called next."""
        due = self._agenda.deadline()
        for moment in (self._gate.deadline(), self._table.fragments.deadline()):
            if moment is not None and (due is None or moment < due):
                due = moment
        return due

    def timers(self) -> int:
        """How many things have deadlines of their own: IKE SAs, negotiations, pairs of SAs, sessions."""
        return len(self._agenda)

    def unknown_spi(self, spi: int, path: Path, now: Instant) -> list[Effect]:
        """ESP came with an SPI that nobody here knows: tell the peer, where an IKE SA stands to tell it under.

        Not where a quick mode still waits for its last message: ESP may have overtaken it, or it was lost. Nor of a
        pair that stands: a delete would end it at the peer.
        """
        turn = self._turn(now)
        for session in self._sessions.with_peer(path.remote.address):
            if spi not in self._sessions.children and not any(sa.expects(spi) for sa in session.ikes):
                complain(session, spi, turn)
        return self._close(turn)

    def moved(self, inbound_spi: int, remote: Endpoint, now: Instant) -> list[Effect]:
        """ESP under this SPI verified, and came from another address or port than the pair has."""
        turn = self._turn(now)
        child = self._sessions.children.get(inbound_spi)
        sa = child.session.best() if child is not None else None
        if sa is not None:
            mapping.moved(sa, turn, remote)
        return self._close(turn)

    def clear(self, peer: IPv4Address | None, now: Instant) -> list[Effect]:
        """Take down the IKE SAs with this peer, or all, with everything under them, and tell the peers."""
        return self.log_off(peer, Ending.RESET, now)

    def clear_children(
        self, peer: IPv4Address | None, now: Instant, wanted: Callable[[SaPair], bool] = lambda _: True
    ) -> list[Effect]:
        """Take down the IPsec SAs with this peer, or all, and tell the peers; a session without any ends too.

        Only those that are `wanted`.
        """
        turn = self._turn(now)
        failure = Failure(Cause.ADMIN, Step.TEARDOWN, "cleared by the administrator")
        for session in self._sessions.all():
            children = [child for child in session.children.values() if wanted(child.pair)]
            if children and peer in (None, session.peer):
                for child in children:
                    delete_child(child, turn, failure, tell_peer=True, ending=Ending.RESET)
                after_child(session, turn, Ending.RESET, failure)
        return self._close(turn)

    def log_off(self, peer: IPv4Address | None, reason: Ending, now: Instant) -> list[Effect]:
        """End the session with this peer, or all, for `reason`; what is half-open is given up.

        When the device goes down or reloads the peers hear of it only with `crypto isakmp disconnect-notify`.
        """
        turn = self._turn(now)
        failure = Failure(reason.cause, Step.TEARDOWN, f"taken down: {reason.tunnel}")
        told = reason not in (Ending.REBOOT, Ending.SHUTDOWN) or self.settings.disconnect_notify
        for session in self._sessions.all():
            if peer in (None, session.peer):
                end_session(session, turn, reason, failure, told)
        for sa in self._table.all():
            if peer in (None, sa.peer):
                close_ike(sa, turn, failure, told)
        return self._close(turn)

    def renew(self, inbound_spi: int, now: Instant) -> list[Effect]:
        """The data plane says that a pair of IPsec SAs nears its end by kilobytes or sequence numbers."""
        turn = self._turn(now)
        child = self._sessions.children.get(inbound_spi)
        if child is not None:
            self._course.renewal.renew_child(child, turn, by_data=True)
        return self._close(turn)

    def outlived(self, inbound_spi: int, now: Instant) -> list[Effect]:
        """The data plane says that a pair of IPsec SAs carried all that it may: it ends, and the peer is told."""
        turn = self._turn(now)
        child = self._sessions.children.get(inbound_spi)
        if child is not None:
            self._course.renewal.outlived(child, turn, "the lifetime of the IPsec SA is over")
        return self._close(turn)

    def reconfigure(self, settings: IkeSettings, now: Instant) -> list[Effect]:
        """Other settings from here on. What still fits stays as it was negotiated; what does not is taken down."""
        self.settings = settings
        self._gate.follow(settings)
        turn = self._turn(now)
        fit(turn)
        return self._close(turn)

    # --- for those who look --------------------------------------------------------------------------------------

    def sas(self) -> tuple[IkeSaView, ...]:
        """The IKE SAs, oldest first."""
        return tuple(view_of(index, sa) for index, sa in enumerate(self._table.all(), 1))

    def sessions(self) -> tuple[SessionView, ...]:
        """All that stands, by peer, oldest first."""
        views = {view.cookie_i + view.cookie_r: view for view in self.sas()}
        return tuple(session_view(session, views) for session in self._sessions.all())

    def session_counts(self) -> SessionCounts:
        """How many sessions there are and were."""
        return SessionCounts(len(self._sessions), self._sessions.cumulative, self._sessions.peak)

    def _turn(self, now: Instant) -> Turn:
        return Turn(
            now, self.settings, self._entropy, self._handles, self._table, self._sessions, self._watch,
            self.hearing.listens(now),
        )  # fmt: skip

    def _close(self, turn: Turn) -> list[Effect]:
        """The end of every call: deadlines take their places, and what was done is counted."""
        self._agenda.reschedule()
        self._table.forget()
        self.statistics.negotiating(self._table.negotiating)
        if turn.effects:
            self.statistics.count(turn.effects)
            if turn.listened and not self.hearing.everyone:
                self.hearing.said(sum(type(effect) is Say for effect in turn.effects))
        return turn.effects
