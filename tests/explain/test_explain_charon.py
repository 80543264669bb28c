"""charon's dialect: fronts of every kind, the facts of each kind of line, and what hostile input does."""

import time
from pathlib import Path

import pytest

from mainmode.base.address import Proxy
from mainmode.base.instant import SECOND, Instant
from mainmode.catalogue.dialects.charon import ALL
from mainmode.catalogue.facts import (
    Agreed,
    Began,
    Carried,
    Configured,
    Deleted,
    Down,
    Exchange,
    Fact,
    Floated,
    GaveUp,
    Group,
    Identity,
    LifetimeChanged,
    Message,
    NatFound,
    Notify,
    Offer,
    Phase,
    Proxies,
    Refused,
    Role,
    Spi,
    State,
    Suite,
    Symptom,
    Timer,
    Told,
    Up,
    Vendor,
    Wanted,
    Way,
    Whose,
    Why,
)
from mainmode.catalogue.reference import daemon_lines_page
from mainmode.explain.dialect import Reading, merged
from mainmode.explain.dialects.charon import Charon

CHARON = Charon()
CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "swan-runs"
HQ, BRANCH = Proxy.of("192.168.1.0/24"), Proxy.of("192.168.2.0/24")


def read(body: str, group: str = "IKE") -> Reading:
    found = CHARON.read(f"05[{group}] {body}")
    assert found is not None, body
    return found


FRONTS = [
    ("05[IKE] ", "", ""),
    ("[IKE] ", "", ""),
    ("05[IKE1] ", "", ""),
    ("Nov 23 10:52:23 05[IKE] ", "Nov 23 10:52:23", ""),
    ("Nov  3 10:52:23 05[IKE] ", "Nov  3 10:52:23", ""),
    ("2026-11-23 10:54:14.291 05[IKE] ", "2026-11-23 10:54:14.291", ""),
    ("2021-05-06 09:13:03Z 05[IKE] ", "2021-05-06 09:13:03Z", ""),
    ("2023-06-01T12:00:00.123456+02:00 gw charon: 05[IKE] ", "2023-06-01T12:00:00.123456+02:00", "gw"),
    ("2023-06-01T12:00:00+0200 gw charon-systemd[123]: 05[IKE] ", "2023-06-01T12:00:00+0200", "gw"),
    ("Jun  1 12:00:00 gw charon: 05[IKE] ", "Jun  1 12:00:00", "gw"),
    ("Jun  1 12:00:00 gw charon[99]: 05[IKE] ", "Jun  1 12:00:00", "gw"),
    ("Jun  1 12:00:00 gw ipsec[99]: 05[IKE] ", "Jun  1 12:00:00", "gw"),
    ("Jun 01 12:00:00.123456 gw.example.net charon-nm[9]: 05[IKE] ", "Jun 01 12:00:00.123456", "gw.example.net"),
    ("<30>Jun  1 12:00:00 gw charon: 05[IKE] ", "Jun  1 12:00:00", "gw"),
    ("<30>1 2023-06-01T12:00:00Z gw charon 123 - - 05[IKE] ", "2023-06-01T12:00:00Z", "gw"),
    ("Thu Jun  1 12:00:00 2023 daemon.info ipsec: 05[IKE] ", "Thu Jun  1 12:00:00 2023", ""),
    ("Jun 1 12:00:00\tcharon\t\t05[IKE] ", "Jun 1 12:00:00", ""),
    ("ipsec[99]: 05[IKE] ", "", ""),
]


@pytest.mark.parametrize(("front", "stamp", "host"), FRONTS)
def test_a_line_is_read_behind_every_front(front: str, stamp: str, host: str) -> None:
    line = f"{front}<hq|3> giving up after 5 retransmits"
    found = CHARON.read(line)
    assert found is not None
    assert found.entry == "charon.gave up"
    assert (found.stamp, found.host) == (stamp, host)
    assert (found.at is None) == (stamp == "")
    assert (found.tag.group, found.tag.sa) == ("hq", "[3]")
    assert CHARON.head.match(line)


