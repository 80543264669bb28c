"""The system log at a prompt: who typed what, messages that come by themselves, the buffer."""

import asyncio

import pytest
from lab_rig import FAR, typed
from sittings import Sitting, at_a_lab

from mainmode.console.lab.lab import Lab

ON = "logging enable\nlogging buffered debugging"
MEET = f"ping inside {FAR}"


async def _messages(sitting: Sitting) -> list[str]:
    return [line for line in (await sitting.type("show logging")).splitlines() if line.startswith("%ASA-")]


def test_the_log_says_who_typed_what_with_its_words_written_out() -> None:
    async def scene(lab: Lab) -> None:
        admin = Sitting(lab.find("asa1"), "192.0.2.7", "admin")
        nobody = Sitting(lab.find("asa1"), privilege=1)
        nobody.screen.answer("")
        await nobody.type("en", "term mon")
        await admin.type("sh cry isa sa", "clear what")
        assert await _messages(admin) == [
            "%ASA-5-502103: User priv level changed: Uname: enable_15 From: 1 To: 15",
            "%ASA-5-111008: User 'enable_1' executed the 'enable' command.",
            "%ASA-5-111008: User 'enable_15' executed the 'terminal monitor' command.",
            "%ASA-7-111009: User 'admin' executed cmd: show crypto isakmp sa",
        ]

    at_a_lab(scene, ON)


def test_no_key_stands_in_the_log_or_the_history() -> None:
    async def scene(lab: Lab) -> None:
        sitting = Sitting(lab.find("asa1"))
        await sitting.type("show running-config pre-shared-key hunter2", "show running-config password hunter2")
        sitting.session.log("username bob password hunter2 privilege 15", configures=True)
        sitting.session.log("username admin password ***** privilege 2", configures=True)
        assert "hunter2" not in await sitting.type("show logging", "show history")
        said = [message.partition("executed ")[2] for message in await _messages(sitting) if "111010" in message]
        assert said == ["'username bob password *****'", "'username admin password ***** privilege 2'"]

    at_a_lab(scene, ON)


def test_a_line_of_the_configuration_is_logged_with_where_it_came_from() -> None:
    async def scene(lab: Lab) -> None:
        sitting = Sitting(lab.find("asa1"), "192.0.2.7", "admin")
        sitting.session.log("no crypto map MAP interface outside", configures=True)
        assert await _messages(sitting) == [
            "%ASA-5-111008: User 'admin' executed the 'no crypto map MAP interface outside' command.",
            "%ASA-5-111010: User 'admin', running 'CLI' from IP 192.0.2.7, "
            "executed 'no crypto map MAP interface outside'",
        ]

    at_a_lab(scene, ON)


@pytest.mark.parametrize(
    ("where", "settings", "place", "line", "sees"),
    [
        ("the console", "logging console notifications", "console", "", True),
        ("the console, whatever is monitored", "logging monitor debugging", "console", "terminal monitor", False),
        ("an address, which is not the console", "logging console debugging", "192.0.2.7", "terminal monitor", False),
        ("an address that monitors", "logging monitor notifications", "192.0.2.7", "terminal monitor", True),
        ("an address that does not", "logging monitor notifications", "192.0.2.7", "terminal no monitor", False),
        ("a level that is too low", "logging monitor errors", "192.0.2.7", "terminal monitor", False),
    ],
)
def test_messages_come_by_themselves_where_the_configuration_wants_them(
    where: str, settings: str, place: str, line: str, sees: bool
) -> None:
    async def scene(lab: Lab) -> None:
        sitting, other = Sitting(lab.find("asa1"), place), Sitting(lab.find("asa2"), place)
        await sitting.type(line)
        sitting.screen.told.clear()
        await sitting.type(MEET)
        assert bool(sitting.screen.told) is sees, where
        if sees:
            assert all(line.startswith(("Jan 01 1970 00:", "Jan 01 2024 00:", "%ASA-")) for line in sitting.screen.told)
            assert any("%ASA-5-713120: " in line for line in sitting.screen.told)
            assert not any("%ASA-6" in line for line in sitting.screen.told)
        assert other.screen.told == []

    at_a_lab(scene, f"logging enable\n{settings}")


