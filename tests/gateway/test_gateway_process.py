"""The gateway as a process: what it prints and how, who holds its ports, what it may do, when its timers ring."""

import asyncio
import io
import os
import socket
import threading
from pathlib import Path

from mainmode.base.instant import Instant, later, seconds
from mainmode.gateway.clock import Clock
from mainmode.gateway.holders import holders_of
from mainmode.gateway.loop import LoopAlarm
from mainmode.gateway.output import LineWriter, _end
from mainmode.gateway.privileges import NET_ADMIN, NET_BIND_SERVICE, NET_RAW, held, missing
from mainmode.gateway.repeats import Repeats

START = Instant(1_700_000_000_000_000)


class Stuck(io.StringIO):
    """A stream whose reader sleeps until it is woken."""

    def __init__(self) -> None:
        super().__init__()
        self.awake = threading.Event()

    def write(self, text: str) -> int:
        self.awake.wait(10)
        return super().write(text)


def test_lines_before_the_start_are_kept_and_come_first() -> None:
    stream = io.StringIO()
    writer = LineWriter(stream)
    writer.write("one")
    writer.start()
    writer.write("two")
    writer.close()
    assert stream.getvalue() == "one\ntwo\n"


def test_a_reader_that_sleeps_holds_nobody_up_and_is_told_how_many_lines_it_missed() -> None:
    stream = Stuck()
    writer = LineWriter(stream, most=3)
    writer.start()
    for number in range(100):
        writer.write(str(number))
    stream.awake.set()
    writer.close()
    lines = stream.getvalue().splitlines()
    lost = [line for line in lines if "lines were lost here" in line]
    assert lost
    assert len(lines) - len(lost) + int(lost[0].split()[1]) == 100


def test_a_reader_that_is_gone_is_noticed_and_nothing_is_kept_for_it() -> None:
    reader, writer_end = os.pipe()
    os.close(reader)
    with os.fdopen(writer_end, "w") as stream:
        writer = LineWriter(stream)
        writer.start()
        writer.write("x")
        for _ in range(1000):
            if writer.broken:
                break
            threading.Event().wait(0.01)
        assert writer.broken
        writer.write("y")
        writer.close()
        stream.flush()


def test_what_could_steer_a_terminal_is_spelled_out() -> None:
    stream = io.StringIO()
    writer = LineWriter(stream, lambda line: line.replace("\x1b", "<ESC>"))
    writer.write("\x1b[2J")
    writer.close()
    assert stream.getvalue() == "<ESC>[2J\n"


def test_a_line_is_told_once_a_minute_and_what_was_left_out_is_counted() -> None:
    repeats = Repeats()
    assert repeats.lines("a", START) == ["a"]
    assert repeats.lines("a", later(START, seconds(59))) == []
    assert repeats.lines("a", later(START, seconds(60))) == ["(1 more lines of this kind were left out)", "a"]


def test_a_flood_of_different_lines_is_bounded_and_forgotten() -> None:
    repeats = Repeats()
    told = [line for number in range(5000) for line in repeats.lines(f"stranger {number}", START)]
    assert len(told) == 50
    minutes = [later(START, seconds(60 * minute)) for minute in range(1, 100)]
    for at in minutes:
        for number in range(50):
            repeats.lines(f"{at} {number}", at)
    assert len(repeats._told) <= 1000


def test_the_holder_of_a_port_is_named_with_its_process(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        name = Path("/proc/self/comm").read_text().strip()
        assert holders_of(one.getsockname()[1]) == f"by {name} (pid {os.getpid()}); stop it first"
    assert "cannot be seen from here" in holders_of(1, tmp_path)


def test_exactly_the_missing_capabilities_are_found() -> None:
    every = 1 << NET_ADMIN | 1 << NET_RAW | 1 << NET_BIND_SERVICE
    assert missing(every, 1024) == ()
    assert missing(0, 1024) == (NET_ADMIN, NET_RAW, NET_BIND_SERVICE)
    assert missing(1 << NET_RAW, 1024) == (NET_ADMIN, NET_BIND_SERVICE)
    assert missing(1 << NET_RAW, 0) == (NET_ADMIN,)


def test_the_effective_capabilities_are_read_from_the_kernels_table(tmp_path: Path) -> None:
    status = tmp_path / "status"
    status.write_text("Name:\tx\nCapPrm:\t000001ffffffffff\nCapEff:\t0000000000003000\nCapBnd:\t000001ffffffffff\n")
    assert held(status) == 1 << NET_ADMIN | 1 << NET_RAW


def test_an_alarm_rings_when_the_boxs_clock_says_so_and_only_for_the_last_moment() -> None:
    rung: list[str] = []

    async def run() -> None:
        clock = Clock()
        done = asyncio.Event()
        alarm = LoopAlarm(asyncio.get_running_loop(), clock, lambda: (rung.append("rung"), done.set()))
        alarm.set(clock.now())
        alarm.set(None)
        await asyncio.sleep(0.01)
        assert rung == []
        alarm.set(later(clock.now(), seconds(0.01)))
        await asyncio.wait_for(done.wait(), 10)

    asyncio.run(run())
    assert rung == ["rung"]


def test_an_alarm_that_the_loop_calls_too_early_waits_on() -> None:
    rung: list[str] = []

    async def run() -> None:
        boot = [0]
        clock = Clock(lambda: START * 1000, lambda: boot[0])
        alarm = LoopAlarm(asyncio.get_running_loop(), clock, lambda: rung.append("rung"))
        alarm.set(later(clock.now(), seconds(3600)))
        alarm._look()
        assert rung == []
        boot[0] += 3_600_000_000_000
        alarm._look()
        assert rung == ["rung"]
        alarm.set(None)

    asyncio.run(run())


def test_what_is_written_in_one_piece_ends_with_a_line_and_goes_into_a_pipe_whole() -> None:
    lines = (b"x" * 999 + b"\n") * 10
    assert _end(lines, 0) == 4000
    assert _end(lines, 8000) == 10_000
    assert _end(b"x" * 9000, 0) == 4096
