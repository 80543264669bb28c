"""Facts made by hand lead to the right cause, told as surely as they allow, with advice in the right language."""

from dataclasses import replace

import pytest
from hand_made import RECEIVED, SENT, message, negotiation, until

from mainmode.base.address import Proxy
from mainmode.catalogue.facts import (
    Agreed,
    Carried,
    Deleted,
    Down,
    GaveUp,
    LifetimeChanged,
    NatFound,
    Notify,
    Offer,
    Phase,
    Proxies,
    Refused,
    Role,
    Suite,
    Symptom,
    Told,
    Up,
    Vendor,
    Whose,
    Why,
)
from mainmode.explain.diagnose import diagnose
from mainmode.explain.diagnoses import DIAGNOSES
from mainmode.explain.diagnoses.case import LANGUAGES
from mainmode.explain.diagnoses.reference import reference_page
from mainmode.explain.finding import Finding, Sure
from mainmode.explain.negotiation import Negotiation, Outcome
from mainmode.explain.pairing import Link, Pairing, Same

NEAR, FAR = Proxy.of("192.168.1.0/24"), Proxy.of("192.168.2.0/24")
MD5_HERE = Refused(Phase.ONE, "hash", "SHA-1", "MD5")
BACK = Role.RESPONDER
AGAIN = {name: message(SENT, name, again=True) for name in ("MM1", "MM2", "MM3", "MM4", "MM5", "QM1")}
PROTECTED = {"protected": True, "phase": Phase.TWO}
QM1 = message(SENT, "QM1", "HASH", "SA", "NONCE", "ID", "ID")


def told(symptom: Symptom, detail: str = "") -> Told:
    return Told(symptom, detail=detail)


def first(*ones: Negotiation) -> Finding:
    found = diagnose(ones)
    assert found, "no finding"
    return found[0]


STATED = {
    "PHASE1_MISMATCH": negotiation(*until("MM1", False), MD5_HERE, role=BACK),
    "AGGRESSIVE_REFUSED": negotiation(told(Symptom.AGGRESSIVE_REFUSED), role=BACK),
    "IKE_VERSION": negotiation(told(Symptom.IKE_VERSION), role=BACK),
    "CERTIFICATE": negotiation(*until("MM5", False), told(Symptom.CERTIFICATE), role=BACK),
    "PSK_MISMATCH": negotiation(*until("MM4", False), told(Symptom.KEY_WRONG), role=BACK),
    "PSK_MISSING": negotiation(*until("MM1", False), told(Symptom.KEY_MISSING), role=BACK, dialect="ios"),
    "NO_TUNNEL_GROUP": negotiation(*until("MM3", False), told(Symptom.NO_TUNNEL_GROUP), role=BACK),
    "IDENTITY_MISMATCH": negotiation(*until("MM5", False), told(Symptom.IDENTITY_MISMATCH), role=BACK),
    "IKE_NOT_ENABLED": negotiation(told(Symptom.IKE_NOT_ENABLED)),
    "LIMIT": negotiation(told(Symptom.LIMIT), role=BACK),
    "CONNECTION_TYPE": negotiation(told(Symptom.CONNECTION_TYPE), role=BACK),
    "NO_NAT_EXEMPTION": negotiation(told(Symptom.NAT_ASYMMETRIC), up=2),
    "PROXY_MISMATCH": negotiation(phase2=(told(Symptom.ACL_MISMATCH),), role=BACK, up=1),
    "TRANSFORM_MISMATCH": negotiation(phase2=(Refused(Phase.TWO, "encryption", "AES-128", "DES"),), role=BACK, up=1),
    "PFS_MISMATCH": negotiation(phase2=(told(Symptom.PFS_MISSING),), role=BACK, up=1),
    "NO_MATCHING_ENTRY": negotiation(phase2=(told(Symptom.ENTRY_INCOMPLETE),), role=BACK, up=1),
    "CRYPTO_MAP_NOT_BOUND": negotiation(*until("MM1", False), told(Symptom.MAP_NOT_BOUND), role=BACK),
    "PEER_ADDRESS_WRONG": negotiation(phase2=(told(Symptom.WRONG_PEER_FOR_ENTRY),), role=BACK, up=1),
    "DYNAMIC_FIRST": negotiation(
        phase2=(told(Symptom.DYNAMIC_ENTRY), Refused(Phase.TWO, "encryption", "AES-128", "DES")), role=BACK, up=1
    ),
    "LOST_PEER": negotiation(up=2, after=(Down(None, Why.LOST),)),
    "STALE_SA": negotiation(up=2, after=(told(Symptom.UNKNOWN_SPI, "deadbeef"),)),
    "REPLAY": negotiation(up=2, after=(told(Symptom.REPLAY),)),
    "INTEGRITY": negotiation(up=2, after=(told(Symptom.INTEGRITY),)),
    "IN_CLEAR": negotiation(up=2, after=(told(Symptom.CLEAR_TEXT),)),
    "INNER_MISMATCH": negotiation(up=2, after=(told(Symptom.INNER_MISMATCH),)),
    "DENIED": negotiation(up=2, after=(told(Symptom.DENIED),)),
    "PATH_MTU": negotiation(up=2, after=(told(Symptom.PATH_MTU),)),
}
"""What a device says in so many words."""


