"""strongSwan's charon in a namespace with any number of connections: started, asked, killed, ended.

Made for Debian 12's packages. ESP runs in the kernel, or in charon's own user space (kernel-libipsec), which needs no
kernel with ESP: charon then always claims to sit behind a NAT, moves to port 4500 and negotiates ESP in UDP.
"""

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from lan import run, until
from sites import Site

CHARON = "/usr/lib/ipsec/charon"
KEY = "correct-horse-battery"

_DAEMON = """\
charon {{
  load = random nonce openssl aes sha2 sha1 md5 hmac kdf gcm ctr gmp x509 pubkey pem xauth-generic unity \
{plane} kernel-netlink socket-default vici updown counters
  threads = 48
  install_routes = yes
  init_limit_half_open = 0
  dos_protection = no
  retransmit_timeout = 2.0
  retransmit_tries = 3
  plugins {{
    vici {{
      socket = unix://{folder}/vici
    }}
    kernel-libipsec {{
      allow_peer_ts = yes
    }}
  }}
  filelog {{
    log {{
      path = {folder}/log
      flush_line = yes
      append = yes
      default = {detail}
      ike = {more}
      cfg = {more}
    }}
  }}
}}
swanctl {{
}}
"""

_CONNECTION = """\
  {name} {{
    version = 1
    aggressive = no
    local_addrs = {local}
    remote_addrs = {remote}
    proposals = {ike}
    reauth_time = {reauth}s
    over_time = {over}s
    rand_time = 0s
    dpd_delay = {dpd_delay}s
    dpd_timeout = {dpd_timeout}s
    unique = replace
    local {{
      auth = psk
      id = {local_id}
    }}
    remote {{
      auth = psk
      id = {remote_id}
    }}
    children {{
      lan {{
        mode = tunnel
        local_ts = {local_network}
        remote_ts = {remote_network}
        esp_proposals = {esp}
        rekey_time = {rekey}s
        life_time = {life}s
        rand_time = 0s
        rekey_bytes = {rekey_octets}
        life_bytes = {life_octets}
        rand_bytes = 0
        dpd_action = {dpd_action}
      }}
    }}
  }}
"""

_SECRET = """\
  ike-{name} {{
    id-1 = {local_id}
    id-2 = {remote_id}
    secret = {key}
  }}
"""


@dataclass(frozen=True)
class Connection:
    """One connection of charon's with one child: addresses, identities, networks, one suite each, times in seconds.

    `reauth` and `rekey` are when charon renews phase 1 and phase 2, `over` how much longer phase 1 may live, `life`
    when a pair ends (that is what it offers).
    """

    local: str
    remote: str
    local_id: str
    remote_id: str
    local_network: str
    remote_network: str
    name: str = "tunnel"
    key: str = KEY
    ike: str = "aes128-sha256-modp2048"
    esp: str = "aes128-sha1"
    reauth: int = 86400
    over: int = 3600
    rekey: int = 28000
    life: int = 28800
    rekey_octets: int = 0
    life_octets: int = 0
    dpd_delay: int = 30
    dpd_timeout: int = 90
    dpd_action: str = "clear"

    @classmethod
    def between(cls, here: Site, there: Site) -> "Connection":
        """The connection of the first networks of two sites, as charon at `here` has to see it."""
        return cls(here.outside, there.seen_as, here.outside, there.outside, here.network, there.network)

    def but(self, **changes: object) -> "Connection":
        """The same with changes."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def text(self) -> str:
        """As swanctl.conf says it."""
        return _CONNECTION.format(**vars(self))

    def secret(self) -> str:
        """Its key, as swanctl.conf says it."""
        return _SECRET.format(**vars(self))


@dataclass(frozen=True)
class ChildSa:
    """An installed pair of IPsec SAs as charon tells it: 8 hex digits for each SPI; `suite` as charon spells it."""

    spi_in: str
    spi_out: str
    suite: tuple[str, ...]
    encapsulated: bool
    packets_in: int
    packets_out: int


@dataclass(frozen=True)
class IkeSa:
    """An established IKE SA of one connection, with its installed children."""

    connection: str
    initiator: bool
    cookies: tuple[str, str]
    suite: tuple[str, ...]
    remote: str
    """The peer's address and port."""
    children: tuple[ChildSa, ...]


