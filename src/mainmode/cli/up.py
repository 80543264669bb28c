"""`mainmode up`: read one configuration and be that device until told to end."""

import asyncio
import os
import stat
import sys
from argparse import Namespace
from contextlib import suppress
from pathlib import Path

from mainmode.catalogue.debugs import Debugs, parse
from mainmode.cli.console import printable, tell
from mainmode.cli.control_options import CONTROL_VARIABLE
from mainmode.cli.files import read_text
from mainmode.cli.parser import EXIT_UP
from mainmode.device.config.model import Configuration
from mainmode.device.config.reader import read
from mainmode.gateway.interfaces import read_mapping
from mainmode.gateway.log_targets import parse_target
from mainmode.gateway.metrics_server import parse_metrics_address
from mainmode.gateway.output import LineWriter
from mainmode.gateway.startup import Order, run

_OTHERS_READ = stat.S_IRGRP | stat.S_IROTH


def up(arguments: Namespace) -> int:
    """Carry out the command and return its exit code. Raises InputError for everything that the user can mend."""
    path = Path(arguments.configuration)

    def configuration() -> Configuration:
        return read(read_text(path), printable(path.name))

    debugs = Debugs()
    for command in arguments.debug or ():
        debugs = debugs.with_(parse(command))
    order = Order(
        configuration,
        read_mapping(arguments.map or ()),
        arguments.data_plane,
        arguments.tun,
        debugs,
        arguments.control or os.environ.get(CONTROL_VARIABLE) or None,
        tuple(parse_target(text) for text in arguments.syslog or ()),
        parse_metrics_address(arguments.metrics) if arguments.metrics is not None else None,
    )
    _look_at_mode(path)
    out, err = LineWriter(sys.stdout, printable), LineWriter(sys.stderr, printable)
    try:
        asyncio.run(run(order, out, err))
    finally:
        out.close()
        err.close()
    return EXIT_UP


def _look_at_mode(path: Path) -> None:
    """A file with keys that others may read is told of; reading it says what else is wrong with it."""
    with suppress(OSError):
        mode = stat.S_IMODE(path.stat().st_mode)
        if path.is_file() and mode & _OTHERS_READ:
            tell(f"{path}: holds keys, and others may read it (mode {mode:04o}); chmod go-rwx takes that away")
