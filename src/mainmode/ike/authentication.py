"""MM5 and MM6: identity and authentication hash (RFC 2409 §5.4), and what travels with them."""

from dataclasses import replace
from functools import lru_cache
from ipaddress import IPv4Address

from mainmode.base.codes import IdType, IpProtocol, NotifyType, Phase2Attribute
from mainmode.base.errors import Drop, WireError
from mainmode.base.provenance import Absent, Source
from mainmode.catalogue import lines
from mainmode.crypto.skeyid import equal, hash_i, hash_r
from mainmode.ike.effects import Cause, Failure, Role, Step
from mainmode.ike.fsm import Outcome
from mainmode.ike.negotiation import lifetimes, smaller
from mainmode.ike.sa import IkeSa, Turn
from mainmode.ike.settings import IkeSettings
from mainmode.ike.vendor import hear_vendor_ids
from mainmode.ike.voice import exchange_sources, say_decode
from mainmode.wire.cursor import Cursor
from mainmode.wire.message import Message
from mainmode.wire.payloads import Hash, Identification, IosKeepalive, Notify, Payload, VendorId, read_attributes
from mainmode.wire.vendor import DPD

IKE_PORT = 500
KEEPALIVE_INTERVALS = (32767, 32767)


def key_sources(sa: IkeSa) -> tuple[Source, ...]:
    """The statements of the tunnel-group and of its key."""
    if sa.tunnel_group is None:
        return ()
    sources = sa.tunnel_group.sources
    return tuple(sources[name] for name in ("group", "key") if name in sources)


def missing_group_sources(settings: IkeSettings, peer: IPv4Address) -> tuple[Source, ...]:
    """What was looked for: the tunnel-group's own statement where only its key is missing."""
    found = settings.groups.get(str(peer))
    if found is None:
        return (Absent(settings.file, f"tunnel-group {peer} type ipsec-l2l"),)
    group = found.sources.get("group")
    return (
        *((group,) if group is not None else ()),
        Absent(settings.file, f"tunnel-group {peer} ipsec-attributes / pre-shared-key"),
    )


def own_identity(sa: IkeSa, settings: IkeSettings) -> Identification:
    """Our ID payload as `crypto isakmp identity` says; `auto` with a pre-shared key is the address."""
    port = 0 if sa.nat.found else IKE_PORT
    if settings.identity == "hostname":
        return Identification(IdType.FQDN, IpProtocol.UDP, port, settings.hostname.encode("ascii", "replace"))
    if settings.identity == "key-id":
        return Identification(IdType.KEY_ID, IpProtocol.UDP, port, settings.identity_value.encode("utf-8"))
    return _address_identity(sa.path.local.address, port)


@lru_cache(64)
def _address_identity(address: IPv4Address, port: int) -> Identification:
    return Identification(IdType.IPV4_ADDR, IpProtocol.UDP, port, address.packed)


def own_payloads(sa: IkeSa, turn: Turn, step: Step) -> tuple[Payload, ...]:
    """ID, HASH, the IOS keepalive payload and the DPD vendor ID.

    The keepalive payload has a private number: a peer that has not shown the IOS vendor ID may refuse the whole message
    because of it, as Libreswan does (RFC 2408 §3.16).
    """
    if sa.hash is None or sa.keys is None or sa.pair is None:
        return ()
    identity = own_identity(sa, turn.settings)
    sa.own_id_body = identity.body
    dpd = sa.tunnel_group is not None and sa.tunnel_group.keepalive is not None
    if turn.listened:
        _say_own_payloads(sa, turn, step, dpd)
    payloads: tuple[Payload, ...] = (identity, Hash(_digest(sa, sa.own_id_body, own=True)))
    if sa.peer_ios:
        payloads = (*payloads, _KEEPALIVE)
    return (*payloads, _DPD_VENDOR) if dpd else payloads


_KEEPALIVE, _DPD_VENDOR = IosKeepalive(), VendorId(DPD)


def _say_own_payloads(sa: IkeSa, turn: Turn, step: Step, dpd: bool) -> None:
    about, exchange = sa.about, sa.exchange
    turn.say(lines.CONSTRUCTING, about, step, exchange, exchange_sources(turn.settings, "identity"), payload="ID")
    turn.say(lines.CONSTRUCTING, about, step, exchange, key_sources(sa), payload="hash")
    turn.say(lines.COMPUTING_HASH, about, step, exchange, key_sources(sa))
    first, second = KEEPALIVE_INTERVALS
    if sa.peer_ios:
        turn.say(
            lines.KEEPALIVE_PAYLOAD, sa.about_ip, step, exchange, verb="Constructing", interval=first, retry=second
        )
    if dpd:
        keepalive = sa.tunnel_group.sources.get("keepalive") if sa.tunnel_group is not None else None
        sources = (keepalive,) if keepalive is not None else ()
        turn.say(lines.CONSTRUCTING, about, step, exchange, sources, payload="dpd vid")


