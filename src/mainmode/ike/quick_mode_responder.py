"""Quick mode at the responder: the actions of its rows."""

from mainmode.base.address import Proxy, ProxyPair
from mainmode.base.codes import LifeType, NotifyType, Phase2Attribute, ProtocolId
from mainmode.base.errors import Drop, WireError
from mainmode.catalogue import lines
from mainmode.crypto.errors import CryptoError
from mainmode.crypto.groups import group
from mainmode.ike import limits
from mainmode.ike.effects import Cause, Step
from mainmode.ike.fsm import Outcome
from mainmode.ike.negotiation import PFS_CLASS, Refused, choose_transform, smaller
from mainmode.ike.nonces import fresh_nonce
from mainmode.ike.objections import say_refused_sets
from mainmode.ike.proxies import EntryChecked, check_entries, nearest_ace
from mainmode.ike.quick_mode_exchange import (
    ace_sources,
    complete,
    entry_sources,
    fail,
    protected,
    reserve_spi,
    set_sources,
)
from mainmode.ike.sa import QuickMode, Turn
from mainmode.ike.teardown import send_informational
from mainmode.ike.voice import say_identification, say_received_proxy
from mainmode.wire.identity import identification_to_proxy, proxy_to_identification
from mainmode.wire.payloads import (
    Attribute,
    Identification,
    KeyExchange,
    Nonce,
    Notify,
    Payload,
    Proposal,
    SecurityAssociation,
    write_attributes,
)


def _refuse(qm: QuickMode, turn: Turn, kind: NotifyType, spi: bytes) -> None:
    """Tell the initiator, under protection, with the SPI that it offered."""
    turn.say(lines.SENDING_NOTIFY, qm.about, Step.QM1, qm.exchange)
    send_informational(qm.sa, turn, Notify(kind, ProtocolId.ESP, spi), "ipsec notify", Step.INFORMATIONAL)


def _offered_spi(qm: QuickMode, turn: Turn) -> bytes:
    offers = turn.message.all(SecurityAssociation) if turn.message is not None else ()
    return offers[0].proposals[0].spi if offers and offers[0].proposals else b""


def process_msg1(qm: QuickMode, turn: Turn) -> Outcome:
    """Read SA, nonce and the peer's proxies of QM1; its client is our remote side."""
    message = turn.message
    if message is None:
        return fail(qm, Cause.BAD_MESSAGE, Step.QM1, "QM1 came to nothing")
    if complete(qm, turn, message, Step.QM1) is Outcome.FAIL:
        return Outcome.FAIL
    if turn.listened:
        turn.say(lines.PROCESSING, qm.about, Step.QM1, qm.exchange, payload="SA")
        turn.say(lines.PROCESSING, qm.about, Step.QM1, qm.exchange, payload="nonce")
    qm.nonce_i = message.all(Nonce)[0].data
    identities = message.all(Identification)
    proxies = []
    for identity, side in zip(identities, ("remote", "local"), strict=False):
        turn.say(lines.PROCESSING, qm.about, Step.QM1, qm.exchange, payload="ID")
        say_identification(turn, qm.about, identity, Step.QM1, qm.exchange)
        try:
            proxy = identification_to_proxy(identity)
        except WireError as error:
            turn.say(lines.ID_TYPE_UNSUPPORTED, qm.about, Step.QM1, qm.exchange, type=int(identity.id_type))
            turn.drop(error.drop, error.detail)
            _refuse(qm, turn, NotifyType.INVALID_ID_INFORMATION, _offered_spi(qm, turn))
            return fail(qm, Cause.BAD_MESSAGE, Step.QM1, f"an ID payload of QM1: {error.detail}")
        say_received_proxy(turn, qm.about, side, identity, proxy, Step.QM1, qm.exchange)
        proxies.append(proxy)
    if len(identities) not in (0, 2):
        turn.drop(Drop.MISSING_PAYLOAD, "QM1 has both IDs or none")
        return fail(qm, Cause.BAD_MESSAGE, Step.QM1, f"QM1 has {len(identities)} ID payloads")
    qm.proxies = ProxyPair(proxies[1], proxies[0]) if proxies else _implied(qm)
    for notify in message.all(Notify):
        turn.say(lines.PROCESSING, qm.about, Step.QM1, qm.exchange, payload="notify")
        if notify.notify_type == NotifyType.INITIAL_CONTACT:
            turn.initial_contact = True
    return Outcome.OK