def test_the_buffer_is_emptied_and_fills_again() -> None:
    async def scene(lab: Lab) -> None:
        sitting = Sitting(lab.find("asa1"))
        await sitting.type(MEET)
        assert len(await _messages(sitting)) > 1
        await sitting.type("clear logging buffer")
        assert await _messages(sitting) == [
            "%ASA-5-111008: User 'enable_15' executed the 'clear logging buffer' command."
        ]

    at_a_lab(scene, ON)


def test_logging_takes_effect_at_once_when_it_is_configured() -> None:
    async def scene(lab: Lab) -> None:
        firewall = lab.find("asa1")
        sitting = Sitting(firewall)
        await sitting.type("terminal monitor")
        assert await _messages(sitting) == []
        typed(firewall, ON)
        await sitting.type("terminal monitor")
        assert [message[:13] for message in await _messages(sitting)] == ["%ASA-5-111008"]
        typed(firewall, "no logging enable")
        await sitting.type("terminal monitor")
        assert len(await _messages(sitting)) == 2

    at_a_lab(scene)


def test_a_command_that_was_interrupted_or_failed_is_told_too() -> None:
    async def scene(lab: Lab) -> None:
        sitting = Sitting(lab.find("asa1"))
        pinging = asyncio.create_task(sitting.session.enter("ping 10.0.0.2 repeat 2000000"))
        while "!" not in sitting.screen.output:
            await asyncio.sleep(0)
        pinging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await pinging
        await sitting.type("clock set 12:00:00 1 jan 2030")
        told = await _messages(sitting)
        assert [message.split("executed ")[1] for message in told if message.startswith("%ASA-5-111008")] == [
            "the 'ping 10.0.0.2 repeat 2000000' command.",
            "the 'clock set 12:00:00 1 jan 2030' command.",
        ]

    at_a_lab(scene, ON)


def test_lines_of_the_configuration_are_told_one_by_one() -> None:
    async def scene(lab: Lab) -> None:
        sitting = Sitting(lab.find("asa1"), "192.0.2.7", "admin")
        await sitting.type("conf t", "tunnel-gr 10.0.0.2 ipsec-a", "pre-sh hunter2", "exit", "un all", "end")
        printed = await sitting.type("show logging", "show history")
        assert "hunter2" not in printed
        messages = [line for line in printed.splitlines() if line.startswith("%ASA-5-111")]
        assert messages[:3] == [
            "%ASA-5-111007: Begin configuration: 192.0.2.7 reading from terminal",
            "%ASA-5-111008: User 'admin' executed the 'configure terminal' command.",
            "%ASA-5-111008: User 'admin' executed the 'tunnel-group 10.0.0.2 ipsec-attributes' command.",
        ]
        assert (
            "%ASA-5-111010: User 'admin', running 'CLI' from IP 192.0.2.7, executed 'pre-shared-key *****'" in messages
        )
        assert messages[-2:] == [
            "%ASA-5-111008: User 'admin' executed the 'undebug all' command.",
            "%ASA-5-111008: User 'admin' executed the 'end' command.",
        ]

    at_a_lab(scene, ON)


def test_a_reload_ends_what_enable_gave() -> None:
    async def scene(lab: Lab) -> None:
        sitting = Sitting(lab.find("asa1"), privilege=1)
        sitting.screen.answer("", "")
        await sitting.type("enable", "reload noconfirm")
        assert sitting.session.prompt == "asa1> "

    at_a_lab(scene)


def test_what_is_saved_and_erased_is_told() -> None:
    async def scene(lab: Lab) -> None:
        sitting = Sitting(lab.find("asa1"))
        sitting.screen.answer("")
        await sitting.type("write memory", "write erase")
        assert await _messages(sitting) == [
            "%ASA-5-111001: Begin configuration: console writing to memory",
            "%ASA-5-111004: console end configuration: OK",
            "%ASA-5-111008: User 'enable_15' executed the 'write memory' command.",
            "%ASA-5-111003: console Erase configuration",
            "%ASA-5-111008: User 'enable_15' executed the 'write erase' command.",
        ]

    at_a_lab(scene, ON)