@pytest.mark.parametrize("code", STATED)
def test_what_a_device_states_is_certain_and_on_top(code: str) -> None:
    finding = first(STATED[code])
    assert (finding.code, finding.sure) == (code, Sure.CERTAIN)
    assert finding.evidence
    assert not finding.warning


SHAPED = {
    "no answer": (negotiation(*until("MM1"), AGAIN["MM1"], AGAIN["MM1"], GaveUp(Phase.ONE, "MM2", True)), "NO_ANSWER"),
    "refused in clear": (
        negotiation(*until("MM1"), Notify(RECEIVED, "NO-PROPOSAL-CHOSEN"), AGAIN["MM1"]),
        "PHASE1_MISMATCH",
    ),
    "silent since MM3": (negotiation(*until("MM3"), AGAIN["MM3"], GaveUp(Phase.ONE, "MM4", True)), "NO_TUNNEL_GROUP"),
    "cookie unknown since MM3": (
        negotiation(*until("MM3"), AGAIN["MM3"], Notify(RECEIVED, "INVALID-COOKIE"), end=Outcome.OPEN),
        "NO_TUNNEL_GROUP",
    ),
    "silent since MM5": (negotiation(*until("MM5"), AGAIN["MM5"], AGAIN["MM5"]), "PSK_MISMATCH"),
    "malformed after MM5": (negotiation(*until("MM5"), Notify(RECEIVED, "PAYLOAD-MALFORMED")), "PSK_MISMATCH"),
    "refused under the keys": (
        negotiation(*until("MM5"), Notify(RECEIVED, "AUTHENTICATION-FAILED", True)),
        "IDENTITY_MISMATCH",
    ),
    "silent on 4500": (
        negotiation(*until("MM4"), NatFound(own=True), message(SENT, "MM5"), AGAIN["MM5"], GaveUp(Phase.ONE, "MM6")),
        "UDP_4500_BLOCKED",
    ),
    "nothing on 4500": (
        negotiation(*until("MM4", False), NatFound(peer=True), AGAIN["MM4"], GaveUp(Phase.ONE, "MM5"), role=BACK),
        "UDP_4500_BLOCKED",
    ),
    "malformed behind NAT": (
        negotiation(*until("MM4"), NatFound(own=True), message(SENT, "MM5"), Notify(RECEIVED, "PAYLOAD-MALFORMED")),
        "PSK_MISMATCH",
    ),
    "answers do not arrive": (
        negotiation(
            *until("MM2", False),
            message(RECEIVED, "MM1", again=True),
            AGAIN["MM2"],
            GaveUp(Phase.ONE, "MM3"),
            role=BACK,
        ),
        "ANSWERS_LOST",
    ),
    "networks refused": (
        negotiation(
            phase2=(QM1, Proxies(NEAR, FAR, Whose.OWN), Notify(RECEIVED, "INVALID-ID-INFORMATION", **PROTECTED)), up=1
        ),
        "PROXY_MISMATCH",
    ),
    "proposals refused": (
        negotiation(phase2=(QM1, Notify(RECEIVED, "NO-PROPOSAL-CHOSEN", **PROTECTED)), up=1),
        "TRANSFORM_MISMATCH",
    ),
    "quick mode in vain": (negotiation(phase2=(QM1, AGAIN["QM1"], GaveUp(Phase.TWO, "QM2")), up=1), "NO_ANSWER"),
    "one way": (negotiation(up=2, after=(Up(Phase.TWO), Carried(4200, 0, whole=True))), "ESP_BLOCKED"),
    "port closed": (negotiation(*until("MM1"), told(Symptom.UNREACHABLE, "port unreachable")), "IKE_NOT_ENABLED"),
    "host away": (negotiation(*until("MM1"), told(Symptom.UNREACHABLE, "host unreachable")), "PEER_ADDRESS_WRONG"),
}
"""What only the exchange's shape shows: the cause that hardly anything else explains, or the likeliest."""


@pytest.mark.parametrize("what", SHAPED)
def test_the_shape_of_an_exchange_is_told_as_likely_at_most(what: str) -> None:
    one, code = SHAPED[what]
    finding = first(one)
    assert finding.code == code
    assert finding.sure is not Sure.CERTAIN
    assert finding.evidence
    assert finding.alternatives


