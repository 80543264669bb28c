"""A long time in the life of a gateway with fifty tunnels to one strongSwan, in network namespaces. Needs root.

    .venv/bin/python tests/strangers/soak_gateway.py [--minutes 60] [--tunnels 50] [--seed 1]

Both phases live a minute. Every second a ping goes through each tunnel. Every few seconds something happens: either
side deletes SAs, or begins some; either side is ended or killed and started again (ours in the first third only, so
that the rest tells of one process); the configuration loses a tunnel and gets it back. At the end all tunnels must
carry pings, by SAs that both sides have; after a clear there must be none at either side, no timers, no more
file descriptors than at the start, and no more memory than before; after SIGTERM the host must be as it was.

It prints what happens, and what was wrong; the exit code is 1 where something was.
"""

import argparse
import random
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from firewall import Firewall, Tunnel, configuration
from host_state import metrics, total, traces_at
from lan import until
from pinger import Pinger, pinging
from sites import Sites, sites
from strongswan import Charon, Connection

PORT = 9791
LIFE, RENEWED = 60, 45
EVENT, SAMPLE, REPORT = 6.0, 5.0, 15.0
CALM = 45.0
LONGEST_SILENCE = 90.0
MOST_GROWTH = 3072
"""Kilobytes by which the process may grow between the second fifth of its life and the last, as its caches fill."""


