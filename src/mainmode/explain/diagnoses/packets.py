"""What happens to the packets of a tunnel that is up: unknown SPIs, replays, clear text, one way only."""

from collections.abc import Iterator

from mainmode.catalogue.facts import Carried, Phase, Spi, Symptom, Told, Up, Whose
from mainmode.explain.diagnoses.case import Case
from mainmode.explain.diagnoses.declaration import At, Diagnosis, Finder, Match, Remedy, Scope, Weight
from mainmode.explain.finding import Check, Safety
from mainmode.explain.record import Noted


def _counted(found: tuple[Noted, ...]) -> str:
    return f" ({len(found)} times)" if len(found) > 1 else ""


def _stale(case: Case) -> Iterator[Match]:
    chosen = {
        noted.fact.spi for noted in case.all(Spi) if isinstance(noted.fact, Spi) and noted.fact.whose is Whose.OWN
    }
    told = tuple(
        noted for noted in case.told(Symptom.UNKNOWN_SPI) if _detail(noted) not in chosen or _was_up_before(case, noted)
    )
    notified = case.notified("INVALID-SPI")
    if told or notified:
        spi = case.detail(Symptom.UNKNOWN_SPI)
        sees = (
            f"{case.peer} sends by an SA that this device does not "
            f"know{f' (SPI {spi})' if spi else ''}{_counted(told)}."
        )
        if not told:
            sees = f"{case.peer} says that this device sends by an SA that it does not know."
        yield Match(
            Weight.IMPLIED,
            sees,
            (*told[:3], *notified[:2]),
            Whose.PEER if told else Whose.OWN,
            Scope.LIFE,
            ("LOST_PEER", "REPLAY"),
            warning=_healed(case, (*told, *notified)),
        )
    strange = case.told(Symptom.NO_SA, Symptom.BAD_COOKIE)
    begun = case.negotiation.phase1 is not None or case.afterglow
    alone = len(strange) == len(case.all(Told))
    if (
        strange
        and (alone or case.phase1_up)
        and not case.errors()
        and (not begun or (case.phase1_up and len(strange) > _LATE))
    ):
        sees = f"{case.peer} sends by an IKE SA that this device does not know{_counted(strange)}."
        yield Match(Weight.SHAPED, sees, strange[:3], Whose.PEER, Scope.LIFE, ("LOST_PEER", "PACKETS_LOST"))


def _detail(noted: Noted) -> str:
    """The SPI that a statement names; one that this device just chose is early, not stale."""
    return noted.fact.detail.lower() if isinstance(noted.fact, Told) else ""


def _was_up_before(case: Case, noted: Noted) -> bool:
    """Whether a pair of SAs stood before."""
    return any(
        isinstance(up.fact, Up) and up.fact.phase is Phase.TWO and up.record.first < noted.record.first
        for up in case.all(Up)
    )


def _healed(case: Case, found: tuple[Noted, ...]) -> bool:
    """Whether a pair of SAs came up after the last of it."""
    last = max(noted.record.first for noted in found)
    return any(
        isinstance(noted.fact, Up) and noted.fact.phase is Phase.TWO and noted.record.first > last
        for noted in case.all(Up)
    ) or any(other.reached == "phase 2" and other.last > last for other in case.others)


