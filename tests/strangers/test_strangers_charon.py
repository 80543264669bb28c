"""strongSwan against itself: proves sites, NAT and transfer before our gateway is put in place of one daemon."""

from pathlib import Path

import pytest
from lan import run, until
from sites import pings, sites
from strongswan import Charon, Connection, charon
from transfer import carried

pytestmark = pytest.mark.root


def assert_same_tunnel(one: Charon, other: Charon) -> None:
    """One IKE SA and one pair of IPsec SAs, the same at both ends."""
    assert until(lambda: bool(other.children()), 15)
    [here], [there] = one.sas(), other.sas()
    assert here.cookies == there.cookies
    assert here.suite == there.suite == ("AES_CBC", "128", "HMAC_SHA2_256_128", "MODP_2048")
    [near], [far] = here.children, there.children
    assert (near.spi_in, near.spi_out) == (far.spi_out, far.spi_in)
    assert near.suite == far.suite == ("AES_CBC", "128", "HMAC_SHA1_96")
    assert near.encapsulated


@pytest.mark.parametrize("hidden", ["", "a", "b", "ab"])
def test_two_charons_agree_on_a_tunnel_wherever_nat_is(tmp_path: Path, hidden: str) -> None:
    with (
        sites("pair", hidden) as net,
        charon(net.a.gateway, tmp_path / "a", Connection.between(net.a, net.b)) as first,
        charon(net.b.gateway, tmp_path / "b", Connection.between(net.b, net.a)) as second,
    ):
        first.initiate()
        assert_same_tunnel(first, second)
        assert pings(net.a, net.b, 3) == {net.b.networks[0]: 3}
        assert pings(net.b, net.a, 3) == {net.a.networks[0]: 3}
        [seen] = [sa.remote for sa in second.sas()]
        assert seen.startswith("198.51.100.1:3" if "a" in hidden else "10.1.0.2:4500")
        carried(net.b, net.a, 1_000_000, 30)
        net.remap("20000-29999")
        assert run("ip", "netns", "exec", net.router, "conntrack", "-L").count("\nudp") == 0


def test_two_charons_with_different_keys_do_not_agree(tmp_path: Path) -> None:
    with (
        sites("keys") as net,
        charon(net.a.gateway, tmp_path / "a", Connection.between(net.a, net.b)) as first,
        charon(net.b.gateway, tmp_path / "b", Connection.between(net.b, net.a).but(key="another")) as second,
    ):
        with pytest.raises(RuntimeError):
            first.initiate(timeout=3)
        assert not first.sas()
        assert not second.sas()


def test_without_a_tunnel_nothing_passes_between_the_sites(tmp_path: Path) -> None:
    with sites("bare") as net:
        assert pings(net.a, net.b, wait=1) == {net.b.networks[0]: 0}


def test_the_router_loses_what_it_is_told_to(tmp_path: Path) -> None:
    with sites("loss") as net:
        route = ("route", "add", net.b.network, "via")
        run("ip", "-n", net.router, *route, net.b.outside)
        run("ip", "-n", net.router, "route", "add", net.a.network, "via", net.a.outside)
        assert pings(net.a, net.b, 4, wait=1) == {net.b.networks[0]: 4}
        net.lose(2)
        assert pings(net.a, net.b, 4, wait=1) == {net.b.networks[0]: 0}
        net.lose(0)
        net.cut("b")
        assert pings(net.a, net.b, wait=1) == {net.b.networks[0]: 0}
        net.cut("")
        assert pings(net.a, net.b, 4, wait=1) == {net.b.networks[0]: 4}
