"""Records into negotiations."""

import pytest
from fake_dialect import FakeDialect, negotiated

from mainmode.catalogue.facts import Message, Role
from mainmode.explain import correlate
from mainmode.explain.assembler import Assembler
from mainmode.explain.negotiation import Negotiation, Outcome

HEALTHY = """BOX wanted
BOX<P> begin one initiator
BOX<P> sent SA VENDOR
BOX<P> got SA
BOX<P> sent KE NONCE
BOX<P> got KE NONCE
BOX<P> sent ID HASH
BOX<P> got ID HASH
BOX<P> up one
BOX<P> begin two initiator
BOX<P;id=1a2b> sent HASH SA NONCE ID ID
BOX<P;id=1a2b> got HASH SA NONCE ID ID
BOX<P;id=1a2b> sent HASH
BOX note a
BOX<P> up two 0a 0b"""
SILENT = """BOX<P> begin one initiator
BOX<P> sent SA VENDOR
BOX<P> sent SA VENDOR again
BOX<P> sent SA VENDOR again
BOX<P> gave up one
BOX<P> says CATCH_ALL"""


def names(one: Negotiation) -> list[str]:
    return [fact.name for fact, _ in one.all(Message) if not fact.again]


def test_a_healthy_negotiation_is_one_with_named_messages() -> None:
    (one,) = negotiated(HEALTHY.replace("P", "10.0.0.2"))
    assert names(one) == ["MM1", "MM2", "MM3", "MM4", "MM5", "MM6", "QM1", "QM2", "QM3"]
    assert (one.peer, one.role, one.outcome, one.reached) == ("10.0.0.2", Role.INITIATOR, Outcome.UP, "phase 2")
    assert (one.first, one.last, one.records) == (1, 15, 15)
    assert one.phase1 is not None
    assert one.phase1.outcome is Outcome.UP
    assert [attempt.message_id for attempt in one.phase2] == [0x1A2B]
    assert len(one.lines) == 15


def test_a_log_that_ends_with_the_third_message_of_quick_mode_is_of_a_tunnel_that_is_up() -> None:
    lines = HEALTHY.replace("P", "10.0.0.2").split("\n")
    (sent,) = negotiated("\n".join(lines[:13]))
    (not_sent,) = negotiated("\n".join(lines[:12]))
    assert (sent.outcome, sent.reached) == (Outcome.UP, "phase 2")
    assert (not_sent.phase2[0].outcome, not_sent.reached) == (Outcome.OPEN, "phase 1")


def test_what_is_held_of_very_many_negotiations_is_bounded_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole negotiations go where little of each is too much together: those that went well first, and old ones."""
    monkeypatch.setattr(correlate, "BUDGET", 400)
    monkeypatch.setattr(correlate, "MOST_HELD", 12_000)
    assembler, correlator = Assembler((FakeDialect(),)), correlate.Correlator()
    peers = [f"10.1.{number // 250}.{number % 250}" for number in range(1500)]
    for number, peer in enumerate(peers):
        text = SILENT if number == 3 else HEALTHY
        correlator.feed(assembler.feed(text.replace("P", peer).split("\n")))
    correlator.feed(assembler.feed([f"BOX<{peers[0]}> gave up two"]))
    correlator.feed(assembler.finish())
    *found, after = correlator.finish()
    assert (after.peer, after.records) == (peers[0], 1)
    assert sum(len(one.noted) + len(one.lines) for one in found) <= 12_000 + 256 * 30
    assert {one.peer for one in found} >= {*peers[-256:], peers[3]}
    assert correlator.forgotten == len(peers) - len(found) > 0
    assert str(correlator.forgotten) in correlator.notes[0]


def test_the_responder_names_them_from_its_side() -> None:
    text = HEALTHY.replace("initiator", "responder").replace("sent", "?").replace("got", "sent").replace("?", "got")
    (one,) = negotiated(text.replace("P", "10.0.0.2"))
    assert names(one) == ["MM1", "MM2", "MM3", "MM4", "MM5", "MM6", "QM1", "QM2", "QM3"]
    assert one.role is Role.RESPONDER


def test_peers_that_are_interleaved_come_apart() -> None:
    pairs = zip(HEALTHY.split("\n")[1:13], SILENT.split("\n") * 2, strict=True)
    text = "\n".join(f"{a.replace('P', '10.0.0.2')}\n{b.replace('P', '10.0.0.3')}" for a, b in pairs)
    first, *others = negotiated(text)
    assert names(first) == ["MM1", "MM2", "MM3", "MM4", "MM5", "MM6", "QM1", "QM2", "QM3"]
    assert [(one.peer, one.outcome, one.repeated) for one in others] == [("10.0.0.3", Outcome.FAILED, 2)] * 2


def test_many_that_fail_alike_are_counted() -> None:
    found = negotiated("\n".join([SILENT.replace("P", "10.0.0.3")] * 30))
    assert len(found) == 9
    assert sum(1 + one.similar for one in found) == 30


def test_only_one_peer_is_kept_where_asked() -> None:
    text = HEALTHY.replace("P", "10.0.0.2") + "\n" + SILENT.replace("P", "10.0.0.3")
    assert [one.peer for one in negotiated(text, peer="10.0.0.3")] == ["10.0.0.3"]


def test_a_connection_number_that_comes_late_is_the_same_negotiation() -> None:
    lines = HEALTHY.replace("P", "10.0.0.2").split("\n")
    moved = [line.replace("<10.0.0.2", "<sa=1003") if number > 5 else line for number, line in enumerate(lines)]
    (one,) = negotiated("\n".join(moved))
    assert names(one) == ["MM1", "MM2", "MM3", "MM4", "MM5", "MM6", "QM1", "QM2", "QM3"]


def test_a_rekeyed_phase_2_leaves_the_tunnel_up_and_the_last_delete_closes_it() -> None:
    text = HEALTHY.replace("P", "10.0.0.2")
    again = text.split("\n", 9)[9].replace("1a2b", "77").replace("0a 0b", "1a 1b")
    (one,) = negotiated(f"{text}\n{again}\nBOX<10.0.0.2> deleted 0a")
    assert [attempt.outcome for attempt in one.phase2] == [Outcome.CLOSED, Outcome.UP]
    assert one.outcome is Outcome.UP
    (one,) = negotiated(f"{text}\n{again}\nBOX<10.0.0.2> down all idle")
    assert one.outcome is Outcome.CLOSED


def test_a_role_that_is_told_overrules_the_guess_from_the_first_message() -> None:
    text = "BOX<P> sent SA\nBOX<P> got KE NONCE\nBOX<P;role=responder> note a\nBOX<P> sent KE NONCE"
    (one,) = negotiated(text.replace("P", "10.0.0.2"))
    assert names(one) == ["MM2", "MM3", "MM4"]
    assert one.role is Role.RESPONDER


def test_a_line_without_a_host_is_of_the_one_host_of_the_log() -> None:
    text = HEALTHY.replace("P", "10.0.0.2").split("\n")
    mixed = "\n".join(f"@{number} fw {line}" if number % 3 else line for number, line in enumerate(text))
    (one,) = negotiated(mixed)
    assert one.outcome is Outcome.UP
    assert len({two.device for two in negotiated(mixed + "\n@20 other BOX<10.0.0.2> begin one")}) == 2
