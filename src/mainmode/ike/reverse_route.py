"""What the device says when reverse route injection puts in a route for a peer that came in on a dynamic map.

The route itself is the routing table's: it follows the tunnels that stand. A renewal changes no route.
"""

from mainmode.catalogue import lines
from mainmode.catalogue.entry import About
from mainmode.ike.effects import Step
from mainmode.ike.sa import QuickMode, Turn
from mainmode.ike.session import Child


def say_added(qm: QuickMode, turn: Turn) -> None:
    """The tunnel of a quick mode stands."""
    entry, proxies = qm.entry, qm.proxies
    if entry is None or proxies is None or not (entry.dynamic and entry.reverse_route) or qm.replaces is not None:
        return
    remote = proxies.remote
    turn.say(
        lines.STATIC_ROUTE_ADDED, qm.about, Step.QM3, qm.exchange,
        address=remote.first, mask=remote.mask or remote.last,
    )  # fmt: skip


def say_deleted(child: Child, turn: Turn, about: About) -> None:
    """A tunnel ended, and no other child of its session carries the same traffic."""
    if not (child.entry.dynamic and child.entry.reverse_route):
        return
    remote = child.pair.proxies.remote
    if any(other.pair.proxies.remote == remote for other in child.session.children.values()):
        return
    turn.say(
        lines.STATIC_ROUTE_DELETED, about, Step.TEARDOWN, child.exchange,
        address=remote.first, mask=remote.mask or remote.last,
    )  # fmt: skip
