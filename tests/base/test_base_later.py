"""A text that is made when it is first asked for, and a network's prefix."""

import pickle

import pytest

from mainmode.base.address import Proxy
from mainmode.base.later import Later


def test_the_text_is_made_once_and_only_for_those_who_ask() -> None:
    made: list[str] = []

    def make() -> str:
        made.append("once")
        return "access-list VPN"

    text = Later(make)
    assert made == []
    assert (str(text), str(text), repr(text)) == ("access-list VPN", "access-list VPN", "'access-list VPN'")
    assert made == ["once"]


def test_two_are_the_same_where_their_texts_are() -> None:
    one, same, other = Later(lambda: "a"), Later(lambda: "a"), Later(lambda: "b")
    assert one == same
    assert hash(one) == hash(same)
    assert one == "a"
    assert one != other
    assert one != 1


def test_a_pickle_has_the_text_and_not_what_makes_it() -> None:
    again = pickle.loads(pickle.dumps(Later(lambda: "access-list VPN")))
    assert str(again) == "access-list VPN"
    assert str(pickle.loads(pickle.dumps(again))) == "access-list VPN"


@pytest.mark.parametrize(
    ("first", "last", "prefix"),
    [
        ("10.0.0.0", "10.0.0.255", 24),
        ("10.0.0.1", "10.0.0.1", 32),
        ("0.0.0.0", "255.255.255.255", 0),
        ("10.0.0.1", "10.0.0.2", None),
        ("10.0.0.0", "10.0.0.2", None),
        ("10.0.0.2", "10.0.0.1", None),
    ],
)
def test_the_prefix_of_a_proxy_is_that_of_its_mask(first: str, last: str, prefix: int | None) -> None:
    from ipaddress import IPv4Address, IPv4Network

    proxy = Proxy(IPv4Address(first), IPv4Address(last))
    assert proxy.prefix == prefix
    assert proxy.mask == (None if prefix is None else IPv4Network((first, prefix)).netmask)
