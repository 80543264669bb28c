"""Two lists of proposals compared: in what they differ."""

from collections.abc import Iterator, Sequence

from mainmode.catalogue.facts import Phase, Refused, Suite

SEPARATOR = ", "
"""Between the algorithms that one offer leaves open."""


def refusals(phase: Phase, offered: Sequence[Suite], configured: Sequence[Suite]) -> tuple[Refused, ...]:
    """Why none of the offers fits: the differences of the pair that differs least. Empty where one pair fits."""
    nearest: list[Refused] | None = None
    for theirs in offered[:64]:
        for ours in configured[:64]:
            found = list(_differences(phase, theirs, ours))
            if not found:
                return ()
            if nearest is None or len(found) < len(nearest):
                nearest = found
    return tuple(nearest or ())


def _differences(phase: Phase, theirs: Suite, ours: Suite) -> Iterator[Refused]:
    if theirs.protocol and ours.protocol and theirs.protocol != ours.protocol:
        yield Refused(phase, "protocol", theirs.protocol, ours.protocol)
    if _apart(theirs.encryption, ours.encryption):
        cipher = {one.rpartition("-")[0] for one in _several(theirs.encryption)}
        sized = cipher & {one.rpartition("-")[0] for one in _several(ours.encryption)} & {"AES", "AES-GCM"}
        yield Refused(phase, "key length" if sized else "encryption", theirs.encryption, ours.encryption)
    if _apart(theirs.integrity, ours.integrity):
        yield Refused(phase, "hash", theirs.integrity, ours.integrity)
    if theirs.authentication and ours.authentication and theirs.authentication != ours.authentication:
        yield Refused(phase, "authentication", theirs.authentication, ours.authentication)
    if phase is Phase.TWO:
        if _apart(theirs.group or "none", ours.group or "none"):
            yield Refused(phase, "pfs", theirs.group or "none", ours.group or "none")
    elif _apart(theirs.group, ours.group):
        yield Refused(phase, "group", theirs.group, ours.group)


def _several(names: str) -> set[str]:
    return set(names.split(SEPARATOR))


def _apart(theirs: str, ours: str) -> bool:
    """Whether both are said and have nothing in common."""
    return bool(theirs and ours) and not _several(theirs) & _several(ours)
