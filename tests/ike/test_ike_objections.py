"""Each thing that a device objects to in a peer's message: its line, and the named drop or refusal."""

from collections.abc import Callable
from dataclasses import replace
from unittest.mock import patch

import pytest
from crafted import protected, sa_of
from pair import A, B, Pair, line, pair, path, policy, settings
from test_ike_negotiations import up

from mainmode.base.address import Proxy, ProxyPair
from mainmode.base.codes import EspTransform, ExchangeType, Group, IdType, NotifyType, Phase1Attribute, ProtocolId
from mainmode.base.errors import Drop
from mainmode.base.secret import Secret
from mainmode.ike import authentication
from mainmode.ike.effects import Cause, Dropped, Phase1Down, Send, Step
from mainmode.ike.proposals import phase1_offer
from mainmode.ike.settings import IkeSettings, TunnelGroup
from mainmode.wire.message import Message
from mainmode.wire.payloads import (
    Attribute,
    Identification,
    IosKeepalive,
    Nonce,
    Notify,
    Proposal,
    SecurityAssociation,
    Transform,
    VendorId,
)

COOKIE = b"cookie-i"


def first_message(*payloads, exchange: ExchangeType = ExchangeType.MAIN_MODE) -> bytes:
    return Message(COOKIE, bytes(8), exchange, 0, payloads).encode()


def drops(world: Pair, side: str) -> list[Drop]:
    return [effect.reason for effect in world.effects(side, Dropped) if isinstance(effect, Dropped)]


def standing(first: IkeSettings | None = None, second: IkeSettings | None = None) -> Pair:
    world = pair(first, second)
    world.trigger("a")
    assert up(world)
    world.heard.clear()
    return world


# --- main mode ----------------------------------------------------------------------------------------------------


def test_a_group_that_no_device_of_ours_has_is_named_once() -> None:
    world = pair()
    transform = phase1_offer((policy(),)).proposals[0].transforms[0]
    strange = replace(
        transform,
        attributes=tuple(
            Attribute.basic_of(Phase1Attribute.GROUP, 99) if one.kind == Phase1Attribute.GROUP else one
            for one in transform.attributes
        ),
    )
    offer = SecurityAssociation((Proposal(1, ProtocolId.ISAKMP, b"", (strange, strange)),))
    world.note("b", world.b.receive(first_message(offer), path(), world.now))
    assert world.lines("b").count("Detected invalid Diffie-Helmann group_descriptor 99, in IKE area") == 1
    assert not world.b.sas()


@pytest.mark.parametrize(
    ("changes", "notify", "said"),
    [
        ({"doi": 7}, NotifyType.DOI_NOT_SUPPORTED, "Unknown Domain of Interpretation (DOI): 7"),
        ({"situation": 2}, NotifyType.SITUATION_NOT_SUPPORTED, "Error processing payload: Payload ID: 1"),
    ],
)
def test_an_offer_of_another_domain_or_with_secrecy_labels_is_refused(
    changes: dict[str, int], notify: NotifyType, said: str
) -> None:
    world = pair()
    offer = replace(phase1_offer((policy(),)), **changes)
    world.note("b", world.b.receive(first_message(offer), path(), world.now))
    assert said in world.lines("b")
    sent = [send.message.all(Notify)[0].notify_type for _, send in world.sends() if send.message is not None]
    assert sent == [notify]
    assert not world.b.sas()


def test_a_generic_isakmp_sa_is_one_of_ours_and_a_transform_that_is_not_ike_is_none() -> None:
    world = pair()
    generic = replace(phase1_offer((policy(),)), doi=0)
    world.note("b", world.b.receive(first_message(generic), path(), world.now))
    assert len(world.b.sas()) == 1
    world = pair()
    transform = phase1_offer((policy(),)).proposals[0].transforms[0]
    other = SecurityAssociation((Proposal(1, ProtocolId.ISAKMP, b"", (replace(transform, identifier=5),)),))
    world.note("b", world.b.receive(first_message(other), path(), world.now))
    assert "All SA proposals found unacceptable" in world.lines("b")


def test_a_group_that_only_this_configuration_lacks_is_not_called_invalid() -> None:
    world = pair(settings(A, policies=(policy(group=Group.MODP_2048),)))
    world.trigger("a")
    assert not [text for text in world.lines("b") if "group_descriptor" in text]


