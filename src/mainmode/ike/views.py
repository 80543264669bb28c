"""What others may see of the engine's state: plain values for `show`, none of which holds a key."""

from collections.abc import Mapping
from ipaddress import IPv4Address

from mainmode.base.codes import Authentication1, Encryption1, Group, Hash1
from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant
from mainmode.ike.effects import Role
from mainmode.ike.sa import IkeSa
from mainmode.ike.session import Session
from mainmode.ipsec.dataplane import SaPair


@dataclass(frozen=True, slots=True)
class IkeSaView:
    """One IKE SA for those who look: `state` is the device's name; times are None until phase 1 is complete.

    `rekey`: it is being renewed, or renews another. `lifetime` in seconds, None for no limit, as `expires` then.
    `session` is the session's index, 0 before phase 1 is complete. `cookie_r` is zero before MM2.
    """

    index: int
    session: int
    peer: IPv4Address
    role: Role
    state: str
    rekey: bool
    landed: bool
    group_name: str
    interface: str
    cookie_i: bytes
    cookie_r: bytes
    encryption: Encryption1 | None
    key_bits: int
    hash: Hash1 | None
    authentication: Authentication1 | None
    dh_group: Group | None
    lifetime: int | None
    created: Instant
    established: Instant | None
    expires: Instant | None
    dpd: bool
    nat_traversal: bool
    local_port: int
    remote_port: int


@dataclass(frozen=True, slots=True)
class ChildView:
    """One pair of IPsec SAs of a session; its counters are the data plane's. `idle_at`: when the idle timeout ends it.

    `renewed`: a newer pair has taken over its traffic.
    """

    pair: SaPair
    installed: Instant
    expires: Instant | None
    idle_at: Instant | None
    renewed: bool


@dataclass(frozen=True, slots=True)
class SessionView:
    """All that stands with one peer. Octets are those of pairs that are gone; add what stands from the data plane."""

    index: int
    peer: IPv4Address
    group_name: str
    policy_name: str
    login: Instant
    idle_timeout: int | None
    session_timeout: int | None
    ike: tuple[IkeSaView, ...]
    children: tuple[ChildView, ...]
    octets_in: int
    octets_out: int


@dataclass(frozen=True, slots=True)
class SessionCounts:
    """Sessions now, since the start, and at most at once."""

    active: int
    cumulative: int
    peak: int


def view_of(index: int, sa: IkeSa) -> IkeSaView:
    """The view of one IKE SA."""
    policy = sa.choice.policy if sa.choice is not None else None
    group = sa.tunnel_group
    return IkeSaView(
        index=index,
        session=sa.session.index if sa.session is not None else 0,
        peer=sa.peer,
        role=sa.role,
        state=sa.state.value,
        rekey=sa.renewing,
        landed=group is not None,
        group_name=group.name if group is not None else "",
        interface=sa.interface,
        cookie_i=sa.cookie_i,
        cookie_r=sa.cookie_r,
        encryption=policy.encryption if policy is not None else None,
        key_bits=policy.key_bits if policy is not None else 0,
        hash=policy.hash if policy is not None else None,
        authentication=policy.authentication if policy is not None else None,
        dh_group=policy.group if policy is not None else None,
        lifetime=sa.choice.lifetime if sa.choice is not None else None,
        created=sa.created,
        established=sa.established,
        expires=sa.expires,
        dpd=sa.peer_dpd and group is not None and group.keepalive is not None,
        nat_traversal=sa.nat.found,
        local_port=sa.path.local.port,
        remote_port=sa.path.remote.port,
    )


def session_view(session: Session, ikes: Mapping[bytes, IkeSaView]) -> SessionView:
    """The view of a session; `ikes` are the views of all IKE SAs by both cookies."""
    group = session.group
    return SessionView(
        index=session.index,
        peer=session.peer,
        group_name=group.name,
        policy_name=group.policy_name,
        login=session.login,
        idle_timeout=group.idle_timeout,
        session_timeout=group.session_timeout,
        ike=tuple(ikes[sa.cookie_i + sa.cookie_r] for sa in session.ikes),
        children=tuple(
            ChildView(child.pair, child.installed, child.expires, child.idle_at, child.renewed_by is not None)
            for child in session.children.values()
        ),
        octets_in=session.octets_in,
        octets_out=session.octets_out,
    )
