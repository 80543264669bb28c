"""How negotiations and SAs end, and what the device says and sends then; and the lines of a phase 1 that stands."""

from mainmode.base.codes import ExchangeType, Flag, ProtocolId
from mainmode.base.instant import later, seconds
from mainmode.catalogue import lines
from mainmode.catalogue.entry import NOBODY, Entry
from mainmode.crypto.skeyid import hash_1, phase2_iv
from mainmode.ike import keepalives, sending
from mainmode.ike.effects import (
    Cause,
    Exchange,
    Failure,
    Phase1Down,
    Phase2Failed,
    Role,
    Step,
)
from mainmode.ike.protection import Chain
from mainmode.ike.sa import IkeSa, QuickMode, Turn
from mainmode.ike.settings import MapEntry
from mainmode.ike.timing import (
    CHILDLESS_LIFE,
    PHASE1_REKEY_SHARE_INITIATOR,
    PHASE1_REKEY_SHARE_RESPONDER,
)
from mainmode.ike.voice import say_decode
from mainmode.wire.message import Message, write_before, write_payloads
from mainmode.wire.payloads import Delete, Hash, Payload

RUNNING, TERMINATED = 0x0001C042, 0x0101C002
"""The flags of an SA that is told to end, and of one that ends (recalled; their bits are not published)."""


def fresh_message_id(sa: IkeSa, turn: Turn) -> int:
    """A random non-zero message id that this SA did not use yet."""
    while True:
        message_id = int.from_bytes(turn.entropy.take(4))
        if message_id and message_id not in sa.spent_ids and message_id not in sa.quick_modes:
            return message_id


def send_informational(sa: IkeSa, turn: Turn, payload: Payload, built: str, step: Step) -> None:
    """A protected informational message (RFC 2409 §5.7) with one payload; `built` is the device's word for it."""
    if sa.hash is None or sa.keys is None or sa.cipher is None or not sa.phase1_iv:
        return
    message_id = fresh_message_id(sa, turn)
    exchange = Exchange(sa.cookie_i, message_id)
    if turn.listened:
        for what in ("blank hash", built, "qm hash"):
            turn.say(lines.CONSTRUCTING, sa.about, step, exchange, payload=what)
    rest = write_payloads((payload,))
    first = Hash(hash_1(sa.hash, sa.keys.a.octets, message_id, rest))
    message = Message(
        sa.cookie_i,
        sa.cookie_r,
        ExchangeType.INFORMATIONAL,
        message_id,
        (first, payload),
        Flag.ENCRYPTED,
        written=write_before(first, payload.type, rest),
    )
    chain = Chain(sa.cipher, sa.keys, phase2_iv(sa.hash, sa.phase1_iv, message_id, sa.cipher.block))
    sa.spend(message_id, turn.now)
    say_decode(turn, sa.about_ip, "SENDING", message, step, exchange)
    sending.send(sa, turn, chain.seal(message), step, exchange, message)


def phase1_started(sa: IkeSa, turn: Turn) -> None:
    """The lines of an established IKE SA, and its timers."""
    step = Step.MM6
    if sa.role is Role.INITIATOR:
        turn.say(lines.OAKLEY_BEGIN_QM, sa.about, step, sa.exchange)
        if sa.pending:
            sa.first_message_id = fresh_message_id(sa, turn)
            turn.say(
                lines.QM_STARTING, sa.about, step, sa.exchange,
                role="Initiator", message_id=sa.first_message_id,
            )  # fmt: skip
    lifetime = sa.choice.lifetime if sa.choice is not None else None
    if turn.listened:
        _say_started(sa, turn, step, lifetime)
    keepalives.begin(sa, turn)
    sa.deadline = None
    if lifetime is not None:
        share = PHASE1_REKEY_SHARE_INITIATOR if sa.role is Role.INITIATOR else PHASE1_REKEY_SHARE_RESPONDER
        sa.expires = later(turn.now, seconds(lifetime))
        sa.renew_at = later(turn.now, seconds(lifetime * share))
    if sa.role is Role.RESPONDER:
        sa.deadline = later(turn.now, CHILDLESS_LIFE)


