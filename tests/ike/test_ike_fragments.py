"""Cisco's IKE fragments: sent where a message fits no packet, put together in any order, hostile ones dropped."""

import shutil
import struct
import subprocess
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pair import START, A, B, Pair, pair, path, settings
from test_ike_negotiations import up

from mainmode.base.address import Endpoint
from mainmode.base.address import Path as Talk
from mainmode.base.codes import ExchangeType, IpProtocol
from mainmode.base.errors import Drop
from mainmode.ike.effects import Dropped, Send, Step
from mainmode.ike.fragments import MAX_OCTETS, MAX_PIECES, MAX_SETS, PATIENCE, Filed, Reassembly, pieces_of
from mainmode.wire.ip import Ipv4, Udp
from mainmode.wire.message import Message
from mainmode.wire.natt import KEEPALIVE
from mainmode.wire.payloads import Fragment, Nonce
from mainmode.wire.vendor import FRAGMENTATION

COOKIE = b"cookie-i"
FRAGMENT = "FRAGMENT (132)"


def narrow(own=A, mtu: int = 190):
    return replace(settings(own), mtus={"outside": mtu})


def names(world: Pair, step: Step) -> list[tuple[str, tuple[str, ...], int]]:
    return [
        (side, send.message.names(), len(send.datagram) + 28)
        for side, send in world.sends()
        if send.step is step and send.message is not None
    ]


def test_a_message_that_does_not_fit_goes_in_pieces_once_the_peer_said_that_it_takes_them() -> None:
    world = pair(narrow(A), narrow(B))
    world.trigger("a")
    assert up(world)
    for step in (Step.MM1, Step.QM3):
        assert all(FRAGMENT not in chain for _, chain, _ in names(world, step))
    for step in (Step.MM3, Step.MM4, Step.QM1, Step.QM2):
        sent = names(world, step)
        assert len(sent) >= 2
        assert {chain for _, chain, _ in sent} == {(FRAGMENT,)}
        assert max(length for _, _, length in sent) <= 190
    assert world.lines("b").count("Successfully assembled an encrypted pkt from rcv'd fragments!") == 2


def test_a_peer_that_did_not_announce_it_gets_the_message_whole() -> None:
    world = pair(narrow(A), narrow(B))

    def without(side: str, send: Send) -> bytes | None:
        if side == "b" and send.step is Step.MM2 and send.message is not None:
            kept = tuple(one for one in send.message.payloads if getattr(one, "data", b"") != FRAGMENTATION)
            return replace(send.message, payloads=kept).encode()
        return send.datagram

    world.filter = without
    world.trigger("a")
    assert up(world)
    assert names(world, Step.MM3) == [("a", names(world, Step.MM3)[0][1], 332)]
    assert FRAGMENT in names(world, Step.MM4)[0][1]


def test_a_lost_piece_is_repaired_by_the_repetition_of_all() -> None:
    world = pair(narrow(A), narrow(B))
    lost = 0

    def lossy(side: str, send: Send) -> bytes | None:
        nonlocal lost
        if send.step is Step.QM1 and not lost:
            lost += 1
            return None
        return send.datagram

    world.filter = lossy
    world.trigger("a")
    assert not world.installed("a")
    world.run(9)
    assert up(world)
    assert "Rcv'd fragment from a new fragmentation set. Deleting any old fragments." in world.lines("b")


def test_a_fragment_for_no_ike_sa_is_dropped_and_nothing_is_kept() -> None:
    world = pair()
    piece = Message(COOKIE, b"cookie-r", ExchangeType.MAIN_MODE, 0, (Fragment(1, 1, False, b"x" * 40),)).encode()
    world.trigger("a")
    (sa,) = world.b._table.all()
    world.heard.clear()
    world.note("b", world.b.receive(piece, sa.path, world.now))
    assert [effect.reason for effect in world.effects("b", Dropped)] == [Drop.UNKNOWN_COOKIE]
    assert not len(world.b._table.fragments)


