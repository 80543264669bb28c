"""Our rtnetlink against iproute2 in a network namespace: it sees what we make, and we see what it makes."""

import json
import os
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest
from lan import run

pytestmark = pytest.mark.root

_START = """
from ipaddress import IPv4Address, IPv4Network
from mainmode.gateway.netlink.codec import NetlinkError
from mainmode.gateway.netlink.host import EVERYWHERE, HostEvents, HostNetwork
from mainmode.gateway.netlink.objects import HostRoute, RouteKind, Rule
import json
import subprocess
host = HostNetwork()
link = next(one for one in host.links() if one.name == "inside")
RULE = Rule(101, 500, IPv4Network("10.1.0.0/16"), IPv4Network("10.2.0.0/16"), "inside", mark=0x4d4d)
PORTS = Rule(102, 500, protocol=6, source_ports=(1, 9), destination_ports=(80, 80), invert=True)
ROUTE = HostRoute(IPv4Network("10.9.0.0/16"), link.index, None, IPv4Address("10.1.0.1"), 500, 5, 1400)
HOLE = HostRoute(IPv4Network("10.8.0.0/16"), kind=RouteKind.BLACKHOLE, table=500)
VIA = HostRoute(EVERYWHERE, None, IPv4Address("10.1.0.2"), table=500)
"""


@pytest.fixture
def namespace() -> Iterator[str]:
    """A namespace with a pair of interfaces; `inside` is 10.1.0.1/16 and up."""
    name = f"mainmode-{os.getpid()}-netlink"
    run("ip", "netns", "add", name)
    try:
        run("ip", "-n", name, "link", "add", "inside", "type", "veth", "peer", "name", "other")
        run("ip", "-n", name, "address", "add", "10.1.0.1/16", "dev", "inside")
        run("ip", "-n", name, "link", "set", "other", "up")
        run("ip", "-n", name, "link", "set", "inside", "up")
        yield name
    finally:
        run("ip", "netns", "delete", name, check=False)


def ours(namespace: str, script: str) -> str:
    """What our calls print that run in the namespace."""
    return run("ip", "netns", "exec", namespace, sys.executable, "-c", _START + textwrap.dedent(script), timeout=120)


def theirs(namespace: str, *words: str) -> list[dict[str, Any]]:
    """What iproute2 says, as objects."""
    found: list[dict[str, Any]] = json.loads(run("ip", "-json", "-n", namespace, *words))
    return found


def test_iproute2_sees_our_rules_as_we_mean_them(namespace: str) -> None:
    ours(namespace, "host.add_rule(RULE); host.add_rule(PORTS)")
    first, second = [rule for rule in theirs(namespace, "rule", "show") if rule["priority"] in (101, 102)]
    assert (first["src"], first["srclen"], first["dst"], first["dstlen"]) == ("10.1.0.0", 16, "10.2.0.0", 16)
    assert (first["iif"], first["fwmark"], first["table"], first["protocol"]) == ("inside", "0x4d4d", "500", "77")
    assert (second["ipproto"], second["sport_start"], second["sport_end"], second["dport"]) == ("tcp", 1, 9, 80)
    assert "not" in second
    assert "not" not in first
    assert ours(namespace, "print(RULE in host.rules(), PORTS in host.rules())") == "True True\n"
    ours(namespace, "host.remove_rule(RULE); host.remove_rule(PORTS)")
    assert [rule["priority"] for rule in theirs(namespace, "rule", "show")] == [0, 32766, 32767]


def test_iproute2_sees_our_routes_as_we_mean_them(namespace: str) -> None:
    ours(namespace, "for one in (ROUTE, HOLE, VIA): host.add_route(one)")
    found = {route["dst"]: route for route in theirs(namespace, "route", "show", "table", "500")}
    assert found["10.9.0.0/16"]["dev"] == "inside"
    assert found["10.9.0.0/16"]["prefsrc"] == "10.1.0.1"
    assert found["10.9.0.0/16"]["metric"] == 5
    assert found["10.9.0.0/16"]["metrics"] == [{"mtu": 1400}]
    assert found["10.8.0.0/16"]["type"] == "blackhole"
    assert found["default"]["gateway"] == "10.1.0.2"
    assert ours(namespace, "print(len(host.routes(500)), ROUTE in host.routes(500), host.routes(501))") == "3 True []\n"
    ours(namespace, "for one in host.routes(500): host.remove_route(one)")
    assert "10.9.0.0" not in run("ip", "-n", namespace, "route", "show", "table", "all")


def test_we_see_what_iproute2_makes(namespace: str) -> None:
    run("ip", "-n", namespace, "rule", "add", "from", "10.5.0.0/16", "lookup", "900", "priority", "77")
    run("ip", "-n", namespace, "route", "add", "10.6.0.0/16", "via", "10.1.0.9", "table", "900")
    run("ip", "-n", namespace, "link", "set", "inside", "mtu", "1400")
    said = ours(
        namespace,
        """
        print([str(rule) for rule in host.rules() if rule.priority == 77])
        print([(str(one.destination), str(one.gateway)) for one in host.routes(900)])
        print(link.mtu, link.up, link.running, [str(one.address) for one in host.addresses() if one.link == link.index])
        print(host.route_to(IPv4Address("10.1.5.5")).source)
        """,
    )
    assert said.splitlines() == [
        "['77: from 10.5.0.0/16 lookup 900']",
        "[('10.6.0.0/16', '10.1.0.9')]",
        "1400 True True ['10.1.0.1']",
        "10.1.0.1",
    ]


def test_links_are_ours_to_change_and_each_change_of_them_and_of_addresses_is_heard(namespace: str) -> None:
    said = ours(
        namespace,
        """
        events = HostEvents()
        other = next(one for one in host.links() if one.name == "other")
        host.set_mtu(other.index, 1300)
        for words in ("address add 10.7.0.1/24 dev other", "address delete 10.7.0.1/24 dev other"):
            subprocess.run(["ip", *words.split()], check=True)
        host.set_up(other.index, False)
        subprocess.run(["ip", "link", "delete", "other"], check=True)
        print(json.dumps([type(one).__name__ for one in events.read() if getattr(one, "link", link).index != link.index
               or hasattr(one, "address")]))
        """,
    )
    heard = json.loads(said)
    assert heard[0] == "LinkChanged"
    assert heard.index("AddressAdded") < heard.index("AddressGone") < heard.index("LinkGone")


def test_a_refused_call_says_what_and_why(namespace: str) -> None:
    said = ours(
        namespace,
        """
        host.add_rule(RULE)
        for call in (
            lambda: host.add_rule(RULE),
            lambda: host.remove_route(ROUTE),
            lambda: host.set_mtu(999, 1400),
            lambda: host.route_to(IPv4Address("99.1.1.1")),
        ):
            try:
                call()
            except NetlinkError as refused:
                print(refused)
        """,
    )
    rule, route, link, way = said.splitlines()
    assert rule.startswith(
        "cannot add the rule 101: from 10.1.0.0/16 to 10.2.0.0/16 iif inside fwmark 0x4d4d lookup 500"
    )
    assert "EEXIST" in rule
    assert route.startswith("cannot remove the route to 10.9.0.0/16 in table 500: No such process (ESRCH)")
    assert link.startswith("cannot set the MTU of interface 999 to 1400: No such device (ENODEV)")
    assert "ENETUNREACH" in way
