"""ESP to peers and from port 4500 in bulk, over loopback: what is sent arrives, datagram by datagram."""

import socket
from collections.abc import Iterator
from ipaddress import IPv4Address

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainmode.base.address import Endpoint, Path
from mainmode.gateway.user_space.nat_t import NatTraversalReader
from mainmode.gateway.user_space.sending import PeerSender

HERE = IPv4Address("127.0.0.1")
IP_PKTINFO, IP_MTU_DISCOVER = 8, 10


class Link:
    """A sender and a reader of port 4500, the way between them, and the calls that the sender made."""

    def __init__(self) -> None:
        self.ours, self.theirs = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for one in self.ours, self.theirs:
            one.bind((str(HERE), 0))
            one.setblocking(False)
            one.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        self.sender = PeerSender(self.ours, cuts=True)
        self.reader = NatTraversalReader(self.theirs)
        self.path = Path(Endpoint(HERE, 4500), Endpoint(HERE, self.theirs.getsockname()[1]))

    def arrived(self) -> list[list[bytes]]:
        """What arrived, read by read."""
        reads = []
        while (received := self.reader.receive()) is not None:
            datagrams, path, cut = received
            assert not cut
            assert path == Path(Endpoint(HERE, 4500), Endpoint(HERE, self.ours.getsockname()[1]))
            reads.append(datagrams)
        return reads

    def df(self) -> int:
        return self.ours.getsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER)


@pytest.fixture
def link() -> Iterator[Link]:
    one = Link()
    yield one
    one.ours.close()
    one.theirs.close()


def test_many_of_one_size_leave_and_arrive_in_one_go(link: Link) -> None:
    packets = [bytes([n]) * 1000 for n in range(30)] + [b"short"]
    assert link.sender.send(link.path, packets, 0, dont_fragment=False) == (0, None)
    assert link.arrived() == [packets]


def test_datagrams_that_do_not_fit_into_one_read_are_cut_and_the_whole_ones_are_kept(
    link: Link,
) -> None:
    link.reader = NatTraversalReader(link.theirs, largest=2500)
    packets = [bytes([n]) * 1000 for n in range(4)]
    link.sender.send(link.path, packets, 0, dont_fragment=False)
    received = link.reader.receive()
    assert received is not None
    assert (received.datagrams, received.cut) == (packets[:2], True)
    link.sender.send(link.path, [bytes(3000)], 0, dont_fragment=False)
    received = link.reader.receive()
    assert received is not None
    assert (received.datagrams, received.cut) == ([], True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(sizes=st.lists(st.sampled_from((1, 5, 100, 100, 100, 1400, 1400, 9000)), max_size=40))
def test_whatever_their_sizes_each_arrives_as_it_was_in_its_order(link: Link, sizes: list[int]) -> None:
    packets = [bytes([n]) * size for n, size in enumerate(sizes)]
    assert link.sender.send(link.path, packets, 0, dont_fragment=True) == (0, None)
    assert [one for read in link.arrived() for one in read] == packets


def test_df_is_switched_where_it_changes_and_left_as_ike_needs_it(link: Link) -> None:
    link.sender.send(link.path, [b"a"], 0, dont_fragment=True)
    assert link.df() == 3
    link.sender.settle()
    assert link.df() == 0
    link.sender.send(link.path, [b"a"], 0, dont_fragment=False)
    assert link.df() == 0


def test_tos_is_that_of_the_packet(link: Link) -> None:
    link.theirs.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
    link.sender.send(link.path, [b"abc"], 0xB8, dont_fragment=False)
    _, ancillary, _, _ = link.theirs.recvmsg(100, 200)
    assert (socket.IPPROTO_IP, socket.IP_TOS, b"\xb8") in ancillary


def test_what_the_host_does_not_take_is_counted_and_the_rest_goes(link: Link) -> None:
    lost, said = link.sender.send(link.path, [b"a", bytes(65_520), b"b"], 0, dont_fragment=False)
    assert (lost, type(said)) == (1, OSError)
    assert [one for read in link.arrived() for one in read] == [b"a", b"b"]


def test_a_full_queue_loses_packets_and_never_blocks(link: Link) -> None:
    link.theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    for _ in range(50):
        link.sender.send(link.path, [bytes(1000)] * 10, 0, dont_fragment=False)
    assert len([one for read in link.arrived() for one in read]) < 500


def test_no_datagram_is_no_read(link: Link) -> None:
    assert link.reader.receive() is None
    link.ours.sendto(b"", link.theirs.getsockname())
    assert link.arrived() == [[b""]]