def test_a_catch_all_line_never_decides_alone() -> None:
    vague = told(Symptom.CATCH_ALL)
    finding = first(negotiation(vague))
    assert (finding.code, finding.sure) == ("UNDECIDED", Sure.POSSIBLE)
    assert len(finding.alternatives) >= 4
    assert finding.unknowable
    better = first(negotiation(*until("MM1", False), MD5_HERE, vague, role=BACK))
    assert better.code == "PHASE1_MISMATCH"
    phase2 = first(negotiation(phase2=(vague,), up=1))
    assert phase2.code == "UNDECIDED"
    assert phase2.alternatives[0].code == "PROXY_MISMATCH"


def test_what_the_initiator_cannot_know_is_said_with_the_alternatives() -> None:
    finding = first(negotiation(phase2=(QM1, Notify(RECEIVED, "NO-PROPOSAL-CHOSEN", **PROTECTED)), up=1))
    assert finding.sure is Sure.POSSIBLE
    assert finding.alternatives[0].code == "PFS_MISMATCH"
    assert "peer's log" in finding.unknowable
    assert finding.why.endswith(finding.unknowable)
    silent = first(SHAPED["no answer"][0])
    assert {one.code for one in silent.alternatives} >= {"IKE_NOT_ENABLED", "UDP_BLOCKED", "PEER_ADDRESS_WRONG"}


def test_a_healthy_tunnel_has_remarks_alone() -> None:
    weak = Agreed(Phase.ONE, Suite("3DES", "MD5", "2", "pre-shared key"))
    changed = LifetimeChanged(Phase.TWO, 28800, 3600)
    healthy = negotiation(*until("MM6"), weak, phase2=(QM1, changed, Up(Phase.TWO)), up=2)
    assert diagnose([negotiation(*until("MM6"), phase2=(QM1, Up(Phase.TWO)), up=2)]) == ()
    found = diagnose([healthy])
    assert {one.code for one in found} == {"WEAK", "LIFETIME"}
    assert all(one.warning and one.evidence for one in found)


@pytest.mark.parametrize("why", [Why.ADMIN, Why.IDLE, Why.SESSION_TIME, Why.PEER, Why.LIFETIME])
def test_an_end_that_somebody_wanted_is_a_remark(why: Why) -> None:
    found = diagnose(
        [negotiation(phase2=(Up(Phase.TWO),), up=2, after=(told(Symptom.DUPLICATE),) * 3 + (Down(None, why, "x"),))]
    )
    assert len(found) == 1
    assert found[0].warning
    assert "(x)" in found[0].sees


def test_a_delete_right_after_the_tunnel_came_up_is_no_remark() -> None:
    finding = first(negotiation(phase2=(QM1, Up(Phase.TWO)), after=(Deleted(RECEIVED, Phase.TWO),), up=2))
    assert finding.code == "PEER_DELETED"
    assert not finding.warning


def test_a_refused_policy_counts_only_if_none_is_agreed_on() -> None:
    passed_over = negotiation(*until("MM1", False), MD5_HERE, Agreed(Phase.ONE), *until("MM5", False)[1:], role=BACK)
    assert "PHASE1_MISMATCH" not in {one.code for one in diagnose([passed_over])}


def test_values_of_the_log_stand_in_the_finding() -> None:
    finding = first(STATED["PHASE1_MISMATCH"])
    assert "hash (offered SHA-1, configured MD5)" in finding.sees
    asked = Proxies(Proxy.of("10.1.0.0/16"), Proxy.of("10.2.0.0/16"), Whose.PEER)
    wrong = first(negotiation(phase2=(asked, told(Symptom.ACL_MISMATCH)), role=BACK, up=1))
    assert "10.2.0.0/16 to 10.1.0.0/16" in wrong.sees
    own = next(one for one in wrong.commands if one.where is Whose.OWN)
    assert any("permit ip 10.1.0.0 255.255.0.0 10.2.0.0 255.255.0.0" in line for line in own.lines)
    theirs = next(one for one in wrong.commands if one.where is Whose.PEER)
    assert any("permit ip 10.2.0.0 255.255.0.0 10.1.0.0 255.255.0.0" in line for line in theirs.lines)


def test_each_side_gets_commands_in_its_own_language() -> None:
    strongswan = Vendor(Whose.PEER, "strongSwan")
    finding = first(negotiation(strongswan, *until("MM4", False), told(Symptom.KEY_WRONG), role=BACK))
    own, theirs = (next(one for one in finding.commands if one.where is where) for where in (Whose.OWN, Whose.PEER))
    assert (own.vendor, theirs.vendor) == ("asa", "charon")
    assert "tunnel-group 192.0.2.2 ipsec-attributes" in own.lines
    assert "    id-2 = 192.0.2.1" in theirs.lines
    router = first(replace(SHAPED["silent since MM5"][0], dialect="ios"))
    assert router.commands[0].vendor == "ios"