def test_the_clock_is_a_number() -> None:
    first = CHARON.read("2026-11-23 10:54:14.291 05[IKE] sending DPD request")
    assert first is not None
    assert first.at == Instant(1_795_431_254_291_000)
    second = CHARON.read("Nov 23 10:54:15 05[IKE] sending DPD request")
    third = CHARON.read("Nov 23 10:54:17 05[IKE] sending DPD request")
    assert second is not None
    assert third is not None
    assert second.at is not None
    assert third.at is not None
    assert third.at - second.at == 2 * SECOND


@pytest.mark.parametrize(
    "line",
    [
        "initiating Main Mode IKE_SA hq[1] to 10.0.0.2",
        "generating ID_PROT request 0 [ SA V V V V V ]",
        "sending packet: from 10.0.0.1[500] to 10.0.0.2[500] (180 bytes)",
        "received packet: from x.x.x.x[500] to <OWN_ADDRESS>[500] (180 bytes)",
        "parsed INFORMATIONAL_V1 request 2124355898 [ HASH N(NO_PROP) ]",
        "received NO_PROPOSAL_CHOSEN error notify",
        "received unknown vendor ID: fb:1d:e3:cd:f3:41:b7:ea:16:b7:e5:be:08:55:f1:20",
        "retransmit 1 of request with message ID 0",
        "IKE_SA hq[1] established between 10.0.0.1[10.0.0.1]...10.0.0.2[10.0.0.2]",
        "CHILD_SA lan{1} established with SPIs c9f0dac2_i 65f81cda_o and TS 10.0.0.1/32 === 10.0.0.2/32[tcp]",
        "establishing connection 'hq' failed",
        "connection 'hq' established successfully",
    ],
)
def test_what_ipsec_up_prints_needs_no_front(line: str) -> None:
    found = CHARON.read(line)
    assert found is not None
    assert CHARON.head.match(line)
    framed = CHARON.read(f"05[IKE] {line}")
    assert framed is not None
    assert found.facts == framed.facts


def test_a_name_that_came_later_keeps_the_number_of_the_sa() -> None:
    before = CHARON.read("16[IKE] <1> received DPD vendor ID")
    after = CHARON.read("02[IKE] <hq-branch|1> scheduling rekeying in 13748s")
    assert before is not None
    assert after is not None
    assert (before.tag.sa, before.tag.group) == ("[1]", "")
    assert (after.tag.sa, after.tag.group, after.tag.thread) == ("[1]", "hq-branch", "02")


