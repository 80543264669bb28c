"""What the device logs, and where to."""

from collections.abc import Mapping
from dataclasses import field
from ipaddress import IPv4Address

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source
from mainmode.device.config.model.values import Sourced

Destination = int | str
"""A severity 0 to 7 (that level and all below it), or the name of a `logging list`."""


@dataclass(frozen=True, slots=True)
class LogTransport:
    """`tcp/PORT` or `udp/PORT`."""

    protocol: str
    port: int


USUAL_LOG_PORTS: Mapping[str, int] = {"udp": 514, "tcp": 1470}
"""The ports of hosts whose port is not said."""


@dataclass(frozen=True, slots=True)
class LogHost:
    """`logging host IFC A [tcp/PORT|udp/PORT] [format emblem] [secure] …`; without a transport it is UDP 514."""

    interface: str
    address: IPv4Address
    source: Source = field(compare=False)
    transport: LogTransport | None = None
    emblem: bool = False
    secure: bool = False
    reference_identity: str | None = None

    @property
    def way(self) -> LogTransport:
        """The transport, said or not."""
        return self.transport if self.transport is not None else LogTransport("udp", USUAL_LOG_PORTS["udp"])


@dataclass(frozen=True, slots=True)
class DeviceId:
    """`logging device-id {hostname|ipaddress IFC|string TEXT|context-name|cluster-id}`."""

    method: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class LogMessage:
    """What is said of one message id: whether it is logged, and at which severity if not at its own."""

    message: int
    source: Source = field(compare=False)
    enabled: Sourced[bool]
    level: Sourced[int] | None


@dataclass(frozen=True, slots=True)
class LogListLevel:
    """`logging list NAME level LEVEL [class CLASS]`."""

    level: int
    source: Source = field(compare=False)
    message_class: str | None = None


@dataclass(frozen=True, slots=True)
class LogListMessages:
    """`logging list NAME message FIRST[-LAST]`."""

    messages: tuple[int, int]
    source: Source = field(compare=False)


@dataclass(frozen=True, slots=True)
class LogList:
    """One `logging list`."""

    name: str
    source: Source = field(compare=False)
    members: tuple[LogListLevel | LogListMessages, ...]


@dataclass(frozen=True, slots=True)
class LogTarget:
    """`DESTINATION LEVEL`: a place for messages, and the least of the severities that go there."""

    destination: str
    level: int


@dataclass(frozen=True, slots=True)
class LogClass:
    """`logging class CLASS DESTINATION LEVEL …`: where this class of messages goes."""

    message_class: str
    targets: tuple[LogTarget, ...]
    source: Source = field(compare=False)


@dataclass(frozen=True, slots=True)
class LogSettings:
    """All `logging` commands. Destinations are None where switched off; `buffer_size` is in octets.

    `messages` by id, `lists` by name. `timestamp` is None, `local` or `rfc5424`. `queue` is in messages, 0 as many as
    the device can hold.
    """

    enabled: Sourced[bool]
    timestamp: Sourced[str | None]
    buffer_size: Sourced[int]
    buffered: Sourced[Destination | None]
    console: Sourced[Destination | None]
    monitor: Sourced[Destination | None]
    trap: Sourced[Destination | None]
    history: Sourced[Destination | None]
    facility: Sourced[int]
    device_id: Sourced[DeviceId | None]
    standby: Sourced[bool]
    debug_trace: Sourced[bool]
    queue: Sourced[int]
    permit_hostdown: Sourced[bool]
    hosts: tuple[LogHost, ...] = ()
    messages: Mapping[int, LogMessage] = field(default_factory=dict)
    lists: Mapping[str, LogList] = field(default_factory=dict)
    classes: tuple[LogClass, ...] = ()
