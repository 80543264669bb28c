"""What can be wrong with a datagram before any state is looked at: header, version, exchange, chain of payloads."""

from itertools import product

import pytest
from siege import PEER, SPENT, Siege, chain_of, datagram, noise

from mainmode.base.codes import ExchangeType, PayloadType
from mainmode.base.errors import Drop
from mainmode.wire.payloads import IosKeepalive

MARKER = bytes(4)
"""In front of an ISAKMP message on port 4500."""
LARGEST = 65507
"""Octets of the largest UDP payload."""


def test_a_datagram_shorter_than_a_header_or_of_another_length(observed) -> None:
    world = Siege().standing()
    sa = world.sa()
    body = chain_of((PayloadType.VENDOR, noise(20)))
    for size in range(28):
        assert world.strike(noise(size)).drops == [Drop.RUNT]
        assert world.strike(MARKER + noise(size), port=4500).drops == [Drop.RUNT]
    for said in (0, 1, 27, 28, 51, 53, 65535, 0x80000000, 0xFFFFFFFF):
        for cookies in (noise(8, "cookie") + bytes(8), sa.cookie_i + sa.cookie_r):
            whole = datagram(*body, length=said, cookies=cookies)
            assert world.strike(whole, PEER).drops == [Drop.LENGTH_MISMATCH]
            assert world.strike(MARKER + whole, PEER, port=4500).drops == [Drop.LENGTH_MISMATCH]
    assert world.strike(noise(LARGEST)).drops == [Drop.LENGTH_MISMATCH]
    observed(world.survived())


