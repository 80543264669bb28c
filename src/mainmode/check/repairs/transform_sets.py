"""Repairs of transform sets: one that the other side offers is added to the list, made, or one is changed."""

from collections.abc import Iterator
from difflib import get_close_matches

from mainmode.check.repairs.declaration import Case, Change, Repair
from mainmode.check.repairs.tunnels import candidates, head
from mainmode.device.config.model import Configuration, CryptoMapEntry, TransformSet
from mainmode.explain.finding import Safety
from mainmode.ladder.transcript import Side

_MOST_ENTRIES = 3
_MOST_SETS = 4
_ENCRYPTIONS = (
    "esp-aes-gcm-256",
    "esp-aes-256",
    "esp-aes-gcm-192",
    "esp-aes-192",
    "esp-aes-gcm",
    "esp-aes",
    "esp-3des",
    "esp-des",
    "esp-null",
)
_HASHES = ("esp-sha512-hmac", "esp-sha384-hmac", "esp-sha256-hmac", "esp-sha-hmac", "esp-md5-hmac", "esp-none")
"""From strong to weak."""


def _alike(one: TransformSet, other: TransformSet) -> bool:
    return _suite(one) == _suite(other)


def _suite(one: TransformSet) -> tuple[str, str, str]:
    return one.encryption.value, one.authentication.value, one.mode.value


def _strength(one: TransformSet) -> tuple[int, int]:
    return _ENCRYPTIONS.index(one.encryption.value), _HASHES.index(one.authentication.value)


def _sets(configuration: Configuration, entry: CryptoMapEntry) -> list[TransformSet]:
    names = entry.transform_sets.value if entry.transform_sets is not None else ()
    return [configuration.transform_sets[name] for name in names if name in configuration.transform_sets]


def wanted(case: Case, side: Side) -> list[TransformSet]:
    """The transform sets of the other side for this tunnel, the strongest first; those in transport mode last."""
    other = case.of(side.other)
    found = [one for entry in candidates(case, side.other)[:_MOST_ENTRIES] for one in _sets(other, entry)]
    once = {_suite(one): one for one in reversed(found)}
    return sorted(once.values(), key=lambda one: (one.mode.value == "transport", _strength(one)))[:_MOST_SETS]


def words(one: TransformSet) -> str:
    """`esp-aes-256 esp-sha-hmac`, as it is typed."""
    none = one.authentication.value == "esp-none"
    return one.encryption.value if none else f"{one.encryption.value} {one.authentication.value}"


def offered_by(case: Case, side: Side, one: TransformSet) -> tuple[str, tuple[str, ...]]:
    """The name of a side's set that is like one of the other's, and the commands that make it where there is none."""
    configuration = case.of(side)
    for name, known in configuration.transform_sets.items():
        if _alike(known, one):
            return name, ()
    taken = configuration.transform_sets
    named = (one.name, *(f"{one.name}-{number}" for number in range(2, len(taken) + 3)))
    name = next(name for name in named if name not in taken)
    command = f"crypto ipsec {case.word(side)}transform-set {name}"
    lines = [f"{command} {words(one)}"]
    if one.mode.value == "transport":
        lines.append(f"{command} mode transport")
    return name, tuple(lines)


def _add(case: Case) -> Iterator[Change]:
    """A set that the other side offers comes behind those that the entry has; not where only the mode differs."""
    for side in Side:
        configuration = case.of(side)
        for entry in candidates(case, side)[:_MOST_ENTRIES]:
            if entry.transform_sets is None or entry.dynamic is not None:
                continue
            own = entry.transform_sets.value
            held = _sets(configuration, entry)
            if any(words(old) == words(one) for old in held for one in wanted(case, side)):
                continue
            for one in wanted(case, side):
                name, made = offered_by(case, side, one)
                if name in own or len(own) >= 11:
                    continue
                known = " ".join((*(old for old in own if old in configuration.transform_sets), name))
                yield Change(
                    side,
                    f"adds {words(one)}, which {case.subject.names[side.other]} offers, to the transform sets of "
                    f"{head(configuration, entry)}",
                    (*made, f"{head(configuration, entry)} set {case.word(side)}transform-set {known}"),
                    Safety.SAFE,
                    weakens=_weaker(one, held),
                )


def _change(case: Case) -> Iterator[Change]:
    """A set itself gets the algorithms of one of the other side's, of those pairs first that differ least."""
    for side in Side:
        configuration = case.of(side)
        held = [one for entry in candidates(case, side)[:_MOST_ENTRIES] for one in _sets(configuration, entry)]
        pairs = [(own, one) for own in held for one in wanted(case, side) if words(own) != words(one)]
        for own, one in sorted(pairs, key=lambda pair: _distance(*pair))[:_MOST_SETS]:
            users = _users(configuration, own.name)
            yield Change(
                side,
                f"changes transform set {own.name} to {words(one)}, which {case.subject.names[side.other]} has",
                (f"crypto ipsec {case.word(side)}transform-set {own.name} {words(one)}",),
                Safety.DISRUPTIVE if len(users) == 1 else Safety.WIDE,
                "" if len(users) == 1 else f"the set is used by {', '.join(users)}",
                weakens=_weaker(one, [own]),
            )


def _weaker(one: TransformSet, held: list[TransformSet]) -> bool:
    """Whether a set has a weaker algorithm than all that an entry has."""
    return bool(held) and all(any(first > second for first, second in _ranks(one, old)) for old in held)


