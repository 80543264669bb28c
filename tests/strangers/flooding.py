"""Floods for a gateway at a site, from the router before it: the program that sends them, and what it needs to know."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from unittest.mock import patch

import firewall as gateways
from firewall import Firewall, Policy, Tunnel, configuration, firewall
from host_state import Metrics, metrics
from lan import run, until
from sites import Site, Sites, pings, sites

from mainmode.base.instant import Instant
from mainmode.device.box import Box
from mainmode.device.config import read
from mainmode.ike.effects import Send
from mainmode.lab.entropy import SeededEntropy
from mainmode.wire.ip import IcmpEcho, Ipv4

PORT = 9790
"""Where gateway a serves its metrics."""
BEGINNER, OTHER = 0.05, 0.12
"""The shares of 120 seconds after which the side that began renews, and the other one where that one did not."""
_SOURCE = Path(__file__).with_name("flooder.c")
_NOW = Instant(1_700_000_000_000_000)


@dataclass(frozen=True)
class Rig:
    """Two gateways and the tunnel between them. `first`: by what gateway b begins. `tools` holds the flooder."""

    net: Sites
    ours: Firewall
    theirs: Firewall
    first: bytes
    tools: Path

    @contextmanager
    def flood(self, kinds: Sequence[str], rate: int, seconds: float) -> Iterator["Flood"]:
        """So many packets in a second for gateway a, of these kinds in turns (see flooder.c), in the name of b."""
        words = (str(rate), str(seconds), self.net.a.outside, self.net.b.seen_as, self.ours.pairs()[-1].spi_in)
        argv = ["ip", "netns", "exec", self.net.router, str(built(self.tools)), *words, self.first.hex(), *kinds]
        flood = Flood(subprocess.Popen(argv, stdout=subprocess.PIPE, text=True))
        try:
            yield flood
        finally:
            flood.process.kill()
            flood.process.communicate()

    def metrics(self) -> Metrics:
        """Those of gateway a."""
        return metrics(self.ours.namespace, PORT)

    def memory(self) -> int:
        """Resident kilobytes of gateway a."""
        if self.ours.process is None:
            return 0
        told = Path(f"/proc/{self.ours.process.pid}/status").read_text()
        return int(told.partition("VmRSS:")[2].split()[0])


@dataclass
class Flood:
    """One that runs. `sent` and `seconds` are known once `end` was called."""

    process: subprocess.Popen[str]
    sent: int = 0
    seconds: float = 0.0

    def end(self) -> None:
        """Wait until it has sent all."""
        told, _ = self.process.communicate(timeout=120)
        count, lasted = told.split()
        self.sent, self.seconds = int(count), float(lasted)

    @property
    def rate(self) -> float:
        """Packets that left in a second."""
        return self.sent / self.seconds


def labelled(told: Metrics, name: str) -> dict[str, int]:
    """A metric with one label, by its value."""
    return {labels.split('"')[1]: int(value) for (metric, labels), value in told.items() if metric == name}


def renewed(told: Metrics) -> dict[tuple[str, str], int]:
    """Negotiations that came up, by phase and gateway a's role."""
    return {
        (labels.split('"')[1], labels.split('"')[3]): int(value)
        for (metric, labels), value in told.items()
        if metric == "mainmode_negotiations_total" and 'result="up"' in labels
    }


def half_open(told: Metrics) -> int:
    """IKE SAs that are still in phase 1."""
    return sum(
        int(value) for (metric, labels), value in told.items()
        if metric == "ipsec_ike_sa_state" and 'state="MM_WAIT' in labels
    )  # fmt: skip


def built(folder: Path) -> Path:
    """The flooder, compiled."""
    program = folder / "flooder"
    if not program.exists():
        run("gcc", "-O2", "-Wall", "-Werror", "-o", str(program), str(_SOURCE), timeout=60)
    return program


def first_message(text: str, here: Site, there: Site) -> bytes:
    """What a gateway with this configuration begins with when a host behind it sends to one at `there`."""
    ping = Ipv4(IPv4Address(here.address), IPv4Address(there.address), 1, IcmpEcho(True, 1, 1, b"").encode())
    box = Box(read(text, "peer.cfg"), SeededEntropy(1, "peer"), _NOW)
    effects = box.packet_in("inside", ping.encode(), _NOW)
    return next(effect.datagram for effect in effects if isinstance(effect, Send))


@contextmanager
def hastened(beginner: float, other: float, half_open_life: int) -> Iterator[None]:
    """Gateways that are started meanwhile renew both phases after these shares of the lifetimes: the side that began,
    and the other; and keep what is half-open for so many seconds. Nothing else about them is changed.
    """
    code = (
        "import sys\n"
        "from mainmode.base.instant import seconds\n"
        "from mainmode.ike import main_mode, renewal, teardown\n"
        f"main_mode.HALF_OPEN_LIFE = seconds({half_open_life})\n"
        f"teardown.PHASE1_REKEY_SHARE_INITIATOR = renewal.PHASE2_REKEY_SHARE = {beginner}\n"
        f"teardown.PHASE1_REKEY_SHARE_RESPONDER = renewal.PHASE2_RESPONDER_SHARE = {other}\n"
        "from mainmode.cli.main import main\n"
        "sys.exit(main())\n"
    )
    with patch.object(gateways, "MAINMODE", (sys.executable, "-u", "-c", code)):
        yield


@contextmanager
def tunnel(tag: str, folder: Path, begun_by: str = "a", half_open_life: int = 65) -> Iterator[Rig]:
    """A tunnel that is renewed every few seconds. `begun_by`: which side began it, so that it renews it, too."""
    with sites(tag) as net, ExitStack() as stack, hastened(BEGINNER, OTHER, half_open_life):
        texts, made = {}, {}
        for letter, here, there in (("a", net.a, net.b), ("b", net.b, net.a)):
            entry = Tunnel.between(here, there).but(seconds=120)
            texts[letter] = configuration(here, entry, policies=(Policy(lifetime=120),))
            options = ("--data-plane", "user", *(("--metrics", f"127.0.0.1:{PORT}") if letter == "a" else ()))
            made[letter] = stack.enter_context(firewall(here.gateway, folder / letter, texts[letter], *options))
        ends = (net.a, net.b) if begun_by == "a" else (net.b, net.a)
        if not until(lambda: all(pings(*ends, wait=3).values()), 30):
            raise RuntimeError("no ping comes through the tunnel")
        yield Rig(net, made["a"], made["b"], first_message(texts["b"], net.b, net.a), folder)
