"""ESP in software (RFC 4303): packets sealed and opened under one SA, without extended sequence numbers.

What is protected is octets with a next header: a whole IPv4 packet in tunnel mode (4), what follows the IP
header in transport mode (its protocol). Ciphers in CBC (RFC 2451, 3602), AES-GCM (RFC 4106), NULL (RFC 2410).
"""

import hmac
import struct
from collections.abc import Callable

from mainmode.base.codes import IpProtocol
from mainmode.base.entropy import Entropy
from mainmode.base.errors import Drop, MainmodeError
from mainmode.base.secret import Octets
from mainmode.crypto.algorithms import GCM_SALT_LENGTH, EspCipher, EspIntegrity, esp_cipher, esp_integrity
from mainmode.crypto.compiled import Esp, native
from mainmode.crypto.errors import CryptoError
from mainmode.crypto.primitives import BlockCipher, Gcm, OctetStream, cbc_decryptor, cbc_encryptor
from mainmode.ipsec.dataplane import EspSuite, SaKeys
from mainmode.ipsec.replay import DEFAULT_SIZE, ReplayWindow
from mainmode.ipsec.segments import Segments

_HEADER = struct.Struct("!II")
_LAST_SEQUENCE = 0xFFFFFFFF
_PADDING = bytes(range(1, 256))


class EspRefused(MainmodeError):  # noqa: N818 (it names what happened)
    """A packet that ESP does not let pass; `drop` names the reason."""

    def __init__(self, drop: Drop, detail: str) -> None:
        self.drop = drop
        self.detail = detail
        super().__init__(f"{drop.value}: {detail}")


def fitting(suite: EspSuite, keys: SaKeys) -> tuple[EspCipher, EspIntegrity]:
    """The algorithms of a suite, for which the keys of one direction are right.

    Raises UnsupportedAlgorithm for a suite that the device does not have.
    Raises CryptoError for keys of a wrong length, for AES-GCM with another integrity, and for NULL without
    any (RFC 4303 §3.2: one of the two services there must be).
    """
    cipher, integrity = esp_cipher(suite.encryption, suite.key_bits), esp_integrity(suite.authentication)
    without_integrity = integrity.hash is None
    if (cipher.aead and not without_integrity) or (cipher.cipher is None and without_integrity):
        raise CryptoError(f"ESP cipher {cipher.name} with integrity {integrity.name}")
    if len(keys.cipher) != cipher.key_length or len(keys.integrity) != integrity.key_length:
        raise CryptoError(f"keys that do not fit {cipher.name} and {integrity.name}")
    return cipher, integrity


class _Keyed:
    """Cipher and integrity of one direction with their keys, in Python: what `Esp` of the compiled helper is in C."""

    __slots__ = ("_begin", "_block", "_cbc", "_gcm", "_icv", "_mac", "_salt", "_spi")

    def __init__(
        self, spi: int, suite: EspSuite, keys: SaKeys, start: Callable[[BlockCipher, Octets], OctetStream]
    ) -> None:
        """`start` makes a CBC context. Raises as `fitting` does.

        The salt is what the keying material of AES-GCM ends with (RFC 4106 §4, §8.1).
        """
        cipher, integrity = fitting(suite, keys)
        key = keys.cipher.octets
        self._spi, self._block = spi.to_bytes(4), cipher.block
        self._begin = _HEADER.size + cipher.iv_length
        self._icv = integrity.icv_length
        self._cbc = start(cipher.cipher, key) if cipher.cipher is not None and not cipher.aead else None
        self._gcm = Gcm(key[:-GCM_SALT_LENGTH]) if cipher.aead else None
        self._salt = bytes(key[-GCM_SALT_LENGTH:]) if cipher.aead else b""
        self._mac = None
        if integrity.hash is not None:
            integrity_key = bytearray(keys.integrity.octets)
            self._mac = hmac.new(integrity_key, digestmod=integrity.hash.name)
            integrity_key[:] = bytes(len(integrity_key))

    def seal(self, payload: bytes, next_header: int, sequence: int, random: bytes) -> bytes:
        """The ESP of a payload, SPI to ICV; `random` is one block where the cipher is in CBC."""
        pad = -(len(payload) + 2) % self._block
        plain = payload + (_TUNNEL_TRAILERS[pad] if next_header == _IPIP else _trailer(pad, next_header))
        if self._gcm is not None:
            # The IV need only be unique (RFC 4106 §3.1); the sequence number is.
            iv = sequence.to_bytes(8)
            header = self._spi + iv[4:]
            return header + iv + self._gcm.seal(self._salt + iv, plain, header)
        header = self._spi + sequence.to_bytes(4)
        if self._cbc is not None:
            # One random block goes before the plaintext; encrypted, it is an IV that nobody can predict.
            plain = self._cbc(random + plain)
        packet = header + plain
        return packet + self._made(packet)

    def decrypt(self, esp: bytes) -> bytes | None:
        """Payload and trailer of ESP in whole blocks; None where the ICV is wrong."""
        begin = self._begin
        if self._gcm is not None:
            try:
                return self._gcm.open(self._salt + esp[8:begin], esp[begin:], esp[:8])
            except CryptoError:
                return None
        end = len(esp) - self._icv
        if not hmac.compare_digest(self._made(esp[:end]), esp[end:]):
            return None
        if self._cbc is None:
            return esp[8:end]
        # The context lives on, so the block that it gives for the IV is rubbish and the plaintext follows it.
        return self._cbc(esp[8:end])[self._block :]

    def _made(self, octets: bytes) -> bytes:
        """The ICV over header, IV and ciphertext; empty where the suite has no integrity of its own."""
        if self._mac is None:
            return b""
        mac = self._mac.copy()
        mac.update(octets)
        return mac.digest()[: self._icv]


