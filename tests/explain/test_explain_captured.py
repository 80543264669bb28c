"""Captures as logs: real daemons' runs, judged by what is known of each run."""

import json
from pathlib import Path

import pytest

from mainmode.catalogue.facts import GaveUp, Phase, Symptom, Told, Up
from mainmode.explain.captured import CapturedLog
from mainmode.explain.record import Record

RUNS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "swan-runs"
CAPTURES = sorted(RUNS.glob("*/capture*.pcap"))


def read(path: Path, own: str = "", peer: str = "") -> list[Record]:
    with path.open("rb") as stream:
        captured = CapturedLog(stream, 0, path.name, own, peer)
        records = list(captured)
    log = captured.log()
    assert log.unknown == 0
    assert log.lines == log.recognised + log.other
    assert not log.truncated
    return records


def facts(records: list[Record], kind: type) -> list:  # type: ignore[type-arg]
    return [fact for record in records for fact in record.reading.facts if isinstance(fact, kind)]


def told_outcome(path: Path) -> str:
    """What a capture tells, in the words of `case.json`."""
    records = read(path)
    ups = {fact.phase for fact in facts(records, Up)}
    if any(fact.symptom is Symptom.PEER_LOST for fact in facts(records, Told)):
        return "down-after-up" if Phase.TWO in ups else "lost"
    failed = {fact.waiting_for[:2] for fact in facts(records, GaveUp)}
    return {
        (frozenset({Phase.ONE, Phase.TWO}), frozenset()): "up",
        (frozenset({Phase.ONE}), frozenset({"QM"})): "phase2-failed",
        (frozenset(), frozenset({"MM"})): "phase1-failed",
        (frozenset(), frozenset({"AM"})): "phase1-failed",
    }.get((frozenset(ups), frozenset(failed)), f"{ups} {failed}")


@pytest.mark.corpus
def test_the_runs_of_real_daemons_tell_their_outcome() -> None:
    known = {path: json.loads((path.parent / "case.json").read_text())["outcome"] for path in CAPTURES}
    told = {path: told_outcome(path) for path in CAPTURES}
    assert {f"{path.parent.name}/{path.name}": told[path] for path in CAPTURES if told[path] != known[path]} == {}
