"""The exec commands that a scenario types on a device: what each prints, and what it does to the device."""

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import ClassVar

from mainmode.base.instant import Instant
from mainmode.device.box import Box
from mainmode.device.decision import BoxEffect
from mainmode.lab.scenario.forms import Known, Sentence, read_sentence


class Command(Sentence):
    """An exec command."""

    def printed(self, box: Box, now: Instant) -> str:
        """What it prints, before it does anything."""
        return ""

    def act(self, box: Box, now: Instant) -> list[BoxEffect]:
        """What it does."""
        return []


@dataclass(frozen=True, slots=True)
class Show(Command):
    """Any `show` command of the device."""

    SYNTAX: ClassVar = "show {what:TEXT}"
    what: str

    def printed(self, box: Box, now: Instant) -> str:
        """The output; raises InputError in the device's wording for what it does not know."""
        return box.show(self.what, now)


@dataclass(frozen=True, slots=True)
class ClearIsakmp(Command):
    """Take down the IKE SAs with one peer, or all, with everything under them, and tell the peers."""

    SYNTAX: ClassVar = "clear crypto isakmp sa [{peer:ADDRESS}]"
    peer: IPv4Address | None = None

    def act(self, box: Box, now: Instant) -> list[BoxEffect]:
        """Clear."""
        return box.clear(self.peer, now)


@dataclass(frozen=True, slots=True)
class ClearIkev1(ClearIsakmp):
    """The same in the spelling of 8.4 and later."""

    SYNTAX: ClassVar = "clear crypto ikev1 sa [{peer:ADDRESS}]"


COMMANDS: tuple[type[Command], ...] = (Show, ClearIsakmp, ClearIkev1)
"""What can be typed."""


def typed(text: str) -> Command:
    """The command that a text is. Raises InputError, with what is understood."""
    return read_sentence(text, COMMANDS, Known(()))
