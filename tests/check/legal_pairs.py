"""Pairs whose sides differ and that are up nevertheless: what is legal between two devices."""

from check_edits import ENTRY_A, ENTRY_B, PFS_A, PFS_B, Change, Legal, cut, put, swap

_POLICY = " authentication pre-share\n encryption aes-256\n hash sha\n group 5\n lifetime 86400\n"
_STRONG = "crypto ipsec ikev1 transform-set STRONG esp-aes-256 esp-sha-hmac"
_POLICY_B = "group-policy HQ-POLICY attributes\n"
_L2L = "L2L-HQ extended permit ip object OFFICE"
_LIFETIME = "set security-association lifetime"
_KEY = " ikev1 pre-shared-key gr33n-Walnut/47"
_OLD_WORDS: tuple[Change, ...] = (
    swap("b", "ASA Version 9.1(5)", "ASA Version 8.3(2)"),
    swap("b", "crypto ikev1 enable", "crypto isakmp enable"),
    swap("b", "crypto ikev1 policy", "crypto isakmp policy", 2),
    swap("b", "ikev1 transform-set", "transform-set", 4),
    swap("b", " ikev1 pre-shared-key", " pre-shared-key", 3),
    swap("b", "vpn-tunnel-protocol ikev1", "vpn-tunnel-protocol IPSec", 2),
    cut("b", "crypto ca trustpool policy"),
)

