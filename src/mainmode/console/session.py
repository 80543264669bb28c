"""One session at the prompt: its mode, what is typed there, and what comes back."""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from ipaddress import AddressValueError, IPv4Address

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.base.faults import place_of
from mainmode.catalogue.entry import Line
from mainmode.console import configuring
from mainmode.console.applying import Applying
from mainmode.console.banners import banner_lines
from mainmode.console.commands import LAB_TABLE, TABLE
from mainmode.console.commands.handling import Handler
from mainmode.console.credentials import Credentials, credentials_of
from mainmode.console.filters import Request, understood
from mainmode.console.firewall import Firewall
from mainmode.console.help import completion, help_on
from mainmode.console.screen import EndOfInput, InterruptedByUser, Screen
from mainmode.console.sight import Sight
from mainmode.device import log_rules
from mainmode.device.config.masking import masked_typed
from mainmode.device.config.model import Configuration
from mainmode.device.line.complaining import complaint
from mainmode.device.line.declaration import Command, Level
from mainmode.device.line.lookup import Found, LineError, allowed

_BANNERS = ("motd", "exec")
GREETING = "Type help or '?' for a list of available commands.\n"
PRIVILEGED, LEAST_PRIVILEGE = 15, 1
"""The privilege behind `enable`, and that of the first prompt."""
_LONGEST_LINE = 510
"""Characters of a line that the device takes."""
_KEPT_LINES = 20
CONSOLE = "console"
"""The place of a user who sits at the device's own console."""
_LOOKING = "show"
_AT_THE_CONSOLE, _AT_A_MONITOR = frozenset({log_rules.CONSOLE}), frozenset({log_rules.MONITOR})
_NOWHERE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class User:
    """Who sits at the session: a name for the log, empty where nobody logged in, and where they are: `console`, or an
    address for SSH. `privilege` is 0 to 15; from 2 on a session begins in privileged mode.
    """

    name: str
    place: str
    privilege: int = LEAST_PRIVILEGE


