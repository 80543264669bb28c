"""The check of one pair, put together: the matrix, troubles and what mends them, cautions, hours.

What a healthy pair does not need is loaded only where it is asked for: loading is most of the time that a pair takes.
"""

from collections.abc import Callable

from mainmode.base.dataclass import dataclass
from mainmode.check.cautions import cautions_of
from mainmode.check.fix import Fix
from mainmode.check.hours import Hours
from mainmode.check.matrix import Matrix
from mainmode.check.report import Checked, Device
from mainmode.check.subject import Subject
from mainmode.check.trouble import Trouble
from mainmode.check.trying import matrix_of
from mainmode.ladder.transcript import Side

Told = Callable[[str], None]
"""Is told, in a few words, what is being done."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked for. `hours` of virtual time for the tunnels to live; 0: none."""

    hours: int = 0


_USUAL = Options()


def check(subject: Subject, options: Options = _USUAL, told: Told = lambda doing: None) -> Checked:
    """All that there is to say of a pair. Total for every subject."""
    told("trying every entry, both ways")
    matrix = matrix_of(subject)
    troubles, fixes = ((), ()) if matrix.up else _mended(subject, matrix, told)
    return Checked(
        devices={side: _device(subject, side) for side in Side},
        matrix=matrix,
        troubles=troubles,
        fixes=fixes,
        cautions=cautions_of(subject, matrix),
        assumptions=subject.assumptions,
        unread={side: subject.pair[side].problems for side in Side},
        hours=_hours(subject, matrix, options.hours, told) if options.hours else None,
    )


def _mended(subject: Subject, matrix: Matrix, told: Told) -> tuple[tuple[Trouble, ...], tuple[Fix, ...]]:
    """The troubles with their fixes, and the fixes for all of them."""
    from mainmode.check.search import mended
    from mainmode.check.troubles import troubles_of

    troubles = troubles_of(subject, matrix)
    if troubles:
        told("looking for what mends it")
    return mended(subject, matrix, troubles)


def _hours(subject: Subject, matrix: Matrix, hours: int, told: Told) -> Hours:
    """The tunnels' life; `told` how much of the virtual time is over."""
    from mainmode.check.over_time import HOUR, hours_of

    return hours_of(
        subject, matrix, hours, lambda done, whole: told(f"living through hour {done // HOUR + 1} of {whole // HOUR}")
    )


def _device(subject: Subject, side: Side) -> Device:
    end = subject.facing[0].ends[side]
    configuration = subject.pair[side]
    return Device(side, subject.names[side], configuration.file, end.interface, str(end.address))
