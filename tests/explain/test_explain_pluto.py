"""pluto's dialect: fronts of every kind, the facts of each kind of line, and what hostile input does."""

import time
from pathlib import Path

import pytest

from mainmode.base.address import Proxy
from mainmode.catalogue.dialects.pluto import ALL
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
    Told,
    Up,
    Vendor,
    Way,
    Whose,
    Why,
)
from mainmode.explain.dialect import Reading, merged
from mainmode.explain.dialects.pluto import Pluto

PLUTO = Pluto()
CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
HQ, BRANCH = Proxy.of("192.168.1.0/24"), Proxy.of("192.168.2.0/24")


def read(body: str) -> Reading:
    found = PLUTO.read(f'"hq" #7: {body}')
    assert found is not None, body
    return found


FRONTS = [
    ('"hq"[2] 10.0.0.2 #7: ', "", ""),
    ('003 "hq"[2] 10.0.0.2 #7: ', "", ""),
    ('002 "hq"[2] 10.0.0.2:4500 #7: ', "", ""),
    ('Nov 23 10:52:23.458978: "hq"[2] 10.0.0.2 #7: ', "Nov 23 10:52:23.458978", ""),
    ('Aug 14 08:53:11: "hq"[2] 10.0.0.2 #7: ', "Aug 14 08:53:11", ""),
    ('Jun  1 12:00:00 gw pluto[123]: "hq"[2] 10.0.0.2 #7: ', "Jun  1 12:00:00", "gw"),
    ('2023-06-01T12:00:00+02:00 gw pluto[123]: "hq"[2] 10.0.0.2 #7: ', "2023-06-01T12:00:00+02:00", "gw"),
    ('<30>Jun  1 12:00:00 gw pluto[123]: "hq"[2] 10.0.0.2 #7: ', "Jun  1 12:00:00", "gw"),
    ('pluto[123]: "hq"[2] 10.0.0.2 #7: ', "", ""),
]


@pytest.mark.parametrize(("front", "stamp", "host"), FRONTS)
def test_a_line_is_read_behind_every_front(front: str, stamp: str, host: str) -> None:
    line = f"{front}STATE_MAIN_I1: retransmission; will wait 20s for response"
    found = PLUTO.read(line)
    assert found is not None
    assert found.entry == "pluto.retransmission"
    assert (found.stamp, found.host) == (stamp, host)
    assert (found.at is None) == (stamp == "")
    assert (found.tag.group, found.tag.sa, found.tag.peer) == ("hq", "#7", "10.0.0.2")
    assert PLUTO.head.match(line)


def test_a_packet_names_its_peer() -> None:
    found = PLUTO.read("packet from 10.0.0.1:500: phase 1 message is part of an unknown exchange")
    assert found is not None
    assert found.tag.peer == "10.0.0.1"
    assert found.facts == (Told(Symptom.NO_SA),)


def _sent(exchange: Exchange, name: str) -> Message:
    return Message(Way.SENT, exchange, name=name)


def _got(exchange: Exchange, name: str) -> Message:
    return Message(Way.RECEIVED, exchange, name=name)


