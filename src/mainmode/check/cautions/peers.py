"""Keys and dead peer detection of the two tunnel-groups."""

from collections.abc import Iterator

from mainmode.base.provenance import Source
from mainmode.base.secret import Secret
from mainmode.check.cautions.declaration import Found, Look, Warned
from mainmode.check.cautions.restart import silence_after_restart
from mainmode.check.moments import clock
from mainmode.device.config.model import TunnelGroup
from mainmode.device.weak.keys import why_weak
from mainmode.lab.facing import ends, entries
from mainmode.ladder.transcript import Blame, Side

_MOST_NAMED = 4


def _hidden(look: Look) -> Iterator[Found]:
    for side in Side:
        for group in look.groups(side):
            if group.key is None or not group.key_hidden:
                continue
            theirs = any(one.key is not None and not one.key_hidden for one in look.groups(side.other))
            taken = f"the key of {look.name(side.other)}" if theirs else "one key for both sides"
            yield Found(
                f"{look.name(side)} hides the pre-shared key for {look.name(side.other)}: whether the two keys are "
                "equal was not checked.",
                f"the run took {taken} in its place",
                (Blame(side, "hidden", group.key.source),),
                "Check a listing with its keys, as more system:running-config prints it, or compare them by hand.",
            )


def _weak_keys(look: Look) -> Iterator[Found]:
    """Keys that phase 1 came up by, and that are found by trying; each way once, with the lines of both sides."""
    found: dict[str, list[Blame]] = {}
    for side in Side if look.tunnels else ():
        for group in look.groups(side):
            if group.key is not None and group.key.value is not None:
                why = why_weak(group.key.value, look.of(side), group)
                if why:
                    found.setdefault(why, []).append(Blame(side, f"towards {look.name(side.other)}", group.key.source))
    for why, places in found.items():
        yield Found(
            f"The pre-shared key of {look.name(Side.A)} and {look.name(Side.B)} {why}.",
            "phase 1 came up by it",
            tuple(places),
            "Make one of 22 random characters or more, and exchange it on both sides at once.",
        )


def _shared(look: Look) -> Iterator[Found]:
    if not look.tunnels:
        return
    for side in Side:
        known: list[Secret] = []
        for group in look.groups(side):
            key = group.key
            if key is None or key.value is None or key.value in known:
                continue
            known.append(key.value)
            others = [
                one
                for one in look.of(side).tunnel_groups.values()
                if one.name != group.name and one.key is not None and one.key.value == key.value
            ]
            same = _same_peer(look, side) if others else set()
            others = [one for one in others if one.name not in same]
            if others:
                yield _shared_with(look, side, group, key.source, others)


def _same_peer(look: Look, side: Side) -> set[str]:
    """The names of tunnel-groups that are the other device's as well: its addresses, and the rest of a list of "
    "peers."""
    own = {str(end.address) for end in ends(look.of(side.other))}
    peers = {str(peer) for peer in look.peers(side)}
    for entry in entries(look.of(side)):
        listed = {str(peer) for peer in entry.peers.value} if entry.peers is not None else set()
        if listed & peers:
            own |= listed
    return own


def _shared_with(look: Look, side: Side, group: TunnelGroup, key: Source, others: list[TunnelGroup]) -> Found:
    return Found(
        f"{look.name(side)} has one pre-shared key for {len(others) + 1} tunnel-groups: {_named(group, others)}.",
        f"phase 1 with {look.name(side.other)} came up by the key of tunnel-group {group.name}",
        (
            Blame(side, "the key for this peer", key),
            *(Blame(side, "the same key", one.key.source) for one in others[:_MOST_NAMED] if one.key is not None),
        ),
        "Give each peer a key of its own.",
    )


def _named(group: TunnelGroup, others: list[TunnelGroup]) -> str:
    names = [group.name, *(one.name for one in others)]
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _keepalives(look: Look) -> Iterator[Found]:
    """Dead peers that one side, or none, would notice."""
    if not look.tunnels:
        return
    groups = {side: look.groups(side) for side in Side}
    if not all(groups.values()):
        return
    keepalives = {side: groups[side][0].keepalive for side in Side}
    agreed = all(tunnel.agreed.dpd for tunnel in look.tunnels)
    evidence = f"the devices {'agreed' if agreed else 'did not agree'} on DPD in {look.begun(look.tunnels)}"
    off = [side for side in Side if keepalives[side].value is None]
    silent = [side for side in Side if (one := keepalives[side].value) is not None and one.threshold is None]
    if len(off) == 1:
        other = look.name(off[0].other)
        sentence = f"{look.name(off[0])} has dead peer detection switched off, so {other} cannot use it either."
    elif off:
        sentence = "Dead peer detection is switched off on both sides."
    elif len(silent) == len(Side):
        sentence = "Both sides answer dead peer detection, and neither ever asks."
    elif silent and any(tunnel.cell.starter is silent[0] for tunnel in look.tunnels):
        deaf = look.name(silent[0])
        sentence = f"{deaf} answers dead peer detection and never asks: it does not notice that its peer is gone."
    else:
        return
    yield Found(
        sentence,
        evidence + _unnoticed(look, (off or silent)[0]),
        tuple(Blame(side, _kept(look, side), keepalives[side].source) for side in (off or silent)),
        "Set isakmp keepalive threshold 10 retry 2 in the ipsec-attributes of both tunnel-groups.",
    )


def _unnoticed(look: Look, side: Side) -> str:
    """`; where plant restarts, a host behind hub has no reply for 06:48:00`: of a tunnel that `side` began, if any."""
    tunnel = next((one for one in look.tunnels if one.cell.starter is side), look.tunnels[0])
    starter = tunnel.cell.starter
    silence = silence_after_restart(look, tunnel)
    long = "a day and more" if silence is None else clock(silence)
    return f"; where {look.name(starter.other)} restarts, a host behind {look.name(starter)} has no reply for {long}"


def _kept(look: Look, side: Side) -> str:
    return f"towards {look.name(side.other)}"


PEERS = (
    Warned(
        "KEY_HIDDEN",
        "A pre-shared key is hidden in the file",
        "the tunnel-group for the other side shows its key as stars, or encrypted",
        "The tunnel is down if the real keys differ, and no run without them can tell.",
        _hidden,
    ),
    Warned(
        "KEY_WEAK",
        "A pre-shared key that is found by trying",
        "the key that phase 1 came up by is short, repeats itself, or is made of what is tried first: common words, "
        "names and addresses of the configuration",
        "Who answers in the peer's place once, on the way or by a wrong route, can try keys at home until one fits "
        "(CVE-2018-5389), and then be either side. Main mode does not keep that from an active attacker.",
        _weak_keys,
    ),
    Warned(
        "KEY_SHARED",
        "One key for several tunnel-groups",
        "the key that phase 1 came up by stands in other tunnel-groups of the same device too",
        "Whoever knows the key of one peer can pose as each of the others.",
        _shared,
    ),
    Warned(
        "NO_DPD",
        "No dead peer detection",
        "keepalives are disabled on one side or on both, or have threshold infinite on a side that begins tunnels",
        "When a peer restarts or its line breaks, the other side goes on sending into SAs that nobody has any more, "
        "until their lifetime ends.",
        _keepalives,
    ),
)
