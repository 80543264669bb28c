"""Somebody sets the host's clock: what the gateway does goes on by its own, what it tells follows the wall's."""

from datetime import UTC, datetime

import pytest
from fake_kernel import side
from gateway_boxes import HOST_A, HOST_B, Rig, echo, gateway_of

from mainmode.base.instant import Instant, later, seconds
from mainmode.catalogue.envelope import clock
from mainmode.gateway.clock import Clock
from mainmode.gateway.terminal import TunnelLines
from mainmode.gateway.xfrm import plane as room
from mainmode.gateway.xfrm.pairs import Moment

HOUR, YEAR = 3600, 365 * 86400
JUMPS = [HOUR, -HOUR, YEAR, -YEAR, 10_000 * YEAR, -10_000 * YEAR]


class Clocks:
    """A wall clock that somebody sets, and one that counts since the boot."""

    def __init__(self, wall: int = 1_700_000_000) -> None:
        self.wall, self.boot = wall * 10**9, 77 * 10**9
        self.clock = Clock(lambda: self.wall, lambda: self.boot)

    def passes(self, nanoseconds: int) -> None:
        self.wall += nanoseconds
        self.boot += nanoseconds


@pytest.mark.parametrize("jump", JUMPS)
def test_the_boxs_time_stands_above_it_and_stamps_follow_it(jump: int) -> None:
    clocks = Clocks()
    start = clocks.clock.now()
    clocks.wall += jump * 10**9
    clocks.passes(5 * 10**9)
    now = clocks.clock.now()
    assert now == later(start, seconds(5))
    shown = clocks.clock.on_the_wall(now)
    assert shown == min(max(0, clocks.wall // 1000), 253_402_300_799_000_000)
    assert clock(shown)
    clocks.wall -= jump * 10**9
    assert clocks.clock.on_the_wall(now) == now


@pytest.mark.parametrize("off", [999_999_000, -999_999_000])
def test_a_clock_that_is_slewed_moves_no_stamp(off: int) -> None:
    clocks = Clocks()
    clocks.wall += off
    assert clocks.clock.on_the_wall(clocks.clock.now()) == clocks.clock.now()


@pytest.mark.parametrize("wall", [0, 1, 2**31 - 1, 2**31, 2**32, 253_402_300_799])
def test_any_time_of_a_clock_without_a_battery_is_a_stamp(wall: int) -> None:
    now = Clocks(wall).clock.now()
    assert now == wall * 1_000_000
    when = datetime.fromtimestamp(wall, UTC)
    assert clock(now).endswith(f"{when:%H:%M:%S}")


def standing(jump: int) -> tuple[Rig, Rig, list[str]]:
    """A tunnel, after which the clock of side a is set."""
    a, b = gateway_of("a"), gateway_of("b")
    a.join(b)
    told: list[str] = []
    a.gateway.watchers.append(TunnelLines(told.append, a.gateway.stamp))
    a.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
    a.carry()
    wall = a.gateway._clock._wall()
    a.gateway._clock._wall = lambda: wall + a._boot + jump * 10**9  # type: ignore[method-assign]
    return a, b, told


@pytest.mark.parametrize("jump", JUMPS)
def test_a_tunnel_that_stands_stays_and_ends_by_its_own_time(jump: int) -> None:
    a, b, told = standing(jump)
    due = a.gateway.box.deadline()
    [state] = a.gateway.box.sad.states()
    a.gateway.wake()
    a.settle()
    assert list(a.gateway.box.sad.states()) == [state]
    assert a.gateway.box.deadline() == due
    a.gateway.act(lambda box, now: box.clear(None, now))
    a.settle()
    assert len(told) == 2
    stamp = clock(a.gateway.stamp(a.gateway.now()))
    assert told[1].startswith(f"{stamp} tunnel down")
    assert abs(jump) >= YEAR or stamp != clock(a.gateway.now())
    assert not a.gateway.faults
    assert not b.gateway.faults


@pytest.mark.parametrize("jump", JUMPS)
def test_when_the_kernel_used_an_sa_is_never_before_the_last_look(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object, jump: int
) -> None:
    a, b = (side(name, monkeypatch, tmp_path) for name in "ab")  # type: ignore[arg-type]
    a.rig.join(b.rig)
    a.rig.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
    a.rig.settle()
    [state] = a.rig.gateway.box.sad.states()
    [(installed, _)] = a.plane._pairs.values()
    monkeypatch.setattr(room.time, "time", lambda: 1_700_000_010.0)
    a.rig.advance(10)
    looked = a.rig.gateway.now()
    a.plane.refresh(looked)
    a.kernel.carry(installed.inbound_sa, 5, 500, last_used=1_700_000_012)
    monkeypatch.setattr(room.time, "time", lambda: 1_700_000_020.0 + jump)
    a.rig.advance(10)
    a.plane.refresh(a.rig.gateway.now())
    assert installed.heard is not None
    assert looked <= installed.heard <= a.rig.gateway.now()
    assert state.pair.inbound_spi == installed.pair.inbound_spi
    assert Moment(Instant(5), 0.0).of(a.kernel.reports[installed.inbound_sa], None, None, None) is not None
