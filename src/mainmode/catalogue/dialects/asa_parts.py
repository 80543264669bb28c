"""The parts that ASA sayings have, by name: a part is always of the same kind, so a saying need not declare it.

An address that somebody masked before posting (`x.x.x.x`) is read as its text.
"""

import re
from ipaddress import AddressValueError, IPv4Address
from typing import Any

from mainmode.catalogue.entry import Certainty, Facts, Kind, Tells, teller
from mainmode.catalogue.facts import Fact
from mainmode.catalogue.kinds import PROXY, SERVICE_PROXY
from mainmode.catalogue.origins import RECALLED, Origin
from mainmode.catalogue.phrasebook import Saying

AFTER_GUIDE = Origin(Certainty.INFERRED, "recalled after the Cisco ASA syslog guide")
_PART = re.compile(r"\{(\w+)\}")
_DOTTED = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}"
_MASKED = r"N/A|[^\s,;:/()]{1,64}|[0-9A-Fa-f:.]{2,45}"


def _address(text: str) -> IPv4Address | str:
    try:
        return IPv4Address(text)
    except AddressValueError:
        return text


def _text(name: str, pattern: str, *examples: str) -> Kind:
    return Kind(name, pattern, str, str, examples)


def _number(name: str, pattern: str, base: int, *examples: int) -> Kind:
    write = str if base == 10 else hex
    return Kind(name, pattern, lambda text: int(text, base), write, examples)


HOST = Kind(
    "address, as printed or masked",
    f"{_DOTTED}|{_MASKED}",
    _address,
    str,
    (IPv4Address("10.0.0.2"), "x.x.x.x"),
)
NAME = _text("name", r"[^\s]{1,256}", "MAP")
WORDS = _text("words", r"[^\n]{0,1500}", "No reason")
_SPI = _number("SPI", r"(?:0[xX])?[0-9A-Fa-f]{1,8}", 16, 0xFD2D851F)
_HEX = _number("hexadecimal number", r"(?:0[xX])?[0-9A-Fa-f]{1,16}", 16, 0x2C44BAEC)
_NUMBER = _number("number", "[0-9]{1,20}", 10, 28800)
_ROLE = _text("role", "[Ii]nitiator|[Rr]esponder", "Initiator")
_HISTORY = Kind(
    "FSM history",
    r"\w{1,32}, ?\w{1,32}(?: ?-{1,2}> ?\w{1,32}, ?\w{1,32}){0,120}",
    lambda text: tuple(
        (state.strip(), event.strip())
        for state, _, event in (pair.partition(",") for pair in re.split(r"-{1,2}>", text))
    ),
    str,
    ((("MM_DONE", "EV_ERROR"), ("MM_WAIT_MSG2", "EV_TIMEOUT")),),
)


def _masked(kind: Kind, parts: int) -> Kind:
    """A proxy in slashes; one that is masked is its text."""

    def read(text: str) -> Any:
        try:
            return kind.read(text)
        except (ValueError, KeyError):
            return text

    pattern = kind.pattern + r"|[^\s/]{1,40}" + r"/[^\s/]{1,40}" * parts
    return Kind(f"{kind.name}, as printed or masked", pattern, read, kind.write, kind.examples)


MASKED_PROXY = _masked(PROXY, 3)
MASKED_SERVICE_PROXY = _masked(SERVICE_PROXY, 3)

PARTS: dict[str, Kind] = {
    **dict.fromkeys(("peer", "address", "local", "remote", "source", "destination", "mask", "first", "last"), HOST),
    **dict.fromkeys(("local_proxy", "remote_proxy"), MASKED_PROXY),
    **dict.fromkeys(("from_if", "to_if"), _text("interface", r"[^\s:]{1,64}", "outside")),
    **dict.fromkeys(("name", "map", "interface", "user", "group", "state", "event", "fsm"), NAME),
    **dict.fromkeys(("words", "reason", "more", "rest"), WORDS),
    **dict.fromkeys(("spi", "inbound", "outbound"), _SPI),
    **dict.fromkeys(("message_id", "handle", "flags", "cookie"), _HEX),
    **dict.fromkeys(
        ("number", "seconds", "kilobytes", "port", "other_port", "protocol", "count", "before", "after", "sequence"),
        _NUMBER,
    ),
    "role": _ROLE,
    "history": _HISTORY,
    "direction": _text("direction", "[Ii]nbound|[Oo]utbound", "inbound"),
    "algorithm": _text("algorithm", r"[A-Za-z0-9][A-Za-z0-9_ -]{0,40}", "3DES-CBC"),
    "vid": _text("vendor ID", r"[^\n]{1,120}", "DPD"),
    "version": _text("IKE version", "IKEv[12]|IKEv1/IKEv2", "IKEv2"),
}


def asa(name: str, *templates: str, origin: Origin = RECALLED, tells: Tells | Fact | Facts = ()) -> Saying:
    """Declare a saying of an ASA, PIX or FTD whose parts are those of this module."""
    kinds = {part: PARTS[part] for template in templates for part in _PART.findall(template)}
    return Saying(name, templates, origin, teller(tells), kinds)
