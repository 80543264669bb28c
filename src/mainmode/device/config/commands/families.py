"""Families of commands that are known and not read: those that have nothing to do with tunnels, and those not built.

Each is the beginning of a line, word by word; `*` is any word. What stands below a global one is skipped with it.
"""

import re
from collections.abc import Mapping, Sequence

from mainmode.base.dataclass import dataclass
from mainmode.device.config.declaration import Support
from mainmode.device.config.draft import Mode

CERTIFICATES = "certificates are not built; peers are authenticated by pre-shared keys"
IKEV2 = "IKEv2 is not built; only IKEv1 is spoken"
ROUTED = "tunnel interfaces are not built; tunnels are what crypto maps say"
IDENTITIES = "rules for users, security groups and network services are not built and match nothing"
ACCESS_POLICY = "rules of an access policy (FTD) are not built and match nothing"
NO_ADDRESS = "an address is not asked for by DHCP or PPPoE; the interface has none"
PIX_KEY = "keys in the language of PIX 6 are not read; a tunnel-group has them"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(frozen=True, slots=True)
class Family:
    """Lines of one mode that begin with these words.

    Where they are not built `note` says what is missing, and `instead` what could stand there.
    """

    mode: Mode
    words: tuple[str, ...]
    support: Support
    note: str = ""
    instead: str = ""

    def has(self, words: Sequence[str]) -> bool:
        """Whether a line with these words, in lower case, belongs here."""
        return len(words) >= len(self.words) and all(
            wanted in ("*", word) for wanted, word in zip(self.words, words, strict=False)
        )


def _irrelevant(mode: Mode, text: str, *prefixes: str) -> tuple[Family, ...]:
    """Families by their first words, and by several."""
    return tuple(
        Family(mode, words, Support.IRRELEVANT)
        for words in (*((word,) for word in text.split()), *(tuple(prefix.split()) for prefix in prefixes))
    )


def _not_built(mode: Mode, note: str, *prefixes: str) -> tuple[Family, ...]:
    return tuple(Family(mode, tuple(prefix.split()), Support.NOT_BUILT, note) for prefix in prefixes)


_GLOBAL = (
    *_irrelevant(
        Mode.GLOBAL,
        """
        asa aaa-server allow-ssc-mgmt arp arp-inspection asdm asp auth-prompt auto-update boot
        call-home cdup checkheaps class-map client-update clock cluster compression config-register config-url
        context coredump crashinfo ctl-file ctl-provider cts cxsc ddns dhcp-client dhcpd dhcprelay dns
        dns-guard dynamic-access-policy-record dynamic-filter dynamic-map eject email established event
        failover filter firewall fips fixup flow-export flow-offload format fragment ftp ftp-map global-vpn
        group-delimiter gtp-map h225-map http http-map hw-module icmp igmp imap4s ip ips ipv6 jumbo-frame
        kerberos ldap license lisp logout mac-address mac-address-table mac-learn map
        max-failed-login-attempts mfib mgcp-map monitor-interface mount mroute mtu-map multicast
        multicast-routing netmask nac-policy ntp object-search ospf password-encryption
        password-policy pim policy-list policy-map pop3s prefix-list privilege prompt quota redundant-interface
        regex resource-class rip route-map router routing scansafe service service-policy sip-map sla
        smart-tunnel smtp-server smtps snmp snmp-map snmp-server ssl sunrpc-server tcp-map
        tftp-server threat-detection timeout tls-proxy track traffic-forward uauth user-identity
        virtual vpdn vpn vpn-addr-assign vpn-sessiondb vpnsetup vpnclient wccp webvpn xlate zone
        zonelabs-integrity alias as-path command-alias community-list floodguard hpm ipv6-vpn-addr-assign l2tp
        ngfw ngips object-group-search pix service-module tunnel-group-preference url-block url-cache url-server
        tunnel-group-map
        """,
        "aaa accounting",
        "aaa authentication exclude",
        "aaa authentication http",
        "aaa authentication include",
        "aaa authentication listener",
        "aaa authentication login-history",
        "aaa authentication match",
        "aaa authentication secure-http-client",
        "aaa authorization command",
        "aaa authorization exclude",
        "aaa authorization http",
        "aaa authorization include",
        "aaa authorization match",
        "aaa kerberos",
        "aaa local",
        "aaa mac-exempt",
        "aaa proxy-limit",
        "console serial",
        "crypto ca",
        "crypto engine",
        "crypto ipsec inner-routing-lookup",
        "crypto key",
        "crypto large-cert-acceleration",
        "logging asdm",
        "logging asdm-buffer-size",
        "logging emblem",
        "logging flash-bufferwrap",
        "logging flash-maximum-allocation",
        "logging flash-minimum-free",
        "logging from-address",
        "logging ftp-bufferwrap",
        "logging ftp-server",
        "logging hide",
        "logging mail",
        "logging rate-limit",
        "logging recipient-address",
        "logging savelog",
        "ssh cipher",
        "ssh key-exchange hostkey",
        "ssh pubkey-chain",
        "ssh scopy",
        "ssh stack",
        "sysopt connection timewait",
        "sysopt noproxyarp",
        "sysopt radius",
        "sysopt traffic",
        "access-list * ethertype",
        "access-list * webtype",
        "access-list * rename",
        "tunnel-group * webvpn-attributes",
        "tunnel-group * ppp-attributes",
    ),
    *_not_built(Mode.GLOBAL, IKEV2, "crypto ikev2", "crypto ipsec ikev2"),
    *_not_built(Mode.GLOBAL, ROUTED, "crypto ipsec profile"),
    *_not_built(
        Mode.GLOBAL,
        IDENTITIES,
        "object-group user",
        "object-group security",
        "object-group network-service",
        "object network-service",
        "access-list * extended * * user",
        "access-list * extended * * user-group",
        "access-list * extended * * security-group",
        "access-list * extended * * object-group-user",
        "access-list * extended * * object-group-security",
    ),
    *_not_built(Mode.GLOBAL, ACCESS_POLICY, "access-list * advanced"),
    *_not_built(Mode.GLOBAL, PIX_KEY, "isakmp key"),
)

