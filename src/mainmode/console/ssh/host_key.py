"""The server's host key: made once, and kept where its owner alone reads it."""

import os
import secrets
import stat
from pathlib import Path

import asyncssh

from mainmode.base.errors import InputError

_OWNER_ONLY = 0o600
_FOLDER_ONLY = 0o700
_NAME = "ssh_host_ed25519_key"
_LONGEST = 1 << 16


def usual_place() -> Path:
    """Where the key lies unless somebody names another place: in the user's folder for states of programs.

    A service of systemd has its own.
    """
    service = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    if service.startswith("/"):
        return Path(service) / _NAME
    state = os.environ.get("XDG_STATE_HOME", "")
    root = Path(state) if state.startswith("/") else Path.home() / ".local" / "state"
    return root / "mainmode" / _NAME


def host_key(path: Path) -> asyncssh.SSHKey:
    """The key at this path, of any kind that SSH has; where there is no file, an ed25519 one is made and kept there.

    Raises InputError for a file that cannot be read or written, holds no key or one with a passphrase, or is open to
    others than its owner.
    """
    found = _read(path)
    if found is None:
        _make(path)
        found = _read(path)
    if found is None:
        raise InputError(f"{path}: the host key is gone as soon as it was made")
    return found


def fingerprint(key: asyncssh.SSHKey) -> str:
    """The key as SSH clients show it: `ED25519 SHA256:…`."""
    kind = key.get_algorithm().removeprefix("ssh-").upper()
    return f"{kind} {key.get_fingerprint()}"


def _read(path: Path) -> asyncssh.SSHKey | None:
    try:
        with path.open("rb") as file:
            there = os.fstat(file.fileno())
            octets = file.read(_LONGEST)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{path}: the host key cannot be read: {error.strerror}") from error
    if there.st_uid not in (0, os.geteuid()):
        raise InputError(f"{path}: this host key is user {there.st_uid}'s, who may read it; name another, or chown it")
    if stat.S_IMODE(there.st_mode) & 0o077:
        raise InputError(f"{path}: others than its owner may read this host key; type: chmod 600 {path}")
    try:
        return asyncssh.import_private_key(octets)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError) as error:
        if isinstance(error, asyncssh.KeyEncryptionError) or "passphrase" in str(error).lower():
            raise InputError(f"{path}: a host key must have no passphrase") from error
        raise InputError(f"{path}: this is no private key for SSH") from error


def _make(path: Path) -> None:
    """Make a key and put it there whole; where another process was faster, its key stays."""
    octets = asyncssh.generate_private_key("ssh-ed25519", comment="mainmode").export_private_key()
    passing = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=_FOLDER_ONLY)
        handle = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(octets)
                file.flush()
                os.fsync(file.fileno())
            os.link(passing, path)
        except FileExistsError:
            return
        finally:
            passing.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{path}: a host key cannot be kept there: {error.strerror}") from error
