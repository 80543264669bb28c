"""Events stand in the right step: all of them, once, and each side's in the order in which it spoke."""

from dataclasses import replace

import ladder_sample as sample
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ladder_sample import COOKIES, SAMPLES, START, Script, decode_line, message

from mainmode.base.instant import Instant
from mainmode.base.provenance import Default, Statement
from mainmode.ladder.steps import config_line, related, sections, steps
from mainmode.ladder.transcript import (
    Event,
    Fate,
    LineSaid,
    MessageArrived,
    MessageSent,
    Remark,
    Side,
    Transcript,
)
from mainmode.ladder.words import WORDS, words


def with_events(*events: Event) -> Transcript:
    return replace(sample.tunnel_up(), events=events)


def titles(transcript: Transcript) -> list[str]:
    return [step.title for step in steps(transcript)]


def test_the_reference_exchange_has_its_nine_messages_in_order() -> None:
    ladder = steps(sample.tunnel_up())
    assert [step.title for step in ladder] == [
        "trigger", "MM1", "MM2", "MM3", "MM4", "MM5", "MM6", "QM1", "QM2", "QM3", "data",
    ]  # fmt: skip
    assert [step.message.length for step in ladder if step.message] == [168, 128, 304, 304, 96, 96, 200, 172, 76]


def test_the_sender_speaks_before_the_arrow_and_the_receiver_after_it() -> None:
    mm1 = next(step for step in steps(sample.tunnel_up()) if step.name == "MM1")
    assert {said.side for said in mm1.before} == {Side.A}
    assert {said.side for said in mm1.after} == {Side.B}
    assert mm1.before[-1].text.startswith("[IKEv1]: IP = 10.0.0.2, IKE_DECODE SENDING")
    assert mm1.after[-1].text.endswith("Matches global IKE entry # 1")


def test_what_is_said_after_the_last_message_stands_under_it() -> None:
    qm3 = next(step for step in steps(sample.tunnel_up()) if step.name == "QM3")
    assert [said.side for said in qm3.after] == [Side.B, Side.B, Side.B, Side.A]


@pytest.mark.parametrize("name", SAMPLES)
def test_every_event_stands_in_exactly_one_step(name: str) -> None:
    transcript = SAMPLES[name]()
    ladder = steps(transcript)
    held = [id(said) for step in ladder for said in step.said]
    held += [id(step.message) for step in ladder if step.message]
    wanted = [id(event) for event in transcript.events if not isinstance(event, MessageArrived)]
    assert sorted(held) == sorted(wanted)
    assert [step.index for step in ladder] == list(range(1, len(ladder) + 1))


NAMES = st.sampled_from(["trigger", "MM1", "MM2", "MM5", "QM1", "QM2", "INFO", "DPD", "data", "teardown"])
SIDES = st.sampled_from(list(Side))


