"""Lines of a long life: renewals that meet or fail, ends with a reason, lifetimes that the peer shortens."""

from dataclasses import replace
from unittest.mock import patch

from crafted import sa_of
from pair import A, B, Pair, pair, policy, settings
from test_ike_negotiations import up

from mainmode.base.codes import NotifyType, Phase2Attribute, ProtocolId
from mainmode.base.instant import Instant, later, seconds
from mainmode.ike import authentication
from mainmode.ike.effects import Phase1Up, Send, Step
from mainmode.ike.endings import Ending
from mainmode.ike.settings import IkeSettings
from mainmode.ipsec.dataplane import Activity
from mainmode.wire.payloads import Attribute, Notify, write_attributes


def short(own, lifetime: int) -> IkeSettings:
    return settings(own, policies=(policy(lifetime=lifetime),))


def standing(first: IkeSettings, second: IkeSettings) -> Pair:
    world = pair(first, second)
    world.trigger("a")
    assert up(world)
    world.heard.clear()
    return world


def test_the_delete_of_a_renewed_ike_sa_is_told_as_such() -> None:
    world = standing(short(A, 400), short(B, 400))
    world.run(500)
    assert len(world.effects("b", Phase1Up)) == 1
    told = [text for side in ("a", "b") for text in world.lines(side) if "delete for rekeyed SA" in text]
    assert told
    assert world.a.sas()
    assert world.b.sas()


def test_a_renewal_that_meets_the_peers_own_is_told_and_put_off() -> None:
    world = standing(short(A, 400), short(B, 400))
    peer = pair(seed="again")
    peer.filter = lambda side, send: None
    peer.trigger("b")
    world.run(299)
    world.filter = lambda side, send: None
    for _ in range(2):
        asked = [send for side, send in peer.sends() if side == "b"][-1]
        world.note("a", world.a.receive(asked.datagram, asked.path.reversed(), world.now))
        answer = [send for side, send in world.sends() if side == "a"][-1]
        peer.note("b", peer.b.receive(answer.datagram, answer.path.reversed(), world.now))
    world.run(2)
    assert "Failure during phase 1 rekeying attempt due to collision" in world.lines("a")


def test_a_first_message_in_the_peers_name_does_not_put_off_a_renewal() -> None:
    world = standing(short(A, 400), short(B, 400))
    forged = pair(seed="again")
    forged.filter = lambda side, send: None
    forged.trigger("b")
    world.run(299)
    (_, first) = forged.sends()[0]
    effects = world.a.receive(first.datagram, first.path.reversed(), world.now)
    assert any(isinstance(effect, Send) for effect in effects), "it is answered as any other"
    world.run(2)
    assert "Failure during phase 1 rekeying attempt due to collision" not in world.lines("a")
    assert len(world.effects("a", Phase1Up)) == 1


def test_a_renewal_that_fails_after_the_old_sa_ended_leaves_its_tunnels_without_one() -> None:
    world = standing(*(replace(one, groups={
        name: replace(group, keepalive=None) for name, group in one.groups.items()
    }) for one in (short(A, 120), short(B, 120))))  # fmt: skip
    world.run(85)
    world.filter = lambda side, send: None
    world.run(200)
    assert any(text.startswith("Old P1 SA is being deleted but new SA is DEAD") for text in world.lines("a"))


def test_a_responder_may_shorten_phase_1_and_the_initiator_says_so() -> None:
    world = pair()
    real = authentication.own_payloads

    def with_limit(sa, turn, step):
        life = (
            Attribute.basic_of(Phase2Attribute.LIFE_TYPE, 1),
            Attribute.basic_of(Phase2Attribute.LIFE_DURATION, 600),
        )
        limit = Notify(
            NotifyType.RESPONDER_LIFETIME, ProtocolId.ISAKMP, sa.cookie_i + sa.cookie_r, write_attributes(list(life))
        )
        return (*real(sa, turn, step), *((limit,) if step is Step.MM6 else ()))

    with patch.object(authentication, "own_payloads", with_limit):
        world.trigger("a")
    assert up(world)
    assert "Responder forcing change of Phase 1 rekeying duration from 86400 to 600 seconds" in world.lines("a")
    assert sa_of(world.a).expires == later(world.now, seconds(600))


def test_with_disconnect_notify_a_delete_is_sent_with_its_reason() -> None:
    world = standing(settings(A, disconnect_notify=True), settings(B))
    world.note("a", world.a.log_off(None, Ending.REBOOT, world.now))
    assert "Sending IKE Delete With Reason message: Administrator Reboot" in world.lines("a")
    assert not world.b.sas()


def test_a_pair_that_used_up_its_sequence_numbers_is_told_apart_from_one_that_carried_its_kilobytes() -> None:
    for octets, reason in ((10, "sequence number"), (4608000 * 1024, "data")):
        world = standing(settings(A), settings(B))
        (spi,) = sa_of(world.a).children
        carried = Activity(Instant(0), Instant(0), octets, octets)
        world.a._watch = lambda _, carried=carried: carried
        world.note("a", world.a.renew(spi, later(world.now, seconds(1))))
        assert any(f"is rekeying due to {reason} rollover." in text for text in world.lines("a"))
