"""Faults of phase 1 in the healthy pair: keys, tunnel-groups, policies, who may speak with whom."""

from check_edits import ENTRY_A, ENTRY_B, PFS_A, PFS_B, Faulty, cut, put, swap

ALL_DOWN = "RRR/RRR"
_KEY = " ikev1 pre-shared-key gr33n-Walnut/47"
_GROUP_B = (
    "tunnel-group 203.0.113.10 type ipsec-l2l",
    "tunnel-group 203.0.113.10 general-attributes",
    " default-group-policy HQ-POLICY",
    "tunnel-group 203.0.113.10 ipsec-attributes",
    _KEY,
    " isakmp keepalive threshold 15 retry 3",
)
_POLICY_A = ("crypto ikev1 policy 10", " authentication pre-share", " encryption aes-256", " hash sha", " group 5")
_POLICY_B = ("crypto ikev1 policy 1", " authentication pre-share", " encryption aes-256", " hash sha", " group 5")


def _lines(lines: tuple[str, ...], old: str = "", new: str = "") -> str:
    return "".join(f"{line.replace(old, new) if old else line}\n" for line in lines)


def _policy(side: str, old: str, new: str) -> tuple:
    lines = _POLICY_A if side == "a" else _POLICY_B
    return (swap(side, _lines(lines), _lines(lines, old, new)),)


