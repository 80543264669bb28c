"""Clock, bracket, prefix and system log form; the debug filter; the generated page."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.base.errors import InputError
from mainmode.base.instant import Instant
from mainmode.catalogue import lines
from mainmode.catalogue.debugs import Debugs, parse
from mainmode.catalogue.entry import About, Certainty, Channel, Line
from mainmode.catalogue.envelope import Form, clock, render
from mainmode.catalogue.reference import reference_page

PEER = About(group="10.0.0.2", ip="10.0.0.2")
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "debug_lines.md"


@pytest.mark.parametrize(
    ("form", "stamp", "front"),
    [
        (Form.COLON, None, "[IKEv1 DEBUG]: "),
        (Form.BARE, "Nov 30 10:38:29", "Nov 30 10:38:29 [IKEv1 DEBUG]"),
        (Form.SYSLOG, None, "%ASA-7-713906: "),
        (Form.SYSLOG, "Nov 30 10:38:29", "Nov 30 10:38:29: %ASA-7-713906: "),
    ],
)
def test_the_forms_of_a_line(form: Form, stamp: str | None, front: str) -> None:
    text = "Group = 10.0.0.2, IP = 10.0.0.2, Generating Quick Mode Key!"
    assert render(lines.GENERATING_QM_KEY(PEER), form, stamp) == front + text


def test_ipsec_lines_have_no_bracket_and_borrow_an_id_in_the_system_log() -> None:
    line = lines.COMPLETED_VPN_CONTEXT(direction="outbound", spi=0xDDE50931, handle=0x161A4)
    block = "IPSEC: Completed outbound VPN context, SPI 0xDDE50931\n    VPN handle: 0x000161A4"
    assert render(line, Form.COLON) == render(line, Form.BARE) == block
    assert render(line, Form.SYSLOG) == f"%ASA-7-711001: {block}"


def test_a_system_log_line_keeps_its_form() -> None:
    line = lines.GROUP_POLICY_RETRIEVED(policy="DfltGrpPolicy", user="10.0.0.2")
    assert render(line, Form.COLON).startswith("%ASA-6-113009: AAA retrieved default group policy")


def test_the_clock_counts_in_utc() -> None:
    assert clock(Instant(0)) == "Jan 01 00:00:00"
    assert clock(Instant(1_417_696_671_999_999)) == "Dec 04 12:37:51"
    assert clock(Instant(1_582_934_400_000_000)) == "Feb 29 00:00:00"


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_a_prefix_from_outside_stays_on_its_line(group: str, username: str) -> None:
    text = render(lines.PHASE1_COMPLETED(About(group, username, "1.2.3.4")), Form.COLON)
    assert text.isprintable()
    assert text.endswith("IP = 1.2.3.4, PHASE 1 COMPLETED")


# --- which lines a debug shows


def test_a_debug_command_is_read_in_both_spellings() -> None:
    assert parse("crypto ikev1 127") == parse("debug  crypto isakmp 127") == Debugs(ikev1=127)
    assert parse("crypto ipsec") == Debugs(ipsec=1)
    assert parse("crypto ipsec 255").with_(parse("crypto ikev1 7")) == Debugs(7, 255)


@pytest.mark.parametrize(
    "command",
    ["", "debug", "crypto", "crypto ikev1 0", "crypto ikev1 256", "crypto ikev2 5", "crypto ikev1 x", "crypto ikev1 -1",
     "crypto ikev1 1 2", "crypto ikev1 ²", "ip packet 1", "crypto ipsec " + "9" * 5000],
)  # fmt: skip
def test_another_debug_is_refused_with_what_to_say_instead(command: str) -> None:
    with pytest.raises(InputError, match="say"):
        parse(command)


def _said(channel: Channel) -> list[Line]:
    return [
        Line(entry, {part: kind.examples[0] for part, kind in entry.kinds.items()})
        for entry in lines.ALL
        if entry.channel is channel
    ]


def test_127_shows_every_line_of_its_own_debug_and_none_of_the_other() -> None:
    ike, ipsec = parse("crypto ikev1 127"), parse("crypto ipsec 127")
    for channel in (Channel.IKE, Channel.IKE_DEBUG, Channel.IKE_DECODE):
        assert all(ike.shows(line) and not ipsec.shows(line) for line in _said(channel))
    assert all(ipsec.shows(line) and not ike.shows(line) for line in _said(Channel.IPSEC))


def test_no_debug_shows_what_only_the_system_log_has() -> None:
    assert _said(Channel.SYSLOG)
    assert not any(Debugs(255, 255).shows(line) for line in _said(Channel.SYSLOG))


def test_without_a_debug_nothing_is_shown() -> None:
    assert not any(Debugs().shows(line) for channel in Channel for line in _said(channel))


def test_low_levels_show_errors_before_steps_before_details() -> None:
    error, step = lines.REMOVING_PEER_FAILED(), lines.PHASE1_COMPLETED()
    decode, detail = lines.INITIAL_CONTACT(), lines.GENERATING_QM_KEY()
    shown = [[debug.shows(line) for line in (error, step, decode, detail)] for debug in map(Debugs, (1, 5, 50, 100))]
    assert shown == [
        [True, False, False, False],
        [True, True, False, False],
        [True, True, True, False],
        [True, True, True, True],
    ]


# --- the page


def test_the_reference_page_is_what_the_declarations_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference_page()


def test_the_page_names_every_entry_with_its_certainty() -> None:
    rows = {row.split("`")[1]: row for row in reference_page().splitlines() if row.startswith("| `")}
    assert set(rows) == {entry.name for entry in lines.ALL}
    table = reference_page().partition("## Parts with a closed set")[0]
    for entry in lines.ALL:
        row = next(row for row in table.splitlines() if row.startswith(f"| `{entry.name}` |"))
        assert ("*inferred*" in row) is (entry.certainty is Certainty.INFERRED)
        assert entry.meaning in row
