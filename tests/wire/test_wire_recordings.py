"""Datagrams of strangers, recorded, read and written again."""

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainmode.wire.describe import describe
from mainmode.wire.message import HEADER_LENGTH, read_header, read_message
from mainmode.wire.natt import IkeDatagram, classify
from mainmode.wire.payloads import SecurityAssociation

RECORDED = sorted((Path(__file__).parent / "data").glob("*.txt"))
CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
"""More recordings, read where they are at hand."""


def recorded_lines() -> list[tuple[str, bytes, str]]:
    """Recording, ISAKMP datagram, and the payload types that tshark shows."""
    lines = []
    for path in RECORDED:
        for line in path.read_text().splitlines():
            if not line.startswith("#"):
                datagram, types = line.split()
                lines.append((path.stem, bytes.fromhex(datagram), types))
    return lines


def captured_datagrams(path: Path) -> Iterator[bytes]:
    """ISAKMP datagrams of a little-endian pcap file with Ethernet frames, without the non-ESP marker."""
    octets = path.read_bytes()
    place = 24
    while place < len(octets):
        size = struct.unpack_from("<I", octets, place + 8)[0]
        packet = octets[place + 16 + 14 : place + 16 + size]
        place += 16 + size
        if packet[0] != 0x45 or packet[9] != 17:
            continue
        ports = struct.unpack_from(">HH", packet, 20)
        datagram = packet[28 : 20 + struct.unpack_from(">H", packet, 24)[0]]
        if 4500 not in ports:
            yield datagram
        elif isinstance(found := classify(datagram), IkeDatagram):
            yield found.octets


def types_of(datagram: bytes) -> str:
    """Our reading in the same form as the recordings': `1,2,3,13`, `-` for an encrypted message."""
    if read_header(datagram).encrypted:
        return "-"
    types: list[int] = []
    for payload in read_message(datagram).payloads:
        types.append(payload.type)
        if isinstance(payload, SecurityAssociation):
            for proposal in payload.proposals:
                types += [2, *[3] * len(proposal.transforms)]
    return ",".join(str(int(kind)) for kind in types)


def assert_read_and_written(datagram: bytes) -> None:
    """The datagram, or the header of an encrypted one, comes out of our writer as it came in."""
    header = read_header(datagram)
    if header.encrypted:
        assert header.encode() == datagram[:HEADER_LENGTH]
    else:
        message = read_message(datagram)
        assert message.encode() == datagram
        assert message.length == len(datagram)
        assert len(describe(message)) == len(message.payloads)


def test_there_are_recordings() -> None:
    assert len(RECORDED) == 3
    assert len(recorded_lines()) == 28


@pytest.mark.parametrize(("name", "datagram", "types"), recorded_lines())
def test_a_recorded_datagram_is_read_as_tshark_reads_it_and_written_as_it_was(
    name: str, datagram: bytes, types: str
) -> None:
    assert types_of(datagram) == types
    assert_read_and_written(datagram)


def test_every_capture_at_hand_is_read_and_written_as_it_was() -> None:
    for path in sorted(CORPUS.rglob("*.pcap")):
        datagrams = list(captured_datagrams(path))
        assert datagrams, path.parent.name
        for datagram in datagrams:
            assert_read_and_written(datagram)
