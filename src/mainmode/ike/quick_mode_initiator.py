"""Quick mode at the initiator: the actions of its rows."""

from mainmode.base.codes import NotifyType, Phase2Attribute, ProtocolId
from mainmode.base.errors import Drop, WireError
from mainmode.catalogue import lines
from mainmode.crypto.errors import CryptoError
from mainmode.crypto.groups import group
from mainmode.ike.effects import Cause, Step
from mainmode.ike.fsm import Outcome
from mainmode.ike.negotiation import PFS_CLASS, Refused, choose_transform, lifetimes, smaller
from mainmode.ike.nonces import fresh_nonce
from mainmode.ike.proposals import phase2_offer
from mainmode.ike.quick_mode_exchange import (
    complete,
    entry_sources,
    fail,
    protected,
    quick_message,
    reserve_spi,
    set_sources,
    third_hash,
)
from mainmode.ike.sa import QuickMode, Turn
from mainmode.ike.voice import say_identification
from mainmode.wire.cursor import Cursor
from mainmode.wire.identity import identification_to_proxy, proxy_to_identification
from mainmode.wire.payloads import (
    Hash,
    Identification,
    KeyExchange,
    Nonce,
    Notify,
    Payload,
    SecurityAssociation,
    read_attributes,
)


def get_spi(qm: QuickMode, turn: Turn) -> Outcome:
    """Reserve the SPI that the peer will send to."""
    return reserve_spi(qm, turn, Step.QM1)


def build_msg1(qm: QuickMode, turn: Turn) -> Outcome:
    """HASH(1), SA, Ni, [KE], IDci, IDcr, [INITIAL-CONTACT]."""
    sa, entry, proxies = qm.sa, qm.entry, qm.proxies
    if entry is None or proxies is None:
        return fail(qm, Cause.NO_MATCHING_ENTRY, Step.QM1, "no crypto map entry to offer")
    if turn.listened:
        turn.say(lines.OAKLEY_CONSTRUCTING_QM, qm.about, Step.QM1, qm.exchange)
        turn.say(lines.CONSTRUCTING, qm.about, Step.QM1, qm.exchange, payload="blank hash")
        sources = (*entry_sources(entry, "transform_set", "pfs"), *set_sources(entry))
        turn.say(lines.CONSTRUCTING, qm.about, Step.QM1, qm.exchange, sources, payload="IPSec SA")
        if sa.nat.found:
            turn.say(lines.NAT_T_MODES_ONLY, qm.about, Step.QM1, qm.exchange, action="Proposing")
        turn.say(lines.CONSTRUCTING, qm.about, Step.QM1, qm.exchange, payload="IPSec nonce")
    draft = sa.nat.version is not None and sa.nat.version.draft
    qm.nonce_i = fresh_nonce(turn.entropy)
    payloads: list[Payload] = [phase2_offer(entry, qm.spi_in, sa.nat.found, draft)]
    payloads.append(Nonce(qm.nonce_i))
    if entry.pfs is not None:
        try:
            qm.group = group(entry.pfs)
        except CryptoError as error:
            return fail(qm, Cause.PFS_MISMATCH, Step.QM1, str(error), entry_sources(entry, "pfs"))
        qm.pair = qm.group.keypair(turn.entropy)
        turn.say(lines.CONSTRUCTING, qm.about, Step.QM1, qm.exchange, entry_sources(entry, "pfs"), payload="pfs ke")
        payloads.append(KeyExchange(qm.pair.public))
    payloads.append(proxy_to_identification(proxies.local))
    payloads.append(proxy_to_identification(proxies.remote))
    if turn.listened:
        acl = (qm.ace.source,) if qm.ace is not None else entry_sources(entry, "acl")
        turn.say(lines.CONSTRUCTING_PROXY_ID, qm.about, Step.QM1, qm.exchange, acl)
        turn.say(
            lines.TRANSMITTING_PROXY_ID, qm.about, Step.QM1, qm.exchange, acl,
            local=proxies.local, remote=proxies.remote,
        )  # fmt: skip
    if qm.initial_contact:
        turn.say(lines.INITIAL_CONTACT, qm.about, Step.QM1, qm.exchange)
        payloads.append(Notify(NotifyType.INITIAL_CONTACT, ProtocolId.ISAKMP, sa.cookie_i + sa.cookie_r))
    if turn.listened:
        turn.say(lines.CONSTRUCTING, qm.about, Step.QM1, qm.exchange, payload="qm hash")
    qm.outgoing, qm.asked = protected(qm, tuple(payloads)), turn.now
    if turn.listened:
        turn.say(
            lines.QM_PACKET, qm.about, Step.QM1, qm.exchange, role="Initiator", number="1st", message_id=qm.message_id
        )
    qm.tries = 0
    return Outcome.OK


