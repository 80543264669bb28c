"""The data plane in the kernel: policies for the crypto maps, SAs for what the box negotiated, and the kernel's word
on what they carry.
"""

import contextlib
import errno
import socket
import time
from asyncio import AbstractEventLoop
from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from ipaddress import IPv4Address
from typing import TypeVar

from mainmode.base.address import Endpoint, Path
from mainmode.base.codes import IpProtocol
from mainmode.base.errors import InputError
from mainmode.base.instant import Instant, Span, seconds
from mainmode.device.box import Box
from mainmode.device.decision import BoxEffect, PacketOut, ToHost
from mainmode.device.flow import Flow
from mainmode.gateway.data_plane import PlaneError, raise_first
from mainmode.gateway.gateway import Action, Gateway
from mainmode.gateway.host_setting import FORWARDING, LARVAL_DROP, HostSetting
from mainmode.gateway.ingress import Barred, bars, links_of
from mainmode.gateway.netlink.codec import NetlinkError
from mainmode.gateway.netlink.host import HostNetwork
from mainmode.gateway.notes import Notes
from mainmode.gateway.tap import Tap
from mainmode.gateway.user_space.raw import PacketSocket
from mainmode.gateway.xfrm.algorithms import UnknownSuiteError
from mainmode.gateway.xfrm.events import Acquired, Expired, Lost, Mapped, XfrmEvent, XfrmEvents
from mainmode.gateway.xfrm.kernel import Xfrm
from mainmode.gateway.xfrm.layout import SaId, Selector
from mainmode.gateway.xfrm.pairs import Installed, Moment, clears_df
from mainmode.gateway.xfrm.policy_set import PolicySet, is_own
from mainmode.gateway.xfrm.sockets import bypass, take_esp
from mainmode.gateway.xfrm.states import State, StateReport, succeeding
from mainmode.gateway.xfrm.steering import Steering
from mainmode.gateway.xfrm.tunnels import Ends, Tunnel, Tunnels
from mainmode.ipsec.dataplane import SaPair

_REFRESH_EVERY: Span = seconds(0.5)
"""The kernel counts the seconds of a use: asking more often tells nothing new."""
_SHARE = 20
"""Where there are very many SAs, asking takes at most one part in so many of the time."""

_Part = TypeVar("_Part")


