"""Sizes: what does not fit a tunnel or a link is cut, refused with an error that tells the size, or made smaller."""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from device_configs import REFERENCE, mirrored
from device_net import Net, addressed
from device_pair import HOST_A, HOST_B, echo, segment
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.base.codes import IpProtocol
from mainmode.base.errors import Drop
from mainmode.device.decision import BoxEffect, Decision, PacketOut, Stage
from mainmode.device.mss import clamped
from mainmode.ike.effects import Dropped, Say
from mainmode.wire.fragments import cut
from mainmode.wire.icmp import read_too_large, too_large
from mainmode.wire.ip import IcmpEcho, Ipv4, checksum, read_echo, read_ipv4

AFTER = "crypto ipsec fragmentation after-encryption outside\n"


def up(more: str = "") -> Net:
    """Two boxes with a tunnel."""
    net = Net({"a": REFERENCE + more, "b": mirrored(REFERENCE)})
    net.inject("a", "inside", echo(HOST_A, HOST_B))
    net.inject("a", "inside", echo(HOST_A, HOST_B, 2))
    assert any(read_echo(packet) for packet in net.inside["a"])
    net.inside["a"].clear()
    net.inside["b"].clear()
    net.wire.clear()
    return net


def large(octets: int, *, whole: bool = False, sequence: int = 3) -> Ipv4:
    data = IcmpEcho(True, 7, sequence, bytes(number % 256 for number in range(octets - 28))).encode()
    return Ipv4(HOST_A, HOST_B, IpProtocol.ICMP, data, identification=sequence, dont_fragment=whole)


def from_a(net: Net) -> list[Ipv4]:
    return [packet for name, packet in net.wire if name == "a"]


def reasons(effects: list[BoxEffect]) -> list[Drop]:
    return [effect.reason for effect in effects if isinstance(effect, Dropped)]


@pytest.mark.parametrize(("octets", "packets"), [(1426, 1), (1427, 2), (2800, 2), (4000, 3)])
def test_a_packet_too_large_for_the_tunnel_is_cut_before_encryption(octets: int, packets: int) -> None:
    net = up()
    net.inject("a", "inside", large(octets))
    sent = from_a(net)
    assert len(sent) == packets
    assert all(packet.protocol == IpProtocol.ESP and packet.length <= 1500 for packet in sent)
    tally = net.boxes["a"].sad.states()[0].fragments
    assert (tally.pre_successes, tally.created) == ((0, 0) if packets == 1 else (1, packets))


def test_the_answer_to_a_large_packet_comes_back_whole_in_fragments() -> None:
    net = up()
    net.inject("a", "inside", large(4000))
    parts = net.inside["a"]
    assert [packet.length <= 1500 for packet in parts] == [True] * 3
    assert b"".join(packet.payload for packet in parts)[8:] == large(4000).payload[8:]
    state = net.boxes["b"].sad.states()[0]
    assert state.fragments.needing_reassembly == 3
    assert net.boxes["b"].statistics.inbound.needing_reassembly == 3


def test_after_encryption_one_esp_packet_leaves_in_fragments_that_the_peer_puts_together() -> None:
    net = up(AFTER)
    net.inject("a", "inside", large(1500))
    sent = from_a(net)
    assert [(packet.more_fragments, packet.fragment_offset > 0) for packet in sent] == [(True, False), (False, True)]
    assert {packet.identification for packet in sent} == {sent[0].identification}
    assert len(net.inside["b"]) == 1
    tally = net.boxes["a"].sad.states()[0].fragments
    assert (tally.post_successes, tally.created, tally.pre_successes) == (1, 2, 0)
    assert net.boxes["b"].sad.states()[0].tally.decapsulated == 2


def test_a_packet_that_must_stay_whole_is_refused_and_its_host_told_the_size() -> None:
    net = up()
    effects = net.inject("a", "inside", large(1500, whole=True))
    assert reasons(effects) == [Drop.NEEDS_FRAGMENTATION]
    assert from_a(net) == []
    (told,) = net.inside["a"]
    error = read_too_large(told)
    assert error is not None
    assert (str(told.source), told.destination, error.mtu) == ("192.168.1.1", HOST_A, 1426)
    tally = net.boxes["a"].sad.states()[0].fragments
    assert (tally.pre_failures, tally.pmtus_sent) == (1, 1)
    assert [effect.line.entry.name for effect in effects if isinstance(effect, Say)] == ["PATH_MTU_EXCEEDED"]
    net.inject("a", "inside", large(error.mtu, whole=True))
    assert len(from_a(net)) == 1


@pytest.mark.parametrize(
    ("word", "whole", "outer"),
    [
        ("copy-df", True, True),
        ("copy-df", False, False),
        ("set-df", False, True),
        ("clear-df", True, False),
    ],
)
def test_the_df_bit_of_the_outer_packet_is_copied_set_or_cleared(word: str, whole: bool, outer: bool) -> None:
    net = up(f"crypto ipsec df-bit {word} outside\n")
    net.inject("a", "inside", large(500, whole=whole))
    assert [packet.dont_fragment for packet in from_a(net)] == [outer]


