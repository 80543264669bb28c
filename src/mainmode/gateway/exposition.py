"""Prometheus' text format (version 0.0.4): a metric is declared once; its lines and its reference come from that."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Generic, TypeVar

from mainmode.base.dataclass import dataclass

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MOST_SERIES = 2000
"""Of one metric; more are left out, so that nobody outside can make the page grow without end."""

Facts = TypeVar("Facts")
Sample = tuple[Sequence[str], float]
"""The values of the labels, in their order, and the value."""


@dataclass(frozen=True)
class Metric(Generic[Facts]):
    """One metric: `kind` is `counter` or `gauge`, `meaning` one sentence, `read` gives its samples from the facts."""

    name: str
    kind: str
    meaning: str
    labels: tuple[str, ...]
    read: Callable[[Facts], Iterable[Sample]]
    of_all: Callable[[Iterable[float]], float] = sum
    """What the values of several processes of one gateway are together."""


Samples = Mapping[str, Sequence[Sample]]
"""Those of each metric, by its name."""


def samples_of(metrics: Iterable[Metric[Facts]], facts: Facts) -> Samples:
    """What one process has."""
    return {metric.name: list(islice(metric.read(facts), MOST_SERIES)) for metric in metrics}


def exposition(metrics: Iterable[Metric[Facts]], processes: Sequence[Samples]) -> str:
    """The page of all processes together. Metrics without a sample have no lines."""
    return "".join(f"{line}\n" for metric in metrics for line in _lines(metric, processes))


def _lines(metric: Metric[Facts], processes: Sequence[Samples]) -> Iterator[str]:
    found: dict[tuple[str, ...], list[float]] = {}
    for one in processes:
        for labels, value in one.get(metric.name, ()):
            found.setdefault(tuple(labels), []).append(value)
    samples = [(labels, metric.of_all(values)) for labels, values in islice(found.items(), MOST_SERIES)]
    if samples:
        yield f"# HELP {metric.name} {_escaped(metric.meaning)}"
        yield f"# TYPE {metric.name} {metric.kind}"
    for said, value in samples:
        labels = ",".join(f'{label}="{_quoted(one)}"' for label, one in zip(metric.labels, said, strict=True))
        yield f"{metric.name}{{{labels}}} {_number(value)}" if labels else f"{metric.name} {_number(value)}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', '\\"')


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else repr(value)


def reference_table(metrics: Iterable[Metric[Facts]]) -> Iterator[str]:
    """The rows of a Markdown table."""
    yield "| metric | kind | labels | what it tells |"
    yield "|---|---|---|---|"
    for metric in metrics:
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        yield f"| `{metric.name}` | {metric.kind} | {labels} | {metric.meaning} |"
