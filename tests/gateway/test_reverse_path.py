"""Links by which the host takes what it should refuse are told of, with what to type."""

import asyncio
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from gateway_boxes import gateway_of

from mainmode.gateway.netlink.objects import Link, LinkAddress
from mainmode.gateway.user_space.plane import UserSpacePlane
from mainmode.gateway.user_space.reverse_path import ReversePaths


def settings(folder: Path, **filters: int) -> Path:
    """The host's settings, as under /proc/sys/net/ipv4/conf."""
    for name, value in filters.items():
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "rp_filter").write_text(f"{value}\n")
    return folder


@pytest.mark.parametrize(
    ("everywhere", "here", "line"),
    [
        (0, 0, "sysctl -w net.ipv4.conf.eth0.rp_filter=1"),
        (0, 2, "sysctl -w net.ipv4.conf.eth0.rp_filter=1"),
        (1, 2, "sysctl -w net.ipv4.conf.eth0.rp_filter=1"),
        (2, 0, "sysctl -w net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.eth0.rp_filter=1"),
        (2, 1, "sysctl -w net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.eth0.rp_filter=1"),
        (1, 0, None),
        (0, 1, None),
        (1, 1, None),
    ],
)
def test_the_larger_of_both_settings_counts_and_the_line_makes_it_strict(
    tmp_path: Path, everywhere: int, here: int, line: str | None
) -> None:
    told: list[str] = []
    ReversePaths(told.append, settings(tmp_path, all=everywhere, eth0=here)).look(["eth0"])
    assert [one.split(": ")[-1] for one in told] == ([line] if line else [])


def test_the_dot_of_a_vlan_is_written_as_sysctl_wants_it(tmp_path: Path) -> None:
    told: list[str] = []
    ReversePaths(told.append, settings(tmp_path, **{"all": 0, "eth0.7": 0})).look(["eth0.7"])
    assert told[0].endswith(" net.ipv4.conf.eth0/7.rp_filter=1")


def test_a_link_is_told_of_once_and_again_when_it_comes_back_or_was_strict_meanwhile(tmp_path: Path) -> None:
    told: list[str] = []
    paths = ReversePaths(told.append, settings(tmp_path, all=0, eth0=0, eth1=0))
    paths.look(["eth0"])
    paths.look(["eth0", "eth1"])
    assert [one.split(":")[0] for one in told] == ["eth0", "eth1"]
    paths.look(["eth1"])
    settings(tmp_path, eth1=1)
    paths.look(["eth0", "eth1"])
    settings(tmp_path, eth1=0)
    paths.look(["eth0", "eth1", "gone0"])
    assert [one.split(":")[0] for one in told[2:]] == ["eth0", "eth1"]


def test_only_links_with_a_crypto_map_are_told_of_at_the_start_and_when_links_change(tmp_path: Path) -> None:
    a = gateway_of("a")

    class Network:
        def links(self) -> list[Link]:
            return [Link(index, name, 1500, True, True, False) for index, name in ((2, "eth0"), (3, "eth1"))]

        def addresses(self) -> list[LinkAddress]:
            return [LinkAddress(2, IPv4Address("10.0.0.1"), 24), LinkAddress(3, IPv4Address("192.168.1.1"), 24)]

        def close(self) -> None:
            """Nothing."""

    class Rules:
        def lead(self, *_: object, **__: object) -> None:
            """Nothing."""

        def close(self) -> list[Exception]:
            return []

    plane = UserSpacePlane(a.gateway, asyncio.new_event_loop(), None, "it was asked for", "tun")  # type: ignore[arg-type]
    plane._network, plane._steering = Network(), Rules()  # type: ignore[assignment]
    plane._reverse_paths = ReversePaths(a.gateway.warn, settings(tmp_path, all=0, eth0=0, eth1=0))
    plane.protect(a.gateway.box)
    plane.protect(a.gateway.box)
    assert [line.split(":")[0] for line in a.told] == ["eth0"]
    plane.close()
    plane._loop.close()