def _say_started(sa: IkeSa, turn: Turn, step: Step, lifetime: int | None) -> None:
    sources = tuple(sa.choice.policy.sources.values()) if sa.choice is not None else ()
    if sa.tunnel_group is not None:
        policy = sa.tunnel_group.policy_name
        source = sa.tunnel_group.sources.get("policy")
        turn.say(
            lines.GROUP_POLICY_RETRIEVED, NOBODY, step, sa.exchange, (source,) if source is not None else (),
            policy=policy, user=sa.peer,
        )  # fmt: skip
    turn.say(lines.PHASE1_COMPLETED, sa.about, step, sa.exchange, sources)
    keepalives.say_kind(sa, turn)
    if lifetime is not None:
        share = PHASE1_REKEY_SHARE_INITIATOR if sa.role is Role.INITIATOR else PHASE1_REKEY_SHARE_RESPONDER
        turn.say(lines.P1_REKEY_TIMER, sa.about, step, sa.exchange, sources, seconds=int(lifetime * share))


def say_history(
    turn: Turn, sa: IkeSa, entry: Entry, role: Role, handle: int, pairs: tuple[tuple[str, str], ...], step: Step,
    exchange: Exchange,
) -> None:  # fmt: skip
    """The FSM error history: the machine's own trace, newest first."""
    turn.say(entry, sa.about, step, exchange, role=role.value, handle=handle, history=pairs)


def say_terminating(sa: IkeSa, turn: Turn, step: Step) -> None:
    """The SA by the first half of its initiator's cookie; nothing refers to it and no tunnel hangs on it any more."""
    turn.say(
        lines.IKE_SA_TERMINATING, sa.about, step, sa.exchange,
        cookie=int.from_bytes(sa.cookie_i[:4]), flags=TERMINATED, refs=0, tunnels=0,
    )  # fmt: skip


def main_mode_failed(sa: IkeSa, turn: Turn) -> None:
    """Main mode ended in error: the history, the peer table, and the reason for those who ask."""
    failure = sa.failure or Failure(Cause.BAD_MESSAGE, Step.MM1, "main mode ended in error")
    step = failure.step
    say_history(turn, sa, lines.MM_FSM_HISTORY, sa.role, sa.handle, sa.trace.newest_first(), step, sa.exchange)
    say_terminating(sa, turn, step)
    turn.say(lines.REMOVING_PEER_FAILED, sa.about, step, sa.exchange)
    turn.say(lines.PEER_TABLE_ERROR, sa.about, step, sa.exchange)
    turn.effects.append(Phase1Down(sa.exchange, sa.path, sa.role, failure))


def say_unsuccessful(turn: Turn, entry: MapEntry, step: Step, exchange: Exchange) -> None:
    """The tunnel manager of newer releases gives up what it asked IKE for."""
    if not turn.settings.tunnel_manager:
        return
    named = {"map": entry.map_name, "sequence": entry.sequence}
    sources = tuple(entry.sources[name] for name in ("entry", "peer") if name in entry.sources)
    turn.say(lines.IKEV1_UNSUCCESSFUL, NOBODY, step, exchange, sources, **named)
    turn.say(lines.TUNNEL_MANAGER_FAILED, NOBODY, step, exchange, sources, **named)


def quick_mode_failed(qm: QuickMode, turn: Turn) -> None:
    """Quick mode ended in error: the error with its history, the correlator table, the reason.

    A responder that waited for QM3 in vain withdraws its SPI: the initiator may think that the tunnel is up.
    """
    sa = qm.sa
    failure = qm.failure or Failure(Cause.BAD_MESSAGE, Step.QM1, "quick mode ended in error")
    step = failure.step
    turn.say(lines.QM_FSM_ERROR, sa.about, step, qm.exchange, handle=qm.handle, message_id=qm.message_id)
    say_history(turn, sa, lines.QM_FSM_HISTORY, qm.role, qm.handle, qm.trace.newest_first(), step, qm.exchange)
    turn.say(lines.REMOVING_CORRELATOR_FAILED, sa.about, step, qm.exchange)
    if qm.role is Role.RESPONDER and qm.last_sent is not None:
        turn.say(lines.SENDING_DELETE, sa.about, step, qm.exchange)
        withdrawn = Delete(ProtocolId.ESP, (qm.spi_in.to_bytes(4),))
        send_informational(sa, turn, withdrawn, "IPSec delete", Step.TEARDOWN)
    if qm.role is Role.INITIATOR and qm.entry is not None:
        say_unsuccessful(turn, qm.entry, step, qm.exchange)
    turn.effects.append(Phase2Failed(qm.exchange, sa.path, qm.role, failure))
