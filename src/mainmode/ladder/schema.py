"""The schema of the JSON document (JSON Schema 2020-12) and its reference page."""

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

_INTRODUCTION = """# The JSON document

`mainmode lab --json FILE` writes everything of a run as one JSON object. The schema is packaged with the program
(`mainmode/ladder/schema.json`, JSON Schema 2020-12); this page is made from it. All objects have all their keys, in
the order of the tables. `order` counts all events of a run (messages, arrivals, lines, remarks) from 0: sorting by it
gives back what happened first.
"""


def schema() -> dict[str, Any]:
    """The schema as it is packaged."""
    text = files("mainmode.ladder").joinpath("schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def schema_page() -> str:
    """docs/reference/json.md: a table for each object of the schema."""
    return page(_INTRODUCTION, schema())


def page(introduction: str, whole: dict[str, Any]) -> str:
    """A reference page: an introduction, then a table for each object of a schema."""
    rows = [introduction, "## The whole", "", *_table(whole)]
    for name, declared in whole["$defs"].items():
        rows += ["", f"## {name}", "", *_table(declared)]
    return "\n".join(rows) + "\n"


def _table(declared: dict[str, Any]) -> Iterator[str]:
    yield from (declared["description"], "", "| key | type | meaning |", "|---|---|---|")
    for key, value in declared["properties"].items():
        yield f"| `{key}` | {_type(value)} | {value['description']} |"


def _type(value: dict[str, Any]) -> str:
    """`integer`, `string or null`, `list of message`, `a, b`: what a value may be, with links to the objects."""
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return ", ".join("null" if one is None else f"`{one}`" for one in value["enum"])
    if str(value.get("$ref", "")).startswith("urn:"):
        return str(value["$ref"]).removeprefix("urn:mainmode:")
    if "$ref" in value:
        name = value["$ref"].removeprefix("#/$defs/")
        return f"[{name}](#{name})"
    if "anyOf" in value:
        return " or ".join(_type(one) for one in value["anyOf"])
    if value["type"] == "array":
        return f"list of {_type(value['items'])}"
    kinds = value["type"] if isinstance(value["type"], list) else [value["type"]]
    return " or ".join(kinds)
