"""Debugs of a session: what switches them on and off, whose lines are shown, and where they go."""

import re

import pytest
from lab_rig import FAR
from sittings import Sitting, at_a_lab

from mainmode.base.instant import seconds
from mainmode.console.lab.lab import Lab

MEET = f"ping inside {FAR}"
CARET = "ERROR: % Invalid input detected at '^' marker."


def test_a_debug_answers_with_its_level_and_is_shown_until_it_is_off() -> None:
    async def scene(lab: Lab) -> None:
        sitting = Sitting(lab.find("asa1"))
        assert await sitting.type("show debug") == ""
        assert await sitting.type("debug crypto isakmp") == "debug crypto isakmp enabled at level 1\n"
        assert await sitting.type("debug crypto ipsec 255") == "debug crypto ipsec enabled at level 255\n"
        on = await sitting.type("show debug")
        assert on.splitlines()[0] == "debug crypto ipsec enabled at level 255"
        assert re.fullmatch(r"debug crypto (ikev1|isakmp) enabled at level 1", on.splitlines()[1])
        assert await sitting.type("debug crypto ikev1 127") == "debug crypto ikev1 enabled at level 127\n"
        assert "enabled at level 127" in await sitting.type("show debug")
        assert await sitting.type("no debug crypto ikev1", "show debug") == (
            "debug crypto ikev1 disabled.\ndebug crypto ipsec enabled at level 255\n"
        )
        assert await sitting.type("undebug all", "show debug") == ""
        assert await sitting.type("debug crypto ipsec 9", "no debug all", "show debug") == (
            "debug crypto ipsec enabled at level 9\n"
        )

    at_a_lab(scene)


@pytest.mark.parametrize("line", ["debug crypto ikev1 0", "debug crypto ikev1 256", "debug crypto ikev2 1", "debug x"])
def test_what_is_no_debug_is_told_so(line: str) -> None:
    async def scene(lab: Lab) -> None:
        sitting = Sitting(lab.find("asa1"))
        assert CARET in await sitting.type(line)
        assert await sitting.type("show debug") == ""

    at_a_lab(scene)


def test_lines_are_shown_live_in_the_session_that_asked_and_in_no_other() -> None:
    async def scene(lab: Lab) -> None:
        one, other, peer = (Sitting(lab.find(name)) for name in ("asa1", "asa1", "asa2"))
        await one.type("debug crypto ikev1 127", "debug crypto ipsec 127")
        await one.type(MEET)
        assert len(one.screen.told) > 50
        assert any("PHASE 1 COMPLETED" in line for line in one.screen.told)
        assert any(re.match(r"Jan 01 [\d:]{8} IPSEC: ", line) for line in one.screen.told)
        assert all("\n" not in line for line in one.screen.told)
        assert other.screen.told == peer.screen.told == []

    at_a_lab(scene)


def test_lines_stop_with_the_debug_and_with_the_session() -> None:
    async def scene(lab: Lab) -> None:
        quiet, gone, still = (Sitting(lab.find("asa1")) for _ in range(3))
        for one in (quiet, gone, still):
            await one.type("debug crypto ikev1 127")
        await quiet.type("undebug all")
        gone.session.close()
        await still.type(MEET)
        assert quiet.screen.told == gone.screen.told == []
        assert still.screen.told

    at_a_lab(scene)


def test_a_higher_level_shows_more() -> None:
    async def scene(lab: Lab) -> None:
        low, high = Sitting(lab.find("asa1")), Sitting(lab.find("asa1"))
        await low.type("debug crypto ikev1")
        await high.type("debug crypto ikev1 255")
        await low.type(MEET)
        assert len(low.screen.told) < len(high.screen.told)

    at_a_lab(scene)


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        ("peer 10.0.0.2", True),
        ("peer 10.0.0.9", False),
        ("peer 10.0.0.77 subnet 255.255.255.0", True),
        ("peer 10.0.1.0 subnet 255.255.255.0", False),
        ("group 10.0.0.2", True),
        ("group BRANCH", False),
    ],
)
def test_conditions_choose_whose_lines_are_shown(condition: str, shown: bool) -> None:
    async def scene(lab: Lab) -> None:
        sitting = Sitting(lab.find("asa1"))
        assert await sitting.type(f"debug crypto condition {condition}") == ""
        await sitting.type("debug crypto ikev1 127", "debug crypto ipsec 127", MEET)
        assert bool(sitting.screen.told) is shown

    at_a_lab(scene)


