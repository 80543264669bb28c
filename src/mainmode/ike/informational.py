"""Informational exchanges (RFC 2409 §5.7): notify and delete, protected or not, and what they change.

Nothing that comes unprotected changes any state (CVE-2004-0164, CVE-2007-1841): it is said and dropped.
"""

from mainmode.base.codes import NotifyType, ProtocolId
from mainmode.base.errors import Drop, WireError
from mainmode.catalogue import lines
from mainmode.catalogue.entry import About
from mainmode.crypto.skeyid import equal, hash_1, phase2_iv
from mainmode.ike import dead_peer
from mainmode.ike.closing import after_child, delete_child, peer_deleted_children, peer_deleted_ike
from mainmode.ike.effects import Cause, Exchange, Failure, Role, Step
from mainmode.ike.endings import Ending
from mainmode.ike.fsm import State
from mainmode.ike.keepalives import heard
from mainmode.ike.mapping import follow
from mainmode.ike.naming import integrity_name, notify_name, transform_name
from mainmode.ike.protection import Chain
from mainmode.ike.sa import IkeSa, QuickMode, Turn
from mainmode.ike.settings import MapEntry
from mainmode.ike.silence import hear_early
from mainmode.ike.voice import say_decode
from mainmode.wire.message import Message
from mainmode.wire.payloads import Delete, Hash, Notify

_ERROR_NOTIFIES = range(1, 16384)


def hear_unprotected(sa: IkeSa | None, turn: Turn, message: Message, about_ip: str) -> None:
    """Say what came in clear and drop it. A half-open initiator remembers the notify's name to explain a silence."""
    about = About(ip=about_ip)
    exchange = sa.exchange if sa is not None else Exchange(message.initiator_cookie, 0)
    step = Step.INFORMATIONAL
    say_decode(turn, about, "RECEIVED", message, step, exchange)
    for notify in message.all(Notify):
        name = notify.notify_type.name
        turn.say(lines.UNENCRYPTED_NOTIFY, about, step, exchange, notify=name)
        if sa is not None and not sa.active and sa.role is Role.INITIATOR:
            sa.refusal_notify = name
    turn.say(lines.INFORMATION_EXCHANGE_FAILED, about, step, exchange)
    turn.drop(Drop.UNENCRYPTED, "an informational message in clear")


def receive_protected(sa: IkeSa, turn: Turn) -> None:
    """Open, verify and obey one protected informational message. Its message id is spent by it."""
    header = turn.header
    if header is None or sa.hash is None or sa.keys is None or sa.cipher is None or not sa.phase1_iv:
        hear_early(sa, turn)
        return
    message_id = header.message_id
    if not message_id or message_id in sa.spent_ids or message_id in sa.quick_modes:
        turn.drop(Drop.REPLAYED_MESSAGE_ID, f"message id {message_id:08x}")
        return
    if sa.spent_ids.full:
        turn.drop(Drop.LIMIT_REACHED, "message ids of one IKE SA")
        return
    exchange = Exchange(sa.cookie_i, message_id)
    chain = Chain(sa.cipher, sa.keys, phase2_iv(sa.hash, sa.phase1_iv, message_id, sa.cipher.block))
    try:
        payloads, plain = chain.open(header, turn.datagram)
    except WireError as error:
        turn.drop(error.drop, error.detail)
        return
    message = Message(
        header.initiator_cookie, header.responder_cookie, header.exchange, message_id, payloads, header.flags
    )
    say_decode(turn, sa.about_ip, "RECEIVED", message, Step.INFORMATIONAL, exchange)
    if turn.listened:
        turn.say(lines.PROCESSING, sa.about, Step.INFORMATIONAL, exchange, payload="hash")
    hashes = message.all(Hash)
    if len(hashes) != 1 or not isinstance(payloads[0], Hash):
        turn.drop(Drop.MISSING_PAYLOAD, "the HASH payload comes first, once")
        return
    expected = hash_1(sa.hash, sa.keys.a.octets, message_id, plain[payloads[0].length :])
    if not equal(hashes[0].digest, expected):
        turn.drop(Drop.BAD_HASH, "the hash of an informational message")
        return
    sa.spend(message_id, turn.now)
    turn.message = message
    heard(sa, turn)
    follow(sa, turn)
    for payload in payloads[1:]:
        if sa.state is State.MM_DONE:
            return
        if isinstance(payload, Notify):
            _obey_notify(sa, turn, payload, exchange)
        elif isinstance(payload, Delete):
            _obey_delete(sa, turn, payload, exchange)


