"""A kernel that refuses any call with any error, once or for a while: told, no fault, and all is whole afterwards."""

import errno
from collections.abc import Callable

import pytest
from dying_host import MORE, DyingHost, Life, life
from gateway_boxes import CONFIGURATION, gateway_of

from mainmode.gateway.data_plane import PlaneError
from mainmode.gateway.netlink.codec import NetlinkError

KINDS = ("kernel", "user")
ERRNOS = (
    *(errno.ENOBUFS, errno.ENOMEM, errno.EPERM, errno.EINTR, errno.EBUSY, errno.EINVAL, errno.ENODEV, errno.EAGAIN),
    *(errno.ENETDOWN, errno.EOPNOTSUPP, errno.ENXIO, errno.EACCES, errno.ELOOP, 0),
)
"""0: no answer, or one that nobody understands. A kernel that says "is there already" or "is not there" is believed."""


def refusing(first: int, count: int, number: int, one: Life) -> Callable[[str], None]:
    """The calls from `first` on are refused, so many of them."""

    def before(call: str) -> None:
        if first <= one.fate.calls < first + count:
            one.refused.append(call)
            if call == "write a setting":
                raise OSError(errno.EIO, "refused")
            raise NetlinkError(call, number, "no answer")

    return before


def busy_life(one: Life) -> int:
    """From a start to a tunnel that was renewed and reconfigured; the number of the last call of its start."""
    one.start()
    started = one.fate.calls
    one.traffic()
    one.renew()
    one.reconfigure(MORE)
    one.rig.gateway.mend()
    one.reconfigure(CONFIGURATION)
    return started


def mended(one: Life) -> None:
    """The kernel is well again, and what is owed is tried until nothing is."""
    one.fate.before = lambda call: None
    for _ in range(5):
        if not one.owed:
            return
        one.owed = False
        one.rig.gateway.mend()
        one.rig.settle()
    raise AssertionError(f"never whole: {one.rig.told}")


@pytest.mark.parametrize("count", [1, 4, 9])
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_call_the_kernel_refuses_all_is_whole_when_it_is_well_again(
    monkeypatch: pytest.MonkeyPatch, kind: str, count: int
) -> None:
    plain = life(DyingHost(), kind, gateway_of("b"), monkeypatch)
    started = busy_life(plain)
    fresh = life(DyingHost(), kind, gateway_of("b"), monkeypatch)
    fresh.start()
    before = DyingHost().traces()
    fresh.traffic()
    wanted = fresh.host.traces()
    for at in range(1, plain.fate.calls + 1):
        number = ERRNOS[(at * count) % len(ERRNOS)]
        host, peer = DyingHost(), gateway_of("b")
        one = life(host, kind, peer, monkeypatch)
        one.fate.before = refusing(at, count, number, one)
        where = f"errno {number} from call {at} of {plain.fate.calls} on"
        try:
            busy_life(one)
        except PlaneError:
            assert at <= started, where
            one.fate.before = lambda call: None
            one.plane.close()
            assert host.traces() == before, where
            continue
        mended(one)
        one.carries_what_it_should(f"{where}: {one.refused} {one.rig.told} {one.rig.gateway.faults}")
        one.rig.gateway.act(lambda box, now: box.clear(None, now))
        one.rig.settle()
        one.traffic()
        assert host.traces() == wanted, where
        assert not one.rig.gateway.faults, f"{one.rig.gateway.faults}: {where}: {one.refused}"
        assert not one.refused or one.rig.gateway.troubles, f"{where}: {one.refused} was told nowhere"
        one.end()
        assert host.traces() == before, where
