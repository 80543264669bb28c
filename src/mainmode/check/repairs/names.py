"""Objects and groups by which lines name networks: their content, and how it is changed."""

from collections.abc import Iterator

from mainmode.check.repairs.declaration import Case, Change
from mainmode.check.repairs.networks import Ranges, content, members, ranges_of
from mainmode.device.config.model import (
    Ace,
    AclAddress,
    Configuration,
    GroupMember,
    GroupRef,
    Host,
    ObjectRef,
    Subnet,
)
from mainmode.explain.finding import Safety
from mainmode.ladder.transcript import Side


def changed_names(case: Case, side: Side, ace: Ace, wanted: tuple[Ranges, Ranges]) -> Iterator[Change]:
    """The objects and groups of a line changed so that its two ends are what is wanted.

    Nothing where an end that differs is no name, or where nothing is wanted of it.
    """
    configuration = case.of(side)
    lines: list[str] = []
    names: list[str] = []
    grows = True
    for part, one in zip((ace.source_address, ace.destination_address), wanted, strict=True):
        have = ranges_of(configuration, part)
        if have == one:
            continue
        if not one or not isinstance(part, ObjectRef | GroupRef) or part.name in names:
            return
        edited = refilled(configuration, part, one)
        if not edited:
            return
        names.append(part.name)
        lines += edited
        grows = grows and have <= one
    if not lines:
        return
    users = list(dict.fromkeys(user for name in names for user in _users(configuration, name, ace)))
    crypto = {entry.acl.value for one in configuration.crypto_maps.values() for entry in one.entries if entry.acl}
    wide = any(user.removeprefix("access-list ") in crypto for user in users)
    yield Change(
        side,
        f"changes {' and '.join(names)}, by which the access list names networks, to what "
        f"{case.subject.names[side.other]} has",
        tuple(lines),
        Safety.WIDE if wide else Safety.SAFE if grows else Safety.DISRUPTIVE,
        f"used as well by {', '.join(users)}" if users else "",
    )


def grown_names(case: Case, side: Side, ace: Ace, wanted: tuple[Ranges, Ranges]) -> Iterator[Change]:
    """The group at one end of a line grown by what is wanted there; the other end holds what is wanted already."""
    configuration = case.of(side)
    parts = ace.source_address, ace.destination_address
    have = tuple(ranges_of(configuration, part) for part in parts)
    for at in (0, 1):
        part = parts[at]
        if isinstance(part, GroupRef) and wanted[1 - at] <= have[1 - at] and wanted[at] and not wanted[at] <= have[at]:
            whole = (have[0] | wanted[0], have[1]) if at == 0 else (have[0], have[1] | wanted[1])
            yield from changed_names(case, side, ace, whole)


def refilled(configuration: Configuration, ref: ObjectRef | GroupRef, wanted: Ranges) -> tuple[str, ...]:
    """The commands after which a name stands for exactly these ranges; none where there are none that do it."""
    if isinstance(ref, ObjectRef):
        if len(wanted) != 1:
            return ()
        return f"object network {ref.name}", f" {content(next(iter(wanted)))}"
    group = configuration.groups.get(ref.name)
    held = group.members if group is not None else ()
    strange = [member for member in held if not _ranges(configuration, member) <= wanted]
    kept = frozenset().union(*(_ranges(configuration, member) for member in held if member not in strange))
    missing = wanted - kept
    if len(strange) == 1 and len(missing) == 1 and isinstance(strange[0].content, ObjectRef):
        return f"object network {strange[0].content.name}", f" {content(next(iter(missing)))}"
    added = [f" {line}" for line in members(missing)]
    removed = [line for member in strange if (line := _removal(member))]
    if len(removed) != len(strange) or not (added or removed):
        return ()
    return f"object-group network {ref.name}", *added, *removed


def _ranges(configuration: Configuration, member: GroupMember) -> Ranges:
    one = member.content
    return ranges_of(configuration, one) if isinstance(one, Host | Subnet | ObjectRef | GroupRef) else frozenset()


def _removal(member: GroupMember) -> str:
    """The command that takes a member out of its group."""
    match member.content:
        case Host(address):
            return f" no network-object host {address}"
        case Subnet(address, mask):
            return f" no network-object {address} {mask}"
        case ObjectRef(name):
            return f" no network-object object {name}"
        case GroupRef(name):
            return f" no group-object {name}"
        case _:
            return ""


def _users(configuration: Configuration, name: str, ace: Ace) -> Iterator[str]:
    """The other access lists and groups that use a name; address translation for the same networks should use it."""
    for access_list in configuration.access_lists.values():
        if any(one.source == ace.source for one in access_list.entries):
            continue
        if any(
            _names(part, name) for one in access_list.aces for part in (one.source_address, one.destination_address)
        ):
            yield f"access-list {access_list.name}"
    for group in configuration.groups.values():
        if any(_names(member.content, name) for member in group.members):
            yield f"object-group {group.name}"


def _names(part: AclAddress | object, name: str) -> bool:
    return isinstance(part, ObjectRef | GroupRef) and part.name == name
