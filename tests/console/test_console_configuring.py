"""The configuration mode at a prompt: prompts, submodes, carets, what it takes and when it counts."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from lab_rig import FAR, devices, in_lab, pings
from screens import FakeScreen

from mainmode.console.lab.firewall import LabFirewall
from mainmode.console.lab.lab import Lab
from mainmode.console.session import Session, User

INVALID = "ERROR: % Invalid input detected at '^' marker."


class Desk:
    """A session at one device of a lab, and the other device."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.near, self.far = lab.firewalls.values()
        self.screen, self.session = self.sit(self.near)

    def sit(self, firewall: LabFirewall) -> tuple[FakeScreen, Session]:
        """One more session."""
        screen = FakeScreen()
        screen.settings.pager = 0
        return screen, Session(firewall, screen, User("admin", "console", 15))

    async def type(self, *lines: str) -> str:
        """What is printed while these lines are entered at the near device, prompts apart."""
        self.screen.take()
        for line in lines:
            await self.session.enter(line)
        return self.screen.take()


def at_a_pair(act: Callable[[Desk], Awaitable[None]], one: str = "", other: str = "") -> None:
    """Sit at the first device of the packaged pair."""

    async def sit(lab: Lab) -> None:
        desk = Desk(lab)
        try:
            await act(desk)
        finally:
            desk.session.close()

    in_lab(Lab(devices(one, other), still=True), sit)


@pytest.mark.parametrize(
    ("lines", "prompt"),
    [
        (["configure terminal"], "asa1(config)# "),
        (["conf t"], "asa1(config)# "),
        (["conf t", "crypto ikev1 policy 10"], "asa1(config-ikev1-policy)# "),
        (["conf t", "cry ikev1 pol 10"], "asa1(config-ikev1-policy)# "),
        (["conf t", "tunnel-group 10.0.0.2 ipsec-attributes"], "asa1(config-tunnel-ipsec)# "),
        (["conf t", "tunnel-group 10.0.0.2 general-attributes"], "asa1(config-tunnel-general)# "),
        (["conf t", "interface GigabitEthernet0/1"], "asa1(config-if)# "),
        (["conf t", "object network X"], "asa1(config-network-object)# "),
        (["conf t", "object-group network X"], "asa1(config-network-object-group)# "),
        (["conf t", "object-group service X tcp"], "asa1(config-service-object-group)# "),
        (["conf t", "group-policy DfltGrpPolicy attributes"], "asa1(config-group-policy)# "),
        (["conf t", "time-range X"], "asa1(config-time-range)# "),
        (["conf t", "policy-map X", "class Y"], "asa1(config-pmap-c)# "),
        (["conf t", "crypto ikev1 policy 10", "exit"], "asa1(config)# "),
        (["conf t", "crypto ikev1 policy 10", "quit", "exit"], "asa1# "),
        (["conf t", "crypto ikev1 policy 10", "end"], "asa1# "),
        (["conf t", "crypto ikev1 policy 10", "hostname other"], "other(config)# "),
        (["conf t", "hostname other", "end"], "other# "),
        (["conf t", "crypto ikev1 policy 10", "!", "", ": a comment", "show clock"], "asa1(config-ikev1-policy)# "),
        (["conf t", "exit", "exit"], "asa1# "),
    ],
)
def test_the_prompt_says_where_one_stands(lines: list[str], prompt: str) -> None:
    async def act(desk: Desk) -> None:
        await desk.type(*lines)
        assert desk.session.prompt == prompt

    at_a_pair(act)


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("crypto ikev1 policy ten", f"{' ' * 34}^\n{INVALID}\n"),
        ("  crypto ikev1 policy ten", f"{' ' * 36}^\n{INVALID}\n"),
        ("nonsense", f"{' ' * 14}^\n{INVALID}\n"),
        ("cry", "ERROR: % Incomplete command\n"),
        ("no", "ERROR: % Incomplete command\n"),
        ("crypto i", 'ERROR: % Ambiguous command:  "crypto i"\n'),
        ("show nonsense", f"{' ' * 19}^\n{INVALID}\n"),
        ("hostname -", "ERROR: % Invalid Hostname\n"),
        ("crypto map NEW 1 set pfs", "WARNING: The crypto map entry is incomplete!\n"),
    ],
)
def test_what_is_said_of_a_line_stands_below_it(line: str, printed: str) -> None:
    async def act(desk: Desk) -> None:
        await desk.type("configure terminal")
        assert await desk.type(line) == printed

    at_a_pair(act)


def test_a_wrong_address_in_a_submode_is_not_passed_over() -> None:
    async def act(desk: Desk) -> None:
        await desk.type("configure terminal", "interface GigabitEthernet0/5")
        assert INVALID in await desk.type("ip address 1.2.3.4 255.255.0.255")

    at_a_pair(act)


