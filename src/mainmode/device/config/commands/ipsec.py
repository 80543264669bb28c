"""`crypto ipsec` and crypto maps, static and dynamic."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from mainmode.device.config.actions import NOTHING, Assign, Remove
from mainmode.device.config.commands.families import CERTIFICATES, IKEV2
from mainmode.device.config.commands.system import GLOBALS
from mainmode.device.config.declaration import Command, Support, command
from mainmode.device.config.draft import Table
from mainmode.device.config.model import Configuration, Phase1Mode, Sourced

TRANSFORM_SETS = Table("transform-set", ("name",), lambda configuration: configuration.transform_sets.values())
MAP_ENTRIES = Table(
    "crypto map",
    ("map_name", "sequence"),
    lambda configuration: [entry for one in configuration.crypto_maps.values() for entry in one.entries],
)
DYNAMIC_ENTRIES = Table(
    "crypto dynamic-map",
    ("map_name", "sequence"),
    lambda configuration: [entry for one in configuration.dynamic_maps.values() for entry in one.entries],
)
BINDINGS = Table(
    "crypto map",
    ("interface",),
    lambda configuration: [
        SimpleNamespace(interface=bound.value, map_name=Sourced(one.name, bound.source))
        for one in configuration.crypto_maps.values()
        for bound in one.interfaces
    ],
)

_ENCRYPTION = "esp-des|esp-3des|esp-aes|esp-aes-192|esp-aes-256|esp-null|esp-aes-gcm|esp-aes-gcm-192|esp-aes-gcm-256"
_AUTHENTICATION = "esp-md5-hmac|esp-sha-hmac|esp-none|esp-sha256-hmac|esp-sha384-hmac|esp-sha512-hmac"
_SECONDS = "120-214783647"
_KILOBYTES = "10-2147483647|unlimited"
_ASSOCIATION = "crypto ipsec security-association"
_LIFETIME = "security-association lifetime"

TRANSFORMS: tuple[Command, ...] = (
    command(
        f"crypto ipsec -/ikev1 transform-set {{name:name}} ~ {{encryption:{_ENCRYPTION}}} "
        f"[{{authentication:{_AUTHENTICATION}}}]",
        Assign(TRANSFORM_SETS, ("encryption", "authentication"), bare="esp-none", removes=True),
        "esp-sha256-hmac, esp-sha384-hmac, esp-sha512-hmac and the esp-aes-gcm family are an extension of mainmode "
        "in IKEv1.",
        also=(
            f"crypto ipsec -/ikev1 transform-set {{name:name}} {{authentication:{_AUTHENTICATION}}} "
            f"{{encryption:{_ENCRYPTION}}}",
        ),
        ending=" ",
    ),
    command(
        "crypto ipsec -/ikev1 transform-set {name:name} mode ~ {mode:tunnel|transport}",
        Assign(TRANSFORM_SETS, ("mode",), default="tunnel", create=False),
    ),
)


def _of_interface(field: str) -> Callable[[Configuration], list[SimpleNamespace]]:
    """Records of what is said by nameif."""
    return lambda configuration: [
        SimpleNamespace(interface=name, **{field: one}) for name, one in getattr(configuration, field).items()
    ]


FRAGMENTATIONS = Table("crypto ipsec fragmentation", ("interface",), _of_interface("fragmentation"))
DF_BITS = Table("crypto ipsec df-bit", ("interface",), _of_interface("df_bits"))

INTERFACES: tuple[Command, ...] = (
    command(
        "crypto ipsec fragmentation {fragmentation:before-encryption|after-encryption} {interface:name}",
        Assign(FRAGMENTATIONS, ("fragmentation",), default="before-encryption", removes=True),
    ),
    command(
        "crypto ipsec df-bit {df_bits:copy-df|set-df|clear-df} {interface:name}",
        Assign(DF_BITS, ("df_bits",), default="copy-df", removes=True),
    ),
)

LIFETIMES: tuple[Command, ...] = (
    command(
        f"crypto ipsec {_LIFETIME} seconds ~ {{lifetime_seconds:{_SECONDS}}}",
        Assign(GLOBALS, ("lifetime_seconds",), default=28800),
    ),
    command(
        f"crypto ipsec {_LIFETIME} kilobytes ~ {{lifetime_kilobytes:{_KILOBYTES}}}",
        Assign(GLOBALS, ("lifetime_kilobytes",), default=4608000),
    ),
    command(
        f"crypto ipsec {_LIFETIME} seconds {{lifetime_seconds:{_SECONDS}}} "
        f"kilobytes {{lifetime_kilobytes:{_KILOBYTES}}}",
        Assign(GLOBALS, ("lifetime_seconds", "lifetime_kilobytes")),
        also=(
            f"crypto ipsec {_LIFETIME} kilobytes {{lifetime_kilobytes:{_KILOBYTES}}} "
            f"seconds {{lifetime_seconds:{_SECONDS}}}",
        ),
        written=False,
    ),
)


def _entry(table: Table, text: str, *fields: str, note: str = "", also: tuple[str, ...] = (), **what: Any) -> Command:
    head = f"{table.noun} {{map_name:name}} {{sequence:1-65535}} "
    aside = {name: what.pop(name) for name in ("written", "support") if name in what}
    return command(
        head + text,
        Assign(table, fields, **what),
        note,
        also=tuple(head + other for other in also),
        **aside,
    )


def _settings(table: Table) -> tuple[Command, ...]:
    both = f"{{lifetime_seconds:{_SECONDS}}}", f"{{lifetime_kilobytes:{_KILOBYTES}}}"
    return (
        _entry(table, "match address ~ {acl:name}", "acl"),
        _entry(table, "set pfs ~ [{pfs:pfs-group}]", "pfs", bare=2, note="Without a group: group2."),
        _entry(table, "set connection-type ~ {connection_type:bidirectional|originate-only|answer-only}",
               "connection_type", default="bidirectional"),
        _entry(table, "set peer ~ {peers:address...10}", "peers"),
        _entry(table, "set -/ikev1 phase1-mode ~ {phase1_mode:phase1-mode}", "phase1_mode", default=Phase1Mode(),
               support=Support.CONDITIONAL, note="main; aggressive mode is not spoken."),
        _entry(table, "set -/ikev1 transform-set ~ {transform_sets:name...11}", "transform_sets"),
        _entry(table, "set ikev2 ipsec-proposal ~ {ikev2_proposals:name...11}", "ikev2_proposals",
               support=Support.NOT_BUILT, note=IKEV2),
        _entry(table, "set ikev2 mode ~ {ikev2_mode:tunnel|transport|transport-require}", "ikev2_mode",
               default="tunnel", support=Support.NOT_BUILT, note=IKEV2, later=True),
        _entry(table, f"set {_LIFETIME} seconds ~ {both[0]}", "lifetime_seconds"),
        _entry(table, f"set {_LIFETIME} kilobytes ~ {both[1]}", "lifetime_kilobytes"),
        _entry(table, f"set {_LIFETIME} seconds {both[0]} kilobytes {both[1]}", "lifetime_seconds",
               "lifetime_kilobytes", also=(f"set {_LIFETIME} kilobytes {both[1]} seconds {both[0]}",), written=False),
        _entry(table, "set trustpoint ~ {trustpoint:trustpoint}", "trustpoint", support=Support.NOT_BUILT,
               note=CERTIFICATES),
        _entry(table, "set inheritance ~ {inheritance:rule|data}", "inheritance", default="rule", tacit=True,
               support=Support.CONDITIONAL, note="rule; one pair of SAs for each host (data) is not built."),
        _entry(table, "set df-bit ~ {df_bit:copy-df|set-df|clear-df}", "df_bit"),
        _entry(table, "set validate-icmp-errors", "validate_icmp_errors", constant=True, default=False, off=False,
               support=Support.NOT_BUILT, note="ICMP errors out of a tunnel are not validated"),
        _entry(table, "set nat-t-disable", "nat_t_disable", constant=True, default=False, off=False),
        _entry(table, "set reverse-route ~ [{reverse_route:dynamic|static}]", "reverse_route", default=None,
               off=None, bare="static"),
        _entry(table, "set tfc-packets ~ [{tfc_packets:rest}]", "tfc_packets", default=None, off=None, bare="",
               outspoken=True, later=True, support=Support.NOT_BUILT,
               note="packets that hide how much traffic flows (TFC) are not built"),
    )  # fmt: skip


SETTINGS: tuple[Command, ...] = (
    command(
        f"{_ASSOCIATION} replay ~ window-size {{replay_window:64|128|256|512|1024}}",
        Assign(GLOBALS, ("replay_window",), default=64),
        "Packets.",
    ),
    command(f"{_ASSOCIATION} replay disable", Assign(GLOBALS, ("replay_window",), constant=None)),
    command(
        f"{_ASSOCIATION} pmtu-aging ~ {{pmtu_aging:1-4294967295|infinite}}",
        Assign(GLOBALS, ("pmtu_aging",), default=None),
        "Seconds.",
    ),
)


DYNAMIC_MAPS: tuple[Command, ...] = (
    *_settings(DYNAMIC_ENTRIES),
    command(
        "crypto dynamic-map {map_name:name} ~ [{sequence:1-65535}]",
        Remove(DYNAMIC_ENTRIES),
        "The whole map, or one sequence.",
        written=False,
    ),
)

MAPS: tuple[Command, ...] = (
    *_settings(MAP_ENTRIES),
    _entry(MAP_ENTRIES, "ipsec-isakmp dynamic ~ {dynamic:name}", "dynamic", default=NOTHING),
    command(
        "crypto map {map_name:name} ~ [{sequence:1-65535}]",
        Remove(MAP_ENTRIES),
        "The whole map, or one sequence.",
        written=False,
    ),
    command(
        "crypto map {map_name:name} interface {interface:name}",
        Assign(BINDINGS, ("map_name",), removes=True),
        "One map per interface; the last one stands.",
    ),
)