def test_with_clear_df_even_a_packet_that_must_stay_whole_is_cut() -> None:
    net = up("crypto ipsec df-bit clear-df outside\n")
    effects = net.inject("a", "inside", large(1500, whole=True))
    assert reasons(effects) == []
    assert [packet.dont_fragment for packet in from_a(net)] == [False, False]


def test_the_mtu_line_makes_the_tunnel_smaller() -> None:
    net = up("mtu outside 1400\n")
    net.inject("a", "inside", large(1327))
    assert len(from_a(net)) == 2
    assert all(packet.length <= 1400 for packet in from_a(net))


def complaint(net: Net, mtu: int) -> Ipv4:
    """What a router says of the last ESP packet of `a`."""
    return too_large(from_a(net)[-1], mtu, addressed(254))


def test_a_router_that_complains_of_our_esp_lowers_the_path_mtu_until_it_ages() -> None:
    net = up("crypto ipsec security-association pmtu-aging 120\n")
    net.inject("a", "inside", large(1400, whole=True))
    effects = net.inject("a", "outside", complaint(net, 1300))
    assert [effect.line.entry.name for effect in effects if isinstance(effect, Say)] == ["PATH_MTU_UPDATED"]
    refused = net.inject("a", "inside", large(1400, whole=True))
    assert reasons(refused) == [Drop.NEEDS_FRAGMENTATION]
    error = read_too_large(net.inside["a"][-1])
    assert error is not None
    assert error.mtu == 1300 - 74
    net.inject("a", "inside", large(1400))
    assert all(packet.length <= 1300 for packet in from_a(net)[-2:])
    assert net.boxes["a"].path_mtus.seconds_left(addressed(2), net.now) == 120
    assert net.boxes["a"].sad.states()[0].fragments.pmtus_received == 1
    net.wait(121)
    net.wire.clear()
    net.inject("a", "inside", large(1400, whole=True))
    assert len(from_a(net)) == 1


def test_a_complaint_about_a_packet_that_no_tunnel_sent_changes_nothing() -> None:
    net = up()
    net.inject("a", "inside", large(1400))
    strange = from_a(net)[-1]
    for forged in (
        strange._replace(payload=bytes(4) + strange.payload[4:]),
        strange._replace(destination=addressed(9)),
        strange._replace(source=addressed(9)),
        strange._replace(protocol=IpProtocol.UDP),
    ):
        effects = net.inject("a", "outside", too_large(forged, 600, addressed(254))._replace(destination=addressed(1)))
        assert reasons(effects) == [Drop.NOT_FOR_US]
    assert net.boxes["a"].path_mtus.towards(addressed(2), 1500, net.now) == 1500


def test_a_router_that_says_a_silly_size_is_not_believed_below_what_every_host_takes() -> None:
    net = up()
    net.inject("a", "inside", large(1400))
    net.inject("a", "outside", complaint(net, 68))
    assert net.boxes["a"].path_mtus.towards(addressed(2), 1500, net.now) == 576


def test_a_complaint_that_changes_nothing_is_said_so() -> None:
    net = up()
    net.inject("a", "inside", large(1400))
    effects = net.inject("a", "outside", complaint(net, 1500))
    assert [effect.line.entry.name for effect in effects if isinstance(effect, Say)] == ["PATH_MTU_UNCHANGED"]


def test_in_clear_a_large_packet_is_cut_for_the_link_or_refused() -> None:
    net = Net({"a": REFERENCE + "route outside 0 0 10.0.0.254\nmtu outside 1000\n"})
    far = addressed(254)
    net.inject("a", "inside", large(1500)._replace(destination=far))
    assert [packet.length for packet in from_a(net)] == [996, 524]
    refused = net.inject("a", "inside", large(1500, whole=True)._replace(destination=far))
    assert reasons(refused) == [Drop.NEEDS_FRAGMENTATION]
    error = read_too_large(net.inside["a"][-1])
    assert error is not None
    assert error.mtu == 1000


def test_rules_look_at_whole_packets_so_fragments_wait_at_the_interface() -> None:
    deny = "access-list IN extended permit icmp any any\naccess-group IN in interface inside\n"
    net = up(deny)
    first, second = cut(large(1300), 700)
    held = net.inject("a", "inside", second)
    assert [effect.stage for effect in held if isinstance(effect, Decision)] == [Stage.REASSEMBLY]
    net.inject("a", "inside", first)
    assert len(net.inside["b"]) == 1


