"""The slope of a curve's last decade, and what is worse than n log n."""

import growth
import pytest
from page import Curve

COUNTS = (1.0, 10.0, 100.0, 1000.0, 10000.0)


def curve(costs: list[float]) -> Curve:
    return Curve("memory", "tunnels", "MB", COUNTS, tuple(costs))


@pytest.mark.parametrize(
    ("costs", "slope", "met"),
    [
        ([7.0] * 5, 0.0, "yes"),
        ([40 + n for n in COUNTS], 0.986, "yes"),
        (list(COUNTS), 1.0, "yes"),
        ([growth.n_log_n(n) for n in COUNTS], 1.125, "yes"),
        ([n**1.3 for n in COUNTS], 1.3, "no"),
        ([500 + n * n for n in COUNTS], 2.0, "no"),
    ],
)
def test_a_curve_is_judged_by_its_last_decade(costs: list[float], slope: float, met: str) -> None:
    row = growth.row(curve(costs))
    assert row.figure == pytest.approx(slope, abs=0.01)
    assert row.met == met
    assert row.what == "memory, from 1,000 to 10,000 tunnels"


def test_a_decade_without_a_second_point_takes_the_two_last() -> None:
    assert growth.last_decade(Curve("", "", "", (1, 100), (1, 2))) == [(1, 1), (100, 2)]


def test_one_point_has_no_slope() -> None:
    with pytest.raises(ValueError, match="two points"):
        growth.exponent([1], [1])
