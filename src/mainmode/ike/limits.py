"""How much may be under way at once, and what the device says when it is too much (CVE-2019-15256).

The device's own ceilings are not published and differ by model; ours bound memory. Where they are reached, what nobody
answered gives way: a negotiation of which nothing but the first message came, whose source may be forged, ends for a
newer one, the oldest first. One whose initiator has answered with our cookie keeps its place. Peers that the
configuration names have places that strangers cannot take.

`crypto ikev1 limit max-in-negotiation-sa` is another thing: above its number the device refuses what is new, and so do
we.
"""

from collections.abc import Mapping
from dataclasses import field
from ipaddress import IPv4Address
from typing import Any

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import later
from mainmode.base.provenance import Source
from mainmode.catalogue import lines
from mainmode.catalogue.entry import Entry
from mainmode.ike.effects import Cause, Failure, Phase1Down, Step
from mainmode.ike.fsm import State
from mainmode.ike.sa import IkeSa, Turn
from mainmode.ike.timing import (
    GIVES_WAY_AFTER,
    MAX_HALF_OPEN,
    MAX_HALF_OPEN_PER_PEER,
    MAX_HALF_OPEN_STRANGERS,
)

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


def reached(turn: Turn, peer: IPv4Address, *, reserved: bool, own: bool = False) -> Reached | None:
    """The limit that forbids another negotiation with `peer` now; None where there is room, or was made.

    `reserved`: it is a peer's, not a stranger's; `own`: this device begins it, which nothing that others begin may
    hinder. A peer that holds a tunnel already may renew it: the count of tunnels
    does not lock it out, but for that alone.
    """
    table, settings = turn.table, turn.settings
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
    standing = sum(sa.active for sa in table.with_peer(peer))
    if table.established >= MAX_TUNNELS and not 0 < standing < MAX_RENEWING:
        return Reached(lines.TUNNEL_LIMIT, f"{table.established} tunnels are up")
    if not (_room_for_own(turn) if own else _room(turn, peer, theirs, reserved=reserved)):
        text = f"half-open negotiations: {total} in all, {theirs} with {peer}, {table.strangers} with strangers"
        return Reached(lines.MAX_NEGOTIATIONS, text)
    return None


def _room(turn: Turn, peer: IPv4Address, theirs: int, *, reserved: bool) -> bool:
    """Whether there is room among the half-open negotiations, if need be because one gave way."""
    table = turn.table
    if theirs >= MAX_HALF_OPEN_PER_PEER:
        return _gives_way(table.unanswered_by(peer), turn)
    if not reserved and table.strangers >= MAX_HALF_OPEN_STRANGERS:
        return _gives_way(table.unanswered(reserved=False), turn)
    if table.negotiating >= MAX_HALF_OPEN:
        stranger = table.unanswered(reserved=False)
        return _gives_way(stranger, turn) or (reserved and _gives_way(table.unanswered(reserved=True), turn))
    return True


def _room_for_own(turn: Turn) -> bool:
    table = turn.table
    if table.negotiating < MAX_HALF_OPEN:
        return True
    return any(_gives_way(table.unanswered(reserved), turn, young=True) for reserved in (False, True))


def _gives_way(sa: IkeSa | None, turn: Turn, *, young: bool = False) -> bool:
    """End a negotiation of which nothing but the first message came, unless it has only just begun. No line tells of
    each: whoever forges addresses would fill a log.
    """
    if sa is None or (not young and turn.now < later(sa.created, GIVES_WAY_AFTER)):
        return False
    sa.state = State.MM_DONE
    turn.table.remove(sa)
    failure = Failure(Cause.LIMIT, Step.MM3, "it gave way to a newer one: nothing came after its first message")
    turn.effects.append(Phase1Down(sa.exchange, sa.path, sa.role, failure))
    return True


def pairs_reached(in_session: int, total: int) -> Reached | None:
    """The limit that forbids a pair of IPsec SAs for further traffic; None where there is room."""
    if in_session >= MAX_PAIRS_PER_SESSION or total >= MAX_PAIRS:
        return Reached(lines.TUNNEL_LIMIT, f"pairs of IPsec SAs: {total} in all, {in_session} with this peer")
    return None
