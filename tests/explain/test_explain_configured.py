"""With configurations a finding names their lines, and causes that leave no line in a log are found in them."""

from collections.abc import Callable
from importlib.resources import files

import pytest
from hand_made import SENT, message, negotiation, until

from mainmode.base.provenance import Absent, Statement
from mainmode.catalogue.facts import GaveUp, NatFound, Phase, Role, Symptom, Told, Up, Whose
from mainmode.device.config.model import Configuration
from mainmode.device.config.reader import read
from mainmode.explain.diagnose import diagnose
from mainmode.explain.finding import Finding, Sure
from mainmode.explain.negotiation import Negotiation

TEXTS = {
    name: (files("mainmode.lab") / "examples" / f"asa{name}.cfg").read_text("utf-8") for name in ("1", "2")
}  # fmt: skip
ENTRY = "crypto map MAP 10"


def configured(which: str, *more: str, without: str = "") -> Configuration:
    text = "\n".join(line for line in TEXTS[which].split("\n") if not without or not line.startswith(without))
    return read("\n".join((text, *more)), f"asa{which}.cfg")


def near(*facts: object, **more: object) -> Negotiation:
    """A negotiation of asa1 with asa2."""
    return negotiation(*facts, peer="10.0.0.2", local="10.0.0.1", **more)  # type: ignore[arg-type]


SILENT = near(*until("MM1"), message(SENT, "MM1", again=True), GaveUp(Phase.ONE, "MM2", True))
HEALTHY = near(*until("MM6"), phase2=(Up(Phase.TWO),), up=2)


def first(ones: list[Negotiation], own: Configuration | None, theirs: Configuration | None = None) -> Finding:
    found = diagnose(ones, (), (own, theirs))
    assert found, "no finding"
    return found[0]


def test_the_lines_of_the_file_stand_in_the_finding_with_keys_masked() -> None:
    wrong = near(*until("MM4", False), Told(Symptom.KEY_WRONG), role=Role.RESPONDER)
    finding = first([wrong], configured("1"))
    (place,) = [one for one in finding.places if one.log == 0]
    assert isinstance(place.source, Statement)
    assert (place.source.file, place.source.text.strip()) == ("asa1.cfg", "pre-shared-key *****")
    assert place.source.line == TEXTS["1"].split("\n").index(" pre-shared-key cisco") + 1


OWN = {
    "IKE_NOT_ENABLED": lambda: configured("1", without="crypto isakmp enable"),
    "CRYPTO_MAP_NOT_BOUND": lambda: configured("1", without="crypto map MAP interface"),
    "NO_MATCHING_ENTRY": lambda: configured("1", without=f"{ENTRY} set transform-set"),
    "NO_TUNNEL_GROUP": lambda: configured("1", "no tunnel-group 10.0.0.2"),
    "NO_NAT_EXEMPTION": lambda: configured(
        "1", "nat (inside,outside) source dynamic INSIDE-RANGE interface", without="nat (inside"
    ),
    "CONNECTION_TYPE": lambda: configured("1", f"{ENTRY} set connection-type answer-only"),
    "EARLIER_ENTRY": lambda: configured(
        "1",
        "crypto map MAP 1 match address VPN",
        "crypto map MAP 1 set peer 192.0.2.9",
        "crypto map MAP 1 set transform-set TRANSFORM",
    ),
}


@pytest.mark.parametrize("code", OWN)
def test_a_cause_without_a_line_is_found_in_the_configuration(code: str) -> None:
    finding = first([], OWN[code]())
    assert (finding.code, finding.sure) == (code, Sure.CERTAIN)
    assert finding.places
    assert finding.commands


def test_a_missing_line_is_named_as_such() -> None:
    finding = first([], OWN["IKE_NOT_ENABLED"]())
    absent = [one.source.command for one in finding.places if isinstance(one.source, Absent)]
    assert absent == ["crypto isakmp enable outside"]


THEIRS: dict[str, Callable[[], Configuration]] = {
    "IKE_NOT_ENABLED": lambda: configured("2", without="crypto isakmp enable"),
    "CRYPTO_MAP_NOT_BOUND": lambda: configured("2", without="crypto map MAP interface"),
    "PHASE1_MISMATCH": lambda: configured("2", "crypto isakmp policy 10", " hash md5"),
    "PSK_MISMATCH": lambda: configured("2", "tunnel-group 10.0.0.1 ipsec-attributes", " pre-shared-key another"),
    "PFS_MISMATCH": lambda: configured("2", f"{ENTRY} set pfs group5"),
    "TRANSFORM_MISMATCH": lambda: configured("2", "crypto ipsec transform-set TRANSFORM esp-des esp-md5-hmac"),
    "PEER_ADDRESS_WRONG": lambda: configured(
        "2", f"{ENTRY} set peer 192.0.2.77", without=f"{ENTRY} set peer"
    ),
}  # fmt: skip


@pytest.mark.parametrize("code", THEIRS)
def test_who_saw_silence_is_told_the_cause_by_the_other_configuration(code: str) -> None:
    finding = first([SILENT], configured("1"), THEIRS[code]())
    assert (finding.code, finding.sure) == (code, Sure.CERTAIN)
    assert {one.log for one in finding.places} & {1}


def test_a_guess_is_certain_where_the_configurations_confirm_it() -> None:
    guess = near(*until("MM5"), message(SENT, "MM5", again=True), message(SENT, "MM5", again=True))
    assert first([guess], None).sure is Sure.LIKELY
    finding = first([guess], configured("1"), THEIRS["PSK_MISMATCH"]())
    assert (finding.code, finding.sure) == ("PSK_MISMATCH", Sure.CERTAIN)
    assert {one.log for one in finding.places} == {0, 1}


def test_configurations_that_fit_give_no_finding() -> None:
    assert diagnose([], (), (configured("1"), configured("2"))) == ()
    assert diagnose([HEALTHY], (), (configured("1"), configured("2"))) == ()


def test_a_translated_address_is_no_wrong_one() -> None:
    behind = near(*until("MM4"), NatFound(own=True), message(SENT, "MM5"), GaveUp(Phase.ONE, "MM6", True))
    other = THEIRS["PEER_ADDRESS_WRONG"]()
    assert first([behind], configured("1"), other).code != "PEER_ADDRESS_WRONG"


def test_the_side_at_fault_is_told_from_where_the_log_was_written() -> None:
    finding = first([SILENT], configured("1"), THEIRS["IKE_NOT_ENABLED"]())
    assert finding.whose is Whose.PEER
    assert {one.where for one in finding.commands} == {Whose.PEER}