AES = Suite("AES-128", "SHA-1", "14", protocol="IKE")
FACTS: list[tuple[str, tuple[Fact, ...]]] = [
    (
        "generating ID_PROT request 0 [ SA V V ]",
        (Message(Way.SENT, Exchange.MAIN, ("SA", "VENDOR", "VENDOR"), name="MM1"),),
    ),
    (
        "parsed ID_PROT response 0 [ KE No NAT-D NAT-D ]",
        (Message(Way.RECEIVED, Exchange.MAIN, ("KE", "NONCE", "NAT-D", "NAT-D"), name="MM4"),),
    ),
    (
        "parsed ID_PROT request 0 [ ID HASH N(INITIAL_CONTACT) ]",
        (
            Message(Way.RECEIVED, Exchange.MAIN, ("ID", "HASH", "NOTIFY"), name="MM5"),
            Notify(Way.RECEIVED, "INITIAL-CONTACT", True),
        ),
    ),
    (
        "parsed AGGRESSIVE response 0 [ SA KE No ID HASH ]",
        (Message(Way.RECEIVED, Exchange.AGGRESSIVE, ("SA", "KE", "NONCE", "ID", "HASH"), name="AM2"),),
    ),
    (
        "generating QUICK_MODE request 3652964734 [ HASH ]",
        (Message(Way.SENT, Exchange.QUICK, ("HASH",), name="QM3"),),
    ),
    (
        "parsed INFORMATIONAL_V1 request 17 [ N(NO_PROP) ]",
        (
            Message(Way.RECEIVED, Exchange.INFORMATIONAL, ("NOTIFY",)),
            Notify(Way.RECEIVED, "NO-PROPOSAL-CHOSEN", False),
        ),
    ),
    (
        "generating INFORMATIONAL_V1 request 17 [ HASH N(INVAL_ID) ]",
        (
            Message(Way.SENT, Exchange.INFORMATIONAL, ("HASH", "NOTIFY")),
            Notify(Way.SENT, "INVALID-ID-INFORMATION", True),
        ),
    ),
    (
        "parsed TRANSACTION request 17 [ HASH CPRQ(X_USER X_PWD) ]",
        (Message(Way.RECEIVED, Exchange.TRANSACTION, ("HASH", "ATTRIBUTES")),),
    ),
    (
        "parsed IKE_SA_INIT request 0 [ SA KE No N(NATD_S_IP) ]",
        (Message(Way.RECEIVED, Exchange.IKEV2, ("SA", "KE", "NONCE", "NOTIFY")),),
    ),
    ("sending packet: from 10.0.0.1[500] to 10.0.0.2[500] (180 bytes)", ()),
    ("received packet: from 10.0.0.2[4500] to 10.0.0.1[4500] (180 bytes)", (Floated(),)),
    ("sending retransmit 1 of request message ID 0, seq 1", (Message(Way.SENT, None, again=True),)),
    (
        "received retransmit of request with ID 910857451, but no response to retransmit",
        (Message(Way.RECEIVED, Exchange.QUICK, again=True), Told(Symptom.DUPLICATE)),
    ),
    (
        "initiating Main Mode IKE_SA hq[1] to 10.0.0.2",
        (Began(Phase.ONE, Role.INITIATOR, name="hq", exchange=Exchange.MAIN),),
    ),
    (
        "10.0.0.1 is initiating a Aggressive Mode IKE_SA",
        (Began(Phase.ONE, Role.RESPONDER, exchange=Exchange.AGGRESSIVE),),
    ),
    ("10.0.0.1 is initiating an IKE_SA", (Began(Phase.ONE, Role.RESPONDER, exchange=Exchange.IKEV2),)),
    ("selected proposal: IKE:AES_CBC_128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048", (Agreed(Phase.ONE, AES),)),
    (
        "selected proposal: ESP:3DES_CBC/HMAC_MD5_96/NO_EXT_SEQ",
        (Agreed(Phase.TWO, Suite("3DES", "MD5", protocol="ESP")),),
    ),
    ("no proposal found", (Refused(Phase.ONE, everything=True),)),
    ("no matching proposal found, sending NO_PROPOSAL_CHOSEN", (Refused(Phase.TWO, everything=True),)),
    (
        "no IKE config found for 10.0.0.2...10.0.0.1, sending NO_PROPOSAL_CHOSEN",
        (Told(Symptom.NO_TUNNEL_GROUP, Phase.ONE),),
    ),
    (
        "looking for pre-shared key peer configs matching 10.0.0.2...10.0.0.1[branch.example.net]",
        (Identity(Whose.PEER, "FQDN", "branch.example.net"),),
    ),
    ("no peer config found", (Told(Symptom.IDENTITY_MISMATCH, Phase.ONE),)),
    ('selected peer config "hq"', (Group("hq"),)),
    (
        "found 1 matching config, but none allows pre-shared key authentication using Main Mode",
        (Told(Symptom.MAIN_REFUSED, Phase.ONE, "no matching configuration allows pre-shared key"),),
    ),
    ("Aggressive Mode PSK disabled for security reasons", (Told(Symptom.AGGRESSIVE_REFUSED, Phase.ONE),)),
    (
        "no shared key found for '10.0.0.2'[10.0.0.2] - '10.0.0.1'[10.0.0.1]",
        (Told(Symptom.KEY_MISSING, Phase.ONE, "10.0.0.1"),),
    ),
    ("no shared key found for 10.0.0.2 - 10.0.0.1", (Told(Symptom.KEY_MISSING, Phase.ONE, "10.0.0.1"),)),
    ("calculated HASH does not match HASH payload", (Told(Symptom.KEY_WRONG, Phase.ONE),)),
    ("invalid ID_V1 payload length, decryption failed?", (Told(Symptom.KEY_WRONG, Phase.ONE),)),
    ("invalid HASH_V1 payload length, decryption failed?", (Told(Symptom.MALFORMED, None, "decryption failed"),)),
    (
        "IDir '10.0.0.9' does not match to '10.0.0.2'",
        (
            Identity(Whose.PEER, "address", "10.0.0.9"),
            Told(Symptom.IDENTITY_MISMATCH, Phase.ONE, "expected 10.0.0.2"),
        ),
    ),
    (
        "IKE_SA hq[7] established between 10.0.0.1[10.0.0.1]...10.0.0.2[C=CH, O=Example, CN=hq]",
        (
            Up(Phase.ONE),
            Identity(Whose.OWN, "address", "10.0.0.1"),
            Identity(Whose.PEER, "DN", "C=CH, O=Example, CN=hq"),
        ),
    ),
    ("scheduling reauthentication in 9930s", (Timer("rekey", Phase.ONE, 9930),)),
    ("maximum IKE_SA lifetime 10470s", (Timer("lifetime", Phase.ONE, 10470),)),
    ("local host is behind NAT, sending keep alives", (NatFound(own=True),)),
    ("remote host is behind NAT", (NatFound(peer=True),)),
    ("received XAuth vendor ID", (Vendor(Whose.PEER, "XAUTH"),)),
    ("received draft-ietf-ipsec-nat-t-ike-02\\n vendor ID", (Vendor(Whose.PEER, "NAT-T draft 02"),)),
    ("received NAT-T (RFC 3947) vendor ID", (Vendor(Whose.PEER, "NAT-T RFC 3947"),)),
    ("received NO_PROPOSAL_CHOSEN error notify", (Notify(Way.RECEIVED, "NO-PROPOSAL-CHOSEN"),)),
    (
        "no matching CHILD_SA config found for 192.168.1.0/24 === 192.168.2.0/24",
        (Told(Symptom.NO_MATCHING_ENTRY, Phase.TWO), Proxies(BRANCH, HQ, Whose.PEER)),
    ),
    (
        "CHILD_SA lan{1} established with SPIs c459caad_i 0338213e_o and TS 192.168.1.0/24 === 192.168.2.0/24",
        (Up(Phase.TWO, None, "c459caad", "0338213e"), Proxies(HQ, BRANCH, Whose.OWN)),
    ),
    (
        "CHILD_SA lan{1} established with SPIs c459caad_i c338213e_o "
        "and TS 192.168.1.5/32[udp/l2f] === 192.168.2.0/24[tcp]",
        (
            Up(Phase.TWO, None, "c459caad", "c338213e"),
            Proxies(Proxy.of("192.168.1.5", 17, 1701), Proxy.of("192.168.2.0/24", 6), Whose.OWN),
        ),
    ),
    (
        "closing CHILD_SA lan{1} with SPIs c459caad_i (840 bytes) c338213e_o (0 bytes) "
        "and TS 192.168.1.0/24 === 192.168.2.0/24",
        (
            Down(Phase.TWO, Why.UNSAID),
            Carried(0, 840, whole=True),
            Spi("c459caad", Whose.OWN),
            Spi("c338213e", Whose.PEER),
        ),
    ),
    ("received 28800s lifetime, configured 3960s", (LifetimeChanged(Phase.TWO, 3960, 28800, by=Whose.PEER),)),
    ("sending DELETE for ESP CHILD_SA with SPI cfe0aabc", (Deleted(Way.SENT, Phase.TWO, ("cfe0aabc",)),)),
    (
        "received DELETE for ESP CHILD_SA with SPI cfe0aabc",
        (Deleted(Way.RECEIVED, Phase.TWO, ("cfe0aabc",)), Down(Phase.TWO, Why.PEER)),
    ),
    ("received DELETE for IKE_SA hq[1]", (Deleted(Way.RECEIVED, Phase.ONE), Down(Phase.ONE, Why.PEER))),
    ("detected rekeying of CHILD_SA lan{1}", (Began(Phase.TWO, Role.RESPONDER, rekey=True, name="lan"),)),
    ("giving up after 5 retransmits", (GaveUp(None, timeout=True),)),
    (
        "establishing IKE_SA failed, peer not responding",
        (GaveUp(Phase.ONE, timeout=True), Told(Symptom.NO_RESPONSE, Phase.ONE)),
    ),
    ("deleting half open IKE_SA with 10.0.0.1 after timeout", (GaveUp(Phase.ONE, timeout=True),)),
    ("DPD check timed out, enforcing DPD action", (Told(Symptom.PEER_LOST), Down(None, Why.LOST))),
    ("vici initiate CHILD_SA 'lan'", (Wanted("lan"),)),
    ("vici terminate IKE_SA 'hq'", (Down(None, Why.ADMIN),)),
    ("added vici connection: hq", (Configured("hq"),)),
    ("  version = 2", (Configured("", Exchange.IKEV2),)),
    ("  aggressive = 1", (Configured("", Exchange.AGGRESSIVE),)),
    ("IKE_SA hq[1] state change: CONNECTING => ESTABLISHED", (State("ESTABLISHED"),)),
    ("no private key found for 'CN=hq'", (Told(Symptom.CERTIFICATE, Phase.ONE, "CN=hq"),)),
]


