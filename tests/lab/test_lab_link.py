import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.base.errors import InputError
from mainmode.base.instant import Instant, seconds
from mainmode.lab.clock import START
from mainmode.lab.entropy import SeededEntropy
from mainmode.lab.link import Block, Departure, Kind, Link, Wire, read_link
from mainmode.ladder.transcript import Fate, Side


def _wire(link: Link, seed: int = 1) -> Wire:
    return Wire(link, SeededEntropy(seed, "link"))


def _departure(kind: Kind = Kind.IKE, at: Instant = START, unreachable: str = "") -> Departure:
    return Departure(Side.A, "outside", kind, b"packet", at, unreachable)


def test_a_packet_arrives_once_after_the_latency() -> None:
    passage = _wire(Link(latency=seconds(0.08))).carry(_departure())
    assert passage.fate is Fate.DELIVERED
    assert passage.arrivals == (START + 80_000,)


def test_the_tap_misses_nothing() -> None:
    wire = _wire(Link(loss=0.5, blocks=frozenset({Block.ESP})))
    for kind in (Kind.IKE, Kind.ESP, Kind.OTHER, Kind.IKE) * 10:
        wire.carry(_departure(kind))
    assert [passage.number for passage in wire.tap] == list(range(1, 41))
    assert {passage.fate for passage in wire.tap} == {Fate.DELIVERED, Fate.LOST, Fate.BLOCKED}


@pytest.mark.parametrize(
    ("block", "stopped"),
    [(Block.UDP_500, {Kind.IKE}), (Block.UDP_4500, {Kind.IKE_NAT_T}), (Block.ESP, {Kind.ESP})],
)
def test_a_filter_stops_its_kind_and_no_other(block: Block, stopped: set[Kind]) -> None:
    wire = _wire(Link(blocks=frozenset({block})))
    fates = {kind: wire.carry(_departure(kind)).fate for kind in Kind}
    assert {kind for kind, fate in fates.items() if fate is Fate.BLOCKED} == stopped
    assert {fate for kind, fate in fates.items() if kind not in stopped} == {Fate.DELIVERED}


def test_where_nobody_has_the_address_no_filter_and_no_luck_matters() -> None:
    passage = _wire(Link(loss=1.0, blocks=frozenset(Block))).carry(_departure(unreachable="nobody is there"))
    assert (passage.fate, passage.detail, passage.arrivals) == (Fate.UNREACHABLE, "nobody is there", ())


def test_loss_is_about_the_share_asked_for() -> None:
    wire = _wire(Link(loss=0.2))
    lost = sum(wire.carry(_departure()).fate is Fate.LOST for _ in range(5000))
    assert 900 < lost < 1100


def test_a_duplicate_arrives_after_its_original() -> None:
    first, second = _wire(Link(duplication=1.0)).carry(_departure()).arrivals
    assert START < first < second


def test_a_reordered_packet_is_overtaken_by_the_next() -> None:
    late = _wire(Link(reordering=1.0)).carry(_departure()).arrivals[0]
    next_ = _wire(Link()).carry(_departure(at=Instant(START + 5_000))).arrivals[0]
    assert next_ < late


def test_the_same_seed_decides_the_same() -> None:
    link = Link(loss=0.3, duplication=0.1, reordering=0.1)
    one, two, other = (_wire(link, seed) for seed in (7, 7, 8))
    for wire in (one, two, other):
        for _ in range(200):
            wire.carry(_departure())
    assert one.tap == two.tap
    assert one.tap != other.tap


def test_a_description_is_read() -> None:
    link = read_link("delay=80ms, loss=5%,duplicate=0.5%,reorder=100%,block=udp/500,block=esp")
    assert link == Link(seconds(0.08), 0.05, 0.005, 1.0, frozenset({Block.UDP_500, Block.ESP}))
    assert read_link("") == Link()


@pytest.mark.parametrize("text", ["loss=5", "loss=101%", "delay=1h", "block=tcp", "colour=red", "loss", "loss=-1%"])
def test_a_description_that_is_not_understood_says_what_is(text: str) -> None:
    with pytest.raises(InputError, match=r"--link .*(such as|what can be blocked|it takes)"):
        read_link(text)


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_description_is_a_link_or_an_input_error(text: str) -> None:
    try:
        link = read_link(text)
    except InputError:
        return
    assert 0 <= link.loss <= 1
    assert link.latency >= 0
