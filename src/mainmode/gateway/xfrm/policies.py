"""Policies in the kernel: which packets need which SA, and which may pass in clear.

Source: linux/xfrm.h (struct xfrm_userpolicy_info, xfrm_userpolicy_id, xfrm_user_tmpl).
"""

import socket
from ipaddress import IPv4Address
from struct import Struct

from mainmode.base.dataclass import dataclass
from mainmode.gateway.netlink.codec import attribute, attributes
from mainmode.gateway.xfrm.layout import (
    ADDRESS_SIZE,
    CARRIED_SIZE,
    ID_SIZE,
    LIMITS_SIZE,
    NO_LIMITS,
    SELECTOR_SIZE,
    Attribute,
    Direction,
    KernelMode,
    SaId,
    Selector,
    fixed,
    read_address,
    read_id,
    read_selector,
    write_address,
    write_id,
    write_selector,
)

_TAIL = Struct("=IIBBBB4x")
_BEFORE_TAIL = SELECTOR_SIZE + LIMITS_SIZE + CARRIED_SIZE
INFO_SIZE = _BEFORE_TAIL + _TAIL.size
"""Octets of struct xfrm_userpolicy_info."""

_TEMPLATE_TAIL = Struct("=IBBBx3I")
_TEMPLATE = ID_SIZE + 4 + ADDRESS_SIZE + _TEMPLATE_TAIL.size
_ALL_ALGORITHMS = 0xFFFF_FFFF
_ALLOW = 0


@dataclass(frozen=True, slots=True)
class Template:
    """The SA that a policy wants: between these addresses (ANYWHERE: whichever), with this number and mode."""

    source: IPv4Address
    destination: IPv4Address
    reqid: int
    mode: KernelMode


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy: lower priorities come first. `template` None: the packets pass in clear."""

    selector: Selector
    direction: Direction
    priority: int
    template: Template | None = None

    def __str__(self) -> str:
        return f"{self.direction.name.lower()} policy for {self.selector}"


def write_policy(policy: Policy) -> bytes:
    """The body of XFRM_MSG_NEWPOLICY and XFRM_MSG_UPDPOLICY."""
    body = b"".join(
        [
            write_selector(policy.selector),
            NO_LIMITS.encode(),
            bytes(CARRIED_SIZE),
            _TAIL.pack(policy.priority, 0, policy.direction, _ALLOW, 0, 0),
        ]
    )
    one = policy.template
    if one is None:
        return body
    template = write_id(SaId(one.destination, 0)) + Struct("=H2x").pack(socket.AF_INET) + write_address(one.source)
    template += _TEMPLATE_TAIL.pack(one.reqid, one.mode, 0, 0, *[_ALL_ALGORITHMS] * 3)
    return body + attribute(Attribute.TEMPLATES, template)


def write_policy_id(selector: Selector, direction: Direction) -> bytes:
    """struct xfrm_userpolicy_id: the body of XFRM_MSG_DELPOLICY, and of XFRM_MSG_GETPOLICY for one policy."""
    return write_selector(selector) + Struct("=IB3x").pack(0, direction)


def any_policy() -> bytes:
    """The body of XFRM_MSG_GETPOLICY for all policies."""
    return bytes(SELECTOR_SIZE + 8)


def read_policy(body: bytes, start: int = 0, behind: int = INFO_SIZE) -> Policy | None:
    """The policy of a message (struct xfrm_userpolicy_info at `start`), with the first template behind `behind`.

    None for one of another family, one of a socket, and one that blocks. Raises ValueError for a broken one.
    """
    priority, _, direction, action, _, _ = fixed(_TAIL, body, start + _BEFORE_TAIL)
    selector = read_selector(body, start)
    if selector is None or action != _ALLOW or direction not in set(Direction):
        return None
    found = attributes(body, behind).get(Attribute.TEMPLATES)
    template = _template(found) if found else None
    return Policy(selector, Direction(direction), priority, template)


def _template(octets: bytes) -> Template | None:
    """The first of the templates; None for one that is not of IPv4 in tunnel or transport mode."""
    if len(octets) < _TEMPLATE:
        raise ValueError(f"{len(octets)} octets where a template should be")
    (family,) = fixed(Struct("=H"), octets, ID_SIZE)
    reqid, mode, _, _, _, _, _ = fixed(_TEMPLATE_TAIL, octets, ID_SIZE + 4 + ADDRESS_SIZE)
    if family not in (0, socket.AF_INET) or mode not in set(KernelMode):
        return None
    source = read_address(octets, ID_SIZE + 4)
    return Template(source, read_id(octets, 0).destination, reqid, KernelMode(mode))
