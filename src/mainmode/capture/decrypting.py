"""Opens the encrypted messages of an IKE SA with its cipher key, and judges proofs with the pre-shared key.

What is needed besides stands in the capture: the algorithms that MM2 chose, and the public values of MM3 and MM4 for
the first IV (RFC 2409 App. B). HASH_I and HASH_R are made with SKEYID, which comes from the pre-shared key and nonces
that go in clear (RFC 2409 §5.4): so a proof that can be read tells whether its maker has the key, without anything of
the Diffie-Hellman exchange that is secret.
"""

from collections import OrderedDict
from collections.abc import Iterable

from mainmode.base.codes import Encryption1, Hash1, Phase1Attribute
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import WireError
from mainmode.base.secret import Secret
from mainmode.crypto.algorithms import CbcCipher, HashAlgorithm, hash_algorithm, phase1_cipher
from mainmode.crypto.errors import CryptoError, UnsupportedAlgorithm
from mainmode.crypto.primitives import CbcKey
from mainmode.crypto.skeyid import equal, phase1_iv, phase2_iv, skeyid_psk
from mainmode.wire.message import HEADER_LENGTH, Header, read_payloads
from mainmode.wire.payloads import Payload, Transform

_MOST_EXCHANGES = 256
_MOST_BASES = 4


def hash_of(chosen: Transform) -> HashAlgorithm | None:
    """The hash of the phase 1 proposal that was chosen; None for one that is not known."""
    try:
        return hash_algorithm(Hash1(chosen.numbers.get(Phase1Attribute.HASH, 0)))
    except UnsupportedAlgorithm:
        return None


def cipher_of(chosen: Transform) -> CbcCipher | None:
    """The cipher of the phase 1 proposal that was chosen; None for one that is not known."""
    numbers = chosen.numbers
    encryption = Encryption1(numbers.get(Phase1Attribute.ENCRYPTION, 0))
    for bits in (numbers.get(Phase1Attribute.KEY_LENGTH, 0), 0):
        try:
            return phase1_cipher(encryption, bits)
        except UnsupportedAlgorithm:
            continue
    return None


class Opener:
    """The encrypted messages of one IKE SA, in their order, each given once."""

    def __init__(
        self, hash_: HashAlgorithm, cipher: CbcCipher, keys: Iterable[CbcKey], g_xi: bytes, g_xr: bytes
    ) -> None:
        self._hash = hash_
        self._block = cipher.block
        self._keys = list(keys)
        self._iv = phase1_iv(hash_, g_xi, g_xr, cipher.block)
        self._bases = [self._iv]
        self._exchanges: OrderedDict[int, bytes] = OrderedDict()

    def open(self, header: Header, message: bytes) -> tuple[Payload, ...] | None:
        """The payloads of an encrypted message; None where no key gives a chain of payloads."""
        ciphertext = message[HEADER_LENGTH:]
        if not ciphertext or len(ciphertext) % self._block:
            return None
        last = ciphertext[-self._block :]
        if not header.message_id:
            found = self._try(header, ciphertext, (self._iv,))
            self._iv = last
            self._bases = [last, *self._bases][:_MOST_BASES]
            return found
        chained = self._exchanges.pop(header.message_id, None)
        ivs = [chained] if chained is not None else []
        ivs += [phase2_iv(self._hash, base, header.message_id, self._block) for base in self._bases]
        self._exchanges[header.message_id] = last
        if len(self._exchanges) > _MOST_EXCHANGES:
            self._exchanges.popitem(last=False)
        return self._try(header, ciphertext, ivs)

    def _try(self, header: Header, ciphertext: bytes, ivs: Iterable[bytes]) -> tuple[Payload, ...] | None:
        for iv in ivs:
            for place, key in enumerate(self._keys):
                plain = key.decrypt(iv, ciphertext)
                try:
                    payloads, _ = read_payloads(header.next_payload, plain)
                except WireError:
                    continue
                if not all(payload.type.known for payload in payloads):
                    continue
                self._keys.insert(0, self._keys.pop(place))
                return payloads
        return None


def opener(chosen: Transform, keys: Iterable[Secret], g_xi: bytes, g_xr: bytes) -> Opener | str:
    """An opener for the SA that chose this proposal, or why there is none."""
    hash_, cipher = hash_of(chosen), cipher_of(chosen)
    if hash_ is None or cipher is None:
        return "its algorithms are not known here"
    usable = []
    for key in keys:
        try:
            usable.append(cipher.under(key))
        except CryptoError:
            continue
    if not usable:
        return f"the key for it has not the {cipher.key_length} octets of a {cipher.name} key"
    return Opener(hash_, cipher, usable, g_xi, g_xr)


@dataclass(frozen=True, slots=True)
class Known:
    """What phase 1 showed in clear: cookies, public values, nonces, and the body of the initiator's SA payload."""

    cookie_i: bytes
    cookie_r: bytes
    g_xi: bytes
    g_xr: bytes
    ni: bytes
    nr: bytes
    sa: bytes


def proves(hash_: HashAlgorithm, psk: Secret, known: Known, identity: bytes, proof: bytes, initiator: bool) -> bool:
    """Whether HASH_I or HASH_R was made with this pre-shared key; `identity` is the body of its maker's ID payload."""
    skeyid = skeyid_psk(hash_, psk.octets, known.ni, known.nr)
    values, cookies = (known.g_xi, known.g_xr), (known.cookie_i, known.cookie_r)
    if not initiator:
        values, cookies = values[::-1], cookies[::-1]
    return equal(hash_.prf(skeyid, *values, *cookies, known.sa, identity), proof)