class Session:
    """A person at a device. The screen's owner calls `enter` with each line and prints `prompt` in between.

    `ended`: it is over, and its owner calls `close`. `history` are the last lines that were carried out, keys masked.
    """

    def __init__(
        self,
        firewall: Firewall,
        screen: Screen,
        user: User,
        admission: Callable[[Configuration, bool], Credentials] = credentials_of,
        *,
        sees_keys: bool = True,
    ) -> None:
        """`admission` makes the passwords of a configuration, which are asked as they are when somebody types one.

        It is told whether the device stands in a lab, where a listing may have stars instead of passwords. `sees_keys`
        False: no command shows keys in clear here, whatever the privilege.
        """
        self.sees_keys = sees_keys
        self.firewall = firewall
        self.screen = screen
        self.user = self._first = user
        self.privilege = user.privilege
        self.place: configuring.Standing | None = None
        self.applying = Applying(self)
        self.ended = False
        self.history: deque[str] = deque(maxlen=_KEPT_LINES)
        self._admission = admission
        self._configuration = firewall.box.configuration
        self.sight = self._sight()
        self._terminal = (screen.settings.pager, screen.settings.width)
        self._follow_terminal()

    # --- what stands here ----------------------------------------------------------------------------------------

    @property
    def greeting(self) -> str:
        """What a person reads before the first prompt: banners of the configuration, and where help is."""
        return "".join(f"{line}\n" for line in banner_lines(self.configuration, *_BANNERS)) + GREETING

    @property
    def level(self) -> Level:
        """How much the session may do."""
        return Level.PRIVILEGED if self.privilege > LEAST_PRIVILEGE else Level.USER

    @property
    def prompt(self) -> str:
        """What stands in front of the next line."""
        mark = "#" if self.level is Level.PRIVILEGED else ">"
        if self.place is not None:
            return f"{self.firewall.running.hostname}({self.place.prompt}){mark} "
        return f"{self.configuration.settings.hostname.value}{mark} "

    @property
    def configuration(self) -> Configuration:
        """The device's configuration; while it is down, that which it had."""
        with suppress(InputError):
            self._configuration = self.firewall.box.configuration
        return self._configuration

    @property
    def table(self) -> tuple[Command[Handler], ...]:
        """The commands that may be typed here."""
        return allowed((*TABLE, *LAB_TABLE) if self.firewall.lab is not None else TABLE, self.level)

    @property
    def user_name(self) -> str:
        """The user as the log and `show curpriv` name them: `enable_15` where nobody logged in."""
        return self.user.name or f"enable_{self.privilege}"

    @property
    def credentials(self) -> Credentials:
        """The passwords of the device as it is now."""
        return self._admission(self.firewall.running.configuration, self.firewall.lab is not None)

    def help(self, before: str) -> str:
        """What `?` prints below a line of which this much stands before the cursor; the prompt comes again below it."""
        return help_on(self, before)

    def complete(self, before: str) -> str:
        """What Tab adds at the cursor; empty for nothing."""
        return completion(self, before)

    # --- a line --------------------------------------------------------------------------------------------------

    async def enter(self, line: str) -> None:
        """Carry out one line. Whoever cancels it interrupts the command.

        A fault of mainmode itself costs the line it happened in: it is told, and the session goes on.
        """
        typed = "".join(letter if letter.isprintable() else "?" for letter in line.expandtabs(1))[:_LONGEST_LINE]
        if not typed.strip():
            return
        try:
            if self.place is not None:
                await configuring.enter(self, self.place, typed)
            else:
                await self.execute(typed)
        except InputError as error:
            self.screen.write(f"{error}\n")
        except InterruptedByUser:
            pass
        except EndOfInput:
            self.ended = True
        except Exception as fault:
            self.screen.write(f"a fault in mainmode itself, please report it: {place_of(fault)}\n")
        await self.firewall.line_taken()

    async def execute(self, line: str) -> None:
        """Carry out a command of the exec mode. Raises InputError."""
        self.applying.settle()
        self._follow_terminal()
        try:
            request = self.understood(line)
        except LineError as error:
            self.fail(error, line)
            return
        self.history.append(masked_typed(line.strip()))
        output = await self._carry_out(request.found)
        if request.filter is not None:
            output = await request.filter.left_of(output)
        if output:
            await self.screen.show(output)

    def understood(self, line: str) -> Request[Handler]:
        """The exec command that a line is. Raises LineError, and InputError for a wrong filter."""
        return understood(self.table, line, self.configuration)

    def log(self, line: str, *, configures: bool = False) -> None:
        """A line of the configuration mode was carried out: the system log of its device is told.

        It has its words written out; keys are masked here. `configures` False: it only went to another mode.
        """
        user, text = self.user_name, masked_typed(line)
        source = self._address() if configures else None
        self.firewall.act(lambda box, now: box.executed(user, text, now, configures_from=source))

    def tell(self, line: Line) -> None:
        """The system log of the device is told something that is not said by its box itself."""
        self.firewall.act(lambda box, now: box.say(line, now))

    def fail(self, error: LineError, line: str) -> None:
        """Print the device's complaint about a line that stands behind the prompt."""
        self.screen.write(f"{complaint(error, self.prompt, line)}\n")

    # --- its life ------------------------------------------------------------------------------------------------

    def move_to(self, firewall: Firewall) -> None:
        """Sit down at another device; a place in the configuration of the one before is left."""
        self.sight.close()
        self.firewall = firewall
        self.place = None
        self.sight = self._sight()

    def become(self, name: str, privilege: int) -> None:
        """Somebody else sits at the session now, by `login` or `enable`; `name` is empty for nobody in particular."""
        self.user = User(name, self.user.place, privilege)
        self.privilege = privilege

    def start_again(self) -> None:
        """The device was reloaded: the session is as at its beginning."""
        self.place = None
        self.become(self._first.name, self._first.privilege)

    def close(self) -> None:
        """The session is over: it looks at nothing any more. May be called more than once."""
        self.ended = True
        self.sight.close()

    # --- inside --------------------------------------------------------------------------------------------------

    async def _carry_out(self, found: Found[Handler]) -> str:
        """The command's output. The log of its device is told of it, whatever came of it, behind what it did."""
        firewall, user, privilege = self.firewall, self.user_name, self.privilege
        text, looks = masked_typed(found.line), found.asked.keywords[:1] == (_LOOKING,)
        try:
            return await found.command.handler(self, found.asked)
        finally:
            if self.privilege != privilege:
                self._tell_the_level(privilege)
            firewall.act(lambda box, now: box.executed(user, text, now, looks=looks))

    def _sight(self) -> Sight:
        return Sight(self.firewall, self.screen.tell, self._log_places)

    def _follow_terminal(self) -> None:
        """The terminal as the configuration says that sessions begin, and again where that changes."""
        settings, wanted = self.screen.settings, self.configuration.settings.administration
        pager, width = wanted.pager.value, wanted.terminal_width.value
        before, self._terminal = self._terminal, (pager, width)
        if pager != before[0]:
            settings.pager = pager
        if width != before[1]:
            settings.width = width

    def _log_places(self) -> frozenset[str]:
        """The destinations of the log that this session is."""
        if self.user.place == CONSOLE:
            return _AT_THE_CONSOLE
        return _AT_A_MONITOR if self.screen.settings.monitor else _NOWHERE

    def _address(self) -> IPv4Address:
        """Where the user sits; 0.0.0.0 at the console."""
        try:
            return IPv4Address(self.user.place)
        except AddressValueError:
            return IPv4Address(0)

    def _tell_the_level(self, before: int) -> None:
        user, after = self.user_name, self.privilege
        self.firewall.act(lambda box, now: box.level_changed(user, before, after, now))
