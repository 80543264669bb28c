"""The gateway does with what the unit of packaging/ allows it: its capabilities, its system calls. Needs root."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from gateways import gateway
from lan import run, until
from sites import pings, sites
from test_strangers_shell import config

pytestmark = pytest.mark.root
UNIT = Path(__file__).resolve().parents[2] / "packaging" / "mainmode.service"


def setting(name: str) -> list[str]:
    """The values of one setting of the unit."""
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text("utf-8"), re.M)


def group(name: str) -> set[str]:
    """The calls of one of systemd's groups, those of the groups in it included."""
    told = run("systemd-analyze", "syscall-filter", "--no-pager", name)
    words = [line.strip() for line in told.splitlines() if line.startswith("    ") and not line.strip().startswith("#")]
    return {call for word in words for call in (group(word) if word.startswith("@") else {word})}


def allowed() -> set[str]:
    """The system calls that the unit leaves to the gateway; those that start it are systemd's."""
    calls: set[str] = set()
    for filter_ in setting("SystemCallFilter"):
        named = {call for word in filter_.removeprefix("~").split() for call in group(word)}
        calls = calls - named if filter_.startswith("~") else calls | named
    return calls


def needs(*tools: str) -> None:
    for tool in tools:
        if shutil.which(tool) is None:
            pytest.skip(f"no {tool}")


def test_a_tunnel_lives_and_ends_on_the_system_calls_and_capabilities_of_the_unit(tmp_path: Path) -> None:
    needs("strace", "setpriv", "systemd-analyze")
    (given,) = setting("AmbientCapabilities")
    capabilities = "-all," + ",".join(f"+{one.lower().removeprefix('cap_')}" for one in given.split())
    trace = tmp_path / "trace"
    with sites("unit") as both:
        (tmp_path / "confined").mkdir()
        (tmp_path / "confined" / "asa.cfg").write_text(config(both.a, both.b, "logging enable\nlogging console 5\n"))
        options = [
            "--metrics",
            "127.0.0.1:9500",
            "--syslog",
            "udp:10.2.0.2:514",
            "--control",
            str(tmp_path / "control"),
        ]
        argv = [
            *("ip", "netns", "exec", both.a.gateway, "strace", "-f", "-qq", "-o", str(trace)),
            *("setpriv", f"--bounding-set={capabilities}", f"--inh-caps={capabilities}", "--no-new-privs"),
            *(sys.executable, "-c", "import sys; from mainmode.cli.main import main; sys.exit(main())"),
            *("up", str(tmp_path / "confined" / "asa.cfg"), *options),
        ]
        out = tmp_path / "confined" / "out"
        with (
            gateway(both.b.gateway, tmp_path / "b", config(both.b, both.a)),
            out.open("wb") as stream,
        ):
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT)
            try:
                assert until(lambda: "ready;" in out.read_text() or process.poll() is not None, 60), out.read_text()
                assert pings(both.a, both.b, count=3) == {"172.16.1": 3}, out.read_text()
                page = run("ip", "netns", "exec", both.a.gateway, sys.executable, "-c", _FETCH)
                run("pkill", "-TERM", "-P", str(process.pid))
                process.wait(30)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait(10)
    assert 'ipsec_child_sa_packets_out{peer="10.2.0.2"' in page
    assert "could not be given up" not in out.read_text()
    assert "%ASA-5-713119" in out.read_text()
    _, _, started = trace.read_text(errors="replace").rpartition(f'execve("{sys.executable}"')
    calls = set(re.findall(r"^\d+ +(\w+)\(", started, re.M))
    assert {"sendmsg", "capset", "prctl"} <= calls
    assert calls <= allowed(), f"the unit forbids {sorted(calls - allowed())}"


_FETCH = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9500/metrics', timeout=10).read().decode())"
