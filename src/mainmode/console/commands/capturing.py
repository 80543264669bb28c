"""`capture`, `show capture`, `no capture`, `clear capture`, and `copy /pcap capture:NAME FILE`."""

import asyncio
import os
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING

from mainmode.base.errors import InputError
from mainmode.base.provenance import Default
from mainmode.console.commands.handling import Handler
from mainmode.device.captures.keeping import MOST_CAPTURES, USUAL_BUFFER, Capture, Captures, Type, Wanted
from mainmode.device.captures.printing import listed, packets_of, pcap
from mainmode.device.config.model import Ace, AclAddress, AnyAddress, Host, PortIs, Subnet
from mainmode.device.config.words import PROTOCOLS, TCP_PORTS, UDP_PORTS
from mainmode.device.line.declaration import Asked, Command, Surety, command
from mainmode.device.line.places import (
    ACCESS_LIST,
    ADDRESS,
    HOST,
    IP_PROTOCOL,
    NAMEIF,
    TCP_PORT,
    UDP_PORT,
    hosts,
    number_of,
)
from mainmode.device.show.drops import names

if TYPE_CHECKING:
    from mainmode.console.session import Session

_MOST_MATCHES = 3
_AT_ONCE = 500
"""Lines that are made before others on the loop have their turn."""
_OPERATORS = ("eq", "lt", "gt", "neq")
_OVERWRITE = "%Warning:There is a file already existing with this name\nDo you want to over write? [confirm]"
_CAPTURE, _FLASH = "capture:", ("disk0:", "flash:")


def _end(side: str) -> str:
    return f"{{any|host {side}={HOST}|{side}={ADDRESS} {side}-mask={ADDRESS}}}"


def _with_ports(place: str) -> str:
    source, target = (f"{_end(side)} [{{{'|'.join(_OPERATORS)}}} {side}-port={place}]" for side in ("source", "target"))
    return f"{source} {target}"


_MATCH = (
    f"match {{tcp {_with_ports(TCP_PORT)}|udp {_with_ports(UDP_PORT)}"
    f"|protocol={IP_PROTOCOL} {_end('source')} {_end('target')}}}"
)
_OPTIONS = (
    f"<<[type {{raw-data|isakmp|asp-drop {{all|reason=WORD}}}}] [access-list {ACCESS_LIST}] [buffer <1534-33554432>] "
    f"[packet-length <14-1522>] [interface {NAMEIF}] [circular-buffer] [{_MATCH}]>>"
)


# --- capture ----------------------------------------------------------------------------------------------------------


async def _capture(session: "Session", asked: Asked) -> str:
    captures = session.firewall.captures
    name = asked.get("NAME") or ""
    found = captures.find(name)
    if found is None and len(captures) >= MOST_CAPTURES:
        raise InputError(f"ERROR: there are {MOST_CAPTURES} captures already: no more are kept")
    before = found.wanted if found is not None else Wanted()
    if not captures:
        session.firewall.watch(captures)
    captures.set(name, _wanted(session, asked, before))
    return ""


def _wanted(session: "Session", asked: Asked, before: Wanted) -> Wanted:
    """The wishes of a line, added to those that stand already. Raises InputError for what cannot be wished."""
    wanted = before
    if "type" in asked:
        type_ = next(one for one in Type if one.value in asked)
        if type_ is not before.type:
            wanted = Wanted(type_)
        if type_ is Type.DROPS:
            wanted = replace(wanted, drop=_reason(asked.get("reason")))
    interface = asked.get(NAMEIF)
    if interface is not None:
        if wanted.type is Type.DROPS:
            raise InputError("ERROR: drops are not captured by interface")
        wanted = replace(wanted, interfaces=tuple(dict.fromkeys((*wanted.interfaces, interface))))
    if asked.get(ACCESS_LIST) is not None:
        wanted = replace(wanted, access_list=asked.get(ACCESS_LIST), matches=())
    if "match" in asked:
        match = _match(session, asked)
        if len(wanted.matches) >= _MOST_MATCHES and match not in wanted.matches:
            raise InputError(f"ERROR: a capture has at most {_MOST_MATCHES} matches: an access list has more room")
        wanted = replace(wanted, access_list=None, matches=tuple(dict.fromkeys((*wanted.matches, match))))
    buffer, length = asked.get("<1534-33554432>"), asked.get("<14-1522>")
    wanted = replace(wanted, buffer=int(buffer)) if buffer is not None else wanted
    wanted = replace(wanted, packet_length=int(length)) if length is not None else wanted
    return replace(wanted, circular=wanted.circular or "circular-buffer" in asked)


