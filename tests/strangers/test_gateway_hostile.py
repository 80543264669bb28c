"""Hostile datagrams against a running gateway: each is counted by a name, and the tunnel beside them goes on."""

import re
import sys
import time
from pathlib import Path

import pytest
from firewall import Firewall
from host_state import metrics
from lan import run, until
from pair_of_gateways import ping, two_gateways
from pinger import pinging
from sites import Sites
from sniffer import sniffing

pytestmark = pytest.mark.root

ATTACKER = Path(__file__).with_name("attacker.py")
PORT = 9790


def attack(net: Sites, kind: str, count: int, capture: Path, seed: int = 1) -> int:
    """So many datagrams of a kind from the router to gateway a, most of which claim to be the peer's; how many left."""
    words = (kind, str(seed), str(count), net.a.outside, net.b.outside, str(capture))
    return int(run("ip", "netns", "exec", net.router, sys.executable, str(ATTACKER), *words, timeout=120).split()[-1])


def drops(ours: Firewall) -> dict[str, int]:
    """What the gateway dropped so far, by reason."""
    told = metrics(ours.namespace, PORT).items()
    return {reason: int(count) for (name, reason), count in told if name == "mainmode_drops_total"}


def memory(ours: Firewall) -> int:
    """Resident kilobytes of the gateway's process."""
    if ours.process is None:
        return 0
    [found] = re.findall(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{ours.process.pid}/status").read_text(), re.M)
    return int(found)


def settled(ours: Firewall) -> dict[str, int]:
    """The drops when no more are counted."""
    before: dict[str, int] = {}
    for _ in range(20):
        time.sleep(0.5)
        now = drops(ours)
        if now == before:
            break
        before = now
    return before


def test_every_hostile_datagram_is_counted_and_the_tunnel_beside_them_loses_no_ping(tmp_path: Path) -> None:
    with two_gateways("hostile", tmp_path, options=("--metrics", f"127.0.0.1:{PORT}")) as (net, first, _):
        with sniffing(net.router, net.links["a"], tmp_path / "talk.pcap") as talk:
            assert ping(net.a, net.b)[0] == 3, first.report()
            time.sleep(0.5)
            talk.end()
        with pinging(net.a.host, net.b.address) as pings:
            assert until(lambda: pings.told()[net.b.address].answered > 3, 10)
            for kind in ("random", "esp"):
                before = settled(first)
                sent = attack(net, kind, 1500, tmp_path / "talk.pcap")
                after = settled(first)
                counted = {reason: after[reason] - before.get(reason, 0) for reason in after}
                assert sum(counted.values()) == sent == 1500, counted
            for kind in ("mutated", "fragments", "begun"):
                attack(net, kind, 1500, tmp_path / "talk.pcap")
            settled(first)
            grown = memory(first)
            for seed, kind in enumerate(("random", "esp", "mutated", "fragments", "begun"), 2):
                attack(net, kind, 1500, tmp_path / "talk.pcap", seed)
            settled(first)
            assert memory(first) - grown < 3000, f"{grown} kB, and then {memory(first)} kB"
            time.sleep(1)
            told = pings.told()[net.b.address]
        assert told.sent - told.answered <= 5, told
        assert told.silence < 5
        report = first.report()
        assert "a fault in mainmode" not in report
        assert "Traceback" not in report
        assert not first.said("tunnel down"), report
        assert first.process is not None
        assert first.process.poll() is None