MAIN, QUICK = Exchange.MAIN, Exchange.QUICK
ESP = Suite("AES-128", "SHA-1", mode="tunnel", protocol="ESP")
FACTS: list[tuple[str, tuple[Fact, ...]]] = [
    ("initiating Main Mode", (Began(Phase.ONE, Role.INITIATOR, exchange=MAIN),)),
    ("initiating IKEv1 Main Mode connection to replace #1", (Began(Phase.ONE, Role.INITIATOR, exchange=MAIN),)),
    ("initiating IKEv1 Aggressive Mode connection", (Began(Phase.ONE, Role.INITIATOR, exchange=Exchange.AGGRESSIVE),)),
    ("initiating IKEv2 connection", (Began(Phase.ONE, Role.INITIATOR, exchange=Exchange.IKEV2),)),
    ("responding to Main Mode", (Began(Phase.ONE, Role.RESPONDER, exchange=MAIN), _got(MAIN, "MM1"))),
    ("STATE_MAIN_I1: initiate", (_sent(MAIN, "MM1"), State("STATE_MAIN_I1", "MM2"))),
    (
        "STATE_MAIN_I2: sent MI2, expecting MR2",
        (_got(MAIN, "MM2"), _sent(MAIN, "MM3"), State("STATE_MAIN_I2", "MM4")),
    ),
    ("sent Main Mode request", (_sent(MAIN, "MM1"), State("STATE_MAIN_I1", "MM2"))),
    ("sent Main Mode I3", (_got(MAIN, "MM4"), _sent(MAIN, "MM5"), State("STATE_MAIN_I3", "MM6"))),
    ("sent Main Mode R1", (_sent(MAIN, "MM2"), State("STATE_MAIN_R1", "MM3"))),
    ("sent Main Mode R2", (_got(MAIN, "MM3"), _sent(MAIN, "MM4"), State("STATE_MAIN_R2", "MM5"))),
    ("transition from state STATE_MAIN_I1 to state STATE_MAIN_I2", (State("STATE_MAIN_I2", "MM4"),)),
    (
        "IKE SA established {auth=PRESHARED_KEY cipher=AES_CBC_128 integ=HMAC_SHA1 group=MODP2048}",
        (Up(Phase.ONE), Agreed(Phase.ONE, Suite("AES-128", "SHA-1", "14", "pre-shared key", protocol="IKE"))),
    ),
    (
        "STATE_MAIN_I4: ISAKMP SA established {auth=OAKLEY_PRESHARED_KEY cipher=oakley_3des_cbc_192 prf=oakley_md5 "
        "group=modp1024}",
        (
            _got(MAIN, "MM6"),
            Up(Phase.ONE, Role.INITIATOR),
            Agreed(Phase.ONE, Suite("3DES", "MD5", "2", "pre-shared key", protocol="IKE")),
        ),
    ),
    (
        "STATE_MAIN_R3: sent MR3, ISAKMP SA established {auth=PRESHARED_KEY cipher=aes_256 "
        "integ=sha2_256 group=MODP1536}",
        (
            _got(MAIN, "MM5"),
            _sent(MAIN, "MM6"),
            Up(Phase.ONE, Role.RESPONDER),
            Agreed(Phase.ONE, Suite("AES-256", "SHA-256", "5", "pre-shared key", protocol="IKE")),
        ),
    ),
    (
        "STATE_MAIN_I1: retransmission; will wait 0.5 seconds for response",
        (Message(Way.SENT, MAIN, again=True, name="MM1"), State("STATE_MAIN_I1", "MM2")),
    ),
    (
        "STATE_MAIN_I1: 60 second timeout exceeded after 7 retransmits.  No response (or no acceptable "
        "response) to our "
        "first IKEv1 message",
        (GaveUp(Phase.ONE, "MM2", timeout=True), Told(Symptom.NO_RESPONSE, Phase.ONE)),
    ),
    (
        "max number of retransmissions (2) reached STATE_MAIN_I3.  Possible authentication failure: no "
        "acceptable response "
        "to our first encrypted message",
        (GaveUp(Phase.ONE, "MM6", timeout=True),),
    ),
    (
        "max number of retransmissions (20) reached STATE_QUICK_I1.  No acceptable response to our first Quick Mode "
        "message: perhaps peer likes no proposal",
        (GaveUp(Phase.TWO, "QM2", timeout=True),),
    ),
    ("deleting incomplete state after 60 seconds", (GaveUp(Phase.ONE, timeout=True),)),
    (
        "Oakley Transform [AES_CBC (128), HMAC_SHA1, MODP2048] refused",
        (Offer(Phase.ONE, Whose.PEER, Suite("AES-128", "SHA-1", "14", protocol="IKE")),),
    ),
    (
        "Oakley Transform [OAKLEY_AES_CBC (256), OAKLEY_SHA1, OAKLEY_GROUP_MODP1024] refused due to strict flag",
        (Offer(Phase.ONE, Whose.PEER, Suite("AES-256", "SHA-1", "2", protocol="IKE")),),
    ),
    (
        "OAKLEY_DES_CBC is not supported.  Attribute OAKLEY_ENCRYPTION_ALGORITHM",
        (Refused(Phase.ONE, "encryption", "DES"),),
    ),
    (
        "ESP IPsec Transform [AES_CBC (256), HMAC_SHA1] refused",
        (Offer(Phase.TWO, Whose.PEER, Suite("AES-256", "SHA-1", protocol="ESP")),),
    ),
    (
        "IPsec Transform [ESP_AES (128), AUTH_ALGORITHM_HMAC_MD5] refused due to strict flag",
        (Offer(Phase.TWO, Whose.PEER, Suite("AES-128", "MD5", protocol="ESP")),),
    ),
    ("no acceptable Oakley Transform", (Refused(Phase.ONE, everything=True),)),
    (
        "Can't authenticate: no preshared key found for `10.0.0.2' and `10.0.0.1'.  Attribute "
        "OAKLEY_AUTHENTICATION_METHOD",
        (Told(Symptom.KEY_MISSING, Phase.ONE, "10.0.0.1"),),
    ),
    (
        "probable authentication failure (mismatch of preshared secrets?): malformed payload in packet",
        (Told(Symptom.KEY_WRONG, Phase.ONE),),
    ),
    (
        "next payload type of ISAKMP Identification Payload has an unknown value: 134",
        (Told(Symptom.KEY_WRONG, Phase.ONE),),
    ),
    ("next payload type of ISAKMP Hash Payload has an unknown value: 31", (Told(Symptom.MALFORMED),)),
    ("malformed payload in packet", (Told(Symptom.MALFORMED),)),
    ("received Hash Payload does not match computed value", (Told(Symptom.KEY_WRONG, Phase.ONE),)),
    ("Main mode peer ID is ID_FQDN: '@hq.example'", (Identity(Whose.PEER, "FQDN", "@hq.example"),)),
    ("Peer ID is ID_IPV4_ADDR: '10.0.0.1'", (Identity(Whose.PEER, "address", "10.0.0.1"),)),
    (
        "we require peer to have ID '10.0.0.2', but peer declares '192.168.5.5'",
        (
            Identity(Whose.PEER, "address", "192.168.5.5"),
            Told(Symptom.IDENTITY_MISMATCH, Phase.ONE, "expected 10.0.0.2"),
        ),
    ),
    (
        "Peer ID '10.0.0.1' mismatched on first found connection and no better connection found",
        (Identity(Whose.PEER, "address", "10.0.0.1"), Told(Symptom.IDENTITY_MISMATCH, Phase.ONE)),
    ),
    ('switched from "a" to "b"', (Group("b"),)),
    ("received Vendor ID payload [Dead Peer Detection]", (Vendor(Whose.PEER, "DPD"),)),
    ("received Vendor ID payload [RFC 3947] method set to=109", (Vendor(Whose.PEER, "NAT-T RFC 3947"),)),
    ("ignoring Vendor ID payload [FRAGMENTATION c0000000]", (Vendor(Whose.PEER, "fragmentation"),)),
    ("NAT-Traversal: Result using RFC 3947 (NAT-Traversal): peer is NATed", (NatFound(None, True),)),
    ("NAT-Traversal: Result using RFC 3947 (NAT-Traversal): both are NATed", (NatFound(True, True),)),
    (
        "NAT-Traversal: Result using draft-ietf-ipsec-nat-t-ike-02/03: no NAT detected",
        (NatFound(False, False),),
    ),
    ("new NAT mapping for #7, was 10.0.0.2:500, now 10.0.0.2:4500", (Floated(),)),
    ("added IKEv1 connection", (Configured("hq"),)),
    ("added IKEv2 connection", (Configured("hq", Exchange.IKEV2),)),
    (
        "initiating Quick Mode PSK+ENCRYPT+TUNNEL+PFS+UP {using isakmp#1 msgid:d5cd4b2f "
        "proposal=AES_CBC_256-HMAC_SHA2_256_128 "
        "pfsgroup=MODP2048}",
        (
            Began(Phase.TWO, Role.INITIATOR, exchange=QUICK),
            Offer(Phase.TWO, Whose.OWN, Suite("AES-256", "SHA-256", "14"), 1),
        ),
    ),
    (
        "initiating Quick Mode PSK+ENCRYPT+TUNNEL+UP to replace #2 {using isakmp#1 msgid:1c07b50b "
        "proposal=AES(12)_128-SHA1(2) "
        "pfsgroup=no-pfs}",
        (
            Began(Phase.TWO, Role.INITIATOR, rekey=True, exchange=QUICK),
            Offer(Phase.TWO, Whose.OWN, Suite("AES-128", "SHA-1"), 1),
        ),
    ),
    (
        "responding to Quick Mode proposal {msgid:47b827b3}",
        (Began(Phase.TWO, Role.RESPONDER, exchange=QUICK), _got(QUICK, "QM1")),
    ),
    ("    us: 192.168.2.0/24===10.0.0.2  them: 10.0.0.1===192.168.1.0/24", (Proxies(BRANCH, HQ, Whose.PEER),)),
    (
        "    us: 192.168.2.0/24===10.0.0.2<10.0.0.2>[@b]---10.0.0.9  them: 10.0.0.1[@a]===192.168.1.0/24",
        (Proxies(BRANCH, HQ, Whose.PEER),),
    ),
    ("the peer proposed: 192.168.2.0/24 -<all>-> 192.168.1.0/24", (Proxies(BRANCH, HQ, Whose.PEER),)),
    (
        "the peer proposed: 192.168.2.0/24:6/80 -> 192.168.1.0/24:0/0",
        (Proxies(Proxy.of("192.168.2.0/24", 6, 80), HQ, Whose.PEER),),
    ),
    (
        "cannot respond to IPsec SA request because no connection is known for "
        "192.168.2.0/24===10.0.0.2<10.0.0.2>...10.0.0.1"
        "[@a]===192.168.1.0/24",
        (Told(Symptom.NO_MATCHING_ENTRY, Phase.TWO), Proxies(BRANCH, HQ, Whose.PEER)),
    ),
    (
        "we require PFS but Quick I1 SA specifies no GROUP_DESCRIPTION",
        (Told(Symptom.PFS_MISSING, Phase.TWO), Refused(Phase.TWO, "pfs", "none")),
    ),
    (
        "sent Quick Mode reply, inbound IPsec SA installed, expecting confirmation tunnel mode "
        "{ESP=>0xca1b8772 <0xaf6c20e5 "
        "xfrm=AES_CBC_128-HMAC_SHA1_96 DPD=passive}",
        (
            _sent(QUICK, "QM2"),
            State("STATE_QUICK_R1", "QM3"),
            Spi("af6c20e5", Whose.OWN),
            Spi("ca1b8772", Whose.PEER),
        ),
    ),
    (
        "IPsec SA established tunnel mode {ESP=>0xca1b8772 <0x0f6c20e5 xfrm=AES_CBC_128-HMAC_SHA1_96 DPD=passive}",
        (Up(Phase.TWO, None, "0f6c20e5", "ca1b8772"), Agreed(Phase.TWO, ESP)),
    ),
    (
        "STATE_QUICK_I2: sent QI2, IPsec SA established tunnel mode {ESP=>0xca1b8772 <0xaf6c20e5 "
        "xfrm=AES_128-HMAC_SHA1 "
        "NATOA=none NATD=none DPD=none}",
        (
            _got(QUICK, "QM2"),
            _sent(QUICK, "QM3"),
            Up(Phase.TWO, Role.INITIATOR, "af6c20e5", "ca1b8772"),
            Agreed(Phase.TWO, ESP),
        ),
    ),
    (
        "STATE_QUICK_R2: IPsec SA established {ESP/NAT=>0xca1b8772 <0xaf6c20e5 xfrm=3DES_0-HMAC_MD5 "
        "NATD=10.0.0.1:4500}",
        (
            _got(QUICK, "QM3"),
            Up(Phase.TWO, Role.RESPONDER, "af6c20e5", "ca1b8772"),
            Agreed(Phase.TWO, Suite("3DES", "MD5", mode="UDP tunnel", protocol="ESP")),
            Floated(),
        ),
    ),
    (
        "ignoring informational payload NO_PROPOSAL_CHOSEN, msgid=00000000, length=12",
        (Message(Way.RECEIVED, Exchange.INFORMATIONAL, ("NOTIFY",)), Notify(Way.RECEIVED, "NO-PROPOSAL-CHOSEN")),
    ),
    (
        "ignoring informational payload, type INVALID_ID_INFORMATION msgid=00000000",
        (Message(Way.RECEIVED, Exchange.INFORMATIONAL, ("NOTIFY",)), Notify(Way.RECEIVED, "INVALID-ID-INFORMATION")),
    ),
    (
        "sending encrypted notification INVALID_ID_INFORMATION to 10.0.0.1:500",
        (Message(Way.SENT, Exchange.INFORMATIONAL, ("NOTIFY",)), Notify(Way.SENT, "INVALID-ID-INFORMATION", True)),
    ),
    (
        "received Delete SA(0xca1b8772) payload: deleting IPsec State #2",
        (Deleted(Way.RECEIVED, Phase.TWO, ("ca1b8772",)), Down(Phase.TWO, Why.PEER)),
    ),
    (
        "received Delete SA payload: deleting ISAKMP State #1",
        (Deleted(Way.RECEIVED, Phase.ONE), Down(Phase.ONE, Why.PEER)),
    ),
    (
        "deleting state (STATE_QUICK_R2) aged 3.112766s and sending notification",
        (Deleted(Way.SENT, Phase.TWO), Down(Phase.TWO, Why.UNSAID)),
    ),
    ("deleting state (STATE_MAIN_I1) aged 64.03s and NOT sending notification", (GaveUp(Phase.ONE, "MM2"),)),
    (
        "received hard EXPIRE for inbound SPI 9807a0bf bytes 0 packets 0 rekey=yes; replacing",
        (Down(Phase.TWO, Why.LIFETIME), Spi("9807a0bf", Whose.OWN)),
    ),
    ("ISAKMP SA expired (LATEST!)", (Down(Phase.ONE, Why.LIFETIME),)),
    ("IPsec SA expired (superseded by #5)", (Down(Phase.TWO, Why.REPLACED),)),
    ("DPD: No response from peer - declaring peer dead", (Told(Symptom.PEER_LOST), Down(None, Why.LOST))),
    (
        "DPD action - clearing connection kind CK_PERMANENT",
        (Told(Symptom.PEER_LOST), Down(None, Why.LOST)),
    ),
    ("ESP traffic information: in=840B out=12KB", (Carried(12288, 840, whole=True),)),
    (
        "ERROR: asynchronous network error report on eth0 (sport=500) for message to 10.0.0.2 port 500, complainant "
        "10.0.0.9: No route to host [errno 113, origin ICMP type 3 code 1 (not authenticated)]",
        (Told(Symptom.UNREACHABLE, None, "No route to host"),),
    ),
    (
        "discarding duplicate packet; already STATE_MAIN_I3",
        (Message(Way.RECEIVED, MAIN, again=True, name="MM4"), Told(Symptom.DUPLICATE)),
    ),
]


