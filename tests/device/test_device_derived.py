"""What is derived from a configuration is made once for all boxes that have it, and no box sees another's state."""

from dataclasses import replace

from device_configs import REFERENCE, configured
from device_pair import HOST_A, HOST_B, START, echo

from mainmode.base.secret import Secret
from mainmode.device.box import Box
from mainmode.lab.entropy import SeededEntropy

BOUND = "access-list IN extended permit ip any any\naccess-group IN in interface inside\n"


def boxes(configuration_text: str = REFERENCE + BOUND) -> tuple[Box, Box]:
    """Two boxes of one configuration."""
    one = configured(configuration_text)
    first, second = (Box(one, SeededEntropy(seed, "box"), START) for seed in (1, 2))
    return first, second


def test_boxes_of_one_configuration_share_what_is_derived_from_it() -> None:
    first, second = boxes()
    assert first.settings is second.settings
    assert first._plane.tables.translator.rules is second._plane.tables.translator.rules
    assert first._plane.tables.maps._policy is second._plane.tables.maps._policy
    assert first._plane.tables.access._lists is second._plane.tables.access._lists


def test_counts_routes_and_translations_stay_with_their_box() -> None:
    first, second = boxes()
    before = second.routes
    first.packet_in("inside", echo(HOST_A, HOST_B).encode(), START)
    (line,) = (ace.source for ace in first.configuration.access_lists["IN"].aces)
    assert (first.hits.of(line), second.hits.of(line)) == (1, 0)
    used = [sum(count.translated for count in one.nat_hits.values()) for one in (first, second)]
    assert used == [1, 0]
    first._plane.tables.routes.put_in(7, [replace(before[0], metric=200)])
    assert (len(first.routes), second.routes) == (len(before) + 1, before)
    first._plane.tables.routes.take_out(7)
    assert first.routes == before


def test_a_stand_in_for_a_hidden_key_is_one_boxs_own() -> None:
    hidden = configured(REFERENCE.replace("correct-horse", "*****"))
    keys = (None, Secret(b"one"), {"10.0.0.2": Secret(b"two")}, {"10.9.9.9": Secret(b"three")})
    held = [Box(hidden, SeededEntropy(1, "box"), START, key) for key in keys]
    found = [one.settings.groups["10.0.0.2"].key for one in held]
    assert found == [None, Secret(b"one"), Secret(b"two"), None]


def test_another_configuration_is_derived_anew() -> None:
    first, second = boxes()
    other = configured(REFERENCE + BOUND + "route outside 10.9.0.0 255.255.0.0 10.0.0.2\n")
    first.reconfigure(other, START)
    assert len(first.routes) == len(second.routes) + 1
    assert replace(other)._derived is not other._derived