def _implied(qm: QuickMode) -> ProxyPair:
    """Without IDs the proxies are the two IKE peers themselves (RFC 2409 §5.5)."""
    path = qm.sa.path
    own, peers = path.local.address, path.remote.address
    return ProxyPair(Proxy(own, own), Proxy(peers, peers))


def confirm_sa(qm: QuickMode, turn: Turn) -> Outcome:
    """The SA payload must speak of IPsec and identity only (RFC 2407 §4.6.1)."""
    message = turn.message
    offer = message.all(SecurityAssociation)[0] if message is not None else None
    if offer is None or offer.doi != 1 or offer.situation != 1:
        doi = offer.doi if offer is not None else 0
        turn.say(lines.UNKNOWN_DOI, qm.about, Step.QM1, qm.exchange, doi=doi)
        _refuse(qm, turn, NotifyType.DOI_NOT_SUPPORTED, b"")
        return fail(qm, Cause.BAD_MESSAGE, Step.QM1, "the SA payload is not of the IPsec DOI")
    return Outcome.OK


def is_rekey(qm: QuickMode, turn: Turn) -> Outcome:
    """Whether SAs for the same proxies stand already: then this renews them; those of another peer forbid it."""
    session, proxies = qm.sa.session, qm.proxies
    if session is None or proxies is None:
        return fail(qm, Cause.BAD_MESSAGE, Step.QM1, "QM1 came to nothing")
    carrying = session.carrying(proxies)
    if carrying is not None:
        qm.replaces = carrying.spi
        turn.say(lines.REKEY_DUPLICATE_SA, qm.about, Step.QM1, qm.exchange)
        return Outcome.OK
    full = limits.pairs_reached(len(session.children), len(turn.sessions.children))
    if full is not None:
        turn.say(full.entry, qm.about, Step.QM1, qm.exchange)
        _refuse(qm, turn, NotifyType.NO_PROPOSAL_CHOSEN, _offered_spi(qm, turn))
        return fail(qm, Cause.LIMIT, Step.QM1, full.detail)
    elsewhere = turn.sessions.of_another(session, proxies)
    if elsewhere is not None:
        turn.say(lines.REKEY_OTHER_PEER, qm.about, Step.QM1, qm.exchange, elsewhere.pair.sources)
        _refuse(qm, turn, NotifyType.INVALID_ID_INFORMATION, _offered_spi(qm, turn))
        detail = f"peer {elsewhere.session.peer} has a tunnel with the proxies {proxies} already"
        return fail(qm, Cause.NO_MATCHING_ENTRY, Step.QM1, detail, elsewhere.pair.sources)
    if turn.listened:
        turn.say(lines.REKEY_NO_OLD_SA, qm.about, Step.QM1, qm.exchange)
    return Outcome.OK


def negotiate(qm: QuickMode, turn: Turn) -> Outcome:
    """Find the crypto map entry for the proxies, and the first offered transform that it takes."""
    message, proxies = turn.message, qm.proxies
    if message is None or proxies is None:
        return fail(qm, Cause.BAD_MESSAGE, Step.QM1, "QM1 came to nothing")
    checked = []
    entries = turn.settings.on(qm.sa.interface)
    standing = qm.sa.session is not None and qm.sa.session.had_children
    for check in check_entries(entries, qm.sa.peer, proxies, standing, every=turn.listened):
        checked.append(check)
        _say_check(qm, turn, check, proxies)
    if not checked or checked[-1].verdict != "match":
        return _no_entry(qm, turn, tuple(check_entries(entries, qm.sa.peer, proxies, standing)), proxies)
    entry = checked[-1].entry
    qm.entry, qm.ace = entry, checked[-1].ace
    if turn.listened:
        sources = entry_sources(entry, "entry", "peer")
        turn.say(lines.PEER_CONFIGURED_FOR_MAP, qm.about, Step.QM1, qm.exchange, sources, map=entry.map_name)
        offered_against = (*entry_sources(entry, "transform_set", "pfs"), *set_sources(entry))
        turn.say(lines.PROCESSING, qm.about, Step.QM1, qm.exchange, offered_against, payload="IPSec SA")
    if qm.sa.nat.found:
        turn.say(lines.NAT_T_MODES_ONLY, qm.about, Step.QM1, qm.exchange, action="Selecting")
    offer = message.all(SecurityAssociation)[0]
    found = choose_transform(offer, entry, qm.sa.nat.found)
    if isinstance(found, Refused):
        return _no_transform(qm, turn, found)
    if found.spi < 256:
        turn.drop(Drop.MALFORMED_PAYLOAD, "a reserved SPI")
        return fail(qm, Cause.BAD_MESSAGE, Step.QM1, "the offered SPI is a reserved one")
    if turn.listened:
        turn.say(
            lines.IPSEC_TRANSFORM_ACCEPTABLE, qm.about, Step.QM1, qm.exchange, (found.transform_set.source,),
            proposal=found.proposal.number, transform=found.transform.number, sequence=entry.sequence,
        )  # fmt: skip
    qm.choice = found
    return _take_key_exchange(qm, turn)


