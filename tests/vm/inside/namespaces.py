"""Network namespaces in the machine that a check enters itself, so that sockets it opens belong to them."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NEW_NETWORK = 0x4000_0000
_LIBC = ctypes.CDLL(None, use_errno=True)


@contextmanager
def within(namespace: str) -> Iterator[None]:
    """What happens in the block, on this thread, happens in the named namespace."""
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        inside = os.open(Path("/run/netns") / namespace, os.O_RDONLY)
        try:
            _enter(inside)
        finally:
            os.close(inside)
        yield
    finally:
        _enter(before)
        os.close(before)


def _enter(descriptor: int) -> None:
    if _LIBC.setns(descriptor, _NEW_NETWORK) != 0:
        raise OSError(ctypes.get_errno(), "cannot enter a network namespace")
