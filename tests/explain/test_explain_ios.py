"""The dialect of Cisco routers: every line of real logs is recognised, and each kind tells what it says."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainmode.base.address import Proxy
from mainmode.base.instant import SECOND
from mainmode.catalogue.facts import (
    Agreed,
    Began,
    Deleted,
    Down,
    Exchange,
    Fact,
    Floated,
    GaveUp,
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
    Timer,
    Told,
    Up,
    Vendor,
    Wanted,
    Way,
    Whose,
    Why,
)
from mainmode.explain.assembler import Assembler
from mainmode.explain.correlate import Correlator
from mainmode.explain.dialect import OTHER
from mainmode.explain.dialects import DIALECTS
from mainmode.explain.dialects.ios import IosDialect
from mainmode.explain.logs import read_log
from mainmode.explain.offers import whole
from mainmode.explain.reading import Source

IOS = IosDialect()
CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "ios"
CONSOLE = ("Success rate", "M.!!!!", "SITE-A#", "R2#ar")
"""What a terminal adds: the assembler takes it away."""


def records(text: str) -> Iterator[str]:
    """The records of a text as `continues` joins them."""
    record = ""
    for line in text.splitlines():
        if not line.strip() or line.startswith(CONSOLE):
            continue
        if record and IOS.continues(record, line):
            record += "\n" + line
            continue
        if record:
            yield record
        record = line
    if record:
        yield record


def facts(line: str) -> tuple[Fact, ...]:
    reading = IOS.read(line)
    assert reading is not None, line
    return reading.facts


@pytest.mark.corpus
@pytest.mark.parametrize("log", sorted(CORPUS.glob("*.log")), ids=lambda log: log.stem)
def test_every_line_of_a_real_log_is_recognised(log: Path) -> None:
    unknown = [one for one in records(log.read_text()) if IOS.read(one) is None]
    assert unknown == []


@pytest.mark.corpus
@pytest.mark.parametrize("log", sorted(CORPUS.glob("*.log")), ids=lambda log: log.stem)
def test_the_key_lines_of_a_real_log_tell_something(log: Path) -> None:
    for line in json.loads(log.with_suffix(".json").read_text())["key_lines"]:
        reading = IOS.read(line)
        assert reading is not None
        assert reading.facts or "paranoid" in line or "Map Accepted" in line, line


RECALLED = (Path(__file__).parent / "data" / "ios_recalled.txt").read_text()
UNSEEN = (Path(__file__).parent / "data" / "ios_lines.txt").read_text()


@pytest.mark.parametrize("text", [UNSEEN, RECALLED], ids=["seen elsewhere", "recalled"])
def test_lines_of_other_logs_are_recognised_as_well(text: str) -> None:
    unknown = [one for one in records(text) if IOS.read(one) is None]
    assert unknown == []


BOTH = (
    ("ISAKMP:(0): sending packet to 10.0.0.2 my_port 500 peer_port 500 (I) MM_NO_STATE", "MM1", Way.SENT),
    ("ISAKMP (0:2): received packet from 10.0.0.2 dport 500 sport 500 Global (I) MM_NO_STATE", "MM2", Way.RECEIVED),
    ("ISAKMP-PAK: (0):sending packet to 10.0.0.2 my_port 500 peer_port 500 (R) MM_SA_SETUP", "MM2", Way.SENT),
    ("ISAKMP (0): received packet from 10.0.0.2 (R) MM_SA_SETUP", "MM3", Way.RECEIVED),
    ("ISAKMP:(0:1:SW:1): sending packet to 10.0.0.2 my_port 500 peer_port 500 (I) MM_SA_SETUP", "MM3", Way.SENT),
    (
        "ISAKMP-PAK: (1003):received packet from 10.0.0.2 dport 500 sport 500 Global (I) MM_SA_SETUP",
        "MM4",
        Way.RECEIVED,
    ),
    ("ISAKMP:(1003): sending packet to 10.0.0.2 my_port 500 peer_port 500 (R) MM_KEY_EXCH", "", Way.SENT),
    ("ISAKMP:(1003): sending packet to 10.0.0.2 my_port 500 peer_port 500 (I) MM_KEY_EXCH", "MM5", Way.SENT),
    ("ISAKMP:(1003): sending packet to 10.0.0.2 my_port 500 peer_port 500 (I) AG_INIT_EXCH", "AM1", Way.SENT),
    ("ISAKMP:(1003): sending packet to 10.0.0.2 my_port 500 peer_port 500 (I) QM_IDLE      ", "", Way.SENT),
)


@pytest.mark.parametrize(("line", "name", "way"), BOTH)
def test_messages_of_every_release(line: str, name: str, way: Way) -> None:
    reading = IOS.read(line)
    assert reading is not None
    (message,) = reading.facts
    assert isinstance(message, Message)
    assert (message.name, message.way, reading.step) == (name, way, name)
    assert reading.tag.peer == "10.0.0.2"
    assert reading.tag.role is (Role.RESPONDER if "(R)" in line else Role.INITIATOR)


RECEIVED = "ISAKMP (1003): received packet from 10.0.0.2 dport 500 sport 500 Global (R) {}"
NODE = "ISAKMP: set new node 77 to QM_IDLE"
HASH = "ISAKMP:(1003): processing HASH payload. message ID = 77"
CHAINS = (
    (
        (RECEIVED.format("QM_IDLE"), NODE, HASH, "ISAKMP:(1003): processing SA payload. message ID = 77"),
        Message(Way.RECEIVED, Exchange.QUICK, ("HASH", "SA")),
        77,
    ),
    (
        (RECEIVED.format("QM_IDLE"), NODE, HASH, "ISAKMP:(1003): processing NOTIFY PROPOSAL_NOT_CHOSEN protocol 3"),
        Message(Way.RECEIVED, Exchange.INFORMATIONAL, ("HASH", "NOTIFY")),
        None,
    ),
    (
        (RECEIVED.format("QM_IDLE"), NODE, HASH, "ISAKMP:(1003): processing DELETE payload. message ID = 77"),
        Message(Way.RECEIVED, Exchange.INFORMATIONAL, ("HASH", "DELETE")),
        None,
    ),
    ((RECEIVED.format("MM_KEY_EXCH"), NODE), Message(Way.RECEIVED, Exchange.INFORMATIONAL), None),
    (
        (RECEIVED.format("MM_KEY_EXCH"), "ISAKMP:(1003): phase 1 packet is a duplicate of a previous packet."),
        Message(Way.RECEIVED, Exchange.MAIN, again=True, name="MM3"),
        None,
    ),
    (
        (
            NODE,
            "ISAKMP:(1003):Sending NOTIFY DPD/R_U_THERE_ACK protocol 1\n\t spi 1695512992, message ID = 77",
            "ISAKMP:(1003): sending packet to 10.0.0.2 my_port 500 peer_port 500 (R) QM_IDLE",
        ),
        Message(Way.SENT, Exchange.INFORMATIONAL, ("HASH", "NOTIFY")),
        None,
    ),
)


@pytest.mark.parametrize(("lines", "message", "node"), CHAINS)
def test_what_a_message_is_is_told_by_the_lines_beside_it(
    lines: tuple[str, ...], message: Message, node: int | None
) -> None:
    text = "\n".join(f"*Mar  1 00:00:0{number}.000: {line}" for number, line in enumerate(lines))
    assert list(records(text)) == [text]
    reading = IOS.read(text)
    assert reading is not None
    assert message in reading.facts
    assert (reading.tag.peer, reading.tag.sa, reading.tag.message_id) == ("10.0.0.2", "1003", node)
    assert reading.stamp == "*Mar 1 00:00:00.000"


ROWS = "\n\tnext-payload : 8\n\ttype : 1\n\taddress      : 10.0.0.9\n\tprotocol     : 17\n\tport : 0\n\tlength : 12"
NAMES = (
    (("ISAKMP:(1): processing ID payload. message ID = 0", "ISAKMP (1): ID payload" + ROWS), Whose.PEER, "address"),
    (
        (
            "ISAKMP: (1):pre-shared key authentication using id type ID_IPV4_ADDR",
            "ISAKMP: (1):ID payload\n        next-payload : 8\n        type         : 1",
            "ISAKMP: (1): address      : 10.0.0.9",
            "ISAKMP: (1): protocol     : 17\n        port         : 0\n        length       : 12",
        ),
        Whose.OWN,
        "address",
    ),
    (
        (
            "ISAKMP:(1): processing ID payload. message ID = 0",
            "ISAKMP (1): ID payload\n FQDN name : 10.0.0.9\n port : 0",
        ),
        Whose.PEER,
        "FQDN",
    ),
)


@pytest.mark.parametrize(("lines", "whose", "kind"), NAMES)
def test_whose_an_identity_is_is_told_by_the_line_before(lines: tuple[str, ...], whose: Whose, kind: str) -> None:
    text = "\n".join(lines)
    assert list(records(text)) == [text]
    assert facts(text) == (Identity(whose, kind, "10.0.0.9"),)
    assert facts(lines[1]) == ()


def test_a_notify_under_a_hash_came_protected() -> None:
    lines = (RECEIVED.format("QM_IDLE"), NODE, HASH, "ISAKMP:(1003): processing NOTIFY INVALID_ID_INFO protocol 1")
    assert Notify(Way.RECEIVED, "INVALID-ID-INFORMATION", True, Phase.ONE) in facts("\n".join(lines))


def test_other_lines_stay_apart() -> None:
    apart = (
        (RECEIVED.format("MM_SA_SETUP"), "ISAKMP:(0):Input = IKE_MESG_FROM_PEER, IKE_MM_EXCH"),
        (RECEIVED.format("MM_NO_STATE"), "ISAKMP:(0): processing SA payload. message ID = 0"),
        (NODE, HASH),
        (RECEIVED.format("QM_IDLE"), RECEIVED.format("QM_IDLE")),
    )
    for lines in apart:
        assert list(records("\n".join(lines))) == list(lines)
        assert IOS.read("\n".join(lines)) is None


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("log", "names"),
    [
        ("ios12-init-11", ["MM1", "MM2", "MM3", "MM4", "MM5", "MM6", "", "QM1", "QM2", "QM3"]),
        ("iosxe-init-09", ["MM1", "MM2", "MM3", "MM4", "MM5", "MM6", "QM1", "", "QM2", "QM3"]),
        ("iosxe-resp-08", ["MM1", "MM2", "MM3", "MM4", "MM5", "MM6", "QM1", "QM2", "QM3"]),
        ("iosxe-resp-10", ["QM1", "QM2", "QM3"]),
    ],
)
def test_every_message_of_a_real_exchange_has_its_name(log: str, names: list[str]) -> None:
    path = CORPUS / f"{log}.log"
    negotiation = read_log(Source(str(path))).negotiations[0]
    assert [message.name for message, _ in negotiation.all(Message)] == names


def test_an_sa_that_is_deleted_in_two_lines_is_one_negotiation() -> None:
    end = 'ISAKMP:(1003):deleting SA reason "No reason" state (I) QM_IDLE       (peer 10.0.0.2)'
    assembler, correlator = Assembler((IOS,)), Correlator()
    correlator.feed(assembler.feed([RECEIVED.format("QM_IDLE"), end, "ISAKMP:(1003):purging node 77", end]))
    correlator.feed(assembler.finish())
    assert len(correlator.finish()) == 1


def test_a_message_on_4500_has_floated_and_the_responders_last_is_known_by_it() -> None:
    line = "ISAKMP-PAK: (1003):sending packet to 10.0.0.2 my_port 4500 peer_port 4501 (R) MM_KEY_EXCH"
    assert facts(line) == (Message(Way.SENT, Exchange.MAIN, name="MM6"), Floated())


ONE_LINE: tuple[tuple[str, tuple[Fact, ...]], ...] = (
    ("ISAKMP:(0):Old State = IKE_READY  New State = IKE_I_MM1", (State("IKE_I_MM1", "MM2"),)),
    ("ISAKMP: (1):Old State = IKE_I_MM6  New State = IKE_P1_COMPLETE", (State("IKE_P1_COMPLETE"), Up(Phase.ONE))),
    ("ISAKMP:(1):Old State = IKE_P1_COMPLETE  New State = IKE_P1_COMPLETE ", (State("IKE_P1_COMPLETE"),)),
    (
        "ISAKMP (0:2): Old State = IKE_QM_I_QM1 New State = IKE_QM_PHASE2_COMPLETE....",
        (State("IKE_QM_PHASE2_COMPLETE"), Up(Phase.TWO)),
    ),
    (
        "ISAKMP:(0):Old State = IKE_I_MM1  New State = IKE_DEST_SA",
        (State("IKE_DEST_SA"), GaveUp(Phase.ONE, "MM2")),
    ),
    ("ISAKMP:(0):Old State = .IKE_I_MM2  New State = IKE_I_MM3 ", (State("IKE_I_MM3", "MM4"),)),
    ("ISAKMP:(0): beginning Main Mode exchange", (Began(Phase.ONE, Role.INITIATOR, exchange=Exchange.MAIN),)),
    (
        "ISAKMP:(1):beginning Quick Mode exchange, M-ID of -889293300",
        (Began(Phase.TWO, Role.INITIATOR, exchange=Exchange.QUICK),),
    ),
    ("ISAKMP:(1002): retransmitting phase 1 MM_KEY_EXCH...", (Message(Way.SENT, Exchange.MAIN, again=True),)),
    ("ISAKMP:(1): retransmitting phase 2 QM_IDLE       -1234 ...", (Message(Way.SENT, again=True),)),
    ("ISAKMP:(1): phase 1 packet is a duplicate of a previous packet.", (Told(Symptom.DUPLICATE),)),
    (
        'ISAKMP:(0):deleting SA reason "Death by retransmission P1" state (I) MM_NO_STATE (peer 10.0.0.2) ',
        (
            GaveUp(Phase.ONE, "MM2", True),
            Down(Phase.ONE, Why.FAILED, "Death by retransmission P1"),
            Told(Symptom.NO_RESPONSE, Phase.ONE),
        ),
    ),
    (
        'ISAKMP:(9577):deleting SA reason "No reason" state (I) QM_IDLE       (peer 10.0.0.2)',
        (Down(Phase.ONE, Why.UNSAID, "No reason"),),
    ),
    ('ISAKMP:(1):deleting node -7 error TRUE reason "Phase 2 err count exceeded"', (GaveUp(Phase.TWO, "", True),)),
    ('ISAKMP:(1):deleting node -7 error FALSE reason "No Error"', ()),
    ("ISAKMP:(0):Encryption algorithm offered does not match policy!", (Refused(Phase.ONE, "encryption"),)),
    ("ISAKMP-ERROR: (0):Proposed key length does not match policy", (Refused(Phase.ONE, "key length"),)),
    ("ISAKMP:(0):Hash algorithm offered does not match policy!", (Refused(Phase.ONE, "hash"),)),
    ("ISAKMP:(0):Diffie-Hellman group offered does not match policy!", (Refused(Phase.ONE, "group"),)),
    ("ISAKMP:(0):Authentication method offered does not match policy!", (Refused(Phase.ONE, "authentication"),)),
    (
        "ISAKMP:(0):Preshared authentication offered but does not match policy!",
        (Refused(Phase.ONE, "authentication", "pre-shared key"),),
    ),
    ("ISAKMP:(0):no offers accepted!", (Refused(Phase.ONE, everything=True),)),
    ("ISAKMP:(0):No offers accepted!", (Refused(Phase.ONE, everything=True),)),
    ("ISAKMP:(0):atts are acceptable. Next payload is 3", (Agreed(Phase.ONE),)),
    ("ISAKMP:(1003):atts are acceptable.", ()),
    ("ISAKMP: (1003):QM Responder gets spi", (Agreed(Phase.TWO),)),
    ("(ipsec_process_proposal)Map Accepted: CMAP, 10", (Agreed(Phase.TWO),)),
    (
        "ISAKMP:(1): IPSec policy invalidated proposal with error 32",
        (Told(Symptom.ACL_MISMATCH, Phase.TWO, "error 32"),),
    ),
    (
        "ISAKMP:(1): IPSec policy invalidated proposal with error 256",
        (Told(Symptom.PROPOSAL_REFUSED, Phase.TWO, "error 256"),),
    ),
    (
        "ISAKMP:(1): IPSec policy invalidated proposal with error 4096",
        (Told(Symptom.CATCH_ALL, Phase.TWO, "error 4096"),),
    ),
    ("ISAKMP:(0):No pre-shared key with 10.0.0.2!", (Told(Symptom.KEY_MISSING, Phase.ONE),)),
    ("ISAKMP: reserved not zero on ID payload!", (Told(Symptom.KEY_WRONG, Phase.ONE),)),
    (
        "ISAKMP:(1): processing NOTIFY PROPOSAL_NOT_CHOSEN protocol 3",
        (Notify(Way.RECEIVED, "NO-PROPOSAL-CHOSEN", phase=Phase.TWO),),
    ),
    (
        "ISAKMP:(1):DPD/R_U_THERE received from peer 10.0.0.2, sequence 0x5DF9A2B1",
        (Notify(Way.RECEIVED, "R-U-THERE", True, Phase.ONE),),
    ),
    ("ISAKMP:(1): processing DELETE payload. message ID = -1042074812", (Deleted(Way.RECEIVED),)),
    ("ISAKMP: (1):vendor ID is NAT-T RFC 3947", (Vendor(Whose.PEER, "NAT-T RFC 3947"),)),
    ("ISAKMP:(1): vendor ID is Unity", (Vendor(Whose.PEER, "Cisco Unity"),)),
    ("ISAKMP:(1): speaking to another IOS box!", (Vendor(Whose.PEER, "IOS"),)),
    ("ISAKMP: (1):No NAT Found for self or peer", (NatFound(False, False),)),
    ("ISAKMP: (1):NAT found, both nodes inside NAT", (NatFound(True, True),)),
    (
        "ISAKMP:(1):SA is doing pre-shared key authentication using id type ID_IPV4_ADDR",
        (Identity(Whose.OWN, "address", ""),),
    ),
    ("ISAKMP:(0):Returning Actual lifetime: 600", (Timer("lifetime", Phase.ONE, 600),)),
    ("ISAKMP:(9577): restart ike sa timer to 3600 secs", (Timer("lifetime", Phase.ONE, 3600),)),
    (
        "ISAKMP: (1003):Successfully installed IPSEC SA (SPI:0xCB02AF0F) on GigabitEthernet1",
        (Spi("cb02af0f", Whose.OWN),),
    ),
    ("map_db_find_best did not find matching map", (Told(Symptom.NO_MATCHING_ENTRY, Phase.TWO),)),
    (
        "IPSEC(ipsec_process_proposal): proxy identities not supported",
        (Told(Symptom.ACL_MISMATCH, Phase.TWO),),
    ),
    (
        "IPSEC(validate_transform_proposal): transform proposal not supported for identity: \n    {esp-3des }",
        (Told(Symptom.PROPOSAL_REFUSED, Phase.TWO, "esp-3des"),),
    ),
    (
        "IPSEC(ipsec_process_proposal): invalid local address 10.0.0.1",
        (Told(Symptom.MAP_NOT_BOUND, Phase.TWO, "10.0.0.1"),),
    ),
    (
        "%CRYPTO-6-IKMP_MODE_FAILURE: Processing of Main mode failed with peer at 10.0.0.2",
        (Told(Symptom.CATCH_ALL, Phase.ONE, "Main mode"),),
    ),
    (
        "%CRYPTO-6-IKMP_MODE_FAILURE: Processing of Quick mode failed with peer at 10.0.0.2",
        (Told(Symptom.CATCH_ALL, Phase.TWO, "Quick mode"),),
    ),
    (
        "CRYPTO-4-IKMP_BAD_MESSAGE: IKE message from 10.0.0.2 failed its sanity check or is malformed",
        (Told(Symptom.KEY_WRONG, Phase.ONE),),
    ),
    (
        "%CRYPTO-4-RECVD_PKT_NOT_IPSEC: Rec'd packet not an IPSEC packet. (ip) vrf/dest_addr= /<local ip>, "
        "src_addr= <remote ip>, prot= 47",
        (Told(Symptom.CLEAR_TEXT, Phase.TWO, "protocol 47"),),
    ),
    (
        "%CRYPTO-4-PKT_REPLAY_ERR: decrypt: replay check failed\n  connection id=29, sequence number=219",
        (Told(Symptom.REPLAY, Phase.TWO),),
    ),
    ("%CRYPTO-6-ISAKMP_ON_OFF: ISAKMP is OFF", (Told(Symptom.IKE_NOT_ENABLED),)),
    ("%CRYPTO-6-ISAKMP_ON_OFF: ISAKMP is ON", ()),
    ("%CRYPTO-5-SESSION_STATUS: Crypto tunnel is UP  .  Peer 10.0.0.2:500       Id: 10.0.0.2", (Up(Phase.TWO),)),
    ("%CRYPTO-5-SESSION_STATUS: Crypto tunnel is DOWN.  Peer 10.0.0.2:500", (Down(None, Why.UNSAID),)),
    ("%CRYPTO-4-SOMETHING_NEW: never seen before", ()),
    (
        "%SEC-6-IPACCESSLOGP: list OUTSIDE denied udp 10.0.0.2(500) -> 10.0.0.1(500), 1 packet",
        (Told(Symptom.DENIED, detail="list OUTSIDE denied udp 10.0.0.2(500) -> 10.0.0.1(500), 1 packet"),),
    ),
    ("CryptoEngine0: generate alg parameter", ()),
)


@pytest.mark.parametrize(("line", "told"), ONE_LINE, ids=[line[:60] for line, _ in ONE_LINE])
@pytest.mark.parametrize("clock", ["", "*Mar  1 00:55:41.651: ", "000123: .Mar  1 2024 00:55:41.651 CET: ", "1d02h: "])
def test_what_one_line_tells(clock: str, line: str, told: tuple[Fact, ...]) -> None:
    if not clock and line.startswith("CryptoEngine"):
        clock = "00:00:01: "
    assert facts(clock + line) == told


STAMPS = (
    ("*Mar  1 00:55:40.767: ", "*Mar 1 00:55:40.767", 55 * 60 + 40.767, ""),
    (".Mar  1 00:55:40.767 UTC: ", ".Mar 1 00:55:40.767 UTC", 55 * 60 + 40.767, ""),
    ("Mar 1 00:55:40: ", "Mar 1 00:55:40", 55 * 60 + 40, ""),
    ("000123: *Mar  1 00:55:40.767: ", "*Mar 1 00:55:40.767", 55 * 60 + 40.767, ""),
    ("<189>123: R1: 000123: *Mar  1 00:55:40.767: ", "*Mar 1 00:55:40.767", 55 * 60 + 40.767, "R1"),
    ("Mar  1 08:00:00 10.1.1.1 45: 000045: *Mar  1 00:55:40: ", "*Mar 1 00:55:40", 55 * 60 + 40, "10.1.1.1"),
)


@pytest.mark.parametrize(("front", "stamp", "second", "host"), STAMPS)
def test_clocks_and_collectors_headers(front: str, stamp: str, second: float, host: str) -> None:
    reading = IOS.read(front + "ISAKMP:(1001):purging node 17")
    assert reading is not None
    assert (reading.stamp, reading.host) == (stamp, host)
    midnight = (730 + 60) * 86400 * SECOND
    assert reading.at == midnight + round(second * SECOND)


def test_uptimes_follow_one_another() -> None:
    stamps = ("00:12:34: ", "1d02h: ", "2w3d: ", "1y12w: ")
    readings = [IOS.read(stamp + "ISAKMP (0:1): purging node 17") for stamp in stamps]
    instants = [reading.at for reading in readings if reading is not None and reading.at is not None]
    assert len(instants) == 4
    assert instants == sorted(instants)


@pytest.mark.parametrize(
    ("front", "number"),
    [("ISAKMP (0:2): ", "2"), ("ISAKMP:(1003):", "1003"), ("ISAKMP-PAK: (1003):", "1003"), ("ISAKMP:(0:1:SW:1):", "1")],
)
def test_the_connections_number_in_every_release(front: str, number: str) -> None:
    reading = IOS.read(front + "processing SA payload. message ID = -2")
    assert reading is not None
    assert (reading.tag.sa, reading.tag.message_id) == (number, 0xFFFF_FFFE)


@pytest.mark.parametrize("front", ["ISAKMP (0:0): ", "ISAKMP:(0):", "ISAKMP: ", "ISAKMP : ", "ISAKMP:(0:0:N/A:0):"])
def test_a_connection_without_a_number_yet_has_none(front: str) -> None:
    reading = IOS.read(front + "processing SA payload. message ID = 0")
    assert reading is not None
    assert (reading.tag.sa, reading.tag.message_id) == ("", None)


REQUEST = """IPSEC(sa_request): ,
  (key eng. msg.) OUTBOUND local= 10.0.0.1:500, remote= 10.0.0.2:500,
    local_proxy= 192.168.1.0/255.255.255.0/256/0,
    remote_proxy= 192.168.2.0/255.255.255.0/256/0,
    protocol= ESP, transform= esp-aes 256 esp-sha-hmac  (Tunnel),
    lifedur= 3600s and 4608000kb,
    spi= 0x0(0), conn_id= 0, keysize= 256, flags= 0x0"""
WANTED = (
    Wanted(),
    Proxies(Proxy.of("192.168.1.0/24"), Proxy.of("192.168.2.0/24"), Whose.OWN),
    Offer(Phase.TWO, Whose.OWN, Suite("AES-256", "SHA-1", "", "", 3600, 4608000, "tunnel", "ESP")),
)


def test_a_block_however_its_lines_are_broken() -> None:
    assert facts(REQUEST) == WANTED
    assert facts("\n".join(line.strip() for line in REQUEST.splitlines())) == WANTED
    assert facts(" ".join(REQUEST.split())) == WANTED
    assert facts(REQUEST.replace(", ", ",\n")) == WANTED
    reading = IOS.read(REQUEST)
    assert reading is not None
    assert (reading.tag.peer, reading.tag.local, reading.open) == ("10.0.0.2", "10.0.0.1", True)
    assert list(records("*Mar  1 00:00:01: " + REQUEST)) == ["*Mar  1 00:00:01: " + REQUEST]


def test_the_rows_of_a_block_whose_first_line_is_lost() -> None:
    reading = IOS.read("\n".join(REQUEST.splitlines()[2:]))
    assert reading is not None
    assert reading.entry == "rows"


def test_a_block_of_an_old_release() -> None:
    block = (
        "00:27:07: IPSEC(sa_request): ,\n(key eng. msg.) src= 10.0.0.1, dest= 10.0.0.2,\n"
        "src_proxy= 192.168.1.0/255.255.255.0/0/0 (type=4),\ndest_proxy= 192.168.2.0/255.255.255.0/0/0 (type=4),\n"
        "protocol= ESP, transform= esp-des esp-md5-hmac ,\nlifedur= 3600s and 4608000kb,\n"
        "spi= 0x5AE6C721(1525073697), conn_id= 0, keysize= 0, flags= 0x4004"
    )
    wanted, proxies, offer = facts(block)
    assert wanted == Wanted()
    assert proxies == WANTED[1]
    assert isinstance(offer, Offer)
    assert (offer.suite.encryption, offer.suite.integrity) == ("DES", "MD5")


def test_who_chose_an_spi_is_told_by_the_sas_end() -> None:
    block = (
        "IPSEC(create_sa): sa created,\n  (sa) sa_dest= {}, sa_proto= 50,\n    sa_spi= 0x63A278D7(1671592151),\n"
        "    sa_trans= esp-aes 256 esp-sha512-hmac , sa_conn_id= 2005\n    sa_lifetime(k/sec)= (4608000/3600),\n"
        "  (identity) local= 10.0.0.1:0, remote= 10.0.0.2:0,\n    local_proxy= 192.168.1.0/255.255.255.0/256/0,\n"
        "    remote_proxy= 192.168.2.0/255.255.255.0/256/0"
    )
    assert Spi("63a278d7", Whose.OWN) in facts(block.format("10.0.0.1"))
    assert Spi("63a278d7", Whose.PEER) in facts(block.format("10.0.0.2"))


def test_the_newest_releases_write_ipsec_with_a_session() -> None:
    old = "IPSEC(ipsec_process_proposal): transform proposal not supported for identity: {esp-des }"
    new = old.replace("IPSEC(ipsec_process_proposal):", "IPSEC:(SESSION ID = 1) (ipsec_process_proposal)")
    assert facts(new) == facts(old)


def test_a_proposal_told_line_by_line_becomes_one_offer() -> None:
    lines = (
        "ISAKMP:(0):Checking ISAKMP transform 1 against priority 10 policy",
        "ISAKMP:      encryption AES-CBC",
        "ISAKMP:      keylength of 256",
        "ISAKMP:      hash SHA",
        "ISAKMP:      default group 5",
        "ISAKMP:      auth pre-share",
        "ISAKMP:      life type in seconds",
        "ISAKMP:      life duration (VPI) of  0x0 0x1 0x51 0x80 ",
        "ISAKMP: (1001):transform 1, ESP_AES ",
        "ISAKMP: (1001):      encaps is 3 (Tunnel-UDP)",
        "ISAKMP: (1001):      SA life duration (basic) of 3600",
        "ISAKMP:      SA life duration (VPI) of  0x0 0x46 0x50 0x0 ",
        "ISAKMP: (1001):      authenticator is HMAC-SHA512",
        "ISAKMP: (1001):      key length is 128",
        "ISAKMP: group is 2",
    )
    told = [fact for line in lines for fact in facts(line) if isinstance(fact, Offer)]
    assert list(whole(told)) == [
        Offer(Phase.ONE, Whose.PEER, Suite("AES-256", "SHA-1", "5", "pre-shared key", 86400), 1),
        Offer(Phase.TWO, Whose.PEER, Suite("AES-128", "SHA-512", "2", "", 3600, 4608000, "UDP tunnel", "ESP"), 1),
    ]


def test_offers_that_are_whole_stay_as_they_are() -> None:
    offers = [Offer(Phase.ONE, Whose.PEER, Suite("AES-256", "SHA-1", group), 1) for group in ("2", "5")]
    assert list(whole(offers)) == offers


def test_glued_records_have_heads() -> None:
    text = (
        "*Mar  1 00:55:41.651: ISAKMP (0:2): SA has been authenticated with 10.0.0.2"
        "*Mar  1 00:55:41.652: ISAKMP (0:2): Input = IKE_MESG_FROM_PEER, IKE_MM_EXCH"
        "ISAKMP:received payload type 20"
    )
    starts = [found.start() for found in IOS.head.finditer(text)]
    assert [text[start:].partition(": ")[0][:8] for start in starts] == ["*Mar  1 ", "*Mar  1 ", "ISAKMP:r"]


NARROW = (
    "ISAKMP:(0): sending packet to 10.0.0.75 my_port 500 pe er_port 500 (I) MM_NO_STATE",
    "ISAKMP:(0): sending packet to 10.0. 0.75 my_port 500 peer_port 500 (I) MM_NO_STATE",
    "ISAKMP:(0): sending packet to 10.0.0.75 my_po\nrt 500 peer_port 500 (I) MM_NO_STATE",
)


@pytest.mark.parametrize("line", NARROW)
def test_words_that_a_narrow_terminal_broke(line: str) -> None:
    reading = IOS.read(line)
    assert reading is not None
    assert (reading.step, reading.tag.peer) == ("MM1", "10.0.0.75")


def test_two_records_in_one_line_are_no_record() -> None:
    for second in ("ISAKMP:(1): purging node 7", "*Mar  1 00:00:01.000: ISAKMP: foo", "%CRYPTO-4-IKMP_NO_SA: x"):
        for first in ("ISAKMP:(1):Unknown Attr: 7", "%CRYPTO-4-SOMETHING: new", "CRYPTO_PKI: Found a match"):
            assert IOS.read(f"{first} {second}") is None


def test_a_number_that_a_list_left_is_no_part_of_a_state() -> None:
    line = "ISAKMP: (1003):Old State = IKE_QM_R_QM2  New State = IKE_QM_PHASE2_COMPLETE"
    assert IOS.read(line + "178.") is None
    assert not IOS.continues(line, "178.")


def test_margins_of_lists_and_mails_are_no_part_of_a_record() -> None:
    for margin in ("- ", "> ", "12. ", "  3.   ", "> > ", "Oct 12 10:00:01 rtr1 31: "):
        block = "\n".join(margin + line for line in ("*Mar  1 00:00:01: " + REQUEST).splitlines())
        assert facts(block) == WANTED
        assert list(records(block)) == [block]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "R1#show clock",
        "!!!!!",
        "*Mar  1 00:55:41.651: ",
        "%ASA-6-302013: Built inbound TCP connection 1",
        "\x1b[31m",
    ],
)
def test_what_is_not_of_this_dialect_is_left(line: str) -> None:
    assert IOS.read(line) is None


def test_a_syslog_of_another_subject_is_counted_apart() -> None:
    reading = IOS.read(
        "*Mar  1 00:55:41.651: %LINEPROTO-5-UPDOWN: Line protocol on Interface Tunnel0, changed state to up"
    )
    assert reading is not None
    assert reading.other


def test_a_platform_line_that_wraps_a_tunnels_is_the_tunnels() -> None:
    line = (
        "%IOSXE-3-PLATFORM: R0/0: cpp_cp: QFP:0.0 Thread:000 TS:00000000530487 %IPSEC-3-REPLAY_ERROR: "
        "IPSec SA receives anti-replay error, DP Handle 3, src_addr 10.0.0.2, dest_addr 10.0.0.1, SPI 0x3ea71aed"
    )
    assert facts(line) == (Told(Symptom.REPLAY, Phase.TWO),)


HOSTILE = (
    "0" * 8192,
    "a " * 4096,
    "ISAKMP:(0): " + "a " * 4000,
    "Mar 1 00:00:00: " * 500,
    "<1>" * 2700,
    "ISAKMP (0:2): ID payload\n" + "type : 1 " * 900,
    "local= " * 1000,
    "ISAKMP:(0):sending packet to " + "1" * 8000,
    "ISAKMP" * 1300,
    "ISAKMP:(0):" + "-> " * 2600,
    "transform= " + "a " * 4000,
    "\n" * 8000,
    "ISAKMP: x\n" * 800,
    "IPSEC(sa_request): ,\n" + "(key eng. msg.) " * 500,
    "*Mar 99 99:99:99.999: ISAKMP:(0):purging node 99999999999",
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_read_in_bounded_time(text: str) -> None:
    began = time.process_time()
    IOS.read(text)
    IOS.continues("ISAKMP:(0): ID payload", text)
    assert sum(1 for _ in IOS.head.finditer(text)) < 8192
    assert time.process_time() - began < 1


@pytest.mark.corpus
@pytest.mark.parametrize("log", sorted(CORPUS.glob("*.log")), ids=lambda log: log.stem)
def test_a_routers_log_is_read_as_a_routers(log: Path) -> None:
    read = read_log(Source(str(log))).log
    assert [name for name, _ in read.dialects] == ["ios"]
    assert read.unknown == 0


def test_the_lines_of_a_pix_are_read_as_well() -> None:
    text = (Path(__file__).parent / "data" / "ios_pix_lines.txt").read_text()
    assert [one for one in records(text) if IOS.read(one) is None] == []


def test_a_notify_by_number_has_its_name() -> None:
    line = "ISAKMP (0): processing NOTIFY payload 14 protocol 3"
    assert facts(line) == (Notify(Way.RECEIVED, "NO-PROPOSAL-CHOSEN", phase=Phase.TWO),)


@pytest.mark.parametrize("text", [UNSEEN, RECALLED], ids=["seen elsewhere", "recalled"])
def test_a_line_in_two_parts_tells_the_same(text: str) -> None:
    parted = 0
    for line in text.splitlines():
        parts, whole_line = IOS.parted(line), IOS.read(line)
        if parts is None:
            continue
        assert whole_line is not None
        if parts is OTHER:
            assert whole_line.other
            continue
        said, clock = IOS.said(parts[2]), IOS.clock(parts[0])
        assert said is not None
        assert said._replace(stamp=clock.stamp, at=clock.at, host=clock.host) == whole_line
        parted += 1
    assert parted > 80


def test_empty_lines_of_a_quoted_mail_are_no_records() -> None:
    assembler = Assembler(DIALECTS)
    lines = ["> ISAKMP:(1001):purging node 17", "> ", ">", "> ISAKMP:(1001):purging node 18"]
    pieces = [*assembler.feed(lines), *assembler.finish()]
    assert [piece.text.strip("> ") for piece in pieces] == [line.strip("> ") for line in (lines[0], lines[3])]
    assert assembler.tally.log(0, "").console == 2