def _say_check(qm: QuickMode, turn: Turn, check: EntryChecked, proxies: ProxyPair) -> None:
    if not turn.listened:
        return
    entry = check.entry
    names = {"map": entry.map_name, "sequence": entry.sequence}
    sources = (*entry_sources(entry, "entry", "acl", "peer"), *ace_sources(check.ace))
    if check.verdict == "peerless":
        turn.say(lines.SKIPPING_DYNAMIC_MAP, qm.about, Step.QM1, qm.exchange, sources, **names)
        return
    checking = lines.CHECKING_DYNAMIC_MAP if entry.dynamic else lines.STATIC_MAP_CHECKING
    turn.say(checking, qm.about, Step.QM1, qm.exchange, sources, **names)
    match check.verdict:
        case "match" if entry.dynamic:
            pass
        case "match":
            turn.say(lines.STATIC_MAP_MATCH, qm.about, Step.QM1, qm.exchange, sources, **names)
        case "incomplete":
            turn.say(lines.STATIC_MAP_INCOMPLETE, qm.about, Step.QM1, qm.exchange, sources)
        case "no-acl":
            turn.say(lines.STATIC_MAP_NO_ACL, qm.about, Step.QM1, qm.exchange, sources, **names)
        case "originate-only":
            turn.say(lines.ORIGINATE_ONLY, qm.about, Step.QM1, qm.exchange, entry_sources(entry, "connection_type"))
        case "peer":
            turn.say(
                lines.PEER_DOES_NOT_MATCH, qm.about, Step.QM1, qm.exchange, entry_sources(entry, "peer"),
                peer=qm.sa.peer, configured=entry.peers[0],
            )  # fmt: skip
        case _:
            turn.say(
                lines.STATIC_MAP_PROXIES_DIFFER, qm.about, Step.QM1, qm.exchange, sources, **names,
                source=proxies.remote.first, destination=proxies.local.first,
            )  # fmt: skip


def _no_entry(qm: QuickMode, turn: Turn, checked: tuple[EntryChecked, ...], proxies: ProxyPair) -> Outcome:
    if proxies == _implied(qm):
        turn.say(lines.SAME_OUTER_AND_INNER, qm.about, Step.QM1, qm.exchange, peer=qm.sa.peer)
    turn.say(
        lines.NO_MATCHING_MAP_ENTRY, qm.about, Step.QM1, qm.exchange,
        tuple(source for check in checked for source in entry_sources(check.entry, "entry", "acl")),
        remote=proxies.remote, local=proxies.local, interface=qm.sa.interface,
    )  # fmt: skip
    _refuse(qm, turn, NotifyType.INVALID_ID_INFORMATION, _offered_spi(qm, turn))
    shut = next((check for check in checked if check.verdict == "originate-only"), None)
    if shut is not None:
        entry = shut.entry
        return fail(
            qm, Cause.CONNECTION_TYPE, Step.QM1,
            f"crypto map {entry.map_name} {entry.sequence} is originate-only and takes no tunnel that a peer begins",
            entry_sources(entry, "connection_type"),
        )  # fmt: skip
    wrong_peer = next((check for check in checked if check.verdict == "peer"), None)
    if wrong_peer is not None:
        entry = wrong_peer.entry
        peers = " ".join(str(peer) for peer in entry.peers)
        return fail(
            qm, Cause.NO_MATCHING_ENTRY, Step.QM1,
            f"crypto map {entry.map_name} {entry.sequence} mirrors the proxies, "
            f"but its peer is {peers}, not {qm.sa.peer}",
            entry_sources(entry, "peer"), "peer", str(qm.sa.peer), peers,
        )  # fmt: skip
    candidates = [check.entry for check in checked if check.verdict == "proxies"]
    candidates.sort(key=lambda entry: (qm.sa.peer not in entry.peers, not entry.dynamic))
    if candidates:
        entry = candidates[0]
        ace = nearest_ace(entry, proxies)
        return fail(
            qm, Cause.PROXY_MISMATCH, Step.QM1,
            f"the initiator's proxies {proxies.mirrored()} mirror no permit entry of access-list {entry.acl_name}",
            (ace.source,) if ace is not None else entry_sources(entry, "acl"),
            "proxies", str(proxies), str(ace.proxies) if ace is not None else "none",
        )  # fmt: skip
    return fail(
        qm, Cause.NO_MATCHING_ENTRY, Step.QM1, f"no complete crypto map entry serves peer {qm.sa.peer}",
        tuple(source for check in checked for source in entry_sources(check.entry, "entry")),
    )  # fmt: skip