STALE_SA = Diagnosis(
    "STALE_SA",
    "The peer sends by an SA that is gone here",
    "ESP packets or notifies with an SPI, or encrypted messages with cookies, that a device does not know",
    "One side lost its SAs (a restart, a clear command, a delete that got lost), and the other still has them "
    "and sends "
    "into nothing until a lifetime or dead peer detection ends it.",
    "invalid SPI in the log of either side; the sender's encaps counter grows and its decaps stands still",
    _stale,
    (
        Check(Whose.OWN, "Whether this device was restarted or its SAs cleared shortly before."),
        Check(Whose.PEER, "Clear the SAs for this side there; keepalives on, so that it notices next time."),
    ),
    (
        Remedy(
            "asa",
            "Clear the SAs with this peer, and let keepalives find it next time.",
            (
                "clear crypto ipsec sa peer {peer}",
                "tunnel-group {peer} ipsec-attributes",
                " isakmp keepalive threshold 10 retry 2",
            ),
            at=At.BOTH,
        ),
        Remedy(
            "ios",
            "Clear the SAs with this peer, and let recovery and keepalives find it next time.",
            (
                "clear crypto sa peer {peer}",
                "crypto isakmp invalid-spi-recovery",
                "crypto isakmp keepalive 10 periodic",
            ),
            at=At.BOTH,
        ),
        Remedy("charon", "End the SAs with this peer.", ("swanctl --terminate --ike {group}",), at=At.BOTH),
        Remedy(
            "pluto", "End the SAs with this peer.", ("ipsec auto --down {group}", "ipsec auto --up {group}"), at=At.BOTH
        ),
    ),
)


def _plain(symptom: Symptom, sentence: str, whose: Whose | None, *instead: str) -> Finder:
    """A finder for a statement about packets."""

    def find(case: Case) -> Iterator[Match]:
        told = case.told(symptom)
        if told:
            detail = case.detail(symptom)
            sees = f"{sentence.format(peer=case.peer)}{_counted(told)}{f': {detail}' if detail else ''}."
            yield Match(Weight.IMPLIED, sees, told[:3], whose, Scope.LIFE, instead)

    return find


_LOOK = (
    Remedy("asa", "Look at the counters.", ("show crypto ipsec sa peer {peer}", "show asp drop"), Safety.LOOK, At.BOTH),
    Remedy("ios", "Look at the counters.", ("show crypto ipsec sa peer {peer}",), Safety.LOOK, At.BOTH),
    Remedy("charon", "Look at the counters.", ("swanctl --list-sas", "ip -s xfrm state"), Safety.LOOK, At.BOTH),
    Remedy("pluto", "Look at the counters.", ("ipsec trafficstatus", "ip -s xfrm state"), Safety.LOOK, At.BOTH),
)

REPLAY = Diagnosis(
    "REPLAY",
    "ESP packets are dropped as replays",
    "a device says that a sequence number was there before or is too old",
    "The path reorders packets by more than the window holds (quality of service behind the encryption, two lines), or "
    "something repeats them.",
    "failed anti-replay checking in the log; recv errors grow",
    _plain(Symptom.REPLAY, "ESP packets of {peer} fail the check against replays", None, "STALE_SA"),
    (Check(None, "What reorders: shaping after encryption, load sharing, a radio link; or a device that repeats."),),
    (
        Remedy(
            "asa",
            "A larger window.",
            ("crypto ipsec security-association replay window-size 1024",),
            Safety.WIDE,
            At.BOTH,
        ),
        Remedy(
            "ios",
            "A larger window.",
            ("crypto ipsec security-association replay window-size 1024",),
            Safety.WIDE,
            At.BOTH,
        ),
        Remedy(
            "charon",
            "A larger window.",
            ("connections.{group}.children.<child>.replay_window = 1024", "swanctl --load-conns"),
            at=At.BOTH,
        ),
        Remedy("pluto", "A larger window.", ("conn {group}", "    replay-window=1024"), at=At.BOTH),
    ),
)

INTEGRITY = Diagnosis(
    "INTEGRITY",
    "ESP packets do not verify",
    "a device says that packets fail authentication",
    "The packets were damaged on the way, a device on the path rewrites them, or the two ends cut the hash differently "
    "(SHA-256 with 96 bits in old kernels).",
    "failed authentication in the log",
    _plain(Symptom.INTEGRITY, "ESP packets of {peer} do not verify", None, "STALE_SA", "REPLAY"),
    (
        Check(
            None, "Something that rewrites packets, and hardware errors; the length of the truncated hash with SHA-256."
        ),
    ),
    _LOOK,
)

