"""`mainmode explain`: read one or two logs, say what happened, where it broke, why, and what to do."""

import gc
import shutil
import sys
import time
from argparse import Namespace
from pathlib import Path
from types import TracebackType

from mainmode.base.errors import InputError
from mainmode.base.secret import Secret
from mainmode.capture.keys import IKE_TABLE, IkeKey, read_ike_table
from mainmode.capture.secrets import NO_SECRETS, Secrets, secrets_of
from mainmode.cli.console import print_output, printable, tell
from mainmode.cli.files import read_text, write_file
from mainmode.cli.mistaken import check_firewalls, why_nothing
from mainmode.cli.outputs import wants_colour
from mainmode.cli.parser import EXIT_DOWN, EXIT_INPUT, EXIT_UP, NARROWEST, WIDEST
from mainmode.cli.places import check_places
from mainmode.device.config.model import Configuration
from mainmode.device.config.problem import Severity
from mainmode.device.config.reader import read
from mainmode.explain.explain import Order
from mainmode.explain.explain import explain as explained
from mainmode.explain.explanation import Explanation
from mainmode.explain.negotiation import Outcome
from mainmode.explain.reading import Progress, Source

_PIPED_WIDTH = 80
_CYCLES = 100_000
"""Values made before the interpreter looks for cycles: a log makes many values and no cycle, and looking is a fifth of
the time."""
_PATIENCE, _EVERY = 1.0, 0.5
"""Seconds after which a long reading tells how far it is, and how often."""


def explain(arguments: Namespace) -> int:
    """Carry out the command and return its exit code. Raises InputError for everything that the user can mend."""
    gc.set_threshold(_CYCLES)
    names = [name for name in (arguments.log, arguments.peer_log) if name is not None]
    if names.count("-") > 1:
        raise InputError("both logs are standard input, which can be read once; name a file")
    if len(names) > 1 and _are_one(*names):
        raise InputError(f"both logs are the file {names[0]}; give the log of the other side, or this one alone")
    configured = [name for name in (arguments.config, arguments.peer_config) if name is not None]
    check_places([*names, *configured], _outputs(arguments), "input")
    order = Order(
        sources=tuple(map(_source, names)),
        configurations=(_configuration(arguments.config), _configuration(arguments.peer_config)),
        peer=arguments.peer or "",
        own=arguments.own or "",
        secrets=_secrets(arguments),
        redact=arguments.redact,
    )
    with _Telling(names) as telling:
        try:
            found = explained(order, telling.of)
        except OSError as error:
            raise InputError(_unread(error, names)) from None
    hint = f"the ladder of one: mainmode explain {printable(' '.join(names))} --peer ADDRESS"
    _write(arguments, found, "" if arguments.redact else hint)
    _print(arguments, found, "--peer ADDRESS gives the ladder of one")
    return _code(found, order, printable(" and ".join(names)))


def _are_one(first: str, second: str) -> bool:
    """Whether two names lead to one file."""
    return all(Path(one).is_file() for one in (first, second)) and Path(first).samefile(second)


def _outputs(arguments: Namespace) -> dict[str, Path]:
    return {
        f"--{name} {place}": Path(place)
        for name in ("html", "json", "markdown")
        if (place := getattr(arguments, name)) is not None
    }


def _source(name: str) -> Source:
    try:
        return Source(name)
    except OSError as error:
        raise InputError(_unread(error, [name])) from None


def _unread(error: OSError, names: list[str]) -> str:
    name = error.filename or " and ".join(names)
    if isinstance(error, FileNotFoundError):
        return f"{name}: no such file or folder"
    if isinstance(error, PermissionError):
        return f"{name}: no permission to read it"
    return f"{name}: cannot be read: {error.strerror or error}"