@dataclass
class Soak:
    """The whole of it."""

    net: Sites
    ours: Firewall
    charon: Charon
    tunnels: Sequence[Tunnel]
    dice: random.Random
    pings: Pinger | None = None
    wrong: list[str] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)
    memory: list[tuple[float, int]] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    at_start: int = 0
    """File descriptors that the gateway had when it was ready."""

    # --- what is looked at ---------------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """One line with the seconds since the start."""
        print(f"{time.monotonic() - self.began:7.1f}  {text}", flush=True)

    def fail(self, text: str) -> None:
        """Something is wrong; it goes on all the same."""
        self.wrong.append(text)
        self.say(f"WRONG: {text}")

    def told(self, *names: str) -> list[int]:
        """Sums of the gateway's metrics, over their labels."""
        told = metrics(self.ours.namespace, PORT)
        return [total(told, name) for name in names]

    def resident(self) -> int:
        """Kilobytes of the gateway's process."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.findall(r"^VmRSS:\s+(\d+) kB", status, re.M)[0])

    def descriptors(self) -> int:
        """Open file descriptors of the gateway's process."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    @property
    def pid(self) -> int:
        """The gateway's process."""
        if self.ours.process is None:
            raise RuntimeError("our gateway does not run")
        return self.ours.process.pid

    def alive(self) -> None:
        """Raises RuntimeError where a process is gone that nobody ended."""
        for name, daemon in (("our gateway", self.ours), ("charon", self.charon)):
            if daemon.process is not None and daemon.process.poll() is not None:
                raise RuntimeError(f"{name} ended by itself: exit code {daemon.process.poll()}\n{self.ours.report()}")

    def answering(self) -> int:
        """Tunnels whose last ping was answered within three seconds."""
        if self.pings is None:
            return 0
        return sum(told.ago < 3 for told in self.pings.told().values())

    def our_spis(self) -> set[str]:
        """The SPIs of the pairs that the gateway sends on, both ways; older pairs may wait for their end."""
        shown = self.ours.show("crypto", "ipsec", "sa")
        return {spi.lower() for spi in re.findall(r"current (?:in|out)bound spi ?: (\w{8})", shown)}

    def charons_spis(self) -> set[str]:
        """The SPIs of charon's SAs, both ways."""
        return {spi.lower() for child in self.charon.children() for spi in (child.spi_in, child.spi_out)}

    # --- what happens --------------------------------------------------------------------------------------------

    def start_ours(self) -> None:
        """Our gateway begins; its memory and file descriptors are measured from here on."""
        self.ours.start("--metrics", f"127.0.0.1:{PORT}")
        self.memory.clear()
        self.at_start = self.descriptors()

    def event(self, early: bool) -> None:
        """Something, by the dice."""
        number = self.dice.randrange(len(self.tunnels))
        peer, name = self.tunnels[number].peer, f"to{number}"
        ours, charon = self.ours, self.charon
        clear = ("clear", "crypto")
        kinds: list[tuple[int, str, Callable[[], object]]] = [
            (6, "we clear a pair", lambda: ours.command(*clear, "ipsec", "sa", "peer", peer)),
            (4, "we clear an IKE SA", lambda: ours.command(*clear, "isakmp", "sa", peer)),
            (1, "we clear everything", lambda: ours.command(*clear, "isakmp", "sa")),
            (2, "we log off a peer", lambda: ours.command("vpn-sessiondb", "logoff", "ipaddress", peer, "noconfirm")),
            (6, "charon deletes a pair", lambda: self.terminate("--child", "lan", "--ike", name)),
            (4, "charon deletes an IKE SA", lambda: self.terminate("--ike", name, "--force")),
            (4, "charon begins", lambda: charon.initiate(name, check=False, timeout=5)),
            (3, "a tunnel leaves the configuration and is back", lambda: self.reconfigure(number)),
            (2, "charon is ended and starts", lambda: self.restart(charon, kill=False)),
            (2, "charon is killed and starts", lambda: self.restart(charon, kill=True)),
        ]
        if early:
            kinds += [
                (3, "we are ended and start", lambda: self.restart(ours, kill=False)),
                (3, "we are killed and start", lambda: self.restart(ours, kill=True)),
            ]
        [(_, what, do)] = self.dice.choices(kinds, [kind[0] for kind in kinds])
        self.happened[what] += 1
        began = time.monotonic()
        do()
        self.say(f"{what} ({name}, {peer}; {time.monotonic() - began:.1f} seconds)")

    def terminate(self, *words: str) -> None:
        """Charon deletes what these words name, if it is there."""
        self.charon.swanctl("--terminate", *words, "--timeout", "5", check=False)

    def reconfigure(self, number: int) -> None:
        """A tunnel less for some seconds."""
        text = (self.ours.folder / "asa.cfg").read_text()
        entry = re.compile(rf"^crypto map OUTSIDE {number + 1} set peer .*\n", re.M)
        self.ours.configure(entry.sub("", text))
        time.sleep(2)
        self.ours.configure(text)

    def restart(self, daemon: Firewall | Charon, kill: bool) -> None:
        """A daemon ends, and is back a second later."""
        daemon.stop(kill=kill)
        time.sleep(1)
        if isinstance(daemon, Charon):
            daemon.start()
        else:
            self.start_ours()

    def live(self, seconds: float, until_late: float) -> None:
        """Events and samples for so long; our own restarts end after `until_late` seconds."""
        start = now = time.monotonic()
        event, sample, report = now + EVENT, now, now
        while (now := time.monotonic()) < start + seconds:
            if now >= sample:
                self.alive()
                self.memory.append((now, self.resident()))
                sample = now + SAMPLE
            if now >= report:
                self.progress()
                report = now + REPORT
            if now >= event:
                self.event(early=now < start + until_late)
                event = time.monotonic() + EVENT * self.dice.uniform(0.5, 1.5)
            time.sleep(0.2)

    def progress(self) -> None:
        """One line of it all."""
        told = metrics(self.ours.namespace, PORT)
        pairs, timers = total(told, "ipsec_child_sa_pairs"), int(told["mainmode_timers", ""])
        self.say(
            f"{self.answering()} of {len(self.tunnels)} tunnels carry pings; {pairs} pairs, {timers} timers, "
            f"{self.descriptors()} descriptors, {self.resident()} kB; {self.happened.total()} events"
        )

    # --- the end -------------------------------------------------------------------------------------------------

    def check_tunnels(self) -> None:
        """All carry pings, and charon has the SAs that we use."""
        if not until(lambda: self.answering() == len(self.tunnels), 30):
            self.fail(f"only {self.answering()} of {len(self.tunnels)} tunnels carry pings")
        unknown: set[str] = set()

        def same() -> bool:
            nonlocal unknown
            ours = self.our_spis()
            unknown = ours - self.charons_spis()
            return not unknown and len(ours) == 2 * len(self.tunnels)

        if not until(same, 40):
            self.fail(f"of the SPIs that we use charon does not know {len(unknown)}: {sorted(unknown)[:10]}")
        if self.pings is not None:
            silent = {address: told for address, told in self.pings.told().items() if told.silence > LONGEST_SILENCE}
            for address, told in list(silent.items())[:5]:
                self.fail(f"{address} gave no answer for {told.silence:.0f} seconds")
            all_of_them = self.pings.told().values()
            answered, sent = sum(told.answered for told in all_of_them), sum(told.sent for told in all_of_them)
            longest = max(told.silence for told in all_of_them)
            self.say(f"{answered} of {sent} pings answered; the longest silence of a tunnel {longest:.0f} seconds")

    def check_leaks(self) -> None:
        """After a clear nothing stands at either side, and the process is as it was."""
        self.ours.command("clear", "crypto", "isakmp", "sa")
        left = ("ipsec_child_sa_pairs", "mainmode_timers", "mainmode_held_packets")
        if not until(lambda: self.told(*left) == [0, 0, 0], 100):
            self.fail(f"after a clear there are still {dict(zip(left, self.told(*left), strict=True))}")
        if not until(lambda: not self.charon.swanctl("--list-sas").strip(), 30):
            self.fail(f"after a clear charon still has\n{self.charon.swanctl('--list-sas')[:2000]}")
        if not until(lambda: self.descriptors() <= self.at_start, 5):
            self.fail(f"{self.descriptors()} file descriptors, {self.at_start} at the start")
        [faults] = self.told("mainmode_faults_total")
        if faults:
            self.fail(f"{faults} faults in mainmode itself")

    def check_memory(self) -> None:
        """Flat between the second fifth of the process' life and the last; the slope is told."""
        fifth = len(self.memory) // 5
        if fifth < 3:
            self.say("too short for the memory's slope")
            return
        later = self.memory[fifth:]
        slope, _ = statistics.linear_regression([at for at, _ in later], [size for _, size in later])
        early = statistics.median(size for _, size in self.memory[fifth : 2 * fifth])
        late = statistics.median(size for _, size in self.memory[-fifth:])
        self.say(
            f"memory {early:.0f} kB early, {late:.0f} kB late, slope {slope * 60:+.1f} kB a minute over "
            f"{(later[-1][0] - later[0][0]) / 60:.0f} minutes"
        )
        if late - early > MOST_GROWTH:
            self.fail(f"the process grew by {late - early:.0f} kB")


