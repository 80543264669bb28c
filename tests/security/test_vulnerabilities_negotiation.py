"""What strangers and peers can put into a negotiation: offers, keys, identities, certificates, messages too early."""

from ipaddress import IPv4Address

import pytest
from siege import (
    PEER,
    Siege,
    chain_of,
    configuration,
    datagram,
    fifth_message,
    noise,
    told,
)
from test_vulnerabilities_datagrams import CHOSEN, first_message

from mainmode.base.codes import ExchangeType, Flag, IdType, PayloadType
from mainmode.base.errors import Drop
from mainmode.ike.effects import Phase1Down, Send
from mainmode.ike.fsm import State
from mainmode.wire.payloads import Certificate, CertificateRequest, Hash, Identification, Signature

AES, SHA, GROUP_2, PRE_SHARED = (1, 7), (2, 2), (4, 2), (3, 1)
LIFE = ((11, 1), (12, 28800))
Numbers = tuple[tuple[int, int], ...]


def offer(
    *transforms: Numbers, doi: int = 1, situation: int = 1, protocol: int = 1, further: bytes = b"", spi: bytes = b""
) -> tuple[int, bytes]:
    """An SA payload with one proposal; `further` stands behind the attributes of each transform."""
    chain = b""
    for place, numbers in enumerate(transforms, 1):
        body = b"".join((kind | 0x8000).to_bytes(2) + value.to_bytes(2) for kind, value in numbers) + further
        last = 0 if place == len(transforms) else 3
        chain += bytes([last, 0]) + (8 + len(body)).to_bytes(2) + bytes([place, 1, 0, 0]) + body
    head = bytes([1, protocol, len(spi), len(transforms)]) + spi
    proposal = bytes([0, 0]) + (4 + len(head) + len(chain)).to_bytes(2) + head + chain
    return PayloadType.SA, doi.to_bytes(4) + situation.to_bytes(4) + proposal


def asked(name: str, *payloads: tuple[int, bytes], exchange: int = ExchangeType.MAIN_MODE) -> bytes:
    """A first message with a cookie of its own."""
    return datagram(*chain_of(*payloads), cookies=noise(8, name) + bytes(8), exchange=exchange)


GOOD: Numbers = ((1, 7), (14, 128), SHA, PRE_SHARED, GROUP_2, *LIFE)


def without(kind: int, *instead: tuple[int, int]) -> Numbers:
    """The good transform with other attributes in the place of one."""
    return tuple(pair for pair in GOOD if pair[0] != kind) + instead


# --- first messages ---------------------------------------------------------------------------------------------------

STRANGE_OFFERS = {
    "a key length of 0": offer(without(14, (14, 0))),
    "a key length of 1": offer(without(14, (14, 1))),
    "a key length of 65535": offer(without(14, (14, 65535))),
    "no attributes": offer(()),
    "a private group by its numbers": offer((*GOOD, (5, 1), (6, 65535))),
    "group 0": offer(without(4, (4, 0))),
    "group 65535": offer(without(4, (4, 65535))),
    "authentication by encrypted nonces": offer(without(3, (3, 4))),
    "authentication by revised encrypted nonces": offer(without(3, (3, 5))),
    "authentication by RSA signatures": offer(without(3, (3, 3))),
    "authentication by DSS signatures": offer(without(3, (3, 2))),
    "XAUTH": offer(without(3, (3, 65001))),
    "GSS-API": offer((*without(3, (3, 65001)), (16384, 4)), further=(16385).to_bytes(2) + bytes([0, 4]) + noise(4)),
    "a prf of its own": offer(without(2, (13, 1))),
    "an unassigned hash": offer(without(2, (2, 99))),
    "another protocol": offer(GOOD, protocol=3),
    "an unassigned protocol": offer(GOOD, protocol=255),
}