@pytest.mark.parametrize(("body", "facts"), FACTS, ids=[body[:60] for body, _ in FACTS])
def test_a_line_tells_its_facts(body: str, facts: tuple[Fact, ...]) -> None:
    assert read(body).facts == facts


@pytest.mark.parametrize(
    "policy",
    [
        "received but no connection has been authorized with authby=PSK and xauth=no",
        "received on 10.0.0.2:500 but no connection has been authorized with policy=PSK",
        "received on 10.0.0.2:500 but no connection has been authorized with policy PSK+IKEV1_ALLOW",
        "received on 10.0.0.2:500 but no connection has been authorized",
    ],
)
def test_a_main_mode_for_which_there_is_no_connection(policy: str) -> None:
    found = PLUTO.read(f"packet from 10.0.0.1:500: initial Main Mode message {policy}")
    assert found is not None
    assert found.tag.peer == "10.0.0.1"
    assert found.facts[0] == _got(MAIN, "MM1")
    assert isinstance(found.facts[1], Told)
    assert found.facts[1].symptom is Symptom.NO_TUNNEL_GROUP


def test_an_aggressive_mode_for_which_there_is_no_connection() -> None:
    found = PLUTO.read(
        "packet from 10.0.0.1:500: initial Aggressive Mode message from 10.0.0.1 but no (wildcard) connection has been "
        "configured with policy=PSK+AGGRESSIVE"
    )
    assert found is not None
    assert Told(Symptom.AGGRESSIVE_REFUSED, Phase.ONE) in found.facts


