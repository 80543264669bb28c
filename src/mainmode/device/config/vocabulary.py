"""The kinds that declarations name, of one token mostly: names, keys, protocols, ports, dates, severities."""

import re
from collections.abc import Mapping
from datetime import datetime, time
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from types import MappingProxyType
from typing import Any

from mainmode.base.secret import Secret
from mainmode.device.config.kinds import (
    HIDDEN,
    HIDDEN_BEFORE_8_3,
    NETMASK,
    AddressKind,
    RestKind,
    Token,
    by_table,
    ipv4,
    keywords,
    mask,
    number,
    table,
)
from mainmode.device.config.model import USUAL_LOG_PORTS, LogTransport, Password, Release
from mainmode.device.config.parts import Kind, MismatchError, Spelling, Tokens
from mainmode.device.config.words import (
    DAYS,
    ICMP6_TYPES,
    ICMP_TYPES,
    LOG_LEVELS,
    MONTHS,
    PROTOCOLS,
    TCP_PORTS,
    TUNNEL_PROTOCOLS,
    UDP_PORTS,
)

_DURATION = re.compile(r"(\d{1,3}|1[01]\d\d):([0-5]?\d):([0-5]?\d)", re.ASCII)
_RANGE = re.compile(r"(\d+)-(\d+)(?:\|([a-z]+))?")


_TUNNEL_WORDS = {word.lower(): new for new, old in TUNNEL_PROTOCOLS.items() for word in (new, old)}


class TunnelProtocolKind:
    """A word of `vpn-tunnel-protocol`, spelled by release; the value is the later one."""

    label = "{" + "|".join(f"{old}|{new}" if old != new else new for new, old in TUNNEL_PROTOCOLS.items()) + "}"
    expected = ", ".join(TUNNEL_PROTOCOLS)
    secret = False
    starts = frozenset(_TUNNEL_WORDS)
    words = tuple(dict.fromkeys(word for pair in TUNNEL_PROTOCOLS.items() for word in pair))
    tells: Mapping[str, Release] = MappingProxyType(
        {
            **{new: Release.NEW for new, old in TUNNEL_PROTOCOLS.items() if new != old},
            **{old.lower(): Release.OLD for new, old in TUNNEL_PROTOCOLS.items() if new != old},
        }
    )

    def read(self, tokens: Tokens, at: int) -> tuple[Any, int]:
        """The protocol. Raises MismatchError."""
        value = _TUNNEL_WORDS.get(tokens.words[at].lower())
        if value is None:
            raise MismatchError(at, self.expected)
        return value, at + 1

    def write(self, value: Any, spelling: Spelling) -> str:
        """The word of the release."""
        return TUNNEL_PROTOCOLS[value] if spelling.release is Release.OLD else str(value)


class NatNameKind:
    """What twice NAT maps a source to: an object's name, `interface`, or the two words `interface ipv6`."""

    label = "MAPPED-SOURCE"
    expected = "an object or interface"
    secret = False
    starts = None
    words = ()
    phrases = (("interface", "ipv6"),)

    def read(self, tokens: Tokens, at: int) -> tuple[Any, int]:
        """The words."""
        pair = [word.lower() for word in tokens.words[at : at + 2]] == ["interface", "ipv6"]
        return ("interface ipv6", at + 2) if pair else (tokens.words[at], at + 1)

    def write(self, value: Any, spelling: Spelling) -> str:
        """The words."""
        return str(value)


class ServiceGroupKind:
    """The name of an object-group of ports that the listing has declared so far."""

    label = "NAME"
    expected = "an object-group of ports"
    secret = False
    starts = None
    words = ()

    def read(self, tokens: Tokens, at: int) -> tuple[Any, int]:
        """The name. Raises MismatchError."""
        if tokens.words[at] not in tokens.port_groups:
            raise MismatchError(at, self.expected)
        return tokens.words[at], at + 1

    def write(self, value: Any, spelling: Spelling) -> str:
        """The name."""
        return str(value)


def _only_protocol(name: str, value: int) -> Token:
    words = {name: value, str(value): value}
    return Token(name, name, *by_table(words, {name: value}), starts=frozenset(words), words=(name,))


