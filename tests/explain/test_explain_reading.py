"""Logs from files of every packing and code, streaming."""

import bz2
import gzip
import io
import lzma
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_dialect import FakeDialect
from hypothesis import given
from hypothesis import strategies as st

from mainmode.explain.assembler import Assembler
from mainmode.explain.reading import CHUNK, MAX_LINE, Source, lines, unpacked

TEXT = "first line\nsecond – line\r\n\r\nfourth\n"
LINES = ["first line", "second – line", "", "fourth"]


def read(source: Source) -> list[str]:
    return [line for several in source.lines() for line in several]


@pytest.mark.parametrize(
    "packed",
    [
        lambda octets: octets,
        gzip.compress,
        lambda octets: gzip.compress(octets[:9]) + gzip.compress(octets[9:]),
        lambda octets: gzip.compress(octets) + b"\0" * 512,
        bz2.compress,
        lzma.compress,
    ],
)
def test_a_packed_file_is_read_like_a_plain_one(tmp_path: Path, packed: object) -> None:
    (tmp_path / "a.log").write_bytes(packed(TEXT.encode()))  # type: ignore[operator]
    assert read(Source(str(tmp_path / "a.log"))) == LINES


@pytest.mark.parametrize(
    "code", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"], ids=lambda code: code
)
def test_the_code_of_a_text_is_found(tmp_path: Path, code: str) -> None:
    (tmp_path / "a.log").write_bytes(TEXT.encode(code))
    assert read(Source(str(tmp_path / "a.log"))) == LINES


def test_what_is_cut_short_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = gzip.compress("".join(f"line {number}\n" for number in range(50_000)).encode())
    (tmp_path / "a.gz").write_bytes(whole[: len(whole) // 2])
    found = read(Source(str(tmp_path / "a.gz")))
    assert found[:2] == ["line 0", "line 1"]
    assert 1000 < len(found) < 50_000
    (tmp_path / "b.gz").write_bytes(whole[:100] + b"damage" * 50 + whole[400:])
    read(Source(str(tmp_path / "b.gz")))


def test_a_folder_is_one_log_in_the_order_of_time(tmp_path: Path) -> None:
    for name, text in (
        ("asa.log", "5"),
        ("asa.log.1", "4"),
        ("asa.log.10.gz", "2"),
        ("asa.log.2", "3"),
        ("asa.log-20200101", "1"),
        (".hidden", "no"),
    ):
        octets = f"{text}\n".encode()
        (tmp_path / name).write_bytes(gzip.compress(octets) if name.endswith("gz") else octets)
    (tmp_path / "folder").mkdir()
    source = Source(str(tmp_path))
    assert read(source) == ["1", "2", "3", "4", "5"]
    assert source.beginnings[0] == ("asa.log-20200101", 1)
    assert source.beginnings[-1] == ("asa.log", 5)


def test_standard_input_is_read_once_though_its_beginning_was_looked_at() -> None:
    source = Source("-", io.BytesIO(TEXT.encode()))
    assert source.first_octets(5) == b"first"
    assert read(source) == LINES


def test_progress_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"x\n" * CHUNK)
    told: list[tuple[int, int | None]] = []
    for _ in Source(str(tmp_path / "a.log")).lines(lambda done, total: told.append((done, total))):
        pass
    assert told == [(CHUNK, 2 * CHUNK), (2 * CHUNK, 2 * CHUNK)]
    told.clear()
    for _ in Source("-", io.BytesIO(b"abc")).lines(lambda done, total: told.append((done, total))):
        pass
    assert told == [(3, None)]


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(FileNotFoundError):
        read(Source("/nowhere/at/all.log"))


def test_a_bomb_goes_off_slowly() -> None:
    packed = gzip.compress(b"a" * (64 << 20))
    tracemalloc.start()
    try:
        longest = max(len(chunk) for chunk in unpacked(iter([packed])))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert longest <= CHUNK
    assert peak < 8 * CHUNK


def endless(count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield b"x" * CHUNK


def test_a_line_without_end_comes_in_parts() -> None:
    found = [line for several in lines(endless(20)) for line in several]
    assert sum(map(len, found)) == 20 * CHUNK
    assert max(map(len, found)) <= MAX_LINE + CHUNK


def test_the_memory_of_a_long_log_stays_flat() -> None:
    def peak(count: int) -> int:
        chunk = b"".join(b"@%d fw BOX<10.0.0.2> note a\nstrange %d\n" % (number, number) for number in range(4000))
        assembler = Assembler((FakeDialect(),))
        tracemalloc.start()
        try:
            for several in lines(iter([chunk] * count)):
                for _ in assembler.feed(several):
                    pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(12) < 1.2 * peak(4)


@given(st.lists(st.integers(1, 9), max_size=30), st.text("ab\r\n–", max_size=60))
def test_where_a_stream_is_cut_changes_nothing(sizes: list[int], text: str) -> None:
    octets = text.encode()
    cut, place = [], 0
    for size in [*sizes, len(octets)]:
        cut.append(octets[place : place + size])
        place += size
    once = [line for several in lines(iter([octets])) for line in several]
    assert [line for several in lines(iter([part for part in cut if part])) for line in several] == once