def test_messages_are_sorted() -> None:
    quick = read("responding to Quick Mode proposal {msgid:47b827b3}")
    assert (quick.tag.message_id, quick.tag.role, quick.step) == (0x47B827B3, None, "QM1")
    assert read("initiating Main Mode").tag.role is Role.INITIATOR
    assert read("sent Main Mode I2").step == "MM3"
    sides = read("    us: 192.168.2.0/24===10.0.0.2  them: 10.0.0.1===192.168.1.0/24")
    assert (sides.tag.peer, sides.tag.local) == ("10.0.0.1", "10.0.0.2")
    answer = read("sending notification PAYLOAD_MALFORMED to 10.0.0.1:500")
    assert answer.tag.peer == "10.0.0.1"


def test_what_a_terminal_wrapped_is_read() -> None:
    first = '031 "c" #115: max number of retransmissions (2) reached STATE_QUICK_I1.  No '
    rest = "  acceptable response to our first Quick Mode message: perhaps peer likes no proposal"
    assert PLUTO.continues(first, rest)
    found = PLUTO.read(f"{first}\n{rest}")
    assert found is not None
    assert found.facts == (GaveUp(Phase.TWO, "QM2", timeout=True),)
    assert PLUTO.read(f'{first}\n"c" #115: malformed payload in packet') is None


