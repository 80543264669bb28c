"""Several faults at once in the healthy pair: the one behind shows only when the one before is mended."""

from check_edits import PFS_B, Faulty, cut, put, swap

_KEY = " ikev1 pre-shared-key gr33n-Walnut/47"
_SCADA_B = "access-list L2L-HQ extended permit ip 10.50.8.0 255.255.255.0 host 172.16.10.25"

TOGETHER = (
    Faulty(
        "another key on b, and no perfect forward secrecy",
        "PSK_MISMATCH",
        (swap("b", _KEY, f"{_KEY}0"), cut("b", PFS_B)),
        "RRR/RRR",
        "",
        (f"a:{_KEY}",),
        {"b": ("pre-shared-key", "set pfs group5")},
    ),
    Faulty(
        "no IKE on b, and no crypto map on its interface",
        "IKE_NOT_ENABLED CRYPTO_MAP_NOT_BOUND",
        (cut("b", "crypto ikev1 enable outside"), cut("b", "crypto map VPN interface outside")),
        "???/CCC",
        "b",
        ("b:- crypto ikev1 enable outside",),
        {"b": ("crypto ikev1 enable outside", "crypto map VPN interface outside")},
    ),
    Faulty(
        "b lacks a line of the access list, and its exemption stands behind a dynamic rule",
        "PROXY_MISMATCH",
        (
            cut("b", _SCADA_B),
            put(
                "b",
                "nat (scada,outside) source static SCADA SCADA destination static SUPPLIER SUPPLIER no-proxy-arp",
                "nat (scada,outside) source dynamic SCADA interface",
            ),
        ),
        "UUR/UUC",
        "",
        ("a:access-list VPN-PLANT extended permit ip object HISTORIAN 10.50.8.0 255.255.255.0",),
        {"b": "access-list L2L-HQ"},
    ),
)