@st.composite
def events(draw: st.DrawFn) -> tuple[Event, ...]:
    made: list[Event] = []
    for at in range(draw(st.integers(0, 30))):
        kind = draw(st.sampled_from(["line", "remark", "sent", "arrived"]))
        cookie = draw(st.sampled_from(["", "aa" * 8, "bb" * 8]))
        name, side, message_id = draw(NAMES), draw(SIDES), draw(st.sampled_from([0, 1, 2]))
        now = Instant(START + at // 6)
        if kind == "line":
            made.append(LineSaid(side, now, f"line {at}", "e", name, (), cookie, message_id))
        elif kind == "remark":
            where = draw(st.sampled_from([None, side]))
            made.append(Remark(now, where, f"remark {at}", draw(st.sampled_from(["", name]))))
        elif kind == "sent":
            repeated = draw(st.booleans())
            made.append(
                MessageSent(
                    at, side, now, name, 1, 1, False, "", "", cookie, message_id, (), (), Fate.DELIVERED, "", None,
                    repeated,
                )
            )  # fmt: skip
        else:
            made.append(MessageArrived(draw(st.integers(0, 30)), side, now))
    return tuple(made)


@settings(max_examples=300, deadline=None)
@given(events())
def test_in_any_transcript_a_section_keeps_what_a_side_said_in_its_order(events: tuple[Event, ...]) -> None:
    order = {id(event): place for place, event in enumerate(events)}
    held = []
    heard = in_the_instant_of_an_arrival(events)
    for section in sections(with_events(*events)):
        assert section.steps
        assert all(step.message or step.said for step in section.steps)
        for side in (*Side, None):
            places = [order[id(said)] for step in section.steps for said in step.said if said.side is side]
            in_order = [place for place in places if place not in heard]
            assert in_order == sorted(in_order)
            held += places
    assert sorted(held) == [order[id(event)] for event in events if isinstance(event, LineSaid | Remark)]


def in_the_instant_of_an_arrival(events: tuple[Event, ...]) -> set[int]:
    """Places of what a side said in the instant in which a message came, before it sent one itself."""
    heard: set[int] = set()
    came: dict[Side, Instant] = {}
    for place, event in enumerate(events):
        if isinstance(event, MessageArrived):
            came[event.side] = event.at
        elif isinstance(event, MessageSent):
            came.pop(event.side, None)
        elif event.side is not None and came.get(event.side) == event.at:
            heard.add(place)
    return heard


def test_two_quick_modes_of_one_phase_1_stand_in_true_order_each_message_with_its_lines() -> None:
    (section,) = sections(sample.two_tunnels())
    quick = [step for step in section.steps if step.name.startswith("QM")]
    made = [(step.name, step.message.message_id) for step in quick if step.message]
    first, second = 0x11111111, 0x22222222
    assert made == [(name, mid) for name in ("QM1", "QM2", "QM3") for mid in (first, second)]
    said = [event.text for step in section.steps for event in step.said if "first words" in event.text]
    assert [text[-8:] for text in said] == ["11111111", "22222222"]


def test_a_second_main_mode_begins_a_section_of_its_own() -> None:
    once = sample.tunnel_up()
    other = "feedfacefeedface"
    again = tuple(
        replace(event, number=event.number + 100, cookies=other + event.cookies[16:])
        if isinstance(event, MessageSent)
        else replace(event, number=event.number + 100)
        if isinstance(event, MessageArrived)
        else replace(event, cookie=other)
        if isinstance(event, LineSaid) and event.cookie
        else event
        for event in once.events
    )
    ladder = sections(replace(once, events=(*once.events, *again)))
    assert len(ladder) == 2
    assert ladder[1].title.endswith(other)
    assert [step.message for step in ladder[0].steps if step.message] == [
        event for event in once.events if isinstance(event, MessageSent)
    ]


def test_one_tunnel_has_no_headings() -> None:
    assert [section.title for section in sections(sample.tunnel_up())] == [""]


def test_a_repetition_is_a_step_of_its_own_with_the_line_that_announces_it() -> None:
    ladder = steps(sample.psk_differs())
    repeats = [step for step in ladder if step.message and step.message.retransmission]
    assert [step.title for step in repeats] == ["MM5 retransmission 1", "MM5 retransmission 2"]
    assert all("RESENDING" in step.before[-1].text for step in repeats)
    assert repeats[0].after[0].text == "dropped: an exact repetition of a datagram seen before"


def test_a_negotiation_that_is_given_up_ends_in_a_step_of_its_own() -> None:
    transcript = sample.psk_differs()
    last = steps(transcript)[-1]
    assert last.title == "gave up waiting for MM6"
    assert "FSM error history" in last.said[-1].text
    assert words(transcript, last) == (
        (Side.A, "No MM6 came that it could use. It stops waiting and forgets this negotiation."),
    )


def test_what_a_side_waits_for_follows_from_what_it_sent() -> None:
    script = Script()
    message(script, Side.A, "MM1", 168, sample.MM1)
    message(script, Side.B, "MM2", 128, sample.MM2)
    script.wait(1_000_000)
    script.say(Side.B, "MM3", "history", entry="MM_FSM_HISTORY")
    script.say(Side.B, "MM3", "terminating", entry="IKE_SA_TERMINATING")
    script.wait(1_000_000)
    script.say(Side.A, "QM1", "history", message_id=5, entry="QM_FSM_HISTORY")
    ladder = steps(with_events(*script.events))
    assert [step.title for step in ladder[2:]] == ["gave up waiting for MM3", "gave up waiting for QM1"]
    assert [said.text for said in ladder[2].said] == ["history", "terminating"]


def test_a_refusal_in_the_instant_of_a_message_is_no_giving_up() -> None:
    script = Script()
    message(script, Side.A, "MM3", 304, sample.MM3)
    script.say(Side.B, "MM4", "constructing ke payload")
    script.say(Side.B, "MM4", "history", entry="MM_FSM_HISTORY")
    transcript = with_events(*script.events)
    last = steps(transcript)[-1]
    assert last.title == "MM4 not sent"
    assert words(transcript, last) == ((Side.B, "Does not send MM4: the negotiation ends here, for the reason below."),)


def test_what_is_said_after_a_side_gave_up_does_not_stand_in_the_giving_up() -> None:
    transcript = sample.psk_differs()
    late = replace(transcript.events[-1], at=Instant(transcript.events[-1].at + 1), entry="e", step="MM5", text="late")
    ladder = steps(replace(transcript, events=(*transcript.events, late)))
    assert [step.title for step in ladder[-2:]] == ["gave up waiting for MM6", "MM5 continued"]


def test_what_a_receiver_says_after_it_sent_something_stands_with_that() -> None:
    """A refusal: the notify leaves, then the device tells how it tidies up; its lines keep that order."""
    script = Script()
    message(script, Side.A, "MM1", 168, sample.MM1)
    script.send(Side.B, "INFO", 40, "NOTIFY (11)")
    arrival = script.events.pop()
    history = replace(script.events[0], side=Side.B, at=Instant(arrival.at - 10_000), text="history")
    opening, notify = steps(with_events(*script.events, history, arrival))
    assert "history" not in [said.text for said in opening.said]
    assert [said.text for said in notify.said] == ["history"]


def test_lines_of_a_failure_before_any_message_wait_for_nothing() -> None:
    script = Script()
    script.say(Side.A, "MM1", "history", entry="MM_FSM_HISTORY")
    assert titles(with_events(*script.events)) == ["MM1 not sent"]


def test_of_two_deletes_that_cross_each_stands_with_what_its_receiver_says() -> None:
    """A phase 2 that fails: both sides delete the IKE SA, and neither knows it when the other's delete comes."""
    script = Script()
    script.say(Side.B, "INFO", "deletes first", message_id=9)
    script.send(Side.B, "INFO", 80, "HASH (8) + DELETE (12)", message_id=9)
    arrival = script.events.pop()
    script.say(Side.A, "INFO", "deletes too", message_id=10)
    script.send(Side.A, "INFO", 80, "HASH (8) + DELETE (12)", message_id=10)
    second = script.events.pop()
    at = replace(arrival, at=Instant(script.now - 10_000))
    line = LineSaid(Side.A, at.at, "A knows no SA", "NO_MATCHING_SA", "INFO")
    other = LineSaid(Side.B, second.at, "B knows no SA", "NO_MATCHING_SA", "INFO")
    transcript = with_events(*script.events, at, line, second, other)
    one, two = steps(transcript)
    assert [said.text for said in one.said] == ["deletes first", "A knows no SA"]
    assert [said.text for said in two.said] == ["deletes too", "B knows no SA"]
    assert dict(words(transcript, one))[Side.A] == "Has no such SA any more: drops it."
    assert dict(words(transcript, two))[Side.B] == "Has no such SA any more: drops it."


def test_lines_on_a_late_message_stand_with_that_message() -> None:
    script = Script()
    script.send(Side.A, "MM1", 168, sample.MM1)
    late = script.events.pop()
    script.send(Side.A, "MM1", 168, sample.MM1, retransmission=True)
    script.events.insert(-1, late)
    line = LineSaid(Side.B, script.now, "first", "e", "MM1", (), COOKIES[:16])
    script.events.insert(-1, line)
    script.say(Side.B, "MM1", "again")
    first, second = steps(with_events(*script.events))
    assert [said.text for said in first.after] == ["first"]
    assert [said.text for said in second.after] == ["again"]


def test_lines_of_a_delete_stand_with_its_informational_message() -> None:
    script = Script()
    script.say(Side.A, "teardown", "constructing delete", message_id=9)
    message(script, Side.A, "INFO", 80, "HASH (8) + DELETE (12)", 9)
    script.say(Side.B, "teardown", "processing delete", message_id=9)
    (step,) = steps(with_events(*script.events))
    assert step.before[0].text == "constructing delete"
    assert step.after[-1].text == "processing delete"
    assert "Deletes an SA" in dict(words(with_events(*script.events), step))[Side.A]


def test_a_line_announces_the_message_that_leaves_in_the_same_instant() -> None:
    script = Script()
    message(script, Side.A, "MM5", 96, sample.MM5)
    message(script, Side.B, "INFO", 40, "NOTIFY (11)")
    script.wait(8_000_000)
    script.say(Side.A, "MM5", "RESENDING")
    script.send(Side.A, "MM5", 96, sample.MM5, retransmission=True)
    script.say(Side.B, "INFO", "SENDING again")
    script.send(Side.B, "INFO", 40, "NOTIFY (11)")
    ladder = steps(with_events(*script.events))
    assert [step.title for step in ladder] == ["MM5", "INFO", "MM5 retransmission 1", "INFO"]
    assert [said.text for said in ladder[2].said] == ["RESENDING"]
    assert [said.text for said in ladder[3].said] == ["SENDING again"]


def test_a_line_that_names_no_negotiation_stands_with_what_arrived() -> None:
    script = Script()
    script.send(Side.A, "INFO", 80, "HASH (8) + DELETE (12)", message_id=9)
    script.events.append(LineSaid(Side.B, script.now, "no matching SA", "e", "INFO"))
    script.events.append(Remark(script.now, Side.B, "dropped", "data"))
    script.wait(1_000_000)
    script.send(Side.B, "INFO", 80, "HASH (8) + DELETE (12)", message_id=10)
    first, second = steps(with_events(*script.events))
    assert [said.text for said in first.after] == ["no matching SA", "dropped"]
    assert second.said == ()


def test_an_announcement_after_an_interruption_begins_one_step_not_two() -> None:
    script = Script()
    script.say(Side.A, "DPD", "quiet for ten seconds", message_id=5)
    script.wait(1)
    script.say(Side.A, "data", "something else", message_id=6)
    script.wait(1)
    message(script, Side.A, "DPD", 84, "HASH (8) + NOTIFY (11)", 5)
    assert titles(with_events(*script.events)) == ["DPD", "data", "DPD"]
    assert all(step.said for step in steps(with_events(*script.events)))


def test_a_request_that_triggers_stands_with_the_trigger() -> None:
    script = Script()
    script.send(Side.A, "DPD", 84, "HASH (8) + NOTIFY (11)", message_id=5)
    script.wait(1_000_000)
    script.events.append(Remark(script.now, Side.A, "sends echo request 2", "data"))
    script.say(Side.A, "trigger", "Pitcher")
    _, trigger = steps(with_events(*script.events))
    assert (trigger.name, [said.text for said in trigger.before]) == ("trigger", ["sends echo request 2", "Pitcher"])


def test_the_end_of_main_mode_stands_in_it_even_when_it_names_the_quick_mode() -> None:
    script = Script()
    message(script, Side.B, "MM6", 96, sample.MM5)
    script.say(Side.A, "MM6", "IKE Initiator starting QM", message_id=7)
    script.say(Side.A, "MM6", "PHASE 1 COMPLETED")
    (step,) = steps(with_events(*script.events))
    assert step.after[-1].text == "PHASE 1 COMPLETED"


def test_a_remark_without_a_step_stands_where_the_run_is() -> None:
    script = Script()
    script.send(Side.A, "MM1", 168, sample.MM1, fate=Fate.LOST)
    script.events.append(Remark(script.now, None, "a fault fired"))
    (step,) = steps(with_events(*script.events))
    assert step.after[0].text == "a fault fired"


def test_more_words_after_an_interruption_are_called_a_continuation() -> None:
    script = Script()
    script.send(Side.B, "DPD", 84, "HASH (8) + NOTIFY (11)", message_id=5)
    script.say(Side.A, "data", "something else", message_id=6)
    script.wait(1)
    script.say(Side.A, "DPD", "late", message_id=5)
    assert titles(with_events(*script.events)) == ["DPD", "data", "DPD continued"]


def test_related_configuration_is_unique_and_in_file_order_with_defaults_last() -> None:
    transcript = sample.tunnel_up()
    mm1 = next(step for step in steps(transcript) if step.name == "MM1")
    found = related(transcript, mm1, Side.A)
    numbers = [source.line for source in found if isinstance(source, Statement)]
    assert numbers == sorted(set(numbers)) == [21, 22, 27, 28, 29, 30, 31, 32]
    assert isinstance(found[-1], Default)


def test_what_is_remarked_of_the_sender_of_a_message_is_about_the_packet_that_asked_for_it() -> None:
    script = Script()
    script.say(Side.A, "MM1", "constructing ISAKMP SA payload", "policy")
    script.send(Side.A, "MM1", 168, sample.MM1)
    crypto_map, enable = sample.statements(Side.A, "match"), sample.statements(Side.B, "enable")
    asked = Remark(Instant(script.now - 10_000), Side.A, "asked for it", "MM1", crypto_map)
    script.events.insert(-1, asked)
    script.events.append(Remark(script.now, Side.B, "dropped, IKE is not enabled", "MM1", enable))
    transcript = with_events(*script.events)
    (step,) = steps(transcript)
    assert asked in step.said
    assert related(transcript, step, Side.A) == sample.statements(Side.A, "policy")
    assert related(transcript, step, Side.B) == enable


def test_a_statement_leads_to_its_own_file_even_when_both_have_one_name() -> None:
    transcript = sample.tunnel_up()
    same = replace(transcript, devices=tuple(replace(device, file="x.cfg") for device in transcript.devices))
    assert config_line(same, Statement("x.cfg", 27, ""), Side.B) == (Side.B, 27)
    assert config_line(transcript, Statement("asa1.cfg", 27, ""), Side.B) == (Side.A, 27)
    assert config_line(transcript, Statement("asa1.cfg", 999, ""), Side.A) is None
    assert config_line(transcript, Default("asa1.cfg", "x"), Side.A) is None


def test_every_message_of_a_negotiation_has_words_for_both_sides() -> None:
    transcript = sample.tunnel_up()
    for step in steps(transcript):
        if step.message:
            assert [side for side, _ in words(transcript, step)] == [Side.A, Side.B]
            assert step.name in WORDS
            assert not any("{" in text for _, text in words(transcript, step))


def test_words_are_filled_with_the_facts_of_the_message() -> None:
    transcript = sample.tunnel_up()
    told = {step.name: dict(words(transcript, step)) for step in steps(transcript)}
    assert "offers 1 policy" in told["MM1"][Side.A]
    assert "4 vendor IDs" in told["MM1"][Side.A]
    assert "NAT-D" in told["MM3"][Side.A]


def test_a_message_that_did_not_arrive_is_never_seen() -> None:
    transcript = sample.psk_differs()
    last = steps(transcript)[-2]
    assert dict(words(transcript, last))[Side.B] == "Never sees this message: it was blocked on the way."
    assert "16.000 s after the first" in dict(words(transcript, last))[Side.A]


def test_the_decode_line_of_the_sample_is_the_reference_s() -> None:
    line = decode_line("SENDING", 0, sample.MM1, 168).replace("<IP>", "IP = 10.0.0.2")
    assert line == (
        "[IKEv1]: IP = 10.0.0.2, IKE_DECODE SENDING Message (msgid=0) with payloads : HDR + SA (1) + VENDOR (13) + "
        "VENDOR (13) + VENDOR (13) + VENDOR (13) + NONE (0) total length : 168"
    )