@pytest.mark.parametrize(("body", "facts"), FACTS, ids=[body[:60] for body, _ in FACTS])
def test_a_line_tells_its_facts(body: str, facts: tuple[Fact, ...]) -> None:
    assert read(body).facts == facts


def test_messages_are_sorted_by_peer_role_and_message_id() -> None:
    assert read("sending packet: from 10.0.0.1[500] to 10.0.0.2[500] (180 bytes)").tag.peer == "10.0.0.2"
    tag = read("received packet: from 10.0.0.2[500] to 10.0.0.1[500] (180 bytes)").tag
    assert (tag.peer, tag.local) == ("10.0.0.2", "10.0.0.1")
    assert read("generating ID_PROT response 0 [ SA V ]").tag.role is Role.RESPONDER
    assert read("parsed ID_PROT response 0 [ SA V ]").tag.role is Role.INITIATOR
    quick = read("parsed QUICK_MODE request 3652964734 [ HASH SA No ID ID ]")
    assert (quick.tag.role, quick.tag.message_id, quick.step) == (None, 3652964734, "QM1")
    initiating = read("initiating Main Mode IKE_SA hq[4] to 10.0.0.2").tag
    assert (initiating.peer, initiating.group, initiating.sa) == ("10.0.0.2", "hq", "[4]")
    up = read("IKE_SA hq[4] established between 10.0.0.1[a.example]...10.0.0.2[b.example]").tag
    assert (up.peer, up.local, up.sa) == ("10.0.0.2", "10.0.0.1", "[4]")


