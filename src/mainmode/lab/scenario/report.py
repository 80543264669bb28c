"""What a person reads of a played scenario, and how its consoles are compared with the ones that are kept."""

from collections.abc import Iterator, Mapping
from difflib import unified_diff

from mainmode.lab.lengths import clock_text
from mainmode.lab.scenario.play import Performance

_MOST_HAPPENINGS = 40
_MOST_DIFF = 40


def report(performance: Performance, differences: tuple[str, ...] = ()) -> str:
    """Title, what happened, and each expectation with its evidence."""
    return "".join(f"{row}\n" for row in _rows(performance, differences))


def _rows(performance: Performance, differences: tuple[str, ...]) -> Iterator[str]:
    scenario, start = performance.scenario, performance.stage.start
    yield scenario.title
    yield from scenario.shows.splitlines()
    yield ""
    shown = performance.happenings[:_MOST_HAPPENINGS]
    for at, text in shown:
        yield f"{clock_text(start, at):>14}  {text}"
    if len(performance.happenings) > len(shown):
        yield f"{'':>14}  … {len(performance.happenings) - len(shown)} more"
    yield f"{clock_text(start, performance.ended):>14}  the end"
    if performance.ended_by:
        yield f"{'':>14}  {performance.ended_by}"
    for text in performance.unfired:
        yield f"{'':>14}  fault {text} never fired"
    yield ""
    for judged in performance.judged:
        yield f"{'holds' if judged.finding.holds else 'FAILS'}  {judged.expected.text}"
        yield f"       {judged.finding.evidence}"
    if differences:
        yield from ("", *differences)
    yield ""
    held = sum(judged.finding.holds for judged in performance.judged)
    yield f"{held} of {len(performance.judged)} expectations hold, seed {scenario.seed}"


def differences(kept: Mapping[str, str], performance: Performance) -> tuple[str, ...]:
    """What differs between the kept consoles and the played ones, as an excerpt of a unified diff; empty: nothing."""
    found: list[str] = []
    for name in sorted(set(kept) | set(performance.consoles)):
        if name not in kept:
            found.append(f"console {name}: none is kept; --renew writes it")
        elif name not in performance.consoles:
            found.append(f"console {name}: kept, but there is no such device")
        elif kept[name] != performance.consoles[name]:
            found.extend(_excerpt(name, kept[name], performance.consoles[name]))
    return tuple(found)


def _excerpt(name: str, kept: str, played: str) -> Iterator[str]:
    rows = list(
        unified_diff(
            kept.splitlines(), played.splitlines(), f"consoles/{name}.txt", f"{name} as played", lineterm="", n=2
        )
    )
    yield from rows[:_MOST_DIFF]
    if len(rows) > _MOST_DIFF:
        yield f"… {len(rows) - _MOST_DIFF} more lines of differences"
