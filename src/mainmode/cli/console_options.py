"""The options of a lab that is sat at: of `mainmode console` and `mainmode ssh`."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mainmode.cli.parser import Parser

LARGEST_SEED = 2**64 - 1


def add_lab(command: "Parser") -> None:
    """The lab's time, dice and wire."""
    command.add_argument(
        "--time",
        choices=("real", "still"),
        default="real",
        help="the lab's time: it passes as outside, or stands still but for what commands need and a second for each "
        "line, so that a session repeats (default: real)",
    )
    command.add_argument(
        "--seed",
        type=seed,
        metavar="N",
        help="repeat the keys and dice of a lab that had this seed (default: drawn; 1 with --time still)",
    )
    command.add_argument(
        "--link",
        metavar="OPTIONS",
        help="what the wire between devices does, as in mainmode lab --link, such as delay=80ms,loss=5%% (default: "
        "delay=10ms)",
    )


def add_ssh(commands: "argparse._SubParsersAction[Parser]") -> None:
    """`mainmode ssh`."""
    command = commands.add_parser(
        "ssh",
        help="an SSH server for the devices of a lab",
        description=(
            "An SSH server for the devices of a lab: people and programs log in by the users, passwords and keys of "
            "the configurations, several at once, and get the command line of mainmode console. It runs until SIGINT "
            "or SIGTERM. Needs asyncssh: pip install 'mainmode[ssh]'."
        ),
        epilog="exit codes: 0 a signal ended it, 2 the input cannot be used, an address not be listened at or the "
        "output not be written, 70 a fault in mainmode itself",
        allow_abbrev=False,
    )
    command.add_argument(
        "configurations", nargs="*", metavar="CFG", help="the configuration files of the lab's devices, one or more"
    )
    command.add_argument(
        "--example", action="store_true", help="serve the packaged pair instead of files; needs --user"
    )
    command.add_argument(
        "--listen",
        action="append",
        metavar="ADDRESS:PORT",
        help="where to listen, first for the first device, a second time for the second, and so on; port 0 takes any "
        "that is free. Devices without one are reached by lab device NAME (default: 127.0.0.1:2222 for the first)",
    )
    command.add_argument(
        "--user",
        metavar="NAME",
        help="let this user in to every device, privileged at once, besides those of the configurations; the password "
        "is asked for at the terminal, or comes from MAINMODE_SSH_PASSWORD or --password-fd",
    )
    command.add_argument(
        "--password-fd", type=int, metavar="N", help="read the password of --user from this file descriptor, one line"
    )
    command.add_argument(
        "--host-key",
        metavar="FILE",
        help="the server's private key, without a passphrase; where the file is not there, an ed25519 key is made and "
        "kept in it (default: mainmode/ssh_host_ed25519_key in the user's folder for states of programs)",
    )
    add_lab(command)


def add_ssh_to(up: "Parser") -> None:
    """The SSH server of a gateway."""
    up.add_argument(
        "--ssh",
        metavar="ADDRESS:PORT",
        help="let the users of the configuration log in over SSH, from where its ssh lines allow it, such as "
        "192.168.1.1:22; needs asyncssh: pip install 'mainmode[ssh]'",
    )
    up.add_argument(
        "--host-key",
        metavar="FILE",
        help="the private key of --ssh, as that of mainmode ssh (default: its place there, or below systemd's "
        "StateDirectory=)",
    )


def seed(text: str) -> int:
    """A seed. Raises ArgumentTypeError."""
    if not text.isascii() or not text.isdigit() or int(text[:21]) > LARGEST_SEED:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {LARGEST_SEED}")
    return int(text)
