"""Informational messages, keepalives and quick mode: without keys, with wrong hashes, and from the genuine peer."""

import pytest
from siege import PEER, SPENT, STRANGER, Siege, chain_of, configuration, datagram, noise, told

from mainmode.base.codes import ExchangeType, IdType, NotifyType, PayloadType, ProtocolId
from mainmode.base.errors import Drop
from mainmode.ike.effects import RemoveSa
from mainmode.wire.payloads import Delete, Hash, Identification, KeyExchange, Nonce, Notify, Payload

INFORMATIONAL, QUICK = ExchangeType.INFORMATIONAL, ExchangeType.QUICK_MODE
ALIVE = (NotifyType.R_U_THERE, NotifyType.R_U_THERE_ACK)


def watched() -> Siege:
    """With keepalives on, and a tunnel that stands."""
    return Siege(configuration(2, keepalive="threshold 10 retry 2"), configuration(1, keepalive="threshold 10 retry 2"))


def harmful(world: Siege) -> list[Payload]:
    """What would end something, or move a counter, if it were believed."""
    sa, pair = world.sa(), world.ours.sad.states()[0].pair
    cookies = sa.cookie_i + sa.cookie_r
    return [
        Delete(ProtocolId.ISAKMP, (cookies,)),
        Delete(ProtocolId.ESP, (pair.outbound_spi.to_bytes(4),)),
        Delete(ProtocolId.ESP, (pair.inbound_spi.to_bytes(4), pair.outbound_spi.to_bytes(4))),
        Notify(NotifyType.INITIAL_CONTACT, ProtocolId.ISAKMP, cookies),
        Notify(NotifyType.INVALID_SPI, ProtocolId.ESP, pair.outbound_spi.to_bytes(4)),
        Notify(NotifyType.INVALID_COOKIE, ProtocolId.ISAKMP, cookies),
        *(Notify(kind, ProtocolId.ISAKMP, cookies, bytes(4)) for kind in ALIVE),
    ]


# --- without keys -----------------------------------------------------------------------------------------------------


def test_informational_messages_in_clear_change_nothing(observed) -> None:
    """Deletes, initial contact, keepalives, and every type of notify, with the true cookies and from the peer."""
    world = Siege().standing()
    sa = world.sa()
    cookies = sa.cookie_i + sa.cookie_r
    every = [Notify(kind, ProtocolId.ISAKMP, cookies, noise(8)) for kind in NotifyType]
    for payload in (*harmful(world), *every):
        chain = chain_of((payload.type, payload.body))
        for source in (PEER, STRANGER):
            seen = world.strike(datagram(*chain, cookies=cookies, exchange=INFORMATIONAL), source)
            assert (seen.drops, seen.answers, seen.over) == ([Drop.UNENCRYPTED], [], [])
    observed(world.survived())


@pytest.mark.parametrize("standing", [False, True])
def test_informational_messages_of_no_state(standing: bool, observed) -> None:
    """Cookies that nobody here knows, zero ones, in clear and as if encrypted: a line of nobody's, and a drop."""
    world = Siege().standing() if standing else Siege()
    alive = Notify(NotifyType.R_U_THERE, ProtocolId.ISAKMP, noise(16), bytes(4))
    for cookies in (noise(16), noise(8) + bytes(8), bytes(8) + noise(8), bytes(16)):
        for payload in (alive, Delete(ProtocolId.ISAKMP, (noise(16),)), Notify(NotifyType(9), ProtocolId(9), b"")):
            chain = chain_of((payload.type, payload.body))
            for flags in (0, 1):
                for message_id in (0, 7):
                    seen = world.strike(
                        datagram(*chain, cookies=cookies, exchange=INFORMATIONAL, flags=flags, message_id=message_id),
                        PEER,
                    )
                    assert seen.drops in ([Drop.UNENCRYPTED], [Drop.UNKNOWN_COOKIE])
                    assert (seen.answers, seen.over) == ([], [])
    observed(world.survived())


