"""More lines behind a listing that was read come to what the whole text comes to, and leave the listing as it was."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.device.config.reader import Listing, read

SHOPS = sorted((Path(__file__).parent / "shops").glob("*.cfg"))
LISTINGS = {shop.stem: Listing(shop.read_text("utf-8"), shop.name) for shop in SHOPS}
WRITTEN = {name: listing.configuration() for name, listing in LISTINGS.items()}


def typed(name: str) -> list[str]:
    """Lines that change what stands in a listing: most of its own in their `no` form, some again, some new ones."""
    own = [line for line in WRITTEN[name].lines if line and line[0] not in "!: "]
    lists = [line for line in own if line.startswith("access-list ")]
    again = [line.replace(" extended ", " line 1 extended ", 1) for line in lists[:40]]
    return [
        *(f"no {line}" for line in own[::7]),
        *again,
        *own[::11],
        "crypto map NEW 5 match address NEW",
        "crypto map NEW 5 set peer 192.0.2.1",
        "access-list NEW extended permit ip host 10.9.9.9 any",
        "access-list NEW line 1 extended deny ip host 10.9.9.8 any",
        "tunnel-group 192.0.2.1 type ipsec-l2l",
        "tunnel-group 192.0.2.1 ipsec-attributes",
        " pre-shared-key one-of-many",
        "object network NEW",
        " host 10.9.9.9",
        "nat (inside,outside) 1 source static NEW NEW",
        "frobnicate",
    ]


@pytest.mark.parametrize("name", LISTINGS)
def test_lines_behind_a_listing_come_to_what_the_whole_text_does(name: str) -> None:
    lines, shop = typed(name), next(one for one in SHOPS if one.stem == name)
    text = shop.read_text("utf-8").rstrip() + "\n"
    listing = Listing(text, shop.name)
    before = listing.configuration()
    for count in (len(lines), 3):
        whole = read(text + "".join(f"{line}\n" for line in lines[:count]), shop.name)
        behind = listing.followed_by(lines[:count])
        assert behind == whole
        assert behind.lines == whole.lines
        assert behind.release is whole.release
        assert set(behind.problems) <= set(whole.problems)
    after = listing.configuration()
    assert after == before == WRITTEN[name]
    assert after.lines == before.lines
    assert after.problems == before.problems


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_lines_of_one_listing_behind_another(data: st.DataObject) -> None:
    names = sorted(LISTINGS, key=lambda name: len(WRITTEN[name].lines))[:6]
    first, second = (data.draw(st.sampled_from(names)) for _ in range(2))
    lines = data.draw(st.lists(st.sampled_from(WRITTEN[second].lines), max_size=25))
    text = "\n".join(WRITTEN[first].lines).rstrip() + "\n"
    whole = read(text + "".join(f"{line}\n" for line in lines), "x.cfg")
    assert Listing(text, "x.cfg").followed_by(lines) == whole


def test_a_submode_goes_on_where_the_listing_ended() -> None:
    text = "hostname a\ncrypto ikev1 policy 10\n authentication pre-share\n"
    listing = Listing(text, "a.cfg")
    (policy,) = listing.followed_by([" encryption aes-256"]).policies
    assert policy.encryption.value == "aes-256"
    assert policy.encryption.source.line == 4
    (policy,) = listing.configuration().policies
    assert policy.encryption.value != "aes-256"