def test_a_datagram_of_the_largest_size(observed) -> None:
    """One payload that fills it, and as many as fit: read, refused, not kept."""
    world = Siege()
    room = LARGEST - 28
    assert world.strike(datagram(*chain_of((PayloadType.VENDOR, noise(room - 4)))), PEER).drops
    assert world.strike(datagram(*chain_of(*[(PayloadType.VENDOR, b"")] * (room // 4))), PEER).drops == [
        Drop.TOO_MANY_PAYLOADS
    ]
    assert world.strike(datagram(PayloadType.SA, noise(room)), PEER).drops == [Drop.MALFORMED_PAYLOAD]
    observed(world.survived())


def test_every_version_but_1_0(observed) -> None:
    world = Siege()
    body = chain_of((PayloadType.SA, noise(40)))
    for version in set(range(256)) - {0x10}:
        assert world.strike(datagram(*body, version=version), PEER).drops == [Drop.BAD_VERSION]
    observed(world.survived())


# Payloads and exchanges of IKEv2 (RFC 7296 §3.1, §3.2; RFC 7383)
SA2, KE2, NONCE2, NOTIFY2, VENDOR2, ENCRYPTED2, ENCRYPTED_FRAGMENT2 = 33, 34, 40, 41, 43, 46, 53
INIT2, AUTH2, CHILD2, INFORMATIONAL2 = 34, 35, 36, 37
REKEY_SA = (16393).to_bytes(2)


def _proposal2(prf: int) -> bytes:
    transforms = b"".join(
        bytes([0 if kind == 4 else 3, 0, 0, 8, kind, 0]) + number.to_bytes(2)
        for kind, number in ((1, 3), (2, prf), (3, 2), (4, 2))
    )
    return bytes([0, 0]) + (8 + len(transforms)).to_bytes(2) + bytes([1, 1, 0, 4]) + transforms


VERSION_2 = {
    "an initial message without payloads": (INIT2, (0, b"")),
    "a security association alone": (INIT2, chain_of((SA2, _proposal2(2)))),
    "a notify without key exchange": (INIT2, chain_of((SA2, _proposal2(2)), (NOTIFY2, bytes(4)))),
    "HMAC-MD5 as prf": (INIT2, chain_of((SA2, _proposal2(1)), (KE2, bytes([0, 2, 0, 0]) + noise(128)))),
    "protected before any key": (AUTH2, chain_of((ENCRYPTED2, noise(64)))),
    "REKEY_SA of an odd protocol": (CHILD2, chain_of((NOTIFY2, bytes([99, 4]) + REKEY_SA + noise(4)))),
    "forty unknown payloads outside": (INIT2, chain_of(*[(200, noise(8))] * 40)),
    "the same fragment twice": (AUTH2, chain_of((ENCRYPTED_FRAGMENT2, bytes([0, 1, 0, 2]) + noise(64)))),
    "a fragment of no number": (AUTH2, chain_of((ENCRYPTED_FRAGMENT2, bytes(4) + noise(64)))),
    "an informational of no state": (INFORMATIONAL2, chain_of((ENCRYPTED2, noise(64)))),
}


@pytest.mark.parametrize("standing", [False, True])
def test_messages_of_ikev2(standing: bool, observed) -> None:
    world = Siege().standing() if standing else Siege()
    cookies = world.sa().cookie_i + world.sa().cookie_r if standing else noise(8) + bytes(8)
    for exchange, body in VERSION_2.values():
        for port, front in ((500, b""), (4500, MARKER)):
            for flags in (0x08, 0x20):
                octets = datagram(*body, cookies=cookies, version=0x20, exchange=exchange, flags=flags)
                for _ in range(2):
                    assert world.strike(front + octets, PEER, port).drops == [Drop.BAD_VERSION]
    observed(world.survived())


def test_exchanges_that_are_not_spoken(observed) -> None:
    """Base, authentication only, new group mode, IKEv2's numbers, and all that nobody assigned."""
    world = Siege().standing()
    spoken = {ExchangeType.MAIN_MODE, ExchangeType.AGGRESSIVE, ExchangeType.INFORMATIONAL, ExchangeType.QUICK_MODE}
    sa = world.sa()
    for exchange in set(range(256)) - spoken:
        for cookies in (noise(8) + bytes(8), sa.cookie_i + sa.cookie_r):
            octets = datagram(*chain_of((PayloadType.SA, noise(40))), exchange=exchange, cookies=cookies)
            assert world.strike(octets, PEER).drops == [Drop.BAD_EXCHANGE]
    observed(world.survived())


def test_extended_authentication_and_mode_configuration(observed) -> None:
    """Transaction exchanges: a user's name with an odd text, in clear and under the keys of a standing SA."""
    world = Siege().standing()
    name = b"user@\0\x1b]0;x\x07%n" + noise(30)
    attribute = (16521).to_bytes(2) + len(name).to_bytes(2) + name
    attributes = (PayloadType.ATTR, bytes([1, 0, 0, 7]) + attribute)
    sa = world.sa()
    clear = datagram(*chain_of(attributes), exchange=ExchangeType.TRANSACTION, cookies=sa.cookie_i + sa.cookie_r)
    assert world.strike(clear, PEER).drops == [Drop.BAD_EXCHANGE]
    assert world.protected(raw=chain_of(attributes), exchange=ExchangeType.TRANSACTION).drops == [Drop.BAD_EXCHANGE]
    observed(world.survived())


def first_message(*further: tuple[int, bytes], flags: int = 0, cookie: bytes = noise(8, "cookie")) -> bytes:
    """A first message of main mode that ours accepts, with further payloads behind the offer."""
    numbers = ((1, 7), (14, 128), (2, 2), (3, 1), (4, 2), (11, 1), (12, 28800))
    attributes = b"".join((kind | 0x8000).to_bytes(2) + value.to_bytes(2) for kind, value in numbers)
    transform = bytes([0, 0]) + (8 + len(attributes)).to_bytes(2) + bytes([1, 1, 0, 0]) + attributes
    proposal = bytes([0, 0]) + (8 + len(transform)).to_bytes(2) + bytes([1, 1, 0, 1]) + transform
    offer = (PayloadType.SA, bytes([0, 0, 0, 1, 0, 0, 0, 1]) + proposal)
    return datagram(*chain_of(offer, *further), flags=flags, cookies=cookie + bytes(8))


CHOSEN = first_message()[28:]
"""What MM2 repeats by the protocol: the transform, unchanged (RFC 2409 §5)."""


def test_flags_that_nobody_assigned_are_ignored(observed) -> None:
    world = Siege()
    for bit in range(1, 8):
        seen = world.strike(first_message(flags=1 << bit, cookie=noise(8, f"flag {bit}")), PEER)
        assert [send.step.value for send in seen.answers] == ["MM2"]
    observed(world.survived(permitted=CHOSEN, wait=70))


def test_a_payload_shorter_than_its_header_or_longer_than_the_rest(observed) -> None:
    world = Siege().standing()
    sa = world.sa()
    exchanges = (ExchangeType.MAIN_MODE, ExchangeType.AGGRESSIVE, ExchangeType.INFORMATIONAL)
    for said, following in product((0, 1, 2, 3, 25, 0x7FFF, 0x8000, 0xFFFF), (0, PayloadType.VENDOR)):
        body = bytes([following, 0]) + said.to_bytes(2) + noise(20)
        for number in (PayloadType.SA, PayloadType.VENDOR, PayloadType.NOTIFY, PayloadType.DELETE, 200):
            for exchange in exchanges:
                octets = datagram(number, body, exchange=exchange)
                assert world.strike(octets, PEER).drops == [Drop.MALFORMED_PAYLOAD]
            octets = datagram(number, body, exchange=exchanges[2], cookies=sa.cookie_i + sa.cookie_r)
            assert world.strike(octets, PEER).drops == [Drop.MALFORMED_PAYLOAD]
            assert world.protected(raw=(number, body)).drops == [Drop.NOT_DECRYPTABLE]
            seen = world.protected(raw=(number, body), exchange=ExchangeType.QUICK_MODE)
            assert seen.drops == [Drop.NOT_DECRYPTABLE]
            assert not seen.answers
    observed(world.survived())


def test_more_payloads_than_any_honest_message(observed) -> None:
    world = Siege().standing()
    for number in (PayloadType.VENDOR, PayloadType.NOTIFY, 200, 255):
        body = b"" if number != PayloadType.NOTIFY else bytes(8)
        chain = chain_of(*[(number, body)] * 51)
        for exchange in (ExchangeType.MAIN_MODE, ExchangeType.AGGRESSIVE, ExchangeType.INFORMATIONAL):
            assert world.strike(datagram(*chain, exchange=exchange), PEER).drops == [Drop.TOO_MANY_PAYLOADS]
        assert world.protected(raw=chain).drops == [Drop.NOT_DECRYPTABLE]
    observed(world.survived())


UNKNOWN = sorted({15, 16, 19, *range(22, 128), *range(133, 256)} | {int(IosKeepalive.TYPE)})
"""Payload numbers that mean nothing in a first message; 33 to 53 are those of IKEv2."""


def test_payload_types_of_ikev2_and_unassigned_ones(observed) -> None:
    """Instead of an offer there is no offer; under protection they change nothing."""
    world = Siege().standing()
    for number in UNKNOWN:
        instead = datagram(*chain_of((number, noise(24))), cookies=noise(8, f"type {number}") + bytes(8))
        assert world.strike(instead, PEER).drops == [Drop.MISSING_PAYLOAD]
        seen = world.protected(raw=chain_of((number, noise(24))))
        assert (seen.drops, seen.answers, seen.over) == ([], [], [])
    observed(world.survived(kept=SPENT))


def test_unknown_payload_types_behind_an_offer(observed) -> None:
    """They are passed over: the offer is answered, and forgotten like any other that nobody follows up."""
    world = Siege()
    for number in UNKNOWN[::13]:
        behind = first_message((number, noise(24)), cookie=noise(8, f"behind {number}"))
        assert [send.step.value for send in world.strike(behind, PEER).answers] == ["MM2"]
    observed(world.survived(marked=noise(24), wait=70))


def test_proposals_and_transforms_outside_an_offer_or_miscounted(observed) -> None:
    world = Siege()
    good = first_message()[28:]
    for number in (PayloadType.PROPOSAL, PayloadType.TRANSFORM):
        for exchange in (ExchangeType.MAIN_MODE, ExchangeType.AGGRESSIVE, ExchangeType.INFORMATIONAL):
            octets = datagram(*chain_of((number, noise(40))), exchange=exchange)
            assert world.strike(octets, PEER).drops == [Drop.MALFORMED_PAYLOAD]
    for place in LENGTHS_AND_COUNTS:
        for value in {0, 1, 2, 3, 4, 128, 255} - {good[place]}:
            changed = good[:place] + bytes([value]) + good[place + 1 :]
            assert world.strike(datagram(PayloadType.SA, changed), PEER).drops == [Drop.MALFORMED_PAYLOAD]
    observed(world.survived(permitted=good))


LENGTHS_AND_COUNTS = (12, 14, 15, 18, 19, 20, 22, 23)
"""Where they stand in the offer of `first_message`: of the proposal what follows, its length, the size of its SPI, the
count of transforms; of the transform what follows, its length."""
