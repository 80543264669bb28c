"""What a device does not do, or forbids: IKE that does not listen, limits, connection types, address translation."""

from collections.abc import Iterator

from mainmode.catalogue.facts import Down, Symptom, Whose, Why
from mainmode.explain.diagnoses.case import Case
from mainmode.explain.diagnoses.declaration import Diagnosis, Match, Remedy, Scope, Weight
from mainmode.explain.finding import Check, Safety


def _not_enabled(case: Case) -> Iterator[Match]:
    if case.phase1_up:
        return
    told = case.told(Symptom.IKE_NOT_ENABLED)
    if told:
        yield Match(Weight.STATED, "IKE does not listen on this device's interface.", told[:3], Whose.OWN)
    unreachable = case.told(Symptom.UNREACHABLE)
    detail = case.detail(Symptom.UNREACHABLE)
    if unreachable and not case.heard and ("port" in detail.lower() or "refused" in detail.lower()):
        sees = f"{case.peer} is there and says that nothing listens on its port ({detail})."
        yield Match(Weight.SHAPED, sees, unreachable[:3], Whose.PEER, instead=("PEER_ADDRESS_WRONG", "UDP_BLOCKED"))


IKE_NOT_ENABLED = Diagnosis(
    "IKE_NOT_ENABLED",
    "IKE is not enabled on the interface",
    "a device says that IKE does not listen, or the network that the peer's port is closed",
    "Policies, keys and crypto map do nothing where IKE does not listen on the interface towards the peer; "
    "messages are "
    "dropped without a word.",
    "the peer's log stays empty although the message arrives; its running-config has no crypto ikev1 enable",
    _not_enabled,
    (
        Check(Whose.OWN, "crypto ikev1 enable (8.3 and earlier: crypto isakmp enable) for the outside interface."),
        Check(Whose.PEER, "The same there; a daemon must run, and own UDP 500 and 4500."),
    ),
    (
        Remedy(
            "asa",
            "Let IKE listen (8.3 and earlier: crypto isakmp enable).",
            ("show run crypto ikev1", "crypto ikev1 enable {interface}"),
            Safety.SAFE,
        ),
        Remedy("ios", "Let IKE listen.", ("crypto isakmp enable",), Safety.SAFE),
        Remedy(
            "charon",
            "See whether the daemon runs and listens.",
            ("systemctl status strongswan", "ss -ulpn"),
            Safety.LOOK,
        ),
        Remedy(
            "pluto", "See whether the daemon runs and listens.", ("systemctl status ipsec", "ss -ulpn"), Safety.LOOK
        ),
    ),
)


def _limit(case: Case) -> Iterator[Match]:
    told = case.told(Symptom.LIMIT)
    if told and not case.phase2_up:
        detail = case.detail(Symptom.LIMIT)
        sees = (
            f"This device took no new negotiation of {case.peer}: a limit is reached{f' ({detail})' if detail else ''}."
        )
        scope = Scope.PHASE2 if case.phase1_up else Scope.PHASE1
        yield Match(Weight.STATED, sees, told[:3], Whose.OWN, scope)


LIMIT = Diagnosis(
    "LIMIT",
    "A limit on negotiations or tunnels is reached",
    "a device says that a limit is reached",
    "A device allows so many unfinished negotiations or tunnels (a licence, max-in-negotiation-sa); strangers "
    "that begin "
    "and do not go on count too.",
    "the peer's log says that a limit is reached or a negotiation is dropped",
    _limit,
    (
        Check(
            Whose.OWN, "The limit, the licence, and who fills them: many half-open negotiations from strange addresses."
        ),
        Check(Whose.PEER, "Nothing: it is not at fault."),
    ),
    (
        Remedy(
            "asa",
            "See who fills the limit, then raise it or filter the strangers.",
            ("show crypto ikev1 stats", "show vpn-sessiondb summary", "crypto ikev1 limit max-in-negotiation-sa 100"),
            Safety.SAFE,
        ),
        Remedy(
            "ios",
            "See who fills the limit, then raise it.",
            ("show crypto isakmp sa count", "crypto call admission limit ike in-negotiation-sa 1000"),
            Safety.SAFE,
        ),
        Remedy("charon", "See charon.block_threshold, init_limit_half_open.", ("swanctl --stats",), Safety.LOOK),
        Remedy("pluto", "See ddos-mode and max-halfopen-ike.", ("ipsec status",), Safety.LOOK),
    ),
)


def _connection_type(case: Case) -> Iterator[Match]:
    told = case.told(Symptom.CONNECTION_TYPE)
    if told and not case.phase2_up:
        role = "may not begin" if case.initiator else "takes no tunnel that a peer begins"
        sees = f"The crypto map entry of this device {role}, by its connection-type."
        yield Match(Weight.STATED, sees, told[:3], Whose.OWN, Scope.PHASE2 if case.phase1_up else Scope.PHASE1)


