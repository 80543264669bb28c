"""`explain`: the last negotiation of the device, who said what in it, and why it ended as it did."""

import asyncio
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from mainmode.base.errors import InputError
from mainmode.base.instant import between
from mainmode.catalogue.envelope import clock, render
from mainmode.console.commands.handling import Handler
from mainmode.device.console import FORMS
from mainmode.device.line.declaration import Asked, Command, Surety, command
from mainmode.lab.lengths import length_text

if TYPE_CHECKING:
    from mainmode.console.lab.lab import Lab
    from mainmode.console.lab.negotiations import Negotiation
    from mainmode.console.session import Session

NARROWEST, WIDEST = 40, 160
"""Columns of what is laid out here, whatever the terminal says: programs ask for 511."""


def width_of(session: "Session") -> int:
    """The columns that a page may have."""
    return min(max(session.screen.settings.width, NARROWEST), WIDEST)


async def _explain(session: "Session", asked: Asked) -> str:
    """By both sides where the other device is in the lab, else by what this one said."""
    lab, brief = session.firewall.lab, "brief" in asked
    if lab is not None:
        name = lab.name_of(session.firewall)
        one = lab.negotiations.last(name, asked.address)
        if one is not None and one.other:
            try:
                return await _by_both(session, lab, one, brief)
            except InputError as error:
                session.screen.write(f"{error}\n")
        elif one is None:
            raise InputError(_nothing(asked.address, "`lab start` sends the traffic that asks for its tunnel"))
    return await _by_what_was_said(session, asked.address, brief)


def _nothing(peer: IPv4Address | None, advice: str) -> str:
    whom = f" with {peer}" if peer is not None else ""
    return f"this device has negotiated nothing{whom} since it started; {advice}"


async def _by_both(session: "Session", lab: "Lab", one: "Negotiation", brief: bool) -> str:
    from mainmode.console.lab.explained import explained
    from mainmode.ladder.text import text, verdict_text

    transcript = explained(lab, one)
    ago = length_text(between(one.started, lab.stage.now))
    begun = f"{lab.hostname(one.name)} with {lab.hostname(one.other)}, begun {ago} ago"
    width = width_of(session)
    front = f"{begun}\n{verdict_text(transcript, width)}"
    if brief:
        return front
    return f"{front}\n{await asyncio.to_thread(text, transcript, width, judged=False)}"


async def _by_what_was_said(session: "Session", peer: IPv4Address | None, brief: bool) -> str:
    from mainmode.explain.explain import Order, explain
    from mainmode.explain.faces.text import text
    from mainmode.explain.reading import of_text

    firewall = session.firewall
    configuration = firewall.box.configuration
    form = FORMS[configuration.release]
    lines = [render(said.line, form, clock(now)) for now, said in firewall.record]
    if firewall.box.missed is not None:
        first, last = map(clock, firewall.box.missed)
        session.screen.write(f"so much was negotiated at once that not all was kept, from {first} to {last}\n")
    if not lines:
        raise InputError(_nothing(peer, "traffic that matches a crypto access list asks for a tunnel"))
    source = of_text(f"what {firewall.box.hostname} said", "\n".join(lines) + "\n")
    order = Order((source,), (configuration, None), str(peer) if peer is not None else "")
    width, hint = width_of(session), "the ladder of one: explain A.B.C.D"
    return await asyncio.to_thread(lambda: text(explain(order), width, ladder=not brief, hint=hint))


EXPLAINING: tuple[Command[Handler], ...] = (
    command(
        "explain [A.B.C.D] [brief]",
        _explain,
        "The last negotiation: what was sent and said, how it ended, why, and the lines at fault.",
        Surety.OURS,
        "No command of the device. In a lab it sees both sides and the wire; else it goes by what the device said.",
        words={
            "explain": "Explain the last negotiation of this device",
            "A.B.C.D": "The last one with this peer",
            "brief": "The verdict alone, without the ladder",
        },
        filters=True,
    ),
)
"""The command."""
