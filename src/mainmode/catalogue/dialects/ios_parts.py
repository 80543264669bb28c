"""The parts of an IOS router's sayings, and where their wording comes from.

Templates are written without the punctuation at their end, which pasting and pings add to or take away: the reader
takes it off the text as well. Nothing here is ever printed, so the kinds have no examples.
"""

from collections.abc import Callable
from functools import partial
from ipaddress import IPv4Address
from typing import Any

from mainmode.base.address import Proxy
from mainmode.catalogue import spelling
from mainmode.catalogue.entry import Certainty, Kind
from mainmode.catalogue.facts import Suite
from mainmode.catalogue.origins import RECALLED, Origin
from mainmode.catalogue.phrasebook import says

SHOWN = Origin(Certainty.ATTESTED, "public debug listings of IOS 12.2T to 15.x and IOS-XE 16 to 17")
shown = partial(says, origin=SHOWN)
"""Declares a saying that public listings show."""
recalled = partial(says, origin=RECALLED)
"""Declares a saying that we recall."""


def _kind(name: str, pattern: str, read: Callable[[str], Any] = str) -> Kind:
    return Kind(name, pattern, read, str, ())


def _address(text: str) -> str:
    """The address as printed; nothing where somebody put a placeholder."""
    return "" if text.startswith("<") else text.rstrip(".:,;")


ADDRESS = _kind("address", r"[0-9A-Za-z][0-9A-Za-z.:*_-]{0,62}|<[^<>\n]{0,30}>", _address)
NUMBER = _kind("number", r"-?[0-9]{1,20}", int)
"""Message ids are printed signed by some releases and unsigned by others."""
MESSAGE_ID = _kind(
    "message id",
    r"-?[0-9]{1,12}|(?:0[xX])?[0-9A-Fa-f]{1,8}",
    lambda text: int(text, 10 if text.lstrip("-").isdecimal() else 16) & 0xFFFF_FFFF,
)
WORD = _kind("word", r"[^\s]{1,128}")
POINTER = _kind("object's address", r"(?:0[xX])?[0-9A-Fa-f]{1,16}")
PHRASE = _kind("words", r"[^\n]{0,512}", str.strip)
SPI = _kind(
    "SPI",
    r"0[xX][0-9A-Fa-f]{1,8}(?:\([0-9]{1,10}\))?|[0-9]{1,20}",
    lambda text: spi(text),
)
STATE = _kind("state", r"[.!]{0,8}[A-Z](?:[A-Z_ ]|[0-9](?![0-9])){0,47}", lambda text: text.strip(" .!"))
ROLE = _kind("role", r"[IRN?]")
QUOTED = _kind("quoted words", r"\"?[^\"\n]{0,128}\"?", lambda text: text.strip('" '))


def spi(text: str) -> str:
    """`0x5E39E570(1580852592)` or `1580852592` → `5e39e570`; nothing for 0 and for what is no SPI."""
    number = text.partition("(")[0].strip()
    value = int(number, 16 if number[:2] in ("0x", "0X") else 10)
    return f"{value:08x}" if 0 < value <= 0xFFFF_FFFF else ""


def octets(text: str) -> int:
    """`0x0 0x1 0x51 0x80` → 86400."""
    value = 0
    for one in text.split()[:8]:
        value = value << 8 | int(one, 16) & 0xFF
    return value


VPI = _kind("octets of a number", r"0[xX][0-9A-Fa-f]{1,2}(?: 0[xX][0-9A-Fa-f]{1,2}){0,7}", octets)


def proxy(text: str) -> Proxy | None:
    """`192.168.1.0/255.255.255.0/256/0`; 256 stands for any protocol. None for what is no IPv4 proxy."""
    pieces = text.strip().split("/")
    try:
        start, mask = IPv4Address(pieces[0]), int(IPv4Address(pieces[1]))
        protocol, port = int(pieces[2]) if len(pieces) > 2 else 0, int(pieces[3]) if len(pieces) > 3 else 0
    except (ValueError, IndexError):
        return None
    size = 0x1_0000_0000 - mask
    if size & (size - 1) or not 0 <= port <= 0xFFFF:
        return None
    first = IPv4Address(int(start) & mask)
    return Proxy(first, IPv4Address(int(first) + size - 1), protocol if protocol <= 255 else 0, port)


def suite(transform: str, bits: int | None = None) -> Suite:
    """A transform as `debug crypto ipsec` prints it: `esp-aes 256 esp-sha512-hmac (Tunnel)`."""
    words, _, mode = transform.replace("{", " ").replace("}", " ").partition("(")
    encryption = integrity = protocol = ""
    pieces = words.replace(",", " ").split()
    for number, piece in enumerate(pieces):
        name = piece.lower()
        if name.endswith("-hmac"):
            integrity = spelling.integrity(name.replace("ah-", "esp-", 1))
            protocol = protocol or ("AH" if name.startswith("ah-") else "ESP")
        elif name.startswith("esp-"):
            after = pieces[number + 1] if number + 1 < len(pieces) else ""
            size = int(after) if after in ("128", "192", "256") else bits or None
            encryption, protocol = spelling.encryption(name, size), "ESP"
    return Suite(encryption=encryption, integrity=integrity, mode=mode_of(mode), protocol=protocol)


def mode_of(text: str) -> str:
    """`Tunnel)`, `Transport UDP`, `Tunnel-UDP` → the names of `Suite.mode`."""
    words = text.lower()
    kind = "tunnel" if "tunnel" in words else "transport" if "transport" in words else ""
    return f"UDP {kind}" if kind and "udp" in words else kind