def _compiled(spi: int, suite: EspSuite, keys: SaKeys, *, seals: bool) -> Esp | None:
    """The same by the helper; None where it is not there, or its libcrypto does not have the suite."""
    helper = native()
    if helper is None:
        return None
    cipher, integrity = fitting(suite, keys)
    key, salt = keys.cipher.octets, b""
    name = cipher.cipher.title if cipher.cipher is not None else "NULL"
    if cipher.aead:
        name, salt, key = f"{name}-GCM", bytes(key[-GCM_SALT_LENGTH:]), key[:-GCM_SALT_LENGTH]
    digest = integrity.hash.name if integrity.hash is not None else ""
    try:
        return helper.esp(spi, seals, name, key, salt, digest, keys.integrity.octets, integrity.icv_length)
    except (ValueError, RuntimeError):
        return None


class OutboundSa:
    """One direction out: seals packets, numbering them from 1."""

    __slots__ = ("_compiled", "_esp", "_random", "sequence")

    def __init__(self, spi: int, suite: EspSuite, keys: SaKeys) -> None:
        """`sequence` is the number of the last packet sealed; 0 before the first. Raises as `fitting` does."""
        cipher, _ = fitting(suite, keys)
        self._compiled = _compiled(spi, suite, keys, seals=True)
        self._esp = self._compiled or _Keyed(spi, suite, keys, cbc_encryptor)
        self._random = cipher.block if cipher.cipher is not None and not cipher.aead else 0
        self.sequence = 0

    def seal(self, payload: bytes, entropy: Entropy, next_header: int = IpProtocol.IPIP) -> bytes:
        """The ESP packet, SPI to ICV. Raises EspRefused (NO_TUNNEL) when the sequence numbers are used up.

        `payload` is the whole inner packet in tunnel mode, else what follows an IP header.
        """
        if self.sequence == _LAST_SEQUENCE:
            raise EspRefused(Drop.NO_TUNNEL, "the sequence numbers of the SA are used up")
        self.sequence = sequence = self.sequence + 1
        random = entropy.take(self._random) if self._random else b""
        return self._esp.seal(payload, next_header, sequence, random)

    def seal_run(self, packets: list[bytes] | Segments, entropy: Entropy) -> list[bytes]:
        """The ESP of each of these whole inner packets, in their order, with the octets that `seal` would give each.

        Segments are for the compiled helper alone. Raises EspRefused where there are not enough sequence numbers.
        """
        count = packets.count if isinstance(packets, Segments) else len(packets)
        first = self.sequence + 1
        if self.sequence + count > _LAST_SEQUENCE:
            raise EspRefused(Drop.NO_TUNNEL, "the sequence numbers of the SA are used up")
        self.sequence += count
        block = self._random
        randoms = [entropy.take(block) if block else b"" for _ in range(count)]
        if isinstance(packets, Segments):
            if self._compiled is None:
                raise EspRefused(Drop.NO_TUNNEL, "segments that nobody can cut")
            return self._compiled.seal_segments(packets.packet, packets.size, first, b"".join(randoms))
        if self._compiled is not None:
            return self._compiled.seal_run(packets, first, b"".join(randoms))
        seal = self._esp.seal
        return [
            seal(packet, _IPIP, sequence, random)
            for sequence, (packet, random) in enumerate(zip(packets, randoms, strict=True), first)
        ]


