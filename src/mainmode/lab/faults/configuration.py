"""Faults in a configuration: the lines that somebody types who gets it wrong."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from mainmode.base.errors import InputError
from mainmode.base.provenance import Statement
from mainmode.device.config.model import Ace, Configuration, CryptoMapEntry, Policy, Release
from mainmode.device.config.problem import Severity
from mainmode.device.config.reader import read
from mainmode.lab.faults.declaration import Fault, Lines, Ordered, Place
from mainmode.lab.traffic import proxies_of

_NOBODY = IPv4Address("192.0.2.99")
"""An address of the documentation's, where nobody is."""

_NAME = "FAULT"
_OTHERS = {
    "encryption": ("aes-256", "3des"),
    "hash": ("md5", "sha"),
    "group": ("5", "2"),
    "authentication": ("rsa-sig", "pre-share"),
    "lifetime": ("3600", "86400"),
}


def _ike(configuration: Configuration) -> str:
    return "isakmp" if configuration.release is Release.OLD else "ikev1"


def _word(configuration: Configuration) -> str:
    return "" if configuration.release is Release.OLD else "ikev1 "


def _entries(configuration: Configuration) -> list[CryptoMapEntry]:
    """The static entries of the crypto maps. Raises InputError where there is none."""
    found = [entry for one in configuration.crypto_maps.values() for entry in one.entries if entry.dynamic is None]
    if not found:
        raise InputError(f"{configuration.file}: no crypto map entry for this fault")
    return found


def _groups(configuration: Configuration) -> list[str]:
    """The tunnel-groups for LAN-to-LAN peers. Raises InputError where there is none."""
    found = [group.name for group in configuration.tunnel_groups.values() if group.is_l2l and group.key is not None]
    if not found:
        raise InputError(f"{configuration.file}: no tunnel-group for this fault")
    return found


def _head(entry: CryptoMapEntry) -> str:
    return f"crypto map {entry.map_name} {entry.sequence}"


def _wrong_key(configuration: Configuration, value: str) -> Iterator[str]:
    for name in _groups(configuration):
        yield f"tunnel-group {name} ipsec-attributes"
        yield f" {_word(configuration)}pre-shared-key {value}"


def _no_key(configuration: Configuration, _: str) -> Iterator[str]:
    for name in _groups(configuration):
        yield f"tunnel-group {name} ipsec-attributes"
        yield f" no {_word(configuration)}pre-shared-key"


def _no_tunnel_group(configuration: Configuration, _: str) -> Iterator[str]:
    for name in _groups(configuration):
        yield f"no tunnel-group {name}"


def _group_name(configuration: Configuration, value: str) -> Iterator[str]:
    yield from _no_tunnel_group(configuration, "")
    yield f"tunnel-group {value} type ipsec-l2l"
    yield f"tunnel-group {value} ipsec-attributes"
    yield f" {_word(configuration)}pre-shared-key another"


def _policy(configuration: Configuration, value: str) -> Iterator[str]:
    if value not in _OTHERS:
        raise InputError(f"policy={value}: what can be wrong is {', '.join(_OTHERS)}")
    if not configuration.policies:
        raise InputError(f"{configuration.file}: no phase 1 policy for this fault")
    for policy in configuration.policies:
        yield f"crypto {_ike(configuration)} policy {policy.priority}"
        yield f" {value} {_another(policy, value)}"


def _another(policy: Policy, attribute: str) -> str:
    stands = str(getattr(policy, attribute).value)
    return next(other for other in _OTHERS[attribute] if other != stands)


def _transform(configuration: Configuration, _: str) -> Iterator[str]:
    word = _word(configuration)
    yield f"crypto ipsec {word}transform-set {_NAME} esp-des esp-md5-hmac"
    for entry in _entries(configuration):
        yield f"{_head(entry)} set {word}transform-set {_NAME}"


def _pfs(configuration: Configuration, value: str) -> Iterator[str]:
    for entry in _entries(configuration):
        yield f"no {_head(entry)} set pfs" if entry.pfs is not None else f"{_head(entry)} set pfs {value}"


def _acl(configuration: Configuration, _: str) -> Iterator[str]:
    for entry in _entries(configuration):
        name = f"{_NAME}-{entry.sequence}"
        written = False
        for ace in _permits(configuration, entry):
            for proxies in proxies_of(configuration, ace)[:1]:
                local, remote = proxies.local, proxies.remote
                if remote.mask is None or remote.is_host or local.mask is None:
                    continue
                half = IPv4Network(f"{remote.first}/{remote.mask}").prefixlen + 1
                written = True
                yield (
                    f"access-list {name} extended permit ip {local.first} {local.mask} "
                    f"{remote.first} {IPv4Network((remote.first, half)).netmask}"
                )
                break
            if written:
                break
        if not written:
            raise InputError(f"{configuration.file}: no line of a crypto access list whose network can be halved")
        yield f"{_head(entry)} match address {name}"


def _permits(configuration: Configuration, entry: CryptoMapEntry) -> list[Ace]:
    access_list = configuration.access_lists.get(entry.acl.value) if entry.acl is not None else None
    return [ace for ace in access_list.aces if ace.permit] if access_list is not None else []


