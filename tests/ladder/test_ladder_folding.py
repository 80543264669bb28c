"""Lines that come again word for word are told by their number in every layout for people; programs get all."""

import re
from dataclasses import replace

import ladder_sample as sample
from ladder_sample import Script

from mainmode.ladder.document import document
from mainmode.ladder.html import html
from mainmode.ladder.markdown import markdown
from mainmode.ladder.text import text
from mainmode.ladder.transcript import Side, Transcript


def repeated(texts: tuple[str, ...], again: tuple[str, ...], third: tuple[str, ...] = ()) -> Transcript:
    """MM5, and once more, or twice; with what the receiver says each time."""
    script = Script()
    for number, said in enumerate((texts, again, third)):
        if said:
            script.send(Side.A, "MM5", 96, sample.MM5, retransmission=number > 0)
            for line in said:
                script.say(Side.B, "MM5", line, "key")
            script.wait(8_000_000)
    return replace(sample.psk_differs(), events=tuple(script.events))


TWICE = repeated(("cannot read it", "Aborting"), ("cannot read it", "Aborting"), ("cannot read it", "Aborting"))
FOLD = "the same 2 lines as in MM5 above"


def test_a_repeated_run_of_lines_is_folded_in_text_page_and_ticket() -> None:
    for width in (80, 150):
        shown = text(TWICE, width)
        assert shown.count("cannot read it") == 1
        assert shown.count(f"({FOLD})") == 2
    assert html(TWICE).count(f'<div class="row">{FOLD}</div>') == 2
    assert html(TWICE).count("cannot read it") == 1
    assert markdown(TWICE).count(f"asa2: *{FOLD}*") == 2
    assert markdown(TWICE).count("cannot read it") == 1


def test_a_fold_on_the_page_still_leads_to_the_configuration_behind_it() -> None:
    fold = re.findall(r'<div class="said fold"[^>]*>', html(TWICE))
    assert len(fold) == 2
    assert all('data-refs="cfg-b-35"' in tag for tag in fold)


def test_programs_get_every_line() -> None:
    assert [line["text"] for line in document(TWICE)["lines"]] == ["cannot read it", "Aborting"] * 3


def test_lines_that_differ_at_all_stand_verbatim() -> None:
    shown = text(repeated(("struct 1", "Aborting"), ("struct 2", "Aborting")))
    assert "struct 2" in shown
    assert shown.count("Aborting") == 2


def test_a_single_line_is_not_folded() -> None:
    assert text(repeated(("Aborting",), ("Aborting",))).count("Aborting") == 2


def test_an_informational_message_that_says_the_same_is_folded_and_a_first_message_never() -> None:
    script = Script()
    for name in ("INFO", "INFO", "MM1", "MM1"):
        script.send(Side.B, name, 40, "NOTIFY (11)")
        script.say(Side.A, name, f"{name} received")
        script.say(Side.A, name, "dropping")
    shown = text(replace(sample.psk_differs(), events=tuple(script.events)))
    assert shown.count("(the same 2 lines as in INFO above)") == 1
    assert shown.count("MM1 received") == 2
