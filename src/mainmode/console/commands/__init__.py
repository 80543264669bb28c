"""The commands of the exec mode, by subject. Each is declared with its words, a handler, its help and its surety."""

from mainmode.console.commands.capturing import CAPTURING
from mainmode.console.commands.clearing import CLEARING
from mainmode.console.commands.debugging import DEBUGGING
from mainmode.console.commands.explaining import EXPLAINING
from mainmode.console.commands.files import FILES
from mainmode.console.commands.handling import Handler
from mainmode.console.commands.lab_net import LAB_NET
from mainmode.console.commands.lab_time import LAB_TIME
from mainmode.console.commands.logs import LOGS
from mainmode.console.commands.modes import MODES
from mainmode.console.commands.pinging import PINGING
from mainmode.console.commands.shells import SHELLS
from mainmode.console.commands.stepping import STEPPING
from mainmode.console.commands.terminal_settings import TERMINAL_SETTINGS
from mainmode.console.commands.tracing import TRACING
from mainmode.console.commands.viewing import VIEWING
from mainmode.device.line.declaration import Command

TABLE: tuple[Command[Handler], ...] = (
    *MODES,
    *TERMINAL_SETTINGS,
    *DEBUGGING,
    *LOGS,
    *PINGING,
    *SHELLS,
    *FILES,
    *VIEWING,
    *CLEARING,
    *TRACING,
    *CAPTURING,
    *EXPLAINING,
)
"""All commands that can be typed outside of the configuration mode, and within it."""

LAB_TABLE: tuple[Command[Handler], ...] = (*LAB_TIME, *LAB_NET, *STEPPING)
"""What only a device of a lab knows."""