def test_a_nonce_of_another_length_than_8_to_256_is_said_and_dropped() -> None:
    world = pair()

    def stretched(side: str, send: Send) -> bytes | None:
        if send.step is not Step.MM3 or send.message is None:
            return send.datagram
        payloads = tuple(Nonce(b"n" * 7) if isinstance(one, Nonce) else one for one in send.message.payloads)
        return replace(send.message, payloads=payloads).encode()

    world.filter = stretched
    world.trigger("a")
    assert "Tunnel Rejected: Received NONCE length 7 is out of range!" in world.lines("b")
    assert drops(world, "b") == [Drop.MALFORMED_PAYLOAD]


def test_a_first_message_that_is_another_than_the_one_before_is_no_duplicate() -> None:
    world = pair()
    offer, other = phase1_offer((policy(),)), phase1_offer((policy(), policy(priority=20, lifetime=3600)))
    for payload in (offer, other):
        world.note("b", world.b.receive(first_message(payload), path(), world.now))
    assert world.lines("b")[-1] == f"Cookie/peer address {A} session already in progress"
    assert drops(world, "b") == [Drop.DUPLICATE]


def test_a_repeated_message_of_phase_1_is_said_to_go_to_the_machine() -> None:
    world = pair()
    for _ in range(2):
        world.note("b", world.b.receive(first_message(phase1_offer((policy(),))), path(), world.now))
    at = world.lines("b").index("Duplicate Phase 1 packet detected.  Retransmitting last packet.")
    assert world.lines("b")[at + 1] == "P1 Retransmit msg dispatched to MM FSM"


def test_without_a_group_for_the_peer_the_default_groups_key_is_missed_or_used_and_said() -> None:
    default = TunnelGroup("DefaultL2LGroup", Secret(b"cisco"), (10, 2), "req", {"group": line("b.cfg", 1, "x")})
    world = pair(settings(A), settings(B, groups={}, default_group=default))
    world.trigger("a")
    assert up(world)
    said = world.lines("b")
    at = said.index("10.0.0.1 not found, using BASE GROUP default preshared key")
    assert said[at + 1] == "Connection landed on tunnel_group DefaultL2LGroup"

    world = pair(settings(A), settings(B, groups={}))
    world.trigger("a")
    said = world.lines("b")
    at = said.index("Group 10.0.0.1 not found and BASE GROUP default preshared key not configured")
    assert said[at + 1] == "Can't find a valid tunnel group, aborting...!"

    keyless = replace(default, name="10.0.0.1", key=None)
    world = pair(settings(A), settings(B, groups={"10.0.0.1": keyless}))
    world.trigger("a")
    assert "No Group found matching 10.0.0.1 for Pre-shared key peer 10.0.0.1" in world.lines("b")


def with_identity(identity: Identification) -> Pair:
    """A pair whose initiator names itself so."""
    world = pair()
    real = authentication.own_identity

    def own(sa, whole):
        return identity if sa.role.value == "Initiator" else real(sa, whole)

    with patch.object(authentication, "own_identity", own):
        world.trigger("a")
    return world


@pytest.mark.parametrize(
    ("identity", "said"),
    [
        (
            Identification(IdType.IPV4_ADDR, 17, 501, A.packed),
            "Received invalid phase 1 port value (501) in ID payload",
        ),
        (Identification(IdType.IPV4_ADDR, 6, 500, A.packed), "Received invalid phase 1 protocol (6) in ID payload"),
        (Identification(IdType.FQDN, 17, 500, b""), "Zero length data in ID payload received during phase 1 or 2"),
        (Identification(IdType(77), 17, 500, b"abc"), "Unknown identification type, Phase 1, Type 77"),
        (Identification(IdType.FQDN, 17, 500, b"x" * 2048), "Phase 1 ID Data length 2048 too long - reject tunnel!"),
        (Identification(IdType.KEY_ID, 17, 500, b"x" * 33), "Key ID in ID payload too big for pre-shared IKE tunnel"),
    ],
)
def test_an_identity_that_cannot_be_is_said_and_dropped(identity: Identification, said: str) -> None:
    world = with_identity(identity)
    assert any(text.startswith(said) for text in world.lines("b"))
    assert drops(world, "b") == [Drop.MALFORMED_PAYLOAD]
    assert not world.installed("b")


