"""One input of one target, judged: what it raised, how much CPU time it took, whether it came to an end at all."""

import signal
import sys
import time
import traceback
from dataclasses import dataclass
from hashlib import sha256
from types import FrameType

from fuzz.target import ROOT, Target

_PATIENCE = 8
"""An input is stopped after so many times the CPU time that it may take."""
_AGAIN = 3
"""How often an input that took too long is run again, alone; the shortest counts."""
_FRAMES = 3
"""Innermost frames that tell one fault from another."""


class HangError(BaseException):
    """An input that was stopped. Not an Exception, so that nothing on the way catches it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What an input broke. `kind`: exception, cpu, hang or died; `mark` is the same for inputs that break the same."""

    kind: str
    mark: str
    text: str

    @property
    def name(self) -> str:
        """What its files are called."""
        return f"{self.kind}-{sha256(self.mark.encode()).hexdigest()[:12]}"

    @property
    def title(self) -> str:
        """Its last line."""
        return self.text.strip().rpartition("\n")[2]


def judge(target: Target, octets: bytes) -> Fault | None:
    """Run one input; None where all held. Time is CPU time of this thread, and what is too long is tried again."""
    allowed = target.allowed(len(octets))
    try:
        took = _timed(target, octets, allowed)
        if took > allowed:
            took = min(took, *(_timed(target, octets, allowed) for _ in range(_AGAIN)))
    except HangError:
        return Fault("hang", _place(), f"{_last()}stopped after {_PATIENCE * allowed:.1f} s of CPU time")
    except Exception as error:
        return Fault("exception", f"{type(error).__name__} {_place()}", _last())
    if took > allowed:
        return Fault("cpu", "cpu", f"{took:.3f} s of CPU time for {len(octets)} octets; {allowed:.3f} s are allowed")
    return None


def _timed(target: Target, octets: bytes, allowed: float) -> float:
    """CPU seconds of one run. Raises HangError where it does not end."""
    signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, _PATIENCE * allowed)
    try:
        began = time.thread_time()
        target.run(octets)
        return time.thread_time() - began
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _stop(number: int, frame: FrameType | None) -> None:
    raise HangError


def _last() -> str:
    """The traceback of what is being handled, with the paths of this tree alone."""
    return traceback.format_exc().replace(f"{ROOT}/", "")


def _place() -> str:
    """The innermost functions of ours in the traceback of what is being handled."""
    frames = traceback.extract_tb(sys.exc_info()[2])
    ours = [frame for frame in frames if frame.filename.startswith(str(ROOT)) and frame.name not in _OWN]
    return " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.name}" for frame in ours[: -_FRAMES - 1 : -1])


_OWN = {"judge", "_timed", "_stop"}
