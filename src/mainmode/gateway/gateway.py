"""The box among its watchers, sockets and data plane: everything that changes it goes through `act`."""

from collections import Counter, deque
from collections.abc import Callable
from ipaddress import IPv4Address
from typing import Any, Protocol

from mainmode.base.address import Path
from mainmode.base.codes import IpProtocol
from mainmode.base.errors import Drop
from mainmode.base.faults import place_of
from mainmode.base.instant import Instant, Span, later, seconds
from mainmode.device.box import Box
from mainmode.device.decision import BoxEffect, Held, PacketOut, ToHost
from mainmode.device.own import PING_IDENTIFIER
from mainmode.device.watching import Watcher
from mainmode.gateway.clock import Clock
from mainmode.gateway.data_plane import DataPlane, PlaneError
from mainmode.gateway.held import HeldPackets
from mainmode.gateway.repeats import Repeats
from mainmode.gateway.workers.share import WHOLE
from mainmode.ike.effects import Dropped, InstallSa, MoveSa, RemoveSa, Send, UseSa
from mainmode.wire.ip import Ipv4, Udp

_AFTER_A_FAULT: Span = seconds(1)
"""How long deadlines wait where serving them failed: they may be due again at once."""
_SHORTEST = 20
"""Octets of an IPv4 header."""
_ECHO_REPLY = b"\0"
"""The type of an ICMP message (RFC 792)."""

Action = Callable[[Box, Instant], list[BoxEffect]]


class Alarm(Protocol):
    """Calls `Gateway.wake` when a deadline comes."""

    def set(self, at: Instant | None) -> None:
        """At this moment instead of the one before; None: not at all."""


class Silent:
    """An alarm that never rings, for a gateway without a loop."""

    def set(self, at: Instant | None) -> None:
        """Nothing."""


class Sender(Protocol):
    """What sends the datagrams of IKE."""

    def send(self, datagram: bytes, path: Path) -> None:
        """One datagram from the local end of `path` to its remote end. Raises OSError."""


