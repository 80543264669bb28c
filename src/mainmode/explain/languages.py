"""A peer sketched in the language of its vendor. What is not known is a comment; keys are a place to fill in."""

from collections.abc import Iterator
from ipaddress import IPv4Address

from mainmode.base.address import Proxy
from mainmode.catalogue.facts import Suite
from mainmode.explain.parameters import spelled
from mainmode.explain.portrait import Portrait

MOST_OFFERS = 5
KEY = "<the key that both sides share>"
_THIS_SIDE = "<address of this side>"
_PEER = "<address of the peer>"
_PROTOCOLS = {0: "ip", 1: "icmp", 6: "tcp", 17: "udp", 47: "gre", 50: "esp"}
_CISCO = {"DES": "des", "3DES": "3des", "AES": "aes", "AES-128": "aes", "AES-192": "aes 192", "AES-256": "aes 256"}
_CISCO |= {"AES-GCM-128": "gcm", "AES-GCM-192": "gcm 192", "AES-GCM-256": "gcm 256", "NULL": "null"}
_CISCO_HASH = {"MD5": "md5", "SHA-1": "sha", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
_SWAN = {"DES": "des", "3DES": "3des", "AES": "aes", "AES-128": "aes128", "AES-192": "aes192", "AES-256": "aes256"}
_SWAN |= {"AES-GCM-128": "aes128gcm16", "AES-GCM-192": "aes192gcm16", "AES-GCM-256": "aes256gcm16", "NULL": "null"}
_SWAN_HASH = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
_PLUTO_HASH = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha2_256", "SHA-384": "sha2_384", "SHA-512": "sha2_512"}
_GROUPS = {"1": "modp768", "2": "modp1024", "5": "modp1536", "14": "modp2048", "15": "modp3072", "16": "modp4096"}
_GROUPS |= {"17": "modp6144", "18": "modp8192", "19": "ecp256", "20": "ecp384", "21": "ecp521", "31": "curve25519"}


def asa(peer: Portrait) -> Iterator[str]:
    """The commands of an ASA from 8.4 on."""
    yield from _remarks(peer, "!")
    yield "crypto ikev1 enable outside"
    yield from _ground(peer, 1, "!")
    if peer.phase1.ground:
        yield "crypto ikev1 policy 10"
        yield from _cisco_policy(peer.phase1.suite, "encryption", dashed=True)
    yield from _ground(peer, 2, "!")
    if peer.phase2.ground:
        yield f"crypto ipsec ikev1 transform-set VPN {_transform(peer.phase2.suite, dashed=True)}"
    for theirs, ours in peer.networks:
        yield f"access-list VPN extended permit {_asa_selector(theirs, ours)}"
    yield from _no_networks(
        peer, "!", "access-list VPN extended permit ip <the peer's networks> <this side's networks>"
    )
    yield "crypto map OUTSIDE 10 match address VPN"
    yield f"crypto map OUTSIDE 10 set peer {peer.own or _THIS_SIDE}"
    yield "crypto map OUTSIDE 10 set ikev1 transform-set VPN"
    yield from _cisco_pfs(peer, "crypto map OUTSIDE 10 ")
    yield from _cisco_lifetimes(peer.phase2.suite, "crypto map OUTSIDE 10 ")
    yield "crypto map OUTSIDE interface outside"
    yield f"tunnel-group {peer.own or _THIS_SIDE} type ipsec-l2l"
    yield f"tunnel-group {peer.own or _THIS_SIDE} ipsec-attributes"
    yield f" ikev1 pre-shared-key {KEY}"
    yield "! and a NAT exemption for the traffic of access-list VPN"


def ios(peer: Portrait) -> Iterator[str]:
    """The commands of an IOS router."""
    yield from _remarks(peer, "!")
    yield from _ground(peer, 1, "!")
    if peer.phase1.ground:
        yield "crypto isakmp policy 10"
        yield from _cisco_policy(peer.phase1.suite, "encr", dashed=False)
    yield f"crypto isakmp key {KEY} address {peer.own or _THIS_SIDE}"
    yield from _ground(peer, 2, "!")
    if peer.phase2.ground:
        yield f"crypto ipsec transform-set VPN {_transform(peer.phase2.suite, dashed=False)}"
        yield f" mode {'transport' if 'transport' in peer.phase2.suite.mode else 'tunnel'}"
    yield "ip access-list extended VPN"
    for theirs, ours in peer.networks:
        yield f" permit {_ios_selector(theirs, ours)}"
    yield from _no_networks(peer, "!", " permit ip <the peer's networks> <this side's networks>")
    yield "crypto map OUTSIDE 10 ipsec-isakmp"
    yield f" set peer {peer.own or _THIS_SIDE}"
    yield " set transform-set VPN"
    yield from _cisco_pfs(peer, " ")
    yield from _cisco_lifetimes(peer.phase2.suite, " ")
    yield " match address VPN"
    yield "interface <the outside interface>"
    yield " crypto map OUTSIDE"


def swanctl(peer: Portrait) -> Iterator[str]:
    """A strongSwan swanctl.conf."""
    one, two = peer.phase1.suite, peer.phase2.suite
    yield from _remarks(peer, "#")
    yield from ("connections {", "  vpn {", f"    version = {2 if peer.version2 else 1}")
    if peer.aggressive:
        yield "    aggressive = yes"
    yield f"    local_addrs = {peer.peer or _PEER}"
    yield f"    remote_addrs = {peer.own or _THIS_SIDE}"
    yield from _ground(peer, 1, "    #")
    if peer.phase1.ground:
        yield f"    proposals = {_swan_proposal(one, _group(one))}"
    if one.seconds is not None:
        yield f"    reauth_time = {one.seconds}s"
    if peer.dead_peer_detection:
        yield "    dpd_delay = 10s"
    yield from ("    local {", "      auth = psk", f"      id = {_own_id(peer)}", "    }")
    yield from ("    remote {", "      auth = psk", f"      id = {_other_id(peer)}", "    }", "    children {")
    yield from _ground(peer, 2, "      #")
    yield from _no_networks(peer, "      #", "")
    for number, (theirs, ours) in enumerate(peer.networks or ((None, None),), 1):
        yield f"      net{number} {{"
        yield f"        local_ts = {_selector(theirs, 'the peer')}"
        yield f"        remote_ts = {_selector(ours, 'this side')}"
        pfs = _pfs_group(peer.pfs) if peer.pfs is not None else None
        if peer.phase2.ground:
            yield f"        esp_proposals = {_swan_proposal(two, pfs)}"
        if two.seconds is not None:
            yield f"        rekey_time = {two.seconds * 9 // 10}s"
            yield f"        life_time = {two.seconds}s"
        yield from (f"        mode = {'transport' if 'transport' in two.mode else 'tunnel'}", "      }")
    yield from ("    }", "  }", "}", "secrets {", "  ike-vpn {", f"    id = {_other_id(peer)}", f"    secret = {KEY}")
    yield from ("  }", "}")


def ipsec_conf(peer: Portrait) -> Iterator[str]:
    """A Libreswan ipsec.conf."""
    one, two = peer.phase1.suite, peer.phase2.suite
    yield from _remarks(peer, "#")
    yield "conn vpn"
    yield f"    ikev2={'insist' if peer.version2 else 'no'}"
    if peer.aggressive:
        yield "    aggressive=yes"
    yield from ("    authby=secret", f"    left={peer.peer or _PEER}", f"    leftid={_own_id(peer)}")
    yield from (f"    right={peer.own or _THIS_SIDE}", f"    rightid={_other_id(peer)}")
    yield from _ground(peer, 1, "    #")
    first = _dashed(_SWAN.get(_only(one.encryption)), _PLUTO_HASH.get(_only(one.integrity)), None)
    if peer.phase1.ground:
        yield f"    ike={first}{f';{_group(one)}' if _group(one) else ''}"
    if one.seconds is not None:
        yield f"    ikelifetime={one.seconds}s"
    yield from _ground(peer, 2, "    #")
    second = _dashed(_SWAN.get(_only(two.encryption)), _PLUTO_HASH.get(_only(two.integrity)), None)
    if peer.phase2.ground:
        yield f"    esp={second}{f';{_pfs_group(peer.pfs)}' if peer.pfs is not None else ''}"
    yield f"    pfs={'yes' if peer.pfs is not None else 'no'}"
    if two.seconds is not None:
        yield f"    salifetime={two.seconds}s"
    yield f"    type={'transport' if 'transport' in two.mode else 'tunnel'}"
    yield from _no_networks(peer, "    #", "")
    theirs = ",".join(dict.fromkeys(_selector(pair[0], "the peer") for pair in peer.networks or ((None, None),)))
    ours = ",".join(dict.fromkeys(_selector(pair[1], "this side") for pair in peer.networks or ((None, None),)))
    several = "," in theirs or "," in ours
    yield f"    leftsubnet{f's={{{theirs}}}' if several else f'={theirs}'}"
    yield f"    rightsubnet{f's={{{ours}}}' if several else f'={ours}'}"
    yield f'# in ipsec.secrets:  {_own_id(peer)} {_other_id(peer)} : PSK "{KEY}"'


def _remarks(peer: Portrait, mark: str) -> Iterator[str]:
    """What the sketch cannot say in commands."""
    if peer.version2:
        yield f"{mark} IKEv2 was seen; this side speaks it or the peer does: both must speak the same version"
    if peer.behind_nat:
        yield f"{mark} the peer is behind a NAT device: UDP 500 and 4500 must reach it, its inside address may differ"
    if peer.identity is not None:
        yield f"{mark} the peer calls itself {peer.identity.value} ({peer.identity.kind})"
    for theirs, ours in peer.refused_networks:
        ends = f"{_selector(theirs, 'the peer')} to {_selector(ours, 'this side')}"
        yield f"{mark} the peer proposes {ends}, which this side's log does not confirm"


def _ground(peer: Portrait, number: int, mark: str) -> Iterator[str]:
    """How a phase's algorithms are known; where they are not, what the peer offers now."""
    wish, phase = (peer.phase1, peer.phase2)[number - 1], f"phase {number}"
    if wish.ground:
        yield f"{mark} {phase}: {wish.ground}"
        several = [name for name in (wish.suite.encryption, wish.suite.integrity, wish.suite.group) if "," in name]
        if several:
            yield f"{mark} {phase}: any of {'; '.join(several)}"
        return
    yield f"{mark} {phase}: the log does not show what this side has; ask for it, or give --config"
    for suite in peer.offered[number - 1][:MOST_OFFERS]:
        yield f"{mark} {phase}: the peer offers {spelled(suite)}"


def _no_networks(peer: Portrait, mark: str, place: str) -> Iterator[str]:
    """Nothing where networks are known."""
    if peer.networks:
        return
    yield f"{mark} the log does not show this side's networks; the peer's must be their mirror"
    if place:
        yield place


def _cisco_policy(suite: Suite, word: str, dashed: bool) -> Iterator[str]:
    encryption, integrity = _CISCO.get(_only(suite.encryption)), _CISCO_HASH.get(_only(suite.integrity))
    signed = _only(suite.authentication) not in ("", "pre-shared key")
    yield f" authentication {'rsa-sig' if signed else 'pre-share'}"
    yield f" {word} {_spaced(encryption, dashed)}" if encryption else " ! encryption: not shown"
    yield f" hash {integrity}" if integrity else " ! hash: not shown"
    yield f" group {_only(suite.group)}" if suite.group else " ! group: not shown"
    if suite.seconds is not None:
        yield f" lifetime {suite.seconds}"


def _transform(suite: Suite, dashed: bool) -> str:
    encryption, integrity = _CISCO.get(_only(suite.encryption)), _CISCO_HASH.get(_only(suite.integrity))
    cipher = f"esp-{_spaced(encryption, dashed)}" if encryption else "<ESP cipher: not shown>"
    if suite.encryption.startswith("AES-GCM"):
        return cipher
    return f"{cipher} {f'esp-{integrity}-hmac' if integrity else '<ESP hash: not shown>'}"


def _spaced(name: str, dashed: bool) -> str:
    return name.replace(" ", "-") if dashed else name


def _cisco_pfs(peer: Portrait, before: str) -> Iterator[str]:
    if peer.pfs:
        yield f"{before}set pfs group{_only(peer.pfs)}"
    elif peer.pfs is not None:
        yield f"{before}set pfs <group: not shown>"


def _cisco_lifetimes(suite: Suite, before: str) -> Iterator[str]:
    if suite.seconds is not None:
        yield f"{before}set security-association lifetime seconds {suite.seconds}"
    if suite.kilobytes:
        yield f"{before}set security-association lifetime kilobytes {suite.kilobytes}"


def _asa_selector(theirs: Proxy | None, ours: Proxy | None) -> str:
    ends = (_masked(theirs, "the peer's network", False), _masked(ours, "this side's network", False))
    return f"{_protocol(theirs, ours)} {' '.join(ends)}"


def _ios_selector(theirs: Proxy | None, ours: Proxy | None) -> str:
    ends = (_masked(theirs, "the peer's network", True), _masked(ours, "this side's network", True))
    return f"{_protocol(theirs, ours)} {' '.join(ends)}"


def _protocol(*ends: Proxy | None) -> str:
    number = next((one.protocol for one in ends if one is not None and one.protocol), 0)
    return _PROTOCOLS.get(number, str(number))


def _masked(proxy: Proxy | None, what: str, wildcard: bool) -> str:
    if proxy is None:
        return f"<{what}: not shown>"
    port = f" eq {proxy.port}" if proxy.port and proxy.protocol in (6, 17) else ""
    if proxy.is_host:
        return f"host {proxy.first}{port}"
    if proxy.mask is None:
        return f"<{what}: {proxy.first} to {proxy.last}, as several lines>"
    if int(proxy.mask) == 0:
        return f"any{port}"
    mask = IPv4Address(0xFFFFFFFF - int(proxy.mask)) if wildcard else proxy.mask
    return f"{proxy.first} {mask}{port}"


def _selector(proxy: Proxy | None, whose: str) -> str:
    if proxy is None:
        return f"<network of {whose}: not shown>"
    mask = proxy.mask
    net = f"{proxy.first}-{proxy.last}" if mask is None else f"{proxy.first}/{int(mask).bit_count()}"
    if not proxy.protocol:
        return net
    protocol = _PROTOCOLS.get(proxy.protocol, str(proxy.protocol))
    return f"{net}[{protocol}{f'/{proxy.port}' if proxy.port else ''}]"


def _only(text: str) -> str:
    """The first of several that are open."""
    return text.partition(",")[0].strip()


def _swan_proposal(suite: Suite, group: str | None) -> str:
    return _dashed(_SWAN.get(_only(suite.encryption)), _SWAN_HASH.get(_only(suite.integrity)), group)


def _pfs_group(pfs: str) -> str:
    return _GROUPS.get(_only(pfs), "<PFS group>")


def _group(suite: Suite) -> str | None:
    return _GROUPS.get(_only(suite.group)) if suite.group else None


def _dashed(*names: str | None) -> str:
    return "-".join(name for name in names if name) or "<not shown>"


def _own_id(peer: Portrait) -> str:
    return peer.identity.value if peer.identity is not None else peer.peer or _PEER


def _other_id(peer: Portrait) -> str:
    return peer.expected.value if peer.expected is not None else peer.own or _THIS_SIDE