def test_conditions_are_listed_and_taken_back() -> None:
    async def scene(lab: Lab) -> None:
        sitting = Sitting(lab.find("asa1"))
        off = "Crypto conditional debug is turned OFF\n"
        assert await sitting.type("show crypto debug-condition") == off
        await sitting.type(
            "debug crypto condition peer 10.0.0.2",
            "debug crypto condition peer 10.0.0.2",
            "debug crypto condition peer 10.1.0.0 subnet 255.255.0.0",
            "debug crypto condition group BRANCH",
            "debug crypto condition unmatched",
        )
        listed = await sitting.type("show crypto debug-condition")
        assert listed == (
            "Crypto conditional debug is turned ON\n"
            "IKE debug context unmatched flag:  ON\n"
            "IPSec debug context unmatched flag:  ON\n"
            "\nIKE peer IP address filters:\n10.0.0.2/32\n10.1.0.0/16\n"
            "\nIKE group filters:\nBRANCH\n"
        )
        assert await sitting.type("debug crypto ipsec", "show debug") == (
            f"debug crypto ipsec enabled at level 1\ndebug crypto ipsec enabled at level 1\n{listed}"
        )
        await sitting.type("no debug crypto condition peer 10.1.0.0 subnet 255.255.0.0")
        await sitting.type("no debug crypto condition unmatched", "undebug crypto condition group BRANCH")
        listed = await sitting.type("show crypto debug-condition")
        assert "10.1.0.0" not in listed
        assert "BRANCH" not in listed
        assert "flag:  ON" not in listed
        assert "there is no such condition" in await sitting.type("no debug crypto condition peer 10.9.9.9")
        await sitting.type("debug crypto condition reset")
        assert await sitting.type("show crypto debug-condition") == off
        assert "no mask" in await sitting.type("debug crypto condition peer 10.0.0.1 subnet 255.0.255.0")

    at_a_lab(scene)


def test_more_conditions_than_anybody_needs_are_refused() -> None:
    async def scene(lab: Lab) -> None:
        sitting = Sitting(lab.find("asa1"))
        for number in range(32):
            assert await sitting.type(f"debug crypto condition peer 10.0.0.{number}") == ""
        assert "more than 32 conditions" in await sitting.type("debug crypto condition group G")
        assert (await sitting.type("show crypto debug-condition")).count("/32") == 32

    at_a_lab(scene)


def test_with_debug_trace_debugs_are_messages_of_the_log_only() -> None:
    async def scene(lab: Lab) -> None:
        sitting = Sitting(lab.find("asa1"), place="192.0.2.7")
        await sitting.type("debug crypto ikev1 127", MEET)
        assert sitting.screen.told == []
        assert "%ASA-7-711001: " in await sitting.type("show logging")
        await sitting.type("undebug all", "clear logging buffer", "clear crypto isakmp sa", MEET)
        assert "711001" not in await sitting.type("show logging")

    at_a_lab(scene, "logging enable\nlogging buffered debugging\nlogging buffer-size 1048576\nlogging debug-trace")


def test_a_device_that_starts_anew_has_no_debug_on() -> None:
    async def scene(lab: Lab) -> None:
        firewall = lab.find("asa1")
        sitting = Sitting(firewall)
        await sitting.type("debug crypto ikev1 127")
        await firewall.reload()
        await firewall.until(lambda: False, seconds(60))
        assert [line.split(" ", 4)[-1] for line in sitting.screen.told] == [
            "the device is down",
            "the device is up again",
        ]
        sitting.screen.told.clear()
        sitting.screen.take()
        assert await sitting.type("show debug") == ""
        await sitting.type(MEET)
        assert sitting.screen.told == []

    at_a_lab(scene)


def test_who_sits_down_at_the_other_device_sees_no_lines_of_the_first() -> None:
    async def scene(lab: Lab) -> None:
        sitting, other = Sitting(lab.find("asa1")), Sitting(lab.find("asa1"))
        await sitting.type("debug crypto ikev1 127")
        sitting.session.move_to(lab.find("asa2"))
        assert sitting.session.prompt.startswith("asa2# ")
        assert await sitting.type("show debug") == ""
        await other.type(MEET)
        assert sitting.screen.told == []

    at_a_lab(scene)