def process_msg2(qm: QuickMode, turn: Turn) -> Outcome:
    """Read SA, nonce, KE and IDs of QM2; the proxies must come back as they were sent."""
    message, entry, proxies = turn.message, qm.entry, qm.proxies
    if message is None or entry is None or proxies is None:
        return fail(qm, Cause.BAD_MESSAGE, Step.QM2, "QM2 came to nothing")
    if complete(qm, turn, message, Step.QM2) is Outcome.FAIL:
        return Outcome.FAIL
    if turn.listened:
        turn.say(lines.PROCESSING, qm.about, Step.QM2, qm.exchange, payload="SA")
        turn.say(lines.PROCESSING, qm.about, Step.QM2, qm.exchange, payload="nonce")
    qm.nonce_r = message.all(Nonce)[0].data
    public = message.first(KeyExchange)
    if qm.pair is not None and qm.group is not None:
        try:
            qm.pfs_secret = qm.group.shared(qm.pair, public.public if public is not None else b"")
        except CryptoError as error:
            turn.drop(Drop.BAD_KEY_EXCHANGE, f"the KE payload of QM2: {error}")
            return fail(
                qm, Cause.PFS_MISMATCH, Step.QM2, "QM2 has no usable KE payload", entry_sources(entry, "pfs"),
                PFS_CLASS, "none", f"Group {int(qm.group.code)}",
            )  # fmt: skip
        turn.say(lines.PROCESSING, qm.about, Step.QM2, qm.exchange, payload="ke")
    identities = message.all(Identification)
    for identity in identities:
        turn.say(lines.PROCESSING, qm.about, Step.QM2, qm.exchange, payload="ID")
        say_identification(turn, qm.about, identity, Step.QM2, qm.exchange)
    if identities:
        try:
            returned = tuple(identification_to_proxy(identity) for identity in identities)
        except WireError as error:
            turn.drop(error.drop, error.detail)
            return fail(qm, Cause.BAD_MESSAGE, Step.QM2, f"an ID payload of QM2: {error.detail}")
        if returned != (proxies.local, proxies.remote):
            shown = " and ".join(str(proxy) for proxy in returned)
            return fail(
                qm, Cause.PROXY_MISMATCH, Step.QM2, f"QM2 answers with other proxies: {shown}",
                entry_sources(entry, "acl"), "proxies", shown, str(proxies),
            )  # fmt: skip
    return Outcome.OK


def confirm_sa(qm: QuickMode, turn: Turn) -> Outcome:
    """The transform that came back must be one that was offered; the responder may shorten lifetimes."""
    message, entry = turn.message, qm.entry
    if message is None or entry is None:
        return fail(qm, Cause.BAD_MESSAGE, Step.QM2, "QM2 came to nothing")
    offer = message.all(SecurityAssociation)[0]
    found = choose_transform(offer, entry, qm.sa.nat.found, is_answer=True)
    single = len(offer.proposals) == 1 and len(offer.proposals[0].transforms) == 1
    if isinstance(found, Refused) or not single or found.spi < 256:
        turn.say(
            lines.ALL_IPSEC_SA_UNACCEPTABLE, qm.about, Step.QM2, qm.exchange, entry_sources(entry, "transform_set")
        )
        return fail(
            qm, Cause.TRANSFORM_MISMATCH, Step.QM2, "QM2 answers with a transform that was not offered",
            entry_sources(entry, "transform_set", "pfs"),
        )  # fmt: skip
    qm.choice = found
    qm.lifetime_seconds, qm.lifetime_kilobytes = entry.lifetime_seconds, entry.lifetime_kilobytes
    for notify in message.all(Notify):
        turn.say(lines.PROCESSING, qm.about, Step.QM2, qm.exchange, payload="notify")
        if notify.notify_type == NotifyType.RESPONDER_LIFETIME:
            _shorten(qm, turn, notify)
    return Outcome.OK


def _shorten(qm: QuickMode, turn: Turn, notify: Notify) -> None:
    """RESPONDER-LIFETIME (RFC 2407 §4.6.3.1): the responder's limits, where they are shorter."""
    turn.say(lines.RESPONDER_LIFETIME_DECODE, qm.about, Step.QM2, qm.exchange, octets=notify.spi + notify.data)
    try:
        attributes = read_attributes(Cursor(notify.data))
    except WireError as error:
        turn.drop(error.drop, "the attributes of RESPONDER-LIFETIME")
        return
    seconds, kilobytes = lifetimes(attributes, Phase2Attribute.LIFE_TYPE, Phase2Attribute.LIFE_DURATION)
    sources = entry_sources(qm.entry, "lifetime_seconds", "lifetime_kilobytes") if qm.entry is not None else ()
    shorter_seconds = smaller(qm.lifetime_seconds, seconds)
    if shorter_seconds != qm.lifetime_seconds and shorter_seconds is not None:
        turn.say(
            lines.RESPONDER_FORCING_DURATION, qm.about, Step.QM2, qm.exchange, sources,
            before=qm.lifetime_seconds or 0, after=shorter_seconds, unit="seconds",
        )  # fmt: skip
        qm.lifetime_seconds = shorter_seconds
    shorter_kilobytes = smaller(qm.lifetime_kilobytes, kilobytes)
    if shorter_kilobytes != qm.lifetime_kilobytes and shorter_kilobytes is not None:
        turn.say(
            lines.RESPONDER_FORCING_DURATION, qm.about, Step.QM2, qm.exchange, sources,
            before=qm.lifetime_kilobytes or 0, after=shorter_kilobytes, unit="Kbs",
        )  # fmt: skip
        qm.lifetime_kilobytes = shorter_kilobytes


def build_msg3(qm: QuickMode, turn: Turn) -> Outcome:
    """HASH(3)."""
    if turn.listened:
        turn.say(lines.OAKLEY_FINAL_QM, qm.about, Step.QM3, qm.exchange)
    qm.outgoing = quick_message(qm, (Hash(third_hash(qm)),))
    if turn.listened:
        turn.say(
            lines.QM_PACKET, qm.about, Step.QM3, qm.exchange, role="Initiator", number="3rd", message_id=qm.message_id
        )
    qm.tries = 0
    return Outcome.OK
