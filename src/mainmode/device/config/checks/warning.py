"""A warning at the place of the line that it is about."""

from collections.abc import Iterator

from mainmode.base.provenance import Source, Statement
from mainmode.device.config.problem import Problem, Severity


def warning(source: Source, wording: str, expected: str) -> Iterator[Problem]:
    """The warning; none for what no line says."""
    if isinstance(source, Statement):
        column = len(source.text) - len(source.text.lstrip(" ")) + 1
        yield Problem(Severity.WARNING, source.file, source.line, column, source.text, f"WARNING: {wording}", expected)


def missing(source: Source, thing: str, name: str, expected: str) -> Iterator[Problem]:
    """The warning of a name without a thing."""
    return warning(source, f"{thing} {name} does not exist", expected)
