"""`show crypto map`: the entries of the bound crypto maps in words.

The layout is that of the earlier PIX and of the router's command, recalled; no public output of an ASA was read.
"""

from collections.abc import Iterator

from mainmode.device.show.layout import text
from mainmode.device.show.standing import Standing
from mainmode.ike.naming import integrity_name, transform_name
from mainmode.ike.settings import MapEntry, TransformSet
from mainmode.ipsec.dataplane import SaPair


def crypto_maps(standing: Standing, name: str | None = None) -> str:
    """The whole output; with `name` of one map."""
    entries = [one for one in standing.settings.entries if name in (None, _place(one)[0])]
    if not entries:
        return text(["No crypto maps found."])
    return text(line for entry in entries for line in _entry(entry, standing))


def _entry(entry: MapEntry, standing: Standing) -> Iterator[str]:
    name, sequence = _place(entry)
    yield f'Crypto Map "{name}" {sequence} ipsec-isakmp'
    if entry.behind is not None:
        yield f"        Dynamic map template tag: {entry.map_name}, seq num: {entry.sequence}"
    for peer in entry.peers:
        yield f"        Peer = {standing.shown(peer)}"
    if entry.acl_name is not None:
        yield f"        access-list {entry.acl_name}; {len(entry.acl or ())} elements"
    for line in dict.fromkeys(ace.text for ace in entry.acl or ()):
        yield f"        {line}"
    current = next((state for state in standing.sad.states() if _carries(entry, state.pair)), None)
    if current is not None:
        yield f"        Current peer: {standing.shown(current.pair.path.remote.address)}"
    kilobytes = "unlimited" if entry.lifetime_kilobytes is None else entry.lifetime_kilobytes
    yield f"        Security association lifetime: {kilobytes} kilobytes/{entry.lifetime_seconds} seconds"
    pfs = "N" if entry.pfs is None else f"Y, DH group: group{int(entry.pfs)}"
    yield f"        PFS (Y/N): {pfs}"
    yield f"        Connection type: {entry.connection_type.value}"
    sets = ", ".join(_transform(one) for one in entry.transform_sets)
    yield f"        Transform sets={{ {sets} }}"
    yield f"        Interface: {entry.interface}"
    yield ""


def _place(entry: MapEntry) -> tuple[str, int]:
    """The crypto map and sequence under which an entry is tried."""
    return entry.behind or (entry.map_name, entry.sequence)


def _carries(entry: MapEntry, pair: SaPair) -> bool:
    return (pair.interface, pair.map_name, pair.map_sequence) == (entry.interface, entry.map_name, entry.sequence)


def _transform(one: TransformSet) -> str:
    words = (transform_name(one.encryption, one.key_bits), integrity_name(one.authentication))
    return f"{one.name}: {' '.join(words)}"
