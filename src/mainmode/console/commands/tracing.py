"""`packet-tracer`."""

from typing import TYPE_CHECKING

from mainmode.base.instant import Instant
from mainmode.console.commands.handling import Handler
from mainmode.device.box import Box
from mainmode.device.decision import BoxEffect
from mainmode.device.line.declaration import Asked, Command, Surety, command
from mainmode.device.tracer.asking import SYNTAX, packet_tracer

if TYPE_CHECKING:
    from mainmode.console.session import Session


async def _trace(session: "Session", asked: Asked) -> str:
    said: list[str] = []

    def carried(box: Box, now: Instant) -> list[BoxEffect]:
        output, effects = packet_tracer(box, asked, now, session.firewall.captures)
        said.append(output)
        return list(effects)

    session.firewall.act(carried)
    return "".join(said)


TRACING: tuple[Command[Handler], ...] = (
    command(
        SYNTAX,
        _trace,
        "The way of a packet through the device, phase by phase; one that needs a tunnel begins its negotiation.",
        Surety.PARTLY,
        "Layout, phases and texts are those of public sessions. The lines of the crypto map under `Config:`, a phase "
        "CRYPTO-MAP where a packet leaves in clear, the sentences where one is dropped, the rows of `detailed` without "
        "addresses of the device's memory, and the elements of `xml` are ours. Phases of what mainmode has not (MAC "
        "access lists, IP options, inspection, QoS) are left out.",
        words={
            "packet-tracer": "Follow a packet through the device",
            "packet-tracer input": "By which interface it comes in",
            "NAMEIF": "The interface's name",
            "icmp": "A message of ICMP",
            "tcp": "A segment that opens a connection",
            "udp": "A datagram",
            "rawip": "Any other protocol",
            "HOST": "The address of its source or destination, or a name for it",
            "TCP-PORT": "A port, or its name",
            "UDP-PORT": "A port, or its name",
            "ICMP-TYPE": "The type of the message, or its name",
            "<0-255>": "The code of the message",
            "<0-65535>": "The identifier of an echo",
            "IP-PROTOCOL": "The protocol's number, or its name",
            "detailed": "With the rule found in each phase, and its hits",
            "xml": "As elements of XML",
        },
    ),
)
"""The command."""
