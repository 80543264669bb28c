"""The unit, the container example and the example configuration, judged by systemd's own tools where they are."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mainmode.base.instant import Instant
from mainmode.device.box import Box
from mainmode.device.config.reader import read
from mainmode.gateway.privileges import NET_ADMIN, NET_BIND_SERVICE, NET_RAW

PACKAGING = Path(__file__).parents[2] / "packaging"
UNIT = PACKAGING / "mainmode.service"
CAPABILITIES = {"CAP_NET_BIND_SERVICE": NET_BIND_SERVICE, "CAP_NET_ADMIN": NET_ADMIN, "CAP_NET_RAW": NET_RAW}
MOST_EXPOSED = 2.2
"""systemd's own measure, of 10; a service with every right has 9.6."""


def setting(name: str) -> list[str]:
    """The values of one setting of the unit."""
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text("utf-8"), re.M)


def analyzed(*options: str) -> str:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze")
    done = subprocess.run(["systemd-analyze", *options], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "mainmode.service"
    unit.write_text(UNIT.read_text("utf-8").replace("/opt/mainmode/bin/mainmode", sys.executable))
    assert analyzed("verify", "--man=no", str(unit)) == ""


def test_systemd_finds_the_unit_hardened() -> None:
    told = analyzed("security", "--offline=yes", "--no-pager", str(UNIT))
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", told)
    assert found
    assert float(found[1]) <= MOST_EXPOSED, told


def test_the_unit_gives_the_capabilities_that_the_gateway_asks_for_and_no_other() -> None:
    for name in ("CapabilityBoundingSet", "AmbientCapabilities"):
        (given,) = setting(name)
        assert set(given.split()) == set(CAPABILITIES)


def test_the_container_is_given_the_same_and_the_device() -> None:
    text = (PACKAGING / "Containerfile").read_text("utf-8")
    assert {f"CAP_{one}" for one in re.findall(r"--cap-add (\w+)", text)} == set(CAPABILITIES)
    assert "--cap-drop all" in text
    assert "--device /dev/net/tun" in text


def test_the_example_configuration_has_no_problem_and_its_entry_is_complete() -> None:
    class Zeros:
        def take(self, count: int) -> bytes:
            return bytes(count)

    configuration = read((PACKAGING / "example.cfg").read_text("utf-8"), "example.cfg")
    assert configuration.problems == ()
    box = Box(configuration, Zeros(), Instant(0), hosted=True)
    assert [entry.complete for entry in box.settings.entries] == [True]


def test_systemd_makes_the_user_of_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-sysusers") is None or os.geteuid() != 0:
        pytest.skip("no systemd-sysusers, or not root")
    (tmp_path / "etc").mkdir()
    argv = ["systemd-sysusers", f"--root={tmp_path}", str(PACKAGING / "mainmode.sysusers")]
    subprocess.run(argv, check=True, capture_output=True, timeout=60)
    (name,) = setting("User")
    assert re.search(rf"^{name}:x:\d+:\d+:.*:/usr/sbin/nologin$", (tmp_path / "etc" / "passwd").read_text(), re.M)
