"""The plain words say only what the lines and remarks of the step bear out."""

from dataclasses import replace

import ladder_sample as sample
import pytest
from ladder_sample import Script, message

from mainmode.ladder.steps import steps
from mainmode.ladder.transcript import Fate, Remark, Side, Transcript
from mainmode.ladder.words import words


def transcript_of(script: Script) -> Transcript:
    return replace(sample.tunnel_up(), events=tuple(script.events))


def told(script: Script, at: int = -1) -> dict[Side, str]:
    """The words of one step, the last unless told otherwise."""
    transcript = transcript_of(script)
    return dict(words(transcript, steps(transcript)[at]))


def remark(script: Script, side: Side, text: str) -> None:
    script.events.append(Remark(script.now, side, text, "trigger"))


def test_only_the_side_that_asked_ike_is_said_to_have_asked() -> None:
    script = Script()
    sample.trigger(script)
    remark(script, Side.B, "dropped, a packet in clear that should have come through the tunnel: icmp")
    found = told(script)
    assert "IKE is asked for one" in found[Side.A]
    assert found[Side.B] == "Gets a packet in clear that should have come through the tunnel, and drops it."


def test_without_its_lines_a_main_mode_that_begins_shows_that_ike_was_asked() -> None:
    script = Script()
    remark(script, Side.A, "sends echo request 1")
    script.send(Side.A, "MM1", 168, sample.MM1)
    assert "IKE is asked for one" in told(script, 0)[Side.A]


def test_traffic_during_a_negotiation_asks_for_nothing() -> None:
    script = Script()
    script.say(Side.A, "trigger", "Tunnel negotiation in progress", entry="NEGOTIATION_IN_PROGRESS")
    assert told(script)[Side.A].startswith("A negotiation is under way already")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("crypto-map: no crypto map is bound to outside: the packet leaves in clear", "so it leaves in clear."),
        ("dropped, no route leads to the destination", "No tunnel is asked for; what became of the packet"),
    ],
)
def test_traffic_that_asks_for_no_tunnel_is_not_called_interesting(text: str, wanted: str) -> None:
    script = Script()
    remark(script, Side.A, text)
    found = told(script)[Side.A]
    assert wanted in found
    assert "Interesting" not in found


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        ("PSK_MISMATCH", "Tries to decrypt it, and cannot."),
        ("ALL_SA_UNACCEPTABLE", "Reads it, and refuses what it offers."),
        ("MISSING_SA_PAYLOAD", "Knows no negotiation with these cookies: drops it."),
        ("IKE_DECODE", "Reads it as it read the first."),
        ("", "Says nothing about it."),
    ],
)
def test_a_repetition_is_told_as_its_receiver_s_lines_show_it(entry: str, wanted: str) -> None:
    script = Script()
    message(script, Side.A, "MM5", 96, sample.MM5)
    script.wait(8_000_000)
    script.send(Side.A, "MM5", 96, sample.MM5, retransmission=True)
    if entry:
        script.say(Side.B, "MM5", "line", entry=entry)
    assert told(script)[Side.B] == wanted


def test_a_repetition_of_a_lost_message_is_read_for_the_first_time() -> None:
    script = Script()
    script.send(Side.A, "MM5", 96, sample.MM5, fate=Fate.LOST)
    script.wait(8_000_000)
    script.send(Side.A, "MM5", 96, sample.MM5, retransmission=True)
    script.say(Side.B, "MM5", "line", entry="IKE_DECODE")
    assert told(script)[Side.B] == "Reads it; the same message before did not reach it."


def test_a_receiver_that_repeats_its_answer_is_said_to_do_so() -> None:
    script = Script()
    message(script, Side.A, "MM5", 96, sample.MM5)
    script.send(Side.B, "MM6", 96, sample.MM5, fate=Fate.LOST)
    script.wait(8_000_000)
    script.send(Side.A, "MM5", 96, sample.MM5, retransmission=True)
    remark(script, Side.B, "dropped, an exact repetition of a datagram seen before")
    script.say(Side.B, "MM6", "Duplicate Phase 1 packet detected.", entry="DUPLICATE_PACKET")
    script.send(Side.B, "MM6", 96, sample.MM5, retransmission=True)
    assert told(script)[Side.B].endswith(" after the first: the peer repeated itself.")
    assert told(script, 2)[Side.B] == "Knows it already, and sends its own answer again."


def test_a_first_message_that_was_dropped_is_not_said_to_be_read() -> None:
    script = Script()
    script.send(Side.A, "MM1", 168, sample.MM1)
    script.events.append(Remark(script.now, Side.B, "dropped, IKE is not enabled on the interface", "MM1"))
    assert told(script)[Side.B] == "Drops it, for the reason below."


def test_an_opening_that_nobody_answers_is_not_said_to_be_compared() -> None:
    script = Script()
    script.send(Side.A, "MM1", 168, sample.MM1)
    assert told(script)[Side.B] == "Does not answer: for this side no negotiation begins."
    message(script, Side.B, "MM2", 128, sample.MM2)
    assert told(script, 0)[Side.B].startswith("Compares what is offered")


def test_a_notify_in_clear_that_the_device_drops_is_dropped() -> None:
    script = Script()
    script.send(Side.B, "INFO", 40, "NOTIFY (11)")
    script.say(Side.A, "INFO", "Received an un-encrypted notify", entry="UNENCRYPTED_NOTIFY")
    assert told(script)[Side.A] == "Drops it: it came in clear, so anybody could have sent it."


def test_the_third_quick_mode_message_explains_why_its_line_counts_more() -> None:
    """Cisco tech note 113574 has 76 in the sender's line and 52 in the receiver's."""
    script = Script()
    script.say(Side.A, "QM3", sample.decode_line("SENDING", sample.QM, "HASH (8)", 76), message_id=sample.QM)
    script.send(Side.A, "QM3", 52, "HASH (8)", message_id=sample.QM)
    found = told(script)[Side.A]
    assert found.endswith(
        "Its line says 76 because the device counts the HASH twice there; 52 octets is the real length."
    )
    assert all("twice" not in text for step in steps(sample.tunnel_up()) for _, text in words(sample.tunnel_up(), step))
