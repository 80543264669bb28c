"""The four faces of an explanation: all of it is there, in the order of need, and nothing foreign is markup."""

import json
import re

import jsonschema
import pytest
from explanations import SAMPLES, busy, failing, hostile, two_sides

from mainmode.explain.faces.document import document, json_text
from mainmode.explain.faces.page import page
from mainmode.explain.faces.text import text
from mainmode.explain.faces.ticket import ticket
from mainmode.explain.schema import schema, schema_page
from mainmode.ladder.spelling import cells


def test_the_text_says_what_matters_first() -> None:
    printed = text(failing(), 100)
    order = [
        "DOWN  The tunnel with 81.2.69.144 does not come up.",
        "1. The crypto access lists are not mirrors of each other",
        "How sure: likely",
        "Evidence",
        "show run access-list acme_acl",
        "show crypto map",
        "TRANSFORM_MISMATCH: the peer says NO-PROPOSAL-CHOSEN",
        "What 81.2.69.144 must look like",
        "Message to the engineer",
        "9 lines, 88.9% accounted for",
        "── MM1 ",
    ]
    places = [printed.index(one) for one in order]
    assert places == sorted(places)
    assert "  7 │ Group = acme-branch" in printed
    assert "fw-acme.cfg:14 │ access-list acme_acl" in printed
    assert "(asa; changes nothing)" in printed


def test_the_ladder_can_be_left_out() -> None:
    assert "── MM1 " not in text(failing(), ladder=False)


def test_a_busy_log_begins_with_its_table_and_tells_how_to_go_on() -> None:
    printed = text(busy(), 120, hint="--peer X")
    rows = [row for row in printed.splitlines() if re.match(r"81\.3\.\d+\.1 ", row) and " 1–" not in row]
    table = printed[: printed.index("--peer X")]
    assert len(re.findall(r"^81\.3\.\d+\.1 ", table, re.M)) == 100
    assert table.index("failed") < table.index(" up ")
    assert rows
    assert printed.index("100 negotiations ─") < printed.index("1. The peer does not answer (81.3.3.1)")


def test_two_logs_are_judged_and_what_never_arrived_is_told() -> None:
    printed = text(two_sides(), 100)
    assert "The two logs: probably the same exchange, confidence 93%" in printed
    assert "the second is -1.500 s from the first, give or take 0.020 s" in printed
    assert "fw-acme.log: MM3 was sent" in printed
    assert "fw-acme.log:7 │" in printed
    assert "the fault is on the initiator's side (peer.log, 81.2.70.9)" in printed
    assert "Type on the initiator's side (fw-acme.log, 81.2.70.9): Shows the entry." in printed
    assert "Seen in fw-acme.log: " in printed


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("name", SAMPLES)
def test_text_is_printable_and_keeps_to_the_width(name: str, width: int) -> None:
    printed = text(SAMPLES[name](), width)
    assert all(one.isprintable() or one == "\n" for one in printed)
    if name != "hostile":
        assert all(cells(row) <= width for row in printed.splitlines() if not row.startswith("    "))


@pytest.mark.parametrize("name", SAMPLES)
def test_the_document_keeps_to_its_schema(name: str) -> None:
    validator = jsonschema.Draft202012Validator(schema())
    validator.validate(json.loads(json_text(SAMPLES[name]())))


def test_the_schema_is_closed_and_refuses_what_does_not_fit() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    for declared in [schema(), *(one for name, one in schema()["$defs"].items() if name != "ladder")]:
        assert declared["additionalProperties"] is False
        assert declared["required"] == list(declared["properties"])
    broken = document(failing())
    broken["findings"][0]["sure"] = "perhaps"
    broken["ladder"]["messages"][0]["fate"] = "eaten"
    broken["more"] = 1
    assert len(list(jsonschema.Draft202012Validator(schema()).iter_errors(broken))) == 3


def test_the_keys_of_the_document_are_in_the_order_of_the_schema() -> None:
    made, defined = document(failing()), schema()["$defs"]
    assert list(made) == list(schema()["properties"])
    for part, name in (("findings", "finding"), ("logs", "log"), ("negotiations", "negotiation"), ("facts", "fact")):
        assert list(made[part][0]) == list(defined[name]["properties"])
    assert "## finding" in schema_page()


def test_the_page_is_closed_to_what_a_stranger_wrote() -> None:
    made = page(hostile())
    assert made.count("<script>") == 1
    assert "alert(1)</script>" not in made.replace("&lt;", "<").split("</style>")[0]
    assert all(one.isprintable() or one == "\n" for one in made)
    assert "default-src &#39;none&#39;" in made


def test_the_ticket_has_a_diagram_and_no_markup_of_a_stranger() -> None:
    assert "```mermaid\nsequenceDiagram" in ticket(failing())
    outside, fenced = [], False
    for row in ticket(hostile()).splitlines():
        if row.startswith("```"):
            fenced = not fenced
        elif not fenced:
            outside.append(re.sub(r"\\.", "", row))
    ours = {"<details><summary>Show</summary>", "</details>"}
    assert not [row for row in outside if row not in ours and re.search(r"[<>`\[\]]", row)]
