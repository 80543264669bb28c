"""What the kernel tells of its IPsec: packets that want an SA, lifetimes that end, peers that moved.

Source: linux/xfrm.h (struct xfrm_user_acquire, xfrm_user_expire, xfrm_user_mapping; enum xfrm_nlgroups).
"""

import socket
from ipaddress import IPv4Address
from struct import Struct, error

from mainmode.base.address import Endpoint
from mainmode.base.dataclass import dataclass
from mainmode.gateway.netlink.codec import Message
from mainmode.gateway.netlink.sockets import EventSocket
from mainmode.gateway.xfrm.layout import (
    ADDRESS_SIZE,
    ID_SIZE,
    SELECTOR_SIZE,
    SaId,
    Selector,
    read_address,
    read_id,
    read_selector,
)
from mainmode.gateway.xfrm.policies import INFO_SIZE as POLICY_SIZE
from mainmode.gateway.xfrm.policies import Policy, read_policy
from mainmode.gateway.xfrm.states import INFO_SIZE as STATE_SIZE
from mainmode.gateway.xfrm.states import StateReport, read_state

NETLINK_XFRM = 6
_ACQUIRE, _EXPIRE, _MAPPING = 23, 24, 38
_ACQUIRE_TAIL = 16
_ACQUIRE_GROUP, _EXPIRE_GROUP, _MAPPING_GROUP = 1, 2, 8


@dataclass(frozen=True, slots=True)
class Acquired:
    """A packet met a policy that wants an SA, and there is none. `flow` are its addresses, protocol and ports.

    `peer` is where the SA should lead.
    """

    flow: Selector
    source: IPv4Address
    peer: IPv4Address
    policy: Policy | None


@dataclass(frozen=True, slots=True)
class Expired:
    """A lifetime ended: a soft one, or with `hard` the last, and the SA is gone."""

    state: StateReport
    hard: bool


@dataclass(frozen=True, slots=True)
class Mapped:
    """ESP in UDP of this inbound SA verified, and came from another address or port than before."""

    sa: SaId
    remote: Endpoint


@dataclass(frozen=True, slots=True)
class Lost:
    """The kernel had more to tell than fitted: look at all SAs."""


XfrmEvent = Acquired | Expired | Mapped | Lost


def read_event(message: Message) -> XfrmEvent | None:
    """The event of a message; None for one that is not about ESP over IPv4. Raises ValueError, struct.error."""
    body = message.body
    if message.kind == _ACQUIRE:
        selector_at = ID_SIZE + ADDRESS_SIZE
        policy_at = selector_at + SELECTOR_SIZE
        flow = read_selector(body, selector_at)
        policy = read_policy(body, policy_at, policy_at + POLICY_SIZE + _ACQUIRE_TAIL)
        peer, source = read_id(body, 0).destination, read_address(body, ID_SIZE)
        return None if flow is None else Acquired(flow, source, peer, policy)
    if message.kind == _EXPIRE:
        if len(body) <= STATE_SIZE:
            raise ValueError(f"an expiry of {len(body)} octets")
        state = read_state(body[:STATE_SIZE])
        return None if state is None else Expired(state, bool(body[STATE_SIZE]))
    if message.kind == _MAPPING:
        return _mapping(body)
    return None


def _mapping(body: bytes) -> Mapped | None:
    layout = Struct("=16s4sHBxI16s16s2s2s")
    if len(body) < layout.size:
        raise ValueError(f"a mapping of {len(body)} octets")
    destination, spi, family, _, _, _, source, _, port = layout.unpack_from(body)
    if family != socket.AF_INET:
        return None
    sa = SaId(IPv4Address(destination[:4]), int.from_bytes(spi))
    return Mapped(sa, Endpoint(IPv4Address(source[:4]), int.from_bytes(port)))


class XfrmEvents:
    """Hears the events. Never blocks: wait for it with `add_reader(events.fileno(), …)`, then `read`."""

    def __init__(self) -> None:
        """Raises NetlinkError where the kernel has no XFRM, or without CAP_NET_ADMIN."""
        groups = (_ACQUIRE_GROUP, _EXPIRE_GROUP, _MAPPING_GROUP)
        self._socket = EventSocket(NETLINK_XFRM, groups, "the events of the kernel's IPsec (XFRM)")

    def fileno(self) -> int:
        """For the event loop."""
        return self._socket.fileno()

    def read(self) -> list[XfrmEvent]:
        """What happened since, in order."""
        heard, lost = self._socket.read()
        events: list[XfrmEvent] = []
        for message in heard:
            try:
                event = read_event(message)
            except (ValueError, error):
                lost = True
                continue
            if event is not None:
                events.append(event)
        return [*events, Lost()] if lost else events

    def close(self) -> None:
        """No more events."""
        self._socket.close()