def test_glued_records_come_apart_at_their_heads() -> None:
    line = (
        'Nov 23 10:52:23.458978: "hq" #1: responding to Main ModeNov 23 10:52:23.459092: "hq" #1: '
        "sent Main Mode request"
        '003 "hq" #1: malformed payload in packet'
    )
    starts = [found.start() for found in PLUTO.head.finditer(line)]
    parts = [line[a:b] for a, b in zip(starts, [*starts[1:], len(line)], strict=True)]
    assert [found.entry for part in parts if (found := PLUTO.read(part))] == [
        "pluto.responding",
        "pluto.sent",
        "pluto.malformed",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "malformed payload in packet",
        "listening for IKE messages",
        "[IKEv1]: IP = 10.0.0.2, IKE Initiator: New Phase 1",
        "*Mar  1 00:01:02.123: ISAKMP:(0):beginning Main Mode exchange",
        "Aug 14 08:53:11: ISAKMP (0): received packet from 10.0.0.2",
        "Nov 23 10:52:23 05[IKE] sending DPD request",
        "Jun  1 12:00:00 gw sshd[99]: Accepted publickey for root",
        '"hq" #7: the moon is made of cheese',
        '"hq" #7:',
        '"say "hello" to him',
    ],
)
def test_what_pluto_did_not_say_is_not_read(line: str) -> None:
    assert PLUTO.read(line) is None


