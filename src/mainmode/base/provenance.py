"""Where a value came from: a line of a configuration, or the device's default."""

from mainmode.base.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Statement:
    """One line of a configuration file. `text` has its keys masked already; `line` counts from 1."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.text.strip()}"


@dataclass(frozen=True, slots=True)
class Default:
    """No line says it: the device's default, spelled as the command that would say it."""

    file: str
    command: str

    def __str__(self) -> str:
        return f"{self.file}: (default) {self.command}"


@dataclass(frozen=True, slots=True)
class Absent:
    """A line that is not there and was looked for, spelled as the command that is missing."""

    file: str
    command: str

    def __str__(self) -> str:
        return f"{self.file}: (absent) {self.command}"


Source = Statement | Default | Absent
