"""The page of the verdicts, made from the declared causes."""

from mainmode.lab.causes import CAUSES

HEAD = """# Verdicts

Generated from `lab/causes.py`. Every verdict of a run that is down has one of these codes; it stands in parentheses
behind the sentence, and as `verdict.cause` in the JSON. The names in braces are filled in: `{knower}` is the device
that found out or is at fault, `{other}` its peer. Below the sentence stand the configuration lines of both sides that
it rests on, or the lines that are missing.

| code | sentence |
|---|---|
"""


def reference_page() -> str:
    """Markdown: a row for each cause."""
    rows = (f"| `{code}` | {row.sentence.replace('|', chr(92) + '|')} |\n" for code, row in CAUSES.items())
    return HEAD + "".join(rows)
