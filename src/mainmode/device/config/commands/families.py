"""Families that are known and have no part in a LAN-to-LAN tunnel: their lines, and what stands below, are skipped."""

import re
from collections.abc import Mapping

from mainmode.device.config.declaration import Mode


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


GLOBAL: frozenset[str] = _words(
    """
    asa aaa aaa-server allow-ssc-mgmt arp arp-inspection asdm asp auth-prompt auto-update banner boot call-home cdup
    checkheaps class-map client-update clock cluster compression config-register config-url console context coredump
    crashinfo ctl-file ctl-provider cts cxsc ddns dhcp-client dhcpd dhcprelay dns dns-guard
    dynamic-access-policy-record dynamic-filter dynamic-map eject email enable established event failover filter
    firewall fips fixup flow-export flow-offload format fragment ftp ftp-map global-vpn group-delimiter gtp-map
    h225-map http http-map hw-module icmp igmp imap4s ip ips ipv6 jumbo-frame kerberos ldap license lisp logout
    mac-address mac-address-table mac-learn management-access map max-failed-login-attempts mfib mgcp-map
    monitor-interface mount mroute mtu-map multicast multicast-routing netmask nac-policy ntp object-search ospf
    pager passwd password password-encryption password-policy pim policy-list policy-map pop3s prefix-list privilege
    prompt quota redundant-interface regex resource-class rip route-map router routing scansafe service
    service-policy sip-map sla smart-tunnel smtp-server smtps snmp snmp-map snmp-server ssh ssl sunrpc-server
    tcp-map telnet terminal tftp-server threat-detection timeout tls-proxy track traffic-forward uauth user-identity
    username virtual vpdn vpn vpn-addr-assign vpn-sessiondb vpnsetup vpnclient wccp webvpn xlate zone
    zonelabs-integrity
    alias as-path command-alias community-list floodguard hpm ipv6-vpn-addr-assign l2tp ngfw ngips
    object-group-search pix service-module tunnel-group-preference url-block url-cache url-server
    """
)
"""First words of global lines."""

PREFIXES: frozenset[str] = frozenset(
    {
        "crypto ca",
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
        "logging permit-hostdown",
        "logging queue",
        "logging rate-limit",
        "logging recipient-address",
        "logging savelog",
        "tunnel-group-map enable",
        "crypto key",
        "crypto engine",
        "crypto ikev2",
        "crypto ipsec ikev2",
        "crypto ipsec profile",
        "crypto ipsec inner-routing-lookup",
        "crypto large-cert-acceleration",
        "object-group user",
        "object-group security",
        "sysopt connection timewait",
        "sysopt noproxyarp",
        "sysopt radius",
        "sysopt traffic",
    }
)
"""First words of global lines of families that are not ignored as a whole."""

WITH_NAME: frozenset[tuple[str, str]] = frozenset(
    {
        ("access-list", "advanced"),
        ("access-list", "ethertype"),
        ("access-list", "webtype"),
        ("access-list", "rename"),
        ("tunnel-group", "webvpn-attributes"),
        ("tunnel-group", "ppp-attributes"),
    }
)
"""First and third word of global lines, with any name between them."""

NAT_BEFORE_8_3: Mapping[str, re.Pattern[str]] = {
    "nat": re.compile(r"\([^(),]+\) \d+"),
    "global": re.compile(r"\([^(),]+\) \d+"),
    "static": re.compile(r"\([^(),]+,[^(),]+\) \S+"),
}
"""By the first word of global lines of 8.2, what the second and the third are. 8.3 has another language for NAT."""

