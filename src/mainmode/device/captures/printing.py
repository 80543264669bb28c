"""`show capture`: the list of captures, and the packets of one, in lines, octets and decoded messages.

The layout of the list and of the lines is that of public sessions. `decode` prints messages of IKE as mainmode decodes
them, which is ours. No key is ever among it.
"""

import struct
from collections.abc import Iterable, Iterator

from mainmode.base.codes import ExchangeType
from mainmode.base.decoded import Decoded
from mainmode.base.errors import WireError
from mainmode.device.captures.keeping import USUAL_BUFFER, USUAL_LENGTH, Capture, Kept, Type
from mainmode.device.captures.words import header_of, line_of
from mainmode.device.config.model import AccessList, Configuration
from mainmode.device.config.running import entry_text
from mainmode.device.show.layout import text
from mainmode.wire.describe import describe
from mainmode.wire.message import Header, read_header, read_message
from mainmode.wire.natt import NON_ESP_MARKER

_PCAP_MAGIC, _LINKTYPE_IPV4, _SNAP = 0xA1B2C3D4, 228, 65_535
_SECOND = 1_000_000
_IKE_PORTS = (500, 4500)
_IN_A_ROW = 16
_EXCHANGES = {
    ExchangeType.MAIN_MODE: "Identity Protection (Main Mode)", ExchangeType.AGGRESSIVE: "Aggressive Mode",
    ExchangeType.INFORMATIONAL: "Informational", ExchangeType.TRANSACTION: "Transaction",
    ExchangeType.QUICK_MODE: "Quick Mode",
}  # fmt: skip


def listed(captures: Iterable[Capture], configuration: Configuration) -> str:
    """`show capture`: each with what it captures, how many octets it holds, and its matches below it."""
    lines: list[str] = []
    for capture in captures:
        state = "Buffer Full" if capture.full and not capture.wanted.circular else "Capturing"
        lines.append(f"{head_of(capture)} [{state} - {capture.octets} bytes] ")
        lines += (f"  match {one}" for one in matches_of(capture, configuration))
    return text(lines)


def matches_of(capture: Capture, configuration: Configuration) -> list[str]:
    """What a capture matches, as an access list would write it: `ip host 10.1.1.1 any`."""
    matches = capture.wanted.matches
    if not matches:
        return []
    named = AccessList("NAME", matches[0].source, matches)
    return [entry_text(configuration, named, one).split(None, 4)[4].rstrip() for one in matches]


def head_of(capture: Capture) -> str:
    """What a capture captures, as a line that is typed."""
    wanted = capture.wanted
    parts = ["capture", capture.name, "type", wanted.type.value]
    if wanted.type is Type.DROPS:
        parts.append(wanted.drop or "all")
    if wanted.access_list is not None:
        parts += ["access-list", wanted.access_list]
    if wanted.buffer != USUAL_BUFFER:
        parts += ["buffer", str(wanted.buffer)]
    if wanted.packet_length not in (None, USUAL_LENGTH):
        parts += ["packet-length", str(wanted.packet_length)]
    for name in wanted.interfaces:
        parts += ["interface", name]
    if wanted.circular:
        parts.append("circular-buffer")
    return " ".join(parts)


def packets_of(
    capture: Capture, *, count: int | None = None, only: int | None = None, detail: bool = False, dump: bool = False,
    decode: bool = False,
) -> Iterator[str]:  # fmt: skip
    """`show capture NAME`, line by line: the packets, at most `count` of them, or the one with the number `only`."""
    kept = capture.packets
    first = 0 if only is None else only - 1
    shown = kept[first : None if only is None else only][:count]
    yield from ("", f"{len(kept)} packet{'' if len(kept) == 1 else 's'} captured", "")
    for number, one in enumerate(shown, first + 1):
        yield line_of(one, number, detail=detail)
        if decode:
            yield from _decoded(one)
        if dump:
            yield from _octets(one.packet)
    yield f"{len(shown)} packet{'' if len(shown) == 1 else 's'} shown"


def _octets(packet: bytes) -> Iterator[str]:
    """Sixteen octets in a line, and their letters."""
    for place in range(0, len(packet), _IN_A_ROW):
        row = packet[place : place + _IN_A_ROW]
        words = " ".join(row[at : at + 2].hex() for at in range(0, len(row), 2))
        letters = "".join(chr(octet) if 0x20 < octet < 0x7F else "." for octet in row)
        yield f"0x{place:04x}\t {words:<39}\t{letters}"


# --- decoded messages -------------------------------------------------------------------------------------------------


def _decoded(kept: Kept) -> Iterator[str]:
    """The message of IKE in a packet; nothing for other packets."""
    octets = message_in(kept.packet)
    if octets is None:
        return
    try:
        header = read_header(octets)
    except WireError as error:
        yield f"  no message of ISAKMP: {error}"
        return
    yield from _header(header)
    if header.encrypted:
        yield f"  {len(octets) - 28} octets encrypted"
        return
    try:
        trees = describe(read_message(octets, header))
    except WireError as error:
        yield f"  not decoded: {error}"
        return
    for tree in trees:
        yield from _tree(tree, 1)


def message_in(packet: bytes) -> bytes | None:
    """The message of IKE in a whole packet, its marker taken off; None where there is none."""
    found = header_of(packet)
    if found is None or found.protocol != 17 or found.fragment_offset or found.more_fragments:
        return None
    ports = int.from_bytes(found.payload[:2]), int.from_bytes(found.payload[2:4])
    datagram = found.payload[8:]
    if 4500 in ports:
        return datagram[len(NON_ESP_MARKER) :] if datagram.startswith(NON_ESP_MARKER) else None
    return datagram if set(ports) & set(_IKE_PORTS) else None


def _header(header: Header) -> Iterator[str]:
    yield "  ISAKMP Header"
    yield f"    Initiator COOKIE: {header.initiator_cookie.hex(' ')}"
    yield f"    Responder COOKIE: {header.responder_cookie.hex(' ')}"
    yield f"    Next Payload: {header.next_payload.name} ({int(header.next_payload)})"
    yield f"    Version: {header.version >> 4}.{header.version & 15}"
    yield f"    Exchange Type: {_EXCHANGES.get(header.exchange, header.exchange.name)}"
    yield f"    Flags: 0x{header.flags:02x}{' (encryption)' if header.encrypted else ''}"
    yield f"    MessageID: {header.message_id:08X}"
    yield f"    Length: {header.length}"


def _tree(piece: Decoded, depth: int) -> Iterator[str]:
    margin = "  " * depth
    yield f"{margin}{piece.name} ({piece.length} octets)"
    yield from (f"{margin}  {label}: {value}" for label, value in piece.fields)
    for inner in piece.children:
        yield from _tree(inner, depth + 1)


# --- for other programs -----------------------------------------------------------------------------------------------


def pcap(capture: Capture) -> bytes:
    """The packets as a capture file (draft-ietf-opsawg-pcap), each from its IPv4 header on."""
    records = [struct.pack("<IHHiIII", _PCAP_MAGIC, 2, 4, 0, 0, _SNAP, _LINKTYPE_IPV4)]
    for kept in capture.packets:
        seconds, micros = divmod(kept.at, _SECOND)
        records.append(struct.pack("<IIII", seconds & 0xFFFFFFFF, micros, len(kept.packet), kept.length))
        records.append(kept.packet)
    return b"".join(records)
