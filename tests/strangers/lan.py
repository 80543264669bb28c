"""Commands that are run, and answers that are waited for."""

import subprocess
import time
from collections.abc import Callable


def run(*argv: str, check: bool = True, timeout: float = 20, said: str = "") -> str:
    """A command's output to what is `said` to it, both streams together; a failure is an error that shows it."""
    done = subprocess.run(
        argv,
        input=said,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
    )
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)}: exit code {done.returncode}\n{done.stdout}")
    return done.stdout


def until(said: Callable[[], bool], seconds: float) -> bool:
    """Asks until the answer is yes, at most `seconds` long; the last answer."""
    end = time.monotonic() + seconds
    while not said():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