@pytest.mark.parametrize("name", STRANGE_OFFERS)
def test_an_offer_that_is_refused_leaves_nothing_behind(name: str, observed) -> None:
    """One notify for one request, never longer than it; the responder's cookie that it shows finds nothing later."""
    world = Siege()
    request = asked(name, STRANGE_OFFERS[name])
    seen = world.strike(request, PEER)
    [answer] = seen.answers
    assert told(seen) == "answers NO_PROPOSAL_CHOSEN"
    assert len(answer.datagram) <= max(len(request), 68)
    assert world.kept() == {}
    cookies = answer.datagram[:16]
    third = chain_of((PayloadType.KE, noise(128)), (PayloadType.NONCE, noise(20)))
    for exchange, flags in ((2, 0), (2, 1), (5, 1), (32, 1)):
        reused = datagram(*third, cookies=cookies, exchange=exchange, flags=flags)
        assert world.strike(reused, PEER).drops == [Drop.UNKNOWN_COOKIE]
    assert world.strike(request, PEER).answers, "asked again, it is looked at again"
    observed(world.survived())


@pytest.mark.parametrize(
    ("doi", "situation", "answer"),
    [
        (0x80000001, 1, "DOI_NOT_SUPPORTED"),
        (2, 1, "DOI_NOT_SUPPORTED"),
        (0xFFFFFFFF, 0xFFFFFFFF, "DOI_NOT_SUPPORTED"),
        (1, 0, "SITUATION_NOT_SUPPORTED"),
        (1, 0x80000001, "SITUATION_NOT_SUPPORTED"),
    ],
)
def test_a_domain_of_interpretation_that_nobody_assigned(doi: int, situation: int, answer: str, observed) -> None:
    world = Siege()
    seen = world.strike(asked("doi", offer(GOOD, doi=doi, situation=situation)), PEER)
    assert told(seen) == f"answers {answer}"
    assert world.kept() == {}
    observed(world.survived())


def test_parts_of_an_offer_that_say_they_are_longer_than_they_are(observed) -> None:
    """What an answer would have to be filled with from elsewhere is refused before there is one."""
    world = Siege()
    good = first_message()[28:]
    for place, values in (
        (2, (1, 255)), (14, (255,)), (15, (200, 255)), (18, (1, 8, 255)), (19, (0, 2, 255)), (22, (255,)), (23, (200,)),
    ):  # fmt: skip
        for value in values:
            changed = good[:place] + bytes([value]) + good[place + 1 :]
            seen = world.strike(datagram(PayloadType.SA, changed), PEER)
            assert (seen.drops, seen.answers) == ([Drop.MALFORMED_PAYLOAD], [])
    for said in (5, 600, 0x7FFF, 0xFFFF):
        longer = asked("attribute", offer(GOOD, further=(12).to_bytes(2) + said.to_bytes(2) + noise(4)))
        seen = world.strike(longer, PEER)
        assert (seen.drops, seen.answers) == ([Drop.MALFORMED_PAYLOAD], [])
    observed(world.survived())


def test_an_accepted_offer_is_answered_with_what_was_read_of_it(observed) -> None:
    """MM2 repeats the one transform that was chosen, octet by octet, and nothing else of a request full of more."""
    world = Siege()
    more = offer(without(4, (4, 14)), GOOD, without(1, (1, 5)), further=(12).to_bytes(2) + bytes([0, 8]) + noise(8))
    vendors = [(PayloadType.VENDOR, noise(16, f"vendor {number}")) for number in range(20)]
    [answer] = world.strike(asked("more", more, *vendors), PEER).answers
    chosen = offer(GOOD, further=(12).to_bytes(2) + bytes([0, 8]) + noise(8))[1]
    expected = chosen[:20] + bytes([2]) + chosen[21:]
    assert answer.message is not None
    assert answer.message.payloads[0].body == expected
    assert answer.message.names() == ("SA (1)", "VENDOR (13)")
    everything = b"".join(body for _, body in vendors)
    observed(world.survived(marked=everything, wait=70))


