"""Repairs of pre-shared keys and of the tunnel-groups that hold them. No key is ever shown: its place is."""

from collections.abc import Iterator
from dataclasses import field

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Statement
from mainmode.base.secret import Secret
from mainmode.check.repairs.declaration import Case, Change, Repair
from mainmode.device.config.model import Sourced, TunnelGroup
from mainmode.explain.finding import Safety
from mainmode.lab.facing import entries
from mainmode.ladder.transcript import Side

_NEW_KEY = "a-key-that-both-sides-agree-on"
"""What the model takes where no file tells a key."""

_BUILT_IN = "DefaultL2LGroup"


@dataclass(frozen=True, slots=True)
class Key:
    """A pre-shared key to be typed: what stands for it, the octets that the model takes, and where it is from."""

    shown: str
    typed: str = field(repr=False)
    note: str


def key_in(case: Case, group: TunnelGroup | None) -> Key | None:
    """The key of a tunnel-group; None where there is no group, or no key in it.

    One that an edit typed is told by the line that the edit took it from.
    """
    if group is None or group.key is None:
        return None
    key = group.key.value.reveal().decode(errors="replace") if group.key.value is not None else _NEW_KEY
    source = _told_at(case, group.key)
    if source is None:
        return _new_key()
    place = f"{source.file}:{source.line}"
    if group.key.value is None:
        return Key(f"<the key of {place}>", key, f"{place} hides the key: more system:running-config shows it")
    return Key(f"<the key of {place}>", key, f"the key stands at {place}")


def _told_at(case: Case, key: Sourced[Secret | None]) -> Statement | None:
    """The line of the files as they were given that tells a key; None where no such line does."""
    groups = [group for side in Side for group in case.of(side).tunnel_groups.values()]
    same = [group.key.source for group in groups if group.key is not None and group.key.value == key.value]
    given = {case.of(side).file: case.subject.given[side] for side in Side}
    told = (one for one in (key.source, *same) if isinstance(one, Statement) and one.line <= given[one.file])
    return next(told, None)


def _new_key() -> Key:
    return Key("<a key that both sides agree on>", _NEW_KEY, "no file has a key for this pair")


def _key_for(case: Case, side: Side) -> Key:
    """The key that a side's group for its peer ought to have: the peer's own, else one that stands for another address.

    The built-in group's comes last; where no file has any, a new one.
    """
    spare = (group for group in case.of(side).tunnel_groups.values() if _is_spare(case, side, group))
    groups = (case.group(side.other), *spare, case.group(side))
    return next((key for key in (key_in(case, group) for group in groups) if key is not None), _new_key())


def _is_spare(case: Case, side: Side, group: TunnelGroup) -> bool:
    """Whether a LAN-to-LAN group bears an address that no crypto map entry of its side has as a peer."""
    maps = case.of(side).crypto_maps.values()
    peers = {str(peer) for one in maps for entry in one.entries if entry.peers for peer in entry.peers.value}
    return group.is_l2l and group.type is not None and group.name not in peers


def key_lines(case: Case, side: Side, name: str, key: str) -> tuple[str, ...]:
    """The commands that give a tunnel-group of a side a key."""
    return f"tunnel-group {name} ipsec-attributes", f" {case.word(side)}pre-shared-key {key}"


def _keyed(case: Case, side: Side, name: str, key: Key, before: tuple[str, ...], about: str) -> Change:
    return Change(
        side,
        about,
        (*before, *key_lines(case, side, name, key.shown)),
        Safety.SAFE if name != _BUILT_IN else Safety.WIDE,
        key.note,
        (*before, *key_lines(case, side, name, key.typed)),
    )


def _same_key(case: Case) -> Iterator[Change]:
    """The key of either side for the other's group; the built-in group is left alone, a group of its own is made."""
    for side in Side:
        group, key = case.group(side), key_in(case, case.group(side.other))
        if group is None or key is None:
            continue
        name, other = str(case.peer(side)), case.subject.names[side.other]
        before = () if group.name == name else (f"tunnel-group {name} type ipsec-l2l",)
        yield _keyed(case, side, name, key, before, f"gives the tunnel-group {name} the key that {other} has")


def _group_for_peer(case: Case) -> Iterator[Change]:
    """The tunnel-group that bears the peer's address: made, made anew with the right type, or given its key."""
    for side in Side:
        name, configuration = str(case.peer(side)), case.of(side)
        group = configuration.tunnel_groups.get(name)
        if group is not None and group.is_l2l and group.key is not None:
            continue
        key = _key_for(case, side)
        before: tuple[str, ...] = ()
        if group is None:
            about, before = (
                "makes the tunnel-group that bears the peer's address",
                (f"tunnel-group {name} type ipsec-l2l",),
            )
        elif not group.is_l2l:
            about = "makes the tunnel-group of the peer's address one for LAN-to-LAN peers"
            before = (f"no tunnel-group {name}", f"tunnel-group {name} type ipsec-l2l")
        else:
            about = "gives the tunnel-group of the peer's address a key"
        yield _keyed(case, side, name, key, before, about)
        if group is None and _answers_anybody(case, side):
            yield _keyed(case, side, _BUILT_IN, key, (), "gives the group for peers without one of their own a key")


def _answers_anybody(case: Case, side: Side) -> bool:
    """Whether a side has a dynamic entry for peers that none of its entries names, and no key for them."""
    built_in = case.of(side).tunnel_groups.get(_BUILT_IN)
    dynamic = any(entry.dynamic is not None for entry in entries(case.of(side)))
    named = any(True for _ in entries(case.of(side), case.peer(side)))
    return dynamic and not named and (built_in is None or built_in.key is None)


KEYS = (
    Repair(
        "SAME_KEY",
        "Gives the tunnel-group of one side the pre-shared key of the other.",
        ("PSK_MISMATCH",),
        _same_key,
    ),
    Repair(
        "TUNNEL_GROUP",
        "Makes the tunnel-group that bears the peer's address, or gives it its type and its key.",
        ("NO_TUNNEL_GROUP", "PSK_MISMATCH", "NO_ANSWER", "PEER_DELETED"),
        _group_for_peer,
    ),
)