RECEIVED = "11[CFG] <1> received proposals: IKE:AES_CBC_128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048"
CONFIGURED = "11[CFG] <1> configured proposals: IKE:AES_CBC_128/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048"


def test_two_lists_of_proposals_tell_what_differs() -> None:
    alone = CHARON.read(RECEIVED)
    assert alone is not None
    assert alone.open
    assert alone.facts == (Offer(Phase.ONE, Whose.PEER, AES, 1),)
    assert CHARON.continues(RECEIVED, CONFIGURED)
    assert not CHARON.continues(RECEIVED, CONFIGURED.replace("11[", "12["))
    assert not CHARON.continues(RECEIVED, "11[IKE] <1> no proposal found")
    both = CHARON.read(f"{RECEIVED}\n{CONFIGURED}")
    assert both is not None
    assert Refused(Phase.ONE, "hash", "SHA-1", "SHA-256") in both.facts
    assert sum(isinstance(one, Refused) for one in both.facts) == 1


@pytest.mark.parametrize(
    ("received", "configured", "refused"),
    [
        (
            "ESP:AES_CBC_256/HMAC_SHA1_96/NO_EXT_SEQ",
            "ESP:AES_CBC_256/HMAC_SHA1_96/MODP_2048/NO_EXT_SEQ",
            ("pfs", "none", "14"),
        ),
        (
            "ESP:AES_CBC_256/HMAC_SHA1_96/MODP_1024/NO_EXT_SEQ",
            "ESP:AES_CBC_256/HMAC_SHA1_96/MODP_2048/NO_EXT_SEQ",
            ("pfs", "2", "14"),
        ),
        (
            "IKE:AES_CBC_256/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1024",
            "IKE:AES_CBC_128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1024",
            ("key length", "AES-256", "AES-128"),
        ),
        (
            "IKE:3DES_CBC/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1024",
            "IKE:AES_CBC_128/AES_CBC_256/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1024",
            ("encryption", "3DES", "AES-128, AES-256"),
        ),
        (
            "IKE:3DES_CBC/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1024, IKE:DES_CBC/HMAC_MD5_96/PRF_HMAC_MD5/MODP_768",
            "IKE:3DES_CBC/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1536",
            ("group", "2", "5"),
        ),
    ],
)
def test_the_nearest_pair_tells_the_attribute(received: str, configured: str, refused: tuple[str, str, str]) -> None:
    both = CHARON.read(f"11[CFG] received proposals: {received}\n11[CFG] configured proposals: {configured}")
    assert both is not None
    found = [one for one in both.facts if isinstance(one, Refused)]
    assert [(one.attribute, one.offered, one.configured) for one in found] == [refused]