def _reason(name: str | None) -> str | None:
    if name is not None and name not in names():
        raise InputError(f"ERROR: {name} is no reason that is counted: {', '.join(names())}")
    return name


def _match(session: "Session", asked: Asked) -> Ace:
    """The entry of an access list that a match is."""
    words = asked.keywords[asked.keywords.index("match") + 1 :]
    table = TCP_PORTS if "tcp" in words else UDP_PORTS
    number = {"tcp": 6, "udp": 17}.get(words[0]) if words else None
    protocol = number_of(asked.get("protocol") or "ip", PROTOCOLS) if number is None else number
    operators = iter([word for word in words if word in _OPERATORS])
    ports = {
        side: PortIs(next(operators), number_of(port, table))
        for side in ("source", "target")
        if (port := asked.get(f"{side}-port")) is not None
    }
    file = session.firewall.box.configuration.file
    return Ace(
        "permit",
        protocol,
        _address(session, asked, "source"),
        _address(session, asked, "target"),
        Default(file, "match"),
        ports.get("source"),
        ports.get("target"),
    )


def _address(session: "Session", asked: Asked, side: str) -> AclAddress:
    word, mask = asked.get(side), asked.get(f"{side}-mask")
    if word is None:
        return AnyAddress("any")
    if mask is None:
        return Host(hosts(session.firewall.box.configuration).get(word) or IPv4Address(word))
    bits = int(IPv4Address(mask))
    if (bits | (bits - 1) & 0xFFFFFFFF) != 0xFFFFFFFF and bits:
        raise InputError(f"ERROR: {mask} is no network mask")
    address = IPv4Address(int(IPv4Address(word)) & bits)
    if bits == 0xFFFFFFFF:
        return Host(address)
    return AnyAddress("any") if not bits else Subnet(address, IPv4Address(mask))


# --- what was captured ------------------------------------------------------------------------------------------------


def _found(captures: Captures, name: str | None) -> Capture:
    found = captures.find(name or "")
    if found is None:
        raise InputError(f"ERROR: Capture <{name}> does not exist")
    return found


async def _show(session: "Session", asked: Asked) -> str:
    captures, name = session.firewall.captures, asked.get("NAME")
    if name is None:
        return listed(captures, session.firewall.box.configuration)
    count, only = asked.get("<1-100000>"), asked.get("number")
    rows = packets_of(
        _found(captures, name),
        count=int(count) if count is not None else None,
        only=int(only) if only is not None else None,
        detail="detail" in asked,
        dump="dump" in asked,
        decode="decode" in asked,
    )
    lines: list[str] = []
    for row in rows:
        lines.append(f"{row}\n")
        if len(lines) % _AT_ONCE == 0:
            await asyncio.sleep(0)
    return "".join(lines)


async def _remove(session: "Session", asked: Asked) -> str:
    captures = session.firewall.captures
    interface = asked.get(NAMEIF)
    if "/all" in asked:
        captures.remove_all()
    else:
        found = _found(captures, asked.get("NAME"))
        if interface is None:
            captures.remove(found.name)
        else:
            found.wanted = replace(
                found.wanted, interfaces=tuple(one for one in found.wanted.interfaces if one != interface)
            )
    if not captures:
        session.firewall.unwatch(captures)
    return ""


async def _clear(session: "Session", asked: Asked) -> str:
    captures = session.firewall.captures
    for one in tuple(captures) if "/all" in asked else (_found(captures, asked.get("NAME")),):
        one.clear()
    return ""


async def _copy(session: "Session", asked: Asked) -> str:
    """To a file of whoever sits at a lab; a device that others reach writes none for them."""
    source, target = asked.get("source") or "", asked.get("target")
    if not source.lower().startswith(_CAPTURE):
        raise InputError(f"ERROR: {source}: a capture is named {_CAPTURE}NAME")
    name = source[len(_CAPTURE) :].strip("/")
    capture = _found(session.firewall.captures, name)
    quiet = "/noconfirm" in asked
    if target is None:
        target = name if quiet else (await session.screen.ask(f"Destination filename [{name}]? ")).strip() or name
    file = Path(next((target[len(disk) :].strip("/") for disk in _FLASH if target.startswith(disk)), target))
    if session.firewall.lab is None or session.user.place != "console":
        raise InputError(f"%Error opening {target} (Permission denied)")
    octets = pcap(capture)
    if file.exists() and not quiet and not await session.screen.confirm(_OVERWRITE):
        return ""
    try:
        await asyncio.to_thread(overwrite, file, octets)
    except OSError as error:
        raise InputError(f"%Error opening {target} ({error.strerror})") from None
    return f"{len(capture.packets)} packets copied to {file}, {len(octets)} bytes\n"