LEGAL = (
    Legal("as it is", ()),
    Legal(
        "lifetimes of both phases differ",
        (
            swap("b", _POLICY, _POLICY.replace("86400", "28800")),
            swap(
                "b",
                "10 set security-association lifetime seconds 3600",
                "10 set security-association lifetime seconds 28800",
            ),
            swap(
                "a",
                "20 set security-association lifetime seconds",
                "20 set security-association lifetime kilobytes 100000 seconds",
            ),
        ),
    ),
    Legal(
        "policies in another order, and more of them",
        (
            swap("a", "crypto ikev1 policy 10", "crypto ikev1 policy 40"),
            put(
                "b",
                "crypto ikev1 policy 1",
                "crypto ikev1 policy 3",
                " authentication pre-share",
                " encryption 3des",
                " hash md5",
                " group 1",
                " lifetime 3600",
                "crypto ikev1 policy 2",
                " authentication rsa-sig",
                " encryption aes-256",
                " hash sha",
                " group 5",
                " lifetime 86400",
            ),
            swap("b", "crypto ikev1 policy 1\n", "crypto ikev1 policy 9\n"),
        ),
    ),
    Legal(
        "more transform sets, in another order",
        (
            swap(
                "a",
                "20 set ikev1 transform-set AES256-SHA AES-SHA",
                "20 set ikev1 transform-set 3DES-SHA AES-SHA AES256-SHA",
            ),
            swap("b", "10 set ikev1 transform-set STRONG", "10 set ikev1 transform-set OLD STRONG"),
        ),
    ),
    Legal(
        "a only answers",
        (put("a", PFS_A, f"{ENTRY_A} set connection-type answer-only"),),
        cells="---/UUU",
    ),
    Legal(
        "a only answers and b only begins",
        (
            put("a", PFS_A, f"{ENTRY_A} set connection-type answer-only"),
            put("b", PFS_B, f"{ENTRY_B} set connection-type originate-only"),
        ),
        cells="---/UUU",
    ),
    Legal("the key is hidden in one file", (swap("b", _KEY, " ikev1 pre-shared-key *****"),)),
    Legal(
        "all keys are hidden in both files",
        (
            swap("a", _KEY, " ikev1 pre-shared-key *****"),
            swap("a", " ikev1 pre-shared-key partner.Secret-9", " ikev1 pre-shared-key *****"),
            swap("b", _KEY, " ikev1 pre-shared-key *****"),
            swap("b", " ikev1 pre-shared-key drills+Mills=22", " ikev1 pre-shared-key *****", 2),
        ),
    ),
    Legal(
        "a has a second peer that is in no file",
        (
            swap("a", "20 set peer 198.51.100.20", "20 set peer 198.51.100.20 192.0.2.60"),
            put("a", "tunnel-group 192.0.2.33 type ipsec-l2l", "tunnel-group 192.0.2.60 type ipsec-l2l"),
        ),
    ),
    Legal(
        "the first of two peers of a is in no file",
        (
            swap("a", "20 set peer 198.51.100.20", "20 set peer 192.0.2.60 198.51.100.20"),
            put("a", "tunnel-group 192.0.2.33 type ipsec-l2l", "tunnel-group 192.0.2.60 type ipsec-l2l"),
        ),
    ),
    Legal("the older spelling on one side", _OLD_WORDS),
    Legal(
        "plain lines on one side, object-groups on the other",
        (
            cut("b", "access-list L2L-HQ extended permit ip 10.50.1.0 255.255.255.0 object HQ-DATACENTRE"),
            swap(
                "b",
                "L2L-HQ extended permit ip object OFFICE 10.10.0.0 255.255.255.0",
                "L2L-HQ extended permit ip object OFFICE object-group HQ",
            ),
            swap(
                "a",
                "access-list VPN-PLANT extended permit ip object-group HQ-LANS object PLANT-OFFICE\n",
                "access-list VPN-PLANT extended permit ip 10.20.0.0 255.255.0.0 10.50.1.0 255.255.255.0\n"
                "access-list VPN-PLANT remark next\n"
                "access-list VPN-PLANT extended permit ip 10.10.0.0 255.255.255.0 10.50.1.0 255.255.255.0 log\n",
            ),
        ),
        cells="UUU/UUU",
    ),
    Legal("8.2 with nat 0, names and VLANs", (), ("hq.cfg", "plant82.cfg")),
    Legal("carriage returns on one side", (swap("b", "\n", "\r\n", 222),)),
    Legal(
        "keepalives off on one side, NAT traversal on the other",
        (
            swap(
                "a",
                " ikev1 pre-shared-key gr33n-Walnut/47\n isakmp keepalive threshold 15 retry 3",
                f"{_KEY}\n isakmp keepalive disable",
            ),
            put("b", "crypto ikev1 enable outside", "no crypto isakmp nat-traversal"),
        ),
    ),
    Legal(
        "one calls itself by its hostname",
        (put("b", "crypto ikev1 enable outside", "crypto isakmp identity hostname"),),
    ),
    Legal(
        "the group for perfect forward secrecy is named on one side, and the usual one on the other",
        (
            swap("a", PFS_A, f"{ENTRY_A} set pfs"),
            swap("b", "crypto map VPN 10 set pfs group5", "crypto map VPN 10 set pfs group2"),
        ),
    ),
    Legal(
        "what comes out of a tunnel is filtered on b, and permitted",
        (
            put(
                "b",
                "crypto ipsec ikev1 transform-set STRONG esp-aes-256 esp-sha-hmac",
                "no sysopt connection permit-vpn",
            ),
            put(
                "b",
                "access-list FROM-OUTSIDE extended deny ip any any log",
                "access-list FROM-OUTSIDE extended permit ip object-group HQ object OFFICE",
                "access-list FROM-OUTSIDE extended permit ip object HQ-HISTORIAN object SCADA",
            ),
        ),
    ),
    Legal(
        "a vpn-filter that permits the tunnel's networks",
        (
            put(
                "b",
                "pager lines 40",
                "access-list HQ-FILTER extended permit ip object-group HQ object-group OURS",
                "access-list HQ-FILTER extended permit ip object HQ-HISTORIAN object SCADA",
            ),
            swap(
                "b",
                "group-policy HQ-POLICY attributes\n",
                "group-policy HQ-POLICY attributes\n vpn-filter value HQ-FILTER\n",
            ),
        ),
    ),
    Legal(
        "a has a dynamic entry alone for its peer",
        (
            cut(
                "a",
                f"{ENTRY_A} match address VPN-PLANT",
                PFS_A,
                f"{ENTRY_A} set peer 198.51.100.20",
                f"{ENTRY_A} set ikev1 transform-set AES256-SHA AES-SHA",
                f"{ENTRY_A} set security-association lifetime seconds 3600",
            ),
            swap(
                "a",
                "REMOTES 10 set ikev1 transform-set AES-SHA 3DES-SHA",
                "REMOTES 10 set ikev1 transform-set AES256-SHA 3DES-SHA",
            ),
        ),
        cells="---/UUU",
    ),
    Legal(
        "a has a dynamic entry with an access list and reverse routes, and a key for all",
        (
            swap(
                "a",
                f"{ENTRY_A} match address VPN-PLANT",
                "crypto dynamic-map PLANTS 1 match address VPN-PLANT",
            ),
            swap("a", PFS_A, "crypto dynamic-map PLANTS 1 set pfs group5"),
            swap("a", f"{ENTRY_A} set peer 198.51.100.20", "crypto dynamic-map PLANTS 1 set reverse-route"),
            swap(
                "a",
                f"{ENTRY_A} set ikev1 transform-set AES256-SHA AES-SHA",
                "crypto dynamic-map PLANTS 1 set ikev1 transform-set AES256-SHA",
            ),
            swap(
                "a",
                f"{ENTRY_A} set security-association lifetime seconds 3600",
                "crypto map OUTSIDE-MAP 60000 ipsec-isakmp dynamic PLANTS",
            ),
            swap("a", "tunnel-group 198.51.100.20 type ipsec-l2l\n", ""),
            swap("a", "tunnel-group 198.51.100.20 ", "tunnel-group DefaultL2LGroup ", 2),
        ),
        cells="---/UUU",
    ),
    Legal("names of a wizard, 8.2 with names beside 9.4", (), ("zurich.cfg", "geneva.cfg"), "UUUU/UUUU"),
    Legal("7.2 with pools beside 9.12", (), ("pix.cfg", "depot.cfg"), "U/U"),
    Legal("the same network on both sides, translated", (), ("left.cfg", "right.cfg"), "U/U"),
    Legal("two entries for one peer, and ports", (), ("mill.cfg", "bakery.cfg"), "UUUU/UUUU"),
    Legal("everything goes into the tunnel", (), ("core.cfg", "kiosk.cfg"), "U/U"),
    Legal("a hub with two lines and a dynamic map", (), ("hub.cfg", "spoke.cfg"), "UU/UU"),
)
