"""What the first worker and another one say to each other, and how values leave their process: without keys."""

import io
import pickle
from collections.abc import Mapping
from ipaddress import IPv4Address
from types import SimpleNamespace
from typing import Any

from mainmode.base.address import ProxyPair
from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.base.secret import Secret
from mainmode.ipsec.esp import InboundSa, OutboundSa


@dataclass(frozen=True, slots=True)
class Ask:
    """Something is wanted, and answered by a message with the same `number`."""

    number: int
    what: "Standing | Metrics | Do | Carries | Follow | Adopt"


@dataclass(frozen=True, slots=True)
class Standing:
    """What it has, as `device.show.joining.Part`."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """The samples of each metric, by its name."""


@dataclass(frozen=True, slots=True)
class Do:
    """A command that changes the device: `Done`."""

    command: str


@dataclass(frozen=True, slots=True)
class Carries:
    """Whether a tunnel stands that carries what goes from one address to another."""

    source: IPv4Address
    destination: IPv4Address


@dataclass(frozen=True, slots=True)
class Follow:
    """A command that goes on, for this user: answered with `None` once it goes on, then come `Said` and `Over`."""

    command: str
    uid: int


@dataclass(frozen=True, slots=True)
class Adopt:
    """Another configuration, keys in clear, and how the peers are shared out under it."""

    text: str
    placed: Mapping[IPv4Address, int]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked for."""

    number: int
    value: object


@dataclass(frozen=True, slots=True)
class Refusal:
    """It cannot be had, in words for the client."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """What a command printed; `count` where it tells of how many."""

    text: str
    count: int | None


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the control protocol for a client; `most` as `Client.offer` has it, None for one that is not missed."""

    number: int
    line: bytes
    most: int | None


@dataclass(frozen=True, slots=True)
class Over:
    """What went on has ended by itself, with this for the client."""

    number: int
    more: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Stop:
    """The client of what goes on is gone."""

    number: int


def written(message: object) -> bytes:
    """A message as it goes over a link. Keys are left out, and the ciphers that hold them."""
    out = io.BytesIO()
    _Values(out, pickle.HIGHEST_PROTOCOL).dump(message)
    return out.getvalue()


def carries(proxies: ProxyPair, source: IPv4Address, destination: IPv4Address) -> bool:
    """Whether a ping from one address to another is between these proxies."""
    icmp = IpProtocol.ICMP
    return proxies.local.holds(source, icmp, 0) and proxies.remote.holds(destination, icmp, 0)


class _Values(pickle.Pickler):
    def reducer_override(self, one: object) -> Any:
        """A key becomes an empty one, half of a pair what may be shown of it."""
        kind = type(one)
        if kind is Secret:
            return Secret, (b"",)
        if isinstance(one, InboundSa):
            return _half, (one.window, 0)
        if isinstance(one, OutboundSa):
            return _half, (None, one.sequence)
        return NotImplemented


def _half(window: object, sequence: int) -> SimpleNamespace:
    return SimpleNamespace(window=window, sequence=sequence)
