"""`step`: a negotiation message by message, while time stands."""

import asyncio
import re

from lab_rig import devices, entered, in_lab, sitting, typed

from mainmode.base.instant import seconds
from mainmode.console.lab.lab import Lab

_NAMES = ["MM1", "MM2", "MM3", "MM4", "MM5", "MM6", "QM1", "QM2", "QM3"]


def _lab(count: int = 2) -> Lab:
    return Lab(devices()[:count], still=True)


def _steps(output: str) -> list[str]:
    return re.findall(r"^── (\w+(?: retransmission \d+)?) ", output, re.MULTILINE)


def test_each_step_is_the_next_message_with_payloads_states_and_lines() -> None:
    output = entered(_lab(), "step")
    assert _steps(output) == ["trigger", "MM1"]
    assert "Opens main mode in clear: offers 1 policy" in output
    assert "Transform 1, 36 octets: Identifier KEY_IKE, Group 2 (MODP 1024)," in output
    assert "asa1  no IKE SA -> MM_WAIT_MSG2; IPsec SAs: 0" in output
    assert "asa2  no IKE SA -> MM_WAIT_MSG3; IPsec SAs: 0" in output
    assert "asa2.cfg:30 encryption 3des" in output


def test_encrypted_payloads_are_told_in_clear() -> None:
    output = entered(_lab(), "step 5")
    assert _steps(output) == ["trigger", *_NAMES[:5]]
    assert "ID (5), 12 octets: ID type IPV4-ADDR, Identity 10.0.0.1" in output
    assert "asa2  MM_WAIT_MSG5 -> MM_ACTIVE" in output


def test_all_nine_messages_are_stepped_through_and_then_time_goes_on() -> None:
    lab = _lab()
    output = entered(lab, *["step"] * 9)
    assert _steps(output) == ["trigger", *_NAMES]
    assert output.count("the lab's time stands; step:") == 8
    assert "the negotiation is over; time goes on\nUP  The tunnel is up." in output
    assert "asa1  MM_ACTIVE; IPsec SAs: 0 -> 1" in output
    assert "asa2  MM_ACTIVE; IPsec SAs: 0 -> 1" in output
    assert not lab.clock.held


def test_run_goes_to_the_end() -> None:
    output = entered(_lab(), "step 2", "step run")
    assert _steps(output) == ["trigger", *_NAMES]


def test_a_tunnel_that_is_up_is_not_stepped_through_until_it_is_taken_down() -> None:
    output = entered(_lab(), "step run", "step", "clear crypto isakmp sa", "step")
    assert "the tunnel is up: `clear crypto isakmp sa` takes it down" in output
    assert _steps(output)[-2:] == ["trigger", "MM1"]


def test_time_stands_for_everybody_meanwhile_and_goes_on_at_stop() -> None:
    async def act(lab: Lab) -> tuple[list[int], str, str]:
        (one, screen), (other, others) = sitting(lab), sitting(lab, "asa2")
        times = []
        await one.enter("step")
        for line in (
            "reload noconfirm",
            "show version",
            "lab time",
            "ping inside 192.168.1.9",
            "lab time +1h",
            "lab start",
        ):
            await other.enter(line)
        times.append(lab.stage.now - lab.stage.start)
        await other.enter("step stop")
        screen.take()
        await one.enter("step stop")
        await other.enter("lab time +10s")
        times.append(lab.stage.now - lab.stage.start)
        return times, others.output, screen.output

    times, others, mine = in_lab(_lab(), act)
    assert times[0] < seconds(1)
    assert times[1] > seconds(10)
    assert others.count("the lab's time stands while somebody steps") == 4
    assert "it is held: somebody steps" in others
    assert mine == "nobody steps through a negotiation\n"


def test_who_leaves_while_stepping_holds_nobody_up() -> None:
    async def act(lab: Lab) -> bool:
        session, _ = sitting(lab)
        await session.enter("step")
        session.close()
        while lab.clock.held:
            await asyncio.sleep(0.05)
        return lab.stepper.active

    assert not in_lab(_lab(), act, runs=True)


def test_a_failing_negotiation_ends_with_its_verdict() -> None:
    lab = _lab()
    typed(lab.firewalls["asa2"], "crypto map MAP 10 set pfs group5")
    output = entered(lab, "step run")
    assert _steps(output)[:8] == ["trigger", *_NAMES[:7]]
    assert "PFS_MISMATCH" in output
    assert "console:1 crypto map MAP 10 set pfs group5" in " ".join(output.split())


def test_a_message_that_is_lost_is_told_and_repeated() -> None:
    output = entered(_lab(), "lab link block=udp/500", "step 2")
    assert _steps(output) == ["trigger", "MM1", "MM1 retransmission 1"]
    assert "blocked" in output


def test_traffic_that_asks_for_nothing_says_why() -> None:
    lab = _lab()
    typed(lab.firewalls["asa1"], "no crypto map MAP interface outside")
    output = entered(lab, "step")
    assert output.startswith("the traffic was sent, and asked for no negotiation; time goes on\n")
    assert "CRYPTO_MAP_NOT_BOUND" in output
    assert not lab.clock.held


def test_a_negotiation_under_way_is_stepped_through_from_where_it_is() -> None:
    async def act(lab: Lab) -> str:
        session, screen = sitting(lab)
        await session.enter("lab link delay=2s")
        start = asyncio.create_task(session.enter("lab start repeat 1"))
        await start
        screen.take()
        await session.enter("step")
        return screen.output

    assert _steps(in_lab(_lab(), act)) == ["MM2"]


def test_a_device_alone_steps_to_the_end_of_its_patience() -> None:
    output = entered(_lab(1), "step 2", "step stop")
    assert _steps(output) == ["trigger", "MM1", "MM1 retransmission 1"]
    assert "nobody is at the address that it was sent to" in " ".join(output.replace("│", "").split())
    output = entered(_lab(1), "step run")
    assert "asa1 stands alone: no device of the lab has the address 10.0.0.2." in output
    assert output.count("MM1 retransmission") > 2


def test_a_session_that_is_interrupted_keeps_time_standing() -> None:
    async def act(lab: Lab) -> bool:
        session, _ = sitting(lab)
        await session.enter("lab link delay=2s")
        stepping = asyncio.create_task(session.enter("step run"))
        await asyncio.sleep(0)
        stepping.cancel()
        await asyncio.gather(stepping, return_exceptions=True)
        return lab.clock.held

    assert in_lab(_lab(), act)
