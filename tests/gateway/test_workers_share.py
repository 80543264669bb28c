"""Which worker has which peer, and the kernel's program that says the same."""

import random
import socket
import struct
from contextlib import ExitStack
from ipaddress import IPv4Address

import pytest

from mainmode.base.address import Proxy, ProxyPair
from mainmode.base.errors import InputError
from mainmode.base.provenance import Default
from mainmode.gateway.workers.program import (
    Program,
    choose_among,
    choosing,
    keep_of,
    keeping,
    keeping_errors,
)
from mainmode.gateway.workers.share import Share, hashed, shared_out
from mainmode.ike.settings import AclEntry, MapEntry

_NET_OFFSET = 0x1_0000_0000 - 0x10_0000
_KEPT = 0xFFFF_FFFF


def entry(number: int, local: str, remote: str, *peers: str, permit: bool = True) -> MapEntry:
    """A crypto map entry with one line in its access list."""
    line = AclEntry(permit, ProxyPair(Proxy.of(local), Proxy.of(remote)), lambda: "", Default("", ""))
    addresses = tuple(IPv4Address(peer) for peer in peers)
    return MapEntry("M", number, "outside", "ACL", (line,), addresses, (), None, 28800, None)


def sites(count: int) -> list[MapEntry]:
    """One entry for each of so many sites with a network of its own."""
    return [entry(n, "10.0.0.0/16", f"172.{16 + n // 256}.{n % 256}.0/24", peer(n)) for n in range(count)]


def peer(number: int) -> str:
    return f"198.51.{number // 200}.{number % 200 + 1}"


def run(program: Program, packet: bytes) -> int:
    """What a program returns for a packet whose IP header is where the network header is."""
    accumulator = index = at = 0
    while True:
        code, true, false, number = program[at]
        at += 1
        match code:
            case 0x20:
                offset = number - _NET_OFFSET if number >= _NET_OFFSET else number
                (accumulator,) = struct.unpack_from(">I", packet, offset)
            case 0x40:
                (accumulator,) = struct.unpack_from(">I", packet, index + number)
            case 0x50:
                accumulator = packet[index + number]
            case 0xB1:
                index = (packet[number] & 15) * 4
            case 0x24:
                accumulator = accumulator * number & 0xFFFF_FFFF
            case 0x74:
                accumulator >>= number
            case 0x94:
                accumulator %= number
            case 0x15:
                at += true if accumulator == number else false
            case 0x25:
                at += true if accumulator > number else false
            case 0x05:
                at += number
            case 0x06:
                return number
            case _:
                raise AssertionError(f"no such instruction: {code:#x}")


def header(source: IPv4Address, destination: str = "192.0.2.1", options: int = 0) -> bytes:
    words = 5 + options
    return bytes([0x40 | words]) + bytes(11) + source.packed + IPv4Address(destination).packed + bytes(4 * options)


