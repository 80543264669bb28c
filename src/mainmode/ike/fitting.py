"""After a change of the configuration: what still fits stays, what does not is taken down and the peer is told."""

from mainmode.ike.closing import after_child, close_ike, delete_child, end_session
from mainmode.ike.effects import Cause, Failure, Step
from mainmode.ike.endings import Ending
from mainmode.ike.renewal import entries_named, serves
from mainmode.ike.sa import IkeSa, Turn


def fit(turn: Turn) -> None:
    """Hold everything that stands against the settings of the turn.

    An IKE SA needs IKE enabled on its interface, the address that it speaks from, and its tunnel-group with a key; a
    child needs a crypto map entry with its peer and its proxies. A changed key, changed algorithms and lifetimes count
    from the next negotiation on, as on the device.
    """
    failure = Failure(Cause.ADMIN, Step.TEARDOWN, "the configuration has no place for it any more")
    for sa in turn.table.all():
        if _fits(sa, turn):
            continue
        if sa.session is not None:
            end_session(sa.session, turn, Ending.RESET, failure, tell_peer=True)
        else:
            close_ike(sa, turn, failure, tell_peer=False)
    for session in turn.sessions.all():
        stale = [
            child
            for child in session.children.values()
            if not any(serves(entry, child) for entry in entries_named(child, turn.settings))
        ]
        for child in stale:
            delete_child(child, turn, failure, tell_peer=True, ending=Ending.RESET)
        if stale:
            after_child(session, turn, Ending.RESET, failure)


def _fits(sa: IkeSa, turn: Turn) -> bool:
    settings = turn.settings
    if sa.interface not in settings.enabled or settings.addresses.get(sa.interface) != sa.path.local.address:
        return False
    if sa.tunnel_group is None:
        return True
    group = settings.group_for(sa.peer)
    return group is not None and group.name == sa.tunnel_group.name and group.key is not None
