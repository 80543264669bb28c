"""How messages are encrypted and by which IV (RFC 2409 §5 and App. B)."""

from mainmode.base.errors import Drop, WireError
from mainmode.crypto.algorithms import CbcCipher
from mainmode.crypto.skeyid import Phase1Keys
from mainmode.wire.message import Header, Message, header_of, read_payloads
from mainmode.wire.payloads import Payload

HEADER_LENGTH = 28


class Chain:
    """The IV chain of one exchange. A received message moves it only when the caller accepts that message."""

    __slots__ = ("_block", "_iv", "_messages")

    def __init__(self, cipher: CbcCipher, keys: Phase1Keys, iv: bytes) -> None:
        self._block = cipher.block
        self._messages = keys.messages
        self._iv = iv

    @property
    def iv(self) -> bytes:
        """The IV of the next message: the last cipher block of the previous one."""
        return self._iv

    def seal(self, message: Message) -> bytes:
        """The datagram of `message`, encrypted; the chain moves on."""
        body = message.spend()
        block = self._block
        ciphertext = self._messages.encrypt(self._iv, body + bytes(-len(body) % block))
        self._iv = ciphertext[-block:]
        return header_of(message, len(ciphertext)) + ciphertext

    def open(self, header: Header, datagram: bytes) -> tuple[tuple[Payload, ...], bytes]:
        """The payloads of an encrypted datagram and their octets without padding. The chain does not move.

        Raises WireError (NOT_DECRYPTABLE) where the ciphertext is no whole number of blocks or decrypts to no chain.
        So too where whole blocks of padding are no zeros, but for the last octet (where racoon tells the padding's
        length): no hash covers padding, and who hangs a block of his own on a message would make the next IV by it.
        """
        ciphertext = datagram[HEADER_LENGTH:]
        if not ciphertext or len(ciphertext) % self._block:
            raise WireError(Drop.NOT_DECRYPTABLE, HEADER_LENGTH, "not a whole number of cipher blocks")
        plain = self._messages.decrypt(self._iv, ciphertext)
        try:
            payloads, used = read_payloads(header.next_payload, plain)
        except WireError as error:
            raise WireError(Drop.NOT_DECRYPTABLE, error.offset, error.detail) from error
        if any(plain[used + -used % self._block : -1]):
            raise WireError(Drop.NOT_DECRYPTABLE, HEADER_LENGTH + used, "blocks of padding that are no zeros")
        return payloads, plain[:used]

    def accept(self, datagram: bytes) -> None:
        """Move on past a received datagram that was verified."""
        self._iv = datagram[-self._block :]
