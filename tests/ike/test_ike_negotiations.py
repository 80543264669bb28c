"""Negotiations of two engines: messages, keys, failures with their reasons, timers."""

from dataclasses import replace

import pytest
from crafted import protected
from pair import NET_A, NET_B, A, B, Pair, Seeded, line, pair, policy, settings, transform

from mainmode.base.address import Proxy, ProxyPair
from mainmode.base.codes import (
    Encryption1,
    EspAuthentication,
    EspTransform,
    Group,
    Hash1,
    NotifyType,
    ProtocolId,
)
from mainmode.base.provenance import Absent
from mainmode.ike.acquire import Acquire
from mainmode.ike.effects import (
    AcquireFailed,
    Cause,
    Dropped,
    Phase1Down,
    Phase1Up,
    Phase2Failed,
    RemoveSa,
    Say,
)
from mainmode.ike.engine import Engine
from mainmode.ike.entries import MapEntries
from mainmode.ike.proxies import check_entries
from mainmode.ike.settings import AclEntry, ConnectionType
from mainmode.wire.payloads import Notify

MM_STATE = {"a": "MM_ACTIVE", "b": "MM_ACTIVE"}


def up(world: Pair) -> bool:
    """Both sides have SAs with the same keys, crosswise."""
    mine, theirs = world.installed("a"), world.installed("b")
    if not mine or not theirs:
        return False
    first, second = mine[-1].pair, theirs[-1].pair
    return (
        (first.inbound_spi, first.outbound_spi) == (second.outbound_spi, second.inbound_spi)
        and first.inbound_keys == second.outbound_keys
        and first.outbound_keys == second.inbound_keys
        and first.inbound_keys != first.outbound_keys
    )


def causes(world: Pair, side: str) -> list[Cause]:
    kinds = (Phase1Down, Phase2Failed, AcquireFailed)
    return [effect.failure.cause for where, effect in world.heard if where == side and isinstance(effect, kinds)]


def failed(first=None, second=None, seconds=200.0) -> Pair:
    world = pair(first, second)
    world.trigger("a")
    world.run(seconds)
    assert not world.installed("a")
    assert not world.installed("b")
    assert world.a.sas() == ()
    assert world.b.sas() == ()
    return world


def test_the_nine_messages_have_the_lengths_and_payloads_of_the_real_device() -> None:
    world = pair()
    world.trigger("a")
    assert up(world)
    seen = [(send.step.value, send.message.length, send.message.names()) for _, send in world.sends()]
    vid, nat = "VENDOR (13)", "NAT-D (20)"
    exchange = ("KE (4)", "NONCE (10)", vid, vid, vid, vid, nat, nat)
    authenticated = ("ID (5)", "HASH (8)", "IOS KEEPALIVE (128)", vid)
    quick = ("HASH (8)", "SA (1)", "NONCE (10)", "ID (5)", "ID (5)")
    assert seen == [
        ("MM1", 168, ("SA (1)", vid, vid, vid, vid)),
        ("MM2", 128, ("SA (1)", vid, vid)),
        ("MM3", 304, exchange),
        ("MM4", 304, exchange),
        ("MM5", 96, authenticated),
        ("MM6", 96, authenticated),
        ("QM1", 200, (*quick, "NOTIFY (11)")),
        ("QM2", 172, quick),
        ("QM3", 52, ("HASH (8)",)),
    ]
    decoded = [text for text in world.lines("a") if text.startswith("IKE_DECODE SENDING")]
    assert decoded[-1].endswith("HDR + HASH (8) + NONE (0) total length : 76")


def test_the_p2_rekey_timer_is_3060_seconds_for_an_hour_and_the_shorter_lifetime_wins() -> None:
    world = pair(settings(A), settings(B, entry_lifetime_seconds=3600))
    world.trigger("a")
    assert up(world)
    for side in ("a", "b"):
        assert "Starting P2 rekey timer: 3060 seconds." in world.lines(side)
    assert "Responder forcing change of IPSec rekeying duration from 28800 to 3600 seconds" in world.lines("a")
    assert "Overriding Initiator's IPSec rekeying duration from 28800 to 3600 seconds" in world.lines("b")
    assert world.installed("a")[0].pair.lifetime_seconds == world.installed("b")[0].pair.lifetime_seconds == 3600