@dataclass
class Charon:
    """A daemon. `folder` holds its configuration, its socket and its log."""

    namespace: str
    folder: Path
    connections: Sequence[Connection]
    process: subprocess.Popen[bytes] | None = field(default=None)
    detail: int = 1
    """How much it logs; 0 for hours."""
    kernel: bool = False
    preload: str = ""
    """A library that is loaded into it."""

    def start(self) -> None:
        """Starts it and loads its connections. Raises RuntimeError when it does not come up."""
        (self.folder / "run").mkdir(parents=True, exist_ok=True)
        (self.folder / "vici").unlink(missing_ok=True)
        for left in (self.folder / "run").iterdir():
            left.unlink()
        settings = {"detail": self.detail, "more": 2 * self.detail, "plane": "" if self.kernel else "kernel-libipsec"}
        (self.folder / "strongswan.conf").write_text(_DAEMON.format(folder=self.folder, **settings))
        self.configure(self.connections, load=False)
        script = f"mount --bind '{self.folder}/run' /run && exec {CHARON}"
        with (self.folder / "console").open("ab") as console:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", self.namespace, "sh", "-c", script],
                env={**os.environ, "STRONGSWAN_CONF": f"{self.folder}/strongswan.conf", "LD_PRELOAD": self.preload},
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
            )
        process = self.process
        ready = until(lambda: process.poll() is not None or (self.folder / "vici").exists(), 60)
        if not ready or process.poll() is not None:
            raise RuntimeError(f"charon did not start\n{(self.folder / 'console').read_text()}\n{self.log()}")
        self.swanctl("--load-all", "--noprompt", "--file", f"{self.folder}/swanctl.conf")

    def configure(self, connections: Sequence[Connection], load: bool = True) -> None:
        """Other connections from here on."""
        self.connections = connections
        text = f"connections {{\n{''.join(one.text() for one in connections)}}}\n"
        text += f"secrets {{\n{''.join(one.secret() for one in connections)}}}\n"
        (self.folder / "swanctl.conf").write_text(text)
        if load:
            self.swanctl("--load-all", "--clear", "--noprompt", "--file", f"{self.folder}/swanctl.conf")

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
        run("ip", "-n", self.namespace, "route", "flush", "table", "220", check=False)

    def swanctl(self, command: str, *options: str, check: bool = True, timeout: float = 40) -> str:
        """A `swanctl` command's output."""
        argv = ("swanctl", command, "--uri", f"unix://{self.folder}/vici", *options)
        return run("env", f"STRONGSWAN_CONF={self.folder}/strongswan.conf", *argv, check=check, timeout=timeout)

    def initiate(self, name: str = "tunnel", check: bool = True, timeout: int = 20) -> str:
        """Negotiates one tunnel; what charon logged meanwhile. Raises RuntimeError when none came up."""
        wait = ("--timeout", str(timeout))
        return self.swanctl("--initiate", "--ike", name, "--child", "lan", *wait, check=check, timeout=timeout + 20)

    def log(self) -> str:
        """Everything logged so far."""
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def sas(self, name: str = "") -> list[IkeSa]:
        """The established IKE SAs, of one connection or of all."""
        told = self.swanctl("--list-sas", "--raw")
        found = [_ike_sa(event) for event in map(_parsed, told.splitlines()) if event]
        return [sa for sa in found if sa is not None and name in ("", sa.connection)]

    def children(self, name: str = "") -> list[ChildSa]:
        """The installed pairs of IPsec SAs, of one connection or of all."""
        return [child for sa in self.sas(name) for child in sa.children]


@contextmanager
def charon(namespace: str, folder: Path, *connections: Connection, kernel: bool = False) -> Iterator[Charon]:
    """A running daemon, with `kernel` over the kernel's ESP; ended when the block ends, whatever happened."""
    daemon = Charon(namespace, folder, connections, kernel=kernel)
    try:
        daemon.start()
        yield daemon
    finally:
        daemon.stop()


Raw = dict[str, "Raw | str"]


def _parsed(line: str) -> Raw:
    """`list-sa event {name {key=value list=[a b] inner {…}}}`, as swanctl prints it raw."""
    whole: Raw = {}
    levels = [whole]
    for name, value, closing in re.findall(r"([^\s{}=]+) \{|([^\s{}=]+=(?:\[[^\]]*\]|[^\s{}]*))|(\})", line):
        if name:
            inner: Raw = {}
            levels[-1][name] = inner
            levels.append(inner)
        elif value:
            key, _, word = value.partition("=")
            levels[-1][key] = word
        elif closing:
            levels.pop()
    return whole


def _ike_sa(event: Raw) -> IkeSa | None:
    """The IKE SA that one line of the list tells, where it is established."""
    told = event.get("event")
    if not isinstance(told, dict):
        return None
    [(name, sa)] = told.items()
    if not isinstance(sa, dict) or sa.get("state") != "ESTABLISHED":
        return None
    children = sa.get("child-sas", {})
    return IkeSa(
        connection=name,
        initiator=sa.get("initiator") == "yes",
        cookies=(str(sa["initiator-spi"]), str(sa["responder-spi"])),
        suite=_suite(sa, "encr-alg", "encr-keysize", "integ-alg", "dh-group"),
        remote=f"{sa['remote-host']}:{sa['remote-port']}",
        children=tuple(
            ChildSa(
                spi_in=str(child["spi-in"]),
                spi_out=str(child["spi-out"]),
                suite=_suite(child, "encr-alg", "encr-keysize", "integ-alg", "dh-group"),
                encapsulated=child.get("encap") == "yes",
                packets_in=int(str(child["packets-in"])),
                packets_out=int(str(child["packets-out"])),
            )
            for child in (children.values() if isinstance(children, dict) else ())
            if isinstance(child, dict) and child.get("state") == "INSTALLED"
        ),
    )


def _suite(sa: Raw, *keys: str) -> tuple[str, ...]:
    return tuple(str(sa[key]) for key in keys if key in sa)
