"""The types of the parts: how each looks, is read and written. `read(write(value)) == value` for printable values.

Patterns never hold a run of blanks: the recogniser folds those to one blank before it matches.
"""

import re
from ipaddress import IPv4Address
from typing import Any

from mainmode.base.address import Proxy
from mainmode.catalogue.entry import Kind

_HIGHEST = 0xFFFF_FFFF
_DOTTED = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}"


def escape(text: str) -> str:
    """`text` with every unprintable character (line ends, ESC, bidirectional marks, …) as `\\x1b` or `\\u202e`.

    What a peer or a file put into a name can so never start a new line or talk to a terminal.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else _escaped(ord(one)) for one in text)


def _escaped(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _write_text(value: Any) -> str:
    return escape(str(value))


def _number(name: str, spelling: str, pattern: str, base: int, *examples: int) -> Kind:
    return Kind(name, pattern, lambda text: int(text, base), lambda value: format(value, spelling), examples)


def _hex(name: str, write: str, *examples: int, digits: int = 8) -> Kind:
    """`0x` and hexadecimal digits; `write` is the format of the digits."""
    return Kind(
        name,
        f"0[xX][0-9A-Fa-f]{{1,{digits}}}",
        lambda text: int(text, 16),
        lambda value: "0x" + format(value, write),
        examples,
    )


def _pointer(name: str, narrow: str) -> Kind:
    """An object's address: 8 digits on a 32-bit release, 16 lower case ones on a 64-bit release."""
    return Kind(
        name,
        "0[xX][0-9A-Fa-f]{1,16}",
        lambda text: int(text, 16),
        lambda value: "0x" + format(value, narrow if value <= _HIGHEST else "016x"),
        (0x53FC3C00, 0x0000_7FFF_3376_3A70, 0),
    )


NUMBER = _number("decimal number", "d", "[0-9]{1,20}", 10, 0, 1, 3060, 4608000)
SPI = _hex("SPI, lower case", "08x", 0xFD2D851F, 0x0000_1000)
SPI_OR_NUMBER = Kind(
    "SPI, in either notation",
    "0[xX][0-9A-Fa-f]{1,8}|[0-9]{1,10}",
    lambda text: int(text, 16 if text[:2] in ("0x", "0X") else 10),
    lambda value: f"0x{value:x}",
    (0xFD2D851F, 0x1000),
)
SPI_UPPER = _hex("SPI, upper case", "08X", 0xFD2D851F, 0x0000_1000)
HEX = _hex("hexadecimal number", "x", 0, 0x3012DBD, 0xFD2D851F)
HEX8_UPPER = _hex("32-bit word, upper case", "08X", 0, 0x000161A4, 0x53FC3AD8)
HEX8 = _hex("32-bit word", "08x", 0x0001C042, 0x2227AA60)
POINTER = _pointer("object address", "08x")
POINTER_UPPER = _pointer("object address, upper case", "08X")
MSGID = _number("message id, eight digits", "08x", "[0-9A-Fa-f]{1,8}", 16, 0x7B80C2B0, 0x52481CF5, 0x3012DBD)
MSGID_SHORT = _number("message id, no leading zeros", "x", "[0-9A-Fa-f]{1,8}", 16, 0, 0x7B80C2B0, 0x3012DBD)
WORD = _number("32-bit word without 0x", "08x", "[0-9A-Fa-f]{1,8}", 16, 0x53F11198, 0x20000001, 0xF6F)

NAME = Kind("name", r"[^\s]{1,256}", str, _write_text, ("MAP", "10.0.0.2", "DfltGrpPolicy", "outside_map-1"))
PHRASE = Kind(
    "words", r"[^\s][^\n]{0,255}", str, _write_text, ("Group 2", "AES-CBC", "Unknown (4711)", "Peer Terminate")
)
WITH_SERVICE = Kind("address and service", r"[^\s:]{1,256}", str, _write_text, ("10.0.0.2/22", "192.0.2.7/51022"))
ATTRIBUTE = Kind("attribute class", r"[^\s:][^:\n]{0,63}", str, _write_text, ("Group Description", "Hash Alg"))


IP_PROTOCOL_NAMES = {0: "ip", 1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 47: "gre", 50: "esp", 51: "ah", 89: "ospf"}
"""IP protocols that the device prints by name; 0 stands for any."""


def protocol_name(number: int) -> str:
    """`icmp`, or the number where the device has no name for it."""
    return IP_PROTOCOL_NAMES.get(number, str(number))


IPV4 = Kind(
    "IPv4 address",
    _DOTTED,
    IPv4Address,
    str,
    (IPv4Address("10.0.0.2"), IPv4Address("255.255.255.0"), IPv4Address(0), IPv4Address(_HIGHEST)),
)


