"""Lines for an access list, written in the style of those that stand there."""

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Absent
from mainmode.check.repairs.declaration import Case
from mainmode.check.repairs.networks import Ranges, defined, line_of, new_name, plainly, ranges_of, said_as, uses_names
from mainmode.device.config.model import (
    AccessList,
    Ace,
    AclAddress,
    AddressRange,
    Configuration,
    GroupRef,
    IcmpMatch,
    ObjectRef,
    PortMatch,
)
from mainmode.ladder.transcript import Side

_MOST_PAIRS = 4
"""Pairs of networks that are written as plain lines; more become groups."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A line to be written: its networks, and what else a line says. `called` are names that the other side has."""

    near: Ranges
    far: Ranges
    protocol: int | ObjectRef | GroupRef = 0
    near_port: PortMatch | None = None
    far_port: PortMatch | None = None
    icmp: IcmpMatch | GroupRef | None = None
    action: str = "permit"
    called: tuple[AclAddress | None, AclAddress | None] = (None, None)

    @classmethod
    def mirror(cls, theirs: Ace, ends: tuple[Ranges, Ranges]) -> "Wanted":
        """The mirror of a line of the other side, between these networks of it, as this side sees them."""
        called = theirs.destination_address, theirs.source_address
        ports = theirs.destination_port, theirs.source_port
        return cls(*ends, theirs.protocol, *ports, theirs.icmp, theirs.action, called)

    @classmethod
    def like(cls, own: Ace, ends: tuple[Ranges, Ranges]) -> "Wanted":
        """A line that says of these networks what a line of this side says."""
        return cls(*ends, own.protocol, own.source_port, own.destination_port, own.icmp, own.action)

    def between(self, near: AclAddress, far: AclAddress) -> Ace:
        """The line, its networks said so."""
        ports = self.near_port, self.far_port
        return Ace(self.action, self.protocol, near, far, Absent("", ""), *ports, self.icmp)


def written(
    case: Case, side: Side, access_list: AccessList, wanted: Wanted, at: int | None = None, *, like: Ace | None = None
) -> tuple[str, ...]:
    """The commands that put a line into a list of a side: at the place `at`, from 1, or at its end.

    Objects and groups of this side are used where it has some for exactly these networks and the list's lines use
    such, or the line `like`, whose style it is to have; new groups are made where plain lines would be many.
    """
    configuration, name = case.of(side), access_list.name
    named = uses_names(access_list.aces if like is None else (like,))
    ranges = wanted.near, wanted.far
    parts = (None, None) if like is None else (like.source_address, like.destination_address)
    said = tuple(_said(configuration, one, part, named=named) for one, part in zip(ranges, parts, strict=True))
    if said[0] is not None and said[1] is not None:
        return (line_of(configuration, name, wanted.between(said[0], said[1]), at),)
    pairs = [(plainly(near), plainly(far)) for near in _sorted(wanted.near) for far in _sorted(wanted.far)]
    if len(pairs) <= _MOST_PAIRS and not named:
        plain = [wanted.between(near, far) for near, far in pairs if near is not None and far is not None]
        if len(plain) == len(pairs):
            return tuple(
                line_of(configuration, name, ace, None if at is None else at + number)
                for number, ace in enumerate(plain)
            )
    made: list[str] = []
    refs: list[AclAddress] = []
    for called, one, found in zip(wanted.called, ranges, said, strict=True):
        if found is None:
            fresh = new_name(configuration, _called(called, name, case, side), made)
            made += defined(fresh, one)
            refs.append(ObjectRef(fresh) if len(one) == 1 else GroupRef(fresh))
        else:
            refs.append(found)
    return *made, line_of(configuration, name, wanted.between(refs[0], refs[1]), at)


def _said(configuration: Configuration, one: Ranges, like: AclAddress | None, *, named: bool) -> AclAddress | None:
    """An end of a line: as a line like it says it, where it has the same networks; plain or named as that one is."""
    if like is not None and ranges_of(configuration, like) == one:
        return like
    return said_as(configuration, one, named=named if like is None else isinstance(like, ObjectRef | GroupRef))


def _sorted(ranges: Ranges) -> list[AddressRange]:
    return sorted(ranges, key=lambda one: (one.first, one.last))


def _called(part: AclAddress | None, access_list: str, case: Case, side: Side) -> str:
    """What a new object is called: as the other side calls it, else after its list."""
    if isinstance(part, ObjectRef | GroupRef):
        return part.name
    return f"{access_list}-{case.subject.names[side.other]}"
