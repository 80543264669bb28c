"""`mainmode`: reads the command line, calls the command, and turns what went wrong into a message and an exit code."""

from argparse import Namespace

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
        tell(f"mainmode: a fault in mainmode itself, please report it: {_place(fault)}")
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
        return _call(arguments)
    except InputError as error:
        tell(f"mainmode: {error}")
        return EXIT_INPUT


def _call(arguments: Namespace) -> int:
    """Each command is loaded only where it is called."""
    match arguments.command:
        case "lab":
            from mainmode.cli.lab import lab

            return lab(arguments)
        case "explain":
            from mainmode.cli.explain import explain

            return explain(arguments)
        case "up":
            from mainmode.cli.up import up

            return up(arguments)
        case "capture":
            from mainmode.cli.capture import capture

            return capture(arguments)
        case _:
            from mainmode.cli.control import ask

            return ask(arguments)


def _place(fault: Exception) -> str:
    """The kind of a fault and where it happened. Its text is left out: it may tell of the user's configuration."""
    import traceback

    innermost = traceback.extract_tb(fault.__traceback__)[-1]
    return f"{type(fault).__name__} in {innermost.filename.rpartition('/')[2]}, line {innermost.lineno}"