def test_keepalives_of_an_sa_that_is_gone(observed) -> None:
    """The peer asks under an SA that ours has deleted: nothing answers it, and no memory of the SA is found by it."""
    world = ended_by_the_peer()
    empty = world.before
    asks = Notify(
        NotifyType.R_U_THERE, ProtocolId.ISAKMP, world.sa().cookie_i + world.sa().cookie_r, (2**31 + 5).to_bytes(4)
    )
    before = world.sa("a")
    world.filter = lambda side, send: None
    world.ours.clear(None, world.now)
    world.mark().before = empty
    assert world.sa("a") is before
    for kind in ALIVE:
        seen = world.protected(Notify(kind, ProtocolId.ISAKMP, asks.spi, asks.data))
        assert (seen.drops, seen.answers) == ([Drop.UNKNOWN_COOKIE], [])
    observed(world.survived(wait=5, kept=CONNECTIONS))


CONNECTIONS = ("items of plane.connections.", "octets of plane.connections.")


# --- under a hash that is not right -----------------------------------------------------------------------------------


def test_a_hash_that_is_wrong_short_missing_or_not_alone(observed) -> None:
    """Under the true cipher key: no delete, notify or keepalive counts without the hash over all of it."""
    world = watched().standing()
    for payload in harmful(world):
        for digest in (b"", noise(1), noise(19), noise(20), bytes(20), noise(64), noise(400)):
            seen = world.protected(payload, digest=digest)
            assert (seen.drops, seen.answers, seen.over) == ([Drop.BAD_HASH], [], [])
        twice = world.protected(Hash(noise(20)), payload)
        assert (twice.drops, twice.answers, twice.over) == ([Drop.MISSING_PAYLOAD], [], [])
    everything = chain_of(*[(payload.type, payload.body) for payload in harmful(world)])[1]
    observed(world.survived(permitted=everything, kept=SPENT))


def test_a_message_id_counts_once(observed) -> None:
    """Also one of a quick mode, and 0; the answer to a keepalive is not given again."""
    world = watched().standing()
    cookies = world.sa().cookie_i + world.sa().cookie_r
    asks = Notify(NotifyType.R_U_THERE, ProtocolId.ISAKMP, cookies, (2**31 + 5).to_bytes(4))
    assert [send.step.value for send in world.protected(asks, message_id=0x1234).answers] == ["DPD"]
    for number in (0x1234, 0, world.ours.sad.states()[0].pair.message_id):
        seen = world.protected(asks, message_id=number)
        assert (seen.drops, seen.answers) == ([Drop.REPLAYED_MESSAGE_ID], [])
    seen = world.protected(asks, message_id=0x1234, exchange=QUICK)
    assert (seen.drops, seen.answers) == ([Drop.REPLAYED_MESSAGE_ID], [])
    observed(world.survived(permitted=chain_of((11, asks.body))[1], kept=SPENT))


# --- from a genuine peer ----------------------------------------------------------------------------------------------


def ended_by_the_peer() -> Siege:
    """A tunnel that stands; in the end nothing of it must be left."""
    world = watched()
    empty = world.before
    world.standing().before = empty
    return world


def test_deletes_and_notifies_behind_the_delete_of_the_sa_itself(observed) -> None:
    """What stands behind the delete in the same message finds the SA gone and is not obeyed; a new tunnel comes up."""
    told_of: list[str] = []
    for further in range(1, 4):
        world = ended_by_the_peer()
        everything = harmful(world)
        seen = world.protected(*everything[:1] * further, *everything, *everything)
        assert world.ours.ike_sas == ()
        assert world.ours.sad.states() == ()
        assert [type(effect) for effect in seen.over].count(RemoveSa) == 1
        assert seen.answers == []
        told_of.append(told(seen))
        world.survived(wait=5, kept=CONNECTIONS)
    observed("; ".join(sorted(set(told_of))) + "; both SAs end once, and the next packet makes new ones")


