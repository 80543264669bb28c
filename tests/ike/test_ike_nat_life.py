"""NAT traversal after phase 1: keepalives, mappings that change, and the ways in which it is off."""

from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from crafted import protected
from pair import A, B, Seeded, pair, settings, without_keepalives
from test_ike_negotiations import up

from mainmode.base.address import Endpoint, Path
from mainmode.base.codes import NotifyType, ProtocolId
from mainmode.base.errors import Drop
from mainmode.base.instant import Instant, seconds
from mainmode.ike.effects import Cause, MoveSa, Phase1Down, Send, Step
from mainmode.ike.engine import Engine
from mainmode.ike.settings import IkeSettings
from mainmode.ipsec.dataplane import Activity
from mainmode.wire.natt import KEEPALIVE
from mainmode.wire.payloads import Notify
from mainmode.wire.vendor import NAT_T_02, NAT_T_03, NAT_T_RFC

PUBLIC_A = IPv4Address("203.0.113.1")
PUBLIC_B = IPv4Address("203.0.113.2")


class NatWorld:
    """Two engines with a NAT in front of a, and where `both` one with a port forward in front of b."""

    def __init__(self, first: IkeSettings | None = None, second: IkeSettings | None = None, both: bool = False) -> None:
        own = first or without_keepalives(settings(A))
        theirs = second or without_keepalives(settings(B))
        entry = theirs.entries[0]
        theirs = replace(
            theirs,
            entries=(replace(entry, peers=(PUBLIC_A,)),),
            groups={str(PUBLIC_A): replace(group, name=str(PUBLIC_A)) for group in theirs.groups.values()},
        )
        if both:
            entry = own.entries[0]
            own = replace(
                own,
                entries=(replace(entry, peers=(PUBLIC_B,)),),
                groups={str(PUBLIC_B): replace(group, name=str(PUBLIC_B)) for group in own.groups.values()},
            )
        self.both = both
        self.port = 20_000
        self.seen: list[tuple[str, Send, Path]] = []
        self.blocked: set[int] = set()
        self.pair = pair(own, theirs)
        self.pair.filter = self._carry

    def _carry(self, side: str, send: Send) -> bytes | None:
        """The datagram with the addresses that the other side sees; the pair itself delivers nothing."""
        path = send.path
        if path.remote.port in self.blocked:
            return None
        if side == "a":
            local = Endpoint(B, path.remote.port)
            arrives = Path(local, Endpoint(PUBLIC_A, self.port + path.local.port))
            engine, other = self.pair.b, "b"
        else:
            port = path.remote.port - self.port
            if path.remote.address != PUBLIC_A or port not in (500, 4500):
                return None
            arrives = Path(Endpoint(A, port), Endpoint(PUBLIC_B if self.both else B, path.local.port))
            engine, other = self.pair.a, "a"
        self.seen.append((side, send, arrives))
        self.pair.note(other, engine.receive(send.datagram, arrives, self.pair.now))
        return None

    def up(self) -> "NatWorld":
        self.pair.trigger("a")
        assert up(self.pair)
        self.seen.clear()
        self.pair.heard.clear()
        return self

    def keepalives(self, side: str) -> int:
        return sum(1 for where, send, _ in self.seen if where == side and send.datagram == KEEPALIVE)


def test_the_side_behind_the_nat_sends_one_octet_on_4500_when_all_was_quiet() -> None:
    world = NatWorld().up()
    world.pair.run(19.9)
    assert world.keepalives("a") == 0
    world.pair.run(100.2)
    assert world.keepalives("a") == 6
    assert world.keepalives("b") == 0
    (side, send, arrives) = world.seen[0]
    assert (side, send.message, send.path.local.port, arrives.local.port) == ("a", None, 4500, 4500)
    assert f"NAT-T keepalive received from outside:{PUBLIC_A}/24500 to outside:{B}/4500" in world.pair.lines("b")
    assert {effect.reason for side, effect in world.pair.heard if hasattr(effect, "reason")} == {Drop.NAT_KEEPALIVE}