@pytest.mark.parametrize(
    ("identity", "said"),
    [
        (Identification(IdType.FQDN, 17, 500, b"asa1.example"), "ID_FQDN ID received, len 12"),
        (Identification(IdType.KEY_ID, 17, 500, b"x" * 32), "ID_KEY_ID ID received, len 32"),
    ],
)
def test_a_name_as_identity_is_told_by_its_length(identity: Identification, said: str) -> None:
    world = with_identity(identity)
    assert said in world.lines("b")


def test_the_older_keepalives_are_read_ignored_or_called_malformed() -> None:
    world = pair()
    world.trigger("a")
    assert "Processing IOS keep alive payload: proposal=32767/32767 sec." in world.lines("b")

    with patch.object(authentication, "_KEEPALIVE", IosKeepalive(b"\1\2\3")):
        world = pair()
        world.trigger("a")
    assert up(world)
    assert "ERROR: malformed Keepalive payload" in world.lines("b")

    world = pair()
    world.filter = without_vendor_ids(Step.MM3)
    world.trigger("a")
    assert up(world)
    assert "Ignoring Keepalive payload from vendor not support KeepAlive capability" in world.lines("b")


def without_vendor_ids(step: Step) -> Callable[[str, Send], bytes]:
    """What takes the vendor IDs out of one message on the wire."""

    def bare(_side: str, send: Send) -> bytes:
        if send.step is not step or send.message is None:
            return send.datagram
        kept = tuple(one for one in send.message.payloads if not isinstance(one, VendorId))
        return replace(send.message, payloads=kept).encode()

    return bare


def test_the_private_keepalive_payload_goes_to_no_peer_without_the_vendor_id_that_announces_it() -> None:
    world = pair()
    world.filter = without_vendor_ids(Step.MM4)
    world.trigger("a")
    assert up(world)
    sent = {send.step: send.message for _, send in world.sends() if send.message is not None}
    assert not sent[Step.MM5].all(IosKeepalive)
    assert sent[Step.MM6].all(IosKeepalive)
    assert not any(line.startswith("Constructing IOS keep alive payload") for line in world.lines("a"))


def test_aggressive_mode_gets_no_answer_and_an_unknown_group_is_named() -> None:
    offer = phase1_offer((policy(),))
    known = settings(B)
    named = replace(known, groups={**known.groups, "SPOKES": next(iter(known.groups.values()))})
    for whole, name, unknown, why in (
        (named, b"SPOKES", False, "not supported"),
        (named, b"NO SUCH", True, "not supported"),
        (replace(named, am_disable=True), b"NO SUCH", False, "disabled"),
    ):
        world = pair(second=whole)
        identity = Identification(IdType.KEY_ID, 17, 500, name)
        octets = first_message(offer, identity, exchange=ExchangeType.AGGRESSIVE)
        world.note("b", world.b.receive(octets, path(), world.now))
        said = "Received ISAKMP Aggressive Mode message 1 with unknown tunnel group name NO_SUCH"
        assert (said in world.lines("b")) is unknown
        refused = f"Received ISAKMP Aggressive Mode message 1, but Aggressive Mode is {why}. Aborting connection."
        assert refused in world.lines("b")
        assert drops(world, "b") == [Drop.BAD_EXCHANGE]
        assert not world.sends()
        assert not world.b.sas()


@pytest.mark.parametrize("octets", [b"", b"\xff" * 40, b"\x00\x00\x00\x04"])
def test_any_aggressive_mode_message_is_dropped_by_name(octets: bytes) -> None:
    header = (
        COOKIE + bytes(8) + bytes([5, 0x10, ExchangeType.AGGRESSIVE, 0]) + bytes(4) + (28 + len(octets)).to_bytes(4)
    )
    world = pair()
    world.note("b", world.b.receive(header + octets, path(), world.now))
    assert drops(world, "b")
    assert not world.sends()


# --- quick mode ----------------------------------------------------------------------------------------------------


def offered(*proposals: Proposal) -> tuple[SecurityAssociation, Nonce, Identification, Identification]:
    subnet = Identification(IdType.IPV4_ADDR_SUBNET, 1, 0, bytes.fromhex("c0a80100ffffff00"))
    other = Identification(IdType.IPV4_ADDR_SUBNET, 1, 0, bytes.fromhex("c0a80200ffffff00"))
    return SecurityAssociation(proposals), Nonce(b"n" * 20), subnet, other