def test_the_daemon_itself_is_another_subject() -> None:
    for line in ("Nov 23 10:52:21.920400:   Camellia: 16 bytes with 128-bit key", "pluto[9]: something about itself"):
        found = PLUTO.read(line)
        assert found is not None
        assert found.other
        assert found.facts == ()


@pytest.mark.parametrize(
    "line",
    [
        '"hq" #7: ' + "a" * 8000,
        '"' * 8000,
        '"hq"[' + "1" * 8000,
        '"hq" ' + "." * 8000,
        '"hq" #7: IPsec SA established tunnel mode {' + "ESP=>0x" * 1000,
        '"hq" #7: us: ' + "===" * 2000 + "them:" * 300,
        '"hq" #7: cannot respond to IPsec SA request because no connection is known for ' + "[<" * 3900,
        '"hq" #7: cannot respond to IPsec SA request because no connection is known for ' + "..." * 2600,
        '"hq" #7: initiating Quick Mode X {using isakmp#1 msgid:1 proposal=' + "A-B,C " * 1300,
        '"hq" #7: ' + "Certificate failed " * 400,
        "Nov 23 10:52:23.458978: " * 300,
        "003 " * 2000,
        "packet from " + ":" * 8000,
        "| " * 4000,
        "\x1b]0;x\x07" + '"hq" #7: ' + "\u202e" * 4000,
        'pluto[1]: "hq" #7: Oakley Transform [' + "," * 8000 + "] refused",
    ],
    ids=range(16),
)
def test_hostile_lines_cost_little(line: str) -> None:
    line = line[:8192]
    began = time.perf_counter()
    PLUTO.read(line)
    PLUTO.continues(line, line)
    list(PLUTO.head.finditer(line))
    assert time.perf_counter() - began < 0.5


