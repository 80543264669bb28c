"""What is agreed on, changed on the way: the offer of phase 1, its answer, NAT traversal; and what comes of it."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from man_in_the_middle import Flight, Middle, drops, example

from mainmode.base.codes import Encryption1, Phase1Attribute
from mainmode.base.errors import Drop
from mainmode.ike.effects import Dropped
from mainmode.wire.ip import Ipv4
from mainmode.wire.message import Message, read_message
from mainmode.wire.payloads import Attribute, NatDiscovery, Payload, Proposal, SecurityAssociation, Transform, VendorId
from mainmode.wire.vendor import NAT_T_02, NAT_T_03, NAT_T_RFC

STRONG_TOO = {
    "crypto isakmp policy 10\n": (
        "crypto isakmp policy 5\n authentication pre-share\n encryption aes-256\n hash sha\n group 5\n lifetime 86400\n"
        "crypto isakmp policy 10\n"
    )
}
"""Both offer and take AES and 3DES."""


def two_policies() -> Middle:
    return Middle({name: example(name, STRONG_TOO) for name in "ab"})


def with_message(flight: Flight, change: Callable[[Message], Message]) -> Ipv4:
    return flight.with_ike(change(read_message(flight.ike)).encode())


def always(label: str, change: Callable[[Message], Message]) -> Callable[[Flight], Iterable[Ipv4]]:
    """Somebody who changes each message of this label."""
    return lambda flight: [with_message(flight, change) if flight.label == label else flight.packet]


def offer_changed(change: Callable[[tuple[Transform, ...]], tuple[Transform, ...]]) -> Callable[[Message], Message]:
    def changed(message: Message) -> Message:
        sa, *others = message.payloads
        assert isinstance(sa, SecurityAssociation)
        (proposal,) = sa.proposals
        new = SecurityAssociation((Proposal(proposal.number, proposal.protocol, b"", change(proposal.transforms)),))
        return replace(message, payloads=(new, *others))

    return changed


def with_attribute(transform: Transform, kind: int, attribute: Attribute) -> Transform:
    attributes = tuple(attribute if one.kind == kind else one for one in transform.attributes)
    return Transform(transform.number, transform.identifier, attributes)


def reasons(world: Middle, name: str) -> set[Drop]:
    return {effect.reason for effect in world.heard[name] if isinstance(effect, Dropped)}


def nothing_came_up(world: Middle) -> bool:
    return not (world.up("a") or world.up("b") or world.installed("a") or world.installed("b"))


LIFETIME = Attribute.variable(Phase1Attribute.LIFE_DURATION, 300)
OFFERS = {
    "the strong transform removed": lambda transforms: transforms[1:],
    "the weak transform first": lambda transforms: transforms[::-1],
    "the strong one made something unknown": lambda transforms: (
        with_attribute(transforms[0], Phase1Attribute.ENCRYPTION, Attribute.basic_of(Phase1Attribute.ENCRYPTION, 77)),
        *transforms[1:],
    ),
    "the strong one made weak": lambda transforms: (replace(transforms[1], number=1), transforms[1]),
    "a shorter lifetime": lambda transforms: tuple(
        with_attribute(one, Phase1Attribute.LIFE_DURATION, LIFETIME) for one in transforms
    ),
    "a transform more": lambda transforms: (*transforms, replace(transforms[0], number=9)),
    "another number on a transform": lambda transforms: (replace(transforms[0], number=7), *transforms[1:]),
}


@pytest.mark.parametrize("what", OFFERS)
def test_an_offer_changed_on_the_way_is_found_out_by_hash_i(what: str) -> None:
    """SAi_b, the whole SA payload that the initiator sent, is in both hashes (RFC 2409 §5)."""
    world = two_policies()
    world.middle = always("MM1", offer_changed(OFFERS[what]))
    world.ping()
    world.wait(100)
    assert nothing_came_up(world)
    assert reasons(world, "b") & {Drop.BAD_HASH, Drop.NOT_DECRYPTABLE, Drop.BAD_KEY_EXCHANGE}
    assert Drop.BAD_HASH in reasons(world, "b")
    assert world.flights("MM6") == []


def test_each_octet_of_the_offer_is_covered() -> None:
    """The SA payload's body changed by one octet, in each MM1: refused at once, or by HASH_I."""
    world = Middle(middle=lambda flight: [])
    world.ping()
    length = read_message(world.sent[0].ike).payloads[0].length
    outcomes = set()
    for octet in range(32, 28 + length):
        world = Middle()

        def changed(flight: Flight, octet: int = octet) -> list[Ipv4]:
            if flight.label != "MM1":
                return [flight.packet]
            octets = bytearray(flight.ike)
            octets[octet] ^= 0x01
            return [flight.with_ike(bytes(octets))]

        world.middle = changed
        world.ping()
        assert nothing_came_up(world), f"octet {octet}"
        outcomes |= reasons(world, "b") or {Drop.MALFORMED_PAYLOAD}
    assert Drop.BAD_HASH in outcomes


