"""Entries of one crypto map whose traffic an earlier entry takes.

The proxy pairs of the entries so far are kept by their shape (two prefix lengths, protocol and ports); a pair asks for
each shape that is there whether it holds it. So the cost grows with the pairs and the few shapes, not with the
square of the pairs.
"""

from collections.abc import Iterator

from mainmode.base.address import Proxy, ProxyPair
from mainmode.base.dataclass import dataclass
from mainmode.device.config.expansion import ExpansionError, proxy_pairs
from mainmode.device.config.model import Ace, Configuration, CryptoMap, CryptoMapEntry

MOST_PAIRS = 20_000
"""Proxy pairs of one map that are compared; what comes after them is not."""

_Shape = tuple[int, int, bool, bool, bool]
_Key = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Traffic of `entry` that `earlier` takes: all of it (`whole`), or a part that goes to the same peer."""

    entry: CryptoMapEntry
    earlier: CryptoMapEntry
    whole: bool


def overlaps(configuration: Configuration, crypto_map: CryptoMap) -> Iterator[Overlap]:
    """The overlaps of a map, entry by entry; of each entry the first."""
    taken = _Taken()
    left = MOST_PAIRS
    for entry in crypto_map.entries:
        if entry.acl is None or not entry.complete or entry.acl.value not in configuration.access_lists:
            continue
        pairs, certain = _permitted(configuration, entry.acl.value, left)
        left -= len(pairs)
        if left <= 0:
            return
        holders = [taken.holder(pair) for pair in pairs]
        found = [one for one in holders if one is not None]
        if found and len(found) == len(holders):
            yield Overlap(entry, found[0], True)
        elif shared := next((one for one in found if _peers(one) & _peers(entry)), None):
            yield Overlap(entry, shared, False)
        for pair in pairs[:certain]:
            taken.add(pair, entry)


def _peers(entry: CryptoMapEntry) -> set[object]:
    return set(entry.peers.value) if entry.peers is not None else set()


def _permitted(configuration: Configuration, name: str, most: int) -> tuple[list[ProxyPair], int]:
    """The pairs that a list permits, and how many of them no deny stands before."""
    pairs: list[ProxyPair] = []
    certain: int | None = None
    for ace in configuration.access_lists[name].aces:
        if not ace.permit:
            certain = len(pairs) if certain is None else certain
            continue
        pairs.extend(_expanded(configuration, ace))
        if len(pairs) > most:
            break
    return pairs, len(pairs) if certain is None else certain


def _expanded(configuration: Configuration, ace: Ace) -> tuple[ProxyPair, ...]:
    try:
        return proxy_pairs(configuration, ace)
    except ExpansionError:
        return ()


class _Taken:
    """Proxy pairs with the entries that take their traffic."""

    def __init__(self) -> None:
        self._by_shape: dict[_Shape, dict[_Key, CryptoMapEntry]] = {}

    def add(self, pair: ProxyPair, entry: CryptoMapEntry) -> None:
        """Remember a pair of subnets; ranges that are none are not compared."""
        local, remote = pair.local, pair.remote
        if local.mask is not None and remote.mask is not None:
            shape = (
                int(local.mask),
                int(remote.mask),
                local.protocol != 0,
                local.port != 0,
                remote.port != 0,
            )
            self._by_shape.setdefault(shape, {}).setdefault(_key(shape, local, remote), entry)

    def holder(self, pair: ProxyPair) -> CryptoMapEntry | None:
        """The entry that takes all of this pair's traffic."""
        local, remote = pair.local, pair.remote
        for shape, keys in self._by_shape.items():
            found = keys.get(_key(shape, local, remote))
            if found is not None and _same_end(local, shape[0]) and _same_end(remote, shape[1]):
                return found
        return None


def _same_end(proxy: Proxy, mask: int) -> bool:
    """Whether both ends of a proxy are in one network of this mask."""
    return int(proxy.first) & mask == int(proxy.last) & mask


def _key(shape: _Shape, local: Proxy, remote: Proxy) -> _Key:
    """What a pair is called among those of a shape: what the shape leaves open is 0."""
    return (
        int(local.first) & shape[0],
        int(remote.first) & shape[1],
        local.protocol if shape[2] else 0,
        local.port if shape[3] else 0,
        remote.port if shape[4] else 0,
    )
