"""A transcript written by hand from the reference exchange (Cisco tech note 113574): lengths, payloads, lines, places.

The nine messages have its total lengths; the link takes 10 ms.
"""

from dataclasses import replace

from mainmode.base.decoded import Decoded
from mainmode.base.instant import Instant
from mainmode.base.provenance import Absent, Default, Source, Statement
from mainmode.ladder.transcript import (
    Blame,
    Device,
    Event,
    Fate,
    LineSaid,
    MessageArrived,
    MessageSent,
    Outcome,
    Ping,
    Remark,
    Shown,
    Side,
    Transcript,
    Verdict,
)

START = Instant(1_417_343_909_000_000)
COOKIES = "8f3c1d5e7a9b2c4d:1b2e3d4c5f607182"
QM = 0x7B80C2B0
CONFIG = """hostname {name}
!
interface GigabitEthernet0/0
 nameif inside
 security-level 100
 ip address 192.168.{own}.1 255.255.255.0
!
interface GigabitEthernet0/1
 nameif outside
 security-level 0
 ip address 10.0.0.{own} 255.255.255.0
!
object network INSIDE-RANGE
 subnet 192.168.{own}.0 255.255.255.0
object network FOREIGN_NETWORK
 subnet 192.168.{peer}.0 255.255.255.0
access-list VPN extended permit tcp 192.168.{own}.0 255.255.255.0 192.168.{peer}.0 255.255.255.0
access-list VPN extended permit icmp 192.168.{own}.0 255.255.255.0 192.168.{peer}.0 255.255.255.0
nat (inside,outside) source static INSIDE-RANGE INSIDE-RANGE destination static FOREIGN_NETWORK FOREIGN_NETWORK no-proxy-arp route-lookup
crypto ipsec transform-set TRANSFORM esp-aes esp-sha-hmac
crypto map MAP 10 match address VPN
crypto map MAP 10 set peer 10.0.0.{peer}
crypto map MAP 10 set transform-set TRANSFORM
crypto map MAP 10 set reverse-route
crypto map MAP interface outside
crypto isakmp enable outside
crypto isakmp policy 10
 authentication pre-share
 encryption 3des
 hash sha
 group 2
 lifetime 86400
tunnel-group 10.0.0.{peer} type ipsec-l2l
tunnel-group 10.0.0.{peer} ipsec-attributes
 pre-shared-key *****"""  # noqa: E501
LINE = {
    "acl": 18,
    "transform": 20,
    "match": 21,
    "peer": 22,
    "map transform": 23,
    "map interface": 25,
    "enable": 26,
}
LINE |= {"policy": 27, "authentication": 28, "encryption": 29, "hash": 30, "group": 31, "lifetime": 32}
LINE |= {"tunnel-group": 33, "attributes": 34, "key": 35}
POLICY = ("policy", "authentication", "encryption", "hash", "group", "lifetime")


def device(side: Side) -> Device:
    own, peer = (1, 2) if side is Side.A else (2, 1)
    config = CONFIG.format(name=f"asa{own}", own=own, peer=peer)
    return Device(side, f"asa{own}", f"asa{own}.cfg", tuple(config.split("\n")), f"10.0.0.{own}")


DEVICES = (device(Side.A), device(Side.B))


def statements(side: Side, *keys: str) -> tuple[Source, ...]:
    found = DEVICES[0] if side is Side.A else DEVICES[1]
    return tuple(Statement(found.file, LINE[key], found.config[LINE[key] - 1]) for key in keys)


