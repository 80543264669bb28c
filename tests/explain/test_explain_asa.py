"""The ASA's dialect: every line of the catalogue in every form, headers of every kind, whole transcripts."""

from pathlib import Path
from time import process_time

import pytest

from mainmode.base.address import Proxy
from mainmode.base.instant import Instant
from mainmode.catalogue.dialects.asa import ASA_SAYINGS, SUBJECTS
from mainmode.catalogue.entry import About, Channel, Entry
from mainmode.catalogue.envelope import Form, render
from mainmode.catalogue.facts import (
    Carried,
    Fact,
    Floated,
    GaveUp,
    Offer,
    Phase,
    Proxies,
    Refused,
    Role,
    State,
    Suite,
    Symptom,
    Told,
    Up,
    Vendor,
    Whose,
)
from mainmode.catalogue.lines import ALL
from mainmode.catalogue.reference import read_lines_page
from mainmode.explain.assembler import Assembler
from mainmode.explain.dialect import OTHER
from mainmode.explain.dialects.asa import AsaDialect

DATA = Path(__file__).parent / "data"
HERE = Path(__file__).resolve().parents[2]
CONSOLES = sorted((HERE / "src/mainmode/lab/scenarios").glob("*/consoles/*.txt"))
ABOUTS = (About(), About(ip="10.0.0.2"), About("10.0.0.2", ip="10.0.0.2"), About("BRANCH", "someone", "203.0.113.9"))


@pytest.fixture(scope="module")
def asa() -> AsaDialect:
    return AsaDialect()


def examples(entry: Entry) -> list[dict[str, object]]:
    most = max((len(kind.examples) for kind in entry.kinds.values()), default=1)
    return [{part: kind.examples[at % len(kind.examples)] for part, kind in entry.kinds.items()} for at in range(most)]


@pytest.mark.parametrize("entry", ALL, ids=lambda entry: entry.name)
def test_every_line_of_the_catalogue_is_read_in_every_form(asa: AsaDialect, entry: Entry) -> None:
    for values in examples(entry):
        for about in ABOUTS:
            line = entry(about, **values)
            for form in Form:
                for stamp in (None, "Nov 30 10:38:29"):
                    text = render(line, form, stamp)
                    reading = asa.read(text)
                    assert reading is not None, text
                    assert reading.facts == entry.tells(values), text
                    assert (reading.open, reading.other) == ("octets" in values, False)
                    assert bool(reading.stamp) == bool(stamp)
                    if about.ip and entry.channel is not Channel.IPSEC:
                        assert reading.tag.peer == about.ip


@pytest.mark.parametrize(
    ("front", "stamp", "host"),
    [
        ("", "", ""),
        ("Jun 10 2010 17:36:05: ", "Jun 10 2010 17:36:05", ""),
        ("Jun 10 17:36:05 ", "Jun 10 17:36:05", ""),
        ("<166>Jun 10 2010 17:36:05: ", "Jun 10 2010 17:36:05", ""),
        ("<166>:Jun 10 17:36:05 UTC: ", "Jun 10 17:36:05", ""),
        ("166>Jun 10 2010 17:36:05 GW : ", "Jun 10 2010 17:36:05", "GW"),
        ("Dec  9 17:36:05 192.168.1.1 ", "Dec  9 17:36:05", "192.168.1.1"),
        ("<164>Feb 13 2021 17:36:05 ASA-GW : ", "Feb 13 2021 17:36:05", "ASA-GW"),
        ("<166>1 2021-02-13T17:36:05Z gw-1 - - - - ", "2021-02-13T17:36:05Z", "gw-1"),
        ("<166>2021-02-13T17:36:05.123Z gw-1 : ", "2021-02-13T17:36:05.123Z", "gw-1"),
        ("2021-02-13 17:36:05\tLocal4.Debug\t10.0.0.9\t:Feb 13 2021 17:36:05: ", "Feb 13 2021 17:36:05", "10.0.0.9"),
        ("Mar  5 17:36:09 collector <167>Mar 05 2013 17:36:05: ", "Mar 05 2013 17:36:05", "collector"),
        ("03-05-2013\t17:36:05\tLocal4.Info\t10.0.0.9\t", "03-05-2013\t17:36:05", "10.0.0.9"),
    ],
)
@pytest.mark.parametrize("code", ["ASA-5-", "PIX-5-", "FTD-5-", "ASA-vpn-5-", "FTD-vpn-5-", "ASA--5-"])
def test_headers_of_every_kind(asa: AsaDialect, front: str, stamp: str, host: str, code: str) -> None:
    reading = asa.read(f"{front}%{code}713119: Group = 10.0.0.2, IP = 10.0.0.2, PHASE 1 COMPLETED")
    assert reading is not None
    assert reading.entry == "PHASE1_COMPLETED"
    assert reading.tag.peer == "10.0.0.2"
    assert (reading.stamp, reading.host) == (stamp, host)
    if stamp:
        assert reading.at is not None
        assert reading.at // 1_000_000 % 86_400 == 17 * 3600 + 36 * 60 + 5