def test_the_answer_swapped_for_the_weak_offer_brings_nothing_up() -> None:
    """No hash covers MM2's choice; but both sides then use other algorithms, and other keys."""
    world = two_policies()
    weak: list[Transform] = []

    def between(flight: Flight) -> list[Ipv4]:
        if flight.label == "MM1":
            offer = read_message(flight.ike).payloads[0]
            assert isinstance(offer, SecurityAssociation)
            weak[:] = [offer.proposals[0].transforms[1]]
        if flight.label == "MM2":
            return [with_message(flight, offer_changed(lambda _: tuple(weak)))]
        return [flight.packet]

    world.middle = between
    world.ping()
    world.wait(100)
    assert weak[0].numbers[Phase1Attribute.ENCRYPTION] == Encryption1.TRIPLE_DES_CBC
    assert nothing_came_up(world)
    assert reasons(world, "b") & {Drop.BAD_KEY_EXCHANGE, Drop.NOT_DECRYPTABLE, Drop.BAD_HASH}


def test_an_answer_that_was_not_offered_is_none() -> None:
    world = Middle()
    des = Attribute.basic_of(Phase1Attribute.ENCRYPTION, Encryption1.DES_CBC)
    world.middle = always(
        "MM2", offer_changed(lambda found: (with_attribute(found[0], Phase1Attribute.ENCRYPTION, des),))
    )
    world.ping()
    world.wait(100)
    assert nothing_came_up(world)
    assert reasons(world, "a") == {Drop.NO_TUNNEL, Drop.UNEXPECTED_MESSAGE}
    assert world.flights("MM3") == []


def test_an_answer_that_was_not_offered_does_not_end_the_wait_for_the_real_one() -> None:
    world, tried = Middle(), []
    des = Attribute.basic_of(Phase1Attribute.ENCRYPTION, Encryption1.DES_CBC)
    change = offer_changed(lambda found: (with_attribute(found[0], Phase1Attribute.ENCRYPTION, des),))

    def between(flight: Flight) -> list[Ipv4]:
        if flight.label == "MM2":
            before = world.snapshot("a")
            tried.extend(drops(world.hand("a", with_message(flight, change))))
            assert world.snapshot("a") == before
        return [flight.packet]

    world.middle = between
    world.bring_up()
    assert [drop.reason for drop in tried] == [Drop.UNEXPECTED_MESSAGE]
    assert world.standing()


@pytest.mark.parametrize("lifetime", [1, 300, 2**32 - 1])
def test_a_lifetime_put_into_the_answer_is_not_taken(lifetime: int) -> None:
    world = Middle()
    told = Attribute.variable(Phase1Attribute.LIFE_DURATION, lifetime)
    world.middle = always(
        "MM2", offer_changed(lambda found: (with_attribute(found[0], Phase1Attribute.LIFE_DURATION, told),))
    )
    world.bring_up()
    assert world.standing()
    (view,) = world.boxes["a"].ike_sas
    assert view.lifetime == 86400
    world.wait(400)
    assert len(world.up("a")) == 1


# --- NAT traversal ---------------------------------------------------------------------------------------------------

NAT_T = (NAT_T_02, NAT_T_03, NAT_T_RFC)


