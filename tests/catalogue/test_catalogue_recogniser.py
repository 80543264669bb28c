"""Text into lines: published and real lines, other forms of them, and noise."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mainmode.catalogue import lines
from mainmode.catalogue.entry import NOBODY, About, Channel, Syslog
from mainmode.catalogue.envelope import Form, render
from mainmode.catalogue.recogniser import MAX_LENGTH, Recognised, recognise, recognise_text, shapes

DATA = Path(__file__).parent / "data"
CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"


def _facts(name: str) -> list[tuple[str, str]]:
    rows = (DATA / name).read_text().splitlines()
    return [(entry, text) for entry, _, text in (row.partition("\t") for row in rows if not row.startswith("#"))]


def _read(text: str) -> Recognised:
    read = recognise(text)
    assert read is not None, text
    return read


@pytest.mark.parametrize(("entry", "text"), _facts("listing.txt") + _facts("logs.txt"))
def test_a_published_line_is_known_and_printed_again_letter_by_letter(entry: str, text: str) -> None:
    read = _read(text)
    assert read.line.entry.name == entry
    assert not read.cut
    assert render(read.line, read.form or Form.COLON, read.stamp or None) == text


@pytest.mark.parametrize(("entry", "text"), _facts("listing_damaged.txt") + _facts("logs_collected.txt"))
def test_a_damaged_or_collected_line_is_known_too(entry: str, text: str) -> None:
    assert _read(text).line.entry.name == entry


if CORPUS.is_dir():

    def test_every_line_of_the_corpus_is_known_but_one_whose_addresses_were_blotted_out() -> None:
        files = sorted([*(CORPUS / "reference").glob("*.log"), *(CORPUS / "asa").glob("*.log")])
        texts = [text for file in files for text in file.read_text().splitlines() if text]
        unknown = [text for text in texts if recognise(text) is None]
        assert len(texts) > 100
        assert [("602303" in text, "between XXX.XXX" in text) for text in unknown] == [(True, True)]


def test_the_parts_of_the_first_published_message() -> None:
    read = _read(
        "Nov 30 10:38:29 [IKEv1]: IP = 10.0.0.2, IKE_DECODE SENDING Message (msgid=0) with payloads : "
        "HDR + SA (1) + VENDOR (13) + NONE (0) total length : 104"
    )
    assert read == Recognised(
        lines.IKE_DECODE(
            About(ip="10.0.0.2"), verb="SENDING", message_id=0, payloads=("SA (1)", "VENDOR (13)"), length=104
        ),
        Channel.IKE,
        Form.COLON,
        None,
        "Nov 30 10:38:29",
    )


@pytest.mark.parametrize(
    ("front", "stamp", "syslog"),
    [
        ("%ASA-5-713119: ", "", Syslog(5, 713119)),
        ("%FTD-vpn-5-713119: ", "", Syslog(5, 713119)),
        ("Dec 04 2014 12:37:51: %ASA-3-713119: ", "Dec 04 2014 12:37:51", Syslog(3, 713119)),
        ("<165>Feb 13 01:02:25 fw1 : %PIX-5-713119: ", "<165>Feb 13 01:02:25 fw1", Syslog(5, 713119)),
        ("Feb 16 14:13:46 ", "Feb 16 14:13:46", None),
        (" \t ", "", None),
    ],
)
def test_what_stands_in_front_is_kept_apart(front: str, stamp: str, syslog: Syslog | None) -> None:
    read = _read(front + "IP = 1.2.3.4,\tPHASE  1 COMPLETED \r\n")
    assert read.line == lines.PHASE1_COMPLETED(About(ip="1.2.3.4"))
    assert (read.stamp, read.syslog) == (stamp, syslog)


def test_a_debug_line_inside_a_system_log_message_keeps_its_bracket() -> None:
    read = _read("%ASA-7-711001: [IKEv1 DEBUG]Group = G, IP = 1.2.3.4, Generating Quick Mode Key!")
    assert read.line == lines.GENERATING_QM_KEY(About(group="G", ip="1.2.3.4"))
    assert (read.form, read.channel, read.syslog) == (Form.SYSLOG, Channel.IKE_DEBUG, Syslog(7, 711001))


@pytest.mark.parametrize("group", [":", ":x", "::", "x:"])
def test_a_name_that_begins_with_a_colon_is_not_taken_for_the_colon_form(group: str) -> None:
    line = lines.USING_BASE_GROUP_KEY(group=group)
    for form in (Form.COLON, Form.BARE):
        read = _read(render(line, form))
        assert (read.form, read.line) == (form, line)


def test_a_colon_without_its_blank_is_still_the_colon_form() -> None:
    read = _read("[IKEv1]:PHASE 1 COMPLETED")
    assert (read.form, read.line) == (Form.COLON, lines.PHASE1_COMPLETED())


def test_the_first_line_of_a_block_alone_is_known_as_cut() -> None:
    read = _read("IPSEC: New embryonic SA created @ 0x53FC3C00,")
    assert read.cut
    assert read.line.entry is lines.EMBRYONIC_SA
    assert read.line.values == {"pointer": 0x53FC3C00}
    assert recognise_text("IPSEC: New embryonic SA created @ 0x53FC3C00,") is None


def test_a_first_line_that_two_blocks_share_is_nobodys() -> None:
    assert recognise("Transmitting Proxy Id:") is None


def test_a_number_that_stands_twice_must_be_the_same() -> None:
    assert lines.NEW_RULE.template.count("{source_port}") == 2
    values = {part: kind.examples[0] for part, kind in lines.NEW_RULE.kinds.items()} | {"source_port": 7}
    text = lines.NEW_RULE.text(values)
    assert recognise_text(text) is not None
    assert recognise_text(text.replace("Upper: 7", "Upper: 8")) is None


def test_addresses_that_are_none_are_not_recognised() -> None:
    assert recognise("IKE Peer address same as our interface address 10.0.0.256") is None
    assert recognise("IKE_DECODE SENDING Message (msgid=0) with payloads : HDR + (SA) (1) total length : 1") is None


def test_text_without_a_prefix_reads_as_a_line_about_nobody() -> None:
    line = recognise_text("Starting P2 rekey timer: 3060 seconds.")
    assert line == lines.P2_REKEY_TIMER(NOBODY, seconds=3060)


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=300))
@example("Group = ")
@example("[IKEv1]")
@example("%ASA-7-715047:")
@example("\n\n")
def test_any_text_is_a_value_or_nothing(text: str) -> None:
    for read in (recognise(text), recognise_text(text)):
        assert read is None


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([render(lines.PHASE1_COMPLETED(About("g", "", "1.2.3.4")), form) for form in Form])
    | st.sampled_from([lines.NP_ENCRYPT_RULE.template, lines.EMBRYONIC_SA.template, lines.MM_FSM_HISTORY.template]),
    st.integers(0, 200),
    st.text("\x00\x1b{}[]%=,:- \n\tGroupIKEv10x", max_size=20),
)
def test_a_real_line_with_noise_cut_into_it_never_raises(text: str, at: int, noise: str) -> None:
    for damaged in (text[:at] + noise + text[at:], text[:at] + noise):
        found = recognise(damaged)
        assert found is None or found.line.entry in lines.ALL


def test_the_longest_hostile_texts_come_to_an_end() -> None:
    junk = (
        "a" * MAX_LENGTH,
        "a, " * MAX_LENGTH,
        "1.1.1.1/" * MAX_LENGTH,
        "MM, E-->" * MAX_LENGTH,
        "x (1) + " * MAX_LENGTH,
    )
    for entry in lines.ALL:
        for shape in shapes(entry):
            head = shape.template.partition("{")[0]
            for more in junk:
                found = recognise((head + more)[:MAX_LENGTH])
                assert found is None or found.line.entry in lines.ALL


def test_longer_texts_are_refused_unread() -> None:
    text = "Received non-routine Notify message: " + "x" * 100 + " (14)"
    assert recognise(text) is not None
    assert recognise(" " * MAX_LENGTH + text) is None
    assert recognise_text(" " * MAX_LENGTH + text) is None