IN_CLEAR = Diagnosis(
    "IN_CLEAR",
    "Packets come in clear that belong into the tunnel",
    "a device says that a packet came unprotected that its crypto map wants protected",
    "The other side does not put the traffic into the tunnel: its access list lacks it, its crypto map is not "
    "bound, a route "
    "leads around it, or it translates the traffic first.",
    "not an IPSEC packet, or a non-IPSec packet, in the log",
    _plain(
        Symptom.CLEAR_TEXT,
        "{peer} sends packets in clear that this device wants in the tunnel",
        Whose.PEER,
        "PROXY_MISMATCH",
        "NO_NAT_EXEMPTION",
        "CRYPTO_MAP_NOT_BOUND",
    ),
    (
        Check(
            Whose.PEER, "Its crypto access list, the map's binding, its routes and NAT exemption for these networks."
        ),
        Check(Whose.OWN, "That its own access list does not ask for more than the other side protects."),
    ),
    _LOOK,
)

INNER_MISMATCH = Diagnosis(
    "INNER_MISMATCH",
    "What comes out of the tunnel is not what it was made for",
    "a device says that a decapsulated packet lies outside the SA's proxies",
    "The other side puts traffic into an SA that was negotiated for other networks: access lists that overlap or "
    "are not mirrors.",
    "the decapsulated inner packet doesn't match the negotiated policy",
    _plain(
        Symptom.INNER_MISMATCH,
        "Packets of {peer} come out of the tunnel that do not belong into it",
        Whose.PEER,
        "PROXY_MISMATCH",
    ),
    (Check(Whose.PEER, "Its crypto access list: one SA for each pair of networks."),),
    _LOOK,
)

DENIED = Diagnosis(
    "DENIED",
    "An access list denies the tunnel's traffic",
    "a device says that an access list or filter denies packets of the tunnel",
    "What comes out of the tunnel meets the interface's access list (without sysopt connection permit-vpn) and the "
    "vpn-filter of the group-policy.",
    "Deny in the log for the tunnel's networks",
    _plain(Symptom.DENIED, "An access list denies traffic of the tunnel with {peer}", Whose.OWN, "NO_ROUTE"),
    (
        Check(
            Whose.OWN, "The interface's access list, sysopt connection permit-vpn, and vpn-filter of the group-policy."
        ),
    ),
    (
        Remedy(
            "asa",
            "See which line denies.",
            (
                "show run all sysopt",
                "show run group-policy",
                "show access-list",
                "packet-tracer input inside icmp <host here> 8 0 <host there>",
            ),
            Safety.LOOK,
        ),
        Remedy("ios", "See which line denies.", ("show ip access-lists",), Safety.LOOK),
        Remedy("charon", "See which rule drops.", ("iptables -vnL FORWARD", "ip -s xfrm policy"), Safety.LOOK),
        Remedy("pluto", "See which rule drops.", ("iptables -vnL FORWARD", "ip -s xfrm policy"), Safety.LOOK),
    ),
)

PATH_MTU = Diagnosis(
    "PATH_MTU",
    "Packets are too large for the path",
    "a device says that packets are larger than the path carries",
    "ESP adds some 70 octets. Where fragments do not pass and the note of it is filtered, large packets vanish "
    "while small "
    "ones (ping) pass.",
    "small packets pass, large ones do not",
    _plain(Symptom.PATH_MTU, "Packets for {peer} are larger than the path carries", None),
    (Check(None, "Whether ICMP unreachable (fragmentation needed) passes; ping with DF and growing sizes."),),
    (
        Remedy("asa", "Smaller TCP segments.", ("sysopt connection tcpmss 1350",), Safety.WIDE, At.BOTH),
        Remedy(
            "ios",
            "Smaller TCP segments.",
            ("interface <inside interface>", " ip tcp adjust-mss 1350"),
            Safety.SAFE,
            At.BOTH,
        ),
        Remedy(
            "charon",
            "Smaller TCP segments.",
            ("iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1350",),
            Safety.WIDE,
            At.BOTH,
        ),
        Remedy(
            "pluto",
            "Smaller TCP segments.",
            ("iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1350",),
            Safety.WIDE,
            At.BOTH,
        ),
    ),
)