def _peer(configuration: Configuration, value: str) -> Iterator[str]:
    for entry in _entries(configuration):
        for peer in entry.peers.value if entry.peers is not None else ():
            yield f"no {_head(entry)} set peer {peer}"
        yield f"{_head(entry)} set peer {value}"


def _ike_off(configuration: Configuration, _: str) -> Iterator[str]:
    if not configuration.enabled:
        raise InputError(f"{configuration.file}: IKE is enabled nowhere")
    for enabled in configuration.enabled:
        yield f"no crypto {_ike(configuration)} enable {enabled.value}"


def _unbound(configuration: Configuration, _: str) -> Iterator[str]:
    for crypto_map in configuration.crypto_maps.values():
        for interface in crypto_map.interfaces:
            yield f"no crypto map {crypto_map.name} interface {interface.value}"


def _incomplete(configuration: Configuration, value: str) -> Iterator[str]:
    for entry in _entries(configuration):
        if value == "transform-set":
            yield f"no {_head(entry)} set {_word(configuration)}transform-set"
        elif value == "peer":
            yield from (f"no {_head(entry)} set peer {one}" for one in (entry.peers.value if entry.peers else ()))
        elif value == "acl":
            yield f"no {_head(entry)} match address"
        else:
            raise InputError(f"incomplete={value}: what can be missing is transform-set, peer, acl")


def _earlier(configuration: Configuration, value: str) -> Iterator[str]:
    entry = _entries(configuration)[0]
    if entry.sequence < 2 or entry.acl is None or entry.transform_sets is None:
        raise InputError(f"{configuration.file}: {_head(entry)} leaves no room for an entry before it")
    head = f"crypto map {entry.map_name} 1"
    yield f"{head} match address {entry.acl.value}"
    yield f"{head} set peer {value}"
    yield f"{head} set {_word(configuration)}transform-set {entry.transform_sets.value[0]}"


def _dynamic(configuration: Configuration, _: str) -> Iterator[str]:
    entry = _entries(configuration)[0]
    word = _word(configuration)
    yield f"crypto ipsec {word}transform-set {_NAME} esp-des esp-md5-hmac"
    yield f"crypto dynamic-map {_NAME} 1 set {word}transform-set {_NAME}"
    yield f"crypto map {entry.map_name} 1 ipsec-isakmp dynamic {_NAME}"


def _no_exemption(configuration: Configuration, _: str) -> Iterator[str]:
    rules = [rule for rule in configuration.nat_rules if rule.real_source == rule.mapped_source]
    if not rules:
        raise InputError(f"{configuration.file}: no NAT exemption to take away")
    for rule in rules:
        if isinstance(rule.source, Statement):
            yield f"no {rule.source.text.strip()}"
    real, mapped = rules[0].interfaces
    yield f"nat ({real},{mapped}) source dynamic {rules[0].real_source} interface"


def _nat_t_off(configuration: Configuration, _: str) -> Iterator[str]:
    yield f"no crypto {_ike(configuration)} nat-traversal"


def _identity(configuration: Configuration, value: str) -> Iterator[str]:
    yield f"crypto isakmp identity {value}"


def _lifetime(configuration: Configuration, value: str) -> Iterator[str]:
    for entry in _entries(configuration):
        yield f"{_head(entry)} set security-association lifetime seconds {value}"


def _kilobytes(configuration: Configuration, value: str) -> Iterator[str]:
    for entry in _entries(configuration):
        yield f"{_head(entry)} set security-association lifetime kilobytes {value}"


def _connection_type(configuration: Configuration, value: str) -> Iterator[str]:
    for entry in _entries(configuration):
        yield f"{_head(entry)} set connection-type {value}"


def _timeout(configuration: Configuration, command: str, value: str) -> Iterator[str]:
    yield f"group-policy {_NAME} internal"
    yield f"group-policy {_NAME} attributes"
    yield f" {command} {value}"
    for name in _groups(configuration):
        yield f"tunnel-group {name} general-attributes"
        yield f" default-group-policy {_NAME}"


def _no_keepalive(configuration: Configuration, _: str) -> Iterator[str]:
    for name in _groups(configuration):
        yield f"tunnel-group {name} ipsec-attributes"
        yield " isakmp keepalive disable"


def _limit(configuration: Configuration, value: str) -> Iterator[str]:
    if configuration.release is Release.OLD:
        raise InputError(f"{configuration.file}: 8.2 and 8.3 have no limit on negotiations; write it as 8.4 does")
    yield f"crypto ikev1 limit max-in-negotiation-sa {value}"


def _in(name: str, does: str, leads_to: tuple[str, ...], lines: Lines, value: str = "", usual: str = "") -> Fault:
    return Fault(name, Place.CONFIGURATION, does, leads_to, value, usual, lines=lines, needs_device=True)


