"""How what stands comes down: a pair of IPsec SAs, an IKE SA, a whole session; with the lines and deletes of each."""

from mainmode.base.codes import ProtocolId
from mainmode.base.instant import between, later, seconds, whole_seconds
from mainmode.catalogue import lines
from mainmode.catalogue.entry import About
from mainmode.ike import reverse_route
from mainmode.ike.effects import (
    NO_EXCHANGE,
    Cause,
    Exchange,
    Failure,
    Phase1Down,
    Phase2Failed,
    RemoveSa,
    Step,
    UseSa,
)
from mainmode.ike.endings import Ending
from mainmode.ike.fsm import State
from mainmode.ike.ipsec_lines import say_deleted
from mainmode.ike.sa import IkeSa, Turn
from mainmode.ike.session import Child, Session
from mainmode.ike.succession import rank
from mainmode.ike.teardown import RUNNING, say_terminating, send_informational
from mainmode.ike.timing import OVERLAP, RENEW_AGAIN
from mainmode.wire.payloads import Delete


def delete_child(child: Child, turn: Turn, failure: Failure, tell_peer: bool, ending: Ending | None = None) -> None:
    """Take one pair of IPsec SAs down, telling the peer unless it was the peer who told us.

    `ending`: why the tunnel itself ends; None where it goes on in another pair, or its lifetime was over.
    """
    session, pair, exchange = child.session, child.pair, child.exchange
    activity = turn.watch(child.spi)
    if not turn.sessions.remove(child):
        return
    if activity is not None:
        session.octets_in += activity.octets_in
        session.octets_out += activity.octets_out
    _forget_quick_mode(child, turn)
    sa = session.best()
    about = sa.about if sa is not None else About(session.group.name, ip=str(session.peer))
    remote, local = pair.proxies.remote.first, pair.proxies.local.first
    if ending is not None:
        turn.say(
            lines.CONNECTION_TERMINATED, about, Step.TEARDOWN, exchange, pair.sources,
            peer=session.peer, reason=ending.tunnel, remote=remote, local=local,
        )  # fmt: skip
    turn.say(lines.DELETE_EVENT, about, Step.TEARDOWN, exchange, pair.sources, peer=session.peer)
    turn.say(lines.DELETING_SA, about, Step.TEARDOWN, exchange, pair.sources, remote=remote, local=local)
    if tell_peer and sa is not None:
        _say_sending(sa, turn, exchange_of=child, ending=ending)
        withdrawn = Delete(ProtocolId.ESP, (child.spi.to_bytes(4),))
        send_informational(sa, turn, withdrawn, "IPSec delete", Step.TEARDOWN)
    reverse_route.say_deleted(child, turn, about)
    say_deleted(pair, turn, exchange)
    turn.effects.append(RemoveSa(child.spi, failure))
    _hand_back(child, turn)


def _forget_quick_mode(child: Child, turn: Turn) -> None:
    for sa in child.session.ikes:
        qm = sa.quick_modes.get(child.pair.message_id)
        if qm is not None and qm.loaded is child.pair:
            sa.drop(qm)
            sa.spend(qm.message_id, turn.now)


def _hand_back(gone: Child, turn: Turn) -> None:
    """What was to carry the traffic of older pairs is gone: the newest of these carries it again, and will be renewed.

    One alone: were each of them to go on, every renewal that ends early would leave another pair behind.
    """
    older = [child for child in gone.session.children.values() if child.renewed_by == gone.spi]
    if not older:
        return
    heir = max(older, key=lambda child: child.stamp)
    for child in older:
        if child is not heir:
            child.renewed_by = heir.spi
            child.retire_at = child.retire_at or later(turn.now, OVERLAP)
            turn.sessions.touch(child)
    heir.renewed_by = heir.retire_at = None
    if heir.expires is not None:
        heir.renew_at = later(turn.now, RENEW_AGAIN)
    timeout = heir.session.group.idle_timeout
    if timeout is not None:
        heir.idle_at = later(heir.used_from, seconds(timeout))
    turn.sessions.touch(heir)
    turn.effects.append(UseSa(heir.spi))


def _say_sending(sa: IkeSa, turn: Turn, exchange_of: Child | None, ending: Ending | None) -> None:
    exchange = exchange_of.exchange if exchange_of is not None else sa.exchange
    turn.say(lines.SENDING_DELETE, sa.about, Step.TEARDOWN, exchange)
    if ending is not None and turn.settings.disconnect_notify:
        source = turn.settings.sources.get("disconnect_notify")
        turn.say(
            lines.SENDING_DELETE_WITH_REASON, sa.about, Step.TEARDOWN, exchange,
            (source,) if source is not None else (),
            protocol="IKE" if exchange_of is None else "IPSec", reason=ending.tunnel,
        )  # fmt: skip