def _no_transform(qm: QuickMode, turn: Turn, refused: Refused) -> Outcome:
    sources = tuple(each.source for each in refused.nearest() if each.source is not None)
    offers = turn.message.all(SecurityAssociation) if turn.message is not None else ()
    say_refused_sets(qm, turn, offers[0] if offers else None, refused)
    turn.say(lines.ALL_IPSEC_SA_UNACCEPTABLE, qm.about, Step.QM1, qm.exchange, sources)
    _refuse(qm, turn, NotifyType.NO_PROPOSAL_CHOSEN, _offered_spi(qm, turn))
    nearest = refused.nearest()
    first = nearest[0] if nearest else None
    only_pfs = bool(nearest) and all(each.attribute == PFS_CLASS for each in nearest)
    detail = "; ".join(f"{each.attribute}: offered {each.offered}, configured {each.configured}" for each in nearest)
    return fail(
        qm, Cause.PFS_MISMATCH if only_pfs else Cause.TRANSFORM_MISMATCH, Step.QM1,
        detail or "no transform set is configured", sources,
        first.attribute if first else "", first.offered if first else "", first.configured if first else "",
    )  # fmt: skip


def _take_key_exchange(qm: QuickMode, turn: Turn) -> Outcome:
    """With PFS: the peer's public value, our pair, the secret. A KE payload without a group is not expected."""
    if qm.choice is None or qm.choice.group is None:
        return Outcome.OK
    public = turn.message.first(KeyExchange) if turn.message is not None else None
    sources = entry_sources(qm.entry, "pfs") if qm.entry is not None else ()
    try:
        qm.group = group(qm.choice.group)
    except CryptoError as error:
        _refuse(qm, turn, NotifyType.NO_PROPOSAL_CHOSEN, _offered_spi(qm, turn))
        return fail(qm, Cause.PFS_MISMATCH, Step.QM1, str(error), sources)
    qm.pair = qm.group.keypair(turn.entropy)
    try:
        qm.pfs_secret = qm.group.shared(qm.pair, public.public if public is not None else b"")
    except CryptoError as error:
        turn.drop(Drop.BAD_KEY_EXCHANGE, f"the KE payload of QM1: {error}")
        _refuse(qm, turn, NotifyType.INVALID_KEY_INFORMATION, _offered_spi(qm, turn))
        return fail(qm, Cause.BAD_MESSAGE, Step.QM1, "PFS was offered without a usable KE payload", sources)
    turn.say(lines.PROCESSING, qm.about, Step.QM1, qm.exchange, sources, payload="ke")
    return Outcome.OK


