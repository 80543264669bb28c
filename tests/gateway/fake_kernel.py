"""A kernel of this process: what the kernel's data plane puts into XFRM and into the host's network, and takes out."""

import errno
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path as File

import pytest
from gateway_boxes import CONFIGURATION, Rig, gateway_of

from mainmode.gateway.host_setting import Setting
from mainmode.gateway.netlink.codec import NetlinkError
from mainmode.gateway.netlink.objects import HostRoute, Link, LinkAddress, Rule
from mainmode.gateway.xfrm import plane as room
from mainmode.gateway.xfrm.events import XfrmEvent
from mainmode.gateway.xfrm.layout import Carried, Direction, SaId, Selector
from mainmode.gateway.xfrm.plane import KernelPlane
from mainmode.gateway.xfrm.policies import Policy
from mainmode.gateway.xfrm.states import Replay, State, StateReport
from mainmode.gateway.xfrm.steering import TABLE


@dataclass
class Kernel:
    """The tables. `refuses` is asked before each call, with its name: an error number or None."""

    states: dict[SaId, State] = field(default_factory=dict)
    reports: dict[SaId, StateReport] = field(default_factory=dict)
    policies: dict[tuple[Selector, Direction], Policy] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    routes: list[HostRoute] = field(default_factory=list)
    events: list[XfrmEvent] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    refuses: Callable[[str], int | None] = lambda call: None

    def asked(self, call: str, doing: str) -> None:
        """One call."""
        self.calls.append(call)
        refused = self.refuses(call)
        if refused is not None:
            raise NetlinkError(doing, refused)

    def ways(self) -> list[HostRoute]:
        """The routes to remote networks."""
        return [route for route in self.routes if route.table == TABLE]

    def carry(self, sa: SaId, packets: int, octets: int, last_used: int | None = None) -> None:
        """An SA carried so much until now."""
        carried = Carried(octets, packets, 0, 0)
        self.reports[sa] = replace(self.reports[sa], carried=carried, last_used=last_used)


class FakeXfrm:
    """`Xfrm` over the tables."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel

    def add_state(self, state: State) -> None:
        self.kernel.asked("add_state", f"install the SA {state.sa}")
        if state.sa in self.kernel.states:
            raise NetlinkError(f"install the SA {state.sa}", errno.EEXIST)
        self.kernel.states[state.sa] = state
        self.kernel.reports[state.sa] = StateReport(
            state.sa, state.source, state.reqid, state.mode, state.limits, state.carried or Carried(),
            state.replay or Replay(),
        )  # fmt: skip

    def update_state(self, state: State) -> None:
        self.kernel.asked("update_state", f"change the SA {state.sa}")
        self.kernel.states[state.sa] = state

    def remove_state(self, sa: SaId) -> None:
        self.kernel.asked("remove_state", f"remove the SA {sa}")
        if self.kernel.states.pop(sa, None) is None:
            raise NetlinkError(f"remove the SA {sa}", errno.ESRCH)
        del self.kernel.reports[sa]

    def state(self, sa: SaId) -> StateReport:
        return self.kernel.reports[sa]

    def states(self) -> list[StateReport]:
        self.kernel.asked("states", "list the SAs")
        return list(self.kernel.reports.values())

    def add_policy(self, policy: Policy) -> None:
        self.kernel.asked("add_policy", f"install the {policy}")
        if (policy.selector, policy.direction) in self.kernel.policies:
            raise NetlinkError(f"install the {policy}", errno.EEXIST)
        self.kernel.policies[policy.selector, policy.direction] = policy

    def update_policy(self, policy: Policy) -> None:
        self.kernel.asked("update_policy", f"change the {policy}")
        self.kernel.policies[policy.selector, policy.direction] = policy

    def remove_policy(self, selector: Selector, direction: Direction) -> None:
        self.kernel.asked("remove_policy", f"remove the policy for {selector}")
        del self.kernel.policies[selector, direction]

    def policies(self) -> list[Policy]:
        return list(self.kernel.policies.values())

    def close(self) -> None:
        """Nothing."""


class FakeNetwork:
    """`HostNetwork` over the tables: every peer is on the one link."""

    def __init__(self, kernel: Kernel, own: IPv4Address) -> None:
        self.kernel = kernel
        self.own = own
        self.link = 3

    def links(self) -> list[Link]:
        return [Link(self.link, f"eth{self.link}", 1500, True, True, False)]

    def addresses(self) -> list[LinkAddress]:
        return [LinkAddress(self.link, self.own, 24)]

    def rules(self) -> list[Rule]:
        return list(self.kernel.rules)

    def routes(self, table: int) -> list[HostRoute]:
        return [route for route in self.kernel.routes if route.table == table]

    def route_to(self, destination: IPv4Address) -> HostRoute:
        return HostRoute(IPv4Network(destination), self.link, None, self.own)

    def add_rule(self, rule: Rule) -> None:
        self.kernel.rules.append(rule)

    def remove_rule(self, rule: Rule) -> None:
        self.kernel.rules.remove(rule)

    def add_route(self, route: HostRoute, replace: bool = False) -> None:
        self.kernel.routes = [
            one for one in self.kernel.routes if (one.destination, one.table) != (route.destination, route.table)
        ] + [route]

    def remove_route(self, route: HostRoute) -> None:
        if route not in self.kernel.routes:
            raise NetlinkError(f"remove the route to {route}", errno.ESRCH)
        self.kernel.routes.remove(route)

    def close(self) -> None:
        """Nothing."""


class FakeEvents:
    """`XfrmEvents` over the tables."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel

    def fileno(self) -> int:
        return 99

    def read(self) -> list[XfrmEvent]:
        events, self.kernel.events = self.kernel.events, []
        return events

    def close(self) -> None:
        """Nothing."""


