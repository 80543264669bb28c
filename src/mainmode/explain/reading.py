"""Logs from files: the one module of this room that opens any. Everything flows; nothing is held whole.

A log is a file, a folder (its rotated files in the order of time, one after the other as one log) or standard input;
plain or packed with gzip, bzip2 or xz; UTF-8, UTF-16 or an old 8-bit code.
"""

import bz2
import codecs
import io
import lzma
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Protocol

CHUNK = 1 << 18
"""Octets read, and at most unpacked, at a time."""
MAX_LINE = 1 << 20
"""Characters of a line; the rest of a longer one counts as further lines."""
MAX_FILES = 4096

Progress = Callable[[int, int | None], None]
"""Told the octets read so far and those of the whole, None where nobody knows."""

_ROTATED = re.compile(
    r"^(?P<base>.+?)(?:[.-](?P<date>[0-9]{8}(?:[-_.]?[0-9]{2,6})?))?(?:\.(?P<number>[0-9]{1,4}))?(?:\.(?:gz|bz2|xz|log|old))*$"
)


class _Unpacker(Protocol):
    """What `bz2` and `lzma` give."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Gunzip:
    """gzip with the manners of the others."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(31)
        self._rest = b""

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._inflate.eof and not self._rest

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        found = self._inflate.decompress(self._rest + data, max(max_length, 0))
        self._rest = self._inflate.unconsumed_tail
        return found


