"""`ping` at the prompt: its layout, whom it reaches, and Ctrl-C."""

import asyncio
import re

import pytest
from lab_rig import FAR
from ntc_templates.parse import parse_output
from sittings import Sitting, at_a_lab

from mainmode.console.lab.lab import Lab

TRIP = r", round-trip min/avg/max = \d+/\d+/\d+ ms"
HEADING = "Type escape sequence to abort.\nSending {}, {}-byte ICMP Echos to {}, timeout is {} seconds:\n"


def test_a_ping_through_the_tunnel_is_told_as_the_device_tells_it() -> None:
    async def scene(lab: Lab) -> tuple[str, str]:
        sitting = Sitting(lab.find("asa1"))
        return await sitting.type(f"ping inside {FAR}"), await sitting.type("show crypto ipsec sa")

    printed, sas = at_a_lab(scene)
    assert re.fullmatch(
        re.escape(HEADING.format(5, 100, FAR, 2)) + r"\?!!!!\nSuccess rate is 80 percent \(4/5\)" + TRIP + "\n", printed
    )
    assert "#pkts encaps: 4, #pkts encrypt: 4" in sas


def test_the_peer_answers_without_a_tunnel_and_a_foreign_judge_reads_it() -> None:
    async def scene(lab: Lab) -> str:
        return await Sitting(lab.find("asa1")).type("ping 10.0.0.2 repeat 3 size 200 timeout 1")

    printed = at_a_lab(scene)
    (row,) = parse_output(platform="cisco_asa", command="ping", data=printed)
    assert (row["sent_qty"], row["sent_type"], row["destination"], row["timeout"]) == (
        "3",
        "200-byte ICMP Echos",
        "10.0.0.2",
        "1",
    )
    assert (row["response_stream"], row["success_pct"], row["success_qty"]) == ("!!!", "100", "3")


def test_options_may_stand_in_any_order() -> None:
    async def scene(lab: Lab) -> str:
        return await Sitting(lab.find("asa1")).type("ping 10.0.0.2 timeout 1 repeat 2")

    assert "!!\nSuccess rate is 100 percent (2/2)" in at_a_lab(scene)


def test_a_big_request_is_answered_too() -> None:
    async def scene(lab: Lab) -> str:
        return await Sitting(lab.find("asa1")).type("ping 10.0.0.2 size 1400 repeat 1")

    assert "!\nSuccess rate is 100 percent (1/1)" in at_a_lab(scene)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("ping dmz 10.0.0.2", "ERROR: interface dmz does not exist\n"),
        ("ping 10.0.0.2 size 35", "ERROR: % Invalid input detected at '^' marker.\n"),
        ("ping", "ERROR: % Incomplete command\n"),
        ("ping 10.0.0", "ERROR: % Incomplete command\n"),
    ],
)
def test_what_cannot_be_pinged_is_told(line: str, told: str) -> None:
    async def scene(lab: Lab) -> str:
        return await Sitting(lab.find("asa1")).type(line)

    assert at_a_lab(scene).endswith(told)


def test_nobody_there_and_no_route_there() -> None:
    async def scene(lab: Lab) -> tuple[str, str]:
        sitting = Sitting(lab.find("asa1"))
        lost = await sitting.type("ping outside 10.0.0.77 repeat 2 timeout 1")
        return lost, await sitting.type("ping 203.0.113.9")

    lost, nowhere = at_a_lab(scene)
    assert lost.endswith(":\n??\nSuccess rate is 0 percent (0/2)\n")
    assert nowhere == HEADING.format(5, 100, "203.0.113.9", 2) + (
        "No route to host 203.0.113.9\n\nSuccess rate is 0 percent (0/1)\n"
    )


def test_ctrl_c_ends_a_ping_with_its_summary_and_the_session_goes_on() -> None:
    async def scene(lab: Lab) -> tuple[str, str, int]:
        sitting = Sitting(lab.find("asa1"))
        pinging = asyncio.create_task(sitting.session.enter("ping 10.0.0.2 repeat 2000000000"))
        while "!!!" not in sitting.screen.output:
            await asyncio.sleep(0)
        pinging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await pinging
        return sitting.screen.take(), await sitting.type("show curpriv"), sitting.session.ended

    printed, after, ended = at_a_lab(scene)
    assert re.search(r"!!!+\nSuccess rate is \d+ percent \((\d+)/\d+\)" + TRIP + r"\n$", printed)
    assert "Current privilege level : 15" in after
    assert not ended


def test_two_pings_at_once_count_their_own_replies() -> None:
    async def scene(lab: Lab) -> list[str]:
        sittings = [Sitting(lab.find("asa1")) for _ in range(2)]
        return await asyncio.gather(*(one.type("ping 10.0.0.2 repeat 30") for one in sittings))

    assert all("(30/30)" in printed for printed in at_a_lab(scene))
