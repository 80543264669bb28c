"""Two peers that claim the same networks: only one of them may have the tunnel."""

from dataclasses import replace
from ipaddress import IPv4Address

from pair import A, B, Pair, Seeded, pair, settings

from mainmode.ike.effects import Cause, Phase2Failed
from mainmode.ike.engine import Engine
from mainmode.ike.settings import IkeSettings, MapEntry

C = IPv4Address("10.0.0.3")


def elsewhere() -> IkeSettings:
    """What a has, at another address."""
    return settings(A, addresses={"outside": C})


def hub(*static: MapEntry) -> IkeSettings:
    """A device that takes anybody with the key by a dynamic map, behind static entries."""
    base = settings(B)
    dynamic = replace(base.entries[0], sequence=65535, acl_name=None, acl=None, peers=(), dynamic=True)
    anybody = replace(base.groups[str(A)], name="DefaultL2LGroup")
    return replace(base, entries=(*static, dynamic), default_group=anybody)


def second(first: Pair) -> Pair:
    """A pair of the moved peer and the same hub, at the same time."""
    engine = pair(elsewhere(), seed="2").a
    return Pair(engine, first.b, first.now)


def causes(of: Pair) -> list[Cause]:
    return [effect.failure.cause for effect in of.effects("b", Phase2Failed) if isinstance(effect, Phase2Failed)]


def test_a_second_peer_with_the_proxies_of_the_first_is_refused_while_that_one_has_its_tunnel() -> None:
    first = pair(settings(A), hub())
    first.trigger()
    assert len(first.installed("b")) == 1
    other = second(first)
    other.trigger()
    assert "QM IsRekeyed: existing sa from different peer, rejecting new sa" in other.lines("b")
    assert other.installed("b") == []
    assert causes(other) == [Cause.NO_MATCHING_ENTRY]
    first.note("a", first.a.clear(None, first.now))
    other.run(70)
    other.trigger()
    assert len(other.installed("b")) == 1


def test_proxies_that_a_static_entry_gives_to_one_peer_are_not_taken_from_another_by_a_dynamic_map() -> None:
    of_a = settings(B).entries[0]
    other = Pair(pair(elsewhere()).a, Engine(hub(of_a), Seeded("hub")))
    other.trigger()
    assert any("Tunnel Rejected: IKE peer does not match remote peer" in line for line in other.lines("b"))
    assert other.installed("b") == []


def test_a_renewal_is_no_work_of_the_tunnel_manager() -> None:
    told = pair(replace(settings(A), tunnel_manager=True))
    told.trigger()
    named = [line for line in told.lines("a") if "was successful at setting up a tunnel" in line]
    assert len(named) == 1
    engine = told.a
    told.note("a", engine.renew(told.installed("a")[0].pair.inbound_spi, told.now))
    assert len(told.installed("a")) == 2
    assert [line for line in told.lines("a") if "was successful at setting up a tunnel" in line] == named
