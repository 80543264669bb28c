"""The console of each device: its lines, what was typed there and what it answered, and what the lab tells of it."""

from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant
from mainmode.catalogue.debugs import Debugs, parse
from mainmode.catalogue.entry import Line
from mainmode.catalogue.envelope import Form, clock, render
from mainmode.device.decision import BoxEffect
from mainmode.ike.effects import Say
from mainmode.lab.observer import Observer


@dataclass(frozen=True, slots=True)
class Said:
    """A line that a device said, whether its console shows it or not."""

    at: Instant
    line: Line
    form: Form

    @property
    def text(self) -> str:
        """The line as the device prints it, without a stamp."""
        return render(self.line, self.form)


class Console(Observer):
    """One device's console. `debugs` are those that are on, `stamped` whether lines have the device's time in front."""

    def __init__(
        self, name: str, hostname: str, form: Form, debugs: Debugs, stamped: bool = True, kept: bool = True
    ) -> None:
        """`kept` False: nobody reads the lines, so none is kept."""
        self.about = name
        self.hears = frozenset({Say}) if kept else frozenset()
        self.said: list[Said] = []
        self.hostname = hostname
        self.form = form
        self._debugs = debugs
        self._stamped = stamped
        self._kept = kept
        self._lines: list[str] = []

    @property
    def text(self) -> str:
        """The whole console; each line ends with a newline."""
        return "".join(f"{line}\n" for line in self._lines)

    def happened(self, name: str, effect: BoxEffect, now: Instant) -> None:
        """A line of this device."""
        if not isinstance(effect, Say):
            return
        self.said.append(Said(now, effect.line, self.form))
        if self._debugs.shows(effect.line):
            self._lines.append(render(effect.line, self.form, clock(now) if self._stamped else None))

    def remarked(self, name: str, text: str, now: Instant) -> None:
        """What the lab did to this device, or to the net."""
        if self._kept and name in (self.about, ""):
            self._lines.append(f"! {clock(now)} lab: {text}")

    def debug(self, what: str) -> None:
        """`debug crypto …` is typed: it is on beside those that are. Raises InputError for what is no debug."""
        self._debugs = self._debugs.with_(parse(what))
        self.typed("#", f"debug {what.removeprefix('debug ')}", "")

    def undebug(self) -> None:
        """`undebug all` is typed."""
        self._debugs = Debugs()
        self.typed("#", "undebug all", "")

    def typed(self, prompt: str, command: str, output: str) -> None:
        """A command and its output."""
        self._lines.append(f"{self.hostname}{prompt} {command}")
        self._lines.extend(output.rstrip("\n").split("\n") if output.strip() else [])


def lines_with(console: Console, text: str, since: Instant) -> list[Said]:
    """The lines of a device from `since` on that hold a text; one blank or several make no difference."""
    wanted = _flat(text)
    return [said for said in console.said if said.at >= since and wanted in _flat(said.text)]


def _flat(text: str) -> str:
    return " ".join(text.split())
