"""Hashes of a peer are compared in constant time, and a wrong one ends as every other wrong one does."""

import ast
from importlib.resources import files
from pathlib import Path

import pytest
from man_in_the_middle import EXCHANGE, Flight, Middle, drops, sends
from test_onpath_key_exchange import resealed

from mainmode.base.codes import Flag
from mainmode.base.errors import Drop
from mainmode.crypto.skeyid import phase2_iv
from mainmode.ike.protection import Chain
from mainmode.wire.ip import Ipv4
from mainmode.wire.message import Message
from mainmode.wire.payloads import Hash, Payload

ROOMS = ("ike", "ipsec", "crypto", "wire", "gateway", "device")
MODULES = [path for room in ROOMS for path in sorted(Path(str(files("mainmode"))).joinpath(room).rglob("*.py"))]


def careless(text: str) -> list[str]:
    """Comparisons by `==` and `!=` of what a peer proves itself with."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Compare)
        and any(isinstance(kind, ast.Eq | ast.NotEq) for kind in node.ops)
        and any(_is_octets(one) for one in (node.left, *node.comparators))
    ]


def _is_octets(node: ast.expr) -> bool:
    """An attribute or call that is named like a hash; not its length or number."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name | ast.Attribute) and _named(node.func) in ("icv", "_digest", "hash_1")
    return isinstance(node, ast.Name | ast.Attribute) and _named(node) in ("digest", "icv", "expected")


def _named(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def test_the_search_finds_a_careless_comparison() -> None:
    assert careless("if payload.digest == expected: pass") == ["payload.digest == expected"]
    assert careless("if keyed.icv(esp) != esp[-12:]: pass") == ["keyed.icv(esp) != esp[-12:]"]
    assert careless("if not equal(payload.digest, expected): pass") == []
    assert len(MODULES) > 200


def test_no_hash_is_compared_octet_by_octet() -> None:
    found = {str(path): careless(path.read_text("utf-8")) for path in MODULES}
    assert {path: comparisons for path, comparisons in found.items() if comparisons} == {}


@pytest.mark.parametrize("label", EXCHANGE[4:])
def test_a_wrong_hash_is_dropped_alike_wherever_it_is_wrong(label: str) -> None:
    """First octet, last octet, all, too short, too long, none: one reason, no answer, nothing changes."""
    world, first, tried = Middle(), [], []

    def between(flight: Flight) -> list[Ipv4]:
        if flight.label == "QM1":
            first.append(flight)
        if flight.label == label and flight.message is not None:
            before = world.snapshot(flight.target)
            for wrong in _wrong(flight.message.all(Hash)[0].digest):
                effects = world.hand(flight.target, _with_hash(world, flight, wrong, first))
                tried.append([drop.reason for drop in drops(effects)])
                assert not sends(effects)
            assert world.snapshot(flight.target) == before
        return [flight.packet]

    world.middle = between
    world.bring_up()
    assert tried == [[Drop.BAD_HASH]] * len(tried)
    assert len(tried) == 7
    assert world.standing()


def _wrong(right: bytes) -> list[bytes]:
    flipped = bytes(octet ^ 0xFF for octet in right)
    return [
        bytes([right[0] ^ 1]) + right[1:], right[:-1] + bytes([right[-1] ^ 1]), flipped, right[:-1], right + b"\0",
        b"", bytes(len(right)),
    ]  # fmt: skip


def _with_hash(world: Middle, flight: Flight, digest: bytes, first: list[Flight]) -> Ipv4:
    """The message as its sender would have made it with another hash; the IV is that of the message itself."""
    assert flight.message is not None
    (sa,) = world.boxes[flight.sender]._plane.engine._table.all()
    assert sa.keys is not None
    assert sa.cipher is not None
    payloads: tuple[Payload, ...] = tuple(
        Hash(digest) if isinstance(one, Hash) else one for one in flight.message.payloads
    )
    message = Message(sa.cookie_i, sa.cookie_r, flight.message.exchange, flight.message.message_id, payloads,
                      Flag.ENCRYPTED)  # fmt: skip
    return flight.with_ike(Chain(sa.cipher, sa.keys, _iv_before(world, flight, first)).seal(message))


def _iv_before(world: Middle, flight: Flight, first: list[Flight]) -> bytes:
    """The last block of the message before it, or what the exchange begins with."""
    target = world.boxes[flight.target]._plane.engine._table.all()[0]
    if flight.label in ("MM5", "MM6"):
        assert target.chain is not None
        return target.chain.iv
    assert flight.message is not None
    qm = target.quick_modes.get(flight.message.message_id)
    if qm is not None:
        return qm.chain.iv
    sent = resealed(world, flight, flight.message.payloads[1:], first[0])
    assert sent.payload == flight.packet.payload
    assert target.hash is not None
    assert target.cipher is not None
    return phase2_iv(target.hash, target.phase1_iv, flight.message.message_id, target.cipher.block)