@pytest.mark.parametrize("group", [Group(number) for number in (1, 2, 5, 14, 15, 16, 19, 20, 21)])
@pytest.mark.parametrize("hash_", [Hash1.SHA1, Hash1.SHA2_512])
def test_every_group_agrees_with_and_without_pfs(group: Group, hash_: Hash1) -> None:
    mine = settings(A, policies=(policy(group=group, hash=hash_),), entry_pfs=group)
    theirs = settings(B, policies=(policy(group=group, hash=hash_),), entry_pfs=group)
    world = pair(mine, theirs)
    world.trigger("a")
    assert up(world)
    assert world.installed("a")[0].pair.pfs_group == group


@pytest.mark.parametrize(
    ("encryption", "bits"),
    [(Encryption1.DES_CBC, 0), (Encryption1.AES_CBC, 128), (Encryption1.AES_CBC, 192), (Encryption1.AES_CBC, 256)],
)
@pytest.mark.parametrize("hash_", [Hash1.MD5, Hash1.SHA1, Hash1.SHA2_256, Hash1.SHA2_384, Hash1.SHA2_512])
def test_every_phase_1_cipher_and_hash_agrees(encryption: Encryption1, bits: int, hash_: Hash1) -> None:
    chosen = (policy(encryption=encryption, key_bits=bits, hash=hash_),)
    world = pair(settings(A, policies=chosen), settings(B, policies=chosen))
    world.trigger("a")
    assert up(world)


@pytest.mark.parametrize(
    ("cipher", "bits", "authentication"),
    [
        (EspTransform.DES, 0, EspAuthentication.HMAC_MD5),
        (EspTransform.TRIPLE_DES, 0, EspAuthentication.HMAC_SHA2_256),
        (EspTransform.AES_CBC, 192, EspAuthentication.HMAC_SHA2_384),
        (EspTransform.AES_CBC, 256, EspAuthentication.HMAC_SHA2_512),
        (EspTransform.NULL, 0, EspAuthentication.HMAC_SHA1),
        (EspTransform.AES_GCM_16, 256, EspAuthentication.NONE),
    ],
)
def test_every_phase_2_suite_agrees(cipher: EspTransform, bits: int, authentication: EspAuthentication) -> None:
    suite = (transform(encryption=cipher, key_bits=bits, authentication=authentication),)
    world = pair(settings(A, entry_transform_sets=suite), settings(B, entry_transform_sets=suite))
    world.trigger("a")
    assert up(world)


def test_the_second_policy_and_the_second_transform_set_are_found() -> None:
    aes = policy(priority=20, encryption=Encryption1.AES_CBC, key_bits=256)
    gcm = transform(name="GCM", encryption=EspTransform.AES_GCM_16, authentication=EspAuthentication.NONE)
    mine = settings(A, policies=(policy(), aes), entry_transform_sets=(transform(), gcm))
    theirs = settings(B, policies=(aes,), entry_transform_sets=(gcm,))
    world = pair(mine, theirs)
    world.trigger("a")
    assert up(world)
    assert world.a.sas()[0].key_bits == 256
    assert "IKE SA Proposal # 1, Transform # 2 acceptable  Matches global IKE entry # 1" in world.lines("b")


def test_other_keys_are_told_apart_by_the_responder_and_both_give_up() -> None:
    world = failed(settings(A, key=b"cisco"), settings(B, key=b"Cisco"))
    assert causes(world, "b") == causes(world, "a") == [Cause.PSK_MISMATCH]
    text = "ERROR, had problems decrypting packet, probably due to mismatched pre-shared key.  Aborting"
    assert text in world.lines("b")
    assert "Received an un-encrypted PAYLOAD_MALFORMED notify message, dropping" in world.lines("a")
    history = next(said for said in world.lines("a") if "FSM error history" in said)
    assert "MM_DONE, EV_ERROR-->MM_WAIT_MSG6, EV_PROB_AUTH_FAIL-->MM_WAIT_MSG6, EV_RETRY" in history


