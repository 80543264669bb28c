"""`lab device`, `lab link`, `lab start`, `lab reset`: the lab's devices, the net between them, and its hosts."""

from collections.abc import Iterator
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from mainmode.base.errors import InputError
from mainmode.base.instant import SECOND, Span, between, seconds
from mainmode.console.commands.handling import Handler
from mainmode.console.commands.lab_time import lab_of, unhurried
from mainmode.device.line.declaration import Asked, Command, Level, Surety, command
from mainmode.lab.link import FORM, Link, read_link

if TYPE_CHECKING:
    from mainmode.console.lab.interesting import Sending
    from mainmode.console.lab.lab import Lab
    from mainmode.console.session import Session
    from mainmode.lab.inside import Flow

_USUAL = Link()
_REQUESTS = 5
_PATIENCE = seconds(2)

# --- devices -------------------------------------------------------------------------------------------------------


async def _devices(session: "Session", asked: Asked) -> str:
    lab = lab_of(session)
    here = lab.name_of(session.firewall)
    rows = [("", "device", "on the net", "inside", "")]
    for name, actor in lab.stage.actors.items():
        outside = ", ".join(f"{address} ({nameif})" for address, nameif in actor.outside.items()) or "none"
        box = lab.world.stations[name].box
        own = box.interfaces.values() if box is not None else ()
        inside = ", ".join(f"{view.network} ({view.name})" for view in own if view.name not in actor.outside.values())
        hostname = lab.hostname(name)
        called = name if hostname == name else f"{name} ({hostname})"
        rows.append(("*" if name == here else "", called, outside, inside or "none", "" if box is not None else "down"))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "".join(
        "  ".join((*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4])).rstrip() + "\n"
        for row in rows
    )


async def _sit_down(session: "Session", asked: Asked) -> str:
    session.move_to(lab_of(session).find(asked.get("device") or ""))
    return ""


# --- the net -------------------------------------------------------------------------------------------------------


async def _link(session: "Session", asked: Asked) -> str:
    """Show the links, or change those of all pairs, or that with one other device."""
    lab, words = lab_of(session), (asked.get("LINE…") or "").split()
    if not words:
        return "".join(f"{row}\n" for row in _links(lab))
    others = [name for name in lab.firewalls if name != lab.name_of(session.firewall)]
    towards = lab.find(words.pop(0)).name if "=" not in words[0] and words[0] != "usual" else None
    if towards is not None and towards not in others:
        raise InputError("a link leads from this device to another one")
    if not words:
        raise InputError(f"say what the link is to be: usual, or {FORM}")
    _set_link(lab, lab.name_of(session.firewall), towards, words)
    return "".join(f"{row}\n" for row in _links(lab))


def _set_link(lab: "Lab", name: str, towards: str | None, words: list[str]) -> None:
    """Raises InputError, with what a link can be, where the words describe none."""
    cloud = lab.stage.cloud
    usual = words == ["usual"]
    if towards is None:
        cloud.link = _USUAL if usual else read_link(",".join(words), "lab link", cloud.link)
        for source, target in _ways(lab):
            cloud.set_link(source, target, None)
        return
    for source, target in ((name, towards), (towards, name)):
        link = None if usual else read_link(",".join(words), "lab link", cloud.link_between(source, target))
        cloud.set_link(source, target, link)


def _ways(lab: "Lab") -> Iterator[tuple[str, str]]:
    return ((source, target) for source in lab.firewalls for target in lab.firewalls if source != target)


def _links(lab: "Lab") -> Iterator[str]:
    cloud = lab.stage.cloud
    yield f"every link: {_told(cloud.link)}"
    for source, target in _ways(lab):
        link = cloud.link_between(source, target)
        if link != cloud.link:
            yield f"{source} -> {target}: {_told(link)}"


def _told(link: Link) -> str:
    """What a link is like, in the words that set it."""
    parts = [f"delay={link.latency // 1000}ms"]
    if link.jitter:
        parts.append(f"jitter={link.jitter // 1000}ms")
    shares = (("loss", link.loss), ("duplicate", link.duplication), ("reorder", link.reordering))
    parts += [f"{name}={share * 100:g}%" for name, share in shares if share]
    if link.mtu is not None:
        parts.append(f"mtu={link.mtu}")
    if link.oversize is not _USUAL.oversize:
        parts.append(f"oversize={link.oversize.value}")
    parts += sorted(f"block={block.value}" for block in link.blocks)
    return " ".join(parts)


