"""Fuzz the doors: `.venv/bin/python fuzz/run.py TARGET… [--all] [--seconds N] [--side-by-side] [--record]`.

Needs the extra `fuzz` (atheris). What is kept lies in build/fuzz/TARGET: `seeds`, made anew, the grown `corpus`, and
what was `found`, each with the shortest input that breaks it. `--input FILE [--shrink]` judges one input alone, without
atheris, and makes it as short as it can while it breaks the same.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fuzz.child import TALLY, save
from fuzz.judge import Fault, judge
from fuzz.record import Figures, add
from fuzz.shrink import shrunk
from fuzz.target import ROOT, load, names

BUILD = ROOT / "build" / "fuzz"
_CHILD = [sys.executable, str(ROOT / "fuzz" / "child.py")]
_ENVIRONMENT = os.environ | {"PYTHONHASHSEED": "0"}
_SETTLED = re.compile(r"\bcov: (\d+) ft: (\d+) corp: (\d+)")
_TOLD_EVERY = 30.0
_LONGEST_ALONE = 300
"""Seconds of wall clock for one input alone, where no signal stops it before."""
_LEAST = 3
"""Seconds that are still worth a new child."""


@dataclass
class Round:
    """One target while it is fuzzed, one child after another until its time is over."""

    name: str
    seconds: float
    dice: int = 0
    place: Path = field(init=False)
    began: float | None = None
    """When the first input ran: what a child needs to come up is not of its time."""
    cpu: float = 0.0
    edges: int = 0
    children: int = 0
    stillborn: bool = False
    _child: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.place = BUILD / self.name
        (self.place / "tally").write_bytes(bytes(TALLY.size))
        (self.place / "log").write_bytes(b"")

    @property
    def executions(self) -> int:
        """Inputs that ran so far."""
        return int(TALLY.unpack((self.place / "tally").read_bytes())[0])

    @property
    def spent(self) -> float:
        """Seconds since the first input ran."""
        if self.began is None and self.executions:
            self.began = time.monotonic()
        return time.monotonic() - self.began if self.began is not None else 0.0

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self.seconds - self.spent

    def tend(self) -> bool:
        """Start a child where none runs and time is left; False once all is over."""
        left = self.left
        if self._child is not None:
            pid, status, usage = os.wait4(self._child.pid, os.WNOHANG)
            if not pid:
                return True
            self._child.returncode = os.waitstatus_to_exitcode(status)
            self._child = None
            self.cpu += usage.ru_utime + usage.ru_stime
            self._look()
            if self.executions == 0:
                self.stillborn = True
        if self.stillborn or left < _LEAST:
            return False
        self.children += 1
        with (self.place / "log").open("ab") as log:
            dice = self.dice and self.dice + self.children
            command = [*_CHILD, "fuzz", self.name, str(int(left)), str(self.place), str(dice)]
            self._child = subprocess.Popen(command, cwd=self.place, stdout=log, stderr=log, env=_ENVIRONMENT)
        return True

    def stop(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    def _look(self) -> None:
        for match in _SETTLED.finditer((self.place / "log").read_text("utf-8", "replace")):
            self.edges = max(self.edges, int(match[1]))

    def told(self) -> str:
        """One line of how it goes."""
        self._look()
        found = len(list((self.place / "found").glob("*.bin"))) + len(list((self.place / "died").iterdir()))
        corpus = len(list((self.place / "corpus").iterdir()))
        seconds = self.spent
        return (
            f"{self.name}: {seconds:.0f} s, {self.executions} executions, {self.executions / max(seconds, 1):.0f}/s, "
            f"{self.edges} edges, corpus {corpus}, findings {found}"
        )


def call(work: str, name: str, *arguments: object, timeout: float | None = None) -> subprocess.CompletedProcess[str]:
    """Let a child do one work and come back. Raises TimeoutExpired where it does not within so many seconds."""
    command = [*_CHILD, work, name, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=_ENVIRONMENT, check=False, timeout=timeout)


def alone(name: str, path: Path) -> Fault | None:
    """What an input breaks in a process of its own; None where all holds."""
    try:
        done = call("again", name, path, timeout=_LONGEST_ALONE)
    except subprocess.TimeoutExpired:
        return Fault("died", "hang", f"no end within {_LONGEST_ALONE} s, and nothing could stop it")
    last = done.stdout.strip().rpartition("\n")[2]
    if done.returncode or not last:
        return Fault("died", "died", f"the process ended with {done.returncode}\n{done.stderr[-2000:]}")
    told = json.loads(last)
    return Fault(**told) if told else None


def confirm(name: str) -> list[Fault]:
    """What was found, tried alone, and told from what cannot be repeated or does not break any more.

    Exceptions count whether they come again or not: one that does not is a run that depends on others. Time and deaths
    count only where they come again.
    """
    place, standing = BUILD / name, []
    for path in [*sorted((place / "died").iterdir()), *sorted((place / "found").glob("*.bin"))]:
        fault = alone(name, path)
        if fault is None and path.parent.name == "found" and path.name.startswith("exception"):
            text = path.with_suffix(".txt").read_text("utf-8")
            if f"\n{_UNREPEATED}" not in text:
                fault = Fault("exception", path.stem, f"{text.rstrip()}\n{_UNREPEATED}")
        if fault is None:
            (place / "gone").mkdir(exist_ok=True)
            shutil.move(path, place / "gone" / path.name)
            path.with_suffix(".txt").unlink(missing_ok=True)
            continue
        standing.append(fault)
        if path.stem != fault.name:
            save(fault, path.read_bytes(), place / "found")
            path.unlink()
            path.with_suffix(".txt").unlink(missing_ok=True)
    return list({fault.name: fault for fault in standing}.values())


_UNREPEATED = "It does not come again alone: the target's runs depend on one another."


def figures(one: Round, faults: list[Fault], lines: bool) -> Figures:
    """What came of a round; the lines that its corpus reaches, where asked for."""
    reach = {"hit": 0, "total": 0, "corpus": len(list((one.place / "corpus").iterdir()))}
    if lines:
        done = call("reach", one.name, one.place / "corpus", one.place / "seeds")
        reach = json.loads(done.stdout) if done.stdout else reach
    return Figures(
        name=one.name,
        seconds=round(min(one.seconds, one.spent)),
        cpu=round(one.cpu),
        executions=one.executions,
        hit=reach["hit"],
        lines=reach["total"],
        edges=one.edges,
        corpus=reach["corpus"],
        findings=len(faults),
    )


def fuzzed(
    wanted: list[str], seconds: int, side_by_side: bool, lines: bool, dice: int = 0
) -> list[tuple[Figures, list[Fault]]]:
    """Fuzz targets, one after the other or all at once."""
    for name in wanted:
        for folder in ("corpus", "found", "died"):
            (BUILD / name / folder).mkdir(parents=True, exist_ok=True)
        done = call("seeds", name, BUILD / name / "seeds")
        if done.returncode:
            raise SystemExit(f"{name}: its seeds cannot be made\n{done.stderr}")
        for fault in confirm(name):
            print(f"{name}: still breaks: {fault.name}: {fault.title}", flush=True)
    results = []
    for group in [wanted] if side_by_side else [[name] for name in wanted]:
        rounds = [Round(name, seconds, dice) for name in group]
        try:
            _tend(rounds)
        finally:
            for one in rounds:
                one.stop()
        for one in rounds:
            print(one.told(), flush=True)
            if one.stillborn:
                raise SystemExit(f"{one.name} does not start\n{(one.place / 'log').read_text('utf-8', 'replace')}")
            faults = confirm(one.name)
            results.append((figures(one, faults, lines), faults))
    return results


def _tend(rounds: list[Round]) -> None:
    told = time.monotonic()
    while [one for one in rounds if one.tend()]:
        time.sleep(0.2)
        if time.monotonic() - told > _TOLD_EVERY:
            told = time.monotonic()
            for one in rounds:
                print(one.told(), flush=True)


def table(results: list[tuple[Figures, list[Fault]]]) -> str:
    """The figures in columns."""
    head = (
        f"{'target':22}{'seconds':>8}{'CPU':>7}{'executions':>12}{'/s':>7}"
        f"{'lines':>13}{'edges':>7}{'corpus':>8}{'findings':>10}"
    )
    rows = [
        f"{one.name:22}{one.seconds:>8}{one.cpu:>7}{one.executions:>12}{one.executions / max(one.seconds, 1):>7.0f}"
        f"{f'{one.hit}/{one.lines}' if one.lines else '-':>13}{one.edges:>7}{one.corpus:>8}{one.findings:>10}"
        for one, _ in results
    ]
    return "\n".join([head, *rows])


def one_input(name: str, path: Path, shrink: bool) -> int:
    """Judge one input; its exit code."""
    fault = alone(name, path)
    if fault is None:
        print("all held")
        return 0
    print(f"{fault.name}\n{fault.text}")
    if shrink:
        target, octets = load(name), path.read_bytes()
        if fault.kind == "died":
            print("a process that dies is not shrunk")
            return 1
        less = shrunk(octets, lambda piece: (other := judge(target, piece)) is not None and other.mark == fault.mark)
        path.with_suffix(".short").write_bytes(less)
        print(f"{len(octets)} octets became {len(less)}, in {path.with_suffix('.short')}")
        print(less.hex() if len(less) <= 512 else f"{less[:512].hex()}…")
    return 1


def main() -> int:
    """The command; its exit code is 1 where something is broken."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("target", nargs="*", help=f"which: {', '.join(names())}")
    parser.add_argument("--all", action="store_true", help="every target")
    parser.add_argument("--seconds", type=int, default=120, help="of wall clock for each target (default: 120)")
    parser.add_argument("--side-by-side", action="store_true", help="all at once instead of one after the other")
    parser.add_argument("--dice", type=int, default=0, help="the same number begins alike; 0, the default, never does")
    parser.add_argument("--record", action="store_true", help="add the figures to docs/security/fuzzing.json and .md")
    parser.add_argument("--input", type=Path, help="judge this input of one target, and do not fuzz")
    parser.add_argument("--shrink", action="store_true", help="with --input: write the shortest that breaks the same")
    parser.add_argument("--no-lines", action="store_true", help="do not count the lines that the corpus reaches")
    asked = parser.parse_args()
    wanted = names() if asked.all else asked.target
    if not wanted or set(wanted) - set(names()) or (asked.input and len(wanted) != 1):
        parser.error(f"name one target or more of: {', '.join(names())}")
    if asked.input:
        if not asked.input.is_file():
            parser.error(f"no file {asked.input}")
        return one_input(wanted[0], asked.input, asked.shrink)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(2))
    lines = asked.record or not asked.no_lines
    results = fuzzed(wanted, asked.seconds, asked.side_by_side, lines, asked.dice)
    print(table(results))
    for one, faults in results:
        for fault in faults:
            print(f"\n{one.name}: {BUILD.relative_to(ROOT)}/{one.name}/found/{fault.name}.bin\n{fault.text.rstrip()}")
    if asked.record:
        add([one for one, _ in results])
    return 1 if any(faults for _, faults in results) else 0


if __name__ == "__main__":
    sys.exit(main())