def _digest(sa: IkeSa, identity: bytes, own: bool) -> bytes:
    """HASH_I or HASH_R over the body of our own or the peer's identity."""
    if sa.hash is None or sa.keys is None or sa.pair is None:
        return b""
    initiator = sa.role is Role.INITIATOR
    g_xi, g_xr = (sa.pair.public, sa.peer_public) if initiator else (sa.peer_public, sa.pair.public)
    compute = hash_i if initiator is own else hash_r
    return compute(sa.hash, sa.keys, g_xi, g_xr, sa.cookie_i, sa.cookie_r, sa.sa_i_body, identity)


def open_message(sa: IkeSa, turn: Turn) -> bool:
    """Decrypt the datagram at hand into `turn.message`. False, with the device's lines, where that fails."""
    step = Step.MM6 if sa.role is Role.INITIATOR else Step.MM5
    if sa.chain is None or turn.header is None:
        turn.drop(Drop.UNEXPECTED_MESSAGE)
        return False
    try:
        payloads, turn.plain = sa.chain.open(turn.header, turn.datagram)
    except WireError as error:
        turn.say(lines.INVALID_PAYLOADS, sa.about, step, sa.exchange, message_id=0)
        turn.say(lines.PSK_MISMATCH, sa.about, step, sa.exchange, key_sources(sa))
        turn.drop(error.drop, error.detail, key_sources(sa))
        sa.failure = Failure(
            Cause.PSK_MISMATCH,
            step,
            f"{step.value} does not decrypt with the keys made from this side's pre-shared key",
            sources=key_sources(sa),
        )
        return False
    header = turn.header
    turn.message = Message(header.initiator_cookie, header.responder_cookie, header.exchange, 0, payloads, header.flags)
    say_decode(turn, sa.about_ip, "RECEIVED", turn.message, step, sa.exchange)
    return True


def verify(sa: IkeSa, turn: Turn) -> Outcome:
    """Check the peer's identity payload and hash; hear what else the message brought."""
    step = Step.MM6 if sa.role is Role.INITIATOR else Step.MM5
    message = turn.message
    if message is None or sa.hash is None:
        return Outcome.STAY
    identities, hashes = message.all(Identification), message.all(Hash)
    if len(identities) != 1 or len(hashes) != 1:
        turn.drop(Drop.MISSING_PAYLOAD, "one ID and one HASH payload are needed")
        return Outcome.STAY
    identity = identities[0]
    if turn.listened:
        turn.say(lines.PROCESSING, sa.about, step, sa.exchange, payload="ID")
    if not _acceptable_identity(sa, turn, identity, step):
        return Outcome.STAY
    if turn.listened:
        turn.say(lines.PROCESSING, sa.about, step, sa.exchange, payload="hash")
        turn.say(lines.COMPUTING_HASH, sa.about, step, sa.exchange, key_sources(sa))
    if not equal(hashes[0].digest, _digest(sa, identity.body, own=False)):
        turn.drop(Drop.BAD_HASH, "the authentication hash of the peer", key_sources(sa))
        return Outcome.STAY
    sa.peer_id_body = identity.body
    for keepalive in message.all(IosKeepalive):
        _hear_keepalive(sa, turn, keepalive, step)
    hear_vendor_ids(sa, turn, message, step)
    for notify in message.all(Notify):
        turn.say(lines.PROCESSING, sa.about, step, sa.exchange, payload="notify")
        if notify.notify_type == NotifyType.INITIAL_CONTACT:
            turn.initial_contact = True
        elif notify.notify_type == NotifyType.RESPONDER_LIFETIME and sa.role is Role.INITIATOR:
            _shorten(sa, turn, notify, step)
    return Outcome.OK


def _shorten(sa: IkeSa, turn: Turn, notify: Notify, step: Step) -> None:
    """RESPONDER-LIFETIME of phase 1 (RFC 2407 §4.6.3.1): the responder's limit, where it is shorter."""
    try:
        attributes = read_attributes(Cursor(notify.data))
    except WireError as error:
        turn.drop(error.drop, "the attributes of RESPONDER-LIFETIME")
        return
    limit = lifetimes(attributes, Phase2Attribute.LIFE_TYPE, Phase2Attribute.LIFE_DURATION)[0]
    choice = sa.choice
    if choice is None or limit is None:
        return
    before, after = choice.lifetime, smaller(choice.lifetime, limit)
    if after is not None and after != before:
        source = choice.policy.sources.get("lifetime")
        turn.say(
            lines.RESPONDER_FORCING_PHASE1, sa.about, step, sa.exchange, (source,) if source is not None else (),
            before=before or 0, after=after,
        )  # fmt: skip
        sa.choice = replace(choice, lifetime=after)


