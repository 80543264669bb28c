"""The least that main and quick mode cost in Python: real octets through nine messages, and nothing around them.

Pre-shared keys, AES-128, SHA-1, four proposals in MM1, four vendor IDs. Counted for each side: 13 HMACs (SKEYID, its
three children, HASH_I and HASH_R, HASH(1) to HASH(3), two times two of KEYMAT), two SHA-1 for IVs, five messages
through AES-CBC, a cookie, two nonces, an SPI, nine messages built or read. The SA payload is built once, found by its
octets. There are no machines, settings, timers, statistics, NAT discovery, lines, refusals, limits or overwritten keys.
Diffie-Hellman is the product's own, so that only the rest differs.
"""

import hashlib
import hmac
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from negotiation import ENTROPY

from mainmode.base.codes import Group
from mainmode.crypto.groups import group

_HEADER, _GENERIC = struct.Struct(">8s8sBBBBII"), struct.Struct(">BBH")
_SA, _KE, _ID, _HASH, _NONCE, _VID = 1, 4, 5, 8, 10, 13
_MAIN, _QUICK = 2, 32
_PSK, _ZERO, _BLOCK = b"a pre-shared key", bytes(8), 16
_VENDORS = tuple((_VID, hashlib.md5(name, usedforsecurity=False).digest()) for name in (b"a", b"b", b"c", b"d"))
_IDS = tuple((_ID, bytes((1, 17, 1, 244, 10, 0, 0, last))) for last in (1, 2))
_PROXIES = tuple((_ID, bytes((4, 0, 0, 0, 192, 168, last, 0, 255, 255, 255, 0))) for last in (1, 2))

Chain = list[tuple[int, bytes]]


def _chain(payloads: Chain) -> bytes:
    octets, following = b"", 0
    for kind, body in reversed(payloads):
        octets = _GENERIC.pack(following, 0, len(body) + 4) + body + octets
        following = kind
    return octets


def _payloads(kind: int, octets: bytes) -> Chain:
    found: Chain = []
    place, end = 0, len(octets)
    while kind:
        following, _, length = _GENERIC.unpack_from(octets, place)
        if length < 4 or place + length > end:
            raise ValueError("a length that does not fit")
        found.append((kind, octets[place + 4 : place + length]))
        kind, place = following, place + length
    return found


def _transform(number: int, identifier: int, attributes: tuple[tuple[int, int], ...], last: bool) -> bytes:
    body = b"".join([struct.pack(">HH", 0x8000 | kind, value) for kind, value in attributes])
    return struct.pack(">BBHBBH", 0 if last else 3, 0, len(body) + 8, number, identifier, 0) + body


def _offer(protocol: int, spi: bytes, transforms: tuple[bytes, ...]) -> bytes:
    body = b"".join(transforms)
    head = struct.pack(">BBHBBBB", 0, 0, 8 + len(spi) + len(body), 1, protocol, len(spi), len(transforms))
    return struct.pack(">II", 1, 1) + head + spi + body


_PHASE1 = tuple(((1, 7), (14, 128), (2, 2), (3, 1), (4, number), (11, 1), (12, 28800)) for number in (16, 15, 5, 2))
_MM1_SA = _offer(1, b"", tuple(_transform(n, 1, each, n == 4) for n, each in enumerate(_PHASE1, 1)))
_MM2_SA = _offer(1, b"", (_transform(4, 1, _PHASE1[3], last=True),))
_QM_TRANSFORM = _transform(1, 12, ((1, 1), (2, 28800), (4, 1), (5, 2), (6, 128)), last=True)
_KNOWN: dict[bytes, tuple[dict[int, int], ...]] = {}


def _transforms(body: bytes, spi_size: int) -> tuple[dict[int, int], ...]:
    """The attributes of each transform, by the octets behind the SPI."""
    octets = body[16 + spi_size :]
    found = _KNOWN.get(octets)
    if found is None:
        read, place = [], 0
        while place < len(octets):
            length = _GENERIC.unpack_from(octets, place)[2]
            pairs = struct.iter_unpack(">HH", octets[place + 8 : place + length])
            read.append({kind & 0x7FFF: value for kind, value in pairs})
            place += length
        found = _KNOWN[octets] = tuple(read)
    return found