BELOW: dict[Mode, frozenset[str]] = {
    Mode.INTERFACE: _words(
        """
    allocate-interface arp authentication bfd bridge-group channel-group cts ddns delay dhcp dhcprelay duplex
    eigrp encapsulation flowcontrol forward hardware hello-interval hold-time igmp ipv6 isis lacp mac-address
    member-interface mfib multicast nve ospf pim policy-route port-channel pppoe rip
    security-group speed split-horizon standby summary-address switchport traffic-forward tunnel
    vtep-nve zone-member
    """
    ),
    Mode.GROUP_POLICY: _words(
        """
    action address-pools alias always-on-vpn anyconnect anyconnect-custom auto-signon backup-servers banner
    client-access-rule client-bypass-protocol client-firewall customization default-domain deny-message
    dhcp-network-scope dns-server file-browsing file-entry filter gateway-fqdn group-lock hidden-shares homepage
    html-content-filter http-comp http-proxy intercept-dhcp ip-comp ip-phone-bypass ipsec-udp ipsec-udp-port
    ipv6-address-pools ipv6-split-tunnel-policy ipv6-vpn-filter keep-alive-ignore leap-bypass msie-proxy nac-settings
    nac nac-sq-period nem password-storage periodic-authentication pfs port-forward re-xauth secure-unit-authentication
    security-group-tag smartcard-removal-disconnect split-dns split-tunnel-all-dns split-tunnel-network-list
    split-tunnel-policy sso-server storage-key storage-objects svc unix-auth-gid unix-auth-uid url-list
    user-authentication user-authentication-idle-timeout vlan vpn-access-hours vpn-simultaneous-logins webvpn
    wins-server scep-forwarding-url smart-tunnel
    """
    ),
    Mode.TUNNEL_GENERAL: _words(
        """
    accounting-server-group address-pool annotation authenticated-session-username
    authentication-attr-from-server authentication-server-group authorization-required
    authorization-server-group dhcp-server ipv6-address-pool nat-assigned-to-public-ip password-management
    scep-enrollment secondary-authentication-server-group secondary-username-from-certificate strip-group
    override-account-disable strip-realm username-from-certificate username-from-certificate-choice
    """
    ),
    Mode.TUNNEL_IPSEC: _words(
        """
    chain client-update ikev2 radius-sdi-xauth trust-point
    """
    ),
}
"""First words of lines below a declared submode."""

PREFIXES_BELOW: dict[Mode, frozenset[str]] = {
    Mode.GROUP_POLICY: frozenset({"vpn-idle-timeout alert-interval", "vpn-session-timeout alert-interval"}),
    Mode.INTERFACE: frozenset({"ip address dhcp", "ip address pppoe", "ip verify", "ip local"}),
    Mode.TUNNEL_IPSEC: frozenset(
        {
            "ikev1 trust-point",
            "ikev1 user-authentication",
            "ikev1 radius-sdi-xauth",
            "ikev1 client-update",
            "isakmp ikev1-user-authentication",
        }
    ),
}
"""First words of lines below a declared submode whose families are not ignored as a whole."""

FLAT: frozenset[str] = _words(
    """
    action address-pool address-pools anyconnect anyconnect-essentials attribute auth-cookie-name banner cache
    certificate class client-access-rule client-bypass-protocol crl default-domain default-domain-name
    default-idle-timeout deny description dhcp-network-scope drop dns-server dynamic-filter email enrollment
    expiry-time fqdn gateway-fqdn group-lock group-url hidden id-mismatch id-randomization inspect integrity
    intercept-dhcp ip-comp ip-phone-bypass ipsec-udp ipsec-udp-port keypair ldap-base-dn ldap-scope leap-bypass
    lifetime log match max-header-length maximum message-length msie-proxy nac name-server nat-rewrite nem network
    no no-signature parameters password-storage periodic permit pfs polic policy port-object prf priority proposal
    protocol protocol-enforcement protocol-object protocol-violation proxy-bypass quit re-xauth
    registration-authority reset retries revocation-check secure-unit-authentication serial-number server-port
    service-object service-type set simultaneous-sessions smartcard-removal-disconnect split-dns
    split-tunnel-all-dns split-tunnel-network-list split-tunnel-policy subject-name svc tcp-options timeout
    tunnel-group-list url-list user-authentication user-authentication-idle-timeout user-message vlan
    vpn-access-hours vpn-filter vpn-framed-ip-address vpn-group-policy vpn-idle-timeout vpn-session-timeout
    vpn-simultaneous-logins vpn-tunnel-protocol wins-server
    """
)
"""First words of lines below a skipped one that has lost its indentation."""
