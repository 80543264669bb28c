"""The faces of a preflight: all of it is there, in the order of need, nothing foreign is markup, and others read it."""

import json
import re
import sqlite3
from dataclasses import replace
from importlib.metadata import files as packaged
from typing import Any

import jsonschema
import pytest
from check_samples import SAMPLES, empty, failing, folder, healthy, hostile, nothing, unexplained
from junitparser import Failure, JUnitXml, Skipped

from mainmode.check.faces.document import document, json_text
from mainmode.check.faces.junit import junit
from mainmode.check.faces.page import page
from mainmode.check.faces.sarif import sarif
from mainmode.check.faces.schema import schema, schema_page
from mainmode.check.faces.text import text
from mainmode.check.faces.ticket import ticket
from mainmode.check.faces.words import verdict
from mainmode.check.matrix import Came
from mainmode.check.report import Preflight
from mainmode.ladder.spelling import cells
from mainmode.ladder.transcript import Side


def _in_order(printed: str, order: list[str]) -> None:
    place = 0
    for one in order:
        place = printed.index(one, place)


def test_the_text_says_what_matters_first() -> None:
    _in_order(
        text(failing(), 100),
        [
            "DOWN  2 of 6 directions are down: PFS_MISMATCH. 1 command on asa1 mends it, as proved below.",
            "asa1: a.cfg, outside 203.0.113.1",
            "   networks (asa1 first)   crypto maps      asa1 begins                        asa2 begins",
            "1  10.1.1.0/24 ↔ 10.2.0.9  MAP 10 ↔ MAP 10  rejected in phase 2: PFS_MISMATCH  up",
            "4 pairs of networks more not tried",
            "── 1. The two sides ask for different PFS groups",
            "asa2 asks for PFS group 5, asa1 for none.",
            "Concerns: entries 1–2 begun by asa1",
            "either side may change",
            "  asa2: b.cfg:87 crypto map OUT 20 set pfs group5 (asks for group 5)",
            "  asa1: a.cfg (absent) crypto map VPN 10 set pfs group5 (no counterpart)",
            "Debug lines",
            "  asa2 │ Group = 203.0.113.1, All IPSec SA proposals found unacceptable!",
            "Fix: type on asa1 (a.cfg): asks for the same group (interrupts this tunnel)",
            "    crypto map VPN 10 set pfs group5",
            "Proved: with this command on asa1: up in both directions",
            "Or: type on asa2 (b.cfg)",
            "── Caution: Weak algorithms",
            "── 8 hours of virtual time",
            "0:10:00  asa1  phase 2 is renewed  entry 1, and 2 times more until 0:20:00 [a.cfg:7 lifetime 600]",
            "0:30:00  asa1  ends                idle timeout [a.cfg (default) vpn-idle-timeout 30]",
            "0:40:00  asa1  phase 2 is renewed  entry 1 [a.cfg:7]",
            "1:10:00  asa1  ends                idle timeout\n",
            "── Taken for granted",
            "── Lines that the reader warns of or left out",
            "── Notes",
        ],
    )


def test_the_decisions_are_printed_where_they_are_asked_for() -> None:
    assert "What each device decided" not in text(failing(), 100)
    _in_order(
        text(failing(), 100, decisions=True),
        ["1. 10.1.1.0/24 ↔ 10.2.0.9, begun by asa1 (rejected in phase 2", "asa2 │ IKE phase 2: rejects", "b.cfg:87"],
    )


def test_what_is_up_says_so_with_what_is_odd_about_it() -> None:
    printed = text(healthy(), 120)
    assert printed.startswith("UP  All 3 pairs of networks come up; asa2 does not begin all of them, as configured.")
    assert "1 narrowed" in printed
    assert "tcp 10.1.2.0/24 ↔ 10.2.0.9:443" in printed
    assert "not begun, as configured" in printed
    _in_order(
        printed,
        [
            "Neither down nor plainly up",
            "  entry 2 begun by asa2: asa2 only answers: its crypto map entry is answer-only",
            "  entry 3 begun by asa1: narrowed: asa1 by crypto map MAP 10 for 10.1.1.0/24 ↔ 10.2.0.9, asa2 by",
        ],
    )
    assert "Neither down" not in text(failing(), 100)


def test_what_is_down_without_a_trouble_is_told_all_the_same() -> None:
    printed = text(unexplained(), 100)
    _in_order(printed, ["── Down", "entries 1–2 begun by asa1: asa2 wants PFS. (PFS_MISMATCH)", "b.cfg:87"])


def test_the_verdict_counts_by_the_causes_of_the_troubles() -> None:
    pair = failing().pairs[0]
    first, *others = pair.matrix.cells
    odd = replace(first, cause="NOT_INTERESTING")
    mixed = replace(pair, matrix=replace(pair.matrix, cells=(odd, *others)))
    assert verdict(mixed).startswith("2 of 6 directions are down: PFS_MISMATCH.")
    alone = verdict(replace(mixed, troubles=(), fixes=()))
    assert alone.startswith("2 of 6 directions are down: NOT_INTERESTING (1), PFS_MISMATCH (1).")


