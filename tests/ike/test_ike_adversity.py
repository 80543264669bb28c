"""Loss, duplication, damage, replay and NAT: what the engines do when the world is not kind."""

import hashlib
from dataclasses import replace

import pytest
from crafted import protected
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pair import START, A, B, Pair, pair, path, policy, settings, without_keepalives
from test_ike_negotiations import up

from mainmode.base.address import Endpoint, Path
from mainmode.base.codes import Authentication1, ExchangeType, Hash1, NotifyType, ProtocolId
from mainmode.base.errors import Drop
from mainmode.base.instant import Instant
from mainmode.ike import main_mode, quick_mode
from mainmode.ike.effects import Cause, Dropped, Phase1Down, Phase1Up, Phase2Failed, RemoveSa, Send
from mainmode.ike.fsm import Event
from mainmode.ike.negotiation import (
    PolicyChosen,
    Refused,
    choose_policy,
    choose_transform,
)
from mainmode.ike.proposals import phase1_offer
from mainmode.ike.timing import COMPLAINTS, MAX_HALF_OPEN_PER_PEER
from mainmode.ipsec.dataplane import Activity
from mainmode.wire.message import HEADER_LENGTH, Message
from mainmode.wire.payloads import Delete, Fragment, KeyExchange, Notify, Proposal, SecurityAssociation, Transform


def drops(world: Pair, side: str) -> list[Drop]:
    return [effect.reason for effect in world.effects(side, Dropped)]


@pytest.mark.parametrize(
    "table", [main_mode.INITIATOR, main_mode.RESPONDER, quick_mode.INITIATOR, quick_mode.RESPONDER]
)
def test_every_row_leads_to_a_row_or_to_rest(table) -> None:
    for (state, event), row in table.items():
        for outcome, (following, posted) in row.then.items():
            known = posted is Event.NULL or (following, posted) in table
            assert known, (
                f"{state.value}, {event.value} on {outcome.value}: no row for {following.value}, {posted.value}"
            )


@pytest.mark.parametrize("seed", range(200))
def test_with_a_fifth_of_the_datagrams_lost_both_are_up_alike_or_both_say_why(seed: int) -> None:
    """Delivered in true order, from a queue, with a loss drawn for each datagram."""
    world = pair(seed=str(seed))
    count = 0

    def lossy(side: str, send: Send) -> bytes | None:
        nonlocal count
        count += 1
        draw = hashlib.sha256(f"{seed}/{count}".encode()).digest()[0]
        return None if draw < 51 else send.datagram

    world.filter = lossy
    world.trigger("a")
    world.run(400)
    installed = (bool(world.installed("a")), bool(world.installed("b")))
    removed = tuple(len(world.effects(side, RemoveSa)) >= len(world.installed(side)) for side in ("a", "b"))
    standing = tuple(here and not gone for here, gone in zip(installed, removed, strict=True))
    if standing == (True, True):
        assert up(world)
        return
    if standing[0] != standing[1]:
        side, other = ("a", "b") if standing[0] else ("b", "a")
        pair_ = world.installed(side)[-1].pair
        engine = world.a if other == "a" else world.b
        for second in range(1, 30):
            world.now = Instant(world.now + 2_000_000)
            outer = pair_.path.reversed()
            world.note(other, engine.unknown_spi(pair_.outbound_spi, outer, world.now))
            if len(world.effects(side, RemoveSa)) >= len(world.installed(side)):
                break
            assert second < 29, "the side whose SA stands alone never learns of it"
    for side in ("a", "b"):
        reasons = [effect for kind in (Phase1Down, Phase2Failed, RemoveSa) for effect in world.effects(side, kind)]
        silent = side == "b" and not any(where == "b" for where, _ in world.heard)
        assert reasons or silent, f"{side} does not say why"


def test_every_message_twice_changes_nothing() -> None:
    world = pair()
    twice: list[tuple[str, Send]] = []
    world.filter = lambda side, send: twice.append((side, send)) or send.datagram
    world.trigger("a")
    before = len(world.heard)
    for side, send in list(twice):
        engine, other = (world.b, "b") if side == "a" else (world.a, "a")
        world.note(other, engine.receive(send.datagram, send.path.reversed(), world.now))
    later = world.heard[before:]
    said = [effect.line.text for _, effect in later if not isinstance(effect, Dropped | Send)]
    assert all("Duplicate" in text or "P1 Retransmit" in text for text in said)
    assert len(world.installed("a")) == len(world.installed("b")) == 1


