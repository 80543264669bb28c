"""Captures from strangers, beside what is fuzzed: lengths that lie; and that the fuzz target notices."""

import struct
import sys
import tracemalloc
from io import BufferedReader, BytesIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import pytest
from fuzz.grammar import CHOSEN, Chooser
from fuzz.target import BrokenError
from fuzz.targets import captures

from mainmode.capture import container
from mainmode.capture.frame import Flaw, Frame
from mainmode.capture.reading import read

PCAP = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 0xFFFFFFFF, 1)
NG = captures._block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1), "<")
LIES = {
    "frame": PCAP + struct.pack("<IIII", 1, 1, container.LARGEST_FRAME, 60) + bytes(60),
    "frame beyond bounds": PCAP + struct.pack("<IIII", 1, 1, 0x0FFFFFF0, 60) + bytes(60),
    "block": NG + struct.pack("<II", 6, container.LARGEST_BLOCK) + bytes(60),
    "block beyond bounds": NG + struct.pack("<II", 6, 0x0FFFFFF0) + bytes(60),
    "section": NG + struct.pack("<III", 0x0A0D0D0A, 0x0FFFFFFC, 0x1A2B3C4D) + bytes(60),
    "interfaces": NG + captures._block(1, struct.pack("<HHI", 1, 0, 0), "<") * 5000,
}


@pytest.mark.parametrize("lie", LIES)
def test_a_length_that_lies_ends_the_file_and_takes_no_memory(lie: str) -> None:
    tracemalloc.start()
    try:
        flaws = [seen for _, seen in read(BufferedReader(BytesIO(LIES[lie]))) if seen is not None]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(flaws[-1], Flaw)
    assert flaws[-1].ends
    assert peak < 20_000_000


def test_the_target_notices_a_frame_that_is_longer_than_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    captures.run(next(iter(captures.seeds())))
    monkeypatch.setattr(captures, "read", lambda stream: [(Frame(1, None, 1, bytes(4000)), None)])
    with pytest.raises(BrokenError, match="more octets than the file"):
        captures.run(LIES["frame"])


def test_the_target_notices_an_error_without_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    octets = captures.KEYED + b"no key" + captures.KEYED
    captures.run(octets)
    table = captures.read_ike_table
    monkeypatch.setattr(captures, "read_ike_table", lambda text, name: table(text, "elsewhere"))
    with pytest.raises(BrokenError, match="without its place"):
        captures.run(octets)


def test_choices_become_frames_that_are_read() -> None:
    octets = captures.capture_of(Chooser(bytes([0, 0]) + bytes([1, 99, 0, 1, 90, 0, 3]) * 5))
    numbers = [frame.number for frame, _ in read(BytesIO(octets)) if frame is not None]
    assert numbers == [*range(1, len(numbers) + 1)]
    assert len(numbers) > 2
    captures.run(CHOSEN + bytes([0, 2]) + bytes(40))
