"""The file that a gateway starts with, as `write memory` writes it: whole or not at all, for its owner only."""

import errno
import glob
import os
import stat
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mainmode.base.errors import InputError
from mainmode.device.config.keeping import Hasher
from mainmode.device.running import Running

_MODE = 0o600
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_FORMER = ".before"
_PASSING = ".writing"
_LONGEST_WRITING = 60.0
"""Seconds."""
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)


class KeptFile:
    """One file. `name` is what its lines are known by, `text` reads it (raises InputError)."""

    def __init__(self, path: Path, name: str, text: Callable[[], str], hasher: Hasher | None = None) -> None:
        self._path = path
        self._name = name
        self._text = text
        self._hasher = hasher

    def read(self) -> Running:
        """The configuration, as it starts. Raises InputError."""
        return Running(self._text(), self._name, self._hasher)

    def write(self, text: str, known: str) -> tuple[str, ...]:
        """Put this text in the place of the one that is `known` to stand there. What is to be told besides.

        The text that stood there before the first time is kept beside it. Raises InputError where it cannot be written,
        or holds what nobody has read yet; it is as it was then.
        """
        path = Path(os.path.realpath(self._path))
        try:
            there = path.stat() if path.exists() else None
            if there is not None:
                self._look_at(path, there, text, known)
            _clear_away(path)
            kept = there is not None and self._keep_former(path)
            _replace(path, text.encode(), there)
        except OSError as error:
            raise InputError(_unwritable(path, error)) from None
        told = [f"INFO: the text that stood there before is kept in {path}{_FORMER}"] if kept else []
        if there is not None and there.st_mode & _OTHERS:
            told.append(f"INFO: {path} holds keys: only its owner may read it from here on")
        return tuple(told)

    def _look_at(self, path: Path, there: os.stat_result, text: str, known: str) -> None:
        """Raises InputError where it must stay as it is."""
        if not stat.S_ISREG(there.st_mode):
            raise InputError(f"{path}: is no file, and nothing is kept in it")
        if self._text() not in (known, text):
            raise InputError(
                f"{path}: somebody else has changed it since it was read, and it stays so; SIGHUP reads it, which "
                "throws away what was typed and not saved, or move it away and write again"
            )
        if there.st_uid not in (0, os.geteuid()):
            raise InputError(
                f"{path}: belongs to user {there.st_uid}, and the gateway runs as user {os.geteuid()}: written by it, "
                "its owner could not read it any more; chown it"
            )

    def _keep_former(self, path: Path) -> bool:
        """Whether the text that stands there is kept only now: a second one would take the place of the first."""
        former = Path(f"{path}{_FORMER}")
        if former.exists():
            return False
        written = _beside(path, path.read_bytes())
        try:
            os.link(written, former)
        except FileExistsError:
            return False
        finally:
            written.unlink()
        return True


def _replace(path: Path, octets: bytes, there: os.stat_result | None) -> None:
    """The file holds these octets, or is as it was. Its owner stays where the process may give files away."""
    written = _beside(path, octets)
    try:
        if there is not None:
            with suppress(PermissionError):
                os.chown(written, there.st_uid, there.st_gid)
        os.replace(written, path)
    except BaseException:
        with suppress(OSError):
            written.unlink()
        raise
    with suppress(OSError):
        # The file is whole and in its place; a folder that cannot be synchronised is no failure of it.
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _clear_away(path: Path) -> None:
    """What a gateway that was killed while it wrote has left beside the file: it holds keys."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*{_PASSING}"):
        with suppress(OSError):
            if time.time() - left.lstat().st_mtime > _LONGEST_WRITING:
                left.unlink()


def _beside(path: Path, octets: bytes) -> Path:
    """A file of its own beside it, which is on the disk, and for its owner only."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=_PASSING, dir=path.parent)
    try:
        with open(descriptor, "wb") as file:
            os.fchmod(descriptor, _MODE)
            file.write(octets)
            file.flush()
            os.fsync(descriptor)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
    return Path(name)


def _unwritable(path: Path, error: OSError) -> str:
    """Why it cannot be written, and what helps."""
    reason = f"{path}: cannot be written: {error.strerror or error}"
    if error.errno not in _REFUSED:
        return reason
    return (
        f"{reason}; the gateway has given up the right to write where others may not: its user ({os.geteuid()}) must "
        f"own the folder {path.parent}, and a systemd unit must name it in ReadWritePaths="
    )