def _ranks(one: TransformSet, old: TransformSet) -> Iterator[tuple[int, int]]:
    """The places of both in the order from strong to weak: of encryption, and of hash where both have one."""
    yield _strength(one)[0], _strength(old)[0]
    if "esp-none" not in (one.authentication.value, old.authentication.value):
        yield _strength(one)[1], _strength(old)[1]


def _distance(one: TransformSet, other: TransformSet) -> int:
    return sum(first != second for first, second in zip(_suite(one), _suite(other), strict=True))


def _users(configuration: Configuration, name: str) -> list[str]:
    """The entries that use a transform set."""
    maps = (*configuration.crypto_maps.values(), *configuration.dynamic_maps.values())
    return [
        head(configuration, entry)
        for one in maps
        for entry in one.entries
        if entry.transform_sets is not None and name in entry.transform_sets.value
    ]


def _mode(case: Case) -> Iterator[Change]:
    """Tunnel mode: transport mode protects only what the two devices say themselves."""
    for side in Side:
        configuration = case.of(side)
        for entry in candidates(case, side)[:_MOST_ENTRIES]:
            for own in _sets(configuration, entry):
                if own.mode.value != "transport":
                    continue
                users = _users(configuration, own.name)
                command = f"crypto ipsec {case.word(side)}transform-set {own.name} mode transport"
                yield Change(
                    side,
                    f"puts transform set {own.name} back into tunnel mode, which networks behind the devices need",
                    (f"no {command}",),
                    Safety.DISRUPTIVE if len(users) == 1 else Safety.WIDE,
                    "" if len(users) == 1 else f"the set is used by {', '.join(users)}",
                )


def _name(case: Case) -> Iterator[Change]:
    """A set that the entry has without a list of its own, or by a name that does not exist."""
    for side in Side:
        configuration = case.of(side)
        for entry in candidates(case, side)[:_MOST_ENTRIES]:
            if entry.dynamic is not None:
                continue
            names = entry.transform_sets.value if entry.transform_sets is not None else ()
            lost = [name for name in names if name not in configuration.transform_sets]
            if names and not lost:
                continue
            command = f"{head(configuration, entry)} set {case.word(side)}transform-set"
            for name in _instead(case, side, lost):
                kept = [old for old in names if old not in lost]
                yield Change(
                    side,
                    f"gives {head(configuration, entry)} transform set {name}"
                    + (f" in place of {lost[0]}, which does not exist" if lost else ""),
                    (f"{command} {' '.join((*kept, name))}",),
                    Safety.SAFE,
                )
            for one in wanted(case, side):
                yield from _made(case, side, entry, one, lost)


def _instead(case: Case, side: Side, lost: list[str]) -> list[str]:
    """The sets of a side that a name which does not exist may mean: the closest by name, then those that fit."""
    known = case.of(side).transform_sets
    close = get_close_matches(lost[0].lower(), [name.lower() for name in known], 2) if lost else []
    named = [name for name in known if name.lower() in close]
    fitting = [name for name, one in known.items() if any(_alike(one, other) for other in wanted(case, side))]
    return list(dict.fromkeys((*named, *fitting)))[:_MOST_SETS]


def _made(case: Case, side: Side, entry: CryptoMapEntry, one: TransformSet, lost: list[str]) -> Iterator[Change]:
    """A new set, as the other side has it: under the name that the entry uses, or under a new one."""
    command = f"crypto ipsec {case.word(side)}transform-set"
    mode = one.mode.value == "transport"
    for name in lost[:1]:
        lines = (f"{command} {name} {words(one)}", *((f"{command} {name} mode transport",) if mode else ()))
        yield Change(side, f"makes the transform set {name} that the entry names, {words(one)}", lines, Safety.SAFE)
    if not lost:
        name, made = offered_by(case, side, one)
        setting = f"{head(case.of(side), entry)} set {case.word(side)}transform-set {name}"
        if made:
            yield Change(side, f"makes transform set {name} and gives it to the entry", (*made, setting), Safety.SAFE)


_UNFIT = ("TRANSFORM_MISMATCH", "PEER_REFUSED", "NO_MATCHING_ENTRY", "PROXY_MISMATCH")

TRANSFORM_SETS = (
    Repair(
        "TRANSFORM_SET_CHANGED",
        "Gives a transform set the algorithms of the other side's.",
        ("TRANSFORM_MISMATCH", "PEER_REFUSED"),
        _change,
    ),
    Repair(
        "TRANSFORM_SET_ADDED",
        "Adds a transform set that the other side offers to the entry's list, and makes it where it does not exist.",
        ("TRANSFORM_MISMATCH", "PEER_REFUSED"),
        _add,
    ),
    Repair(
        "TUNNEL_MODE",
        "Puts a transform set back into tunnel mode.",
        ("TRANSFORM_MISMATCH", "PEER_REFUSED", "NO_REPLY", "ESP_BLOCKED", "NO_ANSWER", "DENIED", "NO_ROUTE"),
        _mode,
    ),
    Repair(
        "TRANSFORM_SET_NAMED",
        "Gives an entry without a transform set, or with the name of one that does not exist, one that fits.",
        (*_UNFIT, "NOT_INTERESTING", "PEER_ADDRESS_WRONG", "NO_ANSWER", "NO_ROUTE"),
        _name,
    ),
)
