"""What both roles of quick mode share: opening and proving a message, the keys, and the SAs going in."""

from mainmode.base.codes import ExchangeType, Flag, ProtocolId
from mainmode.base.errors import Drop, WireError
from mainmode.base.later import Later
from mainmode.base.provenance import Source
from mainmode.base.secret import Secret
from mainmode.catalogue import lines
from mainmode.catalogue.entry import NOBODY
from mainmode.crypto.algorithms import esp_cipher, esp_integrity
from mainmode.crypto.errors import CryptoError
from mainmode.crypto.primitives import overwrite
from mainmode.crypto.skeyid import equal, hash_1, hash_2, hash_3, keymat, phase2_iv
from mainmode.ike import ipsec_lines, reverse_route
from mainmode.ike.effects import Cause, Failure, Role, Step
from mainmode.ike.fsm import Outcome, State
from mainmode.ike.keepalives import heard
from mainmode.ike.mapping import follow
from mainmode.ike.nonces import honest_length
from mainmode.ike.protection import Chain
from mainmode.ike.sa import IkeSa, QuickMode, Turn
from mainmode.ike.settings import AclEntry, MapEntry
from mainmode.ike.timing import PHASE2_REKEY_SHARE
from mainmode.ike.voice import say_decode
from mainmode.ipsec.dataplane import SaKeys, SaPair
from mainmode.wire.message import Message, write_before, write_payloads
from mainmode.wire.payloads import Hash, KeyExchange, Nonce, Payload, SecurityAssociation

MIN_SPI = 256
"""SPIs 1 to 255 are reserved (RFC 4303 §2.1)."""


def begin(sa: IkeSa, role: Role, message_id: int, turn: Turn) -> QuickMode | None:
    """A quick mode under `sa`, with its own IV chain. None while phase 1 has no keys."""
    if sa.hash is None or sa.cipher is None or sa.keys is None or not sa.phase1_iv:
        return None
    chain = Chain(sa.cipher, sa.keys, phase2_iv(sa.hash, sa.phase1_iv, message_id, sa.cipher.block))
    return QuickMode(sa, message_id, role, turn.handles.address(), chain)


def fail(
    qm: QuickMode, cause: Cause, step: Step, detail: str, sources: tuple[Source, ...] = (),
    attribute: str = "", offered: str = "", configured: str = "",
) -> Outcome:  # fmt: skip
    """Keep why, for the end of the machine."""
    qm.failure = Failure(cause, step, detail, attribute, offered, configured, sources)
    return Outcome.FAIL


def reserve_spi(qm: QuickMode, turn: Turn, step: Step) -> Outcome:
    """Draw the SPI that this side receives on, and say so."""
    spi = int.from_bytes(turn.entropy.take(4))
    while spi < MIN_SPI or spi in turn.sessions.children or not turn.handles.strand.holds(spi):
        spi = int.from_bytes(turn.entropy.take(4))
    qm.spi_in = spi
    qm.session = turn.handles.session()
    qm.scb = turn.handles.address()
    ipsec_lines.say_embryonic(qm, turn, step, "inbound", spi)
    if turn.listened:
        turn.say(lines.GOT_SPI, qm.about, step, qm.exchange, spi=spi)
    return Outcome.OK


def protected(qm: QuickMode, payloads: tuple[Payload, ...]) -> Message:
    """The message with its HASH payload in front: HASH(1) or HASH(2) by role (RFC 2409 §5.5)."""
    sa = qm.sa
    if sa.hash is None or sa.keys is None:
        raise WireError(Drop.UNEXPECTED_MESSAGE, 0, "no phase 1 keys")
    rest = write_payloads(payloads)
    key = sa.keys.a.octets
    if qm.role is Role.INITIATOR:
        digest = hash_1(sa.hash, key, qm.message_id, rest)
    else:
        digest = hash_2(sa.hash, key, qm.message_id, qm.nonce_i, rest)
    first = Hash(digest)
    return quick_message(qm, (first, *payloads), write_before(first, payloads[0].type, rest))


def quick_message(qm: QuickMode, payloads: tuple[Payload, ...], written: bytes = b"") -> Message:
    """A quick mode message of this exchange; `written` are its payloads' octets, where they are known."""
    sa = qm.sa
    return Message(
        sa.cookie_i, sa.cookie_r, ExchangeType.QUICK_MODE, qm.message_id, payloads, Flag.ENCRYPTED, written=written
    )


def third_hash(qm: QuickMode) -> bytes:
    """HASH(3)."""
    sa = qm.sa
    if sa.hash is None or sa.keys is None:
        return b""
    return hash_3(sa.hash, sa.keys.a.octets, qm.message_id, qm.nonce_i, qm.nonce_r)


