"""The modes of a session: who may do what, coming in, going up, going out, and faults that stay where they happened."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest
from firewalls import BRANCH, LoneFirewall
from screens import INTERRUPT, FakeScreen

from mainmode.base.secret import Secret
from mainmode.console import session as session_module
from mainmode.console.session import Session, User
from mainmode.device.config.model import Configuration
from mainmode.device.config.reader import read
from mainmode.device.line.declaration import Level, Surety, command

CARET = "ERROR: % Invalid input detected at '^' marker."


class Passwords:
    """Some passwords in clear."""

    def __init__(self, enable: str, users: Mapping[str, tuple[str, int]]) -> None:
        self._enable = Secret(enable.encode())
        self._users = users

    async def enables(self, user: str, password: Secret, level: int) -> bool:
        return password == self._enable

    async def admits(self, user: str, password: Secret) -> int | None:
        known, privilege = self._users.get(user, ("", 0))
        return privilege if known and password == Secret(known.encode()) else None


class Sitting:
    """A session whose lines are typed by a test."""

    def __init__(self, *answers: str, privilege: int = 1, passwords: Passwords | None = None) -> None:
        self.firewall = LoneFirewall()
        self.screen = FakeScreen(*answers)
        user = User("", "console", privilege)
        if passwords is None:
            self.session = Session(self.firewall, self.screen, user)
        else:
            self.session = Session(self.firewall, self.screen, user, lambda *_: passwords)

    def type(self, *lines: str) -> str:
        """What the lines print."""

        async def typing() -> None:
            for line in lines:
                await self.session.enter(line)

        asyncio.run(typing())
        return self.screen.take()


def test_a_session_begins_in_user_mode_and_enter_alone_enables_a_device_without_a_password() -> None:
    sitting = Sitting("")
    assert sitting.session.prompt == "asa1> "
    assert sitting.type("enable") == "Password: \n"
    assert sitting.session.prompt == "asa1# "
    assert sitting.type("disable") == ""
    assert sitting.session.prompt == "asa1> "


def test_three_wrong_passwords_are_denied_and_leave_no_trace_of_themselves() -> None:
    sitting = Sitting("one", "two", "three", "four", passwords=Passwords("swordfish", {}))
    wrong = "Password: \nInvalid password\n"
    assert sitting.type("enable") == wrong * 3 + "Access denied.\n"
    assert sitting.session.prompt == "asa1> "


def test_the_third_password_may_be_the_right_one() -> None:
    sitting = Sitting("one", "two", "swordfish", passwords=Passwords("swordfish", {}))
    sitting.type("enable")
    assert sitting.session.prompt == "asa1# "


def test_a_level_of_enable_is_the_session_s_privilege() -> None:
    sitting = Sitting("")
    sitting.type("enable 7")
    assert sitting.session.privilege == 7
    assert "Current privilege level : 7\n" in sitting.type("show curpriv")
    assert CARET in sitting.type("enable 16")


def test_user_mode_knows_few_commands_and_complains_of_others_in_the_device_s_words() -> None:
    sitting = Sitting("")
    assert sitting.type("clear conn") == f"      ^\n{CARET}\n"
    assert CARET not in sitting.type("show curpriv", "show history", "terminal pager 0")


def test_login_takes_a_user_s_name_and_privilege() -> None:
    sitting = Sitting("nobody", "x", "admin", "swordfish", passwords=Passwords("", {"admin": ("swordfish", 15)}))
    printed = sitting.type("login")
    assert printed.startswith("Username: nobody\nPassword: \n")
    assert sitting.screen.asked == ["Username: ", "Password: "] * 2
    assert sitting.session.prompt == "asa1# "
    assert "swordfish" not in printed
    assert sitting.type("show curpriv") == ("Username : admin\nCurrent privilege level : 15\nCurrent Mode/s : P_PRIV\n")


@pytest.mark.parametrize(("line", "name"), [("", "enable_15"), ("aaa authentication enable console LOCAL\n", "ann")])
def test_who_enables_keeps_a_name_where_the_own_password_enables(line: str, name: str) -> None:
    users = "enable password swordfish\nusername ann password hush privilege 15\n"
    screen = FakeScreen("swordfish" if not line else "hush")
    session = Session(LoneFirewall(BRANCH + users + line), screen, User("ann", "192.0.2.7"))
    asyncio.run(session.enter("enable"))
    assert (session.prompt, session.user_name) == ("asa1# ", name)


def test_nobody_logs_in_where_no_user_is_configured() -> None:
    sitting = Sitting("admin", "admin", "root", "", "", "")
    assert sitting.type("login").endswith("Access denied.\n")
    assert sitting.session.prompt == "asa1> "


def test_who_one_is_without_a_name() -> None:
    sitting = Sitting("")
    assert sitting.type("show curpriv") == (
        "Username : enable_1\nCurrent privilege level : 1\nCurrent Mode/s : P_UNPR\n"
    )
    assert "Username : enable_15\n" in sitting.type("enable", "show curpriv")


@pytest.mark.parametrize("word", ["exit", "quit", "logout", "ex"])
@pytest.mark.parametrize("privilege", [1, 15])
def test_the_session_ends_from_both_modes(word: str, privilege: int) -> None:
    sitting = Sitting(privilege=privilege)
    assert sitting.type(word) == "\nLogoff\n\n"
    assert sitting.session.ended


def test_nobody_who_answers_ends_the_session_and_ctrl_c_only_the_question() -> None:
    interrupted = Sitting(INTERRUPT)
    interrupted.type("enable")
    assert not interrupted.session.ended
    assert interrupted.session.prompt == "asa1> "
    alone = Sitting()
    alone.type("enable")
    assert alone.session.ended


def test_help_lists_what_the_level_may_do() -> None:
    everything = Sitting(privilege=15).type("help")
    assert "  ping      " in everything
    assert "Tab  the rest of the word" in everything
    few = Sitting().type("help")
    assert "  enable    Turn on privileged commands\n" in few
    assert "ping" not in few


def test_help_tells_how_a_command_is_typed() -> None:
    told = Sitting(privilege=15).type("help pin")
    assert told.startswith("\nUSAGE:\n\n        ping [INTERFACE] A.B.C.D [repeat <1-2147483647>] [size <36-9000>]")
    assert "DESCRIPTION:" in told
    assert "=" not in told
    assert Sitting().type("help ping") == "ERROR: there is no help for ping\n"


def test_history_has_what_was_carried_out_and_no_keys() -> None:
    sitting = Sitting(privilege=15)
    sitting.type("terminal pager 0", "nonsense key-of-mine", "show running-config pre-shared-key hunter2")
    assert sitting.type("sh hist") == ("  terminal pager 0\n  show running-config pre-shared-key *****\n  sh hist\n")


def test_a_terminal_is_set_for_one_session() -> None:
    sitting, other = Sitting(privilege=15), Sitting(privilege=15)
    assert sitting.type("show pager") == "pager lines 24\n"
    sitting.type("terminal pager lines 50")
    assert sitting.type("show pager") == "pager lines 50\n"
    sitting.type("terminal pager")
    assert sitting.screen.settings.pager == 24
    for off in ("terminal pager 0", "no terminal pager", "terminal no pager"):
        sitting.screen.settings.pager = 24
        assert sitting.type(off) == ""
        assert sitting.type("show pager") == "no pager\n"
    sitting.type("terminal width 511", "terminal monitor")
    assert sitting.type("show terminal") == "\nWidth = 511, monitor\nterminal interactive\n"
    assert "Width = 80, no monitor" in sitting.type("terminal no monitor", "no terminal width", "show terminal")
    assert CARET in sitting.type("terminal width 39")
    assert other.screen.settings.width == 80


def test_a_fault_costs_its_line_and_tells_nothing_of_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: object) -> str:
        raise KeyError("hunter2")

    broken = command("show fault", fails, "fails", Surety.INFERRED, level=Level.USER)
    monkeypatch.setattr(session_module, "TABLE", (broken, *session_module.TABLE))
    sitting = Sitting()
    printed = sitting.type("show fault")
    assert printed.startswith("a fault in mainmode itself, please report it: KeyError in test_session_modes.py, line ")
    assert "hunter2" not in printed
    assert not sitting.session.ended
    assert "enable_1" in sitting.type("show curpriv")


def test_any_octets_are_a_line() -> None:
    sitting = Sitting(privilege=15)
    for line in (
        "",
        "   ",
        "\t",
        "\x1b[2J",
        "\u202e",
        "?" * 10_000,
        "show \x00",
        "ä" * 600,
        "show\trunning-config\t| x",
    ):
        assert "\x1b" not in sitting.type(line)
        assert not sitting.session.ended


def test_a_device_that_is_down_keeps_its_prompt_and_lets_a_session_go() -> None:
    sitting = Sitting(privilege=15)
    sitting.firewall.down = True
    assert sitting.session.prompt == "asa1# "
    assert sitting.type("show version") == "the device is down\n"
    sitting.type("exit")
    assert sitting.session.ended


def test_who_sits_down_at_another_device_has_its_prompt() -> None:
    sitting = Sitting(privilege=15)
    other = LoneFirewall("hostname asa2\n")
    sitting.session.move_to(other)
    assert sitting.session.prompt == "asa2# "


def test_the_name_of_the_device_is_asked_anew_for_each_prompt() -> None:
    sitting = Sitting()
    configuration: Configuration = sitting.firewall.box.configuration
    settings = replace(configuration.settings, hostname=replace(configuration.settings.hostname, value="hub"))
    sitting.firewall.reconfigure(replace(configuration, settings=settings))
    assert sitting.session.prompt == "hub> "


CONFIGURED = (
    BRANCH + "pager lines 50\nterminal width 132\nbanner exec to $(hostname)\nbanner motd be\nbanner motd kind\n"
)


def test_a_session_begins_as_the_configuration_says() -> None:
    firewall = LoneFirewall(CONFIGURED)
    session = Session(firewall, FakeScreen(), User("", "console"))
    assert (session.screen.settings.pager, session.screen.settings.width) == (50, 132)
    assert session.greeting == "be\nkind\nto asa1\nType help or '?' for a list of available commands.\n"
    assert Sitting().session.greeting == "Type help or '?' for a list of available commands.\n"


def test_a_session_follows_what_is_configured_until_it_sets_its_own() -> None:
    firewall = LoneFirewall(CONFIGURED)
    session = Session(firewall, FakeScreen(), User("", "console"))
    asyncio.run(session.enter("terminal pager 7"))
    asyncio.run(session.enter("show curpriv"))
    assert (session.screen.settings.pager, session.screen.settings.width) == (7, 132)
    firewall.reconfigure(read(CONFIGURED + "pager lines 12\n", "branch.cfg"))
    asyncio.run(session.enter("show curpriv"))
    assert (session.screen.settings.pager, session.screen.settings.width) == (12, 132)


def test_a_user_of_high_privilege_begins_in_privileged_mode() -> None:
    session = Session(LoneFirewall(), FakeScreen(), User("admin", "192.0.2.7", 15))
    assert session.prompt == "asa1# "


def test_a_closed_session_looks_at_nothing() -> None:
    sitting = Sitting()
    assert len(sitting.firewall.watchers) == 1
    sitting.session.close()
    sitting.session.close()
    assert sitting.firewall.watchers == []
    assert sitting.session.ended


def test_the_clock_is_shown_and_never_said_to_be_set() -> None:
    sitting = Sitting(privilege=15)
    assert sitting.type("clock set 12:00:00 1 jan 2030").startswith("ERROR: the clock cannot be set here")
    assert sitting.type("show clock detail") == ("22:13:20.000 UTC Tue Nov 14 2023\nTime source is hardware calendar\n")


def test_what_automation_sends_first_is_answered_in_user_mode() -> None:
    sitting = Sitting()
    for line in (
        "show curpriv",
        "show version",
        "terminal pager 0",
        "terminal width 511",
        "show firewall",
        "show mode",
    ):
        assert "ERROR" not in sitting.type(line)
    assert "ERROR" not in Sitting(privilege=15).type("no terminal pager", "terminal pager 0", "terminal width 511")
