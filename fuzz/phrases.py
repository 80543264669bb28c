"""Lines of logs, chosen: every template that a dialect or our own device has, behind every kind of envelope."""

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from functools import cache

from fuzz.grammar import Chooser

from mainmode.catalogue import dialects
from mainmode.catalogue.entry import Kind
from mainmode.catalogue.lines import ALL
from mainmode.catalogue.phrasebook import Saying

_PART = re.compile(r"\{(\w+)\}")
_PEERS = (
    *("10.0.0.2", "10.0.0.1", "81.2.69.142", "93.184.1.7", "*", "gw.example.net", "2001:db8::1"),
    "<script>alert(1)</script>",
)
_CLOCKS = (
    *("Nov 30 10:38:29", "Nov 30 2024 10:38:30", "2024-11-30T10:38:31.000001+01:00", "*Mar  1 00:42:09.431"),
    "Feb 30 25:61:61",
)
_VALUES = (
    *_PEERS,
    *("0", "1", "2", "14", "500", "4500", "28800", "0x1234abcd", "deadbeef", "C0FFEE01", "(none)", "outside", "vpn"),
    *("10.0.0.0/24", "10.0.0.0-10.0.0.255", "192.168.1.0/255.255.255.0/0/0", "255.255.255.0", "MM_KEY_EXCH", "QM_IDLE"),
    *("MM_NO_STATE", "pre-shared key", "AES_CBC_256", "3DES", "SHA", "MD5", "Main Mode", "Quick Mode", "proposal"),
    *("ID_IPV4_ADDR", "vpn{1}", "'vpn'", "vpn[1]", "10.0.0.2[500]", '"conn" #1:', "yes", "no", "tunnel", "transport"),
    *("I", "R", "x y z"),
)
_HOSTS = ("fw", "router1", "10.0.0.1", "a" * 60)
_ASA, _IOS, _CHARON, _PLUTO = "asa", "ios", "charon", "pluto"
FRONTS: Mapping[str, tuple[str, ...]] = {
    _ASA: (
        "{clock} [IKEv1]: Group = {peer}, IP = {peer}, ",
        "{clock} [IKEv1 DEBUG]: IP = {peer}, ",
        "[IKEv1]Group = {peer}, Username = {word}, IP = {peer}, ",
        "<{word}>{clock} {host} : %ASA-5-713119: Group = {peer}, IP = {peer}, ",
        "{clock} {host} %ASA-7-711001: [IKEv1 DEBUG]: Group = {peer}, IP = {peer}, ",
        "{clock}: %PIX-4-402101: ",
        "",
    ),
    _IOS: (
        "{clock}: ISAKMP:({word}): ",
        "{clock}: ISAKMP:({word}:0:N/A:0):",
        "{clock}: IPSEC({word}): ",
        "{clock}: %CRYPTO-4-IKMP_NO_SA: ",
        "<189>{word}: {host}: {clock}: %CRYPTO-6-IKMP_MODE_FAILURE: ",
        "ISAKMP: ",
        "  ",
    ),
    _CHARON: (
        "{clock} {host} charon[{word}]: 07[IKE] <vpn|{word}> ",
        "{clock} {host} charon: 11[ENC] ",
        "12[NET] ",
        "<165>1 {clock} {host} charon {word} - - ",
        "",
    ),
    _PLUTO: (
        '{clock} {host} pluto[{word}]: "vpn" #{word}: ',
        '{clock}: "vpn/1x1"[1] {peer} #{word}: ',
        "{clock}: packet from {peer}:500: ",
        "| ",
        "",
    ),
}
_ANY = tuple(front for fronts in FRONTS.values() for front in fronts)


def _sayings() -> Iterator[tuple[str, str, Mapping[str, Kind]]]:
    seen = set()
    for found in pkgutil.iter_modules(dialects.__path__, f"{dialects.__name__}."):
        name = found.name.rpartition(".")[2].partition("_")[0]
        for value in vars(importlib.import_module(found.name)).values():
            for one in value if isinstance(value, tuple) else ():
                for template in one.templates if isinstance(one, Saying) else ():
                    if template not in seen:
                        seen.add(template)
                        yield name if name in FRONTS else _ASA, template, one.kinds


PHRASES: tuple[tuple[str, str, Mapping[str, Kind]], ...] = (
    *((_ASA, one.template, one.kinds) for one in ALL),
    *sorted(_sayings(), key=lambda one: one[:2]),
)
"""Whose they are, templates, and the kinds of their parts."""


def phrase(chooser: Chooser) -> str:
    """A line or a block that somebody says, with a front that may be another one's; or a few octets as they are."""
    if not chooser.often(250):
        return chooser.text()
    front = chooser.octet()
    name, template, kinds = PHRASES[chooser.number(len(PHRASES))]
    fronts = FRONTS[name] if front < 240 else _ANY
    front_text = _PART.sub(lambda part: _front(part[1], chooser), fronts[front % len(fronts)])
    body = _PART.sub(lambda part: _value(kinds[part[1]], chooser) if part[1] in kinds else part[0], template)
    return front_text + body


def _front(name: str, chooser: Chooser) -> str:
    if name == "word":
        return chooser.word()
    return chooser.of({"clock": _CLOCKS, "peer": _PEERS, "host": _HOSTS}[name])


@cache
def _fitting(pattern: str) -> tuple[str, ...]:
    """Of what stands in logs, all that such a part may be."""
    return tuple(one for one in _VALUES if re.fullmatch(pattern, one)) or ("0",)


def _value(kind: Kind, chooser: Chooser) -> str:
    if chooser.often(210):
        return kind.write(chooser.of(kind.examples)) if kind.examples else chooser.of(_fitting(kind.pattern))
    return chooser.of(_PEERS) if chooser.often(100) else chooser.word()


def openings() -> list[str]:
    """The first words of all templates."""
    return sorted({template.partition("{")[0][:40].strip() for _, template, _ in PHRASES})
