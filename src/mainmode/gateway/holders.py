"""Who holds a UDP port: found in /proc as `ss -ulnp` does (proc(5), /proc/net/udp and /proc/PID/fd)."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROGRAM = "mainmode"
_PROC = Path("/proc")
_LOCAL, _INODE = 1, 9


def holders_of(port: int, proc: Path = _PROC) -> str:
    """A sentence: the program and the process id of each, and what to do."""
    inodes = set(_inodes(port, proc))
    found = sorted(set(_processes(inodes, proc)))
    if not found:
        return "by a process that cannot be seen from here (another user's, or another container's); stop it first"
    named = " and ".join(f"{name} (pid {pid})" for pid, name in found)
    if any(name == PROGRAM for _, name in found):
        return f"by {named}: a gateway runs already; stop that one first"
    return f"by {named}; stop it first"


def _inodes(port: int, proc: Path) -> Iterator[str]:
    for table in ("udp", "udp6"):
        try:
            lines = (proc / "net" / table).read_text("ascii", "replace").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            words = line.split()
            if len(words) > _INODE and words[_LOCAL].rpartition(":")[2] == f"{port:04X}":
                yield words[_INODE]


def _processes(inodes: set[str], proc: Path) -> Iterator[tuple[int, str]]:
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for folder in proc.iterdir():
        if folder.name.isdigit() and wanted.intersection(_opened(folder)):
            yield int(folder.name), _name(folder)


def _opened(folder: Path) -> Iterator[str]:
    """What a process has open; nothing of one that may not be looked at, or is gone by now."""
    try:
        descriptors = list((folder / "fd").iterdir())
    except OSError:
        return
    for one in descriptors:
        with suppress(OSError):
            yield os.readlink(one)


def _name(folder: Path) -> str:
    """The program's name as it calls itself."""
    try:
        return (folder / "comm").read_text(errors="replace").strip()
    except OSError:
        return "a process"
