"""What the device prints below a line that it took. The wordings are the device's own where the reference has them."""

from collections.abc import Collection, Iterator
from ipaddress import AddressValueError, IPv4Address

from mainmode.device.config.actions import Action, Assign
from mainmode.device.config.checks.crypto_maps import INCOMPLETE
from mainmode.device.config.checks.peers import NOT_AN_ADDRESS
from mainmode.device.config.commands.ike import TUNNEL_GROUPS
from mainmode.device.config.commands.interfaces import INTERFACES
from mainmode.device.config.commands.ipsec import DYNAMIC_ENTRIES, MAP_ENTRIES
from mainmode.device.config.declaration import Command, Support
from mainmode.device.config.draft import Draft, Record, Scope
from mainmode.device.config.parts import Match

_NEEDED = {
    MAP_ENTRIES: ("acl", "peers", "transform_sets"),
    DYNAMIC_ENTRIES: ("transform_sets",),
}
"""What a crypto map entry must say before it is one."""


def remarks(command: Command, match: Match, draft: Draft, scope: Scope, *, negated: bool) -> Iterator[str]:
    """The lines below a line, or a `no` form, that was carried out; `scope` is the one after it."""
    action = command.action
    table = action.table
    if table in _NEEDED and all(key in match.values for key in table.keys):
        record = draft.of(table).get(action.key_of(match.values))
        if record is not None and record.fields and not _is_entry(record, _NEEDED[table]):
            yield f"WARNING: {INCOMPLETE}"
    if negated:
        return
    conditional = command.support is Support.CONDITIONAL
    if command.support is Support.NOT_BUILT or (conditional and not _is_default(action, match)):
        yield f"WARNING: {command.note}"
    if table is TUNNEL_GROUPS and match.values.get("type") == "ipsec-l2l" and not _is_address(match.values["name"]):
        yield f"WARNING: {NOT_AN_ADDRESS}"
    elif table is INTERFACES and "nameif" in match.values and "security_level" not in _fields(scope):
        name = match.values["nameif"]
        level = 100 if name == "inside" else 0
        yield f'INFO: Security level for "{name}" set to {level} by default.'


def _fields(scope: Scope) -> Collection[str]:
    return scope.record.fields if scope.record is not None else ()


def _is_default(action: Action, match: Match) -> bool:
    return isinstance(action, Assign) and all(
        match.values.get(name) == action.default_of(name) for name in action.fields
    )


def _is_entry(record: Record, needed: tuple[str, ...]) -> bool:
    return "dynamic" in record.fields or all(name in record.fields for name in needed)


def _is_address(name: str) -> bool:
    try:
        IPv4Address(name)
    except AddressValueError:
        return name in TUNNEL_GROUPS.builtin
    return True
