"""The cryptography of negotiations: `.venv/bin/python bench/crypto.py [--write]`.

Diffie-Hellman of the MODP groups by each library that can take the powers, and what else a side of main and quick mode
spends on cryptography. Without the compiled helper there is nothing to compare, and the command fails.
"""

import argparse
import os
from collections.abc import Callable
from ipaddress import IPv4Address

from measuring import medians, rate_of
from negotiation import ENTROPY
from page import Row, Section, tell

from mainmode.base.address import Endpoint
from mainmode.base.codes import Encryption1, Group, Hash1
from mainmode.base.secret import Secret
from mainmode.crypto import algorithms, primitives, skeyid
from mainmode.crypto.algorithms import hash_algorithm, phase1_cipher
from mainmode.crypto.compiled import native
from mainmode.crypto.groups import DhGroup, ModpGroup, group

GROUPS = (1, 2, 5, 14, 15, 16)
HASH, CIPHER = hash_algorithm(Hash1.SHA1), phase1_cipher(Encryption1.AES_CBC, 128)


class Narrow:
    """The helper as it is on a processor without AVX-512 IFMA."""

    def powers(self, modulus: bytes, base: int, octets: int) -> tuple[primitives.ModularPower, primitives.FixedPower]:
        """As those of `primitives`."""
        helper = native()
        if helper is None:
            raise RuntimeError("the compiled helper is not there")
        prepared = helper.modulus(modulus, False)
        return prepared.power, prepared.comb(base, octets).power


def pair_of(agreed: DhGroup) -> None:
    """One side's Diffie-Hellman: its own public value and the shared secret."""
    ours = agreed.keypair(ENTROPY)
    agreed.shared(ours, (3).to_bytes(agreed.public_length))


