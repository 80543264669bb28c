"""Two logs of one exchange are found to be one, and two that are not are told apart, with reasons."""

from dataclasses import replace

from strangers_logs import MAIN, QUICK, START, Book, ends, healthy, renumbered, talk

from mainmode.base.address import Proxy
from mainmode.base.instant import SECOND, Instant
from mainmode.catalogue.facts import Message, Phase, Proxies, Role, Up, Way, Whose
from mainmode.explain.alike import WEIGHTS
from mainmode.explain.negotiation import Negotiation, Outcome
from mainmode.explain.pair import losses, one_way, pairings
from mainmode.explain.pairing import Pairing, Same
from mainmode.explain.passages import passages
from mainmode.explain.record import Noted

HOUR = 3600 * SECOND


def pair_of(first: Negotiation, second: Negotiation) -> Pairing:
    found = pairings([first], [second])
    assert len(found) == 1
    return found[0]


def test_two_views_of_one_tunnel_are_one_exchange() -> None:
    found = pair_of(*healthy())
    assert found.same is Same.YES
    assert found.confidence > 0.99
    assert all(link.sent and link.received for link in found.links)
    assert [link.name for link in found.links] == [*MAIN, *QUICK]
    assert [link.sender for link in found.links] == [0, 1, 0, 1, 0, 1, 0, 1, 0]


def test_the_clocks_difference_is_estimated_and_stated() -> None:
    found = pair_of(*healthy(skew=5 * HOUR + 7 * SECOND))
    assert found.same is Same.YES
    assert found.offset is not None
    assert abs(found.offset - 5 * HOUR - 7 * SECOND) < SECOND
    assert found.spread is not None
    assert found.spread <= SECOND // 10
    assert any("5.00 hours ahead of" in ground for ground in found.grounds)


def test_without_clocks_there_is_no_offset() -> None:
    found = pair_of(*healthy(clock=False))
    assert found.same is Same.YES
    assert found.offset is None
    assert len(found.links) == 9


def test_other_message_ids_and_spis_are_another_exchange() -> None:
    first, _ = healthy()
    _, second = healthy(0x52481CF5, ("1698cac7", "db680406"))
    found = pair_of(first, second)
    assert found.same is Same.NO
    assert found.links == ()
    reasons = " ".join(found.grounds)
    assert "7b80c2b0" in reasons
    assert "52481cf5" in reasons
    assert "fd2d851f" in reasons


def test_both_initiators_are_no_pair() -> None:
    first, second = ends()
    talk((first, second), ("MM1",))
    mirrored = replace(second.negotiation(Outcome.FAILED), role=Role.INITIATOR)
    found = pair_of(first.negotiation(Outcome.FAILED), mirrored)
    assert found.same is Same.NO
    assert any("Both are the initiator" in ground for ground in found.grounds)


def test_two_ends_do_not_face_the_same_address() -> None:
    first, second = healthy()
    found = pair_of(first, replace(second, peer="10.0.0.2", local=""))
    assert any("10.0.0.2" in ground and "same address" in ground for ground in found.grounds)


def test_lengths_and_payloads_that_differ_in_clear_messages_speak_against() -> None:
    books = ends()
    for name, sender in (("MM1", 0), ("MM2", 1), ("MM3", 0)):
        books[sender].passes(0.0, Way.SENT, name)
        books[1 - sender].passes(0.01, Way.RECEIVED, name, payloads=("SA",), length=60)
    found = pair_of(books[0].negotiation(Outcome.FAILED), books[1].negotiation(Outcome.FAILED))
    assert found.same is Same.NO
    assert any("MM1 was sent with 168 octets, and received with 60" in ground for ground in found.grounds)
    assert any("MM1 was sent with SA VENDOR VENDOR" in ground for ground in found.grounds)


def test_padding_of_encrypted_messages_does_not_speak_against() -> None:
    first, second = healthy()
    padded = tuple(
        Noted(replace(one.fact, length=one.fact.length + 12), replace(one.record, dialect="charon"))
        if isinstance(one.fact, Message) and one.fact.name in ("MM5", "MM6", "QM1") and one.fact.length
        else one
        for one in second.noted
    )
    found = pair_of(first, replace(second, noted=padded))
    assert found.same is Same.YES
    assert not any("octets, and received" in ground for ground in found.grounds)


def test_networks_that_do_not_mirror_speak_against_only_as_sent_and_received() -> None:
    inner, outer, other = Proxy.of("192.168.1.0/24"), Proxy.of("192.168.2.0/24"), Proxy.of("192.168.7.0/24")
    books = ends()
    talk(books, MAIN)
    books[0].line(1.0, "ours", Proxies(inner, outer, Whose.OWN))
    books[1].line(1.0, "configured", Proxies(outer, other, Whose.OWN))
    books[1].line(1.0, "theirs", Proxies(outer, inner, Whose.PEER))
    fitting = pair_of(books[0].negotiation(Outcome.FAILED), books[1].negotiation(Outcome.FAILED))
    assert any("mirror each other" in ground for ground in fitting.grounds)
    wrong = ends()
    talk(wrong, MAIN)
    wrong[0].line(1.0, "ours", Proxies(inner, outer, Whose.OWN))
    wrong[1].line(1.0, "theirs", Proxies(other, inner, Whose.PEER))
    found = pair_of(wrong[0].negotiation(Outcome.FAILED), wrong[1].negotiation(Outcome.FAILED))
    assert any("192.168.7.0" in ground for ground in found.grounds)
    assert found.confidence < fitting.confidence


