"""The page of the figures is made of what the benches kept, and its goals are judged by their figures."""

import json
from dataclasses import replace
from pathlib import Path

import all as every
import page
import pytest
from page import Curve, Goal, Row, Section

ROOT = Path(__file__).parents[2]
RATE = Row("handshakes", 900.0, "charon", 400.0, None, "/s", times=2, job="negotiations as responder")
SECTION = Section.of("some", "medians of 3", [RATE], (Curve("memory", "tunnels", "KB", (1, 10), (2.0, 3.5)),))
EMPTY = (
    "<!-- bench/page.py writes from here --><!-- to here, of page -->"
    "before <!-- bench/some.py writes from here -->old<!-- to here, of some --> after"
)


def test_the_page_is_what_its_figures_say() -> None:
    text = page.PAGE.read_text()
    assert page.rendered(text, page.kept()) == text


def test_every_picture_on_the_page_is_there() -> None:
    names = [name for section in page.kept() for _, name in section.pictures]
    assert [name for name in names if not (ROOT / "docs" / "images" / name).is_file()] == []


def test_every_bench_on_the_page_is_there() -> None:
    assert every.names()
    assert [name for name in every.names() if not (ROOT / "bench" / f"{name}.py").is_file()] == []


def test_what_is_published_is_kept_and_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "FIGURES", tmp_path / "figures")
    monkeypatch.setattr(page, "PAGE", tmp_path / "page.md")
    page.PAGE.write_text(EMPTY)
    page.publish(SECTION)
    assert page.kept() == [SECTION]
    text = page.PAGE.read_text()
    assert text.startswith("<!-- bench/page.py writes from here -->\n\n| job ")
    assert text.endswith(
        f"before <!-- bench/some.py writes from here -->\n\n{SECTION.text()}\n\n<!-- to here, of some --> after"
    )
    assert "| negotiations as responder | handshakes | 900 /s   | charon: 400 /s | 2 × it | yes |" in text
    assert json.loads((tmp_path / "figures" / "some.json").read_text())["goals"][0]["met"] is True


def test_a_section_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks"):
        page.rendered(EMPTY, [replace(SECTION, name="other")])


def test_a_goal_of_no_job_is_refused() -> None:
    with pytest.raises(ValueError, match="no such job"):
        Goal("speed", "", "", "", "", True)


@pytest.mark.parametrize(
    ("row", "met"),
    [
        (Row("a rate", 799, "", None, 800, "/s"), "no"),
        (Row("a rate", 800, "", None, 800, "/s"), "yes"),
        (Row("a time", 61, "bare", 12, 60, "ms"), "no"),
        (Row("a time", 60, "bare", 12, 60, "ms"), "yes"),
        (Row("no goal", 60, "bare", 12, None, "ms"), ""),
        (Row("half of it", 50, "charon", 100, None, "KB", times=0.5), "yes"),
        (Row("half of it", 51, "charon", 100, None, "KB", times=0.5), "no"),
        (Row("twice it", 199, "charon", 100, None, "/s", times=2), "no"),
        (Row("twice what is not there", 199, "charon is not there", None, None, "/s", times=2), ""),
    ],
)
def test_a_goal_is_judged_in_its_direction(row: Row, met: str) -> None:
    assert row.met == met


@pytest.mark.parametrize(
    ("figure", "told"), [(0.0421, "0.042 s"), (1.234, "1.23 s"), (43.21, "43.2 s"), (1234.5, "1234 s")]
)
def test_three_digits_count(figure: float, told: str) -> None:
    assert Row("", figure, "", None, None, "s").number(figure) == told