@pytest.mark.parametrize(
    ("change", "attribute", "offered", "configured"),
    [
        ({"encryption": Encryption1.AES_CBC, "key_bits": 128}, "Encryption Alg", "3DES-CBC", "AES-CBC"),
        ({"hash": Hash1.MD5}, "Hash Alg", "SHA", "MD5"),
        ({"group": Group.MODP_1536}, "Group Description", "Group 2", "Group 5"),
    ],
)
def test_a_policy_that_differs_is_refused_by_attribute(change, attribute, offered, configured) -> None:
    world = failed(None, settings(B, policies=(policy("b.cfg", **change),)))
    down, *_ = world.effects("b", Phase1Down)
    assert down.failure.cause is Cause.PHASE1_MISMATCH
    assert (down.failure.attribute, down.failure.offered, down.failure.configured) == (attribute, offered, configured)
    assert down.failure.sources
    expected = (
        f"Phase 1 failure:  Mismatched attribute types for class {attribute}:  Rcv'd: {offered}  Cfg'd: {configured}"
    )
    assert expected in world.lines("b")
    assert "All SA proposals found unacceptable" in world.lines("b")
    history = next(said for said in world.lines("b") if "FSM error history" in said)
    assert history.endswith("MM_DONE, EV_ERROR-->MM_START, EV_RCV_MSG-->MM_START, EV_START_MM-->MM_START, EV_START_MM")
    assert causes(world, "a") == [Cause.PEER_REFUSED]
    assert "Received an un-encrypted NO_PROPOSAL_CHOSEN notify message, dropping" in world.lines("a")


def test_a_refused_first_message_leaves_nothing_behind() -> None:
    world = pair(None, settings(B, policies=(policy(hash=Hash1.MD5),)))
    world.trigger("a")
    assert world.b.sas() == ()
    assert world.b.deadline() is None


def test_without_tunnel_group_the_responder_stops_after_mm3_and_the_initiator_after_mm4() -> None:
    world = failed(None, settings(B, groups={}))
    (down, *_) = world.effects("b", Phase1Down)
    assert down.failure.cause is Cause.NO_TUNNEL_GROUP
    assert down.failure.sources == (Absent("b.cfg", "tunnel-group 10.0.0.1 type ipsec-l2l"),)
    assert "Can't find a valid tunnel group, aborting...!" in world.lines("b")
    assert Cause.NO_ANSWER in causes(world, "a")
    world = failed(settings(A, groups={}), None)
    assert causes(world, "a") == [Cause.NO_TUNNEL_GROUP]


def test_another_transform_is_refused_under_protection_and_both_tear_down() -> None:
    other = (transform("b.cfg", encryption=EspTransform.TRIPLE_DES, key_bits=0),)
    world = failed(None, settings(B, entry_transform_sets=other))
    (reason,) = world.effects("b", Phase2Failed)
    assert reason.failure.cause is Cause.TRANSFORM_MISMATCH
    assert (reason.failure.offered, reason.failure.configured) == ("esp-aes", "esp-3des")
    assert "All IPSec SA proposals found unacceptable!" in world.lines("b")
    assert "Received non-routine Notify message: No proposal chosen (14)" in world.lines("a")
    assert Cause.PEER_REFUSED in causes(world, "a")
    assert any(said.startswith("QM FSM error (P2 struct &0x") for said in world.lines("b"))


def test_pfs_wanted_by_the_responder_only_is_refused_and_by_the_initiator_only_is_taken() -> None:
    world = failed(None, settings(B, entry_pfs=Group.MODP_1024))
    assert causes(world, "b")[0] is Cause.PFS_MISMATCH
    world = pair(settings(A, entry_pfs=Group.MODP_1024), None)
    world.trigger("a")
    assert up(world)
    assert world.installed("b")[0].pair.pfs_group == Group.MODP_1024


def test_proxies_that_are_no_mirror_are_refused_with_the_entry_named() -> None:
    narrow = ProxyPair(NET_B, Proxy.of("192.168.1.0/25", 1))
    ace = AclEntry(True, narrow, lambda: "access-list VPN …", line("b.cfg", 30, "access-list VPN …"))
    world = failed(None, settings(B, entry_acl=(ace,)))
    (reason,) = world.effects("b", Phase2Failed)
    assert reason.failure.cause is Cause.PROXY_MISMATCH
    assert reason.failure.sources == (ace.source,)
    assert (
        "Rejecting IPSec tunnel: no matching crypto map entry for remote proxy 192.168.1.0/255.255.255.0/1/0 "
        "local proxy 192.168.2.0/255.255.255.0/1/0 on interface outside"
    ) in world.lines("b")
    assert "Received non-routine Notify message: Invalid ID info (18)" in world.lines("a")


def test_an_entry_for_another_peer_is_named() -> None:
    world = failed(None, settings(B, entry_peers=(A + 8,)))
    (reason,) = world.effects("b", Phase2Failed)
    assert reason.failure.cause is Cause.NO_MATCHING_ENTRY
    assert "10.0.0.9" in reason.failure.detail


