"""What a negotiation costs with many crypto map entries, and with many policies: `bench/scaling.py [--write]`.

A hub with 1 to 1,000 crypto map entries, each with its peer, access list and tunnel-group, negotiates main and quick
mode with the peer of the last one; CPU of the hub's engine alone, nobody listening, as the one that begins and as the
one that answers. And with 1 to 255 policies on either side (a proposal holds no more), of which only the last is the
same.
"""

import argparse
import time
from collections import deque

from measuring import medians
from negotiation import ENTROPY, NOON
from page import Curve, Row, Section, tell

from mainmode.base.instant import Instant, later, seconds
from mainmode.device.config.reader import read
from mainmode.device.settings import ike_settings
from mainmode.ike.acquire import Acquire
from mainmode.ike.effects import Effect, InstallSa, Send
from mainmode.ike.engine import Engine
from mainmode.ike.settings import IkeSettings

ENTRIES = (1, 10, 100, 1000)
POLICIES = (1, 10, 100, 255)
_HUB, _KEY = "203.0.113.1", "a-pre-shared-key"
_PAUSE = seconds(10)
"""Between two negotiations, so that the peer's budget at the gate has come back."""
_POLICY = "crypto ikev1 policy {}\n authentication pre-share\n encryption {}\n hash {}\n group {}\n lifetime {}\n"
_HEAD = (
    "ASA Version 9.1(7)\nhostname {name}\ninterface GigabitEthernet0/0\n nameif outside\n security-level 0\n"
    " ip address {address} 255.255.0.0\n!\ncrypto ipsec ikev1 transform-set AES esp-aes esp-sha-hmac\n"
)
_ENTRY = (
    "access-list TUNNEL-{number} extended permit ip {own} {others}\n"
    "crypto map OUTSIDE {number} match address TUNNEL-{number}\ncrypto map OUTSIDE {number} set peer {peer}\n"
    "crypto map OUTSIDE {number} set ikev1 transform-set AES\n"
    "tunnel-group {peer} type ipsec-l2l\ntunnel-group {peer} ipsec-attributes\n ikev1 pre-shared-key {key}\n"
)
_END = "crypto map OUTSIDE interface outside\ncrypto ikev1 enable outside\n"


def _place(number: int) -> tuple[str, str]:
    """A site's address and its network."""
    return f"203.0.{114 + number // 250}.{number % 250 + 1}", f"10.{number // 250}.{number % 250}.0 255.255.255.0"


def _settings(name: str, address: str, entries: str, policies: str) -> IkeSettings:
    return ike_settings(read(_HEAD.format(name=name, address=address) + entries + policies + _END, f"{name}.cfg"))


