"""The schema of the explanation's JSON document (JSON Schema 2020-12) and its reference page."""

import json
from importlib.resources import files
from typing import Any

from mainmode.ladder.schema import page
from mainmode.ladder.schema import schema as ladder_schema

_INTRODUCTION = """# The explanation as JSON

`mainmode explain --json FILE` writes the whole answer as one JSON object. The schema is packaged with the program
(`mainmode/explain/schema.json`, JSON Schema 2020-12); this page is made from it. All objects have all their keys, in
the order of the tables. The ladder inside is the document of [json.md](json.md), with that page's schema. Keys are
masked; with `--redact` addresses and names are replaced as well.
"""


def schema() -> dict[str, Any]:
    """The schema with that of the ladder inside, so that it needs nothing else."""
    whole: dict[str, Any] = json.loads(files("mainmode.explain").joinpath("schema.json").read_text(encoding="utf-8"))
    whole["$defs"] = {**whole["$defs"], "ladder": ladder_schema()}
    return whole


def schema_page() -> str:
    """docs/reference/explain_json.md: a table for each object of the schema."""
    whole = schema()
    del whole["$defs"]["ladder"]
    return page(_INTRODUCTION, whole)
