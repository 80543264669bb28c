"""Packets that do not fit into the tunnel: what ESP adds, what the interface lets out, what TCP is told."""

from collections.abc import Iterator

from mainmode.check.cautions.declaration import Found, Look, Tunnel, Warned
from mainmode.device.settings import transform_words
from mainmode.ipsec.dataplane import EspSuite, Mode
from mainmode.ipsec.overhead import overhead
from mainmode.ladder.transcript import Blame, Side

_HEADERS = 40
"""Octets of IP and TCP before a segment."""
_USUAL_SEGMENT = 1460
"""The largest segment of a host on Ethernet."""


def _too_large(look: Look) -> Iterator[Found]:
    suites: dict[tuple[EspSuite, bool], list[Tunnel]] = {}
    for tunnel in look.tunnels:
        if tunnel.agreed.mode is Mode.TUNNEL:
            suites.setdefault((tunnel.agreed.suite, tunnel.agreed.encapsulated), []).append(tunnel)
    settings = {side: look.of(side).settings.tcpmss for side in Side}
    lowered = [one.value for one in settings.values() if one.value]
    packet = min((_USUAL_SEGMENT, *lowered)) + _HEADERS
    for (suite, encapsulated), tunnels in suites.items():
        added = overhead(suite, encapsulated)
        for side in Side:
            for interface in dict.fromkeys(end.interface for end in look.ends(side)):
                mtu = look.of(side).mtus[interface]
                room = mtu.value - added
                if packet <= room:
                    continue
                wrapped = f"{' '.join(transform_words(suite))}{' in UDP' if encapsulated else ''}"
                yield Found(
                    f"TCP segments of {packet - _HEADERS} octets do not fit into the tunnel on {look.name(side)}: "
                    f"packets of {packet} octets, {room} fit {interface}.",
                    f"{look.begun(tunnels)} agreed on {wrapped}, which adds up to {added} octets; the MTU of "
                    f"{interface} is {mtu.value}",
                    (
                        Blame(side, f"{mtu.value} octets", mtu.source),
                        *(
                            Blame(one, f"{setting.value} octets" if setting.value else "not lowered", setting.source)
                            for one, setting in settings.items()
                        ),
                    ),
                    f"Set sysopt connection tcpmss {room - _HEADERS} on one of the two sides.",
                )


SIZES = (
    Warned(
        "TOO_LARGE",
        "Full TCP segments do not fit into the tunnel",
        "the largest segment that the devices let hosts agree on, with its headers and what the agreed transform adds, "
        "is larger than the MTU of the outside interface",
        "Each full packet is cut in two, or refused where its DF bit is set: connections are slow, or hang where a "
        "filter drops the ICMP that tells of it.",
        _too_large,
    ),
)
