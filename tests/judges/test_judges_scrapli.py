"""scrapli's own definition of an ASA opens, reads, configures and closes."""

import json
import subprocess
from pathlib import Path

import pytest
from lab_rig import FAR, NEAR
from ssh_rig import served

from judges import BIN, PATIENCE, pair

pytestmark = pytest.mark.judges
TRACE = f"packet-tracer input inside icmp {NEAR} 8 0 {FAR}"
EXEC, CONFIGURE = "privileged_exec", "configuration"


def sits(port: int, *steps: tuple[str, list[str]]) -> list[tuple[bool, str]]:
    """What scrapli says and read of each step."""
    done = subprocess.run(
        [BIN / "python", Path(__file__).parent / "scrapli_sitting.py", str(port)],
        input=json.dumps(steps), capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, *answers = json.loads(done.stdout)
    assert first == ["prompt", False, "asa1#"]
    return [(failed, text) for _, failed, text in answers]


def test_it_breaks_a_tunnel_and_mends_it() -> None:
    peer = "crypto map MAP 10 set peer"
    with served(pair()) as lab:
        answers = sits(
            lab.ports[0],
            (CONFIGURE, [f"no {peer} 10.0.0.2", f"{peer} 10.0.0.99"]),
            (EXEC, ["show running-config crypto map", TRACE, "show crypto ipsec sa"]),
            (CONFIGURE, [f"no {peer} 10.0.0.99", f"{peer} 10.0.0.2"]),
            (EXEC, [TRACE]),
            (EXEC, [f"ping inside {FAR}", "show crypto isakmp sa", "write memory", "show nonsense"]),
        )
    broke, seen, mended, first, last = answers
    assert not any(failed for failed, _ in (broke, seen, mended, first))
    assert f"{peer} 10.0.0.99" in seen[1]
    assert "There are no ipsec sas" in seen[1]
    assert "Action: drop" in first[1]
    assert "Success rate is" in last[1]
    assert "MM_ACTIVE" in last[1]
    assert "[OK]" in last[1]
    assert last[0]
