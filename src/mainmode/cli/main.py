"""`mainmode`: reads the command line, calls the command, and turns what went wrong into a message and an exit code."""

import gc
import signal
from argparse import Namespace
from collections.abc import Callable

from mainmode.base.faults import place_of
from mainmode.cli.console import OutputError, print_output, replace_closed_streams, tell
from mainmode.cli.parser import EXIT_FAULT, EXIT_INPUT, EXIT_INTERRUPTED, EXIT_PIPE_CLOSED, parser


def main(argv: list[str] | None = None) -> int:
    """Run one command line (without the program's name; the process's own when None) and return its exit code."""
    replace_closed_streams()
    try:
        return _command(argv)
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        return EXIT_PIPE_CLOSED
    except KeyboardInterrupt:
        tell("mainmode: interrupted")
        return EXIT_INTERRUPTED
    except OutputError as error:
        tell(f"mainmode: {error}")
        return EXIT_INPUT
    except Exception as fault:
        tell(f"mainmode: a fault in mainmode itself, please report it: {place_of(fault)}")
        return EXIT_FAULT


def _command(argv: list[str] | None) -> int:
    try:
        arguments = parser().parse_args(argv)
    except SystemExit:
        # The help or the version stands in the buffer of standard output.
        print_output("")
        raise
    from mainmode.base.errors import InputError

    try:
        return _loaded(arguments.command)(arguments)
    except InputError as error:
        tell(f"mainmode: {error}")
        return EXIT_INPUT


def _loaded(command: str) -> Callable[[Namespace], int]:
    """A command; each is loaded only where it is called. What loading makes stays: no cycle is looked for meanwhile."""
    gc.disable()
    try:
        return _command_named(command)
    finally:
        gc.enable()


def _command_named(command: str) -> Callable[[Namespace], int]:
    match command:
        case "lab":
            from mainmode.cli.lab import lab

            return lab
        case "explain":
            from mainmode.cli.explain import explain

            return explain
        case "check":
            from mainmode.cli.check import check_command

            return check_command
        case "up":
            # Before the gateway can read its file again there is nothing to be read again, and nothing to end for.
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            from mainmode.cli.up import up

            return up
        case "console":
            from mainmode.cli.device_console import console

            return console
        case "ssh":
            from mainmode.cli.ssh_server import ssh

            return ssh
        case "capture":
            from mainmode.cli.capture import capture

            return capture
        case _:
            from mainmode.cli.control import ask

            return ask
