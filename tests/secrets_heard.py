"""Where the tests read what programs and sessions say, the watch over secrets hears it, too."""

import asyncio
import importlib.util
import os
import subprocess
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

CHILDREN = Path(__file__).resolve().parent / "children"
Hear = Callable[[str, bytes | str], None]
_EARS: list[Hear] = []


def said(text: str) -> None:
    """For screens that live in a test's own process: what was printed on one."""
    for hear in _EARS:
        hear("session: screen", text)


def children() -> ModuleType:
    """What runs in processes that the tests start."""
    spec = importlib.util.spec_from_file_location("children_notes", CHILDREN / "sitecustomize.py")
    if spec is None or spec.loader is None:
        raise RuntimeError("tests/children/sitecustomize.py is gone")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def note_in_children(folder: Path, variable: str) -> None:
    """Python processes that are started from here on note their secrets in this folder."""
    os.environ[variable] = str(folder)
    os.environ["PYTHONPATH"] = _first_in(os.environ.get("PYTHONPATH", ""))
    begin = subprocess.Popen.__init__

    @wraps(begin)
    def begun(self: Any, *arguments: Any, **options: Any) -> None:
        given = options.get("env")
        if given is not None and "PATH" in given:
            options["env"] = {**given, variable: str(folder), "PYTHONPATH": _first_in(given.get("PYTHONPATH", ""))}
        begin(self, *arguments, **options)

    subprocess.Popen.__init__ = begun  # type: ignore[method-assign]


def _first_in(path: str) -> str:
    rest = [one for one in path.split(os.pathsep) if one and one != str(CHILDREN)]
    return os.pathsep.join([str(CHILDREN), *rest])


def listen(hear: Hear) -> None:
    """Everything that this process reads by the usual ways from here on is heard."""
    _EARS.append(hear)

    def from_process(process: Any, came: Any) -> None:
        if "xfrm" in process.args:
            # `ip xfrm state` shows root the kernel's own keys: that is what it is asked for.
            return
        for stream in came:
            if isinstance(stream, bytes | str):
                hear("process", stream)

    after(pytest.CaptureFixture, "readouterr", lambda _, came: [hear("printed", str(one)) for one in came])
    after(subprocess.Popen, "communicate", from_process)
    _before(asyncio.StreamReader, "feed_data", lambda octets: hear("session: stream", octets))
    _foreign(hear)


def _foreign(hear: Hear) -> None:
    """Terminals, and SSH by two clients: packages that not every run of the tests has."""
    try:
        from pexpect.spawnbase import SpawnBase

        _before(SpawnBase, "_log", lambda text, way: hear("session: terminal", text) if way == "read" else None)
    except ImportError:
        pass
    try:
        from asyncssh.stream import SSHStreamSession

        _before(SSHStreamSession, "data_received", lambda data, kind: hear("session: SSH", data))
    except ImportError:
        pass
    try:
        from paramiko import Channel

        after(Channel, "recv", lambda _, came: hear("session: SSH", came))
    except ImportError:
        pass


def _before(kind: type, name: str, tell: Callable[..., object]) -> None:
    """`tell` gets the arguments of each call."""
    original = getattr(kind, name)

    @wraps(original)
    def heard(self: Any, *arguments: Any, **named: Any) -> Any:
        tell(*arguments, **named)
        return original(self, *arguments, **named)

    setattr(kind, name, heard)


def after(kind: type, name: str, tell: Callable[[Any, Any], object]) -> None:
    """`tell` gets the object and what each call gave."""
    original = getattr(kind, name)

    @wraps(original)
    def heard(self: Any, *arguments: Any, **named: Any) -> Any:
        came = original(self, *arguments, **named)
        tell(self, came)
        return came

    setattr(kind, name, heard)
