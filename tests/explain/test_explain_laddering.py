"""Logs become the lab's ladder: one side or both, with a clock or without, short whatever the log's length."""

import json
from dataclasses import replace
from importlib.resources import files

import jsonschema
import pytest
from strangers_logs import MAIN, QUICK, Book, ends, healthy, talk

from mainmode.base.instant import SECOND
from mainmode.catalogue.facts import Down, GaveUp, Notify, Phase, Role, Symptom, Told, Vendor, Wanted, Way, Whose, Why
from mainmode.device.config.reader import read
from mainmode.explain.finding import Finding, Sure
from mainmode.explain.laddering import transcript
from mainmode.explain.negotiation import Negotiation, Outcome
from mainmode.explain.pair import pairings
from mainmode.explain.record import Log
from mainmode.ladder.document import json_text
from mainmode.ladder.html import html
from mainmode.ladder.markdown import markdown
from mainmode.ladder.schema import schema
from mainmode.ladder.steps import steps
from mainmode.ladder.text import text
from mainmode.ladder.transcript import Clock, Fate, LineSaid, MessageSent, Remark, Side, Transcript
from mainmode.ladder.transcript import Outcome as Shown

ASA1 = files("mainmode.lab").joinpath("examples", "asa1.cfg").read_text("utf-8")


def ladder_of(pair: tuple[Negotiation, Negotiation]) -> Transcript:
    """The ladder of both sides."""
    return transcript(pair[0], other=pair[1], pairing=pairings([pair[0]], [pair[1]])[0])


def sent(ladder: Transcript) -> list[MessageSent]:
    """The messages of a ladder."""
    return [event for event in ladder.events if isinstance(event, MessageSent)]


def test_one_side_tells_what_was_sent_and_what_came() -> None:
    ladder = transcript(healthy()[0], logs=[Log(0, "asa.log")])
    assert [(one.name, one.side) for one in sent(ladder)] == [
        (name, Side.A if int(name[-1]) % 2 else Side.B) for name in (*MAIN, *QUICK)
    ]
    assert [one.fate for one in sent(ladder)] == [Fate.DELIVERED] * 8 + [Fate.UNKNOWN]
    assert ladder.initiator is Side.A
    assert ladder.verdict.outcome is Shown.UP
    assert ladder.devices[0].log == "asa.log"
    assert ladder.devices[1].hostname == "10.0.0.2"
    shown = text(ladder)
    assert "1: sent MM1 00000000" in shown
    assert "Nothing here tells whether it gets this message." in shown


def test_a_responder_s_log_alone_has_the_initiator_left() -> None:
    ladder = transcript(replace(healthy()[1], log=0))
    assert ladder.initiator is Side.B
    assert sent(ladder)[0].side is Side.B
    assert text(ladder).splitlines()[0].startswith("10.0.0.1  initiator")


def test_two_sides_stand_in_one_order_whatever_their_clocks_say() -> None:
    for skew in (0, 7_200 * SECOND, -90 * SECOND):
        ladder = ladder_of(healthy(skew=skew))
        assert [one.name for one in sent(ladder)] == [*MAIN, *QUICK]
        assert {one.fate for one in sent(ladder)} == {Fate.DELIVERED}
        assert ladder.clock is Clock.LOG
        assert [step.at for step in steps(ladder)] == sorted(step.at for step in steps(ladder))
        assert ladder.events[-1].at - ladder.started_at < 2 * SECOND
        first = steps(ladder)[0]
        assert [said.side for said in first.before] == [Side.A]
        assert [said.side for said in first.after] == [Side.B]


def test_clocks_that_cannot_be_compared_are_left_out() -> None:
    first, second = healthy()
    _, clockless = healthy(clock=False)
    ladder = ladder_of((first, clockless))
    assert ladder.clock is Clock.NONE
    assert [one.name for one in sent(ladder)] == [*MAIN, *QUICK]
    assert "+0." not in text(ladder)
    assert json.loads(json_text(ladder))["started_at"] is None
    assert second.started is not None


def test_a_message_that_never_arrived_is_lost() -> None:
    books = ends()
    talk(books, ("MM1", "MM2", "MM3"), lost=frozenset({"MM3"}))
    books[0].passes(8.0, Way.SENT, "MM3", again=True)
    books[0].line(30.0, "gave up", GaveUp(Phase.ONE, "MM4", timeout=True))
    books[1].line(30.0, "gave up", GaveUp(Phase.ONE, "MM3", timeout=True))
    ladder = ladder_of((books[0].negotiation(Outcome.FAILED), books[1].negotiation(Outcome.FAILED)))
    assert [(one.name, one.fate) for one in sent(ladder)] == [
        ("MM1", Fate.DELIVERED),
        ("MM2", Fate.DELIVERED),
        ("MM3", Fate.LOST),
        ("MM3", Fate.LOST),
    ]
    titles = [step.title for step in steps(ladder)]
    assert titles[:4] == ["MM1", "MM2", "MM3", "MM3 retransmission 1"]
    assert sorted(titles[4:]) == ["gave up waiting for MM3", "gave up waiting for MM4"]
    assert ladder.verdict.outcome is Shown.DOWN


