"""What the two devices agreed on for a tunnel that came up: read off their SAs, without the keys."""

from collections.abc import Mapping

from mainmode.base.address import ProxyPair
from mainmode.base.codes import Encryption1, Group, Hash1
from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source
from mainmode.device.box import Box
from mainmode.device.config.model import Configuration, Policy, Sourced
from mainmode.device.settings import entry_named, policy_words
from mainmode.ipsec.dataplane import EspSuite, Mode, SaPair
from mainmode.ladder.transcript import Side


@dataclass(frozen=True, slots=True)
class Standing:
    """A side's own view of the pair of IPsec SAs: the entry and the proxies that it took them for.

    Lifetimes in seconds and kilobytes, None for no limit. `sources` are the statements that the agreement rests on.
    """

    map_name: str
    map_sequence: int
    proxies: ProxyPair
    lifetime_seconds: int | None
    lifetime_kilobytes: int | None
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Agreed:
    """Phase 1 and phase 2 of one tunnel, as they stood after its traffic.

    `lifetime` is phase 1's in seconds, None for no limit. `dpd`: both sides announced it. `nat_traversal`: a NAT was
    found on the way. `encapsulated`: ESP goes in UDP.
    """

    encryption: Encryption1
    key_bits: int
    hash: Hash1
    group: Group
    lifetime: int | None
    dpd: bool
    nat_traversal: bool
    suite: EspSuite
    mode: Mode
    pfs: Group | None
    encapsulated: bool
    sides: Mapping[Side, Standing]


def agreed_of(box: Box, starter: Side, pairs: Mapping[Side, SaPair]) -> Agreed | None:
    """The agreement behind the pairs of both sides; `box` is the one of `starter`. None where its phase 1 is gone."""
    pair = pairs[starter]
    held = [sa for sa in box.ike_sas if str(sa.peer) == pair.peer and sa.established is not None]
    if not held:
        return None
    sa = held[-1]
    if sa.encryption is None or sa.hash is None or sa.dh_group is None:
        return None
    return Agreed(
        sa.encryption,
        sa.key_bits,
        sa.hash,
        sa.dh_group,
        sa.lifetime,
        sa.dpd,
        sa.nat_traversal,
        pair.suite,
        pair.mode,
        pair.pfs_group,
        pair.udp_encapsulated,
        {side: _standing(one) for side, one in pairs.items()},
    )


def _standing(pair: SaPair) -> Standing:
    return Standing(
        pair.map_name,
        pair.map_sequence,
        pair.proxies,
        pair.lifetime_seconds,
        pair.lifetime_kilobytes,
        pair.sources,
    )


def matching(configuration: Configuration, agreed: Agreed) -> Policy | None:
    """The first policy of a side that says what phase 1 agreed on."""
    encryption, hashed = policy_words(agreed.encryption, agreed.key_bits, agreed.hash)
    wanted = encryption, hashed, int(agreed.group), "pre-share"
    for policy in configuration.policies:
        own = policy.encryption.value, policy.hash.value, policy.group.value, policy.authentication.value
        if own == wanted:
            return policy
    return None


def lifetime_of(configuration: Configuration, map_name: str, sequence: int) -> Sourced[int] | None:
    """The lifetime of SAs of an entry in seconds: its own, else the one for all; None where there is no such entry."""
    entry = entry_named(configuration, map_name, sequence)
    return None if entry is None else entry.lifetime_seconds or configuration.settings.lifetime_seconds


def volume_of(configuration: Configuration, map_name: str, sequence: int) -> Sourced[int | None] | None:
    """The lifetime of SAs of an entry in kilobytes, likewise."""
    entry = entry_named(configuration, map_name, sequence)
    return None if entry is None else entry.lifetime_kilobytes or configuration.settings.lifetime_kilobytes
