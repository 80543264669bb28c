"""What the network brings: which SA a datagram belongs to, and whether it fits there; else it is dropped by name."""

from mainmode.base.address import Path
from mainmode.base.codes import (
    ExchangeType,
    Flag,
    PayloadType,
)
from mainmode.base.errors import Drop, WireError
from mainmode.base.provenance import Absent
from mainmode.catalogue import lines
from mainmode.catalogue.entry import About
from mainmode.ike import limits, sending
from mainmode.ike.aggressive_mode import refuse_aggressive_mode
from mainmode.ike.course import Course
from mainmode.ike.effects import Cause, Exchange, Failure, Phase1Down, Role, Step
from mainmode.ike.fragments import Filed
from mainmode.ike.fsm import Event, State
from mainmode.ike.gate import Gate
from mainmode.ike.informational import hear_unprotected, receive_protected
from mainmode.ike.nat import FLOATED_PORT
from mainmode.ike.origination import fresh_cookie
from mainmode.ike.quick_mode_exchange import begin, entry_sources
from mainmode.ike.sa import IkeSa, Turn
from mainmode.ike.settings import ConnectionType
from mainmode.ike.statistics import Statistics
from mainmode.ike.table import NO_COOKIE, SaTable
from mainmode.ike.timing import MAX_QUICK_MODES
from mainmode.ike.voice import say_decode
from mainmode.wire.message import Header, Message, read_header, read_message
from mainmode.wire.natt import EspDatagram, Keepalive, classify
from mainmode.wire.payloads import Fragment, SecurityAssociation


