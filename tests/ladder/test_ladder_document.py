"""The JSON document keeps to its schema, holds everything verbatim, and never changes by itself."""

import json
from pathlib import Path

import jsonschema
import ladder_sample as sample
import pytest
from ladder_sample import SAMPLES

from mainmode.ladder.document import VERSION, document, json_text
from mainmode.ladder.schema import schema, schema_page
from mainmode.ladder.transcript import LineSaid, MessageArrived, MessageSent, Remark

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "json.md"


@pytest.mark.parametrize("name", SAMPLES)
def test_a_document_keeps_to_the_schema(name: str) -> None:
    validator = jsonschema.Draft202012Validator(schema())
    validator.validate(json.loads(json_text(SAMPLES[name]())))


def test_the_schema_is_a_schema_and_refuses_what_does_not_fit() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    validator = jsonschema.Draft202012Validator(schema())
    broken = document(sample.tunnel_up())
    broken["messages"][0]["fate"] = "eaten"
    broken["lines"][0].pop("text")
    broken["more"] = 1
    assert len(list(validator.iter_errors(broken))) == 3


def test_every_object_is_closed_and_every_key_explained() -> None:
    for declared in [schema(), *schema()["$defs"].values()]:
        assert declared["additionalProperties"] is False
        assert declared["required"] == list(declared["properties"])
        assert all(value["description"] for value in declared["properties"].values())


def test_the_order_of_keys_is_the_schema_s() -> None:
    made = document(sample.psk_differs())
    defined = schema()["$defs"]
    assert list(made) == list(schema()["properties"])
    for part, name in (("messages", "message"), ("lines", "line"), ("remarks", "remark"), ("steps", "step")):
        assert list(made[part][0]) == list(defined[name]["properties"])
    assert list(made["verdict"]) == list(defined["verdict"]["properties"])


@pytest.mark.parametrize("name", SAMPLES)
def test_sorting_by_order_gives_back_every_event_verbatim(name: str) -> None:
    transcript = SAMPLES[name]()
    made = json.loads(json_text(transcript))
    told: dict[int, object] = {line["order"]: (line["side"], line["text"]) for line in made["lines"]}
    told |= {remark["order"]: (remark["side"], remark["text"]) for remark in made["remarks"]}
    for message in made["messages"]:
        told[message["order"]] = message["number"], message["length"]
        told |= {arrival["order"]: message["number"] for arrival in message["arrivals"]}
    wanted: list[object] = []
    for event in transcript.events:
        match event:
            case LineSaid() | Remark():
                wanted.append((event.side.value if event.side else None, event.text))
            case MessageSent():
                wanted.append((event.number, event.length))
            case MessageArrived():
                wanted.append(event.number)
    assert [told[order] for order in sorted(told)] == wanted


def test_a_line_carries_its_configuration() -> None:
    made = document(sample.tunnel_up())
    line = next(line for line in made["lines"] if line["text"].endswith("constructing ISAKMP SA payload"))
    assert line["configuration"][0] == {
        "kind": "statement", "file": "asa1.cfg", "line": 27, "text": "crypto isakmp policy 10",
    }  # fmt: skip
    assert line["label"] == "MM1"
    assert made["steps"][line["step"] - 1]["name"] == "MM1"


def test_a_message_carries_direction_time_length_and_payloads() -> None:
    made = document(sample.tunnel_up())["messages"][0]
    assert (made["from"], made["to"], made["length"], made["octets"]) == ("a", "b", 168, 168)
    assert made["sent"] == {"us": 0, "iso": "2014-11-30T10:38:29.000000Z"}
    assert made["arrives"] == made["arrivals"][0]["time"] == {"us": 10_000, "iso": "2014-11-30T10:38:29.010000Z"}
    transform = made["decoded"][0]["children"][0]["children"][0]
    assert {"label": "Encryption", "value": "3DES-CBC"} in transform["fields"]


def test_a_verdict_carries_its_cause_and_its_places() -> None:
    verdict = document(sample.psk_differs())["verdict"]
    assert (verdict["outcome"], verdict["cause"]) == ("down", "PSK_MISMATCH")
    assert [place["side"] for place in verdict["places"]] == ["a", "b", "b"]
    assert verdict["places"][2]["configuration"]["kind"] == "absent"
    assert verdict["places"][2]["configuration"]["line"] is None


def test_the_text_is_ascii_and_always_the_same() -> None:
    first = json_text(sample.hostile())
    assert first == json_text(sample.hostile())
    assert first.isascii()
    assert first.endswith("}\n")


def test_the_reference_page_is_the_one_made_from_the_schema() -> None:
    assert PAGE.read_text(encoding="utf-8") == schema_page()
    assert schema()["properties"]["schema_version"]["const"] == VERSION
