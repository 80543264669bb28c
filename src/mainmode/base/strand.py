"""Numbers that several processes of one device draw, so that no two draw the same."""

from mainmode.base.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Strand:
    """The numbers of process `number`, from 0, of so many: every `count`-th."""

    number: int = 0
    count: int = 1

    def holds(self, drawn: int) -> bool:
        """Whether a number is of this strand."""
        return drawn % self.count == self.number


WHOLE = Strand()
"""All numbers: the device is one process."""
