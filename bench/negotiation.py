"""Two engines in one process, negotiated to the end without input or output; and the Diffie-Hellman alone."""

import os
from collections import deque
from importlib import resources

from mainmode.base.codes import Group
from mainmode.base.instant import Instant
from mainmode.crypto.groups import group
from mainmode.device.config.reader import read
from mainmode.device.settings import ike_settings
from mainmode.ike.acquire import Acquire
from mainmode.ike.effects import Effect, InstallSa, Send
from mainmode.ike.engine import Engine
from mainmode.ike.settings import IkeSettings


class SystemEntropy:
    """The system's random numbers."""

    def take(self, count: int) -> bytes:
        """`count` fresh octets."""
        return os.urandom(count)


ENTROPY = SystemEntropy()
NOON = Instant(1_000_000_000_000_000)


_POLICY = "crypto isakmp policy {}\n authentication pre-share\n encryption {}\n hash sha\n group {}\n lifetime 86400\n"


def settings_of(name: str, policies: str) -> IkeSettings:
    """The packaged example's settings, with other policies. Raises ValueError where it has not the one expected."""
    text = (resources.files("mainmode.lab") / "examples" / name).read_text()
    own = _POLICY.format(10, "3des", 2)
    if own not in text:
        raise ValueError(f"{name} has not the policy of group 2")
    return ike_settings(read(text.replace(own, policies), name))


class Negotiation:
    """The packaged pair of configurations; every run is a new pair of engines.

    `listened`: whether every debug line is made as a value; a device makes none while no debug is on. `offered`: AES
    instead of 3DES, and so many policies in MM1, of which the last is the one that the responder has.
    """

    def __init__(self, number: int, listened: bool, offered: int = 0) -> None:
        self.listened = listened
        cipher = "aes" if offered else "3des"
        only = _POLICY.format(10, cipher, number)
        others = [_POLICY.format(place + 1, cipher, (16, 15, 5)[place % 3]) for place in range(max(offered - 1, 0))]
        self.first = settings_of("asa1.cfg", "".join((*others, only)))
        self.second = settings_of("asa2.cfg", only)
        entry = self.first.entries[0]
        ace = (entry.acl or ())[0]
        hosts = ace.proxies.local.first + 1, ace.proxies.remote.first + 1
        self.request = Acquire(entry, ace, "inside", *hosts, ace.proxies.local.protocol)

    def run(self) -> None:
        """Main mode and quick mode. Raises RuntimeError when not both sides install their SAs."""
        engines = [Engine(settings, ENTROPY, self.listened) for settings in (self.first, self.second)]
        wire: deque[tuple[int, Send]] = deque()
        installed = [0, 0]

        def carry_out(side: int, effects: list[Effect]) -> None:
            for effect in effects:
                if isinstance(effect, Send):
                    wire.append((1 - side, effect))
                elif isinstance(effect, InstallSa):
                    installed[side] += 1

        carry_out(0, engines[0].acquire(self.request, NOON))
        while wire:
            side, sent = wire.popleft()
            carry_out(side, engines[side].receive(sent.datagram, sent.path.reversed(), NOON))
        if installed != [1, 1]:
            raise RuntimeError(f"SAs installed: {installed}")


def exponentiations(number: int) -> None:
    """The Diffie-Hellman of one negotiation, both sides: two key pairs and two shared secrets."""
    agreed = group(Group(number))
    ours, theirs = agreed.keypair(ENTROPY), agreed.keypair(ENTROPY)
    if agreed.shared(ours, theirs.public) != agreed.shared(theirs, ours.public):
        raise RuntimeError("the shared secrets differ")
