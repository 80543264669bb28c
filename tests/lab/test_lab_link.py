import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.base.errors import InputError
from mainmode.base.instant import seconds
from mainmode.lab.link import Block, Link, Oversize, read_link


def test_a_description_is_read() -> None:
    link = read_link("delay=80ms, loss=5%,duplicate=0.5%,reorder=100%,block=udp/500,block=esp")
    blocks = frozenset({Block.UDP_500, Block.ESP})
    assert link == Link(seconds(0.08), loss=0.05, duplication=0.005, reordering=1.0, blocks=blocks)
    assert read_link("") == Link()
    assert read_link("jitter=2s,mtu=1400,oversize=drop") == Link(jitter=seconds(2), mtu=1400, oversize=Oversize.DROPPED)


def test_what_is_not_named_stays_as_it_was() -> None:
    before = read_link("delay=80ms,loss=5%")
    assert read_link("loss=0%", "link a b", before) == read_link("delay=80ms")


@pytest.mark.parametrize(
    "text",
    ["loss=5", "loss=101%", "delay=1h", "block=tcp", "colour=red", "loss", "loss=-1%", "mtu=12", "mtu=x", "oversize=x"],
)
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
