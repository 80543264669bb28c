"""Our own gateway in a namespace: its configuration, the running `mainmode up`, what it said and shows."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network
from pathlib import Path
from typing import NamedTuple

from lan import run, until
from sites import Site
from strongswan import KEY

MAINMODE = (sys.executable, "-u", "-c", "import sys; from mainmode.cli.main import main; sys.exit(main())")
_WEAK = re.compile(
    r"^\S+:\d+:\d+: warning\n.*\n *\^\nWARNING: (?:.* rests on|one pre-shared key for) .*\n(?:expected: .*\n)?"
    r"|^\S+: \d+ more lines with weak .*\n",
    re.M,
)
"""Warnings of weak algorithms and of a key for several peers, with their lines of the configuration."""


@dataclass(frozen=True)
class Tunnel:
    """One crypto map entry with its peer's tunnel-group. `transform` is a transform set's words."""

    peer: str
    local_network: str
    remote_network: str
    transform: str = "esp-aes esp-sha-hmac"
    pfs: str = ""
    key: str = KEY
    seconds: int = 0
    kilobytes: int = 0
    keepalive: str = "threshold 10 retry 2"

    @classmethod
    def between(cls, here: Site, there: Site) -> "Tunnel":
        """The tunnel of the first networks of two sites, as our gateway at `here` has to see it."""
        return cls(there.seen_as, here.network, there.network)

    def but(self, **changes: object) -> "Tunnel":
        """The same with changes."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def lines(self, sequence: int) -> list[str]:
        """As the configuration says it."""
        acl, transform = f"VPN{sequence}", f"SET{sequence}"
        local, remote = (net.with_netmask.replace("/", " ") for net in map(IPv4Network, self.networks))
        entry = f"crypto map OUTSIDE {sequence}"
        return [
            f"access-list {acl} extended permit ip {local} {remote}",
            f"crypto ipsec transform-set {transform} {self.transform}",
            f"{entry} match address {acl}",
            *([f"{entry} set pfs {self.pfs}"] if self.pfs else []),
            f"{entry} set peer {self.peer}",
            f"{entry} set transform-set {transform}",
            *([f"{entry} set security-association lifetime seconds {self.seconds}"] if self.seconds else []),
            *([f"{entry} set security-association lifetime kilobytes {self.kilobytes}"] if self.kilobytes else []),
            f"tunnel-group {self.peer} type ipsec-l2l",
            f"tunnel-group {self.peer} ipsec-attributes",
            f" pre-shared-key {self.key}",
            f" isakmp keepalive {self.keepalive}",
        ]

    @property
    def networks(self) -> tuple[str, str]:
        """Local and remote."""
        return self.local_network, self.remote_network


@dataclass(frozen=True)
class Policy:
    """One IKE policy."""

    encryption: str = "aes"
    hash: str = "sha256"
    group: int = 14
    lifetime: int = 86400

    def lines(self, priority: int) -> list[str]:
        """As the configuration says it."""
        return [
            f"crypto isakmp policy {priority}",
            " authentication pre-share",
            f" encryption {self.encryption}",
            f" hash {self.hash}",
            f" group {self.group}",
            f" lifetime {self.lifetime}",
        ]


def configuration(site: Site, *tunnels: Tunnel, policies: Sequence[Policy] = (Policy(),), more: str = "") -> str:
    """The configuration of our gateway at a site."""
    lines = [
        "hostname ours",
        "interface GigabitEthernet0/0",
        " nameif outside",
        " security-level 0",
        f" ip address {site.outside} 255.255.255.0",
        "interface GigabitEthernet0/1",
        " nameif inside",
        " security-level 100",
        f" ip address {site.inside} 255.255.255.0",
        f"route outside 0.0.0.0 0.0.0.0 {site.router} 1",
    ]
    for number, tunnel in enumerate(tunnels, 1):
        lines += tunnel.lines(number)
    lines += ["crypto map OUTSIDE interface outside", "crypto isakmp enable outside"]
    for number, policy in enumerate(policies, 1):
        lines += policy.lines(number)
    return "\n".join(lines) + "\n" + more