def test_pieces_that_do_not_fit_together_are_said_and_dropped() -> None:
    for pieces, said in (
        ([Fragment(1, 3, True, b"x"), Fragment(1, 4, False, b"x")], "Error assembling fragments! Fragment numbers are"),
        ([Fragment(1, 0, True, b"x")], "Dropped received IKE fragment. Reason: fragment number out of range"),
    ):
        world = pair()
        world.trigger("a")
        (sa,) = world.b._table.all()
        world.heard.clear()
        for piece in pieces:
            octets = Message(sa.cookie_i, sa.cookie_r, ExchangeType.MAIN_MODE, 0, (piece,)).encode()
            world.note("b", world.b.receive(octets, sa.path, world.now))
        assert any(text.startswith(said) for text in world.lines("b"))
        assert [effect.reason for effect in world.effects("b", Dropped)] == [Drop.MALFORMED_PAYLOAD]


def test_a_fragment_within_a_fragment_goes_no_further() -> None:
    world = pair()
    world.trigger("a")
    (sa,) = world.b._table.all()
    inner = Message(sa.cookie_i, sa.cookie_r, ExchangeType.MAIN_MODE, 0, (Fragment(2, 1, True, b"y"),)).encode()
    outer = Message(sa.cookie_i, sa.cookie_r, ExchangeType.MAIN_MODE, 0, (Fragment(1, 1, True, inner),)).encode()
    world.heard.clear()
    world.note("b", world.b.receive(outer, sa.path, world.now))
    assert world.effects("b", Dropped)
    assert world.b.sas()


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_pieces_come_together_in_any_order_and_twice(order: tuple[int, ...]) -> None:
    sets = Reassembly()
    found = []
    for number in order:
        for _ in range(2):
            whole, filed = sets.add(1, Fragment(9, number, number == 3, bytes([number]) * 4), START)
            found.append(whole)
            assert not filed.dropped
    assert [whole for whole in found if whole is not None] == [b"\1\1\1\1\2\2\2\2\3\3\3\3"]


@pytest.mark.parametrize(
    ("pieces", "filed"),
    [
        ([Fragment(1, 0, False, b"x")], Filed.BAD_NUMBER),
        ([Fragment(1, 1, True, b"")], Filed.BAD_NUMBER),
        ([Fragment(1, MAX_PIECES + 1, True, b"x")], Filed.BAD_NUMBER),
        ([Fragment(1, 2, True, b"x"), Fragment(1, 2, True, b"y")], Filed.OVERLAP),
        ([Fragment(1, 2, True, b"x"), Fragment(1, 3, True, b"x")], Filed.GAP),
        ([Fragment(1, 2, True, b"x"), Fragment(1, 3, False, b"x")], Filed.GAP),
        ([Fragment(1, 3, False, b"x"), Fragment(1, 2, True, b"x")], Filed.GAP),
        ([Fragment(1, 2, False, b"x" * MAX_OCTETS), Fragment(1, 3, False, b"x")], Filed.TOO_LONG),
        ([Fragment(1, 2, False, b"x"), Fragment(2, 1, False, b"x")], Filed.NEW_SET),
    ],
)
def test_what_cannot_be_put_together_has_its_name(pieces: list[Fragment], filed: Filed) -> None:
    sets = Reassembly()
    results = [sets.add(1, piece, START) for piece in pieces]
    assert results[-1] == (None, filed)
    assert len(sets) == (1 if filed in (Filed.OVERLAP, Filed.NEW_SET) else 0)


_ANY_PIECE = st.tuples(st.integers(0, 99), st.integers(0, 255), st.booleans(), st.binary(max_size=60))


@given(st.lists(_ANY_PIECE, max_size=60))
@hypothesis_settings(max_examples=300, deadline=None)
def test_any_pieces_give_a_whole_or_a_name_and_bounded_memory(
    pieces: list[tuple[int, int, bool, bytes]],
) -> None:
    sets = Reassembly()
    for identifier, number, last, data in pieces:
        whole, filed = sets.add(identifier & 3, Fragment(identifier, number, last, data), START)
        assert whole is None or not filed.dropped
    assert len(sets) <= 4


