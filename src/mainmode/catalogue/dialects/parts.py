"""The parts of daemons' lines: addresses, identities, selectors. Read only: each is written as it was read."""

import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network
from typing import Any, NamedTuple

from mainmode.base.address import Proxy
from mainmode.catalogue.entry import Kind

_ADDRESS = r"[0-9A-Za-z.:%_<>{}*#@-]{1,64}"
"""Addresses are often masked by who shows a log: `x.x.x.x`, `<peer>`, `198.51.***.7`."""


def part(name: str, pattern: str, read: Callable[[str], Any] = str) -> Kind:
    """A kind that is read and never written."""
    return Kind(name, pattern, read, str, ())


class Spot(NamedTuple):
    """An address as printed and a port, 0 where none is said."""

    address: str
    port: int = 0


def spot(text: str) -> Spot:
    """`10.0.0.1[500]`, `10.0.0.1:500` or `10.0.0.1`; a colon of several belongs to an IPv6 address."""
    address, bracket, port = text.partition("[")
    if bracket:
        return Spot(address, int(port.removesuffix("]")))
    if text.count(":") == 1:
        address, _, port = text.partition(":")
        return Spot(address, int(port) if port.isdigit() else 0)
    return Spot(text)


ADDRESS = part("address", _ADDRESS)
SPOT = part("address and port", _ADDRESS + r"(?:\[[0-9]{1,5}\])?", spot)
"""The colon of `10.0.0.1:500` is among an address's characters."""
WORD = part("word", r"[^\s]{1,128}")
NUMBER = part("number", "[0-9]{1,20}", int)
HEX = part("hexadecimal number", "(?:0[xX])?[0-9A-Fa-f]{1,16}", lambda text: int(text, 16))
NAME = part("name", r"[^\s\"'\[\]{}]{1,128}")
QUOTED = part("text between quotes", r"[^\n']{0,256}")
LIST = part("list", r"[^\n]{0,6000}")
"""The rest of a line: one per template, at its end."""
ANY = part("anything", r"[^\n]{1,300}")
"""Anything short: at most two per template."""


def spi(text: str) -> str:
    """An SPI as facts spell it: eight digits, lower case."""
    return format(int(text, 16), "08x")


SPI = part("SPI", "(?:0[xX])?[0-9A-Fa-f]{1,8}", spi)

_SELECTOR = re.compile(
    r"(?P<first>[0-9]{1,3}(?:\.[0-9]{1,3}){3})(?:/(?P<length>[0-9]{1,2})|(?:\.\.|-)(?P<last>[0-9.]{7,15}))?"
    r"(?:\[(?P<protocol>[\w.-]{1,16})(?:/(?P<port>[\w.-]{1,32}))?\])?(?::(?P<number>[0-9]{1,3})/(?P<door>[0-9]{1,5}))?"
)
_PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17, "gre": 47, "esp": 50, "ah": 51}
_PORTS = {"domain": 53, "http": 80, "https": 443, "l2f": 1701, "l2tp": 1701, "ssh": 22, "bootps": 67, "isakmp": 500}


def selector(text: str) -> Proxy | None:
    """`10.1.0.0/16`, `10.1.0.5/32[udp/l2f]`, `10.1.0.5..10.1.0.9`, `10.1.0.0/16:6/80`; None for anything else.

    A mark behind it, as pfSense prints it (`10.1.0.0/16|/0`), is left out.
    """
    found = _SELECTOR.fullmatch(text.strip().partition("|")[0])
    if found is None:
        return None
    try:
        if found["last"]:
            first, last = IPv4Address(found["first"]), IPv4Address(found["last"])
        else:
            net = IPv4Network(f"{found['first']}/{found['length'] or 32}", strict=False)
            first, last = net.network_address, net.broadcast_address
    except ValueError:
        return None
    return Proxy(
        first,
        last,
        _value(found["protocol"] or found["number"], _PROTOCOLS),
        _value(found["port"] or found["door"], _PORTS),
    )


def _value(text: str | None, names: dict[str, int]) -> int:
    if text is None:
        return 0
    return int(text) if text.isdigit() else names.get(text.lower(), 0)


def first_selector(text: str) -> Proxy | None:
    """The first of a list of selectors, separated by blanks or commas."""
    words = text.replace(",", " ").split()
    return selector(words[0]) if words else None


SELECTORS = part("traffic selectors", r"[0-9A-Za-z.:/\[\]%|_,<>{}*#@ -]{1,512}", first_selector)


def identity_kind(value: str) -> str:
    """What an identity looks like: address, FQDN, user FQDN, DN, key id."""
    if re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f:]{0,39}::?[0-9A-Fa-f:]{0,39}", value):
        return "address"
    if "=" in value:
        return "DN"
    if "@" in value.lstrip("@"):
        return "user FQDN"
    return "FQDN"
