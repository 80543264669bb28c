"""A lab with its SSH server in a thread of its own, so that clients may block, as real ones do."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import asyncssh

from mainmode.console.lab.casting import LabDevice
from mainmode.console.lab.lab import Lab
from mainmode.console.ssh.server import Guest, SshServer

LOOPBACK = "127.0.0.1"
USERS = """enable password 3nable
username ann password hush-ann privilege 15
username bob password hush-bob privilege 15
aaa authentication ssh console LOCAL
aaa authorization exec LOCAL auto-enable
"""
"""Two users who are privileged at once."""
WAIT = 30.0
Result = TypeVar("Result")


@dataclass(frozen=True)
class Served:
    """What runs in the thread. `call` does something on its loop and waits for it."""

    lab: Lab
    server: SshServer
    ports: tuple[int, ...]
    loop: asyncio.AbstractEventLoop

    def call(self, act: Callable[[], Result]) -> Result:
        """The result of a function that is called there."""

        async def run() -> Result:
            return act()

        return self.wait(run())

    def wait(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """The result of a coroutine that runs there."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(WAIT)


@contextmanager
def served(devices: Sequence[LabDevice], guest: Guest | None = None, **options: Any) -> Iterator[Served]:
    """A lab that is listened for, each device at a port of its own, until the block ends."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    ready: list[Served | BaseException] = []
    begun, over = threading.Event(), threading.Event()

    async def serve() -> None:
        lab = Lab(devices)
        server = SshServer([key], guest, **options)
        time = asyncio.create_task(lab.run())
        ports = [(await server.listen(firewall, LOOPBACK, 0)).port for firewall in lab.firewalls.values()]
        ready.append(Served(lab, server, tuple(ports), asyncio.get_running_loop()))
        begun.set()
        try:
            while not over.is_set():
                await asyncio.sleep(0.02)
        finally:
            await asyncio.wait_for(server.close("the test is over"), WAIT)
            time.cancel()

    def thread() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            ready.append(error)
        finally:
            begun.set()

    running = threading.Thread(target=thread)
    running.start()
    try:
        if not begun.wait(WAIT) or not isinstance(ready[0], Served):
            raise RuntimeError("the server did not start") from (ready[0] if ready else None)
        yield ready[0]
    finally:
        over.set()
        running.join(WAIT)
    if len(ready) > 1 and isinstance(ready[1], BaseException):
        raise ready[1]


def connect(port: int, user: str = "ann", password: str | None = "hush-ann", **options: Any) -> Any:
    """A connection of asyncssh's client; to be awaited, or entered with `async with`."""
    return asyncssh.connect(
        LOOPBACK,
        port,
        username=user,
        password=password,
        **{"client_keys": None, "agent_path": None, "known_hosts": None, "config": None, **options},
    )
