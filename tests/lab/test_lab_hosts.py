from ipaddress import IPv4Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.base.codes import IpProtocol
from mainmode.lab.hosts import PROBED, Probe, answer
from mainmode.wire.ip import read_ipv4

NEAR, FAR = IPv4Address("192.168.1.2"), IPv4Address("192.168.2.2")


def _probe(protocol: IpProtocol) -> Probe:
    return Probe(protocol, NEAR, FAR) if protocol is IpProtocol.ICMP else Probe(protocol, NEAR, FAR, 49152, 7)


@pytest.mark.parametrize("protocol", [*PROBED, IpProtocol.GRE, IpProtocol(89)])
@pytest.mark.parametrize("sequence", [1, 5, 300])
def test_a_request_is_answered_and_the_reply_recognised(protocol: IpProtocol, sequence: int) -> None:
    probe = _probe(protocol)
    request = probe.request(sequence)
    reply = answer(request)
    assert reply is not None
    packet = read_ipv4(reply)
    assert (packet.source, packet.destination, packet.protocol) == (FAR, NEAR, protocol)
    assert probe.sequence_in(packet) == sequence
    assert probe.sequence_in(read_ipv4(request)) is None


def test_an_echo_has_the_hundred_octets_of_the_devices_own_ping() -> None:
    assert len(_probe(IpProtocol.ICMP).request(1)) == 100


def test_a_reply_is_not_answered_again() -> None:
    for protocol in (IpProtocol.ICMP, IpProtocol.TCP, IpProtocol.GRE):
        reply = answer(_probe(protocol).request(1))
        assert reply is not None
        assert answer(reply) is None


def test_the_reply_of_another_host_is_not_taken() -> None:
    reply = answer(Probe(IpProtocol.ICMP, NEAR, IPv4Address("192.168.2.9")).request(1))
    assert reply is not None
    assert _probe(IpProtocol.ICMP).sequence_in(read_ipv4(reply)) is None


@given(st.sampled_from(PROBED), st.data())
@settings(max_examples=200, deadline=None)
def test_a_damaged_request_is_answered_with_nothing_or_a_packet(protocol: IpProtocol, data: st.DataObject) -> None:
    octets = bytearray(_probe(protocol).request(1))
    for _ in range(data.draw(st.integers(0, 3))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    reply = answer(bytes(octets[: data.draw(st.integers(0, len(octets)))]))
    assert reply is None or read_ipv4(reply).length == len(reply)


def test_tshark_finds_every_checksum_right(tmp_path) -> None:  # type: ignore[no-untyped-def]
    import subprocess

    from mainmode.capture.pcapng import Captured, pcapng
    from mainmode.lab.clock import START

    packets = []
    for protocol in PROBED:
        request = _probe(protocol).request(3)
        packets += [Captured(0, START, request), Captured(0, START, answer(request) or b"")]
    file = tmp_path / "hosts.pcapng"
    file.write_bytes(pcapng("test", ["inside"], packets))
    checks = [f"-o{name}.check_checksum:TRUE" for name in ("ip", "tcp", "udp")]
    fields = ["ip.checksum.status", "icmp.checksum.status", "tcp.checksum.status", "udp.checksum.status"]
    listed = subprocess.run(
        ["tshark", *checks, "-r", file, "-Tfields", *(f"-e{name}" for name in fields)],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert [line.split() for line in listed.splitlines()] == [["1", "1"]] * 6
