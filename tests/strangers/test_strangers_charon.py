"""strongSwan against itself: proves the harness before our engine is put in place of one daemon."""

from pathlib import Path

import pytest
from charon import Terms, charon
from lan import lan, run, until

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
        assert until(lambda: bool(second.children()), 5)
        [ours], [theirs] = first.children(), second.children()
        assert (ours.spi_in, ours.spi_out) == (theirs.spi_out, theirs.spi_in)
        assert ours.encapsulated
        pings = run(*net.a.command("ping", "-c", "3", "-i", "0.2", "-W", "2", "-I", net.a.inside, net.b.inside))
        assert "3 received" in pings
        assert second.children()[0].packets_in == 3


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
