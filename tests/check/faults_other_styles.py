"""Faults in pairs of other styles: wizards' names, 7.2 and 8.2 beside 9.x, ports, any."""

from check_edits import Faulty, cut, put, swap

ASDM = ("zurich.cfg", "geneva.cfg")
PIX = ("pix.cfg", "depot.cfg")
HUB = ("hub.cfg", "spoke.cfg")
MAPPED = ("left.cfg", "right.cfg")
PORTS = ("mill.cfg", "bakery.cfg")
ANY = ("core.cfg", "kiosk.cfg")
_CRLF = "\n", "\r\n"

OTHER_STYLES = (
    Faulty(
        "names: the name of the peer has another address",
        "PEER_ADDRESS_WRONG",
        (swap("b", "name 198.18.10.2 ZRH-FW", "name 198.18.10.3 ZRH-FW"),),
        "RRRR/????",
        "b",
        ("b:crypto map outside_map 1 set peer ZRH-FW",),
        {"b": "set peer 198.18.10.2"},
        ASDM,
    ),
    Faulty(
        "names: an object-group of b lacks a network",
        "PROXY_MISMATCH",
        (cut("b", " network-object ZRH-Voice 255.255.255.0"),),
        "UURR/UUCC",
        "",
        (
            "a:access-list outside_cryptomap_1 extended permit ip object-group DM_INLINE_NETWORK_1 "
            "object-group DM_INLINE_NETWORK_2",
        ),
        {"b": "10.1.200.0"},
        ASDM,
    ),
    Faulty(
        "8.2: nat 0 is for an access list that lacks a network",
        "NO_NAT_EXEMPTION",
        (
            swap(
                "b",
                "inside_nat0_outbound extended permit ip object-group DM_INLINE_NETWORK_1 object",
                "inside_nat0_outbound extended permit ip GVA-Data 255.255.255.0 object",
            ),
        ),
        "UYUY/ULUL",
        "b",
        ("b:nat (inside) 101 0.0.0.0 0.0.0.0",),
        {"b": "access-list inside_nat0_outbound"},
        ASDM,
    ),
    Faulty(
        "8.2: no nat 0",
        "NO_NAT_EXEMPTION",
        (cut("b", "nat (inside) 0 access-list inside_nat0_outbound"),),
        "YYYY/LLLL",
        "b",
        ("b:nat (inside) 101 0.0.0.0 0.0.0.0",),
        {"b": "nat (inside) 0 access-list inside_nat0_outbound"},
        ASDM,
    ),
    Faulty(
        "7.2: nat 0 names an access list that is not there",
        "NO_NAT_EXEMPTION",
        (swap("a", "nat (inside) 0 access-list nonat", "nat (inside) 0 access-list no-nat"),),
        "L/Y",
        "a",
        ("a:nat (inside) 1 hq-net 255.255.0.0",),
        {"a": "nat (inside) 0 access-list"},
        PIX,
    ),
    Faulty(
        "7.2: another group in the policy of a",
        "PHASE1_MISMATCH",
        (swap("a", " group 2\n", " group 5\n"),),
        "R/R",
        "",
        ("a: group 5", "b: group 2"),
        {"a": " group 2", "b": " group 5"},
        PIX,
    ),
    Faulty(
        "what comes out of the tunnel meets an access list that does not permit it",
        "DENIED",
        (swap("b", "WAN-IN extended permit ip object hq-for-acl", "WAN-IN extended permit tcp host 172.17.0.1"),),
        "Y/U",
        "b",
        ("b:access-group WAN-IN in interface wan",),
        {"b": "access-list WAN-IN"},
        PIX,
    ),
    Faulty(
        "ports: a port of b is another",
        "PROXY_MISMATCH",
        (swap("b", "host 10.9.2.5 eq domain", "host 10.9.2.5 eq 5353"),),
        "UURUC/UUCUR",
        "",
        ("a:access-list C2 extended permit udp 10.0.2.0 255.255.255.0 host 10.9.2.5 eq domain",),
        {"a": "eq 5353", "b": "eq domain"},
        PORTS,
    ),
    Faulty(
        "any on one side, a network on the other",
        "PROXY_MISMATCH",
        (swap("b", "10.66.6.0 255.255.255.0 any", "10.66.6.0 255.255.255.0 172.20.0.0 255.255.0.0"),),
        "RR/RR",
        "",
        (
            "a:access-list TO-KIOSK extended permit ip any 10.66.6.0 255.255.255.0",
            "b:access-list ALL extended permit ip 10.66.6.0 255.255.255.0 172.20.0.0 255.255.0.0",
        ),
        {"a": "172.20.0.0", "b": "any"},
        ANY,
    ),
    Faulty(
        "carriage returns, and no perfect forward secrecy",
        "PFS_MISMATCH",
        (cut("b", "crypto map VPN 10 set pfs group5"), swap("b", *_CRLF, 221)),
        "UUU/RRR",
        "",
        ("b:- crypto map VPN 10 set pfs",),
        {"a": "no crypto map OUTSIDE-MAP 20 set pfs", "b": "crypto map VPN 10 set pfs group5"},
    ),
    Faulty(
        "hidden keys, and one side has none",
        "NO_TUNNEL_GROUP",
        (
            swap("a", " ikev1 pre-shared-key gr33n-Walnut/47", " ikev1 pre-shared-key *****"),
            cut("b", " ikev1 pre-shared-key gr33n-Walnut/47"),
        ),
        "RRR/RRR",
        "b",
        ("b:- tunnel-group 203.0.113.10 ipsec-attributes / ikev1 pre-shared-key",),
        {"b": "pre-shared-key"},
    ),
    Faulty(
        "8.2 beside 8.4: another transform set",
        "TRANSFORM_MISMATCH",
        (
            put(
                "b",
                "crypto map outside_map 2 match address outside_2_cryptomap",
                "no crypto map outside_map 1 set transform-set ESP-AES-256-SHA",
                "crypto map outside_map 1 set transform-set ESP-3DES-MD5",
            ),
        ),
        "RRR/RRR",
        "",
        ("b:crypto ipsec transform-set ESP-3DES-MD5 esp-3des esp-md5-hmac",),
        {"b": "crypto map outside_map 1 set transform-set", "a": "esp-3des esp-md5-hmac"},
        ("hq.cfg", "plant82.cfg"),
    ),
    Faulty(
        "translated networks: the crypto access list of a has the real one",
        "PROXY_MISMATCH",
        (swap("a", "CRYPTO extended permit ip object LOCAL-MAPPED", "CRYPTO extended permit ip object LOCAL"),),
        "LL/LR",
        "",
        ("a:access-list CRYPTO extended permit ip object LOCAL object REMOTE",),
        {"a": "access-list CRYPTO extended permit ip"},
        MAPPED,
    ),
    Faulty(
        "a rule of translation leads what is for another interface astray",
        "NO_ROUTE",
        (
            swap("b", " subnet 10.3.1.0 255.255.255.0", " subnet 10.3.0.0 255.255.0.0"),
            swap("b", "source static WIFI-NET WIFI-NET", "source static ME ME"),
        ),
        "UY/UU",
        "b",
        ("b:nat (inside,outside) source static ME ME destination static CORP CORP",),
        {"b": "nat (inside,outside)"},
        HUB,
    ),
)