def get_spi(qm: QuickMode, turn: Turn) -> Outcome:
    """Settle the lifetimes, then reserve the SPI that the peer will send to."""
    entry, choice = qm.entry, qm.choice
    if entry is None or choice is None:
        return fail(qm, Cause.BAD_MESSAGE, Step.QM2, "nothing was negotiated")
    qm.lifetime_seconds = smaller(choice.offered_seconds, entry.lifetime_seconds)
    qm.lifetime_kilobytes = smaller(choice.offered_kilobytes, entry.lifetime_kilobytes)
    sources = entry_sources(entry, "lifetime_seconds", "lifetime_kilobytes")
    for unit, offered, settled in (
        ("seconds", choice.offered_seconds, qm.lifetime_seconds),
        ("Kbs", choice.offered_kilobytes, qm.lifetime_kilobytes),
    ):
        if settled is not None and offered != settled:
            qm.tell_lifetime = True
            turn.say(
                lines.OVERRIDING_DURATION, qm.about, Step.QM1, qm.exchange, sources,
                before=offered or 0, after=settled, unit=unit,
            )  # fmt: skip
    if turn.listened:
        turn.say(lines.REQUESTING_SPI, qm.about, Step.QM2, qm.exchange)
    return reserve_spi(qm, turn, Step.QM2)


def build_msg2(qm: QuickMode, turn: Turn) -> Outcome:
    """HASH(2), SA, Nr, [KE], IDci, IDcr, [RESPONDER-LIFETIME]."""
    entry, choice, proxies = qm.entry, qm.choice, qm.proxies
    if entry is None or choice is None or proxies is None:
        return fail(qm, Cause.BAD_MESSAGE, Step.QM2, "nothing was negotiated")
    if turn.listened:
        sources = (choice.transform_set.source,)
        turn.say(lines.OAKLEY_CONSTRUCTING_QM, qm.about, Step.QM2, qm.exchange)
        turn.say(lines.CONSTRUCTING, qm.about, Step.QM2, qm.exchange, payload="blank hash")
        turn.say(lines.CONSTRUCTING, qm.about, Step.QM2, qm.exchange, sources, payload="IPSec SA")
        turn.say(lines.CONSTRUCTING, qm.about, Step.QM2, qm.exchange, payload="IPSec nonce")
    spi = qm.spi_in.to_bytes(4)
    answer = Proposal(choice.proposal.number, ProtocolId.ESP, spi, (choice.transform,))
    qm.nonce_r = fresh_nonce(turn.entropy)
    payloads: list[Payload] = [SecurityAssociation((answer,)), Nonce(qm.nonce_r)]
    if qm.pair is not None:
        turn.say(lines.CONSTRUCTING, qm.about, Step.QM2, qm.exchange, entry_sources(entry, "pfs"), payload="pfs ke")
        payloads.append(KeyExchange(qm.pair.public))
    message = turn.message
    identities = message.all(Identification) if message is not None else ()
    payloads.extend(identities or (proxy_to_identification(proxies.remote), proxy_to_identification(proxies.local)))
    if turn.listened:
        acl = (qm.ace.source,) if qm.ace is not None else entry_sources(entry, "acl")
        turn.say(lines.CONSTRUCTING_PROXY_ID, qm.about, Step.QM2, qm.exchange, acl)
        turn.say(
            lines.TRANSMITTING_PROXY_ID_RESPONDER, qm.about, Step.QM2, qm.exchange, acl,
            local=proxies.local, remote=proxies.remote,
        )  # fmt: skip
    if qm.tell_lifetime:
        payloads.append(_responder_lifetime(qm, spi))
    if turn.listened:
        turn.say(lines.CONSTRUCTING, qm.about, Step.QM2, qm.exchange, payload="qm hash")
    qm.outgoing = protected(qm, tuple(payloads))
    if turn.listened:
        turn.say(
            lines.QM_PACKET, qm.about, Step.QM2, qm.exchange, role="Responder", number="2nd", message_id=qm.message_id
        )
    qm.tries = 0
    return Outcome.OK


def _responder_lifetime(qm: QuickMode, spi: bytes) -> Notify:
    """RFC 2407 §4.6.3.1: what holds instead of what was offered."""
    attributes = []
    for kind, value in ((LifeType.SECONDS, qm.lifetime_seconds), (LifeType.KILOBYTES, qm.lifetime_kilobytes)):
        if value is not None:
            attributes.append(Attribute.basic_of(Phase2Attribute.LIFE_TYPE, kind))
            attributes.append(Attribute.variable(Phase2Attribute.LIFE_DURATION, value, 4))
    return Notify(NotifyType.RESPONDER_LIFETIME, ProtocolId.ESP, spi, write_attributes(attributes))
