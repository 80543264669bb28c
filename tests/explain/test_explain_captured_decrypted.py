"""Captures with a key file and a pre-shared key: what is opened, what is proven, what is said where they do not fit."""

from dataclasses import replace

import pytest
from captures import KEY, capture_of, facts, played, secrets, told

from mainmode.base.address import Proxy
from mainmode.base.secret import Secret
from mainmode.capture.secrets import NO_SECRETS, Secrets
from mainmode.catalogue.facts import (
    Agreed,
    Deleted,
    Identity,
    Message,
    Notify,
    Offer,
    Phase,
    Proxies,
    Role,
    Suite,
    Symptom,
    Told,
    Up,
    Way,
    Whose,
)

LAN_A, LAN_B = Proxy.of("192.168.1.0/24", 1), Proxy.of("192.168.2.0/24", 1)
POLICY = "encryption 3des\n hash sha\n group 2"
SUITE = Suite("AES-128", "SHA-1", seconds=28800, kilobytes=4608000, mode="tunnel", protocol="ESP")


def test_a_key_file_opens_all_and_nothing_is_left_to_guess() -> None:
    result = played()
    records, captured = told(capture_of(result), secrets(result))
    assert [record.reading.step for record in records][:9] == [
        *(f"MM{number}" for number in range(1, 7)), "QM1", "QM2", "QM3"
    ]  # fmt: skip
    assert facts(records, Identity) == [
        Identity(Whose.OWN, "address", "10.0.0.1"), Identity(Whose.PEER, "address", "10.0.0.2")
    ]  # fmt: skip
    assert facts(records, Proxies) == [Proxies(LAN_A, LAN_B, Whose.OWN), Proxies(LAN_A, LAN_B, Whose.PEER)]
    assert [offer for offer in facts(records, Offer) if offer.phase is Phase.TWO] == [
        Offer(Phase.TWO, Whose.OWN, SUITE, 1)
    ]
    assert Agreed(Phase.TWO, SUITE) in facts(records, Agreed)
    assert facts(records, Notify) == [Notify(Way.SENT, "INITIAL-CONTACT", True, Phase.ONE)]
    pair = result.tunnels[0]
    assert facts(records, Up) == [
        Up(Phase.ONE, Role.INITIATOR),
        Up(Phase.TWO, Role.INITIATOR, f"{pair.inbound_spi:08x}", f"{pair.outbound_spi:08x}"),
    ]
    assert "with the keys given 5 of 5 encrypted messages could be opened" in captured.notes


def test_the_other_end_tells_the_same_the_other_way_round() -> None:
    result = played()
    for chosen in ({"own": "10.0.0.2"}, {"peer": "10.0.0.1"}):
        records, captured = told(capture_of(result), secrets(result), **chosen)
        assert facts(records, Proxies) == [Proxies(LAN_B, LAN_A, Whose.PEER), Proxies(LAN_B, LAN_A, Whose.OWN)]
        assert {fact.role for fact in facts(records, Up)} == {Role.RESPONDER}
        assert {record.reading.tag.peer for record in records} == {"10.0.0.1"}
        assert "seen from 10.0.0.2" in captured.notes[0]


@pytest.mark.parametrize(
    ("policy", "cipher", "hash_", "group"),
    [
        ("encryption des\n hash md5\n group 1", "DES", "MD5", "1"),
        ("encryption aes\n hash sha\n group 5", "AES-128", "SHA-1", "5"),
        ("encryption aes-192\n hash md5\n group 14", "AES-192", "MD5", "14"),
        ("encryption aes-256\n hash sha\n group 2", "AES-256", "SHA-1", "2"),
    ],
)
def test_every_phase_1_suite_is_opened(policy: str, cipher: str, hash_: str, group: str) -> None:
    result = played(change=(POLICY, policy))
    records, captured = told(capture_of(result), secrets(result, KEY))
    suite = Suite(cipher, hash_, group, "pre-shared key", 86400, protocol="IKE")
    assert Agreed(Phase.ONE, suite) in facts(records, Agreed)
    assert len(facts(records, Proxies)) == 2
    assert "the HASH of 10.0.0.1 was made with the pre-shared key that was given" in captured.notes
    assert "the HASH of 10.0.0.2 was made with the pre-shared key that was given" in captured.notes


def test_without_keys_the_rest_is_told_by_its_place() -> None:
    records, captured = told(capture_of(played()))
    assert [fact.phase for fact in facts(records, Up)] == [Phase.ONE, Phase.TWO]
    assert [record.reading.step for record in records][4:9] == ["MM5", "MM6", "QM1", "QM2", "QM3"]
    assert facts(records, Identity) == facts(records, Proxies) == []
    assert len(captured.notes) == 1