@given(data=st.data())
@hypothesis_settings(max_examples=150, deadline=None)
def test_a_damaged_message_is_dropped_by_name_and_a_resend_repairs(data) -> None:
    world = pair()
    victim = data.draw(st.integers(0, 8))
    seen = 0

    def damage(side: str, send: Send) -> bytes | None:
        nonlocal seen
        seen += 1
        if seen != victim + 1:
            return send.datagram
        octets = bytearray(send.datagram)
        kind = data.draw(st.sampled_from(["flip", "cut", "noise"]))
        if kind == "flip":
            octets[data.draw(st.integers(0, len(octets) - 1))] ^= data.draw(st.integers(1, 255))
        elif kind == "cut":
            del octets[data.draw(st.integers(0, len(octets) - 1)) :]
        else:
            start = data.draw(st.integers(0, len(octets) - 1))
            octets[start:] = data.draw(st.binary(max_size=200))
        return bytes(octets)

    world.filter = damage
    world.trigger("a")
    world.run(400)
    said = [e for side in ("a", "b") for e in world.effects(side, Phase1Down) + world.effects(side, Phase2Failed)]
    assert up(world) or said


@given(st.binary(max_size=400), st.sampled_from([500, 4500]))
@hypothesis_settings(max_examples=300, deadline=None)
def test_any_octets_end_in_a_named_drop_or_an_answer(octets: bytes, port: int) -> None:
    world = pair()
    world.trigger("a")
    for engine in (world.a, world.b):
        for effect in engine.receive(octets, path(port=port), world.now):
            if isinstance(effect, Dropped):
                assert effect.reason in Drop


@given(
    st.binary(min_size=16, max_size=300), st.sampled_from([2, 5, 32, 4]), st.integers(0, 255), st.integers(0, 2**32 - 1)
)
@hypothesis_settings(max_examples=300, deadline=None)
def test_noise_behind_true_cookies_neither_raises_nor_ends_the_tunnel(body, exchange, first, message_id) -> None:
    world = pair()
    world.trigger("a")
    sa = next(send for _, send in world.sends() if send.step.value == "QM1").message
    header = sa.initiator_cookie + sa.responder_cookie + bytes([first, 0x10, exchange, 1])
    octets = header + message_id.to_bytes(4) + (HEADER_LENGTH + len(body)).to_bytes(4) + body
    world.note("b", world.b.receive(octets, path(), world.now))
    assert len(world.b.sas()) == 1
    assert not world.effects("b", RemoveSa)


def test_unprotected_delete_and_notify_change_nothing() -> None:
    world = pair()
    world.trigger("a")
    qm = next(send for _, send in world.sends() if send.step.value == "QM1").message
    cookies = qm.initiator_cookie + qm.responder_cookie
    for payload in (
        Delete(ProtocolId.ISAKMP, (cookies,)),
        Notify(NotifyType.INITIAL_CONTACT, ProtocolId.ISAKMP, cookies),
        Notify(NotifyType.NO_PROPOSAL_CHOSEN, ProtocolId.ISAKMP, b""),
    ):
        message = Message(qm.initiator_cookie, qm.responder_cookie, ExchangeType.INFORMATIONAL, 7, (payload,))
        world.note("b", world.b.receive(message.encode(), path(), world.now))
    assert drops(world, "b") == [Drop.UNENCRYPTED] * 3
    assert len(world.b.sas()) == 1
    assert not world.effects("b", RemoveSa)


def test_a_replayed_informational_message_is_refused() -> None:
    world = pair()
    world.trigger("a")
    captured: list[Send] = []
    world.filter = lambda side, send: captured.append(send)
    world.note("b", world.b.unknown_spi(0x12345678, world.installed("b")[0].pair.path, world.now))
    sent = captured[0]
    world.filter = lambda side, send: send.datagram
    world.note("a", world.a.receive(sent.datagram, sent.path.reversed(), world.now))
    world.note("a", world.a.receive(sent.datagram, sent.path.reversed(), world.now))
    assert drops(world, "a")[-1] is Drop.REPLAYED_MESSAGE_ID


