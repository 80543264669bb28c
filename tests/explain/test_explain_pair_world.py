"""Pairs of real logs: both sides of runs of daemons, captures beside logs, a published listing, our own lab."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib.resources import files
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from mainmode.device.config.reader import read
from mainmode.explain.assembler import Assembler
from mainmode.explain.correlate import Correlator
from mainmode.explain.dialects import DIALECTS
from mainmode.explain.laddering import transcript
from mainmode.explain.logs import read_log
from mainmode.explain.negotiation import Negotiation
from mainmode.explain.pair import losses, one_way, pairings
from mainmode.explain.pairing import Same
from mainmode.explain.reading import Source
from mainmode.lab.faults.catalogue import read_fault
from mainmode.lab.faults.configuration import broken
from mainmode.lab.run import Order, run
from mainmode.ladder.text import text
from mainmode.ladder.transcript import Fate, LineSaid, MessageSent, Side, Transcript

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
RUNS = sorted(CORPUS.glob("swan-runs/*/initiator.log"))
EXAMPLES = files("mainmode.lab") / "examples"
HOSTS = (IPv4Address("192.168.1.2"), IPv4Address("192.168.2.2"))


@cache
def negotiations(path: Path, number: int) -> tuple[Negotiation, ...]:
    """What one log or capture holds."""
    return read_log(Source(str(path)), number).negotiations


@pytest.mark.corpus
def test_both_sides_of_each_run_are_one_exchange() -> None:
    for path in RUNS:
        found = pairings(negotiations(path, 0), negotiations(path.with_name("responder.log"), 1))
        assert found, path
        assert found[0].same is Same.YES, (path, found[0].grounds)


@pytest.mark.corpus
def test_a_capture_is_the_exchange_of_the_log_beside_it_whichever_end_wrote_that() -> None:
    for path in RUNS:
        capture = path.with_name("capture.pcap")
        for log in (path, path.with_name("responder.log")):
            found = pairings(negotiations(log, 0), negotiations(capture, 1)) if capture.exists() else ()
            assert not capture.exists() or found[0].same is Same.YES, (log, found[0].grounds)


@pytest.mark.corpus
def test_sides_of_different_runs_are_not_one_exchange() -> None:
    """But for runs of the same fault at the same time between the same addresses, in which nothing tells them apart."""
    taken = [
        (one, other)
        for one in RUNS
        for other in RUNS
        if one.parent.name[:2] != other.parent.name[:2] and (len(one.parent.name) + len(other.parent.name)) % 3 == 0
    ]
    wrong = []
    for one, other in taken:
        found = pairings(negotiations(one, 0), negotiations(other.with_name("responder.log"), 1))
        if found and found[0].same is Same.YES:
            wrong.append((one.parent.name, other.parent.name))
    assert not taken or len(wrong) <= len(taken) // 100, wrong


@pytest.mark.corpus
def test_only_the_way_back_is_cut() -> None:
    for path in RUNS:
        if "replies-dropped" not in path.parent.name:
            continue
        found = pairings(negotiations(path, 0), negotiations(path.with_name("responder.log"), 1))[0]
        assert one_way(found) == 1, path
        assert [(loss.sender, loss.name, loss.arrived) for loss in losses(found)] == [(1, "MM2", 0)]


@pytest.mark.corpus
def test_the_published_listing_is_not_one_exchange() -> None:
    listing = [CORPUS / "reference" / f"{role}.log" for role in ("initiator", "responder")]
    found = pairings(negotiations(listing[0], 0), negotiations(listing[1], 1))
    assert len(found) == 1
    assert found[0].same is Same.NO
    assert found[0].confidence < 0.01
    reasons = "\n".join(found[0].grounds)
    for reason in (
        "7b80c2b0 in the first log and 52481cf5 in the second",
        "Both logs say that the other end is 10.0.0.2",
        "SPIs differ",
        "MM1 was sent with 168 octets, and received with 164",
        "MM3 was sent with 304 octets, and received with 284",
    ):
        assert reason in reasons


def lab(fault: str = "", seed: int = 1) -> Transcript:
    """A run of the packaged pair, with a fault or none."""
    names = {Side.A: "asa1.cfg", Side.B: "asa2.cfg"}
    texts = {side: (EXAMPLES / name).read_text("utf-8") for side, name in names.items()}
    faults = (read_fault(fault, ("a", "b")),) if fault else ()
    for one in faults:
        if one.fault.lines is not None:
            side = Side(one.device)
            texts[side] = broken(one, texts[side], read(texts[side], names[side]))
    pair = {side: read(texts[side], names[side]) for side in Side}
    return run(replace(Order(pair, seed), faults=faults, ping=HOSTS)).transcript


def lines_of(made: Transcript, side: Side) -> Iterator[str]:
    """What one device said, as its debug shows it."""
    for event in made.events:
        if isinstance(event, LineSaid) and event.side is side:
            yield from event.text.split("\n")


def told(made: Transcript) -> tuple[tuple[Negotiation, ...], tuple[Negotiation, ...]]:
    """The negotiations of both sides of a run."""
    found = []
    for number, side in enumerate(Side):
        correlator, assembler = Correlator(number, ""), Assembler(DIALECTS)
        correlator.feed(assembler.feed(list(lines_of(made, side))))
        correlator.feed(assembler.finish())
        found.append(correlator.finish())
    return found[0], found[1]


@pytest.mark.parametrize(
    "fault",
    [
        *("", "wrong-key,b", "no-key,b", "no-tunnel-group,a", "policy,b", "transform,b", "pfs,b", "acl,b", "peer,b"),
        *("identity,b", "lifetime,b", "drop=MM3", "duplicate=MM3", "corrupt=MM5", "one-way,b", "block-udp-500,b"),
    ],
)
def test_both_sides_of_our_lab_are_one_exchange(fault: str) -> None:
    first, second = told(lab(fault))
    found = pairings(first, second)
    assert found[0].same is Same.YES, found[0].grounds


def test_two_runs_of_our_lab_are_not_one_exchange() -> None:
    first, _ = told(lab(seed=1))
    _, second = told(lab(seed=2))
    assert [one.same for one in pairings(first, second)] == [Same.NO]


def test_the_ladder_of_both_logs_has_the_lab_s_own_messages() -> None:
    made = lab()
    first, second = told(made)
    found = pairings(first, second)[0]
    ladder = transcript(first[0], other=second[0], pairing=found, negotiations=(*first, *second))
    messages = [(one.name, one.side, one.fate) for one in ladder.events if isinstance(one, MessageSent)]
    wanted = [
        (one.name, one.side, Fate.DELIVERED) for one in made.events if isinstance(one, MessageSent) if one.name != "ESP"
    ]
    assert messages[: len(wanted)] == wanted[: len(messages)]
    assert len(messages) >= 9


@pytest.mark.corpus
def test_every_log_of_the_corpus_has_a_ladder_that_can_be_read() -> None:
    for path in sorted(CORPUS.glob("*/*.log")):
        for one in negotiations(path, 0):
            ladder = transcript(one)
            assert len(ladder.events) < 3000, path
            assert "None" not in [line.strip() for line in text(ladder).splitlines()]
