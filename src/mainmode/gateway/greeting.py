"""What a gateway tells at its start: a line for each interface and each tunnel, and what will not work as it stands."""

from collections.abc import Collection, Iterator

from mainmode.device.box import Box
from mainmode.device.config.model import Configuration
from mainmode.device.weak.lines import weak_lines
from mainmode.gateway.interfaces import Placed

_MOST_PROBLEMS = 20


def problem_lines(configuration: Configuration, known: Collection[str] = ()) -> Iterator[str]:
    """What is wrong with lines of the file, but for what is `known`: the first twenty, and how many more there are."""
    told = [text for text in map(str, configuration.problems) if text not in known]
    yield from told[:_MOST_PROBLEMS]
    if len(told) > _MOST_PROBLEMS:
        yield f"{configuration.file}: {len(told) - _MOST_PROBLEMS} more lines with problems"


def weak_lines_of(configuration: Configuration, known: Collection[str] = ()) -> Iterator[str]:
    """What the file rests on and should not, but for what is `known`: the first twenty, and how many more there are."""
    told = [text for text in map(str, weak_lines(configuration)) if text not in known]
    yield from told[:_MOST_PROBLEMS]
    if len(told) > _MOST_PROBLEMS:
        yield f"{configuration.file}: {len(told) - _MOST_PROBLEMS} more lines with weak algorithms or keys"


def interface_lines(placed: Placed) -> Iterator[tuple[str, bool]]:
    """A line for each interface, and whether it is there."""
    enabled = {one.value for one in placed.configuration.enabled}
    for place in placed.places:
        there = place.index is not None
        yield f"{place}{', IKE' if there and place.nameif in enabled else ''}", there


def tunnel_lines(box: Box) -> Iterator[str]:
    """A line for each entry of a crypto map: what brings it up, or that something of it is missing."""
    for entry in box.settings.entries:
        named = f"tunnel {entry.map_name} {entry.sequence} on {entry.interface}"
        peers = ", ".join(str(peer) for peer in entry.peers)
        if not entry.complete:
            yield f"{named}: incomplete, and passed over; it needs match address, a peer and a transform set"
        elif entry.dynamic:
            yield f"{named}: waits for peers of any address"
        else:
            count = sum(ace.permit for ace in entry.acl or ())
            yield f"{named}: to {peers} for {entry.acl_name} ({count} permit {'entry' if count == 1 else 'entries'})"


def warnings(configuration: Configuration) -> Iterator[str]:
    """What can be seen beforehand to keep tunnels from coming up."""
    for group in configuration.tunnel_groups.values():
        if group.is_l2l and group.key_hidden:
            yield (
                f"{configuration.file}: the pre-shared key of tunnel-group {group.name} is hidden (*****), so its "
                "tunnels cannot come up; type the key itself (`more system:running-config` shows it)"
            )
