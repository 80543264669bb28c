"""Which lines a console with debugs switched on shows."""

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.catalogue.entry import Channel, Line

MAX_LEVEL = 255


@dataclass(frozen=True, slots=True)
class Debugs:
    """The levels of `debug crypto ikev1` (also spelt `isakmp`) and `debug crypto ipsec`; 0 is off."""

    ikev1: int = 0
    ipsec: int = 0

    def shows(self, line: Line) -> bool:
        """Whether the console prints the line."""
        match line.entry.channel:
            case Channel.SYSLOG:
                return False
            case Channel.IPSEC:
                return 0 < line.entry.level <= self.ipsec
            case _:
                return 0 < line.entry.level <= self.ikev1

    def with_(self, other: "Debugs") -> "Debugs":
        """Both switched on: of each debug the higher level."""
        return Debugs(max(self.ikev1, other.ikev1), max(self.ipsec, other.ipsec))


def parse(command: str) -> Debugs:
    """The debug that `crypto ikev1 127` (with or without `debug` in front) switches on; without a level it is 1.

    Raises InputError for another debug or a level outside 1 to 255.
    """
    words = command.split()
    if words[:1] == ["debug"]:
        words = words[1:]
    known = {"ikev1": "ikev1", "isakmp": "ikev1", "ipsec": "ipsec"}
    if len(words) not in (2, 3) or words[0] != "crypto" or words[1] not in known:
        raise InputError(
            f"{_shown(command)} is not a debug of this device: say `crypto ikev1 LEVEL`, `crypto isakmp LEVEL` "
            "or `crypto ipsec LEVEL`"
        )
    level = words[2] if len(words) == 3 else "1"
    if not level.isascii() or not level.isdigit() or len(level) > 3 or not 1 <= int(level) <= MAX_LEVEL:
        raise InputError(f"{_shown(level)} is not a debug level: say a number from 1 to {MAX_LEVEL}")
    return Debugs(**{known[words[1]]: int(level)})


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
