"""The ladder of one cell: what the two devices send and say, for whoever wants to see it happen."""

from mainmode.catalogue.debugs import Debugs
from mainmode.check.matrix import Cell, Matrix
from mainmode.check.probing import Probing, UnsendableError
from mainmode.check.subject import Subject
from mainmode.device.console import FORMS
from mainmode.lab.clock import START
from mainmode.lab.recorder import Recorder
from mainmode.lab.trial import SIDES, Trial
from mainmode.ladder.transcript import Device, Side, Transcript

_SEED = 1
_PINGS = 2
_DEBUGS = Debugs(ikev1=127, ipsec=127)


def ladder_of(subject: Subject, matrix: Matrix) -> Transcript | None:
    """The ladder of the first cell that is down; None where none is, or nothing can be sent for it."""
    cell = next(matrix.down(), None)
    return None if cell is None else _ladder(subject, matrix, cell)


def _ladder(subject: Subject, matrix: Matrix, cell: Cell) -> Transcript | None:
    row = next(one for one in matrix.rows if one.number == cell.row)
    try:
        traffic = Probing(subject.pair, subject.facing).traffic(row, cell.starter)
    except UnsendableError:
        return None
    recorder = Recorder(SIDES, _DEBUGS, {side: FORMS[subject.pair[side].release] for side in Side})
    trial = Trial(subject.pair, subject.facing, subject.keys, _SEED, recorder=recorder)
    tried = trial.attempt(traffic, _PINGS)
    begins = f"The ladder below is that of entry {cell.row}, begun by {subject.names[cell.starter]}."
    return Transcript(
        devices=tuple(_device(subject, side) for side in Side),
        events=tuple(recorder.events),
        verdict=tried.verdict,
        initiator=recorder.initiator,
        pings=tried.pings,
        started_at=START,
        notes=(begins, *([trial.ended_by] if trial.ended_by else [])),
    )


def _device(subject: Subject, side: Side) -> Device:
    configuration = subject.pair[side]
    address = str(subject.facing[0].ends[side].address)
    return Device(side, subject.names[side], configuration.file, configuration.lines, address)