def test_the_same_ipsec_sa_deleted_again_and_again(observed) -> None:
    """In one delete, in several of one message, and with SPIs that nobody has: it ends once."""
    world = ended_by_the_peer()
    spi = world.ours.sad.states()[0].pair.outbound_spi.to_bytes(4)
    one = Delete(ProtocolId.ESP, (spi,))
    many = Delete(ProtocolId.ESP, (noise(4), *[spi] * 40, noise(4)))
    seen = world.protected(one, many, one, Notify(NotifyType.INVALID_SPI, ProtocolId.ESP, spi), one)
    assert [type(effect) for effect in seen.over].count(RemoveSa) == 1
    observed(told(seen) + "; the SA ends once, and the next packet makes a new one")
    world.survived(wait=5, kept=CONNECTIONS)


def test_a_delete_of_thousands_of_spis(observed) -> None:
    """As many as a payload holds, and as many as it says without holding one."""
    world = Siege().standing()
    spis = tuple((0x10000000 + number).to_bytes(4) for number in range(16000))
    seen = world.protected(Delete(ProtocolId.ESP, spis))
    assert (seen.drops, seen.answers, seen.over) == ([], [], [])
    for size, count, rest in (
        (0, 65535, b""),
        (4, 65535, noise(8)),
        (255, 1, noise(8)),
        (16, 0, noise(16)),
        (4, 0, b"x"),
    ):
        body = bytes([0, 0, 0, 1, 3, size]) + count.to_bytes(2) + rest
        assert world.protected(raw=chain_of((PayloadType.DELETE, body))).drops == [Drop.NOT_DECRYPTABLE]
    observed(world.survived(kept=SPENT))


def test_certificate_requests_of_any_size(observed) -> None:
    world = Siege().standing()
    for size in (0, 1, 2, 1000, 60000):
        body = (PayloadType.CERT_REQ, noise(size))
        seen = world.protected(raw=chain_of(body))
        assert seen.drops == ([Drop.NOT_DECRYPTABLE] if size == 0 else [])
        assert (seen.answers, seen.over) == ([], [])
    observed(world.survived(kept=SPENT))


def test_notifies_of_any_type_protocol_and_domain(observed) -> None:
    """Nothing that they name is given back, and none of the numbers has to be known."""
    world = Siege().standing()
    for kind in (
        *range(41),
        *range(8190, 8194),
        *range(16383, 16390),
        *range(24575, 24582),
        32768,
        36135,
        40500,
        65535,
    ):
        for protocol, doi in ((1, 1), (3, 1), (99, 1), (255, 0xFFFFFFFF), (0, 0)):
            if kind in (NotifyType.INITIAL_CONTACT, NotifyType.CONNECTED):
                continue
            notify = Notify(NotifyType(kind), ProtocolId(protocol), noise(4), noise(24), doi=doi)
            seen = world.protected(notify)
            assert (seen.drops, seen.answers, seen.over) == ([], [], []), kind
    observed(world.survived(kept=SPENT))


# --- quick mode -------------------------------------------------------------------------------------------------------

NETWORK = (255, 255, 255, 0)
REMOTE, LOCAL = (Identification(IdType.IPV4_ADDR_SUBNET, 0, 0, bytes([192, 168, net, 0, *NETWORK])) for net in (1, 2))


def proposal(
    transform: int = 12, attributes: str = "80010001 80020e10 80040001 80050002 80060080", doi: int = 1,
    protocol: int = 3, spi: bytes = bytes.fromhex("c0ffee01"),
) -> tuple[int, bytes]:  # fmt: skip
    """The SA payload of QM1, as ours wants it unless told otherwise."""
    octets = bytes.fromhex(attributes)
    chain = bytes([0, 0]) + (8 + len(octets)).to_bytes(2) + bytes([1, transform, 0, 0]) + octets
    head = bytes([1, protocol, len(spi), 1]) + spi
    body = bytes([0, 0]) + (4 + len(head) + len(chain)).to_bytes(2) + head + chain
    return PayloadType.SA, doi.to_bytes(4) + (1).to_bytes(4) + body