@pytest.mark.parametrize("value", [0, 1, -1, "short", "long"])
def test_a_public_value_out_of_range_is_dropped(value) -> None:
    world = pair()

    def weaken(side: str, send: Send) -> bytes | None:
        if send.step.value != "MM3":
            return send.datagram
        old = send.message.first(KeyExchange)
        octets = {
            0: bytes(128),
            1: bytes(127) + b"\1",
            -1: b"\xff" * 128,
            "short": old.public[1:],
            "long": old.public + b"\0",
        }
        new = KeyExchange(octets[value])
        payloads = tuple(new if payload is old else payload for payload in send.message.payloads)
        return replace(send.message, payloads=payloads).encode()

    world.filter = weaken
    world.trigger("a")
    assert drops(world, "b") == [Drop.BAD_KEY_EXCHANGE]
    assert world.b.sas()[0].state == "MM_WAIT_MSG3"


def test_a_message_from_another_address_does_not_join_a_half_open_negotiation() -> None:
    world = pair()
    mm3: list[Send] = []
    world.filter = lambda side, send: (
        (mm3.append(send) if send.step.value == "MM3" else None)
        or (None if send.step.value == "MM3" else send.datagram)
    )
    world.trigger("a")
    stranger = Path(Endpoint(B, 500), Endpoint(A + 100, 500))
    world.note("b", world.b.receive(mm3[0].datagram, stranger, world.now))
    assert drops(world, "b") == [Drop.UNKNOWN_COOKIE]
    assert world.b.sas()[0].state == "MM_WAIT_MSG3"


def test_half_open_negotiations_of_one_address_are_bounded() -> None:
    world = pair()
    first = None
    for number in range(MAX_HALF_OPEN_PER_PEER + 5):
        other = pair(seed=f"flood{number}")
        other.filter = lambda side, send: None
        other.trigger("a")
        ((_, first),) = other.sends()
        world.note("b", world.b.receive(first.datagram, path(), world.now))
        world.run(0.25)
    assert len(world.b.sas()) == MAX_HALF_OPEN_PER_PEER
    assert drops(world, "b") == []
    gone = world.effects("b", Phase1Down)
    assert [effect.failure.cause for effect in gone] == [Cause.LIMIT] * 5
    assert min(sa.created for sa in world.b.sas()) == START + 5 * 250_000
    world.run(100)
    assert world.b.sas() == ()


def test_the_responder_never_resends_unasked_and_answers_a_repeated_first_message_once() -> None:
    world = pair()
    world.filter = lambda side, send: send.datagram if side == "a" else None
    world.trigger("a")
    assert [s.step.value for side, s in world.sends() if side == "b"] == ["MM2"]
    world.run(60)
    mine = [s for side, s in world.sends() if side == "a"]
    answers = [s for side, s in world.sends() if side == "b"]
    assert len(answers) == len(mine)
    assert len({s.datagram for s in answers}) == 1


@pytest.mark.parametrize("behind", ["a", "b"])
def test_behind_a_nat_the_conversation_floats_to_4500_and_esp_goes_into_udp(behind: str) -> None:
    outside = {"a": Endpoint(A + 50, 1000), "b": Endpoint(B + 50, 1000)}

    class Nat(Pair):
        def note(self, side, effects):
            self.heard.extend((side, effect) for effect in effects)
            for effect in effects:
                if isinstance(effect, Send):
                    other = "b" if side == "a" else "a"
                    engine = self.b if side == "a" else self.a
                    seen = effect.path.reversed()
                    if side == behind:
                        port = effect.path.local.port + 10000
                        seen = seen._replace(remote=outside[side]._replace(port=port))
                    elif other == behind:
                        own = Endpoint(A if other == "a" else B, effect.path.remote.port % 10000)
                        seen = seen._replace(local=own)
                    self.note(other, engine.receive(effect.datagram, seen, self.now))

    near = {"a": settings(A), "b": settings(B)}
    far = "b" if behind == "a" else "a"
    address = outside[behind].address
    entry = replace(near[far].entries[0], peers=(address,))
    group = next(iter(near[far].groups.values()))
    near[far] = replace(near[far], entries=(entry,), groups={str(address): group})
    made = pair(near["a"], near["b"])
    world = Nat(made.a, made.b)
    world.trigger("a")
    assert up(world)
    steps = {send.step.value: send for side, send in world.sends() if side == "a"}
    assert steps["MM3"].path.local.port == 500
    assert steps["MM5"].path.local.port == steps["QM1"].path.local.port == 4500
    assert steps["MM5"].datagram[:4] == bytes(4)
    assert world.installed("a")[0].pair.udp_encapsulated
    assert world.installed("b")[0].pair.udp_encapsulated
    expected = {"a": "This   end  IS  behind a NAT device", "b": "Remote end  IS  behind a NAT device"}[behind]
    assert any(expected in said for said in world.lines("a"))