CONNECTION_TYPE = Diagnosis(
    "CONNECTION_TYPE",
    "The connection-type forbids it",
    "a device says that its entry is originate-only or answer-only",
    "An answer-only entry never begins, an originate-only one never answers; two of the same kind never meet.",
    "the peer's log says Originate-Only, or its running-config has set connection-type",
    _connection_type,
    (
        Check(Whose.OWN, "set connection-type of the entry for {peer}: bidirectional is usual."),
        Check(Whose.PEER, "The same: one side must be able to begin, the other to answer."),
    ),
    (
        Remedy(
            "asa",
            "Let the entry do both.",
            ("show run crypto map", "crypto map {entry} set connection-type bidirectional"),
            Safety.SAFE,
        ),
        Remedy(
            "ios",
            "A responder-only profile must not be bound to a side that begins.",
            ("show crypto map",),
            Safety.LOOK,
        ),
        Remedy(
            "charon",
            "Let the child begin.",
            ("connections.{group}.children.<child>.start_action = start", "swanctl --load-conns"),
            Safety.SAFE,
        ),
        Remedy("pluto", "Let the connection begin.", ("conn {group}", "    auto=start"), Safety.SAFE),
    ),
)


def _exemption(case: Case) -> Iterator[Match]:
    told = case.told(Symptom.TRANSLATED, Symptom.NAT_ASYMMETRIC)
    if told:
        sees = f"Traffic for {case.peer}'s networks is translated before it reaches the tunnel."
        yield Match(Weight.STATED, sees, told[:3], Whose.OWN, Scope.LIFE if case.phase2_up else Scope.PHASE1)


NO_NAT_EXEMPTION = Diagnosis(
    "NO_NAT_EXEMPTION",
    "The NAT exemption is missing",
    "a device says that translation differs forward and back, or that traffic for the tunnel is translated",
    "The crypto map sees a packet after its translation. What is translated does not match the access list any "
    "more, and "
    "leaves in clear; or its reply is dropped since forward and back differ.",
    "packet-tracer shows a NAT rule before the crypto map; the tunnel is not even tried",
    _exemption,
    (
        Check(Whose.OWN, "A NAT rule that leaves {near} to {far} as it is, before any other."),
        Check(Whose.PEER, "The same for its networks."),
    ),
    (
        Remedy(
            "asa",
            "An exemption before the other rules (8.2 and earlier: nat (inside) 0 access-list).",
            (
                "show nat",
                "nat (inside,{interface}) 1 source static NEAR NEAR destination static FAR FAR no-proxy-arp "
                "route-lookup",
            ),
            Safety.SAFE,
        ),
        Remedy(
            "ios",
            "Deny the tunnel's networks in the access list of the translation.",
            (
                "show run | include ip nat inside source",
                "ip access-list extended <NAT list>",
                " 1 deny ip {near} {far}",
            ),
            Safety.SAFE,
        ),
        Remedy(
            "charon",
            "Leave the tunnel's packets as they are.",
            ("iptables -t nat -I POSTROUTING -m policy --dir out --pol ipsec -j ACCEPT",),
            Safety.SAFE,
        ),
        Remedy(
            "pluto",
            "Leave the tunnel's packets as they are.",
            ("iptables -t nat -I POSTROUTING -m policy --dir out --pol ipsec -j ACCEPT",),
            Safety.SAFE,
        ),
    ),
)


def _no_route(case: Case) -> Iterator[Match]:
    told = case.told(Symptom.ROUTING)
    if told:
        detail = case.detail(Symptom.ROUTING)
        sees = f"The route or the interface for {case.peer} changed, or there is none{f': {detail}' if detail else ''}."
        yield Match(
            Weight.IMPLIED, sees, told[:3], Whose.OWN, _scope(case), warning=case.phase2_up and not _ended(case)
        )


def _scope(case: Case) -> Scope:
    if case.phase2_up:
        return Scope.END
    return Scope.PHASE2 if case.phase1_up else Scope.PHASE1


def _ended(case: Case) -> bool:
    return any(isinstance(noted.fact, Down) and noted.fact.why is not Why.REPLACED for noted in case.all(Down))


NO_ROUTE = Diagnosis(
    "NO_ROUTE",
    "There is no route, or it changed",
    "a device says that a route or an interface changed or is missing",
    "The device must have a route to the peer and to the far networks through the interface with the crypto map, "
    "and the "
    "far side one back.",
    "show route of either side has no route for the networks of the tunnel",
    _no_route,
    (
        Check(Whose.OWN, "The route to {peer} and to {far}: both through the interface with the crypto map."),
        Check(Whose.PEER, "The same there, and that its inside knows the way back."),
    ),
    (
        Remedy(
            "asa",
            "Look at the routes.",
            ("show route", "packet-tracer input inside icmp <host here> 8 0 <host there>"),
            Safety.LOOK,
        ),
        Remedy("ios", "Look at the routes.", ("show ip route {peer}", "show ip cef {peer}"), Safety.LOOK),
        Remedy("charon", "Look at the routes.", ("ip route get {peer}", "ip xfrm policy"), Safety.LOOK),
        Remedy("pluto", "Look at the routes.", ("ip route get {peer}", "ip xfrm policy"), Safety.LOOK),
    ),
)