def _hear_keepalive(sa: IkeSa, turn: Turn, keepalive: IosKeepalive, step: Step) -> None:
    """The older keepalives, which only IOS and its kin understand, and of which this device takes none."""
    if not sa.peer_ios:
        turn.say(lines.KEEPALIVE_IGNORED, sa.about, step, sa.exchange)
    elif len(keepalive.data) != _KEEPALIVE_LENGTH:
        turn.say(lines.KEEPALIVE_MALFORMED, sa.about, step, sa.exchange)
    else:
        interval, retry = (int.from_bytes(keepalive.data[at : at + 2]) for at in (2, 6))
        turn.say(
            lines.KEEPALIVE_PAYLOAD, sa.about_ip, step, sa.exchange, verb="Processing", interval=interval, retry=retry
        )  # fmt: skip


def _acceptable_identity(sa: IkeSa, turn: Turn, identity: Identification, step: Step) -> bool:
    """Type, protocol and port as RFC 2407 §4.6.2 allows them in phase 1; the type's line is said."""
    if identity.id_type is IdType.IPV4_ADDR and len(identity.data) == 4:
        turn.say(lines.ID_ADDRESS_RECEIVED, sa.about, step, sa.exchange, address=IPv4Address(identity.data))
    elif not identity.data:
        turn.say(lines.ID_ZERO_LENGTH, sa.about, step, sa.exchange)
        turn.drop(Drop.MALFORMED_PAYLOAD, "an empty identity")
        return False
    elif not identity.id_type.known:
        turn.say(lines.ID_TYPE_UNKNOWN, sa.about, step, sa.exchange, type=int(identity.id_type))
        turn.drop(Drop.MALFORMED_PAYLOAD, f"identity type {int(identity.id_type)}")
        return False
    elif (spoken := _NAMED_IDS.get(identity.id_type)) is not None:
        turn.say(lines.ID_FQDN_RECEIVED, sa.about, step, sa.exchange, type=spoken, length=len(identity.data))
    if not _acceptable_length(sa, turn, identity, step):
        return False
    if identity.protocol not in (0, IpProtocol.UDP):
        turn.say(lines.ID_BAD_PROTOCOL, sa.about, step, sa.exchange, protocol=identity.protocol)
        turn.drop(Drop.MALFORMED_PAYLOAD, f"identity protocol {identity.protocol}")
        return False
    if identity.port not in (0, IKE_PORT, 4500):
        turn.say(lines.ID_BAD_PORT, sa.about, step, sa.exchange, port=identity.port)
        turn.drop(Drop.MALFORMED_PAYLOAD, f"identity port {identity.port}")
        return False
    return True


_NAMED_IDS = {
    IdType.FQDN: "ID_FQDN",
    IdType.USER_FQDN: "ID_USER_FQDN",
    IdType.KEY_ID: "ID_KEY_ID",
    IdType.DER_ASN1_DN: "ID_DER_ASN1_DN",
    IdType.IPV6_ADDR: "ID_IPV6_ADDR",
}
"""Identities whose length the device tells instead of what they say."""
_KEEPALIVE_LENGTH = 8
_LONGEST_ID = 2048
_LONGEST_KEY_ID = 32


def _acceptable_length(sa: IkeSa, turn: Turn, identity: Identification, step: Step) -> bool:
    """Less than 2 K octets, and a key id at most 32 (syslog guide, 713102 and 713008)."""
    length = len(identity.data)
    if length >= _LONGEST_ID:
        turn.say(lines.ID_TOO_LONG, sa.about, step, sa.exchange, length=length)
    elif identity.id_type == IdType.KEY_ID and length > _LONGEST_KEY_ID:
        turn.say(lines.KEY_ID_TOO_LONG, sa.about, step, sa.exchange)
    else:
        return True
    turn.drop(Drop.MALFORMED_PAYLOAD, f"an identity of {length} octets")
    return False


def say_nat_status(sa: IkeSa, turn: Turn, step: Step) -> None:
    """Who is behind a NAT, once NAT discovery judged it."""
    if turn.listened and sa.nat.judged:
        turn.say(
            lines.NAT_STATUS,
            sa.about,
            step,
            sa.exchange,
            exchange_sources(turn.settings, "nat_traversal"),
            remote=sa.nat.remote_behind,
            local=sa.nat.local_behind,
        )
