"""What main mode does with each message: the actions that read and build MM1 to MM6."""

from mainmode.base.codes import Doi, ExchangeType, Flag, NotifyType, ProtocolId
from mainmode.base.errors import Drop
from mainmode.base.provenance import Source
from mainmode.catalogue import lines
from mainmode.crypto.algorithms import hash_algorithm, phase1_cipher
from mainmode.crypto.errors import CryptoError
from mainmode.crypto.groups import group
from mainmode.crypto.primitives import overwrite
from mainmode.crypto.skeyid import phase1_iv, phase1_keys, skeyid_psk
from mainmode.ike import authentication, mapping, phase1_lifetime, sending
from mainmode.ike.effects import Cause, Failure, Phase1Keyed, Role, Step
from mainmode.ike.fsm import Outcome
from mainmode.ike.nat import FLOATED_PORT, best_common, discovery_payloads, floated, judge
from mainmode.ike.negotiation import PolicyChosen, Refused, accept_policy, choose_policy
from mainmode.ike.nonces import fresh_nonce, honest_length
from mainmode.ike.objections import say_refused_policies, say_unknown_groups
from mainmode.ike.proposals import phase1_offer
from mainmode.ike.protection import Chain
from mainmode.ike.sa import IkeSa, Turn
from mainmode.ike.vendor import gateway_vendor_ids, hear_vendor_ids, nat_vendor_ids, wants_traversal
from mainmode.ike.voice import exchange_sources, say_decode
from mainmode.wire.message import HEADER_LENGTH, Message
from mainmode.wire.payloads import (
    KeyExchange,
    NatDiscovery,
    Nonce,
    Notify,
    Payload,
    Proposal,
    SecurityAssociation,
    VendorId,
)


def message_of(sa: IkeSa, payloads: tuple[Payload, ...], encrypted: bool = False) -> Message:
    """A main mode message of this SA."""
    return Message(
        sa.cookie_i,
        sa.cookie_r,
        ExchangeType.MAIN_MODE,
        0,
        payloads,
        Flag.ENCRYPTED if encrypted else 0,
    )


def fail(
    sa: IkeSa, cause: Cause, step: Step, detail: str, sources: tuple[Source, ...] = (),
    attribute: str = "", offered: str = "", configured: str = "",
) -> Outcome:  # fmt: skip
    """Keep why, for the end of the machine."""
    sa.failure = Failure(cause, step, detail, attribute, offered, configured, sources)
    return Outcome.FAIL


def only(message: Message, needed: tuple[type[Payload], ...]) -> type[Payload] | None:
    """The first of the needed payloads that does not stand exactly once, or None when all do."""
    kinds = [type(payload) for payload in message.payloads]
    for kind in needed:
        if kinds.count(kind) != 1:
            return kind
    return None


def _lacks(sa: IkeSa, turn: Turn, step: Step, *needed: type[Payload]) -> bool:
    """Drop the message at hand, with the device's line, where a needed payload is missing or stands twice."""
    message = turn.message
    if message is None:
        return True
    wrong = only(message, needed)
    if wrong is None:
        return False
    turn.say(lines.MISSING_PAYLOAD, sa.about, step, sa.exchange, payload=int(wrong.TYPE))
    twice = len(message.all(wrong)) > 1
    turn.drop(Drop.DUPLICATE_PAYLOAD if twice else Drop.MISSING_PAYLOAD, wrong.__name__)
    return True


# --- MM1 and MM2: the policies --------------------------------------------------------------------------------------


def begin(sa: IkeSa, turn: Turn) -> Outcome:
    """Nothing to do but to move on."""
    return Outcome.OK


def build_msg1(sa: IkeSa, turn: Turn) -> Outcome:
    """The initiator offers all policies and names its NAT-T versions."""
    offer = phase1_offer(turn.settings.policies)
    sa.sa_i_body = offer.body
    if turn.listened:
        sources = exchange_sources(turn.settings, "policies")
        turn.say(lines.CONSTRUCTING, sa.about, Step.MM1, sa.exchange, sources, payload="ISAKMP SA")
    sa.outgoing = message_of(sa, (offer, *nat_vendor_ids(sa, turn, Step.MM1, None)))
    sa.tries = 0
    return Outcome.OK