CONFIGURATION_FAULTS: tuple[Fault, ...] = (
    _in("wrong-key", "The pre-shared keys are others.", ("PSK_MISMATCH",), _wrong_key, "a key", "not-the-key"),
    _in("no-key", "The tunnel-groups have no pre-shared key.", ("NO_TUNNEL_GROUP",), _no_key),
    _in("no-tunnel-group", "There is no tunnel-group for the peer.", ("NO_TUNNEL_GROUP",), _no_tunnel_group),
    _in(
        "group-name",
        "The tunnel-group is named by another address.",
        ("NO_TUNNEL_GROUP",),
        _group_name,
        "an address",
        str(_NOBODY),
    ),
    _in(
        "policy",
        "An attribute of every phase 1 policy is another.",
        ("PHASE1_MISMATCH",),
        _policy,
        f"which: {', '.join(_OTHERS)} (of lifetimes the shorter one counts)",
        "encryption",
    ),
    _in("transform", "The crypto map asks for DES with MD5.", ("TRANSFORM_MISMATCH",), _transform),
    _in(
        "pfs",
        "Perfect forward secrecy is asked for, or no more where it was.",
        ("PFS_MISMATCH",),
        _pfs,
        "a group",
        "group5",
    ),
    _in("acl", "The crypto access list names half of the remote network: it is no mirror.", ("PROXY_MISMATCH",), _acl),
    _in(
        "peer",
        "The crypto map names a peer where nobody is.",
        ("PEER_ADDRESS_WRONG",),
        _peer,
        "an address",
        str(_NOBODY),
    ),
    _in("ike-off", "IKE is enabled on no interface.", ("IKE_NOT_ENABLED",), _ike_off),
    _in("unbound", "The crypto map is bound to no interface.", ("CRYPTO_MAP_NOT_BOUND",), _unbound),
    _in(
        "incomplete",
        "The crypto map entry lacks something.",
        ("NO_MATCHING_ENTRY", "NOT_INTERESTING"),
        _incomplete,
        "what: transform-set, peer, acl",
        "transform-set",
    ),
    _in(
        "earlier-entry",
        "An earlier crypto map entry with another peer takes the traffic.",
        ("EARLIER_ENTRY",),
        _earlier,
        "the peer",
        str(_NOBODY),
    ),
    _in(
        "dynamic-first",
        "A dynamic map stands before the static entries and answers for them.",
        ("DYNAMIC_FIRST",),
        _dynamic,
    ),
    _in(
        "no-exemption", "The NAT exemption is gone, and the hosts are translated.", ("NO_NAT_EXEMPTION",), _no_exemption
    ),
    _in("nat-t-off", "NAT traversal is off.", ("ESP_BLOCKED",), _nat_t_off),
    _in(
        "identity",
        "The device calls itself otherwise; with a pre-shared key its peer looks at the address alone.",
        ("up",),
        _identity,
        "an identity",
        "hostname",
    ),
    _in(
        "lifetime",
        "Phase 2 lives shorter: of both lifetimes the shorter one counts.",
        ("up",),
        _lifetime,
        "seconds",
        "120",
    ),
    _in(
        "kilobytes",
        "Phase 2 carries less: of both volumes the smaller one counts.",
        ("up",),
        _kilobytes,
        "kilobytes",
        "100",
    ),
    _in(
        "connection-type",
        "The crypto map entry may only answer, or only begin.",
        ("CONNECTION_TYPE",),
        _connection_type,
        "answer-only or originate-only",
        "answer-only",
    ),
    _in(
        "idle-timeout",
        "A tunnel without traffic ends.",
        ("idle timeout",),
        lambda configuration, value: _timeout(configuration, "vpn-idle-timeout", value),
        "minutes",
        "1",
    ),
    _in(
        "session-timeout",
        "A tunnel ends after a time, whatever it carries.",
        ("session timeout",),
        lambda configuration, value: _timeout(configuration, "vpn-session-timeout", value),
        "minutes",
        "1",
    ),
    _in("no-keepalive", "Dead peers are not looked for.", ("a lost peer is not noticed",), _no_keepalive),
    _in("limit", "Hardly any negotiation may be under way.", ("LIMIT",), _limit, "a share of all, in percent", "1"),
)
"""All of them, in the order of the list."""


def broken(ordered: Ordered, text: str, configuration: Configuration) -> str:
    """A configuration's text with the fault typed into it, if it is one of a configuration.

    Raises InputError where the fault cannot be made there.
    """
    if ordered.fault.lines is None:
        return text
    try:
        lines = list(ordered.fault.lines(configuration, ordered.value))
    except InputError as error:
        raise InputError(f"--fault {ordered.text}: {error}") from None
    worse = more_typed(text, "\n".join(lines))
    known = len(configuration.lines)
    result = read(worse, configuration.file)
    must_be_read(f"--fault {ordered.text}", result, known)
    ordered.typed = " / ".join(line.strip() for line in result.lines[known:])
    return worse


def more_typed(text: str, lines: str) -> str:
    """A configuration's text with more lines behind it."""
    return f"{text.rstrip()}\n{lines}\n"


def must_be_read(what: str, configuration: Configuration, known: int) -> None:
    """Raises InputError where a line behind the first `known` ones was not understood."""
    for problem in configuration.problems:
        if problem.line > known and problem.severity is not Severity.WARNING:
            raise InputError(f"{what}: {problem}")