def test_no_crypto_map_on_the_interface_drops_the_first_message() -> None:
    world = pair(None, settings(B, entries=()))
    world.trigger("a")
    world.run(100)
    assert world.b.sas() == ()
    assert "No crypto map bound to interface... dropping pkt" in world.lines("b")
    assert causes(world, "a") == [Cause.NO_ANSWER]


def test_ike_not_enabled_stops_before_the_first_message() -> None:
    world = pair(settings(A, enabled={}), None)
    world.trigger("a")
    assert causes(world, "a") == [Cause.IKE_NOT_ENABLED]
    assert not world.sends()


def test_silence_is_answered_by_three_resends_with_growing_waits() -> None:
    world = pair()
    moments = []

    def swallow(side, send):
        moments.append((world.now - world_start) / 1_000_000)
        return

    world_start = world.now
    world.filter = swallow
    world.trigger("a")
    world.run(100)
    assert moments == [0, 8, 20, 38]
    assert causes(world, "a") == [Cause.NO_ANSWER]
    history = next(said for said in world.lines("a") if "FSM error history" in said)
    assert history.endswith(
        "MM_DONE, EV_ERROR-->MM_WAIT_MSG2, EV_RETRY-->MM_WAIT_MSG2, EV_TIMEOUT-->MM_WAIT_MSG2, NullEvent"
        "-->MM_SND_MSG1, EV_SND_MSG-->MM_SND_MSG1, EV_START_TMR-->MM_SND_MSG1, EV_RESEND_MSG-->MM_WAIT_MSG2, EV_RETRY"
    )
    assert world.a.deadline() is None


def test_two_tunnels_share_one_phase_1_and_the_second_waits_for_it() -> None:
    other = AclEntry(True, ProxyPair(Proxy.of("172.16.1.0/24"), NET_B), lambda: "second", line("a.cfg", 40, "second"))
    mine = settings(A)
    mine = settings(A, entry_acl=(*(mine.entries[0].acl or ()), other))
    theirs = settings(B)
    mirror = AclEntry(True, other.proxies.mirrored(), lambda: "second", line("b.cfg", 40, "second"))
    theirs = settings(B, entry_acl=(*(theirs.entries[0].acl or ()), mirror))
    world = pair(mine, theirs)
    held: list = []
    world.filter = lambda side, send: held.append(send) or None
    world.trigger("a")
    entry = mine.entries[0]
    asked = Acquire(entry, other, "inside", other.proxies.local.first, NET_B.first, 1)
    world.note("a", world.a.acquire(asked, world.now))
    assert "Queuing KEY-ACQUIRE messages to be processed when P1 SA is complete." in world.lines("a")
    world.note("a", world.a.acquire(asked, world.now))
    assert any(said.startswith("Tunnel negotiation in progress") for said in world.lines("a"))
    world.filter = lambda side, send: send.datagram
    world.run(10)
    assert len(world.installed("a")) == len(world.installed("b")) == 2
    assert len(world.effects("a", Phase1Up)) == 1
    first_contact = [s.message.names() for _, s in world.sends() if s.step.value == "QM1"]
    assert ["NOTIFY (11)" in names for names in first_contact] == [True, False]


def test_clearing_one_side_takes_the_other_down_too() -> None:
    world = pair()
    world.trigger("a")
    world.note("a", world.a.clear(None, world.now))
    assert world.a.sas() == world.b.sas() == ()
    assert len(world.effects("b", RemoveSa)) == 1


def test_a_restarted_initiator_makes_the_responder_forget_the_old_tunnel() -> None:
    world = pair()
    world.trigger("a")
    world.a = pair(seed="2").a
    world.trigger("a")
    assert len(world.b.sas()) == 1
    assert len(world.effects("b", RemoveSa)) == 1
    assert up(world)


def test_a_peer_that_knows_no_such_spi_is_believed_under_protection_only() -> None:
    world = pair()
    world.trigger("a")
    spi = world.installed("a")[0].pair.outbound_spi
    protected(world, "a", Notify(NotifyType.INVALID_SPI, ProtocolId.ESP, spi.to_bytes(4)))
    assert f"Received Invalid SPI notify (SPI {spi})!" in world.lines("a") or any(
        "Invalid SPI notify" in said for said in world.lines("a")
    )
    assert len(world.effects("a", RemoveSa)) == 1


def test_an_answer_only_entry_does_not_begin_and_says_so() -> None:
    world = pair(settings(A, entry_connection_type=ConnectionType.ANSWER_ONLY), None)
    world.trigger("a")
    assert causes(world, "a") == [Cause.CONNECTION_TYPE]


