"""Every message again: at every later point, from the peer's address and from another, to its target and to its sender.

A repetition of the last message gets the last answer again, once, on the way to the peer; all else is silence. Nothing
that was sent before changes what a box holds.
"""

from collections.abc import Iterable

import pytest
from man_in_the_middle import EXCHANGE, OTHER, STRANGER, Flight, Middle, drops, from_elsewhere, sends, sent_back

from mainmode.base.errors import Drop
from mainmode.device.decision import BoxEffect, PacketOut
from mainmode.ike.effects import Dropped, Say, Send
from mainmode.wire.ip import Ipv4

PATIENCE = ("tries", "use_at", "deadline")
"""What QM2 again may change: a peer that did not get QM3 sends it, so traffic waits a little longer on the old pair."""
LATER_ANSWERS = {"MM1": "MM2", "MM3": "MM4", "MM5": "MM6", "QM1": "QM2", "QM2": "QM3"}


def repeat(world: Middle, flight: Flight, packet: Ipv4, to: str, what: str) -> list[Send]:
    """A packet once more: nothing changes by it, and what leaves was sent before, to the peer. What left is given."""
    patience = PATIENCE if what == "QM2 again" else ()
    before = world.snapshot(to, *patience)
    effects = world.hand(to, packet)
    left = sends(effects)
    for send in left:
        assert send.retransmission, f"{what}: {send.step} is no repetition"
        assert send.path.remote.address == world.boxes[OTHER[to]].interfaces["outside"].address, what
        assert any(send.datagram in known.packet.payload for known in world.sent), f"{what}: {send.step} is new"
    assert len(left) <= 1, what
    assert drops(effects), f"{what} is taken"
    assert all(isinstance(effect, Dropped | Say | Send) for effect in effects), what
    assert world.snapshot(to, *patience) == before, f"{what} changes something"
    return left


def replays(world: Middle, known: Iterable[Flight]) -> dict[str, set[str]]:
    """All of them again, and what was answered to each label when it came from the peer's address."""
    answers: dict[str, set[str]] = {}
    for flight in known:
        if flight.label in EXCHANGE:
            left = repeat(world, flight, flight.packet, flight.target, f"{flight.label} again")
            answers.setdefault(flight.label, set()).update(send.step.value for send in left)
            if flight.label != "MM1":
                elsewhere = from_elsewhere(flight.packet)
                assert not repeat(world, flight, elsewhere, flight.target, f"{flight.label} again from elsewhere")
            if flight.label != "MM1":
                assert not repeat(world, flight, sent_back(flight), flight.sender, f"{flight.label} sent back")
    return answers


def test_every_message_at_every_later_point_of_its_exchange() -> None:
    world = Middle()
    delivered: list[Flight] = []
    answered: dict[str, set[str]] = {}

    def between(flight: Flight) -> list[Ipv4]:
        if flight.label in EXCHANGE:
            for label, steps in replays(world, delivered).items():
                answered.setdefault(label, set()).update(steps)
            delivered.append(flight)
        return [flight.packet]

    world.middle = between
    world.bring_up()
    assert [flight.label for flight in delivered] == list(EXCHANGE)
    replays(world, delivered)
    assert world.standing()
    assert world.ping(sequence=3)
    for label, steps in answered.items():
        assert steps <= {LATER_ANSWERS.get(label)}, f"{label} was answered with {steps}"
    assert answered["MM1"] == {"MM2"}
    assert answered["MM3"] == {"MM4"}


def test_a_first_message_again_is_one_negotiation_more_at_most_and_its_answer_goes_to_its_sender() -> None:
    """MM1 proves nothing and is answered to where it came from; without our cookie from there it goes no further."""
    world = Middle()
    world.bring_up()
    first = next(flight for flight in world.sent if flight.label == "MM1")
    before = len(world.boxes["b"].ike_sas)
    effects = world.hand("b", from_elsewhere(first.packet))
    assert [send.path.remote.address for send in sends(effects)] == [STRANGER]
    assert len(sends(effects)[0].datagram) <= len(first.ike)
    assert len(world.boxes["b"].ike_sas) == before + 1
    for flight in world.flights("MM3", "MM5", "QM1", "QM3"):
        assert not sends(world.hand("b", from_elsewhere(flight.packet)))
    world.wait(70)
    assert len(world.boxes["b"].ike_sas) == before
    assert world.standing()


