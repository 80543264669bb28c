"""Group-policies, and time-ranges."""

from mainmode.device.config.actions import Append, Assign, Enter
from mainmode.device.config.declaration import Command, Support, command
from mainmode.device.config.draft import Mode, Table
from mainmode.device.config.model import DEFAULT_GROUP_POLICY, Absolute, Periodic

GROUP_POLICIES = Table(
    "group-policy",
    ("name",),
    lambda configuration: configuration.group_policies.values(),
    frozenset({DEFAULT_GROUP_POLICY}),
)
TIME_RANGES = Table("time-range", ("name",), lambda configuration: configuration.time_ranges.values())

_MINUTES = "1-35791394|none"
_PROTOCOLS = ("ikev1", "ikev2", "l2tp-ipsec", "ssl-clientless")

GROUP_POLICY: tuple[Command, ...] = (
    command(
        "group-policy {name:name} internal",
        Assign(GROUP_POLICIES, ("internal",), constant=True, default=False, builtin=True, removes=True),
        "What it does not say comes from DfltGrpPolicy.",
        also=("group-policy {name:name} internal from {model:name}",),
    ),
    command(
        "group-policy {name:name} external server-group {external:name} [password {password:key}]",
        Assign(GROUP_POLICIES, ("external",), removes=True),
        "external group-policies are not built; what this one says comes from DfltGrpPolicy",
        support=Support.NOT_BUILT,
    ),
    command(
        "group-policy {name:name} attributes",
        Enter(GROUP_POLICIES, Mode.GROUP_POLICY, create=False, written_alone=False, removes=False),
    ),
    command(
        "vpn-idle-timeout ~ {idle_timeout:" + _MINUTES + "} [alert-interval {alert:1-30}]",
        Assign(GROUP_POLICIES, ("idle_timeout",), builtin=30),
        "Minutes.",
        mode=Mode.GROUP_POLICY,
    ),
    command(
        "vpn-session-timeout ~ {session_timeout:" + _MINUTES + "} [alert-interval {alert:1-30}]",
        Assign(GROUP_POLICIES, ("session_timeout",), builtin=None),
        "Minutes.",
        mode=Mode.GROUP_POLICY,
    ),
    command(
        "vpn-filter ~ value {vpn_filter:name}",
        Assign(GROUP_POLICIES, ("vpn_filter",)),
        mode=Mode.GROUP_POLICY,
    ),
    command(
        "vpn-filter none",
        Assign(GROUP_POLICIES, ("vpn_filter",), constant=None, builtin=None),
        mode=Mode.GROUP_POLICY,
    ),
    command(
        "vpn-tunnel-protocol ~ {tunnel_protocols:tunnel-protocol...5}",
        Assign(GROUP_POLICIES, ("tunnel_protocols",), builtin=_PROTOCOLS),
        "A LAN-to-LAN tunnel needs ikev1 (8.2 and 8.3: IPSec).",
        mode=Mode.GROUP_POLICY,
    ),
)

TIME_RANGE: tuple[Command, ...] = (
    command("time-range {name:name}", Enter(TIME_RANGES, Mode.TIME_RANGE)),
    command(
        "absolute ~ [start {start:moment}] [end {end:moment}]",
        Assign(TIME_RANGES, ("absolute",), build=Absolute),
        mode=Mode.TIME_RANGE,
    ),
    command(
        "periodic {days:day...7} {start:clock} to [{end_day:day}] {end:clock}",
        Append(TIME_RANGES, "periods", Periodic),
        mode=Mode.TIME_RANGE,
    ),
)