def test_numbers_out_of_range_are_read_without_an_error() -> None:
    assert read("the peer proposed: 999.1.1.1/99 -<all>-> 1.2.3.4/33").facts == ()
    assert read("IPsec SA established tunnel mode {ESP=>0xzz <0x xfrm=- DPD=}").facts[0] == Up(Phase.TWO)
    assert PLUTO.read('Feb 31 99:99:99.123456: "hq" #1: responding to Main Mode') is not None


def test_a_line_in_parts_tells_the_same() -> None:
    lines = [f"{front}{body}" for front, _, _ in FRONTS for body, _ in FACTS]
    lines += (Path(__file__).parent / "data" / "pluto_lines.txt").read_text().splitlines()
    tried = 0
    for line in lines:
        parts = PLUTO.parted(line)
        said = None if parts is None else PLUTO.said(parts[2])
        if parts is None or said is None:
            continue
        tried += 1
        whole, clock, about = PLUTO.read(line), PLUTO.clock(parts[0]), PLUTO.about(parts[1])
        assert whole == said._replace(tag=merged(about, said.tag), stamp=clock.stamp, at=clock.at, host=clock.host), (
            line
        )
    assert tried > len(lines) // 2


def test_names_of_sayings_are_unique() -> None:
    names = [one.name for one in ALL]
    assert len(names) == len(set(names))


def test_lines_as_they_are_shown_in_public_are_read() -> None:
    """Masked, cut, wrapped by typography, of releases of twenty years."""
    lines = (Path(__file__).parent / "data" / "pluto_lines.txt").read_text().splitlines()
    assert len(lines) > 80
    assert [line for line in lines if PLUTO.read(line) is None] == []


@pytest.mark.corpus
def test_every_line_of_the_runs_is_read() -> None:
    logs = [path for path in sorted(CORPUS.glob("swan-runs/*/*.log")) if "FIPS Mode" in path.read_text()[:400]]
    for path in logs:
        unread = [line for line in path.read_text().splitlines() if line.strip() and PLUTO.read(line) is None]
        assert unread == [], path
