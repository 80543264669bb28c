"""All that pluto, the daemon of Libreswan and Openswan, says: one index."""

from functools import cache

from mainmode.catalogue.dialects import (
    pluto_around,
    pluto_daemon,
    pluto_endings,
    pluto_phase1,
    pluto_phase2,
    pluto_refusals,
)
from mainmode.catalogue.phrasebook import Index, Saying, phrasebook

ALL = (
    *pluto_phase1.SAYINGS,
    *pluto_refusals.SAYINGS,
    *pluto_around.SAYINGS,
    *pluto_phase2.SAYINGS,
    *pluto_endings.SAYINGS,
    *pluto_daemon.SAYINGS,
)


@cache
def book() -> Index[Saying]:
    """The index, made when first asked for."""
    return phrasebook(ALL)