def by(library: Narrow | primitives._Python, agreed: ModpGroup) -> ModpGroup:
    """The group with another library's powers."""
    powers = library.powers(agreed.prime.to_bytes(agreed.public_length), 2, agreed.exponent_bits // 8)
    return ModpGroup(agreed.code, agreed.bits, agreed.exponent_bits, agreed.prime, *powers)


def diffie_hellman(number: int, rounds: int, seconds: float) -> list[Row]:
    """One group, by every library in turns."""
    agreed, helper, libcrypto = group(Group(number)), native(), primitives._libcrypto()
    if helper is None or libcrypto is None or not isinstance(agreed, ModpGroup):
        raise RuntimeError("the compiled helper, or libcrypto, is not there")
    through_ctypes, narrow, python = by(libcrypto, agreed), by(Narrow(), agreed), by(primitives._Python(), agreed)
    pair, plain, small, slow, fixed, raised, narrow_fixed = medians(
        rounds,
        lambda: rate_of(lambda: pair_of(agreed), seconds),
        lambda: rate_of(lambda: pair_of(through_ctypes), seconds),
        lambda: rate_of(lambda: pair_of(narrow), seconds),
        lambda: rate_of(lambda: pair_of(python), seconds),
        lambda: rate_of(lambda: agreed.keypair(ENTROPY), seconds),
        lambda: rate_of(lambda: through_ctypes.keypair(ENTROPY), seconds),
        lambda: rate_of(lambda: narrow.keypair(ENTROPY), seconds),
    )
    pairs, own, ctypes = f"group {number}: pairs", f"group {number}: own public values", "libcrypto through ctypes"
    ways = [(small, narrow_fixed, "the helper without AVX-512 IFMA")]
    if helper.wide():
        ways.insert(0, (pair, fixed, "the helper with AVX-512 IFMA"))
    return [
        *(Row(f"{pairs}, {way}", rate, ctypes, plain, None, "/s") for rate, _, way in ways),
        Row(f"{pairs}, Python's `pow`", slow, ctypes, plain, None, "/s"),
        *(Row(f"{own}, {way}", rate, ctypes, raised, None, "/s") for _, rate, way in ways),
    ]


class Side:
    """What a side of main and quick mode does but Diffie-Hellman: SHA-1, AES-128, no PFS, NAT-D."""

    def __init__(self) -> None:
        self.secret, self.value = Secret(os.urandom(128)), os.urandom(128)
        self.nonce, self.cookie = os.urandom(20), os.urandom(8)
        self.psk = Secret(b"a pre-shared key")
        self.skeyid = Secret(skeyid.skeyid_psk(HASH, self.psk.octets, self.nonce, self.nonce))
        self.endpoint = Endpoint(IPv4Address("192.0.2.1"), 500)
        self.kept = self.keys()

    def keys(self) -> skeyid.Phase1Keys:
        """SKEYID's children, the cipher's key and its contexts."""
        return skeyid.phase1_keys(HASH, CIPHER, self.skeyid.octets, self.secret, self.cookie, self.cookie)

    def keymat(self) -> None:
        """Keys of both directions, AES-128 and SHA-1."""
        for spi in (b"east", b"west"):
            skeyid.keymat(HASH, self.kept.d.octets, 3, spi, self.nonce, self.nonce, 36, None)

    def messages(self) -> None:
        """Five messages in and out."""
        for _ in range(3):
            sealed = self.kept.messages.encrypt(self.value[:16], self.value)
        for _ in range(2):
            self.kept.messages.decrypt(self.value[:16], sealed)

    def hashes(self) -> None:
        """SKEYID, HASH_I and HASH_R, HASH(1) to HASH(3), NAT-D of two addresses by both sides, and IVs."""
        keys, value, cookie, nonce = self.kept, self.value, self.cookie, self.nonce
        skeyid.skeyid_psk(HASH, self.psk.octets, nonce, nonce)
        for prove in (skeyid.hash_i, skeyid.hash_r):
            prove(HASH, keys, value, value, cookie, cookie, value, cookie)
        skeyid.hash_1(HASH, keys.a.octets, 7, value)
        skeyid.hash_2(HASH, keys.a.octets, 7, nonce, value)
        skeyid.hash_3(HASH, keys.a.octets, 7, nonce, nonce)
        for _ in range(4):
            skeyid.nat_d(HASH, cookie, cookie, self.endpoint)
        skeyid.phase1_iv(HASH, value, value, 16)
        skeyid.phase2_iv(HASH, cookie + cookie, 7, 16)

    def all(self) -> None:
        """All of it."""
        self.keys()
        self.keymat()
        self.messages()
        self.hashes()


def without_helper(job: Callable[[Side], None], seconds: float) -> float:
    """Microseconds of a job of a side that knows of no helper."""
    found = algorithms.native
    algorithms.native = primitives.native = lambda: None
    try:
        side = Side()
        return 1e6 / rate_of(lambda: job(side), seconds)
    finally:
        algorithms.native = primitives.native = found


def the_rest(rounds: int, seconds: float) -> list[Row]:
    """A side's cryptography but Diffie-Hellman, whole and in its parts, with the helper and without."""
    side = Side()
    rows = []
    for what, job in (
        ("a side's cryptography but Diffie-Hellman", Side.all),
        ("of it, SKEYID's children and the cipher", Side.keys),
        ("of it, SKEYID, hashes, IVs and NAT-D", Side.hashes),
        ("of it, KEYMAT of both directions", Side.keymat),
        ("of it, five messages enciphered or deciphered", Side.messages),
    ):
        helped, alone = medians(
            rounds,
            lambda job=job: 1e6 / rate_of(lambda: job(side), seconds),
            lambda job=job: without_helper(job, seconds),
        )
        rows.append(Row(what, helped, "without the helper", alone, None, "us"))
    return rows


def main() -> None:
    """Measures, prints, and writes the page if told to."""
    parser = argparse.ArgumentParser(description="Measure the cryptography of negotiations; prints a table.")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--rounds", type=int, default=7, help="measurements per figure; the median counts (default 7)")
    parser.add_argument("--seconds", type=float, default=0.2, help="CPU time of one rate measurement (default 0.2)")
    arguments = parser.parse_args()
    rounds, seconds = arguments.rounds, arguments.seconds
    rows = [row for number in GROUPS for row in diffie_hellman(number, rounds, seconds)]
    rows += the_rest(rounds, seconds)
    tell(Section.of("crypto", f"medians of {rounds}", rows), arguments.write)


if __name__ == "__main__":
    main()
