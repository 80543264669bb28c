"""How much may be under way at once, and what the device says when it is too much (CVE-2019-15256).

The device's own ceilings are not published and differ by model; ours bound memory. `crypto ikev1 limit
max-in-negotiation-sa` sets a lower one for negotiations that are not finished.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Any

from mainmode.base.provenance import Source
from mainmode.catalogue import lines
from mainmode.catalogue.entry import Entry
from mainmode.ike.settings import IkeSettings
from mainmode.ike.table import SaTable
from mainmode.ike.timing import MAX_HALF_OPEN, MAX_HALF_OPEN_PER_PEER

MAX_TUNNELS = 10_000
"""Established IKE SAs at once: the figure of the largest model of the series."""


MAX_RENEWING = 4
"""IKE SAs with one peer where no tunnel is left: what stands and what renews it."""

MAX_PAIRS = 4 * MAX_TUNNELS
"""Pairs of IPsec SAs at once. Behind a dynamic map without an access list a peer names its proxies as it likes."""

MAX_PAIRS_PER_SESSION = 4096
"""Those of one session: as many as one entry of an access list comes to at most."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A limit that leaves no room for another negotiation: what the device says, and why in words."""

    entry: Entry
    detail: str
    values: Mapping[str, Any] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()


def reached(table: SaTable, settings: IkeSettings, peer: IPv4Address) -> Reached | None:
    """The limit that forbids another negotiation with `peer` now; None where there is room.

    A peer that holds a tunnel already may renew it: the count of tunnels does not lock it out, but for that alone.
    """
    total, theirs = table.half_open(peer)
    configured = settings.max_in_negotiation
    if configured is not None and total >= configured:
        source = settings.sources.get("max_in_negotiation")
        return Reached(
            lines.NEGOTIATION_LIMIT,
            f"{total} negotiations are under way, as many as max-in-negotiation-sa allows",
            {"limit": configured},
            (source,) if source is not None else (),
        )
    if total >= MAX_HALF_OPEN or theirs >= MAX_HALF_OPEN_PER_PEER:
        return Reached(lines.MAX_NEGOTIATIONS, f"half-open negotiations: {total} in all, {theirs} with {peer}")
    if table.established >= MAX_TUNNELS and not 0 < len(table.with_peer(peer)) < MAX_RENEWING:
        return Reached(lines.TUNNEL_LIMIT, f"{table.established} tunnels are up")
    return None


def pairs_reached(in_session: int, total: int) -> Reached | None:
    """The limit that forbids a pair of IPsec SAs for further traffic; None where there is room."""
    if in_session >= MAX_PAIRS_PER_SESSION or total >= MAX_PAIRS:
        return Reached(lines.TUNNEL_LIMIT, f"pairs of IPsec SAs: {total} in all, {in_session} with this peer")
    return None
