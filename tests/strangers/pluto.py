"""Libreswan's pluto in a namespace: started, configured, asked and ended. Made for Debian 12's package.

That package cannot be installed beside strongSwan's. So it is only unpacked, into `build/libreswan` of this
repository: `apt-get download libreswan` and `dpkg -x`. Where the kernel has no ESP, a small library lets quick mode
complete all the same (`esp_granted.c`); pluto has no user-space data plane, so nothing goes through its tunnels then.
"""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from lan import run, until
from sites import Site

ROOT = Path(__file__).resolve().parent.parent.parent
TREE = ROOT / "build" / "libreswan"
TOOLS = "usr/libexec/ipsec"
_NEVER = 86400
"""Seconds: the kernel keeps an SPI so long for an SA that it then refuses, and tells pluto when it gives that up."""

_CONF = """\
config setup
  ikev1-policy=accept
  protostack=xfrm
  uniqueids=yes
  nssdir={folder}/nss
  ipsecdir={folder}/ipsec.d
  secretsfile={folder}/ipsec.secrets
  dumpdir={folder}/run

conn lan
  keyexchange=ike
  ikev2=no
  authby=secret
  left={here.outside}
  leftsubnet={here.network}
  right={there.seen_as}
  rightsubnet={there.network}
  ike={terms.ike}
  esp={terms.esp}
  pfs={pfs}
  ikelifetime={terms.ike_life}s
  salifetime={terms.life}s
  rekeymargin={terms.margin}s
  rekeyfuzz=0%
  dpddelay=5
  dpdtimeout=15
  dpdaction=hold
  auto=ignore
  leftupdown="/{tools}/_updown"
"""


@dataclass(frozen=True)
class Terms:
    """What a connection offers: key, phase 1 and 2 proposals in Libreswan's spelling; lifetimes in seconds.

    With `pfs` quick mode has a key exchange of its own, in the group that `esp` names or in phase 1's. Pluto renews
    `margin` seconds before a lifetime is over.
    """

    key: str = "correct-horse-battery"
    ike: str = "aes256-sha2_256;modp2048"
    esp: str = "aes128-sha1"
    pfs: bool = False
    ike_life: int = 3600
    life: int = 3600
    margin: int = 300


@dataclass(frozen=True)
class Pluto:
    """A running daemon. `folder` holds its configuration, its control socket and its log."""

    site: Site
    folder: Path
    process: subprocess.Popen[bytes]

    def whack(self, *options: str, check: bool = True) -> str:
        """What `whack` says to these options; it gives up after 20 seconds."""
        argv = ("timeout", "20", f"{TREE}/{TOOLS}/whack", "--ctlsocket", f"{self.folder}/run/pluto.ctl", *options)
        return run("ip", "netns", "exec", self.site.gateway, *argv, check=check, timeout=40)

    def initiate(self) -> str:
        """Negotiates the tunnel; what pluto said meanwhile, whether it came up or not."""
        return self.whack("--name", "lan", "--initiate", check=False)

    def log(self) -> str:
        """Everything logged so far."""
        return (self.folder / "log").read_text(errors="replace")

    def states(self) -> str:
        """The lines of `whack --showstates`."""
        return self.whack("--showstates")

    def established(self) -> bool:
        """Whether an IKE SA is up."""
        return "(IKE SA established)" in self.states()

    def pairs(self) -> list[tuple[str, str]]:
        """Inbound and outbound SPI of each pair of IPsec SAs, 8 hex digits each."""
        found = []
        for line in self.states().splitlines():
            spis = {address: spi for spi, address in re.findall(r" esp\.([0-9a-f]+)@([0-9.]+)", line)}
            if len(spis) == 2:
                inbound = spis.pop(self.site.outside)
                found.append((inbound.zfill(8), *(spi.zfill(8) for spi in spis.values())))
        return found

    def status(self) -> dict[str, str]:
        """What `whack --status` says of the connection's newest algorithms: keys `IKEv1` and `ESP`."""
        return dict(re.findall(r'^000 "lan": +(IKEv1|ESP) algorithm newest: (.*)$', self.whack("--status"), re.M))


def _granted(folder: Path) -> Path:
    """The library for kernels without ESP, compiled."""
    library = folder / "esp_granted.so"
    source = Path(__file__).with_name("esp_granted.c")
    run("gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", str(library), str(source), "-ldl")
    return library


@contextmanager
def pluto(here: Site, there: Site, folder: Path, terms: Terms) -> Iterator[Pluto]:
    """A daemon at one site with one connection to the other; ended when the block ends, whatever happened."""
    if not (TREE / TOOLS / "pluto").exists():
        pytest.skip(f"no Libreswan in {TREE}: there, `apt-get download libreswan` and `dpkg -x` it")
    daemon = Pluto(here, folder, _started(here, there, folder, terms))
    try:
        process = daemon.process
        ready = until(lambda: process.poll() is not None or "listening for IKE" in daemon.log(), 30)
        if not ready or process.poll() is not None:
            raise RuntimeError(f"pluto did not start\n{(folder / 'console').read_text()}\n{daemon.log()}")
        argv = (f"{TREE}/{TOOLS}/addconn", "--config", f"{folder}/ipsec.conf", "--ctlsocket", f"{folder}/run/pluto.ctl")
        run("ip", "netns", "exec", here.gateway, *argv, "lan")
        daemon.whack("--listen")
        yield daemon
    finally:
        _end(daemon)


def _started(here: Site, there: Site, folder: Path, terms: Terms) -> subprocess.Popen[bytes]:
    """The process. It wants its tools at their own places, so they stand there in its mount namespace."""
    for name in ("run", "nss", "ipsec.d"):
        (folder / name).mkdir(parents=True)
    (folder / "log").touch()
    pfs = "yes" if terms.pfs else "no"
    conf = _CONF.format(folder=folder, here=here, there=there, terms=terms, tools=TOOLS, pfs=pfs)
    (folder / "ipsec.conf").write_text(conf)
    (folder / "ipsec.secrets").write_text(f'{here.outside} {there.seen_as} : PSK "{terms.key}"\n')
    run("ip", "netns", "exec", here.gateway, "sysctl", "-q", "-w", f"net.core.xfrm_acq_expires={_NEVER}")
    run("certutil", "-N", "-d", f"sql:{folder}/nss", "--empty-password")
    options = (
        f"--nofork --config {folder}/ipsec.conf --secretsfile {folder}/ipsec.secrets --ipsecdir {folder}/ipsec.d "
        f"--nssdir {folder}/nss --rundir {folder}/run --logfile {folder}/log --use-xfrm --nhelpers 0 --no-dnssec"
    )
    script = (
        f"mount --bind {folder}/run /run && mount --bind {TREE}/usr/libexec /usr/libexec "
        f"&& LD_PRELOAD={_granted(folder)} exec /{TOOLS}/pluto {options}"
    )
    with (folder / "console").open("wb") as console:
        return subprocess.Popen(
            ["ip", "netns", "exec", here.gateway, "sh", "-c", script],
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
        )


def _end(daemon: Pluto) -> None:
    process = daemon.process
    if process.poll() is None:
        daemon.whack("--shutdown", check=False)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)
