"""Every named fault: it announces itself when it fires, is told of when it does not, and leads where it says."""

from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from labs import NAMES, TEXTS, healthy, order

from mainmode.base.errors import InputError
from mainmode.base.provenance import Statement
from mainmode.device.config.reader import read
from mainmode.lab.faults.catalogue import FAULTS, listing, read_fault, reference_page
from mainmode.lab.faults.configuration import broken
from mainmode.lab.faults.declaration import Place
from mainmode.lab.run import Result, run
from mainmode.ladder.reception import FAULT, triggered
from mainmode.ladder.steps import steps
from mainmode.ladder.transcript import Fate, MessageSent, Outcome, Remark, Side

DEVICES = ("a", "b")
EXAMPLE_KEYS = ("cisco", "not-the-key")


def _run(*texts: str, ping: bool = False) -> Result:
    """The packaged pair with these faults; with `ping` between named hosts, whatever the access lists say."""
    faults = tuple(read_fault(text, DEVICES) for text in texts)
    written = dict(TEXTS)
    for fault in faults:
        if fault.fault.lines is not None:
            side = Side(fault.device)
            written[side] = broken(fault, written[side], read(written[side], NAMES[side]))
    pair = {side: read(text, NAMES[side]) for side, text in written.items()}
    hosts = (IPv4Address("192.168.1.2"), IPv4Address("192.168.2.2")) if ping else None
    return run(replace(order(pair), faults=faults, ping=hosts))


def _told(result: Result) -> list[str]:
    return [event.text for event in result.transcript.events if isinstance(event, Remark) if "fault" in event.text]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("wrong-key,a", "PSK_MISMATCH"),
        ("wrong-key,b", "PSK_MISMATCH"),
        ("no-key,b", "NO_TUNNEL_GROUP"),
        ("no-tunnel-group,b", "NO_TUNNEL_GROUP"),
        ("group-name,b", "NO_TUNNEL_GROUP"),
        ("policy,b", "PHASE1_MISMATCH"),
        ("policy,a=hash", "PHASE1_MISMATCH"),
        ("policy,b=group", "PHASE1_MISMATCH"),
        ("policy,b=authentication", "PHASE1_MISMATCH"),
        ("policy,b=lifetime", ""),
        ("transform,b", "TRANSFORM_MISMATCH"),
        ("pfs,b", "PFS_MISMATCH"),
        ("acl,b", "PROXY_MISMATCH"),
        ("acl,a", "PROXY_MISMATCH"),
        ("peer,b", "PEER_ADDRESS_WRONG"),
        ("ike-off,a", "IKE_NOT_ENABLED"),
        ("ike-off,b", "IKE_NOT_ENABLED"),
        ("unbound,a", "CRYPTO_MAP_NOT_BOUND"),
        ("unbound,b", "CRYPTO_MAP_NOT_BOUND"),
        ("incomplete,b", "NO_MATCHING_ENTRY"),
        ("dynamic-first,b", "DYNAMIC_FIRST"),
        ("no-exemption,a", "NO_NAT_EXEMPTION"),
        ("no-exemption,b", "NO_NAT_EXEMPTION"),
        ("identity,a", ""),
        ("nat-t-off,b", ""),
        ("lifetime,b", ""),
        ("kilobytes,b", ""),
        ("connection-type,a", "CONNECTION_TYPE"),
        ("connection-type,b=originate-only", "CONNECTION_TYPE"),
        ("no-keepalive,b", ""),
        ("block-udp-500", "UDP_BLOCKED"),
        ("block-udp-500,b", "UDP_BLOCKED"),
        ("block-esp", "ESP_BLOCKED"),
        ("block-esp,b", "ESP_BLOCKED"),
        ("one-way,b", "PACKETS_LOST"),
        ("duplicate=MM3", ""),
        ("delay=QM1", ""),
        ("clock-skew,b", ""),
    ],
)
def test_a_fault_leads_to_its_verdict_and_announces_itself(text: str, cause: str) -> None:
    result = _run(text)
    verdict = result.transcript.verdict
    assert verdict.cause == cause
    assert (verdict.outcome is Outcome.UP) is (not cause)
    assert any(told.startswith(f"fault {text}: ") for told in _told(result))
    assert not [note for note in result.transcript.notes if "never fired" in note]


def test_an_earlier_entry_takes_the_traffic_to_its_own_peer() -> None:
    verdict = _run("earlier-entry,a", ping=True).transcript.verdict
    assert verdict.cause == "EARLIER_ENTRY"
    assert "192.0.2.99" in verdict.sentence


def test_the_lines_of_a_fault_are_places_like_any_other_and_hide_their_key() -> None:
    result = _run("wrong-key,b")
    assert _told(result) == [
        "fault wrong-key,b: typed: tunnel-group 10.0.0.1 ipsec-attributes / pre-shared-key *****",
    ]
    places = [one.source for one in result.transcript.verdict.blames if one.side is Side.B]
    assert [(place.line, place.text.strip()) for place in places if isinstance(place, Statement)] == [
        (TEXTS[Side.B].count("\n") + 2, "pre-shared-key *****")
    ]
    assert not any(key in str(result.transcript) for key in EXAMPLE_KEYS)


def test_the_ladder_says_that_a_fault_is_on_purpose_and_nothing_of_a_packet() -> None:
    result = _run("wrong-key,b")
    (step, *_) = steps(result.transcript)
    assert triggered(result.transcript, step, Side.B) == FAULT


