"""Long runs of pings that end alike are one row; short ones stand one by one; nothing is lost or reordered."""

from dataclasses import replace

from ladder_sample import START, tunnel_up

from mainmode.base.instant import Instant
from mainmode.ladder.html import html
from mainmode.ladder.markdown import markdown
from mainmode.ladder.series import FEWEST, series_of
from mainmode.ladder.text import text
from mainmode.ladder.transcript import Ping, Side


def pings(*trips: int | None) -> tuple[Ping, ...]:
    return tuple(
        Ping(Side.A, "192.168.1.10", "192.168.2.10", number, Instant(START + number * 1_000_000), trip)
        for number, trip in enumerate(trips, 1)
    )


def test_a_long_run_is_one_row_and_a_short_one_is_not() -> None:
    rows = list(series_of(pings(None, *[20_000] * FEWEST, None, *[20_000] * (FEWEST - 1))))
    assert [row.numbers for row in rows] == ["1", "2 to 7", "8", "9", "10", "11", "12", "13"]
    assert rows[1].sent_at == Instant(START + 2_000_000)
    assert [row.round_trip for row in rows] == [None, 20_000, None, *[20_000] * 5]


def test_what_ends_otherwise_or_is_another_flow_stands_apart() -> None:
    run = pings(*[20_000] * 12)
    parted = (*run[:6], replace(run[6], note="the last"), *run[7:])
    assert [row.numbers for row in series_of(parted)] == ["1 to 6", "7", "8", "9", "10", "11", "12"]


def test_every_layout_tells_the_run_in_one_row() -> None:
    transcript = replace(tunnel_up(), pings=pings(None, *[20_000] * 40))
    assert "seq 2 to 41" in text(transcript, width=100)
    assert "| 2 to 41 |" in markdown(transcript)
    assert "<td>2 to 41</td>" in html(transcript)