def test_a_stamp_without_a_year_lies_in_1972(asa: AsaDialect) -> None:
    reading = asa.read("Feb 29 00:00:01 [IKEv1]IP = 10.0.0.2, PHASE 1 COMPLETED")
    assert reading is not None
    assert reading.at == Instant(68_169_601_000_000)


@pytest.mark.parametrize("path", CONSOLES, ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_the_consoles_of_the_lab_are_read(path: Path) -> None:
    """Debug lines, rows of blocks and shows; what is left are prompts and the lab's remarks."""
    assembler = Assembler((AsaDialect(),))
    records = [*assembler.feed(path.read_text("utf-8").split("\n")), *assembler.finish()]
    assert assembler.tally.unknown == 0
    assert {record.dialect for record in records} <= {"asa"}


def test_lines_about_another_subject_are_told_apart(asa: AsaDialect) -> None:
    line = "Feb 13 2021 01:02:25: %ASA-6-302013: Built outbound TCP connection 1 for outside:203.0.113.5/443"
    assert asa.parted(line) is OTHER
    reading = asa.read(line)
    assert reading is not None
    assert reading.other


def lines_of(name: str) -> list[str]:
    return (DATA / name).read_text("utf-8").splitlines()


@pytest.mark.parametrize("name", ["asa_debugs.txt", "asa_syslogs.txt"])
def test_lines_that_our_device_never_says_are_read(asa: AsaDialect, name: str) -> None:
    assert [line for line in lines_of(name) if line and not line.startswith("#") and asa.read(line) is None] == []


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        (
            "[IKEv1]: Group = A, IP = 192.0.2.5, Error, peer has indicated that something is wrong with our message.  "
            "This could indicate a pre-shared key mismatch.",
            Told(Symptom.KEY_WRONG, Phase.ONE, "the peer says so"),
        ),
        (
            "[IKEv1]: Group = G, IP = 192.0.2.5, ERROR, had problems decrypting packet, probably due to mismatched "
            "pre-shared key.  Switching user to tunnel-group: DefaultRAGroup",
            Told(Symptom.KEY_WRONG, Phase.ONE),
        ),
        ("%ASA-6-713905: Floating NAT-T from 192.0.2.5 port 500 to 192.0.2.5 port 4500", Floated()),
        (
            "%ASA-7-710005: UDP request discarded from 192.0.2.5/500 to outside:203.0.113.1/500",
            Told(Symptom.IKE_NOT_ENABLED, Phase.ONE, "nothing listens on the port"),
        ),
        (
            '%ASA-4-106023: Deny udp src outside:192.0.2.5/500 dst a:203.0.113.1/500 by access-group "in" [0x0]',
            Told(Symptom.DENIED, None, "IKE or ESP"),
        ),
        (
            "%PIX-7-702210: ISAKMP Phase 1 exchange completed (local 203.0.113.1 (initiator), remote 192.0.2.5)",
            Up(Phase.ONE),
        ),
        (
            "%ASA-4-113019: Group = A, Username = A, IP = 192.0.2.5, Session disconnected. Session Type: LAN-to-LAN, "
            "Duration: 1h:02m:03s, Bytes xmt: 1234, Bytes rcv: 0, Reason: Idle Timeout",
            Carried(1234, 0, whole=True),
        ),
        (
            "%ASA-4-750003: Local:203.0.113.1:500 Remote:192.0.2.5:500 Username:Unknown IKEv2 Negotiation aborted "
            "due to ERROR: Failed to find a matching policy",
            Told(Symptom.IKE_VERSION, Phase.ONE, "IKEv2: Failed to find a matching policy"),
        ),
        (
            "[IKEv1]: Phase 1 failure:  Mismatched attribute types for class Hash Alg:  Rcv'd: MD5  Cfg'd: SHA",
            Refused(Phase.ONE, "hash", "MD5", "SHA-1"),
        ),
        (
            "[IKEv1 DEBUG]: IP = 192.0.2.5, IKE MM Initiator FSM error history (struct &0xcc22e168)  <state>, "
            "<event>:  MM_DONE, EV_ERROR-->MM_WAIT_MSG2, EV_RETRY-->MM_WAIT_MSG2, EV_TIMEOUT-->MM_WAIT_MSG2, NullEvent",
            GaveUp(Phase.ONE, "MM2", True),
        ),
    ],
)
def test_what_single_lines_tell(asa: AsaDialect, text: str, fact: Fact) -> None:
    reading = asa.read(text)
    assert reading is not None
    assert fact in reading.facts
    if "192.0.2.5" in text and "Floating" not in text and "Mismatched" not in text:
        assert reading.tag.peer == "192.0.2.5"