def test_a_first_message_that_nobody_follows_up_gets_one_answer(observed) -> None:
    """Spoofed sources: one answer for one request, none unasked, and none of the memory stays."""
    world = Siege()
    for number in range(40):
        request = first_message(cookie=noise(8, f"spoofed {number}"))
        [answer] = world.strike(request, IPv4Address(0x0B000000 + number)).answers
        [again] = world.strike(request, IPv4Address(0x0B000000 + number)).answers
        assert again.datagram == answer.datagram
    world.wait(70)
    assert world.meanwhile.answers == []
    assert [type(effect) for effect in world.meanwhile.over] == [Phase1Down] * 40
    observed(world.survived(permitted=CHOSEN))


def test_first_messages_from_everywhere_are_bounded(observed) -> None:
    """As fast as they come: what waits for more is bounded, and all is forgotten when it does not come."""
    world = Siege()
    world.pace = 0
    for number in range(1200):
        request = first_message(cookie=noise(8, f"flood {number}"))
        world.strike(request, IPv4Address(0x0B000000 + number % 700))
    assert len(world.ours.ike_sas) <= 1000
    assert set(world.seen.drops) <= {Drop.LIMIT_REACHED, *(drop for drop in Drop if drop.name == "RATE_LIMITED")}
    assert len(world.seen.answers) + len(world.seen.drops) == 1200
    refused = " and ".join(sorted({drop.name for drop in world.seen.drops}))
    observed(f"those beyond the bounds: {refused}; at most 1000 half-open; none after 70 s")
    world.survived(permitted=CHOSEN, wait=70)


@pytest.mark.parametrize("group", ["10.0.0.1", "DefaultL2LGroup", "nobody", "%s%n", ""])
def test_aggressive_mode_gets_no_answer_whatever_the_name(group: str, observed) -> None:
    """No hash to try keys against, and no difference by which a name could be found out."""
    world = Siege()
    key_id = (PayloadType.ID, bytes([IdType.KEY_ID, 17]) + (500).to_bytes(2) + group.encode())
    others = ((PayloadType.KE, noise(128)), (PayloadType.NONCE, noise(20)), key_id)
    seen = world.strike(asked("am", offer(GOOD), *others, exchange=ExchangeType.AGGRESSIVE), PEER)
    assert (seen.drops, seen.answers) == ([Drop.BAD_EXCHANGE], [])
    observed(world.survived())


# --- third messages ---------------------------------------------------------------------------------------------------


def waiting_for(step: str, ours: str | None = None, peer: str | None = None) -> tuple[Siege, Send]:
    """The genuine peer's message of this step is held back; what ours answers goes nowhere from there on."""
    held: list[Send] = []

    def withheld(side: str, send: Send) -> bytes | None:
        if send.step.value == step:
            held.append(send)
        return None if held else send.datagram

    world = Siege(ours, peer)
    before = world.before
    world.filter = withheld
    world.ping()
    world.mark().before = before
    return world, held[0]


def changed(send: Send, *payloads: tuple[int, bytes]) -> bytes:
    """A held message in clear with other payloads."""
    return datagram(*chain_of(*payloads), cookies=send.datagram[:16])


PRIME = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF",
    16,
)
"""Of group 2 (RFC 2409 §6.2)."""


def test_public_values_out_of_range_and_of_other_sizes(observed) -> None:
    world, third = waiting_for("MM3")
    values = [number.to_bytes(128) for number in (0, 1, PRIME - 1, PRIME, PRIME + 1, 2**1024 - 1)]
    values += [b"", b"\2", noise(127), noise(129), noise(4096), noise(60000)]
    for value in values:
        message = changed(third, (PayloadType.KE, value), (PayloadType.NONCE, noise(20)))
        seen = world.strike(message, PEER)
        assert (seen.drops, seen.answers) == ([Drop.BAD_KEY_EXCHANGE], [])
    assert world.sa().state is State.MM_WAIT_MSG3
    assert [send.step.value for send in world.strike(third.datagram, PEER).answers] == ["MM4"], (
        "the true one still counts"
    )
    observed(world.survived(permitted=third.datagram, wait=70))


