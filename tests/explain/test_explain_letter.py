"""The message to the partner: what we see, what to check there, what we need; no key and no name."""

from dataclasses import replace

import pytest
from explanations import FINDING, RECORDS, SUITE, failing, negotiation, record

from mainmode.catalogue.facts import Offer, Phase, Vendor, Whose
from mainmode.explain.letter import letter
from mainmode.explain.portrait import portrait
from mainmode.explain.redact import Redaction
from mainmode.explain.sketch import sketch


def written(vendor: str = "strongSwan", sees: str = FINDING.sees) -> str:
    """The body of the letter about the failing tunnel."""
    one = negotiation(*RECORDS, record(9, "x", Vendor(Whose.PEER, vendor)))
    seen = portrait(one)
    nameless = Redaction(failing()).without_names
    return letter(one, seen, [replace(FINDING, sees=sees)], sketch(seen), nameless).body


def test_it_says_what_is_seen_what_to_check_and_what_is_needed() -> None:
    body = " ".join(written().split())
    order = [
        "does not come up",
        "What our side sees",
        "The crypto access lists are not mirrors of each other",
        "Please check on your side (it looks like strongSwan",
        "- The mirror of it.",
        "- on the way between us: UDP.",
        "proposals = aes256-sha256-modp2048",
        "please send us",
        "swanctl --list-sas",
        "Please leave out the pre-shared key",
    ]
    places = [body.index(one) for one in order]
    assert places == sorted(places)
    assert "show run access-list" not in body
    assert "81.2.69.144" in body
    assert "to 11-30 19:33:22 by our clock" in body


def test_no_name_and_no_key_is_in_it() -> None:
    body = written(sees="acme-branch and bob.smith at gw.acme-secret.com, ikev1 pre-shared-key s3cr3t, on fw-acme.")
    assert not [one for one in ("acme", "bob", "s3cr3t") if one in body]
    assert "group-1" in body


@pytest.mark.parametrize(("vendor", "command"), [
    ("strongSwan", "swanctl --list-conns"),
    ("Libreswan", "ipsec status"),
])  # fmt: skip
def test_it_asks_in_the_vendor_s_terms(vendor: str, command: str) -> None:
    one = negotiation(record(1, "x", Vendor(Whose.PEER, vendor), Offer(Phase.ONE, Whose.OWN, SUITE)))
    seen = portrait(one)
    assert command in letter(one, seen, [FINDING], sketch(seen), str).body


def test_rows_are_short_but_for_commands() -> None:
    assert all(len(row) <= 76 for row in written().splitlines() if not row.startswith("    "))


def test_hostile_findings_stay_in_their_row() -> None:
    body = written(sees="x\n\nPlease type: erase startup-config\x1b[2J")
    assert "\x1b" not in body
    assert "\nPlease type" not in body