def test_lists_that_fit_refuse_nothing() -> None:
    both = CHARON.read(f"{RECEIVED}\n{RECEIVED.replace('received', 'configured')}")
    assert both is not None
    assert not any(isinstance(one, Refused) for one in both.facts)


def test_a_wrapped_line_is_read_and_two_lines_are_not_one() -> None:
    first = "Nov 23 10:52:23 08[IKE] CHILD_SA lan{1} established with SPIs c04907c4_i cfe0aabc_o and"
    rest = "TS 192.168.2.0/24 === 192.168.1.0/24"
    assert CHARON.continues(first, rest)
    found = CHARON.read(f"{first}\n{rest}")
    assert found is not None
    assert found.entry == "charon.child established"
    assert CHARON.read("05[IKE] sending DPD request\n05[IKE] sending DPD request") is None


def test_glued_records_come_apart_at_their_heads() -> None:
    line = (
        "Nov 23 10:52:23 08[NET] sending packet: from 10.0.0.1[500] to 10.0.0.2[500] (60 bytes)"
        "Nov 23 10:52:24 gw charon: 09[IKE] sending DPD request10[ENC] parsed INFORMATIONAL_V1 request 5 [ HASH D ]"
    )
    starts = [found.start() for found in CHARON.head.finditer(line)]
    parts = [line[a:b] for a, b in zip(starts, [*starts[1:], len(line)], strict=True)]
    assert [found.entry for part in parts if (found := CHARON.read(part))] == [
        "charon.packet sent",
        "charon.DPD",
        "charon.parsed",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "show crypto isakmp sa",
        "[IKEv1]: IP = 10.0.0.2, IKE Initiator: New Phase 1",
        "%ASA-5-713119: Group = 10.0.0.2, IP = 10.0.0.2, PHASE 1 COMPLETED",
        "*Mar  1 00:01:02.123: ISAKMP:(0):beginning Main Mode exchange",
        'Nov 23 10:52:23.458978: "hq-branch" #1: responding to Main Mode',
        "Jun  1 12:00:00 gw sshd[99]: Accepted publickey for root",
        "05[IKE]",
        "05[XYZ] sending DPD request",
        "05[IKE] the moon is made of cheese",
        "received a parcel",
        "version = 2",
        "local:",
        "parsed",
    ],
)
def test_what_charon_did_not_say_is_not_read(line: str) -> None:
    assert CHARON.read(line) is None


