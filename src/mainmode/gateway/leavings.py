"""What a gateway that was killed left on this host with the other data plane, or noted of the host's settings.

The data plane that is chosen takes over what the last one of its own kind left, so that nothing leaves in clear between
the two. Of the other kind all goes, once the chosen one protects.
"""

import errno
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeVar

from mainmode.gateway.host_setting import Setting, put_back
from mainmode.gateway.netlink.codec import NetlinkError
from mainmode.gateway.netlink.host import HostNetwork
from mainmode.gateway.netlink.objects import OWN_PROTOCOL, Rule
from mainmode.gateway.notes import Notes
from mainmode.gateway.user_space import steering as by_device
from mainmode.gateway.workers.share import MOST_WORKERS
from mainmode.gateway.xfrm import steering as by_policy
from mainmode.gateway.xfrm.kernel import Xfrm
from mainmode.gateway.xfrm.policy_set import PolicySet, is_own

_GONE = (errno.ESRCH, errno.ENOENT)
_Left = TypeVar("_Left")


class Leavings:
    """Takes away what one kind of data plane left. `gone` counts it, by a name for people; `failed` is what stays."""

    def __init__(self, network: HostNetwork) -> None:
        self._network = network
        self.gone: Counter[str] = Counter()
        self.failed: list[NetlinkError | OSError] = []

    def clear_user_space(self) -> None:
        """What leads packets into a device; the device itself went with its process."""
        self._steering(by_device.is_ours, by_device.TABLE)
        self.clear_workers(1)

    def clear_workers(self, count: int) -> None:
        """The tables of workers beyond so many: their rules are the first one's to take away."""
        for worker in range(count, MOST_WORKERS):
            self._routes(by_device.table_of(worker))

    def clear_kernel(self, open_xfrm: Callable[[], Xfrm], settings: Iterable[Setting]) -> None:
        """SAs, policies and ways, and the settings that only this data plane needs."""
        self._steering(by_policy.is_ours, by_policy.TABLE)
        try:
            xfrm = open_xfrm()
        except NetlinkError:
            xfrm = None
        if xfrm is not None:
            self._xfrm(xfrm)
            xfrm.close()
        try:
            self.gone["settings of the host"] += len(put_back(settings, Notes(self._network)))
        except (NetlinkError, OSError) as refused:
            self.failed.append(refused)

    def __str__(self) -> str:
        found = ", ".join(f"{what} ({count})" for what, count in self.gone.items() if count)
        return f"a gateway that was killed left this behind, and it is gone now: {found}" if found else ""

    def _steering(self, is_ours: Callable[[Rule], bool], table: int) -> None:
        self._each("policy rules", filter(is_ours, self._list(self._network.rules)), self._network.remove_rule)
        self._routes(table)

    def _routes(self, table: int) -> None:
        routes = self._list(lambda: self._network.routes(table))
        ours = (route for route in routes if route.protocol == OWN_PROTOCOL)
        self._each("routes", ours, self._network.remove_route)

    def _xfrm(self, xfrm: Xfrm) -> None:
        ours = (report.sa for report in self._list(xfrm.states) if is_own(report.reqid))
        self._each("SAs", ours, xfrm.remove_state)
        policies = PolicySet(xfrm)
        self._each("policies", self._list(policies.open), lambda _: None)
        self.failed += policies.follow(())

    def _list(self, ask: Callable[[], list[_Left]]) -> list[_Left]:
        try:
            return ask()
        except NetlinkError as refused:
            self.failed.append(refused)
            return []

    def _each(self, what: str, left: Iterable[_Left], remove: Callable[[_Left], None]) -> None:
        for one in left:
            try:
                remove(one)
                self.gone[what] += 1
            except NetlinkError as refused:
                if refused.errno not in _GONE:
                    self.failed.append(refused)