def test_a_first_message_that_comes_back_is_no_negotiation() -> None:
    """A box that answers its own offer could be led to talk to itself, and prove to itself that it is its peer."""
    world = Middle()

    def between(flight: Flight) -> list[Ipv4]:
        return []

    world.middle = between
    world.ping()
    first = world.sent[0]
    assert first.label == "MM1"
    assert not repeat(world, first, sent_back(first), "a", "MM1 sent back")


def test_a_box_cannot_be_made_its_own_peer() -> None:
    """Everything is sent back to its sender, nothing is changed but the addresses: both ends have the same key."""
    world = Middle()
    waiting: list[Ipv4] = []

    def between(flight: Flight) -> list[Ipv4]:
        waiting.append(sent_back(flight))
        return []

    world.middle = between
    world.ping()
    for _ in range(40):
        if not waiting:
            break
        packet = waiting.pop(0)
        world.carry("a", world.hand("a", packet))
    assert world.sent
    assert not world.up("a"), "phase 1 with itself"
    assert not world.installed("a")


def test_messages_of_before_are_nothing_after_a_renewal_of_phase_2() -> None:
    world = Middle()
    world.bring_up()
    old = [*world.sent]
    world.carry("a", world.boxes["a"].renew(world.boxes["a"].sad.states()[0].pair.inbound_spi, world.now))
    world.wait(8)
    replays(world, [flight for flight in old if flight.label != "MM1"])
    world.wait(120)
    replays(world, [flight for flight in old if flight.label != "MM1"])
    assert world.standing()
    assert world.ping(sequence=5)


def test_qm2_again_and_again_holds_traffic_on_the_old_pair_for_a_while_only() -> None:
    """That wait ends: the pair that was renewed stands meanwhile, and traffic moves."""
    world = Middle()
    world.bring_up()
    old = world.boxes["a"].sad.states()[0].pair
    world.middle = lambda flight: [] if flight.label == "ESP" else [flight.packet]
    world.carry("a", world.boxes["a"].renew(old.inbound_spi, world.now))
    world.wait(1)
    answer = world.flights("QM2")[-1]
    moved = None
    for second in range(200):
        world.carry("a", world.hand("a", answer.packet))
        if world.boxes["a"].sad.outbound_for(old.peer, old.proxies) is not world.boxes["a"].sad.inbound(
            old.inbound_spi
        ):
            moved = second
            break
        world.wait(1)
    assert moved is not None, "an attacker holds the traffic on the old pair for ever"
    assert moved <= 100


@pytest.mark.parametrize("again_up", [False, True])
def test_messages_of_before_are_nothing_after_the_end(again_up: bool) -> None:
    """Deleted by the administrator; with and without a new tunnel between the same two."""
    world = Middle()
    world.bring_up()
    world.carry("a", world.boxes["a"].clear(None, world.now))
    old = [*world.sent]
    assert not any(world.boxes[name].ike_sas for name in "ab")
    if again_up:
        world.bring_up()
    for flight in old:
        if flight.label == "MM1":
            continue
        for packet in (flight.packet, from_elsewhere(flight.packet)):
            before = world.snapshot(flight.target)
            effects = world.hand(flight.target, packet)
            assert drops(effects)
            if flight.label == "ESP" and again_up and packet is flight.packet:
                assert complains_to_the_peer(effects)
                continue
            assert world.snapshot(flight.target) == before
            assert not sends(effects), flight.label
    if again_up:
        assert world.standing()
        assert world.ping(sequence=6)


