"""`mainmode console` as a process of its own, on a real terminal or behind pipes."""

import os
import subprocess
import sys
from pathlib import Path

import pexpect

SOURCE = Path(__file__).resolve().parents[2] / "src"
PROGRAM = "import sys; from mainmode.cli.main import main; sys.exit(main())"
STILL = ("console", "--example", "--time", "still")
SECONDS = 60
"""What a busy machine may take for anything here."""


def environment() -> dict[str, str]:
    """That of the process: no locale of the machine, this source."""
    return os.environ | {
        "PYTHONPATH": str(SOURCE),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm",
    }


def command(*arguments: str) -> list[str]:
    """The command line of a process."""
    return [sys.executable, "-c", PROGRAM, *arguments]


def at_a_terminal(*arguments: str, columns: int = 80, rows: int = 24) -> "pexpect.spawn[str]":
    """A process on a terminal of its own."""
    program, *rest = command(*(arguments or STILL))
    return pexpect.spawn(
        program,
        rest,
        env=environment(),
        dimensions=(rows, columns),
        timeout=SECONDS,
        encoding="utf-8",
        echo=True,
        codec_errors="strict",
    )


def piped(typed: str | bytes, *arguments: str, output: int | None = None) -> "subprocess.CompletedProcess[bytes]":
    """What comes of lines that a pipe types."""
    return subprocess.run(
        command(*(arguments or STILL)),
        input=typed.encode() if isinstance(typed, str) else typed,
        stdout=subprocess.PIPE if output is None else output,
        stderr=subprocess.PIPE,
        env=environment(),
        timeout=SECONDS,
        check=False,
    )
