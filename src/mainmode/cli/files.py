"""Files in and out: bounded reading with plain errors, and writing that never leaves half a file behind."""

import os
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import field
from importlib.resources import files
from pathlib import Path

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.cli.console import printable
from mainmode.device.config.reader import decode

LARGEST_CONFIGURATION = 10_000_000
"""Octets. The largest device configurations in the field are a few megabytes."""

_EXAMPLES = ("asa1.cfg", "asa2.cfg")
_STANDARD_INPUT = ("-", "/dev/stdin")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Written:
    """A configuration file: the name that places are given by, and its text."""

    name: str
    text: str = field(repr=False)


def example_configurations() -> tuple[Written, Written]:
    """The packaged pair: the reference configuration and its mirror."""
    folder = files("mainmode.lab") / "examples"
    first, second = (Written(name, (folder / name).read_text("utf-8")) for name in _EXAMPLES)
    return first, second


def read_configurations(names: list[str]) -> tuple[Written, Written]:
    """The two files that the user named. Places are given by file name, by the whole path where both are called alike.

    Raises InputError for a count other than two and for a file that cannot be read as text.
    """
    if len(names) != 2:
        raise InputError(f"{len(names)} configuration file given; the lab takes two, A.cfg and B.cfg, or none")
    if all(name in _STANDARD_INPUT for name in names):
        raise InputError("both configurations are standard input, which can be read once; name a file")
    first, second = _read(names)
    return first, second


def read_devices(names: list[str]) -> tuple[Written, ...]:
    """Any number of configuration files, none of them standard input, which somebody types into. Raises InputError."""
    if any(name in _STANDARD_INPUT for name in names):
        raise InputError("standard input is what is typed at the console; name a file for the configuration")
    return _read(names)


def _read(names: list[str]) -> tuple[Written, ...]:
    """Places are given by file name, by the whole path where two are called alike."""
    bare = [Path(name).name for name in names]
    return tuple(
        Written(
            _shown(name, bare.count(Path(name).name) > 1), decode(_octets(Path("/dev/stdin" if name == "-" else name)))
        )
        for name in names
    )


def read_text(path: Path) -> str:
    """A file's text. Raises InputError."""
    return decode(_octets(path))


def _shown(name: str, whole: bool) -> str:
    if name in _STANDARD_INPUT:
        return "standard input"
    return printable(name if whole else Path(name).name)


def _octets(path: Path) -> bytes:
    try:
        # A pipe that nobody writes to would be waited for without an end; one that is open already is meant.
        if not _opened_by_caller(path) and not stat.S_ISREG(path.stat().st_mode) and not path.is_dir():
            raise InputError(f"{path}: not a file but a pipe or a device; for a pipe, give - as standard input")
        with path.open("rb") as file:
            octets = file.read(LARGEST_CONFIGURATION + 1)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a directory; name a configuration file in it") from None
    except PermissionError:
        raise InputError(f"{path}: no permission to read it") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    if len(octets) > LARGEST_CONFIGURATION:
        raise InputError(f"{path}: larger than {LARGEST_CONFIGURATION // 1_000_000} MB; not a device configuration")
    if b"\0" in octets and not octets.startswith(_UTF16_MARKS):
        raise InputError(f"{path}: holds binary data; name a configuration as text, as `show running-config` prints it")
    return octets


def _opened_by_caller(path: Path) -> bool:
    """Standard input, or what a shell makes of `<(show-command)`."""
    return str(path) in _STANDARD_INPUT or path.parent == Path("/dev/fd")


def write_file(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Write all of `content` or leave what was there. `mode` goes through the umask. Raises InputError."""
    try:
        if path.exists() and not path.is_file():
            _write_into(path, content)
            return
        _replace(path, content, mode)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}; name another place") from None


def _write_into(path: Path, content: bytes) -> None:
    """A device or a pipe, such as /dev/stdout, is written to as it is."""
    with path.open("wb") as file:
        file.write(content)


def _replace(path: Path, content: bytes, mode: int) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            umask = os.umask(0)
            os.umask(umask)
            os.fchmod(file.fileno(), mode & ~umask)
        Path(name).replace(path.resolve() if path.is_symlink() else path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def write_keys(folder: Path, contents: Mapping[str, str]) -> None:
    """Key files for the user alone: folder 0700 where it is made here, files 0600.

    Raises InputError, also for a folder with Wireshark preferences of somebody's own, which ours would replace.
    """
    preferences = folder / "preferences"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if preferences.exists() and preferences.read_text("utf-8", "replace") != contents["preferences"]:
            raise InputError(
                f"{folder}: holds Wireshark preferences of its own, which would be lost; name a new folder for --keys"
            )
    except OSError as error:
        raise InputError(f"{folder}: cannot be used for keys: {error.strerror or error}; name a new folder") from None
    for name, content in contents.items():
        write_file(folder / name, content.encode(), 0o600)
