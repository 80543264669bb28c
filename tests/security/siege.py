"""Our gateway and its peer as two whole boxes, and strangers that send to ours: what comes, the answers, what stays.

`a` is the genuine peer (10.0.0.1), `b` is ours (10.0.0.2). Whatever is sent goes as a whole IP packet into our outside
interface; what ours answers goes to whoever has the address.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import shake_128
from ipaddress import IPv4Address

from held import holdings, more_held, secrets

from mainmode.base.codes import ExchangeType, Flag, IpProtocol
from mainmode.base.errors import Drop
from mainmode.base.instant import Instant, later, seconds
from mainmode.catalogue.envelope import Form, render
from mainmode.crypto.skeyid import hash_1, hash_i, phase1_iv, phase2_iv
from mainmode.device.box import Box
from mainmode.device.config.reader import read
from mainmode.device.decision import BoxEffect, PacketOut
from mainmode.ike.effects import Dropped, Phase1Down, Phase2Failed, RemoveSa, Say, Send
from mainmode.ike.protection import Chain
from mainmode.ike.sa import IkeSa
from mainmode.lab.entropy import SeededEntropy
from mainmode.wire.ip import IcmpEcho, Ipv4, Udp, read_echo, read_ipv4
from mainmode.wire.message import HEADER_LENGTH, Message, write_payloads
from mainmode.wire.payloads import Delete, Hash, Identification, Notify, Payload

PEER, OURS, STRANGER = (IPv4Address(f"10.0.0.{last}") for last in (1, 2, 66))
HOST_A, HOST_B = IPv4Address("192.168.1.10"), IPv4Address("192.168.2.10")
START = Instant(1_700_000_000_000_000)
KEY = "correct-horse-battery-staple"

CONFIGURATION = """\
hostname asa{n}
interface GigabitEthernet0/0
 nameif inside
 security-level 100
 ip address 192.168.{n}.1 255.255.255.0
interface GigabitEthernet0/1
 nameif outside
 security-level 0
 ip address 10.0.0.{n} 255.255.255.0
access-list VPN extended permit ip 192.168.{n}.0 255.255.255.0 192.168.{m}.0 255.255.255.0
crypto ipsec ikev1 transform-set TRANSFORM esp-aes esp-sha-hmac
crypto map MAP 10 match address VPN
crypto map MAP 10 set peer 10.0.0.{m}
crypto map MAP 10 set ikev1 transform-set TRANSFORM
crypto map MAP interface outside
route outside 0.0.0.0 0.0.0.0 10.0.0.{m}
crypto ikev1 enable outside
logging enable
logging buffered debugging
crypto ikev1 policy 10
 authentication pre-share
 encryption aes
 hash sha
 group 2
 lifetime 86400
tunnel-group 10.0.0.{m} type ipsec-l2l
tunnel-group 10.0.0.{m} ipsec-attributes
 ikev1 pre-shared-key {key}
 isakmp keepalive {keepalive}