def _policies(count: int, ciphers: tuple[str, ...]) -> str:
    """So many with these ciphers before the last one, which is the only one of group 2."""
    others = [
        _POLICY.format(place, ciphers[place % len(ciphers)], ("md5", "sha")[place // 2 % 2], 5, 3600 + place)
        for place in range(1, count)
    ]
    return "".join((*others, _POLICY.format(65535, "aes", "sha", 2, 86400)))


class Hub:
    """A hub with so many entries and policies, and the site of the last entry, with as many other policies."""

    def __init__(self, entries: int, policies: int) -> None:
        peer, network = _place(entries)
        own = "172.16.0.0 255.255.0.0"
        spelled = "".join(
            _ENTRY.format(number=number, own=own, others=_place(number)[1], peer=_place(number)[0], key=_KEY)
            for number in range(1, entries + 1)
        )
        site = _ENTRY.format(number=1, own=network, others=own, peer=_HUB, key=_KEY)
        self._settings = _settings("hub", _HUB, spelled, _policies(policies, ("aes", "aes-192")))
        self._site = _settings("site", peer, site, _policies(policies, ("des", "3des")))
        self._engine = Engine(self._settings, ENTROPY, listened=False)
        self._now = NOON
        self._spent = 0.0

    def cost(self, begins: bool, seconds_: float) -> float:
        """CPU microseconds of the hub's engine for a negotiation, tried for about so many seconds of all CPU."""
        self._spent, count, until = 0.0, 0, time.process_time() + seconds_
        while time.process_time() < until or count < 2:
            self._negotiate(begins)
            count += 1
        return self._spent / count * 1e6

    def _negotiate(self, begins: bool) -> None:
        self._now = later(self._now, _PAUSE)
        site = Engine(self._site, ENTROPY, listened=False)
        wire: deque[tuple[Engine, Send]] = deque()
        installed = 0

        def follow(effects: list[Effect], other: Engine) -> None:
            nonlocal installed
            for effect in effects:
                if isinstance(effect, Send):
                    wire.append((other, effect))
                installed += isinstance(effect, InstallSa)

        first, second = (self._engine, site) if begins else (site, self._engine)
        follow(self._timed(first, _request(first.settings), self._now), second)
        while wire:
            engine, sent = wire.popleft()
            follow(self._timed(engine, sent, self._now), site if engine is self._engine else self._engine)
        if installed != 2:
            raise RuntimeError(f"SAs installed: {installed}")
        self._engine.clear(None, self._now)

    def _timed(self, engine: Engine, what: Acquire | Send, now: Instant) -> list[Effect]:
        began = time.process_time()
        if isinstance(what, Acquire):
            effects = engine.acquire(what, now)
        else:
            effects = engine.receive(what.datagram, what.path.reversed(), now)
        if engine is self._engine:
            self._spent += time.process_time() - began
        return effects


def _request(settings: IkeSettings) -> Acquire:
    """Traffic for the last entry."""
    entry = settings.entries[-1]
    ace = (entry.acl or ())[0]
    return Acquire(entry, ace, "inside", ace.proxies.local.first, ace.proxies.remote.first, 1)


def costs_of(hubs: dict[int, Hub], begins: bool, rounds: int, seconds_: float) -> tuple[float, ...]:
    """What a negotiation costs each hub, as the one that begins or as the one that answers."""
    return medians(rounds, *(lambda hub=hub: hub.cost(begins, seconds_) for hub in hubs.values()))


def grown(rounds: int, seconds_: float) -> tuple[list[Row], list[Curve]]:
    """Rows and curves of both roles: one negotiation for each entry, and one with many policies."""
    by_entries = {count: Hub(count, 1) for count in ENTRIES}
    by_policies = {count: Hub(1, count) for count in POLICIES}
    rows: list[Row] = []
    curves: list[Curve] = []
    for role, begins in (("initiator", True), ("responder", False)):
        for along, hubs in (("crypto map entries", by_entries), ("policies", by_policies)):
            costs = costs_of(hubs, begins, rounds, seconds_)
            for count, cost in list(zip(hubs, costs, strict=True))[1:]:
                what = f"a negotiation as {role}, {count:,} {along}"
                rows.append(Row(what, cost, "with 1", costs[0], None, "us"))
            if along == "policies":
                curves.append(Curve(f"a negotiation as {role}", along, "us", tuple(hubs), costs))
            else:
                total = tuple(count * cost / 1000 for count, cost in zip(hubs, costs, strict=True))
                curves.append(Curve(f"a negotiation as {role} for each", along, "ms", tuple(hubs), total))
    return rows, curves


def main() -> None:
    """Measures, prints, and writes the page if told to."""
    parser = argparse.ArgumentParser(description="Measure negotiations with many entries and policies; prints a table.")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--rounds", type=int, default=5, help="measurements per figure; the median counts (default 5)")
    parser.add_argument("--seconds", type=float, default=0.5, help="CPU time of one measurement (default 0.5)")
    arguments = parser.parse_args()
    options = arguments.rounds, arguments.seconds
    rows, curves = grown(*options)
    tell(Section.of("scaling", f"medians of {arguments.rounds}", rows, tuple(curves)), arguments.write)


if __name__ == "__main__":
    main()