def _only_protocols(name: str, *values: int) -> Token:
    words = {name: values, **({str(values[0]): values} if len(values) == 1 else {})}
    return Token(name, name, *by_table(words, {name: values}), starts=frozenset(words), words=(name,))


def _clock(text: str) -> time:
    hour, _, minute = text.partition(":")
    if not (hour.isdecimal() and minute.isdecimal() and hour.isascii() and minute.isascii() and len(minute) == 2):
        raise ValueError(text)
    return time(int(hour), int(minute))


def _duration(text: str) -> int:
    found = _DURATION.fullmatch("0:0:0" if text == "0" else text)
    if found is None:
        raise ValueError(text)
    hours, minutes, seconds = map(int, found.groups())
    return hours * 3600 + minutes * 60 + seconds


def _write_duration(value: Any) -> str:
    return f"{value // 3600}:{value // 60 % 60:02}:{value % 60:02}"


def _month(text: str) -> int:
    return next(number for number, name in enumerate(MONTHS, 1) if len(text) > 2 and name.startswith(text.lower()))


class MomentKind:
    """`HH:MM DAY MONTH YEAR`."""

    label = "HH:MM DAY MONTH YEAR"
    expected = "a time and a date such as 08:00 1 January 2026"
    secret = False
    starts = None
    words = ()
    places = ("HH:MM", "<1-31>", "MONTH", "YEAR")

    def begins(self, word: str) -> bool:
        """Whether the first of its words may be this one."""
        try:
            _clock(word)
        except ValueError:
            return False
        return True

    def read(self, tokens: Tokens, at: int) -> tuple[Any, int]:
        """The moment, without a zone. Raises MismatchError."""
        try:
            clock, day, month, year = tokens.words[at : at + 4]
            date = datetime(int(year), _month(month), int(day))
            return datetime.combine(date, _clock(clock)), at + 4
        except (ValueError, StopIteration):
            raise MismatchError(at, self.expected) from None

    def write(self, value: Any, spelling: Spelling) -> str:
        """As the device writes it."""
        return f"{value:%H:%M} {value.day} {MONTHS[value.month - 1].capitalize()} {value.year}"


