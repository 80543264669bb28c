"""Every template that ntc-templates has for an ASA: what is typed for it at the prompt, or why there is nothing."""

import asyncio
from functools import cache
from pathlib import Path
from typing import Any

import ntc_templates
import pytest
from device_configs import modern
from lab_rig import FAR, NEAR, devices, in_lab, pings
from ntc_templates.parse import parse_output
from screens import FakeScreen
from ssh_rig import USERS, connect, served
from test_console_soak import Seat

from mainmode.console.lab.casting import LabDevice
from mainmode.console.lab.lab import Lab
from mainmode.console.session import Session, User

LINES = """\
names
name 192.168.2.9 BRANCH
object network WEB
 host 192.168.1.80
object service DNS
 service udp destination eq domain
object-group network SITES
 network-object 192.168.3.0 255.255.255.0
object-group service PORTS tcp
 port-object eq www
access-list IN extended permit icmp any any
access-list IN extended permit tcp any object WEB object-group PORTS
access-group IN in interface inside
logging enable
logging buffered informational
tunnel-group 10.0.0.9 type ipsec-l2l
"""

ROUTE = "route outside 0.0.0.0 0.0.0.0 10.0.0.254 1\n"
"""In the place of `set reverse-route`, which the template of crypto maps does not know."""

OURS = {
    "ping": "ping inside 192.168.2.10",
    "show_access-list": "show access-list",
    "show_access-list_brief": "show access-list IN brief",
    "show_asp_drop": "show asp drop",
    "show_asp_table_vpn-context_detail": "show asp table vpn-context detail",
    "show_crypto_ikev1_sa_detail": "show crypto ikev1 sa detail",
    "show_crypto_ipsec_sa": "show crypto ipsec sa",
    "show_failover": "show failover",
    "show_interface": "show interface",
    "show_interface_ip_brief": "show interface ip brief",
    "show_inventory": "show inventory",
    "show_logging": "show logging",
    "show_name": "show name",
    "show_nat": "show nat",
    "show_object-group_network": "show object-group network",
    "show_resource_usage": "show resource usage",
    "show_route": "show route",
    "show_running-config_access-group": "show running-config access-group",
    "show_running-config_all_crypto_map": "show running-config all crypto map",
    "show_running-config_crypto_ikev1": "show running-config crypto ikev1",
    "show_running-config_crypto_map": "show running-config crypto map",
    "show_running-config_ipsec": "show running-config ipsec",
    "show_running-config_object-group_service": "show running-config object-group service",
    "show_running-config_object_network": "show running-config object network",
    "show_running-config_object_service": "show running-config object service",
    "show_running-config_tunnel-group": "show running-config tunnel-group",
    "show_version": "show version",
    "show_vpn-sessiondb": "show vpn-sessiondb",
    "show_vpn-sessiondb_detail_l2l": "show vpn-sessiondb detail l2l",
    "show_xlate": "show xlate",
}
"""What is typed; the template reads at least one row out of it."""

NOTHING = {
    "show_arp": ("show arp", "neighbours are the host's or the lab's"),
    "show_bgp_summary": ("show bgp summary", "no routing protocol is spoken"),
    "show_cpu_usage_detailed": ("show cpu usage detailed", "a processor is the host's"),
    "show_license_all": ("show license all", "nothing needs a license"),
    "show_module": ("show module", "a program has no slots"),
    "show_module_details": ("show module", "the second part of the same output"),
    "show_module_status": ("show module", "the third part of the same output"),
    "show_ospf_interface_brief": ("show ospf interface brief", "no routing protocol is spoken"),
    "show_ospf_neighbor": ("show ospf neighbor", "no routing protocol is spoken"),
    "show_port-channel_summary": ("show port-channel summary", "interfaces are the host's"),
    "show_vpn-sessiondb_anyconnect": ("show vpn-sessiondb anyconnect", "there are never such sessions"),
}
"""What is typed, which is answered by a sentence; and why."""

ELSEWHERE = {
    "dir": "the files of a device: tests of files",
    "show_interface_detail": "the template wants a bandwidth and a MAC address, which no program has",
}


LISTED = tuple(dict.fromkeys((*OURS.values(), *(command for command, _ in NOTHING.values()), "show access-list IN")))
"""Each line that is typed, once."""


