"""Two engines back to back, for tests: settings made by hand, a wire that delivers at once, seeded entropy."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address

from mainmode.base.address import Endpoint, Path, Proxy, ProxyPair
from mainmode.base.codes import Authentication1, Encryption1, EspAuthentication, EspTransform, Group, Hash1
from mainmode.base.instant import Instant
from mainmode.base.provenance import Statement
from mainmode.base.secret import Secret
from mainmode.ike.acquire import Acquire
from mainmode.ike.effects import Effect, InstallSa, Say, Send
from mainmode.ike.engine import Engine
from mainmode.ike.settings import AclEntry, IkePolicy, IkeSettings, MapEntry, TransformSet, TunnelGroup
from mainmode.ipsec.dataplane import Mode, Watch

A, B = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")
NET_A, NET_B = Proxy.of("192.168.1.0/24", 1), Proxy.of("192.168.2.0/24", 1)
START = Instant(1_700_000_000_000_000)


class Seeded:
    """Octets of a hash counter."""

    def __init__(self, seed: str) -> None:
        self._seed, self._count = seed, 0

    def take(self, count: int) -> bytes:
        self._count += 1
        return hashlib.shake_128(f"{self._seed}/{self._count}".encode()).digest(count)


def line(file: str, number: int, text: str) -> Statement:
    return Statement(file, number, text)


def policy(file: str = "a.cfg", **changes: object) -> IkePolicy:
    source = line(file, 1, "crypto isakmp policy 10")
    base = IkePolicy(
        10,
        Authentication1.PRE_SHARED_KEY,
        Encryption1.TRIPLE_DES_CBC,
        0,
        Hash1.SHA1,
        Group.MODP_1024,
        86400,
        dict.fromkeys(("policy", "group", "encryption", "hash", "authentication", "lifetime"), source),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def transform(file: str = "a.cfg", **changes: object) -> TransformSet:
    source = line(file, 2, "crypto ipsec transform-set TRANSFORM esp-aes esp-sha-hmac")
    base = TransformSet("TRANSFORM", EspTransform.AES_CBC, 128, EspAuthentication.HMAC_SHA1, Mode.TUNNEL, source)
    return replace(base, **changes)  # type: ignore[arg-type]


def settings(own: IPv4Address = A, key: bytes = b"cisco", **changes: object) -> IkeSettings:
    """The reference configuration of one side. `changes`: fields of IkeSettings, or `entry_…` for the map entry."""
    file = "a.cfg" if own == A else "b.cfg"
    peer = B if own == A else A
    nets = ProxyPair(NET_A, NET_B) if own == A else ProxyPair(NET_B, NET_A)
    ace = AclEntry(True, nets, lambda: "access-list VPN extended permit icmp …", line(file, 3, "access-list VPN …"))
    entry = MapEntry(
        "MAP", 10, "outside", "VPN", (ace,), (peer,), (transform(file),), None, 28800, 4608000,
        sources={
            "entry": line(file, 4, "crypto map MAP 10"),
            "peer": line(file, 5, f"crypto map MAP 10 set peer {peer}"),
            "acl": line(file, 4, "crypto map MAP 10 match address VPN"),
            "transform_set": line(file, 6, "crypto map MAP 10 set transform-set TRANSFORM"),
        },
    )  # fmt: skip
    own_changes = {name: value for name, value in changes.items() if not name.startswith("entry_")}
    entry = replace(entry, **{name[6:]: value for name, value in changes.items() if name.startswith("entry_")})
    group = TunnelGroup(
        str(peer), Secret(key), (10, 2), "req", sources={"group": line(file, 7, f"tunnel-group {peer}")}
    )
    base = IkeSettings(
        file=file,
        hostname=file[0],
        policies=(policy(file),),
        entries=(entry,),
        groups={str(peer): group},
        default_group=None,
        addresses={"outside": own},
        enabled={"outside": line(file, 8, "crypto isakmp enable outside")},
        identity="auto",
        identity_value="",
        nat_traversal=20,
    )
    return replace(base, **own_changes)  # type: ignore[arg-type]


def without_keepalives(whole: IkeSettings) -> IkeSettings:
    """The same with `isakmp keepalive disable` in every tunnel-group."""
    return replace(whole, groups={name: replace(group, keepalive=None) for name, group in whole.groups.items()})


@dataclass
class Pair:
    """Engines a and b; `heard` keeps every effect with its side, in order."""

    a: Engine
    b: Engine
    now: Instant = START
    heard: list[tuple[str, Effect]] = field(default_factory=list)
    filter: Callable[[str, Send], bytes | None] = lambda side, send: send.datagram

    def note(self, side: str, effects: list[Effect]) -> None:
        self.heard.extend((side, effect) for effect in effects)
        for effect in effects:
            if isinstance(effect, Send):
                octets = self.filter(side, effect)
                if octets is not None:
                    other = "b" if side == "a" else "a"
                    engine = self.b if side == "a" else self.a
                    self.note(other, engine.receive(octets, effect.path.reversed(), self.now))

    def trigger(self, side: str = "a") -> None:
        engine = self.a if side == "a" else self.b
        entry = engine.settings.entries[0]
        ace = (entry.acl or ())[0]
        request = Acquire(entry, ace, "inside", ace.proxies.local.first + 2, ace.proxies.remote.first + 2, 1)
        self.note(side, engine.acquire(request, self.now))

    def run(self, seconds: float) -> None:
        """Let time pass, serving deadlines."""
        end = Instant(self.now + int(seconds * 1_000_000))
        for _ in range(10_000):
            due = [
                (moment, side, engine)
                for side, engine in (("a", self.a), ("b", self.b))
                if (moment := engine.deadline()) is not None and moment <= end
            ]
            if not due:
                break
            moment, side, engine = min(due, key=lambda item: (item[0], item[1]))
            self.now = max(self.now, moment)
            self.note(side, engine.expire(self.now))
        else:
            raise RuntimeError("the engines do not come to rest")
        self.now = end

    def effects(self, side: str, kind: type) -> list[Effect]:
        return [effect for where, effect in self.heard if where == side and isinstance(effect, kind)]

    def sends(self) -> list[tuple[str, Send]]:
        return [(side, effect) for side, effect in self.heard if isinstance(effect, Send)]

    def lines(self, side: str) -> list[str]:
        return [effect.line.text for where, effect in self.heard if where == side and isinstance(effect, Say)]

    def installed(self, side: str) -> list[InstallSa]:
        return [effect for where, effect in self.heard if where == side and isinstance(effect, InstallSa)]


def pair(
    first: IkeSettings | None = None,
    second: IkeSettings | None = None,
    seed: str = "1",
    watch: Watch = lambda spi: None,
) -> Pair:
    return Pair(
        Engine(first or settings(A), Seeded(seed + "a"), watch=watch),
        Engine(second or settings(B), Seeded(seed + "b"), watch=watch),
    )


def path(own: IPv4Address = B, peer: IPv4Address = A, port: int = 500) -> Path:
    return Path(Endpoint(own, port), Endpoint(peer, port))
