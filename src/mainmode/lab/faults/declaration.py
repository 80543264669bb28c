"""What a fault is: its name, what it does, where it leads, which value it takes; and what a rig lets it do."""

from collections.abc import Callable, Iterator
from dataclasses import field
from enum import Enum
from ipaddress import IPv4Address
from typing import Protocol

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.base.instant import Instant, Span
from mainmode.device.config.model import Configuration
from mainmode.lab.cloud import Cloud
from mainmode.lab.nat_box import NatBox


class Place(Enum):
    """Where a fault sits."""

    CONFIGURATION = "in a device's configuration"
    WIRE = "messages on the wire"
    NET = "the net between devices"
    DEVICE = "a device itself"


class Rig(Protocol):
    """What a running world lets a fault do."""

    @property
    def cloud(self) -> Cloud:
        """The net."""

    @property
    def device_names(self) -> tuple[str, ...]:
        """All devices, in their order."""

    @property
    def now(self) -> Instant:
        """The virtual time."""

    def after(self, span: Span, action: Callable[[], None]) -> None:
        """Let something happen so long from now."""

    def tell(self, name: str, text: str) -> None:
        """Announce it."""

    def restart(self, name: str, down: Span) -> None:
        """A device loses its state."""

    def set_clock(self, name: str, ahead: Span) -> None:
        """A device's clock is so far ahead."""

    def put_on_wire(self, name: str, packet: bytes, next_hop: IPv4Address, label: str = "clear") -> None:
        """A packet goes onto the net in a device's name; `label` as `Departure` has it."""

    @property
    def configuration_of(self) -> Callable[[str], Configuration]:
        """What a device runs with."""


@dataclass(slots=True)
class Ordered:
    """A fault that somebody asked for: `device` is empty where none is named. It counts how often it fired.

    `typed` are the configuration lines of a fault that is one of a configuration, keys masked.
    """

    fault: "Fault"
    device: str
    value: str
    text: str
    fired: int = field(default=0, compare=False)
    typed: str = field(default="", compare=False)

    def announce(self, rig: Rig, name: str, what: str) -> None:
        """It fires: tell so, on the console of a device or of all."""
        self.fired += 1
        rig.tell(name, f"fault {self.text}: {what}")

    def put_in_place(self, rig: Rig) -> None:
        """Into a running world; what was typed into a configuration is announced. Raises InputError for its value."""
        if self.fault.install is not None:
            self.fault.install(self, rig)
        else:
            self.announce(rig, self.device, f"typed: {self.typed}")


Lines = Callable[[Configuration, str], Iterator[str]]
"""The configuration lines that make a fault, for a configuration and the value; raises InputError where none can."""

Install = Callable[[Ordered, Rig], None]
"""Puts a fault into a running world. Raises InputError for a value that it cannot use."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One named fault: either lines for a configuration, or something installed into a world.

    `value` describes what may stand behind `=`, `usual` is taken where nothing does; both empty: it takes none.
    `leads_to` are codes of the page of the verdicts, or words.
    """

    name: str
    place: Place
    does: str
    leads_to: tuple[str, ...]
    value: str = ""
    usual: str = ""
    lines: Lines | None = None
    install: Install | None = None
    needs_device: bool = False


def order(text: str, faults: tuple[Fault, ...], devices: tuple[str, ...]) -> Ordered:
    """The fault that `NAME[,DEVICE][=VALUE]` asks for. Raises InputError, with what is understood."""
    named, equals, value = text.strip().partition("=")
    name, _, device = (part.strip() for part in named.partition(","))
    fault = next((one for one in faults if one.name == name), None)
    if fault is None:
        close = [one.name for one in faults if name and (name in one.name or one.name.startswith(name[:4]))]
        hint = f"; is it {' or '.join(close[:4])}?" if close else ""
        raise InputError(f"--fault {text}: there is no fault {name}{hint} `mainmode lab --faults` lists them")
    if device and device not in devices:
        raise InputError(f"--fault {text}: there is no device {device}; the devices are {', '.join(devices)}")
    if fault.needs_device and not device:
        raise InputError(f"--fault {text}: say on which device: {name},{devices[-1]}")
    if equals and not fault.value:
        raise InputError(f"--fault {text}: {name} takes no value")
    return Ordered(fault, device, value.strip() or fault.usual, text.strip())


def box_in_front(rig: Rig, name: str) -> NatBox | None:
    """The NAT box in front of a device."""
    return rig.cloud.nat_boxes.get(rig.cloud.edge(name))
