"""From the configuration to what IKE may know of it: words become numbers, access lists become proxies, and every
value keeps its source."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache, partial
from ipaddress import IPv4Address, IPv4Network

from mainmode.base.codes import Authentication1, Encryption1, EspAuthentication, EspTransform, Group, Hash1
from mainmode.base.provenance import Absent, Source
from mainmode.base.secret import Secret
from mainmode.device.config import model
from mainmode.device.config.expansion import ExpansionError, proxy_pairs
from mainmode.device.config.model import Configuration, Release, Sourced
from mainmode.device.config.running import entry_text
from mainmode.ike.limits import MAX_TUNNELS
from mainmode.ike.settings import (
    AclEntry,
    ConnectionType,
    IkePolicy,
    IkeSettings,
    MapEntry,
    TransformSet,
    TunnelGroup,
)
from mainmode.ipsec.dataplane import EspSuite, Mode, SaPair

_ENCRYPTIONS = {
    "des": (Encryption1.DES_CBC, 0),
    "3des": (Encryption1.TRIPLE_DES_CBC, 0),
    "aes": (Encryption1.AES_CBC, 128),
    "aes-192": (Encryption1.AES_CBC, 192),
    "aes-256": (Encryption1.AES_CBC, 256),
}
_HASHES = {
    "md5": Hash1.MD5,
    "sha": Hash1.SHA1,
    "sha256": Hash1.SHA2_256,
    "sha384": Hash1.SHA2_384,
    "sha512": Hash1.SHA2_512,
}
_ESP_ENCRYPTIONS = {
    "esp-des": (EspTransform.DES, 0),
    "esp-3des": (EspTransform.TRIPLE_DES, 0),
    "esp-aes": (EspTransform.AES_CBC, 128),
    "esp-aes-192": (EspTransform.AES_CBC, 192),
    "esp-aes-256": (EspTransform.AES_CBC, 256),
    "esp-null": (EspTransform.NULL, 0),
    "esp-aes-gcm": (EspTransform.AES_GCM_16, 128),
    "esp-aes-gcm-192": (EspTransform.AES_GCM_16, 192),
    "esp-aes-gcm-256": (EspTransform.AES_GCM_16, 256),
}
_AUTHENTICATIONS = {
    "pre-share": Authentication1.PRE_SHARED_KEY,
    "rsa-sig": Authentication1.RSA_SIGNATURE,
}
_ESP_AUTHENTICATIONS = {
    "esp-none": EspAuthentication.NONE,
    "esp-md5-hmac": EspAuthentication.HMAC_MD5,
    "esp-sha-hmac": EspAuthentication.HMAC_SHA1,
    "esp-sha256-hmac": EspAuthentication.HMAC_SHA2_256,
    "esp-sha384-hmac": EspAuthentication.HMAC_SHA2_384,
    "esp-sha512-hmac": EspAuthentication.HMAC_SHA2_512,
}
_DEFAULT_GROUP = "DefaultL2LGroup"


def ike_settings(configuration: Configuration, hidden_key: Secret | Mapping[str, Secret] | None = None) -> IkeSettings:
    """All that IKE may know of the device.

    Entries of crypto maps that are bound to no interface are left out (see `unbound_maps`), and so are
    transform sets that do not exist, access list entries that no proxy can say (the reader
    warned of them) and groups that are not for LAN-to-LAN peers. `hidden_key` stands in where the file hides a key:
    one for all tunnel-groups, or one for each by its name.
    """
    settings = configuration.derived(_settings)
    groups = configuration.tunnel_groups
    if isinstance(hidden_key, Mapping):
        keys = {name: key for name, key in hidden_key.items() if name in groups and groups[name].key_hidden}
    else:
        keys = {name: hidden_key for name, group in groups.items() if hidden_key and group.key_hidden}
    if not keys:
        return settings
    known = {name: replace(settings.groups[name], key=key) for name, key in keys.items() if name in settings.groups}
    default = settings.default_group
    if default is not None and default.name in keys:
        default = replace(default, key=keys[default.name])
    return replace(settings, groups={**settings.groups, **known}, default_group=default)


def _settings(configuration: Configuration) -> IkeSettings:
    """The settings without stand-ins for hidden keys."""
    settings = configuration.settings
    file = configuration.file
    groups = {
        name: _tunnel_group(configuration, group) for name, group in configuration.tunnel_groups.items() if group.is_l2l
    }
    enabled = {on.value: on.source for on in configuration.enabled}
    named = [one.nameif.value for one in configuration.interfaces if one.nameif is not None]
    share = settings.max_in_negotiation.value
    policies = [_policy(one) for one in configuration.policies if one.authentication.value in _AUTHENTICATIONS]
    word = "isakmp" if configuration.release is Release.OLD else "ikev1"
    return IkeSettings(
        file=file,
        hostname=settings.hostname.value,
        policies=tuple(policy for policy in policies if policy.authentication == Authentication1.PRE_SHARED_KEY),
        unspoken=tuple(policy for policy in policies if policy.authentication != Authentication1.PRE_SHARED_KEY),
        entries=tuple(_entries(configuration)),
        groups={name: group for name, group in groups.items() if name != _DEFAULT_GROUP},
        default_group=groups.get(_DEFAULT_GROUP),
        addresses={
            one.nameif.value: one.address.value.address
            for one in configuration.interfaces
            if one.nameif is not None and one.address is not None and not one.shutdown.value
        },
        enabled=enabled,
        identity=settings.identity.value.method,
        identity_value=settings.identity.value.value or "",
        nat_traversal=settings.nat_traversal.value,
        tunnel_manager=configuration.release is Release.NEW,
        max_in_negotiation=None if share is None else max(1, MAX_TUNNELS * share // 100),
        am_disable=settings.am_disable.value,
        disconnect_notify=settings.disconnect_notify.value,
        mtus={name: mtu.value for name, mtu in configuration.mtus.items()},
        sources={
            "max_in_negotiation": settings.max_in_negotiation.source,
            "am_disable": settings.am_disable.source,
            "disconnect_notify": settings.disconnect_notify.source,
            "identity": settings.identity.source,
            "nat_traversal": settings.nat_traversal.source,
            "hostname": settings.hostname.source,
            **{f"enable {name}": Absent(file, f"crypto {word} enable {name}") for name in named},
            **{f"enable {name}": source for name, source in enabled.items()},
        },
    )


def policy_words(encryption: Encryption1, key_bits: int, hashed: Hash1) -> tuple[str, str]:
    """The words of a policy for an encryption and a hash: `aes-256`, `sha`. Raises KeyError for what no policy says."""
    encryptions = {known: word for word, known in _ENCRYPTIONS.items()}
    hashes = {known: word for word, known in _HASHES.items()}
    bits = key_bits if encryption == Encryption1.AES_CBC else 0
    return encryptions[encryption, bits], hashes[hashed]


def transform_words(suite: EspSuite) -> tuple[str, str]:
    """The words of a transform set for a suite: `esp-aes-256`, `esp-sha-hmac`. Raises KeyError for what none says."""
    encryptions = {known: word for word, known in _ESP_ENCRYPTIONS.items()}
    authentications = {known: word for word, known in _ESP_AUTHENTICATIONS.items()}
    return encryptions[suite.encryption, suite.key_bits], authentications[suite.authentication]


def unbound_maps(configuration: Configuration) -> Mapping[str, Absent]:
    """The crypto maps that have entries and are bound to no interface, each with the line that is missing.

    The line names the interface that leads to the first peer, where one does.
    """
    return {
        one.name: Absent(
            configuration.file, f"crypto map {one.name} interface {_towards(configuration, one) or 'INTERFACE'}"
        )
        for one in configuration.crypto_maps.values()
        if one.entries and not one.interfaces
    }


def entry_of(configuration: Configuration, pair: SaPair) -> model.CryptoMapEntry | None:
    """The configured entry that a pair of SAs was negotiated for: a static one, else one of a dynamic map."""
    return entry_named(configuration, pair.map_name, pair.map_sequence)


def entry_named(configuration: Configuration, map_name: str, sequence: int) -> model.CryptoMapEntry | None:
    """The entry of a static map with this name and number, else the one of a dynamic map."""
    return configuration.derived(_named_entries).get((map_name, sequence))


def _named_entries(configuration: Configuration) -> Mapping[tuple[str, int], model.CryptoMapEntry]:
    found: dict[tuple[str, int], model.CryptoMapEntry] = {}
    for maps in (configuration.crypto_maps, configuration.dynamic_maps):
        for name, named in maps.items():
            for entry in named.entries:
                if entry.dynamic is None:
                    found.setdefault((name, entry.sequence), entry)
    return found


def _policy(policy: model.Policy) -> IkePolicy:
    encryption, key_bits = _ENCRYPTIONS[policy.encryption.value]
    return IkePolicy(
        priority=policy.priority,
        authentication=_AUTHENTICATIONS[policy.authentication.value],
        encryption=encryption,
        key_bits=key_bits,
        hash=_HASHES[policy.hash.value],
        group=Group(policy.group.value),
        lifetime=policy.lifetime.value,
        sources={
            "policy": policy.source,
            "authentication": policy.authentication.source,
            "encryption": policy.encryption.source,
            "hash": policy.hash.source,
            "group": policy.group.source,
            "lifetime": policy.lifetime.source,
        },
    )


def _tunnel_group(configuration: Configuration, group: model.TunnelGroup) -> TunnelGroup:
    keepalive = group.keepalive.value
    policy = configuration.group_policy(group.group_policy.value)
    command = "pre-shared-key" if configuration.release is Release.OLD else "ikev1 pre-shared-key"
    return TunnelGroup(
        name=group.name,
        key=group.key.value if group.key is not None and not group.key_hidden else None,
        keepalive=None if keepalive is None else (keepalive.threshold or 0, keepalive.retry),
        peer_id_validate=group.peer_id_validate.value,
        policy_name=policy.name,
        idle_timeout=_seconds(policy.idle_timeout.value),
        session_timeout=_seconds(policy.session_timeout.value),
        vpn_filter=policy.vpn_filter.value,
        protocols=frozenset(policy.tunnel_protocols.value),
        sources={
            "group": group.source,
            "key": group.key.source if group.key is not None else Absent(configuration.file, command),
            "keepalive": group.keepalive.source,
            "peer_id_validate": group.peer_id_validate.source,
            "policy": group.group_policy.source,
            "idle_timeout": policy.idle_timeout.source,
            "session_timeout": policy.session_timeout.source,
            "vpn_filter": policy.vpn_filter.source,
            "protocols": policy.tunnel_protocols.source,
        },
    )


def _seconds(minutes: int | None) -> int | None:
    return None if minutes is None else minutes * 60


def _entries(configuration: Configuration) -> Iterator[MapEntry]:
    for crypto_map in configuration.crypto_maps.values():
        for bound in crypto_map.interfaces:
            for entry in crypto_map.entries:
                behind = configuration.dynamic_maps.get(entry.dynamic.value) if entry.dynamic is not None else None
                if behind is None:
                    yield _entry(configuration, entry, bound, entry)
                else:
                    yield from (_entry(configuration, one, bound, entry) for one in behind.entries)


def _entry(
    configuration: Configuration, entry: model.CryptoMapEntry, bound: Sourced[str], outer: model.CryptoMapEntry
) -> MapEntry:
    """What `entry` says where `outer` of the map stands: itself, or the static entry that names a dynamic map."""
    settings = configuration.settings
    seconds = entry.lifetime_seconds or settings.lifetime_seconds
    kilobytes = entry.lifetime_kilobytes or settings.lifetime_kilobytes
    head = f"crypto {'map' if entry is outer else 'dynamic-map'} {entry.map_name} {entry.sequence}"
    ikev1 = "" if configuration.release is Release.OLD else "ikev1 "

    def source(value: Sourced[object] | None, missing: str) -> Source:
        return Absent(configuration.file, f"{head} {missing}") if value is None else value.source

    return MapEntry(
        map_name=entry.map_name,
        sequence=entry.sequence,
        interface=bound.value,
        acl_name=entry.acl.value if entry.acl is not None else None,
        acl=_access_list(configuration, entry.acl.value) if entry.acl is not None else None,
        peers=entry.peers.value if entry.peers is not None else (),
        transform_sets=_transform_sets(configuration, entry),
        pfs=Group(entry.pfs.value) if entry.pfs is not None else None,
        lifetime_seconds=seconds.value,
        lifetime_kilobytes=kilobytes.value,
        connection_type=ConnectionType(entry.connection_type.value),
        nat_t_disable=entry.nat_t_disable.value,
        dynamic=outer.dynamic is not None,
        behind=None if entry is outer else (outer.map_name, outer.sequence),
        reverse_route=entry.reverse_route.value is not None,
        sources={
            "entry": outer.source,
            "acl": source(entry.acl, "match address ACL"),
            "peer": source(entry.peers, "set peer ADDRESS"),
            "transform_set": source(entry.transform_sets, f"set {ikev1}transform-set NAME"),
            "pfs": source(entry.pfs, "set pfs"),
            "lifetime_seconds": seconds.source,
            "lifetime_kilobytes": kilobytes.source,
            "connection_type": entry.connection_type.source,
            "interface": bound.source,
        },
    )


def _access_list(configuration: Configuration, name: str) -> tuple[AclEntry, ...] | None:
    access_list = configuration.access_lists.get(name)
    if access_list is None:
        return None
    expanded: list[AclEntry] = []
    for ace in access_list.aces:
        try:
            pairs = proxy_pairs(configuration, ace)
        except ExpansionError:
            continue
        spelled = cache(partial(entry_text, configuration, access_list, ace))
        expanded.extend(AclEntry(ace.permit, pair, spelled, ace.source) for pair in pairs)
    return tuple(expanded)


def _transform_sets(configuration: Configuration, entry: model.CryptoMapEntry) -> tuple[TransformSet, ...]:
    names = entry.transform_sets.value if entry.transform_sets is not None else ()
    found = (configuration.transform_sets.get(name) for name in names)
    return tuple(_transform_set(one) for one in found if one is not None)


def _transform_set(one: model.TransformSet) -> TransformSet:
    encryption, key_bits = _ESP_ENCRYPTIONS[one.encryption.value]
    return TransformSet(
        name=one.name,
        encryption=encryption,
        key_bits=key_bits,
        authentication=_ESP_AUTHENTICATIONS[one.authentication.value],
        mode=Mode[one.mode.value.upper()],
        source=one.source,
    )


def _towards(configuration: Configuration, crypto_map: model.CryptoMap) -> str | None:
    """The nameif that leads to the map's first peer: by its subnet, else by the longest route."""
    peers = [peer for entry in crypto_map.entries if entry.peers is not None for peer in entry.peers.value]
    if not peers:
        return None
    networks = [
        (IPv4Network(f"{one.address.value.address}/{one.address.value.mask}", strict=False), one.nameif.value)
        for one in configuration.interfaces
        if one.nameif is not None and one.address is not None
    ]
    networks += [
        (IPv4Network(f"{route.network}/{route.mask}", strict=False), route.interface) for route in configuration.routes
    ]
    return _longest(peers[0], networks)


def _longest(address: IPv4Address, networks: list[tuple[IPv4Network, str]]) -> str | None:
    holding = [(network.prefixlen, name) for network, name in networks if address in network]
    return max(holding, key=lambda pair: pair[0])[1] if holding else None
