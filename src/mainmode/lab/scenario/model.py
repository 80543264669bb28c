"""A scenario as it is written down: who is there, how they are connected, what happens, what is expected."""

from collections.abc import Mapping
from dataclasses import field
from ipaddress import IPv4Address

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import NO_TIME, Span
from mainmode.catalogue.debugs import Debugs
from mainmode.lab.link import Link
from mainmode.lab.scenario.expectations import Expectation
from mainmode.lab.scenario.steps import Step

USUAL_LINK = Link()
ALL_DEBUGS = Debugs(ikev1=127, ipsec=127)


@dataclass(frozen=True, slots=True)
class DevicePart:
    """A device: its configuration file and that one's text. `outside` names its interfaces on the net, empty: found."""

    name: str
    file: str
    text: str = field(repr=False)
    behind: str = ""
    outside: tuple[str, ...] = ()
    debugs: Debugs = ALL_DEBUGS


@dataclass(frozen=True, slots=True)
class NatPart:
    """A NAT box; `forwards`: protocol and public port to inside address and port."""

    name: str
    address: IPv4Address
    behind: str = ""
    timeout: Span | None = None
    keep_ports: bool = False
    passes_esp: bool = False
    forwards: Mapping[tuple[int, int], tuple[IPv4Address, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Timed:
    """A step and when it happens: once, or every so often until a time. `text` is as it was written."""

    text: str
    step: Step
    at: Span = NO_TIME
    every: Span | None = None
    until: Span | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """An expectation and when it is judged; None: at the end."""

    text: str
    expectation: Expectation
    at: Span | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """All of it. `until` is when it ends, None: half a minute after the last step. `links` are by source and target."""

    name: str
    title: str
    shows: str
    seed: int
    devices: tuple[DevicePart, ...]
    nat_boxes: tuple[NatPart, ...] = ()
    link: Link = USUAL_LINK
    links: Mapping[tuple[str, str], Link] = field(default_factory=dict)
    steps: tuple[Timed, ...] = ()
    expected: tuple[Expected, ...] = ()
    faults: tuple[str, ...] = ()
    silent: frozenset[IPv4Address] = frozenset()
    until: Span | None = None
    stamped: bool = True
    consoles: bool = True
    ladder: tuple[str, str] | None = None

    @property
    def listened(self) -> bool:
        """Whether anybody reads the lines of the devices: on kept consoles, or for an expectation."""
        return self.consoles or any(expected.expectation.READS_LINES for expected in self.expected)
