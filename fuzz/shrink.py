"""An input made shorter while something stays true of it."""

from collections.abc import Callable


def shrunk(octets: bytes, still: Callable[[bytes], bool]) -> bytes:
    """A short input of which `still` is true, as it is of `octets`: pieces cut out, then octets made zero."""
    size = max(len(octets) // 2, 1)
    while True:
        before, place = len(octets), 0
        while place < len(octets):
            less = octets[:place] + octets[place + size :]
            if still(less):
                octets = less
            else:
                place += size
        if size == 1 and len(octets) == before:
            break
        size = max(size // 2, 1)
    for place in range(len(octets)):
        plain = octets[:place] + b"\0" + octets[place + 1 :]
        if octets[place] and still(plain):
            octets = plain
    return octets