class Gateway:
    """Carries out what the box wants, in its order. Synchronous, and called on the loop only.

    `tell` prints one line of what happens, `warn` one of what is wrong. `faults` counts what went wrong in mainmode
    itself, by its place; `troubles` what the host refused, by what was tried. `taps` are told whether packets are
    watched, where they do not pass the gateway by themselves. `owe` is called where the data plane is not as it should
    be: it has to be mended. `share` tells which peers are this process's, where several are one gateway. `watched`:
    somebody wants to see every packet.
    """

    def __init__(
        self, box: Box, clock: Clock, tell: Callable[[str], None], warn: Callable[[str], None] | None = None
    ) -> None:
        """`warn` None: as `tell`."""
        self.box = box
        self.alarm: Alarm = Silent()
        self.watchers: list[Watcher] = []
        self.watched = False
        self.taps: list[Callable[[bool], None]] = []
        self.sender: Sender | None = None
        self.plane: DataPlane | None = None
        self.held = HeldPackets()
        self.share = WHOLE
        self.faults: Counter[str] = Counter()
        self.troubles: Counter[str] = Counter()
        self.owe: Callable[[], None] = lambda: None
        self.tell = tell
        self.warn = warn or tell
        self._repeats = Repeats()
        self._clock = clock
        self._waiting: deque[Action] = deque()
        self._acting = False
        self._due: Instant | None = None
        self._nameifs: dict[IPv4Address, str] = {}
        self._nameif_of: dict[bytes, str] = {}
        self._carriers: dict[type[Any], Callable[[Any, Instant], None]] = {
            Send: self._send,
            PacketOut: self._leave,
            ToHost: self._deliver,
            Held: self._hold,
            InstallSa: self._install,
            UseSa: self._use,
            MoveSa: self._move,
            RemoveSa: self._remove,
        }
        self.follow()

    def now(self) -> Instant:
        """The time as the box knows it."""
        return self._clock.now()

    def stamp(self, now: Instant) -> Instant:
        """What people and other programs are told for a time of the box, where somebody has set the host's clock."""
        return self._clock.on_the_wall(now)

    def follow(self) -> None:
        """The box has another configuration: its addresses are looked up anew."""
        self._nameifs = {view.address: view.name for view in self.box.interfaces.values()}
        self._nameif_of = {address.packed: name for address, name in self._nameifs.items()}

    # --- what happens to the box ---------------------------------------------------------------------------------

    def act(self, action: Action) -> None:
        """Let something happen to the box and carry out what follows; within another action: right after it."""
        self._waiting.append(action)
        if self._acting:
            return
        self._acting = True
        try:
            while self._waiting:
                self._act(self._waiting.popleft())
        finally:
            self._acting = False
        self.look_at_the_clock()

    def restart(self, box: Box) -> None:
        """Another box stands here from here on, which knows nothing of what was. The peers are told before."""
        self.act(lambda before, now: before.clear(None, now))
        self.held.clear()
        self.box = box
        self.follow()
        self.look_at_the_clock()

    def look_at_the_clock(self) -> None:
        """Set the alarm at the next deadline."""
        due, held = self.box.deadline(), self.held.deadline()
        if held is not None and (due is None or held < due):
            due = held
        if due != self._due:
            self._due = due
            self.alarm.set(due)

    def wake(self) -> None:
        """A deadline came."""
        self._due = None
        self.refresh()
        before = self.faults.total()
        self.act(self._expire)
        if self.faults.total() > before:
            self._due = later(self.now(), _AFTER_A_FAULT)
            self.alarm.set(self._due)

    def give_again(self, now: Instant) -> None:
        """Packets whose time to wait is over by `now` go: before others are looked at that may pass them by."""
        for held in self.held.due(now):
            self.act(_given_again(held))

    def refresh(self) -> None:
        """Bring what the data plane counted into the box: before anybody looks at it."""
        now = self.now()
        self._planes("read its counters", lambda plane: plane.refresh(now))

    def protect(self) -> bool:
        """The box has another configuration, or the host other interfaces; whether the data plane follows."""
        return self._owed("follow", lambda plane: plane.protect(self.box))

    def mend(self) -> bool:
        """Whether the data plane is as it should be afterwards."""
        return self._owed("be whole", lambda plane: plane.mend())

    def datagram_arrived(self, datagram: bytes, path: Path) -> bool:
        """UDP port 500 or 4500 received this payload. False where it was shed, at next to no cost."""
        nameif = self._nameifs.get(path.local.address)
        if self.box.shedding.datagram(nameif, datagram, path, self.now()) is not None:
            return False
        if nameif is None:
            text = f"a datagram from {path.remote} for {path.local}, an address that no interface of the device has"
            self.act(lambda box, now: box.dropped(Dropped(Drop.NOT_FOR_US, path, text), now))
            return True
        if self.watched:
            self.show_packet(nameif, _packet_of(datagram, path.reversed()))
        self.act(lambda box, now: box.datagram_in(nameif, datagram, path, now))
        return True

    def sheds(self, datagram: bytes, local: bytes, source: bytes) -> bool:
        """Whether what UDP port 500 received was shed at once; `datagram_arrived` takes what was not.

        `local` and `source` are addresses in four octets.
        """
        nameif = self._nameif_of.get(local)
        return nameif is not None and self.box.shedding.stranger(nameif, datagram, source, self.now())

    def esp_arrived(self, esp: bytes, path: Path) -> bool:
        """The payload of a packet of IP protocol 50; ports of `path` are 0. False as for a datagram."""
        nameif = self._nameifs.get(path.local.address)
        if nameif is None:
            if self.box.shedding.elsewhere(self.now()) is not None:
                return False
            text = f"ESP from {path.remote.address} for {path.local.address}, which no interface of the device has"
            self.act(lambda box, now: box.dropped(Dropped(Drop.NOT_FOR_US, path, text), now))
            return True
        if self.watched:
            self.show_packet(nameif, Ipv4(path.remote.address, path.local.address, IpProtocol.ESP, esp).encode())
        self.act(lambda box, now: box.esp_in(nameif, esp, path, now))
        return True

    def packet_arrived(self, nameif: str, packet: bytes) -> None:
        """A whole packet in clear came to an interface of the box."""
        if self.watched:
            self.show_packet(nameif, packet)
        self.act(lambda box, now: box.packet_in(nameif, packet, now))

    def icmp_arrived(self, packet: bytes) -> None:
        """A router's ICMP error, or the reply to a ping of the box, for an address of the host; a whole packet."""
        nameif = self._nameifs.get(IPv4Address(packet[16:20])) if len(packet) >= _SHORTEST else None
        if nameif is not None and not _replies_to_another(packet):
            self.act(lambda box, now: box.packet_in(nameif, packet, now))

    def from_host(self, packet: bytes) -> None:
        """A whole packet of the host itself, from an address of the box."""
        if self.watched:
            nameif = self._nameifs.get(IPv4Address(packet[12:16]))
            if nameif is not None:
                self.show_packet(nameif, packet)
        self.act(lambda box, now: box.from_host(packet, now))

    # --- what goes wrong ---------------------------------------------------------------------------------------------

    def contain(self, fault: BaseException) -> None:
        """A fault of mainmode itself costs what it happened in, and is told once. Its text may tell of keys."""
        place = place_of(fault)
        self.faults[place] += 1
        if self.faults[place] == 1:
            self.warn(f"a fault in mainmode itself, please report it: {place}; the gateway goes on")

    def trouble(self, what: str, error: Exception, about: str = "") -> None:
        """Something that the host refused: counted as `what`, and told with what it was about, once in a while."""
        self.troubles[what] += 1
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        for line in self._repeats.lines(f"{what}{about}: {reason}", self.now()):
            self.warn(line)

    def remark(self, text: str) -> None:
        """Something that those who sit at the gateway should know, too."""
        self.warn(text)
        now = self.now()
        for watcher in self.watchers:
            try:
                watcher.remarked(text, now)
            except Exception as fault:
                self.contain(fault)

    # --- inside --------------------------------------------------------------------------------------------------

    def _act(self, action: Action) -> None:
        """Packets whose time to wait ends now go before whatever else happens now."""
        now = self.now()
        self.box.hear(any(watcher.wants_lines for watcher in self.watchers))
        for held in self.held.due(now):
            self._perform(_given_again(held), now)
        self._perform(action, now)

    def _perform(self, action: Action, now: Instant) -> None:
        try:
            effects = action(self.box, now)
        except Exception as fault:
            self.contain(fault)
            return
        for effect in effects:
            for watcher in self.watchers:
                try:
                    watcher.happened(effect, now)
                except Exception as fault:
                    self.contain(fault)
            carry = self._carriers.get(type(effect))
            if carry is not None:
                try:
                    carry(effect, now)
                except Exception as fault:
                    self.contain(fault)

    def _expire(self, box: Box, now: Instant) -> list[BoxEffect]:
        return [*(one for lost in self.held.outdated(now) for one in box.dropped(lost, now)), *box.expire(now)]

    def _planes(self, what: str, do: Callable[[DataPlane], None]) -> bool:
        """Whether the data plane did it."""
        if self.plane is None:
            return False
        try:
            do(self.plane)
        except (OSError, PlaneError) as error:
            self.trouble(f"the {self.plane.name} data plane cannot {what}", error)
            return False
        return True

    def _owed(self, what: str, do: Callable[[DataPlane], None]) -> bool:
        """As `_planes`; what it did not do is to be mended."""
        done = self.plane is None or self._planes(what, do)
        if not done:
            self.owe()
        return done

    # --- effects -------------------------------------------------------------------------------------------------

    def _send(self, send: Send, now: Instant) -> None:
        nameif = self._nameifs.get(send.path.local.address, "")
        if self.watched:
            self.show_packet(nameif, _packet_of(send.datagram, send.path), out=True)
        if self.sender is None:
            return
        try:
            self.sender.send(send.datagram, send.path)
        except OSError as error:
            about = f" from {send.path.local} to {send.path.remote}"
            self.trouble("cannot send a datagram", error, about)
            lost = Dropped(Drop.NOT_SENT, send.path, f"a datagram{about}: {error.strerror or error}")
            self.act(lambda box, then: box.dropped(lost, then))

    def _leave(self, out: PacketOut, now: Instant) -> None:
        if self.watched:
            self.show_packet(out.interface, out.packet, out=True)
        self._planes("send a packet", lambda plane: plane.leave(out))

    def _deliver(self, packet: ToHost, now: Instant) -> None:
        if self.watched:
            self.show_packet(packet.interface, packet.packet, out=True)
        self._planes("hand a packet to the host", lambda plane: plane.deliver(packet))

    def _hold(self, held: Held, now: Instant) -> None:
        lost = self.held.add(held, now)
        if lost is not None:
            self.act(lambda box, then: box.dropped(lost, then))

    def _install(self, effect: InstallSa, now: Instant) -> None:
        pair = effect.pair
        if self._owed("install a pair of SAs", lambda plane: plane.install(pair, effect.replaces)):
            state = self.box.sad.inbound(pair.inbound_spi)
            self.held.release(pair, state.settled_at if state is not None else now)
            self.give_again(now)
        else:
            self.warn(f"the tunnel to {pair.peer} for {pair.acl_text} comes down: its SAs could not be installed")
            self.act(lambda box, then: box.outlived(pair.inbound_spi, then))

    def _use(self, effect: UseSa, now: Instant) -> None:
        self._owed("use a pair of SAs", lambda plane: plane.use(effect.inbound_spi))

    def _move(self, effect: MoveSa, now: Instant) -> None:
        self._owed("move a pair of SAs", lambda plane: plane.move(effect.inbound_spi, effect.path))

    def _remove(self, effect: RemoveSa, now: Instant) -> None:
        self._owed("remove a pair of SAs", lambda plane: plane.remove(effect.inbound_spi))

    # --- watching ------------------------------------------------------------------------------------------------

    def watch(self, watcher: Watcher) -> None:
        """Tell this one too, from here on."""
        self._exchange([*self.watchers, watcher])

    def unwatch(self, watcher: Watcher) -> None:
        """Tell this one no more; it may be the one that is told right now."""
        self._exchange([one for one in self.watchers if one is not watcher])

    def _exchange(self, watchers: list[Watcher]) -> None:
        before, self.watchers = self.watched, watchers
        self.watched = any(watcher.wants_packets for watcher in watchers)
        if self.watched is not before:
            for tap in self.taps:
                tap(self.watched)

    def show_packet(self, nameif: str, packet: bytes, *, out: bool = False) -> None:
        """A whole packet came in by a nameif, or leaves by it."""
        now = self.now()
        for watcher in self.watchers:
            if watcher.wants_packets:
                try:
                    (watcher.sent if out else watcher.received)(nameif, packet, now)
                except Exception as fault:
                    self.contain(fault)


def _replies_to_another(packet: bytes) -> bool:
    """Whether a packet of ICMP is an echo reply that some program of the host waits for, not the box."""
    start = (packet[0] & 0xF) * 4
    kind, identifier = packet[start : start + 1], packet[start + 4 : start + 6]
    return kind == _ECHO_REPLY and int.from_bytes(identifier) != PING_IDENTIFIER


def _given_again(held: Held) -> Action:
    def again(box: Box, now: Instant) -> list[BoxEffect]:
        if held.interface is None:
            return box.from_host(held.packet, now)
        return box.packet_in(held.interface, held.packet, now) if held.interface in box.interfaces else []

    return again


def _packet_of(datagram: bytes, path: Path) -> bytes:
    """A datagram from the local to the remote end of a path, as the packet that carries it."""
    source, destination = path.local, path.remote
    udp = Udp(source.port, destination.port, datagram).encode(source.address, destination.address)
    return Ipv4(source.address, destination.address, IpProtocol.UDP, udp).encode()
