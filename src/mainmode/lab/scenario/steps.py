"""What can happen in a scenario: each step is declared once, as a sentence, with what it does."""

from functools import partial
from ipaddress import IPv4Address
from typing import ClassVar

from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.base.instant import NO_TIME, Span, seconds
from mainmode.base.sentences import Sentence
from mainmode.catalogue.debugs import parse
from mainmode.device.exec_commands import typed
from mainmode.lab.cloud import Departure, Meddling
from mainmode.lab.hosts import Probe
from mainmode.lab.inside import DISCARD
from mainmode.lab.link import Kind, read_link
from mainmode.lab.scenario.stage import Stage, Waiting

_PORT = 49_152
_DATAGRAM = 1028
"""Octets of a packet of bulk traffic: 1000 of data, and the headers of UDP and IPv4."""

_SECOND = seconds(1)
_BETWEEN = Span(1000)
"""A thousandth of a second from packet to packet of bulk traffic."""


class Step(Sentence):
    """One thing that happens."""

    EXAMPLE: ClassVar[str]

    def check(self) -> None:
        """Raises InputError where the sentence can never be acted on."""

    def act(self, stage: Stage) -> None:
        """Let it happen now. Raises InputError where it cannot."""
        raise NotImplementedError

    @property
    def lasts(self) -> Span:
        """How long it goes on."""
        return NO_TIME


@dataclass(frozen=True, slots=True)
class Ping(Step):
    """A host sends echo requests to another one: five, a second apart, of 100 octets, if nothing else is said.

    The host is found behind the device that leads to its address by an inside interface; `behind` says which device,
    where there are several. With `df` the packets must not be fragmented. With `until answered` no more are sent once a
    reply to the flow came.
    """

    SYNTAX: ClassVar = (
        "ping {source:ADDRESS} {destination:ADDRESS} [behind {device:DEVICE}] [count {count:COUNT}] "
        "[every {interval:SPAN}] [size {octets:COUNT}] [{df:DF}] [{answered:ANSWERED}]"
    )
    EXAMPLE: ClassVar = "at 10s: ping 192.168.1.10 192.168.2.10 count 20 size 1400 df"
    source: IPv4Address
    destination: IPv4Address
    device: str | None = None
    count: int = 5
    interval: Span = _SECOND
    octets: int = 0
    df: bool = False
    answered: bool = False

    def act(self, stage: Stage) -> None:
        """Send the first one; the others follow."""
        probe = Probe(IpProtocol.ICMP, self.source, self.destination, octets=self.octets, dont_fragment=self.df)
        flow = stage.flow(probe, self.device)
        stage.begin(flow, self.count, self.interval, Waiting(flow, stage.now) if self.answered else None)

    @property
    def lasts(self) -> Span:
        """Until the last request is sent."""
        return Span(self.count * self.interval)


@dataclass(frozen=True, slots=True)
class Ask(Step):
    """A host sends UDP datagrams, which the other sends back, or TCP segments that ask for a connection it refuses."""

    SYNTAX: ClassVar = (
        "{protocol:PROTOCOL} {source:ADDRESS} {destination:ADDRESS} port {port:COUNT} [behind {device:DEVICE}] "
        "[count {count:COUNT}] [every {interval:SPAN}]"
    )
    EXAMPLE: ClassVar = "at 10s: tcp 192.168.1.10 192.168.2.10 port 443 count 3"
    protocol: IpProtocol
    source: IPv4Address
    destination: IPv4Address
    port: int
    device: str | None = None
    count: int = 5
    interval: Span = _SECOND

    def act(self, stage: Stage) -> None:
        """Send the first one; the others follow."""
        probe = Probe(self.protocol, self.source, self.destination, _PORT, self.port)
        stage.begin(stage.flow(probe, self.device), self.count, self.interval)

    @property
    def lasts(self) -> Span:
        """Until the last one is sent."""
        return Span(self.count * self.interval)


