"""What fuzzing came to so far: docs/security/fuzzing.json, which `run.py --record` adds to, and the page made of it."""

import json
import platform
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from fuzz.target import FOUND, ROOT, load, names

RECORD = ROOT / "docs" / "security" / "fuzzing.json"
PAGE = RECORD.with_suffix(".md")
_ADDED = ("seconds", "cpu", "executions")
_LATEST = ("hit", "lines", "edges", "corpus", "findings")


@dataclass(frozen=True, slots=True)
class Figures:
    """One run of one target: its seconds and CPU seconds, executions, lines of its modules `hit` of all `lines`.

    `edges` is libFuzzer's count over its instrumented modules, `corpus` the inputs that reach something new, and
    `findings` what was broken at the end.
    """

    name: str
    seconds: int
    cpu: int
    executions: int
    hit: int
    lines: int
    edges: int
    corpus: int
    findings: int


def recorded() -> dict[str, dict[str, Any]]:
    """The record, by target."""
    return dict(json.loads(RECORD.read_text("utf-8"))) if RECORD.exists() else {}


def add(runs: list[Figures]) -> None:
    """Add runs to the record, and make the page anew."""
    record = recorded()
    for run in runs:
        before, figures = record.get(run.name, {}), asdict(run)
        record[run.name] = {
            **{key: before.get(key, 0) + figures[key] for key in _ADDED},
            **{key: figures[key] for key in _LATEST},
            "runs": before.get("runs", 0) + 1,
            "last": datetime.now(UTC).date().isoformat(),
            "python": platform.python_version(),
        }
    RECORD.write_text(json.dumps(dict(sorted(record.items())), indent=1) + "\n", "utf-8")
    PAGE.write_text(page(), "utf-8")


def page() -> str:
    """docs/security/fuzzing.md."""
    record = recorded()
    lines = [
        "# Fuzzing",
        "",
        "<!-- Made by `.venv/bin/python docs/generate.py fuzzing.md` from fuzzing.json. Do not edit. -->",
        "",
        *_HEAD,
        "",
        "| target | what the octets are |",
        "|---|---|",
        *(f"| `{name}` | {load(name).about} |" for name in names()),
        "",
        "## What it came to",
        "",
        *_FIGURES,
        "",
        "| target | hours | executions | CPU hours | lines reached | edges | corpus | broken now | last, Python |",
        "|---|--:|--:|--:|--:|--:|--:|--:|---|",
        *(_row(name, record.get(name)) for name in names()),
        "",
        "## What was found",
        "",
        "Each input that broke something is pinned in `tests/security/found`, and runs with the plain test suite.",
    ]
    for name in names():
        table = FOUND / f"{name}.md"
        if table.exists():
            lines += ["", f"### {name}", "", table.read_text("utf-8").strip()]
    return "\n".join(lines) + "\n"


def _row(name: str, one: dict[str, Any] | None) -> str:
    if one is None:
        return f"| `{name}` | | | | | | | | not recorded yet |"
    share = f"{one['hit']} of {one['lines']} ({100 * one['hit'] / max(one['lines'], 1):.0f} %)"
    return (
        f"| `{name}` | {one['seconds'] / 3600:.2f} | {one['executions']:,} | {one['cpu'] / 3600:.2f} | {share} "
        f"| {one['edges']:,} | {one['corpus']:,} | {one['findings']} | {one['last']}, {one['python']} |"
    )


_HEAD = """\
Every door that takes octets from strangers is fuzzed, guided by coverage ([atheris](https://github.com/google/atheris),
which is libFuzzer for Python). The contract is the same for all: any octets in, a value or the documented error out,
within CPU time and memory that the number of octets bounds. What else must hold behind a door, its target says in
`fuzz/targets/`. To run it:

```console
$ .venv/bin/pip install -e '.[fuzz]'
$ .venv/bin/python fuzz/run.py --all --seconds 1800           # half an hour each, one after the other
$ .venv/bin/python fuzz/run.py --all --seconds 1800 --record  # and add the figures to this page
$ .venv/bin/python fuzz/run.py datagram-fresh --input FILE --shrink
```

It ends with exit code 1 where something was found. The corpus to begin with is made anew from the lab at each run, and
grows in `build/fuzz/TARGET/corpus`; what breaks something is kept in `build/fuzz/TARGET/found`, the shortest input for
each way to break. CI gives each target two minutes, always with the same
dice (`--dice`).

CPU time is measured for each input: half a second and half a millisecond for each octet where a target says nothing
else, and an input that took longer counts only if it does so again alone. Memory is bounded for the process as a whole,
a gigabyte where a target says nothing else; what a single input takes is not measured.""".splitlines()

_FIGURES = """\
Hours, executions and CPU hours are of all recorded runs together; the rest is of the last. *Lines reached* are lines of
functions in the target's modules that the grown corpus runs; *edges* is what libFuzzer counts in them.""".splitlines()

if __name__ == "__main__":
    sys.stdout.write(page())
