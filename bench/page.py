"""The page of the figures, docs/performance.md, and the figures that it is made of: bench/figures/*.json.

A bench makes one `Section`. `publish` keeps it as JSON under its name and sets the whole page anew from all that is
kept: each section between its marks, and the summary of the goals at the top. Nothing between marks is typed by hand.
"""

import datetime
import json
import math
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path

from measuring import ROOT

PAGE = ROOT / "docs" / "performance.md"
FIGURES = ROOT / "bench" / "figures"
HEADINGS = ("what", "measured", "beside it", "ratio", "goal", "met")
MORE_IS_BETTER = ("/s", "Mbit/s", "Gbit/CPU-s", "×")
JOBS = (
    "negotiations as responder",
    "negotiations as initiator",
    "both cores",
    "negotiations in memory",
    "memory of a tunnel",
    "10,000 tunnels",
    "trigger to first packet",
    "ESP in user space",
    "explainer",
    "start-up",
    "growth",
)
"""The goals' jobs, in their order. A goal whose job is not among these is refused."""


@dataclass(frozen=True)
class Goal:
    """One goal and what was measured of it, in words: a line of the summary. `case`: what of the job it is about."""

    job: str
    case: str
    measured: str
    beside: str
    goal: str
    met: bool

    def __post_init__(self) -> None:
        if self.job not in JOBS:
            raise ValueError(f"no such job: {self.job}")


@dataclass(frozen=True)
class Row:
    """One measured thing, and what was measured beside it in turns; `limit` is None where there is nothing.

    The unit says whether more is better (`MORE_IS_BETTER`) or less, as for `ms`, `MB` or `%`. The goal is a figure
    (`goal`), or a multiple of what stands beside it (`times`), or None. `job` is the job of the summary.
    """

    what: str
    figure: float
    beside: str
    limit: float | None
    goal: float | None
    unit: str
    times: float | None = None
    job: str = ""

    @property
    def bound(self) -> float | None:
        """What the figure must reach, in its unit."""
        if self.times is None:
            return self.goal
        return None if self.limit is None else self.times * self.limit

    @property
    def met(self) -> str:
        """Whether the goal is reached, in a word."""
        if self.bound is None:
            return ""
        more = self.unit in MORE_IS_BETTER
        return "yes" if (self.figure >= self.bound if more else self.figure <= self.bound) else "no"

    def number(self, figure: float) -> str:
        """A figure with three digits that count, and its unit."""
        digits = 0 if figure >= 99.5 or figure == 0 else min(3, 2 - math.floor(math.log10(abs(figure))))
        return f"{figure:.{max(digits, 0)}f} {self.unit}"

    def cells(self) -> tuple[str, ...]:
        """The table's cells."""
        wanted = "" if self.goal is None else self.number(self.goal)
        return (
            self.what,
            self.number(self.figure),
            self.beside if self.limit is None else f"{self.beside}: {self.number(self.limit)}",
            "" if self.limit is None else f"{self.figure / self.limit:.2f}",
            wanted if self.times is None else f"{self.times:g} × it",
            self.met,
        )

    def goals(self) -> tuple[Goal, ...]:
        """Its line of the summary; none where it has no job."""
        if not self.job or not self.met:
            return ()
        _, measured, beside, _, goal, met = self.cells()
        return (Goal(self.job, self.what, measured, beside, goal, met == "yes"),)


@dataclass(frozen=True)
class Curve:
    """What a thing costs, `cost` in `unit`, for each of the numbers `count` of what is named by `along`."""

    what: str
    along: str
    unit: str
    count: tuple[float, ...]
    cost: tuple[float, ...]


