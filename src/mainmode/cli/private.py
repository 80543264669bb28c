"""Files for the user alone, from their first moment on."""

import os
from io import FileIO
from pathlib import Path

_OWNER_ONLY = 0o600


def open_private(path: Path, *, append: bool = False) -> FileIO:
    """A file to write to, unbuffered: made for its owner only, whatever the umask; one that is there keeps its mode.

    It begins empty, unless `append`. Raises OSError.
    """
    begin = os.O_APPEND if append else os.O_TRUNC
    return FileIO(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | begin, _OWNER_ONLY), "wb")
