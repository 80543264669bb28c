"""The configuration lines that a step of a negotiation rests on, read off the model's provenance.

What the reference exchange's table names for each step (Cisco tech note 113574): policies for MM1 and MM2, group and
NAT traversal for MM3, tunnel-group and key for MM4 to MM6, crypto map entry, access list and transform sets for QM1.
"""

from collections.abc import Callable, Iterable, Iterator

from mainmode.base.provenance import Source
from mainmode.catalogue.facts import Agreed, Phase, Role, Suite
from mainmode.device.config.model import Configuration, CryptoMapEntry, Policy, TunnelGroup
from mainmode.explain.negotiation import Negotiation

MOST_ACES = 12
"""So many entries of an access list stand beside a step."""
FALLBACK_GROUP = "DefaultL2LGroup"


def related_sources(configuration: Configuration, negotiation: Negotiation, step: str) -> tuple[Source, ...]:
    """The places behind one step (MM1 … QM3, trigger, DPD, teardown) on the side of the log's writer, each once."""
    told = _STEPS.get(step)
    if told is None:
        return ()
    behind = _Behind(configuration, negotiation)
    found = dict.fromkeys(source for part in told for source in part(behind) if source is not None)
    return tuple(found)


class _Behind:
    """A configuration as one negotiation uses it."""

    def __init__(self, configuration: Configuration, negotiation: Negotiation) -> None:
        self.configuration = configuration
        self.negotiation = negotiation

    def entries(self) -> list[CryptoMapEntry]:
        """The crypto map entries that name the peer; without one, those that take any peer."""
        maps = self.configuration.crypto_maps.values()
        every = [entry for one in maps for entry in one.entries]
        named = [
            entry for entry in every if entry.peers is not None and self.negotiation.peer in map(str, entry.peers.value)
        ]
        if named or self.negotiation.role is not Role.RESPONDER:
            return named
        dynamic = [entry for entry in every if entry.dynamic is not None]
        behind = [
            entry
            for one in dynamic
            if one.dynamic is not None and one.dynamic.value in self.configuration.dynamic_maps
            for entry in self.configuration.dynamic_maps[one.dynamic.value].entries
        ]
        return dynamic + behind

    def tunnel_group(self) -> TunnelGroup | None:
        """The one that the log names, or that has the peer's name."""
        groups = self.configuration.tunnel_groups
        for name in (self.negotiation.group, self.negotiation.peer, FALLBACK_GROUP):
            if name in groups:
                return groups[name]
        return None

    def policies(self) -> Iterable[Policy]:
        """The policy that was agreed on where the log tells it, else all."""
        agreed = [fact.suite for fact, _ in self.negotiation.all(Agreed) if fact.phase is Phase.ONE]
        fitting = [one for one in self.configuration.policies if agreed and _fits(one, agreed[-1])]
        return fitting or self.configuration.policies


_CIPHERS = {"aes": "AES-128", "aes-192": "AES-192", "aes-256": "AES-256", "3des": "3DES", "des": "DES"}
_HASHES = {"sha": "SHA-1", "md5": "MD5"}


def _fits(policy: Policy, suite: Suite) -> bool:
    """Whether a policy has all algorithms that an agreed suite names; False where it names none."""
    pairs = (
        (suite.encryption, _CIPHERS.get(policy.encryption.value, "")),
        (suite.integrity, _HASHES.get(policy.hash.value, "")),
        (suite.group, str(policy.group.value)),
    )
    named = [(told, has) for told, has in pairs if told]
    return bool(named) and all(has == told or (told == "AES" and has.startswith("AES")) for told, has in named)


def _policy_lines(behind: _Behind) -> Iterator[Source | None]:
    for one in behind.policies():
        yield one.source
        yield from (part.source for part in (one.authentication, one.encryption, one.hash, one.group, one.lifetime))


def _group_lines(behind: _Behind) -> Iterator[Source | None]:
    for one in behind.policies():
        yield one.group.source


def _enabled(behind: _Behind) -> Iterator[Source | None]:
    yield from (one.source for one in behind.configuration.enabled)


def _nat_traversal(behind: _Behind) -> Iterator[Source | None]:
    yield behind.configuration.settings.nat_traversal.source


def _identity(behind: _Behind) -> Iterator[Source | None]:
    yield behind.configuration.settings.identity.source


def _tunnel_group(behind: _Behind) -> Iterator[Source | None]:
    group = behind.tunnel_group()
    if group is not None:
        yield group.type.source if group.type is not None else group.source
        yield group.key.source if group.key is not None else None


def _keepalive(behind: _Behind) -> Iterator[Source | None]:
    group = behind.tunnel_group()
    if group is not None:
        yield group.keepalive.source


def _peer(behind: _Behind) -> Iterator[Source | None]:
    for entry in behind.entries():
        yield entry.peers.source if entry.peers is not None else entry.source
        yield entry.connection_type.source


def _networks(behind: _Behind) -> Iterator[Source | None]:
    for entry in behind.entries():
        if entry.acl is None:
            continue
        yield entry.acl.source
        acl = behind.configuration.access_lists.get(entry.acl.value)
        if acl is not None:
            yield from (ace.source for ace in acl.aces[:MOST_ACES])


def _transforms(behind: _Behind) -> Iterator[Source | None]:
    for entry in behind.entries():
        if entry.transform_sets is None:
            continue
        yield entry.transform_sets.source
        for name in entry.transform_sets.value:
            found = behind.configuration.transform_sets.get(name)
            yield found.source if found is not None else None


def _pfs(behind: _Behind) -> Iterator[Source | None]:
    for entry in behind.entries():
        yield entry.pfs.source if entry.pfs is not None else None


def _lifetimes(behind: _Behind) -> Iterator[Source | None]:
    settings = behind.configuration.settings
    for entry in behind.entries():
        yield (entry.lifetime_seconds or settings.lifetime_seconds).source
        kilobytes = entry.lifetime_kilobytes
        yield kilobytes.source if kilobytes is not None else settings.lifetime_kilobytes.source


def _timeouts(behind: _Behind) -> Iterator[Source | None]:
    group = behind.tunnel_group()
    if group is not None:
        policy = behind.configuration.group_policy(group.group_policy.value)
        yield policy.idle_timeout.source
        yield policy.session_timeout.source


Part = Callable[[_Behind], Iterator[Source | None]]
_QUICK: tuple[Part, ...] = (_networks, _transforms, _pfs)
_STEPS: dict[str, tuple[Part, ...]] = {
    "trigger": (_networks, _peer),
    "MM1": (_policy_lines, _enabled, _peer),
    "MM2": (_policy_lines,),
    "MM3": (_group_lines, _nat_traversal),
    "MM4": (_group_lines, _nat_traversal, _tunnel_group),
    "MM5": (_identity, _tunnel_group),
    "MM6": (_identity, _tunnel_group, _keepalive),
    "AM1": (_policy_lines, _enabled, _tunnel_group, _identity),
    "AM2": (_policy_lines, _tunnel_group, _identity),
    "AM3": (_tunnel_group,),
    "QM1": _QUICK,
    "QM2": (*_QUICK, _lifetimes),
    "QM3": (_lifetimes,),
    "DPD": (_keepalive,),
    "teardown": (_timeouts,),
}
"""What stands behind each step."""
