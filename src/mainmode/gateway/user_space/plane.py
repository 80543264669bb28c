"""The data plane in user space: tunnels of the box behind a TUN device, for hosts whose kernel has no ESP."""

from asyncio import AbstractEventLoop
from collections.abc import Iterator
from ipaddress import IPv4Address

from mainmode.base.address import Path, ProxyPair
from mainmode.base.errors import Drop
from mainmode.base.instant import Instant
from mainmode.device.box import Box
from mainmode.device.decision import PacketOut, ToHost
from mainmode.gateway.data_plane import PlaneError, raise_first
from mainmode.gateway.gateway import Gateway
from mainmode.gateway.host_setting import FORWARDING, HostSetting
from mainmode.gateway.ingress import bars, links_of
from mainmode.gateway.netlink.codec import NetlinkError
from mainmode.gateway.netlink.host import HostNetwork
from mainmode.gateway.notes import Notes
from mainmode.gateway.sockets import IkeSockets
from mainmode.gateway.user_space.nat_t import NatTraversalReader
from mainmode.gateway.user_space.raw import EspSocket, PacketSocket
from mainmode.gateway.user_space.reverse_path import ReversePaths
from mainmode.gateway.user_space.sending import PeerSender
from mainmode.gateway.user_space.steering import Steering
from mainmode.gateway.user_space.traffic import Doors, Traffic
from mainmode.gateway.user_space.tun import Tun, TunFailed, device_of
from mainmode.gateway.workers.program import keeping
from mainmode.gateway.workers.share import Share
from mainmode.ike.effects import Dropped
from mainmode.ipsec.dataplane import SaPair

_MTU = 1500