def _configuration(name: str | None) -> Configuration | None:
    """A configuration with its problems told; they do not stop it."""
    if name is None:
        return None
    found = read(read_text(Path("/dev/stdin" if name == "-" else name)), printable(Path(name).name))
    check_firewalls(found)
    unread = [one for one in found.problems if one.severity is not Severity.WARNING]
    if unread:
        tell(f"mainmode: {unread[0].place}: not understood, and left out: {unread[0].text.strip()}")
    if len(unread) > 1:
        tell(f"mainmode: {found.file}: {len(unread) - 1} more lines are not understood and left out")
    return found


def _secrets(arguments: Namespace) -> Secrets:
    """What a capture is opened with: a key file or its folder, and the pre-shared key, asked for at the terminal."""
    if arguments.keys is None and not arguments.psk:
        return NO_SECRETS
    keys: tuple[IkeKey, ...] = ()
    if arguments.keys is not None:
        place = Path(arguments.keys)
        file = place / IKE_TABLE if place.is_dir() else place
        keys = read_ike_table(read_text(file), str(file))
    return secrets_of(keys, _asked() if arguments.psk else None)


def _asked() -> Secret:
    """The pre-shared key from the terminal itself, never from an argument or a pipe."""
    import getpass

    try:
        with open("/dev/tty", "r+b", buffering=0):
            pass
    except OSError:
        raise InputError("--psk asks for the pre-shared key at a terminal, and there is none; leave it out") from None
    return Secret(getpass.getpass("pre-shared key: ").encode())


def _write(arguments: Namespace, found: Explanation, hint: str) -> None:
    """The files that were asked for. Each layout is loaded only if it is."""
    if arguments.html is not None:
        from mainmode.explain.faces.page import page

        write_file(Path(arguments.html), page(found, hint).encode())
    if arguments.json is not None:
        from mainmode.explain.faces.document import json_text

        write_file(Path(arguments.json), json_text(found).encode())
    if arguments.markdown is not None:
        from mainmode.explain.faces.ticket import ticket

        write_file(Path(arguments.markdown), ticket(found, hint).encode())


def _print(arguments: Namespace, found: Explanation, hint: str) -> None:
    from mainmode.explain.faces.text import text

    on_terminal = sys.stdout.isatty()
    width = arguments.width or (shutil.get_terminal_size().columns if on_terminal else _PIPED_WIDTH)
    colour = arguments.color == "always" or (arguments.color == "auto" and on_terminal and wants_colour())
    encoding = sys.stdout.encoding or "utf-8"
    whole = text(found, min(max(width, NARROWEST), WIDEST), colour, arguments.ladder, hint)
    print_output(whole.encode(encoding, "replace").decode(encoding).rstrip("\n") + "\n")


def _code(found: Explanation, order: Order, names: str) -> int:
    """0 nothing failed, 1 something did, 2 there is nothing to explain."""
    if not found.negotiations and not found.findings:
        tell(f"mainmode: {why_nothing(found, order.sources, names, order.peer)}")
        return EXIT_INPUT
    concerned = found.negotiations if found.chosen is None else (found.chosen,)
    failed = any(one.outcome is Outcome.FAILED for one in concerned)
    return EXIT_DOWN if failed or any(not one.warning for one in found.findings) else EXIT_UP


class _Telling:
    """Tells a person at a terminal how far a long reading is; one row, which goes away."""

    def __init__(self, names: list[str]) -> None:
        self._names = names
        self._next = time.monotonic() + _PATIENCE
        self._wide = 0

    def __enter__(self) -> "_Telling":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._wide:
            print(f"\r{' ' * self._wide}\r", end="", file=sys.stderr, flush=True)

    def of(self, number: int) -> Progress | None:
        """Who is told of the log with this number."""
        if not sys.stderr.isatty():
            return None
        name = printable(self._names[number])

        def told(done: int, total: int | None) -> None:
            now = time.monotonic()
            if now < self._next:
                return
            self._next = now + _EVERY
            share = f" of {total / 1e6:.0f} MB ({100 * done // total} %)" if total else " MB"
            row = f"reading {name}: {done / 1e6:.0f}{share}"
            print(f"\r{row:<{self._wide}}", end="", file=sys.stderr, flush=True)
            self._wide = max(self._wide, len(row))

        return told