_STEPS = {State.QM_WAIT_MSG2: Step.QM2, State.QM_WAIT_MSG3: Step.QM3}


def verify_hash(qm: QuickMode, turn: Turn) -> Outcome:
    """Open the datagram at hand and check its HASH; only then does the IV chain move. STAY drops it by name."""
    step = _STEPS.get(qm.state, Step.QM1)
    header, sa = turn.header, qm.sa
    if header is None or sa.hash is None or sa.keys is None:
        return Outcome.STAY
    try:
        payloads, turn.plain = qm.chain.open(header, turn.datagram)
    except WireError as error:
        turn.drop(error.drop, error.detail)
        return Outcome.STAY
    message = quick_message(qm, payloads)
    turn.message = message
    say_decode(turn, sa.about_ip, "RECEIVED", message, step, qm.exchange)
    if turn.listened:
        turn.say(lines.PROCESSING, qm.about, step, qm.exchange, payload="hash")
    if not payloads or not isinstance(payloads[0], Hash) or len(message.all(Hash)) != 1:
        turn.drop(Drop.MISSING_PAYLOAD, "the HASH payload comes first, once")
        return Outcome.STAY
    rest = turn.plain[payloads[0].length :]
    key = sa.keys.a.octets
    if step is Step.QM1:
        expected = hash_1(sa.hash, key, qm.message_id, rest)
    elif step is Step.QM2:
        expected = hash_2(sa.hash, key, qm.message_id, qm.nonce_i, rest)
    else:
        expected = third_hash(qm)
    if not equal(payloads[0].digest, expected):
        turn.drop(Drop.BAD_HASH, f"the hash of {step.value}")
        return Outcome.STAY
    qm.chain.accept(turn.datagram)
    qm.last_heard = turn.datagram
    heard(sa, turn)
    follow(sa, turn)
    return Outcome.OK


def complete(qm: QuickMode, turn: Turn, message: Message, step: Step) -> Outcome:
    """FAIL for a QM1 or QM2, dropped by name, that has not one SA and one honest NONCE, or more than one KE."""
    offers, nonces = message.all(SecurityAssociation), message.all(Nonce)
    if len(offers) != 1 or len(nonces) != 1 or not honest_length(nonces[0].data):
        turn.drop(Drop.MISSING_PAYLOAD, f"{step.value} needs one SA and one NONCE")
        return fail(qm, Cause.BAD_MESSAGE, step, f"{step.value} lacks its SA or NONCE payload")
    if len(message.all(KeyExchange)) > 1:
        turn.drop(Drop.DUPLICATE_PAYLOAD, "KeyExchange")
        return fail(qm, Cause.BAD_MESSAGE, step, f"{step.value} has more than one KE payload")
    return Outcome.OK


def entry_sources(entry: MapEntry, *names: str) -> tuple[Source, ...]:
    """The statements of a crypto map entry under these names, those that are there."""
    sources = entry.sources
    return tuple([sources[name] for name in names if name in sources])


def ace_sources(ace: AclEntry | None) -> tuple[Source, ...]:
    """The statement of a crypto ACL's line, where there is one."""
    return (ace.source,) if ace is not None else ()


def set_sources(entry: MapEntry) -> tuple[Source, ...]:
    """The statements that define the entry's transform sets."""
    return tuple(candidate.source for candidate in entry.transform_sets)


def _keys(qm: QuickMode, spi: int) -> SaKeys:
    sa, choice = qm.sa, qm.choice
    if sa.hash is None or sa.keys is None or choice is None:
        raise CryptoError("no keys to derive from")
    cipher = esp_cipher(choice.suite.encryption, choice.suite.key_bits)
    integrity = esp_integrity(choice.suite.authentication)
    octets = keymat(
        sa.hash,
        sa.keys.d.octets,
        ProtocolId.ESP,
        spi.to_bytes(4),
        qm.nonce_i,
        qm.nonce_r,
        cipher.key_length + integrity.key_length,
        qm.pfs_secret.octets if qm.pfs_secret is not None else None,
    )
    parts = memoryview(octets)
    keys = SaKeys(Secret(parts[: cipher.key_length]), Secret(parts[cipher.key_length :]))
    overwrite(octets)
    return keys