# --- hosts ---------------------------------------------------------------------------------------------------------


async def _start(session: "Session", asked: Asked) -> str:
    """Hosts send, and what came back is printed as the device's ping does."""
    from mainmode.console.lab.interesting import chosen, interesting

    lab = lab_of(session)
    unhurried(lab)
    name = lab.name_of(session.firewall)
    source, destination = asked.get("source"), asked.get("destination")
    if source is not None and destination is not None:
        ends = IPv4Address(source), IPv4Address(destination)
        series: tuple[Sending, ...] = (chosen(lab, name, *ends, _octets(asked)),)
    else:
        series = interesting(lab, name)
    count = int(asked.get("<1-1000>") or _REQUESTS)
    for sending in series:
        await _send(session, lab, sending, count)
    return ""


def _octets(asked: Asked) -> int:
    return int(asked.get("<36-18024>") or 0)


async def _send(session: "Session", lab: "Lab", sending: "Sending", count: int) -> None:
    """One series: a mark for each request, `!` answered, `.` not within two seconds; then how many were."""
    flow, trips, sent = sending.flow, [], 0
    session.screen.write(f"{sending.about}\n")
    try:
        while sent < count:
            trip = await _request(session, lab, flow)
            sent += 1
            trips += [trip] if trip is not None else []
            session.screen.write("." if trip is None else "!")
            if trip is not None and sent < count:
                await session.firewall.until(_never, Span(SECOND - min(trip, SECOND)))
    finally:
        least, most, mean = (f(trips) // 1000 if trips else 0 for f in (min, max, _mean))
        told = f", round trip {least}/{mean}/{most} ms" if trips else ""
        session.screen.write(f"\n{len(trips)} of {sent} answered{told}\n")


async def _request(session: "Session", lab: "Lab", flow: "Flow") -> Span | None:
    """One request; how long its answer took, None: none came in time."""
    lab.send(flow)
    number, at = flow.sent & 0xFFFF, lab.stage.now
    if await session.firewall.until(lambda: number not in flow.waiting, _PATIENCE):
        return between(at, flow.last_answered or at)
    return None


def _mean(spans: list[Span]) -> int:
    return sum(spans) // len(spans)


def _never() -> bool:
    return False


async def _reset(session: "Session", asked: Asked) -> str:
    lab = lab_of(session)
    if not await session.screen.confirm("Every device starts anew as the lab began; what was typed is lost [confirm] "):
        return ""
    lab.reset()
    return ""


_NOTE = "No command of the device: a lab has it, a gateway has not."
_WORDS = {
    "lab": "What only a lab can do",
    "lab device": "The devices of the lab, or sit down at another one",
    "device=WORD": "The device's name, or how it begins",
    "lab link": "The way between the devices: show it, or change it",
    "LINE…": "[DEVICE] usual, or delay=80ms loss=5% mtu=1400 block=esp …",
    "lab start": "Hosts send the traffic that asks for the tunnels of this device",
    "source=A.B.C.D": "The host that sends, behind a device of the lab",
    "destination=A.B.C.D": "The host that answers",
    "repeat": "How many requests: five, if nothing is said",
    "<1-1000>": "So many requests",
    "size": "The length of a packet",
    "<36-18024>": "Octets of a packet",
    "lab reset": "Every device starts anew, as the lab began",
}

LAB_NET: tuple[Command[Handler], ...] = (
    command("lab device", _devices, "The lab's devices and their networks.", Surety.OURS, _NOTE, words=_WORDS,
            level=Level.USER),
    command("lab device device=WORD", _sit_down, "Sit down at another device.", Surety.OURS, _NOTE, words=_WORDS,
            level=Level.USER),
    command("lab link", _link, "What the way between the devices is like.", Surety.OURS, _NOTE, words=_WORDS,
            level=Level.USER),
    command("lab link LINE…", _link, "Change it, for all or towards one device: loss, delay, MTU, filters.",
            Surety.OURS, f"{_NOTE} It takes {FORM}; `usual` undoes all.", words=_WORDS),
    command("lab start [source=A.B.C.D destination=A.B.C.D [size <36-18024>]] [repeat <1-1000>]", _start,
            "Hosts behind this device send what its crypto access lists protect, or one named host pings another.",
            Surety.OURS, _NOTE, words=_WORDS, level=Level.USER),
    command("lab reset", _reset, "Every device starts anew with the file that the lab began with; links are usual.",
            Surety.OURS, _NOTE, words=_WORDS),
)  # fmt: skip
"""The commands."""
