"""Rows of the matrix, as people name them."""

from collections.abc import Iterable


def numbered(rows: Iterable[int]) -> str:
    """`entry 1`, `entries 1-3`, `entries 1, 3, 5-7`: rows of the matrix, in order."""
    ordered = sorted(set(rows))
    spans: list[list[int]] = []
    for number in ordered:
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    text = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)
    return f"{'entry' if len(ordered) == 1 else 'entries'} {text}"
