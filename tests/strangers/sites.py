"""Two sites of a company in network namespaces: a host and a gateway each, and a provider's router between. Needs root.

    host a 192.168.1.10 - 192.168.1.1 gateway a 10.1.0.2 - router - 10.2.0.2 gateway b 172.16.1.1 - host b 172.16.1.10

Site b may have more networks, each with an outside address of its own: 172.16.N.0/24 behind 10.2.0.N+1. The router
may hide either gateway behind a public address (UDP ports changed; 500 and 4500 forwarded to it). Nothing leaves these.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lan import run


@dataclass(frozen=True)
class Site:
    """One end. `seen_as` is the address that the other end knows its gateway by."""

    gateway: str
    """The namespace of the gateway."""
    host: str
    """The namespace of the host behind it."""
    outside: str
    router: str
    seen_as: str
    networks: tuple[str, ...]
    """The networks inside, as 172.16.1: the gateway is .1 in each, the host .10."""

    @property
    def inside(self) -> str:
        """The gateway's address in the first network."""
        return f"{self.networks[0]}.1"

    @property
    def network(self) -> str:
        """The first network, as a prefix."""
        return f"{self.networks[0]}.0/24"

    @property
    def address(self) -> str:
        """The host's address in the first network."""
        return f"{self.networks[0]}.10"


@dataclass(frozen=True)
class Sites:
    """Both sites and the router between them."""

    a: Site
    b: Site
    router: str
    hidden: str
    """Which gateways the router hides: some of "ab"."""
    links: dict[str, str] = field(default_factory=dict)
    """The router's interface towards each gateway, by letter."""

    def other(self, site: Site) -> Site:
        """The end that `site` is not."""
        return self.b if site is self.a else self.a

    def translate(self, ports: str = "30000-39999") -> None:
        """The router's rules, made anew: which ports a hidden gateway's UDP comes from, where its 500 and 4500 go."""
        before, after = [], []
        for letter, site in (("a", self.a), ("b", self.b)):
            if letter in self.hidden:
                before += [f"ip daddr {site.seen_as} udp dport {{ 500, 4500 }} dnat to {site.outside}"]
                after += [
                    f"ip saddr {site.outside} ip protocol udp snat to {site.seen_as}:{ports}",
                    f"ip saddr {site.outside} snat to {site.seen_as}",
                ]
        self._nft(
            "table ip nat\ndelete table ip nat\n"
            "table ip nat {\n"
            "chain before {\n" + "\n".join(["type nat hook prerouting priority dstnat", *before]) + "\n}\n"
            "chain after {\n" + "\n".join(["type nat hook postrouting priority srcnat", *after]) + "\n}\n"
            "}\n"
        )

    def remap(self, ports: str) -> None:
        """The router forgets what it translated, and chooses from other ports from now on: a reboot of a NAT box."""
        self.translate(ports)
        run("ip", "netns", "exec", self.router, "conntrack", "--flush")

    def lose(self, one_in: int) -> None:
        """The router loses every n-th packet that it forwards; 0: none any more."""
        self._filter("loss", f"numgen inc mod {one_in} 0 drop" if one_in else "")

    def cut(self, letter: str) -> None:
        """The router brings nothing to that gateway and takes nothing from it; "": the cable is in place again."""
        link = self.links.get(letter)
        self._filter("cut", f"iifname {link} drop\noifname {link} drop" if link else "")

    def _filter(self, name: str, rules: str) -> None:
        self._nft(
            f"table ip {name}\ndelete table ip {name}\n"
            f"table ip {name} {{\nchain forward {{\ntype filter hook forward priority filter\n{rules}\n}}\n}}\n"
        )

    def _nft(self, rules: str) -> None:
        run("ip", "netns", "exec", self.router, "nft", "-f", "-", said=rules)