def overwrite(file: Path, octets: bytes) -> None:
    """These octets in the place of what stands there, whole or not at all. Raises OSError."""
    if file.exists() and not file.is_file():
        file.write_bytes(octets)
        return
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with beside.open("xb") as stream:
            stream.write(octets)
        beside.replace(file.resolve() if file.is_symlink() else file)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


CAPTURING: tuple[Command[Handler], ...] = (
    command(
        f"capture NAME {_OPTIONS}",
        _capture,
        "Keep packets in a buffer: of an interface, of IKE (encrypted messages also in clear), or what is dropped. "
        "A further line with the same name adds to it.",
        Surety.PARTLY,
        f"A capture keeps {USUAL_BUFFER} octets, of each packet 1518 (of IKE all), until it is full; with "
        "`circular-buffer` the oldest go. A packet begins at its IPv4 header: there is no Ethernet. A match holds for "
        "both directions.",
        words={
            "capture": "Capture packets",
            "capture NAME": "The capture's name",
            "type": "What is captured",
            "raw-data": "Packets as they come and go",
            "type isakmp": "IKE, encrypted messages in clear, too",
            "asp-drop": "Packets that are dropped",
            "asp-drop all": "For whatever reason",
            "asp-drop WORD": "For this reason, as in show asp drop",
            "access-list": "Only what an access list permits",
            "access-list ACCESS-LIST": "The access list",
            "buffer": "How much is kept",
            "buffer <1534-33554432>": "Octets",
            "packet-length": "How much of each packet is kept",
            "packet-length <14-1522>": "Octets",
            "interface": "Where",
            "interface NAMEIF": "The interface's name",
            "circular-buffer": "The oldest packets make room for new ones",
            "match": "Only what fits, in either direction",
            "match tcp": "TCP",
            "match udp": "UDP",
            "match IP-PROTOCOL": "Any other protocol, or ip for all",
            "any": "Any address",
            "host": "One address",
            "host HOST": "The address, or a name for it",
            "A.B.C.D": "A network, then its mask",
            "eq": "The port",
            "lt": "Ports below",
            "gt": "Ports above",
            "neq": "All ports but one",
            "TCP-PORT": "A port, or its name",
            "UDP-PORT": "A port, or its name",
        },
    ),
    command(
        "show capture [NAME <<[decode] [detail] [dump] [count <1-100000>] [packet-number number=<1-100000>]>>]",
        _show,
        "The captures, or the packets of one.",
        Surety.PARTLY,
        "The list, the lines of TCP, UDP and echoes, and the reasons of drops are read; other lines, and what "
        "`detail`, `dump` and `decode` add, are ours. What came or went encrypted, and stands here in clear, is marked "
        "(decrypted).",
        words={
            "show capture": "Packets that were captured",
            "capture NAME": "The capture's name",
            "decode": "Messages of IKE payload by payload",
            "detail": "TTL, identification and DF of each packet",
            "dump": "The octets of each packet",
            "count": "Only so many packets",
            "count <1-100000>": "How many",
            "packet-number": "Only one packet",
            "packet-number <1-100000>": "Its number",
        },
    ),
    command(
        f"no capture {{/all|NAME [interface {NAMEIF}]}}",
        _remove,
        "Forget a capture, or leave one interface out of it.",
        Surety.ATTESTED,
        words={
            "no": "Undo",
            "no capture": "Forget captures",
            "/all": "All of them",
            "capture NAME": "The capture's name",
            "NAME interface": "Leave one interface out of it",
            "NAMEIF": "The interface's name",
        },
    ),
    command(
        "clear capture {/all|NAME}",
        _clear,
        "Forget the packets of a capture; it goes on.",
        Surety.ATTESTED,
        words={
            "clear": "Forget what was counted or stands",
            "clear capture": "Packets that were captured",
            "/all": "Of all captures",
            "capture NAME": "Of this one",
        },
    ),
    command(
        "copy [/noconfirm] /pcap [/noconfirm] source=WORD [target=WORD]",
        _copy,
        "Write a capture (`capture:NAME`) into a file, which Wireshark and tcpdump read.",
        Surety.PARTLY,
        "Into the file system of whoever runs a lab, at its console only. The questions are recalled.",
        words={
            "copy": "Copy a file",
            "/noconfirm": "Without questions",
            "/pcap": "As packets for a capture program",
            "/pcap WORD": "capture: and the capture's name",
            "WORD WORD": "The file's name",
        },
    ),
)
"""The commands of captures."""