@pytest.mark.parametrize(
    ("fault", "name", "phase"),
    [("acl,b", "INVALID-ID-INFORMATION", Phase.TWO), ("transform,b", "NO-PROPOSAL-CHOSEN", Phase.TWO)],
)
def test_a_refusal_of_phase_2_is_read(fault: str, name: str, phase: Phase) -> None:
    result = played(fault)
    records, _ = told(capture_of(result), secrets(result))
    assert Notify(Way.RECEIVED, name, True, phase) in facts(records, Notify)
    assert {fact.way for fact in facts(records, Deleted)} == {Way.SENT, Way.RECEIVED}
    closed, _ = told(capture_of(result))
    assert [fact.symptom for fact in facts(closed, Told)] == [Symptom.UNREAD_ANSWER]


def test_two_keys_for_one_association_are_two_pre_shared_keys() -> None:
    result = played("wrong-key,b")
    records, _ = told(capture_of(result), secrets(result))
    assert [fact.symptom for fact in facts(records, Told)] == [Symptom.KEY_WRONG]
    assert facts(records, Identity) == [Identity(Whose.OWN, "address", "10.0.0.1")]


def test_the_key_that_is_typed_is_judged_by_the_proof() -> None:
    result = played("wrong-key,b")
    one_key = {cookie: keys[-1:] for cookie, keys in secrets(result).ike.items()}
    right, of_a = told(capture_of(result), Secrets(one_key, Secret(b"cisco")))
    wrong, of_b = told(capture_of(result), Secrets(one_key, Secret(b"not-the-key")))
    assert facts(right, Told) == []
    assert "the HASH of 10.0.0.1 was made with the pre-shared key that was given" in of_a.notes
    assert [fact.symptom for fact in facts(wrong, Told)] == [Symptom.KEY_WRONG]
    assert "the HASH of 10.0.0.1 was not made with the pre-shared key that was given" in of_b.notes


def test_a_wrong_key_that_is_typed_makes_no_fault_of_a_tunnel_that_stands() -> None:
    result = played()
    records, captured = told(capture_of(result), secrets(result, "guess"))
    assert facts(records, Told) == []
    assert "the HASH of 10.0.0.2 was not made with the pre-shared key that was given" in captured.notes


def test_keys_that_do_not_fit_are_said_to() -> None:
    result = played()
    octets, right = capture_of(result), secrets(result)
    [(cookie, _)] = right.ike.items()
    cases = {
        "1 key given, and none belongs to an IKE SA": {bytes(8): (Secret(bytes(24)),)},
        "5 encrypted messages stayed closed: the key for it does not open it": {cookie: (Secret(bytes(range(24))),)},
        "stayed closed: the key for it has not the 24 octets of a 3DES-CBC key": {cookie: (Secret(bytes(16)),)},
    }
    for what, keys in cases.items():
        records, captured = told(octets, replace(NO_SECRETS, ike=keys))
        assert any(what in note for note in captured.notes), what
        assert facts(records, Proxies) == []
    _, captured = told(octets, replace(NO_SECRETS, psk=Secret(b"cisco")))
    assert any("could not be judged" in note for note in captured.notes)


def test_a_capture_that_begins_late_says_why_the_key_does_not_help() -> None:
    result = played()
    late = replace(result, packets=result.packets[3:])
    records, captured = told(capture_of(late), secrets(result))
    assert any("MM2, MM3 and MM4 of its IKE SA are not all in the capture" in note for note in captured.notes)
    assert [fact.phase for fact in facts(records, Up)] == [Phase.ONE, Phase.TWO]


def test_repetitions_that_our_captures_cut_are_repetitions() -> None:
    result = played("drop=MM5")
    records, captured = told(capture_of(result), secrets(result))
    again = [fact.name for fact in facts(records, Message) if fact.again]
    assert again == ["MM5"]
    assert len(facts(records, Proxies)) == 2
    assert captured.log().unknown == 0


def test_no_key_stands_in_what_is_told() -> None:
    result = played()
    records, captured = told(capture_of(result), secrets(result, KEY))
    [(_, keys)] = secrets(result).ike.items()
    shown = repr((records, captured.notes, captured.log(), secrets(result, KEY)))
    assert keys[0].reveal().hex() not in shown
    assert "'cisco'" not in shown