def test_answers_that_never_arrive_cut_the_way_back() -> None:
    books = ends()
    for place, at in enumerate((0.0, 4.0, 11.0, 24.0)):
        books[0].passes(at, Way.SENT, "MM1", again=place > 0)
        books[1].passes(at + 0.02, Way.RECEIVED, "MM1", again=place > 0)
        books[1].passes(at + 0.03, Way.SENT, "MM2", again=place > 0)
    books[0].line(40.0, "gives up")
    found = pair_of(books[0].negotiation(Outcome.FAILED), books[1].negotiation(Outcome.OPEN))
    assert found.same is Same.YES
    lost = losses(found)
    assert [(loss.sender, loss.name, loss.sent, loss.arrived) for loss in lost] == [(1, "MM2", 4, 0)]
    assert one_way(found) == 1
    assert any("MM2, sent 4 times by the second log's device, never arrived." in ground for ground in found.grounds)
    assert any("Only the way from the second" in ground for ground in found.grounds)


def test_the_first_of_repetitions_may_be_lost() -> None:
    books = ends(skew=-3 * HOUR)
    books[0].passes(0.0, Way.SENT, "MM1")
    books[0].passes(8.0, Way.SENT, "MM1", again=True)
    books[1].passes(8.02, Way.RECEIVED, "MM1")
    talk(books, MAIN[1:], 8.1)
    found = pair_of(books[0].negotiation(), books[1].negotiation())
    assert found.offset is not None
    assert abs(found.offset + 3 * HOUR) < SECOND
    lost = losses(found)
    assert [(loss.name, loss.sent, loss.arrived) for loss in lost] == [("MM1", 2, 1)]
    assert found.links[0].received is None
    assert found.links[1].received is not None
    assert one_way(found) is None


def test_what_the_other_log_is_too_short_to_tell_is_not_lost() -> None:
    books = ends()
    talk(books, MAIN)
    books[0].passes(500.0, Way.SENT, "INFO", 77)
    found = pair_of(books[0].negotiation(), books[1].negotiation())
    assert losses(found) == ()


def test_a_log_that_tells_of_sending_only_loses_nothing() -> None:
    first, second = healthy()
    silent = tuple(one for one in second.noted if not (isinstance(one.fact, Message) and one.fact.way is Way.RECEIVED))
    second = replace(second, noted=silent, dialect="pluto")
    found = pair_of(first, second)
    assert found.same is Same.YES
    assert losses(found) == ()
    assert {link.name for link in found.links} >= {"MM1", "MM2", "MM3", "MM4", "MM5", "MM6", "QM1", "QM2"}


def attempts(count: int, skew: int = 0) -> tuple[list[Negotiation], list[Negotiation]]:
    """So many failed attempts of the same two peers, with nothing in them but times."""
    first, second = [], []
    at = 0.0
    for number in range(1, count + 1):
        books = ends(skew, number)
        for again in range(2):
            talk(books, ("MM1", "MM2"), at + again * 3)
        at += 17.0 + number * 5
        first.append(books[0].negotiation(Outcome.FAILED))
        second.append(books[1].negotiation(Outcome.FAILED))
    return first, second


def test_attempts_of_the_same_peers_are_assigned_by_their_times() -> None:
    first, second = attempts(5, skew=2 * HOUR + 11 * SECOND)
    found = pairings(first, second[::-1])
    assert sorted((one.first, one.second) for one in found) == [(number, number) for number in range(1, 6)]
    assert all(one.same in (Same.YES, Same.LIKELY) for one in found)


def test_an_attempt_that_one_log_lacks_stays_alone() -> None:
    first, second = attempts(5, skew=-90 * SECOND)
    del second[1]
    found = pairings(first, second)
    assert sorted((one.first, one.second) for one in found) == [(1, 1), (3, 3), (4, 4), (5, 5)]


def test_many_tunnels_are_assigned_by_their_numbers() -> None:
    first, second = [], []
    for number in range(1, 120):
        one, other = healthy(0x1000 + number, (f"{number:08x}", f"{number + 5000:08x}"), skew=17 * SECOND)
        first.append(renumbered(one, number))
        second.append(renumbered(other, 200 - number))
    found = pairings(first, second)
    assert {(one.first, one.second) for one in found} == {(number, 200 - number) for number in range(1, 120)}


