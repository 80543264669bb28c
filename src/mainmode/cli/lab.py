"""`mainmode lab`: read two configurations, run them against each other, write and print what came of it."""

import secrets
import sys
import threading
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import AddressValueError, IPv4Address

from mainmode.base.errors import InputError
from mainmode.catalogue.debugs import Debugs, parse
from mainmode.cli.console import print_output, tell
from mainmode.cli.files import Written, example_configurations, read_configurations
from mainmode.cli.mistaken import tell_problems
from mainmode.cli.outputs import check_outputs, print_ladder, write_outputs
from mainmode.cli.parser import DEFAULT_DEBUGS, DEFAULT_SHOWS, EXIT_DOWN, EXIT_UP
from mainmode.device.config.model import Configuration
from mainmode.device.config.reader import read
from mainmode.lab.faults.catalogue import listing, read_fault
from mainmode.lab.faults.configuration import broken
from mainmode.lab.faults.declaration import Ordered
from mainmode.lab.link import Link, read_link
from mainmode.lab.run import Order, run
from mainmode.ladder.transcript import Outcome, Side

_PATIENCE = 2.0
"""Seconds of real time after which a run says that it is still at work."""


def lab(arguments: Namespace) -> int:
    """Carry out the command and return its exit code. Raises InputError for everything that the user can mend."""
    names = arguments.configurations
    if arguments.faults:
        print_output(listing())
        return EXIT_UP
    if arguments.list or len(names) == 1:
        code = _of_scenarios(arguments)
        if code is not None:
            return code
    written = read_configurations(names) if names else example_configurations()
    faults = tuple(read_fault(text, tuple(side.value for side in Side)) for text in arguments.fault or ())
    first, second = (_with_faults(one, side, faults) for one, side in zip(written, Side, strict=True))
    check_outputs(arguments, arguments.configurations)
    for configuration in (first, second):
        tell_problems(configuration)
    order = Order(
        pair={Side.A: first, Side.B: second},
        seed=secrets.randbits(32) if arguments.seed is None else arguments.seed,
        starter=Side(arguments.starter),
        ping=_hosts(arguments.ping),
        link=read_link(arguments.link) if arguments.link is not None else Link(),
        debugs=_debugs(arguments.debug or DEFAULT_DEBUGS),
        faults=faults,
        shows=tuple(command.strip().removeprefix("show ") for command in arguments.show or DEFAULT_SHOWS),
    )
    with _patience():
        result = run(order)
    write_outputs(arguments, result)
    print_ladder(arguments, result.transcript)
    return EXIT_UP if result.transcript.verdict.outcome is Outcome.UP else EXIT_DOWN


def _of_scenarios(arguments: Namespace) -> int | None:
    """What is asked of scenarios, with its exit code; None: nothing. A pair of configurations starts without them."""
    from mainmode.cli.scenario import ALL, all_scenarios, folder_of, list_scenarios, scenario

    if arguments.list:
        return list_scenarios()
    (name,) = arguments.configurations
    if name == ALL:
        return all_scenarios(arguments)
    folder = folder_of(name)
    return None if folder is None else scenario(arguments, folder)


def _with_faults(written: Written, side: Side, faults: tuple[Ordered, ...]) -> Configuration:
    """The configuration of a side with the faults typed into it that are meant for it."""
    configuration, text = read(written.text, written.name), written.text
    for fault in faults:
        if fault.device == side.value and fault.fault.lines is not None:
            text = broken(fault, text, configuration)
            configuration = read(text, written.name)
    return configuration


def _hosts(addresses: list[str] | None) -> tuple[IPv4Address, IPv4Address] | None:
    if addresses is None:
        return None
    try:
        source, destination = (IPv4Address(address) for address in addresses)
    except AddressValueError as error:
        raise InputError(f"--ping takes two IPv4 addresses: {error}") from None
    return source, destination


def _debugs(commands: tuple[str, ...] | list[str]) -> Debugs:
    debugs = Debugs()
    for command in commands:
        debugs = debugs.with_(parse(command))
    return debugs


@contextmanager
def _patience() -> Iterator[None]:
    """Tell a person at a terminal, once, that a long run is still at work."""
    if not sys.stderr.isatty():
        yield
        return
    timer = threading.Timer(_PATIENCE, lambda: tell("mainmode: still negotiating …"))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
