"""Short excerpts as people post them, damaged by pages and mails: what is recognised, and what the first finding is.

All of them are of our own making, in wordings that devices print; nothing in `data/unseen` is copied from a post.
A head `===== name | codes` begins each: codes that may stand on top; `+CODE` must be among its alternatives; `up` and
`nothing` for no finding, `warning:CODE` for a remark alone.
"""

from pathlib import Path

import pytest

from mainmode.explain.explain import Order, explain
from mainmode.explain.finding import Sure
from mainmode.explain.reading import Source

DATA = Path(__file__).parent / "data" / "unseen"
SHARES = {"asa": 0.85, "ios": 0.85, "swan": 0.9, "pairs": 0.85}
"""Of excerpts so short one line of talk weighs much."""


def excerpts() -> list[tuple[str, str, str, str]]:
    """Family, name, what is expected, text."""
    found = []
    for page in sorted(DATA.glob("*.txt")):
        for part in page.read_text("utf-8").split("\n===== ")[1:]:
            head, text = part.split("\n", 1)
            name, expected = (one.strip() for one in head.split("|"))
            found.append((page.stem.partition("_")[0], name, expected, text))
    return found


EXCERPTS = excerpts()


@pytest.mark.parametrize(
    ("family", "name", "expected", "text"), EXCERPTS, ids=[f"{family}-{name}" for family, name, _, _ in EXCERPTS]
)
def test_an_excerpt_is_explained(family: str, name: str, expected: str, text: str, tmp_path: Path) -> None:
    log = tmp_path / f"{name}.log"
    log.write_text(text, "utf-8")
    found = explain(Order((Source(str(log)),)))
    assert found.logs[0].share >= SHARES[family], found.logs[0].samples
    told = [(one.code, one.sure.name, one.warning) for one in found.findings]
    serious = [one for one in found.findings if not one.warning]
    if expected in ("up", "nothing") or expected.startswith("warning:"):
        assert not serious, told
        assert expected != "up" or "is up" in found.verdict
        assert not expected.startswith("warning:") or found.findings[0].code == expected[8:], told
        return
    codes, _, alternative = expected.partition("+")
    assert serious, found.verdict
    assert serious[0].code in codes.split(), told
    assert serious[0].evidence
    if alternative:
        assert serious[0].sure is not Sure.CERTAIN
        assert alternative in [one.code for one in serious[0].alternatives]


def test_no_two_excerpts_have_one_name() -> None:
    names = [(family, name) for family, name, _, _ in EXCERPTS]
    assert len(names) == len(set(names))
    assert len(names) > 100
