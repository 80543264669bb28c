"""The lines themselves, by subject. `ALL` holds every entry."""

from mainmode.catalogue.entry import Entry
from mainmode.catalogue.lines.decode import *  # noqa: F403
from mainmode.catalogue.lines.esp import *  # noqa: F403
from mainmode.catalogue.lines.failures import *  # noqa: F403
from mainmode.catalogue.lines.ipsec_blocks import *  # noqa: F403
from mainmode.catalogue.lines.keepalive import *  # noqa: F403
from mainmode.catalogue.lines.logins import *  # noqa: F403
from mainmode.catalogue.lines.main_mode import *  # noqa: F403
from mainmode.catalogue.lines.nat import *  # noqa: F403
from mainmode.catalogue.lines.phase1_failures import *  # noqa: F403
from mainmode.catalogue.lines.phase2_failures import *  # noqa: F403
from mainmode.catalogue.lines.quick_mode import *  # noqa: F403
from mainmode.catalogue.lines.rekey import *  # noqa: F403
from mainmode.catalogue.lines.syslog_only import *  # noqa: F403
from mainmode.catalogue.lines.teardown import *  # noqa: F403
from mainmode.catalogue.lines.trigger import *  # noqa: F403

ALL: tuple[Entry, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Entry))