def test_masked_addresses_are_read(asa: AsaDialect) -> None:
    reading = asa.read(
        "[IKEv1]: Group = x.x.x.x, IP = x.x.x.x, Rejecting IPSec tunnel: no matching crypto map entry for remote proxy "
        "10.2.2.0/255.255.255.0/0/0 local proxy y.y.y.y/255.255.255.0/0/0 on interface outside"
    )
    assert reading is not None
    assert reading.tag.peer == "x.x.x.x"
    assert Told(Symptom.NO_MATCHING_ENTRY, Phase.TWO) in reading.facts
    assert Proxies(None, Proxy.of("10.2.2.0/24"), Whose.PEER) in reading.facts


def test_words_that_nobody_declared_are_not_read(asa: AsaDialect) -> None:
    assert asa.read("%ASA-7-713906: IP = 192.0.2.5, The moon is made of cheese") is None
    assert asa.read("[IKEv1]: IP = 192.0.2.5, The moon is made of cheese") is None
    assert asa.read("IKE Peer: 192.0.2.5 likes cheese") is None


def test_an_id_that_stands_for_one_message_is_known_in_other_words(asa: AsaDialect) -> None:
    reading = asa.read("%ASA-5-713050: IP = 192.0.2.5, The moon ended the connection")
    assert reading is not None
    assert (reading.entry, reading.facts, reading.tag.peer) == ("SYSLOG_713050", (), "192.0.2.5")


def test_a_line_in_json_ends_where_its_string_ends(asa: AsaDialect) -> None:
    reading = asa.read(
        '{"time":"2021-02-13T01:02:26Z","message":"<165>Feb 13 2021 01:02:25: %ASA-5-713119: Group = 192.0.2.5, '
        'IP = 192.0.2.5, PHASE 1 COMPLETED","host":"gw"}'
    )
    assert reading is not None
    assert reading.facts == (Up(Phase.ONE),)
    assert reading.stamp == "Feb 13 2021 01:02:25"


def test_lines_that_the_log_viewer_copied_are_read(asa: AsaDialect) -> None:
    text = "Group = 192.0.2.5, IP = 192.0.2.5, PHASE 1 COMPLETED"
    for fields in ("||||", "||", "192.0.2.5||203.0.113.1||"):
        reading = asa.read(f"5|Feb 16 2010|14:13:46|713119|{fields}{text}")
        assert reading is not None
        assert (reading.entry, reading.stamp, reading.tag.peer) == (
            "PHASE1_COMPLETED",
            "Feb 16 2010 14:13:46",
            "192.0.2.5",
        )
    reading = asa.read("6|Feb 16 2010|14:13:46|302013|203.0.113.5|443|10.0.0.1|1025|Built outbound TCP connection 1")
    assert reading is not None
    assert reading.other


