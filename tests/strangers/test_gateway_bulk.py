"""Bursts through tunnels in user space, behind NAT and without, as tcpdump sees them: each packet for itself."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from firewall import Firewall, Tunnel, configuration, firewall
from lan import run, until
from sites import Site, pings, sites
from sniffer import sniffing

pytestmark = pytest.mark.root

COUNT, SIZE, PORT = 300, 1000, 6000
EF = 0xB8

SENDER = f"""
import socket, sys, time
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
one.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, int(sys.argv[2]))
one.setsockopt(socket.IPPROTO_IP, 10, int(sys.argv[3]))
for number in range({COUNT}):
    one.sendto(number.to_bytes(4) + bytes({SIZE} - 4), (sys.argv[1], {PORT}))
    if number % 20 == 19:
        time.sleep(0.02)
"""
RECEIVER = f"""
import socket
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
one.bind(("0.0.0.0", {PORT}))
one.settimeout(3)
print("ready", flush=True)
numbers = []
try:
    while len(numbers) < {COUNT}:
        numbers.append(int.from_bytes(one.recv(2000)[:4]))
except TimeoutError:
    pass
print(len(numbers), numbers == sorted(set(numbers)))
"""


def burst(source: Site, destination: Site, tos: int, whole: bool) -> str:
    """Datagrams from host to host; how many came, and whether in their order and once each."""
    receiver = subprocess.Popen(
        ["ip", "netns", "exec", destination.host, sys.executable, "-c", RECEIVER], stdout=subprocess.PIPE, text=True
    )
    try:
        assert receiver.stdout is not None
        assert receiver.stdout.readline() == "ready\n"
        argv = (sys.executable, "-c", SENDER, destination.address, str(tos), "2" if whole else "0")
        run("ip", "netns", "exec", source.host, *argv)
        return receiver.communicate(timeout=30)[0].strip()
    finally:
        receiver.kill()
        receiver.wait()


def sealed(gateway: Firewall) -> int:
    """How many packets it sealed, by its own account."""
    found = re.search(r"#pkts encaps: (\d+)", gateway.show("crypto", "ipsec", "sa"))
    return int(found[1]) if found else 0


def large_ones(capture: Path) -> int:
    """How many packets of the burst's size a capture has so far (libpcap's format, in this machine's order)."""
    octets, at, count = capture.read_bytes(), 24, 0
    while at + 16 <= len(octets):
        length = int.from_bytes(octets[at + 8 : at + 12], sys.byteorder)
        count += length > SIZE
        at += 16 + length
    return count


@pytest.mark.parametrize(("hidden", "esp"), [("ab", "udp.dstport == 4500 && esp"), ("", "ip.proto == 50")])
@pytest.mark.parametrize(("tos", "whole"), [(EF, True), (0, False)])
def test_each_packet_of_a_burst_is_sealed_for_itself_with_its_tos_and_df(
    tmp_path: Path, hidden: str, esp: str, tos: int, whole: bool
) -> None:
    with sites("bulk", hidden) as net:
        for namespace, link in ((net.a.gateway, "outside"), (net.b.gateway, "outside")):
            # The capture shows what a link without segmentation of its own would carry.
            run("ip", "-n", namespace, "link", "set", link, "gso_max_segs", "1")
        text = configuration(net.a, Tunnel.between(net.a, net.b))
        other = configuration(net.b, Tunnel.between(net.b, net.a))
        user = ("--data-plane", "user")
        with (
            firewall(net.a.gateway, tmp_path / "a", text, *user) as first,
            firewall(net.b.gateway, tmp_path / "b", other, *user) as second,
        ):
            assert until(lambda: all(pings(net.a, net.b, wait=3).values()), 30)
            before = sealed(first)
            with sniffing(net.a.gateway, "outside", tmp_path / "outside.pcap") as sniffer:
                assert burst(net.a, net.b, tos, whole) == f"{COUNT} True"
                assert sealed(first) - before >= COUNT
                until(lambda: large_ones(sniffer.file) >= COUNT, 20)
                fields = ("ip.len", "ip.flags.df", "ip.dsfield", "esp.sequence")
                seen = sniffer.told(*fields, only=f"ip.src == {net.a.outside} && {esp}")
            assert first.errors() == second.errors() == ""
    large = [one for one in seen if int(one[0]) > SIZE]
    assert sealed_alike(large) == {("1" if whole else "0", f"0x{tos:02x}")}
    assert len(large) == COUNT
    numbers = [int(one[3]) for one in large]
    assert numbers == sorted(set(numbers))


def sealed_alike(packets: list[tuple[str, ...]]) -> set[tuple[str, str]]:
    """DF and TOS, each that occurs."""
    return {("1" if one[1] in ("1", "True") else "0", one[2]) for one in packets}
