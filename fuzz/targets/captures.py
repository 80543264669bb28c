"""The readers of captures: a stranger's pcap or pcapng and key file, and all that is explained of them."""

import io
import struct
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from ipaddress import IPv4Address

from fuzz.grammar import CHOSEN, Chooser
from fuzz.target import BrokenError, Target
from fuzz.targets.logs import check

from mainmode.base.errors import InputError
from mainmode.base.secret import Secret
from mainmode.capture.keys import IKE_TABLE, read_ike_table
from mainmode.capture.pcapng import pcapng
from mainmode.capture.reading import is_capture, read
from mainmode.capture.secrets import NO_SECRETS, Secrets, secrets_of
from mainmode.device.config.reader import read as read_configuration
from mainmode.explain.explain import Order, explain
from mainmode.explain.reading import Source
from mainmode.lab.run import Order as RunOrder
from mainmode.lab.run import Result
from mainmode.lab.run import run as run_pair
from mainmode.ladder.transcript import Side
from mainmode.wire.ip import Ipv4, Udp

KEYED = b"\x04"
"""In front: a key file, up to another `KEYED`; a pre-shared key is given, too."""
PSK = Secret(b"cisco")
_LINKS = (1, 0, 9, 12, 14, 101, 104, 108, 113, 228, 229, 276, 147, 65535)
_MACS = bytes(12)
_FRONTS = {
    1: _MACS + b"\x08\x00",
    0: b"\x02\x00\x00\x00",
    9: b"\xff\x03\x00\x21",
    104: b"\x0f\x00\x08\x00",
    108: b"\x00\x00\x00\x02",
    113: bytes(14) + b"\x08\x00",
    276: b"\x08\x00" + bytes(18),
}
_TAGGED = (
    *(b"\x81\x00\x00\x01", b"\x88\xa8\x00\x01", b"\x88\x47\x00\x00\x01\x40"),
    b"\x88\x64\x11\x00\x00\x01\x00\x40\x00\x21",
)
_ENDS = (IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2"), IPv4Address("81.2.69.142"), IPv4Address("0.0.0.0"))
_PORTS = (500, 4500, 0, 53, 40_000)
_COOKIES = (bytes.fromhex("0102030405060708"), bytes.fromhex("a1a2a3a4a5a6a7a8"), bytes(8))
_EXCHANGES = (2, 4, 5, 32, 34, 35, 36, 37, 6, 0)
_MOST_FRAMES = 200


@cache
def played() -> tuple[Result, ...]:
    """The packaged pair, as it is, and with a key that is another one."""
    texts = [(files("mainmode.lab") / "examples" / f"asa{number}.cfg").read_text("utf-8") for number in (1, 2)]
    found = []
    for other in (texts[1], texts[1].replace("cisco", "other"), texts[1].replace("group 2", "group 5")):
        pair = {side: read_configuration(text, "t") for side, text in zip(Side, (texts[0], other), strict=True)}
        found.append(run_pair(RunOrder(pair, 1)))
    return tuple(found)


def parted(octets: bytes) -> tuple[bytes, Secrets]:
    """A capture, and what it is opened with. Raises InputError for a key file that is none."""
    if not octets.startswith(KEYED):
        return octets, NO_SECRETS
    keys, _, octets = octets[1:].partition(KEYED)
    return octets, secrets_of(read_ike_table(keys.decode("utf-8", "replace"), IKE_TABLE), PSK)


def run(octets: bytes) -> None:
    """Read it frame by frame, then explain it."""
    try:
        octets, secrets = parted(octets)
    except InputError as error:
        if not str(error).startswith(f"{IKE_TABLE}:"):
            raise BrokenError("an error without its place") from None
        return
    if octets.startswith(CHOSEN):
        octets = capture_of(Chooser(octets[1:]))
    _check_frames(octets)
    source = Source("-", io.BytesIO(octets))
    source.name = "stranger.pcap"
    if not is_capture(source.first_octets()):
        return
    found = explain(Order((source,), secrets=secrets))
    check(found, octets)
    if found.logs[0].lines > len(octets):
        raise BrokenError("more frames than octets")


def _check_frames(octets: bytes) -> None:
    """Numbers rise, nothing follows an end, and nothing is longer than what the file has."""
    number, held, ended = 0, 0, False
    for frame, _ in read(io.BytesIO(octets)):
        if ended:
            raise BrokenError("a frame behind the end")
        if frame is None:
            continue
        if frame.number <= number:
            raise BrokenError("frames are not numbered one after the other")
        number, held = frame.number, held + len(frame.octets)
    if held > len(octets):
        raise BrokenError("frames hold more octets than the file")


# --- captures that are chosen --------------------------------------------------------------------------------------


def capture_of(chooser: Chooser) -> bytes:
    """A file with a header that is right, and frames that are right down to where a choice says."""
    link, kind = chooser.of(_LINKS), chooser.octet()
    order = ">" if kind & 1 else "<"
    frames = list(_frames(link, chooser))
    if kind & 2:
        return _pcapng(link, order, frames, chooser)
    nano = bool(kind & 4)
    octets = struct.pack(f"{order}IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)
    for at, frame, kept in frames:
        octets += struct.pack(f"{order}IIII", 1_700_000_000 + at, at, kept & 0xFFFFFFFF, len(frame)) + frame
    return octets


def _pcapng(link: int, order: str, frames: list[tuple[int, bytes, int]], chooser: Chooser) -> bytes:
    options = b""
    if chooser.octet() & 1:
        options = struct.pack(f"{order}HH", 9, 1) + chooser.take(1).ljust(1, b"\x06") + bytes(3)
    octets = _block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)
    octets += _block(1, struct.pack(f"{order}HHI", link, 0, 0) + options, order)
    for number, (at, frame, kept) in enumerate(frames):
        body = frame + bytes(-len(frame) % 4)
        ticks = (1_700_000_000 + at) * 1_000_000
        head = struct.pack(f"{order}IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF, kept & 0xFFFFFFFF, len(frame))
        simple = struct.pack(f"{order}I", kept & 0xFFFFFFFF) + body
        octets += _block(6, head + body, order) if number % 5 else _block(3, simple, order)
    return octets


def _block(kind: int, body: bytes, order: str) -> bytes:
    length = struct.pack(f"{order}I", len(body) + 12)
    return struct.pack(f"{order}I", kind) + length + body + length


def _frames(link: int, chooser: Chooser) -> Iterator[tuple[int, bytes, int]]:
    """Seconds since the first frame, a frame, and how many octets the file says of it."""
    at = 0
    for _ in range(_MOST_FRAMES):
        if not chooser:
            return
        at += chooser.octet() % 60
        shape = chooser.octet()
        frame = _FRONTS.get(link, b"") + _packet(chooser)
        if shape < 30 and link in (1, 113):
            place = 12 if link == 1 else 14
            frame = frame[:place] + chooser.of(_TAGGED) + frame[place:]
        if shape >= 250:
            frame = frame[: chooser.octet()]
        yield at, frame, chooser.number(1 << 16) << chooser.octet() % 17 if shape == 249 else len(frame)


def _packet(chooser: Chooser) -> bytes:
    source, target = chooser.of(_ENDS), chooser.of(_ENDS)
    shape = chooser.octet()
    if shape < 8:
        return chooser.take(chooser.octet())
    if shape < 60:
        return Ipv4(source, target, 50, chooser.take(4) + chooser.take(8).rjust(20, b"\1")).encode()
    if shape < 80:
        quoted = Ipv4(target, source, chooser.of((17, 50, 1)), struct.pack(">HH", 500, 500) + bytes(4)).encode()
        error = bytes([chooser.of((3, 11, 5)), chooser.octet() % 14]) + bytes(6)
        return Ipv4(source, target, 1, error + quoted).encode()
    ports = (chooser.of(_PORTS), chooser.of(_PORTS)) if shape > 230 else (500, 500) if shape < 180 else (4500, 4500)
    message = _message(chooser)
    octets = (bytes(4) if 4500 in ports else b"") + message
    udp = Udp(*ports, octets).encode(source, target)
    if 100 <= shape < 110:
        cut = 8 * (chooser.octet() % 64)
        more, offset = bool(chooser.octet() & 1), 0 if chooser.octet() & 1 else cut // 8
        part = udp[:cut] if not offset else udp[cut:]
        return Ipv4(source, target, 17, part, 64, 7, 0, False, more, offset).encode()
    if 110 <= shape < 116:
        head = bytes([0x60, 0, 0, 0]) + len(udp).to_bytes(2) + bytes([17, 64])
        return head + bytes(15) + b"\1" + bytes(15) + b"\2" + udp
    return Ipv4(source, target, 17, udp).encode()


def _message(chooser: Chooser) -> bytes:
    """A message of the lab, changed at a few places; or a header of any exchange with payloads of any octets."""
    shape = chooser.octet()
    if shape < 150:
        octets = bytearray(chooser.of(_datagrams()))
        for _ in range(chooser.octet() % 4):
            octets[chooser.number(len(octets))] = chooser.octet()
        return bytes(octets)
    exchange = chooser.of(_EXCHANGES)
    body = b""
    first = chooser.octet()
    for _ in range(chooser.octet() % 6):
        content = chooser.take(chooser.octet() % 40)
        length = len(content) + 4 if chooser.often(245) else chooser.number(1 << 16)
        body += bytes([chooser.octet() % 24 if chooser.often() else chooser.octet(), 0]) + length.to_bytes(2) + content
    version = 0x20 if exchange >= 34 else 0x10
    identifier = chooser.take(4).ljust(4, b"\0") if exchange in (5, 6, 32) else bytes(4)
    head = chooser.of(_COOKIES) + chooser.of(_COOKIES) + bytes([first, version, exchange, chooser.octet() & 3])
    return head + identifier + (28 + len(body)).to_bytes(4) + body


@cache
def _datagrams() -> tuple[bytes, ...]:
    """The messages of the lab's runs."""
    found = []
    for result in played():
        for one in result.packets:
            if one.packet[9] == 17 and one.packet[20:22] == b"\x01\xf4":
                found.append(one.packet[28:])
    return tuple(dict.fromkeys(found))


def seeds() -> Iterable[bytes]:
    """The lab's runs with and without their keys, in both formats, on every link; choices; what is cut."""
    for result in played():
        whole = pcapng("mainmode", result.interfaces, result.packets)
        keys = result.keys[IKE_TABLE].encode()
        yield whole
        yield KEYED + keys + KEYED + whole
        yield whole[: len(whole) // 2]
    packets = [one.packet for one in played()[0].packets]
    for link in _LINKS:
        frames = [_FRONTS.get(link, b"") + packet for packet in packets[:9]]
        octets = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)
        yield octets + b"".join(struct.pack("<IIII", 1, 2, len(one), len(one)) + one for one in frames)
    for link in range(len(_LINKS)):
        for kind in range(4):
            choices = b"".join(bytes([1, 99, 0, 1, shape, 1, shape, 1, 5, 6, 7, 8, 9]) for shape in range(9, 256, 12))
            yield CHOSEN + bytes([link, kind]) + choices
    yield KEYED + b"# a comment\n0102030405060708,00112233445566778899aabbccddeeff\n" + KEYED
    yield KEYED + b"not a key" + KEYED


def words() -> Iterable[bytes]:
    """Magic numbers and headers."""
    fronts = (*_FRONTS.values(), *_TAGGED, *_COOKIES)
    magic = (b"\xd4\xc3\xb2\xa1", b"\x0a\x0d\x0d\x0a", b"\x4d\x3c\x2b\x1a")
    return [*fronts, *magic, b"\x01\xf4\x01\xf4", b"\x11\x94\x11\x94"]


TARGET = Target(
    name="captures",
    about="a capture file, behind octet 1 chosen frames, behind octet 4 with a key file",
    modules=("mainmode.capture", "mainmode.explain.captured", "mainmode.explain.packets", "mainmode.wire"),
    seeds=seeds,
    run=run,
    pause=2.0,
    longest=16_384,
    words=words,
)
