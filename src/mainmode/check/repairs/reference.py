"""The page of the repairs, made from their declarations."""

from mainmode.check.repairs import REPAIRS

HEAD = """# Repairs

Generated from `check/repairs/`. The preflight tries these on what is down, alone and together, on either side and on
both, those with the fewest commands first, and gives as a fix only what brought the tunnel up on the model. The code
stands with each edit, in the JSON as `repair`. The causes are those of [verdicts.md](verdicts.md).

| code | what it does | tried for |
|---|---|---|
"""


def reference_page() -> str:
    """Markdown: a row for each repair."""
    rows = (
        f"| `{one.code}` | {one.does} | {', '.join(f'`{cause}`' for cause in one.causes)} |\n"
        for one in REPAIRS.values()
    )
    return HEAD + "".join(rows)
