"""The commands for a running gateway and their options. Imports nothing slow."""

import argparse
from typing import TYPE_CHECKING

from mainmode.gateway.control import DEFAULT_PATH

if TYPE_CHECKING:
    from mainmode.cli.parser import Parser

CONTROL_VARIABLE = "MAINMODE_CONTROL"
_LARGEST = 10**9
_EPILOG = (
    "exit codes: 0 the gateway did it, 1 a ping got no reply, 2 it could not be done (the message says why and what to "
    "do), 70 a fault in mainmode itself"
)
_ASKING = (
    ("show", "any show command of the running gateway", "Prints what a running gateway shows", "crypto ipsec sa"),
    ("clear", "a clear command, on the running gateway", "Clears SAs, counters or connections", "crypto isakmp sa"),
    ("vpn-sessiondb", "log sessions off", "Ends sessions of a running gateway", "logoff ipaddress 203.0.113.2"),
    (
        "ping",
        "echo requests of the running gateway itself",
        "Sends echo requests from the gateway, from the address of an interface where one is named",
        "inside 192.168.2.1 repeat 10",
    ),
)


def add_control_commands(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Declare them."""
    for name, help_line, does, example in _ASKING:
        _command(commands, name, help_line, f"{does}: mainmode {name} {example}. docs/control.md lists what there is.")
    debug = _command(
        commands,
        "debug",
        "follow debugs of the running gateway as they happen",
        "Prints the lines of debugs as the gateway says them, until it is interrupted or nobody reads: mainmode debug "
        "crypto ikev1 127 and crypto ipsec 127 condition peer 203.0.113.2. Conditions are peer A.B.C.D, peer A.B.C.D "
        "subnet MASK, peer A.B.C.D/N, group NAME and unmatched; a line is shown where one of them fits.",
        needed=False,
    )
    debug.add_argument(
        "--debug", action="append", metavar="DEBUG", help="one more debug, such as 'crypto ipsec 127'; may be repeated"
    )
    _add_capture(commands)


def _add_capture(commands: "argparse._SubParsersAction[Parser]") -> None:
    capture = _bare(
        commands,
        "capture",
        "write the packets of the running gateway for Wireshark",
        "Writes the packets of IKE, ESP, and those of the tunnels in clear as they come and go, until it is "
        "interrupted: mainmode capture --pcap run.pcapng --keys keys.",
    )
    capture.add_argument(
        "--pcap", required=True, metavar="FILE", help="the file, as pcapng; - is standard output, for a pipe to tshark"
    )
    capture.add_argument(
        "--keys",
        metavar="DIR",
        help="the keys of all SAs that stand and of those to come, as a Wireshark configuration folder: "
        "WIRESHARK_CONFIG_DIR=DIR tshark -r FILE; given to root and the gateway's own user only",
    )
    capture.add_argument("--seconds", type=_count, metavar="N", help="end after so many seconds")
    capture.add_argument("--packets", type=_count, metavar="N", help="end after so many packets")
    add_control(capture)


def _command(
    commands: "argparse._SubParsersAction[Parser]", name: str, help_line: str, description: str, *, needed: bool = True
) -> "Parser":
    command = _bare(commands, name, help_line, description)
    command.add_argument(
        "words",
        nargs="+" if needed else "*",
        metavar="WORD",
        help="the rest of the command, as it is typed on a device",
    )
    add_control(command)
    return command


def _bare(commands: "argparse._SubParsersAction[Parser]", name: str, help_line: str, description: str) -> "Parser":
    return commands.add_parser(name, help=help_line, description=description, epilog=_EPILOG, allow_abbrev=False)


def add_control(command: "Parser") -> None:
    """Declare where the control socket is."""
    command.add_argument(
        "--control",
        metavar="PATH",
        help=f"the control socket of the gateway (default: ${CONTROL_VARIABLE}, or {DEFAULT_PATH})",
    )


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:12]) <= _LARGEST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to {_LARGEST}")
    return int(text)
