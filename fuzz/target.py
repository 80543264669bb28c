"""What a fuzz target is: a door of the project that takes octets from strangers, and what must hold behind it.

The contract is the same for all: any octets in, a value or the documented error out, within time and memory that their
number bounds. A target's `run` raises whatever breaks it; its harness (`judge.py`) measures time and memory.

A target lives in `fuzz/targets/NAME.py` as `TARGET`; its name has hyphens where the file's has underscores. It is
imported without atheris, too: by the plain test suite, which runs its seeds and its pinned inputs.
"""

import importlib
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGETS = ROOT / "fuzz" / "targets"
FOUND = ROOT / "tests" / "security" / "found"
"""Inputs that broke something once, pinned: `NAME/*.bin`, and `NAME.md`, which says of each what it broke."""


class BrokenError(AssertionError):
    """What must hold does not; the text says what, without the input."""


Mutate = Callable[[bytes, int, int, Callable[[bytes, int], bytes]], bytes]
"""Another input, of an input, the most octets it may have, a seed and libFuzzer's own way of changing octets."""


def _no_words() -> Iterable[bytes]:
    return ()


@dataclass(frozen=True, slots=True)
class Target:
    """One door.

    `name` is what it is called on the command line, and `about` says in one sentence what the octets are. `modules` are
    prefixes of the modules whose coverage guides and is told (`mainmode.ike.`; a whole name is a prefix, too). `seeds`
    makes the corpus to begin with, anew from the lab, the same at each call. `run` takes any octets and raises only
    where something is broken; what it does depends on nothing but them. `pause` and `slope` bound the CPU seconds of
    one run: so much, and so much for each octet; `memory` the megabytes that the process may grow to. `longest` is the
    most octets that are tried. `words` are pieces that inputs are likely to need, for a dictionary. `mutator` makes, of
    the seeds, what changes an input; without one libFuzzer does so as it knows.
    """

    name: str
    about: str
    modules: tuple[str, ...]
    seeds: Callable[[], Iterable[bytes]]
    run: Callable[[bytes], object]
    pause: float = 0.5
    slope: float = 0.0005
    memory: int = 1024
    longest: int = 65_507
    words: Callable[[], Iterable[bytes]] = _no_words
    mutator: Callable[[Sequence[bytes]], Mutate] | None = None

    def allowed(self, octets: int) -> float:
        """CPU seconds that an input of so many octets may take."""
        return self.pause + self.slope * octets


def names() -> list[str]:
    """The names of all targets, in order; none of them is imported for it."""
    return sorted(path.stem.replace("_", "-") for path in TARGETS.glob("[!_]*.py"))


def load(name: str) -> Target:
    """The target of that name. Raises KeyError where there is none, or where it bears another."""
    if name not in names():
        raise KeyError(f"no target {name}: there are {', '.join(names())}")
    for place in (ROOT, ROOT / "src"):
        if str(place) not in sys.path:
            sys.path.insert(0, str(place))
    target = importlib.import_module(f"fuzz.targets.{name.replace('-', '_')}").TARGET
    if not isinstance(target, Target) or target.name != name:
        raise KeyError(f"fuzz/targets/{name.replace('-', '_')}.py defines no TARGET of the name {name}")
    return target


def pinned(name: str) -> dict[str, bytes]:
    """The pinned inputs of a target, by the name of their file."""
    return {path.name: path.read_bytes() for path in sorted((FOUND / name).glob("*.bin"))}