class Script:
    """Events one after another, with a clock that jumps by the link's latency."""

    def __init__(self) -> None:
        self.now = START
        self.events: list[Event] = []
        self.number = 0
        self.cookie = COOKIES[:16]

    def wait(self, microseconds: int) -> None:
        self.now = Instant(self.now + microseconds)

    def say(
        self,
        side: Side,
        step: str,
        text: str,
        *keys: str,
        message_id: int = 0,
        extra: tuple[Source, ...] = (),
        entry: str = "sample",
    ) -> None:
        peer = "10.0.0.2" if side is Side.A else "10.0.0.1"
        text = text.replace("<IP>", f"IP = {peer}").replace("<G>", f"Group = {peer}, IP = {peer}")
        cookie = "" if step == "trigger" else self.cookie
        sources = statements(side, *keys) + extra
        self.events.append(LineSaid(side, self.now, text, entry, step, sources, cookie, message_id))

    def send(
        self,
        side: Side,
        name: str,
        length: int,
        payloads: str,
        decoded: tuple[Decoded, ...] = (),
        message_id: int = 0,
        fate: Fate = Fate.DELIVERED,
        detail: str = "",
        retransmission: bool = False,
    ) -> None:
        self.number += 1
        chain = tuple(name.strip() for name in payloads.split("+"))
        own, peer = ("10.0.0.1:500", "10.0.0.2:500") if side is Side.A else ("10.0.0.2:500", "10.0.0.1:500")
        encrypted = name in ("MM5", "MM6", "QM1", "QM2", "QM3")
        octets = 28 + -(-(length - 28) // 8) * 8 if encrypted else length
        tree = decoded or tuple(Decoded(one, 24, (("Data", "5f…"),)) for one in chain)
        arrives = Instant(self.now + 10_000) if fate is Fate.DELIVERED else None
        self.events.append(
            MessageSent(
                self.number, side, self.now, name, length, octets, encrypted, own, peer, COOKIES, message_id,
                chain, tree, fate, detail, arrives, retransmission,
            )
        )  # fmt: skip
        if fate is Fate.DELIVERED:
            self.wait(10_000)
            self.events.append(MessageArrived(self.number, side.other, self.now))


def decode_line(verb: str, message_id: int, payloads: str, length: int) -> str:
    shown = f"{message_id:x}" if message_id else "0"
    return (
        f"[IKEv1]: <IP>, IKE_DECODE {verb} Message (msgid={shown}) with payloads : HDR + {payloads} + NONE (0) "
        f"total length : {length}"
    )


def message(
    script: Script,
    side: Side,
    name: str,
    length: int,
    payloads: str,
    message_id: int = 0,
    received: int = 0,
    **more: object,
) -> None:
    """A message with the IKE_DECODE lines of both sides."""
    script.say(side, name, decode_line("SENDING", message_id, payloads, length), message_id=message_id)
    script.send(side, name, length, payloads, message_id=message_id, **more)  # type: ignore[arg-type]
    script.say(
        side.other,
        name,
        decode_line("RECEIVED", message_id, payloads, received or length),
        message_id=message_id,
    )


SA_TREE = Decoded(
    "SA (1)",
    56,
    (("DOI", "IPsec"), ("Situation", "1")),
    (
        Decoded(
            "Proposal 1",
            44,
            (("Protocol", "ISAKMP"), ("SPI", "none")),
            (
                Decoded(
                    "Transform 1",
                    36,
                    (
                        ("Identifier", "KEY_IKE"), ("Group", "2 (MODP 1024)"), ("Encryption", "3DES-CBC"),
                        ("Hash", "SHA1"), ("Authentication", "pre-shared key"), ("Life type", "seconds"),
                        ("Life duration", "86400"),
                    ),
                ),
            ),
        ),
    ),
)  # fmt: skip
VENDORS = (
    Decoded("VENDOR (13)", 20, (("Vendor", "NAT-T draft 02"), ("Data", "90cb80913ebb696e086381b5ec427b1f"))),
    Decoded("VENDOR (13)", 20, (("Vendor", "NAT-T draft 03"), ("Data", "7d9419a65310ca6f2c179d9215529d56"))),
    Decoded("VENDOR (13)", 20, (("Vendor", "NAT-T RFC 3947"), ("Data", "4a131c81070358455c5728f20e95452f"))),
    Decoded("VENDOR (13)", 24, (("Vendor", "Fragmentation"), ("Data", "4048b7d56ebce88525e7de7f00d6c2d3c0000000"))),
)
MM1 = "SA (1) + VENDOR (13) + VENDOR (13) + VENDOR (13) + VENDOR (13)"
MM2 = "SA (1) + VENDOR (13) + VENDOR (13)"
MM3 = "KE (4) + NONCE (10) + VENDOR (13) + VENDOR (13) + VENDOR (13) + VENDOR (13) + NAT-D (20) + NAT-D (20)"
MM5 = "ID (5) + HASH (8) + IOS KEEPALIVE (128) + VENDOR (13)"
QM1 = "HASH (8) + SA (1) + NONCE (10) + ID (5) + ID (5) + NOTIFY (11)"
QM2 = "HASH (8) + SA (1) + NONCE (10) + ID (5) + ID (5)"
EMBRYONIC = """IPSEC: New embryonic SA created @ 0x53FC3C00,
    SCB: 0x53F90A00,
    Direction: inbound
    SPI      : 0xFD2D851F
    Session ID: 0x00004000
    VPIF num  : 0x00000002
    Tunnel type: l2l
    Protocol   : esp
    Lifetime   : 240 seconds"""
RULE = """IPSEC: New outbound encrypt rule, SPI 0xDDE50931
    Src addr: 192.168.1.0
    Src mask: 255.255.255.0
    Dst addr: 192.168.2.0
    Dst mask: 255.255.255.0
    Src ports
      Upper: 0
      Lower: 0
      Op   : ignore"""


def trigger(script: Script) -> None:
    script.say(
        Side.A, "trigger",
        "IPSEC(crypto_map_check)-3: Looking for crypto map matching 5-tuple: Prot=1, saddr=192.168.1.10, sport=0, "
        "daddr=192.168.2.10, dport=0", "match", "acl",
    )  # fmt: skip
    script.say(Side.A, "trigger", "IPSEC(crypto_map_check)-3: Checking crypto map MAP 10: matched.", "match", "acl")
    pitcher = "[IKEv1 DEBUG]: Pitcher: received a key acquire message, spi 0x0"
    script.say(Side.A, "trigger", pitcher, entry="PITCHER_KEY_ACQUIRE")


def opening(script: Script) -> None:
    """MM1 and MM2."""
    a, b = Side.A, Side.B
    script.say(
        a, "MM1",
        "[IKEv1]: <IP>, IKE Initiator: New Phase 1, Intf inside, IKE Peer 10.0.0.2  local Proxy Address 192.168.1.0, "
        "remote Proxy Address 192.168.2.0,  Crypto map (MAP)", "match", "peer",
    )  # fmt: skip
    script.say(a, "MM1", "[IKEv1 DEBUG]: <IP>, constructing ISAKMP SA payload", *POLICY)
    for version in ("02", "03", "RFC"):
        script.say(
            a, "MM1", f"[IKEv1 DEBUG]: <IP>, constructing NAT-Traversal VID ver {version} payload",
            extra=(Default("asa1.cfg", "crypto isakmp nat-traversal 20"),),
        )  # fmt: skip
    script.say(a, "MM1", "[IKEv1 DEBUG]: <IP>, constructing Fragmentation VID + extended capabilities payload")
    message(script, a, "MM1", 168, MM1, decoded=(SA_TREE, *VENDORS))
    script.say(b, "MM1", "[IKEv1 DEBUG]: <IP>, processing SA payload")
    script.say(b, "MM1", "[IKEv1 DEBUG]: <IP>, Oakley proposal is acceptable")
    script.say(b, "MM1", "[IKEv1 DEBUG]: <IP>, processing VID payload")
    script.say(b, "MM1", "[IKEv1 DEBUG]: <IP>, Received NAT-Traversal ver 02 VID")
    script.say(
        b, "MM1",
        "[IKEv1 DEBUG]: <IP>, IKE SA Proposal # 1, Transform # 1 acceptable  Matches global IKE entry # 1", *POLICY,
    )  # fmt: skip
    script.say(b, "MM2", "[IKEv1 DEBUG]: <IP>, constructing ISAKMP SA payload", "policy")
    message(script, b, "MM2", 128, MM2)
    script.say(a, "MM2", "[IKEv1 DEBUG]: <IP>, processing SA payload")
    script.say(a, "MM2", "[IKEv1 DEBUG]: <IP>, Oakley proposal is acceptable", *POLICY)


def keys(script: Script) -> None:
    """MM3 to MM6."""
    a, b = Side.A, Side.B
    script.say(a, "MM3", "[IKEv1 DEBUG]: <IP>, constructing ke payload", "group")
    script.say(a, "MM3", "[IKEv1 DEBUG]: <IP>, constructing nonce payload")
    script.say(a, "MM3", "[IKEv1 DEBUG]: <IP>, computing NAT Discovery hash")
    message(script, a, "MM3", 304, MM3)
    script.say(b, "MM3", "[IKEv1 DEBUG]: <IP>, processing ke payload")
    script.say(b, "MM3", "[IKEv1 DEBUG]: <IP>, computing NAT Discovery hash")
    script.say(b, "MM4", "[IKEv1]: <IP>, Connection landed on tunnel_group 10.0.0.1", "tunnel-group", "key")
    script.say(b, "MM4", "[IKEv1 DEBUG]: <G>, Generating keys for Responder...", "key")
    message(script, b, "MM4", 304, MM3)
    script.say(a, "MM4", "[IKEv1 DEBUG]: <IP>, processing ke payload")
    script.say(
        a,
        "MM4",
        "[IKEv1]: <IP>, Connection landed on tunnel_group 10.0.0.2",
        "tunnel-group",
        "attributes",
        "key",
    )
    script.say(a, "MM4", "[IKEv1 DEBUG]: <G>, Generating keys for Initiator...", "key")
    script.say(
        a,
        "MM5",
        "[IKEv1 DEBUG]: <G>, constructing ID payload",
        extra=(Default("asa1.cfg", "crypto isakmp identity auto"),),
    )
    script.say(a, "MM5", "[IKEv1 DEBUG]: <G>, constructing hash payload", "key")
    message(script, a, "MM5", 96, MM5)
    script.say(b, "MM5", "[IKEv1 DEBUG]: <G>, processing ID payload")
    nat = "Remote end is NOT behind a NAT device     This   end is NOT behind a NAT device"
    script.say(b, "MM5", f"[IKEv1]: <G>, Automatic NAT Detection Status:     {nat}")
    script.say(b, "MM6", "[IKEv1 DEBUG]: <G>, constructing ID payload")
    message(script, b, "MM6", 96, MM5)
    script.say(b, "MM6", "[IKEv1]: <G>, PHASE 1 COMPLETED")
    script.say(a, "MM6", "[IKEv1 DEBUG]: <G>, processing ID payload")
    script.say(a, "MM6", "[IKEv1]: <G>, PHASE 1 COMPLETED", *POLICY)


def quick_mode(script: Script) -> None:
    a, b, mid = Side.A, Side.B, QM
    script.say(a, "QM1", EMBRYONIC, message_id=mid)
    script.say(a, "QM1", "[IKEv1 DEBUG]: <G>, IKE got SPI from key engine: SPI = 0xfd2d851f", message_id=mid)
    script.say(
        a,
        "QM1",
        "[IKEv1 DEBUG]: <G>, constructing proxy ID",
        "acl",
        "map transform",
        "transform",
        message_id=mid,
    )
    script.say(a, "QM1", "[IKEv1 DECODE]: <G>, IKE Initiator sending Initial Contact", message_id=mid)
    message(script, a, "QM1", 200, QM1, mid)
    script.say(
        b, "QM1",
        "[IKEv1]: <G>, Received remote IP Proxy Subnet data in ID Payload:   Address 192.168.1.0, "
        "Mask 255.255.255.0, Protocol 1, Port 0", message_id=mid,
    )  # fmt: skip
    script.say(
        b, "QM1", "[IKEv1]: <G>, Static Crypto Map check, map MAP, seq = 10 is a successful match",
        "acl", "match", "peer", message_id=mid,
    )  # fmt: skip
    script.say(b, "QM2", "[IKEv1]: <G>, IKE: requesting SPI!", message_id=mid)
    message(script, b, "QM2", 172, QM2, mid)
    script.say(a, "QM2", RULE, "acl", message_id=mid)
    script.say(
        a, "QM3",
        "[IKEv1]: <G>, Security negotiation complete for LAN-to-LAN Group (10.0.0.2)  Initiator, "
        "Inbound SPI = 0xfd2d851f, Outbound SPI = 0xdde50931", message_id=mid,
    )  # fmt: skip
    script.say(a, "QM3", "[IKEv1 DECODE]: <G>, IKE Initiator sending 3rd QM pkt: msg id = 7b80c2b0", message_id=mid)
    message(script, a, "QM3", 76, "HASH (8)", mid, received=52)
    script.say(b, "QM3", "[IKEv1 DEBUG]: <G>, Starting P2 rekey timer: 3060 seconds.", message_id=mid)
    script.say(b, "QM3", "[IKEv1]: <G>, PHASE 2 COMPLETED (msgid=7b80c2b0)", message_id=mid)
    script.say(
        a, "QM3", "[IKEv1]: <G>, PHASE 2 COMPLETED (msgid=7b80c2b0)", message_id=mid,
        extra=(Default("asa1.cfg", "crypto ipsec security-association lifetime seconds 28800"),),
    )  # fmt: skip


SHOW = """Active SA: 1
Rekey SA: 0 (A tunnel will report 1 Active and 1 Rekey SA during rekey)
Total IKE SA: 1

1   IKE Peer: 10.0.0.2
    Type    : L2L             Role    : initiator
    Rekey   : no              State   : MM_ACTIVE
"""


def tunnel_up() -> Transcript:
    """The whole reference exchange, with pings and shows."""
    script = Script()
    trigger(script)
    opening(script)
    keys(script)
    quick_mode(script)
    script.wait(1_900_000)
    script.events.append(
        Remark(script.now, Side.A, "dropped at asa1: the tunnel that the packet needs is not up", "data")
    )
    pings = tuple(
        Ping(
            Side.A, "192.168.1.10", "192.168.2.10", number, Instant(START + number * 2_000_000),
            None if number == 0 else 20_000, "" if number else "dropped while the tunnel came up",
        )
        for number in range(5)
    )  # fmt: skip
    verdict = Verdict(Outcome.UP, "phase 2", "", "The tunnel is up: main mode and quick mode completed on both sides.")
    shows = (Shown(Side.A, "crypto isakmp sa", SHOW), Shown(Side.B, "crypto isakmp sa", SHOW))
    return Transcript(DEVICES, tuple(script.events), verdict, Side.A, pings, shows, 7, START)


def psk_differs() -> Transcript:
    """Main mode until MM5, which asa2 cannot read; then the same octets again, and a blocked one."""
    script = Script()
    trigger(script)
    opening(script)
    keys(script)
    sent = [event for event in script.events if isinstance(event, MessageSent)]
    cut = next(at for at, event in enumerate(script.events) if isinstance(event, MessageSent) and event.name == "MM5")
    script.events = script.events[: cut + 2]
    script.now, script.number = Instant(sent[4].at + 10_000), 5
    trouble = "had problems decrypting packet, probably due to mismatched pre-shared key.  Aborting"
    script.say(Side.B, "MM5", f"[IKEv1]: <G>, ERROR, {trouble}", "key")
    script.wait(7_990_000)
    script.say(Side.A, "MM5", decode_line("RESENDING", 0, MM5, 96))
    script.send(Side.A, "MM5", 96, MM5, retransmission=True)
    script.events.append(Remark(script.now, Side.B, "dropped: an exact repetition of a datagram seen before", "MM5"))
    script.wait(7_990_000)
    script.say(Side.A, "MM5", decode_line("RESENDING", 0, MM5, 96))
    script.send(Side.A, "MM5", 96, MM5, fate=Fate.BLOCKED, detail="UDP 500 is blocked", retransmission=True)
    script.wait(16_000_000)
    history = "MM_DONE, EV_ERROR-->MM_WAIT_MSG6, EV_TIMEOUT-->MM_WAIT_MSG6, NullEvent-->MM_SND_MSG5, EV_SND_MSG"
    script.say(
        Side.A,
        "MM5",
        f"[IKEv1 DEBUG]: <G>, IKE MM Initiator FSM error history (struct &0xd8f1a2c0)  <state>, <event>:  {history}",
        entry="MM_FSM_HISTORY",
    )
    verdict = Verdict(
        Outcome.DOWN,
        "none",
        "PSK_MISMATCH",
        "Phase 1 fails at MM5: the pre-shared keys differ.",
        (
            Blame(Side.A, "the key for peer 10.0.0.2", statements(Side.A, "key")[0]),
            Blame(Side.B, "the key for peer 10.0.0.1", statements(Side.B, "key")[0]),
            Blame(Side.B, "looked for and not found", Absent("asa2.cfg", "crypto isakmp enable outside")),
        ),
    )
    pings = (Ping(Side.A, "192.168.1.10", "192.168.2.10", 0, START, None, "no tunnel"),)
    return Transcript(DEVICES, tuple(script.events), verdict, Side.A, pings, (), 11, START)


def nothing_sent() -> Transcript:
    """No message at all: the crypto map is not bound."""
    script = Script()
    missing = Absent("asa1.cfg", "crypto map MAP interface outside")
    script.events.append(Remark(script.now, Side.A, "dropped: no crypto map is bound", "trigger", (missing,)))
    verdict = Verdict(
        Outcome.DOWN, "none", "NO_CRYPTO_MAP", "No negotiation began.",
        (Blame(Side.A, "the crypto map is bound nowhere", missing),),
    )  # fmt: skip
    return Transcript(DEVICES, tuple(script.events), verdict, None, (), (), 3, START)


EVIL = (
    "<script>alert(1)</script> \x1b[31mred\x1b[0m \u202edoc.exe ``` | ~~~ [x](http://evil.example) {{7*7}} "
    "\udc80 \t&amp; #x; end"
)


def hostile() -> Transcript:
    """Every foreign text is an attack."""
    script = Script()
    trigger(script)
    opening(script)
    script.say(Side.B, "MM2", EVIL, extra=(Statement(EVIL, 3, EVIL), Absent(EVIL, EVIL)))
    script.say(Side.A, "MM2", f"IPSEC: block\n    {EVIL}\n````\n{'x' * 400}")
    script.events.append(Remark(script.now, None, EVIL, EVIL))
    payload = Decoded(EVIL, 8, ((EVIL, EVIL),), (Decoded(EVIL, 4),))
    script.send(Side.A, EVIL, 8, EVIL, (payload,), fate=Fate.LOST, detail=EVIL)
    devices = tuple(replace(one, hostname=EVIL, file=EVIL, config=(EVIL, EVIL, EVIL), address=EVIL) for one in DEVICES)
    verdict = Verdict(Outcome.DOWN, EVIL, EVIL, EVIL, (Blame(Side.B, EVIL, Statement(EVIL, 2, EVIL)),))
    ping = Ping(Side.A, EVIL, EVIL, 0, START, None, EVIL)
    return Transcript(
        devices,
        tuple(script.events),
        verdict,
        Side.A,
        (ping,),
        (Shown(Side.B, EVIL, f"{EVIL}\n{EVIL}"),),
        1,
        START,
        (EVIL,),
    )


def opening_only() -> Transcript:
    """A small one for the golden files: trigger, MM1, MM2."""
    whole = tunnel_up()
    script = Script()
    trigger(script)
    opening(script)
    return replace(whole, events=tuple(script.events), pings=whole.pings[:2], shows=whole.shows[:1])


def two_tunnels() -> Transcript:
    """One IKE SA, two quick modes whose messages interleave."""
    script = Script()
    trigger(script)
    opening(script)
    keys(script)
    for mid in (0x11111111, 0x22222222):
        script.say(Side.A, "QM1", f"[IKEv1 DEBUG]: <G>, first words of {mid:08x}", message_id=mid)
    for name, side in (("QM1", Side.A), ("QM2", Side.B), ("QM3", Side.A)):
        for mid in (0x11111111, 0x22222222):
            message(script, side, name, 172, QM2, mid)
    verdict = Verdict(Outcome.UP, "phase 2", "", "Both tunnels are up.")
    return Transcript(DEVICES, tuple(script.events), verdict, Side.A, (), (), 5, START)


SAMPLES = {
    "opening": opening_only,
    "up": tunnel_up,
    "psk": psk_differs,
    "nothing": nothing_sent,
    "hostile": hostile,
    "two": two_tunnels,
}