class Inbound:
    """Sorts the datagrams of one engine."""

    def __init__(self, table: SaTable, course: Course, statistics: Statistics, gate: Gate) -> None:
        self._table = table
        self._gate = gate
        self._statistics = statistics
        self._course = course

    def receive(self, datagram: bytes, turn: Turn) -> None:
        """Take one UDP payload. Raises WireError for what cannot be read."""
        path = turn.path
        if path is not None and path.local.port == FLOATED_PORT:
            found = classify(datagram)
            if isinstance(found, Keepalive):
                self._nat_keepalive(path, turn)
                return
            if isinstance(found, EspDatagram):
                turn.drop(Drop.UNKNOWN_SPI)
                return
            datagram = found.octets
        self._dispatch(datagram, turn, whole=True)

    def _nat_keepalive(self, path: Path, turn: Turn) -> None:
        """It did its work on the way; nothing here changes by it, since anybody could have sent it."""
        interface = self._interface(path, turn)
        turn.say(
            lines.NAT_T_KEEPALIVE_RECEIVED, step=Step.KEEPALIVE,
            from_interface=interface, source=path.remote.address, source_port=path.remote.port,
            to_interface=interface, destination=path.local.address, destination_port=path.local.port,
        )  # fmt: skip
        turn.drop(Drop.NAT_KEEPALIVE)

    def _dispatch(self, datagram: bytes, turn: Turn, whole: bool) -> None:
        try:
            header = read_header(datagram)
        except WireError as error:
            if error.drop is Drop.RUNT and turn.path is not None:
                remote, local = turn.path.remote, turn.path.local
                turn.say(lines.RUNT_PACKET, port=local.port, source=remote.address, source_port=remote.port)
            raise
        turn.header, turn.datagram = header, datagram
        if header.initiator_cookie == NO_COOKIE:
            turn.drop(Drop.UNKNOWN_COOKIE, "the initiator's cookie is zero")
        elif header.next_payload == PayloadType.FRAGMENT and whole:
            self._fragment(header, datagram, turn)
        elif header.exchange == ExchangeType.MAIN_MODE:
            self._main_mode(header, datagram, turn)
        elif header.exchange == ExchangeType.QUICK_MODE:
            self._quick_mode(header, datagram, turn)
        elif header.exchange == ExchangeType.INFORMATIONAL:
            self._informational(header, datagram, turn)
        elif header.exchange == ExchangeType.AGGRESSIVE:
            refuse_aggressive_mode(header, datagram, turn)
        else:
            turn.drop(Drop.BAD_EXCHANGE, f"exchange type {int(header.exchange)}")

    def _fragment(self, header: Header, datagram: bytes, turn: Turn) -> None:
        """One piece of a message; only what belongs to an IKE SA is kept."""
        message = read_message(datagram, header)
        piece = message.first(Fragment)
        if piece is None or turn.path is None:
            turn.drop(Drop.MALFORMED_PAYLOAD, "no fragment in a fragment message")
            return
        sa = self._find(header, turn)
        if sa is None:
            turn.drop(Drop.UNKNOWN_COOKIE, "a fragment for no IKE SA here")
            return
        say_decode(turn, sa.about_ip, "RECEIVED", message, Step.INFORMATIONAL, sa.exchange)
        whole, filed = self._table.fragments.add(sa.serial, piece, turn.now)
        if filed is Filed.NEW_SET:
            turn.say(lines.FRAGMENT_NEW_SET, sa.about, Step.INFORMATIONAL, sa.exchange)
        elif filed is Filed.GAP:
            turn.say(lines.FRAGMENTS_NOT_CONTINUOUS, sa.about, Step.INFORMATIONAL, sa.exchange)
        elif filed.dropped:
            turn.say(lines.FRAGMENT_DROPPED, sa.about, Step.INFORMATIONAL, sa.exchange, reason=filed.value)
        if filed.dropped:
            turn.drop(Drop.MALFORMED_PAYLOAD, filed.value)
        if whole is not None:
            turn.say(lines.FRAGMENTS_ASSEMBLED, sa.about, Step.INFORMATIONAL, sa.exchange)
            self._dispatch(whole, turn, whole=False)

    def _find(self, header: Header, turn: Turn) -> IkeSa | None:
        """The SA of these cookies. Until the peer is proven its address must be the one that we negotiate with."""
        sa = self._table.find(header.initiator_cookie, header.responder_cookie)
        if sa is None or turn.path is None:
            return None
        if not sa.active and sa.peer != turn.path.remote.address:
            return None
        return sa

    def _main_mode(self, header: Header, datagram: bytes, turn: Turn) -> None:
        encrypted = bool(header.flags & Flag.ENCRYPTED)
        sa = self._find(header, turn)
        if sa is None:
            self._first_message(header, datagram, turn, encrypted)
            return
        if datagram == sa.last_heard:
            self._duplicate(sa, turn)
            return
        if header.message_id:
            turn.drop(Drop.UNEXPECTED_MESSAGE, "a message id in main mode")
            return
        waits_encrypted = sa.state in (State.MM_WAIT_MSG5, State.MM_WAIT_MSG6)
        if sa.active or sa.state is State.MM_DONE or waits_encrypted is not encrypted:
            reason = Drop.UNENCRYPTED if waits_encrypted and not encrypted else Drop.UNEXPECTED_MESSAGE
            turn.drop(reason, f"main mode in state {sa.state.value}")
            return
        if not encrypted:
            turn.message = read_message(datagram, header)
            step = Step("MM" + sa.state.value[-1])
            say_decode(turn, sa.about_ip, "RECEIVED", turn.message, step, sa.exchange)
        self._course.run_main_mode(sa, (sa.state, Event.RCV_MSG), turn)

    def _first_message(self, header: Header, datagram: bytes, turn: Turn, encrypted: bool) -> None:
        path = turn.path
        if path is None:
            return
        about = About(ip=str(path.remote.address))
        if encrypted or header.responder_cookie != NO_COOKIE:
            if encrypted:
                turn.say(lines.NO_MATCHING_SA, about)
            elif header.next_payload != PayloadType.SA:
                turn.say(lines.MISSING_SA_PAYLOAD, about, payload=int(header.next_payload))
            turn.drop(Drop.UNKNOWN_COOKIE)
            return
        if header.message_id or self._table.began(header.initiator_cookie):
            why = "a message id in main mode" if header.message_id else "a first message of this device's own came back"
            turn.drop(Drop.UNEXPECTED_MESSAGE, why)
            return
        known = self._table.first_message(path.remote, header.initiator_cookie)
        if known is not None:
            if datagram == known.last_heard:
                self._duplicate(known, turn)
                return
            if known.sa_i_body in datagram:
                turn.say(lines.DUPLICATE_FIRST_PACKET, about)
            else:
                turn.say(lines.SESSION_IN_PROGRESS, about, address=path.remote.address)
            turn.drop(Drop.DUPLICATE, "another first message with the same cookie")
            return
        message = read_message(datagram, header)
        exchange = Exchange(header.initiator_cookie, 0)
        say_decode(turn, about, "RECEIVED", message, Step.MM1, exchange)
        if message.first(SecurityAssociation) is None:
            turn.say(lines.MISSING_SA_PAYLOAD, about, Step.MM1, exchange, payload=int(header.next_payload))
            turn.drop(Drop.MISSING_PAYLOAD, "a first message without SA payload")
            return
        interface = self._interface(path, turn)
        entries = turn.settings.on(interface)
        if not entries.all:
            absent = turn.settings.sources.get(f"map {interface}") or Absent(
                turn.settings.file, f"crypto map <name> interface {interface}"
            )
            turn.say(lines.NO_CRYPTO_MAP_BOUND, about, Step.MM1, exchange, (absent,))
            turn.drop(Drop.NO_CRYPTO_MAP, f"interface {interface}", (absent,))
            return
        theirs = entries.of(path.remote.address)
        standing = any(session.ikes for session in turn.sessions.with_peer(path.remote.address))
        if theirs and not standing and all(entry.connection_type is ConnectionType.ORIGINATE_ONLY for entry in theirs):
            sources = tuple(source for entry in theirs for source in entry_sources(entry, "connection_type"))
            detail = "the crypto map entry is originate-only and takes no tunnel that a peer begins"
            failure = Failure(Cause.CONNECTION_TYPE, Step.MM1, detail, sources=sources)
            turn.say(lines.ORIGINATE_ONLY, about, Step.MM1, exchange, sources)
            turn.effects.append(Phase1Down(exchange, path, Role.RESPONDER, failure))
            return
        reserved = self._gate.knows(path.remote.address)
        full = limits.reached(turn, path.remote.address, reserved=reserved)
        if full is not None:
            turn.say(full.entry, about, Step.MM1, exchange, full.sources, **full.values)
            turn.drop(Drop.LIMIT_REACHED, full.detail, full.sources)
            self._statistics.in_negotiation_rejected += 1
            return
        self._answer(header, message, interface, turn, reserved=reserved)

    def _answer(self, header: Header, message: Message, interface: str, turn: Turn, *, reserved: bool) -> None:
        if turn.path is None:
            return
        turn.message = message
        sa = IkeSa(
            Role.RESPONDER,
            turn.path,
            interface,
            header.initiator_cookie,
            fresh_cookie(turn),
            turn.handles.address(),
            turn.now,
        )
        sa.reserved, sa.beginning = reserved, turn.datagram[len(sa.cookie_i) :]
        sa.trace.pairs.append((State.MM_START, Event.START_MM))
        self._table.add_responder(sa)
        self._course.run_main_mode(sa, (State.MM_START, Event.START_MM), turn)

    def _interface(self, path: Path, turn: Turn) -> str:
        return turn.settings.interface_at(path.local.address) or ""

    def _duplicate(self, sa: IkeSa, turn: Turn) -> None:
        """One answer for one repetition, along the path that the SA is on; none where another than the peer repeats."""
        turn.drop(Drop.DUPLICATE)
        if sa.role is Role.RESPONDER and sa.last_sent is not None and _from_peer(sa, turn):
            turn.say(
                lines.DUPLICATE_PACKET,
                sa.about,
                sa.last_sent.step,
                sa.exchange,
                phase="Phase 1",
                action="Retransmitting last packet.",
            )
            turn.say(lines.P1_RETRANSMIT, sa.about, sa.last_sent.step, sa.exchange)
            sending.repeat(sa, turn, sa.last_sent)

    def _quick_mode(self, header: Header, datagram: bytes, turn: Turn) -> None:
        sa = self._find(header, turn)
        if sa is None:
            about = About(ip=str(turn.path.remote.address) if turn.path is not None else "")
            turn.say(lines.NO_MATCHING_SA, about)
            turn.drop(Drop.UNKNOWN_COOKIE)
            return
        if not header.flags & Flag.ENCRYPTED:
            turn.drop(Drop.UNENCRYPTED, "quick mode in clear")
            return
        if not sa.active:
            turn.drop(Drop.UNEXPECTED_MESSAGE, f"quick mode in state {sa.state.value}")
            return
        qm = sa.quick_modes.get(header.message_id)
        if qm is None:
            self._answer_quick_mode(sa, header, turn)
        elif datagram == qm.last_heard:
            turn.drop(Drop.DUPLICATE)
            if qm.last_sent is not None and qm.state in (State.QM_WAIT_MSG3, State.QM_ACTIVE):
                if (qm.state is State.QM_ACTIVE and qm.role is Role.RESPONDER) or not _from_peer(sa, turn):
                    return
                turn.say(
                    lines.DUPLICATE_PACKET,
                    sa.about,
                    qm.last_sent.step,
                    qm.exchange,
                    phase="Phase 2",
                    action="Retransmitting last packet.",
                )
                sending.repeat(sa, turn, qm.last_sent)
                if qm.state is State.QM_ACTIVE:
                    self._course.heard_again(qm, turn)
        elif qm.state in (State.QM_WAIT_MSG2, State.QM_WAIT_MSG3):
            self._course.run_quick_mode(qm, (qm.state, Event.RCV_MSG), turn)
        else:
            turn.drop(Drop.UNEXPECTED_MESSAGE, f"quick mode in state {qm.state.value}")

    def _answer_quick_mode(self, sa: IkeSa, header: Header, turn: Turn) -> None:
        message_id = header.message_id
        if not message_id or message_id in sa.spent_ids:
            turn.say(lines.NO_STATE_FOR_MESSAGE, sa.about, message_id=message_id, peer=sa.peer)
            turn.drop(Drop.REPLAYED_MESSAGE_ID, f"message id {message_id:08x}")
            return
        if sa.spent_ids.full:
            turn.drop(Drop.LIMIT_REACHED, "message ids of one IKE SA")
            return
        unfinished = sum(qm.state is not State.QM_ACTIVE for qm in sa.quick_modes.values())
        if unfinished >= MAX_QUICK_MODES:
            turn.drop(Drop.LIMIT_REACHED, "unfinished quick modes")
            return
        qm = begin(sa, Role.RESPONDER, message_id, turn)
        if qm is None:
            turn.drop(Drop.UNEXPECTED_MESSAGE, "no phase 1 keys")
            return
        turn.say(lines.QM_STARTING, sa.about_ip, Step.QM1, qm.exchange, role="Responder", message_id=message_id)
        sa.quick_modes[message_id] = qm
        self._statistics.quick_mode_began()
        self._course.run_quick_mode(qm, (State.QM_START, Event.START_QM), turn)
        if qm.state is State.QM_START:
            turn.say(lines.NO_CENTRY_FOR_MESSAGE, sa.about, message_id=message_id)
            sa.drop(qm)

    def _informational(self, header: Header, datagram: bytes, turn: Turn) -> None:
        sa = self._find(header, turn)
        if not header.flags & Flag.ENCRYPTED:
            ip = str(turn.path.remote.address) if turn.path is not None else ""
            turn.message = read_message(datagram, header)
            hear_unprotected(sa, turn, turn.message, ip)
            return
        if sa is None:
            about = About(ip=str(turn.path.remote.address) if turn.path is not None else "")
            turn.say(lines.NO_MATCHING_SA, about)
            turn.drop(Drop.UNKNOWN_COOKIE)
            return
        receive_protected(sa, turn)
        if turn.initial_contact:
            self._course.forget_others(sa, turn)
        if sa.state is State.MM_DONE:
            self._table.remove(sa)
            return
        for qm in tuple(sa.quick_modes.values()):
            if qm.failure is not None and qm.state is State.QM_WAIT_MSG2:
                self._course.run_quick_mode(qm, (State.QM_DONE, Event.ERROR), turn)
        self._table.touch(sa)


def _from_peer(sa: IkeSa, turn: Turn) -> bool:
    """Whether the datagram at hand has the address that the peer has."""
    return turn.path is not None and turn.path.remote.address == sa.peer