def test_third_messages_with_payloads_missing_or_twice(observed) -> None:
    world, third = waiting_for("MM3")
    key, nonce = (PayloadType.KE, noise(128)), (PayloadType.NONCE, noise(20))
    for payloads, drop in (
        ((key,), Drop.MISSING_PAYLOAD),
        ((nonce,), Drop.MISSING_PAYLOAD),
        (((PayloadType.VENDOR, b""),), Drop.MISSING_PAYLOAD),
        ((), Drop.MISSING_PAYLOAD),
        ((key, nonce, key), Drop.DUPLICATE_PAYLOAD),
        ((nonce, key, nonce), Drop.DUPLICATE_PAYLOAD),
    ):
        seen = world.strike(changed(third, *payloads), PEER)
        assert (seen.drops, seen.answers) == ([drop], [])
    for size in (0, 1, 7, 257, 20000):
        seen = world.strike(changed(third, key, (PayloadType.NONCE, noise(size))), PEER)
        assert (seen.drops, seen.answers) == ([Drop.MALFORMED_PAYLOAD], [])
    assert world.sa().state is State.MM_WAIT_MSG3
    observed(world.survived(wait=70))


def test_a_peer_for_which_there_is_no_key(observed) -> None:
    """Main mode comes to an end by name when the key is looked up; what is repeated finds nothing."""
    keyless = "\n".join(line for line in configuration(2).split("\n") if "pre-shared-key" not in line)
    world, third = waiting_for("MM3", ours=keyless)
    seen = world.strike(third.datagram, PEER)
    assert [effect.failure.cause.name for effect in seen.over if isinstance(effect, Phase1Down)] == ["NO_TUNNEL_GROUP"]
    assert world.ours.ike_sas == ()
    for _ in range(3):
        assert world.strike(third.datagram, PEER).drops == [Drop.UNKNOWN_COOKIE]
    assert world.kept() == {}
    observed(f"{told(world.seen)}; ends as NO_TUNNEL_GROUP")
    world.reconfigure(configuration(2))
    world.survived(permitted=third.datagram, wait=70)


# --- fifth messages ---------------------------------------------------------------------------------------------------

DN = bytes.fromhex("301c310b3009060355040613025553310d300b060355040313047065657a")
DISTINGUISHED_NAMES = {
    "a whole one": DN,
    "an indefinite length": b"\x30\x80" + DN,
    "a length of 4 GB": bytes.fromhex("3084ffffffff") + DN,
    "a length of 127 octets": bytes.fromhex("30ff") + noise(20),
    "a length that goes beyond": b"\x30\x7f" + DN,
    "cut inside": DN[:9],
    "one octet": b"\x30",
    "nested a hundred times": b"\x30\x02" * 100,
    "an empty sequence": b"\x30\x00",
    "a choice without end": b"\xa0\x00" * 200,
    "an odd OE": DN[:-6] + b"\x13\x04OE=\0",
    "2047 octets": noise(2047),
}


@pytest.mark.parametrize("name", DISTINGUISHED_NAMES)
def test_a_distinguished_name_as_identity_is_octets_and_never_parsed(name: str, observed) -> None:
    """Who has the key is the peer, whatever the name says; who has it not is refused, whatever the name says."""
    world, _ = waiting_for("MM5")
    identity = Identification(IdType.DER_ASN1_DN, 17, 500, DISTINGUISHED_NAMES[name])
    refused = world.strike(fifth_message(world, identity, Hash(noise(20)), genuine=False), PEER)
    assert (refused.drops, refused.answers) == ([Drop.BAD_HASH], [])
    assert world.sa().state is State.MM_WAIT_MSG5
    taken = world.strike(fifth_message(world, identity), PEER)
    assert [send.step.value for send in taken.answers] == ["MM6"]
    observed("BAD_HASH with a wrong hash; MM6 with the right one")
    world.ours.clear(None, world.now)
    world.survived(marked=identity.data, wait=130)


