"""The process of one target that `run.py` starts: `child.py fuzz|seeds|again|reach NAME …`.

`fuzz` needs atheris; the others do without, in code that nobody instruments.
"""

import json
import mmap
import resource
import struct
import subprocess
import sys
from contextlib import redirect_stderr
from hashlib import sha256
from io import StringIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fuzz.judge import Fault, judge
from fuzz.reach import Reach, modules
from fuzz.target import Target, load, names

TALLY = struct.Struct("<QQ")
"""What a child tells while it runs, in a file that is mapped: executions, and those that broke something."""
_LONGEST_WALL = 300
"""Seconds of wall clock after which libFuzzer gives up an input that no signal could stop."""


def write_seeds(target: Target, folder: Path) -> None:
    """The corpus to begin with, made anew."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {sha256(seed).hexdigest()[:16]: seed for seed in target.seeds()}
    for path in folder.iterdir():
        if path.name not in made:
            path.unlink()
    for name, seed in made.items():
        (folder / name).write_bytes(seed)


def write_words(target: Target, path: Path) -> bool:
    """The dictionary, in libFuzzer's form; False where the target has none."""
    lines = ['"' + "".join(f"\\x{octet:02x}" for octet in word) + '"\n' for word in target.words() if word]
    path.write_text("".join(lines), "ascii")
    return bool(lines)


def save(fault: Fault, octets: bytes, folder: Path) -> None:
    """Keep the shortest input that breaks this, and what it broke."""
    path = folder / f"{fault.name}.bin"
    if not path.exists() or path.stat().st_size > len(octets):
        path.write_bytes(octets)
        (folder / f"{fault.name}.txt").write_text(fault.text.rstrip() + "\n", "utf-8")


def instrumented(name: str) -> Target:
    """The target, its modules instrumented as they are imported.

    atheris knows whole packages only, so that those of its modules that are not the target's are left out by name. What
    a run imports later is instrumented, too: the hook stays.
    """
    import atheris

    wanted = load_bare(name)
    left_out = [module for module in modules() if not module.startswith(wanted)]
    atheris.instrument_imports(include=["mainmode"], exclude=left_out).__enter__()
    with redirect_stderr(StringIO()):
        return load(name)


def load_bare(name: str) -> tuple[str, ...]:
    """The prefixes of a target's modules, by another process, since it imports them."""
    command = [sys.executable, __file__, "modules", name]
    return tuple(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


def fuzz(name: str, seconds: int, place: Path, dice: int) -> None:
    """Mutate until the time is over; the same `dice` begin alike, 0 never does.

    libFuzzer ends the process, so that what is to be known is in the tally.
    """
    import atheris

    target = instrumented(name)
    with (place / "tally").open("r+b") as file:
        tally = mmap.mmap(file.fileno(), TALLY.size)
    done, broken = TALLY.unpack(tally[:])
    found = place / "found"

    def one(octets: bytes) -> None:
        nonlocal done, broken
        fault = judge(target, octets)
        done += 1
        if fault is not None:
            broken += 1
            save(fault, octets, found)
        TALLY.pack_into(tally, 0, done, broken)

    options = [
        f"-max_total_time={seconds}",
        f"-seed={dice}",
        f"-max_len={target.longest}",
        f"-timeout={_LONGEST_WALL}",
        f"-rss_limit_mb={target.memory}",
        f"-artifact_prefix={place / 'died'}/",
    ]
    if write_words(target, place / "words"):
        options.append(f"-dict={place / 'words'}")
    more = {}
    if target.mutator is not None:
        mutate = target.mutator([path.read_bytes() for path in sorted((place / "seeds").iterdir())])
        more["custom_mutator"] = lambda octets, most, seed: mutate(octets, most, seed, atheris.Mutate)
    atheris.Setup([name, *options, str(place / "corpus"), str(place / "seeds")], one, **more)
    atheris.Fuzz()


def again(target: Target, paths: list[Path]) -> None:
    """Judge inputs alone, with no more memory than the target may have; one JSON line each, `{}` where all held."""
    limit = target.memory * 2**20 + _now_mapped()
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for path in paths:
        fault = judge(target, path.read_bytes())
        told = {} if fault is None else {"kind": fault.kind, "mark": fault.mark, "text": fault.text}
        print(json.dumps(told), flush=True)


def _now_mapped() -> int:
    """Octets of address space that the process has, most of it libraries."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()


def main(work: str, name: str, *rest: str) -> None:
    """One of the works."""
    if work == "fuzz":
        fuzz(name, int(rest[0]), Path(rest[1]), int(rest[2]))
    elif work == "again":
        again(load(name), [Path(path) for path in rest])
    elif work == "modules":
        print(*load(name).modules)
    elif work == "reach":
        reach = Reach(load_bare(name))
        print(json.dumps(reach.over(load(name), [Path(folder) for folder in rest])))
    elif work == "seeds":
        write_seeds(load(name), Path(rest[0]))
    else:
        raise SystemExit(f"{work} is no work; targets: {names()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