@dataclass(frozen=True)
class Section:
    """All that one bench says. `note`: how often it was measured. `table`: its cells, headings first.

    `pictures`: what they show, and their names in docs/images.
    """

    name: str
    note: str
    table: tuple[tuple[str, ...], ...]
    goals: tuple[Goal, ...] = ()
    curves: tuple[Curve, ...] = ()
    pictures: tuple[tuple[str, str], ...] = ()
    day: str = field(default_factory=lambda: datetime.datetime.now(datetime.UTC).date().isoformat())
    machine: str = field(default_factory=lambda: machine())

    @classmethod
    def of(cls, name: str, note: str, rows: list[Row], curves: tuple[Curve, ...] = ()) -> "Section":
        """A section whose table is made of rows."""
        table = (HEADINGS, *(row.cells() for row in rows))
        return cls(name, note, table, tuple(goal for row in rows for goal in row.goals()), curves)

    def text(self) -> str:
        """What stands on the page."""
        shown = "".join(f"\n\n![{what}](images/{name})" for what, name in self.pictures)
        return f"Measured {self.day} on {self.machine}; {self.note}.\n\n{aligned(self.table)}{shown}"


def machine() -> str:
    """The processor's name and the interpreter's version."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return f"{names[0] if names else platform.machine()}, Python {platform.python_version()}"


def aligned(lines: tuple[tuple[str, ...], ...]) -> str:
    """A Markdown table with aligned columns; the first line has the headings."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    printed = ["| " + " | ".join(f"{c:<{w}}" for c, w in zip(line, widths, strict=True)) + " |" for line in lines]
    printed.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(printed)


def summary(sections: list[Section]) -> str:
    """Every goal, in the order of the jobs, with what was measured of it."""
    told = [(goal, section) for job in JOBS for section in sections for goal in section.goals if goal.job == job]
    if not told:
        return "No goal has been measured."
    headings = ("job", "what", "measured", "beside it", "goal", "met", "measured by")
    cells = [
        (
            goal.job,
            goal.case,
            goal.measured,
            goal.beside,
            goal.goal,
            "yes" if goal.met else "no",
            f"bench/{one.name}.py",
        )
        for goal, one in told
    ]
    return aligned((headings, *cells))


def kept() -> list[Section]:
    """The sections that benches have kept, by name."""
    return [_read(json.loads(path.read_text())) for path in sorted(FIGURES.glob("*.json"))]


def rendered(page: str, sections: list[Section]) -> str:
    """The page with all of these sections and the summary between their marks. Raises ValueError where one lacks."""
    for name, text in (("page", summary(sections)), *((one.name, one.text()) for one in sections)):
        page = between(page, f"<!-- bench/{name}.py writes from here -->", f"<!-- to here, of {name} -->", text)
    return page


def between(page: str, begin: str, end: str, text: str) -> str:
    """The page with a text between two marks. Raises ValueError when it lacks them."""
    before, mark, rest = page.partition(begin)
    _, other, after = rest.partition(end)
    if not mark or not other:
        raise ValueError(f"the page lacks {begin} and {end}")
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"


def publish(section: Section) -> None:
    """Keeps a section and sets the page anew."""
    FIGURES.mkdir(exist_ok=True)
    path = FIGURES / f"{section.name}.json"
    path.write_text(json.dumps(asdict(section), indent=1, ensure_ascii=False) + "\n")
    PAGE.write_text(rendered(PAGE.read_text(), kept()))


def tell(section: Section, write: bool) -> None:
    """Prints a section; keeps it, and sets the page anew, where told to."""
    print(section.text())
    if write:
        publish(section)


def _read(values: dict) -> Section:  # type: ignore[type-arg]
    values["table"] = tuple(tuple(line) for line in values["table"])
    values["pictures"] = tuple(tuple(picture) for picture in values.get("pictures", ()))
    values["goals"] = tuple(Goal(**goal) for goal in values["goals"])
    values["curves"] = tuple(
        Curve(**{**curve, "count": tuple(curve["count"]), "cost": tuple(curve["cost"])}) for curve in values["curves"]
    )
    return Section(**values)


if __name__ == "__main__":
    PAGE.write_text(rendered(PAGE.read_text(), kept()))