def test_identities_of_other_types_sizes_protocols_and_ports(observed) -> None:
    """With the true hash, so that the identity alone decides."""
    world, _ = waiting_for("MM5")
    for identity in (
        *(Identification(IdType(kind), 17, 500, noise(8)) for kind in (0, 12, 13, 99, 200, 255)),
        *(Identification(kind, 17, 500, b"") for kind in IdType if kind),
        *(Identification(kind, 17, 500, noise(2048)) for kind in IdType if kind),
        Identification(IdType.KEY_ID, 17, 500, noise(33)),
        *(Identification(IdType.IPV4_ADDR, protocol, 500, PEER.packed) for protocol in (1, 6, 50, 255)),
        *(Identification(IdType.IPV4_ADDR, 17, port, PEER.packed) for port in (1, 499, 501, 65535)),
    ):
        seen = world.strike(fifth_message(world, identity), PEER)
        assert (seen.drops, seen.answers) == ([Drop.MALFORMED_PAYLOAD], []), identity
    assert world.sa().state is State.MM_WAIT_MSG5
    observed(world.survived(wait=70))


def test_certificates_and_signatures_prove_nothing(observed) -> None:
    """A certificate, a request for one, a signature, valid ones or not, instead of the hash or beside a wrong one."""
    world, _ = waiting_for("MM5")
    identity = Identification(IdType.IPV4_ADDR, 17, 500, PEER.packed)
    certificate = Certificate(4, b"\x30\x82\xff\xff" + noise(400))
    request = CertificateRequest(4, noise(9000))
    url = Certificate(12, b"http://10.0.0.66/" + noise(20).hex().encode())
    signature = Signature(b"\0" * 17 + noise(20))
    for payloads, drop in (
        ((identity, certificate, signature), Drop.MISSING_PAYLOAD),
        ((identity, certificate, request, url, signature), Drop.MISSING_PAYLOAD),
        ((identity, signature), Drop.MISSING_PAYLOAD),
        ((identity,), Drop.MISSING_PAYLOAD),
        ((certificate, signature), Drop.MISSING_PAYLOAD),
        ((identity, certificate, signature, Hash(noise(20))), Drop.BAD_HASH),
        ((identity, Hash(b"")), Drop.BAD_HASH),
        ((identity, Hash(bytes(20))), Drop.BAD_HASH),
        ((identity, Hash(noise(19))), Drop.BAD_HASH),
        ((identity, Hash(noise(20)), Hash(noise(20, "b"))), Drop.MISSING_PAYLOAD),
        ((identity, identity, Hash(noise(20))), Drop.MISSING_PAYLOAD),
    ):
        seen = world.strike(fifth_message(world, *payloads, genuine=False), PEER)
        assert (seen.drops, seen.answers) == ([drop], [])
        assert not world.sa().active
    observed(world.survived(wait=70))


def test_a_certificate_beside_the_true_hash_is_not_looked_at(observed) -> None:
    world, _ = waiting_for("MM5")
    identity = Identification(IdType.IPV4_ADDR, 17, 500, PEER.packed)
    sent = fifth_message(world, identity, Certificate(4, noise(3000)), CertificateRequest(4, noise(3000, "b")))
    assert [send.step.value for send in world.strike(sent, PEER).answers] == ["MM6"]
    observed(world.survived(marked=noise(3000), wait=130))


# --- messages that do not fit the state -------------------------------------------------------------------------------


def _every_message(cookies: bytes) -> list[bytes]:
    key = chain_of((PayloadType.KE, noise(128)), (PayloadType.NONCE, noise(20)))
    return [
        datagram(*key, cookies=cookies, exchange=exchange, flags=flags, message_id=message_id)
        for exchange in (ExchangeType.MAIN_MODE, ExchangeType.QUICK_MODE, ExchangeType.INFORMATIONAL)
        for flags in (0, Flag.ENCRYPTED)
        for message_id in (0, 0x4711)
    ]


