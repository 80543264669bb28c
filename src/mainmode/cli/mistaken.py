"""What was given by mistake: an empty log, a configuration in place of a log, a router's for a firewall's."""

import re
from typing import TYPE_CHECKING

from mainmode.base.errors import InputError
from mainmode.cli.console import tell
from mainmode.device.config.model import Configuration
from mainmode.device.config.problem import Severity
from mainmode.device.config.reader import decode, read

if TYPE_CHECKING:
    from mainmode.explain.explanation import Explanation
    from mainmode.explain.reading import Source

WHAT_TO_GIVE = (
    "give the output of `debug crypto ikev1 127` and `debug crypto ipsec 127` (ASA), `debug crypto isakmp` and "
    "`debug crypto ipsec` (IOS), the log of charon or pluto, a syslog, or a capture of UDP 500 and 4500"
)
_LOOKED_AT = 1 << 16
"""Octets of a log that are looked at to tell what it is instead."""
_MOST_PROBLEMS = 20
_DAEMONS = re.compile(r"^(?:conn +\S|connections *\{)", re.MULTILINE)


def unread_lines(configuration: Configuration) -> int:
    """How many lines of it are not understood."""
    return sum(one.severity is not Severity.WARNING for one in configuration.problems)


def tell_problems(configuration: Configuration) -> None:
    """Tell the lines of it that are not understood, or not as somebody may think."""
    for problem in configuration.problems[:_MOST_PROBLEMS]:
        tell(f"{problem}\n")
    more = len(configuration.problems) - _MOST_PROBLEMS
    if more > 0:
        tell(f"{configuration.file}: {more} more lines with problems\n")


def check_firewalls(configuration: Configuration) -> None:
    """Raises InputError where a text is no configuration of a firewall: findings made of it would be untrue."""
    lines = sum(bool(line.strip(" !:")) for line in configuration.lines)
    if not lines:
        raise InputError(f"{configuration.file}: the configuration is empty; give the output of show running-config")
    if not configuration.mtus and 4 * unread_lines(configuration) > lines:
        raise InputError(
            f"{configuration.file}: this is not an ASA's configuration ({unread_lines(configuration)} of its {lines} "
            "lines are not understood); only an ASA's or a PIX's is read: give the output of show running-config, or "
            "leave it out"
        )


def why_nothing(found: "Explanation", sources: "tuple[Source, ...]", names: str, peer: str) -> str:
    """Why no negotiation was found, and what to give instead."""
    if not any(log.lines for log in found.logs):
        return f"{names}: empty, no line is in it; {WHAT_TO_GIVE}"
    if peer and found.logs[0].recognised:
        return f"{names}: no negotiation with {peer} in it; leave --peer out to see whose are"
    if any(_is_configuration(source) for source in sources):
        return (
            f"{names}: this looks like a configuration, not like a log; give it with --config (an ASA's), and as LOG "
            "what the device said while the tunnel was tried"
        )
    return f"{names}: no negotiation in it; {WHAT_TO_GIVE}"


def _is_configuration(source: "Source") -> bool:
    text = decode(source.first_octets(_LOOKED_AT))
    if _DAEMONS.search(text):
        return True
    made = read(text, "")
    holds = made.crypto_maps or made.tunnel_groups or made.policies or made.mtus
    return bool(holds) and 2 * unread_lines(made) < len(made.lines)