class _Side:
    """What one end keeps from message to message."""

    def __init__(self) -> None:
        self.cookie_i = self.cookie_r = _ZERO
        self.ni = self.nr = self.iv = self.phase1_iv = b""
        self.keymat: tuple[bytes, ...] = ()

    def message(self, exchange: int, message_id: int, payloads: Chain) -> bytes:
        body = _chain(payloads)
        kind = payloads[0][0]
        return _HEADER.pack(self.cookie_i, self.cookie_r, kind, 16, exchange, 0, message_id, 28 + len(body)) + body

    def sealed(self, exchange: int, message_id: int, payloads: Chain) -> bytes:
        body = _chain(payloads)
        encryptor = Cipher(AES(self.key), CBC(self.iv)).encryptor()
        body = encryptor.update(body + bytes(-len(body) % _BLOCK))
        self.iv = body[-_BLOCK:]
        kind = payloads[0][0]
        return _HEADER.pack(self.cookie_i, self.cookie_r, kind, 16, exchange, 1, message_id, 28 + len(body)) + body

    def opened(self, datagram: bytes) -> tuple[bytes, Chain]:
        kind, _ = self.header(datagram)
        decryptor = Cipher(AES(self.key), CBC(self.iv)).decryptor()
        plain = decryptor.update(datagram[28:])
        self.iv = datagram[-_BLOCK:]
        return plain, _payloads(kind, plain)

    def header(self, datagram: bytes) -> tuple[int, int]:
        _, _, kind, version, _, _, message_id, length = _HEADER.unpack_from(datagram)
        if version != 16 or length != len(datagram):
            raise ValueError("a header that does not fit")
        return kind, message_id

    def read(self, datagram: bytes) -> Chain:
        return _payloads(self.header(datagram)[0], datagram[28:])

    def derive(self, shared: bytes, g_xi: bytes, g_xr: bytes) -> None:
        digest, tail = hmac.digest, shared + self.cookie_i + self.cookie_r
        self.skeyid = digest(_PSK, self.ni + self.nr, "sha1")
        self.d = digest(self.skeyid, tail + b"\0", "sha1")
        self.a = digest(self.skeyid, self.d + tail + b"\1", "sha1")
        self.key = digest(self.skeyid, self.a + tail + b"\2", "sha1")[:16]
        self.iv = hashlib.sha1(g_xi + g_xr, usedforsecurity=False).digest()[:_BLOCK]
        cookies = self.cookie_i + self.cookie_r, self.cookie_r + self.cookie_i
        self.hash_i = digest(self.skeyid, g_xi + g_xr + cookies[0] + _MM1_SA + _IDS[0][1], "sha1")
        self.hash_r = digest(self.skeyid, g_xr + g_xi + cookies[1] + _MM1_SA + _IDS[1][1], "sha1")

    def begin_quick_mode(self, message_id: int) -> None:
        seed = self.phase1_iv + message_id.to_bytes(4)
        self.iv = hashlib.sha1(seed, usedforsecurity=False).digest()[:_BLOCK]

    def quick_hash(self, message_id: int, nonce: bytes, rest: bytes) -> bytes:
        return hmac.digest(self.a, message_id.to_bytes(4) + nonce + rest, "sha1")

    def install(self, spis: tuple[bytes, bytes], ni: bytes, nr: bytes) -> None:
        digest, keys = hmac.digest, []
        for spi in spis:
            seed = b"\3" + spi + ni + nr
            first = digest(self.d, seed, "sha1")
            keys.append((first + digest(self.d, first + seed, "sha1"))[:36])
        self.keymat = tuple(keys)


def _expect(found: bytes, wanted: bytes) -> None:
    if not hmac.compare_digest(found, wanted):
        raise RuntimeError("a hash differs")