def process_msg1(sa: IkeSa, turn: Turn) -> Outcome:
    """The responder compares the offer with its policies."""
    message = turn.message
    if message is None or _lacks(sa, turn, Step.MM1, SecurityAssociation):
        return fail(sa, Cause.BAD_MESSAGE, Step.MM1, "MM1 has no single SA payload")
    offer = message.all(SecurityAssociation)[0]
    sa.sa_i_body = offer.body
    if turn.listened:
        turn.say(lines.PROCESSING, sa.about, Step.MM1, sa.exchange, payload="SA")
    foreign = _foreign(offer)
    if foreign is not None:
        return _refuse_foreign(sa, turn, offer, foreign)
    found = choose_policy(offer, turn.settings.policies, turn.settings.unspoken)
    if isinstance(found, Refused):
        say_unknown_groups(sa, turn, offer)
        return _refuse_policies(sa, turn, found)
    if turn.listened:
        sources = tuple(found.policy.sources.values())
        turn.say(lines.OAKLEY_ACCEPTABLE, sa.about, Step.MM1, sa.exchange, sources)
    hear_vendor_ids(sa, turn, message, Step.MM1)
    if turn.listened:
        turn.say(lines.PROCESSING, sa.about, Step.MM1, sa.exchange, payload="IKE SA")
        turn.say(
            lines.IKE_TRANSFORM_ACCEPTABLE, sa.about, Step.MM1, sa.exchange, sources,
            proposal=found.proposal, transform=found.transform.number, policy=found.entry,
        )  # fmt: skip
    if wants_traversal(sa, turn):
        sa.nat.version = best_common(message.all(VendorId))
    return _settle_policy(sa, turn, found, Step.MM1)


_IDENTITY_ONLY = 1
"""The situation without labels (RFC 2407 §4.2.1)."""


def _foreign(offer: SecurityAssociation) -> NotifyType | None:
    """What to tell of an offer that is not for an ISAKMP SA of IPsec (RFC 2408 §3.4, RFC 2407 §4.2), else None.

    DOI 0 is a generic ISAKMP SA. Secrecy and integrity labels are a situation that must be refused where not supported.
    """
    if offer.doi not in (Doi.ISAKMP, Doi.IPSEC):
        return NotifyType.DOI_NOT_SUPPORTED
    if offer.doi == Doi.IPSEC and offer.situation != _IDENTITY_ONLY:
        return NotifyType.SITUATION_NOT_SUPPORTED
    return None


def _refuse_foreign(sa: IkeSa, turn: Turn, offer: SecurityAssociation, kind: NotifyType) -> Outcome:
    if kind == NotifyType.DOI_NOT_SUPPORTED:
        turn.say(lines.UNKNOWN_DOI, sa.about, Step.MM1, sa.exchange, doi=int(offer.doi))
    turn.say(lines.ERROR_PROCESSING_PAYLOAD, sa.about, Step.MM1, sa.exchange, payload=1)
    _notify_in_clear(sa, turn, kind)
    detail = f"MM1 offers an SA of DOI {int(offer.doi)} in situation {offer.situation}"
    return fail(sa, Cause.BAD_MESSAGE, Step.MM1, detail)


def _refuse_policies(sa: IkeSa, turn: Turn, refused: Refused) -> Outcome:
    say_refused_policies(sa, turn, refused)
    turn.say(lines.ALL_SA_UNACCEPTABLE, sa.about, Step.MM1, sa.exchange, exchange_sources(turn.settings, "policies"))
    turn.say(lines.ERROR_PROCESSING_PAYLOAD, sa.about, Step.MM1, sa.exchange, payload=1)
    _notify_in_clear(sa, turn, NotifyType.NO_PROPOSAL_CHOSEN)
    nearest = refused.nearest()
    first = nearest[0] if nearest else None
    detail = "; ".join(f"{each.attribute}: offered {each.offered}, configured {each.configured}" for each in nearest)
    return fail(
        sa,
        Cause.PHASE1_MISMATCH,
        Step.MM1,
        detail or "no IKE policy is configured, or the offer is empty",
        attribute=first.attribute if first else "",
        offered=first.offered if first else "",
        configured=first.configured if first else "",
        sources=tuple(each.source for each in nearest if each.source is not None),
    )


def _notify_in_clear(sa: IkeSa, turn: Turn, kind: NotifyType) -> None:
    """An unprotected notify: there are no keys yet. One for one request, and never longer than it."""
    message = Message(
        sa.cookie_i,
        sa.cookie_r,
        ExchangeType.INFORMATIONAL,
        0,
        (Notify(kind, ProtocolId.ISAKMP, b""),),
    )
    say_decode(turn, sa.about_ip, "SENDING", message, Step.INFORMATIONAL, sa.exchange)
    sending.send(sa, turn, message.encode(), Step.INFORMATIONAL, sa.exchange, message)