def _message_span(text: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    span = int(first), int(last if dash else first)
    if not (text.isascii() and 100_000 <= span[0] <= span[1] <= 999_999):
        raise ValueError(text)
    return span


def _log_transport(text: str) -> LogTransport:
    protocol, slash, port = text.partition("/")
    named = {"6": "tcp", "17": "udp"}.get(protocol, protocol.lower())
    if named not in ("tcp", "udp"):
        raise ValueError(text)
    return LogTransport(named, number(1, 65535).reader(port) if slash else USUAL_LOG_PORTS[named])


def _level_or_list(text: str) -> int | str:
    return LOG_LEVELS[text.lower()] if text.lower() in LOG_LEVELS else int(text) if text in _LEVEL_DIGITS else text


def _write_level_or_list(value: Any) -> str:
    return str(_LEVEL.writer(value)) if isinstance(value, int) else str(value)


def _protocol(text: str) -> int:
    value = _PROTOCOL.reader(text)
    if value in (1, 6, 17):
        raise ValueError(text)
    return int(value)


def _write_protocol(value: Any) -> str:
    if not isinstance(value, int) or value in (1, 6, 17):
        raise ValueError(value)
    return str(_PROTOCOL.writer(value))


def _group_word(text: str) -> int:
    prefix, digits = text[:5].lower(), text[5:]
    if prefix != "group" or digits not in GROUPS:
        raise ValueError(text)
    return int(digits)


def _nat_pair(text: str) -> tuple[str, str]:
    found = re.fullmatch(r"\(([^(),]+),([^(),]+)\)", text)
    if found is None:
        raise ValueError(text)
    return found[1], found[2]


def _nat_interface(text: str) -> str:
    found = re.fullmatch(r"\(([^(),]+)\)", text)
    if found is None:
        raise ValueError(text)
    return found[1]


def _address_span(text: str) -> tuple[IPv4Address, IPv4Address]:
    first, dash, last = text.partition("-")
    if not dash:
        raise ValueError(text)
    return ipv4(first), ipv4(last)


def _write_span(span: Any) -> str:
    if not isinstance(span, tuple):
        raise ValueError(span)
    return f"{span[0]}-{span[1]}"


def _key(text: str) -> Secret | None:
    if len(text) > 128:
        raise ValueError
    return None if text in (HIDDEN, HIDDEN_BEFORE_8_3) else Secret(text.encode())


def _address_name(text: str) -> str:
    if text.lower() in _NO_NAMES or re.fullmatch(r"[A-Za-z][\w.-]{0,62}", text, re.ASCII) is None:
        raise ValueError(text)
    return text


def _hostname(text: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", text) is None:
        raise ValueError(text)
    return text


def _write_key(key: Secret | None) -> str:
    return HIDDEN if key is None else key.reveal().decode()


def _password(text: str) -> Password:
    if len(text) > 255:
        raise ValueError
    return Password(None if text.strip("*") == "" else Secret(text.encode()))


def _write_password(password: Password | None) -> str:
    return _write_key(password.text if password is not None else None)


def _ipv6_address(text: str) -> IPv6Address:
    if ":" not in text or "%" in text:
        raise ValueError(text)
    return IPv6Address(text)


def _ipv6_prefix(text: str) -> IPv6Network:
    if "/" not in text:
        raise ValueError(text)
    return IPv6Network(text)


def _write_name(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(value)
    return value


_PROTOCOL = table("PROTOCOL", "a protocol", PROTOCOLS, {"ipsec": 50, "pptp": 47}, 255)
_LEVEL = table("LEVEL", "a severity, 0 to 7 or by name", LOG_LEVELS, {}, 7)
_LEVEL_DIGITS = frozenset("01234567")
_DAYS = {word.lower(): word for word in DAYS}
_PORTS = {**UDP_PORTS, **TCP_PORTS}
_NO_NAMES = frozenset(
    ["any", "any4", "any6", "host", "interface", "object", "object-group", "subnet", "range", "fqdn", "standby"]
)
"""Words that stand where an address may, and so name none."""
GROUPS = ("1", "2", "5", "14", "15", "16", "19", "20", "21")
_KINDS: dict[str, Kind] = {
    "address": AddressKind(),
    "address-itself": AddressKind(named=False),
    "mask": Token("MASK", f"{NETMASK} (not a wildcard mask)", mask),
    "any-mask": Token("MASK", NETMASK, ipv4),
    "name": Token("", "a name", str, _write_name),
    "address-name": Token("NAME", "a name that begins with a letter", _address_name),
    "rest": RestKind(),
    "hostname": Token("NAME", "a hostname", _hostname, wording="ERROR: % Invalid Hostname"),
    "encrypted-key": Token("KEY", "an encrypted key", lambda text: None, secret=True),
    "key": Token("KEY", "a key of 1 to 128 characters", _key, _write_key, secret=True),
    "password": Token("PASSWORD", "a password", _password, _write_password, secret=True),
    "exec-authority": Token(
        "{LOCAL|authentication-server}",
        "LOCAL or authentication-server",
        *by_table(
            {"local": "LOCAL", "authentication-server": "authentication-server"},
            {"LOCAL": "LOCAL", "authentication-server": "authentication-server"},
        ),
        starts=frozenset({"local", "authentication-server"}),
        words=("LOCAL", "authentication-server"),
    ),
    "pfs-group": Token(
        "groupN",
        "group" + ", group".join(GROUPS),
        _group_word,
        lambda value: f"group{value}",
        starts=frozenset(f"group{one}" for one in GROUPS),
        words=tuple(f"group{one}" for one in GROUPS),
    ),
    "nat-pair": Token(
        "(REAL-IFC,MAPPED-IFC)",
        "(real interface,mapped interface)",
        _nat_pair,
        lambda pair: f"({pair[0]},{pair[1]})",
    ),
    "nat-interface": Token("(IFC)", "(interface)", _nat_interface, lambda name: f"({name})"),
    "address-span": Token("FIRST-LAST", "two addresses", _address_span, _write_span),
    "ipv6-address": Token("X:X::X", "an IPv6 address", _ipv6_address),
    "ipv6-prefix": Token("X:X::X/LEN", "an IPv6 prefix", _ipv6_prefix),
    "tcp": _only_protocol("tcp", 6),
    "udp": _only_protocol("udp", 17),
    "icmp": _only_protocol("icmp", 1),
    "sctp": _only_protocol("sctp", 132),
    "icmp6": _only_protocol("icmp6", 58),
    "only-tcp": _only_protocols("tcp", 6),
    "only-udp": _only_protocols("udp", 17),
    "only-tcp-udp": _only_protocols("tcp-udp", 6, 17),
    "only-sctp": _only_protocols("sctp", 132),
    "only-icmp": _only_protocols("icmp", 1),
    "only-icmp6": _only_protocols("icmp6", 58),
    "only-protocol": Token(
        "PROTOCOL",
        "a protocol by name or number",
        lambda text: (_PROTOCOL.reader(text),),
        lambda value: str(_PROTOCOL.writer(*value)) if len(value) == 1 else _PROTOCOL.writer(None),
        words=tuple(PROTOCOLS),
    ),
    "protocol": _PROTOCOL,
    "protocol-number": Token(
        "PROTOCOL",
        "a protocol by name or number",
        _protocol,
        _write_protocol,
        words=tuple(name for name, value in PROTOCOLS.items() if value not in (1, 6, 17)),
    ),
    "tcp-port": table("PORT", "a TCP port by name or number", TCP_PORTS, {}, 65535),
    "udp-port": table("PORT", "a UDP port by name or number", UDP_PORTS, {}, 65535),
    "any-port": table("PORT", "a TCP or UDP port by name or number", _PORTS, {}, 65535),
    "nat-name": NatNameKind(),
    "service-group": ServiceGroupKind(),
    "icmp6-type": table("ICMP6-TYPE", "an ICMPv6 type by name or number", ICMP6_TYPES, {}, 255),
    "tunnel-protocol": TunnelProtocolKind(),
    "moment": MomentKind(),
    "clock": Token("HH:MM", "a time such as 8:00", _clock, lambda value: f"{value.hour}:{value:%M}"),
    "duration": Token("H:MM:SS", "a time such as 1:00:00, or 0", _duration, _write_duration),
    "day": Token(
        "{" + "|".join(DAYS) + "}",
        "a day",
        *by_table(_DAYS, {word: word for word in DAYS}),
        starts=frozenset(_DAYS),
        words=DAYS,
    ),
    "log-level": _LEVEL,
    "level-or-list": Token(
        "{LEVEL | LIST}",
        "a severity or a logging list",
        _level_or_list,
        _write_level_or_list,
        words=tuple(LOG_LEVELS)[:8],
        yields=True,
    ),
    "message-span": Token(
        "ID[-ID]",
        "a message id, or two of them with a dash",
        _message_span,
        lambda span: str(span[0]) if span[0] == span[1] else f"{span[0]}-{span[1]}",
    ),
    "log-transport": Token(
        "{tcp|udp}[/PORT]", "tcp/PORT or udp/PORT", _log_transport, lambda one: f"{one.protocol}/{one.port}"
    ),
    "emblem": Token(
        "emblem",
        "emblem",
        lambda text: {"emblem": True}[text.lower()],
        lambda value: "emblem",
        starts=frozenset({"emblem"}),
        words=("emblem",),
    ),
    "icmp-type": table("ICMP-TYPE", "an ICMP type by name or number", ICMP_TYPES, {}, 255),
}


def kind_named(name: str) -> Kind:
    """The kind that a declaration names. Raises ValueError for an unknown one (a bug of ours)."""
    if name in _KINDS:
        return _KINDS[name]
    span = _RANGE.fullmatch(name)
    if span is not None:
        return number(int(span[1]), int(span[2]), span[3])
    if "|" not in name:
        raise ValueError(f"no kind called {name}")
    return keywords(*(word for word in name.split("|") if word))
