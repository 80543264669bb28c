"""Python processes that the tests start note the secrets they had, each in a file of its own: see secrets_watch.py.

Python imports this by its name where `tests/children` is in PYTHONPATH.
"""

import os
import sys
from contextlib import suppress
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

FOLDER = "MAINMODE_TEST_SECRETS"
"""The variable that names the folder of those files."""
MODULE = "mainmode.base.secret"


class Notes:
    """A file of lines, each a secret in hexadecimal. It is open before rights are given up; a fork begins another."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        # A process whose memory is measured must not grow by what is noted: the last few are known, by their hashes.
        self._last = [0] * 256
        self._left = 50_000
        self._open()

    def _open(self) -> None:
        self._pid = os.getpid()
        name = os.path.join(self._folder, f"{self._pid}.hex")
        self._file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def note(self, octets: bytes) -> None:
        """One more."""
        known, place = hash(octets), hash(octets) % len(self._last)
        if self._last[place] == known or not self._left:
            return
        if os.getpid() != self._pid:
            self._open()
        self._last[place] = known
        self._left -= 1
        os.write(self._file, bytes(octets).hex().encode() + b"\n")


class Finder:
    """Finds the module of secrets as Python does, and has each secret noted."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    def find_spec(self, name: str, path: object = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != MODULE:
            return None
        spec = PathFinder.find_spec(name, path)  # type: ignore[arg-type]
        if spec is None or spec.loader is None:
            return spec
        carry_out = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            carry_out(module)
            watch(module.Secret, self._notes.note)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def watch(secret: type, note: object) -> None:
    """Each secret that is made from here on is noted."""
    begin = secret.__init__

    def noted(self: object, octets: bytes) -> None:
        begin(self, octets)
        note(bytes(octets))  # type: ignore[operator]

    secret.__init__ = noted  # type: ignore[misc]


if os.environ.get(FOLDER):
    # Where the folder is gone, or not for this user, the process has nobody to tell.
    with suppress(OSError):
        sys.meta_path.insert(0, Finder(Notes(os.environ[FOLDER])))