_LATE = 3
"""So many messages may be on their way when an SA is deleted."""

_FEW = {"octets": 200, "packets": 3}
"""What must have gone one way before nothing in the other is remarkable."""


def _esp_blocked(case: Case) -> Iterator[Match]:
    half = case.partner is not None and case.partner.reached != "phase 2"
    if half or (not case.phase2_up and not case.all(Carried)):
        return
    counts = [noted for noted in case.all(Carried) if isinstance(noted.fact, Carried)]
    for noted in counts[-1:]:
        fact = noted.fact
        if not isinstance(fact, Carried) or fact.sent is None or fact.received is None:
            continue
        few = _FEW.get(fact.unit, 3)
        instead = ("NO_NAT_EXEMPTION", "NO_ROUTE", "DENIED", "STALE_SA", "PROXY_MISMATCH")
        unknowable = (
            "Whether the packets are lost on the way or the other side's network does not answer stands "
            "in its counters."
        )
        if fact.sent >= few and fact.received == 0:
            sees = (
                f"The tunnel with {case.peer} is up; {fact.sent} {fact.unit} went into it, and nothing came out of it."
            )
            yield Match(Weight.SHAPED, sees, (noted,), None, Scope.LIFE, instead, unknowable)
        elif fact.received >= few and fact.sent == 0:
            sees = (
                f"The tunnel with {case.peer} is up; {fact.received} {fact.unit} came out of it, and nothing "
                "went into it."
            )
            yield Match(Weight.SHAPED, sees, (noted,), Whose.OWN, Scope.LIFE, ("NO_ROUTE", "DENIED", *instead[:1]))
    told = case.told(Symptom.ONE_WAY) if hasattr(Symptom, "ONE_WAY") else ()
    if told:
        sees = f"ESP between this device and {case.peer} goes one way only."
        yield Match(Weight.SHAPED, sees, told[:2], None, Scope.LIFE, ("NO_NAT_EXEMPTION", "NO_ROUTE", "DENIED"))


ESP_BLOCKED = Diagnosis(
    "ESP_BLOCKED",
    "The tunnel is up, and its packets go one way only",
    "counters of a tunnel that is up: what is sent grows, what is received stays nought; or ESP in one direction "
    "in a capture",
    "IKE passes (UDP 500), and ESP (IP protocol 50) does not: a filter, or a NAT while NAT traversal is off. Or "
    "the other "
    "side's network has no route back, translates the reply, or denies it.",
    "encaps grows and decaps stands still on one side, and the same on the other",
    _esp_blocked,
    (
        Check(Whose.OWN, "show crypto ipsec sa: encaps and decaps; NAT traversal on if any NAT is on the way."),
        Check(
            Whose.PEER,
            "The same: decaps 0 there too means ESP does not pass; decaps growing means its own side is at fault.",
        ),
        Check(None, "Filters for ESP (protocol 50), and for UDP 4500 where NAT traversal is used."),
    ),
    (
        Remedy(
            "asa",
            "Look at the counters, and let ESP travel in UDP where a NAT is on the way.",
            ("show crypto ipsec sa peer {peer}", "crypto isakmp nat-traversal 20"),
            Safety.WIDE,
            At.BOTH,
        ),
        *_LOOK[1:],
    ),
)

PACKETS = (STALE_SA, REPLAY, INTEGRITY, IN_CLEAR, INNER_MISMATCH, DENIED, PATH_MTU, ESP_BLOCKED)
