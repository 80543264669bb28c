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


@cache
def book() -> Index[Saying]:
    """The index, made when first asked for."""
    return phrasebook(ALL)
