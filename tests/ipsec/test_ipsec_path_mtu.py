from ipaddress import IPv4Address

from mainmode.base.instant import Instant, later, seconds
from mainmode.ipsec.path_mtu import SMALLEST, PathMtus

PEER, OTHER = IPv4Address("10.0.0.2"), IPv4Address("10.0.0.3")
NOW = Instant(1_700_000_000_000_000)


def test_what_a_router_said_counts_for_its_peer_only_and_never_above_the_link() -> None:
    known = PathMtus()
    known.learn(PEER, 1300, NOW)
    assert (known.towards(PEER, 1500, NOW), known.towards(OTHER, 1500, NOW)) == (1300, 1500)
    assert known.towards(PEER, 1200, NOW) == 1200
    known.forget(PEER)
    assert known.towards(PEER, 1500, NOW) == 1500


def test_without_aging_it_counts_for_ever() -> None:
    known = PathMtus()
    known.learn(PEER, 1300, NOW)
    assert known.towards(PEER, 1500, later(NOW, seconds(10**8))) == 1300
    assert known.seconds_left(PEER, NOW) == 0


def test_it_ages_and_says_how_long_it_still_counts() -> None:
    known = PathMtus(60)
    known.learn(PEER, 1300, NOW)
    assert known.seconds_left(PEER, later(NOW, seconds(20))) == 40
    assert known.towards(PEER, 1500, later(NOW, seconds(59))) == 1300
    assert known.towards(PEER, 1500, later(NOW, seconds(60))) == 1500
    assert known.seconds_left(PEER, later(NOW, seconds(61))) == 0


def test_less_than_every_host_takes_is_not_believed() -> None:
    known = PathMtus()
    known.learn(PEER, 68, NOW)
    assert known.towards(PEER, 1500, NOW) == SMALLEST
