"""Where the control socket is: a file for the gateway's user and group, made anew where a dead gateway left one."""

import errno
import os
import socket
import stat
from contextlib import suppress
from pathlib import Path

from mainmode.base.errors import InputError
from mainmode.gateway.control.protocol import LONGEST_PATH

_DIRECTORY_MODE, _SOCKET_MODE = 0o750, 0o660
_ANOTHER = "name another place with --control"


class Place:
    """The socket file of one gateway, from `open` until `close`."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._made: tuple[int, int, int] | None = None

    def open(self) -> socket.socket:
        """A socket bound to the path, nobody listening yet. Raises InputError, which says what to do."""
        octets = len(os.fsencode(self.path))
        if octets > LONGEST_PATH or "\0" in self.path or not self.path:
            raise InputError(
                f"the control socket's path {self.path!r} has {octets} octets; a socket takes 1 to {LONGEST_PATH}: "
                f"{_ANOTHER}"
            )
        try:
            self._make_directory()
            self._clear_away()
            return self._bind()
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError(f"the control socket {self.path} cannot be made: {reason}; {_ANOTHER}") from None

    @property
    def stands(self) -> bool:
        """Whether the file is still the one that was made here."""
        try:
            return self._made is not None and _identity(os.lstat(self.path)) == self._made
        except OSError:
            return False

    def close(self) -> None:
        """Take the file away, if it is still the one that was made here."""
        with suppress(OSError):
            if self.stands:
                os.unlink(self.path)
        self._made = None

    def _make_directory(self) -> None:
        folder = Path(self.path).parent
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            umask = os.umask(0o777 & ~_DIRECTORY_MODE)
            try:
                folder.mkdir()
            finally:
                os.umask(umask)
        found = folder.stat()
        if found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX:
            raise InputError(
                f"{folder} is open to everybody, who could put another socket in the place of {self.path}; {_ANOTHER}, "
                f"or type: chmod o-w {folder}"
            )

    def _clear_away(self) -> None:
        """Remove the socket of a gateway that is no more. Raises InputError for anything else that stands there."""
        try:
            found = os.lstat(self.path)
        except FileNotFoundError:
            return
        if not stat.S_ISSOCK(found.st_mode):
            raise InputError(f"{self.path} is there and no socket, so it stays; {_ANOTHER}")
        if _somebody_listens(self.path):
            raise InputError(f"a gateway runs already and listens on {self.path}; stop it, or {_ANOTHER}")
        os.unlink(self.path)

    def _bind(self) -> socket.socket:
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        umask = os.umask(0o777 & ~_SOCKET_MODE)
        try:
            listening.bind(self.path)
            self._made = _identity(os.lstat(self.path))
        except BaseException:
            listening.close()
            raise
        finally:
            os.umask(umask)
        listening.setblocking(False)
        return listening


def _identity(found: os.stat_result) -> tuple[int, int, int]:
    """The time is there because a file system gives the number of a file that is gone to the next one."""
    return found.st_dev, found.st_ino, found.st_mtime_ns


def _somebody_listens(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except OSError as error:
            # A full backlog is somebody's who listens.
            if error.errno == errno.EAGAIN:
                return True
            if error.errno in (errno.ECONNREFUSED, errno.ENOENT):
                return False
            raise
        return True
