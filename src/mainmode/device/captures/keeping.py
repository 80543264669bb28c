"""Captures as values: what each wants, what it keeps, and the watcher that fills them."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import Enum
from typing import NamedTuple

from mainmode.base.address import Path
from mainmode.base.codes import Flag, IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import Drop, WireError
from mainmode.base.instant import Instant
from mainmode.device.acl import ResolvedList
from mainmode.device.config.model import AccessList, Ace, Configuration
from mainmode.device.decision import BoxEffect
from mainmode.device.flow import flow_of
from mainmode.device.hits import HitCounts
from mainmode.device.show.drops import name_of
from mainmode.device.watching import Watcher
from mainmode.ike.effects import Dropped, Opened, Send
from mainmode.wire.ip import Ipv4, Udp, read_ipv4, read_udp
from mainmode.wire.message import Message
from mainmode.wire.natt import NON_ESP_MARKER, EspDatagram, Keepalive, classify

MOST_CAPTURES = 32
USUAL_BUFFER = 524_288
"""Octets that a capture keeps where nothing else is said."""
USUAL_LENGTH = 1518
"""Octets of each packet that are kept where nothing else is said; of IKE all."""
_IKE_PORT, _NAT_T_PORT = 500, 4500
_WHOLE = 65_535
_OVERHEAD = 64
"""What a packet counts at least, so that a buffer of tiny packets stays bounded too."""


class Type(Enum):
    """What is captured."""

    RAW = "raw-data"
    IKE = "isakmp"
    DROPS = "asp-drop"


class Kept(NamedTuple):
    """One packet, cut to the capture's length; `length` is what it had. `reason`: why it was dropped.

    `opened`: a message of IKE in clear, as a packet that never was on the wire.
    """

    at: Instant
    packet: bytes
    length: int
    reason: Drop | None = None
    opened: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a capture is to keep. `matches` hold for either direction; none of them: everything.

    `drop` is the device's name of a reason; None: every reason. `packet_length` None: what is usual.
    """

    type: Type = Type.RAW
    interfaces: tuple[str, ...] = ()
    matches: tuple[Ace, ...] = ()
    access_list: str | None = None
    drop: str | None = None
    buffer: int = USUAL_BUFFER
    packet_length: int | None = None
    circular: bool = False

    @property
    def longest(self) -> int:
        """Octets of each packet that are kept."""
        usual = _WHOLE if self.type is Type.IKE else USUAL_LENGTH
        return usual if self.packet_length is None else self.packet_length


class Capture:
    """One capture: what it wants, and its packets, the oldest first."""

    def __init__(self, name: str, wanted: Wanted) -> None:
        self.name = name
        self.wanted = wanted
        self.full = False
        self.octets = 0
        self._packets: deque[Kept] = deque()
        self._counted = 0

    @property
    def packets(self) -> tuple[Kept, ...]:
        """What it kept."""
        return tuple(self._packets)

    def keep(self, packet: bytes, now: Instant, reason: Drop | None = None, *, opened: bool = False) -> None:
        """A packet that it wants: kept while there is room; a circular buffer makes room."""
        if self.full and not self.wanted.circular:
            return
        kept = Kept(now, packet[: self.wanted.longest], len(packet), reason, opened)
        cost = max(_OVERHEAD, len(kept.packet))
        while self._counted + cost > self.wanted.buffer:
            if not self.wanted.circular or not self._packets:
                self.full = True
                return
            gone = self._packets.popleft()
            self._counted -= max(_OVERHEAD, len(gone.packet))
            self.octets -= len(gone.packet)
        self._packets.append(kept)
        self._counted += cost
        self.octets += len(kept.packet)

    def clear(self) -> None:
        """Its packets are forgotten, and it goes on."""
        self._packets.clear()
        self.octets = self._counted = 0
        self.full = False