_BELOW = (
    *_irrelevant(
        Mode.INTERFACE,
        """
        allocate-interface arp authentication bfd bridge-group channel-group cts ddns delay dhcp dhcprelay
        duplex eigrp encapsulation flowcontrol forward hardware hello-interval hold-time igmp ipv6 isis lacp
        mac-address member-interface mfib multicast nve ospf pim policy-route port-channel pppoe rip
        security-group speed split-horizon standby summary-address switchport traffic-forward vtep-nve
        zone-member
        """,
        "ip verify",
        "ip local",
    ),
    *_not_built(Mode.INTERFACE, NO_ADDRESS, "ip address dhcp", "ip address pppoe"),
    *_not_built(Mode.INTERFACE, ROUTED, "tunnel"),
    *_irrelevant(
        Mode.GROUP_POLICY,
        """
        action address-pools alias always-on-vpn anyconnect anyconnect-custom auto-signon backup-servers banner
        client-access-rule client-bypass-protocol client-firewall customization default-domain deny-message
        dhcp-network-scope dns-server file-browsing file-entry filter gateway-fqdn group-lock hidden-shares
        homepage html-content-filter http-comp http-proxy intercept-dhcp ip-comp ip-phone-bypass ipsec-udp
        ipsec-udp-port ipv6-address-pools ipv6-split-tunnel-policy ipv6-vpn-filter keep-alive-ignore leap-bypass
        msie-proxy nac-settings nem password-storage periodic-authentication pfs port-forward re-xauth
        secure-unit-authentication security-group-tag smartcard-removal-disconnect split-dns
        split-tunnel-all-dns split-tunnel-network-list split-tunnel-policy sso-server storage-key
        storage-objects svc unix-auth-gid unix-auth-uid url-list user-authentication
        user-authentication-idle-timeout vlan vpn-access-hours vpn-simultaneous-logins webvpn wins-server
        scep-forwarding-url smart-tunnel nac nac-sq-period nac-reval-period nac-default-acl error-recovery
        group-url
        """,
        "vpn-idle-timeout alert-interval",
        "vpn-session-timeout alert-interval",
    ),
    *_irrelevant(
        Mode.USERNAME,
        """
        group-lock memberof password-storage vpn-access-hours vpn-filter vpn-framed-ip-address
        vpn-framed-ipv6-address vpn-group-policy vpn-idle-timeout vpn-session-timeout vpn-simultaneous-logins
        vpn-tunnel-protocol webvpn anyconnect svc
        """,
        "ssh authentication pkf",
    ),
    *_irrelevant(Mode.POLICY_MAP, "description"),
    *_irrelevant(
        Mode.POLICY_CLASS,
        """
        csc cxsc description flow-export inspect ips police priority service-policy set sfr shape user-statistics
        """,
    ),
    *_irrelevant(
        Mode.TUNNEL_GENERAL,
        """
        accounting-server-group address-pool annotation authenticated-session-username
        authentication-attr-from-server authentication-server-group authorization-required
        authorization-server-group dhcp-server ipv6-address-pool nat-assigned-to-public-ip password-management
        scep-enrollment secondary-authentication-server-group secondary-username-from-certificate strip-group
        override-account-disable strip-realm username-from-certificate username-from-certificate-choice
        """,
    ),
    *_irrelevant(
        Mode.TUNNEL_IPSEC,
        """
        client-update radius-sdi-xauth
        """,
        "ikev1 user-authentication",
        "ikev1 radius-sdi-xauth",
        "ikev1 client-update",
        "isakmp ikev1-user-authentication",
    ),
    *_not_built(Mode.TUNNEL_IPSEC, IKEV2, "ikev2"),
)