def test_a_capture_at_the_same_end_is_turned() -> None:
    first, _ = healthy()
    packets = replace(first, log=1, dialect="capture", number=9)
    found = pair_of(first, packets)
    assert found.same is Same.YES
    assert found.offset == 0
    assert all(link.sent and link.received for link in found.links)


def test_the_same_log_twice_is_not_two_sides() -> None:
    first, _ = healthy()
    found = pair_of(first, replace(first, log=1))
    assert found.same is Same.NO
    assert found.grounds[0].startswith("Both logs are of the same end")


def test_nothing_to_compare_is_unknown() -> None:
    one, other = Book(0, peer="", local=""), Book(1, Role.RESPONDER, "", "", clock=False)
    one.line(0.0, "phase 2 up", Up(Phase.TWO))
    other.line(0.0, "phase 2 up", Up(Phase.TWO))
    found = pair_of(replace(one.negotiation(), role=None), replace(other.negotiation(), role=None))
    assert found.same is Same.UNKNOWN


def test_no_negotiation_gives_no_pairing() -> None:
    assert pairings([], [healthy()[1]]) == ()


def test_numbers_that_both_ends_see_weigh_more_than_what_leans() -> None:
    firm = min(WEIGHTS[kind].denies for kind in ("spi", "cookie", "message id", "roles"))
    assert firm > max(WEIGHTS[kind].says for kind in ("addresses", "gaps", "clocks", "lengths", "payloads", "proxies"))


def test_two_lines_of_one_message_are_one_passage() -> None:
    book = Book(0, dialect="charon")
    book.passes(0.0, Way.SENT, "MM1", length=None)
    book.passes(0.0, Way.SENT, "", payloads=(), length=168)
    book.passes(0.1, Way.RECEIVED, "", payloads=(), length=128)
    book.passes(0.1, Way.RECEIVED, "MM2", length=None)
    book.passes(0.2, Way.SENT, "MM3")
    book.passes(0.3, Way.SENT, "MM3", again=True)
    told = passages(book.negotiation(Outcome.OPEN))
    assert [(one.name, one.length, bool(one.payloads)) for one in told] == [
        ("MM1", 168, True),
        ("MM2", 128, True),
        ("MM3", 304, True),
        ("MM3", 304, True),
    ]


def test_a_responder_that_forgets_what_it_refused_has_one_partner_for_all_of_it() -> None:
    initiator = Book(0)
    refusals = []
    for place, at in enumerate((0.0, 4.0, 11.0, 24.0)):
        book = Book(1, Role.RESPONDER, "10.0.0.1", "10.0.0.2", place + 1)
        initiator.passes(at, Way.SENT, "MM1", again=place > 0)
        book.passes(at + 0.02, Way.RECEIVED, "MM1")
        book.passes(at + 0.03, Way.SENT, "INFO", 40 + place)
        initiator.passes(at + 0.04, Way.RECEIVED, "INFO", 40 + place)
        told = book.negotiation(Outcome.FAILED)
        refusals.append(replace(told, noted=tuple(later(one, place * 10) for one in told.noted)))
    found = pairings([initiator.negotiation(Outcome.FAILED)], refusals)
    assert len(found) == 1
    assert found[0].same is Same.YES
    assert losses(found[0]) == ()
    assert len([link for link in found[0].links if link.name == "MM1" and link.sent and link.received]) == 4


def later(one: Noted, lines: int) -> Noted:
    """A fact so many lines further down."""
    record = one.record
    return Noted(one.fact, replace(record, first=record.first + lines, last=record.last + lines))


def test_what_is_repeated_after_the_end_is_not_lost() -> None:
    books = ends()
    talk(books, MAIN[:5])
    books[1].line(0.6, "refuses")
    for at in (3.0, 9.0, 20.0):
        books[0].passes(at, Way.SENT, "MM5", again=True)
    lonely = Book(1, Role.RESPONDER, "10.9.9.9", "10.0.0.2", 2)
    lonely.passes(40.0, Way.RECEIVED, "MM1")
    found = pairings(
        [books[0].negotiation(Outcome.FAILED)],
        [books[1].negotiation(Outcome.FAILED), lonely.negotiation(Outcome.OPEN)],
    )
    assert losses(found[0]) == ()


def test_a_log_without_a_year_is_compared_by_the_day() -> None:
    yearless = Instant(91_363_943 * SECOND)
    first, second = healthy(skew=yearless - START)
    plain = Instant(1_795_431_143 * SECOND)
    first = healthy(skew=0)[0]
    moved = tuple(
        Noted(one.fact, replace(one.record, reading=one.record.reading._replace(at=Instant(at + plain - START))))
        for one in first.noted
        if (at := one.record.reading.at) is not None
    )
    first = replace(first, noted=moved, started=plain, ended=Instant(plain + 2 * SECOND))
    second = replace(second, started=yearless, ended=Instant(yearless + 2 * SECOND))
    found = pair_of(first, second)
    assert found.same is Same.YES
    assert found.offset == yearless - plain
    assert any("Both happened at the same time" in ground for ground in found.grounds)
