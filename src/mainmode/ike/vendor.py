"""The vendor IDs that this device sends, and what it says when it reads a peer's."""

from mainmode.catalogue import lines
from mainmode.ike.effects import Step
from mainmode.ike.nat import NatVersion
from mainmode.ike.sa import IkeSa, Turn
from mainmode.ike.voice import exchange_sources
from mainmode.wire.message import Message
from mainmode.wire.payloads import VendorId
from mainmode.wire.vendor import (
    ALTIGA_GATEWAY,
    FRAGMENTATION,
    IOS_CAPABILITIES,
    UNITY,
    XAUTH,
    Kind,
    Vendor,
    fragmentation_modes,
    ios_capabilities,
    ios_vendor_id,
    recognise,
)

_FRAGMENTATION, _UNITY, _XAUTH, _ALTIGA = (VendorId(data) for data in (FRAGMENTATION, UNITY, XAUTH, ALTIGA_GATEWAY))
_NAT_VERSIONS = tuple(NatVersion)
_NAT = {version: VendorId(version.vendor_id) for version in _NAT_VERSIONS}


def hear_vendor_ids(sa: IkeSa, turn: Turn, message: Message, step: Step) -> None:
    """Say which vendor IDs the message holds, and keep what they announce."""
    for payload in message.all(VendorId):
        vendor = recognise(payload.data)
        if vendor is not None and vendor.kind is _DPD:
            sa.peer_dpd = True
        elif vendor is not None and vendor.kind is Kind.IOS:
            sa.peer_ios = True
        elif vendor is not None and vendor.kind is Kind.FRAGMENTATION:
            sa.peer_fragments = fragmentation_modes(payload.data)[0]
        if turn.listened:
            _say_vendor_id(sa, turn, payload, vendor, step)


def _say_vendor_id(sa: IkeSa, turn: Turn, payload: VendorId, vendor: Vendor | None, step: Step) -> None:
    turn.say(lines.PROCESSING, sa.about, step, sa.exchange, payload="VID")
    if vendor is None:
        return
    spoken = _SPOKEN.get(vendor.kind)
    if spoken is not None:
        turn.say(lines.RECEIVED_VID, sa.about, step, sa.exchange, vid=spoken)
    if vendor.kind is Kind.FRAGMENTATION:
        main, aggressive = fragmentation_modes(payload.data)
        turn.say(lines.FRAGMENTATION_FLAGS, sa.about, step, sa.exchange, main=main, aggressive=aggressive)
    if vendor.kind is Kind.IOS:
        capabilities = ios_capabilities(payload.data)
        turn.say(
            lines.PROCESSING_IOS_VID, sa.about, step, sa.exchange, version="1.0.0", capabilities=capabilities
        )  # fmt: skip


_DPD = Kind.DPD
_SPOKEN = {
    Kind.NAT_T_RFC: "NAT-Traversal RFC",
    Kind.NAT_T_02: "NAT-Traversal ver 02",
    Kind.NAT_T_03: "NAT-Traversal ver 03",
    Kind.FRAGMENTATION: "Fragmentation",
    Kind.DPD: "DPD",
    Kind.XAUTH: "xauth V6",
    Kind.UNITY: "Cisco Unity client",
    Kind.ALTIGA: "Altiga/Cisco VPN3000/Cisco ASA GW",
}


def wants_traversal(sa: IkeSa, turn: Turn) -> bool:
    """Whether this device does NAT traversal with the peer: `crypto isakmp nat-traversal`, and no `nat-t-disable`.

    The latter stands in crypto map entries, and phase 1 serves all that name the peer: it holds where all of them say
    so (of a peer that none names, the dynamic ones count).
    """
    if turn.settings.nat_traversal is None:
        return False
    entries = turn.settings.on(sa.interface)
    theirs = entries.of(sa.peer) or entries.dynamic
    return not theirs or not all(entry.nat_t_disable for entry in theirs)


def nat_vendor_ids(
    sa: IkeSa, turn: Turn, step: Step, chosen: NatVersion | None, room: int | None = None
) -> tuple[VendorId, ...]:
    """The vendor IDs of MM1 (all NAT-T versions, worst first) or of MM2 (the chosen one), and fragmentation.

    The latter where it fits into `room` octets with the others: it only says what this device can put together.
    """
    versions: tuple[NatVersion, ...] = ()
    if wants_traversal(sa, turn):
        versions = _NAT_VERSIONS if step is Step.MM1 else ((chosen,) if chosen is not None else ())
    named = tuple(_NAT[version] for version in versions)
    fragmentation = room is None or sum(one.length for one in (*named, _FRAGMENTATION)) <= room
    if turn.listened:
        sources = exchange_sources(turn.settings, "nat_traversal")
        for version in versions:
            built = f"NAT-Traversal VID ver {version.value}"
            turn.say(lines.CONSTRUCTING, sa.about, step, sa.exchange, sources, payload=built)
        if fragmentation:
            built = "Fragmentation VID + extended capabilities"
            turn.say(lines.CONSTRUCTING, sa.about, step, sa.exchange, payload=built)
    return (*named, _FRAGMENTATION) if fragmentation else named


def gateway_vendor_ids(sa: IkeSa, turn: Turn, step: Step) -> tuple[VendorId, ...]:
    """The four vendor IDs of MM3 and MM4. The IOS one's first 12 octets are a MAC that only the vendor can make."""
    if turn.listened:
        turn.say(lines.CONSTRUCTING, sa.about, step, sa.exchange, payload="Cisco Unity VID")
        turn.say(lines.CONSTRUCTING, sa.about, step, sa.exchange, payload="xauth V6 VID")
        turn.say(lines.SEND_VID, sa.about, step, sa.exchange, vid="IOS")
        turn.say(
            lines.CONSTRUCTING_IOS_VID, sa.about, step, sa.exchange, version="1.0.0", capabilities=IOS_CAPABILITIES
        )  # fmt: skip
        turn.say(lines.CONSTRUCTING, sa.about, step, sa.exchange, payload="VID")
        turn.say(lines.SEND_VID, sa.about, step, sa.exchange, vid="Altiga/Cisco VPN3000/Cisco ASA GW")
    return (_UNITY, _XAUTH, VendorId(ios_vendor_id(turn.entropy.take(12))), _ALTIGA)