_PACKED: tuple[tuple[bytes, Callable[[], _Unpacker]], ...] = (
    (b"\x1f\x8b\x08", _Gunzip),
    (b"BZh", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\x00", lzma.LZMADecompressor),
)


def unpacked(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The octets of a stream, unpacked where it is packed, member after member, at most `CHUNK` at a time.

    What is cut or damaged ends the stream where it breaks.
    """
    first = next(chunks, b"")
    while first and len(first) < 6:
        more = next(chunks, b"")
        if not more:
            break
        first += more
    make = next((make for magic, make in _PACKED if first.startswith(magic)), None)
    if make is None:
        if first:
            yield first
        yield from chunks
        return
    data, unpacker = first, make()
    try:
        while True:
            found = unpacker.decompress(data, CHUNK)
            if found:
                yield found
            if unpacker.eof:
                data = unpacker.unused_data or next(chunks, b"")
                data = data.lstrip(b"\x00")
                if not data:
                    return
                unpacker = make()
            else:
                data = next(chunks, b"") if unpacker.needs_input else b""
                if not data and unpacker.needs_input:
                    return
    except (zlib.error, OSError, lzma.LZMAError, EOFError):
        return


def lines(chunks: Iterator[bytes]) -> Iterator[list[str]]:
    """The lines of a text, many at a time, without their ends, whatever its code and line ends."""
    rest, pending = "", b""
    decode: Callable[[bytes, bool], str] | None = None
    for chunk in chunks:
        pending += chunk
        if decode is None:
            if len(pending) < 4:
                continue
            decode = _decoder(pending)
        text = rest + decode(pending, False)
        pending = b""
        found = _ended(text).split("\n")
        rest = found.pop()
        if len(rest) > MAX_LINE:
            found.append(rest)
            rest = ""
        if found:
            yield found
    text = rest + (decode or _decoder(pending))(pending, True)
    if text:
        found = _ended(text).split("\n")
        if not found[-1]:
            found.pop()
        yield found


def _ended(text: str) -> str:
    if "\r" not in text:
        return text
    while "\r\r" in text:
        text = text.replace("\r\r", "\r")
    held = text.endswith("\r")
    text = text[:-1] if held else text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text + "\r" if held else text


def _decoder(first: bytes) -> Callable[[bytes, bool], str]:
    """What decodes a stream that begins so. Octets that are no UTF-8 count as the old code of Western Windows."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if first.startswith(mark):
            return codecs.getincrementaldecoder(name)("mainmode-old").decode
    start = first[:64]
    for name, zeros, others in (("utf-16-le", start[1::2], start[::2]), ("utf-16-be", start[::2], start[1::2])):
        if zeros and zeros.count(0) * 5 >= len(zeros) * 4 and others.count(0) * 5 <= len(others):
            return codecs.getincrementaldecoder(name)("replace").decode
    return codecs.getincrementaldecoder("utf-8")("mainmode-old").decode


def _old(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError) and error.encoding.startswith("utf-8"):
        return error.object[error.start : error.end].decode("cp1252", "replace"), error.end
    return "\ufffd", getattr(error, "end", 0)


codecs.register_error("mainmode-old", _old)


def chunks_of(
    stream: BinaryIO, progress: Progress | None = None, total: int | None = None, done: int = 0
) -> Iterator[bytes]:
    """The octets of an open stream, as they come."""
    read = getattr(stream, "read1", stream.read)
    while chunk := read(CHUNK):
        done += len(chunk)
        if progress is not None:
            progress(done, total)
        yield chunk


def files_of(path: Path) -> list[Path]:
    """The files of a folder that a log may be in, the oldest first: `x.log.2.gz`, `x.log.1`, `x.log`.

    Hidden files and folders in it are left out.
    """
    found = [one for one in path.iterdir() if one.is_file() and not one.name.startswith(".")]
    return sorted(found, key=_age)[:MAX_FILES]


def _age(path: Path) -> tuple[str, int, str, int, str]:
    """Sorts rotated files: those with a date by it, those with a number from the highest, the bare one last."""
    parts = _ROTATED.match(path.name)
    if parts is None:
        return (path.name, 0, "", 0, "")
    base = parts["base"].removesuffix(".log").removesuffix(".old")
    if parts["date"]:
        return (base, 0, parts["date"], -int(parts["number"] or 0), path.name)
    if parts["number"] or path.name.endswith(".old"):
        return (base, 1, "", -int(parts["number"] or 1), path.name)
    return (base, 2, "", 0, path.name)


class _Stream(io.RawIOBase):
    """Octets that come in pieces, to be read like a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._rest = self._rest or next(self._chunks, b"")
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


class Source:
    """A log that is to be read: a file, a folder or `-` for standard input (see also `of_text`).

    `beginnings` tells, once read, with which line each file began. Raises OSError where it cannot be opened.
    """

    def __init__(self, name: str, standard_input: BinaryIO | None = None) -> None:
        self.name = name
        self._input = standard_input
        self.files = [] if name == "-" else files_of(Path(name)) if Path(name).is_dir() else [Path(name)]
        self.beginnings: list[tuple[str, int]] = []
        self._progress: Progress | None = None
        self._begun: Iterator[tuple[str, Iterator[bytes]]] | None = None
        self._first: tuple[str, Iterator[bytes]] | None = None
        self._head = b""

    def first_octets(self, count: int = 64) -> bytes:
        """How the first file of this source begins, unpacked. What is read for it is not read again."""
        if self._begun is None:
            self._begun = self._streams(self._progress_of)
            self._first = next(self._begun, None)
            if self._first is not None:
                name, chunks = self._first
                head = next(chunks, b"")
                self._first = (name, chain((head,), chunks))
                self._head = head
        return self._head[:count]

    def octets(self, progress: Progress | None = None) -> Iterator[bytes]:
        """All octets, unpacked, file after file. They come once."""
        for _, chunks in self._files(progress):
            yield from chunks

    def stream(self, progress: Progress | None = None) -> BinaryIO:
        """All octets, to be read like a file that cannot be wound back."""
        return io.BufferedReader(_Stream(self.octets(progress)))

    def lines(self, progress: Progress | None = None) -> Iterator[list[str]]:
        """All lines, many at a time. They come once."""
        number = 1
        for name, chunks in self._files(progress):
            self.beginnings.append((name, number))
            for several in lines(chunks):
                number += len(several)
                yield several

    def _files(self, progress: Progress | None) -> Iterator[tuple[str, Iterator[bytes]]]:
        self._progress = progress
        self.first_octets()
        if self._first is not None:
            yield self._first
        if self._begun is not None:
            yield from self._begun

    def _progress_of(self, done: int, total: int | None) -> None:
        if self._progress is not None:
            self._progress(done, total)

    def _streams(self, progress: Progress) -> Iterator[tuple[str, Iterator[bytes]]]:
        if not self.files:
            yield self.name, unpacked(chunks_of(self._input or sys.stdin.buffer, progress))
            return
        sizes = [file.stat().st_size for file in self.files]
        total, done = sum(sizes), 0
        for file, size in zip(self.files, sizes, strict=True):
            with file.open("rb") as stream:
                yield file.name, unpacked(chunks_of(stream, progress, total or None, done))
            done += size


def of_text(name: str, text: str) -> Source:
    """A log that is at hand already, with a name to be called by."""
    source = Source("-", io.BytesIO(text.encode()))
    source.name = name
    return source
