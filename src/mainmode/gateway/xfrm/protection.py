"""Which traffic the crypto maps protect, as an ordered list of the kernel's selectors: the first that fits decides.

A packet that an access list denies goes on to the next entry of the map (configuration reference, crypto map), which
no policy of the kernel can say by itself: so what a deny has in common with later entries stands before it.
"""

from collections.abc import Iterator, Sequence
from ipaddress import summarize_address_range
from typing import NamedTuple

from mainmode.base.address import ProxyPair
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.gateway.xfrm.layout import Selector
from mainmode.ike.settings import AclEntry, IkeSettings, MapEntry

MOST_SELECTORS = 16384
"""The kernel looks at policies one after the other: more than these would carry nothing in time."""


class TunnelKey(NamedTuple):
    """A tunnel as the configuration knows it: the entry that it belongs to and the proxies of its ACE."""

    interface: str
    map_name: str
    sequence: int
    proxies: ProxyPair


@dataclass(frozen=True, slots=True)
class Wanted:
    """Outbound packets and what becomes of them: into a tunnel, or with None in clear."""

    selector: Selector
    tunnel: TunnelKey | None
    entry: MapEntry | None = None


def selectors(proxies: ProxyPair, link: int = 0) -> list[Selector]:
    """The outbound packets of a pair of proxies: one selector, more for ranges that are no networks."""
    local, remote = proxies.local, proxies.remote
    return [
        Selector(source, destination, local.protocol or remote.protocol, local.port, remote.port, link)
        for source in summarize_address_range(local.first, local.last)
        for destination in summarize_address_range(remote.first, remote.last)
    ]


def protection(settings: IkeSettings, links: dict[str, int]) -> list[Wanted]:
    """All static entries, by interface. `links` are the host's indexes by nameif; 0 where there is none.

    Raises InputError where the access lists come to more selectors than the kernel may be asked to look at.
    """
    wanted: dict[Selector, Wanted] = {}
    for interface in dict.fromkeys(entry.interface for entry in settings.entries):
        entries = [one for one in settings.entries_on(interface) if one.complete and not one.dynamic]
        for one in _decided(entries, None, links.get(interface, 0)):
            wanted.setdefault(one.selector, one)
            if len(wanted) > MOST_SELECTORS:
                raise InputError(
                    f"the access lists of the crypto maps come to more than {MOST_SELECTORS} selectors: "
                    "use the user space data plane (--data-plane user)"
                )
    return list(wanted.values())


def _decided(entries: Sequence[MapEntry], scope: Selector | None, link: int) -> Iterator[Wanted]:
    """What the entries say of the packets in `scope` (None: all), the first that fits first."""
    for place, entry in enumerate(entries):
        for ace in entry.acl or ():
            for selector in selectors(ace.proxies, link):
                met = selector if scope is None else selector.meeting(scope)
                if met is None:
                    continue
                if ace.permit:
                    yield Wanted(met, _key(entry, ace), entry)
                else:
                    yield from _decided(entries[place + 1 :], met, link)
                    yield Wanted(met, None)


def _key(entry: MapEntry, ace: AclEntry) -> TunnelKey:
    return TunnelKey(entry.interface, entry.map_name, entry.sequence, ace.proxies)
