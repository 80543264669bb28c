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
    for section in sections(with_events(*events)):
        assert section.steps
        assert all(step.message or step.said for step in section.steps)
        for side in (*Side, None):
            places = [order[id(said)] for step in section.steps for said in step.said if said.side is side]
            assert places == sorted(places)
            held += places
    assert sorted(held) == [order[id(event)] for event in events if isinstance(event, LineSaid | Remark)]


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


def test_the_end_of_a_failed_negotiation_stands_at_its_end() -> None:
    last = steps(sample.psk_differs())[-1]
    assert last.title == "MM5 retransmission 2"
    assert "FSM error history" in last.after[-1].text


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
    script.say(Side.A, "DPD", "late", message_id=5)
    assert titles(with_events(*script.events)) == ["DPD", "data", "DPD continued"]


def test_related_configuration_is_unique_and_in_file_order_with_defaults_last() -> None:
    transcript = sample.tunnel_up()
    mm1 = next(step for step in steps(transcript) if step.name == "MM1")
    found = related(transcript, mm1, Side.A)
    numbers = [source.line for source in found if isinstance(source, Statement)]
    assert numbers == sorted(set(numbers)) == [21, 22, 27, 28, 29, 30, 31, 32]
    assert isinstance(found[-1], Default)


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
    last = steps(transcript)[-1]
    assert dict(words(transcript, last))[Side.B] == "Never sees this message: it was blocked on the way."
    assert "16.000 s after the first" in dict(words(transcript, last))[Side.A]


def test_the_decode_line_of_the_sample_is_the_reference_s() -> None:
    line = decode_line("SENDING", 0, sample.MM1, 168).replace("<IP>", "IP = 10.0.0.2")
    assert line == (
        "[IKEv1]: IP = 10.0.0.2, IKE_DECODE SENDING Message (msgid=0) with payloads : HDR + SA (1) + VENDOR (13) + "
        "VENDOR (13) + VENDOR (13) + VENDOR (13) + NONE (0) total length : 168"
    )