def _protocol(case: Case) -> Iterator[Match]:
    told = case.told(Symptom.PROTOCOL)
    if told and not case.phase2_up:
        sees = f"The group-policy of {case.peer} allows no IKEv1 tunnel."
        yield Match(Weight.STATED, sees, told[:3], Whose.OWN, _scope(case))


PROTOCOL_NOT_ALLOWED = Diagnosis(
    "PROTOCOL_NOT_ALLOWED",
    "The group-policy allows no IKEv1 tunnel",
    "a device says that the tunnel protocol is not allowed",
    "vpn-tunnel-protocol of the group-policy that the tunnel-group names must contain ikev1 (8.3 and earlier: IPSec).",
    "the peer's log says that protocols conflict",
    _protocol,
    (Check(Whose.OWN, "default-group-policy of the tunnel-group {peer}, and its vpn-tunnel-protocol."),),
    (
        Remedy(
            "asa",
            "Allow it.",
            ("show run group-policy", "group-policy <policy> attributes", " vpn-tunnel-protocol ikev1"),
            Safety.WIDE,
        ),
    ),
)


def _bad_message(case: Case) -> Iterator[Match]:
    told = case.told(Symptom.MALFORMED, Symptom.UNEXPECTED, Symptom.NOT_PROTECTED)
    if told and not case.phase1_up and not case.told(Symptom.KEY_WRONG):
        last = case.waiting in ("MM6", "MM5")
        sees = f"A message of {case.peer} is malformed or does not fit the state."
        yield Match(
            Weight.MAYBE,
            sees,
            told[:3],
            instead=("PSK_MISMATCH", "PACKETS_LOST") if last else ("AGGRESSIVE_REFUSED", "IKE_VERSION"),
            unknowable=(
                "A device that cannot read a message does not know whether it was damaged or sealed with another key."
            ),
        )
    fragments = case.told(Symptom.FRAGMENTS)
    if fragments and not case.phase1_up:
        sees = f"Fragments of a message of {case.peer} do not come together: the path loses large packets."
        yield Match(Weight.IMPLIED, sees, fragments[:3], instead=("PACKETS_LOST",))


BAD_MESSAGE = Diagnosis(
    "BAD_MESSAGE",
    "A message cannot be read",
    "a device says that a message is malformed, unprotected, or does not fit the state",
    "A message may be damaged, sealed with another key, or be of another exchange than the device speaks.",
    "the log names a payload, a length or an exchange type that does not fit",
    _bad_message,
    (
        Check(Whose.OWN, "At which message it happens: an encrypted one speaks for a key that differs."),
        Check(None, "Whether large packets pass: MM5 and MM6 with certificates are fragmented."),
    ),
)


def _xauth(case: Case) -> Iterator[Match]:
    told = case.told(Symptom.XAUTH)
    if told and not case.phase2_up:
        sees = f"{case.peer} is asked for a user name and mode configuration as a remote access client would be."
        when = Scope.PHASE2 if case.phase1_up else Scope.PHASE1
        yield Match(Weight.FITS, sees, told[:3], instead=("NO_TUNNEL_GROUP",), scope=when)


XAUTH = Diagnosis(
    "XAUTH",
    "Extended authentication is asked for",
    "a device asks the peer for a user name, or for mode configuration",
    "A gateway is no remote access client: it has no user name to give. A router asks everybody for one when its "
    "crypto map "
    "has client authentication, unless the key says no-xauth.",
    "the log shows transaction exchanges after phase 1",
    _xauth,
    (Check(Whose.OWN, "That {peer} is exempt from client authentication."),),
    (
        Remedy(
            "ios",
            "Exempt the peer.",
            ("no crypto isakmp key <key> address {peer}", "crypto isakmp key <key> address {peer} no-xauth"),
        ),
        Remedy(
            "asa",
            "The tunnel-group must be for LAN-to-LAN.",
            ("tunnel-group {peer} type ipsec-l2l",),
            Safety.DISRUPTIVE,
        ),
    ),
)


DEVICES = (
    IKE_NOT_ENABLED,
    LIMIT,
    CONNECTION_TYPE,
    NO_NAT_EXEMPTION,
    NO_ROUTE,
    PROTOCOL_NOT_ALLOWED,
    BAD_MESSAGE,
    XAUTH,
)
