"""The configuration as a whole: shown, saved, copied, cleared, and started with again."""

import re
import threading
from typing import Any

import pytest
from screens import INTERRUPT, FakeScreen
from test_console_configuring import Desk, at_a_pair

from mainmode.console.session import Session, User
from mainmode.device.config.running import running_config

SAVED = r"Cryptochecksum: [0-9a-f]{8} [0-9a-f]{8} [0-9a-f]{8} [0-9a-f]{8} \n\n\d+ bytes copied in \d+\.\d{3} secs\n"


@pytest.mark.parametrize("line", ["write memory", "wr", "write", "wr mem"])
def test_what_runs_is_saved(line: str) -> None:
    async def act(desk: Desk) -> None:
        await desk.type("conf t", "hostname other", "end")
        assert "hostname asa1" in await desk.type("show startup-config")
        assert re.fullmatch(rf"Building configuration\.\.\.\n{SAVED}\[OK\]\n", await desk.type(line))
        assert "hostname other" in await desk.type("show startup-config")

    at_a_pair(act)


def test_a_copy_asks_for_the_name_unless_it_is_told_not_to() -> None:
    async def act(desk: Desk) -> None:
        desk.screen.answer("")
        asked = await desk.type("copy running-config startup-config")
        assert re.fullmatch(rf"\nSource filename \[running-config\]\? \n\n{SAVED}", asked)
        assert re.fullmatch(rf"\n{SAVED}", await desk.type("copy /noconfirm run start"))
        desk.screen.answer("other-file")
        assert "No such file" in await desk.type("copy run start")
        desk.screen.answer(INTERRUPT)
        assert "Cryptochecksum" not in await desk.type("copy run start")

    at_a_pair(act)


def test_the_startup_configuration_is_typed_into_the_running_one() -> None:
    async def act(desk: Desk) -> None:
        await desk.type("conf t", "hostname other", "no crypto isakmp policy 10", "end")
        await desk.type("copy /noconfirm startup-config running-config")
        assert desk.session.prompt == "asa1# "
        assert desk.near.box.configuration.policies

    at_a_pair(act)


def test_an_erased_device_starts_with_nothing() -> None:
    async def act(desk: Desk) -> None:
        desk.screen.answer("n", "")
        assert "[OK]" not in await desk.type("write erase")
        assert "[OK]" in await desk.type("write erase")
        assert await desk.type("show startup-config") == "No Configuration\n"
        await desk.type("reload noconfirm")
        assert desk.near.box.hostname == "ciscoasa"

    at_a_pair(act)


def test_a_reload_asks_to_save_what_was_changed_and_brings_the_startup_back() -> None:
    async def act(desk: Desk) -> None:
        await desk.type("conf t", "hostname other", "end")
        desk.screen.answer("n", "")
        asked = await desk.type("reload")
        assert asked.startswith(
            "System config has been modified. Save? [Y]es/[N]o:  n\nProceed with reload? [confirm] \n"
        )
        assert desk.session.prompt == "asa1# "
        await desk.type("conf t", "hostname other", "end")
        desk.screen.answer("Y", "")
        await desk.type("reload")
        assert desk.session.prompt == "other# "
        desk.screen.answer("n")
        before = desk.near.box
        assert "START" not in await desk.type("reload")
        assert desk.near.box is before, "nobody confirmed"

    at_a_pair(act)


def test_after_a_reload_the_session_is_as_at_its_beginning() -> None:
    async def act(desk: Desk) -> None:
        screen = FakeScreen("", "")
        session = Session(desk.near, screen, User("", "console"))
        await session.enter("enable")
        await session.enter("reload")
        assert session.prompt == "asa1> "
        session.close()

    at_a_pair(act)


def test_another_session_in_the_configuration_mode_goes_on_after_a_reload() -> None:
    async def act(desk: Desk) -> None:
        _, other = desk.sit(desk.near)
        await other.enter("configure terminal")
        await other.enter("crypto isakmp policy 10")
        await desk.type("reload noconfirm")
        await other.enter("hash md5")
        other.applying.settle()
        assert desk.near.box.configuration.policies[0].hash.value == "sha", "its submode is gone with the reload"
        await other.enter("crypto isakmp policy 10")
        await other.enter("hash md5")
        other.applying.settle()
        assert desk.near.box.configuration.policies[0].hash.value == "md5"
        other.close()

    at_a_pair(act)


def test_sections_are_asked_for_with_words_cut_short() -> None:
    async def act(desk: Desk) -> None:
        assert await desk.type("sh run tunnel") == await desk.type("show running-config tunnel-group")
        assert await desk.type("sh run cry map MAP") == await desk.type("show running-config crypto map MAP")
        assert await desk.type("sh run access-list VP") == "", "a name is not cut short"
        assert await desk.type("sh run obj") == 'ERROR: % Ambiguous command:  "show running-config obj"\n'

    at_a_pair(act)


def test_the_checksum_tells_configurations_apart_and_tells_nothing_of_a_key() -> None:
    async def act(desk: Desk) -> None:
        first = await desk.type("show checksum")
        await desk.type("conf t", "tunnel-group 10.0.0.2 ipsec-attributes", "pre-shared-key another", "end")
        assert await desk.type("show checksum") == first
        await desk.type("conf t", "hostname other", "end")
        assert await desk.type("show checksum") != first

    at_a_pair(act)


def test_a_section_is_cleared_in_the_configuration_mode_only() -> None:
    async def act(desk: Desk) -> None:
        assert "Invalid input" in await desk.type("clear configure tunnel-group")
        await desk.type("conf t")
        assert (
            await desk.type("clear configure tunnel-group", "clear conf crypto", "clear configure nothing-there") == ""
        )
        assert await desk.type("show running-config tunnel-group", "show running-config crypto map") == ""
        assert not desk.near.box.configuration.crypto_maps
        assert "\n" + " " * 29 + "^" not in await desk.type("clear configure obj")
        assert await desk.type("clear configure obj") == 'ERROR: % Ambiguous command:  "clear configure obj"\n'
        await desk.type("clear configure all")
        assert desk.session.prompt == "ciscoasa(config)# "

    at_a_pair(act)


def test_nobody_in_user_mode_sees_or_changes_the_configuration() -> None:
    async def act(desk: Desk) -> None:
        await desk.type("disable")
        for line in (
            "configure terminal",
            "more system:running-config",
            "show running-config",
            "write memory",
            "reload",
        ):
            assert "Invalid input" in await desk.type(line), line

    at_a_pair(act)


@pytest.mark.parametrize("line", ["show running-config", "more system:running-config", "write memory"])
def test_a_long_text_is_made_beside_the_loop(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bool] = []

    def noted(*arguments: Any, **options: Any) -> str:
        made.append(threading.current_thread() is threading.main_thread())
        return running_config(*arguments, **options)

    async def act(desk: Desk) -> None:
        await desk.type("conf t", "hostname other", "end")
        made.clear()
        monkeypatch.setattr("mainmode.device.running.running_config", noted)
        await desk.type(line)

    at_a_pair(act)
    assert made[:1] == [False]