def _settle_policy(sa: IkeSa, turn: Turn, found: PolicyChosen, step: Step) -> Outcome:
    try:
        sa.hash = hash_algorithm(found.policy.hash)
        sa.cipher = phase1_cipher(found.policy.encryption, found.policy.key_bits)
        sa.group = group(found.policy.group)
    except CryptoError as error:
        return fail(sa, Cause.PHASE1_MISMATCH, step, str(error), sources=tuple(found.policy.sources.values()))
    sa.choice = found
    return Outcome.OK


def build_msg2(sa: IkeSa, turn: Turn) -> Outcome:
    """The responder answers with the chosen transform, unchanged; with no more octets than came (CVE-2016-5361).

    The chosen transform and NAT-T's vendor ID are in MM1 too.
    """
    if sa.choice is None:
        return Outcome.FAIL
    if turn.listened:
        turn.say(
            lines.CONSTRUCTING, sa.about, Step.MM2, sa.exchange, tuple(sa.choice.policy.sources.values()),
            payload="ISAKMP SA",
        )  # fmt: skip
    answer = SecurityAssociation((Proposal(sa.choice.proposal, ProtocolId.ISAKMP, b"", (sa.choice.transform,)),))
    room = len(turn.datagram) - HEADER_LENGTH - answer.length
    vendors = nat_vendor_ids(sa, turn, Step.MM2, sa.nat.version, room)
    sa.outgoing = message_of(sa, (answer, *vendors))
    sa.tries = 0
    return Outcome.OK


def process_msg2(sa: IkeSa, turn: Turn) -> Outcome:
    """The initiator checks that the answer is one of its offers."""
    message = turn.message
    if message is None or _lacks(sa, turn, Step.MM2, SecurityAssociation):
        return Outcome.STAY
    if turn.listened:
        turn.say(lines.PROCESSING, sa.about, Step.MM2, sa.exchange, payload="SA")
    found = accept_policy(message.all(SecurityAssociation)[0], turn.settings.policies)
    if not isinstance(found, PolicyChosen):
        turn.drop(Drop.UNEXPECTED_MESSAGE, "MM2 does not answer with one of the offered transforms")
        return Outcome.STAY
    sa.cookie_r = message.responder_cookie
    if turn.listened:
        turn.say(lines.OAKLEY_ACCEPTABLE, sa.about, Step.MM2, sa.exchange, tuple(found.policy.sources.values()))
    hear_vendor_ids(sa, turn, message, Step.MM2)
    if wants_traversal(sa, turn):
        sa.nat.version = best_common(message.all(VendorId))
    return _settle_policy(sa, turn, found, Step.MM2)


# --- MM3 and MM4: the key exchange --------------------------------------------------------------------------------


def generate_dh(sa: IkeSa, turn: Turn) -> Outcome:
    """Our Diffie-Hellman pair and nonce."""
    if sa.group is None:
        return Outcome.FAIL
    sa.pair = sa.pair or sa.group.keypair(turn.entropy)
    nonce = fresh_nonce(turn.entropy)
    if sa.role is Role.INITIATOR:
        sa.nonce_i = nonce
    else:
        sa.nonce_r = nonce
    return Outcome.OK


def _group_source(sa: IkeSa) -> tuple[Source, ...]:
    """The statement of the chosen policy's group."""
    source = sa.choice.policy.sources.get("group") if sa.choice is not None else None
    return (source,) if source is not None else ()


def build_exchange(sa: IkeSa, turn: Turn) -> Outcome:
    """MM3 of the initiator, MM4 of the responder: public value, nonce, vendor IDs, NAT discovery."""
    if sa.pair is None or sa.hash is None or sa.choice is None:
        return Outcome.FAIL
    step = Step.MM3 if sa.role is Role.INITIATOR else Step.MM4
    if turn.listened:
        turn.say(lines.CONSTRUCTING, sa.about, step, sa.exchange, _group_source(sa), payload="ke")
        turn.say(lines.CONSTRUCTING, sa.about, step, sa.exchange, payload="nonce")
    nonce = sa.nonce_i if sa.role is Role.INITIATOR else sa.nonce_r
    payloads: list[Payload] = [KeyExchange(sa.pair.public), Nonce(nonce)]
    payloads.extend(gateway_vendor_ids(sa, turn, step))
    if sa.nat.version is not None:
        discovery = discovery_payloads(sa.hash, sa.cookie_i, sa.cookie_r, sa.path, sa.nat.version)
        payloads.extend(discovery)
        _say_discovery(sa, turn, step, len(discovery), built=True)
    sa.outgoing = message_of(sa, tuple(payloads))
    sa.tries = 0
    return Outcome.OK


