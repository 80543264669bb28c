"""A hub on a real network: our gateway or charon in one namespace, and all its spokes in another. Needs root."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from measuring import ROOT, cpu_of_process, resident
from spokes import HUB, INSIDE, KEY, ROUTER, SPOKES, hub

sys.path.insert(0, str(ROOT / "tests" / "strangers"))

from firewall import Firewall
from lan import run
from strongswan import CHARON, Charon, Connection

_IDLE = 10.0
"""Seconds of keepalives that are measured."""
_SETTLED = 3.0
_MORE = 120.0
"""Seconds that a gateway of very many tunnels has to get ready, after the usual minute."""
FIRST = 100
"""Tunnels that stand before memory is looked at: what a daemon loads and keeps of fixed size is there then."""


@dataclass(frozen=True)
class Standing:
    """A hub with so many tunnels: kilobytes of resident memory for each, and its CPU share with nothing but keepalives.

    The share is of one core: 1.0.
    """

    tunnels: int
    kilobytes: float
    share: float


Daemon = Callable[[str, Path, int], "Iterator[int]"]


@contextmanager
def ours(namespace: str, folder: Path, count: int) -> Iterator[int]:
    """Our gateway, ESP in user space, with an entry for each spoke; its process."""
    folder.mkdir()
    gateway = Firewall(namespace, folder)
    gateway.configure(hub(count))
    try:
        _start(gateway)
        if gateway.process is None:
            raise RuntimeError("the gateway is not there")
        yield gateway.process.pid
    finally:
        gateway.stop(kill=True)


def _start(gateway: Firewall) -> None:
    """Raises RuntimeError where it is not ready in time: the host takes its rules, one for each tunnel, ever slower."""
    try:
        gateway.start("--data-plane", "user")
    except RuntimeError:
        running = gateway.process is not None and gateway.process.poll() is None
        if not running or not gateway.says("^ready", _MORE):
            raise


@contextmanager
def charon(namespace: str, folder: Path, _: int) -> Iterator[int]:
    """strongSwan's daemon, with one connection for all; its process. SAs are the kernel's affair, and are not counted.

    Where the kernel has no ESP its refusal of SAs is taken for consent.
    """
    folder.mkdir()
    library = folder / "esp_granted.so"
    source = ROOT / "tests" / "strangers" / "esp_granted.c"
    run("gcc", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl")
    connection = Connection(
        str(HUB), "%any", str(HUB), "%any", f"{INSIDE - 1}/24", "10.0.0.0/8",
        key=KEY, ike="aes128-sha1-modp1024", dpd_delay=10, reauth=3600, rekey=3300, life=3600,
    )  # fmt: skip
    daemon = Charon(namespace, folder, [connection], detail=-1, kernel=True)
    os.environ["LD_PRELOAD"] = str(library)
    try:
        daemon.start()
        if daemon.process is None:
            raise RuntimeError("charon is not there")
        yield daemon.process.pid
    finally:
        del os.environ["LD_PRELOAD"]
        daemon.stop(kill=True)


def daemons() -> dict[str, Daemon]:
    """What can be measured here, by name."""
    found: dict[str, Daemon] = {"mainmode": ours}  # type: ignore[dict-item]
    if Path(CHARON).exists():
        found["charon"] = charon  # type: ignore[assignment]
    return found


def standing(daemon: Daemon, folder: Path, count: int) -> Standing:
    """A hub that has just been started, with so many tunnels; memory is that of those after the first ones.

    Raises RuntimeError where one in a hundred does not come up.
    """
    with ExitStack() as stack:
        hubs, spokes = stack.enter_context(namespaces())
        process = stack.enter_context(daemon(hubs, folder, count))  # type: ignore[arg-type]
        program = [sys.executable, str(ROOT / "bench" / "spokes.py"), str(FIRST), str(count)]
        peers = stack.enter_context(
            subprocess.Popen(
                ["ip", "netns", "exec", spokes, *program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        )
        stack.callback(peers.kill)
        few = _up(peers, FIRST)
        before = resident(process)
        many = _up(peers, count)
        taken = resident(process) - before
        began, spent = time.monotonic(), cpu_of_process(process)
        time.sleep(_IDLE)
        share = (cpu_of_process(process) - spent) / (time.monotonic() - began)
    return Standing(many, taken / (many - few), share)


def _up(peers: "subprocess.Popen[str]", count: int) -> int:
    """How many tunnels are up, of so many. Raises RuntimeError where one in a hundred is missing."""
    if peers.stdout is None or peers.stdin is None:
        raise RuntimeError("the spokes are not there")
    if count != FIRST:
        peers.stdin.write("\n")
        peers.stdin.flush()
    up = int(peers.stdout.readline() or 0)
    if up < 0.99 * count:
        raise RuntimeError(f"{up} of {count} tunnels came up")
    time.sleep(_SETTLED)
    return up


@contextmanager
def namespaces() -> Iterator[tuple[str, str]]:
    """Two that are joined: the hub's, and one where every address of a spoke is local."""
    names = f"mainmode-{os.getpid()}-hub", f"mainmode-{os.getpid()}-spokes"
    made: list[str] = []
    try:
        for name in names:
            run("ip", "netns", "add", name)
            made.append(name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        _wire(*names)
        yield names
    finally:
        for name in made:
            run("ip", "netns", "delete", name, check=False)


def _wire(hubs: str, spokes: str) -> None:
    run("ip", "link", "add", "outside", "netns", hubs, "type", "veth", "peer", "name", "hub", "netns", spokes)
    run("ip", "link", "add", "inside", "netns", hubs, "type", "veth", "peer", "name", "lan", "netns", hubs)
    for namespace, *commands in (
        (hubs, f"address add {HUB}/24 dev outside", f"address add {INSIDE}/24 dev inside"),
        (hubs, "link set outside up", "link set inside up", "link set lan up", f"route add default via {ROUTER}"),
        (spokes, f"address add {ROUTER}/24 dev hub", "link set hub up", f"route add local {SPOKES} dev lo"),
    ):
        run("ip", "-n", namespace, "-batch", "-", said="\n".join(commands) + "\n")
