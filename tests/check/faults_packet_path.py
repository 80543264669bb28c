"""Faults on the way of a packet in the healthy pair: translation, routes, access lists, interfaces."""

from check_edits import Faulty, cut, put, swap

_EXEMPTION = (
    "nat (inside,outside) source static HQ-LANS HQ-LANS destination static PLANT-LANS PLANT-LANS "
    "no-proxy-arp route-lookup"
)
_SCADA_B = (
    "nat (scada,outside) source static SCADA SCADA destination static HQ-HISTORIAN HQ-HISTORIAN "
    "no-proxy-arp route-lookup"
)
_STRONG = "crypto ipsec ikev1 transform-set STRONG esp-aes-256 esp-sha-hmac"
_POLICY_B = "group-policy HQ-POLICY attributes\n"
_FIRST_RULE_B = "nat (office,outside) source static OFFICE OFFICE destination static HQ HQ no-proxy-arp route-lookup"

PACKET_PATH = (
    Faulty(
        "no NAT exemption on a",
        "NO_NAT_EXEMPTION",
        (cut("a", _EXEMPTION),),
        "LLU/YYU",
        "a",
        ("a:nat (inside,outside) after-auto source dynamic any interface",),
        {"a": "nat (inside,outside)"},
    ),
    Faulty(
        "no NAT exemption on b for one network",
        "NO_NAT_EXEMPTION",
        (
            cut(
                "b",
                _SCADA_B,
            ),
        ),
        "UUY/UUL",
        "b",
        ("b:nat (scada,outside) after-auto source dynamic any interface",),
        {"b": "nat (scada,outside)"},
    ),
    Faulty(
        "the NAT exemption of a stands behind a dynamic rule",
        "NO_NAT_EXEMPTION",
        (put("a", _EXEMPTION, "nat (inside,outside) source dynamic HQ-LANS interface"),),
        "LLU/YYU",
        "a",
        ("a:nat (inside,outside) source dynamic HQ-LANS interface",),
        {"a": "nat (inside,outside) 1 source static"},
    ),
    Faulty(
        "the NAT exemption of a is for another interface",
        "NO_NAT_EXEMPTION",
        (swap("a", "nat (dmz,outside) source static HISTORIAN", "nat (inside,outside) source static HISTORIAN"),),
        "UUL/UUY",
        "a",
        ("a:nat (dmz,outside) after-auto source dynamic any interface",),
        {"a": "nat (dmz,outside)"},
    ),
    Faulty(
        "the NAT exemption of b lacks a network",
        "NO_NAT_EXEMPTION",
        (cut("b", " network-object object HQ-DATACENTRE"),),
        "UYU/ULU",
        "b",
        ("b:nat (office,outside) after-auto source dynamic OFFICE interface",),
        {"b": ""},
    ),
    Faulty(
        "the NAT exemption of b is inactive",
        "NO_NAT_EXEMPTION",
        (swap("b", _FIRST_RULE_B, f"{_FIRST_RULE_B} inactive"),),
        "YYU/LLU",
        "b",
        ("b:nat (office,outside) after-auto source dynamic OFFICE interface",),
        {"b": "nat (office,outside)"},
    ),
    Faulty(
        "no default route on a",
        "NO_ROUTE",
        (cut("a", "route outside 0.0.0.0 0.0.0.0 203.0.113.1 1"),),
        "LLL/???",
        "a",
        ("a:- route outside 10.50.1.0 255.255.255.0 GATEWAY",),
        {"a": "route outside"},
    ),
    Faulty(
        "a route of a leads inside",
        "NO_ROUTE",
        (put("a", "timeout xlate 3:00:00", "route inside 10.50.0.0 255.255.0.0 10.10.0.254 1"),),
        "LLC/UUU",
        "a",
        ("a:route inside 10.50.0.0 255.255.0.0 10.10.0.254 1",),
        {"a": "no route inside 10.50.0.0 255.255.0.0 10.10.0.254"},
    ),
    Faulty(
        "no route on a to a network inside",
        "NO_ROUTE",
        (cut("a", "route inside 10.20.0.0 255.255.0.0 10.10.0.254 1"),),
        "UYU/UYU",
        "a",
        ("a:- route inside 10.20.0.0 255.255.0.0 GATEWAY",),
        {"a": "route inside 10.20.0.0 255.255.0.0"},
    ),
    Faulty(
        "the inside access list of a denies",
        "DENIED",
        (
            put(
                "a",
                "access-list INSIDE-IN extended permit ip object-group HQ-LANS any",
                "access-list INSIDE-IN extended deny ip any object-group PLANT-LANS",
            ),
        ),
        "LLU/UUU",
        "a",
        ("a:access-list INSIDE-IN extended deny ip any object-group PLANT-LANS",),
        {"a": "access-list INSIDE-IN"},
    ),
    Faulty(
        "the access list of b permits the machines no way to a",
        "DENIED",
        (cut("b", "access-list FROM-SCADA extended permit ip object SCADA object HQ-HISTORIAN"),),
        "UUU/UUL",
        "b",
        ("b:access-list FROM-SCADA extended deny ip any any log",),
        {"b": "access-list FROM-SCADA"},
    ),
    Faulty(
        "b filters what comes out of a tunnel, and permits nothing",
        "DENIED",
        (
            put(
                "b",
                "crypto ipsec ikev1 transform-set STRONG esp-aes-256 esp-sha-hmac",
                "no sysopt connection permit-vpn",
            ),
        ),
        "YYY/UUU",
        "b",
        ("b:access-list FROM-OUTSIDE extended deny ip any any log",),
        {"b": "sysopt connection permit-vpn"},
    ),
    Faulty(
        "the vpn-filter of b is for something else",
        "DENIED",
        (
            put(
                "b",
                "pager lines 40",
                "access-list HQ-FILTER extended permit tcp 10.77.0.0 255.255.255.0 object OFFICE eq ssh",
            ),
            swap(
                "b",
                "group-policy HQ-POLICY attributes\n",
                "group-policy HQ-POLICY attributes\n vpn-filter value HQ-FILTER\n",
            ),
        ),
        "YYY/YYY",
        "b",
        ("b: vpn-filter value HQ-FILTER",),
        {"b": "vpn-filter"},
    ),
    Faulty(
        "the outside interface of b is shut down",
        "INTERFACE_DOWN",
        (swap("b", " nameif outside\n", " shutdown\n nameif outside\n"),),
        "???/LLL",
        "b",
        ("b: shutdown",),
        {"b": "no shutdown"},
    ),
    Faulty(
        "an inside interface of b is shut down",
        "INTERFACE_DOWN",
        (swap("b", " vlan 8\n", " vlan 8\n shutdown\n"),),
        "UUY/UUL",
        "b",
        ("b: shutdown",),
        {"b": "no shutdown"},
    ),
    Faulty(
        "a mask of b leaves the gateway out",
        "NO_ROUTE",
        (swap("b", "ip address 198.51.100.20 255.255.255.248", "ip address 198.51.100.20 255.255.255.254"),),
        "???/LLL",
        "b",
        ("b: ip address 198.51.100.20 255.255.255.254",),
        {"b": "ip address 198.51.100.20 255.255.255.248"},
    ),
)
