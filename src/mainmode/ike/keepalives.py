"""Which keepalives hold under an IKE SA, said when phase 1 is complete, and the timers that begin then."""

from mainmode.base.instant import later, seconds
from mainmode.base.provenance import Source
from mainmode.catalogue import lines
from mainmode.ike.effects import Role, Step
from mainmode.ike.sa import IkeSa, Turn


def agreed(sa: IkeSa) -> bool:
    """Whether both sides announced DPD."""
    return sa.peer_dpd and sa.tunnel_group is not None and sa.tunnel_group.keepalive is not None


def timing(sa: IkeSa) -> tuple[int, int]:
    """Threshold and retry of `isakmp keepalive`, in seconds; zeros where it is disabled."""
    keepalive = sa.tunnel_group.keepalive if sa.tunnel_group is not None else None
    return keepalive if keepalive is not None else (0, 0)


def keepalive_sources(sa: IkeSa) -> tuple[Source, ...]:
    """The statement that sets the keepalives."""
    source = sa.tunnel_group.sources.get("keepalive") if sa.tunnel_group is not None else None
    return (source,) if source is not None else ()


def say_kind(sa: IkeSa, turn: Turn) -> None:
    """The kind of keepalives that hold, and where the two sides differ on them."""
    sources = keepalive_sources(sa)
    kind = "DPD" if agreed(sa) else "None"
    turn.say(lines.KEEPALIVE_TYPE, sa.about_ip, Step.MM6, sa.exchange, sources, type=kind)
    ours = sa.tunnel_group is not None and sa.tunnel_group.keepalive is not None
    if ours is not sa.peer_dpd:
        turn.say(
            lines.KEEPALIVES_NOT_SUPPORTED, sa.about_ip, Step.MM6, sa.exchange, sources,
            configured="on" if ours else "off", peer=sa.peer, supports="does" if sa.peer_dpd else "does not",
            type="DPD" if sa.peer_dpd else "None",
        )  # fmt: skip


def expect(sa: IkeSa, turn: Turn) -> None:
    """The peer has a whole threshold from now; with an infinite one it is never asked, only answered."""
    threshold = timing(sa)[0]
    sa.life.question = later(turn.now, seconds(threshold)) if threshold else None


def heard(sa: IkeSa, turn: Turn) -> None:
    """A protected message of the peer verified: it lives. The first one shows that phase 1 is complete there too."""
    sa.life.heard = turn.now
    sa.proven = True
    if sa.life.question is None and agreed(sa):
        expect(sa, turn)


def begin(sa: IkeSa, turn: Turn) -> None:
    """Phase 1 is complete: watch the peer, where DPD was agreed on, and keep the mapping of our NAT open.

    A responder waits for the first protected message: until then MM6 may be lost, and who has no keys cannot answer.
    """
    sa.life.heard = sa.life.sent = turn.now
    if sa.role is Role.INITIATOR:
        heard(sa, turn)
    interval = turn.settings.nat_traversal
    if sa.nat.local_behind and interval is not None:
        sa.life.nat = later(turn.now, seconds(interval))
