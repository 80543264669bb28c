"""What the user space data plane makes of a host that does not let it do everything."""

import asyncio
from pathlib import Path

import pytest
from gateway_boxes import gateway_of

from mainmode.gateway.host_setting import HostSetting
from mainmode.gateway.user_space.plane import UserSpacePlane


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
    plane._forwarding = HostSetting(file, "1")
    plane._forward()
    assert a.told == said
    plane.close()
    plane._loop.close()
    assert setting is None or file.read_text() == setting


def test_the_host_stops_forwarding_before_the_rules_go_that_keep_packets_from_leaving_in_clear(tmp_path: Path) -> None:
    a, file = gateway_of("a"), tmp_path / "ip_forward"
    file.write_text("0")
    plane = UserSpacePlane(a.gateway, asyncio.new_event_loop(), None, "it was asked for", "tun")  # type: ignore[arg-type]
    plane._forwarding = HostSetting(file, "1")
    plane._forward()
    seen = []

    class Rules:
        def close(self) -> None:
            seen.append(file.read_text())

    plane._steering = Rules()  # type: ignore[assignment]
    plane.close()
    plane._loop.close()
    assert seen == ["0"]
