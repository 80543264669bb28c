"""How a cost grows: the exponent of the last decade of a curve, beside that of n log n over the same numbers."""

import math
from collections.abc import Sequence

from page import Curve, Row

NOISE = 0.1
"""How much of an exponent is the machine's: figures that move by a tenth bend a decade by so much."""


def exponent(count: Sequence[float], cost: Sequence[float]) -> float:
    """The slope of the cost's logarithm over the number's, by least squares. Raises ValueError for fewer than two."""
    if len(count) < 2:
        raise ValueError("a slope takes two points")
    xs, ys = [math.log(one) for one in count], [math.log(one) for one in cost]
    middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - middle_x) ** 2 for x in xs)
    return sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True)) / spread


def last_decade(curve: Curve) -> list[tuple[float, float]]:
    """Its points from a tenth of the largest number on; the two last ones where that is fewer."""
    points = list(zip(curve.count, curve.cost, strict=True))
    within = [point for point in points if point[0] * 10 >= points[-1][0]]
    return within if len(within) > 1 else points[-2:]


def n_log_n(count: float) -> float:
    """The guide; the logarithm of 1 would make nothing of it."""
    return count * math.log2(count + 1)


def row(curve: Curve) -> Row:
    """The curve's exponent, judged: no worse than n log n, apart from noise."""
    points = last_decade(curve)
    count, cost = zip(*points, strict=True)
    guide = exponent(count, [n_log_n(one) for one in count])
    what = f"{curve.what}, from {count[0]:,.0f} to {count[-1]:,.0f} {curve.along}"
    return Row(what, exponent(count, cost), "n log n", guide, guide + NOISE, "as slope", job="growth")
