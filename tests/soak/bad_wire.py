"""A tunnel's life on a bad wire, told by a seed: two whole devices, six hours of virtual time, ten-minute lifetimes."""

import random
from dataclasses import dataclass

from mainmode.base.instant import between, later, seconds
from mainmode.base.secret import Secret
from mainmode.ike.effects import Failure
from mainmode.ipsec.dataplane import SaPair
from mainmode.lab.scenario.play import Performance, play
from mainmode.lab.scenario.reader import read_scenario

HOURS = 6
LIFETIME = 600
ENDING = 300
"""Seconds before the end in which the last pings are sent."""

CONFIGURATION = """\
hostname {name}
interface GigabitEthernet0/0
 nameif inside
 security-level 100
 ip address 192.168.{own}.1 255.255.255.0
interface GigabitEthernet0/1
 nameif outside
 security-level 0
 ip address 10.0.0.{own} 255.255.255.0
access-list VPN extended permit icmp 192.168.{own}.0 255.255.255.0 192.168.{other}.0 255.255.255.0
route outside 192.168.{other}.0 255.255.255.0 10.0.0.{other} 1
crypto ipsec ikev1 transform-set SET esp-aes esp-sha-hmac
crypto ipsec security-association lifetime seconds {lifetime}
crypto map MAP 10 match address VPN
crypto map MAP 10 set peer 10.0.0.{other}
crypto map MAP 10 set ikev1 transform-set SET
{pfs}crypto map MAP interface outside
crypto ikev1 enable outside
crypto ikev1 policy 10
 authentication pre-share
 encryption aes
 hash sha
 group 2
 lifetime {lifetime}
tunnel-group 10.0.0.{other} type ipsec-l2l
tunnel-group 10.0.0.{other} ipsec-attributes
 ikev1 pre-shared-key soaked
 isakmp keepalive {keepalive}
"""


@dataclass(frozen=True)
class Life:
    """What the dice gave: the scenario's text and its configurations by file."""

    text: str
    files: dict[str, str]


def told_by(seed: int, hours: float = HOURS) -> Life:
    """Up to 30 % loss and 2 s of latency, duplicates, reordering; keepalives, PFS and restarts as the dice fall."""
    dice = random.Random(f"soak {seed}")
    keepalive = dice.choice(["disable", "threshold 60 retry 5", "threshold 10 retry 2"])
    pfs = dice.choice(["", "", "crypto map MAP 10 set pfs group1\n"])
    files = {
        f"{name}.cfg": CONFIGURATION.format(
            name=name, own=own, other=other, lifetime=LIFETIME, keepalive=keepalive, pfs=pfs
        )
        for name, own, other in (("a", 1, 2), ("b", 2, 1))
    }
    longest = dice.choice([20, 200, 1000, 2000])
    delay = dice.randint(1, longest)
    link = (
        f"delay={delay}ms,jitter={longest - delay}ms,loss={dice.uniform(0, 30):.1f}%,"
        f"duplicate={dice.uniform(0, 20):.1f}%,reorder={dice.uniform(0, 20):.1f}%"
    )
    end = int(hours * 3600)
    steps = [
        f"every {dice.randint(60, 300)}s from 1s until {end}s: ping 192.168.1.5 192.168.2.5 count 1",
        f"every {dice.randint(60, 300)}s from 30s until {end}s: ping 192.168.2.6 192.168.1.6 count 1",
        *(
            f"at {dice.randint(end // 10, end * 8 // 10)}s: restart {dice.choice('ab')}"
            for _ in range(dice.choice([0, 0, 1, 2]))
        ),
        f"at {end}s: ping 192.168.1.5 192.168.2.5 count {ENDING // 5} every 5s",
        f"at {end}s: ping 192.168.2.6 192.168.1.6 count {ENDING // 5} every 5s",
    ]
    rows = ",\n".join(f'  "{step}"' for step in steps)
    text = (
        f'title = "A bad wire"\nshows = "A soak."\nseed = {seed}\nuntil = "{end + ENDING}s"\nlink = "{link}"\n'
        f"debugs = []\nconsoles = false\n[devices]\na = {{}}\nb = {{}}\n[story]\nsteps = [\n{rows}\n]\nexpect = []\n"
    )
    return Life(text, files)


def lived(life: Life) -> Performance:
    """The life, lived."""
    scenario = read_scenario("soak", life.text, tuple(life.files), lambda name: life.files[name])
    return play(scenario)


def keys_of(pair: SaPair, *, mirrored: bool = False) -> tuple[int, int, Secret, Secret, Secret, Secret]:
    """SPIs and keys of a pair, as its device sees them or as the other one must."""
    one = (pair.inbound_spi, pair.inbound_keys), (pair.outbound_spi, pair.outbound_keys)
    (spi_in, keys_in), (spi_out, keys_out) = reversed(one) if mirrored else one
    return spi_in, spi_out, keys_in.cipher, keys_in.integrity, keys_out.cipher, keys_out.integrity


def in_use(performance: Performance, name: str) -> SaPair | None:
    """The pair on which a device would send now."""
    box = performance.stage.world.stations[name].box
    if box is None:
        return None
    for pair in performance.stage.evidence.pairs[name].values():
        state = box.sad.outbound_for(pair.peer, pair.proxies)
        if state is not None:
            return state.pair
    return None


def leaks(performance: Performance) -> list[str]:
    """What a device holds beyond what a tunnel that renews itself needs."""
    found = []
    evidence = performance.stage.evidence
    for name in ("a", "b"):
        box = performance.stage.world.stations[name].box
        if box is None:
            found.append(f"{name} is gone")
            continue
        held = {state.pair.inbound_spi for state in box.sad.states()}
        if held != set(evidence.pairs[name]):
            found.append(f"{name}: the SAD holds {len(held)} pairs, {len(evidence.pairs[name])} were told of")
        if len(held) > 3:
            found.append(f"{name} holds {len(held)} pairs of IPsec SAs")
        standing = sum(name in holders for holders in evidence.standing.values())
        if standing > 3:
            found.append(f"{name} holds {standing} IKE SAs")
        due = box.deadline()
        if due is not None and due > later(performance.ended, seconds(24 * 3600)):
            found.append(f"{name}: a deadline lies {between(performance.ended, due)} microseconds ahead")
        if len(box.connections) > 64 or len(box.translations) > 64:
            found.append(f"{name}: {len(box.connections)} connections, {len(box.translations)} translations")
    return found


def reasons(performance: Performance, name: str) -> list[Failure]:
    """Why tunnels failed or ended at a device, in the last ten minutes."""
    since = performance.ended - seconds(ENDING + 600)
    return [
        reason.what
        for reason in performance.stage.evidence.reasons
        if reason.name == name and reason.at >= since and isinstance(reason.what, Failure)
    ]