def without(kind: type[Payload], *data: bytes) -> Callable[[Message], Message]:
    def changed(message: Message) -> Message:
        kept = tuple(
            one for one in message.payloads
            if not (isinstance(one, kind) and (not data or (isinstance(one, VendorId) and one.data in data)))
        )  # fmt: skip
        return replace(message, payloads=kept)

    return changed


def with_other_discovery(message: Message) -> Message:
    """All NAT-D payloads hold another hash: as if both ends were behind a NAT."""
    changed = tuple(
        NatDiscovery(bytes(len(one.digest)), one.draft) if isinstance(one, NatDiscovery) else one
        for one in message.payloads
    )
    return replace(message, payloads=changed)


OPEN, FLOATED, FAILS = "up on port 500", "up on port 4500", "fails"
PATHS = {
    "untouched": ((), None, OPEN),
    "NAT-T vendor IDs taken out of MM1": (("MM1",), without(VendorId, *NAT_T), OPEN),
    "NAT-T vendor IDs taken out of MM2": (("MM2",), without(VendorId, *NAT_T), OPEN),
    "all vendor IDs taken out of all": (("MM1", "MM2", "MM3", "MM4"), without(VendorId), OPEN),
    "only draft 02 left": (("MM1", "MM2"), without(VendorId, NAT_T_03, NAT_T_RFC), OPEN),
    "NAT-D taken out of MM3": (("MM3",), without(NatDiscovery), OPEN),
    "NAT-D taken out of MM4": (("MM4",), without(NatDiscovery), OPEN),
    "NAT-D taken out of both": (("MM3", "MM4"), without(NatDiscovery), OPEN),
    "NAT-D changed in MM3": (("MM3",), with_other_discovery, FAILS),
    "NAT-D changed in MM4": (("MM4",), with_other_discovery, FAILS),
    "NAT-D changed in both": (("MM3", "MM4"), with_other_discovery, FLOATED),
}


def came_of(world: Middle) -> str:
    if not world.standing():
        assert not world.installed("a")
        assert not world.installed("b")
        return FAILS
    pairs = [box.sad.states()[0].pair for box in world.boxes.values()]
    assert pairs[0].udp_encapsulated is pairs[1].udp_encapsulated
    return FLOATED if pairs[0].udp_encapsulated else OPEN


@pytest.mark.parametrize("what", PATHS)
def test_nat_traversal_changed_on_the_way(what: str) -> None:
    """No hash of IKEv1 covers it. The tunnel is up where both saw the same, or does not come up; nobody is led away."""
    labels, change, outcome = PATHS[what]
    world = Middle()

    def between(flight: Flight) -> list[Ipv4]:
        return [with_message(flight, change) if change is not None and flight.label in labels else flight.packet]

    world.middle = between
    world.ping()
    world.wait(1)
    world.ping(sequence=2)
    assert came_of(world) == outcome
    for name, box in world.boxes.items():
        assert all(view.peer in box.settings.entries[0].peers for view in box.ike_sas), name
    if outcome is FAILS:
        world.middle = lambda flight: [flight.packet]
        world.wait(200)
        world.ping(sequence=3)
        world.wait(5)
        assert world.ping(sequence=4)
        assert came_of(world) == OPEN


@pytest.mark.parametrize("label", ["MM3", "MM4"])
def test_a_message_that_lacks_what_it_needs_is_none(label: str) -> None:
    """KE, nonce or SA taken out, or twice: dropped by name, and the message itself is taken."""
    world, tried = Middle(), []

    def between(flight: Flight) -> list[Ipv4]:
        if flight.label == label and not tried:
            message = read_message(flight.ike)
            before = world.snapshot(flight.target)
            for payload in message.payloads[:2]:
                rest, twice = message.payloads, (payload, *message.payloads)
                rest = tuple(one for one in rest if one is not payload)
                for payloads, drop in ((rest, Drop.MISSING_PAYLOAD), (twice, Drop.DUPLICATE_PAYLOAD)):
                    copy = flight.with_ike(replace(message, payloads=payloads).encode())
                    tried.append(payload)
                    assert [found.reason for found in drops(world.hand(flight.target, copy))] == [drop]
            assert world.snapshot(flight.target) == before
        return [flight.packet]

    world.middle = between
    world.bring_up()
    assert len(tried) == 4
    assert world.standing()
