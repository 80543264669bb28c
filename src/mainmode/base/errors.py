"""The errors of the house. A fault of the user's input carries its place; a fault of a peer's datagram carries a name.

Anything else that is raised is a bug by contract.
"""

from enum import Enum


class MainmodeError(Exception):
    """Base of every error that a caller is expected to meet."""


class InputError(MainmodeError):
    """The user's input cannot be used: a file, an option, a command. The text says what to do next."""


class Drop(Enum):
    """Why a datagram or a packet was dropped without an answer. The value is one sentence for people."""

    RUNT = "shorter than an ISAKMP header"
    LENGTH_MISMATCH = "the header's length is not the datagram's"
    BAD_VERSION = "not ISAKMP version 1.0"
    BAD_EXCHANGE = "an exchange type that this device does not speak"
    MALFORMED_PAYLOAD = "a payload's length or contents do not fit"
    TOO_MANY_PAYLOADS = "more payloads than any honest message has"
    MISSING_PAYLOAD = "a payload that the exchange needs is absent"
    DUPLICATE_PAYLOAD = "a payload stands twice that may stand once"
    UNEXPECTED_MESSAGE = "a message that does not fit the state of its exchange"
    UNKNOWN_COOKIE = "cookies that belong to no IKE SA here"
    UNENCRYPTED = "a message in clear where only a protected one counts"
    NOT_DECRYPTABLE = "decryption gives no chain of payloads"
    BAD_HASH = "the HASH payload does not verify"
    BAD_KEY_EXCHANGE = "a public value of the wrong size or out of range"
    REPLAYED_MESSAGE_ID = "a message id that was used before"
    WRONG_KEEPALIVE = "a keepalive whose number is not the expected one"
    DUPLICATE = "an exact repetition of a datagram seen before"
    LIMIT_REACHED = "a limit on half-open negotiations or queues was reached"
    RATE_LIMITED = "more first messages, or others of no IKE SA here, than the device looks at in a second"
    NAT_KEEPALIVE = "a NAT keepalive"
    IKE_NOT_ENABLED = "IKE is not enabled on the interface"
    NO_CRYPTO_MAP = "no crypto map is bound to the interface"
    UNKNOWN_SPI = "an ESP SPI that belongs to no SA here"
    REPLAY = "an ESP sequence number seen before or left of the window"
    BAD_ICV = "the ESP integrity check does not verify"
    BAD_PADDING = "the ESP trailer does not fit"
    SELECTOR_MISMATCH = "the inner packet is outside the SA's proxies"
    IN_CLEAR = "a packet in clear that should have come through the tunnel"
    NO_ROUTE = "no route leads to the destination"
    NO_TUNNEL = "the tunnel that the packet needs is not up"
    NOT_AN_IP_PACKET = "not an IPv4 packet, or one that does not fit its own header"
    NOT_FOR_US = "addressed to nobody behind this device"
    TTL_EXPIRED = "its time to live ran out here"
    TOO_LARGE = "too large for one IP packet"
    FRAGMENT_REFUSED = "a fragment that does not fit the others of its packet, or one too many"
    NEEDS_FRAGMENTATION = "too large for the way it goes, and it must not be fragmented"
    NO_CONNECTION = "a TCP segment that opens no connection and belongs to none"
    NO_TRANSLATION = "there is nothing to translate it to"
    NAT_REVERSE_PATH = "the way back would be translated by another rule"
    NOT_SENT = "the host did not take it: a queue was full, or a device down"
    DENIED = "denied by an access list or by the security level"


class WireError(MainmodeError):
    """A datagram cannot be read. `drop` names the reason, `offset` the octet where reading stopped."""

    def __init__(self, drop: Drop, offset: int, detail: str = "") -> None:
        self.drop = drop
        self.offset = offset
        self.detail = detail
        text = f"{drop.value}, at octet {offset}"
        super().__init__(f"{text}: {detail}" if detail else text)