def quick(world: Siege, *payloads: Payload | tuple[int, bytes]):
    """QM1 of the peer with these payloads."""
    parts = [each if isinstance(each, tuple) else (int(each.type), each.body) for each in payloads]
    return world.protected(raw=chain_of(*parts), exchange=QUICK)


STRANGE_IDENTITIES = {
    "FQDN": (IdType.FQDN, b"network.example"),
    "FQDN without a name": (IdType.FQDN, b""),
    "USER_FQDN": (IdType.USER_FQDN, b"user@\0\x1b[2J"),
    "DER_ASN1_DN": (IdType.DER_ASN1_DN, b"\x30\x84\xff\xff\xff\xff"),
    "DER_ASN1_GN": (IdType.DER_ASN1_GN, noise(40)),
    "KEY_ID": (IdType.KEY_ID, noise(200)),
    "IPV6_ADDR": (IdType.IPV6_ADDR, noise(16)),
    "an unassigned type": (IdType(99), noise(8)),
    "type 0": (IdType(0), b""),
    "an address of 3 octets": (IdType.IPV4_ADDR, noise(3)),
    "a network without a mask": (IdType.IPV4_ADDR_SUBNET, noise(4)),
    "a mask with holes": (IdType.IPV4_ADDR_SUBNET, bytes([192, 168, 2, 0, 255, 0, 255, 0])),
    "a range backwards": (IdType.IPV4_ADDR_RANGE, bytes([192, 168, 2, 9, 192, 168, 2, 1])),
}


@pytest.mark.parametrize("name", STRANGE_IDENTITIES)
def test_a_quick_mode_for_traffic_of_a_strange_kind(name: str, observed) -> None:
    world = Siege().standing()
    kind, data = STRANGE_IDENTITIES[name]
    strange = Identification(kind, 0, 0, data)
    for identities in ((REMOTE, strange), (strange, LOCAL), (strange, strange)):
        seen = quick(world, proposal(), Nonce(noise(20)), *identities)
        assert told(seen) == "MALFORMED_PAYLOAD; answers INVALID_ID_INFORMATION"
        assert seen.answers[0].message.first(Notify).data == b""
    observed(world.survived(permitted=b"", kept=SPENT))


STRANGE_TRANSFORMS = {
    "AES-GMAC": proposal(23, "80010001 80020e10 80040001 80060080"),
    "AES-GMAC without a key length": proposal(23, "80040001"),
    "AES with a key of no bits": proposal(attributes="80010001 80020e10 80040001 80050002 80060000"),
    "AES with a key of 65535 bits": proposal(attributes="80010001 80020e10 80040001 80050002 8006ffff"),
    "no authentication": proposal(attributes="80010001 80020e10 80040001 80060080"),
    "an unassigned authentication": proposal(attributes="80010001 80020e10 80040001 800500ff 80060080"),
    "NULL": proposal(11),
    "an unassigned transform": proposal(250),
    "transform 0": proposal(0),
    "no attributes": proposal(attributes=""),
    "AH": proposal(protocol=2),
    "ISAKMP": proposal(protocol=1),
    "an unassigned protocol": proposal(protocol=200),
    "no SPI": proposal(spi=b""),
    "an SPI of 16 octets": proposal(spi=noise(16)),
    "extended sequence numbers": proposal(attributes="80010001 80020e10 80040001 80050002 80060080 800b0001"),
    "a group that nobody has": proposal(attributes="80010001 80020e10 80040001 80050002 80060080 8003ffff"),
}


@pytest.mark.parametrize("name", STRANGE_TRANSFORMS)
def test_a_quick_mode_with_a_transform_that_is_not_spoken(name: str, observed) -> None:
    world = Siege().standing()
    seen = quick(world, STRANGE_TRANSFORMS[name], Nonce(noise(20)), REMOTE, LOCAL)
    assert told(seen) == "answers NO_PROPOSAL_CHOSEN"
    observed(world.survived(permitted=STRANGE_TRANSFORMS[name][1], kept=SPENT))


