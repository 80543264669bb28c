"""The page of the cautions, from their declarations."""

from collections.abc import Iterator

from mainmode.check.cautions import WARNED
from mainmode.check.cautions.declaration import Warned

HEAD = """# Cautions

Generated from `check/cautions/`. `mainmode check` gives them of a pair besides its matrix; each has one of these codes,
in the text, in the JSON and as a rule of the SARIF file. A caution does not change the exit code. It rests on the run:
on what the two devices agreed on, or on a packet let through one of them; so what never came up has none of most kinds.

| code | what it is |
|---|---|
"""


def reference_page() -> str:
    """The page as Markdown."""
    rows = [HEAD, *(f"| [`{one.code}`](#{one.code.lower()}) | {one.title} |\n" for one in WARNED)]
    for one in WARNED:
        rows += _section(one)
    return "".join(rows)


def _section(one: Warned) -> Iterator[str]:
    yield f"\n## {one.code}\n\n**{one.title}.** {one.why}\n\n- Given where {one.tells}.\n"
