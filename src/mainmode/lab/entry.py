"""What keeps a crypto map entry, or a line of its access list, from counting."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from ipaddress import IPv4Address
from itertools import islice

from mainmode.base.address import Proxy, ProxyPair
from mainmode.base.provenance import Absent, Source
from mainmode.device.addresses import AddressBook, held_in
from mainmode.device.config.expansion import ExpansionError, proxy_pairs
from mainmode.device.config.model import AccessList, Ace, Configuration, CryptoMapEntry, Release
from mainmode.lab.hosts import Probe
from mainmode.lab.scene import head_of, of_dynamic_map
from mainmode.lab.traffic import proxies_of

INACTIVE = "is inactive"
NOT_USED = "is not used: "
"""Begins the note on a line that says more than proxies can, or names what does not exist."""

_MOST_UNUSED = 3

_NAMES = {1: "icmp", 6: "tcp", 17: "udp"}


def entry_gaps(configuration: Configuration, entry: CryptoMapEntry | None) -> Iterator[tuple[str, Source]]:
    """What an entry lacks to be complete, each with the line, or its absence. Nothing for a complete one."""
    if entry is None:
        return
    head = head_of(configuration, entry)
    dynamic = of_dynamic_map(configuration, entry)
    if entry.dynamic is not None:
        if entry.dynamic.value not in configuration.dynamic_maps:
            yield f"there is no dynamic-map {entry.dynamic.value}", entry.dynamic.source
        return
    if entry.acl is None and not dynamic:
        yield "missing", Absent(configuration.file, f"{head} match address")
    elif entry.acl is not None and entry.acl.value not in configuration.access_lists:
        yield f"there is no access-list {entry.acl.value}", entry.acl.source
        for name in _alike(entry.acl.value, configuration.access_lists):
            yield "a list with a name much like it", configuration.access_lists[name].source
    elif entry.acl is not None and not any(ace.permit for ace in configuration.access_lists[entry.acl.value].aces):
        yield f"access-list {entry.acl.value} permits nothing", configuration.access_lists[entry.acl.value].source
    if entry.peers is None and not dynamic:
        yield "missing", Absent(configuration.file, f"{head} set peer")
    if entry.transform_sets is None:
        word = "" if configuration.release is Release.OLD else "ikev1 "
        yield "missing", Absent(configuration.file, f"{head} set {word}transform-set")
    elif not any(name in configuration.transform_sets for name in entry.transform_sets.value):
        names = ", ".join(entry.transform_sets.value)
        yield f"there is no transform-set {names}", entry.transform_sets.source
        for name in _alike(entry.transform_sets.value[0], configuration.transform_sets):
            yield "a set with a name much like it", configuration.transform_sets[name].source


def _alike(name: str, known: Iterable[str]) -> list[str]:
    """The name that was probably meant."""
    names = {one.lower(): one for one in known}
    return [names[one] for one in get_close_matches(name.lower(), names, n=1, cutoff=0.7)]


def ignored_lines(
    configuration: Configuration, entry: CryptoMapEntry | None, wanted: ProxyPair | None, flow: Probe
) -> Iterator[tuple[Ace, str]]:
    """Permit lines of an entry's access list that are about the networks or the traffic and do not count, with why."""
    access_list = configuration.access_lists.get(entry.acl.value) if entry is not None and entry.acl else None
    for ace in _switched_off(access_list):
        if wanted is not None and wanted in proxies_of(configuration, ace):
            yield ace, INACTIVE
    among = (_unused(configuration, ace, flow) for ace in (access_list.aces if access_list is not None else ()))
    yield from islice((found for found in among if found is not None), _MOST_UNUSED)


def _unused(configuration: Configuration, ace: Ace, flow: Probe) -> tuple[Ace, str] | None:
    """A permit line that may be about the traffic, and that the device does not use."""
    book = AddressBook(configuration)
    for part, address in ((ace.source_address, flow.source), (ace.destination_address, flow.destination)):
        ranges = book.of(part)
        if ranges and held_in(ranges, address) is None:
            return None
    try:
        proxy_pairs(configuration, ace)
    except ExpansionError as reason:
        return (ace, f"{NOT_USED}{reason}") if ace.permit else None
    return None


def _switched_off(access_list: AccessList | None) -> Iterator[Ace]:
    for one in access_list.entries if access_list is not None else ():
        if isinstance(one, Ace) and one.inactive and one.permit:
            yield one


def access_line(name: str, proxies: ProxyPair) -> str:
    """The permit line that says what a pair of proxies does, as it is typed."""
    local, remote = proxies.local, proxies.remote
    protocol = _NAMES.get(local.protocol, str(local.protocol) if local.protocol else "ip")
    return f"access-list {name} extended permit {protocol} {_end(local)} {_end(remote)}"


def _end(proxy: Proxy) -> str:
    port = f" eq {proxy.port}" if proxy.port else ""
    if proxy.is_host:
        return f"host {proxy.first}{port}"
    if proxy.mask is None:
        return f"{proxy.first}-{proxy.last}{port}"
    return f"any{port}" if proxy.mask == IPv4Address(0) else f"{proxy.first} {proxy.mask}{port}"
