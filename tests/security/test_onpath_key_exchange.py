"""Public values and nonces that are none: of main mode and of quick mode with PFS, to both roles, of each group.

In main mode anybody on the path can send them; in quick mode a peer that is proven, and acts strangely.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from man_in_the_middle import Flight, Middle, drops, example, sends, udp_packet

from mainmode.base.codes import Flag, Group
from mainmode.base.errors import Drop
from mainmode.crypto.groups import EcpGroup, ModpGroup, group
from mainmode.crypto.skeyid import hash_1, hash_2, phase2_iv
from mainmode.ike.effects import InstallSa, Phase2Failed
from mainmode.ike.protection import Chain
from mainmode.wire.ip import Ipv4
from mainmode.wire.message import Message, read_message, write_payloads
from mainmode.wire.payloads import Hash, KeyExchange, Nonce, Payload

GROUPS = (Group.MODP_1024, Group.MODP_1536, Group.MODP_2048, Group.ECP_256, Group.ECP_384, Group.ECP_521)
P256_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


def in_phase_1(code: Group) -> Middle:
    return Middle({name: example(name, {" group 2\n": f" group {int(code)}\n"}) for name in "ab"})


def with_pfs(code: Group) -> Middle:
    line = f"crypto map MAP 10 set pfs group{int(code)}\n"
    return Middle({name: example(name) + line for name in "ab"})


def no_public_values(code: Group, own: bytes) -> Iterator[tuple[str, bytes]]:
    """Whatever is no public value of a group, and the one that the box itself sent."""
    found = group(code)
    size = found.public_length
    yield "nothing", b""
    yield "one octet", b"\x02"
    yield "one octet short", bytes(size - 2) + b"\x05"
    yield "one octet more, a zero in front", bytes(size) + b"\x05"
    yield "twice the length", bytes(2 * size - 1) + b"\x05"
    yield "0", bytes(size)
    if isinstance(found, ModpGroup):
        prime = found.prime
        for what, number in (("1", 1), ("p-1", prime - 1), ("p", prime), ("p+1", prime + 1), ("p+2", prime + 2)):
            yield what, number.to_bytes(size)
        yield "all ones", b"\xff" * size
        yield "4 without its leading zeros", b"\x04"
    if isinstance(found, EcpGroup):
        half = found.secret_length
        x, y = own[:half], own[half:]
        yield "another y", x + bytes([y[0] ^ 1]) + y[1:]
        yield "x and y swapped", y + x
        yield "all ones", b"\xff" * size
        field = {256: 2**256 - 2**224 + 2**192 + 2**96 - 1, 384: 2**384 - 2**128 - 2**96 + 2**32 - 1, 521: 2**521 - 1}
        yield "x = p", field[found.bits].to_bytes(half) + y
        yield "y = p", x + field[found.bits].to_bytes(half)
        yield "the compressed form", b"\x02" + x
        if found.bits == 256:
            yield "of order 2 on a curve with another b", (1).to_bytes(half) + bytes(half)
            yield "on the twist", _on_the_twist(field[256]).to_bytes(half) + (1).to_bytes(half)


def _on_the_twist(p: int) -> int:
    """The least x that no point of P-256 has."""
    return next(x for x in range(1, 100) if pow(x**3 - 3 * x + P256_B, (p - 1) // 2, p) == p - 1)


def with_public(message: Message, public: bytes) -> tuple[Payload, ...]:
    return tuple(KeyExchange(public) if isinstance(one, KeyExchange) else one for one in message.payloads)


def own_public(world: Middle, name: str) -> bytes:
    """What this box sent as its public value, or would."""
    (sa,) = world.boxes[name]._plane.engine._table.all()
    return sa.pair.public if sa.pair is not None else b""


@pytest.mark.parametrize("label", ["MM3", "MM4"])
@pytest.mark.parametrize("code", GROUPS, ids=lambda code: code.name)
def test_no_public_value_in_main_mode_is_dropped_by_name_and_the_real_one_is_taken(code: Group, label: str) -> None:
    world, tried = in_phase_1(code), []

    def between(flight: Flight) -> list[Ipv4]:
        if flight.label == label:
            message = read_message(flight.ike)
            before = world.snapshot(flight.target, "pair")
            (real,) = message.all(KeyExchange)
            values = list(no_public_values(code, real.public))
            if own := own_public(world, flight.target):
                values.append(("the box's own", own))
            for what, public in values:
                copy = flight.with_ike(replace(message, payloads=with_public(message, public)).encode())
                effects = world.hand(flight.target, copy)
                assert [drop.reason for drop in drops(effects)] == [Drop.BAD_KEY_EXCHANGE], what
                assert not sends(effects), what
                tried.append(what)
            assert world.snapshot(flight.target, "pair") == before
        return [flight.packet]

    world.middle = between
    world.bring_up()
    assert len(tried) >= 11
    assert ("the box's own" in tried) is (label == "MM4")
    assert world.standing()


@pytest.mark.parametrize("label", ["MM3", "MM4"])
def test_a_nonce_has_8_to_256_octets(label: str) -> None:
    world, tried = Middle(), []

    def between(flight: Flight) -> list[Ipv4]:
        if flight.label == label and not tried:
            message = read_message(flight.ike)
            before = world.snapshot(flight.target)
            for length in (0, 1, 7, 257, 1000):
                payloads = tuple(Nonce(bytes(length)) if isinstance(one, Nonce) else one for one in message.payloads)
                effects = world.hand(flight.target, flight.with_ike(replace(message, payloads=payloads).encode()))
                assert [drop.reason for drop in drops(effects)] == [Drop.MALFORMED_PAYLOAD], length
                assert not sends(effects)
                tried.append(length)
            assert world.snapshot(flight.target) == before
        return [flight.packet]

    world.middle = between
    world.bring_up()
    assert tried == [0, 1, 7, 257, 1000]
    assert world.standing()


def test_a_public_value_of_the_attackers_own_brings_nothing_up() -> None:
    """A good value, of one who does not have the key: both sides wait for a hash that does not come."""
    world = Middle()
    mine = group(Group.MODP_1024).keypair(_Counted())

    def between(flight: Flight) -> list[Ipv4]:
        if flight.label in ("MM3", "MM4"):
            message = read_message(flight.ike)
            return [flight.with_ike(replace(message, payloads=with_public(message, mine.public)).encode())]
        return [flight.packet]

    world.middle = between
    world.ping()
    world.wait(100)
    assert not world.up("a")
    assert not world.up("b")
    assert not any(box.ike_sas for box in world.boxes.values())


class _Counted:
    def take(self, count: int) -> bytes:
        return bytes(range(1, count + 1))


# --- quick mode ------------------------------------------------------------------------------------------------------


def resealed(world: Middle, flight: Flight, payloads: tuple[Payload, ...], first: Flight) -> Ipv4:
    """QM1 or QM2 with other payloads behind its HASH, protected as its sender would."""
    (sa,) = world.boxes[flight.sender]._plane.engine._table.all()
    assert sa.hash is not None
    assert sa.keys is not None
    assert sa.cipher is not None
    assert first.message is not None
    message_id, key, rest = first.message.message_id, sa.keys.a.reveal(), write_payloads(payloads)
    iv = phase2_iv(sa.hash, sa.phase1_iv, message_id, sa.cipher.block)
    if flight.label == "QM1":
        digest = hash_1(sa.hash, key, message_id, rest)
    else:
        iv = first.ike[-sa.cipher.block :]
        digest = hash_2(sa.hash, key, message_id, first.message.all(Nonce)[0].data, rest)
    message = Message(sa.cookie_i, sa.cookie_r, first.message.exchange, message_id, (Hash(digest), *payloads),
                      Flag.ENCRYPTED)  # fmt: skip
    packet = flight.packet
    return udp_packet(Chain(sa.cipher, sa.keys, iv).seal(message), packet.source, packet.destination)


CASES = [
    (code, label, what)
    for code in (Group.MODP_1024, Group.ECP_256)
    for label in ("QM1", "QM2")
    for what in ("none", *dict(no_public_values(code, bytes(range(1, 65)))), "the box's own")
    if (label, what) != ("QM1", "the box's own")
]


@pytest.mark.parametrize(("code", "label", "what"), CASES, ids=str)
def test_no_public_value_in_quick_mode_ends_it_without_sas(code: Group, label: str, what: str) -> None:
    world, done = with_pfs(code), []

    def between(flight: Flight) -> list[Ipv4]:
        if flight.label == "QM1":
            done.append(flight)
        if flight.label != label or flight.message is None:
            return [flight.packet]
        (real,) = flight.message.all(KeyExchange)
        values = dict(no_public_values(code, real.public))
        (first,) = done[:1]
        assert first.message is not None
        values["the box's own"] = first.message.all(KeyExchange)[0].public
        payloads = with_public(flight.message, values.get(what, b""))[1:]
        if what == "none":
            payloads = tuple(one for one in payloads if not isinstance(one, KeyExchange))
        return [resealed(world, flight, payloads, first)]

    world.middle = between
    world.ping()
    target = "b" if label == "QM1" else "a"
    assert Drop.BAD_KEY_EXCHANGE in {drop.reason for drop in drops(world.heard[target])}
    assert any(isinstance(effect, Phase2Failed) for effect in world.heard[target])
    assert not any(isinstance(effect, InstallSa) for name in "ab" for effect in world.heard[name])
    assert not any(box.sad.states() for box in world.boxes.values())


def test_a_resealed_quick_mode_is_the_same_as_the_real_one() -> None:
    """The strange peer of these tests is believed, where it says what the real one says."""
    world, first = with_pfs(Group.MODP_1024), []

    def between(flight: Flight) -> list[Ipv4]:
        if flight.label == "QM1":
            first.append(flight)
        if flight.label in ("QM1", "QM2") and flight.message is not None:
            again = resealed(world, flight, flight.message.payloads[1:], first[0])
            assert again.payload == flight.packet.payload
            return [again]
        return [flight.packet]

    world.middle = between
    world.bring_up()
    assert world.standing()


@pytest.mark.parametrize("code", [Group.MODP_1024, Group.MODP_2048], ids=lambda code: code.name)
def test_a_value_or_secret_with_leading_zeros_has_its_full_length(code: Group) -> None:
    """What is hashed has the group's size whatever the number is (RFC 2409 §5)."""
    found = group(code)
    pair = found.keypair(_Counted())
    small = (4).to_bytes(found.public_length)
    assert len(found.shared(pair, small).reveal()) == found.secret_length
    assert all(len(found.keypair(_Shifted(start)).public) == found.public_length for start in range(64))


class _Shifted:
    def __init__(self, start: int) -> None:
        self._start = start

    def take(self, count: int) -> bytes:
        return bytes((self._start + 3 * place) % 256 for place in range(count))
