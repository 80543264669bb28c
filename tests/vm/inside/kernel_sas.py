"""The IPsec SAs of a namespace's kernel, as iproute2 lists them."""

import re
from dataclasses import dataclass

from lan import run


@dataclass(frozen=True)
class KernelSa:
    """One SA: addresses, SPI as 8 hex digits, ciphers with their keys, UDP ports if encapsulated, octets, packets."""

    source: str
    destination: str
    spi: str
    ciphers: tuple[str, ...]
    ports: tuple[int, int] | None
    octets: int
    packets: int

    @property
    def agreed(self) -> tuple[str, str, str, tuple[str, ...]]:
        """What both ends must hold alike."""
        return self.source, self.destination, self.spi, self.ciphers


def kernel_sas(namespace: str) -> list[KernelSa]:
    """All that carry ESP; not those that only wait for a negotiation."""
    found = []
    for block in re.split(r"^(?=src )", run("ip", "-n", namespace, "-s", "xfrm", "state"), flags=re.M)[1:]:
        ends = re.match(r"src (\S+) dst (\S+)\s+proto esp spi 0x(\w{8})", block)
        ciphers = re.findall(r"^\t((?:auth-trunc|enc|aead) \S+ 0x\w+(?: \d+)?|enc ecb\(cipher_null\))", block, re.M)
        ports = re.search(r"sport (\d+) dport (\d+)", block)
        carried = re.search(r"lifetime current:\s+(\d+)\(bytes\), (\d+)\(packets\)", block)
        if ends and ciphers and carried:
            found.append(
                KernelSa(
                    *ends.groups(),
                    tuple(ciphers),
                    (int(ports[1]), int(ports[2])) if ports else None,
                    int(carried[1]),
                    int(carried[2]),
                )
            )
    return found


def nothing_left(namespace: str) -> bool:
    """Whether the kernel has neither SAs nor policies, apart from those that belong to sockets."""
    policies = run("ip", "-n", namespace, "xfrm", "policy", "list", "nosock")
    return not run("ip", "-n", namespace, "xfrm", "state") and not policies