"""

PACE = 0.25
"""Seconds before each thing that arrives: no flood, of which others tell."""

SPENT = ("items of plane.engine._agenda._standing.*.spent_ids",)
"""What a message under the keys of an SA leaves behind: its message id, remembered as long as the SA lives."""

Filter = Callable[[str, Send], "bytes | None"]


def configuration(n: int, key: str = KEY, keepalive: str = "disable") -> str:
    """The configuration of asa1 (the peer) or asa2 (ours). Without keepalives nothing stirs by itself."""
    return CONFIGURATION.format(n=n, m=3 - n, key=key, keepalive=keepalive)


def noise(count: int, name: str = "noise") -> bytes:
    """Octets that look like nothing else, the same in each run."""
    return shake_128(name.encode()).digest(count)


SEPARATOR = b"\xee" + noise(8, "between")
"""Between what arrived, so that no run of octets is found that goes over from one to the next."""


def chain_of(*parts: tuple[int, bytes]) -> tuple[int, bytes]:
    """Payloads by number and body as a chain: the number of the first, and the octets."""
    octets, following = b"", 0
    for number, body in reversed(parts):
        octets, following = bytes([following, 0]) + (len(body) + 4).to_bytes(2) + body + octets, number
    return following, octets


def datagram(
    first: int, body: bytes, *, cookies: bytes = noise(8, "cookie") + bytes(8), version: int = 0x10,
    exchange: int = ExchangeType.MAIN_MODE, flags: int = 0, message_id: int = 0, length: int | None = None,
) -> bytes:  # fmt: skip
    """An ISAKMP message octet by octet; `length` is what its header says, by default the truth."""
    said = HEADER_LENGTH + len(body) if length is None else length
    return cookies + bytes([first, version, exchange, flags]) + message_id.to_bytes(4) + said.to_bytes(4) + body


@dataclass
class Seen:
    """What ours did from a moment on."""

    effects: list[BoxEffect] = field(default_factory=list)

    @property
    def drops(self) -> list[Drop]:
        """The names of the drops."""
        return [effect.reason for effect in self.effects if isinstance(effect, Dropped)]

    @property
    def answers(self) -> list[Send]:
        """What ours sent."""
        return [effect for effect in self.effects if isinstance(effect, Send)]

    @property
    def lines(self) -> list[str]:
        """What ours said, whole lines."""
        return [render(effect.line, Form.BARE) for effect in self.effects if isinstance(effect, Say)]

    @property
    def over(self) -> list[BoxEffect]:
        """What failed or ended."""
        return [effect for effect in self.effects if isinstance(effect, Phase1Down | Phase2Failed | RemoveSa)]

    def said(self, text: str) -> bool:
        """Whether a line holds this."""
        return any(text in line for line in self.lines)


class Siege:
    """Two boxes on a wire that delivers at once. `filter` may change or withhold what a box sends."""

    def __init__(self, ours: str | None = None, peer: str | None = None) -> None:
        self._texts = {"a": peer or configuration(1), "b": ours or configuration(2)}
        self.boxes = {name: self._box(name, name) for name in self._texts}
        self.now = START
        self.pace = PACE
        self.filter: Filter = lambda side, send: send.datagram
        self.seen = Seen()
        self.meanwhile = Seen()
        self._now_seen = self.meanwhile
        self._replies = 0
        self._struck = b""
        self._extra = 0
        self.before = holdings(self.ours)
        self._secrets = secrets(self.ours)

    def _box(self, name: str, seed: str) -> Box:
        return Box(read(self._texts[name], f"{name}.cfg"), SeededEntropy(8, seed), START)

    @property
    def ours(self) -> Box:
        """Our gateway."""
        return self.boxes["b"]

    def standing(self) -> "Siege":
        """With the tunnel up and at rest; what follows is compared with this."""
        self.ping()
        self.wait(70)
        return self.mark()

    def mark(self) -> "Siege":
        """What ours does is looked at from here on."""
        self.seen, self.meanwhile = Seen(), Seen()
        self._now_seen = self.meanwhile
        self.before = holdings(self.ours)
        self._secrets = secrets(self.ours)
        return self

    # --- what arrives ------------------------------------------------------------------------------------------------

    def strike(self, octets: bytes, source: IPv4Address = STRANGER, port: int = 500, from_port: int = 0) -> Seen:
        """A UDP datagram for ours; what ours did with it."""
        udp = Udp(from_port or port, port, octets).encode(source, OURS)
        return self.packet(Ipv4(source, OURS, IpProtocol.UDP, udp), octets)

    def packet(self, packet: Ipv4, octets: bytes = b"") -> Seen:
        """Any packet at our outside interface."""
        self._struck += octets[16:] + SEPARATOR
        self.wait(self.pace)
        start, self._now_seen = len(self.seen.effects), self.seen
        self._deliver([("b", "outside", packet)])
        self._now_seen = self.meanwhile
        return Seen(self.seen.effects[start:])

    def protected(
        self, *payloads: Payload, exchange: int = ExchangeType.INFORMATIONAL, message_id: int | None = None,
        digest: bytes | None = None, raw: tuple[int, bytes] | None = None, source: IPv4Address = PEER,
    ) -> Seen:  # fmt: skip
        """A message under the keys of the standing SA, as a genuine peer that acts strangely makes it.

        `raw`: the number of the first payload behind the hash and the octets of the chain from there, as they are.
        """
        sa = self.sa("a")
        if sa.hash is None or sa.keys is None or sa.cipher is None:
            raise AssertionError("no keys")
        self._extra += 1
        number = message_id if message_id is not None else 0x5EED0000 + self._extra
        first, rest = raw or (int(payloads[0].type) if payloads else 0, write_payloads(payloads))
        if digest is None:
            digest = hash_1(sa.hash, sa.keys.a.reveal(), number, rest)
        body = bytes([first, 0]) + (len(digest) + 4).to_bytes(2) + digest + rest
        keyed = sa.keys.messages.encrypt(
            phase2_iv(sa.hash, sa.phase1_iv, number, sa.cipher.block), body + bytes(-len(body) % sa.cipher.block)
        )
        self._struck += rest
        octets = datagram(
            8, keyed, cookies=sa.cookie_i + sa.cookie_r, exchange=exchange, flags=Flag.ENCRYPTED, message_id=number
        )
        return self.strike(octets, source)

    def reconfigure(self, text: str) -> None:
        """Ours gets another configuration."""
        self.ours.reconfigure(read(text, "b.cfg"), self.now)

    def sa(self, name: str = "b") -> IkeSa:
        """The oldest IKE SA of a box."""
        return self.boxes[name]._plane.engine._table.all()[0]

    # --- the world ---------------------------------------------------------------------------------------------------

    def ping(self) -> bool:
        """Whether an echo request from behind the peer is answered from behind ours; the first one makes the tunnel."""
        before = self._replies
        for sequence in (1, 2):
            before = self._replies
            echo = IcmpEcho(True, 7, sequence, bytes(56)).encode()
            self._deliver([("a", "inside", Ipv4(HOST_A, HOST_B, IpProtocol.ICMP, echo))])
            self.wait(1)
        return self._replies > before

    def begin(self) -> None:
        """An echo request from behind ours makes ours the initiator."""
        echo = IcmpEcho(True, 7, 1, bytes(56)).encode()
        self._deliver([("b", "inside", Ipv4(HOST_B, HOST_A, IpProtocol.ICMP, echo))])

    def wait(self, count: float) -> None:
        """Time passes, deadline by deadline."""
        end = later(self.now, seconds(count))
        for _ in range(500):
            due = [(at, name) for name, box in self.boxes.items() if (at := box.deadline()) is not None and at <= end]
            if not due:
                self.now = end
                return
            at, name = min(due)
            self.now = max(self.now, at)
            self._deliver(self._carried_out(name, self.boxes[name].expire(self.now)))
        raise AssertionError("the boxes never come to rest")

    def _deliver(self, packets: list[tuple[str, str, Ipv4]]) -> None:
        waiting = deque(packets)
        for _ in range(1000):
            if not waiting:
                return
            name, interface, packet = waiting.popleft()
            waiting.extend(self._carried_out(name, self.boxes[name].packet_in(interface, packet.encode(), self.now)))
        raise AssertionError("the boxes never come to rest")

    def _carried_out(self, name: str, effects: list[BoxEffect]) -> list[tuple[str, str, Ipv4]]:
        if name == "b":
            self._now_seen.effects += effects
        arriving: list[tuple[str, str, Ipv4]] = []
        for effect in effects:
            if isinstance(effect, Send):
                octets = self.filter(name, effect)
                if octets is None:
                    continue
                local, remote = effect.path.local, effect.path.remote
                udp = Udp(local.port, remote.port, octets).encode(local.address, remote.address)
                packet, interface = Ipv4(local.address, remote.address, IpProtocol.UDP, udp), "outside"
            elif isinstance(effect, PacketOut):
                packet, interface = read_ipv4(effect.packet), effect.interface
            else:
                continue
            arriving += self._onward(name, interface, packet)
        return arriving

    def _onward(self, name: str, interface: str, packet: Ipv4) -> list[tuple[str, str, Ipv4]]:
        if interface == "outside":
            owner = {PEER: "a", OURS: "b"}.get(packet.destination)
            return [(owner, "outside", packet)] if owner is not None and owner != name else []
        asked = read_echo(packet)
        if asked is None:
            return []
        if not asked.request:
            self._replies += 1
            return []
        reply = IcmpEcho(False, asked.identifier, asked.sequence, asked.data).encode()
        return [(name, "inside", Ipv4(packet.destination, packet.source, IpProtocol.ICMP, reply))]

    # --- what came of it ---------------------------------------------------------------------------------------------

    def kept(self) -> dict[str, tuple[int, int]]:
        """What ours holds otherwise than before: before and now."""
        return more_held(self.before, holdings(self.ours))

    def echoed(self, permitted: bytes, marked: bytes) -> list[bytes]:
        """Runs of eight octets of what arrived, cookies aside, that stand in an answer of ours and were not to."""
        arrived = _runs(marked or self._struck)
        sent = set().union(*map(_runs, self._sent()))
        return sorted((arrived & sent) - _runs(permitted))

    def leaked(self) -> list[str]:
        """Secrets of ours that stand in an answer or a line."""
        told = "\n".join([*self.seen.lines, *self.meanwhile.lines, *self.ours.journal.log.messages])
        octets = self._sent()
        return [
            secret.hex()
            for secret in self._secrets | secrets(self.ours)
            if any(run in each for run in _runs(secret) for each in octets)
            or secret.hex() in told
            or secret.decode("latin-1") in told
        ]

    def _sent(self) -> list[bytes]:
        return [octets for seen in (self.seen, self.meanwhile) for send in seen.answers for octets in _octets_of(send)]

    def steering(self) -> list[str]:
        """Lines with a character that could steer a terminal or begin another line, but where the template has one."""
        said = [effect.line for effect in (*self.seen.effects, *self.meanwhile.effects) if isinstance(effect, Say)]
        return [
            *(line.text for line in said if not line.text.replace("\n", "").isprintable()),
            *(line.text for line in said if line.text.count("\n") != line.entry.template.count("\n")),
            *(line for line in self.ours.journal.log.messages if not line.isprintable()),
        ]

    def survived(
        self, *, permitted: bytes = b"", marked: bytes = b"", kept: tuple[str, ...] = (), wait: float = 0
    ) -> str:
        """Whether ours came through unharmed, in words. `wait`: so long until all that was begun must be forgotten.

        No answer holds anything of what arrived but what the protocol has it repeat (`permitted`), nor a secret; no
        line steers a terminal; nothing is held otherwise than before, but for names that begin with one of `kept`; the
        tunnel passes traffic, with a peer that started anew where there was a `wait`. `marked`: what of all that
        arrived to look for in the answers, where not all.
        """
        seen = Seen(list(self.seen.effects))
        assert self.echoed(permitted, marked) == []
        assert self.leaked() == []
        assert self.steering() == []
        if wait:
            self.wait(wait)
        stays = {name: counts for name, counts in self.kept().items() if not name.startswith(kept or "\n")}
        assert stays == {}
        self.filter = lambda side, send: send.datagram
        if wait:
            self.boxes["a"] = self._box("a", "another start")
        assert self.ping()
        return told(seen)


def told(seen: Seen) -> str:
    """What a box did with what arrived, in words: drops and answers, each once."""
    parts = dict.fromkeys(drop.name for drop in seen.drops)
    parts |= dict.fromkeys(f"answers {_answer_in_words(send)}" for send in seen.answers)
    return "; ".join(parts) or "read, and nothing to do"


def _answer_in_words(send: Send) -> str:
    message = send.message
    if message is None:
        return send.step.value
    if message.first(Delete) is not None:
        return "a delete"
    return ", ".join(notify.notify_type.name for notify in message.all(Notify)) or send.step.value


def _octets_of(send: Send) -> list[bytes]:
    """A datagram as it goes over the wire, cookies aside, and as it is in clear."""
    clear = [send.message.body()] if send.message is not None else []
    return [send.datagram[16:], *clear]


def _runs(octets: bytes) -> set[bytes]:
    """Runs of eight octets, those of few different values aside."""
    runs = {octets[at : at + 8] for at in range(len(octets) - 7)}
    return {run for run in runs if len(set(run)) > 4}


def fifth_message(world: Siege, *payloads: Payload, genuine: bool = True) -> bytes:
    """MM5 under the keys of the peer's half-open SA, with any payloads; with the true hash behind them if `genuine`."""
    sa = world.sa("a")
    if sa.hash is None or sa.keys is None or sa.cipher is None or sa.pair is None:
        raise AssertionError("no keys")
    identity = next((one for one in payloads if isinstance(one, Identification)), None)
    if genuine and identity is not None:
        digest = hash_i(
            sa.hash, sa.keys, sa.pair.public, sa.peer_public, sa.cookie_i, sa.cookie_r, sa.sa_i_body, identity.body
        )
        payloads = (*payloads, Hash(digest))
    chain = Chain(sa.cipher, sa.keys, phase1_iv(sa.hash, sa.pair.public, sa.peer_public, sa.cipher.block))
    return chain.seal(Message(sa.cookie_i, sa.cookie_r, ExchangeType.MAIN_MODE, 0, payloads, Flag.ENCRYPTED))
