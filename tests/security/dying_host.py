"""A host of this process that outlives its gateways: one may be killed at each call that it makes to the host.

The tables of the kernel and the settings under /proc/sys stay when a gateway dies; its device goes with it. A call is
counted before it does anything, so killing at call N is killing between N-1 and N.
"""

import errno
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from itertools import count
from types import SimpleNamespace

import gateway_boxes
import pytest
from fake_kernel import FakeEvents, FakeLoop, FakeNetwork, FakeSocket, FakeXfrm, Kernel
from gateway_boxes import CONFIGURATION, HOST_A, HOST_B, A, B, Rig, SystemLike, echo, gateway_of

from mainmode.base.codes import IpProtocol
from mainmode.device.config.reader import read
from mainmode.gateway import notes
from mainmode.gateway.host_setting import Setting
from mainmode.gateway.leavings import Leavings
from mainmode.gateway.netlink.codec import NetlinkError
from mainmode.gateway.netlink.objects import HostRoute, Link, Rule
from mainmode.gateway.user_space import plane as user_room
from mainmode.gateway.user_space.plane import UserSpacePlane
from mainmode.gateway.xfrm import plane as kernel_room
from mainmode.gateway.xfrm.events import Acquired
from mainmode.gateway.xfrm.layout import Direction, Selector
from mainmode.gateway.xfrm.plane import KernelPlane

_LIVES = count()
DEVICE, DEVICE_LINK = "mainmode0", 40
MORE = CONFIGURATION + "access-list VPN extended permit ip 192.168.1.0 255.255.255.0 192.168.7.0 255.255.255.0\n"


class Killed(BaseException):
    """SIGKILL: nothing of the gateway runs any more."""


@dataclass
class Fate:
    """Counts calls; the gateway dies at call `at`, and no call of the dead does anything."""

    at: int | None = None
    calls: int = 0
    before: Callable[[str], None] = lambda call: None

    def step(self, call: str) -> None:
        """One call is about to be made."""
        self.calls += 1
        if self.at is not None and self.calls >= self.at:
            raise Killed(call)
        self.before(call)


@dataclass
class SettingFile:
    """A file under /proc/sys."""

    text: str
    fate: Fate = field(default_factory=Fate)

    def read_text(self) -> str:
        return f"{self.text}\n"

    def write_text(self, text: str) -> None:
        self.fate.step("write a setting")
        self.text = text


class DyingNetwork(FakeNetwork):
    """Rules, routes and links; each call is one of the gateway's fate."""

    def __init__(self, host: "DyingHost", fate: Fate) -> None:
        super().__init__(host.kernel, A)
        self.host, self.fate = host, fate

    def links(self) -> list[Link]:
        self.fate.step("list the interfaces")
        return [*super().links(), *self.host.devices.values()]

    def addresses(self) -> list:  # type: ignore[type-arg]
        self.fate.step("list the addresses")
        return super().addresses()

    def rules(self) -> list[Rule]:
        self.fate.step("list the policy rules")
        return super().rules()

    def routes(self, table: int) -> list[HostRoute]:
        self.fate.step("list the routes")
        return super().routes(table)

    def set_mtu(self, index: int, mtu: int) -> None:
        self.fate.step("set the MTU")

    def set_up(self, index: int, up: bool = True) -> None:
        self.fate.step("switch on")

    def add_rule(self, rule: Rule) -> None:
        self.fate.step("add a rule")
        if rule in self.kernel.rules:
            raise NetlinkError(f"add the rule {rule}", errno.EEXIST)
        super().add_rule(rule)

    def remove_rule(self, rule: Rule) -> None:
        self.fate.step("remove a rule")
        if rule not in self.kernel.rules:
            raise NetlinkError(f"remove the rule {rule}", errno.ENOENT)
        super().remove_rule(rule)

    def add_route(self, route: HostRoute, replace: bool = False) -> None:
        self.fate.step("add a route")
        same = [one for one in self.kernel.routes if _place(one) == _place(route)]
        if same and not replace:
            raise NetlinkError(f"add the route to {route}", errno.EEXIST)
        self.kernel.routes = [one for one in self.kernel.routes if one not in same] + [route]

    def remove_route(self, route: HostRoute) -> None:
        self.fate.step("remove a route")
        super().remove_route(route)


def _place(route: HostRoute) -> tuple[IPv4Network, int, int | None]:
    return route.destination, route.table, route.metric