PHASE_ONE = (
    Faulty(
        "another key on b",
        "PSK_MISMATCH",
        (swap("b", _KEY, " ikev1 pre-shared-key gr33n-Walnut/48"),),
        ALL_DOWN,
        "",
        (f"a:{_KEY}", "b: ikev1 pre-shared-key gr33n-Walnut/48"),
        {"a": "pre-shared-key", "b": "pre-shared-key"},
    ),
    Faulty(
        "another key on a, of another case",
        "PSK_MISMATCH",
        (swap("a", _KEY, " ikev1 pre-shared-key Gr33n-Walnut/47"),),
        ALL_DOWN,
        "",
        ("a: ikev1 pre-shared-key Gr33n-Walnut/47", f"b:{_KEY}"),
        {"a": "pre-shared-key", "b": "pre-shared-key"},
    ),
    Faulty(
        "no key on b",
        "NO_TUNNEL_GROUP",
        (cut("b", " ikev1 pre-shared-key gr33n-Walnut/47"),),
        ALL_DOWN,
        "b",
        ("b:- tunnel-group 203.0.113.10 ipsec-attributes / ikev1 pre-shared-key",),
        {"b": "tunnel-group 203.0.113.10 ipsec-attributes"},
    ),
    Faulty(
        "no tunnel-group on b",
        "NO_TUNNEL_GROUP",
        (cut("b", *_GROUP_B),),
        ALL_DOWN,
        "b",
        ("b:- tunnel-group 203.0.113.10 type ipsec-l2l",),
        {"b": "tunnel-group 203.0.113.10 type ipsec-l2l"},
    ),
    Faulty(
        "the tunnel-group of b is named by another address",
        "NO_TUNNEL_GROUP",
        (swap("b", _lines(_GROUP_B), _lines(_GROUP_B, "203.0.113.10", "203.0.113.100")),),
        ALL_DOWN,
        "b",
        ("b:tunnel-group 203.0.113.100 type ipsec-l2l", "b:- tunnel-group 203.0.113.10 type ipsec-l2l"),
        {"b": "tunnel-group 203.0.113.10 type ipsec-l2l"},
    ),
    Faulty(
        "the tunnel-group of a is for remote access",
        "NO_TUNNEL_GROUP",
        (swap("a", "tunnel-group 198.51.100.20 type ipsec-l2l", "tunnel-group 198.51.100.20 type remote-access"),),
        ALL_DOWN,
        "a",
        ("a:tunnel-group 198.51.100.20 type remote-access",),
        {"a": "tunnel-group 198.51.100.20 type ipsec-l2l"},
    ),
    Faulty(
        "another encryption in the policy of a",
        "PHASE1_MISMATCH",
        _policy("a", "aes-256", "aes-192"),
        ALL_DOWN,
        "",
        ("a: encryption aes-192", "b: encryption aes-256"),
        {"a": "encryption aes-256", "b": "encryption aes-192"},
    ),
    Faulty(
        "another hash in the policy of b",
        "PHASE1_MISMATCH",
        _policy("b", "hash sha", "hash md5"),
        ALL_DOWN,
        "",
        ("a: hash sha", "b: hash md5"),
        {"a": "crypto ikev1 policy", "b": "hash sha"},
    ),
    Faulty(
        "another group in the policy of b",
        "PHASE1_MISMATCH",
        _policy("b", "group 5", "group 14"),
        ALL_DOWN,
        "",
        ("a: group 5", "b: group 14"),
        {"a": "group 14", "b": "group 5"},
    ),
    Faulty(
        "no policy in common: b has the weak one alone",
        "PHASE1_MISMATCH",
        (cut("b", *_POLICY_B, " lifetime 86400"),),
        ALL_DOWN,
        "",
        ("b: encryption aes",),
        {"a": "encryption aes", "b": "group 5"},
    ),
    Faulty(
        "IKE is not enabled on b",
        "IKE_NOT_ENABLED",
        (cut("b", "crypto ikev1 enable outside"),),
        "???/LLL",
        "b",
        ("b:- crypto ikev1 enable outside",),
        {"b": "crypto ikev1 enable outside"},
    ),
    Faulty(
        "IKE is enabled on another interface of a",
        "IKE_NOT_ENABLED",
        (swap("a", "crypto ikev1 enable outside", "crypto ikev1 enable dmz"),),
        "LLL/???",
        "a",
        ("a:- crypto ikev1 enable outside", "a:crypto ikev1 enable dmz"),
        {"a": "crypto ikev1 enable outside"},
    ),
    Faulty(
        "a has IKEv2 alone for its peer",
        "IKE_NOT_ENABLED",
        (swap("a", "crypto ikev1 enable outside", "crypto ikev2 enable outside"),),
        "LLL/???",
        "a",
        ("a:- crypto ikev1 enable outside",),
        {"a": "crypto ikev1 enable outside"},
    ),
    Faulty(
        "a names a peer that is not b",
        "PEER_ADDRESS_WRONG",
        (swap("a", "set peer 198.51.100.20", "set peer 198.51.100.21"),),
        "???/RRR",
        "a",
        (f"a:{ENTRY_A} set peer 198.51.100.21", "b: ip address 198.51.100.20 255.255.255.248"),
        {"a": f"{ENTRY_A} set peer 198.51.100.20"},
    ),
    Faulty(
        "b names a peer that is not a",
        "PEER_ADDRESS_WRONG",
        (swap("b", "set peer 203.0.113.10", "set peer 203.0.113.12"),),
        "RRR/???",
        "b",
        (
            "b:crypto map VPN 10 set peer 203.0.113.12",
            "a: ip address 203.0.113.10 255.255.255.240 standby 203.0.113.11",
        ),
        {"b": "crypto map VPN 10 set peer 203.0.113.10"},
    ),
    Faulty(
        "b has another address than a thinks",
        "PEER_ADDRESS_WRONG",
        (swap("b", "ip address 198.51.100.20 255.255.255.248", "ip address 198.51.100.22 255.255.255.248"),),
        "???/RRR",
        "a",
        (f"a:{ENTRY_A} set peer 198.51.100.20", "b: ip address 198.51.100.22 255.255.255.248"),
        {"a": f"{ENTRY_A} set peer 198.51.100.22"},
    ),
    Faulty(
        "the group policy of b allows IKEv2 alone",
        "PROTOCOL_NOT_ALLOWED",
        (
            swap(
                "b",
                "group-policy HQ-POLICY attributes\n vpn-idle-timeout none\n vpn-tunnel-protocol ikev1\n",
                "group-policy HQ-POLICY attributes\n vpn-idle-timeout none\n vpn-tunnel-protocol ikev2 l2tp-ipsec\n",
            ),
        ),
        ALL_DOWN,
        "b",
        ("b: vpn-tunnel-protocol ikev2 l2tp-ipsec",),
        {"b": "vpn-tunnel-protocol"},
    ),
    Faulty(
        "the policy of a is for certificates",
        "PHASE1_MISMATCH",
        _policy("a", "pre-share", "rsa-sig"),
        ALL_DOWN,
        "a",
        ("a: authentication rsa-sig",),
        {"a": "authentication pre-share"},
    ),
    Faulty(
        "both only answer",
        "CONNECTION_TYPE",
        (
            put("a", PFS_A, f"{ENTRY_A} set connection-type answer-only"),
            put("b", PFS_B, f"{ENTRY_B} set connection-type answer-only"),
        ),
        "LLL/LLL",
        "",
        (
            f"a:{ENTRY_A} set connection-type answer-only",
            "b:crypto map VPN 10 set connection-type answer-only",
        ),
        {"a": "connection-type", "b": "connection-type"},
    ),
    Faulty(
        "both only begin",
        "CONNECTION_TYPE",
        (
            put("a", PFS_A, f"{ENTRY_A} set connection-type originate-only"),
            put("b", PFS_B, f"{ENTRY_B} set connection-type originate-only"),
        ),
        ALL_DOWN,
        "",
        (
            f"a:{ENTRY_A} set connection-type originate-only",
            "b:crypto map VPN 10 set connection-type originate-only",
        ),
        {"a": "connection-type", "b": "connection-type"},
    ),
)
