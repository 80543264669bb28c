"""Pre-shared keys that a configuration hides (`*****`), and what a run uses in their place."""

from collections.abc import Mapping
from ipaddress import IPv4Address

from mainmode.base.secret import Secret
from mainmode.device.config.model import Configuration, TunnelGroup
from mainmode.lab.facing import Facing, Pair
from mainmode.ladder.transcript import Side

_LAB_KEY = Secret(b"a key of the lab")
_BUILT_IN = "DefaultL2LGroup"


def stand_ins(pair: Pair, facing: tuple[Facing, ...]) -> tuple[Mapping[Side, Mapping[str, Secret]], tuple[str, ...]]:
    """A key for each tunnel-group that hides the one for the other device, and the notes that tell of it.

    Where the other device's configuration tells its key, that is taken; else a key of the lab's own.
    """
    found: dict[Side, dict[str, Secret]] = {side: {} for side in Side}
    notes: list[str] = []
    for one in facing:
        groups = {side: group_for(pair[side], one.ends[side.other].address) for side in Side}
        for side, group in groups.items():
            if group is None or not group.key_hidden or group.key is None or group.name in found[side]:
                continue
            theirs = groups[side.other]
            key = theirs.key.value if theirs is not None and theirs.key is not None else None
            found[side][group.name] = key or _LAB_KEY
            names = {end: pair[end].settings.hostname.value for end in Side}
            taken = f"the key of {names[side.other]}" if key is not None else "a key of the lab's own"
            notes.append(
                f"{names[side]} hides its pre-shared key ({group.key.source}): the run takes {taken} in its place, "
                "and cannot tell whether the real keys agree"
            )
    return found, tuple(notes)


def group_for(configuration: Configuration, peer: IPv4Address) -> TunnelGroup | None:
    """The LAN-to-LAN tunnel-group that a peer with a pre-shared key lands on: by address, else the built-in one."""
    named = configuration.tunnel_groups.get(str(peer))
    return named if named is not None and named.is_l2l else configuration.tunnel_groups.get(_BUILT_IN)


def keys_from_peers(
    name: str, configurations: Mapping[str, Configuration], addresses: Mapping[str, frozenset[IPv4Address]]
) -> Mapping[str, Secret]:
    """A key for each tunnel-group of a device that hides it: that of the device with this address, else the lab's."""
    found: dict[str, Secret] = {}
    for group in configurations[name].tunnel_groups.values():
        if not group.key_hidden or group.key is None:
            continue
        found[group.name] = _LAB_KEY
        for other, own in addresses.items():
            if other == name or group.name not in {str(address) for address in own}:
                continue
            theirs = (group_for(configurations[other], address) for address in addresses[name])
            keys = (one.key.value for one in theirs if one is not None and one.key is not None and not one.key_hidden)
            found[group.name] = next((key for key in keys if key is not None), _LAB_KEY)
    return found
