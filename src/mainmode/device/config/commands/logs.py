"""`logging`: what is logged, where to, and how."""

from mainmode.device.config.actions import Append, Assign, Remove
from mainmode.device.config.declaration import Command, command
from mainmode.device.config.draft import Table
from mainmode.device.config.model import LogClass, LogHost, LogListLevel, LogListMessages

LOGGING = Table("logging", (), lambda configuration: (configuration.settings.logging,))
LOG_LISTS = Table("logging list", ("name",), lambda configuration: configuration.settings.logging.lists.values())
LOG_MESSAGES = Table(
    "logging message", ("message",), lambda configuration: configuration.settings.logging.messages.values()
)

_MESSAGE = "100000-999999"


def _flag(text: str, name: str, note: str = "") -> Command:
    action = Assign(LOGGING, (name,), constant=True, default=False, off=False, outspoken=True)
    return command(f"logging {text}", action, note)


def _destination(name: str, note: str = "") -> Command:
    return command(f"logging {name} ~ {{{name}:level-or-list}}", Assign(LOGGING, (name,), default=None, off=None), note)


SWITCHES: tuple[Command, ...] = (
    _flag("enable", "enabled"),
    command(
        "logging timestamp ~ [{timestamp:rfc5424|}]",
        Assign(LOGGING, ("timestamp",), default=None, off=None, bare="local", outspoken=True),
    ),
    _flag("standby", "standby"),
)

LISTS: tuple[Command, ...] = (
    command(
        "logging list {name:name} level {level:log-level} [class {message_class:name}]",
        Append(LOG_LISTS, "members", LogListLevel),
    ),
    command("logging list {name:name} message {messages:message-span}", Append(LOG_LISTS, "members", LogListMessages)),
    command("logging list {name:name}", Remove(LOG_LISTS), "The whole list.", written=False),
)

DESTINATIONS: tuple[Command, ...] = (
    command(
        "logging buffer-size ~ {buffer_size:4096-1048576}", Assign(LOGGING, ("buffer_size",), default=4096), "Octets."
    ),
    _destination("console"),
    _destination("monitor"),
    _destination("buffered"),
    _destination("trap", "To the hosts of logging host."),
    _destination("history", "To SNMP; kept, no trap is sent."),
    command("logging facility ~ {facility:16-23}", Assign(LOGGING, ("facility",), default=20)),
    command(
        "logging queue ~ {queue:0-8192}",
        Assign(LOGGING, ("queue",), default=512),
        "Messages that wait for one host; 0 stands for 8192.",
    ),
    command(
        "logging device-id ~ {device_id:device-id}",
        Assign(LOGGING, ("device_id",), default=None, off=None, outspoken=True),
    ),
    command(
        "logging host {interface:name} {address:address} [{transport:log-transport}] [format {emblem:emblem}] [secure] "
        "[reference-identity {reference_identity:name}]",
        Append(LOGGING, "hosts", LogHost),
    ),
    _flag("debug-trace", "debug_trace"),
    _flag(
        "permit-hostdown",
        "permit_hostdown",
        "Here new connections are always permitted while a TCP host is down, and the message 414003 says so.",
    ),
    command("logging class {message_class:name} {targets:log-target...6}", Append(LOGGING, "classes", LogClass)),
    command(f"logging message {{message:{_MESSAGE}}} level ~ {{level:log-level}}", Assign(LOG_MESSAGES, ("level",))),
    command(
        f"logging message {{message:{_MESSAGE}}}",
        Assign(LOG_MESSAGES, ("enabled",), constant=True, default=True, off=False, off_creates=True),
        "The no form keeps the message from being logged.",
    ),
)
