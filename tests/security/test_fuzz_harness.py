"""The fuzzing harness itself: what breaks an input's contract is noticed, told apart, made short and recorded."""

import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import pytest
from fuzz import record
from fuzz.judge import judge
from fuzz.mutation import chain_of, octets_of
from fuzz.reach import Reach, modules
from fuzz.shrink import shrunk
from fuzz.steps import read
from fuzz.target import ROOT, BrokenError, Target, load, names
from fuzz.targets import datagram_half_open as half_open

from mainmode.wire.message import read_header


def _run(octets: bytes) -> None:
    if octets.startswith(b"odd") and len(octets) % 2:
        raise BrokenError("an odd number of octets")
    if octets.startswith(b"value"):
        _deeper()
    while octets.startswith(b"slow"):
        octets = octets[1:] + b"slow" if len(octets) > 10_000_000 else octets


def _deeper() -> None:
    raise ValueError("deep")


TOY = Target("toy", "a toy", ("mainmode.wire.",), lambda: [b"x"], _run, pause=0.05, slope=0.0)


def test_what_holds_is_no_fault() -> None:
    assert judge(TOY, b"even") is None


def test_an_exception_is_a_fault_with_its_place() -> None:
    broken, deeper = judge(TOY, b"odd.."), judge(TOY, b"value")
    assert broken is not None
    assert deeper is not None
    assert (broken.kind, deeper.kind) == ("exception", "exception")
    assert broken.title == "fuzz.target.BrokenError: an odd number of octets"
    assert "test_fuzz_harness.py:_deeper" in deeper.mark
    assert broken.name != deeper.name
    again = judge(TOY, b"odd....")
    assert again is not None
    assert again.name == broken.name


def test_an_input_that_does_not_end_is_stopped() -> None:
    fault = judge(TOY, b"slow")
    assert fault is not None
    assert fault.kind == "hang"
    assert "_run" in fault.mark


def test_an_input_that_takes_too_long_is_tried_again_and_told() -> None:
    runs = []

    def run(octets: bytes) -> None:
        runs.append(octets)
        if octets == b"always" or len(runs) == 1:
            end = time.thread_time() + 0.1
            while time.thread_time() < end:
                pass

    target = Target("toy", "a toy", (), list, run, pause=0.05, slope=0.0)
    assert judge(target, b"once") is None
    assert len(runs) == 4
    fault = judge(target, b"always")
    assert fault is not None
    assert fault.kind == "cpu"


def test_an_input_is_made_as_short_as_it_can_be() -> None:
    assert shrunk(b"what is before NEEDLE what is after", lambda octets: b"NEE" in octets) == b"NEE"
    assert shrunk(b"abcdef", lambda octets: len(octets) >= 4) == bytes(4)


def test_the_lines_that_a_corpus_reaches_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one").write_bytes(bytes(28))
    target = Target("toy", "a toy", ("mainmode.wire.message",), list, lambda octets: read_header(b"x" * 28))
    reach = Reach(target.modules)
    assert reach.hit == 0
    # However long the process has run by now.
    monkeypatch.setattr("fuzz.reach.time.process_time", lambda: 1e6)
    told = reach.over(target, [tmp_path])
    assert told == {"hit": reach.hit, "total": reach.total, "inputs": 1, "corpus": 1}
    assert 2 <= reach.hit < reach.total
    assert "mainmode.wire.message" in modules()


def test_the_record_adds_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "RECORD", tmp_path / "fuzzing.json")
    monkeypatch.setattr(record, "PAGE", tmp_path / "fuzzing.md")
    run = record.Figures("toy", 60, 50, 1000, 10, 40, 99, 7, 0)
    record.add([run])
    record.add([run])
    told = record.recorded()["toy"]
    assert (told["seconds"], told["executions"], told["runs"]) == (120, 2000, 2)
    assert (told["hit"], told["edges"], told["corpus"]) == (10, 99, 7)
    assert record.PAGE.read_text() == record.page()


def test_the_page_is_as_the_record_is() -> None:
    assert record.PAGE.read_text("utf-8") == record.page(), "write it anew: docs/generate.py fuzzing.md"


def test_targets_bear_the_names_of_their_files() -> None:
    assert [load(name).name for name in names()] == names()
    with pytest.raises(KeyError, match="no target nobody"):
        load("nobody")


def test_a_changed_input_is_one_of_steps_again() -> None:
    target = load("datagram-half-open")
    seeds = list(target.seeds())[:20]
    assert target.mutator is not None
    mutate = target.mutator(seeds)
    changed = {mutate(seed, 4096, dice, lambda octets, most: octets[:-1]) for seed in seeds for dice in range(50)}
    assert len(changed) > 500
    assert all(len(octets) <= 4096 for octets in changed)
    assert sum(list(read(octets, half_open._KINDS)) != [] for octets in changed) > len(changed) * 0.95


def test_a_chain_of_payloads_is_the_same_there_and_back() -> None:
    chain = [(1, b"one"), (13, b""), (4, bytes(40))]
    first, octets = octets_of(chain)
    assert first == 1
    assert chain_of(first, octets + b"left") == (chain, b"left")


def test_an_input_is_judged_alone_in_a_process_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "seed"
    file.write_bytes(next(iter(load("datagram-fresh").seeds())))
    command = [sys.executable, str(ROOT / "fuzz" / "run.py"), "datagram-fresh", "--input", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "all held\n")
    command[-1] = str(tmp_path / "none")
    assert subprocess.run(command, capture_output=True, text=True, check=False).returncode == 2
