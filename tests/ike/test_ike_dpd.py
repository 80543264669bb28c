"""Dead peer detection: who asks when, what answers count, and how a dead peer ends (RFC 3706)."""

from dataclasses import replace

import pytest
from crafted import protected, sa_of
from pair import A, B, Pair, Seeded, pair, settings, without_keepalives
from test_ike_negotiations import up

from mainmode.base.codes import NotifyType, ProtocolId
from mainmode.base.errors import Drop
from mainmode.base.instant import Instant, seconds
from mainmode.ike.effects import Cause, Dropped, Phase1Down, RemoveSa, Send, Step
from mainmode.ike.engine import Engine
from mainmode.ike.settings import IkeSettings
from mainmode.ipsec.dataplane import Activity
from mainmode.wire.payloads import Notify


def asked(world: Pair, side: str) -> list[int]:
    """The numbers of the questions of one side."""
    return [
        int.from_bytes(payload.data)
        for where, send in world.sends()
        if where == side and send.step is Step.KEEPALIVE and send.message is not None
        for payload in send.message.all(Notify)
        if payload.notify_type == NotifyType.R_U_THERE
    ]


def standing(first: IkeSettings | None = None, second: IkeSettings | None = None) -> Pair:
    """Two engines with a tunnel; nothing is kept of how it came up."""
    world = pair(first, second)
    world.trigger("a")
    assert up(world)
    world.heard.clear()
    return world


def cut(world: Pair) -> None:
    world.filter = lambda side, send: None


def tell(world: Pair, to: str, kind: NotifyType, number: int, spi: bytes | None = None) -> None:
    """A protected DPD notify as the peer would make it, with any number."""
    sa = sa_of(world.a if to == "b" else world.b)
    protected(world, to, Notify(kind, ProtocolId.ISAKMP, spi or sa.cookie_i + sa.cookie_r, number.to_bytes(4)))


def test_a_quiet_peer_is_asked_after_the_threshold_and_answers_with_the_same_number() -> None:
    world = standing()
    world.run(9.9)
    assert not world.sends()
    world.run(0.2)
    question, answer = [send for _, send in world.sends()]
    assert question.message is not None
    assert answer.message is not None
    asked_with, answered_with = question.message.all(Notify)[0], answer.message.all(Notify)[0]
    assert answered_with.notify_type == NotifyType.R_U_THERE_ACK
    assert asked_with.data == answered_with.data
    assert asked_with.data[0] < 0x80
    assert question.message.length == answer.message.length == 84
    number = int.from_bytes(asked_with.data)
    spoken = [line for side in ("a", "b") for line in world.lines(side) if "keep-alive of type" in line]
    assert sorted(spoken) == [
        f"{verb} keep-alive of type DPD R-U-THERE{ack} (seq number 0x{number:x})"
        for verb in ("Received", "Sending")
        for ack in ("", "-ACK")
    ]


def test_two_sides_with_one_threshold_ask_once_each_time_and_count_upwards() -> None:
    world = standing()
    world.run(100)
    questions = asked(world, "a") + asked(world, "b")
    assert len(questions) == 10
    for side in ("a", "b"):
        numbers = asked(world, side)
        assert numbers == [numbers[0] + count for count in range(len(numbers))]


def test_a_peer_whose_esp_keeps_coming_is_not_asked_and_one_that_falls_silent_is() -> None:
    world = standing()
    heard: dict[int, Activity] = {}
    world.a._watch = heard.get
    world.b = Engine(settings(B), Seeded("deaf"))
    cut(world)
    (spi,) = sa_of(world.a).children
    for _ in range(10):
        heard[spi] = Activity(Instant(world.now + seconds(8)), None, 1, 1)
        world.run(9)
    assert not asked(world, "a")
    world.run(9)
    assert len(asked(world, "a")) == 1


def test_a_dead_peer_is_asked_four_times_and_then_taken_down_with_everything() -> None:
    world = standing()
    cut(world)
    world.run(17.9)
    assert len(asked(world, "a")) == 4
    assert world.a.sas()
    world.run(0.2)
    assert not world.a.sas()
    assert len(asked(world, "a")) == 4
    assert "IKE lost contact with remote peer, deleting connection (keepalive type: DPD)" in world.lines("a")
    (removed,) = world.effects("a", RemoveSa)
    assert isinstance(removed, RemoveSa)
    assert removed.failure.cause is Cause.LOST_PEER
    (down,) = world.effects("a", Phase1Down)
    assert isinstance(down, Phase1Down)
    assert down.failure.cause is Cause.LOST_PEER
    assert world.a.deadline() is None
    assert world.b.deadline() is None


def test_after_a_dead_peer_traffic_begins_anew() -> None:
    world = standing()
    cut(world)
    world.run(60)
    world.filter = lambda side, send: send.datagram
    world.trigger("a")
    assert up(world)