def test_sets_are_bounded_and_the_oldest_goes_first() -> None:
    sets = Reassembly()
    for number in range(MAX_SETS + 10):
        sets.add(number, Fragment(1, 1, False, b"x"), START)
    assert len(sets) == MAX_SETS
    assert sets.add(9, Fragment(1, 2, True, b"y"), START)[0] is None
    assert sets.add(MAX_SETS + 9, Fragment(1, 2, True, b"y"), START)[0] == b"xy"


def first_piece(world: Pair, identifier: int = 9) -> bytes:
    """The first piece of a message that never gets whole, under the only IKE SA of engine b."""
    [sa] = world.b.sas()
    return Message(
        sa.cookie_i, sa.cookie_r, ExchangeType.QUICK_MODE, 7, (Fragment(identifier, 1, False, b"x" * 100),)
    ).encode()


def test_a_set_goes_when_it_waited_too_long_and_with_its_ike_sa() -> None:
    world = pair()
    world.trigger("a")
    sets = world.b._table.fragments
    world.b.receive(first_piece(world), path(), world.now)
    assert len(sets) == 1
    world.run(PATIENCE / 1_000_000 + 1)
    assert len(sets) == 0, "nothing else had to come for that"
    world.b.receive(first_piece(world), path(), world.now)
    world.b.clear(None, world.now)
    assert len(sets) == 0


def test_one_ike_sa_has_one_set_wherever_its_pieces_come_from() -> None:
    world = pair()
    world.trigger("a")
    for number in range(200):
        spoofed = Talk(Endpoint(B, 500), Endpoint(A + number, 500))
        world.b.receive(first_piece(world, number), spoofed, world.now)
    assert len(world.b._table.fragments) == 1


@given(st.integers(1, 20_000), st.integers(1, 2000))
@hypothesis_settings(max_examples=200, deadline=None)
def test_cutting_and_joining_is_the_identity(length: int, room: int) -> None:
    octets = Message(COOKIE, b"cookie-r", ExchangeType.QUICK_MODE, 7, (Nonce(b"n" * length),)).encode()
    pieces = pieces_of(octets, room, 77)
    assert len(pieces) <= MAX_PIECES
    sets = Reassembly()
    joined = [sets.add(1, fragment, START)[0] for piece in pieces for fragment in piece.all(Fragment)]
    if length < MAX_OCTETS - 40:
        assert joined[-1] == octets
    assert joined[:-1] == [None] * (len(pieces) - 1)
    if room >= 700:
        assert max(len(piece.encode()) for piece in pieces) <= room


def test_a_stranger_reads_fragments_and_nat_keepalives_on_the_wire(tmp_path: Path) -> None:
    tshark = shutil.which("tshark")
    if tshark is None:
        pytest.skip("tshark is not installed")
    world = pair(narrow(A), narrow(B))
    world.trigger("a")
    datagrams = [(500, send.datagram) for side, send in world.sends() if side == "a" and send.step is Step.MM3]
    datagrams.append((4500, KEEPALIVE))
    records = []
    for port, octets in datagrams:
        packet = Ipv4(A, B, IpProtocol.UDP, Udp(port, port, octets).encode(A, B)).encode()
        records.append(struct.pack("<IIII", len(records), 0, len(packet), len(packet)) + packet)
    capture = tmp_path / "fragments.pcap"
    capture.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101) + b"".join(records))
    run = subprocess.run([tshark, "-r", str(capture), "-V"], capture_output=True, text=True, check=True, timeout=60)
    pieces = len(datagrams) - 1
    assert pieces > 1
    assert run.stdout.count("Payload: Cisco-Fragmentation (132)") == pieces
    assert f"[{pieces} Message fragments (304 bytes)" in run.stdout
    assert "NAT-keepalive" in run.stdout
    assert "Malformed" not in run.stdout
