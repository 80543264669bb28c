"""What the user space data plane makes of a host that does not let it do everything."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fake_kernel import FakeNetwork, Kernel
from gateway_boxes import A, gateway_of

from mainmode.gateway.data_plane import PlaneError
from mainmode.gateway.host_setting import HostSetting, Setting
from mainmode.gateway.netlink.objects import Link
from mainmode.gateway.user_space import plane as room
from mainmode.gateway.user_space.plane import UserSpacePlane
from mainmode.gateway.user_space.tun import TunFailed


def network() -> FakeNetwork:
    """Of a host that never had a gateway."""
    return FakeNetwork(Kernel(), A)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("0", ["the host did not forward packets: it does now, until the gateway ends"]),
        ("1", []),
        (None, ["the host does not forward packets (net.ipv4.ip_forward stays 0): No such file or directory"]),
    ],
)
def test_a_host_that_cannot_be_told_to_forward_is_told_of_and_does_not_stop_the_start(
    tmp_path: Path, setting: str | None, said: list[str]
) -> None:
    a, file = gateway_of("a"), tmp_path / "ip_forward"
    if setting is not None:
        file.write_text(setting)
    plane = UserSpacePlane(a.gateway, asyncio.new_event_loop(), None, "it was asked for", "tun")  # type: ignore[arg-type]
    plane._forwarding = HostSetting(Setting(2, file, 1))
    plane._network = network()  # type: ignore[assignment]
    plane._forward()
    assert a.told == said
    plane.close()
    plane._loop.close()
    assert setting is None or file.read_text() == setting


def test_the_host_stops_forwarding_before_the_rules_go_that_keep_packets_from_leaving_in_clear(tmp_path: Path) -> None:
    a, file = gateway_of("a"), tmp_path / "ip_forward"
    file.write_text("0")
    plane = UserSpacePlane(a.gateway, asyncio.new_event_loop(), None, "it was asked for", "tun")  # type: ignore[arg-type]
    plane._forwarding = HostSetting(Setting(2, file, 1))
    plane._network = network()  # type: ignore[assignment]
    plane._forward()
    seen = []

    class Rules:
        def close(self) -> list[Exception]:
            seen.append(file.read_text())
            return []

    plane._steering = Rules()  # type: ignore[assignment]
    plane.close()
    plane._loop.close()
    assert seen == ["0"]


class Device:
    """A TUN device of this process; the host has it as the link of this number."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.gone = False
        self.closed = False

    def fileno(self) -> int:
        return self.index

    def close(self) -> None:
        self.closed = True


class Loop:
    """Whom to call, by descriptor."""

    def __init__(self) -> None:
        self.readers: dict[int, Any] = {}

    def add_reader(self, number: int, call: Any, *more: Any) -> None:
        self.readers[number] = lambda: call(*more)

    def remove_reader(self, number: int) -> None:
        self.readers.pop(number, None)


class Host:
    """The host's links, and rules that it takes without a word."""

    def __init__(self, *links: Link) -> None:
        self.present = list(links)

    def links(self) -> list[Link]:
        return self.present

    def addresses(self) -> list[Any]:
        return []

    def open(self, mtu: int) -> None:
        """Nothing."""

    def lead(self, *_: object, **__: object) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


def link(index: int, *, up: bool = True) -> Link:
    return Link(index, "tun", 1500, up, up, False)


def standing(host: Host) -> tuple[UserSpacePlane, Device, Loop, list[str]]:
    """A plane whose device is link 7, and what its gateway tells."""
    a, loop, device = gateway_of("a"), Loop(), Device(7)
    plane = UserSpacePlane(a.gateway, loop, None, "it was asked for", "tun")  # type: ignore[arg-type]
    plane._network = plane._steering = host  # type: ignore[assignment]
    plane._traffic = SimpleNamespace(through=lambda tun: None, from_the_host=lambda: None)  # type: ignore[assignment]
    plane._tun = device  # type: ignore[assignment]
    plane._read(device)  # type: ignore[arg-type]
    return plane, device, loop, a.told


def test_a_link_of_the_same_name_that_is_another_is_not_taken_for_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(link(8))
    plane, device, loop, told = standing(host)

    def taken(name: str) -> Device:
        if host.present:
            raise TunFailed(f"the TUN device {name}: Device or resource busy")
        return Device(9)

    monkeypatch.setattr(room.Tun, "open", taken)
    with pytest.raises(PlaneError, match="busy"):
        plane.mend()
    assert device.closed
    assert not loop.readers
    host.present = []
    plane.mend()
    assert list(loop.readers) == [9]
    assert told == ["tun was taken away: it is in place again"]


def test_the_device_stays_where_it_stands_or_is_only_switched_off() -> None:
    host = Host(link(7))
    plane, device, loop, told = standing(host)
    plane.mend()
    assert told == []
    host.present = [link(7, up=False)]
    plane.mend()
    assert told == ["tun was switched off: it is in place again"]
    assert not device.closed
    assert list(loop.readers) == [7]


def test_a_device_that_is_gone_is_asked_once_and_no_more() -> None:
    _, device, loop, _ = standing(Host())
    loop.readers[7]()
    assert loop.readers
    device.gone = True
    loop.readers[7]()
    assert not loop.readers