class UserSpacePlane:
    """Packets of the protected networks come in by the device, and leave as ESP by raw sockets; and back."""

    name = "user space"

    def __init__(self, gateway: Gateway, loop: AbstractEventLoop, sockets: IkeSockets, why: str, device: str) -> None:
        """`sockets` has port 4500, where ESP comes among IKE. `device` is the name of the first worker's device."""
        self.why = why
        self._sockets = sockets
        self._gateway = gateway
        self._loop = loop
        self._named = device
        self._device = device_of(device, gateway.share.number)
        self._network: HostNetwork | None = None
        self._steering: Steering | None = None
        self._tun: Tun | None = None
        self._packets: PacketSocket | None = None
        self._esp: EspSocket | None = None
        self._forwarding = HostSetting(FORWARDING)
        self._reverse_paths = ReversePaths(gateway.warn)
        self._traffic: Traffic | None = None
        self._own: dict[bytes, str] = {}
        self._announced: frozenset[ProxyPair] = frozenset()
        self._elsewhere: frozenset[ProxyPair] = frozenset()
        self._led: dict[int, ProxyPair] = {}

    # --- the door ------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """The device, the sockets and the host's routes. Raises PlaneError."""
        try:
            self._packets, self._esp = PacketSocket(), EspSocket()
            self._tun = Tun.open(self._device)
            self._network = HostNetwork()
            share = self._gateway.share
            names = {one: device_of(self._named, one) for one in range(share.count) if one != share.number}
            self._steering = Steering(self._network, self._device, share.number, names)
            self._steering.open(_MTU)
        except (TunFailed, NetlinkError) as refused:
            raise PlaneError(str(refused)) from refused
        except OSError as error:
            raise PlaneError(f"raw sockets: {error.strerror}; they take root, or CAP_NET_RAW") from error
        self._forward()
        nat_t = self._sockets.nat_t
        doors = Doors(self._tun, self._esp, NatTraversalReader(nat_t), PeerSender(nat_t, cuts=True))
        self._traffic = Traffic(self._gateway, doors)
        self._sockets.read_nat_t(self._traffic.by_port_4500)
        self._loop.add_reader(self._esp.fileno(), self._traffic.by_protocol_50)
        self._read(self._tun)

    def _forward(self) -> None:
        """Where the host cannot be told to, it may have been told by others, or has no hosts behind it."""
        if not self._gateway.share.first:
            return
        try:
            if self._network is not None and self._forwarding.open(Notes(self._network)):
                self._gateway.tell("the host did not forward packets: it does now, until the gateway ends")
        except (OSError, NetlinkError) as error:
            self._gateway.trouble("the host does not forward packets (net.ipv4.ip_forward stays 0)", error)
            if self._forwarding.lacking:
                self._gateway.owe()

    def protect(self, box: Box) -> None:
        """The networks of the crypto access lists are led into the device. Raises PlaneError."""
        self._own = {view.address.packed: view.name for view in box.interfaces.values()}
        if self._traffic is not None:
            self._traffic.follow(self._own)
        share = self._gateway.share
        self._announced = frozenset(_announced(box, share, mine=True))
        self._elsewhere = frozenset(_announced(box, share, mine=False))
        self._keep_my_share()
        self._lead()
        self._look_at_filters()

    def mend(self) -> None:
        """The device is made again where somebody took it away, and switched on where it is off. Raises PlaneError."""
        if self._network is None or self._steering is None:
            return
        if self._forwarding.lacking:
            self._forward()
        try:
            found = next((link for link in self._network.links() if link.name == self._device), None)
            ours = found is not None and self._tun is not None and found.index == self._tun.index
            if ours and found is not None and found.up:
                self._lead()
                self._look_at_filters()
                return
            if not ours:
                self._forget_device()
                self._tun = Tun.open(self._device)
                self._read(self._tun)
            self._steering.open(_MTU)
        except (TunFailed, NetlinkError) as refused:
            raise PlaneError(str(refused)) from refused
        self._lead()
        self._look_at_filters()
        what = "switched off" if ours else "taken away"
        self._gateway.tell(f"{self._device} was {what}: it is in place again")

    def install(self, pair: SaPair, replaces: int | None) -> None:
        """A tunnel that no access list announced, under a dynamic map, is led into the device while it stands."""
        self._led[pair.inbound_spi] = pair.proxies
        if pair.proxies not in self._announced:
            self._lead()

    def use(self, inbound_spi: int) -> None:
        """The box seals with the right pair by itself."""

    def move(self, inbound_spi: int, path: Path) -> None:
        """The box knows the new path by itself."""

    def remove(self, inbound_spi: int) -> None:
        """What only this pair led into the device goes its old way again. Raises PlaneError."""
        proxies = self._led.pop(inbound_spi, None)
        if proxies is not None and proxies not in self._announced:
            self._lead()

    def leave(self, out: PacketOut) -> None:
        """What the box itself sends goes by a raw socket, what it sends on through the device to the host."""
        if out.packet[12:16] in self._own:
            self._send(out)
        elif self._tun is not None and not self._tun.write(out.packet):
            self._dropped(Drop.NOT_SENT, f"{IPv4Address(out.packet[16:20])}: {self._device} does not take it")

    def deliver(self, packet: ToHost) -> None:
        """Out of a tunnel for the host."""
        if self._tun is not None and not self._tun.write(packet.packet):
            self._dropped(Drop.NOT_SENT, f"for the host itself: {self._device} does not take it")

    def refresh(self, now: Instant) -> None:
        """The box counts by itself."""

    def close(self) -> None:
        """Device, sockets, rules and forwarding as if nothing had been; forwarding first, as no rule keeps back then
        what other hosts send. Raises PlaneError with what cannot be taken away; the rest goes.
        """
        failed: list[Exception] = []
        try:
            self._forwarding.close()
        except (OSError, NetlinkError) as refused:
            failed.append(refused)
        for reader in self._tun, self._esp:
            if reader is not None:
                self._loop.remove_reader(reader.fileno())
        if self._steering is not None:
            failed += self._steering.close()
        for part in self._network, self._tun, self._esp, self._packets:
            if part is not None:
                part.close()
        self._steering = self._network = self._tun = self._esp = self._packets = self._traffic = None
        raise_first(failed)

    # --- inside --------------------------------------------------------------------------------------------------

    def _read(self, tun: Tun) -> None:
        if self._traffic is not None:
            self._traffic.through(tun)
            self._loop.add_reader(tun.fileno(), self._from_the_host, tun, self._traffic)

    def _from_the_host(self, tun: Tun, traffic: Traffic) -> None:
        """What the host sends; `mend` makes a device anew that is gone, once the host tells of it."""
        traffic.from_the_host()
        if tun.gone:
            self._loop.remove_reader(tun.fileno())

    def _forget_device(self) -> None:
        if self._tun is not None:
            self._loop.remove_reader(self._tun.fileno())
            self._tun.close()
            self._tun = None

    def _send(self, out: PacketOut) -> None:
        try:
            if self._packets is not None:
                self._packets.send(out.packet)
        except OSError as error:
            self._dropped(Drop.NOT_SENT, f"{IPv4Address(out.packet[16:20])}: {error.strerror}")

    def _dropped(self, reason: Drop, text: str) -> None:
        self._gateway.act(lambda box, now: box.dropped(Dropped(reason, None, text), now))

    def _lead(self) -> None:
        if self._steering is None:
            return
        try:
            barred = bars(self._gateway.box.routes, self._links())
            agreed = {*self._led.values()} - self._announced
            self._steering.lead(self._announced, barred, agreed=agreed, elsewhere=self._elsewhere)
        except NetlinkError as refused:
            raise PlaneError(str(refused)) from refused

    def _keep_my_share(self) -> None:
        """ESP of other workers' peers is theirs. Raises PlaneError."""
        share = self._gateway.share
        try:
            if share.count > 1 and self._esp is not None:
                self._esp.keep(keeping(share))
        except OSError as error:
            raise PlaneError(f"the filter of the raw socket: {error.strerror}") from error

    def _look_at_filters(self) -> None:
        if not self._gateway.share.first:
            return
        try:
            links = self._links()
        except NetlinkError as refused:
            raise PlaneError(str(refused)) from refused
        mapped = {entry.interface for entry in self._gateway.box.settings.entries}
        self._reverse_paths.look({link for nameif, link in links.items() if nameif in mapped})

    def _links(self) -> dict[str, str]:
        """The host's link of each nameif. Raises NetlinkError."""
        own = {IPv4Address(address): nameif for address, nameif in self._own.items()}
        return links_of(self._network, own) if self._network is not None else {}


def _announced(box: Box, share: Share, *, mine: bool) -> Iterator[ProxyPair]:
    """The permit entries of the crypto access lists; what a deny takes out of them is the box's to see.

    Those of this worker (`mine`), or of all others.
    """
    for entry in box.settings.entries:
        if entry.complete and not entry.dynamic and share.has(entry) is mine:
            for ace in entry.acl or ():
                if ace.permit:
                    yield ace.proxies
