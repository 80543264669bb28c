"""Two of our gateways at two sites, with one tunnel between them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from firewall import Firewall, Tunnel, configuration, firewall
from lan import run
from sites import Site, Sites, sites


@contextmanager
def two_gateways(
    tag: str, folder: Path, more: str = "", options: tuple[str, ...] = ()
) -> Iterator[tuple[Sites, Firewall, Firewall]]:
    """A tunnel's two ends, both with `more` in their configurations; `options` of the command line for the first."""
    with sites(tag) as net:
        a = configuration(net.a, Tunnel.between(net.a, net.b), more=more)
        b = configuration(net.b, Tunnel.between(net.b, net.a), more=more)
        with (
            firewall(net.a.gateway, folder / "a", a, *options) as first,
            firewall(net.b.gateway, folder / "b", b) as second,
        ):
            yield net, first, second


def ping(source: Site, destination: Site, *options: str, count: int = 3, wait: int = 5) -> tuple[int, str]:
    """How many of some pings between the hosts were answered, and all that `ping` said."""
    argv = ("ping", "-n", "-c", str(count), "-i", "0.3", "-W", str(wait), *options, destination.address)
    told = run("ip", "netns", "exec", source.host, *argv, check=False, timeout=60 + wait)
    found = re.search(r"(\d+) received", told)
    return int(found[1]) if found else 0, told
