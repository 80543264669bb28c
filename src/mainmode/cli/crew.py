"""Worker processes for work that all cores share. Tasks and answers go through pipes; what a worker read stays in it.

A worker is a fork of this process. It takes one task after the other; each worker has its own queue of those that it is
best at (it has read the files already), and takes from the longest queue when its own is empty.
"""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Generic, TypeVar

from mainmode.base.dataclass import dataclass

Task = TypeVar("Task")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Done(Generic[Answer]):
    """A task that was worked on, by its place in the list. `lost`: its worker process is gone, and says why here."""

    task: int
    worker: int
    answer: Answer | None
    lost: str = ""


@dataclass(slots=True)
class _Hand:
    process: BaseProcess
    pipe: Connection
    task: int | None = None


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))


class Crew(Generic[Task, Answer]):
    """`count` workers; with one, the work is done in this process. Used in a `with`: what runs at its end is ended."""

    def __init__(self, count: int, work: Callable[[Task], Answer]) -> None:
        self._work = work
        self._count = count if count > 1 else 0
        self._context = multiprocessing.get_context("fork")
        self._hands: list[_Hand] = []

    def __enter__(self) -> "Crew[Task, Answer]":
        try:
            while len(self._hands) < self._count:
                with _uninterrupted():
                    self._hands.append(self._hired())
        except BaseException:
            self._dismiss()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._dismiss()

    def _dismiss(self) -> None:
        for hand in self._hands:
            hand.pipe.close()
            hand.process.terminate()
        for hand in self._hands:
            hand.process.join()

    def each(self, tasks: Sequence[Task], best: Callable[[Task], int | None]) -> Iterator[Done[Answer]]:
        """Every task, as soon as it is done. `best` is the worker that a task is meant for; None: any.

        What `work` raises is raised here only where there is one worker; it has to answer for its own faults.
        """
        if not self._hands:
            for number, task in enumerate(tasks):
                yield Done(number, 0, self._work(task))
            return
        queues = self._queues(tasks, best)
        busy = sum(self._give(place, tasks, queues) for place in range(len(self._hands)))
        while busy:
            pipes = {hand.pipe: place for place, hand in enumerate(self._hands) if hand.task is not None}
            for pipe in wait(list(pipes)):
                place = pipes[pipe]  # type: ignore[index]
                done = self._taken(place)
                busy -= 1 - self._give(place, tasks, queues)
                yield done

    def _queues(self, tasks: Sequence[Task], best: Callable[[Task], int | None]) -> list[deque[int]]:
        queues: list[deque[int]] = [deque() for _ in self._hands]
        for number, task in enumerate(tasks):
            meant = best(task)
            (queues[meant] if meant is not None else min(queues, key=len)).append(number)
        return queues

    def _give(self, place: int, tasks: Sequence[Task], queues: list[deque[int]]) -> bool:
        """The next task for a worker; whether there was one."""
        queue = queues[place]
        if queue:
            number = queue.popleft()
        else:
            longest = max(queues, key=len)
            if not longest:
                return False
            number = longest.pop()
        hand = self._hands[place]
        hand.task = number
        with suppress(OSError):
            # Where the process is gone its pipe is at its end, and the answer will say so.
            hand.pipe.send(tasks[number])
        return True

    def _taken(self, place: int) -> Done[Answer]:
        """What a worker answers; where it is gone, another one is in its place afterwards."""
        hand = self._hands[place]
        number, hand.task = hand.task, None
        if number is None:
            raise RuntimeError("a worker answered without a task")
        try:
            return Done(number, place, hand.pipe.recv())
        except (EOFError, OSError):
            hand.process.join()
            code = hand.process.exitcode or 0
            why = f"ended by signal {-code}" if code < 0 else f"ended with {code}"
            hand.pipe.close()
            with _uninterrupted():
                self._hands[place] = self._hired()
            return Done(number, place, None, why)

    def _hired(self) -> _Hand:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_serve, args=(theirs, [ours, *(hand.pipe for hand in self._hands)], self._work), daemon=True
        )
        process.start()
        theirs.close()
        return _Hand(process, ours)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """An interruption waits: a process that is born meanwhile would answer it as its parent does."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(pipe: Connection, others: list[Connection], work: Callable[[Task], Answer]) -> None:
    """The life of a worker. An interruption at the terminal is the parent's to answer.

    `others` are the parent's ends of all pipes: a worker that kept them would not see the parent's own end.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    for other in others:
        other.close()
    with suppress(EOFError, OSError):
        while True:
            pipe.send(work(pipe.recv()))
