"""The log of a busy firewall, made of what the lab's devices said: many peers, healthy and failing, and other subjects.

Every negotiation is a packaged scenario's, told by one of its devices as debug lines or as system log, with another
peer's address and other message ids and SPIs. Hundreds go on at a time, between connections that are built and ended.
"""

import heapq
import random
import re
from collections.abc import Iterator
from importlib.resources import files

from mainmode.base.instant import SECOND, Instant
from mainmode.catalogue.entry import Channel
from mainmode.catalogue.envelope import Form, clock, render
from mainmode.lab.scenario.play import play
from mainmode.lab.scenario.reader import read_scenario

STORIES = (
    *("reference", "nat_on_one_side", "rekey_phase2", "dpd_dead_peer", "fail_psk_mismatch", "fail_acl_not_mirrored"),
    *("fail_transform_set", "fail_no_answer", "fail_pfs", "fail_phase1_hash"),
)
_FOLDER = files("mainmode.lab") / "scenarios"
_START = 1_700_000_000 * SECOND
_PEER = re.compile(r"IP = ([0-9.]+)")
_HEX = re.compile(r"\b(0x)?([0-9a-fA-F]{8})\b")
_OTHERS = (
    "%ASA-6-302013: Built inbound TCP connection {n} for outside:203.0.113.{b}/{p} (203.0.113.{b}/{p}) to "
    "inside:192.168.1.{b}/443 (198.51.100.10/443)",
    "%ASA-6-302014: Teardown TCP connection {n} for outside:203.0.113.{b}/{p} to inside:192.168.1.{b}/443 duration "
    "0:00:3{d} bytes {n} TCP FINs",
    "%ASA-6-302015: Built outbound UDP connection {n} for outside:192.0.2.53/53 (192.0.2.53/53) to "
    "inside:192.168.1.{b}/{p} (198.51.100.10/{p})",
    "%ASA-6-302016: Teardown UDP connection {n} for outside:192.0.2.53/53 to inside:192.168.1.{b}/{p} duration "
    "0:00:0{d} bytes 14{d}",
    "%ASA-6-305011: Built dynamic TCP translation from inside:192.168.1.{b}/{p} to outside:198.51.100.10/{p}",
    '%ASA-4-106023: Deny tcp src outside:203.0.113.{b}/{p} dst inside:192.168.1.{b}/23 by access-group "outside_in" '
    "[0x0, 0x0]",
    "%ASA-5-111008: User 'operator' executed the 'show clock' command.",
)

Told = list[tuple[int, str]]


def stories(form: Form) -> list[tuple[Told, str]]:
    """What each device of the scenarios said, in microseconds from the start, and its peer's address."""
    found = []
    for name in STORIES:
        folder = _FOLDER / name
        configurations = tuple(sorted(one.name for one in folder.iterdir() if one.name.endswith(".cfg")))
        text = (folder / "scenario.toml").read_text("utf-8")
        scenario = read_scenario(name, text, configurations, lambda file, at=folder: (at / file).read_text("utf-8"))
        performance = play(scenario)
        for console in performance.stage.consoles.values():
            told = [
                (said.at - performance.stage.start, render(said.line, form))
                for said in console.said
                if form is Form.SYSLOG or said.line.entry.channel is not Channel.SYSLOG
            ]
            peers = [peer[1] for _, line in told if (peer := _PEER.search(line))]
            if peers:
                found.append((told, max(set(peers), key=peers.count)))
    return found


class BusyLog:
    """Lines without end, in order of time; the same for the same seed."""

    def __init__(self, seed: int = 1, others: float = 0.5) -> None:
        """`others` is the share of lines about other subjects."""
        self._dice = random.Random(seed)
        self._others = others
        self._stories = [(told, peer, form) for form in (Form.COLON, Form.SYSLOG) for told, peer in stories(form)]
        self._number = 0

    def _negotiation(self, start: int) -> Iterator[tuple[int, int, str]]:
        self._number += 1
        number = self._number
        told, peer, form = self._dice.choice(self._stories)
        own = f"10.{20 + number % 200}.{number // 200 % 250}.{1 + number // 50000 % 250}"
        mask = self._dice.getrandbits(32)
        header = "fw1 : " if form is Form.SYSLOG else ""

        def other(found: re.Match[str]) -> str:
            return f"{found[1] or ''}{int(found[2], 16) ^ mask:08x}"

        for at, line in told:
            moment = start + at
            yield moment, number, f"{clock(Instant(moment))} {header}{_HEX.sub(other, line.replace(peer, own))}"

    def _unrelated(self) -> str:
        dice = self._dice.randrange
        template = _OTHERS[dice(len(_OTHERS))]
        return template.format(n=dice(10**8), b=1 + dice(250), p=1024 + dice(60000), d=dice(10))

    def lines(self) -> Iterator[str]:
        """See the class."""
        now, dice = _START, self._dice
        going = [self._negotiation(now + dice.randrange(600 * SECOND)) for _ in range(400)]
        waiting = [(*next(one), one) for one in going]
        heapq.heapify(waiting)
        while True:
            now, _, line, one = waiting[0]
            while dice.random() < self._others:
                yield f"{clock(Instant(now))} fw1 : {self._unrelated()}"
            yield line
            following = next(one, None)
            if following is None:
                one = self._negotiation(now + dice.randrange(60 * SECOND))
                following = next(one)
            heapq.heapreplace(waiting, (*following, one))