@contextmanager
def sites(tag: str, hidden: str = "", networks: int = 1) -> Iterator[Sites]:
    """The namespaces, gone again at the end. `hidden`: which gateways are behind NAT. `tag` keeps two apart."""
    prefix = f"mainmode-{os.getpid()}-{tag}-"
    both = Sites(
        a=Site(
            f"{prefix}gw-a",
            f"{prefix}host-a",
            "10.1.0.2",
            "10.1.0.1",
            "198.51.100.1" if "a" in hidden else "10.1.0.2",
            ("192.168.1",),
        ),
        b=Site(
            f"{prefix}gw-b",
            f"{prefix}host-b",
            "10.2.0.2",
            "10.2.0.1",
            "203.0.113.1" if "b" in hidden else "10.2.0.2",
            tuple(f"172.16.{number + 1}" for number in range(networks)),
        ),
        router=f"{prefix}router",
        hidden=hidden,
        links={"a": "to-a", "b": "to-b"},
    )
    names = [both.router, both.a.gateway, both.a.host, both.b.gateway, both.b.host]
    made: list[str] = []
    try:
        for name in names:
            run("ip", "netns", "add", name)
            made.append(name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        for letter, site in (("a", both.a), ("b", both.b)):
            _connect(both, letter, site)
        for name in (both.router, both.a.gateway, both.b.gateway):
            _forward(name)
        if hidden:
            both.translate()
        yield both
    finally:
        for name in made:
            run("ip", "netns", "delete", name, check=False)


def _connect(both: Sites, letter: str, site: Site) -> None:
    """A site's two links with their addresses and routes; outside, the reverse path is looked at."""
    _pair(both.router, both.links[letter], site.gateway, "outside")
    run("ip", "netns", "exec", site.gateway, "sysctl", "-q", "-w", "net.ipv4.conf.outside.rp_filter=1")
    _pair(site.gateway, "inside", site.host, "lan")
    _batch(both.router, f"address add {site.router}/24 dev {both.links[letter]}")
    if site.seen_as != site.outside:
        _batch(both.router, f"address add {site.seen_as}/32 dev lo")
    first = int(site.outside.rpartition(".")[2])
    outside = [f"{site.outside.rpartition('.')[0]}.{first + number}" for number in range(len(site.networks))]
    _batch(
        site.gateway,
        *(f"address add {address}/24 dev outside" for address in outside),
        *(f"address add {network}.1/24 dev inside" for network in site.networks),
        f"route add default via {site.router} src {site.outside}",
    )
    _batch(
        site.host,
        *(f"address add {network}.10/24 dev lan" for network in site.networks),
        f"route add default via {site.inside} src {site.address}",
    )


def _pair(here: str, name: str, there: str, other: str) -> None:
    run("ip", "link", "add", name, "netns", here, "type", "veth", "peer", "name", other, "netns", there)
    run("ip", "-n", here, "link", "set", name, "up")
    run("ip", "-n", there, "link", "set", other, "up")


def _batch(namespace: str, *commands: str) -> None:
    """Several `ip` commands at once."""
    run("ip", "-n", namespace, "-batch", "-", said="\n".join(commands) + "\n")


def _forward(namespace: str) -> None:
    """It forwards packets, and does not mind that what comes out of a tunnel comes by another interface."""
    settings = ("net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0")
    run("ip", "netns", "exec", namespace, "sysctl", "-q", "-w", *settings)


def pings(source: Site, destination: Site, count: int = 1, wait: int = 10, gap: float = 0.2) -> dict[str, int]:
    """How many of `count` pings were answered, by the destination's network: all networks of both sites at once."""
    pairs = [(here, there) for here in source.networks for there in destination.networks]
    script = "\n".join(
        f"ping -n -q -c {count} -i {gap} -W {wait} -I {here}.10 {there}.10 | sed 's/^/{here} {there} /' &"
        for here, there in pairs
    )
    told = run("ip", "netns", "exec", source.host, "sh", "-c", f"{script}\nwait", timeout=count * gap + wait + 30)
    answered = dict.fromkeys((there if len(source.networks) == 1 else here for here, there in pairs), 0)
    for here, there, received in re.findall(r"^(\S+) (\S+) .* (\d+) received", told, re.M):
        answered[there if len(source.networks) == 1 else here] += int(received)
    return answered


def written(folder: Path, name: str, text: str) -> Path:
    """A file in a folder, for a process that reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return folder / name
