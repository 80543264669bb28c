"""A UDP shell around the engine, for a namespace: `udp_shell.py FILE.cfg [--ping SRC DST] [--on] [--seconds N]`.

Every effect becomes one JSON line on standard output. It ends with its standard input, or after N seconds. ESP in UDP
goes through our own SAs: the hosts behind this device answer pings, and `--ping` sends some until three are answered,
with `--on` as long as the shell lives.
"""

import argparse
import json
import os
import select
import socket
import sys
import time
from collections.abc import Iterable
from ipaddress import IPv4Address
from pathlib import Path as File

from mainmode.base.address import Endpoint, Path
from mainmode.base.codes import IpProtocol
from mainmode.base.errors import WireError
from mainmode.base.instant import SECOND, Instant
from mainmode.catalogue.envelope import Form, render
from mainmode.device.config.reader import read
from mainmode.device.settings import ike_settings
from mainmode.ike.acquire import Acquire
from mainmode.ike.effects import (
    AcquireFailed,
    Dropped,
    Effect,
    InstallSa,
    MoveSa,
    Phase1Down,
    Phase1Up,
    Phase2Failed,
    RemoveSa,
    Say,
    Send,
    UseSa,
)
from mainmode.ike.engine import Engine
from mainmode.ike.settings import IkeSettings
from mainmode.ipsec.esp import EspRefused
from mainmode.ipsec.sad import Sad, SaState
from mainmode.lab.hosts import Probe, answer
from mainmode.wire.esp import read_esp
from mainmode.wire.ip import read_ipv4
from mainmode.wire.natt import EspDatagram, classify

IKE_PORT, FLOATED_PORT = 500, 4500
PINGS = 3
MOST_PINGS = 40


class SystemEntropy:
    """The system's random numbers."""

    def take(self, count: int) -> bytes:
        return os.urandom(count)