def test_a_fragment_inside_the_tunnel_that_could_overwrite_a_header_is_refused() -> None:
    net = up()
    state = net.boxes["a"].sad.states()[0]
    part = large(200)._replace(fragment_offset=8)
    esp = state.seal(part.encode(), net.boxes["a"]._plane.entropy, net.now)
    effects = net.inject("b", "outside", Ipv4(addressed(1), addressed(2), IpProtocol.ESP, esp))
    assert reasons(effects) == [Drop.FRAGMENT_REFUSED]
    assert [effect.line.entry.name for effect in effects if isinstance(effect, Say)] == ["ILLEGAL_INNER_FRAGMENT"]


MSS_1460 = b"\x02\x04\x05\xb4"


def mss_of(packet: Ipv4) -> int:
    return int.from_bytes(packet.payload[22:24])


@pytest.mark.parametrize(
    ("line", "told"), [("", 1380), ("sysopt connection tcpmss 1200\n", 1200), ("sysopt connection tcpmss 0\n", 1460)]
)
def test_the_largest_segment_that_hosts_tell_each_other_is_lowered(line: str, told: int) -> None:
    net = up(line)
    net.silent = True
    net.inject("a", "inside", segment(HOST_A, HOST_B, options=MSS_1460))
    net.inject("a", "inside", segment(HOST_A, HOST_B, options=MSS_1460))
    (syn,) = net.inside["b"]
    # The peer lowers it once more, to its own 1380.
    assert mss_of(syn) == min(told, 1380)
    pseudo = syn.source.packed + syn.destination.packed + struct.pack(">HH", IpProtocol.TCP, len(syn.payload))
    assert checksum(pseudo + syn.payload) == 0


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40), st.integers(0, 15), st.integers(0, 255), st.integers(0, 65535))
def test_any_tcp_header_keeps_its_length_and_a_right_checksum(options: bytes, size: int, flags: int, most: int) -> None:
    padded = options + bytes(-len(options) % 4)
    packet = segment(HOST_A, HOST_B, flags, options=padded)
    odd = packet.payload[:12] + bytes((size << 4,)) + packet.payload[13:]
    for payload in (packet.payload, odd, odd[: len(odd) // 2]):
        one = packet._replace(payload=payload)
        pseudo = one.source.packed + one.destination.packed + struct.pack(">HH", IpProtocol.TCP, len(payload))
        after = clamped(one, most)
        assert len(after.payload) == len(payload)
        assert checksum(pseudo + after.payload) == checksum(pseudo + payload)


def test_an_mss_at_an_odd_place_keeps_the_checksum_too() -> None:
    syn = segment(HOST_A, HOST_B, options=b"\x01" + MSS_1460 + b"\x01\x01\x01")
    after = clamped(syn, 1000)
    assert int.from_bytes(after.payload[23:25]) == 1000
    pseudo = syn.source.packed + syn.destination.packed + struct.pack(">HH", IpProtocol.TCP, len(syn.payload))
    assert checksum(pseudo + after.payload) == 0


def test_tshark_reads_what_a_box_cut_and_lowered(tmp_path: Path) -> None:
    tshark = shutil.which("tshark")
    if tshark is None:
        pytest.skip("tshark is not installed")
    net = Net({"a": REFERENCE + "route outside 0 0 10.0.0.254\nmtu outside 1000\n"})
    far = addressed(254)
    packets = []
    for one in (large(2500)._replace(destination=far), segment(HOST_A, far, options=MSS_1460)):
        effects = net.inject("a", "inside", one)
        packets += [effect.packet for effect in effects if isinstance(effect, PacketOut)]
    told = net.inject("a", "inside", large(1500, whole=True, sequence=4)._replace(destination=far))
    packets += [effect.packet for effect in told if isinstance(effect, PacketOut)]
    records = [struct.pack("<IIII", number, 0, len(one), len(one)) + one for number, one in enumerate(packets)]
    capture = tmp_path / "box.pcap"
    capture.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101) + b"".join(records))
    fields = ("ip.checksum.status", "ip.reassembled.length", "tcp.options.mss_val", "tcp.checksum.status", "icmp.mtu")
    command = [tshark, "-r", str(capture), "-T", "fields", "-E", "separator=;", "-E", "occurrence=f"]
    for option in ("ip.check_checksum", "tcp.check_checksum"):
        command += ["-o", f"{option}:TRUE"]
    for field in (*fields, "_ws.malformed"):
        command += ["-e", field]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    rows = [line.split(";") for line in run.stdout.splitlines()]
    assert [row[0] for row in rows] == ["1"] * 5
    assert rows[2][1] == "2480"
    assert rows[3][2:4] == ["1380", "1"]
    assert rows[4][4] == "1000"
    assert all(row[5] == "" for row in rows)


def test_all_the_way_bytes_stay_readable() -> None:
    net = up()
    net.inject("a", "inside", large(3000))
    for _, packet in net.wire:
        assert read_ipv4(packet.encode()) == packet