class FakeLoop:
    """Remembers whom to call when the events socket can be read."""

    reader: Callable[[], None] | None = None

    def add_reader(self, fileno: int, reader: Callable[[], None]) -> None:
        self.reader = reader

    def remove_reader(self, fileno: int) -> None:
        self.reader = None


class FakeSocket:
    """A raw socket that keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, packet: bytes) -> None:
        self.sent.append(packet)

    def close(self) -> None:
        """Nothing."""


@dataclass
class Side:
    """A gateway whose data plane is in a kernel of this process."""

    rig: Rig
    kernel: Kernel
    plane: KernelPlane
    loop: FakeLoop
    raw: FakeSocket
    network: FakeNetwork

    def tell(self, *events: XfrmEvent) -> None:
        """The kernel has something to say."""
        self.kernel.events += events
        assert self.loop.reader is not None
        self.loop.reader()

    def tunnel_states(self) -> list[State]:
        return list(self.kernel.states.values())


def side(
    name: str, patch: pytest.MonkeyPatch, folder: File, text: str = CONFIGURATION, kernel: Kernel | None = None
) -> Side:
    """Side a or b, open and protecting."""
    rig = gateway_of(name, text)
    kernel, loop, raw = kernel or Kernel(), FakeLoop(), FakeSocket()
    network = FakeNetwork(kernel, rig.gateway.box.interfaces["outside"].address)
    for setting, value in (("larval", "1"), ("forward", "0")):
        (folder / f"{setting}-{name}").write_text(f"{value}\n")
    with patch.context() as here:
        here.setattr(room, "Xfrm", lambda: FakeXfrm(kernel))
        here.setattr(room, "HostNetwork", lambda: network)
        here.setattr(room, "XfrmEvents", lambda: FakeEvents(kernel))
        here.setattr(room, "PacketSocket", lambda: raw)
        here.setattr(room, "Tap", lambda *_: FakeSocket())
        here.setattr(room, "bypass", lambda one: None)
        here.setattr(room, "take_esp", lambda one: None)
        here.setattr(room, "LARVAL_DROP", Setting(1, folder / f"larval-{name}", 0))
        here.setattr(room, "FORWARDING", Setting(2, folder / f"forward-{name}", 1))
        plane = KernelPlane(rig.gateway, loop, "this is a test", (None, None))  # type: ignore[arg-type]
        plane.open()
    rig.gateway.plane = plane
    plane.protect(rig.gateway.box)
    return Side(rig, kernel, plane, loop, raw, network)
