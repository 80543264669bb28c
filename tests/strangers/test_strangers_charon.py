"""strongSwan against itself: proves the harness before our engine is put in place of one daemon."""

from pathlib import Path

import pytest
from charon import Terms, charon
from lan import lan, replies, until

pytestmark = pytest.mark.root

TERMS = Terms(key="correct-horse-battery")


def test_two_charons_agree_on_a_tunnel_and_carry_pings(tmp_path: Path) -> None:
    with (
        lan("pair") as net,
        charon(net, net.a, tmp_path / "a", TERMS) as first,
        charon(net, net.b, tmp_path / "b", TERMS) as second,
    ):
        first.initiate()
        assert first.established()
        assert until(lambda: bool(second.children()), 15)
        [ours], [theirs] = first.children(), second.children()
        assert (ours.spi_in, ours.spi_out) == (theirs.spi_out, theirs.spi_in)
        assert ours.encapsulated
        assert replies(net.a, net.b) >= 3
        assert second.children()[0].packets_in >= 3


def test_two_charons_with_different_keys_do_not_agree(tmp_path: Path) -> None:
    with (
        lan("keys") as net,
        charon(net, net.a, tmp_path / "a", TERMS) as first,
        charon(net, net.b, tmp_path / "b", Terms(key="another")) as second,
    ):
        with pytest.raises(RuntimeError):
            first.swanctl("--initiate", "--child", "lan", "--timeout", "3")
        assert not first.established()
        assert not second.established()
        assert not first.children()
        assert not second.children()
