"""Where a run reads and writes: no output may stand on an input, or two outputs on one place."""

import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from mainmode.base.errors import InputError

_Place = tuple[int, int] | str
"""Device and inode of what is there, else the path that links come to."""


def check_places(inputs: Iterable[str], outputs: Mapping[str, Path], kind: str = "configuration") -> None:
    """Compare all places before anything is written. `outputs` are by how a message names them, `kind` what is read.

    Pipes and devices, such as /dev/null, may be named more than once. Raises InputError, which names both.
    """
    read = {_place(Path("/dev/stdin" if name == "-" else name)): name for name in inputs}
    written: dict[_Place | None, str] = {_identity(1): "standard output"}
    for named, path in outputs.items():
        place = _place(path)
        if place is None:
            continue
        if place in read:
            raise InputError(f"{named} would overwrite the {kind} {read[place]}; name another place")
        if place in written:
            raise InputError(f"{named} and {written[place]} are one place, so one would be lost; name two")
        written[place] = named


def _place(path: Path) -> _Place | None:
    """None for a pipe or a device."""
    try:
        real = os.path.realpath(path)
        return _identity(path) if os.path.lexists(real) else real
    except (OSError, ValueError):
        return str(path)


def _identity(file: Path | int) -> _Place | None:
    try:
        found = os.stat(file)
    except OSError:
        return None
    known = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
    return (found.st_dev, found.st_ino) if known else None