class Pair(NamedTuple):
    """A pair of IPsec SAs: the peer's group, our role, 8 hex digits for each SPI."""

    group: str
    role: str
    spi_in: str
    spi_out: str


@dataclass
class Firewall:
    """A gateway. `folder` holds its configuration, what it said, and its control socket."""

    namespace: str
    folder: Path
    process: subprocess.Popen[bytes] | None = field(default=None)

    def configure(self, text: str) -> None:
        """Another configuration; a gateway that runs reads it."""
        (self.folder / "asa.cfg").touch(mode=0o600)
        (self.folder / "asa.cfg").write_text(text)
        if self.process is not None:
            self.process.send_signal(signal.SIGHUP)

    def start(self, *options: str) -> None:
        """Starts it. Raises RuntimeError when it does not say that it is ready."""
        before = len(self.said("^ready"))
        with (self.folder / "said").open("ab") as said, (self.folder / "errors").open("ab") as errors:
            self.process = subprocess.Popen(
                [
                    "ip",
                    "netns",
                    "exec",
                    self.namespace,
                    *MAINMODE,
                    "up",
                    "--control",
                    self.control,
                    *options,
                    str(self.folder / "asa.cfg"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=errors,
            )
        process = self.process
        ready = until(lambda: process.poll() is not None or len(self.said("^ready")) > before, 60)
        if not ready or process.poll() is not None:
            raise RuntimeError(f"our gateway did not start\n{self.report()}")

    def stop(self, kill: bool = False) -> None:
        """Ends it: with its deletes, or with SIGKILL and without a word."""
        process, self.process = self.process, None
        if process is None:
            return
        if kill:
            process.kill()
        else:
            process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)

    def said(self, pattern: str = "") -> list[str]:
        """The lines that it printed so far, in order: all, or those in which the pattern is found."""
        path = self.folder / "said"
        text = path.read_text(errors="replace") if path.exists() else ""
        return [line for line in text.splitlines() if re.search(pattern, line)]

    def says(self, pattern: str, seconds: float = 15, times: int = 1) -> bool:
        """Whether so many lines with this pattern are there within that time."""
        return until(lambda: len(self.said(pattern)) >= times, seconds)

    def tells_one(self, pattern: str, seconds: float = 15) -> str:
        """The only line with this pattern, which has to come within that time."""
        self.says(pattern, seconds)
        [line] = self.said(pattern)
        return line

    def show(self, *words: str) -> str:
        """What a `show` command prints."""
        return self.command("show", *words)

    def command(self, *words: str) -> str:
        """The output of a command for the running gateway, on its control socket."""
        return run("ip", "netns", "exec", self.namespace, *MAINMODE, *words, "--control", self.control)

    @property
    def control(self) -> str:
        """The control socket's place."""
        return str(self.folder / "control")

    def pairs(self) -> list[Pair]:
        """The pairs of IPsec SAs that were agreed on so far, by its debug lines."""
        wanted = r"group \(([\d.]+)\) +(Initiator|Responder), Inbound SPI = 0x(\w{8}), Outbound SPI = 0x(\w{8})"
        return [Pair(*found) for found in re.findall(wanted, "\n".join(self.said("negotiation complete")), re.I)]

    def errors(self) -> str:
        """What it said on standard error where something is wrong.

        That the sites filter no paths is not, nor that a suite is a weak one, or a key that of several peers.
        """
        text = _WEAK.sub("", (self.folder / "errors").read_text(errors="replace"))
        return "\n".join(line for line in text.splitlines() if "rp_filter" not in line)

    def report(self) -> str:
        """The end of all that it said, for a failed assertion."""
        return "\n".join(self.said()[-400:]) + "\n" + self.errors()


@contextmanager
def firewall(namespace: str, folder: Path, text: str, *options: str) -> Iterator[Firewall]:
    """A running gateway with its debugs; ended when the block ends, whatever happened."""
    folder.mkdir(parents=True, exist_ok=True)
    gateway = Firewall(namespace, folder)
    gateway.configure(text)
    try:
        gateway.start("--debug", "crypto ikev1 127", *options)
        yield gateway
    finally:
        gateway.stop()