def test_without_nat_traversal_no_discovery_is_sent() -> None:
    world = pair(settings(A, nat_traversal=None), None)
    world.trigger("a")
    assert up(world)
    lengths = {send.step.value: send.message.length for _, send in world.sends()}
    assert lengths["MM1"] == 168 - 60
    assert lengths["MM3"] == lengths["MM4"] == 256


def test_a_fragmented_message_is_put_together_and_a_gap_is_not() -> None:
    world = pair()

    def fragment(side: str, send: Send) -> bytes | None:
        if send.step.value != "MM5":
            return send.datagram
        whole, m = send.datagram, send.message
        pieces = [whole[:50], whole[50:90], whole[90:]]
        for number in (3, 1, 2):
            piece = Fragment(5, number, number == 3, pieces[number - 1])
            octets = Message(m.initiator_cookie, m.responder_cookie, ExchangeType.MAIN_MODE, 0, (piece,)).encode()
            world.note("b", world.b.receive(octets, send.path.reversed(), world.now))
        return None

    world.filter = fragment
    world.trigger("a")
    assert up(world)
    assert "Successfully assembled an encrypted pkt from rcv'd fragments!" in world.lines("b")


def test_a_responder_whose_mm6_is_never_heard_gives_the_phase_1_up() -> None:
    world = pair()
    world.filter = lambda side, send: None if send.step.value == "MM6" else send.datagram
    world.trigger("a")
    world.run(300)
    assert len(world.effects("b", Phase1Up)) == 1
    assert world.a.sas() == world.b.sas() == ()
    assert world.effects("b", Phase2Failed)[0].failure.cause is Cause.NO_ANSWER
    assert world.now > START


def test_esp_that_overtakes_the_last_quick_mode_message_is_no_reason_to_complain() -> None:
    world = pair()
    world.filter = lambda side, send: None if send.step.value == "QM3" and not send.retransmission else send.datagram
    world.trigger("a")
    assert world.installed("a")
    assert not world.installed("b")
    early = world.installed("a")[0].pair
    assert world.b.unknown_spi(early.outbound_spi, early.path.reversed(), world.now) == []
    world.run(30)
    assert up(world)


def told(world: Pair, spi: int) -> list[str]:
    """What b sends about ESP of this SPI, by its steps' payloads."""
    before = len(world.sends())
    world.note("b", world.b.unknown_spi(spi, world.installed("b")[0].pair.path, world.now))
    about = [send.message for side, send in world.sends()[before:] if side == "b"]
    expected = (
        Notify(NotifyType.INVALID_SPI, ProtocolId.ESP, spi.to_bytes(4)),
        Delete(ProtocolId.ESP, (spi.to_bytes(4),)),
    )
    assert all(message.payloads[-1] in expected for message in about)
    return [type(message.payloads[-1]).__name__ for message in about]


def test_an_spi_that_nobody_knows_is_told_with_a_delete_once_a_second_and_not_too_many_at_once() -> None:
    world = pair()
    world.trigger("a")
    assert told(world, 0x1001) == ["Notify", "Delete"]
    assert told(world, 0x1001) == []
    world.now = Instant(world.now + 600_000)
    assert [len(told(world, 0x1002 + more)) for more in range(1000)] == [2] * (COMPLAINTS - 1) + [0] * (
        1001 - COMPLAINTS
    )
    world.now = Instant(world.now + 400_000)
    assert told(world, 0x1001) == ["Notify", "Delete"]
    assert told(world, 0x1002) == []
    assert not world.effects("a", RemoveSa)