@pytest.mark.parametrize("arrow", ["-->", "–>", "->", " --> "])
def test_arrows_of_a_history_in_every_spelling(asa: AsaDialect, arrow: str) -> None:
    reading = asa.read(
        "[IKEv1 DEBUG]: IP = 192.0.2.5, IKE QM Initiator FSM error history (struct &0xcd5c8d30)  <state>, <event>:  "
        + arrow.join(("QM_DONE, EV_ERROR", "QM_WAIT_MSG2, EV_TIMEOUT", "QM_WAIT_MSG2, NullEvent"))
    )
    assert reading is not None
    assert GaveUp(Phase.TWO, "QM2", True) in reading.facts


def test_two_records_in_one_line_are_none(asa: AsaDialect) -> None:
    one = "Jun 10 2010 17:36:05: %ASA-5-713119: Group = 192.0.2.5, IP = 192.0.2.5, PHASE 1 COMPLETED"
    assert asa.read(one) is not None
    assert asa.read(one + one) is None
    assert len(list(asa.head.finditer(one + one))) == 2


def test_blocks_grow_row_by_row(asa: AsaDialect) -> None:
    rows = [
        "[IKEv1 DEBUG]: Group = 192.0.2.5, IP = 192.0.2.5, Transmitting Proxy Id:",
        "  Local subnet:  10.1.0.0  mask 255.255.255.0 Protocol 0  Port 0",
        "  Remote subnet: 10.2.0.0  Mask 255.255.255.0 Protocol 0  Port 0",
    ]
    text = rows[0]
    for row in rows[1:]:
        reading = asa.read(text)
        assert reading is not None
        assert reading.open
        assert asa.continues(text, row)
        text = f"{text}\n{row}"
    reading = asa.read(text)
    assert reading is not None
    assert not reading.open
    assert reading.facts == (Proxies(Proxy.of("10.1.0.0/24"), Proxy.of("10.2.0.0/24"), Whose.OWN),)
    assert not asa.continues(text, "[IKEv1 DEBUG]: Group = 192.0.2.5, IP = 192.0.2.5, constructing qm hash payload")


def test_a_dump_tells_what_its_payloads_hold(asa: AsaDialect) -> None:
    rows = [row for row in lines_of("asa_dump.txt") if row.strip()]
    text = rows[0]
    for row in rows[1:]:
        assert asa.continues(text, row), row
        text = f"{text}\n{row}"
    reading = asa.read(text)
    assert reading is not None
    assert (reading.tag.peer, reading.tag.cookie, reading.tag.message_id) == ("192.0.2.5", "9d91a4e32d5b8f06", 0)
    suite = Suite("AES-256", "SHA-1", "5", "pre-shared key", 86400, protocol="IKE")
    assert Offer(Phase.ONE, Whose.PEER, suite, 1) in reading.facts
    assert Vendor(Whose.PEER, "NAT-T draft 02") in reading.facts
    assert Vendor(Whose.PEER, "fragmentation") in reading.facts


def test_a_dump_of_a_quick_mode_has_both_lifetimes(asa: AsaDialect) -> None:
    rows = (
        "BEFORE ENCRYPTION",
        "ISAKMP Header",
        "  Exchange Type: Quick Mode",
        "  Payload Proposal",
        "    Proposal #: 2",
    )
    rows += ("    Protocol-Id: PROTO_IPSEC_ESP", "    Payload Transform", "      Transform-Id: ESP_3DES")
    rows += ("      Life Type: Seconds", "      Life Duration (Hex): 70 80", "      Life Type: Kilobytes")
    rows += ("      Life Duration (Hex): 00 46 50 00", "      Encapsulation Mode: Tunnel")
    reading = asa.read("\n".join((*rows, "      Authentication Algorithm: MD5", "      Group Description: Group 2")))
    assert reading is not None
    suite = Suite("3DES", "MD5", "2", "", 28800, 4608000, "tunnel", "ESP")
    assert reading.facts == (Offer(Phase.TWO, Whose.OWN, suite, 2),)


