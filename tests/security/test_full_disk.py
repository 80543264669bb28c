"""Nothing can be written: the disk is full, the quota used up, the stream closed. What was whole stays so."""

import errno
import os
import resource
import select
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from mainmode.gateway import output
from mainmode.gateway.kept_file import KeptFile
from mainmode.gateway.output import LineWriter


def waited(said: Callable[[], bool]) -> bool:
    """Whether it comes true within a while."""
    for _ in range(1000):
        if said():
            return True
        threading.Event().wait(0.01)
    return False


class Disk:
    """A disk with so many octets left; `os.write` to the file of a test asks it."""

    def __init__(self, room: int, number: int) -> None:
        self.room, self.number, self.refused = room, number, 0
        self._write = os.write

    def write(self, descriptor: int, octets: bytes) -> int:
        if not self.room:
            self.refused += 1
            raise OSError(self.number, os.strerror(self.number))
        written = self._write(descriptor, octets[: self.room])
        self.room -= written
        return written


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG])
def test_lines_that_found_no_room_are_counted_and_the_next_ones_are_written_once_there_is_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    disk = Disk(len("one\ntwo\nthr"), number)
    monkeypatch.setattr(output.os, "write", disk.write)
    with (tmp_path / "log").open("w", encoding="utf-8") as stream:
        writer = LineWriter(stream, pause=0.01)
        for line in ("one", "two", "three", "four"):
            writer.write(line)
        writer.start()
        assert waited(lambda: disk.refused > 0)
        assert not writer.broken
        writer.write("five")
        assert waited(lambda: disk.refused > 3)
        disk.room = 10_000
        assert waited(lambda: "lost here" in (tmp_path / "log").read_text())
        writer.write("six")
        writer.close()
    lines = (tmp_path / "log").read_text().splitlines()
    assert lines[:3] == ["one", "two", "thr"]
    [lost] = [line for line in lines if "lost here" in line]
    assert lost == "… 3 lines were lost here: whoever reads them is too slow, or the disk was full"
    assert lines[-1] == "six"


def test_a_pipe_that_is_full_and_does_not_block_loses_no_line() -> None:
    reader, end = os.pipe()
    os.set_blocking(end, False)
    with os.fdopen(end, "w", encoding="utf-8") as stream:
        writer = LineWriter(stream, pause=0.01)
        writer.start()
        for number in range(20_000):
            writer.write(f"{number:020}")
        octets = b""
        while octets.count(b"\n") < 20_000 and select.select((reader,), (), (), 10)[0]:
            octets += os.read(reader, 65536)
        writer.close()
    os.close(reader)
    assert octets.splitlines() == [f"{number:020}".encode() for number in range(20_000)]


@pytest.mark.parametrize("number", [errno.EBADF, errno.EPIPE])
def test_a_stream_that_is_closed_for_good_is_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    disk = Disk(0, number)
    monkeypatch.setattr(output.os, "write", disk.write)
    with (tmp_path / "log").open("w", encoding="utf-8") as stream:
        writer = LineWriter(stream, pause=0.01)
        writer.start()
        writer.write("one")
        assert waited(lambda: writer.broken)
        writer.write("two")
        writer.close()
    assert disk.refused == 1


# --- files that are written whole or not at all ----------------------------------------------------------------------

ROOM = 8192
"""Octets: RLIMIT_FSIZE of the writer, which then has EFBIG, and leaves half a file where it is careless."""
OLD = b"old and whole\n"

WRITERS = {
    "write memory": """
from mainmode.gateway.kept_file import KeptFile
path.write_bytes(b"hostname old\\n")
def write():
    KeptFile(path, path.name, lambda: path.read_text()).write("hostname new\\n" * 5000, "hostname old\\n")
""",
    "pages and JSON of the command line": """
from mainmode.cli.files import write_file
def write():
    write_file(path, b"x" * 50_000)
""",
    "key files": """
from mainmode.cli.files import write_keys
path.unlink(); path.mkdir(mode=0o700); path = path / "table"; path.write_bytes(b"old and whole\\n")
def write():
    write_keys(path.parent, {"preferences": "", path.name: "k" * 50_000})
""",
    "a capture of the lab's console": """
from mainmode.console.commands.capturing import overwrite
def write():
    overwrite(path, b"x" * 50_000)
""",
}


def limited(program: str, place: Path, *arguments: object) -> list[str]:
    """What a program says that may write small files only."""
    return subprocess.run(
        [sys.executable, "-c", program, str(place), *map(str, arguments)],
        capture_output=True, text=True, check=True, timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM)),
    ).stdout.splitlines()  # fmt: skip


@pytest.mark.parametrize("what", WRITERS)
def test_half_a_file_never_takes_the_place_of_a_whole_one(tmp_path: Path, what: str) -> None:
    place = tmp_path / "it"
    place.write_bytes(OLD)
    program = (
        "import sys\nfrom pathlib import Path\nfrom mainmode.base.errors import InputError\n"
        f"path = Path(sys.argv[1])\n{WRITERS[what]}\n"
        "before = path.read_bytes()\n"
        "try:\n    write()\n    print('it was written')\nexcept (InputError, OSError) as error:\n    print(error)\n"
        "print(path.read_bytes() == before, sorted(one.name for one in path.parent.iterdir() if one.name[0] == '.'))\n"
    )
    told = limited(program, place)
    assert "File too large" in told[0]
    assert told[1] == "True []"


def test_what_a_killed_gateway_left_while_it_wrote_goes_with_the_next_writing(tmp_path: Path) -> None:
    place = tmp_path / "asa.cfg"
    place.write_text("hostname old\n")
    stale, fresh, other = (
        tmp_path / f".{name}" for name in ("asa.cfg.x.writing", "asa.cfg.y.writing", "b.cfg.x.writing")
    )
    for left in stale, fresh, other:
        left.write_text("pre-shared-key left-behind\n")
    for old in stale, other:
        os.utime(old, (0, 0))
    KeptFile(place, place.name, place.read_text).write("hostname new\n", "hostname old\n")
    assert place.read_text() == "hostname new\n"
    assert [left.exists() for left in (stale, fresh, other)] == [False, True, True]


CAPTURING = """
import sys
from mainmode.base.errors import InputError
from mainmode.cli.capture import _CaptureFile
file = _CaptureFile(sys.argv[1])
for number in range(50):
    file.add({"interface": "outside", "at": number, "inbound": True, "packet": "RQAA" * 250})
    try:
        if number % int(sys.argv[2]) == 0:
            file.flush()
    except InputError as error:
        print(file._in_file, error)
        break
"""


@pytest.mark.parametrize("at_once", [1, 7, 49])
def test_a_capture_on_a_full_disk_holds_whole_packets(tmp_path: Path, at_once: int) -> None:
    place = tmp_path / "it.pcapng"
    told = limited(CAPTURING, place, at_once)
    count, _, text = told[0].partition(" ")
    assert f"File too large; {count} packets stand in it; the gateway goes on" in text
    octets, at, packets = place.read_bytes(), 0, 0
    while at < len(octets):
        kind, length = (int.from_bytes(octets[at + part : at + part + 4], sys.byteorder) for part in (0, 4))
        assert octets[at + length - 4 : at + length] == octets[at + 4 : at + 8]
        packets += kind == 6
        at += length
    assert packets == int(count) > 0
    assert len(octets) + length > ROOM, "one more had room"
