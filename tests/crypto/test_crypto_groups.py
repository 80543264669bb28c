"""Diffie-Hellman groups: primes and points as published, and what a peer may not send."""

from contextlib import suppress

import pytest
from crypto_vectors import Tape, cases
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.base.codes import Group
from mainmode.base.secret import Secret
from mainmode.crypto.errors import CryptoError, UnsupportedAlgorithm
from mainmode.crypto.groups import SUPPORTED, EcpGroup, KeyPair, ModpGroup, group

MODP = [code for code in SUPPORTED if isinstance(group(code), ModpGroup)]
ECP = [code for code in SUPPORTED if isinstance(group(code), EcpGroup)]
RANDOM = bytes(range(1, 100)) * 3


def modp(code: Group) -> ModpGroup:
    found = group(code)
    assert isinstance(found, ModpGroup)
    return found


@pytest.mark.parametrize("case", cases("modp"), ids=lambda case: case["source"])
def test_the_primes_are_the_published_ones(case: dict[str, str]) -> None:
    found = modp(Group(case["group"]))
    assert f"{found.prime:x}" == case["prime"]
    assert found.bits == 4 * len(case["prime"])


@pytest.mark.parametrize("case", cases("ecp"), ids=lambda case: case["section"])
def test_points_and_secrets_are_those_of_rfc_5903(case: dict[str, str]) -> None:
    found = group(Group(case["group"]))
    initiator = KeyPair(Secret(bytes.fromhex(case["i"])), bytes.fromhex(case["g_i"]))
    responder = KeyPair(Secret(bytes.fromhex(case["r"])), bytes.fromhex(case["g_r"]))
    assert found.shared(initiator, responder.public).reveal().hex() == case["shared"]
    assert found.shared(responder, initiator.public).reveal().hex() == case["shared"]
    assert (found.public_length, found.secret_length) == (len(responder.public), len(case["shared"]) // 2)


@pytest.mark.parametrize("case", cases("ecp"), ids=lambda case: case["section"])
def test_a_key_pair_is_the_point_of_the_scalar_that_entropy_gave(case: dict[str, str]) -> None:
    # drawn % (order - 1) + 1 is the scalar, so the scalar less one is what entropy must give.
    scalar = bytes.fromhex(case["i"])
    tape = Tape(bytes(8) + (int.from_bytes(scalar) - 1).to_bytes(len(scalar)))
    pair = group(Group(case["group"])).keypair(tape)
    assert pair.private == Secret(scalar)
    assert pair.public.hex() == case["g_i"]


@pytest.mark.parametrize("code", MODP)
def test_modular_powers_agree_with_pythons_own(code: Group) -> None:
    found = modp(code)
    mine, peers = found.keypair(Tape(RANDOM)), found.keypair(Tape(RANDOM[7:]))
    exponent = int.from_bytes(mine.private.reveal())
    assert int.from_bytes(mine.public) == pow(2, exponent, found.prime)
    expected = pow(int.from_bytes(peers.public), exponent, found.prime)
    assert found.shared(mine, peers.public) == Secret(expected.to_bytes(found.bits // 8))
    assert found.shared(mine, peers.public) == found.shared(peers, mine.public)


@pytest.mark.parametrize("code", MODP)
def test_private_exponents_are_twice_as_long_as_the_group_is_strong(code: Group) -> None:
    strength = {1536: 90, 2048: 110, 3072: 130, 4096: 150}  # RFC 3526 §8, first estimate
    found = modp(code)
    length = len(found.keypair(Tape(RANDOM)).private) * 8
    assert length == found.exponent_bits >= 2 * strength.get(found.bits, 80)


def test_entropy_of_zeros_still_gives_an_exponent_of_full_length() -> None:
    pair = group(Group.MODP_1024).keypair(Tape())
    assert int.from_bytes(pair.private.reveal()).bit_length() == 256
    assert group(Group.ECP_256).keypair(Tape()).private.reveal() == (1).to_bytes(32)


def test_a_short_public_value_and_a_short_secret_are_padded_on_the_left() -> None:
    found = modp(Group.MODP_2048)
    pair = KeyPair(Secret(b"\3"), b"")
    assert found.shared(pair, (2).to_bytes(256)).reveal() == (8).to_bytes(256)


@pytest.mark.parametrize("code", MODP)
def test_a_modp_value_out_of_range_is_refused(code: Group) -> None:
    found = modp(code)
    pair = found.keypair(Tape(RANDOM))
    top = (1 << found.bits) - 1
    for value in (0, 1, found.prime - 1, found.prime, found.prime + 1, top):
        with pytest.raises(CryptoError, match="out of range"):
            found.shared(pair, value.to_bytes(found.public_length))
    for value in (2, found.prime - 2):
        assert len(found.shared(pair, value.to_bytes(found.public_length))) == found.secret_length


@pytest.mark.parametrize("code", SUPPORTED)
def test_a_public_value_of_the_wrong_length_is_refused(code: Group) -> None:
    found = group(code)
    pair = found.keypair(Tape(RANDOM))
    for public in (b"", pair.public[1:], pair.public + b"\0", b"\0" + pair.public, b"\4" + pair.public):
        with pytest.raises(CryptoError, match="octets"):
            found.shared(pair, public)


@pytest.mark.parametrize("code", ECP)
def test_a_point_off_the_curve_is_refused(code: Group) -> None:
    found = group(code)
    pair = found.keypair(Tape(RANDOM))
    bent = pair.public[:-1] + bytes([pair.public[-1] ^ 1])
    for public in (bytes(found.public_length), b"\xff" * found.public_length, bent):
        with pytest.raises(CryptoError, match="curve"):
            found.shared(pair, public)


@given(st.sampled_from([*MODP[:2], *ECP]), st.data())
@settings(max_examples=60, deadline=None)
def test_any_octets_give_a_secret_or_the_error_of_this_room(code: Group, data: st.DataObject) -> None:
    found = group(code)
    pair = found.keypair(Tape(RANDOM))
    public = data.draw(st.binary(min_size=found.public_length, max_size=found.public_length))
    with suppress(CryptoError):
        assert len(found.shared(pair, public)) == found.secret_length


def test_a_group_that_is_not_there_is_refused() -> None:
    for code in (Group.EC2N_155, Group.MODP_8192, Group.MODP_2048_256, Group(4711)):
        with pytest.raises(UnsupportedAlgorithm, match=str(code.value)):
            group(code)


def test_nothing_secret_is_in_a_repr() -> None:
    pair = group(Group.MODP_1024).keypair(Tape(RANDOM))
    assert repr(pair.private) == "*****"
    assert pair.private.reveal().hex() not in repr(pair)