class InboundSa:
    """One direction in: opens packets, each sequence number once."""

    __slots__ = ("_block", "_compiled", "_esp", "_guarded", "_name", "_outside", "_spi", "_verified_by", "window")

    def __init__(self, spi: int, suite: EspSuite, keys: SaKeys, window: int | None = DEFAULT_SIZE) -> None:
        """`window` is the anti-replay window in packets, None for no check.

        Raises as `fitting` and `ReplayWindow` do.
        """
        cipher, integrity = fitting(suite, keys)
        self._compiled = _compiled(spi, suite, keys, seals=False)
        self._esp = self._compiled or _Keyed(spi, suite, keys, cbc_decryptor)
        self._spi = spi
        self._block = cipher.block
        self._name = cipher.name
        self._verified_by = cipher.name if cipher.aead else integrity.name
        icv_length = cipher.icv_length + integrity.icv_length
        self._guarded = icv_length > 0
        self._outside = _HEADER.size + cipher.iv_length + icv_length
        self.window = ReplayWindow(window)

    def open(self, esp: bytes) -> bytes:
        """The inner packet of tunnel mode.

        Raises EspRefused as `unwrap` does, and with NOT_AN_IP_PACKET for a next header other than 4.
        """
        payload, next_header = self.unwrap(esp)
        if next_header != IpProtocol.IPIP:
            raise EspRefused(Drop.NOT_AN_IP_PACKET, f"next header {next_header} in tunnel mode")
        return payload

    def unwrap(self, esp: bytes) -> tuple[bytes, int]:
        """Payload and next header of an ESP packet, SPI to ICV.

        Raises EspRefused: UNKNOWN_SPI (another SA's), REPLAY (before the ICV is looked at), BAD_ICV,
        BAD_PADDING (also for a packet too short or not in whole blocks). Without integrity there is no
        anti-replay either (RFC 4303 §3.4.3).
        """
        sequence = self._expected(esp)
        plain = self._decrypt(esp)
        self.take(sequence)
        return self._unpadded(plain, sequence)

    def peek(self, esp: bytes) -> tuple[bytes, int, int]:
        """Payload, next header and sequence number. Nothing is noted: who keeps the packet says `take`.

        Raises EspRefused as `unwrap` does.
        """
        sequence = self._expected(esp)
        payload, next_header = self._unpadded(self._decrypt(esp), sequence)
        return payload, next_header, sequence

    def take(self, sequence: int) -> None:
        """A packet with this number was opened: the number never comes again."""
        if self._guarded:
            self.window.mark(sequence)

    def follow(
        self, datagrams: list[bytes], begin: int, sequence: int, first: bytes, largest: int
    ) -> list[bytes] | None:
        """The packets of tunnel mode in the ESP from `begin` on that go on with a run, opened and taken in one go.

        The packet `first`, of the connection of which they all are, was opened and taken before as `sequence`; theirs
        follow without a gap. None has more octets than `largest`. None where only `peek` and `take` can tell.
        """
        if self._compiled is None or not self._guarded or not self.window.advanced:
            return None
        packets = self._compiled.open_run(datagrams, begin, sequence, first, largest)
        self.window.mark_run(len(packets))
        return packets

    def _expected(self, esp: bytes) -> int:
        """The sequence number of a packet that may be opened. Raises EspRefused (BAD_PADDING, UNKNOWN_SPI, REPLAY)."""
        body_length = len(esp) - self._outside
        if body_length < self._block or body_length % self._block:
            raise EspRefused(Drop.BAD_PADDING, f"{len(esp)} octets do not fit {self._name}")
        spi, sequence = _HEADER.unpack_from(esp)
        if spi != self._spi:
            raise EspRefused(Drop.UNKNOWN_SPI, f"SPI 0x{spi:08x}")
        if self._guarded and not self.window.accepts(sequence):
            raise EspRefused(Drop.REPLAY, f"sequence number {sequence}")
        return int(sequence)

    def _unpadded(self, plain: bytes, sequence: int) -> tuple[bytes, int]:
        """Payload and next header. Raises EspRefused (BAD_PADDING)."""
        pad, next_header = plain[-2], plain[-1]
        end = len(plain) - 2 - pad
        if end < 0 or plain[end:-2] != _PADDING[:pad]:
            raise EspRefused(Drop.BAD_PADDING, f"sequence number {sequence}")
        return plain[:end], next_header

    def _decrypt(self, esp: bytes) -> bytes:
        """Payload and trailer, once the ICV verifies. Raises EspRefused (BAD_ICV)."""
        plain = self._esp.decrypt(esp)
        if plain is None:
            raise EspRefused(Drop.BAD_ICV, self._verified_by)
        return plain


def _trailer(pad: int, next_header: int) -> bytes:
    return _PADDING[:pad] + bytes((pad, next_header))


_IPIP = int(IpProtocol.IPIP)
_TUNNEL_TRAILERS = tuple(_trailer(pad, _IPIP) for pad in range(16))
"""What ends the plaintext in tunnel mode, by the octets of padding: no block is larger than 16."""