FAMILIES: tuple[Family, ...] = (*_GLOBAL, *_BELOW)
"""All of them. More words come before fewer where both fit."""


def _index() -> dict[tuple[Mode, str], tuple[Family, ...]]:
    found: dict[tuple[Mode, str], list[Family]] = {}
    for one in sorted(FAMILIES, key=lambda family: -len(family.words)):
        found.setdefault((one.mode, one.words[0]), []).append(one)
    return {key: tuple(families) for key, families in found.items()}


_INDEX = _index()


def family(mode: Mode, words: Sequence[str]) -> Family | None:
    """The family that a line of a mode belongs to, with or without `no`; None for other lines."""
    start = int(len(words) > 1 and words[0].lower() == "no")
    known = _INDEX.get((mode, words[start].lower()))
    if known is None:
        return _CHECKSUM if mode is Mode.GLOBAL and words[start].lower().startswith("cryptochecksum") else None
    lower = [word.lower() for word in words[start:]]
    return next((one for one in known if one.has(lower)), None)


_CHECKSUM = Family(Mode.GLOBAL, ("Cryptochecksum",), Support.IRRELEVANT)

_NAT_BEFORE_8_3: Mapping[str, re.Pattern[str]] = {
    "nat": re.compile(r"\([^(),]+\) \d+"),
    "global": re.compile(r"\([^(),]+\) \d+"),
    "static": re.compile(r"\([^(),]+,[^(),]+\) \S+"),
}
"""By the first word of global lines of 8.2, what the second and the third are. 8.3 has another language for NAT."""


OLD_NAT = Family(
    Mode.GLOBAL,
    ("nat", "(IFC)", "N"),
    Support.NOT_BUILT,
    "this form of NAT of 8.2 is not applied",
    "nat (IFC) N NETWORK MASK, nat (IFC) N access-list NAME, global (IFC) N ADDRESS, static (IFC,IFC) ADDRESS ADDRESS",
)


def before_8_3(words: Sequence[str]) -> bool:
    """Whether a global line is NAT in the language of 8.2: `nat (IFC) N …`, `global (IFC) N …`, `static (…) …`."""
    start = int(len(words) > 1 and words[0].lower() == "no")
    head, *rest = words[start : start + 3]
    form = _NAT_BEFORE_8_3.get(head.lower())
    return form is not None and form.fullmatch(" ".join(rest)) is not None


_FLAT = _words(
    """
    action address-pool address-pools anyconnect anyconnect-essentials attribute auth-cookie-name banner cache
    certificate class client-access-rule client-bypass-protocol crl default-domain default-domain-name
    default-idle-timeout deny description dhcp-network-scope drop dns-server dynamic-filter email enrollment
    expiry-time fqdn gateway-fqdn group-lock group-url hidden id-mismatch id-randomization inspect integrity
    intercept-dhcp ip-comp ip-phone-bypass ipsec-udp ipsec-udp-port keypair ldap-base-dn ldap-scope leap-bypass
    lifetime log match max-header-length maximum message-length msie-proxy nac name-server nat-rewrite nem
    network no no-signature parameters password-storage periodic permit pfs polic policy port-object prf
    priority proposal protocol protocol-enforcement protocol-object protocol-violation proxy-bypass quit
    re-xauth registration-authority reset retries revocation-check secure-unit-authentication serial-number
    server-port service-object service-type set simultaneous-sessions smartcard-removal-disconnect split-dns
    split-tunnel-all-dns split-tunnel-network-list split-tunnel-policy subject-name svc tcp-options timeout
    tunnel-group-list url-list user-authentication user-authentication-idle-timeout user-message vlan
    vpn-access-hours vpn-filter vpn-framed-ip-address vpn-group-policy vpn-idle-timeout vpn-session-timeout
    vpn-simultaneous-logins vpn-tunnel-protocol wins-server
    """
)
"""First words of lines below a skipped one that has lost its indentation."""


def flat(words: Sequence[str]) -> bool:
    """Whether a line may stand below a skipped one that has lost its indentation."""
    start = int(len(words) > 1 and words[0].lower() == "no")
    head = words[start].lower()
    return head in _FLAT or all(character in "0123456789abcdef" for character in head)