def close_ike(sa: IkeSa, turn: Turn, failure: Failure, tell_peer: bool, ending: Ending | None = None) -> None:
    """Take one IKE SA down, with the quick modes that run under it. The children stay with the session."""
    if sa.state is State.MM_DONE:
        return
    for qm in tuple(sa.quick_modes.values()):
        if not qm.settled:
            qm.failure = qm.failure or failure
            turn.effects.append(Phase2Failed(qm.exchange, sa.path, qm.role, qm.failure))
    sa.quick_modes = {}
    if sa.active:
        turn.say(
            lines.IKE_SA_TERMINATE_RECEIVED, sa.about, Step.TEARDOWN, sa.exchange,
            cookie=int.from_bytes(sa.cookie_i[:4]), state=sa.state.value, flags=RUNNING, refs=1,
            tunnels=len(sa.children),
        )  # fmt: skip
    say_terminating(sa, turn, Step.TEARDOWN)
    if tell_peer and sa.active:
        _say_sending(sa, turn, None, ending)
        withdrawn = Delete(ProtocolId.ISAKMP, (sa.cookie_i + sa.cookie_r,))
        send_informational(sa, turn, withdrawn, "IKE delete", Step.TEARDOWN)
    turn.effects.append(Phase1Down(sa.exchange, sa.path, sa.role, failure))
    sa.state = State.MM_DONE
    turn.table.remove(sa)
    if sa.session is not None and sa in sa.session.ikes:
        sa.session.ikes.remove(sa)
        rank(sa.session, turn)


def end_session(
    session: Session, turn: Turn, ending: Ending, failure: Failure, tell_peer: bool, reason: str = ""
) -> None:
    """Take down all that stands with one peer. Children first, then the session's own lines, then the IKE SAs.

    `reason` stands in the session's lines where the ending's own word is not the one. A main mode that was to renew
    phase 1 ends too.
    """
    peer, sa = session.peer, session.best()
    received, sent = carried(session, turn)
    for child in tuple(session.children.values()):
        delete_child(child, turn, failure, tell_peer, ending)
    turn.sessions.forget(session)
    exchange = sa.exchange if sa is not None else NO_EXCHANGE
    about = About(session.group.name, ip=str(peer))
    reason = reason or ending.session
    turn.say(lines.SESSION_TORN_DOWN, about, Step.TEARDOWN, exchange, failure.sources, reason=reason)
    turn.say(
        lines.SESSION_DISCONNECTED, About(session.group.name, str(peer), str(peer)), Step.TEARDOWN, exchange,
        failure.sources, type="LAN-to-LAN", duration=whole_seconds(between(session.login, turn.now)),
        sent=sent, received=received, reason=reason,
    )  # fmt: skip
    for ike in turn.table.with_peer(session.key[0]):
        if ike.renews is not None and ike.renews.session is session and not ike.active and not ike.pending:
            close_ike(ike, turn, failure, tell_peer=False)
    for ike in tuple(session.ikes):
        close_ike(ike, turn, failure, tell_peer, ending)


def carried(session: Session, turn: Turn) -> tuple[int, int]:
    """Octets in and out over the whole session, so far."""
    received, sent = session.octets_in, session.octets_out
    for child in session.children.values():
        activity = turn.watch(child.spi)
        if activity is not None:
            received += activity.octets_in
            sent += activity.octets_out
    return received, sent


def after_child(session: Session, turn: Turn, ending: Ending, failure: Failure) -> None:
    """The device keeps no session without a tunnel: with the last child, and none on its way, everything ends."""
    if session.ikes and not session.children and not session.busy:
        end_session(session, turn, ending, failure, tell_peer=True)
    elif not session.children and not session.ikes:
        end_session(session, turn, ending, failure, tell_peer=False)


def peer_deleted_children(sa: IkeSa, turn: Turn, spis: frozenset[int], exchange: Exchange) -> None:
    """The peer deleted IPsec SAs, named by the SPIs that it received on."""
    session = sa.session
    if session is None:
        return
    failure = Failure(Cause.PEER_DELETED, Step.TEARDOWN, "the peer sent a delete")
    gone = [child for child in session.children.values() if child.pair.outbound_spi in spis]
    for child in gone:
        if child.renewed_by is not None:
            turn.say(
                lines.DELETE_FOR_REKEYED_CENTRY, sa.about, Step.TEARDOWN, exchange,
                peer=sa.peer, address=turn.handles.address(), message_id=child.pair.message_id,
            )  # fmt: skip
        ending = Ending.PEER if child.renewed_by is None else None
        delete_child(child, turn, failure, tell_peer=False, ending=ending)
    if gone:
        after_child(session, turn, Ending.PEER, failure)


def peer_deleted_ike(sa: IkeSa, turn: Turn, cookies: frozenset[bytes], exchange: Exchange) -> None:
    """The peer deleted IKE SAs, named by both cookies: the session goes on where another one is established."""
    session = sa.session
    if session is None:
        return
    failure = Failure(Cause.PEER_DELETED, Step.TEARDOWN, "the peer sent a delete")
    for other in tuple(session.ikes):
        if other.cookie_i + other.cookie_r not in cookies:
            continue
        if len(session.ikes) == 1:
            end_session(session, turn, Ending.PEER, failure, tell_peer=False)
            return
        turn.say(
            lines.DELETE_FOR_REKEYED_SA, sa.about, Step.TEARDOWN, exchange,
            peer=sa.peer, address=other.handle, tunnels=len(session.children),
        )  # fmt: skip
        close_ike(other, turn, failure, tell_peer=False)
        for rest in session.ikes:
            rest.proven = rest.proven or len(session.ikes) == 1