def choice(name: str, *spellings: str) -> Kind:
    """One of a closed set of spellings; the value is the spelling itself. Writing another raises ValueError."""
    known = frozenset(spellings)

    def write(value: Any) -> str:
        if value not in known:
            raise ValueError(f"{value!r} is not a {name}")
        return str(value)

    longest_first = sorted(spellings, key=len, reverse=True)
    return Kind(name, "|".join(map(re.escape, longest_first)), str, write, spellings, spellings)


def truth(name: str, yes: str, no: str) -> Kind:
    """Two spellings of True and False. Blanks around a spelling are printed and not asked for when reading."""
    bare_yes, bare_no = yes.strip(), no.strip()
    return Kind(
        name,
        f"{re.escape(bare_yes)}|{re.escape(bare_no)}",
        lambda text: text == bare_yes,
        lambda value: yes if value else no,
        (True, False),
    )


TRUE_FALSE = truth("True or False", "True", "False")
TRUE_FALSE_LOWER = truth("true or false", "true", "false")
NAT_POSITION = truth("behind a NAT or not", " IS ", "is NOT")
ROLE = choice("role", "Initiator", "Responder")
DIRECTION = choice("direction", "inbound", "outbound")
DIRECTION_TITLE = choice("direction", "Inbound", "Outbound")
PERMITTED = choice("permitted or denied", "permitted", "denied")

NOTIFY_NAME = Kind(
    "notify's name", "[A-Z][A-Z0-9_]{0,63}", str, _write_text, ("INVALID_COOKIE", "NO_PROPOSAL_CHOSEN", "UNKNOWN_4711")
)

KEEPALIVE = "IOS KEEPALIVE (128)"
_CHAIN_MEMBER = re.compile(r"([A-Za-z][A-Za-z0-9_ -]*[A-Za-z0-9_]) ?\(([0-9]{1,3})\)")


def _write_chain(value: Any) -> str:
    """The device leaves out the blank before what follows its keepalive payload."""
    text = "HDR"
    before = ""
    for name in value:
        text += (" +" if before == KEEPALIVE else " + ") + name
        before = name
    return text + " + NONE (0)"


def _read_chain(text: str) -> tuple[str, ...]:
    names = []
    for member in text[3:].split("+")[1:]:
        found = _CHAIN_MEMBER.fullmatch(member.strip())
        if found is None:
            raise ValueError("not a payload chain")
        names.append(f"{found[1]} ({found[2]})")
    return tuple(names[:-1] if names and names[-1] == "NONE (0)" else names)


PAYLOADS = Kind(
    "payload chain, without HDR and NONE",
    r"HDR[A-Za-z0-9_ +()-]{0,2048}\)",
    _read_chain,
    _write_chain,
    (
        (),
        ("SA (1)", "VENDOR (13)", "VENDOR (13)"),
        ("KE (4)", "NONCE (10)", "VENDOR (13)", "NAT-D (130)", "NAT-D (130)"),
        ("ID (5)", "HASH (8)", KEEPALIVE, "VENDOR (13)"),
        ("HASH (8)", "SA (1)", "NONCE (10)", "ID (5)", "ID (5)", "NOTIFY (11)"),
        ("UNKNOWN_77 (77)",),
    ),
)


def _read_history(text: str) -> tuple[tuple[str, str], ...]:
    pairs = (pair.partition(", ") for pair in text.split("-->"))
    return tuple((state, event) for state, _, event in pairs)


FSM_HISTORY = Kind(
    "FSM history, newest first",
    r"\w{1,32}, \w{1,32}(?:-->\w{1,32}, \w{1,32}){0,63}",
    _read_history,
    lambda value: "-->".join(f"{state}, {event}" for state, event in value),
    (
        (("MM_DONE", "EV_ERROR"), ("MM_START", "EV_RCV_MSG"), ("MM_START", "EV_START_MM")),
        (("QM_DONE", "EV_ERROR"), ("QM_WAIT_MSG2", "EV_TIMEOUT"), ("QM_WAIT_MSG2", "NullEvent")),
    ),
)


def _proxy(first: str, second: str, protocol: str, port: str) -> Proxy:
    """From address and mask (or last address). Host bits under a mask are cut off."""
    start, end = IPv4Address(first), IPv4Address(second)
    size = 0x1_0000_0000 - int(end)
    if size & (size - 1) == 0:
        start = IPv4Address(int(start) & int(end))
        end = IPv4Address(int(start) + size - 1)
    return Proxy(start, end, int(protocol), int(port))


_PROXY_EXAMPLES = (
    Proxy.of("192.168.1.0/24", 1),
    Proxy.of("0.0.0.0/0"),
    Proxy.of("10.1.2.3", 6, 443),
    Proxy(IPv4Address("10.0.0.5"), IPv4Address("10.0.0.9"), 17, 53),
)