def test_what_was_sent_otherwise_spares_the_keepalive() -> None:
    world = NatWorld().up()
    (spi,) = world.pair.a._table.all()[0].children
    sent: dict[int, Activity] = {}
    world.pair.a._watch = sent.get
    for _ in range(10):
        sent[spi] = Activity(None, Instant(world.pair.now + seconds(9)), 0, 0)
        world.pair.run(10)
    assert world.keepalives("a") == 0
    world.pair.run(40)
    assert world.keepalives("a") == 2


def test_dead_peer_detection_keeps_the_mapping_open_too() -> None:
    world = NatWorld(settings(A), settings(B)).up()
    world.pair.run(300)
    assert world.keepalives("a") == 0
    assert world.pair.a.sas()


def test_without_a_nat_there_are_no_keepalives() -> None:
    world = pair(without_keepalives(settings(A)), without_keepalives(settings(B)))
    world.trigger("a")
    before = len(world.sends())
    world.run(3600)
    assert len(world.sends()) == before


def test_a_keepalive_from_anybody_changes_nothing() -> None:
    world = NatWorld().up()
    stranger = Path(Endpoint(B, 4500), Endpoint(IPv4Address("198.51.100.9"), 4500))
    world.pair.note("b", world.pair.b.receive(KEEPALIVE, stranger, world.pair.now))
    assert world.pair.b.sas()[0].peer == PUBLIC_A
    assert not world.pair.effects("b", MoveSa)


def test_ike_from_a_new_port_moves_the_peer_for_ike_and_for_its_sas() -> None:
    world = NatWorld(settings(A), settings(B)).up()
    world.port = 30_000
    world.pair.a._table.all()[0].life.heard = Instant(0)
    world.pair.run(11)
    moves = world.pair.effects("b", MoveSa)
    (inbound,) = world.pair.b._table.all()[0].children
    assert [(move.inbound_spi, move.path.remote) for move in moves if isinstance(move, MoveSa)] == [
        (inbound, Endpoint(PUBLIC_A, 34500))
    ]
    assert world.pair.b._table.all()[0].path.remote.port == 34500
    assert not world.pair.effects("a", MoveSa)
    world.pair.run(600)
    assert world.pair.a.sas()
    assert world.pair.b.sas()


def test_esp_from_a_new_port_moves_the_peer_too() -> None:
    world = NatWorld().up()
    (inbound,) = world.pair.b._table.all()[0].children
    effects = world.pair.b.moved(inbound, Endpoint(PUBLIC_A, 40_000), world.pair.now)
    assert [effect.path.remote.port for effect in effects if isinstance(effect, MoveSa)] == [40_000]
    assert world.pair.b._table.all()[0].path.remote.port == 40_000
    assert not world.pair.b.moved(inbound, Endpoint(PUBLIC_A, 40_000), world.pair.now)
    assert not world.pair.b.moved(inbound ^ 1, Endpoint(PUBLIC_A, 50_000), world.pair.now)


def test_esp_without_a_port_moves_nobody_to_where_nothing_can_be_sent() -> None:
    world = NatWorld().up()
    (inbound,) = world.pair.b._table.all()[0].children
    before = world.pair.b._table.all()[0].path
    assert not world.pair.b.moved(inbound, Endpoint(PUBLIC_A, 0), world.pair.now)
    assert world.pair.b._table.all()[0].path == before


def test_a_peer_behind_no_nat_is_not_followed_by_its_esp() -> None:
    world = NatWorld().up()
    (inbound,) = world.pair.a._table.all()[0].children
    assert not world.pair.a.moved(inbound, Endpoint(IPv4Address("198.51.100.9"), 4500), world.pair.now)
    assert world.pair.a.sas()[0].peer == B