def test_the_message_that_is_picked_is_lost_and_no_other() -> None:
    result = _run("drop=MM3")
    lost = [event for event in result.transcript.events if isinstance(event, MessageSent) if event.fate is Fate.LOST]
    assert [(event.name, event.retransmission) for event in lost] == [("MM3", False)]
    assert _told(result) == ["fault drop=MM3: MM3 of a is lost"]


def test_a_device_that_forgets_its_sas_gets_packets_that_it_does_not_know() -> None:
    result = _run("forget-sas,b=2500ms")
    assert _told(result) == ["fault forget-sas,b=2500ms: the device loses its state, and nobody is told"]
    remarks = [event.text for event in result.transcript.events if isinstance(event, Remark)]
    assert any(text.startswith("dropped, an ESP SPI that belongs to no SA here") for text in remarks)


def test_a_replayed_packet_is_dropped_by_name() -> None:
    remarks = [event.text for event in _run("replay=ESP:1").transcript.events if isinstance(event, Remark)]
    assert any(text.startswith("dropped, an ESP sequence number seen before") for text in remarks)


def test_a_packet_in_clear_is_dropped_by_name() -> None:
    remarks = [event.text for event in _run("in-clear,b=2s").transcript.events if isinstance(event, Remark)]
    assert any(text.startswith("dropped, a packet in clear that should have come through") for text in remarks)


def test_a_damaged_message_and_an_aggressive_one_are_dropped_by_name() -> None:
    for text in ("corrupt=MM5", "aggressive"):
        result = _run(text)
        remarks = [event.text for event in result.transcript.events if isinstance(event, Remark)]
        assert any(remark.startswith("dropped, ") for remark in remarks), text


_NEW = (
    ("crypto isakmp", "crypto ikev1"),
    (" pre-shared-key", " ikev1 pre-shared-key"),
    ("ipsec transform-set", "ipsec ikev1 transform-set"),
    ("set transform-set", "set ikev1 transform-set"),
)
"""The old spelling, and that of the releases that have a limit on negotiations."""


def test_strangers_fill_the_negotiations_that_are_allowed_and_the_peer_is_told_nothing() -> None:
    texts = dict(TEXTS)
    for old, new in _NEW:
        texts[Side.B] = texts[Side.B].replace(old, new)
    texts[Side.B] += "crypto ikev1 limit max-in-negotiation-sa 1\n"
    pair = {side: read(text, NAMES[side]) for side, text in texts.items()}
    full, room = (run(replace(order(pair), faults=(read_fault(f"flood,b={count}", DEVICES),))) for count in (100, 99))
    assert _told(full)[-1] == "fault flood,b=100: 100 strangers send an MM1 and nothing more"
    assert full.transcript.verdict.cause == "LIMIT"
    assert room.transcript.verdict.outcome is Outcome.UP


def test_a_fault_that_never_fires_is_told_at_the_end() -> None:
    result = _run("drop=QM1:7", "nat-reboot", "ignore-deletes,b")
    assert [note for note in result.transcript.notes if "never" in note] == [
        "fault drop=QM1:7 never fired",
        "fault nat-reboot never fired",
        "fault ignore-deletes,b never fired",
    ]


def test_without_faults_nothing_is_said_of_any() -> None:
    assert _told(healthy()) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("wrong,b", "there is no fault wrong; is it wrong-key?"),
        ("wrong-key", "say on which device: wrong-key,b"),
        ("wrong-key,c=x", "there is no device c; the devices are a, b"),
        ("transform,b=x", "transform takes no value"),
        ("policy,b=colour", "what can be wrong is encryption, hash, group, authentication, lifetime"),
        ("incomplete,b=colour", "what can be missing is transform-set, peer, acl"),
        ("drop=MM9", "the messages are MM1, MM2"),
        ("drop=MM1:0", "the messages are MM1, MM2"),
        ("restart,b=soon", "soon is no length of time"),
        ("mtu-black-hole=12", "write octets from 68 to 65535"),
        ("limit,b", "8.2 and 8.3 have no limit on negotiations"),
        ("flood,b=many", "write how many, from 1 to 5000"),
        ("lifetime,b=1", "--fault lifetime,b=1: asa2.cfg:"),
    ],
)
def test_a_fault_that_cannot_be_says_why(text: str, said: str) -> None:
    with pytest.raises(InputError) as raised:
        _run(text)
    assert said in str(raised.value)


def test_the_limit_on_negotiations_is_typed_where_the_release_has_it() -> None:
    text = TEXTS[Side.B].replace("crypto isakmp", "crypto ikev1").replace("ipsec transform", "ipsec ikev1 transform")
    text = text.replace("set transform", "set ikev1 transform").replace(" pre-shared", " ikev1 pre-shared")
    worse = broken(read_fault("limit,b", DEVICES), text, read(text, "b.cfg"))
    found = read(worse, "b.cfg").settings.max_in_negotiation
    assert found.value == 1


def test_every_fault_is_listed_once_with_what_it_does_and_where_it_leads() -> None:
    names = [fault.name for fault in FAULTS]
    assert len(set(names)) == len(names)
    for text in (listing(), reference_page()):
        for fault in FAULTS:
            assert fault.name in text
            assert fault.does in text
    for fault in FAULTS:
        assert fault.leads_to
        assert (fault.lines is None) is not (fault.install is None)
        assert (fault.place is Place.CONFIGURATION) is (fault.lines is not None)
        assert bool(fault.value) is bool(fault.usual)
