"""`policy-map` and `service-policy`, as far as they say that ICMP is inspected."""

from types import SimpleNamespace

from mainmode.device.config.actions import Assign, Enter
from mainmode.device.config.commands.system import GLOBALS
from mainmode.device.config.declaration import Command, EnterBelow, command
from mainmode.device.config.draft import Mode, Table

POLICY_MAPS = Table("policy-map", ("name",), lambda configuration: configuration.policy_maps.values())
POLICY_CLASSES = Table("class", ("policy_map", "class_name"), lambda configuration: ())
SERVICE_POLICIES = Table(
    "service-policy",
    ("interface",),
    lambda configuration: [
        SimpleNamespace(interface=name, policy_map=one) for name, one in configuration.service_policies.items()
    ],
)

BELOW_CLASS: tuple[Command, ...] = (
    command(
        "inspect icmp",
        Assign(POLICY_CLASSES, ("inspects_icmp",), constant=True, default=False, off=False),
        "Replies to echo requests come back without a line of an access list, whatever the class matches.",
        mode=Mode.POLICY_CLASS,
    ),
)

_CLASS = EnterBelow(POLICY_MAPS, POLICY_CLASSES, Mode.POLICY_CLASS, lambda policy_map: policy_map.classes, BELOW_CLASS)

POLICY_MAP: tuple[Command, ...] = (
    command("policy-map {name:name}", Enter(POLICY_MAPS, Mode.POLICY_MAP, below=POLICY_CLASSES)),
    command("class {class_name:name}", _CLASS, mode=Mode.POLICY_MAP),
    command("class {class_name:name}", _CLASS, mode=Mode.POLICY_CLASS, written=False),
    *BELOW_CLASS,
)

SERVICE_POLICY: tuple[Command, ...] = (
    command("service-policy {service_policy:name} global", Assign(GLOBALS, ("service_policy",))),
    command(
        "service-policy {policy_map:name} interface {interface:name} [fail-close]",
        Assign(SERVICE_POLICIES, ("policy_map",), removes=True),
    ),
)