def test_lines_about_making_a_message_stand_before_it() -> None:
    book = Book(0)
    book.line(0.0, "traffic", Wanted("MAP 10"))
    book.line(0.0, "vendor", Vendor(Whose.OWN, "DPD"))
    book.passes(0.0, Way.SENT, "MM1")
    book.passes(0.1, Way.RECEIVED, "MM2")
    book.line(0.1, "theirs", Vendor(Whose.PEER, "XAUTH"))
    book.line(0.1, "own", Vendor(Whose.OWN, "DPD"))
    book.passes(0.1, Way.SENT, "MM3")
    found = {step.title: step for step in steps(transcript(book.negotiation(Outcome.OPEN)))}
    assert list(found) == ["trigger", "MM1", "MM2", "MM3"]
    assert [said.text for said in found["MM1"].before] == ["vendor", "sent MM1 00000000"]
    assert [said.text for said in found["MM2"].after] == ["received MM2 00000000", "theirs"]
    assert [said.text for said in found["MM3"].before] == ["own", "sent MM3 00000000"]


def test_an_end_much_later_stands_by_itself() -> None:
    book = Book(0)
    talk((book, Book(1)), ("MM1", "MM2"))
    book.line(4000.0, "idle", Down(None, Why.IDLE))
    book.line(4100.0, "later")
    ladder = transcript(book.negotiation(Outcome.CLOSED))
    assert [step.title for step in steps(ladder)] == ["MM1", "MM2", "teardown", "log"]
    assert "+1:06:40" in text(ladder)
    assert ladder.verdict.outcome is Shown.CLOSED


def days_of_keepalives() -> Negotiation:
    """A negotiation that stands, with a question and an answer every ten seconds; one is not answered."""
    books = ends()
    at = talk(books, (*MAIN, *QUICK), message_id=0x99)
    book = books[0]
    for number in range(5000):
        at += 10
        book.passes(at, Way.SENT, "INFO", 5000 + number)
        book.noted.append(replace(book.noted[-1], fact=Notify(Way.SENT, "R-U-THERE", True)))
        if number == 4000:
            book.line(at, "no answer", Told(Symptom.PEER_LOST))
        book.passes(at + 0.1, Way.RECEIVED, "INFO", 5000 + number)
        book.noted.append(replace(book.noted[-1], fact=Notify(Way.RECEIVED, "R-U-THERE-ACK", True)))
    return book.negotiation()


def test_keepalives_for_days_are_folded_but_not_what_is_wrong() -> None:
    ladder = transcript(days_of_keepalives())
    assert len(ladder.events) < 120
    assert len(text(ladder).splitlines()) < 400
    gaps = [event.text for event in ladder.events if isinstance(event, Remark)]
    assert any("keepalive messages are left out here (lines " in gap for gap in gaps)
    assert any(isinstance(event, LineSaid) and event.text == "no answer" for event in ladder.events)


def test_what_a_finding_rests_on_stays() -> None:
    negotiation = days_of_keepalives()
    evidence = negotiation.lines[2500]
    found = Finding("X", "x", Sure.LIKELY, "", "", "10.0.0.2", (1,), (evidence,))
    ladder = transcript(negotiation, findings=[found])
    assert any(isinstance(event, LineSaid) and event.line == evidence.first for event in ladder.events)


def test_thousands_of_lines_beside_one_message_are_bounded() -> None:
    book = Book(0)
    book.passes(0.0, Way.SENT, "MM1")
    for number in range(10_000):
        book.line(0.1, f"{'same' if number < 5000 else number} line")
    ladder = transcript(book.negotiation(Outcome.OPEN))
    assert len(ladder.events) < 150


def test_configuration_stands_beside_the_steps() -> None:
    ladder = transcript(healthy()[0], configurations=(read(ASA1, "asa1.cfg"), None))
    shown = text(ladder)
    first = shown[: shown.index("── MM2")]
    assert "crypto isakmp policy 10" in first
    assert "encryption 3des" in first
    assert "pre-shared-key *****" in shown
    quick = shown[shown.index("── QM1") : shown.index("── QM2")]
    assert "access-list VPN" in quick
    assert "crypto ipsec" in quick
    assert "transform-set" in quick