class KernelPlane:
    """ESP in the kernel (XFRM). What is in the kernel of ours is known by the numbers of `policy_set.OWN`.

    `bereft` are peers whose SAs a gateway that was killed left, and `open` took away.
    """

    name = "kernel"

    def __init__(self, gateway: Gateway, loop: AbstractEventLoop, why: str, ike: Sequence[socket.socket]) -> None:
        """`ike` are the sockets of ports 500 and 4500, in this order."""
        self.why = why
        self._gateway = gateway
        self._loop = loop
        self._ike = ike
        self._xfrm: Xfrm | None = None
        self._events: XfrmEvents | None = None
        self._network: HostNetwork | None = None
        self._packets: PacketSocket | None = None
        self._steering: Steering | None = None
        self._tap: Tap | None = None
        self._policies: PolicySet | None = None
        self._larval_drop, self._forwarding = HostSetting(LARVAL_DROP), HostSetting(FORWARDING)
        self._tunnels = Tunnels()
        self._barred: Barred = lambda _: ()
        self._pairs: dict[int, tuple[Installed, Tunnel]] = {}
        self._by_sa: dict[SaId, Installed] = {}
        self._moved: dict[int, Endpoint] = {}
        self.bereft: Set[IPv4Address] = frozenset()
        self._refreshed: Instant | None = None
        self._rest = _REFRESH_EVERY

    # --- the door ------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """The doors of the kernel; SAs that a crash left behind go, policies wait for `protect`. Raises PlaneError."""
        with _told():
            self._xfrm, self._network = Xfrm(), HostNetwork()
            self._policies, self._steering = PolicySet(self._xfrm), Steering(self._network)
            self._policies.open()
            self._steering.open()
            gone = self._reap()
            self._events = XfrmEvents()
            self._packets = PacketSocket()
            self._tap = Tap(self._gateway, self._loop, self._places)
            for one in self._ike:
                bypass(one)
            take_esp(self._ike[-1])
        self.bereft = {end for report in gone for end in (report.source, report.sa.destination)} - self._own().keys()
        self._loop.add_reader(self._events.fileno(), self._listen)
        self._gateway.box.offload()
        self._settle_host()

    def protect(self, box: Box) -> None:
        """Policies for the crypto maps, and ways to the remote networks. Raises PlaneError."""
        with _told():
            network = self._opened(self._network)
            self._barred = bars(box.routes, links_of(network, self._own()))
            on = {one.address: one.link for one in network.addresses()}
            self._tunnels.follow(box.settings, {name: on.get(view.address, 0) for name, view in box.interfaces.items()})
        self._lead(afresh=True)

    def mend(self) -> None:
        """What the kernel has of ours as it should be: an interface is another, or a call failed. Raises PlaneError."""
        if self._larval_drop.lacking or self._forwarding.lacking:
            self._settle_host()
        with _told():
            self._reap()
            for _, tunnel in tuple(self._pairs.values()):
                self._leave_none(tunnel)
        self._look_at_all()
        self.protect(self._gateway.box)

    def install(self, pair: SaPair, replaces: int | None) -> None:
        """Both SAs; the outbound one later, where this side began the renewal of a pair that stands."""
        self.remove(pair.inbound_spi)
        box = self._gateway.box
        with _told():
            tunnel = self._tunnels.joined(pair)
        window = box.configuration.settings.replay_window.value or 0
        waits = pair.initiator and replaces in self._pairs
        installed = Installed(pair, tunnel.reqid, window, clears_df(box.configuration, pair), waits=waits)
        installed.looked = self._gateway.now()
        before = tunnel.ends(box.settings)
        try:
            with _told():
                self._opened(self._xfrm).add_state(installed.inbound_state())
                installed.inbound_stands = True
                if not waits:
                    self._send_on(installed)
        except PlaneError:
            with contextlib.suppress(NetlinkError):
                # What stays is of no pair: it goes when all is mended.
                self._take_out(installed)
            self._tunnels.unused(tunnel)
            raise
        tunnel.pairs.append(installed)
        self._pairs[pair.inbound_spi] = (installed, tunnel)
        self._by_sa |= {installed.inbound_sa: installed, installed.outbound_sa: installed}
        self._follow(tunnel, before)

    def use(self, inbound_spi: int) -> None:
        """Outbound traffic moves to this pair: its outbound SA goes in, and those of newer ones go out.

        Of several the kernel takes the newest. A pair whose outbound SA is at its end cannot carry anything again.
        """
        installed, tunnel = self._pairs.get(inbound_spi, (None, None))
        if installed is None or tunnel is None or installed.spent:
            return
        before = tunnel.ends(self._gateway.box.settings)
        newer = tunnel.pairs[tunnel.pairs.index(installed) + 1 :]
        tunnel.pairs.remove(installed)
        tunnel.pairs.append(installed)
        with _told():
            if not installed.outbound_stands:
                self._send_on(installed)
            for other in newer:
                self._pause(other)
        self._follow(tunnel, before)

    def move(self, inbound_spi: int, path: Path) -> None:
        """Another port is told to the kernel's SAs; for another address they are made anew and carry on."""
        installed, tunnel = self._pairs.get(inbound_spi, (None, None))
        if installed is None or tunnel is None or installed.pair.path == path:
            return
        ends, before = tunnel.ends(self._gateway.box.settings), installed.pair.path
        old_inbound, old_outbound = installed.inbound_sa, installed.outbound_sa
        for sa in (old_inbound, old_outbound):
            self._by_sa.pop(sa, None)
        installed.pair = replace(installed.pair, path=path)
        self._by_sa |= {installed.inbound_sa: installed, installed.outbound_sa: installed}
        self._moved.pop(inbound_spi, None)
        with _told():
            if (before.local.address, before.remote.address) == (path.local.address, path.remote.address):
                self._opened(self._xfrm).update_state(installed.inbound_state())
                if installed.outbound_stands:
                    self._opened(self._xfrm).update_state(installed.outbound_state())
            else:
                self._succeed(old_inbound, installed.inbound_state())
                if installed.outbound_stands:
                    self._succeed(old_outbound, installed.outbound_state())
        self._follow(tunnel, ends)

    def remove(self, inbound_spi: int) -> None:
        """Both SAs go."""
        installed, tunnel = self._pairs.pop(inbound_spi, (None, None))
        if installed is None or tunnel is None:
            return
        before = tunnel.ends(self._gateway.box.settings)
        self._moved.pop(inbound_spi, None)
        for sa in (installed.inbound_sa, installed.outbound_sa):
            if self._by_sa.get(sa) is installed:
                del self._by_sa[sa]
        tunnel.pairs.remove(installed)
        with _told():
            self._take_out(installed)
            self._leave_none(tunnel)
        if self._tunnels.unused(tunnel):
            self._lead()
        else:
            self._follow(tunnel, before)

    def leave(self, out: PacketOut) -> None:
        """What the box itself sends: in clear, even into tunnels, for the kernel to seal. Raises OSError."""
        if self._packets is not None and IPv4Address(out.packet[12:16]) in self._own():
            self._packets.send(out.packet)

    def deliver(self, packet: ToHost) -> None:
        """The kernel gives to the host what tunnels bring for it."""

    def refresh(self, now: Instant) -> None:
        """Ask the kernel what its SAs carried, at most twice in a second. Raises PlaneError."""
        if self._pairs and (self._refreshed is None or not 0 <= now - self._refreshed < self._rest):
            self._count(now)

    def close(self) -> None:
        """SAs, policies, rules and routes of ours go, and the host's settings are as before.

        Forwarding first: without policies, what other hosts send into tunnels would leave in clear. Raises PlaneError
        with what cannot be taken away; the rest goes.
        """
        failed: list[Exception] = []
        for setting in (self._larval_drop, self._forwarding):
            try:
                setting.close()
            except (OSError, NetlinkError) as refused:
                failed.append(refused)
        if self._events is not None:
            self._loop.remove_reader(self._events.fileno())
        if self._xfrm is not None:
            for installed, _ in self._pairs.values():
                with contextlib.suppress(NetlinkError):
                    self._take_out(installed)
            try:
                self._pairs.clear()
                self._by_sa.clear()
                self._reap()
            except NetlinkError as refused:
                failed.append(refused)
        if self._policies is not None:
            failed += self._policies.follow(())
        if self._steering is not None:
            failed += self._steering.close()
        for part in (self._tap, self._network, self._events, self._packets, self._xfrm):
            if part is not None:
                part.close()
        self._events = self._xfrm = self._network = self._policies = self._steering = self._packets = None
        self._tap = None
        raise_first(failed)

    def _places(self) -> dict[str, str]:
        """The nameif of each of the host's interfaces, by its name there."""
        return {link: nameif for nameif, link in links_of(self._opened(self._network), self._own()).items()}

    # --- what the kernel tells -----------------------------------------------------------------------------------

    def _listen(self) -> None:
        for event in self._events.read() if self._events is not None else ():
            try:
                self._happened(event)
            except PlaneError as error:
                self._gateway.trouble("an event of the kernel's IPsec", error)
                self._gateway.owe()

    def _happened(self, event: XfrmEvent) -> None:
        match event:
            case Acquired(flow, _, _, policy):
                tunnels = self._tunnels.numbered(policy.template.reqid) if policy and policy.template else []
                if any(tunnel.pairs for tunnel in tunnels):
                    self._look_at_all()
                if policy and policy.template and is_own(policy.template.reqid):
                    self._wanted(_flow_of(flow))
            case Expired(state, hard):
                installed = self._by_sa.get(state.sa)
                if installed is not None:
                    self._over(installed, state, hard)
            case Mapped(sa, remote):
                installed = self._by_sa.get(sa)
                if installed is not None and self._moved.get(sa.spi) != remote:
                    self._moved[sa.spi] = remote
                    self._gateway.act(lambda box, now: box.moved(sa.spi, remote, now))
            case Lost():
                self._look_at_all()

    def _wanted(self, flow: Flow) -> None:
        def want(box: Box, now: Instant) -> list[BoxEffect]:
            ingress = self._own().get(flow.source) or box.towards(flow.source)
            return box.want(flow, ingress, now) if ingress is not None else []

        self._gateway.act(want)

    def _over(self, installed: Installed, state: StateReport, hard: bool) -> None:
        """A lifetime ended; what was carried until then is told to the box before."""
        moment, waited = Moment(self._gateway.now(), time.time()), installed.waits
        inbound, outbound = (state if state.sa == sa else None for sa in (installed.inbound_sa, installed.outbound_sa))
        if installed.take(moment, inbound, outbound):
            self._tell(installed)
        if not hard and waited:
            self.use(installed.pair.inbound_spi)
            return
        if hard:
            installed.inbound_stands = installed.inbound_stands and inbound is None
            if outbound is not None:
                installed.outbound_stands, installed.spent = False, True
        self._gateway.act((_ended if hard else _renewed)(installed))

    def _look_at_all(self) -> None:
        """Events were lost, or SAs that stood: what ended or is about to is found by looking, and what is asked for."""
        self._count(self._gateway.now())
        reports = self._states()
        there = {report.sa for report in reports}
        for installed, _ in tuple(self._pairs.values()):
            sas = [installed.inbound_sa] + ([installed.outbound_sa] if installed.outbound_stands else [])
            if any(sa not in there for sa in sas):
                self._gateway.act(_ended(installed))
            elif any(_is_soft(report) for report in (installed.inbound, installed.outbound) if report is not None):
                self._gateway.act(_renewed(installed))
        for report in reports:
            if report.wanted is not None and is_own(report.reqid):
                self._wanted(_flow_of(report.wanted))

    def _count(self, now: Instant) -> None:
        self._refreshed = now
        began = time.monotonic()
        moment = Moment(now, time.time())
        reports = {report.sa: report for report in self._states() if report.sa in self._by_sa}
        for installed, _ in tuple(self._pairs.values()):
            if installed.take(moment, reports.get(installed.inbound_sa), reports.get(installed.outbound_sa)):
                self._tell(installed)
        self._rest = max(_REFRESH_EVERY, seconds((time.monotonic() - began) * _SHARE))

    def _tell(self, installed: Installed) -> None:
        """The box's SAD counts; a peer that sends on a pair has installed it, so that we may send on it too."""
        spi = installed.pair.inbound_spi
        self._gateway.box.carried(spi, installed.tally(), installed.heard, installed.sent)
        if installed.heard is not None and not installed.outbound_stands:
            self.use(spi)

    def _states(self) -> list[StateReport]:
        with _told():
            return self._opened(self._xfrm).states()

    def _own(self) -> dict[IPv4Address, str]:
        return {view.address: view.name for view in self._gateway.box.interfaces.values()}

    # --- what the kernel is told ---------------------------------------------------------------------------------

    def _opened(self, part: _Part | None) -> _Part:
        if part is None:
            raise PlaneError("it is closed")
        return part

    def _send_on(self, installed: Installed) -> None:
        xfrm = self._opened(self._xfrm)
        xfrm.add_state(installed.outbound_state())
        installed.outbound_stands, installed.paused = True, None
        if installed.waits:
            installed.waits = False
            xfrm.update_state(installed.inbound_state())

    def _pause(self, installed: Installed) -> None:
        """Its outbound SA goes out, and may come back with numbers that were not used yet."""
        if installed.outbound_stands:
            installed.paused = self._opened(self._xfrm).state(installed.outbound_sa)
            self._stop_sending_on(installed)

    def _stop_sending_on(self, installed: Installed) -> None:
        if installed.outbound_stands:
            installed.outbound_stands = False
            self._remove(installed.outbound_sa)

    def _leave_none(self, tunnel: Tunnel) -> None:
        """A tunnel with pairs but none to send on sends on the newest that it can."""
        ready = [one for one in tunnel.pairs if not one.spent]
        if ready and not any(one.outbound_stands for one in tunnel.pairs):
            self._send_on(ready[-1])

    def _take_out(self, installed: Installed) -> None:
        if installed.inbound_stands:
            installed.inbound_stands = False
            self._remove(installed.inbound_sa)
        self._stop_sending_on(installed)

    def _reap(self) -> list[StateReport]:
        """SAs of ours that are of no pair go: what a crash left behind, or the kernel did not let go. NetlinkError."""
        found = [
            report
            for report in self._opened(self._xfrm).states()
            if is_own(report.reqid) and report.sa not in self._by_sa and report.wanted is None
        ]
        failed = []
        for report in found:
            try:
                self._remove(report.sa)
            except NetlinkError as refused:
                failed.append(refused)
        if failed:
            raise failed[0]
        return found

    def _remove(self, sa: SaId) -> None:
        try:
            self._opened(self._xfrm).remove_state(sa)
        except NetlinkError as refused:
            if refused.errno != errno.ESRCH:
                raise

    def _succeed(self, old: SaId, state: State) -> None:
        """Another SA in the place of an old one: it carries on with its counters and numbers."""
        xfrm = self._opened(self._xfrm)
        report = xfrm.state(old)
        self._remove(old)
        xfrm.add_state(replace(state, carried=report.carried, replay=succeeding(report)))

    def _follow(self, tunnel: Tunnel, before: Ends | None) -> None:
        """The policies of one tunnel as it is now, and the ways where it leads elsewhere. Raises PlaneError."""
        settings = self._gateway.box.settings
        failed = self._opened(self._policies).put(tunnel.policies(settings))
        if tunnel.entry is None or tunnel.ends(settings) != before:
            failed += self._steer()
        raise_first(failed)

    def _lead(self, afresh: bool = False) -> None:
        """All policies and ways as the tunnels are now. Raises PlaneError with what failed; the rest is done."""
        settings = self._gateway.box.settings
        failed = self._opened(self._policies).follow(self._tunnels.policies(settings))
        raise_first(failed + self._steer(afresh))

    def _steer(self, afresh: bool = False) -> list[NetlinkError]:
        wrong = self._tunnels.wrong_links(self._barred)
        return self._opened(self._steering).follow(*self._tunnels.networks(self._gateway.box.settings), wrong, afresh)

    def _settle_host(self) -> None:
        """Settings of the host: a tunnel does without them where it has to."""
        self._set(self._larval_drop, "packets that ask for a tunnel are lost (net.core.xfrm_larval_drop stays 1)")
        if self._set(self._forwarding, "the host does not forward packets (net.ipv4.ip_forward stays 0)"):
            self._gateway.tell("the host did not forward packets: it does now, until the gateway ends")

    def _set(self, setting: HostSetting, otherwise: str) -> bool:
        try:
            return setting.open(Notes(self._opened(self._network)))
        except (OSError, NetlinkError) as error:
            self._gateway.trouble(otherwise, error)
            if setting.lacking:
                self._gateway.owe()
            return False


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What the kernel refuses, in the words of a data plane."""
    try:
        yield
    except (NetlinkError, UnknownSuiteError, InputError) as refused:
        raise PlaneError(str(refused)) from refused


def _ended(installed: Installed) -> Action:
    return lambda box, now: box.outlived(installed.pair.inbound_spi, now)


def _renewed(installed: Installed) -> Action:
    return lambda box, now: box.renew(installed.pair.inbound_spi, now)


def _is_soft(report: StateReport) -> bool:
    limit, packets = report.limits.soft_octets, report.limits.soft_packets
    carried = report.carried
    return (limit is not None and carried.octets >= limit) or (packets is not None and carried.packets >= packets)


def _flow_of(selector: Selector) -> Flow:
    """The flow of an acquire; the kernel keeps type and code of ICMP where ports are."""
    source, destination = selector.source.network_address, selector.destination.network_address
    ports = selector.source_port, selector.destination_port
    if selector.protocol == IpProtocol.ICMP:
        return Flow(source, destination, selector.protocol, 0, 0, *ports)
    return Flow(source, destination, selector.protocol, *ports)