def test_a_quick_mode_of_another_domain(observed) -> None:
    world = Siege().standing()
    for doi in (0, 2, 0x80000001, 0xFFFFFFFF):
        seen = quick(world, proposal(doi=doi), Nonce(noise(20)), REMOTE, LOCAL)
        assert told(seen) == "answers DOI_NOT_SUPPORTED"
    observed(world.survived(kept=SPENT))


FORWARD = proposal(attributes="80010001 80020e10 80040001 80050002 80060080 80030002")
"""Perfect forward secrecy with group 2."""


@pytest.mark.parametrize(
    ("payloads", "result"),
    [
        ((proposal(), REMOTE, LOCAL), "MISSING_PAYLOAD"),
        ((Nonce(noise(20)), REMOTE, LOCAL), "MISSING_PAYLOAD"),
        ((REMOTE, LOCAL), "MISSING_PAYLOAD"),
        ((proposal(), proposal(), Nonce(noise(20)), REMOTE, LOCAL), "MISSING_PAYLOAD"),
        ((proposal(), Nonce(noise(20)), Nonce(noise(20)), REMOTE, LOCAL), "MISSING_PAYLOAD"),
        ((proposal(), Nonce(noise(7)), REMOTE, LOCAL), "MISSING_PAYLOAD"),
        ((proposal(), Nonce(noise(257)), REMOTE, LOCAL), "MISSING_PAYLOAD"),
        ((proposal(), Nonce(noise(20)), REMOTE), "MISSING_PAYLOAD"),
        ((proposal(), Nonce(noise(20)), REMOTE, LOCAL, LOCAL), "MISSING_PAYLOAD"),
        ((proposal(), Nonce(noise(20)), Hash(noise(20)), REMOTE, LOCAL), "MISSING_PAYLOAD"),
        ((FORWARD, Nonce(noise(20)), REMOTE, LOCAL), "BAD_KEY_EXCHANGE; answers INVALID_KEY_INFORMATION"),
        (
            (FORWARD, Nonce(noise(20)), KeyExchange(noise(127)), REMOTE, LOCAL),
            "BAD_KEY_EXCHANGE; answers INVALID_KEY_INFORMATION",
        ),
        (
            (FORWARD, Nonce(noise(20)), KeyExchange(bytes(128)), REMOTE, LOCAL),
            "BAD_KEY_EXCHANGE; answers INVALID_KEY_INFORMATION",
        ),
        (
            (FORWARD, Nonce(noise(20)), KeyExchange(noise(128)), KeyExchange(noise(128)), REMOTE, LOCAL),
            "DUPLICATE_PAYLOAD",
        ),
        ((proposal(), Nonce(noise(20)), KeyExchange(noise(128)), KeyExchange(b""), REMOTE, LOCAL), "DUPLICATE_PAYLOAD"),
    ],
)
def test_a_quick_mode_with_payloads_missing_or_twice(payloads, result: str, observed) -> None:
    world = Siege().standing()
    assert told(quick(world, *payloads)) == result
    observed(world.survived(permitted=FORWARD[1], kept=SPENT))


def test_unfinished_quick_modes_are_bounded(observed) -> None:
    """A peer begins one after the other and ends none: 64 are kept under one IKE SA, each for its time only."""
    world = Siege().standing()
    world.pace = 0
    world.filter = lambda side, send: None
    drops = [quick(world, proposal(), Nonce(noise(20)), REMOTE, LOCAL).drops for _ in range(70)]
    assert drops == [[]] * 64 + [[Drop.LIMIT_REACHED]] * 6
    assert len(world.sa().quick_modes) == 64
    observed(world.survived(marked=noise(20), kept=SPENT, wait=300))
