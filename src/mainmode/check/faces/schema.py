"""The schema of the preflight's JSON document (JSON Schema 2020-12) and its reference page."""

import json
from importlib.resources import files
from typing import Any

from mainmode.ladder.schema import page

_INTRODUCTION = """# The preflight as JSON

`mainmode check --json FILE` writes the whole answer as one JSON object. The schema is packaged with the program
(`mainmode/check/faces/schema.json`, JSON Schema 2020-12); this page is made from it. All objects have all their keys,
in the order of the tables. Keys of the configurations are masked.
"""


def schema() -> dict[str, Any]:
    """The schema as it is packaged."""
    whole: dict[str, Any] = json.loads(
        files("mainmode.check.faces").joinpath("schema.json").read_text(encoding="utf-8")
    )
    return whole


def schema_page() -> str:
    """docs/reference/check_json.md: a table for each object of the schema."""
    return page(_INTRODUCTION, schema())
