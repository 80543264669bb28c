"""The exec commands that change a device or ask it: what each prints, and what it does to the device."""

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import ClassVar

from mainmode.base.errors import InputError
from mainmode.base.instant import Instant
from mainmode.base.sentences import PLAIN, Grammar, Sentence
from mainmode.device.box import Box
from mainmode.device.decision import BoxEffect


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


@dataclass(frozen=True, slots=True)
class ClearIpsec(Command):
    """Take down the IPsec SAs with one peer, or all; an IKE SA ends with its last one."""

    SYNTAX: ClassVar = "clear crypto ipsec sa [peer {peer:ADDRESS}]"
    peer: IPv4Address | None = None

    def act(self, box: Box, now: Instant) -> list[BoxEffect]:
        """Clear."""
        return box.clear_ipsec(self.peer, now)


@dataclass(frozen=True, slots=True)
class ClearCounters(Command):
    """Counters of IPsec, access lists and NAT are back to nothing."""

    SYNTAX: ClassVar = "clear crypto ipsec sa counters"

    def act(self, box: Box, now: Instant) -> list[BoxEffect]:
        """Clear."""
        box.clear_counters()
        return []


@dataclass(frozen=True, slots=True)
class ClearConnections(Command):
    """Connections and translations are forgotten."""

    SYNTAX: ClassVar = "clear conn [all]"

    def act(self, box: Box, now: Instant) -> list[BoxEffect]:
        """Clear."""
        box.clear_connections()
        return []


@dataclass(frozen=True, slots=True)
class ClearTranslations(ClearConnections):
    """The same."""

    SYNTAX: ClassVar = "clear xlate"


@dataclass(frozen=True, slots=True)
class LogOffAll(Command):
    """End every session."""

    SYNTAX: ClassVar = "vpn-sessiondb logoff all [noconfirm]"

    def act(self, box: Box, now: Instant) -> list[BoxEffect]:
        """Log off."""
        return box.log_off(None, now)


@dataclass(frozen=True, slots=True)
class LogOffLanToLan(LogOffAll):
    """The same: sessions are all of this type."""

    SYNTAX: ClassVar = "vpn-sessiondb logoff l2l [noconfirm]"


@dataclass(frozen=True, slots=True)
class LogOff(Command):
    """End the session with one peer."""

    SYNTAX: ClassVar = "vpn-sessiondb logoff ipaddress {peer:ADDRESS} [noconfirm]"
    peer: IPv4Address

    def act(self, box: Box, now: Instant) -> list[BoxEffect]:
        """Log off."""
        return box.log_off(self.peer, now)


@dataclass(frozen=True, slots=True)
class LogOffGroup(LogOff):
    """The same by the name of its tunnel-group."""

    SYNTAX: ClassVar = "vpn-sessiondb logoff tunnel-group {peer:ADDRESS} [noconfirm]"


@dataclass(frozen=True, slots=True)
class LogOffIndex(Command):
    """End the session with this index, as `show vpn-sessiondb l2l` prints it, and others with the same peer."""

    SYNTAX: ClassVar = "vpn-sessiondb logoff index {index:COUNT} [noconfirm]"
    index: int

    def printed(self, box: Box, now: Instant) -> str:
        """Nothing. Raises InputError where there is no such session."""
        if box.peer_of_session(self.index) is None:
            raise InputError(f"there is no session {self.index}: show vpn-sessiondb l2l lists them")
        return ""

    def act(self, box: Box, now: Instant) -> list[BoxEffect]:
        """Log off."""
        peer = box.peer_of_session(self.index)
        return [] if peer is None else box.log_off(peer, now)


COMMANDS: tuple[type[Command], ...] = (
    Show,
    ClearIsakmp,
    ClearIkev1,
    ClearIpsec,
    ClearCounters,
    ClearConnections,
    ClearTranslations,
    LogOffAll,
    LogOffLanToLan,
    LogOff,
    LogOffGroup,
    LogOffIndex,
)
"""What can be typed."""

_GRAMMAR = Grammar[Command, object](COMMANDS, PLAIN)


def typed(text: str) -> Command:
    """The command that a text is. Raises InputError, with what is understood."""
    return _GRAMMAR.read(text, None)