def _tunnels(net: Sites) -> list[Tunnel]:
    """One tunnel for each network of site b, each to a peer of its own."""
    beginning, _, first = net.b.outside.rpartition(".")
    return [
        Tunnel(f"{beginning}.{int(first) + number}", net.a.network, f"{network}.0/24", keepalive="threshold 10 retry 2")
        for number, network in enumerate(net.b.networks)
    ]


def _connections(net: Sites, tunnels: Sequence[Tunnel]) -> list[Connection]:
    plain = Connection.between(net.b, net.a).but(
        rekey=RENEWED, life=LIFE, reauth=RENEWED, over=LIFE - RENEWED, dpd_delay=10, dpd_timeout=30
    )
    return [
        plain.but(name=f"to{number}", local=tunnel.peer, local_id=tunnel.peer, local_network=tunnel.remote_network)
        for number, tunnel in enumerate(tunnels)
    ]


def soak(minutes: float, count: int, seed: int, folder: Path) -> list[str]:
    """What was wrong, after so many minutes."""
    with ExitStack() as stack:
        net = stack.enter_context(sites("soak", networks=count))
        before = traces_at(net.a.gateway)
        tunnels = _tunnels(net)
        for name in ("ours", "charon"):
            (folder / name).mkdir()
        ours = Firewall(net.a.gateway, folder / "ours")
        charon = Charon(net.b.gateway, folder / "charon", _connections(net, tunnels), detail=0)
        stack.callback(ours.stop)
        stack.callback(charon.stop)
        ours.configure(configuration(net.a, *tunnels))
        it = Soak(net, ours, charon, tunnels, random.Random(seed))
        charon.start()
        it.start_ours()
        addresses = [f"{network}.10" for network in net.b.networks]
        it.pings = stack.enter_context(pinging(net.a.host, *addresses, seconds=1.0))
        if not until(lambda: it.answering() == count, 120):
            it.fail(f"at the start only {it.answering()} of {count} tunnels carry pings")
        it.say("all tunnels are up")
        seconds = max(20.0, minutes * 60 - CALM - (time.monotonic() - it.began))
        it.live(seconds, seconds / 3)
        it.say("no more events")
        calm = time.monotonic() + CALM
        while time.monotonic() < calm:
            it.alive()
            it.memory.append((time.monotonic(), it.resident()))
            time.sleep(SAMPLE)
        it.progress()
        it.check_tunnels()
        it.pings.end()
        it.check_leaks()
        it.check_memory()
        it.say("; ".join(f"{what}: {times}" for what, times in sorted(it.happened.items())))
        ours.stop()
        charon.stop()
        if (after := traces_at(net.a.gateway)) != before:
            it.fail(f"the host is not as it was before the start:\n{before}\nnow:\n{after}")
        if ours.errors():
            it.say(f"our gateway said on standard error:\n{ours.errors()[-3000:]}")
        return it.wrong


def main() -> int:
    """Reads the options, and tells how it was."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--tunnels", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mainmode-soak-") as folder:
        wrong = soak(arguments.minutes, arguments.tunnels, arguments.seed, Path(folder))
    print("\n".join(["nothing was wrong"] if not wrong else [f"{len(wrong)} things were wrong:", *wrong]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
