"""`mainmode check`: whether two configurations come up, which way, for which entry; else why, and what mends it."""

import gc
import os
import shutil
import sys
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path

from mainmode.base.errors import InputError
from mainmode.check.check import Options, check
from mainmode.check.report import Preflight
from mainmode.check.subject import Subject, subject
from mainmode.cli.console import print_output
from mainmode.cli.files import read_configurations, write_file
from mainmode.cli.mistaken import check_firewalls
from mainmode.cli.outputs import wants_colour
from mainmode.cli.parser import EXIT_DOWN, EXIT_UP, NARROWEST, WIDEST
from mainmode.cli.places import check_places
from mainmode.cli.progress import Progress
from mainmode.device.config.reader import read
from mainmode.ladder.transcript import Side

_PIPED_WIDTH = 80
_CYCLES = 100_000
"""Values made before the interpreter looks for cycles: a check makes many values, and hardly a cycle."""
_FILES = ("html", "json", "junit", "markdown", "sarif")


def check_command(arguments: Namespace) -> int:
    """Carry out the command and return its exit code. Raises InputError for everything that the user can mend."""
    gc.set_threshold(_CYCLES)
    names = arguments.configurations
    outputs = {f"--{name} {place}": Path(place) for name in _FILES if (place := getattr(arguments, name)) is not None}
    check_places(names, outputs)
    options = Options(hours=arguments.hours or 0)
    if len(names) == 1 and Path(names[0]).is_dir():
        from mainmode.cli.check_folder import checked_folder

        asked = None
        preflight, paths = checked_folder(Path(names[0]), options)
        check_places(map(str, paths.values()), outputs)
    else:
        asked = _subject(names)
        with Progress() as progress:
            preflight = Preflight((check(asked, options, progress.doing),))
        paths = {asked.pair[side].file: Path(name) for side, name in zip(Side, names, strict=True) if name != "-"}
    _write(arguments, preflight, paths, asked)
    _print(arguments, preflight)
    return EXIT_UP if preflight.up else EXIT_DOWN


def _subject(names: list[str]) -> Subject:
    """The two files as a pair."""
    if len(names) == 1:
        raise InputError(f"{names[0]}: one file alone; give the other side's as well, or a folder of them")
    written = dict(zip(Side, read_configurations(names), strict=True))
    pair = {side: read(one.text, one.name) for side, one in written.items()}
    for configuration in pair.values():
        check_firewalls(configuration)
    return subject(pair, {side: one.text for side, one in written.items()})


def _write(arguments: Namespace, preflight: Preflight, paths: Mapping[str, Path], asked: Subject | None) -> None:
    """The files that were asked for. Each layout is loaded only if it is; the page of a pair ends with a ladder."""
    if arguments.html is not None:
        from mainmode.check.faces.page import page
        from mainmode.check.shown import ladder_of

        ladder = None if asked is None else ladder_of(asked, preflight.pairs[0].matrix)
        write_file(Path(arguments.html), page(preflight, ladder).encode())
    if arguments.json is not None:
        from mainmode.check.faces.document import json_text

        write_file(Path(arguments.json), json_text(preflight).encode())
    if arguments.junit is not None:
        from mainmode.check.faces.junit import junit

        write_file(Path(arguments.junit), junit(preflight).encode())
    if arguments.markdown is not None:
        from mainmode.check.faces.ticket import ticket

        write_file(Path(arguments.markdown), ticket(preflight).encode())
    if arguments.sarif is not None:
        from mainmode.check.faces.sarif import sarif

        write_file(Path(arguments.sarif), sarif(preflight, _from_here(paths)).encode())


def _from_here(paths: Mapping[str, Path]) -> dict[str, str]:
    """The paths as a code host knows them: relative to where the command runs, where they are below it."""
    here = os.getcwd()
    found = {}
    for name, path in paths.items():
        whole = os.path.abspath(path)
        below = os.path.commonpath((here, whole)) == here
        found[name] = (Path(os.path.relpath(whole, here)) if below else Path(whole)).as_posix()
    return found


def _print(arguments: Namespace, preflight: Preflight) -> None:
    from mainmode.check.faces.text import text

    on_terminal = sys.stdout.isatty()
    width = arguments.width or (shutil.get_terminal_size().columns if on_terminal else _PIPED_WIDTH)
    colour = arguments.color == "always" or (arguments.color == "auto" and on_terminal and wants_colour())
    encoding = sys.stdout.encoding or "utf-8"
    whole = text(preflight, min(max(width, NARROWEST), WIDEST), colour, arguments.decisions)
    print_output(whole.encode(encoding, "replace").decode(encoding).rstrip("\n") + "\n")
