"""How what it costs grows: `.venv/bin/python bench/plots.py [--write]`; needs matplotlib (pip install -e '.[bench]').

Draws every curve that a bench has kept, one picture for each thing that there are more and more of, with a line for
n log n over the last decade of each curve, and tells each curve's slope there. `--write` makes docs/images/growth_*.png
and puts the table into the docs.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import growth
from measuring import ROOT
from page import Curve, Section, kept, tell

try:
    import matplotlib as mpl
except ModuleNotFoundError:
    raise SystemExit("bench/plots.py draws with matplotlib: .venv/bin/pip install -e '.[bench]'") from None

mpl.use("Agg")

from matplotlib import pyplot
from matplotlib.axes import Axes

IMAGES = ROOT / "docs" / "images"
COLOURS = ("#0b6e99", "#c8553d", "#3a7d44", "#7b4b94", "#b08900", "#444444")
MARKERS = "osD^vP"


def panels(curves: list[Curve]) -> list[list[Curve]]:
    """The curves of one picture by their unit: what has another one has another axis."""
    units = dict.fromkeys(curve.unit for curve in curves)
    return [[curve for curve in curves if curve.unit == unit] for unit in units]


def draw(axes: Axes, curves: list[Curve]) -> None:
    """Curves of one unit, and the guide of each."""
    for curve, colour, marker in zip(curves, COLOURS, MARKERS, strict=False):
        axes.plot(
            curve.count,
            curve.cost,
            color=colour,
            marker=marker,
            markersize=5,
            linewidth=1.6,
            label=curve.what.replace("`", ""),
        )
        count, cost = zip(*growth.last_decade(curve), strict=True)
        scale = cost[0] / growth.n_log_n(count[0])
        axes.plot(count, [growth.n_log_n(one) * scale for one in count], color=colour, linestyle=":", linewidth=1.4)
    axes.plot([], [], color="#888888", linestyle=":", linewidth=1.4, label="n log n, from the last decade's start")
    axes.margins(y=0.2)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(curves[0].count, [f"{count:,.0f}" for count in curves[0].count])
    axes.minorticks_off()
    axes.set_xlabel(curves[0].along)
    axes.set_ylabel(curves[0].unit)
    axes.grid(True, which="major", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(fontsize=8, frameon=False, loc="upper left")


def named(along: str) -> str:
    """The name of a picture."""
    return f"growth_{along.replace(' ', '_')}.png"


def picture(along: str, curves: list[Curve], place: Path) -> None:
    """One picture: a panel for each unit."""
    parts = panels(curves)
    figure, row = pyplot.subplots(1, len(parts), figsize=(5.6 * len(parts), 4.2), squeeze=False, layout="constrained")
    for axes, part in zip(row[0], parts, strict=True):
        draw(axes, part)
    figure.savefig(place / named(along), dpi=110, metadata={"Software": None})
    pyplot.close(figure)


def main() -> None:
    """Draws, prints, and writes the page if told to."""
    parser = argparse.ArgumentParser(description="Draw what benches have kept of growth; prints a table.")
    parser.add_argument("--write", action="store_true", help="put pictures and table into the docs")
    parser.add_argument("--place", type=Path, metavar="FOLDER", help="where to put the pictures instead")
    given = parser.parse_args()
    curves = [curve for section in kept() for curve in section.curves]
    kinds = list(dict.fromkeys(curve.along for curve in curves))
    place = given.place or (IMAGES if given.write else None)
    for along in kinds if place is not None else ():
        picture(along, [curve for curve in curves if curve.along == along], place)
    section = Section.of("plots", "of what the benches above have kept", list(map(growth.row, curves)))
    pictures = tuple((f"What it costs, by the number of {along}", named(along)) for along in kinds)
    tell(replace(section, pictures=pictures), given.write)


if __name__ == "__main__":
    main()
