"""The worker processes: every task once, what a worker has read stays with it, and a lost worker is told."""

import os
import signal
import subprocess
import sys
import time

import pytest

from mainmode.cli.crew import Crew


def whose(task: int) -> tuple[int, int]:
    return task, os.getpid()


def dies(task: int) -> int:
    if task == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return task


@pytest.mark.parametrize("count", [1, 2, 5])
def test_every_task_is_done_once(count: int) -> None:
    with Crew(count, whose) as crew:
        done = list(crew.each(range(100, 140), lambda _: None))
        again = list(crew.each(range(7), lambda _: None))
    assert sorted(one.task for one in done) == list(range(40))
    assert sorted(one.answer for one in done if one.answer) == sorted((100 + one.task, one.answer[1]) for one in done)
    assert {one.answer[1] for one in done} == {one.answer[1] for one in again}
    assert (os.getpid() in {one.answer[1] for one in done}) is (count == 1)


def test_a_task_goes_to_the_worker_that_is_meant() -> None:
    with Crew(2, whose) as crew:
        at_first = {one.worker: one.answer[1] for one in crew.each(range(20), lambda _: None) if one.answer}
        meant = list(crew.each(range(2), lambda task: 1 - task))
    assert {one.worker for one in meant} == {0, 1}
    assert all(one.answer is not None and at_first[one.worker] == one.answer[1] for one in meant)


def test_who_has_nothing_left_takes_from_another() -> None:
    with Crew(3, whose) as crew:
        done = list(crew.each(range(300), lambda _: 0))
    assert len({one.worker for one in done}) == 3


def test_a_worker_that_is_killed_loses_its_task_only() -> None:
    with Crew(2, dies) as crew:
        done = {one.task: one for one in crew.each(range(10), lambda _: None)}
        assert sorted(one.answer for one in crew.each([7, 8, 9], lambda _: None) if one.answer) == [7, 8, 9]
    assert done[3].answer is None
    assert done[3].lost == "ended by signal 9"
    assert [done[number].answer for number in range(10) if number != 3] == [0, 1, 2, 4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_its_parent(sent: signal.Signals) -> None:
    program = (
        "import os, sys, time\n"
        "from mainmode.cli.crew import Crew\n"
        "def work(task):\n    os.write(1, b'%d\\n' % os.getpid())\n    time.sleep(1.0)\n    return task\n"
        "with Crew(2, work) as crew:\n    list(crew.each(range(100), lambda _: None))\n"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as parent:
        try:
            assert parent.stdout is not None
            workers = [int(parent.stdout.readline()) for _ in range(2)]
            parent.send_signal(sent)
            parent.wait(60)
        finally:
            parent.kill()
        end = time.monotonic() + 60
        while time.monotonic() < end and any(_lives(worker) for worker in workers):
            time.sleep(0.05)
    assert not any(_lives(worker) for worker in workers)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{process}/stat") as state:
        return state.read().rpartition(")")[2].split()[0] != "Z"
