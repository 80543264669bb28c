"""This process's own keyboard and screen, as `mainmode console` sits at them."""

import os

from mainmode.cli.console import OutputError, give_up_output
from mainmode.cli.parser import EXIT_UP
from mainmode.console.faces.pipe import PipeFace
from mainmode.console.faces.tty import TtyFace

_STANDARD_INPUT = 0
_KILLED = 128
"""What a shell adds to the number of the signal that ended a process."""


def own_face() -> TtyFace | PipeFace:
    """The terminal that this process was started on; a pipe where its standard input is none."""
    return TtyFace() if os.isatty(_STANDARD_INPUT) else PipeFace()


def exit_code(face: TtyFace | PipeFace) -> int:
    """The exit code of a process whose face has ended. Raises OutputError and BrokenPipeError where it broke."""
    if face.failure is not None:
        give_up_output()
        if isinstance(face.failure, BrokenPipeError):
            raise face.failure
        raise OutputError(f"standard output cannot be written: {face.failure.strerror or face.failure}")
    return EXIT_UP if face.ended_by is None else _KILLED + face.ended_by