def test_the_proposals_of_both_sides_are_compared_where_the_refusal_names_no_attribute() -> None:
    theirs = Offer(Phase.ONE, Whose.PEER, Suite("AES-128", "SHA-1", "14"))
    ours = Offer(Phase.ONE, Whose.OWN, Suite("AES-128", "SHA-256", "14"))
    one = negotiation(theirs, ours, Refused(Phase.ONE, everything=True), role=BACK, dialect="charon")
    assert "hash (offered SHA-1, configured SHA-256)" in first(one).sees


def test_both_sides_are_advised_the_stronger_value() -> None:
    theirs = Offer(Phase.ONE, Whose.PEER, Suite("AES-128", "SHA-1", "14"))
    refused = Refused(Phase.ONE, "hash", "SHA-1", "SHA-256")
    finding = first(negotiation(theirs, refused, Vendor(Whose.PEER, "strongSwan"), role=BACK))
    lines = [line for commands in finding.commands for line in commands.lines]
    assert " hash sha256" in lines
    assert any("aes128-sha256-modp2048" in line for line in lines)
    assert "Either side may change" in finding.sees
    assert finding.alternatives == ()


def test_silence_is_likely_and_its_reason_is_open() -> None:
    finding = first(SHAPED["no answer"][0])
    assert finding.sure is Sure.LIKELY
    assert finding.unknowable


def test_equal_findings_of_a_peer_are_one() -> None:
    ones = [replace(STATED["PHASE1_MISMATCH"], number=number) for number in (1, 2, 3)]
    found = [one for one in diagnose(ones) if one.code == "PHASE1_MISMATCH"]
    assert len(found) == 1
    assert found[0].negotiations == (1, 2, 3)


def test_the_side_that_knows_outranks_the_one_that_saw_silence() -> None:
    one = negotiation(*until("MM5"), AGAIN["MM5"], peer="192.0.2.2", local="192.0.2.1")
    other = negotiation(
        *until("MM4", False), told(Symptom.IDENTITY_MISMATCH), role=BACK, log=1, peer="192.0.2.1", local="192.0.2.2"
    )
    paired = Pairing(1, 1, Same.YES, 0.9, ())
    found = diagnose([one, other], [paired])
    assert [(finding.code, finding.log) for finding in found] == [("IDENTITY_MISMATCH", 1)]


def test_two_logs_show_which_way_is_cut() -> None:
    one = negotiation(*until("MM1"), AGAIN["MM1"], GaveUp(Phase.ONE, "MM2", True))
    other = negotiation(*until("MM2", False), AGAIN["MM2"], GaveUp(Phase.ONE, "MM3"), role=BACK, log=1)
    links = (Link("MM1", 0, one.noted[0], other.noted[0]), Link("MM2", 1, other.noted[1], None))
    finding = diagnose([one, other], [Pairing(1, 1, Same.YES, 0.9, (), links=links)])[0]
    assert finding.code == "ANSWERS_LOST"


def test_a_stale_sa_that_a_new_one_replaced_is_a_remark() -> None:
    stale = told(Symptom.UNKNOWN_SPI)
    healed = negotiation(stale, *until("MM6", False), phase2=(Up(Phase.TWO),), role=BACK, up=2)
    assert first(healed).warning
    assert not first(STATED["STALE_SA"]).warning


def test_every_diagnosis_says_what_tells_it_apart_and_what_to_do() -> None:
    for code, one in DIAGNOSES.items():
        assert one.code == code
        assert one.title
        assert one.why.endswith(".")
        assert not one.signs.endswith(".")
        assert one.checks, code
        assert {remedy.vendor for remedy in one.remedies} <= set(LANGUAGES)
        assert f"## {code}\n" in reference_page()


def test_every_alternative_is_a_declared_diagnosis() -> None:
    for what, (one, _) in SHAPED.items():
        for finding in diagnose([one]):
            assert all(other.code in DIAGNOSES and other.tell_apart for other in finding.alternatives), what


def test_no_place_is_left_unfilled() -> None:
    for one in (*STATED.values(), *(one for one, _ in SHAPED.values())):
        for finding in diagnose([one]):
            texts = [
                *(check.text for check in finding.checks),
                *(line for row in finding.commands for line in row.lines),
            ]
            assert not [text for text in texts if "{peer}" in text or "{own}" in text or "{group}" in text]
