"""The page for a ticket: complete, and inert whatever a stranger wrote."""

import re

import ladder_sample as sample
import pytest
from ladder_sample import SAMPLES

from mainmode.ladder.markdown import escaped, fenced, markdown, mermaid
from mainmode.ladder.spelling import clean, clean_lines
from mainmode.ladder.transcript import LineSaid, MessageSent, Remark


def outside_fences(page: str) -> list[str]:
    """The rows that a Markdown reader does not take verbatim."""
    rows, fence = [], ""
    for row in page.split("\n"):
        ticks = re.match(r"(`{3,})(\w*)$", row)
        if fence:
            fence = "" if ticks and row.startswith(fence) and not ticks[2] else fence
        elif ticks:
            fence = ticks[1]
        else:
            rows.append(row)
    assert not fence
    return rows


@pytest.mark.parametrize("name", SAMPLES)
def test_every_line_stands_verbatim_in_a_fence_and_every_remark_in_the_text(name: str) -> None:
    transcript = SAMPLES[name]()
    page = markdown(transcript)
    for event in transcript.events:
        if isinstance(event, LineSaid):
            assert "\n" + "\n".join(clean_lines(event.text)) + "\n" in page
        elif isinstance(event, Remark):
            assert escaped(" ".join(clean_lines(event.text))) in page


@pytest.mark.parametrize("name", ["up", "psk", "nothing"])
def test_each_side_keeps_its_order(name: str) -> None:
    transcript = SAMPLES[name]()
    for device in transcript.devices:
        at, page = 0, markdown(transcript)
        for event in transcript.events:
            if isinstance(event, LineSaid) and event.side is device.side:
                at = page.index("\n".join(clean_lines(event.text)), at)


def test_what_a_stranger_wrote_is_no_markup() -> None:
    page = markdown(sample.hostile())
    assert all(character.isprintable() or character == "\n" for character in page)
    for row in outside_fences(page):
        bare = re.sub(r"\\[^\w\s]", "", row)
        assert "<" not in bare
        assert "](" not in bare
        assert "`" not in bare
        assert "http" not in bare.replace("http//evilexample", "")
    rows = [row for row in outside_fences(page) if row.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6}


def test_a_fence_is_longer_than_the_backticks_in_it() -> None:
    assert fenced(["a ```` b", "`"]) == ["`````text", "a ```` b", "`", "`````"]


def test_a_diagram_holds_one_arrow_for_each_message() -> None:
    transcript = sample.psk_differs()
    diagram = markdown(transcript).split("```mermaid\n")[1].split("```")[0]
    rows = diagram.strip().split("\n")
    assert rows[:3] == ["sequenceDiagram", "    participant a as asa1", "    participant b as asa2"]
    assert len(rows) - 3 == sum(isinstance(event, MessageSent) for event in transcript.events)
    assert rows[3] == "    a->>b: MM1, 168 octets"
    assert rows[4] == "    b->>a: MM2, 128 octets"
    assert rows[-1].startswith("    a-xb: MM5 retransmission 2, 96 octets")


def test_foreign_text_in_a_diagram_is_entities() -> None:
    assert mermaid("a;b<c>#\x1b") == "a#59;b#60;c#62;#35;#92;x1b"
    diagram = markdown(sample.hostile()).split("```mermaid\n")[1].split("\n```")[0]
    assert not re.search(r"[<`|{}\[\];](?<!\d;)", re.sub(r"#\d+;", "", diagram))


def test_the_table_of_references_names_each_place_once_with_its_steps() -> None:
    page = markdown(sample.tunnel_up())
    rows = [row for row in page.split("\n") if row.startswith(rf"| asa1 | {escaped('asa1.cfg:27')} |")]
    assert rows == [r"| asa1 | asa1\.cfg\:27 | crypto isakmp policy 10 | statement | MM1, MM2, MM6 |"]


def test_the_verdict_stands_first() -> None:
    page = markdown(sample.psk_differs())
    assert page.startswith(
        "# asa1 and asa2: DOWN\n\n"
        r"**DOWN.** Phase 1 fails at MM5\: the pre\-shared keys differ\. "
        r"\(PSK\_MISMATCH; phase 1 did not come up\)"
    )
    assert clean("seed 11") in page