@pytest.mark.parametrize(
    "text",
    [
        "%ASA-7-713906: " + "a" * 8000,
        "[IKEv1]: Group = " + "Group = " * 900,
        "[IKEv1 DEBUG]: IP = 192.0.2.5, IKE MM Initiator FSM error history (struct &0x1) <state>, <event>: "
        + "MM_DONE, EV_ERROR-->" * 380,
        "%ASA-6-602303: IPSEC: An inbound " + " SA (SPI= 0x1) between a and b (user= c" * 180,
        "%ASA-7-713236: IKE_DECODE SENDING Message (msgid=0) with payloads : HDR" + " + SA (1)" * 800,
        "%ASA-3-717009: CRL " + " expired" * 1000,
        "Jan 01 00:00:00 " * 500 + "%ASA-5-713119: PHASE 1 COMPLETED",
        "RECV PACKET from " + "1" * 8000,
        "ISAKMP Header\n" + "00 " * 2700,
        "\x1b[31m%ASA-5-713119: PHASE 1 COMPLETED\x00",
        "%ASA-" * 1600,
        "[IKEv1" * 1300,
        '{"' + '\\"' * 4000 + "%ASA-5-713119: x}",
        "Deny udp src " * 600,
        "%ASA-4-106023: Deny udp src " + "a:b/500" * 1100,
        "x" * 100_000,
    ],
    ids=lambda text: text[:24],
)
def test_hostile_lines_cost_little_and_raise_nothing(asa: AsaDialect, text: str) -> None:
    before = process_time()
    asa.read(text)
    asa.continues("IPSEC: New embryonic SA created @ 0x53FC3C00,", text)
    asa.clock(text)
    assert process_time() - before < 1.5


def test_shows_tell_where_an_sa_hangs_and_what_a_tunnel_carried(asa: AsaDialect) -> None:
    ike = "1   IKE Peer: 192.0.2.5\n    Type    : L2L             Role    : initiator\n"
    reading = asa.read(ike + "    Rekey   : no              State   : MM_WAIT_MSG2")
    assert reading is not None
    assert reading.facts == (State("MM_WAIT_MSG2", "MM2"),)
    assert (reading.tag.peer, reading.tag.role) == ("192.0.2.5", Role.INITIATOR)
    reading = asa.read(
        "    Crypto map tag: outside_map, seq num: 1, local addr: 203.0.113.1\n"
        "      local ident (addr/mask/prot/port): (10.1.0.0/255.255.255.0/0/0)\n"
        "      remote ident (addr/mask/prot/port): (10.2.0.0/255.255.255.0/0/0)\n"
        "      current_peer: 192.0.2.5\n"
        "      #pkts encaps: 12, #pkts encrypt: 12, #pkts digest: 12\n"
        "      #pkts decaps: 0, #pkts decrypt: 0, #pkts verify: 0"
    )
    assert reading is not None
    assert reading.tag.peer == "192.0.2.5"
    assert reading.facts == (
        Proxies(Proxy.of("10.1.0.0/24"), Proxy.of("10.2.0.0/24"), Whose.OWN),
        Carried(12, 0, "packets"),
    )


@pytest.mark.parametrize("subject", ASA_SAYINGS)
def test_every_saying_is_read(asa: AsaDialect, subject: str) -> None:
    number = next((front for front, about in SUBJECTS.items() if about == subject), "713") + "999"
    for saying in ASA_SAYINGS[subject]:
        for template in saying.templates:
            values = {part: kind.write(kind.examples[0]) for part, kind in saying.kinds.items() if part != "history"}
            text = template.format(**values, history="MM_DONE, EV_ERROR-->MM_WAIT_MSG2, EV_TIMEOUT")
            reading = asa.said(f"%ASA-5-{number}: {text}") or asa.said(f"[IKEv1]: {text}")
            assert reading is not None, text


def test_the_page_of_what_is_read_only_is_up_to_date() -> None:
    page = HERE / "docs" / "reference" / "read_lines.md"
    assert page.read_text("utf-8") == read_lines_page(), "regenerate: python docs/generate.py"
