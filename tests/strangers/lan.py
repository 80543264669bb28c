"""Two network namespaces joined by a veth, with an inside network on each side's loopback. Needs root.

Side a is 10.0.0.1 with 192.168.1.1/24 behind it, side b 10.0.0.2 with 192.168.2.1/24. Nothing leaves them.
"""

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Side:
    """One end: its namespace, its outside address, its inside address and the network that is in."""

    namespace: str
    outside: str
    inside: str
    network: str

    def command(self, *argv: str) -> list[str]:
        """`argv` as it has to be run to happen in this namespace."""
        return ["ip", "netns", "exec", self.namespace, *argv]


@dataclass(frozen=True)
class Lan:
    """Both ends."""

    a: Side
    b: Side

    def other(self, side: Side) -> Side:
        """The end that `side` is not."""
        return self.b if side is self.a else self.a


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


def replies(source: Side, destination: Side, count: int = 10) -> int:
    """How many of `count` pings between the inside addresses were answered; a tunnel's first may come too early."""
    ping = ("ping", "-c", str(count), "-i", "0.2", "-W", "2", "-I", source.inside, destination.inside)
    found = re.search(r"(\d+) received", run(*source.command(*ping), check=False))
    return int(found[1]) if found else 0


@contextmanager
def lan(tag: str) -> Iterator[Lan]:
    """The two namespaces, gone again at the end. `tag` keeps two LANs of one process apart."""
    names = [f"mainmode-{os.getpid()}-{tag}-{letter}" for letter in "ab"]
    both = Lan(
        Side(names[0], "10.0.0.1", "192.168.1.1", "192.168.1.0/24"),
        Side(names[1], "10.0.0.2", "192.168.2.1", "192.168.2.0/24"),
    )
    made: list[str] = []
    try:
        for side in (both.a, both.b):
            run("ip", "netns", "add", side.namespace)
            made.append(side.namespace)
        run(
            *("ip", "link", "add", "outside", "netns", both.a.namespace, "type", "veth"),
            *("peer", "name", "outside", "netns", both.b.namespace),
        )
        for side in (both.a, both.b):
            ip = ("ip", "-n", side.namespace)
            run(*ip, "link", "set", "lo", "up")
            run(*ip, "address", "add", f"{side.inside}/24", "dev", "lo")
            run(*ip, "address", "add", f"{side.outside}/24", "dev", "outside")
            run(*ip, "link", "set", "outside", "up")
        yield both
    finally:
        for name in made:
            run("ip", "netns", "delete", name, check=False)