def transform_of(identifier: int) -> Transform:
    return Transform(1, identifier, (Attribute.basic_of(4, 1), Attribute.basic_of(5, 2), Attribute.basic_of(6, 128)))


def test_proposals_for_other_protocols_and_with_strange_spis_are_told_apart() -> None:
    world = standing()
    aes = transform_of(EspTransform.AES_CBC)
    protected(
        world, "b",
        *offered(
            Proposal(1, ProtocolId.AH, b"\0\0\1\1", (Transform(1, 3, ()),)),
            Proposal(2, ProtocolId(9), b"\0\0\1\1", (Transform(1, 3, ()),)),
            Proposal(3, ProtocolId.ESP, b"\0\0\1", (aes,)),
        ),
        exchange=ExchangeType.QUICK_MODE,
    )  # fmt: skip
    said = world.lines("b")
    for text in (
        "AH proposal not supported",
        "Received proposal with unknown protocol ID 9",
        "Invalid ESP SPI size of 3",
    ):
        assert said.count(text) == 1
    assert said.index("Invalid ESP SPI size of 3") < said.index("All IPSec SA proposals found unacceptable!")
    assert "Received non-routine Notify message: No proposal chosen (14)" in world.lines("a")


def test_a_transform_that_differs_is_said_by_its_attribute() -> None:
    world = standing()
    triple = Proposal(1, ProtocolId.ESP, b"\0\1\2\3", (transform_of(EspTransform.TRIPLE_DES),))
    protected(world, "b", *offered(triple), exchange=ExchangeType.QUICK_MODE)
    assert any(text.startswith("Phase 2 failure:  Mismatched attribute types for class") for text in world.lines("b"))


def test_a_quick_mode_of_another_domain_is_refused() -> None:
    world = standing()
    sa, nonce, *identities = offered(Proposal(1, ProtocolId.ESP, b"\0\1\2\3", (transform_of(EspTransform.AES_CBC),)))
    protected(world, "b", replace(sa, doi=7), nonce, *identities, exchange=ExchangeType.QUICK_MODE)
    assert "Unknown Domain of Interpretation (DOI): 7" in world.lines("b")


def test_a_proxy_that_no_access_list_can_say_is_refused_by_its_type() -> None:
    world = standing()
    sa, nonce, *_ = offered(Proposal(1, ProtocolId.ESP, b"\0\1\2\3", (transform_of(EspTransform.AES_CBC),)))
    name = Identification(IdType.FQDN, 0, 0, b"host.example")
    protected(world, "b", sa, nonce, name, name, exchange=ExchangeType.QUICK_MODE)
    assert "Identification type not supported, Phase 2, Type 2" in world.lines("b")
    assert "Received non-routine Notify message: Invalid ID info (18)" in world.lines("a")


def test_a_message_id_that_is_spent_or_begins_nothing_is_said() -> None:
    world = standing()
    protected(world, "b", Notify(NotifyType.INITIAL_CONTACT, ProtocolId.ISAKMP, b""), message_id=77)
    protected(world, "b", Nonce(b"n" * 20), exchange=ExchangeType.QUICK_MODE, message_id=77)
    assert f"Failed to obtain state for message Id 77, Peer Address: {A}" in world.lines("b")
    protected(world, "b", Nonce(b"n" * 20), exchange=ExchangeType.QUICK_MODE, message_id=78, digest=bytes(20))
    assert "IKE area: failed to find centry for message Id 78" in world.lines("b")
    assert drops(world, "b") == [Drop.REPLAYED_MESSAGE_ID, Drop.BAD_HASH]


def test_connected_is_processed_and_fits_nothing() -> None:
    world = standing()
    protected(world, "b", Notify(NotifyType.CONNECTED, ProtocolId.ESP, b"\0\0\1\1"), message_id=5)
    assert world.lines("b")[-2:] == [
        "Processing CONNECTED notify (MsgId 5)",
        "Failed to process CONNECTED notify (SPI 0x101)!",
    ]
    assert drops(world, "b") == [Drop.UNEXPECTED_MESSAGE]
    assert sa_of(world.b).children


def test_behind_a_nat_both_say_that_only_udp_encapsulation_will_do() -> None:
    world = pair()
    with patch("mainmode.ike.nat.equal", lambda one, other: False):
        world.trigger("a")
    assert up(world)
    modes = "only UDP-Encapsulated-Tunnel and  UDP-Encapsulated-Transport modes defined by NAT-Traversal"
    assert f"Proposing {modes}" in world.lines("a")
    assert f"Selecting {modes}" in world.lines("b")