def _say_discovery(sa: IkeSa, turn: Turn, step: Step, count: int, built: bool) -> None:
    """NAT discovery payloads that were built (with the statement that wants them) or read."""
    if not turn.listened:
        return
    entry = lines.CONSTRUCTING if built else lines.PROCESSING
    sources = exchange_sources(turn.settings, "nat_traversal") if built else ()
    for _ in range(count):
        turn.say(entry, sa.about, step, sa.exchange, sources, payload="NAT-Discovery")
        turn.say(lines.COMPUTING_NAT_HASH, sa.about, step, sa.exchange, sources)


def process_exchange(sa: IkeSa, turn: Turn) -> Outcome:
    """MM3 at the responder, MM4 at the initiator."""
    step = Step.MM4 if sa.role is Role.INITIATOR else Step.MM3
    message = turn.message
    if message is None or sa.group is None or sa.hash is None or _lacks(sa, turn, step, KeyExchange, Nonce):
        return Outcome.STAY
    public = message.all(KeyExchange)[0].public
    nonce = message.all(Nonce)[0].data
    if turn.listened:
        turn.say(lines.PROCESSING, sa.about, step, sa.exchange, _group_source(sa), payload="ke")
        turn.say(lines.PROCESSING, sa.about, step, sa.exchange, _group_source(sa), payload="ISA_KE")
    if not honest_length(nonce):
        turn.say(lines.PROCESSING, sa.about, step, sa.exchange, payload="nonce")
        turn.say(lines.NONCE_OUT_OF_RANGE, sa.about, step, sa.exchange, length=len(nonce))
        turn.drop(Drop.MALFORMED_PAYLOAD, f"a nonce of {len(nonce)} octets")
        return Outcome.STAY
    sa.pair = sa.pair or sa.group.keypair(turn.entropy)
    try:
        sa.shared = sa.group.shared(sa.pair, public)
    except CryptoError as error:
        turn.drop(Drop.BAD_KEY_EXCHANGE, str(error))
        return Outcome.STAY
    if turn.listened:
        turn.say(lines.PROCESSING, sa.about, step, sa.exchange, payload="nonce")
    sa.peer_public = public
    if sa.role is Role.INITIATOR:
        sa.nonce_r = nonce
    else:
        sa.nonce_i = nonce
    hear_vendor_ids(sa, turn, message, step)
    if sa.nat.version is not None:
        received = message.all(NatDiscovery)
        _say_discovery(sa, turn, step, len(received), built=False)
        path = turn.path or sa.path
        if not judge(sa.nat, sa.hash, sa.cookie_i, sa.cookie_r, path, received):
            turn.say(lines.NAT_D_MISSING, sa.about, step, sa.exchange)
    return Outcome.OK


def look_up_group(sa: IkeSa, turn: Turn) -> Outcome:
    """The tunnel-group, by the peer's address: its identity is still unknown."""
    step = Step.MM5 if sa.role is Role.INITIATOR else Step.MM4
    named = turn.settings.groups.get(sa.about_ip.ip)
    found = named or turn.settings.group_for(sa.peer)
    if found is None or found.key is None:
        sources = authentication.missing_group_sources(turn.settings, sa.peer)
        if named is None:
            turn.say(lines.NO_BASE_GROUP_KEY, sa.about_ip, step, sa.exchange, sources, group=str(sa.peer))
        else:
            turn.say(
                lines.NO_GROUP_FOR_KEY, sa.about_ip, step, sa.exchange, sources, group=str(sa.peer), peer=sa.peer
            )  # fmt: skip
        turn.say(lines.NO_TUNNEL_GROUP, sa.about_ip, step, sa.exchange, sources)
        return fail(
            sa,
            Cause.NO_TUNNEL_GROUP,
            step,
            f"no tunnel-group with a pre-shared key for peer {sa.peer}",
            sources=sources,
        )
    sa.land_on(found)
    if turn.listened:
        sources = authentication.key_sources(sa)
        if named is None:
            turn.say(lines.USING_BASE_GROUP_KEY, sa.about_ip, step, sa.exchange, sources, group=str(sa.peer))
        turn.say(lines.LANDED_ON_GROUP, sa.about_ip, step, sa.exchange, sources, group=found.name)
    if "ikev1" not in found.protocols:
        allowed = " ".join(sorted(found.protocols)) or "nothing"
        detail = f"vpn-tunnel-protocol of group-policy {found.policy_name} allows {allowed}"
        sources = tuple(found.sources[name] for name in ("policy", "protocols") if name in found.sources)
        turn.say(lines.CONFLICTING_PROTOCOLS, sa.about, step, sa.exchange, sources)
        return fail(sa, Cause.PROTOCOL_NOT_ALLOWED, step, detail, sources=sources)
    return Outcome.OK