class Bare:
    """Both sides; every run is a new negotiation. `number` is the Diffie-Hellman group's, None for a fixed secret."""

    def __init__(self, number: int | None) -> None:
        self.group = group(Group(number)) if number is not None else None
        self._fixed = os.urandom(128), os.urandom(128), os.urandom(128)

    def run(self) -> None:
        """Main mode and quick mode. Raises RuntimeError where the two sides do not agree."""
        i, r = _Side(), _Side()
        self._phase1(i, r)
        self._phase2(i, r)
        if i.keymat != r.keymat:
            raise RuntimeError("the keys differ")

    def _phase1(self, i: _Side, r: _Side) -> None:
        i.cookie_i = os.urandom(8)
        mm1 = i.message(_MAIN, 0, [(_SA, _MM1_SA), *_VENDORS])
        r.cookie_i, r.cookie_r = mm1[:8], os.urandom(8)
        offer, *vendors = r.read(mm1)
        if len(vendors) != 4 or not any(each[4] == 2 for each in _transforms(offer[1], 0)):
            raise RuntimeError("no common proposal")
        mm2 = r.message(_MAIN, 0, [(_SA, _MM2_SA), *_VENDORS])
        i.cookie_r = mm2[8:16]
        if _transforms(i.read(mm2)[0][1], 0)[0][4] != 2:
            raise RuntimeError("another proposal came back")
        pair_i = self.group.keypair(ENTROPY) if self.group is not None else None
        i.ni = os.urandom(20)
        g_xi = pair_i.public if pair_i is not None else self._fixed[0]
        mm3 = i.message(_MAIN, 0, [(_KE, g_xi), (_NONCE, i.ni)])
        (_, g_xi), (_, r.ni) = r.read(mm3)
        pair_r = self.group.keypair(ENTROPY) if self.group is not None else None
        r.nr = os.urandom(20)
        g_xr = pair_r.public if pair_r is not None else self._fixed[1]
        mm4 = r.message(_MAIN, 0, [(_KE, g_xr), (_NONCE, r.nr)])
        (_, g_xr), (_, i.nr) = i.read(mm4)
        i.nr, r.ni = mm4[-20:], i.ni
        secret_r, secret_i = self._fixed[2], self._fixed[2]
        if self.group is not None and pair_i is not None and pair_r is not None:
            secret_r = self.group.shared(pair_r, g_xi).reveal()
            secret_i = self.group.shared(pair_i, g_xr).reveal()
        r.derive(secret_r, g_xi, g_xr)
        i.derive(secret_i, g_xi, g_xr)
        mm5 = i.sealed(_MAIN, 0, [_IDS[0], (_HASH, i.hash_i)])
        _expect(r.opened(mm5)[1][1][1], r.hash_i)
        mm6 = r.sealed(_MAIN, 0, [_IDS[1], (_HASH, r.hash_r)])
        _expect(i.opened(mm6)[1][1][1], i.hash_r)
        i.phase1_iv, r.phase1_iv = i.iv, r.iv

    def _phase2(self, i: _Side, r: _Side) -> None:
        message_id = int.from_bytes(os.urandom(4))
        i.begin_quick_mode(message_id)
        spi_i, ni = os.urandom(4), os.urandom(20)
        payloads = [(_SA, _offer(3, spi_i, (_QM_TRANSFORM,))), (_NONCE, ni), *_PROXIES]
        qm1 = i.sealed(_QUICK, message_id, [(_HASH, i.quick_hash(message_id, b"", _chain(payloads))), *payloads])
        r.begin_quick_mode(r.header(qm1)[1])
        plain, ((_, digest), (_, offer), (_, ni_r), *proxies) = r.opened(qm1)
        length = int.from_bytes(plain[26:28])
        used = 24 + length + 24 + sum([len(body) + 4 for _, body in proxies])
        _expect(digest, r.quick_hash(message_id, b"", plain[24:used]))
        if _transforms(offer, 4)[0][6] != 128 or tuple(proxies) != _PROXIES:
            raise RuntimeError("no common transform")
        spi_r, nr = os.urandom(4), os.urandom(20)
        payloads = [(_SA, _offer(3, spi_r, (_QM_TRANSFORM,))), (_NONCE, nr), *proxies]
        qm2 = r.sealed(_QUICK, message_id, [(_HASH, r.quick_hash(message_id, ni_r, _chain(payloads))), *payloads])
        plain, ((_, digest), (_, answer), (_, nr_i), *proxies) = i.opened(qm2)
        used = 24 + int.from_bytes(plain[26:28]) + 24 + sum([len(body) + 4 for _, body in proxies])
        _expect(digest, i.quick_hash(message_id, ni, plain[24:used]))
        if _transforms(answer, 4)[0][6] != 128 or tuple(proxies) != _PROXIES:
            raise RuntimeError("another transform came back")
        third = hmac.digest(i.a, b"\0" + message_id.to_bytes(4) + ni + nr_i, "sha1")
        i.install((spi_i, answer[16:20]), ni, nr_i)
        qm3 = i.sealed(_QUICK, message_id, [(_HASH, third)])
        (_, digest) = r.opened(qm3)[1][0]
        _expect(digest, hmac.digest(r.a, b"\0" + message_id.to_bytes(4) + ni_r + nr, "sha1"))
        r.install((offer[16:20], spi_r), ni_r, nr)
