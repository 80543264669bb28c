"""The lab that `mainmode console` and `mainmode ssh` sit at, by their options."""

import asyncio
import secrets
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from mainmode.base.errors import InputError
from mainmode.cli.files import example_configurations, read_devices
from mainmode.cli.mistaken import check_firewalls, tell_problems
from mainmode.console.lab.casting import LabDevice
from mainmode.console.lab.lab import Lab
from mainmode.device.config.reader import read
from mainmode.lab.link import Link, read_link


def lab_of(arguments: Namespace) -> Lab:
    """The lab of the files, or of the packaged pair. Raises InputError."""
    names = arguments.configurations
    if arguments.example and names:
        raise InputError("--example is a pair of its own: leave the files out")
    if not arguments.example and not names:
        raise InputError("name the configuration of a device, or give --example to sit at the packaged pair")
    written = example_configurations() if arguments.example else read_devices(names)
    for one in written:
        configuration = read(one.text, one.name)
        check_firewalls(configuration)
        tell_problems(configuration)
    still = arguments.time == "still"
    seed = arguments.seed if arguments.seed is not None else 1 if still else secrets.randbits(64)
    link = read_link(arguments.link) if arguments.link is not None else Link()
    return Lab([LabDevice(one.name, one.text) for one in written], link=link, seed=seed, still=still)


@asynccontextmanager
async def passing_time(lab: Lab) -> AsyncIterator["asyncio.Task[None]"]:
    """The lab's time goes on within the block. The task does not end by itself but by a fault."""
    time = asyncio.get_running_loop().create_task(lab.run())
    try:
        yield time
    finally:
        time.cancel()
        with suppress(asyncio.CancelledError):
            await time
