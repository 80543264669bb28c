"""`mainmode`: reads the command line, calls the command, and turns what went wrong into a message and an exit code."""

import os
import sys

from mainmode.cli.parser import EXIT_INPUT, EXIT_INTERRUPTED, EXIT_PIPE_CLOSED, parser


def main(argv: list[str] | None = None) -> int:
    """Run one command line (without the program's name; the process's own when None) and return its exit code."""
    arguments = parser().parse_args(argv)
    from mainmode.base.errors import InputError
    from mainmode.cli.lab import lab

    try:
        code = lab(arguments)
        sys.stdout.flush()
    except InputError as error:
        print(f"mainmode: {error}", file=sys.stderr)
        return EXIT_INPUT
    except BrokenPipeError:
        # Whoever read our output has seen enough. What is still in the buffer must not fail at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_PIPE_CLOSED
    except KeyboardInterrupt:
        print("mainmode: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    return code
