"""Settings of the host that a data plane needs, noted before they are changed and put back at the end."""

import errno
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path as File

from mainmode.base.dataclass import dataclass
from mainmode.gateway.netlink.codec import NetlinkError
from mainmode.gateway.notes import Notes


@dataclass(frozen=True, slots=True)
class Setting:
    """A number under /proc/sys that has to be `wanted`. `number` is its own, by which a note knows it."""

    number: int
    file: File
    wanted: int


LARVAL_DROP = Setting(1, File("/proc/sys/net/core/xfrm_larval_drop"), 0)
"""0: the packet that asks for an SA waits for it in the kernel, instead of being lost."""
FORWARDING = Setting(2, File("/proc/sys/net/ipv4/ip_forward"), 1)

_FOR_GOOD = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT)
"""A host that says so will not say otherwise later: in a container others set it."""


class HostSetting:
    """One setting, changed while this is open. `lacking`: it could not be changed, and may be another time."""

    def __init__(self, setting: Setting) -> None:
        self.lacking = False
        self._setting = setting
        self._notes: Notes | None = None
        self._before = 0

    def open(self, notes: Notes) -> bool:
        """Whether it is now another than before. What a gateway that was killed noted counts as what it was.

        Raises OSError where the host does not let us, NetlinkError where it cannot be noted: nothing changed then.
        """
        self.lacking = True
        setting = self._setting
        now, noted = _read(setting.file), notes.read().get(setting.number)
        before = now if noted is None else noted
        if before == setting.wanted == now and noted is None:
            self.lacking = False
            return False
        if noted is None:
            notes.write(setting.number, before)
        self._notes, self._before = notes, before
        if now != setting.wanted:
            try:
                setting.file.write_text(str(setting.wanted))
            except OSError as refused:
                self.lacking = refused.errno not in _FOR_GOOD
                with suppress(NetlinkError):
                    self.close()
                raise
        self.lacking = False
        return now != setting.wanted

    def close(self) -> None:
        """As it was before. Raises OSError, NetlinkError; to be called again then."""
        if self._notes is not None:
            _put_back(self._setting, self._before, self._notes)
            self._notes = None


def put_back(settings: Iterable[Setting], notes: Notes) -> list[Setting]:
    """These are as a gateway that was killed found them: which ones it had noted. Raises OSError, NetlinkError."""
    noted = notes.read()
    found = [setting for setting in settings if setting.number in noted]
    for setting in found:
        _put_back(setting, noted[setting.number], notes)
    return found


def _put_back(setting: Setting, before: int, notes: Notes) -> None:
    if _read(setting.file) != before:
        setting.file.write_text(str(before))
    notes.erase(setting.number, before)


def _read(file: File) -> int:
    """Raises OSError for what is no number, too."""
    text = file.read_text().strip()
    try:
        return int(text)
    except ValueError:
        raise OSError(0, f"{file} holds no number") from None
