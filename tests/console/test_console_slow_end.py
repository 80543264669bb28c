"""The last of what is printed, before a far end that reads slowly."""

import asyncio
import subprocess
import tempfile
import time
from pathlib import Path

from devices import SECONDS, STILL, command, environment
from keyboards import Keyboard, Listening

LINES = "".join(f"line {number}\n" for number in range(2_000))


async def _says_much(session: Listening, line: str) -> None:
    session.screen.write(LINES)
    session.ended = True


def test_a_session_that_has_ended_waits_until_its_last_lines_are_taken() -> None:
    async def go() -> None:
        async with Keyboard(_says_much) as keyboard:
            keyboard.terminal.pause()
            await keyboard.type("show\r")
            assert not keyboard.done
            keyboard.terminal.resume()
            await keyboard.settle()
            assert keyboard.done
            assert keyboard.sent == "show\r\n" + LINES.replace("\n", "\r\n")

    asyncio.run(go())


def test_a_far_end_that_never_takes_them_is_let_go_by_the_timer() -> None:
    async def go() -> None:
        async with Keyboard(_says_much) as keyboard:
            keyboard.terminal.pause()
            await keyboard.type("show\r")
            keyboard.terminal.end("nobody has typed for long")
            await keyboard.settle()
            assert keyboard.done

    asyncio.run(go())


def test_a_pipe_that_is_read_when_all_was_typed_has_all_lines() -> None:
    with tempfile.TemporaryFile() as typed:
        typed.write("".join(f"x{number}\n" for number in range(4_000)).encode())
        typed.seek(0)
        process = subprocess.Popen(
            command(*STILL), stdin=typed, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment()
        )
        try:
            position = Path(f"/proc/{process.pid}/fdinfo/0")
            end = time.monotonic() + SECONDS
            while time.monotonic() < end and int(position.read_text().split()[1]) < typed.tell():
                time.sleep(0.05)
            time.sleep(1)
            out = process.communicate(timeout=SECONDS)[0].decode()
        finally:
            process.kill()
            process.wait()
    assert [line for line in out.split("\n") if line.startswith("asa1> x")] == [
        f"asa1> x{number}" for number in range(4_000)
    ]
