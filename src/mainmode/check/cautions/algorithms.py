"""Algorithms that were agreed on in the run and should not be used any more."""

from collections.abc import Callable, Iterator

from mainmode.base.codes import Group
from mainmode.base.provenance import Source
from mainmode.check.agreed import Agreed, matching
from mainmode.check.cautions.declaration import Found, Look, Tunnel, Warned
from mainmode.device.config.model import Configuration, Policy
from mainmode.device.settings import entry_named, policy_words, transform_words
from mainmode.device.weak.algorithms import DAY, weak_words
from mainmode.ladder.transcript import Blame, Side

_Words = tuple[str, ...]


def _phase1(agreed: Agreed) -> _Words:
    return policy_words(agreed.encryption, agreed.key_bits, agreed.hash)


def _weak_phase1(look: Look) -> Iterator[Found]:
    for words, group, tunnels in _grouped(look, lambda agreed: (_phase1(agreed), agreed.group)):
        weak = weak_words(words, group)
        if not weak or group is None:
            continue
        agreed = tunnels[0].agreed
        places = []
        for side in Side:
            policy = matching(look.of(side), agreed)
            if policy is not None:
                places += [Blame(side, f"in policy {policy.priority}", source) for source in _lines(policy, weak)]
        yield Found(
            f"Phase 1 rests on {_listed(weak)}.",
            f"phase 1 agreed on {' '.join(words)} group {int(group)} for {look.begun(tunnels)}",
            tuple(places),
            _phase1_advice(look),
        )


def _lines(policy: Policy, weak: tuple[str, ...]) -> Iterator[Source]:
    for attribute, word in (
        (policy.encryption, policy.encryption.value),
        (policy.hash, policy.hash.value),
        (policy.group, f"group {policy.group.value}"),
    ):
        if word in weak:
            yield attribute.source


def _phase1_advice(look: Look) -> str:
    """To put a strong policy first that both have already, or to give both one."""
    for one in look.of(Side.A).policies:
        for other in look.of(Side.B).policies:
            if _sound(one) and _attributes(one) == _attributes(other):
                return (
                    f"Policy {one.priority} of {look.name(Side.A)} and policy {other.priority} of {look.name(Side.B)} "
                    "agree on something stronger: give them the lowest numbers on both sides."
                )
    return "Give both sides a policy with aes-256, sha and group 14 under a lower number; the old one may stay below."


def _sound(policy: Policy) -> bool:
    words = (policy.encryption.value, policy.hash.value)
    return policy.authentication.value == "pre-share" and not weak_words(words, policy.group.value)


def _attributes(policy: Policy) -> tuple[str, str, str, int]:
    return policy.authentication.value, policy.encryption.value, policy.hash.value, policy.group.value


def _weak_phase2(look: Look) -> Iterator[Found]:
    for words, group, tunnels in _grouped(look, lambda agreed: (transform_words(agreed.suite), agreed.pfs)):
        weak = weak_words(words, group)
        if not weak:
            continue
        places = dict.fromkeys(
            Blame(side, "agreed on", source)
            for tunnel in tunnels
            for side in Side
            for source in _phase2_lines(look.of(side), tunnel.agreed, side, weak)
        )
        pfs = f" with PFS group {int(group)}" if group is not None else ""
        named = tuple(f"PFS {word}" if word.startswith("group") else word for word in weak)
        yield Found(
            f"Phase 2 rests on {_listed(named)}.",
            f"phase 2 agreed on {' '.join(words)}{pfs} for {look.begun(tunnels)}",
            tuple(places),
            _phase2_advice(weak),
        )


def _phase2_advice(weak: tuple[str, ...]) -> str:
    parts = []
    if any(word.startswith("esp-") for word in weak):
        parts.append("put a transform set with esp-aes-256 esp-sha-hmac first in the entries of both sides")
    if any(word.startswith("group") for word in weak):
        parts.append("set pfs group14 in the entries of both sides")
    text = ", and ".join(parts)
    return f"{text[0].upper()}{text[1:]}, where their releases have it."


def _phase2_lines(configuration: Configuration, agreed: Agreed, side: Side, weak: tuple[str, ...]) -> Iterator[Source]:
    """The transform set that was agreed on, and the line of PFS, as far as they are weak."""
    standing = agreed.sides[side]
    entry = entry_named(configuration, standing.map_name, standing.map_sequence)
    if entry is None:
        return
    if any(word.startswith("esp-") for word in weak):
        words = transform_words(agreed.suite)
        for name in entry.transform_sets.value if entry.transform_sets is not None else ():
            found = configuration.transform_sets.get(name)
            if found is not None and (found.encryption.value, found.authentication.value) == words:
                yield found.source
                break
    if entry.pfs is not None and any(word.startswith("group") for word in weak):
        yield entry.pfs.source


def _grouped(
    look: Look, what: Callable[[Agreed], tuple[_Words, Group | None]]
) -> Iterator[tuple[_Words, Group | None, list[Tunnel]]]:
    groups: dict[tuple[_Words, Group | None], list[Tunnel]] = {}
    for tunnel in look.tunnels:
        groups.setdefault(what(tunnel.agreed), []).append(tunnel)
    for (words, group), tunnels in groups.items():
        yield words, group, tunnels


def _listed(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _one_secret(look: Look) -> Iterator[Found]:
    """Phase 1 for more than a day, and phase 2 without a secret of its own."""
    found: dict[tuple[Group | None, int | None], list[Tunnel]] = {}
    for tunnel in look.tunnels:
        lifetime = tunnel.agreed.lifetime
        if tunnel.agreed.pfs is None and (lifetime is None or lifetime > DAY):
            found.setdefault((tunnel.agreed.group, lifetime), []).append(tunnel)
    for (_, lifetime), tunnels in found.items():
        policies = {side: matching(look.of(side), tunnels[0].agreed) for side in Side}
        yield Found(
            f"All keys of {'more than a day' if lifetime is None else f'{lifetime} s'} come from one Diffie-Hellman "
            "exchange.",
            f"phase 1 agreed on {'no limit' if lifetime is None else f'{lifetime} s'}, phase 2 on no PFS, for "
            f"{look.begun(tunnels)}",
            tuple(
                Blame(side, f"in policy {policy.priority}", policy.lifetime.source)
                for side, policy in policies.items()
                if policy is not None
            ),
            "Set lifetime 86400 in the policies of both sides, or pfs group14 in the entries of both sides.",
        )


_WHY = (
    "DES, 3DES, NULL, MD5 and Diffie-Hellman groups below 14 can be broken with today's means or soon will be, and "
    "newer releases have dropped them."
)

ALGORITHMS = (
    Warned(
        "WEAK_PHASE_1",
        "Phase 1 agrees on weak algorithms",
        "phase 1 of a tunnel of the run rests on des, 3des, md5 or a group below 14",
        _WHY,
        _weak_phase1,
    ),
    Warned(
        "WEAK_PHASE_2",
        "Phase 2 agrees on weak algorithms",
        "a tunnel of the run rests on esp-des, esp-3des, esp-null, esp-md5-hmac, no authentication at all, or PFS with "
        "a group below 14",
        _WHY,
        _weak_phase2,
    ),
    Warned(
        "LONG_WITHOUT_PFS",
        "One secret for more than a day",
        "phase 1 of a tunnel of the run lives for more than 86400 seconds, and its phase 2 has no PFS",
        "Who finds that one secret, by whatever means, reads all that the tunnel carried in that time.",
        _one_secret,
    ),
)
