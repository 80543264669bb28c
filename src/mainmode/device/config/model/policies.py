"""Group-policies and time-ranges."""

from dataclasses import field
from datetime import datetime, time

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source
from mainmode.device.config.model.values import Sourced


@dataclass(frozen=True, slots=True)
class ConfiguredGroupPolicy:
    """One `group-policy` as its lines say it; what no line says is None and comes from DfltGrpPolicy.

    `external` is the server-group that keeps an external one; nobody asks it. The other values are as in
    GroupPolicy.
    """

    name: str
    source: Source = field(compare=False)
    internal: Sourced[bool]
    external: Sourced[str] | None
    vpn_filter: Sourced[str | None] | None
    idle_timeout: Sourced[int | None] | None
    session_timeout: Sourced[int | None] | None
    tunnel_protocols: Sourced[tuple[str, ...]] | None


@dataclass(frozen=True, slots=True)
class GroupPolicy:
    """A group-policy in effect, with what it inherits.

    `vpn_filter` names an access list, None for none. Timeouts are in minutes, None for none. `tunnel_protocols` are
    in the words of 8.4 and later (`ikev1`, `ikev2`, `l2tp-ipsec`, `ssl-client`, `ssl-clientless`).
    """

    name: str
    source: Source = field(compare=False)
    vpn_filter: Sourced[str | None]
    idle_timeout: Sourced[int | None]
    session_timeout: Sourced[int | None]
    tunnel_protocols: Sourced[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Absolute:
    """`absolute [start HH:MM DAY MONTH YEAR] [end HH:MM DAY MONTH YEAR]`."""

    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Periodic:
    """`periodic DAYS HH:MM to [DAY] HH:MM`; `days` are the device's words (`weekdays`, `Monday`, …)."""

    days: tuple[str, ...]
    start: time
    end: time
    source: Source = field(compare=False)
    end_day: str | None = None


@dataclass(frozen=True, slots=True)
class TimeRange:
    """One `time-range`."""

    name: str
    source: Source = field(compare=False)
    absolute: Sourced[Absolute] | None
    periods: tuple[Periodic, ...]
