"""Clients that mean harm, or are broken: the lab and the other sessions go on."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import asyncssh
import pytest
from lab_rig import devices
from ssh_rig import LOOPBACK, USERS, Served, connect, served

_GARBAGE = [
    b"\x00" * 4096,
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"A" * 100_000,
    b"\r\n" * 5000,
    b"SSH-1.5-old\r\n",
    b"SSH-2.0-x\r\n" + b"\xff" * 70_000,
    b"SSH-2.0-x\r\n\x00\x00\x00\x0c\x0a\x14" + b"\x00" * 64,
    b"SSH-2.0-x\r\n\x00\x00\x01\x00\x04" + bytes(range(256)),
]


@pytest.fixture(scope="module")
def lab() -> Iterator[Served]:
    """One lab for all of them: what one does to it, the next one finds."""
    with served(devices(USERS, USERS)) as one:
        yield one


def on(act: Callable[[], Awaitable[None]]) -> None:
    """Do something as a client, bounded."""

    async def bounded() -> None:
        async with asyncio.timeout(60):
            await act()

    asyncio.run(bounded())


def answers(lab: Served) -> None:
    """A client that means well is served."""

    async def act() -> None:
        async with connect(lab.ports[0], "bob", "hush-bob") as conn:
            assert "Username : bob" in (await conn.run("show curpriv")).stdout

    on(act)


def unknown(lab: Served) -> int:
    """Connections of those who have not logged in."""
    return lab.call(lambda: len(lab.server._unknown))


def eventually(true: Callable[[], bool]) -> bool:
    """Whether it becomes true; waits for it, bounded."""
    end = time.monotonic() + 30
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()


@pytest.mark.parametrize("octets", _GARBAGE, ids=range(len(_GARBAGE)))
def test_garbage_at_the_port_is_dropped(lab: Served, octets: bytes) -> None:
    with socket.create_connection((LOOPBACK, lab.ports[0]), 20) as client:
        try:
            client.sendall(octets)
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass
        except OSError:
            pass
    answers(lab)
    assert eventually(lambda: unknown(lab) == 0)


def test_two_hundred_silent_connections_keep_nobody_out(lab: Served) -> None:
    clients = [socket.create_connection((LOOPBACK, lab.ports[0]), 20) for _ in range(200)]
    try:
        answers(lab)
        assert unknown(lab) <= 10
        clients[-1].sendall(b"SSH-2.0-half-open\r\n")
        answers(lab)
    finally:
        for client in clients:
            client.close()
    assert eventually(lambda: unknown(lab) == 0)


def test_somebody_who_never_logs_in_is_dropped() -> None:
    with served(devices(USERS), grace=0.5) as lab:
        with socket.create_connection((LOOPBACK, lab.ports[0]), 20) as client:
            client.sendall(b"SSH-2.0-slow\r\n")
            client.settimeout(30)
            while client.recv(65536):
                pass
        assert eventually(lambda: unknown(lab) == 0)


def test_a_connection_without_a_session_is_dropped() -> None:
    async def act() -> None:
        conn = await connect(lab.ports[0])
        await asyncio.wait_for(conn.wait_closed(), 30)

    with served(devices(USERS), grace=5) as lab:
        on(act)


def test_requests_of_enormous_size_are_refused_or_cut(lab: Served) -> None:
    async def act() -> None:
        async with connect(lab.ports[0]) as conn:
            with pytest.raises(asyncssh.ChannelOpenError):
                await conn.create_process("x" * 20_000)
            with pytest.raises(asyncssh.ChannelOpenError):
                await conn.create_process(subsystem="s" * 10_000)
            shell = await conn.create_process(
                term_type="x" * 1000, term_size=(2**31, 2**31), env={f"V{at}": "v" * 1000 for at in range(100)}
            )
            await asyncio.wait_for(shell.stdout.readuntil("# "), 20)
            await _typed(shell, "terminal pager 0")
            for size in ((0, 0), (1, 1), (2**32 - 1, 2**32 - 1)):
                shell.change_terminal_size(*size)
                shell.stdin.write("show curpriv\n")
                await asyncio.wait_for(shell.stdout.readuntil("asa1# "), 20)
            shell.stdin.write("y" * 5000 + "\n")
            await asyncio.wait_for(shell.stdout.readuntil("asa1# "), 20)
            shell.stdin.write("show clock\n")
            assert "UTC" in await asyncio.wait_for(shell.stdout.readuntil("asa1# "), 20)

    on(act)
    answers(lab)


def test_a_client_that_types_without_end_and_never_reads_has_to_wait(lab: Served) -> None:
    async def act() -> None:
        async with connect(lab.ports[0]) as conn:
            shell = await conn.create_process(term_type="xterm", window=2048)
            shell.stdin.write("show running-config\n" * 500_000)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(shell.stdin.drain(), 3)
            await asyncio.to_thread(answers, lab)

    on(act)
    answers(lab)


async def _typed(shell: Any, line: str) -> str:
    shell.stdin.write(f"{line}\n")
    return str(await asyncio.wait_for(shell.stdout.readuntil("asa1# "), 30))


def test_a_client_that_reads_nothing_of_its_debugs_stops_nobody(lab: Served) -> None:
    async def act() -> None:
        async with connect(lab.ports[0]) as deaf, connect(lab.ports[0], "bob", "hush-bob") as other:
            stuck = await deaf.create_process(term_type="xterm", window=1024)
            stuck.stdin.write("debug crypto ikev1 255\ndebug crypto ipsec 255\n")
            shell = await other.create_process(term_type="xterm")
            await asyncio.wait_for(shell.stdout.readuntil("asa1# "), 20)
            await _typed(shell, "terminal pager 0")
            for _ in range(4):
                await _typed(shell, "clear crypto isakmp sa")
                assert "!!!" in await _typed(shell, "ping inside 192.168.2.1 repeat 5")
                assert "MM_ACTIVE" in await _typed(shell, "show crypto isakmp sa")

    on(act)
    answers(lab)


def test_a_client_that_is_gone_in_the_middle_of_a_command_leaves_nothing_behind(lab: Served) -> None:
    async def act() -> None:
        conn = await connect(lab.ports[0])
        shell = await conn.create_process(term_type="xterm")
        await asyncio.wait_for(shell.stdout.readuntil("asa1# "), 20)
        shell.stdin.write("debug crypto ikev1 127\nping 10.0.0.99 repeat 1000000\n")
        await asyncio.wait_for(shell.stdout.readuntil("Sending"), 20)
        conn.abort()

    watchers = _watchers(lab)
    on(act)
    assert eventually(lambda: _watchers(lab) == watchers)
    answers(lab)


def _watchers(lab: Served) -> int:
    return lab.call(lambda: len(lab.lab.heard._watchers["asa1"]))
