"""The devices of a day and their configurations, as the dice fall."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

SECOND_NETWORK = "172.30"


@dataclass(frozen=True)
class Suite:
    """What two devices agree on."""

    encryption: str
    hash: str
    group: int
    esp: str
    pfs: int | None


@dataclass(frozen=True)
class Times:
    """Lifetimes and keepalives of one device."""

    phase1: int
    phase2: int
    kilobytes: int | None
    keepalive: str
    idle: str
    nat: int


@dataclass
class Device:
    """One of them; its number is in all of its addresses. `peers` are those that it has an entry for.

    `nat` names the NAT box in front of it, which forwards ports to it where it is `forwarded`.
    """

    number: int
    suite: Suite
    times: Times
    nat: str = ""
    forwarded: bool = False
    mapping: int = 60
    peers: "list[Device]" = field(default_factory=list)
    dynamic: bool = False
    connection: str = "bidirectional"
    networks: int = 1
    notify: bool = False
    key: str = "soaked"

    @property
    def name(self) -> str:
        """A letter."""
        return "abc"[self.number - 1]

    @property
    def edge(self) -> str:
        """What of it is seen on the net."""
        return self.nat or self.name

    def begins_with(self, other: "Device") -> bool:
        """Whether it may begin a tunnel with the other one."""
        return self.knows(other) and self.connection != "answer-only"

    @property
    def own(self) -> str:
        """Its own address."""
        return f"10.9.{self.number}.{self.number}" if self.nat else f"10.0.0.{self.number}"

    @property
    def known_as(self) -> str:
        """Its address on the net."""
        return f"10.0.0.{20 + self.number}" if self.nat else self.own

    def knows(self, other: "Device") -> bool:
        """Whether it has an entry for the other one."""
        return other in self.peers

    def host(self, network: int) -> str:
        """A host in one of its networks, numbered from 0."""
        return f"{'192.168' if network == 0 else SECOND_NETWORK}.{self.number}.5"

    def nat_row(self) -> str:
        """The NAT box in front of it."""
        forward = f', forward = ["udp/500 {self.own}", "udp/4500 {self.own}"]' if self.forwarded else ""
        return f'{self.nat} = {{ address = "{self.known_as}", timeout = "{self.mapping}s"{forward} }}'

    # --- the configuration ---------------------------------------------------------------------------------------

    def text(self) -> str:
        """The whole of it."""
        return "\n".join([*self._basics(), *self._map(), *self._phase1(), ""])

    def _basics(self) -> Iterator[str]:
        yield f"hostname {self.name}"
        yield from (
            "interface GigabitEthernet0/0",
            " nameif inside",
            " security-level 100",
            f" ip address 192.168.{self.number}.1 255.255.255.0",
            "interface GigabitEthernet0/1",
            " nameif outside",
            " security-level 0",
            f" ip address {self.own} 255.255.255.0",
        )
        if self.networks > 1:
            yield from (
                "interface GigabitEthernet0/2",
                " nameif second",
                " security-level 100",
                f" ip address {SECOND_NETWORK}.{self.number}.1 255.255.255.0",
            )
        yield f"route outside 0.0.0.0 0.0.0.0 {self.own.rpartition('.')[0]}.254 1"
        for peer in self.peers:
            for network in range(self.networks):
                yield self.acl_line(peer, network)

    def acl_line(self, peer: "Device", network: int) -> str:
        """The line for one network here and its like there."""
        prefix = "192.168" if network == 0 else SECOND_NETWORK
        mask = "255.255.255.0"
        ours, theirs = f"{prefix}.{self.number}.0 {mask}", f"{prefix}.{peer.number}.0 {mask}"
        return f"access-list VPN{peer.number} extended permit ip {ours} {theirs}"

    def _map(self) -> Iterator[str]:
        times, suite = self.times, self.suite
        yield f"crypto ipsec ikev1 transform-set SET {suite.esp}"
        yield "crypto ipsec ikev1 transform-set OTHER esp-des esp-md5-hmac"
        yield f"crypto ipsec security-association lifetime seconds {times.phase2}"
        if times.kilobytes is not None:
            yield f"crypto ipsec security-association lifetime kilobytes {times.kilobytes}"
        for peer in self.peers:
            place = f"crypto map MAP {10 * peer.number}"
            yield f"{place} match address VPN{peer.number}"
            yield f"{place} set peer {peer.known_as}"
            yield f"{place} set ikev1 transform-set SET"
            if suite.pfs is not None:
                yield f"{place} set pfs group{suite.pfs}"
            if self.connection != "bidirectional":
                yield f"{place} set connection-type {self.connection}"
        if self.dynamic:
            yield "crypto dynamic-map DYN 1 set ikev1 transform-set SET"
            if suite.pfs is not None:
                yield f"crypto dynamic-map DYN 1 set pfs group{suite.pfs}"
            yield "crypto map MAP 65000 ipsec-isakmp dynamic DYN"
        yield "crypto map MAP interface outside"

    def _phase1(self) -> Iterator[str]:
        suite, times = self.suite, self.times
        yield "crypto ikev1 enable outside"
        yield f"crypto isakmp nat-traversal {times.nat}"
        if self.notify:
            yield "crypto isakmp disconnect-notify"
        yield "crypto ikev1 policy 10"
        yield " authentication pre-share"
        yield f" encryption {suite.encryption}"
        yield f" hash {suite.hash}"
        yield f" group {suite.group}"
        yield f" lifetime {times.phase1}"
        yield "group-policy DfltGrpPolicy attributes"
        yield f" vpn-idle-timeout {times.idle}"
        for peer in self.peers:
            yield f"tunnel-group {peer.known_as} type ipsec-l2l"
        for group in self._groups():
            yield f"tunnel-group {group} ipsec-attributes"
            yield f" ikev1 pre-shared-key {self.key}"
            yield f" isakmp keepalive {times.keepalive}"

    def _groups(self) -> list[str]:
        return [*(peer.known_as for peer in self.peers), *(["DefaultL2LGroup"] if self.dynamic else [])]

    # --- what is typed -------------------------------------------------------------------------------------------

    def key_lines(self, peer: "Device", key: str) -> str:
        """Another key for this peer."""
        group = peer.known_as if peer in self.peers else "DefaultL2LGroup"
        return f"tunnel-group {group} ipsec-attributes / ikev1 pre-shared-key {key}"

    def address_lines(self, last: int) -> str:
        """Another address on the net."""
        return f"interface GigabitEthernet0/1 / ip address 10.0.0.{last} 255.255.255.0"

    def changes(self) -> list[tuple[str, str]]:
        """What an administrator tries, and how it is taken back."""
        suite = self.suite
        policy = "crypto ikev1 policy 10"
        group = next(iter(self._groups()))
        found = [
            ("no crypto ikev1 enable outside", "crypto ikev1 enable outside"),
            ("no crypto map MAP interface outside", "crypto map MAP interface outside"),
            ("interface GigabitEthernet0/1 / shutdown", "interface GigabitEthernet0/1 / no shutdown"),
            (f"{policy} / encryption des", f"{policy} / encryption {suite.encryption}"),
            (f"{policy} / lifetime 300", f"{policy} / lifetime {self.times.phase1}"),
            (
                f"tunnel-group {group} ipsec-attributes / isakmp keepalive threshold 20 retry 2",
                f"tunnel-group {group} ipsec-attributes / isakmp keepalive {self.times.keepalive}",
            ),
        ]
        for peer in self.peers:
            place, line = f"crypto map MAP {10 * peer.number}", self.acl_line(peer, 0)
            restored = f"{place} set pfs group{suite.pfs}" if suite.pfs is not None else f"no {place} set pfs"
            found += [
                (f"{place} set ikev1 transform-set OTHER", f"{place} set ikev1 transform-set SET"),
                (f"{place} set pfs group5", restored),
                (f"no {line}", line),
                (f"no {place} set peer {peer.known_as}", f"{place} set peer {peer.known_as}"),
            ]
        return found


@dataclass(frozen=True)
class Pair:
    """Two devices with a tunnel; `b` is the one that moves, where one does."""

    a: Device
    b: Device

    @property
    def barren(self) -> bool:
        """Whether neither may begin."""
        return not (self.a.begins_with(self.b) or self.b.begins_with(self.a))

    def flows(self) -> Iterator[tuple[str, str]]:
        """Hosts that talk to each other, each network from either side."""
        for network in range(min(self.a.networks, self.b.networks)):
            yield self.a.host(network), self.b.host(network)
            yield self.b.host(network), self.a.host(network)


def _suite(dice: random.Random) -> Suite:
    return Suite(
        dice.choice(["aes", "aes", "aes-256", "3des", "des"]),
        dice.choice(["sha", "sha", "md5"]),
        dice.choice([1, 2, 2, 2, 2, 5, 5, 14] if dice.random() < 0.2 else [1, 2, 2]),
        dice.choice(["esp-aes esp-sha-hmac", "esp-aes-256 esp-sha-hmac", "esp-3des esp-md5-hmac"]),
        dice.choice([None, None, 1, 2]),
    )


def _times(dice: random.Random) -> Times:
    return Times(
        dice.choice([600, *[3600] * 4, *[28_800] * 5, *[86_400] * 5]),
        dice.choice([600, 1800, *[3600] * 5, 7200, *[28_800] * 6]),
        dice.choice([None, None, None, None, None, 50, 200]),
        dice.choice(_KEEPALIVES),
        dice.choice(["none", "30", "30", "240"]),
        dice.choice([20, *[200] * 7]),
    )


_KEEPALIVES = [
    *["disable"] * 16, *["threshold 600 retry 10"] * 16, *["threshold 300 retry 10"] * 16,
    *["threshold 120 retry 5"] * 6, *["threshold 60 retry 5"] * 2, "threshold 30 retry 2", "threshold 10 retry 2",
]  # fmt: skip
"""Few of those that ask often: a day of a tunnel with the shortest is nine thousand questions."""


def cast(dice: random.Random) -> tuple[list[Device], list[Pair]]:
    """Two or three devices and who has a tunnel with whom."""
    suite, times = _suite(dice), _times(dice)
    alike = dice.random() < 0.7
    devices = []
    for number in (1, 2, 3)[: dice.choice([2, 2, 2, 2, 3])]:
        own = times if alike else _times(dice)
        devices.append(Device(number, suite, own, notify=dice.random() < 0.5))
    a, *others = devices
    networks = dice.choice([1, 1, 1, 2])
    for device in devices:
        device.networks = networks
    shape = dice.choice(["static", "static", "static", "dynamic", "dynamic", "one begins", "forwarded"])
    if shape == "one begins" and dice.random() < 0.05:
        shape = "nobody begins"
    for place, other in enumerate(others):
        other.peers = [a]
        _shape(dice, shape if place == 0 else "static", a, other)
    return devices, [Pair(a, other) for other in others]


def _shape(dice: random.Random, shape: str, a: Device, b: Device) -> None:
    if shape == "dynamic":
        a.dynamic = True
        if dice.random() < 0.6:
            b.nat, b.mapping = f"home{b.number}", dice.choice([30, 300, 300, 3600])
        return
    a.peers.append(b)
    if shape == "forwarded":
        b.nat, b.forwarded, b.mapping = f"home{b.number}", True, dice.choice([60, 300])
    elif shape == "one begins":
        a.connection, b.connection = dice.choice([("originate-only", "answer-only"), ("answer-only", "originate-only")])
    elif shape == "nobody begins":
        a.connection = b.connection = "answer-only"