def test_sites_are_shared_out_evenly_and_each_has_one_worker() -> None:
    for count in (2, 3, 4):
        for many in (2, 5, 7, 100, 999):
            share = shared_out(sites(many), count, hairpins=False)
            loads = [sum(at == one for at in share.placed.values()) for one in range(count)]
            assert sum(loads) == many
            assert max(loads) - min(loads) <= count or max(loads) <= -(-many // count)


def test_peers_of_one_entry_and_entries_with_a_peer_in_common_stay_together() -> None:
    entries = [
        entry(10, "10.0.0.0/16", "172.16.1.0/24", "198.51.100.1", "198.51.100.2"),
        entry(20, "10.0.0.0/16", "172.16.2.0/24", "198.51.100.3"),
        entry(30, "10.0.0.0/16", "172.16.3.0/24", "198.51.100.2", "198.51.100.4"),
    ]
    share = shared_out(entries, 3, hairpins=False)
    owners = {share.owner(IPv4Address(f"198.51.100.{last}")) for last in (1, 2, 4)}
    assert len(owners) == 1
    assert share.owner(IPv4Address("198.51.100.3")) not in owners


def test_entries_whose_lists_overlap_stay_together_as_the_order_of_the_map_decides() -> None:
    narrow = entry(10, "10.0.1.0/24", "172.16.1.0/24", "198.51.100.1")
    wide = entry(20, "10.0.0.0/16", "172.16.0.0/16", "198.51.100.2")
    other = entry(30, "10.0.0.0/16", "172.17.0.0/16", "198.51.100.3")
    share = shared_out([narrow, wide, other], 2, hairpins=False)
    one, two, three = (share.owner(IPv4Address(f"198.51.100.{last}")) for last in (1, 2, 3))
    assert one == two != three


def test_what_a_list_denies_keeps_nobody_together() -> None:
    denied = entry(10, "10.0.0.0/8", "172.16.0.0/12", "198.51.100.1", permit=False)
    wide = entry(20, "10.0.0.0/16", "172.16.0.0/16", "198.51.100.2")
    share = shared_out([denied, wide], 2, hairpins=False)
    assert len(set(share.placed.values())) == 2


def test_spokes_that_hand_packets_to_one_another_stay_together_only_where_packets_may_turn_round() -> None:
    spokes = [entry(n, "10.0.0.0/8", f"10.{n}.0.0/16", peer(n)) for n in range(1, 9)]
    assert len(set(shared_out(spokes, 2, hairpins=True).placed.values())) == 1
    assert len(set(shared_out(spokes, 2, hairpins=False).placed.values())) == 2


def test_who_was_placed_before_stays_there_when_others_come_and_go() -> None:
    before = shared_out(sites(50), 2, hairpins=False)
    after = shared_out(sites(90)[7:], 2, hairpins=False, before=before.placed)
    kept = [one for one in before.placed if one in after.placed]
    assert len(kept) == 43
    assert all(after.placed[one] == before.placed[one] for one in kept)


def test_whole_share_has_every_entry() -> None:
    assert all(Share().has(one) for one in sites(3))


def test_each_worker_has_the_entries_that_the_owner_of_their_peers_has() -> None:
    share = shared_out(entries := sites(20), 2, hairpins=False)
    mine = [one for one in entries if share.has(one)]
    theirs = [one for one in entries if share.seen_by(1).has(one)]
    assert sorted(one.sequence for one in (*mine, *theirs)) == list(range(20))


@pytest.mark.parametrize("count", [1, 2, 3, 5, 16])
@pytest.mark.parametrize("many", [0, 1, 17, 64, 1200])
def test_the_program_says_what_the_share_says(count: int, many: int) -> None:
    dice = random.Random(many * 17 + count)
    addresses = [IPv4Address(dice.getrandbits(32)) for _ in range(many)]
    share = Share(dice.randrange(count), count, {one: dice.randrange(count) for one in addresses})
    programs = choosing(share), keeping(share), keeping_errors(share)
    strangers = [IPv4Address(dice.getrandbits(32)) for _ in range(300)]
    edges = [IPv4Address((int(one) + off) & 0xFFFF_FFFF) for one in addresses[:80] for off in (-1, 1)]
    for one in (*addresses, *strangers, *edges):
        owner = share.owner(one)
        kept = _KEPT if owner == share.number else 0
        packet = header(one) + bytes(28)
        assert [run(program, packet) for program in programs] == [owner, kept, kept]


def test_an_icmp_error_comes_to_who_has_the_peer_that_it_is_about() -> None:
    router, peer_ = IPv4Address("203.0.113.7"), IPv4Address("198.51.100.1")
    share = Share(1, 2, {router: 0, peer_: 1})
    inner = header(IPv4Address("192.0.2.1"), str(peer_))
    error = bytes([3, 4]) + bytes(6) + inner
    for options in (0, 3):
        assert run(keeping_errors(share), header(router, options=options) + error) == _KEPT
        assert run(keeping_errors(share.seen_by(0)), header(router, options=options) + error) == 0
    reply = bytes(8)
    assert run(keeping_errors(share), header(router) + reply + inner) == 0
    assert run(keeping_errors(share.seen_by(0)), header(router) + reply + inner) == _KEPT


def test_more_placed_peers_than_a_program_holds_are_refused_with_what_to_do() -> None:
    many = {IPv4Address(at * 7): 1 - hashed(at * 7, 2) for at in range(5000)}
    with pytest.raises(InputError, match="start it without --workers"):
        choosing(Share(0, 2, many))


def test_the_kernel_brings_datagrams_of_both_ports_to_the_worker_of_their_source() -> None:
    with ExitStack() as stack:
        ports = [group(stack, 3) for _ in range(2)]
        sources = [IPv4Address(f"127.0.{high}.{low}") for high in (1, 2, 3) for low in range(1, 40)]
        share = Share(0, 3, {one: at % 3 for at, one in enumerate(sources[:60])})
        for sockets in ports:
            choose_among(sockets[0], choosing(share))
        for source in sources:
            for sockets in ports:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                    sender.bind((str(source), 0))
                    sender.sendto(source.packed, sockets[0].getsockname())
        for sockets in ports:
            heard = [received(one) for one in sockets]
            wanted = [[one for one in sources if share.owner(one) == at] for at in range(3)]
            assert heard == wanted


def test_a_program_may_be_exchanged_while_datagrams_come() -> None:
    with ExitStack() as stack:
        sockets = group(stack, 2)
        source = IPv4Address("127.0.0.9")
        for owner in (0, 1, 0):
            choose_among(sockets[0], choosing(Share(0, 2, {source: owner})))
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.bind((str(source), 0))
                sender.sendto(source.packed, sockets[0].getsockname())
            assert received(sockets[owner]) == [source]
            assert received(sockets[1 - owner]) == []


def test_the_kernel_takes_the_program_of_a_raw_socket() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        for program in keeping(Share(0, 2)), keeping_errors(Share(1, 2, {IPv4Address("198.51.100.1"): 0})):
            keep_of(one, program)


def group(stack: ExitStack, count: int) -> list[socket.socket]:
    """Sockets that share a port of the loopback interface."""
    sockets: list[socket.socket] = []
    for _ in range(count):
        one = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK))
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        one.bind(("127.0.0.1", sockets[0].getsockname()[1] if sockets else 0))
        sockets.append(one)
    return sockets


def received(one: socket.socket) -> list[IPv4Address]:
    found = []
    while True:
        try:
            found.append(IPv4Address(one.recv(100)))
        except BlockingIOError:
            return found