class DyingXfrm(FakeXfrm):
    """XFRM; `Kernel.asked` counts for most calls, and here for the rest."""

    def policies(self) -> list:  # type: ignore[type-arg]
        self.kernel.asked("policies", "list the policies")
        return super().policies()

    def remove_policy(self, selector: Selector, direction: Direction) -> None:
        if (selector, direction) not in self.kernel.policies:
            raise NetlinkError("remove the policy", errno.ENOENT)
        super().remove_policy(selector, direction)


@dataclass
class DyingHost:
    """What stays: tables, settings, devices of processes that live."""

    kernel: Kernel = field(default_factory=Kernel)
    devices: dict[str, Link] = field(default_factory=dict)
    larval: SettingFile = field(default_factory=lambda: SettingFile("1"))
    forward: SettingFile = field(default_factory=lambda: SettingFile("0"))

    def process_ends(self) -> None:
        """What the kernel takes away by itself."""
        self.devices.clear()
        self.kernel.routes = [route for route in self.kernel.routes if route.link != DEVICE_LINK]

    def traces(self) -> tuple[object, ...]:
        """Everything that a gateway makes; nothing on a host that none ever ran on."""
        return (
            sorted(map(str, self.kernel.rules)),
            sorted(f"{route} {route.kind} {route.link}" for route in self.kernel.routes),
            sorted(f"{policy} {policy.priority}" for policy in self.kernel.policies.values()),
            len(self.kernel.states),
            (self.larval.text, self.forward.text),
            sorted(self.devices),
        )

    def noted(self) -> int:
        """How many notes there are."""
        return sum(route.table == notes.TABLE for route in self.kernel.routes)


class Loop(FakeLoop):
    """The kernel's events are read by whom it remembers."""

    def add_reader(self, fileno: int, reader: Callable[..., None], *more: object) -> None:
        if not more:
            super().add_reader(fileno, reader)


class Device:
    """A TUN device of a process that lives."""

    def __init__(self, host: DyingHost, fate: Fate) -> None:
        fate.step("make the device")
        self.index, self.name, self.gone = DEVICE_LINK, DEVICE, False
        self._host = host
        host.devices[DEVICE] = Link(DEVICE_LINK, DEVICE, 1500, True, True, False)

    def fileno(self) -> int:
        return 98

    def write(self, packet: bytes) -> bool:
        return True

    def close(self) -> None:
        self._host.process_ends()


@dataclass
class Life:
    """One gateway on the host, with the data plane `kind`, from its start on."""

    host: DyingHost
    kind: str
    fate: Fate
    rig: Rig
    plane: KernelPlane | UserSpacePlane
    loop: FakeLoop
    network: DyingNetwork
    owed: bool = False
    refused: list[str] = field(default_factory=list)

    def owe(self) -> None:
        """The data plane is not as it should be."""
        self.owed = True

    def carries_what_it_should(self, where: str) -> None:
        """Each pair of the box has its inbound SA in the kernel, each tunnel one to send on, and there is no other."""
        if not isinstance(self.plane, KernelPlane):
            return
        there = {sa.spi for sa in self.host.kernel.states}
        pairs = self.spis()
        assert {inbound for inbound, _ in pairs} <= there, where
        assert there <= {spi for pair in pairs for spi in pair}, where
        assert not pairs or there & {outbound for _, outbound in pairs}, where

    def start(self) -> None:
        """As `Startup` does it."""
        self.host.kernel.refuses = self._refuses
        for setting in self.host.larval, self.host.forward:
            setting.fate = self.fate
        self.rig.gateway.owe = self.owe
        self.plane.open()
        self.plane.protect(self.rig.gateway.box)
        self.rig.gateway.plane = self.plane
        leavings = Leavings(self.network)  # type: ignore[arg-type]
        if self.kind == "kernel":
            leavings.clear_user_space()
        else:
            setting = Setting(1, self.host.larval, 0)  # type: ignore[arg-type]
            leavings.clear_kernel(lambda: DyingXfrm(self.host.kernel), [setting])  # type: ignore[arg-type, return-value]
        for refused in leavings.failed:
            self.rig.gateway.trouble("what a gateway that was killed left behind stays", refused)

    def _refuses(self, call: str) -> int | None:
        self.fate.step(call)
        return None

    def traffic(self) -> None:
        """A packet wants the tunnel, and all that follows is delivered."""
        if isinstance(self.plane, KernelPlane):
            out = [one for one in self.host.kernel.policies.values() if one.direction is Direction.OUT]
            flow = Selector(IPv4Network(HOST_A), IPv4Network(HOST_B), IpProtocol.ICMP, 8, 0)
            policy = next(one for one in out if one.selector.destination == IPv4Network("192.168.2.0/24"))
            self.host.kernel.events.append(Acquired(flow, A, B, policy))
            assert self.loop.reader is not None
            self.loop.reader()
        else:
            self.rig.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
        self.rig.settle()

    def spis(self) -> set[tuple[int, int]]:
        """The pairs that stand, inbound and outbound."""
        return {(one.pair.inbound_spi, one.pair.outbound_spi) for one in self.rig.gateway.box.sad.states()}

    def renew(self) -> None:
        """The pair nears its end."""
        for inbound, _ in self.spis():
            self.rig.gateway.act(lambda box, now, spi=inbound: box.renew(spi, now))  # type: ignore[misc]
        self.rig.settle()

    def reconfigure(self, text: str) -> None:
        """As `Reloading` does it."""
        configuration = read(text, "a.cfg")
        self.rig.gateway.act(lambda box, now: box.reconfigure(configuration, now))
        self.rig.gateway.follow()
        self.rig.gateway.protect()
        self.rig.settle()

    def end(self) -> None:
        """As SIGTERM does it."""
        self.rig.gateway.act(lambda box, now: box.clear(None, now))
        self.rig.settle()
        self.plane.close()

    def whole(self) -> None:
        """From the start to the end."""
        self.start()
        self.traffic()
        self.renew()
        self.reconfigure(MORE)
        self.rig.gateway.mend()
        self.reconfigure(CONFIGURATION)
        self.end()


