"""strongSwan's charon in a namespace: started, configured, asked and ended. Made for Debian 12's packages.

ESP runs in charon's own user space (kernel-libipsec), so no kernel with ESP is needed; charon then always
claims to sit behind a NAT, moves to port 4500 and negotiates UDP-encapsulated tunnels.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lan import Lan, Side, run, until

CHARON = "/usr/lib/ipsec/charon"

_DAEMON = """\
charon {{
  load = random nonce openssl aes sha2 sha1 md5 hmac kdf gcm ctr gmp x509 pubkey pem xauth-generic unity \
kernel-libipsec kernel-netlink socket-default vici updown counters
  install_routes = yes
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
      default = 1
      ike = 2
      cfg = 2
    }}
  }}
}}
swanctl {{
}}
"""

_CONNECTION = """\
connections {{
  tunnel {{
    version = 1
    aggressive = no
    local_addrs = {local.outside}
    remote_addrs = {remote.outside}
    proposals = {ike}
    reauth_time = {reauth}s
    rand_time = 0s
    dpd_delay = 30s
    dpd_timeout = 90s
    local {{
      auth = psk
      id = {local.outside}
    }}
    remote {{
      auth = psk
      id = {remote.outside}
    }}
    children {{
      lan {{
        mode = tunnel
        local_ts = {local.network}[{protocol}]
        remote_ts = {remote.network}[{protocol}]
        esp_proposals = {esp}
        rekey_time = {rekey}s
        life_time = {life}s
        rand_time = 0s
      }}
    }}
  }}
}}
secrets {{
  ike-tunnel {{
    id-1 = {local.outside}
    id-2 = {remote.outside}
    secret = {key}
  }}
}}
"""


@dataclass(frozen=True)
class Terms:
    """What a connection offers: key, phase 1 and 2 proposals in charon's spelling, inner IP protocol.

    `reauth` and `rekey` are when charon renews phase 1 and phase 2, `life` when a pair ends; in seconds.
    """

    key: str
    ike: str = "3des-sha1-modp1024"
    esp: str = "aes128-sha1"
    protocol: str = "icmp"
    reauth: int = 86400
    rekey: int = 28000
    life: int = 28800


@dataclass(frozen=True)
class Child:
    """An installed pair of IPsec SAs as `swanctl --list-sas` tells it: 8 hex digits for each SPI."""

    spi_in: str
    spi_out: str
    encapsulated: bool
    packets_in: int
    packets_out: int


@dataclass(frozen=True)
class Charon:
    """A running daemon. `folder` holds its configuration, its socket and its log."""

    side: Side
    folder: Path
    process: subprocess.Popen[bytes]

    def swanctl(self, command: str, *options: str, check: bool = True) -> str:
        """A `swanctl` command's output."""
        argv = ("swanctl", command, "--uri", f"unix://{self.folder}/vici", *options)
        return run("env", f"STRONGSWAN_CONF={self.folder}/strongswan.conf", *argv, check=check, timeout=30)

    def initiate(self) -> str:
        """Negotiates the tunnel; what charon logged meanwhile. Raises RuntimeError when no tunnel came up."""
        return self.swanctl("--initiate", "--child", "lan", "--timeout", "20")

    def log(self) -> str:
        """Everything logged so far."""
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def list_sas(self) -> str:
        """The raw text of `swanctl --list-sas`."""
        return self.swanctl("--list-sas")

    def established(self) -> bool:
        """Whether an IKE SA is up."""
        return bool(re.search(r"^tunnel: #\d+, ESTABLISHED, IKEv1", self.list_sas(), re.M))

    def children(self) -> list[Child]:
        """The installed SAs."""
        found = []
        for block in re.split(r"^  lan: ", self.list_sas(), flags=re.M)[1:]:
            if ", INSTALLED, " not in block:
                continue
            spi = {way: re.search(rf"^    {way} +([0-9a-f]{{8}}),", block, re.M) for way in ("in", "out")}
            packets = re.findall(r"bytes, +(\d+) packets", block)
            if spi["in"] and spi["out"] and len(packets) == 2:
                found.append(
                    Child(
                        spi_in=spi["in"][1],
                        spi_out=spi["out"][1],
                        encapsulated="TUNNEL-in-UDP" in block,
                        packets_in=int(packets[0]),
                        packets_out=int(packets[1]),
                    )
                )
        return found


@contextmanager
def charon(net: Lan, side: Side, folder: Path, terms: Terms) -> Iterator[Charon]:
    """A daemon on `side` with one connection to the other; ended when the block ends, whatever happened."""
    (folder / "run").mkdir(parents=True)
    (folder / "strongswan.conf").write_text(_DAEMON.format(folder=folder))
    connection = _CONNECTION.format(
        local=side,
        remote=net.other(side),
        ike=terms.ike,
        esp=terms.esp,
        protocol=terms.protocol,
        key=terms.key,
        reauth=terms.reauth,
        rekey=terms.rekey,
        life=terms.life,
    )
    (folder / "swanctl.conf").write_text(connection)
    with (folder / "console").open("wb") as console:
        process = subprocess.Popen(
            side.command("sh", "-c", f"mount --bind '{folder}/run' /run && exec {CHARON}"),
            env={**os.environ, "STRONGSWAN_CONF": f"{folder}/strongswan.conf"},
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
        )
    daemon = Charon(side, folder, process)
    try:
        ready = until(lambda: process.poll() is not None or (folder / "vici").exists(), 15)
        if not ready or process.poll() is not None:
            raise RuntimeError(f"charon did not start\n{(folder / 'console').read_text()}\n{daemon.log()}")
        daemon.swanctl("--load-all", "--noprompt", "--file", f"{folder}/swanctl.conf")
        yield daemon
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)