def _obey_notify(sa: IkeSa, turn: Turn, notify: Notify, exchange: Exchange) -> None:
    kind = notify.notify_type
    if turn.listened:
        turn.say(lines.PROCESSING, sa.about, Step.INFORMATIONAL, exchange, payload="notify")
    if kind in (NotifyType.R_U_THERE, NotifyType.R_U_THERE_ACK):
        dead_peer.hear(sa, turn, notify, exchange)
    elif kind == NotifyType.CONNECTED:
        _connected(sa, turn, notify, exchange)
    elif kind == NotifyType.INITIAL_CONTACT:
        turn.initial_contact = True
    elif kind == NotifyType.INVALID_SPI:
        spi = int.from_bytes((notify.spi or notify.data)[-4:])
        turn.say(lines.INVALID_SPI_NOTIFY, sa.about, Step.INFORMATIONAL, exchange, spi=spi)
        failure = Failure(Cause.PEER_DELETED, Step.TEARDOWN, f"the peer does not know SPI 0x{spi:08x}")
        session = sa.session
        gone = [child for child in session.children.values() if child.pair.outbound_spi == spi] if session else []
        for child in gone:
            delete_child(child, turn, failure, tell_peer=True)
        if gone and session is not None:
            after_child(session, turn, Ending.PEER, failure)
    else:
        turn.say(
            lines.NON_ROUTINE_NOTIFY, sa.about, Step.INFORMATIONAL, exchange,
            notify=notify_name(kind), number=int(kind),
        )  # fmt: skip
        if kind in _ERROR_NOTIFIES:
            _refused(sa, notify)


def _connected(sa: IkeSa, turn: Turn, notify: Notify, exchange: Exchange) -> None:
    """CONNECTED ends a quick mode whose commit bit was set (RFC 2409 §5.5); none here has it, so none waits for it."""
    turn.say(
        lines.PROCESSING_CONNECTED, sa.about, Step.INFORMATIONAL, exchange, message_id=exchange.message_id
    )  # fmt: skip
    spi = int.from_bytes((notify.spi or notify.data)[-4:])
    turn.say(lines.CONNECTED_NOTIFY_FAILED, sa.about, Step.INFORMATIONAL, exchange, spi=spi)
    turn.drop(Drop.UNEXPECTED_MESSAGE, "CONNECTED, and no quick mode waits for it")


def _refused(sa: IkeSa, notify: Notify) -> None:
    """The peer refused a quick mode of ours: the one with that SPI, or the only one that waits."""
    waiting = [qm for qm in sa.quick_modes.values() if qm.role is Role.INITIATOR and qm.state is State.QM_WAIT_MSG2]
    named = [qm for qm in waiting if notify.spi and qm.spi_in.to_bytes(4) == notify.spi[-4:]]
    for qm in named or (waiting if len(waiting) == 1 else []):
        qm.failure = _refusal(qm, notify.notify_type)


def _refusal(qm: QuickMode, kind: NotifyType) -> Failure:
    """What the peer's answer says of what was asked for, and the statements that asked for it."""
    sources = qm.entry.sources if qm.entry is not None else {}
    detail, keys = f"the peer answered QM1 with {notify_name(kind)} ({int(kind)})", tuple(sources)
    if kind == NotifyType.NO_PROPOSAL_CHOSEN and qm.entry is not None:
        detail += f": it takes nothing of {_offered(qm.entry)}"
        keys = ("transform_set", "pfs")
    elif kind == NotifyType.INVALID_ID_INFORMATION and qm.proxies is not None:
        detail += f": it has no tunnel for {qm.proxies}"
        keys = ("acl",)
    return Failure(Cause.PEER_REFUSED, Step.QM1, detail, sources=tuple(sources[key] for key in keys if key in sources))


def _offered(entry: MapEntry) -> str:
    sets = ", ".join(
        f"{transform_name(one.encryption, one.key_bits)} {integrity_name(one.authentication)}"
        for one in entry.transform_sets
    )
    return f"{sets}, {f'PFS group {int(entry.pfs)}' if entry.pfs is not None else 'no PFS'}"


def _obey_delete(sa: IkeSa, turn: Turn, delete: Delete, exchange: Exchange) -> None:
    turn.say(lines.PROCESSING_DELETE, sa.about, Step.INFORMATIONAL, exchange)
    if delete.protocol == ProtocolId.ESP:
        peer_deleted_children(sa, turn, frozenset(int.from_bytes(spi) for spi in delete.spis), exchange)
    elif delete.protocol == ProtocolId.ISAKMP:
        peer_deleted_ike(sa, turn, frozenset(delete.spis), exchange)
