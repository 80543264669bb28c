"""The ladder on a terminal: nothing is lost, nothing is too wide, nothing of a stranger reaches the terminal raw."""

import re
from dataclasses import replace
from pathlib import Path

import ladder_sample as sample
import pytest
from ladder_sample import SAMPLES

from mainmode.ladder.document import document
from mainmode.ladder.html import html
from mainmode.ladder.markdown import escaped, markdown
from mainmode.ladder.spelling import cells, clean, clean_lines
from mainmode.ladder.text import text
from mainmode.ladder.transcript import LineSaid, MessageSent, Remark, Side, Transcript

HERE = Path(__file__).parent
WIDTHS = (40, 80, 100, 129, 130, 150, 200)


def squeezed(shown: str) -> str:
    return re.sub(r"\s", "", shown)


def narrow_flow(shown: str, width: int, name: str) -> str:
    """What stands behind a side's tag in a narrow ladder, without blanks."""
    found, inside = [], False
    for row in shown.split("\n"):
        tag, bar, rest = row.partition(" │ ")
        if bar and len(tag) <= width // 3:
            inside = tag.strip() == name if tag.strip() else inside
            found.append(rest if inside else "")
    return squeezed("".join(found))


@pytest.mark.parametrize("layout", ["narrow", "wide"])
def test_a_small_ladder_looks_as_it_was_approved(layout: str) -> None:
    width = {"narrow": 80, "wide": 140}[layout]
    assert text(sample.opening_only(), width) == (HERE / f"golden_{layout}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("width", WIDTHS)
def test_no_row_is_wider_than_the_terminal(name: str, width: int) -> None:
    transcript = SAMPLES[name]()
    rows = text(replace(transcript, shows=()), width).split("\n")
    assert max(cells(row) for row in rows) <= width
    assert not any(row.endswith(" ") for row in rows)


def test_what_the_device_shows_stays_as_it_printed_it() -> None:
    transcript = sample.tunnel_up()
    shown = text(transcript, 40)
    assert transcript.shows
    for output in transcript.shows:
        assert output.text.rstrip("\n") in shown


@pytest.mark.parametrize("name", ["up", "psk", "two", "nothing"])
def test_a_narrow_ladder_tells_all_that_each_side_said_in_order(name: str) -> None:
    transcript = SAMPLES[name]()
    shown = text(transcript, 80)
    for device in transcript.devices:
        flow, at = narrow_flow(shown, 80, device.hostname), 0
        for wanted in said_by(transcript, device.side):
            at = flow.index(wanted, at)


def said_by(transcript: Transcript, side: Side) -> list[str]:
    """What a side said, without blanks, in order."""
    said = [event for event in transcript.events if isinstance(event, LineSaid | Remark) and event.side is side]
    return [squeezed(clean(event.text.replace("\n", ""))) for event in said]


@pytest.mark.parametrize("name", ["up", "psk", "nothing"])
def test_a_wide_ladder_has_each_side_in_its_own_column(name: str) -> None:
    transcript = SAMPLES[name]()
    column = (150 - 3) // 2
    rows = [row for row in text(transcript, 150).split("\n") if row[column : column + 3].strip() == "│"]
    for side, part in ((Side.A, slice(0, column)), (Side.B, slice(column + 2, None))):
        flow, at = squeezed("".join(row[part] for row in rows)), 0
        for wanted in said_by(transcript, side):
            at = flow.index(wanted, at)


def test_the_initiator_stands_left() -> None:
    turned = replace(sample.opening_only(), initiator=Side.B)
    assert text(turned, 150).split("\n")[0].startswith("asa2  initiator")
    assert "──▶" not in text(sample.opening_only(), 150).split("MM2  128 octets")[0].split("\n")[-1]


def test_arrows_point_from_the_sender_to_the_receiver() -> None:
    shown = text(sample.tunnel_up(), 80)
    assert re.search(r"^asa1 ─+ MM1  168 octets ─+▶ asa2$", shown, re.M)
    assert re.search(r"^asa1 ◀─+ MM2  128 octets ─+ asa2$", shown, re.M)
    assert re.search(r"^asa1 ─+ MM5  96 octets, encrypted \(100 on the wire\) ─+▶ asa2$", shown, re.M)
    assert "HDR + KE (4) + NONCE (10) + VENDOR (13) ×4 + NAT-D (20) ×2" in shown


def test_a_message_that_was_blocked_ends_in_a_cross_and_says_why() -> None:
    shown = text(sample.psk_differs(), 80)
    assert re.search(r"^asa1 ─+ MM5  96 octets, .*─✕ asa2\n.*\n +blocked: UDP 500 is blocked$", shown, re.M)


def test_a_block_keeps_its_indentation() -> None:
    assert "\nasa1 │ IPSEC: New embryonic SA created @ 0x53FC3C00,\n     │     SCB: 0x53F90A00,\n" in text(
        sample.tunnel_up()
    )
    assert "\n     │       Upper: 0\n" in text(sample.tunnel_up())


def test_configuration_lines_stand_under_their_step_with_file_and_line() -> None:
    step = text(sample.tunnel_up()).split("\n── MM1 ")[1].split("\n── MM2 ")[0]
    assert step.count("  asa1.cfg:27 crypto isakmp policy 10\n") == 1
    assert step.index("asa1.cfg:27 ") < step.index("asa1.cfg:32 ") < step.index("asa1.cfg (default)")
    assert "  asa2.cfg:27 crypto isakmp policy 10\n" in step


def test_the_end_says_why_where_and_how_to_repeat_it() -> None:
    shown = text(sample.psk_differs()).split("── verdict ")[1]
    sentence = "Phase 1 fails at MM5: the pre-shared keys differ."
    assert f"\nDOWN  {sentence} (PSK_MISMATCH; phase 1\n  did not come up)\n" in shown
    assert "  asa2: the key for peer 10.0.0.1\n    asa2.cfg:35 pre-shared-key *****\n" in shown
    assert "asa2.cfg (absent) crypto isakmp enable outside" in shown
    assert shown.endswith("\nseed 11\n")


@pytest.mark.parametrize(
    ("reached", "wanted"),
    [
        ("none", "phase 1 did not come up"),
        ("phase 1", "phase 1 came up, phase 2 did not"),
        ("phase 2", "phase 2 came up"),
    ],
)
def test_how_far_the_run_came_is_told_in_words(reached: str, wanted: str) -> None:
    whole = sample.opening_only()
    transcript = replace(whole, verdict=replace(whole.verdict, reached=reached))
    assert f"({wanted})" in text(transcript, 200)
    assert escaped(f"({wanted})") in markdown(transcript)
    assert f"<dd>{wanted}</dd>" in html(transcript)
    assert document(transcript)["verdict"]["reached"] == reached


def test_the_end_of_the_waiting_is_headed_alike_everywhere() -> None:
    transcript = sample.psk_differs()
    title = "gave up waiting for MM6"
    assert f"\n── {title} ─" in text(transcript)
    assert re.search(rf"^### \d+\. {title}, ", markdown(transcript), re.M)
    assert len(re.findall(rf'<a href="#step-\d+">{title}</a>', html(transcript))) == 2
    assert document(transcript)["steps"][-1]["title"] == title


def test_pings_tell_their_round_trip_in_virtual_time() -> None:
    shown = text(sample.tunnel_up())
    assert "seq 0  +0.000 s  no reply (dropped while the" in shown
    assert "asa1  192.168.1.10 -> 192.168.2.10  seq 4  +8.000 s  reply in 20 ms\n" in shown


def test_show_outputs_stand_behind_their_prompt() -> None:
    assert "\nasa2# show crypto isakmp sa\nActive SA: 1\n" in text(sample.tunnel_up())


def test_a_run_without_messages_can_be_read() -> None:
    for width in (80, 150):
        shown = text(sample.nothing_sent(), width)
        assert "No message was exchanged." in shown
        assert "asa1.cfg (absent) crypto map MAP interface outside" in shown


def test_a_transcript_of_one_side_can_be_read() -> None:
    whole = sample.opening_only()
    one = replace(whole, devices=whole.devices[:1])
    assert re.search(r"^asa1 ─+ MM1  168 octets ─+▶ peer$", text(one), re.M)
    assert text(one, 150).startswith("asa1  initiator")


def test_two_devices_of_one_name_can_be_told_apart() -> None:
    whole = sample.opening_only()
    same = replace(whole, devices=tuple(replace(device, hostname="ciscoasa") for device in whole.devices))
    assert "\nciscoasa (b) │ [IKEv1 DEBUG]: IP = 10.0.0.1, processing SA payload\n" in text(same)


def test_colour_comes_only_when_asked_for_and_changes_nothing_else() -> None:
    for width in (80, 150):
        plain, coloured = text(sample.psk_differs(), width), text(sample.psk_differs(), width, colour=True)
        assert "\x1b" not in plain
        assert "\x1b[1;31m" in coloured
        without = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
        assert [row.rstrip() for row in without.split("\n")] == [row.rstrip() for row in plain.split("\n")]


@pytest.mark.parametrize("width", [40, 80, 150])
def test_nothing_of_a_stranger_reaches_the_terminal_raw(width: int) -> None:
    shown = text(sample.hostile(), width)
    assert all(character.isprintable() or character == "\n" for character in shown)
    assert squeezed(clean(sample.EVIL))[:40] in squeezed(re.sub(r"│|▶|◀", "", shown))


def test_every_text_of_the_hostile_sample_is_told() -> None:
    transcript = sample.hostile()
    flow = squeezed(re.sub(r"^.{0,26}?(?: │ |$)", "", text(transcript, 400), flags=re.M))
    for event in transcript.events:
        if isinstance(event, MessageSent):
            assert squeezed(clean(event.fate_detail)) in flow
    assert all(squeezed(line) in squeezed(text(transcript, 2000)) for line in clean_lines(sample.EVIL))


def test_the_same_transcript_gives_the_same_text() -> None:
    assert text(sample.tunnel_up(), 150, True) == text(sample.tunnel_up(), 150, True)
