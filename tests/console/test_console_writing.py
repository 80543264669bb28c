"""Text to a descriptor that takes it slowly, or not at all."""

import asyncio
import os

import pytest

from mainmode.console.faces.writing import Writer


class Pipe:
    """A pipe that nobody reads but the test, and what its writer asked for."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()
        self.asked: list[str] = []
        self.changed = asyncio.Event()
        self.writer = Writer(
            self.writing, lambda: self._ask("pause"), lambda: self._ask("resume"), lambda: self._ask("failed")
        )

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        self.changed.set()

    async def asks(self, what: str) -> None:
        while what not in self.asked:
            self.changed.clear()
            await asyncio.wait_for(self.changed.wait(), 10)

    async def read(self, octets: int) -> bytes:
        found = b""
        while len(found) < octets:
            found += await asyncio.to_thread(os.read, self.reading, 1 << 16)
        return found


def test_whoever_sends_too_much_is_asked_to_pause_and_nothing_is_lost() -> None:
    async def go() -> None:
        pipe = Pipe()
        pieces = [b"%06d" % number * 100 for number in range(1000)]
        for piece in pieces:
            pipe.writer.send(piece)
        assert pipe.asked == ["pause"]
        assert await pipe.read(600_000) == b"".join(pieces)
        await pipe.asks("resume")
        await pipe.writer.close()
        os.close(pipe.reading)
        os.close(pipe.writing)

    asyncio.run(go())


def test_an_end_that_is_not_read_is_waited_for_only_as_long_as_somebody_waits() -> None:
    async def go() -> None:
        pipe = Pipe()
        pipe.writer.send(b"x" * 1_000_000)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pipe.writer.close(), 0.05)
        os.close(pipe.reading)
        await pipe.asks("failed")
        os.close(pipe.writing)

    asyncio.run(go())


def test_a_descriptor_that_does_not_wait_is_waited_for() -> None:
    async def go() -> None:
        pipe = Pipe()
        os.set_blocking(pipe.writing, False)
        pipe.writer.send(b"x" * 1_000_000)
        assert len(await pipe.read(1_000_000)) == 1_000_000
        await pipe.writer.close()
        assert pipe.writer.failure is None
        os.close(pipe.reading)
        os.close(pipe.writing)

    asyncio.run(go())


def test_a_reader_who_is_gone_is_told() -> None:
    async def go() -> None:
        pipe = Pipe()
        os.close(pipe.reading)
        pipe.writer.send(b"x")
        await pipe.asks("failed")
        assert isinstance(pipe.writer.failure, BrokenPipeError)
        pipe.writer.send(b"more")
        await pipe.writer.close()
        os.close(pipe.writing)

    asyncio.run(go())