def clock() -> Instant:
    """Now, as the monotonic clock counts it."""
    return Instant(time.monotonic_ns() // 1000)


def tell(effect: str, **parts: object) -> None:
    """One line for the test that listens."""
    print(json.dumps({"effect": effect, **parts}, default=str), flush=True)


def tell_effect(effect: Effect) -> None:
    """What the test may want to know of an effect. Keys stay here."""
    name = type(effect).__name__
    match effect:
        case Say():
            tell(name, step=effect.step.value, text=render(effect.line, Form.COLON))
        case Send():
            tell(
                name,
                step=effect.step.value,
                path=f"{effect.path.local} {effect.path.remote}",
                octets=len(effect.datagram),
            )
        case Dropped():
            tell(name, reason=effect.reason.name, detail=effect.detail)
        case Phase1Up():
            tell(name, role=effect.role.value, group=effect.group_name, cookie=effect.exchange.cookie.hex())
        case InstallSa(pair=pair):
            tell(
                name,
                spi_in=f"{pair.inbound_spi:08x}",
                spi_out=f"{pair.outbound_spi:08x}",
                encapsulated=pair.udp_encapsulated,
                proxies=pair.proxies,
                suite=[pair.suite.encryption.name, pair.suite.key_bits, pair.suite.authentication.name],
                path=f"{pair.path.local} {pair.path.remote}",
            )
        case Phase1Down() | Phase2Failed() | AcquireFailed() | RemoveSa():
            tell(
                name,
                cause=effect.failure.cause.name,
                detail=effect.failure.detail,
                step=effect.failure.step.value,
            )


class Shell:
    """Two sockets, the engine, the SAs that it installed, and the loop between them."""

    def __init__(self, settings: IkeSettings, probe: Probe | None, on: bool) -> None:
        [interface] = settings.enabled
        self.settings = settings
        self.probe = probe
        self.entropy = SystemEntropy()
        self.on = on
        self.sad = Sad()
        self.engine = Engine(settings, self.entropy, watch=self.sad.activity)
        self.sockets = {port: bound(settings.addresses[interface], port) for port in (IKE_PORT, FLOATED_PORT)}
        self.pings = self.pongs = 0
        self.next_ping = Instant(0)

    def carry_out(self, effects: Iterable[Effect]) -> None:
        """Tells every effect, in order, and does what it says."""
        for effect in effects:
            tell_effect(effect)
            match effect:
                case Send():
                    self.send(effect.datagram, effect.path)
                case InstallSa():
                    self.sad.install(effect.pair, clock(), effect.replaces)
                case UseSa():
                    self.sad.use(effect.inbound_spi)
                case MoveSa():
                    self.sad.move(effect.inbound_spi, effect.path)
                case RemoveSa():
                    self.sad.remove(effect.inbound_spi)

    def send(self, datagram: bytes, path: Path) -> None:
        """One datagram onto the wire."""
        remote = path.remote
        self.sockets[path.local.port].sendto(datagram, (str(remote.address), remote.port))

    def acquire(self, probe: Probe) -> None:
        """The probe's first packet wants a tunnel: the first crypto ACL entry's."""
        entry = self.settings.entries[0]
        ace = (entry.acl or ())[0]
        request = Acquire(entry, ace, "inside", probe.source, probe.destination, probe.protocol)
        self.carry_out(self.engine.acquire(request, clock()))

    def receive(self, ready: socket.socket) -> None:
        """One datagram into the engine, or through the tunnel when it is ESP."""
        datagram, (address, port) = ready.recvfrom(65535)
        here, at = ready.getsockname()
        if at == FLOATED_PORT and isinstance(found := classify(datagram), EspDatagram):
            self.open(found.octets)
            return
        path = Path(Endpoint(IPv4Address(here), at), Endpoint(IPv4Address(address), port))
        self.carry_out(self.engine.receive(datagram, path, clock()))

    def open(self, esp: bytes) -> None:
        """An ESP packet: a reply to our ping is told, a request is answered through the same tunnel."""
        tunnel = self.sad.inbound(read_esp(esp).spi)
        if tunnel is None:
            tell("UnknownSpi")
            return
        try:
            packet = tunnel.open(esp, clock())
            sequence = self.probe.sequence_in(read_ipv4(packet)) if self.probe else None
        except (WireError, EspRefused) as error:
            tell("EspRefused", error=error)
            return
        if sequence is not None:
            self.pongs += 1
            tell("Pong", sequence=sequence)
        elif (reply := answer(packet)) is not None:
            tell("Ping")
            tunnel = self.sending() or tunnel
            self.send(tunnel.seal(reply, self.entropy, clock()), tunnel.pair.path)

    def sending(self) -> SaState | None:
        """The pair that carries what goes out by the first crypto ACL entry."""
        entry = self.settings.entries[0]
        ace = (entry.acl or ())[0]
        found = (self.sad.outbound_for(str(peer), ace.proxies) for peer in entry.peers)
        return next((state for state in found if state is not None), None)

    def ping(self, probe: Probe, now: Instant) -> None:
        """The probe's next packet through the tunnel, four a second until three replies came, or for ever.

        The peer may still be putting its end in place when ours stands: what comes before that is lost, as on any wire.
        """
        self.pings += 1
        self.next_ping = Instant(now + SECOND // 4)
        tunnel = self.sending()
        if tunnel is None:
            tell("NoTunnel")
            self.acquire(probe)
            return
        tell("Sent", sequence=self.pings)
        self.send(tunnel.seal(probe.request(self.pings), self.entropy, now), tunnel.pair.path)

    def wants_ping(self) -> bool:
        """Whether there is a tunnel to ping through and the replies are not all there."""
        if self.probe is None or not (self.pings or self.sad.states()):
            return False
        return self.on or (self.pongs < PINGS and self.pings < MOST_PINGS)

    def run(self, end: Instant) -> None:
        """Turns until `end`, or until nobody listens any more."""
        while (now := clock()) < end:
            if self.wants_ping() and self.probe is not None and now >= self.next_ping:
                self.ping(self.probe, now)
            deadline = self.engine.deadline()
            dues = [
                end,
                *([deadline] if deadline is not None else []),
                *([self.next_ping] if self.wants_ping() else []),
            ]
            ready, _, _ = select.select([sys.stdin, *self.sockets.values()], [], [], max(0, min(dues) - now) / SECOND)
            if sys.stdin in ready:
                return
            for one in ready:
                self.receive(one)
            if deadline is not None and clock() >= deadline:
                self.carry_out(self.engine.expire(clock()))


def bound(address: IPv4Address, port: int) -> socket.socket:
    """A UDP socket at this place."""
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((str(address), port))
    return udp


def main() -> None:
    """Reads the configuration, tells that it is ready, asks for a tunnel if told to, and turns."""
    parser = argparse.ArgumentParser()
    parser.add_argument("config", type=File)
    parser.add_argument("--ping", nargs=2, type=IPv4Address, metavar=("SRC", "DST"))
    parser.add_argument("--on", action="store_true")
    parser.add_argument("--seconds", type=int, default=30)
    arguments = parser.parse_args()
    probe = Probe(IpProtocol.ICMP, *arguments.ping) if arguments.ping else None
    shell = Shell(ike_settings(read(arguments.config.read_text(), arguments.config.name)), probe, arguments.on)
    tell("Ready")
    if probe is not None:
        shell.acquire(probe)
    shell.run(Instant(clock() + arguments.seconds * SECOND))


if __name__ == "__main__":
    main()
