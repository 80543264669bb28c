"""Complete negotiations with sockets and real processes: `.venv/bin/python bench/handshakes.py [--write]`, as root.

`mainmode up` and, where strongSwan is installed, charon negotiate main mode and quick mode with many peers, each of
which has an address of its own: as responder and as initiator, in groups 2 and 14, in turns. The same program plays the
peers for all (`bench/peers.py`); what is measured is the CPU time of the device's process. `--write` puts the table
into the docs.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from measuring import ROOT, cpu_of_process
from page import Row, Section, tell
from peers import GROUPS, INSIDE, KEY, LOCAL, PEERS, peer_address, peer_network

sys.path.insert(0, str(ROOT / "tests" / "strangers"))

from firewall import Firewall, Policy
from lan import run
from strongswan import CHARON, Charon, Connection

SHARES = {2: 0.5, 14: 0.8}
"""The goals: shares of what the Diffie-Hellman alone could do, by group."""
AHEAD = 2
"""And a multiple of charon's rate."""
DEVICE, ROUTER = "10.200.0.1", "10.200.0.2"
WARM_UP = 30
"""Negotiations before those that count."""
ROLES = ("responder", "initiator")
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Net:
    """The namespace of the device, and that of its peers."""

    device: str
    peers: str


@contextmanager
def net() -> Iterator[Net]:
    """Both, with a link between them; gone again at the end."""
    both = Net(f"mainmode-{os.getpid()}-device", f"mainmode-{os.getpid()}-peers")
    made: list[str] = []
    try:
        for name in (both.device, both.peers):
            run("ip", "netns", "add", name)
            made.append(name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        for link in ("outside", "inside"):
            ends = ("type", "veth", "peer", "name", link, "netns", both.peers)
            run("ip", "link", "add", link, "netns", both.device, *ends)
        _batch(
            both.device,
            f"address add {DEVICE}/24 dev outside",
            f"address add {INSIDE}/24 dev inside",
            "link set outside up",
            "link set inside up",
            f"route add default via {ROUTER} src {DEVICE}",
        )
        _batch(
            both.peers,
            f"address add {ROUTER}/24 dev outside",
            "link set outside up",
            "link set inside up",
            f"route add local {PEERS} dev lo",
        )
        yield both
    finally:
        for name in made:
            run("ip", "netns", "delete", name, check=False)


def _batch(namespace: str, *commands: str) -> None:
    run("ip", "-n", namespace, "-batch", "-", said="\n".join(commands) + "\n")


# --- the devices -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Device:
    """What is measured: its process, and how the peers make it begin."""

    pid: int
    ask: tuple[str, ...]


@contextmanager
def mainmode(both: Net, folder: Path, group: int, count: int, *options: str) -> Iterator[Device]:
    """`mainmode up` with its data plane in user space: every pair of SAs is installed and may carry packets."""
    cipher, digest, _ = GROUPS[group]
    lines = [
        "hostname ours",
        *(
            "interface GigabitEthernet0/0",
            " nameif outside",
            " security-level 0",
            f" ip address {DEVICE} 255.255.255.0",
        ),
        *(
            "interface GigabitEthernet0/1",
            " nameif inside",
            " security-level 100",
            f" ip address {INSIDE} 255.255.255.0",
        ),
        f"route outside 0.0.0.0 0.0.0.0 {ROUTER} 1",
        "crypto ipsec transform-set SET esp-aes esp-sha-hmac",
    ]
    for number in range(count):
        peer, network = peer_address(number), peer_network(number).network_address
        entry = f"crypto map OUTSIDE {number + 1}"
        lines += [
            f"access-list VPN{number} extended permit ip 10.9.0.0 255.255.255.0 {network} 255.255.255.0",
            *(f"{entry} match address VPN{number}", f"{entry} set peer {peer}", f"{entry} set transform-set SET"),
            *(f"tunnel-group {peer} type ipsec-l2l", f"tunnel-group {peer} ipsec-attributes", f" pre-shared-key {KEY}"),
        ]
    lines += ["crypto map OUTSIDE interface outside", "crypto isakmp enable outside"]
    lines += Policy(cipher, digest, group).lines(1)
    folder.mkdir(parents=True)
    gateway = Firewall(both.device, folder)
    gateway.configure("\n".join(lines) + "\n")
    try:
        gateway.start("--data-plane", "user", *options)
        yield Device(_pid(gateway.process), ("asks-mainmode",))
    finally:
        gateway.stop()


@contextmanager
def strongswan(both: Net, folder: Path, group: int, count: int, kernel: bool) -> Iterator[Device]:
    """charon: with kernel-libipsec, its data plane in user space, or without any, where the kernel has no ESP."""
    folder.mkdir(parents=True)
    connections = [
        Connection(
            DEVICE, str(peer_address(number)), DEVICE, str(peer_address(number)), LOCAL, str(peer_network(number)),
            name=f"peer{number}", key=KEY, ike=GROUPS[group][2],
        )
        for number in range(count)
    ]  # fmt: skip
    daemon = Charon(
        both.device, folder, connections, detail=-1, kernel=kernel, preload=granted(folder) if kernel else ""
    )
    try:
        daemon.start()
        yield Device(_pid(daemon.process), ("asks-charon", "--vici", f"{folder}/vici"))
    finally:
        daemon.stop()


def _pid(process: "subprocess.Popen[bytes] | None") -> int:
    if process is None:
        raise RuntimeError("it does not run")
    return process.pid


def granted(folder: Path) -> str:
    """The library by which a kernel without ESP takes SAs, compiled."""
    library, source = folder / "esp_granted.so", ROOT / "tests" / "strangers" / "esp_granted.c"
    run("gcc", "-shared", "-fPIC", "-O2", "-o", str(library), str(source), "-ldl")
    return str(library)


Start = Callable[[Net, Path, int, int], AbstractContextManager[Device]]
STARTS: dict[str, Start] = {
    "mainmode": mainmode,
    "charon with kernel-libipsec": lambda *where: strongswan(*where, kernel=False),
    "charon without a data plane": lambda *where: strongswan(*where, kernel=True),
}


def played(both: Net, device: Device, role: str, group: int, first: int, count: int, window: int = 32) -> float:
    """So many negotiations: the seconds that they took. Raises RuntimeError where a tunnel did not come up."""
    argv = [
        *("ip", "netns", "exec", both.device, sys.executable, str(HERE / "peers.py")),
        *(("begins",) if role == "responder" else device.ask),
        *("--namespace", both.peers, "--device", DEVICE, "--group", str(group)),
        *("--first", str(first), "--count", str(count), "--window", str(window)),
    ]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120)
    told = json.loads(done.stdout) if done.returncode == 0 else {}
    if told.get("up") != count:
        raise RuntimeError(f"{told.get('up')} of {count} tunnels came up\n{done.stderr}")
    return float(told["seconds"])


