"""Settings of the host that a data plane needs, put back at the end."""

from pathlib import Path as File

LARVAL_DROP = File("/proc/sys/net/core/xfrm_larval_drop")
"""0: the packet that asks for an SA waits for it in the kernel, instead of being lost."""
FORWARDING = File("/proc/sys/net/ipv4/ip_forward")


class HostSetting:
    """One number under /proc/sys, changed while this is open."""

    def __init__(self, file: File, wanted: str) -> None:
        self._file = file
        self._wanted = wanted
        self._before: str | None = None

    def open(self) -> bool:
        """Whether it was another before. Raises OSError where the host does not let us."""
        before = self._file.read_text().strip()
        if before == self._wanted:
            return False
        self._file.write_text(self._wanted)
        self._before = before
        return True

    def close(self) -> None:
        """As it was before. Raises OSError."""
        if self._before is not None:
            self._file.write_text(self._before)
            self._before = None
