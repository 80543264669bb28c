"""A hub and branches on one net, each in a network namespace. Needs root.

    172.20.N.1 branch N 10.9.0.(100+N) --- switch --- 10.9.0.1 hub 192.168.9.1

The network behind a gateway is a link without anybody; `management-access` lets the gateway's own address answer.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from firewall import Policy, Tunnel
from lan import run
from strongswan import KEY

INSIDE = "192.168.9.1"
"""The hub's address inside."""
NETWORK = "192.168.9.0/24"


@dataclass(frozen=True)
class Branch:
    """One branch, or the hub. `inside` is its address in its own network."""

    namespace: str
    outside: str
    inside: str
    network: str

    def ping(self, destination: str, count: int = 2) -> int:
        """How many of so many pings from its address inside were answered."""
        options = ("-n", "-c", str(count), "-i", "0.2", "-W", "8", "-I", self.inside)
        told = run("ip", "netns", "exec", self.namespace, "ping", *options, destination, check=False, timeout=60)
        return told.count("bytes from")


@dataclass(frozen=True)
class Hub:
    """The hub with its branches."""

    centre: Branch
    branches: Sequence[Branch]

    def config(self, **changes: object) -> str:
        """The hub's configuration: one entry for each branch, `changes` in its tunnels."""
        tunnels = [Tunnel(one.outside, NETWORK, one.network).but(**changes) for one in self.branches]
        return config(self.centre, tunnels)


def dynamic(here: Branch) -> str:
    """The hub's configuration where no branch has a line: whoever knows the key may come, from any address."""
    lines = [
        "crypto ipsec transform-set SET esp-aes esp-sha-hmac",
        "crypto dynamic-map ANY 10 set transform-set SET",
        "crypto map OUTSIDE 65535 ipsec-isakmp dynamic ANY",
        "tunnel-group DefaultL2LGroup ipsec-attributes",
        f" pre-shared-key {KEY}",
    ]
    return config(here, [], "\n".join(lines) + "\n")


def config(here: Branch, tunnels: Sequence[Tunnel], more: str = "") -> str:
    """The configuration of one of them."""
    lines = [
        "hostname hub",
        "interface GigabitEthernet0/0",
        " nameif outside",
        " security-level 0",
        f" ip address {here.outside} 255.255.255.0",
        "interface GigabitEthernet0/1",
        " nameif inside",
        " security-level 100",
        f" ip address {here.inside} 255.255.255.0",
        "management-access inside",
        "route outside 0.0.0.0 0.0.0.0 10.9.0.254 1",
    ]
    for number, tunnel in enumerate(tunnels, 1):
        lines += tunnel.lines(number)
    lines += ["crypto map OUTSIDE interface outside", "crypto isakmp enable outside"]
    lines += Policy(group=2, hash="sha").lines(1)
    return "\n".join(lines) + "\n" + more


def back(branch: Branch, centre: Branch) -> Tunnel:
    """The tunnel as the branch sees it."""
    return Tunnel(centre.outside, branch.network, NETWORK)


@contextmanager
def hub(tag: str, branches: int) -> Iterator[Hub]:
    """The net, gone at the end."""
    name = f"{tag}{os.getpid()}"
    switch = f"{name}sw"
    ends = [Branch(f"{name}h", "10.9.0.1", INSIDE, NETWORK)]
    ends += [
        Branch(f"{name}b{n}", f"10.9.0.{100 + n}", f"172.20.{n}.1", f"172.20.{n}.0/24") for n in range(1, branches + 1)
    ]
    try:
        _namespace(switch)
        _in(switch, "ip", "link", "add", "br0", "type", "bridge")
        _in(switch, "ip", "link", "set", "br0", "up")
        for number, end in enumerate(ends):
            _namespace(end.namespace)
            port = f"p{number}"
            run(
                "ip",
                "link",
                "add",
                port,
                "netns",
                switch,
                "type",
                "veth",
                "peer",
                "name",
                "out",
                "netns",
                end.namespace,
            )
            _in(switch, "ip", "link", "set", port, "master", "br0", "up")
            _in(end.namespace, "ip", "address", "add", f"{end.outside}/24", "dev", "out")
            _in(end.namespace, "ip", "link", "set", "out", "up")
            _in(end.namespace, "ip", "route", "add", "default", "via", "10.9.0.254", "dev", "out", "onlink")
            _in(end.namespace, "ip", "link", "add", "in", "type", "veth", "peer", "name", "far")
            _in(end.namespace, "ip", "link", "set", "far", "up")
            _in(end.namespace, "ip", "address", "add", f"{end.inside}/24", "dev", "in")
            _in(end.namespace, "ip", "link", "set", "in", "up")
        yield Hub(ends[0], ends[1:])
    finally:
        for namespace in (switch, *(end.namespace for end in ends)):
            run("ip", "netns", "delete", namespace, check=False)


def _namespace(name: str) -> None:
    run("ip", "netns", "add", name)
    _in(name, "ip", "link", "set", "lo", "up")


def _in(namespace: str, *argv: str) -> None:
    run("ip", "netns", "exec", namespace, *argv)
