"""What carries out a command at a prompt."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from mainmode.device.line.declaration import Asked

if TYPE_CHECKING:
    from mainmode.console.session import Session

Handler = Callable[["Session", Asked], Awaitable[str]]
"""Its output, shown page by page; what has to be seen at once it writes on the session's screen itself.

Raises InputError, in the device's words, for what cannot be done.
"""
