"""How a show output is declared: rows with named parts, and tables with columns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Layout = tuple[str, ...]
"""The lines of one block, each with `{named}` parts; format specifications are allowed, nothing else is."""


def fill(layout: Layout, values: Mapping[str, object]) -> list[str]:
    """The block's lines with their parts. Raises KeyError where the caller left one out (a bug)."""
    return [row.format_map(values) for row in layout]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its heading, and its least width in characters with the gap to the next one."""

    heading: str
    width: int


def table(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> list[str]:
    """A heading line and a line for each row, cells padded to their column."""
    headings = [column.heading for column in columns]
    return ["".join(_padded(columns, cells)) for cells in (headings, *rows)]


def _padded(columns: Sequence[Column], cells: Sequence[str]) -> list[str]:
    return [cell.ljust(column.width) for column, cell in zip(columns, cells, strict=True)]
