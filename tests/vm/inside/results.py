"""A plugin for pytest in the machine: what became of each check, as JSON lines on the second serial port."""

import json

import pytest

PORT = "/dev/ttyS1"
_seconds: dict[str, float] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """One line for each check, at the end of it."""
    seconds = _seconds[report.nodeid] = _seconds.get(report.nodeid, 0.0) + report.duration
    if report.failed or report.when == "call":
        line = {
            "check": report.location[2].partition("[")[0],
            "id": report.nodeid,
            "outcome": report.outcome,
            "seconds": round(seconds, 1),
            "report": report.longreprtext[-24000:],
        }
        with open(PORT, "a") as port:
            port.write(json.dumps(line) + "\n")