def later(more: str) -> list[LabDevice]:
    """The packaged pair in the later spelling, which templates read."""
    reverse = "crypto map MAP 10 set reverse-route\n"
    return [LabDevice(one.file, modern(one.text).replace(reverse, ROUTE)) for one in devices(more, USERS)]


@cache
def answers() -> dict[str, str]:
    """What each line prints at a privileged prompt of the packaged pair, whose tunnel is up and carried pings."""

    async def act(lab: Lab) -> dict[str, str]:
        firewall = next(iter(lab.firewalls.values()))
        await pings(firewall, FAR, 3)
        screen = FakeScreen()
        session = Session(firewall, screen, User("ana", "console", 15))
        screen.settings.pager = 0
        found = {}
        for line in (f"packet-tracer input inside icmp {NEAR} 8 0 {FAR}", *LISTED):
            before = len(screen.output)
            await session.enter(line)
            found[line] = screen.output[before:]
        session.close()
        return found

    return in_lab(Lab(later(LINES), still=True), act)


def parsed(template: str, command: str, output: str) -> Any:
    name = "ping" if template == "ping" else command
    return parse_output(platform="cisco_asa", command=name, data=output)


def test_the_roster_holds_every_template() -> None:
    folder = Path(ntc_templates.__file__).parent / "templates"
    there = {one.stem.removeprefix("cisco_asa_") for one in folder.glob("cisco_asa_*.textfsm")}
    assert there == set(OURS) | set(NOTHING) | set(ELSEWHERE)
    assert len(there) == len(OURS) + len(NOTHING) + len(ELSEWHERE)


@pytest.mark.parametrize("template", OURS)
def test_what_is_ours_is_read_by_its_template(template: str) -> None:
    output = answers()[OURS[template]]
    rows = parsed(template, OURS[template], output)
    assert rows, output
    assert all(any(row.values()) for row in rows)


@pytest.mark.parametrize("template", NOTHING)
def test_what_is_not_there_says_so(template: str) -> None:
    command, _ = NOTHING[template]
    output = answers()[command]
    assert output.startswith(("ERROR: mainmode has nothing of the kind: ", "INFO: There are presently no active"))
    assert output.count("\n") <= 2


def test_the_numbers_of_the_new_tables_are_true() -> None:
    brief, lists = answers()["show access-list IN brief"], answers()["show access-list IN"]
    usage, inventory, failover = (answers()[f"show {what}"] for what in ("resource usage", "inventory", "failover"))
    (row,) = parsed("show_access-list_brief", "show access-list IN brief", brief)
    (hit,) = [one for one in parsed("", "show access-list", lists) if one["hit_count"] not in ("", "0")]
    assert int(row["counter"], 16) == int(hit["hit_count"]) == 1
    assert f"0x{row['line_hash']}" in lists
    rows = {one["resource"]: one for one in parsed("", "show resource usage", usage)}
    assert rows["Other VPN Sessions"]["current"] == rows["Other VPN Sessions"]["peak"] == "1"
    assert (rows["IKEv1 in-negotiation"]["current"], rows["IKEv1 in-negotiation"]["denied"]) == ("0", "0")
    assert int(rows["Conns"]["peak"]) >= int(rows["Conns"]["current"])
    (chassis,) = parsed("", "show inventory", inventory)
    assert (chassis["pid"], chassis["sn"]) == ("mainmode", "")
    (state,) = parsed("", "show failover", failover)
    assert state["state"] == "Off"


def test_templates_read_what_comes_over_the_wire() -> None:
    """Of one session over SSH: everything as it is sent."""
    ping, trace = f"ping inside {FAR}", f"packet-tracer input inside icmp {NEAR} 8 0 {FAR}"

    async def sit(port: int) -> dict[str, str]:
        async with connect(port) as connection:
            seat = Seat(await connection.create_process(term_type="vt100", term_size=(511, 24), encoding="utf-8"))
            await seat.until("asa1# ")
            found = {}
            for line in ("terminal pager 0", ping, ping, trace, *OURS.values()):
                seat.types(line)
                found[line] = (await seat.until("\nasa1# ")).removeprefix(f"{line}\r\n").removesuffix("asa1# ")
            return found

    with served(later(f"{LINES}{USERS}")) as lab:
        found = asyncio.run(sit(lab.ports[0]))
    assert "Action: allow\r\n" in found[trace]
    for template, command in OURS.items():
        output = found[command]
        assert output.count("\n") == output.count("\r\n")
        assert parsed(template, command, output.replace("\r\n", "\n")), f"{command}: {output}"