PROXY = Kind(
    "proxy: address/mask/protocol/port",
    f"{_DOTTED}/{_DOTTED}/[0-9]{{1,3}}/[0-9]{{1,5}}",
    lambda text: _proxy(*text.split("/")),
    lambda value: value.slashed(),
    _PROXY_EXAMPLES,
)


def _read_service_proxy(text: str) -> Proxy:
    first, second, protocol, port = text.split("/")
    numbers = {name: number for number, name in IP_PROTOCOL_NAMES.items()}
    number = numbers[protocol] if protocol in numbers else int(protocol)
    return _proxy(first, second, str(number), port)


SERVICE_PROXY = Kind(
    "proxy: address/mask/protocol by name/port",
    f"{_DOTTED}/{_DOTTED}/[0-9a-z]{{1,8}}/[0-9]{{1,5}}",
    _read_service_proxy,
    lambda value: "/".join((*value.slashed().split("/")[:2], protocol_name(value.protocol), str(value.port))),
    _PROXY_EXAMPLES,
)

_SPOKEN_PROXY = re.compile(
    r"\w+ (host|subnet|range): ([0-9.]+)(?: [Mm]ask ([0-9.]+)| - ([0-9.]+))? Protocol ([0-9]+) Port ([0-9]+)"
)


def _read_spoken_proxy(text: str) -> Proxy:
    found = _SPOKEN_PROXY.fullmatch(text)
    if found is None:
        raise ValueError("not a proxy identity")
    _, first, mask, last, protocol, port = found.groups()
    return _proxy(first, mask or last or "255.255.255.255", protocol, port)


def _spoken_proxy(side: str, gap: str, mask: str) -> Kind:
    """`Local subnet:  A  mask M Protocol p  Port n`, or the host and range forms of it."""

    def write(value: Any) -> str:
        tail = f"Protocol {value.protocol}  Port {value.port}"
        if value.is_host:
            return f"{side} host:{gap}{value.first}  {tail}"
        if value.mask is not None:
            return f"{side} subnet:{gap}{value.first}  {mask} {value.mask} {tail}"
        return f"{side} range:{gap}{value.first} - {value.last}  {tail}"

    return Kind(
        f"{side.lower()} proxy in words",
        f"{side} (?:host|subnet|range): {_DOTTED}(?: [Mm]ask {_DOTTED}| - {_DOTTED})? "
        "Protocol [0-9]{1,3} Port [0-9]{1,5}",
        _read_spoken_proxy,
        write,
        _PROXY_EXAMPLES,
    )


LOCAL_PROXY = _spoken_proxy("Local", "  ", "mask")
REMOTE_PROXY = _spoken_proxy("Remote", " ", "Mask")


def _read_duration(text: str) -> int:
    days, _, clock = text.rpartition("d ")
    hours, minutes, rest = clock.split(":")
    return ((int(days or 0) * 24 + int(hours[:-1])) * 60 + int(minutes[:-1])) * 60 + int(rest[:-1])


def _write_duration(value: Any) -> str:
    minutes, rest = divmod(int(value), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return (f"{days}d " if days else "") + f"{hours}h:{minutes:02d}m:{rest:02d}s"


DURATION = Kind(
    "duration",
    r"(?:[0-9]{1,6}d )?[0-9]{1,6}h:[0-9]{1,2}m:[0-9]{1,2}s",
    _read_duration,
    _write_duration,
    (0, 59, 3599, 86399, 93784),
)

DUMPED_OCTETS = 256
"""What a dump shows at most."""


def _write_dump(value: Any) -> str:
    lines = []
    for offset in range(0, min(len(value), DUMPED_OCTETS), 16):
        row = bytes(value[offset : offset + 16])
        words = " ".join(row[at : at + 4].hex().upper() for at in range(0, len(row), 4))
        shown = "".join(chr(octet) if 0x21 <= octet <= 0x7E else "." for octet in row)
        lines.append(f"{offset:04X}: {words:<35}     {shown}")
    return "\n".join(lines) or "(empty)"


def _read_dump(text: str) -> bytes:
    if text == "(empty)":
        return b""
    return b"".join(bytes.fromhex("".join(line.split(" ")[1:-1])) for line in text.split("\n"))


_DUMP_LINE = "[0-9A-F]{4}: [0-9A-F]{2,8}(?: [0-9A-F]{2,8}){0,3} [!-~]{1,16}"
DUMP = Kind(
    "octets, dumped",
    rf"\(empty\)|{_DUMP_LINE}(?:\n{_DUMP_LINE}){{0,15}}",
    _read_dump,
    _write_dump,
    (b"", bytes.fromhex("DDE5093180010001000200040000 0E10"), bytes(range(40)), b"  spaced  out 0E10"),
)
