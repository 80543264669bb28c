"""Two of our gateways over IP protocol 50: what is on the wire, sizes and fragments, the MTU of their path."""

import re
from pathlib import Path

import pytest
from lan import run, until
from pair_of_gateways import ping, two_gateways
from sniffer import sniffing
from transfer import carried

pytestmark = pytest.mark.root

FITS = 1426
"""Octets of an inner packet with AES-CBC and SHA-1 in 1500, as the device counts: `ipsec overhead 74`."""


def test_between_two_gateways_there_is_ike_on_port_500_and_esp_and_nothing_in_clear(tmp_path: Path) -> None:
    with (
        two_gateways("wire", tmp_path) as (net, first, second),
        sniffing(net.router, net.links["b"], tmp_path / "wire.pcap") as wire,
    ):
        assert ping(net.a, net.b)[0] == 3, first.report() + second.report()
        assert ping(net.b, net.a)[0] == 3, first.report() + second.report()
        carried(net.b, net.a, 3_000_000, 60)
        seen = wire.told("ip.proto", "udp.dstport", "ip.flags.mf", "ip.frag_offset")
    assert {row[0] for row in seen} == {"17", "50"}
    assert {row[1] for row in seen if row[0] == "17"} == {"500"}
    assert len([row for row in seen if row[0] == "50"]) > 2000
    assert {row[2:] for row in seen} == {("0", "0")}


def test_a_packet_that_does_not_fit_the_tunnel_comes_back_with_the_size_that_does(tmp_path: Path) -> None:
    with (
        two_gateways("df", tmp_path) as (net, first, _),
        sniffing(net.router, net.links["b"], tmp_path / "wire.pcap") as wire,
    ):
        assert ping(net.a, net.b)[0] == 3, first.report()
        answered, told = ping(net.a, net.b, "-M", "do", "-s", "1472")
        assert answered == 0
        assert f"From {net.a.inside} icmp_seq=1 Frag needed and DF set (mtu = {FITS})" in told
        assert ping(net.a, net.b, "-M", "do", "-s", str(FITS - 28))[0] == 3
        lengths = [int(row[0]) for row in wire.told("ip.len", only="ip.proto == 50 && ip.flags.df == 1")]
    assert lengths.count(1496) == 3


def test_with_clear_df_it_is_cut_before_encryption_and_the_wire_sees_whole_packets(tmp_path: Path) -> None:
    with (
        two_gateways("clear", tmp_path, "crypto ipsec df-bit clear-df outside\n") as (net, first, _),
        sniffing(net.router, net.links["b"], tmp_path / "wire.pcap") as wire,
    ):
        assert ping(net.a, net.b)[0] == 3, first.report()
        assert ping(net.a, net.b, "-M", "do", "-s", "1472")[0] == 3, first.report()
        seen = wire.told("ip.flags.df", "ip.flags.mf", "ip.frag_offset", "ip.len", only="ip.proto == 50")
    assert {row[:3] for row in seen} == {("0", "0", "0")}
    assert len(seen) == 2 * 3 + 2 * 2 * 3
    assert max(int(row[3]) for row in seen) <= 1500


def test_after_encryption_the_esp_packet_itself_is_cut(tmp_path: Path) -> None:
    more = "crypto ipsec fragmentation after-encryption outside\n"
    with (
        two_gateways("after", tmp_path, more) as (net, first, second),
        sniffing(net.router, net.links["b"], tmp_path / "wire.pcap") as wire,
    ):
        assert ping(net.a, net.b)[0] == 3, first.report()
        assert ping(net.a, net.b, "-M", "dont", "-s", "1472")[0] == 3, first.report() + second.report()
        fragments = wire.told("ip.frag_offset", only="ip.proto == 50 && (ip.flags.mf == 1 || ip.frag_offset > 0)")
    assert len(fragments) == 2 * 2 * 3


def test_the_df_bit_of_the_outer_packet_is_copied_or_set_as_configured(tmp_path: Path) -> None:
    def bits(more: str, tag: str) -> set[tuple[str, ...]]:
        with (
            two_gateways(tag, tmp_path / tag, more) as (net, first, _),
            sniffing(net.router, net.links["b"], tmp_path / f"{tag}.pcap") as wire,
        ):
            assert ping(net.a, net.b, "-M", "dont")[0] == 3, first.report()
            return set(wire.told("ip.flags.df", only=f"ip.proto == 50 && ip.src == {net.a.outside}"))

    assert bits("", "copy") == {("0",)}
    assert bits("crypto ipsec df-bit set-df outside\n", "set") == {("1",)}


@pytest.mark.parametrize(("more", "size"), [("", "1380"), ("sysopt connection tcpmss 1000\n", "1000")])
def test_the_segment_size_of_a_tcp_connection_through_the_tunnel_is_lowered(
    tmp_path: Path, more: str, size: str
) -> None:
    with (
        two_gateways("mss", tmp_path, more) as (net, first, second),
        sniffing(net.b.host, "lan", tmp_path / "far.pcap") as far,
    ):
        assert ping(net.a, net.b)[0] == 3, first.report() + second.report()
        carried(net.b, net.a, 500_000, 60)
        syns = far.told("ip.src", "tcp.options.mss_val", only="tcp.flags.syn == 1 && tcp.flags.ack == 0")
    assert syns == [(net.a.address, size)]


def test_a_smaller_mtu_in_the_middle_is_learned_from_its_router_and_told_to_the_sender(tmp_path: Path) -> None:
    with two_gateways("path", tmp_path) as (net, first, second):
        run("ip", "-n", net.router, "link", "set", net.links["b"], "mtu", "1300")
        assert ping(net.a, net.b)[0] == 3, first.report()
        _, told = ping(net.a, net.b, "-M", "do", "-s", "1372", count=4)
        assert re.search(r"Frag needed and DF set \(mtu = 12\d\d\)", told), told + first.report()
        fits = int(re.findall(r"mtu = (\d+)", told)[0])
        assert ping(net.a, net.b, "-M", "do", "-s", str(fits - 28))[0] == 3, first.report() + second.report()
        carried(net.b, net.a, 1_000_000, 60)


def test_a_link_that_is_smaller_than_the_configuration_says_does_not_stop_a_transfer(tmp_path: Path) -> None:
    with two_gateways("link", tmp_path) as (net, first, second):
        for namespace, link in ((net.router, net.links["b"]), (net.b.gateway, "outside")):
            run("ip", "-n", namespace, "link", "set", link, "mtu", "1300")
        assert ping(net.a, net.b)[0] == 3, first.report()
        carried(net.a, net.b, 1_000_000, 60)
        assert until(lambda: ping(net.b, net.a, "-s", "1372")[0] == 3, 20), first.report() + second.report()