def test_one_answer_ends_the_series_even_a_late_one_to_an_early_question() -> None:
    world = standing()
    cut(world)
    world.run(14.5)
    first = asked(world, "a")[0]
    assert len(asked(world, "a")) == 3
    tell(world, "a", NotifyType.R_U_THERE_ACK, first)
    world.run(5)
    assert len(asked(world, "a")) == 3
    world.run(10)
    assert len(asked(world, "a")) > 3
    assert world.a.sas()


@pytest.mark.parametrize("off", [-1, 1, 1000])
def test_an_answer_with_a_number_that_was_not_asked_is_said_and_dropped(off: int) -> None:
    world = standing()
    cut(world)
    world.run(10.5)
    (number,) = asked(world, "a")
    tell(world, "a", NotifyType.R_U_THERE_ACK, number + off)
    assert f"Received DPD sequence number 0x{number + off:x} in DPD R-U-THERE-ACK" in "\n".join(world.lines("a"))
    assert Dropped in map(type, [effect for side, effect in world.heard if side == "a"])
    assert [effect.reason for effect in world.effects("a", Dropped)] == [Drop.WRONG_KEEPALIVE]


def test_a_question_older_than_the_last_is_said_and_not_answered_and_the_same_one_is() -> None:
    world = standing()
    tell(world, "b", NotifyType.R_U_THERE, 1000)
    tell(world, "b", NotifyType.R_U_THERE, 1000)
    answers = len(world.sends())
    assert answers == 2
    tell(world, "b", NotifyType.R_U_THERE, 999)
    assert len(world.sends()) == answers
    assert "expected seq # 0x3e9" in "\n".join(world.lines("b"))


def test_a_question_with_foreign_cookies_is_dropped() -> None:
    world = standing()
    tell(world, "b", NotifyType.R_U_THERE, 1000, spi=bytes(16))
    assert [effect.reason for effect in world.effects("b", Dropped)] == [Drop.MALFORMED_PAYLOAD]
    assert not world.sends()


@pytest.mark.parametrize(("first", "second"), [(True, False), (False, True), (False, False)])
def test_without_keepalives_on_one_side_nobody_asks_and_the_difference_is_said(first: bool, second: bool) -> None:
    sides = [settings(A), settings(B)]
    world = pair(*(one if on else without_keepalives(one) for one, on in zip(sides, (first, second), strict=True)))
    world.trigger("a")
    assert up(world)
    world.run(600)
    assert not asked(world, "a") + asked(world, "b")
    assert "Keep-alive type for this connection: None" in world.lines("a")
    told = "Keep-alives configured on but peer 10.0.0.2 does not support keep-alives (type = None)"
    assert (told in world.lines("a")) is (first and not second)
    other = "Keep-alives configured off but peer 10.0.0.2 does support keep-alives (type = DPD)"
    assert (other in world.lines("a")) is (second and not first)


def test_a_question_where_dpd_was_not_agreed_on_is_dropped() -> None:
    world = standing(without_keepalives(settings(A)), without_keepalives(settings(B)))
    tell(world, "b", NotifyType.R_U_THERE, 1)
    assert "Received keep-alive of type DPD, not the negotiated type" in world.lines("b")
    assert not world.sends()


def test_threshold_and_retry_are_the_tunnel_groups() -> None:
    slow = settings(A)
    slow = replace(slow, groups={name: replace(group, keepalive=(30, 5)) for name, group in slow.groups.items()})
    world = standing(slow, without_keepalives(settings(B)))
    world = standing(slow)
    cut(world)
    world.run(49.9)
    assert len(asked(world, "a")) == 4
    world.run(0.2)
    assert not world.a.sas()


def test_with_an_infinite_threshold_a_side_answers_and_never_asks() -> None:
    patient = settings(A)
    patient = replace(patient, groups={name: replace(one, keepalive=(0, 2)) for name, one in patient.groups.items()})
    world = standing(patient)
    world.run(100)
    assert not asked(world, "a")
    assert len(asked(world, "b")) == 10
    assert world.a.sas()
    cut(world)
    world.run(3600)
    assert world.a.sas()
    assert not world.b.sas()


def test_a_replayed_question_is_no_sign_of_life() -> None:
    world = standing()
    world.run(10.5)
    question = next(send for side, send in world.sends() if send.step is Step.KEEPALIVE)
    cut(world)
    side = next(side for side, send in world.sends() if send is question)
    other, engine = ("b", world.b) if side == "a" else ("a", world.a)
    for _ in range(10):
        world.run(3)
        world.note(other, engine.receive(question.datagram, question.path.reversed(), world.now))
    assert not engine.sas()


def test_a_responder_does_not_ask_before_it_knows_that_phase_1_arrived() -> None:
    world = pair()
    world.filter = lambda side, send: None if send.step is Step.MM6 else send.datagram
    world.trigger("a")
    world.run(60)
    assert not asked(world, "b")


def test_two_days_of_ten_quiet_tunnels_cost_one_exchange_for_each_threshold() -> None:
    world = standing()
    world.run(1000)
    sends = [send for _, send in world.sends() if isinstance(send, Send)]
    assert len(sends) == 2 * 100
    assert len(world.a._agenda._heap) < 40