def life(host: DyingHost, kind: str, peer: Rig, patch: pytest.MonkeyPatch, at: int | None = None) -> Life:
    """A gateway that has not started yet; it dies at its call `at`."""
    fate, loop = Fate(at), Loop()
    with patch.context() as here:
        # A gateway that is started again draws other numbers.
        here.setattr(gateway_boxes, "SystemLike", lambda name: SystemLike(f"{name} {next(_LIVES)}"))
        rig = gateway_of("a")
    rig.join(peer)
    network = DyingNetwork(host, fate)
    forward, larval = Setting(2, host.forward, 1), Setting(1, host.larval, 0)  # type: ignore[arg-type]
    for room in kernel_room, user_room:
        patch.setattr(room, "HostNetwork", lambda: network)
        patch.setattr(room, "PacketSocket", FakeSocket)
        patch.setattr(room, "FORWARDING", forward)
    patch.setattr(kernel_room, "LARVAL_DROP", larval)
    patch.setattr(kernel_room, "Xfrm", lambda: DyingXfrm(host.kernel))
    patch.setattr(kernel_room, "XfrmEvents", lambda: FakeEvents(host.kernel))
    patch.setattr(kernel_room, "Tap", lambda *_: FakeSocket())
    patch.setattr(kernel_room, "bypass", lambda one: None)
    patch.setattr(kernel_room, "take_esp", lambda one: None)
    nothing = SimpleNamespace(
        sender=None, fileno=lambda: 97, close=lambda: None, read_nat_t=lambda one: None, nat_t=None,
        follow=lambda own: None, through=lambda tun: None, by_port_4500=None, by_protocol_50=None,
    )  # fmt: skip
    patch.setattr(user_room, "EspSocket", lambda: nothing)
    patch.setattr(user_room, "NatTraversalReader", lambda one: None)
    patch.setattr(user_room, "PeerSender", lambda one, cuts: None)
    patch.setattr(user_room, "Traffic", lambda gateway, doors: nothing)
    patch.setattr(user_room.Tun, "open", lambda name: Device(host, fate))
    plane: KernelPlane | UserSpacePlane
    if kind == "kernel":
        plane = KernelPlane(rig.gateway, loop, "this is a test", (None, None))  # type: ignore[arg-type]
    else:
        plane = UserSpacePlane(rig.gateway, loop, nothing, "this is a test", DEVICE)  # type: ignore[arg-type]
        plane._reverse_paths = SimpleNamespace(look=lambda links: None)  # type: ignore[assignment]
    return Life(host, kind, fate, rig, plane, loop, network)
