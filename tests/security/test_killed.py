"""A gateway that is killed at any of its calls to the host, and the next one: nothing stale stays, its peer is back."""

import errno
from types import SimpleNamespace

import pytest
from dying_host import DyingHost, DyingNetwork, Fate, Killed, Life, life
from gateway_boxes import gateway_of

from mainmode.gateway.host_setting import HostSetting, Setting
from mainmode.gateway.netlink.codec import NetlinkError
from mainmode.gateway.notes import Notes

KINDS = ("kernel", "user")


def begun(host: DyingHost, kind: str, patch: pytest.MonkeyPatch, at: int | None = None) -> Life:
    """A gateway that was not started yet, and its peer."""
    return life(host, kind, gateway_of("b"), patch, at)


def virgin(kind: str, patch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What a gateway makes of a host that none ever ran on: when it protects, and its calls from start to end."""
    host = DyingHost()
    before = host.traces()
    one = begun(host, kind, patch)
    one.start()
    one.traffic()
    protecting = host.traces()
    one.end()
    assert host.traces() == before
    other = begun(host, kind, patch)
    other.whole()
    assert host.traces() == before
    return SimpleNamespace(before=before, protecting=protecting, calls=other.fate.calls)


@pytest.mark.parametrize("then", KINDS)
@pytest.mark.parametrize("first", KINDS)
def test_killed_at_any_call_and_started_again_with_either_data_plane_nothing_stale_stays(
    monkeypatch: pytest.MonkeyPatch, first: str, then: str
) -> None:
    plain, wanted = virgin(first, monkeypatch), virgin(then, monkeypatch)
    assert plain.calls > 40
    for at in range(1, plain.calls + 1):
        host, peer = DyingHost(), gateway_of("b")
        killed = life(host, first, peer, monkeypatch, at)
        with pytest.raises(Killed):
            killed.whole()
        host.process_ends()
        again = life(host, then, peer, monkeypatch)
        again.rig.advance(1)
        peer.advance(1)
        again.start()
        again.traffic()
        assert host.traces() == wanted.protecting, f"killed at call {at} of {plain.calls}"
        pairs = {(pair.pair.outbound_spi, pair.pair.inbound_spi) for pair in peer.gateway.box.sad.states()}
        assert again.spis() == pairs, f"killed at call {at}: the peer has another idea of the tunnel"
        assert len(pairs) == 1
        again.end()
        assert host.traces() == wanted.before, f"killed at call {at}: not as before the first start"
        assert not peer.gateway.faults


def test_what_is_changed_is_noted_before_and_stays_as_it_was_where_it_cannot_be_noted() -> None:
    host = DyingHost()
    refusing = Fate(before=lambda call: refuse(call, "add a route"))
    setting = HostSetting(Setting(2, host.forward, 1))  # type: ignore[arg-type]
    with pytest.raises(NetlinkError):
        setting.open(Notes(DyingNetwork(host, refusing)))  # type: ignore[arg-type]
    assert (host.forward.text, host.noted()) == ("0", 0)
    host.forward.fate = Fate(before=lambda call: read_only(host.noted()))
    with pytest.raises(OSError, match="one note"):
        setting.open(Notes(DyingNetwork(host, Fate())))  # type: ignore[arg-type]
    assert (host.forward.text, host.noted()) == ("0", 0)


def refuse(call: str, this: str) -> None:
    if call == this:
        raise NetlinkError(call, errno.EPERM)


def read_only(noted: int) -> None:
    raise OSError(errno.EROFS, f"{'one note' if noted == 1 else 'no note'} was there before")
