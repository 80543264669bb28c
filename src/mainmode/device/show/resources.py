"""What a device tells of its hardware, its resources and its second unit, as far as it can be told of a program.

`show resource usage`, `show inventory` and `show failover` have the layout that public parsers read (ntc-templates).
What mainmode has nothing of is said so, in one sentence.
"""

from collections.abc import Callable, Mapping

from mainmode import __version__
from mainmode.device.connections import MOST_CONNECTIONS
from mainmode.device.line.declaration import Asked
from mainmode.device.show.layout import Column, Layout, fill, table, text
from mainmode.device.show.standing import Standing

_USAGE = (
    Column("Resource", 22),
    Column("Current", 16),
    Column("Peak", 11),
    Column("Limit", 14),
    Column("Denied ", 7),
    Column("Context", 0),
)
_NO_LIMIT, _SYSTEM = "unlimited", "System"

_INVENTORY: Layout = (
    'Name: "Chassis", DESCR: "mainmode virtual firewall, in the language of a Cisco ASA {release}"',
    "PID: mainmode          , VID: {version}     , SN:",
)

ABSENT: Mapping[str, str] = {
    "arp": "neighbours are the host's to know, or the lab's",
    "cpu usage [detailed]": "what its process takes of a processor is the host's to tell",
    "module [all]": "a program has no slots",
    "license [all]": "nothing of it needs a license",
    "environment": "a program has no fans, and no temperature",
    "bgp summary": "routes are those of the configuration, no routing protocol is spoken",
    "ospf {neighbor|interface brief}": "routes are those of the configuration, no routing protocol is spoken",
    "port-channel summary": "interfaces are those of the host",
}
"""What a device shows and mainmode has nothing of, and why."""


def resource_usage(standing: Standing) -> str:
    """`show resource usage`: now, at most at once, the bound, and how often it refused something."""
    sessions, ike = standing.session_counts, standing.ike_statistics
    rows: list[tuple[str, int, int, int | str, int]] = [
        ("Conns", len(standing.connections), standing.most_connections, standing.processes * MOST_CONNECTIONS, 0),
        ("Other VPN Sessions", sessions.active, sessions.peak, _NO_LIMIT, 0),
        (
            "IKEv1 in-negotiation",
            ike.in_negotiation,
            ike.in_negotiation_highwater,
            standing.most_negotiations,
            ike.in_negotiation_rejected,
        ),
    ]
    return text(table(_USAGE, [(*map(str, row), _SYSTEM) for row in rows]))


def failover() -> str:
    """`show failover`."""
    return text(["Failover Off "])


def inventory(standing: Standing) -> str:
    """`show inventory`."""
    return text(fill(_INVENTORY, {"release": standing.release.value, "version": __version__}))


def absent(why: str) -> Callable[[Standing, Asked], str]:
    """What says that there is nothing of the kind."""
    return lambda *_: text([f"ERROR: mainmode has nothing of the kind: {why}"])
