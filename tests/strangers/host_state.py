"""What a gateway shows of itself and leaves at its host: its metrics, and rules, routes, links, sockets."""

import re
import sys
from collections.abc import Mapping

from lan import run

Metrics = Mapping[tuple[str, str], float]
"""Values by a metric's name and its labels as they are written, `reason="replay"`."""

_ASK = """\
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 60) as link:
    link.sendall(b"GET /metrics HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n")
    while octets := link.recv(65536):
        sys.stdout.buffer.write(octets)
"""


def metrics(namespace: str, port: int) -> Metrics:
    """What the gateway of a namespace serves at this port of its loopback."""
    told = run("ip", "netns", "exec", namespace, sys.executable, "-I", "-S", "-c", _ASK, str(port), timeout=90)
    found = re.findall(r"^(\w+)(?:\{(.*)\})? (\S+)\s*$", told, re.M)
    return {(name, labels): float(value) for name, labels, value in found}


def total(told: Metrics, name: str) -> int:
    """The sum of a metric over its labels; 0 for one that has labels and tells nothing yet."""
    return int(sum(value for (metric, _), value in told.items() if metric == name))


def traces_at(namespace: str) -> str:
    """What a gateway changes at its host: rules, routes, links, sockets, forwarding."""
    script = (
        "ip rule; ip -4 route show table all | grep -v dev.lo; ip -o link | sed 's/^[0-9]*: //; s/ .*//'; "
        "ss -Hlnup; ss -Hlntp; ss -Hlnpw; cat /proc/sys/net/ipv4/ip_forward"
    )
    return run("ip", "netns", "exec", namespace, "sh", "-c", script)
