"""Whether the host itself refuses what comes by a link behind which its source is not (linux ip-sysctl, rp_filter).

A packet in clear for an address of the host never comes to the box: the host takes it before any rule is asked. With
strict reverse path filtering it takes none whose answer would go into a tunnel.
"""

from collections.abc import Callable, Iterable
from pathlib import Path as File

_STRICT = 1
_SETTINGS = File("/proc/sys/net/ipv4/conf")


class ReversePaths:
    """Tells once of each link whose filter is not strict; again where it came back, or was strict meanwhile."""

    def __init__(self, warn: Callable[[str], None], settings: File = _SETTINGS) -> None:
        self._warn = warn
        self._settings = settings
        self._told: set[str] = set()

    def look(self, links: Iterable[str]) -> None:
        """At these links, by which ESP comes; all others are forgotten."""
        loose = {link: line for link in links if (line := self._line(link)) is not None}
        for link in sorted(loose.keys() - self._told):
            self._warn(
                f"{link}: a packet in clear with a source behind a tunnel reaches the host's own addresses by it; so "
                f"that the host refuses such packets: {loose[link]}"
            )
        self._told = set(loose)

    def _line(self, link: str) -> str | None:
        """What to type; None where nothing is to be done, or the link is gone. The larger of both settings counts."""
        try:
            everywhere, here = (self._read(name) for name in ("all", link))
        except (OSError, ValueError):
            return None
        if max(everywhere, here) == _STRICT:
            return None
        first = ["net.ipv4.conf.all.rp_filter=1"] if everywhere > _STRICT else []
        return " ".join(["sysctl -w", *first, f"net.ipv4.conf.{link.replace('.', '/')}.rp_filter=1"])

    def _read(self, name: str) -> int:
        return int((self._settings / name / "rp_filter").read_text())
