"""The story of a day, told by a seed: who the devices are, what their net is like, and what befalls them.

All of it is the text of a scenario and its configurations, so that a day can be written down and played again.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from day_devices import Device, Pair, cast

DAY = 24 * 3600
CALM = 1200
"""Seconds of a good net at the end. What may keep a tunnel down longest there: keepalives that ask after ten minutes
find out that a peer has forgotten everything (four questions, 640 s); a negotiation that hangs (65 s); one that waits
for another to fail first (20 s, 65 s). Together that is less than a quarter of an hour, and in the last five minutes
nothing may be lost."""

FIRST, LAST = 900, DAY - 5400
"""When the first mishap begins and the last one is over."""

GOOD = "delay=20ms,jitter=0ms,loss=0%,duplicate=0%,reorder=0%,corrupt=0%"
_KEY = "key changed"
"""Two of these at once would leave two keys behind."""
_STAGES = ("MM1", "MM2", "MM3", "MM4", "MM5", "MM6", "QM1", "QM2", "QM3", "DELETE")
_PATIENCE = 360
"""Pings, ten seconds apart, after which a host gives up to wait for an answer: an hour."""


@dataclass(frozen=True)
class Mishap:
    """Something that befalls the day, from `start` to `end` in seconds; what it did is put right at its end."""

    kind: str
    start: int
    end: int


@dataclass
class Day:
    """What the dice gave."""

    seed: int
    devices: list[Device]
    pairs: list[Pair]
    link: str = ""
    mishaps: list[Mishap] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    cannot: dict[int, str] = field(default_factory=dict)
    """Why a pair, by its place, cannot be up at the end: the code of a cause. All others must be."""

    @property
    def files(self) -> dict[str, str]:
        """The configurations."""
        return {f"{device.name}.cfg": device.text() for device in self.devices}

    @property
    def text(self) -> str:
        """The scenario."""
        rows = ",\n".join(f'  "{step}"' for step in self.steps)
        boxes = [device for device in self.devices if device.nat]
        cast_rows = "\n".join(
            f'{device.name} = {{ behind = "{device.nat}" }}' if device.nat else f"{device.name} = {{}}"
            for device in self.devices
        )
        nat = "[nat]\n" + "\n".join(device.nat_row() for device in boxes) + "\n" if boxes else ""
        return (
            f'title = "Day {self.seed}"\nshows = "A day of mishaps."\nseed = {self.seed}\nuntil = "{DAY + CALM}s"\n'
            f'link = "{self.link}"\ndebugs = []\nconsoles = false\nstamps = true\n'
            f"[devices]\n{cast_rows}\n{nat}[story]\nsteps = [\n{rows}\n]\nexpect = []\n"
        )


def told_by(seed: int) -> Day:
    """The day of this seed."""
    return _Telling(seed).day


class _Telling:
    def __init__(self, seed: int) -> None:
        self.dice = dice = random.Random(f"day {seed}")
        devices, pairs = cast(dice)
        self.day = Day(seed, devices, pairs, self._link())
        self.day.cannot = {place: "CONNECTION_TYPE" for place, pair in enumerate(pairs) if pair.barren}
        for _ in range(dice.choice([3, 5, 7, 9, 12, 15])):
            self._mishap()
        self._traffic()
        if not self.day.cannot and dice.random() < 0.03:
            self._leave_keys_apart()
        self._calm()

    def _link(self) -> str:
        """Mostly a fair net; now and then a bad one all day long."""
        dice = self.dice
        worst = dice.choice([1, 1, 1, 5, 30])
        longest = dice.choice([20, 60, 200, 200, 1000, 2000])
        delay = dice.randint(5, longest)
        return (
            f"delay={delay}ms,jitter={longest - delay}ms,loss={dice.uniform(0, worst):.1f}%,"
            f"duplicate={dice.uniform(0, worst):.1f}%,reorder={dice.uniform(0, worst):.1f}%,"
            f"corrupt={dice.uniform(0, worst / 5):.1f}%"
        )

    # --- traffic -------------------------------------------------------------------------------------------------

    def _traffic(self) -> None:
        """Idle hours and busy hours, from either side."""
        dice, at = self.dice, 60
        while at < DAY - 1800:
            length = dice.randint(1200, 3 * 3600)
            kind = dice.choice(["idle", "idle", "slow", "slow", "slow", "busy"])
            end = min(at + length if kind != "busy" else at + min(length, 900), DAY - 1200)
            for pair in self.day.pairs:
                for source, target in pair.flows():
                    every = dice.randint(900, 3000) if kind == "slow" else dice.randint(30, 120)
                    size = dice.choice(["", "", " size 1300"])
                    if kind != "idle" and dice.random() < 0.7:
                        begin = at + dice.randint(0, 30)
                        self._step(f"every {every}s from {begin}s until {end}s: ping {source} {target} count 1{size}")
            at = end + 60

    def _step(self, text: str) -> None:
        self.day.steps.append(text)

    def _try(self, pair: Pair, at: int) -> None:
        """Somebody on each side tries until there is an answer."""
        for source, target in pair.flows():
            self._step(f"at {at}s: ping {source} {target} count {_PATIENCE} every 10s until answered")

    # --- mishaps -------------------------------------------------------------------------------------------------

    def _mishap(self) -> None:
        dice, pair = self.dice, self.dice.choice(self.day.pairs)
        start = dice.randint(FIRST, LAST - 7300)
        kinds = [*_KINDS]
        kind = dice.choice(kinds)
        steps, length = _KINDS[kind](dice, pair)
        if not steps:
            return
        if kind == _KEY and any(
            one.kind == kind and one.start <= start + length <= one.end + length for one in self.day.mishaps
        ):
            return
        taken = {mishap.end for mishap in self.day.mishaps}
        while start + length in taken:
            start += 1
        self.day.mishaps.append(Mishap(kind, start, start + length))
        for after, text in steps:
            self._step(f"at {start + after}s: {text}")
        self._try(pair, start + length)

    def _leave_keys_apart(self) -> None:
        """One side's key is changed, and the other's is not, to the end of the day."""
        pair = self.day.pairs[0]
        self.day.cannot[0] = "PSK_MISMATCH"
        self._step(f"at {LAST}s: configure {pair.a.name}: {pair.a.key_lines(pair.b, 'apart')}")
        self._step(f"at {LAST + 1}s: type {pair.a.name}: clear crypto isakmp sa")

    def _calm(self) -> None:
        names = sorted({device.nat or device.name for device in self.day.devices})
        for place, one in enumerate(names):
            for other in names[place + 1 :]:
                self._step(f"at {DAY - 600}s: link {one} {other} {GOOD}")
        for pair in self.day.pairs:
            for source, target in pair.flows():
                self._step(f"at {DAY}s: ping {source} {target} count {CALM // 20} every 20s")


Steps = tuple[list[tuple[int, str]], int]
"""What happens so many seconds after the beginning, and how long it lasts until all is put right."""


def _linked(pair: Pair, options: str, length: int, arrow: str = "") -> Steps:
    one, other = pair.a.edge, pair.b.edge
    return [(0, f"link {one}{arrow} {other} {options}"), (length, f"mend link {one} {other}")], length


def _burst(dice: random.Random, pair: Pair) -> Steps:
    return _linked(pair, f"loss={dice.randint(30, 90)}%", dice.randint(30, 1200))


def _outage(dice: random.Random, pair: Pair) -> Steps:
    return _linked(pair, "loss=100%", dice.choice([60, 300, 1800, 7200]))


def _one_way(dice: random.Random, pair: Pair) -> Steps:
    if dice.random() < 0.5:
        pair = Pair(pair.b, pair.a)
    return _linked(pair, "loss=100%", dice.randint(60, 1800), " ->")


def _slow(dice: random.Random, pair: Pair) -> Steps:
    return _linked(pair, f"delay={dice.randint(1, 4)}s,jitter={dice.randint(0, 3)}s", dice.randint(60, 1800))


def _mess(dice: random.Random, pair: Pair) -> Steps:
    options = f"duplicate={dice.randint(5, 50)}%,reorder={dice.randint(5, 50)}%,corrupt={dice.randint(5, 50)}%"
    return _linked(pair, options, dice.randint(60, 1800))


def _restart(dice: random.Random, pair: Pair) -> Steps:
    down = dice.choice([1, 60, 300, 900])
    name = dice.choice([pair.a, pair.b]).name
    return [(0, f"restart {name} for {down}s")], down


def _restart_both(dice: random.Random, pair: Pair) -> Steps:
    first, second = dice.choice([1, 60, 300]), dice.choice([1, 60, 300])
    return [(0, f"restart {pair.a.name} for {first}s"), (1, f"restart {pair.b.name} for {second}s")], max(
        first, second + 1
    )


def _reload(dice: random.Random, pair: Pair) -> Steps:
    down = dice.choice([1, 60, 300])
    return [(0, f"reload {dice.choice([pair.a, pair.b]).name} for {down}s")], down


def _other_clock(dice: random.Random, pair: Pair) -> Steps:
    off = dice.choice(["30s", "1h", "1d", "365d"])
    name = dice.choice([pair.a, pair.b]).name
    return [(0, f"restart {name} for 60s clock {off} {dice.choice(['ahead', 'behind'])}")], 60


def _ambush(dice: random.Random, pair: Pair) -> Steps:
    name = dice.choice([pair.a, pair.b]).name
    clears = dice.choice([pair.a, pair.b]).name
    steps = [(0, f"restart {name} on {dice.choice(_STAGES)}"), (1, f"type {clears}: clear crypto isakmp sa")]
    return steps, 2


def _clear(dice: random.Random, pair: Pair) -> Steps:
    commands = [
        "clear crypto isakmp sa",
        "clear crypto ipsec sa",
        "clear crypto ipsec sa counters",
        "vpn-sessiondb logoff l2l",
        "clear conn all",
        "clear xlate",
    ]
    steps = [(0, f"type {dice.choice([pair.a, pair.b]).name}: {dice.choice(commands)}")]
    if dice.random() < 0.3:
        steps.append((0, f"type {pair.b.name}: {dice.choice(commands)}"))
    return steps, 1


def _nat(dice: random.Random, pair: Pair) -> Steps:
    box = pair.b.nat or pair.a.nat
    if not box:
        return [], 0
    moves = not (pair.b.nat and pair.b.forwarded) and dice.random() < 0.5
    return [(0, f"reboot {box} as 10.0.0.{dice.randint(30, 99)}" if moves else f"reboot {box}")], 1


def _address(dice: random.Random, pair: Pair) -> Steps:
    """The provider of a dynamic peer gives it another address."""
    if pair.a.knows(pair.b) or pair.b.nat:
        return [], 0
    return [(0, f"configure {pair.b.name}: {pair.b.address_lines(dice.randint(100, 199))}")], 1


def _roll_key(dice: random.Random, pair: Pair) -> Steps:
    key, gap = f"rolled{dice.randint(0, 9999)}", dice.choice([5, 60, 600, 1800])
    first, second = (pair.a, pair.b) if dice.random() < 0.5 else (pair.b, pair.a)
    if len(first.peers) > 1 or len(second.peers) > 1:
        return [], 0
    steps = [(0, f"configure {first.name}: {first.key_lines(second, key)}")]
    if dice.random() < 0.5:
        steps.append((1, f"type {first.name}: clear crypto isakmp sa"))
    steps.append((gap, f"configure {second.name}: {second.key_lines(first, key)}"))
    return steps, gap


def _changed_and_back(dice: random.Random, pair: Pair) -> Steps:
    device, length = dice.choice([pair.a, pair.b]), dice.choice([10, 120, 900])
    there, back = dice.choice(device.changes())
    steps = [(0, f"configure {device.name}: {there}"), (length, f"configure {device.name}: {back}")]
    if dice.random() < 0.3:
        steps.append((1, f"type {device.name}: clear crypto isakmp sa"))
    return steps, length


_KINDS: dict[str, Callable[[random.Random, Pair], Steps]] = {
    "loss of 30 to 90 %": _burst,
    "outage": _outage,
    "one way cut": _one_way,
    "latency of seconds": _slow,
    "duplicates, reordering, damage": _mess,
    "restart": _restart,
    "restart of both": _restart_both,
    "reload": _reload,
    "restart with another clock": _other_clock,
    "restart in a negotiation": _ambush,
    "clear command": _clear,
    "NAT box reboots": _nat,
    "another address": _address,
    _KEY: _roll_key,
    "configuration changed and back": _changed_and_back,
}
KINDS = tuple(_KINDS)
"""What can befall a day, in the order of the page."""
