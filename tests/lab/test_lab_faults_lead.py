"""Every declared fault leads where its declaration says: to its verdict, or in a scenario that gives it time."""

from dataclasses import dataclass
from importlib.resources import files

import pytest
from labs import TEXTS
from test_lab_faults import _run

from mainmode.lab.faults.catalogue import FAULTS
from mainmode.lab.faults.declaration import Fault
from mainmode.lab.scenario.play import play
from mainmode.lab.scenario.reader import read_scenario
from mainmode.ladder.transcript import Outcome, Side

PING = "ping 192.168.1.2 192.168.2.2"
PINGS = f"at 1s: {PING}"
WAIT = "at 3m: show b: version"
BEHIND_NAT = """
[devices]
a = { behind = "router" }
b = {}
[nat]
router = { address = "198.51.100.1", timeout = "20s" }
"""
NEWER = (
    ("crypto isakmp", "crypto ikev1"),
    ("ipsec transform-set", "ipsec ikev1 transform-set"),
    ("set transform-set", "set ikev1 transform-set"),
    (" pre-shared-key", " ikev1 pre-shared-key"),
)


def _newer(text: str) -> str:
    for old, new in NEWER:
        text = text.replace(old, new)
    return text


def _branch(name: str) -> str:
    """A configuration of the scenario with NAT."""
    return (files("mainmode.lab") / "scenarios" / "nat_on_one_side" / f"{name}.cfg").read_text("utf-8")


@dataclass(frozen=True)
class Story:
    """What makes a fault felt, and how."""

    faults: tuple[str, ...]
    steps: tuple[str, ...]
    expect: tuple[str, ...]
    more: str = ""
    newer: bool = False


STORIES = {
    "nat-t-off": Story(("nat-t-off,b",), (PINGS,), ("phase 1 a b is up", "verdict a b is ESP_BLOCKED"), BEHIND_NAT),
    "idle-timeout": Story(
        ("idle-timeout,b=1",), (PINGS, WAIT), ("at 30s: tunnel a b is up", "tunnel a b is down", "b says cause IDLE")
    ),
    "session-timeout": Story(
        ("session-timeout,b=1",),
        (f"at 1s: {PING} count 60",),
        ("at 30s: tunnel a b is up", "line b: Max Time Exceeded", "b says cause SESSION_TIME"),
    ),
    "no-keepalive": Story(
        ("no-keepalive,a",),
        (PINGS, "at 10s: restart b for 5m"),
        ("at 4m: a holds = 1 ike sas", "no line a: has lost contact"),
    ),
    "limit": Story(
        ("limit,b=1", "flood,b=100"), (PINGS,), ("verdict a b is LIMIT", "b drops >= 1: a limit"), newer=True
    ),
    "flood": Story(("flood,b=100",), (PINGS,), ("tunnel a b is up",), newer=True),
    "drop": Story(
        ("drop=MM3",),
        (PINGS,),
        ("at 5s: tunnel a b is down", "tunnel a b is up"),
    ),
    "corrupt": Story(("corrupt=MM5",), (PINGS,), ("a drops >= 1: a payload's length or contents do not fit",)),
    "replay": Story(("replay=ESP",), (PINGS, WAIT), ("b drops = 1: an ESP sequence number seen before",)),
    "ignore-deletes": Story(
        ("ignore-deletes,b",),
        (PINGS, "at 10s: type a: clear crypto isakmp sa"),
        ("at 20s: a holds = 0 ipsec sas", "at 20s: b holds = 1 ipsec sas"),
    ),
    "block-udp-4500": Story(("block-udp-4500",), (PINGS, WAIT), ("verdict a b is UDP_BLOCKED",), BEHIND_NAT),
    "outage": Story(("outage=60s",), (PINGS, WAIT), ("a says cause LOST_PEER",)),
    "mtu-black-hole": Story(("mtu-black-hole=1000",), (PINGS, f"at 20s: {PING} size 1400 df"), ("pings lost = 6",)),
    "nat-timeout": Story(
        ("nat-timeout=10s",),
        (PINGS, f"at 1m: {PING}"),
        ("tunnel a b is up", "sas equal a b"),
        BEHIND_NAT,
    ),
    "nat-reboot": Story(
        ("nat-reboot=30s",),
        (PINGS, f"at 1m: {PING}"),
        ("tunnel a b is up", "pings lost <= 1 from 30s"),
        BEHIND_NAT,
    ),
    "in-clear": Story(("in-clear,b=20s",), (PINGS, f"at 30s: {PING}"), ("a drops >= 1: a packet in clear",)),
    "restart": Story(
        ("restart,b=20s", "no-keepalive,a"),
        (PINGS, f"at 60s: {PING}"),
        ("verdict a b from 15s is STALE_SA",),
    ),
    "forget-sas": Story(
        ("forget-sas,b=20s", "no-keepalive,a"),
        (PINGS, f"at 30s: {PING}"),
        ("verdict a b from 15s is STALE_SA",),
    ),
}
"""Those that a first ping over a healthy pair does not show."""
PLACED = {"connection-type": ("connection-type,a", False), "earlier-entry": ("earlier-entry,a", True)}
"""Where another device than `b` has to have it; whether hosts are named, since the access lists lead elsewhere."""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_declared_fault_leads_where_its_declaration_says(fault: Fault) -> None:
    story = STORIES.get(fault.name)
    if story is not None:
        assert _failed(story) == []
        return
    text, named_hosts = PLACED.get(fault.name, (fault.name + ",b" * fault.needs_device, False))
    verdict = _run(text, ping=named_hosts).transcript.verdict
    assert ("up" if verdict.outcome is Outcome.UP else verdict.cause) in fault.leads_to


def _failed(story: Story) -> list[str]:
    pair = {"a": _branch("branch"), "b": _branch("office")} if story.more else {one.value: TEXTS[one] for one in Side}
    texts = {f"{name}.cfg": _newer(text) if story.newer else text for name, text in pair.items()}
    listed = {"steps": story.steps, "expect": story.expect}
    rows = "\n".join(f"{name} = {list(ones)}" for name, ones in listed.items())
    toml = f"faults = {list(story.faults)}\n{story.more}\n[story]\n{rows}\n"
    performance = play(read_scenario("test", toml, tuple(texts), lambda name: texts[name]))
    return [f"{one.expected.text}: {one.finding.evidence}" for one in performance.judged if not one.finding.holds]
