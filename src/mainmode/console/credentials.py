"""Who may come in, and how far: the passwords of a configuration, asked by a session and by SSH."""

from typing import Protocol

from mainmode.base.secret import Secret
from mainmode.console.passwords import LocalUsers
from mainmode.device.config.model import Configuration


class Credentials(Protocol):
    """The passwords that a device knows. Checking one may take its time, so it is awaited."""

    async def enables(self, user: str, password: Secret, level: int) -> bool:
        """Whether the password opens `enable LEVEL` (0 to 15) for somebody who is logged in as `user`, or as nobody."""

    async def admits(self, user: str, password: Secret) -> int | None:
        """The privilege (0 to 15) of the user with this password; None where the two do not belong together."""


def credentials_of(configuration: Configuration, guessing: bool = False) -> Credentials:
    """The passwords of this configuration; `guessing`: Enter alone opens `enable` where a listing has stars for it."""
    return LocalUsers(configuration, guessing=guessing)