def test_where_nothing_could_be_tried_the_verdict_says_why() -> None:
    pair = failing().pairs[0]
    cells = tuple(replace(cell, came=Came.UNTRIED, sentence="there is no host") for cell in pair.matrix.cells)
    idle = replace(pair, matrix=replace(pair.matrix, cells=cells), troubles=(), fixes=(), hours=None)
    assert verdict(idle) == "Nothing was carried in either direction: there is no host."
    assert not idle.up
    assert JUnitXml.fromstring(junit(Preflight((idle,))).encode()).failures == 1
    errors = [one for one in json.loads(sarif(Preflight((idle,)), {}))["runs"][0]["results"] if one["level"] == "error"]
    assert {one["ruleId"] for one in errors} == {"NOTHING_CARRIED"}


def test_nobody_is_blamed_without_a_place() -> None:
    pair = failing().pairs[0]
    blamed = replace(pair.troubles[0], at_fault=Side.B)
    assert "Whose: the configuration of asa2 is at fault" in text(Preflight((replace(pair, troubles=(blamed,)),)))
    alone = replace(pair, troubles=(replace(blamed, places=()),))
    assert "is at fault" not in text(Preflight((alone,)))


def test_a_pair_without_networks_is_down() -> None:
    assert text(nothing(), 120).startswith("DOWN  No line of either side's crypto access lists names networks")
    assert [case.name for suite in JUnitXml.fromstring(junit(nothing()).encode()) for case in suite] == [
        "something is carried"
    ]


def test_a_folder_begins_with_the_table_of_its_pairs_what_is_down_first() -> None:
    printed = text(folder(), 100)
    _in_order(
        printed,
        [
            "DOWN  2 of 4 pairs have something down. 1 pair could not be checked. 1 peer is in no file.",
            "asa1 and asa2  down  4 of 6         PFS_MISMATCH  WEAK_ALGORITHM",
            "asa1 and asa2  up    5 of 6",
            "── asa1 and asa2: down",
            "1. The two sides ask for different PFS groups (PFS_MISMATCH)",
            "── Peers that are in no file",
            "a.cfg: 192.0.2.7 (a.cfg:31 crypto map VPN 30 set peer 192.0.2.7)",
            "two files have the address 192.0.2.9",
        ],
    )
    assert "asa1 and asa2: up" not in printed
    assert "asa1 and asa2: up" in page(folder())
    assert text(empty()).startswith("UP  No two configurations are peers of each other.")


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("name", SAMPLES)
def test_text_is_printable_and_keeps_to_the_width(name: str, width: int) -> None:
    printed = text(SAMPLES[name](), width, decisions=True)
    assert all(one.isprintable() or one == "\n" for one in printed)
    if name != "hostile":
        assert all(cells(row) <= width for row in printed.splitlines() if not row.startswith("    "))


def test_colour_is_on_what_is_up_and_what_is_down() -> None:
    printed = text(failing(), 120, colour=True)
    assert "\x1b[1;31mrejected in phase 2: PFS_MISMATCH\x1b[0m" in printed
    assert "\x1b[1;32mup\x1b[0m" in printed


@pytest.mark.parametrize("name", SAMPLES)
def test_the_document_keeps_to_its_schema(name: str) -> None:
    made = json_text(SAMPLES[name]())
    assert made.isascii()
    jsonschema.Draft202012Validator(schema()).validate(json.loads(made))


def test_the_schema_is_closed_and_refuses_what_does_not_fit() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    for declared in [schema(), *schema()["$defs"].values()]:
        assert declared["additionalProperties"] is False
        assert declared["required"] == list(declared["properties"])
    broken = document(failing())
    broken["pairs"][0]["cells"][0]["outcome"] = "perhaps"
    broken["pairs"][0]["fixes"][0]["edits"][0]["safety"] = "brave"
    broken["more"] = 1
    assert len(list(jsonschema.Draft202012Validator(schema()).iter_errors(broken))) == 3


def test_the_schema_names_every_outcome_and_its_keys_in_order() -> None:
    declared = schema()["$defs"]["cell"]["properties"]["outcome"]["enum"]
    assert declared == [one.name.lower() for one in Came]
    made, defined = document(failing()), schema()["$defs"]
    assert list(made) == list(schema()["properties"])
    pair = made["pairs"][0]
    assert list(pair) == list(defined["pair"]["properties"])
    for part, name in (("rows", "row"), ("cells", "cell"), ("troubles", "trouble"), ("fixes", "fix")):
        assert list(pair[part][0]) == list(defined[name]["properties"])
    assert "## trouble" in schema_page()


def _oasis() -> dict[str, Any]:
    """The schema of SARIF 2.1.0 by its standards body, as the package schemastore brings it along."""
    (cache,) = (one.locate() for one in packaged("schemastore") or () if one.name == "cache.sqlite")
    mark = "sarif-spec/master/Schemata/sarif-schema-2.1.0.json"
    with sqlite3.connect(f"file:{cache}?mode=ro&immutable=1", uri=True) as stored:
        for (blob,) in stored.execute("SELECT value FROM responses WHERE instr(value, ?)", (mark.encode(),)):
            begin = blob.find(b'{\r\n  "$schema"')
            if begin >= 0:
                found: dict[str, Any] = json.JSONDecoder().raw_decode(blob[begin:].decode("utf-8", "replace"))[0]
                if str(found.get("$id")).endswith(mark):
                    return found
    raise AssertionError("the package has no schema of SARIF")