def load(qm: QuickMode, turn: Turn) -> SaPair | None:
    """Derive the keys of both directions and make the pair of SAs, with the device's lines up to there."""
    sa, entry, choice, proxies = qm.sa, qm.entry, qm.choice, qm.proxies
    if entry is None or choice is None or proxies is None:
        return None
    initiator = qm.role is Role.INITIATOR
    step = Step.QM2 if initiator else Step.QM3
    sources = entry_sources(entry, "entry", "transform_set", "pfs")
    if turn.listened:
        _say_keying(qm, turn, step, entry)
    try:
        inbound, outbound = _keys(qm, qm.spi_in), _keys(qm, choice.spi)
    except CryptoError as error:
        fail(qm, Cause.TRANSFORM_MISMATCH, step, str(error), sources)
        return None
    qm.forget()
    if qm.ace is not None and qm.ace.proxies == proxies:
        # The very ones of the configuration: the peer's are equal, and would be kept beside them.
        proxies = qm.ace.proxies
    pair = SaPair(
        peer=sa.about_ip.ip,
        group_name=sa.tunnel_group.name if sa.tunnel_group is not None else "",
        interface=sa.interface,
        map_name=entry.map_name,
        map_sequence=entry.sequence,
        acl=Later(qm.ace.spelled if qm.ace is not None else str),
        path=sa.path,
        proxies=proxies,
        inbound_spi=qm.spi_in,
        outbound_spi=choice.spi,
        inbound_keys=inbound,
        outbound_keys=outbound,
        suite=choice.suite,
        mode=choice.transform_set.mode,
        udp_encapsulated=sa.nat.found,
        pfs_group=choice.group,
        lifetime_seconds=qm.lifetime_seconds,
        lifetime_kilobytes=qm.lifetime_kilobytes,
        initiator=initiator,
        session=qm.session,
        message_id=qm.message_id,
        sources=(*sources, *ace_sources(qm.ace)),
    )
    if turn.listened:
        _say_installed(qm, turn, step, pair)
    return pair


def _say_keying(qm: QuickMode, turn: Turn, step: Step, entry: MapEntry) -> None:
    """The lines between an agreed phase 2 and its SAs."""
    lifetimes = entry_sources(entry, "lifetime_seconds", "lifetime_kilobytes")
    sources = entry_sources(entry, "entry", "transform_set", "pfs")
    turn.say(lines.LOADING_SAS, qm.about, step, qm.exchange, lifetimes)
    turn.say(lines.GENERATING_QM_KEY, qm.about, step, qm.exchange, sources)
    turn.say(
        lines.NP_ENCRYPT_RULE, qm.about, step, qm.exchange, entry_sources(entry, "entry", "acl"),
        map=entry.map_name, sequence=entry.sequence, acl=entry.acl_name or "Unknown", cs_id=turn.handles.address(),
        rule=turn.handles.address(),
    )  # fmt: skip
    turn.say(lines.GENERATING_QM_KEY, qm.about, step, qm.exchange, sources)


def _say_installed(qm: QuickMode, turn: Turn, step: Step, pair: SaPair) -> None:
    """Both directions go in, and what was agreed, in the published listing's order for each role."""
    blocks = (ipsec_lines.say_outbound, ipsec_lines.say_inbound)
    if pair.initiator:
        for block in blocks:
            block(qm, turn, step, pair)
    turn.say(
        lines.NEGOTIATION_COMPLETE, qm.about, step, qm.exchange, pair.sources,
        group=pair.group_name, role=qm.role.value, inbound=pair.inbound_spi, outbound=pair.outbound_spi,
    )  # fmt: skip
    if not pair.initiator:
        for block in reversed(blocks):
            block(qm, turn, step, pair)


def completed(qm: QuickMode, turn: Turn, pair: SaPair) -> None:
    """The last lines of phase 2, once both directions are in place."""
    if not turn.listened:
        return
    step = Step.QM3
    turn.say(lines.KEY_ADD, qm.about, step, qm.exchange, spi=pair.outbound_spi)
    turn.say(lines.PITCHER_KEY_UPDATE, qm.about, step, qm.exchange, spi=pair.inbound_spi)
    if pair.lifetime_seconds is not None and qm.entry is not None:
        turn.say(
            lines.P2_REKEY_TIMER, qm.about, step, qm.exchange, entry_sources(qm.entry, "lifetime_seconds"),
            seconds=int(pair.lifetime_seconds * PHASE2_REKEY_SHARE),
        )  # fmt: skip
    reverse_route.say_added(qm, turn)
    turn.say(lines.PHASE2_COMPLETED, qm.about, step, qm.exchange, pair.sources, message_id=qm.message_id)
    if turn.settings.tunnel_manager and pair.initiator and qm.replaces is None:
        named = {"map": pair.map_name, "sequence": pair.map_sequence}
        turn.say(lines.TUNNEL_MANAGER_SUCCESS, NOBODY, step, qm.exchange, pair.sources, **named)
        turn.say(lines.TUNNEL_MANAGER_REMOVED_ENTRY, NOBODY, step, qm.exchange, pair.sources, **named)
    ipsec_lines.say_created(qm, turn, step, pair)
