"""Which crypto map entry a quick mode belongs to: the responder's check of the peer's proxies (RFC 2407 §4.6.2)."""

from collections.abc import Iterator
from ipaddress import IPv4Address

from mainmode.base.address import ProxyPair
from mainmode.base.dataclass import dataclass
from mainmode.ike.entries import MapEntries
from mainmode.ike.settings import AclEntry, ConnectionType, MapEntry


@dataclass(frozen=True, slots=True)
class EntryChecked:
    """One crypto map entry that was looked at, and why it is not the one.

    `verdict` is one of: match, incomplete, no-acl, proxies, peer, originate-only, peerless (a dynamic entry without
    peer, passed over since an entry before it names this one).
    """

    entry: MapEntry
    verdict: str
    ace: AclEntry | None = None
    mirrored: bool = True


def nearest_ace(entry: MapEntry, proxies: ProxyPair) -> AclEntry | None:
    """The permit ACE that comes closest to the proxies: what a person would compare them with."""

    def likeness(ace: AclEntry) -> int:
        ours, theirs = ace.proxies, proxies
        return (
            4 * (ours.local == theirs.local)
            + 4 * (ours.remote == theirs.remote)
            + 2 * (ours.covers(theirs) or theirs.covers(ours))
            + (ours.local.first == theirs.local.first)
            + (ours.remote.first == theirs.remote.first)
            + (ours.local.protocol == theirs.local.protocol)
        )

    return max((ace for ace in entry.acl or () if ace.permit), key=likeness, default=None)


def check_entries(
    entries: MapEntries, peer: IPv4Address, proxies: ProxyPair, standing: bool = False, every: bool = True
) -> Iterator[EntryChecked]:
    """Each entry in sequence with its verdict, ending with the first match.

    Behind an entry that names the peer a dynamic one without peer does not take it (the device's own line says so).
    `standing`: a tunnel with the peer stands, so that an originate-only entry takes what the peer begins.
    Proxies that a static entry gives to another peer are no dynamic map's any more.
    `every` False leaves out the entries that neither take the proxies nor have a say in who does; the last verdict is
    "match" or not as it is with all of them.
    """
    exact = entries.exact(proxies)
    named = taken = False
    for place in range(len(entries.all)) if every else entries.deciding(peer, exact):
        entry = entries.all[place]
        if entry.dynamic and taken:
            continue
        if not entry.complete:
            yield EntryChecked(entry, "incomplete")
            continue
        if entry.dynamic and named and not entry.peers:
            yield EntryChecked(entry, "peerless")
            continue
        named = named or peer in entry.peers
        ace = entries.mirror(place, proxies, exact)
        if entry.dynamic:
            if entry.acl is None or ace is not None:
                yield EntryChecked(entry, "match", ace)
                return
            yield EntryChecked(entry, "proxies")
        elif entry.acl is None:
            yield EntryChecked(entry, "no-acl")
        elif ace is None:
            yield EntryChecked(entry, "proxies")
        elif peer not in entry.peers:
            taken = True
            yield EntryChecked(entry, "peer", ace)
        elif entry.connection_type is ConnectionType.ORIGINATE_ONLY and not standing:
            yield EntryChecked(entry, "originate-only", ace)
        else:
            yield EntryChecked(entry, "match", ace)
            return