def test_nothing_that_is_dropped_goes_without_a_name() -> None:
    world = pair()
    world.trigger("a")
    dropped = [effect for _, effect in world.heard if isinstance(effect, Dropped)]
    assert dropped == []
    assert replace(settings(A)) == settings(A)
    assert NET_A != NET_B


def test_a_suite_that_protects_nothing_is_neither_offered_nor_taken() -> None:
    bare = transform(encryption=EspTransform.NULL, key_bits=0, authentication=EspAuthentication.NONE)
    world = pair(settings(A, entry_transform_sets=(bare,)), settings(B, entry_transform_sets=(bare,)))
    world.trigger("a")
    assert causes(world, "a") == [Cause.NO_MATCHING_ENTRY]
    assert not world.sends()
    mixed = (bare, transform())
    world = pair(settings(A, entry_transform_sets=mixed), settings(B, entry_transform_sets=mixed))
    world.trigger("a")
    assert up(world)
    assert world.installed("b")[0].pair.suite.encryption == EspTransform.AES_CBC


def test_an_originate_only_entry_refuses_a_tunnel_that_the_peer_begins() -> None:
    world = failed(None, settings(B, entry_connection_type=ConnectionType.ORIGINATE_ONLY))
    first, *_ = world.effects("b", Phase1Down)
    assert first.failure.cause is Cause.CONNECTION_TYPE
    assert "Tunnel rejected: Originate-Only: Cannot accept incoming tunnel yet!" in world.lines("b")
    assert world.b.sas() == ()
    world = pair(None, settings(B, entry_connection_type=ConnectionType.ORIGINATE_ONLY))
    world.trigger("b")
    assert up(world)
    answered = world.b.settings.entries[0]
    assert [check.verdict for check in check_entries(MapEntries((answered,)), A, answered.acl[0].proxies)] == [
        "originate-only"
    ]


def test_a_newer_release_says_what_its_tunnel_manager_does() -> None:
    world = pair(settings(A, tunnel_manager=True), None)
    world.trigger("a")
    said = world.lines("a")
    named = "Map Tag = MAP.  Map Sequence Number = 10."
    asked = f"Tunnel Manager dispatching a KEY_ACQUIRE message to IKEv1.  {named}"
    assert said.index(asked) < said.index("Pitcher: received a key acquire message, spi 0x0")
    assert f"Tunnel Manager Removed entry.  {named}" in said
    world = failed(settings(A, tunnel_manager=True), settings(B, groups={}))
    assert any(line.startswith("Tunnel Manager has failed to establish an L2L SA.") for line in world.lines("a"))


def test_each_step_names_the_configuration_that_it_rests_on() -> None:
    world = pair()
    world.trigger("a")
    told: dict[tuple[str, str], set[int]] = {}
    for side, effect in world.heard:
        if isinstance(effect, Say):
            told.setdefault((side, effect.step.value), set()).update(source.line for source in effect.sources)
    acl, transform_set, policy_line = 3, 2, 1
    assert {acl, transform_set} <= told["a", "QM1"]
    assert {acl, transform_set} <= told["b", "QM1"]
    assert policy_line in told["b", "MM3"]
    assert policy_line in told["a", "MM1"]


@pytest.mark.parametrize("ends", ["up", "pfs", "keys", "group", "proxies"])
def test_with_nobody_listening_the_same_octets_pass_and_no_line_is_made(ends: str) -> None:
    pfs = {"entry_pfs": Group.MODP_1024} if ends == "pfs" else {}
    fault = {"keys": {"key": b"else"}, "group": {"groups": {}}, "proxies": {"entry_acl": ()}}.get(ends, {})
    sent = []
    for listened in (True, False):
        mine, theirs = settings(A, **pfs), settings(B, **pfs, **fault)
        world = Pair(Engine(mine, Seeded("a"), listened), Engine(theirs, Seeded("b"), listened))
        world.trigger("a")
        world.run(200)
        sent.append([send.datagram for _, send in world.sends()])
        assert bool(world.lines("a")) is bool(world.lines("b")) is listened
    assert sent[0] == sent[1]
    assert sent[0]


def test_a_message_that_is_kept_does_not_keep_its_octets_twice() -> None:
    world = pair()
    world.trigger("a")
    assert up(world)
    sent = [send.message for _, send in world.sends()]
    assert len(sent) == 9
    assert all(message is not None and not message.written for message in sent)