def generate_keys(sa: IkeSa, turn: Turn) -> Outcome:
    """SKEYID and its family, and the IV chain."""
    step = Step.MM5 if sa.role is Role.INITIATOR else Step.MM4
    key = sa.tunnel_group.key if sa.tunnel_group is not None else None
    if key is None or sa.shared is None or sa.pair is None or sa.hash is None or sa.cipher is None:
        return Outcome.FAIL
    if turn.listened:
        turn.say(lines.GENERATING_KEYS, sa.about, step, sa.exchange, authentication.key_sources(sa), role=sa.role.value)
    skeyid = skeyid_psk(sa.hash, key.octets, sa.nonce_i, sa.nonce_r)
    sa.keys = phase1_keys(sa.hash, sa.cipher, skeyid, sa.shared, sa.cookie_i, sa.cookie_r)
    overwrite(skeyid)
    sa.shared.forget()
    sa.pair.private.forget()
    own, peers = sa.pair.public, sa.peer_public
    g_xi, g_xr = (own, peers) if sa.role is Role.INITIATOR else (peers, own)
    sa.chain = Chain(sa.cipher, sa.keys, phase1_iv(sa.hash, g_xi, g_xr, sa.cipher.block))
    turn.effects.append(Phase1Keyed(sa.exchange, sa.keys.cipher_key))
    return Outcome.OK


# --- MM5 and MM6: who they are --------------------------------------------------------------------------------------


def build_msg5(sa: IkeSa, turn: Turn) -> Outcome:
    """Identity and hash of the initiator; from here on port 4500 where a NAT was found."""
    if sa.nat.found and sa.path.local.port != FLOATED_PORT:
        sa.move(floated(sa.path))
    payloads = authentication.own_payloads(sa, turn, Step.MM5)
    sa.outgoing = message_of(sa, payloads, encrypted=True)
    sa.tries = 0
    return Outcome.OK


def build_msg6(sa: IkeSa, turn: Turn) -> Outcome:
    """Identity and hash of the responder, and its lifetime where that is shorter."""
    payloads = authentication.own_payloads(sa, turn, Step.MM6)
    sa.outgoing = message_of(sa, (*payloads, *phase1_lifetime.shorter_than_offered(sa)), encrypted=True)
    sa.tries = 0
    return Outcome.OK


def open_authenticated(sa: IkeSa, turn: Turn) -> Outcome:
    """MM5 or MM6: decrypt. What does not decrypt may be anybody's: it is dropped and the wait goes on."""
    opened = authentication.open_message(sa, turn)
    if not opened and sa.role is Role.RESPONDER:
        _notify_in_clear(sa, turn, NotifyType.PAYLOAD_MALFORMED)
    return Outcome.OK if opened else Outcome.STAY


def verify(sa: IkeSa, turn: Turn) -> Outcome:
    """The peer's identity and hash."""
    return authentication.verify(sa, turn)


def commit(sa: IkeSa, turn: Turn) -> Outcome:
    """The peer is proven: its message moves the IV chain, and where it came from is where the peer is, behind a NAT."""
    if sa.chain is not None:
        sa.chain.accept(turn.datagram)
    mapping.settle(sa, turn)
    step = Step.MM5 if sa.role is Role.RESPONDER else Step.MM6
    if sa.role is Role.RESPONDER:
        authentication.say_nat_status(sa, turn, step)
    else:
        phase1_lifetime.obey(sa, turn)
    if turn.listened and sa.tunnel_group is not None:
        turn.say(
            lines.LANDED_ON_GROUP, sa.about_ip, step, sa.exchange, authentication.key_sources(sa),
            group=sa.tunnel_group.name,
        )  # fmt: skip
    return Outcome.OK
