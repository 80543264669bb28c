"""A collector that others wrote reads our messages: rsyslogd, over UDP, TCP and the socket of a machine's log."""

import asyncio
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from gateway_boxes import CONFIGURATION as DEVICE
from gateway_boxes import Rig

from mainmode.catalogue import lines
from mainmode.catalogue.entry import About
from mainmode.gateway.log_targets import parse_target
from mainmode.gateway.syslog_out import SyslogOut

RSYSLOGD = shutil.which("rsyslogd", path="/usr/sbin:/usr/bin:/sbin:/bin")
pytestmark = pytest.mark.skipif(RSYSLOGD is None, reason="no rsyslogd")

CONFIGURATION = """\
module(load="imudp") module(load="imtcp") module(load="imuxsock" SysSock.Use="off")
template(name="read" type="string"
  string="%inputname%|%syslogfacility-text%|%syslogseverity-text%|%timestamp:::date-rfc3339%|%hostname%|%programname%|%msg%\\n")
input(type="imudp" address="127.0.0.1" port="{port}" ruleset="all")
input(type="imtcp" address="127.0.0.1" port="{port}" ruleset="all")
input(type="imuxsock" socket="{folder}/log" ruleset="all")
ruleset(name="all") {{ action(type="omfile" file="{folder}/read" template="read") }}
"""
TEXT = " %ASA-5-713119: Group = 10.0.0.2, IP = 10.0.0.2, PHASE 1 COMPLETED"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@contextmanager
def rsyslogd(port: int) -> Iterator[Path]:
    """The folder with its socket `log`; what it read stands in `read`, a line for each message."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "conf").write_text(CONFIGURATION.format(port=port, folder=folder))
        with (folder / "errors").open("wb") as errors:
            process = subprocess.Popen(
                [str(RSYSLOGD), "-n", "-f", str(folder / "conf"), "-i", "NONE"],
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
            )
        try:
            until(lambda: (folder / "log").exists() or process.poll() is not None)
            assert process.poll() is None, (folder / "errors").read_text()
            yield folder
        finally:
            process.terminate()
            process.wait(10)


def test_severity_facility_time_name_and_text_are_read_as_they_were_meant() -> None:
    port = free_port()
    settings = "logging enable\nlogging timestamp rfc5424\nlogging device-id hostname\nlogging facility 23\n"
    gateway = Rig("a", DEVICE + settings).gateway
    targets = [f"udp:127.0.0.1:{port}", f"tcp:127.0.0.1:{port}"]

    with rsyslogd(port) as folder:
        read = folder / "read"

        async def run() -> None:
            log = SyslogOut(gateway, [parse_target(one) for one in (*targets, f"unix:{folder}/log")], print)
            gateway.watchers.append(log)
            line = lines.PHASE1_COMPLETED(About(group="10.0.0.2", ip="10.0.0.2"))
            gateway.act(lambda box, now: box.say(line, now))
            async with asyncio.timeout(20):
                while not read.exists() or read.read_text().count("\n") < 3:
                    await asyncio.sleep(0.02)
            await log.close()

        asyncio.run(run())
        found = {line.split("|")[0]: line.split("|")[1:] for line in read.read_text().splitlines()}
    # The clock of these gateways stands at this moment.
    for way in ("imudp", "imtcp"):
        assert found[way] == ["local7", "notice", "2023-11-14T22:13:20Z", "asa1", "", TEXT]
    facility, severity, _, _, program, text = found["imuxsock"]
    assert (facility, severity, program, text) == ("local7", "notice", "mainmode", TEXT)