class Captures(Watcher):
    """All captures of one device. `configuration` gives the one in force, whose access lists and interfaces count."""

    wants_packets = True

    def __init__(self, configuration: Callable[[], Configuration]) -> None:
        self._configuration = configuration
        self._captures: dict[str, Capture] = {}
        self._lists: tuple[Configuration | None, dict[object, ResolvedList | None]] = (None, {})

    def __len__(self) -> int:
        return len(self._captures)

    def __iter__(self) -> Iterator[Capture]:
        return iter(self._captures.values())

    def find(self, name: str) -> Capture | None:
        """The capture of this name."""
        return self._captures.get(name)

    def set(self, name: str, wanted: Wanted) -> None:
        """A new capture, or other wishes of one that stands: another type begins anew."""
        found = self._captures.get(name)
        if found is None or found.wanted.type is not wanted.type:
            self._captures[name] = Capture(name, wanted)
        else:
            found.wanted = wanted

    def remove(self, name: str) -> None:
        """Forget a capture and its packets."""
        self._captures.pop(name, None)

    def remove_all(self) -> None:
        """Forget all of them."""
        self._captures.clear()

    def on(self, interface: str, packet: bytes, now: Instant) -> tuple[Capture, ...]:
        """The captures of an interface's packets that want this one."""
        return tuple(self._of(Type.RAW, interface, packet, now))

    # --- what happens -------------------------------------------------------------------------------------------------

    def sent(self, interface: str, packet: bytes, now: Instant) -> None:
        """A packet left."""
        for capture in self.on(interface, packet, now):
            capture.keep(packet, now)

    def received(self, interface: str, packet: bytes, now: Instant) -> None:
        """A packet came in."""
        self.sent(interface, packet, now)
        if _is_ike(packet):
            for capture in self._of(Type.IKE, interface, packet, now):
                capture.keep(packet, now)

    def happened(self, effect: BoxEffect, now: Instant) -> None:
        """IKE's own messages, in clear too where they are encrypted, and drops."""
        if isinstance(effect, Send):
            packet = _packet(effect.datagram, effect.path)
            self._ike(packet, effect.path, now, opened=False)
            if effect.message is not None and effect.message.flags & Flag.ENCRYPTED:
                self._ike(_packet(_clear(effect.message, effect.path), effect.path), effect.path, now, opened=True)
        elif isinstance(effect, Opened):
            back = effect.path.reversed()
            self._ike(_packet(_clear(effect.message, effect.path), back), effect.path, now, opened=True)
        elif isinstance(effect, Dropped) and effect.packet:
            for capture in self._captures.values():
                wanted = capture.wanted
                about = wanted.type is Type.DROPS and _is_wanted(effect.reason, wanted.drop)
                if about and self._matches(wanted, effect.packet, now):
                    capture.keep(effect.packet, now, effect.reason)

    def _ike(self, packet: bytes, path: Path, now: Instant, *, opened: bool) -> None:
        """A message of this device's IKE, of an end that `path` calls local."""
        for capture in self._of(Type.IKE, self._interface(path), packet, now):
            capture.keep(packet, now, opened=opened)

    def _interface(self, path: Path) -> str:
        for one in self._configuration().interfaces:
            if one.nameif is not None and one.address is not None and one.address.value.address == path.local.address:
                return one.nameif.value
        return ""

    def _of(self, type_: Type, interface: str, packet: bytes, now: Instant) -> Iterator[Capture]:
        for capture in self._captures.values():
            wanted = capture.wanted
            here = interface in wanted.interfaces or (type_ is Type.IKE and not wanted.interfaces)
            room = wanted.circular or not capture.full
            if wanted.type is type_ and here and room and self._matches(wanted, packet, now):
                yield capture

    def _matches(self, wanted: Wanted, packet: bytes, now: Instant) -> bool:
        """Whether the access list permits it, or a match is about it or its way back."""
        if wanted.access_list is None and not wanted.matches:
            return True
        try:
            flow = flow_of(read_ipv4(packet))
        except WireError:
            return False
        hits = HitCounts()
        if wanted.access_list is not None:
            listed = self._list(wanted.access_list)
            found = listed.first_match(flow, now, hits) if listed is not None else None
            return found is not None and found.permit
        matches = self._list(wanted.matches)
        return matches is not None and any(matches.first_match(one, now, hits) for one in (flow, flow.reversed()))

    def _list(self, named: str | tuple[Ace, ...]) -> ResolvedList | None:
        """An access list of the configuration by its name, or the one that these entries are; resolved once."""
        configuration = self._configuration()
        if self._lists[0] is not configuration:
            self._lists = (configuration, {})
        known = self._lists[1]
        if named not in known:
            found = configuration.access_lists.get(named) if isinstance(named, str) else None
            if not isinstance(named, str):
                found = AccessList("", named[0].source, named)
            known[named] = ResolvedList(found, configuration) if found is not None else None
        return known[named]


def _is_wanted(reason: Drop, name: str | None) -> bool:
    found = name_of(reason)
    return name is None or (found is not None and found[0] == name)


def _is_ike(packet: bytes) -> bool:
    """Whether a packet is IKE's: on port 500, or on 4500 and neither ESP nor a keepalive."""
    try:
        datagram = read_udp(read_ipv4(packet))
        if _NAT_T_PORT in (datagram.source_port, datagram.destination_port):
            return not isinstance(classify(datagram.payload), EspDatagram | Keepalive)
    except WireError:
        return False
    return _IKE_PORT in (datagram.source_port, datagram.destination_port)


def _packet(datagram: bytes, path: Path) -> bytes:
    """A datagram from the local end to the remote one, as a packet."""
    local, remote = path.local, path.remote
    udp = Udp(local.port, remote.port, datagram).encode(local.address, remote.address)
    return Ipv4(local.address, remote.address, IpProtocol.UDP, udp).encode()


def _clear(message: Message, path: Path) -> bytes:
    """A message that goes encrypted, in clear, with the marker where its port has one."""
    octets = replace(message, flags=message.flags & ~Flag.ENCRYPTED).encode()
    return NON_ESP_MARKER + octets if path.local.port == _NAT_T_PORT else octets