OASIS = _oasis()


@pytest.mark.parametrize("name", SAMPLES)
def test_the_sarif_keeps_to_the_schema_of_its_standard(name: str) -> None:
    validator = jsonschema.validators.validator_for(OASIS)(OASIS, format_checker=jsonschema.FormatChecker())
    made = json.loads(sarif(SAMPLES[name](), {}))
    validator.validate(made)
    rules = [rule["id"] for rule in made["runs"][0]["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    assert all(rules[one["ruleIndex"]] == one["ruleId"] for one in made["runs"][0]["results"])
    for rule in made["runs"][0]["tool"]["driver"]["rules"]:
        assert all(rule[part]["text"].strip(" .") for part in ("shortDescription", "fullDescription", "help"))
    made["runs"][0]["columnKind"] = "octets"
    assert not validator.is_valid(made)


def test_sarif_points_at_the_lines_by_the_paths_of_the_files() -> None:
    made = json.loads(sarif(failing(), {"b.cfg": "sites/new york/b.cfg", "a.cfg": "/etc/a.cfg"}))
    results = made["runs"][0]["results"]
    places = [
        (
            one["ruleId"],
            one["level"],
            one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            one["locations"][0]["physicalLocation"]["region"]["startLine"],
        )
        for one in results
    ]
    assert places == [
        ("PFS_MISMATCH", "error", "sites/new%20york/b.cfg", 87),
        ("WEAK_ALGORITHM", "warning", "file:///etc/a.cfg", 9),
        ("TUNNEL_DROPS", "error", "file:///etc/a.cfg", 1),
        ("UNREAD_LINE", "note", "file:///etc/a.cfg", 3),
    ]
    first = results[0]
    assert "crypto map VPN 10 set pfs group5" in first["message"]["text"]
    assert "Proved: with this command on asa1" in first["message"]["text"]
    (related,) = first["relatedLocations"]
    assert related["message"]["text"] == "asa1: a.cfg (absent) crypto map VPN 10 set pfs group5 (no counterpart)"


def test_sarif_of_what_is_healthy_has_no_error() -> None:
    levels = {one["level"] for one in json.loads(sarif(healthy(), {}))["runs"][0]["results"]}
    assert levels == {"warning", "note"}


@pytest.mark.parametrize("name", SAMPLES)
def test_junit_is_read_by_others(name: str) -> None:
    preflight = SAMPLES[name]()
    read = JUnitXml.fromstring(junit(preflight).encode())
    counted = (read.tests, read.failures, read.skipped)
    read.update_statistics()
    assert (read.tests, read.failures, read.skipped) == counted
    assert counted[0] >= sum(len(pair.matrix.cells) for pair in preflight.pairs)
    assert (counted[1] == 0) == preflight.up


def test_junit_has_a_case_for_each_direction_of_each_entry() -> None:
    (suite,) = JUnitXml.fromstring(junit(failing()).encode())
    cases = list(suite)
    assert cases[0].name == "1. 10.1.1.0/24 ↔ 10.2.0.9 (MAP 10 ↔ MAP 10), asa1 begins"
    (failure,) = cases[0].result
    assert isinstance(failure, Failure)
    assert (failure.type, failure.message) == ("PFS_MISMATCH", "rejected in phase 2: PFS_MISMATCH")
    _in_order(failure.text, ["asa2 wants PFS.", "b.cfg:87", "fix: with this command on asa1", "set pfs group5"])
    assert not cases[1].result
    (suite,) = JUnitXml.fromstring(junit(healthy()).encode())
    assert [isinstance(one, Skipped) for case in suite for one in case.result] == [True]


def test_the_page_is_closed_to_what_a_stranger_wrote() -> None:
    made = page(hostile())
    assert made.count("<script>") == 1
    assert "alert(1)</script>" not in made.replace("&lt;", "<").split("</style>")[0]
    assert all(one.isprintable() or one == "\n" for one in made)
    assert "default-src &#39;none&#39;" in made


def test_the_page_has_everything() -> None:
    made = page(failing())
    for one in ("What each device decided", "PFS_MISMATCH", "b.cfg:87", "Proved", 'class="bad"', 'class="good"'):
        assert one in made


def test_the_ticket_has_no_markup_of_a_stranger() -> None:
    outside, fenced = [], False
    for row in ticket(hostile()).splitlines():
        if row.startswith("```"):
            fenced = not fenced
        elif not fenced:
            outside.append(re.sub(r"\\.", "", row))
    ours = {"<details><summary>Show</summary>", "</details>"}
    assert not [row for row in outside if row not in ours and re.search(r"[<>`\[\]]", row)]
    assert "| 1 | 10\\.1\\.1\\.0/24" in ticket(failing()) or "| 1 | 10.1.1.0/24" in ticket(failing())
