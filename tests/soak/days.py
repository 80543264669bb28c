"""Days of mishaps, one for each seed: `.venv/bin/python tests/soak/days.py --seeds 1000 [--jobs N] [--from SEED]`.

Prints the table of what came of them; with `--write` it becomes docs/security/days.md. `--keep FILE` remembers each
day in a file as it ends, and does not live it again: so a run that was interrupted goes on. A day that went wrong is
printed with the command that writes it down as a scenario: `--tell SEED FOLDER`, then `mainmode lab FOLDER`.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "soak"))

from day_lived import Lived, Recovery, lived  # noqa: E402
from day_page import page, summary  # noqa: E402
from day_story import told_by  # noqa: E402

PAGE = ROOT / "docs" / "security" / "days.md"
USUAL = 1000


def one(seed: int) -> Lived:
    """The day of a seed. A fault of the program itself is a fault of the day."""
    try:
        return lived(told_by(seed))
    except Exception as error:
        return Lived(seed, "not lived", faults=[f"{type(error).__name__}: {error}"])


def _remembered(file: Path | None) -> Iterator[Lived]:
    for line in file.read_text("utf-8").splitlines() if file is not None and file.exists() else ():
        table = json.loads(line)
        table["recoveries"] = [Recovery(**recovery) for recovery in table["recoveries"]]
        yield Lived(**table)


def live(seeds: Iterable[int], jobs: int, keep: Path | None = None, told: bool = True) -> list[Lived]:
    """The days of these seeds, as many at once as there are jobs, in the order of the seeds."""
    wanted = list(seeds)
    done = {day.seed: day for day in _remembered(keep) if day.seed in set(wanted)}
    began, left = time.monotonic(), [seed for seed in wanted if seed not in done]
    with ProcessPoolExecutor(jobs) as pool:
        for future in as_completed([pool.submit(one, seed) for seed in left]):
            day = future.result()
            done[day.seed] = day
            if keep is not None:
                with keep.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(day)) + "\n")
            for fault in day.faults:
                print(f"seed {day.seed}: {fault}")
                print(f"  .venv/bin/python tests/soak/days.py --tell {day.seed} build/day && mainmode lab build/day")
            if told and sys.stderr.isatty():
                print(f"\r{len(done)} of {len(wanted)} days, {time.monotonic() - began:.0f} s", end="", file=sys.stderr)
    return [done[seed] for seed in wanted]


def tell(seed: int, folder: Path) -> None:
    """Write the day of a seed down as a scenario."""
    day = told_by(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in ({"scenario.toml": day.text} | day.files).items():
        (folder / name).write_text(text, "utf-8")
    print(f"written: mainmode lab {folder}")


def reference_page() -> str:
    """The page of docs/security: a thousand days. Raises RuntimeError where one went wrong."""
    days = live(range(USUAL), os.cpu_count() or 1)
    if any(day.faults for day in days):
        raise RuntimeError("days went wrong: they are printed above")
    return page(days)


def main() -> int:
    """0: every day ended as it must."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=USUAL, help=f"how many days ({USUAL})")
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first seed (0)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at once (all cores)")
    parser.add_argument("--keep", type=Path, help="a file that remembers the days that were lived")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    parser.add_argument("--tell", nargs=2, metavar=("SEED", "FOLDER"), help="write a day down as a scenario")
    given = parser.parse_args()
    if given.tell:
        tell(int(given.tell[0]), Path(given.tell[1]))
        return 0
    days = live(range(given.first, given.first + given.seeds), given.jobs, given.keep)
    print(summary(days))
    if given.write:
        PAGE.write_text(page(days), "utf-8")
    return 1 if any(day.faults for day in days) else 0


if __name__ == "__main__":
    sys.exit(main())
