"""The policies that are ours in the kernel: brought to what is wanted, and taken away at the end."""

import errno
from collections.abc import Iterable
from dataclasses import replace
from ipaddress import IPv4Address

from mainmode.gateway.netlink.codec import NetlinkError
from mainmode.gateway.xfrm.kernel import Xfrm
from mainmode.gateway.xfrm.layout import ANYWHERE, Direction, KernelMode, Selector
from mainmode.gateway.xfrm.policies import Policy, Template

OWN = 0x4D4D_0000
"""Priorities and SA numbers (reqid) of ours are this and the 65535 that follow: a crash leaves nothing unknown."""
LAST = 0xFFFF
_OWN_MASK = 0xFFFF_0000


def is_own(number: int) -> bool:
    """Whether a priority or a reqid is of ours."""
    return number & _OWN_MASK == OWN


def policies_for(selector: Selector, place: int, template: Template | None = None) -> tuple[Policy, Policy, Policy]:
    """The policies of outbound packets and of their way back, for the host and through it; `template` outbound.

    From the peer any address of it will do: it may be behind a NAT, and the SA itself is what proves it. By which
    interface a packet came is not what the kernel compares with `link`, so only outbound packets have one.
    """
    back, reverse = template, replace(selector.reversed(), link=0)
    if template is not None:
        back = Template(ANYWHERE, template.source, template.reqid, template.mode)
    return (
        Policy(selector, Direction.OUT, OWN + place, template),
        Policy(reverse, Direction.IN, OWN + place, back),
        Policy(reverse, Direction.FORWARD, OWN + place, back),
    )


def template_of(local: IPv4Address, remote: IPv4Address, reqid: int, mode: KernelMode) -> Template:
    """The SA that outbound packets want; in transport mode their own addresses are its."""
    if mode is KernelMode.TRANSPORT:
        return Template(ANYWHERE, ANYWHERE, reqid, mode)
    return Template(local, remote, reqid, mode)


class PolicySet:
    """What stands of ours, by selector and direction."""

    def __init__(self, xfrm: Xfrm) -> None:
        self._xfrm = xfrm
        self._standing: dict[tuple[Selector, Direction], Policy] = {}

    def open(self) -> list[Policy]:
        """What a crash left behind stands until `follow` says what is wanted: nothing leaves in clear meanwhile.

        That is given back. Raises NetlinkError.
        """
        for policy in self._xfrm.policies():
            of_ours = policy.template is None or is_own(policy.template.reqid)
            if is_own(policy.priority) and of_ours:
                self._standing[policy.selector, policy.direction] = policy
        return list(self._standing.values())

    def follow(self, wanted: Iterable[Policy]) -> list[NetlinkError]:
        """Exactly these from here on; of two for the same packets the first counts. What failed is given back."""
        policies: dict[tuple[Selector, Direction], Policy] = {}
        for policy in wanted:
            policies.setdefault((policy.selector, policy.direction), policy)
        failed = [refused for policy in policies.values() for refused in self._set(policy)]
        for name in [name for name in self._standing if name not in policies]:
            try:
                self._xfrm.remove_policy(*name)
            except NetlinkError as refused:
                if refused.errno != errno.ENOENT:
                    failed.append(refused)
                    continue
            del self._standing[name]
        return failed

    def put(self, policies: Iterable[Policy]) -> list[NetlinkError]:
        """These too, but for packets that another comes first for. What failed is given back."""
        failed: list[NetlinkError] = []
        for policy in policies:
            before = self._standing.get((policy.selector, policy.direction))
            if before is None or policy.priority <= before.priority:
                failed += self._set(policy)
        return failed

    def _set(self, policy: Policy) -> list[NetlinkError]:
        name = policy.selector, policy.direction
        before = self._standing.get(name)
        try:
            if before is None:
                self._xfrm.add_policy(policy)
            elif before != policy:
                self._xfrm.update_policy(policy)
            self._standing[name] = policy
        except NetlinkError as refused:
            return [_explained(refused)]
        return []


def _explained(refused: NetlinkError) -> NetlinkError:
    if refused.errno != errno.EEXIST:
        return refused
    return NetlinkError(refused.doing, refused.errno, "another program on this host protects the same traffic")