def test_a_pair_that_stands_is_never_told_to_be_unknown() -> None:
    world = pair()
    world.trigger("a")
    assert told(world, world.installed("b")[0].pair.inbound_spi) == []


def test_a_withdrawn_tunnel_is_not_confirmed_again_by_a_repeated_second_message() -> None:
    world = pair()
    second: list[Send] = []
    world.filter = lambda side, send: (second.append(send) if send.step.value == "QM2" else None) or send.datagram
    world.trigger("a")
    mine = world.installed("a")[0].pair
    protected(world, "a", Notify(NotifyType.INVALID_SPI, ProtocolId.ESP, mine.outbound_spi.to_bytes(4)))
    assert len(world.effects("a", RemoveSa)) == 1
    before = len(world.sends())
    world.note("a", world.a.receive(second[0].datagram, second[0].path.reversed(), world.now))
    assert len(world.sends()) == before
    assert drops(world, "a")[-1] is Drop.UNKNOWN_COOKIE


def test_a_stranger_who_offers_thousands_of_transforms_costs_no_more_than_an_honest_one() -> None:
    policies = tuple(policy(priority=number, hash=Hash1.MD5) for number in range(1, 21))
    refused = choose_policy(_offer_of(25 * 255), policies)
    assert isinstance(refused, Refused)
    assert len({(each.transform, each.against) for each in refused.refusals}) <= 32 * len(policies)
    assert len(refused.refusals) <= 32 * len(policies) * 5
    last = phase1_offer((policy(),)).proposals[0]
    behind = SecurityAssociation((*_offer_of(255).proposals, last))
    assert isinstance(choose_policy(behind, (policy(),)), Refused)
    in_time = SecurityAssociation((*_offer_of(254).proposals, last))
    assert isinstance(choose_policy(in_time, (policy(),)), PolicyChosen)
    entry = settings(A).entries[0]
    esp = tuple(
        replace(each, number=number % 256, protocol=ProtocolId.ESP, spi=b"spi4")
        for number, each in enumerate(_offer_of(4000, by=1).proposals)
    )
    found = choose_transform(SecurityAssociation(esp), entry, nat=False)
    assert isinstance(found, Refused)
    assert len(found.refusals) <= 32 * 6


def test_a_policy_of_another_method_is_named_and_never_chosen() -> None:
    signed = replace(policy(), authentication=Authentication1.RSA_SIGNATURE)
    for offered in (policy(), signed):
        assert isinstance(choose_policy(phase1_offer((offered,)), (), (signed,)), Refused)
    refused = choose_policy(phase1_offer((policy(),)), (), (signed,))
    assert isinstance(refused, Refused)
    assert [(one.attribute, one.offered, one.configured) for one in refused.refusals] == [
        ("Auth Method", "Preshared Key", "RSA signature with Certificates")
    ]


def _offer_of(count: int, by: int = 255) -> SecurityAssociation:
    """So many transforms without attributes, in proposals of `by` each."""
    sizes = [by] * (count // by) + ([count % by] if count % by else [])
    return SecurityAssociation(
        tuple(
            Proposal(1, ProtocolId.ISAKMP, b"", tuple(Transform(number % 256, 1, ()) for number in range(size)))
            for size in sizes
        )
    )


@pytest.mark.parametrize("jump", [-365 * 86400, -3600, 3600, 365 * 86400])
def test_a_clock_that_jumps_neither_hangs_nor_raises_and_the_next_tunnel_comes_up(jump: int) -> None:
    for after in ("MM1", "MM5", "QM1", "QM3"):
        world = pair(
            without_keepalives(settings(A)),
            without_keepalives(settings(B)),
            seed=f"{jump}{after}",
            watch=lambda spi: Activity(None, None, 0, 0),
        )
        world.filter = lambda side, send, stop=after: None if send.step.value == stop else send.datagram
        world.trigger("a")
        world.now = Instant(world.now + jump * 1_000_000)
        world.note("a", world.a.expire(world.now))
        world.note("b", world.b.expire(world.now))
        world.filter = lambda side, send: send.datagram
        world.run(abs(jump) + 400)
        for side, engine in (("a", world.a), ("b", world.b)):
            world.note(side, engine.clear(None, world.now))
        before = len(world.installed("b"))
        world.trigger("a")
        assert len(world.installed("b")) == before + 1
        assert up(world)
