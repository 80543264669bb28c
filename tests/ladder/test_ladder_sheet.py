"""A sheet before a ladder: every text of it stands in each layout, and nothing of it is markup or steers a terminal."""

import re

import ladder_sample as sample
import pytest
from test_ladder_html import Page
from test_ladder_markdown import outside_fences

from mainmode.ladder.html import html
from mainmode.ladder.sheet import Items, Lines, Paragraph, Part, Sheet, Table, Tone
from mainmode.ladder.sheet_markdown import sheet_markdown
from mainmode.ladder.sheet_text import sheet_text
from mainmode.ladder.spelling import cells

PLAIN = Sheet(
    "10.0.0.2",
    "DOWN",
    Tone.BAD,
    "The pre-shared keys differ.",
    (("How sure", "likely"),),
    (
        Part(
            "The keys differ",
            (
                Paragraph("First row.\nSecond row.", "Seen"),
                Items("Check", (("here", "the key"), ("", "the clock"))),
                Lines("Evidence", (("12", "one line " * 20), ("13–14", "two\nrows"))),
                Lines("Type", (("", "tunnel-group 10.0.0.2 ipsec-attributes " + "x" * 90),), "safe"),
                Table(("peer", "outcome"), (("10.0.0.2", "failed"), ("10.0.0.3", "up " * 40)), "two of two"),
            ),
            "PSK_MISMATCH",
            Tone.BAD,
        ),
        Part("More", (Paragraph("Rest."),), folded=True),
    ),
)
EVIL = "\x1b[31mred\n<script>alert(1)</script> | `x` [a](javascript:b) \u202e{{ 7*7 }} \ud800"
HOSTILE = Sheet(
    EVIL,
    EVIL,
    Tone.REMARK,
    EVIL,
    ((EVIL, EVIL),),
    (
        Part(
            EVIL,
            (
                Paragraph(EVIL, EVIL),
                Items(EVIL, ((EVIL, EVIL),)),
                Lines(EVIL, ((EVIL, EVIL), ("", "````\n" + EVIL))),
                Table((EVIL,), ((EVIL,),), EVIL),
            ),
            EVIL,
            folded=True,
        ),
    ),
)


@pytest.mark.parametrize("width", [40, 80, 160])
def test_rows_keep_to_the_width_but_for_what_is_copied(width: int) -> None:
    rows = sheet_text(PLAIN, width).splitlines()
    assert f"    {PLAIN.parts[0].blocks[3].rows[0][1]}" in rows  # type: ignore[union-attr]
    assert all(cells(row) <= width for row in rows if "x" * 90 not in row)
    assert [row for row in rows if "13–14 │ two" in row]


def test_colour_comes_only_when_asked_for() -> None:
    assert "\x1b" not in sheet_text(PLAIN, 80)
    assert "\x1b[1;31mDOWN  The pre-shared keys differ." in sheet_text(PLAIN, 80, colour=True)


@pytest.mark.parametrize("width", [40, 200])
def test_hostile_text_is_spelled_out_on_a_terminal(width: int) -> None:
    printed = sheet_text(HOSTILE, width)
    assert all(one.isprintable() or one == "\n" for one in printed)
    assert "\\x1b[31mred" in printed


def test_hostile_text_is_no_markup_in_markdown() -> None:
    rows = outside_fences(sheet_markdown(HOSTILE))
    ours = {"<details><summary>Show</summary>", "</details>"}
    bare = [re.sub(r"\\.", "", row) for row in rows if row not in ours]
    assert not [row for row in bare if re.search(r"[<>`\[\]]", row)]
    assert all(row.count("|") in (0, 2) for row in bare)


def test_hostile_text_is_no_markup_on_the_page() -> None:
    for transcript in (None, sample.tunnel_up()):
        text = html(transcript, HOSTILE)
        page = Page(text)
        assert [tag for tag, _ in page.elements].count("script") == 1
        assert "alert" not in page.raw["script"]
        assert not [one for one in text if not (one.isprintable() or one == "\n")]
        assert any("{{ 7*7 }}" in one for one in page.texts)


def test_a_page_without_a_transcript_has_no_ladder() -> None:
    page = Page(html(None, PLAIN))
    assert page.ids() == ["toggle", "verdict", "part-1", "part-2"]
    assert "No message was exchanged." not in page.texts
    with_ladder = Page(html(sample.tunnel_up(), PLAIN))
    assert {"verdict", "part-1", "step-1"} <= set(with_ladder.ids())
    assert len(with_ladder.ids()) == len(set(with_ladder.ids()))


def test_the_sheet_takes_the_place_of_the_run_s_verdict() -> None:
    run = sample.psk_differs()
    assert run.verdict.sentence in Page(html(run)).texts
    assert run.verdict.sentence not in Page(html(run, PLAIN)).texts


def test_columns_of_a_table_are_narrowed_between_words() -> None:
    head = ("peer", "outcome", "code")
    rows = (("203.0.113.100", "the log does not show the end", "PROXY_MISMATCH"),)
    printed = sheet_text(Sheet("", "UP", Tone.GOOD, "", (), (Part("table", (Table(head, rows),)),)), 50)
    assert "203.0.113.100" in printed
    assert "PROXY_MISMATCH" in printed
    assert max(map(len, printed.splitlines())) <= 50