def test_the_daemon_itself_is_another_subject() -> None:
    for line in (
        "00[DMN] Starting IKE charon daemon (strongSwan 5.9.8)",
        "00[LIB] plugin 'x' is new to us",
        "00[TNC] hm",
    ):
        found = CHARON.read(line)
        assert found is not None
        assert found.other
        assert found.facts == ()


@pytest.mark.parametrize(
    "line",
    [
        "05[IKE] " + "a" * 8000,
        "05[IKE] received " + " vendor ID" * 700,
        "05[IKE] closing CHILD_SA " + "x (bytes) " * 700,
        "05[CFG] received proposals: " + "IKE:AES_CBC_128/" * 450,
        "05[CFG] received proposals: " + "/" * 8000,
        "05[IKE] no matching CHILD_SA config found for " + "10.0.0.0/8 " * 700,
        "05[IKE] looking for " + "." * 8000,
        "05[ENC] parsed ID_PROT request 0 [" + " (" * 3900,
        "Nov 23 10:52:23 " * 500,
        "05[" * 2700,
        "<" * 8000,
        "05[IKE] <" + "|" * 8000,
        "05[IKE] found " + "1 matching config, but none allows " * 200,
        "05[IKE] selected peer config '" + "' inacceptable: " * 500,
        "05[IKE] IKE_SA " + "[" * 8000,
        "\x1b[31m05[IKE] \x00\x07" + "\u202e" * 4000,
    ],
    ids=range(16),
)
def test_hostile_lines_cost_little(line: str) -> None:
    line = line[:8192]
    began = time.perf_counter()
    CHARON.read(line)
    CHARON.continues(line, line)
    list(CHARON.head.finditer(line))
    assert time.perf_counter() - began < 0.5


def test_numbers_out_of_range_are_read_without_an_error() -> None:
    assert CHARON.read("99[IKE] no matching CHILD_SA config found for 999.1.1.1/99 === 1.2.3.4/33") is not None
    assert CHARON.read("Feb 31 99:99:99 05[IKE] sending DPD request") is not None
    assert CHARON.read("05[ENC] parsed QUICK_MODE request 99999999999999999999 [ HASH ]") is not None


def test_a_line_in_parts_tells_the_same() -> None:
    lines = [f"{front}{body}" for front, _, _ in FRONTS for body, _ in FACTS]
    lines += (Path(__file__).parent / "data" / "charon_lines.txt").read_text().splitlines()
    tried = 0
    for line in lines:
        parts = CHARON.parted(line)
        said = None if parts is None else CHARON.said(parts[2])
        if parts is None or said is None:
            continue
        tried += 1
        whole, clock, about = CHARON.read(line), CHARON.clock(parts[0]), CHARON.about(parts[1])
        assert whole == said._replace(tag=merged(about, said.tag), stamp=clock.stamp, at=clock.at, host=clock.host), (
            line
        )
    assert tried > len(lines) // 2


def test_names_of_sayings_are_unique_and_parts_are_declared() -> None:
    names = [one.name for one in ALL]
    assert len(names) == len(set(names))
    for one in ALL:
        for template in one.templates:
            assert template.strip()


def test_lines_as_they_are_shown_in_public_are_read() -> None:
    """Masked, cut, wrapped by typography, of releases of twenty years."""
    lines = (Path(__file__).parent / "data" / "charon_lines.txt").read_text().splitlines()
    assert len(lines) > 80
    assert [line for line in lines if CHARON.read(line) is None] == []


def test_the_page_of_daemons_lines_is_as_declared() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "daemon_lines.md"
    assert page.read_text("utf-8") == daemon_lines_page(), "regenerate: python docs/generate.py"


@pytest.mark.corpus
def test_every_line_of_the_runs_is_read() -> None:
    logs = [path for path in sorted(CORPUS.glob("*/*.log")) if "[DMN]" in path.read_text()[:400]]
    for path in logs:
        unread = [line for line in path.read_text().splitlines() if line.strip() and CHARON.read(line) is None]
        assert unread == [], path
