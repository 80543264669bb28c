"""Every caution, declared; and a pair looked at for all of them."""

from itertools import chain

from mainmode.check.caution import Caution
from mainmode.check.cautions.algorithms import ALGORITHMS
from mainmode.check.cautions.declaration import Look, Warned
from mainmode.check.cautions.lifetimes import LIFETIMES
from mainmode.check.cautions.overlaps import OVERLAPS
from mainmode.check.cautions.peers import PEERS
from mainmode.check.cautions.sizes import SIZES
from mainmode.check.cautions.translation import TRANSLATION
from mainmode.check.matrix import Matrix
from mainmode.check.subject import Subject

WARNED: tuple[Warned, ...] = (*ALGORITHMS, *LIFETIMES, *PEERS, *OVERLAPS, *TRANSLATION, *SIZES)
"""In the order in which they are told."""


def cautions_of(subject: Subject, matrix: Matrix) -> tuple[Caution, ...]:
    """All that is to be said of a pair besides up or down."""
    look = Look(subject, matrix)
    return tuple(chain.from_iterable(_told(one, look) for one in WARNED))


def _told(one: Warned, look: Look) -> list[Caution]:
    return [
        Caution(one.code, one.title, found.sentence, one.why, found.evidence, found.places, found.advice)
        for found in one.find(look)
    ]