def complains_to_the_peer(effects: list[BoxEffect]) -> bool:
    """ESP of an SA that is gone, and an IKE SA stands: the peer is told under it, and nothing else happens."""
    left = sends(effects)
    return (
        len(left) == 2
        and all(send.message is not None and send.message.flags for send in left)
        and all(isinstance(effect, Dropped | Say | Send) for effect in effects)
    )


def test_a_delete_again_does_not_end_the_next_tunnel() -> None:
    world = Middle()
    world.bring_up()
    before = len(world.sent)
    world.carry("a", world.boxes["a"].clear(None, world.now))
    deletes = [flight for flight in world.sent[before:] if flight.label != "ESP"]
    assert {flight.sender for flight in deletes} == {"a", "b"}
    world.bring_up()
    for flight in deletes:
        for packet, to in ((flight.packet, flight.target), (sent_back(flight), flight.sender)):
            snapshot = world.snapshot(to)
            assert [drop.reason for drop in drops(world.hand(to, packet))] == [Drop.UNKNOWN_COOKIE]
            assert world.snapshot(to) == snapshot
    assert world.standing()


# --- ESP -------------------------------------------------------------------------------------------------------------


def esp_flights(world: Middle, count: int) -> list[Flight]:
    """So many pings, and the ESP packets from a to b of them."""
    before = len(world.sent)
    for sequence in range(count):
        assert world.ping(sequence=sequence + 10)
    return [flight for flight in world.sent[before:] if flight.label == "ESP" and flight.sender == "a"]


def nothing_of(world: Middle, to: str, packet: Ipv4) -> list[BoxEffect]:
    before = world.snapshot(to)
    effects = world.hand(to, packet)
    assert not any(isinstance(effect, PacketOut) for effect in effects)
    assert world.snapshot(to) == before
    return effects


def test_esp_again_in_the_window_and_left_of_it() -> None:
    world = Middle()
    world.bring_up()
    flights = esp_flights(world, 80)
    for flight in flights:
        for packet in (flight.packet, from_elsewhere(flight.packet)):
            assert [drop.reason for drop in drops(nothing_of(world, "b", packet))] == [Drop.REPLAY]
    assert world.ping(sequence=200)


def test_esp_again_across_a_renewal_and_after_the_end_of_its_pair() -> None:
    world = Middle()
    world.bring_up()
    flights = esp_flights(world, 5)
    world.carry("a", world.boxes["a"].renew(world.boxes["a"].sad.states()[0].pair.inbound_spi, world.now))
    world.wait(1)
    assert len(world.boxes["b"].sad.states()) == 2
    for flight in flights:
        assert [drop.reason for drop in drops(nothing_of(world, "b", flight.packet))] == [Drop.REPLAY]
    world.wait(120)
    assert world.standing()
    for flight in flights:
        before = [(state.pair, state.usable) for state in world.boxes["b"].sad.states()]
        effects = world.hand("b", flight.packet)
        assert drops(effects)[0].reason is Drop.UNKNOWN_SPI
        assert not any(isinstance(effect, PacketOut) for effect in effects)
        assert [(state.pair, state.usable) for state in world.boxes["b"].sad.states()] == before


def test_esp_of_before_a_restart_is_unknown_and_answered_with_nothing() -> None:
    world = Middle()
    world.bring_up()
    flights = esp_flights(world, 3)
    world.boxes["b"] = world.new_box("b", start=1)
    for flight in flights:
        effects = nothing_of(world, "b", flight.packet)
        assert [drop.reason for drop in drops(effects)] == [Drop.UNKNOWN_SPI]
        assert not sends(effects)


def test_esp_sent_back_is_nobodys() -> None:
    world = Middle()
    world.bring_up()
    for flight in esp_flights(world, 3):
        effects = world.hand("a", sent_back(flight))
        assert [drop.reason for drop in drops(effects)] == [Drop.UNKNOWN_SPI]
        assert not any(isinstance(effect, PacketOut) for effect in effects)
