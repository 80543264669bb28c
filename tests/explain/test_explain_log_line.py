"""The page that follows one line through the room says what the code does."""

import re
from pathlib import Path

import mainmode.explain
from mainmode.catalogue.facts import Phase, Refused, Whose
from mainmode.explain.dialects import DIALECTS

PAGE = (Path(__file__).parents[2] / "docs/log_line.md").read_text()


def test_its_line_tells_what_it_says() -> None:
    (line,) = re.findall(r"^    (Nov .+)$", PAGE, re.M)
    (reading,) = [found for dialect in DIALECTS if (found := dialect.read(line)) is not None]
    assert (reading.entry, reading.tag.peer) == ("PHASE1_MISMATCH", "10.0.0.1")
    assert reading.facts == (Refused(Phase.ONE, "group", "2", "5", by=Whose.OWN),)


def test_its_modules_are_there() -> None:
    room = Path(mainmode.explain.__file__).parent
    named = set(re.findall(r"`(\w+\.py)`", PAGE))
    assert len(named) > 15
    assert not [name for name in named if not (room / name).exists()]
