"""`mainmode lab SCENARIO`: read a folder, play it, compare or renew its consoles, and print what came of it."""

import sys
import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from mainmode.base.errors import InputError
from mainmode.base.instant import SECOND, Instant
from mainmode.cli.console import print_output, tell
from mainmode.cli.files import read_text, write_file
from mainmode.cli.outputs import check_outputs, print_ladder, wants_files, write_outputs
from mainmode.cli.parser import EXIT_DOWN, EXIT_UP
from mainmode.lab.link import read_link
from mainmode.lab.scenario.folder import scenario_of, table
from mainmode.lab.scenario.ladder import PairLadder
from mainmode.lab.scenario.model import USUAL_LINK, DevicePart, Scenario
from mainmode.lab.scenario.play import play
from mainmode.lab.scenario.reader import FILE, read_scenario
from mainmode.lab.scenario.report import differences, report

CONSOLES = "consoles"
ALL = "all"
"""The name that stands for all packaged scenarios."""

_PATIENCE = 2.0
"""Seconds of real time after which a run tells how far it is, and then once in as many."""


def packaged() -> dict[str, Path]:
    """The packaged scenarios by name."""
    folder = Path(str(files("mainmode.lab") / "scenarios"))
    return {path.parent.name: path.parent for path in sorted(folder.glob(f"*/{FILE}"))}


def folder_of(name: str) -> Path | None:
    """The folder of a scenario, by its path or its packaged name; None where it is neither."""
    path = Path(name)
    return path if path.is_dir() else packaged().get(name)


def list_scenarios() -> int:
    """Print name and title of each packaged scenario."""
    found = {name: load(path).title for name, path in packaged().items()}
    width = max(map(len, found), default=0)
    print_output("".join(f"{name:<{width}}  {title}\n" for name, title in found.items()))
    return EXIT_UP


def load(folder: Path) -> Scenario:
    """The scenario of a folder. Raises InputError."""
    configurations = tuple(sorted(path.name for path in folder.glob("*.cfg")))
    return read_scenario(folder.resolve().name, read_text(folder / FILE), configurations, _beside(folder))


def _beside(folder: Path) -> Callable[[str], str]:
    """Reads a file of the folder, and none of another one."""

    def text(name: str) -> str:
        if Path(name).name != name:
            raise InputError(f"{name}: a file beside {FILE} is expected, without a path")
        return read_text(folder / name)

    return text


def scenario(arguments: Namespace, folder: Path) -> int:
    """Carry out the command and return its exit code. Raises InputError for everything that the user can mend."""
    if not (folder / FILE).exists():
        return _folder(arguments, folder)
    written = _as_asked(load(folder), arguments)
    check_outputs(arguments, [str(folder / name) for name in (FILE, *(part.file for part in written.devices))])
    ladder = _ladder(arguments, written)
    performance = play(written, _progress(), tuple(arguments.fault or ()), ladder)
    console = arguments.console
    if console is not None and console not in performance.consoles:
        raise InputError(f"--console {console}: the devices are {', '.join(performance.consoles)}")
    found: tuple[str, ...] = ()
    if written.consoles and arguments.renew:
        _renew(folder / CONSOLES, performance.consoles)
    elif written.consoles and not _altered(arguments):
        found = differences(kept_consoles(folder), performance)
    if ladder is not None:
        result = ladder.result(performance.stage)
        write_outputs(arguments, result)
    if arguments.ladder is not None and ladder is not None:
        print_ladder(arguments, result.transcript)
    elif console is not None:
        print_output(performance.consoles[console])
    else:
        print_output(_encodable(report(performance, found)))
    return EXIT_UP if performance.holds and not found else EXIT_DOWN


def _altered(arguments: Namespace) -> bool:
    """Whether the command line asks for something else than the scenario, so that its consoles will differ."""
    return arguments.seed is not None or arguments.link is not None or bool(arguments.fault)


def _as_asked(written: Scenario, arguments: Namespace) -> Scenario:
    """The scenario with the seed and the usual link of the command line. Raises InputError."""
    if arguments.renew and _altered(arguments):
        raise InputError("--renew keeps what the scenario itself does: leave out --seed, --link and --fault")
    if arguments.seed is not None:
        written = replace(written, seed=arguments.seed)
    return replace(written, link=read_link(arguments.link)) if arguments.link is not None else written


def _folder(arguments: Namespace, folder: Path) -> int:
    """Connect the configurations of a folder, try every tunnel, and print a row for each."""
    files = tuple(sorted(path.name for path in folder.glob("*.cfg")))
    parts = tuple(DevicePart(name.removesuffix(".cfg"), name, read_text(folder / name)) for name in files)
    link = read_link(arguments.link) if arguments.link is not None else USUAL_LINK
    check_outputs(arguments, [str(folder / name) for name in files])
    written, tried = scenario_of(folder.resolve().name, parts, arguments.seed or 1, link)
    ladder = _ladder(arguments, written)
    performance = play(written, _progress(), tuple(arguments.fault or ()), ladder)
    rows = list(table(performance, tried))
    if ladder is not None:
        write_outputs(arguments, ladder.result(performance.stage))
    if arguments.ladder is not None and ladder is not None:
        print_ladder(arguments, ladder.result(performance.stage).transcript)
    else:
        print_output(_encodable("".join(f"{row.text}\n" for row in rows)))
    return EXIT_UP if all(row.up for row in rows) else EXIT_DOWN


def _ladder(arguments: Namespace, written: Scenario) -> PairLadder | None:
    """The two devices whose ladder is wanted, for standard output or for files."""
    if arguments.ladder is None and not wants_files(arguments):
        return None
    names = arguments.ladder or written.ladder or [part.name for part in written.devices[:2]]
    return PairLadder(written, *names)


def all_scenarios(arguments: Namespace) -> int:
    """Play every packaged scenario, and print a line for each that says whether it goes as it says."""
    code = EXIT_UP
    for name, folder in packaged().items():
        written = load(folder)
        performance = play(written, _progress())
        if written.consoles and arguments.renew:
            _renew(folder / CONSOLES, performance.consoles)
        same = not written.consoles or not differences(kept_consoles(folder), performance)
        failed = [judged.expected.text for judged in performance.judged if not judged.finding.holds]
        good = performance.holds and same
        print_output(_encodable(f"{'holds' if good else 'FAILS'}  {name}: {'; '.join(failed) or written.title}\n"))
        if not same:
            print_output(f"       {name}: the consoles differ from those that are kept\n")
        code = code if good else EXIT_DOWN
    return code


def _encodable(text: str) -> str:
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


def _progress() -> Callable[[Instant, Instant], None]:
    """Tells how far a run is, once it takes long."""
    told = time.monotonic()

    def progress(start: Instant, now: Instant) -> None:
        nonlocal told
        if time.monotonic() - told >= _PATIENCE:
            told = time.monotonic()
            tell(f"mainmode: {(now - start) / (3600 * SECOND):.1f} h of virtual time are over …")

    return progress


def kept_consoles(folder: Path) -> Mapping[str, str]:
    """The consoles in a scenario's folder, by device."""
    return {path.stem: read_text(path) for path in sorted((folder / CONSOLES).glob("*.txt"))}


def _renew(folder: Path, consoles: Mapping[str, str]) -> None:
    try:
        folder.mkdir(exist_ok=True)
        for path in folder.glob("*.txt"):
            if path.stem not in consoles:
                path.unlink()
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror or error}") from None
    for name, text in consoles.items():
        write_file(folder / f"{name}.txt", text.encode())