@pytest.mark.parametrize("step", ["MM3", "MM5", "none"])
def test_messages_of_other_states(step: str, observed) -> None:
    """Main mode, quick mode and informational, in clear and as if encrypted, before there are keys and after."""
    world = Siege().standing() if step == "none" else waiting_for(step)[0]
    sa = world.sa()
    state, cookies = sa.state, sa.cookie_i + sa.cookie_r
    for octets in _every_message(cookies):
        if step == "MM3" and octets[18] == 2 and not octets[19] and not any(octets[20:24]):
            continue
        seen = world.strike(octets, PEER)
        assert len(seen.drops) == 1, "one message, one drop"
        assert set(told(seen).split("; ")[1:]) <= {"answers PAYLOAD_MALFORMED"}
    assert (world.sa(), sa.state) == (sa, state)
    observed(world.survived(wait=0 if step == "none" else 70))


def test_messages_out_of_order_from_the_peer(observed) -> None:
    """All that the genuine peer sent in one negotiation, each again in each later state: nothing begins or ends."""
    sent: list[Send] = []
    world = Siege()
    world.filter = lambda side, send: (sent.append(send) if side == "a" else None) or send.datagram
    world.ping()
    world.mark()
    before = world.sa(), world.ours.sad.states()
    for _ in range(2):
        for send in sent:
            seen = world.strike(send.datagram, PEER)
            assert (len(seen.drops), seen.over) == (1, [])
            assert all(answer.retransmission for answer in seen.answers)
            assert len(seen.answers) <= 1
    assert before == (world.sa(), world.ours.sad.states())
    observed(world.survived(permitted=b"".join(send.datagram for send in sent)))


def test_a_quick_mode_before_the_peer_is_proven(observed) -> None:
    """While ours waits for MM5: no SA comes of it, and main mode goes on."""
    world, fifth = waiting_for("MM5")
    cookies = fifth.datagram[:16]
    early = datagram(8, noise(208), cookies=cookies, exchange=ExchangeType.QUICK_MODE, flags=1, message_id=0x4711)
    assert world.strike(early, PEER).drops == [Drop.UNEXPECTED_MESSAGE]
    assert world.ours.sad.states() == ()
    assert not world.sa().active
    assert [send.step.value for send in world.strike(fifth.datagram, PEER).answers] == ["MM6"]
    observed(told(world.seen))
    world.survived(marked=noise(208), wait=130)


def test_padding_of_answers_is_zero(observed) -> None:
    """What a cipher needs to fill its blocks is nothing of ours: MM6, decrypted as the peer does."""
    watched = [configuration(number, keepalive="threshold 10 retry 2") for number in (2, 1)]
    world, fifth = waiting_for("MM5", *watched)
    sa, sent = world.sa("a"), world.strike(fifth.datagram, PEER).answers
    assert sa.keys is not None
    plain = sa.keys.messages.decrypt(fifth.datagram[-16:], sent[0].datagram[28:])
    used = sent[0].message.length - 28
    assert (len(plain), plain[used:]) == (-(-used // 16) * 16, bytes(-used % 16))
    assert used % 16
    observed(f"{told(world.seen)}; {-used % 16} octets of padding, all 0")
    world.survived(marked=noise(208), wait=130)


def test_a_responder_without_the_key_is_told_of(observed) -> None:
    """Ours begins, and who answers has not the key: it learns what MM5 shows by the protocol, and the lines say so."""
    world = Siege(peer=configuration(1, "another-key-altogether"))
    world.begin()
    world.wait(130)
    reasons = {effect.failure.cause.name for effect in world.meanwhile.over if isinstance(effect, Phase1Down)}
    assert reasons == {"PSK_MISMATCH"}
    assert any("EV_PROB_AUTH_FAIL" in line for line in world.meanwhile.lines)
    assert world.kept() == {}
    assert world.leaked() == []
    observed("ends as PSK_MISMATCH, and the history of its states names the authentication")
