"""IKE fragments (Cisco's private payload 132): none but those of an IKE SA are kept, few of them, and not for long."""

import struct
from itertools import permutations

import pytest
from siege import PEER, STRANGER, Siege, chain_of, datagram, noise, told
from test_vulnerabilities_negotiation import waiting_for

from mainmode.base.codes import ExchangeType, PayloadType
from mainmode.base.errors import Drop

MAIN, INFORMATIONAL = ExchangeType.MAIN_MODE, ExchangeType.INFORMATIONAL


def piece(
    cookies: bytes, number: int, data: bytes, *, last: bool = False, identifier: int = 1, exchange: int = MAIN
) -> bytes:
    """One piece of a message."""
    body = struct.pack(">HBB", identifier, number, last) + data
    return datagram(*chain_of((PayloadType.FRAGMENT, body)), cookies=cookies, exchange=exchange)


def cookies_of(world: Siege) -> bytes:
    """Those of the IKE SA of ours."""
    return world.sa().cookie_i + world.sa().cookie_r


@pytest.mark.parametrize("standing", [False, True])
def test_fragments_of_no_sa_are_not_kept(standing: bool, observed) -> None:
    world = Siege().standing() if standing else Siege()
    for cookies in (noise(16), noise(8) + bytes(8), bytes(16)):
        for number in range(1, 33):
            seen = world.strike(piece(cookies, number, noise(500), last=number == 32), PEER)
            assert (seen.drops, seen.answers) == ([Drop.UNKNOWN_COOKIE], [])
    observed(world.survived())


def test_fragments_shorter_than_their_header(observed) -> None:
    """A payload of 4 to 7 octets, one that says it is longer than the datagram, and a fragment of nothing."""
    world = Siege().standing()
    cookies = cookies_of(world)
    for size in range(4):
        octets = datagram(*chain_of((PayloadType.FRAGMENT, noise(size))), cookies=cookies)
        assert world.strike(octets, PEER).drops == [Drop.MALFORMED_PAYLOAD]
    for said in (0, 1, 3, 4, 7, 9, 100, 65535):
        body = bytes([0, 0]) + said.to_bytes(2) + struct.pack(">HBB", 1, 1, 1)
        octets = datagram(PayloadType.FRAGMENT, body, cookies=cookies)
        assert world.strike(octets, PEER).drops == [Drop.MALFORMED_PAYLOAD]
    for number in (0, 1, 255):
        assert world.strike(piece(cookies, number, b"", last=True), PEER).drops == [Drop.MALFORMED_PAYLOAD]
    for number in (0, 33, 255):
        assert world.strike(piece(cookies, number, noise(40)), PEER).drops == [Drop.MALFORMED_PAYLOAD]
    observed(world.survived())


def test_fragments_that_make_no_message(observed) -> None:
    """What they make together is read like any datagram: its header says its length, and there is none in it again."""
    world = Siege().standing()
    cookies = cookies_of(world)
    inner = datagram(*chain_of((PayloadType.NOTIFY, noise(40))), cookies=cookies, exchange=INFORMATIONAL)
    wrong = inner[:24] + (len(inner) + 600).to_bytes(4) + inner[28:]
    again = piece(cookies, 1, noise(200), last=True)
    for whole, drop in (
        (noise(27), Drop.RUNT),
        (wrong, Drop.LENGTH_MISMATCH),
        (inner[:17] + b"\x20" + inner[18:], Drop.BAD_VERSION),
        (inner[:18] + b"\x06" + inner[19:], Drop.BAD_EXCHANGE),
        (inner, Drop.UNENCRYPTED),
        (again, Drop.UNEXPECTED_MESSAGE),
    ):
        for number, start in enumerate(range(0, len(whole), 90), 1):
            seen = world.strike(piece(cookies, number, whole[start : start + 90], last=start + 90 >= len(whole)), PEER)
        assert (seen.drops, seen.answers, seen.over) == ([drop], [], [])
    observed(world.survived())


def test_fragments_twice_over_each_other_and_too_many(observed) -> None:
    """Two last ones, one number with two contents, gaps, and more octets together than a message may have."""
    world, _ = waiting_for("MM3")
    world.pace = 0.05
    cookies = cookies_of(world)
    sent = [
        (1, noise(100), True), (1, noise(100), False),
        (2, noise(100), False), (2, noise(99), False), (5, noise(9), True), (3, noise(9), True),
        *((number, noise(4000), number == 32) for number in range(1, 33)),
        *((number, noise(4000), False) for number in (1, 1, 1, 2, 2, 2)),
    ]  # fmt: skip
    for identifier in range(40):
        for number, data, last in sent[identifier % 7 :: 3]:
            world.strike(piece(cookies, number, data, last=last, identifier=identifier), PEER)
    assert set(world.seen.drops) <= {Drop.MALFORMED_PAYLOAD, Drop.RUNT, Drop.LENGTH_MISMATCH}
    assert world.seen.answers == []
    kept = sum(after for name, (_, after) in world.kept().items() if name.startswith("octets of") and "pieces" in name)
    assert kept <= 16384
    observed(world.survived(wait=140))


def test_fragments_in_any_order_cost_the_same(observed) -> None:
    """A third message in pieces in every order of four, and in the worst of thirty-two: it is answered once."""
    for order in (*permutations(range(1, 5)), tuple(range(32, 0, -1))):
        world, third = waiting_for("MM3")
        ends = [len(third.datagram) * place // len(order) for place in range(len(order) + 1)]
        for number in order:
            data = third.datagram[ends[number - 1] : ends[number]]
            seen = world.strike(piece(cookies_of(world), number, data, last=number == len(order)), PEER)
        assert [send.step.value for send in seen.answers] == ["MM4"]
    observed(told(seen))
    world.survived(permitted=third.datagram, wait=140)


def test_fragments_from_many_sources_for_one_sa(observed) -> None:
    """An established SA is sent pieces from everywhere: one set at most is kept for it, and goes with time."""
    world = Siege().standing()
    cookies = cookies_of(world)
    for source in range(100):
        for number in (1, 2, 3):
            octets = piece(cookies, number, noise(4000), identifier=source)
            world.strike(octets, STRANGER, from_port=1024 + source)
    kept = sum(after for name, (_, after) in world.kept().items() if name.startswith("octets of") and "pieces" in name)
    assert kept <= 16384
    world.wait(140)
    observed(world.survived())