def rate(start: Start, role: str, group: int, count: int) -> float:
    """Negotiations for a CPU second of a device that has just been started."""
    with (
        net() as both,
        tempfile.TemporaryDirectory() as folder,
        start(both, Path(folder) / "device", group, count + WARM_UP) as device,
    ):
        played(both, device, role, group, 0, WARM_UP)
        before = cpu_of_process(device.pid)
        played(both, device, role, group, WARM_UP, count)
        return count / (cpu_of_process(device.pid) - before)


def alone(group: int, **environment: str) -> float:
    """What one side of the Diffie-Hellman alone could do in a CPU second: a key pair and a shared secret."""
    script = (
        "from measuring import rate_of\nfrom negotiation import exponentiations\n"
        f"print(2 * rate_of(lambda: exponentiations({group}), 0.3))"
    )
    argv = [sys.executable, "-c", script]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=HERE, env={**os.environ, **environment})
    return float(done.stdout)


def measured(rounds: int, counts: list[int]) -> list[Row]:
    """All rows: each case of each device, in turns."""
    starts = dict(list(STARTS.items())[: None if Path(CHARON).exists() else 1])
    cases = [(role, group, count) for count in counts for role in ROLES for group in SHARES]
    taken: dict[tuple[str, int, int, str], list[float]] = {}
    for _ in range(rounds):
        for role, group, count in cases:
            for name, start in starts.items():
                found = rate(start, role, group, count)
                taken.setdefault((role, group, count, name), []).append(found)
                print(f"{role}, group {group}, {count} peers, {name}: {found:.0f} /s", file=sys.stderr, flush=True)
            for name, environment in (("alone", {}), ("plain", {"MAINMODE_PURE": "1"})):
                taken.setdefault((role, group, count, name), []).append(alone(group, **environment))
    middle = {case: statistics.median(figures) for case, figures in taken.items()}
    return [row for case in cases for row in rows(*case, middle)]


def rows(role: str, group: int, count: int, middle: dict[tuple[str, int, int, str], float]) -> Iterator[Row]:
    """One case: beside each charon, and beside the Diffie-Hellman alone."""
    what, job = f"main + quick mode as {role}, group {group}, {count} peers", f"negotiations as {role}"
    figures = {name: middle[role, group, count, name] for name in (*STARTS, "alone", "plain")
               if (role, group, count, name) in middle}  # fmt: skip
    ours = figures["mainmode"]
    for name in list(STARTS)[1:]:
        if name in figures:
            yield Row(what, ours, name, figures[name], None, "/s", times=AHEAD, job=job)
    yield Row(what, ours, "its Diffie-Hellman alone", figures["alone"], None, "/s", SHARES[group], job)
    yield Row(what, ours, "Diffie-Hellman of plain libcrypto alone", figures["plain"], None, "/s")


def main() -> None:
    """Measures, prints, and writes the page if told to."""
    parser = argparse.ArgumentParser(description="Measure negotiations with sockets; prints a table. Needs root.")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--rounds", type=int, default=3, help="measurements per figure; the median counts (default 3)")
    parser.add_argument(
        "--counts", type=int, nargs="+", default=[300, 1000], help="peers of a measurement (default 300, then 1000)"
    )
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("this takes root")
    note = f"medians of {arguments.rounds} runs, in each of which every peer negotiates once"
    tell(Section.of("handshakes", note, measured(arguments.rounds, arguments.counts)), arguments.write)


if __name__ == "__main__":
    main()
