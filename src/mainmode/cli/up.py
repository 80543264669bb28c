"""`mainmode up`: read one configuration and be that device until told to end."""

import asyncio
import gc
import os
import stat
import sys
from argparse import Namespace
from collections.abc import Callable
from contextlib import suppress
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path

from mainmode.base.errors import InputError
from mainmode.catalogue.debugs import Debugs, parse
from mainmode.cli.console import printable, tell
from mainmode.cli.control_options import CONTROL_VARIABLE
from mainmode.cli.files import read_text
from mainmode.cli.parser import EXIT_FAULT, EXIT_UP
from mainmode.console.gateway.consoles import Consoles, SshPlace
from mainmode.console.passwords import hashed
from mainmode.gateway.gateway import Gateway
from mainmode.gateway.interfaces import read_mapping
from mainmode.gateway.kept_file import KeptFile
from mainmode.gateway.log_targets import parse_target
from mainmode.gateway.metrics_server import parse_metrics_address
from mainmode.gateway.output import LineWriter
from mainmode.gateway.reload import Reloading
from mainmode.gateway.startup import Order, mustered, run
from mainmode.gateway.workers.crew import WorkerLost

_OTHERS_READ = stat.S_IRGRP | stat.S_IROTH
_HIGHEST_PORT = 65535
_CYCLES = 20_000
"""Values made before the interpreter looks for cycles: a gateway keeps much, and hardly a cycle is left behind."""


def up(arguments: Namespace) -> int:
    """Carry out the command and return its exit code. Raises InputError for everything that the user can mend."""
    path = Path(arguments.configuration)
    gc.set_threshold(_CYCLES)
    debugs = Debugs()
    for command in arguments.debug or ():
        debugs = debugs.with_(parse(command))
    workers = _workers(arguments)
    order = Order(
        KeptFile(path, printable(path.name), lambda: read_text(path), hashed),
        read_mapping(arguments.map or ()),
        arguments.data_plane,
        arguments.tun,
        debugs,
        arguments.control or os.environ.get(CONTROL_VARIABLE) or None,
        tuple(parse_target(text) for text in arguments.syslog or ()),
        parse_metrics_address(arguments.metrics) if arguments.metrics is not None else None,
        _consoles(arguments) if workers == 1 else None,
    )
    _look_at_mode(path)
    crew = mustered(order, workers, lambda line: tell(printable(line))) if workers > 1 else None
    out, err = LineWriter(sys.stdout, printable), LineWriter(sys.stderr, printable)
    try:
        asyncio.run(run(order, out, err, crew))
    except WorkerLost:
        return EXIT_FAULT
    finally:
        out.close()
        err.close()
    return EXIT_UP


def _workers(arguments: Namespace) -> int:
    """How many processes are the gateway. Raises InputError for what only one of them can be."""
    count = int(arguments.workers)
    if count > 1 and arguments.ssh is not None:
        raise InputError("--ssh needs a gateway of one process; leave --workers out")
    if count > 1 and arguments.data_plane == "kernel":
        raise InputError(
            "--workers shares out the tunnels of the user space data plane, and the kernel's needs no further process; "
            "leave --workers out, or say --data-plane user"
        )
    return count


def _consoles(arguments: Namespace) -> Callable[[Gateway, Reloading], Consoles]:
    """What people sit at. Raises InputError for an SSH server that cannot be."""
    if arguments.ssh is None:
        if arguments.host_key is not None:
            raise InputError("--host-key is the key of --ssh, which is not there")
        return Consoles
    place = _ssh_place(arguments.ssh, arguments.host_key)
    return lambda gateway, reloading: Consoles(gateway, reloading, place)


def _ssh_place(text: str, key: str | None) -> SshPlace:
    """Raises InputError."""
    address, colon, port = text.rpartition(":")
    try:
        where = str(IPv4Address(address))
    except AddressValueError:
        where = ""
    if not (colon and where and port.isascii() and port.isdigit() and int(port[:6]) <= _HIGHEST_PORT):
        raise InputError(f"--ssh {text}: write ADDRESS:PORT, such as 192.168.1.1:22")
    try:
        from mainmode.console.ssh.host_key import host_key, usual_place
    except ModuleNotFoundError as missing:
        if missing.name != "asyncssh":
            raise
        raise InputError("--ssh needs asyncssh; type: pip install 'mainmode[ssh]'") from missing
    return SshPlace(where, int(port), host_key(Path(key) if key is not None else usual_place()))


def _look_at_mode(path: Path) -> None:
    """A file with keys that others may read is told of; reading it says what else is wrong with it."""
    with suppress(OSError):
        mode = stat.S_IMODE(path.stat().st_mode)
        if path.is_file() and mode & _OTHERS_READ:
            tell(f"{path}: holds keys, and others may read it (mode {mode:04o}); chmod go-rwx takes that away")