def test_a_configuration_of_another_vendor_is_said_not_to_be_read() -> None:
    swan = "connections {\n  hq {\n    version = 1\n    proposals = aes128-sha1-modp1024\n  }\n}\n"
    ladder = transcript(healthy()[0], configurations=(read(swan, "swanctl.conf"), None))
    assert any("swanctl.conf is not read" in note for note in ladder.notes)


def test_the_verdict_is_the_first_finding_that_is_no_warning() -> None:
    books = ends()
    talk(books, ("MM1", "MM2"))
    warning = Finding("LIFETIME", "Lifetimes differ", Sure.CERTAIN, "", "", "10.0.0.2", (1,), (), warning=True)
    cause = replace(warning, code="PSK_MISMATCH", title="The pre-shared keys differ", warning=False)
    ladder = transcript(books[0].negotiation(Outcome.FAILED), findings=[warning, cause])
    assert (ladder.verdict.outcome, ladder.verdict.cause) == (Shown.DOWN, "PSK_MISMATCH")
    assert "DOWN  The pre-shared keys differ. (PSK_MISMATCH; phase 1 did not come up)" in text(ladder)


def test_the_pairing_is_told_beside_the_verdict() -> None:
    notes = " ".join(ladder_of(healthy(skew=3 * SECOND)).notes)
    assert "the same exchange (confidence 1.00)" in notes
    assert "3.0 s ahead of" in notes


def test_messages_without_length_or_payloads_are_told_without() -> None:
    book = Book(0, dialect="pluto")
    book.passes(0.0, Way.SENT, "MM1", payloads=(), length=None)
    shown = text(transcript(book.negotiation(Outcome.OPEN)))
    assert " MM1 ─" in shown
    assert "None" not in shown
    assert "OPEN  The log does not show the end of this negotiation." in shown


def hostile() -> Negotiation:
    """Lines that would harm a terminal or a page."""
    book = Book(0, Role.RESPONDER, peer="<script>", local="\x1b[2J")
    book.passes(0.0, Way.RECEIVED, "MM1", payloads=("SA", "<b>\x1b[31m"))
    book.line(0.1, "</pre><script>alert(1)</script>\x1b]0;x\x07\nsecond")
    return replace(book.negotiation(Outcome.OPEN), device="`rm`\x1b[0m")


@pytest.mark.parametrize("ladder", [transcript(hostile()), ladder_of(healthy()), transcript(healthy(clock=False)[0])])
def test_every_layout_takes_a_ladder_of_logs(ladder: Transcript) -> None:
    jsonschema.Draft202012Validator(schema()).validate(json.loads(json_text(ladder)))
    for shown in (text(ladder), text(ladder, 160), markdown(ladder), html(ladder)):
        assert "\x1b" not in shown
        assert "None octets" not in shown
    assert "<script>alert" not in html(ladder)


def test_a_log_s_lines_carry_their_numbers_in_the_document() -> None:
    made = json.loads(json_text(transcript(healthy()[0])))
    assert made["clock"] == "log"
    assert [line["log_line"] for line in made["lines"]] == list(range(1, len(made["lines"]) + 1))


def test_aggressive_mode_has_words() -> None:
    books = ends()
    for name, sender in (("AM1", 0), ("AM2", 1), ("AM3", 0)):
        books[sender].passes(0.0, Way.SENT, name, payloads=("SA", "KE"))
        books[1 - sender].passes(0.01, Way.RECEIVED, name, payloads=("SA", "KE"))
    shown = text(ladder_of((books[0].negotiation(), books[1].negotiation())))
    assert "Opens aggressive mode in clear" in shown
    assert "no words for" not in shown


def test_a_single_stamp_makes_no_clock() -> None:
    book = Book(0, clock=False)
    talk((book, Book(1)), ("MM1", "MM2"))
    book.clock = True
    book.line(1.0, "stamped")
    ladder = transcript(book.negotiation(Outcome.OPEN))
    assert ladder.clock is Clock.NONE
    assert "+" not in text(ladder).split("── verdict")[0].replace("HDR + ", "").replace(" + ", "")


def test_lines_before_the_first_stamp_stand_at_the_start() -> None:
    book = Book(0, clock=False)
    book.line(0.0, "before")
    book.clock = True
    talk((book, Book(1)), ("MM1", "MM2", "MM3"))
    ladder = transcript(book.negotiation(Outcome.OPEN))
    assert ladder.clock is Clock.LOG
    assert steps(ladder)[-1].at - ladder.started_at < SECOND