def test_a_peer_behind_no_nat_is_not_followed_by_its_ike_either() -> None:
    world = pair(without_keepalives(settings(A)), without_keepalives(settings(B)))
    world.trigger("a")
    assert up(world)
    before = world.b.sas()[0].peer
    elsewhere = Path(Endpoint(B, 500), Endpoint(IPv4Address("198.51.100.9"), 500))
    protected(world, "b", Notify(NotifyType.INVALID_SPI, ProtocolId.ESP, bytes(4)), along=elsewhere)
    assert len(world.b._table.all()[0].spent_ids) == len(world.a._table.all()[0].spent_ids) + 1
    assert world.b.sas()[0].peer == before == A


def test_both_sides_behind_a_nat_come_up_and_both_keep_their_mappings_open() -> None:
    world = NatWorld(both=True).up()
    for engine in (world.pair.a, world.pair.b):
        (sa,) = engine._table.all()
        assert sa.nat.local_behind
        assert sa.nat.remote_behind
    world.pair.run(100)
    assert world.keepalives("a") == world.keepalives("b") == 5


@pytest.mark.parametrize("off", ["a", "b", "entry of a", "entry of b"])
def test_nat_traversal_off_on_one_side_leaves_everything_on_500(off: str) -> None:
    sides = {"a": without_keepalives(settings(A)), "b": without_keepalives(settings(B))}
    side = off[-1]
    if off.startswith("entry"):
        (entry,) = sides[side].entries
        sides[side] = replace(sides[side], entries=(replace(entry, nat_t_disable=True),))
    else:
        sides[side] = replace(sides[side], nat_traversal=None)
    world = NatWorld(sides["a"], sides["b"])
    world.pair.trigger("a")
    assert up(world.pair)
    assert {send.path.local.port for _, send in world.pair.sends()} == {500}
    assert not world.pair.a._table.all()[0].nat.found
    announced = {
        payload.data
        for where, send in world.pair.sends()
        if where == side and send.message is not None
        for payload in send.message.payloads
        if hasattr(payload, "data")
    }
    assert not announced & {NAT_T_02, NAT_T_03, NAT_T_RFC}


def test_where_4500_is_blocked_both_give_up_and_say_why() -> None:
    world = NatWorld()
    world.blocked = {4500}
    world.pair.trigger("a")
    world.pair.run(300)
    assert not world.pair.a.sas()
    assert not world.pair.b.sas()
    (down,) = world.pair.effects("a", Phase1Down)
    assert isinstance(down, Phase1Down)
    assert down.failure.cause is Cause.NO_ANSWER
    assert "4500" in down.failure.detail
    assert [send.path.local.port for _, send in world.pair.sends() if send.step is Step.MM5] == [4500] * 4


def test_a_peer_with_only_the_drafts_is_met_with_the_drafts_numbers() -> None:
    world = NatWorld()
    dropped = {NAT_T_RFC}
    names = []

    def without_rfc(side: str, send: Send) -> bytes | None:
        if send.step is Step.MM1 and send.message is not None:
            kept = tuple(one for one in send.message.payloads if getattr(one, "data", b"") not in dropped)
            send = replace(send, datagram=replace(send.message, payloads=kept).encode())
        if send.message is not None:
            names.extend(send.message.names())
        return world._carry(side, send)

    world.pair.filter = without_rfc
    world.pair.trigger("a")
    assert up(world.pair)
    assert names.count("NAT-D (130)") == 4
    assert "NAT-D (20)" not in names


def test_a_restarted_peer_behind_the_nat_is_answered_where_it_is_now() -> None:
    world = NatWorld().up()
    world.pair.a = Engine(world.pair.a.settings, Seeded("again"))
    world.port = 25_000
    world.pair.trigger("a")
    assert up(world.pair)
    newest = world.pair.b._table.all()[-1]
    assert newest.path.remote == Endpoint(PUBLIC_A, 29_500)
