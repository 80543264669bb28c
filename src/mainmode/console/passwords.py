"""The users and passwords of a configuration: who is let in, and what is kept of a password."""

import asyncio
import base64
import binascii
import hmac
import secrets
from functools import cache

from mainmode.base.secret import Secret
from mainmode.crypto import passwords
from mainmode.device.config.model import (
    Configuration,
    OpenLogin,
    Password,
    PasswordLogin,
    PublicKey,
    StoredPassword,
    User,
)

LONGEST = 255
"""Octets of a password that is looked at."""
_LOCAL = "LOCAL"
_HIGHEST, _LEAST = 15, 1
_NO_SHELL = "remote-access"
_LONGEST_MD5 = 32


def hashed(password: Secret, user: str, as_md5: bool) -> tuple[str, Secret]:
    """What a device keeps of a password: the form, and the hash. `as_md5`: as before 9.7, where it is short enough."""
    octets = password.reveal()
    if as_md5 and len(octets) <= _LONGEST_MD5:
        return "encrypted", Secret(passwords.md5_hash(octets, user.encode()).encode())
    salt = secrets.token_bytes(passwords.SALT_OCTETS)
    return "pbkdf2", Secret(passwords.pbkdf2_hash(octets, salt).encode())


class Verifier:
    """One password, kept as its hash only."""

    def __init__(self, password: Secret) -> None:
        form, text = hashed(password, "", False)
        self._stored = StoredPassword(Password(text), form)

    async def is_right(self, password: Secret) -> bool:
        """Whether it is the same."""
        return await _is_right(password, self._stored, "")


class LocalUsers:
    """The passwords of one configuration. Hashes are made in a thread of their own, since they take milliseconds.

    Where a listing has stars for the password of `enable`, `guessing` lets Enter alone open it, as in a lab that was
    given somebody's masked listing; a user whose password is stars is let in by nobody.
    """

    def __init__(self, configuration: Configuration, *, guessing: bool = False) -> None:
        self._configuration = configuration
        self._guessing = guessing

    @property
    def anybody(self) -> bool:
        """Whether there is a user who could log in: a password that a listing tells, a key, or none needed."""
        return any(_may_log_in(user) for user in self._configuration.users.values())

    async def enables(self, user: str, password: Secret, level: int) -> bool:
        """Whether the password opens `enable LEVEL`: the user's own, where `aaa` says so, else that of the level."""
        if user and self._counts("enable"):
            return await self.admits(user, password) is not None
        stored = self._enable_password(level)
        if stored is None or (stored.password.text is None and self._guessing):
            return len(password) == 0
        return await _is_right(password, stored, "")

    async def admits(self, user: str, password: Secret) -> int | None:
        """The privilege of the user with this password; None where the two do not belong together."""
        known = self._configuration.users.get(user)
        login = known.login.value if known is not None and known.login is not None else None
        if isinstance(login, OpenLogin):
            return known.privilege if known is not None else None
        # Who is not known costs as much time as who is.
        stored = login.stored if isinstance(login, PasswordLogin) else _nobody()
        is_right = await _is_right(password, stored, user)
        if stored.form != _nobody().form or stored.password.text is None:
            await _is_right(password, _nobody(), user)
        return known.privilege if known is not None and is_right else None

    async def admits_to_ssh(self, user: str, password: Secret) -> User | None:
        """Who may have a session over SSH by name and password; None for nobody."""
        is_right = await self.admits(user, password) is not None
        return self._shell_user(user) if is_right and self._counts("ssh", unsaid=True) else None

    def has_key(self, user: str, blob: bytes) -> User | None:
        """Who may have a session over SSH by a public key, given as SSH sends it; None for nobody."""
        known = self._shell_user(user)
        if known is None or known.public_key is None:
            return None
        return known if _is_key(known.public_key.value, blob) else None

    def first_privilege(self, user: User) -> int:
        """With which privilege a session of this user begins: 1, but with auto-enable."""
        said = self._configuration.settings.administration.exec_authorization
        return user.privilege if said is not None and said.value.auto_enable else min(user.privilege, _LEAST)

    def _shell_user(self, user: str) -> User | None:
        """The user, unless they are only for remote access and that counts."""
        known = self._configuration.users.get(user)
        authorizes = self._configuration.settings.administration.exec_authorization is not None
        return None if known is None or (authorizes and known.service_type.value == _NO_SHELL) else known

    def _counts(self, service: str, *, unsaid: bool = False) -> bool:
        """Whether the local users count for a service; `unsaid`: what holds without a line."""
        said = self._configuration.authenticators.get(service)
        return unsaid if said is None else _LOCAL in said.servers.value

    def _enable_password(self, level: int) -> StoredPassword | None:
        own = self._configuration.enable_passwords.get(level)
        if own is not None:
            return own.stored.value
        usual = self._configuration.settings.administration.enable_password
        return usual.value if usual is not None else None


async def _is_right(password: Secret, stored: StoredPassword, user: str) -> bool:
    text = stored.password.text
    if text is None or len(password) > LONGEST:
        return False
    octets, kept = password.reveal(), text.reveal()
    return await asyncio.to_thread(passwords.is_right, octets, kept, stored.form, user.encode())


@cache
def _nobody() -> StoredPassword:
    """A password that nobody knows."""
    form, text = hashed(Secret(secrets.token_bytes(16)), "", False)
    return StoredPassword(Password(text), form)


def _may_log_in(user: User) -> bool:
    login = user.login.value if user.login is not None else None
    knows = isinstance(login, PasswordLogin) and login.password.text is not None
    return knows or isinstance(login, OpenLogin) or user.public_key is not None


def _is_key(known: PublicKey, blob: bytes) -> bool:
    if not known.hashed:
        try:
            return hmac.compare_digest(base64.b64decode(known.key, validate=True), blob)
        except (binascii.Error, ValueError):
            return False
    # Whether a device hashes the key or its base64 text is not said anywhere; both are taken.
    wanted = known.key.lower().replace(":", "").encode()
    found = (passwords.fingerprint(one).replace(":", "").encode() for one in (blob, base64.b64encode(blob)))
    return any(hmac.compare_digest(wanted, one) for one in found)
