"""All that charon, strongSwan's daemon, says: one index."""

from functools import cache

from mainmode.catalogue.dialects import (
    charon_details,
    charon_endings,
    charon_messages,
    charon_phase1,
    charon_phase2,
    charon_startup,
)
from mainmode.catalogue.phrasebook import Index, Saying, phrasebook

ALL = (
    *charon_messages.SAYINGS,
    *charon_phase1.SAYINGS,
    *charon_phase2.SAYINGS,
    *charon_endings.SAYINGS,
    *charon_details.SAYINGS,
    *charon_startup.SAYINGS,
)

BARE = frozenset(
    f"charon.{name}"
    for name in (
        "generating",
        "parsed",
        "packet sent",
        "packet received",
        "retransmit",
        "received again",
        "gave up",
        "no response",
        "notified",
        "vendor received",
        "vendor sent",
        "vendor unknown",
        "not decrypted",
        "processing failed",
        "malformed",
        "malformed informational",
        "initiating",
        "is initiating",
        "established",
        "agreed",
        "received proposals",
        "configured proposals",
        "both proposals",
        "no proposal",
        "proposals unacceptable",
        "looking for a peer",
        "selected peer",
        "no peer config",
        "no key",
        "hash differs",
        "identity differs",
        "rekey timer",
        "lifetime",
        "lifetime of peer",
        "behind NAT here",
        "behind NAT there",
        "child established",
        "child closing",
        "lifetime differs",
        "no child config",
        "child proposals refused",
        "child failed",
        "install failed",
        "child delete sent",
        "child delete received",
        "delete sent",
        "delete received",
        "deleting",
        "command done",
        "command failed",
        "no such connection",
        "DPD",
        "keep alive",
        "half open",
        "starter",
    )
)
"""What `ipsec up` prints without thread and group."""


@cache
def openings(least: int) -> tuple[str, ...]:
    """How lines of `BARE` begin, as far as it is always the same: what has `least` characters or more."""
    templates = (one for saying in ALL if saying.name in BARE for one in saying.templates)
    found = {one.partition("{")[0] for one in templates if "\n" not in one}
    return tuple(sorted(one for one in found if len(one) >= least))


@cache
def book() -> Index[Saying]:
    """The index, made when first asked for."""
    return phrasebook(ALL)
