"""What a run leaves behind: the ladder on standard output, and the files that were asked for."""

import os
import shutil
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from mainmode import __version__
from mainmode.capture.keys import key_files
from mainmode.cli.console import print_output
from mainmode.cli.files import write_file, write_keys
from mainmode.cli.parser import NARROWEST, WIDEST
from mainmode.cli.places import check_places

if TYPE_CHECKING:
    from mainmode.lab.run import Result
    from mainmode.lab.scenario.ladder import PairResult
    from mainmode.ladder.transcript import Transcript

_PIPED_WIDTH = 80
_FILES = ("html", "json", "markdown", "pcap", "keys")


def wants_files(arguments: Namespace) -> bool:
    """Whether any file is to be written."""
    return any(getattr(arguments, name) is not None for name in _FILES)


def check_outputs(arguments: Namespace, inputs: list[str]) -> None:
    """No output may stand on an input or on another one. Raises InputError."""
    outputs = {
        f"--{name} {place}": Path(place)
        for name in ("html", "json", "markdown", "pcap")
        if (place := getattr(arguments, name)) is not None
    }
    if arguments.keys is not None:
        outputs[f"--keys {arguments.keys}"] = Path(arguments.keys)
        outputs |= {f"{name} of --keys {arguments.keys}": Path(arguments.keys) / name for name in key_files((), ())}
    check_places(inputs, outputs)


def write_outputs(arguments: Namespace, result: "Result | PairResult") -> None:
    """The files that were asked for. Each layout is loaded only if it is."""
    transcript = result.transcript
    if arguments.html is not None:
        from mainmode.ladder.html import html

        write_file(Path(arguments.html), html(transcript).encode())
    if arguments.json is not None:
        from mainmode.ladder.document import json_text

        write_file(Path(arguments.json), json_text(transcript).encode())
    if arguments.markdown is not None:
        from mainmode.ladder.markdown import markdown

        write_file(Path(arguments.markdown), markdown(transcript).encode())
    if arguments.pcap is not None:
        from mainmode.capture.pcapng import pcapng

        write_file(Path(arguments.pcap), pcapng(f"mainmode {__version__}", result.interfaces, result.packets))
    if arguments.keys is not None:
        write_keys(Path(arguments.keys), result.keys)


def print_ladder(arguments: Namespace, transcript: "Transcript") -> None:
    """The ladder on standard output; a character that its encoding lacks becomes a question mark."""
    from mainmode.ladder.text import text

    on_terminal = sys.stdout.isatty()
    width = arguments.width or (shutil.get_terminal_size().columns if on_terminal else _PIPED_WIDTH)
    colour = arguments.color == "always" or (arguments.color == "auto" and on_terminal and wants_colour())
    encoding = sys.stdout.encoding or "utf-8"
    ladder = text(transcript, min(max(width, NARROWEST), WIDEST), colour)
    print_output(ladder.encode(encoding, "replace").decode(encoding).rstrip("\n") + "\n")


def wants_colour() -> bool:
    """The user's wish in the environment: no-color.org, and terminals that cannot."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