def test_a_dynamic_entry_serves_whom_no_static_one_names_and_is_passed_over_for_the_others() -> None:
    theirs = settings(B)
    (static,) = theirs.entries
    dynamic = replace(static, sequence=65535, peers=(), dynamic=True, acl=None, acl_name=None)
    elsewhere = replace(static, acl=(), peers=(A,))

    world = pair(second=replace(theirs, entries=(dynamic,)))
    world.trigger("a")
    assert up(world)
    assert "Checking dynamic map MAP sequence 65535..." in world.lines("b")

    world = pair(second=replace(theirs, entries=(elsewhere, dynamic)))
    world.trigger("a")
    assert (
        "Skipping dynamic map MAP sequence 65535: cannot match peerless map when peer found in previous map entry."
        in world.lines("b")
    )
    (down,) = world.effects("b", Phase1Down)
    assert isinstance(down, Phase1Down)
    assert down.failure.cause in (Cause.PROXY_MISMATCH, Cause.NO_MATCHING_ENTRY)


def without(step: Step, kind: str):
    """A filter that takes every payload of a class out of a message in clear."""

    def taken_out(side: str, send: Send) -> bytes | None:
        if send.step is not step or send.message is None:
            return send.datagram
        kept = tuple(one for one in send.message.payloads if type(one).__name__ != kind)
        return replace(send.message, payloads=kept).encode()

    return taken_out


def test_a_message_without_its_nonce_is_told_by_the_payload_that_was_expected() -> None:
    world = pair()
    world.filter = without(Step.MM3, "Nonce")
    world.trigger("a")
    assert "Received packet with missing payload, Expected payload: 10" in world.lines("b")
    assert drops(world, "b") == [Drop.MISSING_PAYLOAD]


def test_without_discovery_payloads_nat_traversal_is_off_and_the_tunnel_comes_up() -> None:
    world = pair()
    world.filter = without(Step.MM3, "NatDiscovery")
    world.trigger("a")
    assert up(world)
    assert "NAT-Discovery payloads missing. Aborting NAT-Traversal." in world.lines("b")


def test_proxies_may_be_ranges_and_are_said_so() -> None:
    world = standing()
    sa, nonce, *_ = offered(Proposal(1, ProtocolId.ESP, b"\0\1\2\3", (transform_of(EspTransform.AES_CBC),)))
    span = Identification(IdType.IPV4_ADDR_RANGE, 0, 0, A.packed + B.packed)
    protected(world, "b", sa, nonce, span, span, exchange=ExchangeType.QUICK_MODE)
    said = world.lines("b")
    assert "ID_IPV4_ADDR_RANGE ID received--10.0.0.1--10.0.0.2" in said
    assert any(text.startswith("Received remote Proxy Range data in ID Payload: Addresses") for text in said)


def test_an_entry_that_is_incomplete_or_whose_access_list_does_not_exist_is_named_so() -> None:
    whole = settings(B)
    (entry,) = whole.entries
    incomplete, listless = replace(entry, transform_sets=()), replace(entry, acl=None)
    world = pair(second=replace(whole, entries=(incomplete, listless)))
    world.trigger("a")
    said = world.lines("b")
    assert "Static Crypto Map Check by-passed: Crypto map entry incomplete!" in said
    assert "Static Crypto Map check, map = MAP, seq = 10, no ACL configured" in said


@pytest.mark.parametrize(
    ("dynamic", "permit", "comes_up"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_a_dynamic_entry_takes_what_lies_within_a_permit_line_and_a_static_one_wants_the_mirror(
    dynamic: bool, permit: bool, comes_up: bool
) -> None:
    """`asa_config.md`: a subset of a line is enough for a dynamic map (recalled)."""
    theirs = settings(B)
    (static,) = theirs.entries
    (ace,) = static.acl
    wide = ProxyPair(Proxy.of("0.0.0.0/0"), Proxy.of("0.0.0.0/0"))
    assert wide.covers(ace.proxies)
    lines = (replace(ace, permit=permit, proxies=wide),)
    peers = () if dynamic else static.peers
    world = pair(second=replace(theirs, entries=(replace(static, acl=lines, dynamic=dynamic, peers=peers),)))
    world.trigger("a")
    assert up(world) is comes_up
