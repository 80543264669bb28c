"""How the benches measure: CPU and wall time of commands and processes, rates, and medians of measures in turns."""

import ctypes
import os
import resource
import statistics
import subprocess
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAINMODE = str(Path(sysconfig.get_path("scripts")) / "mainmode")


def environment() -> dict[str, str]:
    """A command's environment: compiled modules are kept, as they are where the package is installed."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def cpu_of(argv: list[str], codes: tuple[int, ...] = (0,)) -> float:
    """CPU milliseconds (user and system) of a command. Raises RuntimeError where it ends with another exit code."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _done(argv, codes)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def wall_of(argv: list[str], codes: tuple[int, ...] = (0,)) -> float:
    """Milliseconds by the clock that a command takes. Raises RuntimeError where it ends with another exit code."""
    began = time.perf_counter()
    _done(argv, codes)
    return (time.perf_counter() - began) * 1000


def cpu_of_process(process: int) -> float:
    """CPU seconds of a running process so far, user and system, all its threads. Raises OSError where it is none."""
    clock = ctypes.c_int()
    if error := ctypes.CDLL(None).clock_getcpuclockid(process, ctypes.byref(clock)):
        raise OSError(error, os.strerror(error))
    return time.clock_gettime(clock.value)


def resident(process: int) -> float:
    """Kilobytes of a process's resident memory."""
    [line] = [one for one in Path(f"/proc/{process}/status").read_text().splitlines() if one.startswith("VmRSS:")]
    return float(line.split()[1])


def rate_of(job: Callable[[], object], seconds: float) -> float:
    """How often a second of CPU time does the job, tried for about `seconds`."""
    began, count = time.process_time(), 0
    while (spent := time.process_time() - began) < seconds:
        job()
        count += 1
    return count / spent


def medians(rounds: int, *measure: Callable[[], float]) -> tuple[float, ...]:
    """The median of each measure, taken in turns, so that a slow moment of the machine hits all of them."""
    taken = [[one() for one in measure] for _ in range(rounds)]
    return tuple(statistics.median(column) for column in zip(*taken, strict=True))


def _done(argv: list[str], codes: tuple[int, ...]) -> None:
    ended = subprocess.run(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment()
    )
    if ended.returncode not in codes:
        raise RuntimeError(f"{argv} ended with {ended.returncode}: {ended.stderr.decode(errors='replace')}")