@dataclass(frozen=True, slots=True)
class Bulk(Step):
    """A host sends so many kilobytes of UDP to another one, which takes them: a thousand datagrams in a second.

    A kilobyte is one datagram of 1000 octets of data (1028 with its headers), or of `size` octets in all.
    """

    SYNTAX: ClassVar = (
        "bulk {source:ADDRESS} {destination:ADDRESS} {kilobytes:COUNT} kB [behind {device:DEVICE}] "
        "[size {octets:COUNT}]"
    )
    EXAMPLE: ClassVar = "at 1m: bulk 192.168.1.10 192.168.2.10 2000 kB"
    source: IPv4Address
    destination: IPv4Address
    kilobytes: int
    device: str | None = None
    octets: int = _DATAGRAM

    def act(self, stage: Stage) -> None:
        """Send the first datagram; the others follow."""
        probe = Probe(IpProtocol.UDP, self.source, self.destination, _PORT, DISCARD, octets=self.octets)
        stage.begin(stage.flow(probe, self.device, expects_replies=False), self._datagrams, _BETWEEN)

    @property
    def _datagrams(self) -> int:
        return max(1, self.kilobytes * _DATAGRAM // max(self.octets, 1))

    @property
    def lasts(self) -> Span:
        """Until the last datagram is sent."""
        return Span(self._datagrams * _BETWEEN)


@dataclass(frozen=True, slots=True)
class Restart(Step):
    """The device loses its state and starts anew from its configuration, at once or after a time. Nobody is told.

    With `clock` its clock is so far ahead or behind from then on.
    """

    SYNTAX: ClassVar = "restart {device:DEVICE} [for {down:SPAN}] [clock {off:SPAN} {behind:BEHIND}]"
    EXAMPLE: ClassVar = "at 60s: restart b for 2m"
    device: str
    down: Span = NO_TIME
    off: Span | None = None
    behind: bool = False

    def act(self, stage: Stage) -> None:
        """Restart it."""
        stage.rig.tell(self.device, "restarted")
        if self.off is not None:
            stage.world.stations[self.device].skew = Span(-self.off if self.behind else self.off)
        stage.rig.restart(self.device, self.down)


@dataclass(frozen=True, slots=True)
class RestartOn(Step):
    """The device loses its state as the next message of that name is under way, whoever sent it; nobody is told."""

    SYNTAX: ClassVar = "restart {device:DEVICE} on {message:MESSAGE}"
    EXAMPLE: ClassVar = "at 1h: restart b on QM2"
    device: str
    message: str

    def act(self, stage: Stage) -> None:
        """Lie in wait."""
        stage.cloud.meddlers.append(_Ambush(stage, self.device, self.message))


@dataclass(slots=True)
class _Ambush:
    """Looks at what passes until the message comes; the message itself goes on."""

    stage: Stage
    device: str
    message: str

    def meddle(self, departure: Departure, kind: Kind, target: str) -> Meddling | None:
        """Restart the device before the message arrives anywhere."""
        if departure.label == self.message:
            self.stage.cloud.meddlers.remove(self)
            self.stage.rig.tell(self.device, f"restarted on {self.message} of {departure.name}")
            self.stage.rig.after(NO_TIME, partial(self.stage.rig.restart, self.device, NO_TIME))
        return None


@dataclass(frozen=True, slots=True)
class Reload(Step):
    """The device ends its sessions, then starts anew, at once or after a time.

    Its peers are told where it has `crypto isakmp disconnect-notify`.
    """

    SYNTAX: ClassVar = "reload {device:DEVICE} [for {down:SPAN}]"
    EXAMPLE: ClassVar = "at 60s: reload b for 5m"
    device: str
    down: Span = NO_TIME

    def act(self, stage: Stage) -> None:
        """Say goodbye and restart it."""
        stage.rig.tell(self.device, "reloaded")
        stage.world.act(self.device, lambda box, now: box.say_goodbye(now))
        stage.rig.restart(self.device, self.down)


@dataclass(frozen=True, slots=True)
class Configure(Step):
    """Configuration lines are typed into a device; ` / ` or a new line stands between them.

    Where they give an interface on the net another address, the device is found there from then on.
    """

    SYNTAX: ClassVar = "configure {device:DEVICE}: {lines:TEXT}"
    EXAMPLE: ClassVar = "at 2h: configure b: no crypto map MAP 10 set pfs / crypto isakmp policy 10 / lifetime 600"
    device: str
    lines: str

    def act(self, stage: Stage) -> None:
        """Type them."""
        stage.configure(self.device, self.lines.replace(" / ", "\n"))


@dataclass(frozen=True, slots=True)
class Show(Step):
    """A show command is typed on a device; its output stands on the device's console."""

    SYNTAX: ClassVar = "show {device:DEVICE}: {what:TEXT}"
    EXAMPLE: ClassVar = "at 5m: show a: crypto ipsec sa"
    device: str
    what: str

    def act(self, stage: Stage) -> None:
        """Type it."""
        stage.command(self.device, f"show {self.what}")


@dataclass(frozen=True, slots=True)
class TypeCommand(Step):
    """A command of the administrator is typed on a device: `show` or `clear`; all are listed below."""

    SYNTAX: ClassVar = "type {device:DEVICE}: {command:TEXT}"
    EXAMPLE: ClassVar = "at 5m: type a: clear crypto isakmp sa"
    device: str
    command: str

    def check(self) -> None:
        """It must be one of the commands."""
        typed(self.command)

    def act(self, stage: Stage) -> None:
        """Type it."""
        stage.command(self.device, self.command)


@dataclass(frozen=True, slots=True)
class Debug(Step):
    """A debug is switched on at a device, beside those that are on."""

    SYNTAX: ClassVar = "debug {device:DEVICE}: {what:TEXT}"
    EXAMPLE: ClassVar = "at 5m: debug a: crypto ikev1 127"
    device: str
    what: str

    def check(self) -> None:
        """It must be one of the debugs."""
        parse(self.what)

    def act(self, stage: Stage) -> None:
        """Switch it on."""
        stage.consoles[self.device].debug(self.what)


@dataclass(frozen=True, slots=True)
class Undebug(Step):
    """All debugs of a device are switched off."""

    SYNTAX: ClassVar = "undebug {device:DEVICE}"
    EXAMPLE: ClassVar = "at 5m: undebug a"
    device: str

    def act(self, stage: Stage) -> None:
        """Switch them off."""
        stage.consoles[self.device].undebug()


@dataclass(frozen=True, slots=True)
class ChangeLink(Step):
    """The link between two devices changes in both directions; with `->` in one. What is not named stays as it is."""

    SYNTAX: ClassVar = "link {one:NODE} [{arrow:ARROW}] {other:NODE} {options:LINK}"
    EXAMPLE: ClassVar = "at 3h: link a -> b loss=100%"
    one: str
    other: str
    options: str
    arrow: bool = False

    def act(self, stage: Stage) -> None:
        """Change it."""
        cloud = stage.cloud
        for source, target in [(self.one, self.other), *([] if self.arrow else [(self.other, self.one)])]:
            link = read_link(self.options, "link", cloud.link_between(source, target))
            cloud.set_link(source, target, link)
        stage.rig.tell("", f"link {self.one} {'-> ' if self.arrow else ''}{self.other}: {self.options}")


@dataclass(frozen=True, slots=True)
class MendLink(Step):
    """The link between two devices is the usual one again, in both directions."""

    SYNTAX: ClassVar = "mend link {one:NODE} {other:NODE}"
    EXAMPLE: ClassVar = "at 4h: mend link a b"
    one: str
    other: str

    def act(self, stage: Stage) -> None:
        """Mend it."""
        stage.cloud.set_link(self.one, self.other, None)
        stage.cloud.set_link(self.other, self.one, None)
        stage.rig.tell("", f"link {self.one} {self.other}: as it was")


@dataclass(frozen=True, slots=True)
class Reboot(Step):
    """A NAT box forgets its mappings, and may have another public address afterwards."""

    SYNTAX: ClassVar = "reboot {box:NAT} [as {address:ADDRESS}]"
    EXAMPLE: ClassVar = "at 1h: reboot home"
    box: str
    address: IPv4Address | None = None

    def act(self, stage: Stage) -> None:
        """Reboot it."""
        box = stage.cloud.nat_boxes[self.box]
        box.reboot()
        known = ""
        if self.address is not None:
            box.address = self.address
            stage.cloud.move(self.box, (self.address,))
            known = f", it is {self.address} now"
        stage.rig.tell("", f"NAT box {self.box}: rebooted, its mappings are gone{known}")


STEPS: tuple[type[Step], ...] = (
    Ping,
    Ask,
    Bulk,
    Restart,
    RestartOn,
    Reload,
    Configure,
    Show,
    TypeCommand,
    Debug,
    Undebug,
    ChangeLink,
    MendLink,
    Reboot,
)
"""All steps, in the order of the reference page."""
