"""Every suite of phase 1 and of phase 2 with strongSwan, our gateway in both roles: one pair of daemons, many tunnels.

Each tunnel has a suite of its own, which charon alone is bound to: our gateway offers and takes all its policies.
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest
from firewall import Firewall, Policy, Tunnel, configuration, firewall
from lan import until
from sites import Sites, pings, sites
from strongswan import Charon, Connection, IkeSa, charon

pytestmark = pytest.mark.root

ENCRYPTION = {
    "3des": ("3des", ("3DES_CBC",), "3DES"),
    "aes": ("aes128", ("AES_CBC", "128"), "AES128"),
    "aes-256": ("aes256", ("AES_CBC", "256"), "AES256"),
}
HASH = {"md5": ("md5", "HMAC_MD5_96"), "sha": ("sha1", "HMAC_SHA1_96"), "sha256": ("sha256", "HMAC_SHA2_256_128")}
GROUP = {2: "MODP_1024", 5: "MODP_1536", 14: "MODP_2048", 19: "ECP_256"}
PHASE_1 = [Policy(*words) for words in product(ENCRYPTION, HASH, GROUP)]
PHASE_2 = [*product(ENCRYPTION, ("sha", "sha256")), ("aes-gcm", "none"), ("aes-gcm-256", "none")]
COMMON = Policy()


@dataclass(frozen=True)
class Suite:
    """What one tunnel uses: an IKE policy, a transform set's cipher and integrity, a group for PFS or none."""

    policy: Policy = COMMON
    cipher: str = "aes"
    integrity: str = "sha"
    pfs: int | None = None

    @property
    def ike(self) -> str:
        """Phase 1 as charon's configuration has it."""
        one = self.policy
        return "-".join((ENCRYPTION[one.encryption][0], HASH[one.hash][0], _keyword(one.group)))

    @property
    def esp(self) -> str:
        """Phase 2 as charon's configuration has it."""
        if self.cipher.startswith("aes-gcm"):
            parts = [f"aes{'256' if self.cipher.endswith('256') else '128'}gcm16"]
        else:
            parts = [ENCRYPTION[self.cipher][0], HASH[self.integrity][0]]
        return "-".join([*parts, *([_keyword(self.pfs)] if self.pfs else [])])

    @property
    def transform(self) -> str:
        """Phase 2 as our configuration has it."""
        return f"esp-{self.cipher} esp-{self.integrity}{'' if self.integrity == 'none' else '-hmac'}"

    def by_charon(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Both phases as charon reports them."""
        one = self.policy
        phase1 = (*ENCRYPTION[one.encryption][1], HASH[one.hash][1], GROUP[one.group])
        if self.cipher.startswith("aes-gcm"):
            phase2: tuple[str, ...] = ("AES_GCM_16", "256" if self.cipher.endswith("256") else "128")
        else:
            phase2 = (*ENCRYPTION[self.cipher][1], HASH[self.integrity][1])
        return phase1, phase2 + ((GROUP[self.pfs],) if self.pfs else ())

    def by_us(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Both phases as `show vpn-sessiondb detail l2l` reports them."""
        one = self.policy
        hashes = {"sha": "SHA1", "sha256": "SHA256", "md5": "MD5", "none": "none"}
        gcm = {"aes-gcm": "AES-GCM-128", "aes-gcm-256": "AES-GCM-256"}
        cipher = gcm.get(self.cipher) or ENCRYPTION[self.cipher][2]
        return (
            (ENCRYPTION[one.encryption][2], hashes[one.hash], str(one.group)),
            (cipher, hashes[self.integrity], str(self.pfs or "")),
        )


def _keyword(group: int) -> str:
    return GROUP[group].lower().replace("_", "")


SUITES = [
    *(Suite(policy) for policy in PHASE_1),
    *(Suite(COMMON, *words, pfs) for words, pfs in product(PHASE_2, (None, 14))),
    *(Suite(pfs=group) for group in (2, 5, 19)),
]


def shown(ours: Firewall) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Both phases of each session, by peer, as our gateway shows them."""
    found = {}
    for block in re.split(r"^Connection +: ", ours.show("vpn-sessiondb", "detail", "l2l"), flags=re.M)[1:]:
        _, phase1, phase2 = re.split(r"^(?:IKE|IPsec\w*):$", block, flags=re.M)
        values = [
            tuple((re.findall(rf"{name} +: (\S*)", text) or [""])[0] for name in names)
            for text, names in (
                (phase1, ("Encryption", "Hashing", "D/H Group")),
                (phase2, ("Encryption", "Hashing", "PFS Group")),
            )
        ]
        found[block.split()[0]] = (values[0], values[1])
    return found


def wrong(net: Sites, ours: Firewall, daemon: Charon, role: str) -> Iterator[str]:
    """What is not as it should be, tunnel by tunnel."""
    here = shown(ours)
    pairs = {pair.group: pair for pair in ours.pairs()}
    there: dict[str, IkeSa] = {sa.connection: sa for sa in daemon.sas() if sa.children}
    for number, suite in enumerate(SUITES):
        peer, sa = f"10.2.0.{number + 2}", there.get(f"t{number}")
        if sa is None or peer not in here or peer not in pairs:
            yield f"{suite}: no tunnel"
            continue
        child = sa.children[-1]
        if (sa.suite, child.suite) != suite.by_charon():
            yield f"{suite}: charon has {sa.suite} {child.suite}"
        if here[peer] != suite.by_us():
            yield f"{suite}: we have {here[peer]}"
        if pairs[peer] != (peer, role, child.spi_out, child.spi_in):
            yield f"{suite}: {pairs[peer]}, {child}"
        if not (child.packets_in and child.packets_out):
            yield f"{suite}: {child.packets_in} packets in, {child.packets_out} out"


def test_every_suite_carries_pings_both_ways_in_both_roles(tmp_path: Path) -> None:
    with sites("suites", networks=len(SUITES)) as net:
        tunnels, ends = [], []
        for number, (suite, network) in enumerate(zip(SUITES, net.b.networks, strict=True)):
            peer, inside = f"10.2.0.{number + 2}", f"{network}.0/24"
            pfs = f"group{suite.pfs}" if suite.pfs else ""
            tunnels.append(Tunnel(peer, net.a.network, inside, suite.transform, pfs))
            ends.append(
                Connection.between(net.b, net.a).but(
                    name=f"t{number}", local=peer, local_id=peer, local_network=inside, ike=suite.ike, esp=suite.esp
                )
            )
        every = dict.fromkeys(net.b.networks, 1)
        with (
            firewall(net.a.gateway, tmp_path / "a", configuration(net.a, *tunnels, policies=PHASE_1)) as ours,
            charon(net.b.gateway, tmp_path / "b", *ends) as daemon,
        ):
            with ThreadPoolExecutor(8) as beside:
                list(beside.map(lambda end: daemon.initiate(end.name), ends))
            assert pings(net.b, net.a) == every
            assert pings(net.a, net.b) == every
            assert list(wrong(net, ours, daemon, "Responder")) == []

            ours.command("clear", "crypto", "isakmp", "sa")
            assert until(lambda: not daemon.sas(), 20), "our deletes"
            assert pings(net.a, net.b, wait=20) == every, "the packets that asked for the tunnels"
            assert pings(net.b, net.a) == every
            assert list(wrong(net, ours, daemon, "Initiator")) == []
            assert not ours.errors()