def test_commands_of_the_exec_mode_are_taken_and_the_place_stays() -> None:
    async def act(desk: Desk) -> None:
        await desk.type("conf t", "crypto ikev1 policy 10", "encryption aes-256")
        shown = await desk.type("show running-config crypto ikev1 | include encryption")
        assert shown == " encryption aes-256\n"
        assert desk.session.prompt == "asa1(config-ikev1-policy)# "
        assert "terminal" not in await desk.type("terminal pager 0")

    at_a_pair(act)


def test_a_changed_policy_counts_in_the_next_negotiation_and_its_repair_too() -> None:
    async def act(desk: Desk) -> None:
        assert await pings(desk.near, FAR) > 0
        assert await desk.type("conf t", "no crypto ikev1 policy 10", "end") == ""
        desk.session.applying.settle()
        desk.near.act(lambda box, now: box.clear(None, now))
        assert await pings(desk.near, FAR, 3) == 0
        for line in ("conf t", "crypto ikev1 policy 77", "auth pre", "encr aes-256", "hash md5", "group 5", "end"):
            assert await desk.type(line) == ""
        assert await pings(desk.near, FAR, 3) == 0, "the peer has no such policy"
        screen, far = desk.sit(desk.far)
        for line in ("conf t", "cry ikev1 pol 5", "auth pre", "encr aes-256", "hash md5", "group 5", "end"):
            await far.enter(line)
        assert screen.output == ""
        assert await pings(desk.near, FAR, 40) > 0
        assert "aes-256" in await desk.type("show crypto isakmp sa detail")
        far.close()

    at_a_pair(act)


def test_a_tunnel_is_broken_by_its_key_and_repaired_and_no_key_is_seen() -> None:
    async def act(desk: Desk) -> None:
        peer = next(iter(desk.near.box.configuration.tunnel_groups))
        key = f"tunnel-group {peer} ipsec-attributes"
        assert await desk.type("conf t", key, "ikev1 pre-shared-key WRONG-ONE", "end") == ""
        assert await pings(desk.near, FAR, 2) == 0
        right = desk.far.running.text("tunnel-group", reveal=True).split("pre-shared-key ")[1].split()[0]
        assert await desk.type("conf t", key, f"ikev1 pre-shared-key {right}", "end") == ""
        assert await pings(desk.near, FAR, 40) > 0
        seen = await desk.type("show running-config", "show startup-config", "show history", "show logging")
        assert "WRONG-ONE" not in seen
        assert right not in seen
        assert right in await desk.type("more system:running-config")

    at_a_pair(act, "logging enable\nlogging buffered debugging", "")


def test_two_sessions_configure_at_once_and_each_sees_what_the_other_typed() -> None:
    async def act(desk: Desk) -> None:
        screen, other = desk.sit(desk.near)
        await desk.type("conf t", "object network ONE")
        await other.enter("conf t")
        await other.enter("object network TWO")
        await desk.type("host 10.1.1.1")
        await other.enter("host 10.2.2.2")
        shown = await desk.type("show running-config object")
        assert shown.endswith("object network ONE\n host 10.1.1.1\nobject network TWO\n host 10.2.2.2\n")
        await other.enter("no object network ONE")
        assert await desk.type("description gone") == "ERROR: object ONE does not exist\n"
        assert desk.session.prompt == "asa1(config)# "
        assert screen.output == ""
        other.close()

    at_a_pair(act)


def test_a_burst_of_lines_counts_when_somebody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    async def act(desk: Desk) -> None:
        taken: list[int] = []
        reconfigure = LabFirewall.reconfigure

        def counted(firewall: LabFirewall, configuration: object) -> tuple[str, ...]:
            taken.append(1)
            return reconfigure(firewall, configuration)  # type: ignore[arg-type]

        monkeypatch.setattr(LabFirewall, "reconfigure", counted)
        monkeypatch.setattr("mainmode.console.applying._CHEAP", -1.0)
        desk.session.applying._cost = 1.0
        await desk.type("conf t", *(f"access-list BIG extended permit ip host 10.9.9.{last} any" for last in range(99)))
        assert taken == []
        assert (await desk.type("show access-list BIG")).count("permit ip host") == 99
        assert taken == [1]
        await desk.type("hostname other")
        await asyncio.sleep(0)
        desk.session.applying._cost = 0.0
        await desk.type("hostname again", "end")
        assert desk.near.box.hostname == "again"

    at_a_pair(act)


def test_who_configured_what_is_logged_without_the_key() -> None:
    async def act(desk: Desk) -> None:
        await desk.type(
            "conf t", "tunnel-group 10.0.0.2 type ipsec-l2l", "tunnel-g 10.0.0.2 ipsec-a", "ikev1 pre SECRET"
        )
        log = await desk.type("show logging")
        assert "User 'admin' executed the 'tunnel-group 10.0.0.2 ipsec-attributes' command." in log
        assert "SECRET" not in log

    at_a_pair(act, "logging enable\nlogging buffered debugging")
