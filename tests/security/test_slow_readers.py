"""Who listens to the gateway may be slow, full, dead or out of memory: lines are lost and counted, nobody waits."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from unittest.mock import AsyncMock

import pytest
from control_rig import Client, Controlled, play
from gateway_boxes import CONFIGURATION, HOST_A, HOST_B, Rig, echo, gateway_of

from mainmode.base.instant import Instant
from mainmode.device.decision import BoxEffect
from mainmode.device.watching import Watcher
from mainmode.gateway import log_sinks
from mainmode.gateway.control.server import ControlServer
from mainmode.gateway.log_targets import parse_target
from mainmode.gateway.metrics_server import MetricsServer, parse_metrics_address
from mainmode.gateway.syslog_out import SyslogOut

LOGGING = CONFIGURATION + "logging enable\nlogging trap debugging\nlogging queue 100\n"


def busy(rig: Rig, times: int = 30) -> None:
    """A tunnel comes and goes, and says so."""
    for number in range(times):
        rig.gateway.packet_arrived("inside", echo(HOST_A, HOST_B, number + 1).encode())
        rig.carry()
        rig.gateway.act(lambda box, now: box.clear(None, now))
        rig.carry()
        for one in (rig, rig._other):
            assert one is not None
            one.advance(2)


def pair() -> Rig:
    a, b = gateway_of("a", LOGGING), gateway_of("b")
    a.join(b)
    return a


async def soon(said: Callable[[], bool]) -> bool:
    for _ in range(1000):
        if said():
            return True
        await asyncio.sleep(0.01)
    return False


def test_a_log_host_that_never_reads_costs_messages_of_a_bounded_queue_and_nobody_waits() -> None:
    async def scene() -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            rig = pair()
            out = SyslogOut(rig.gateway, [parse_target(f"tcp:127.0.0.1:{server.getsockname()[1]}")], rig.told.append)
            rig.gateway.watchers.append(out)
            for _ in range(10):
                busy(rig, 5)
                await asyncio.sleep(0)
                assert out.messages_waiting <= 100
            assert out.messages_lost > 1000
            assert not rig.gateway.faults
            await out.close()

    asyncio.run(scene())


def test_a_log_host_that_breaks_off_in_the_middle_of_a_line_is_written_to_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(log_sinks, "_FIRST_PAUSE", 0.01)
    heard: list[bytes] = []

    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(10 if not heard else 1 << 20))
        writer.transport.abort()

    async def scene() -> None:
        server = await asyncio.start_server(rude, "127.0.0.1", 0)
        rig = pair()
        port = server.sockets[0].getsockname()[1]
        out = SyslogOut(rig.gateway, [parse_target(f"tcp:127.0.0.1:{port}")], rig.told.append)
        rig.gateway.watchers.append(out)
        busy(rig, 1)
        assert await soon(lambda: len(heard) > 0)
        for _ in range(200):
            busy(rig, 1)
            await asyncio.sleep(0.02)
            if len(heard) > 2:
                break
        assert len(heard) > 2
        assert heard[1].startswith(b"<")
        await out.close()
        server.close()
        assert not rig.gateway.faults

    asyncio.run(scene())


def test_a_connection_that_ends_in_a_fault_is_told_and_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_sinks, "_FIRST_PAUSE", 0.01)
    tried: list[int] = []
    opened = asyncio.open_connection

    async def short_of_memory(*where: object, **more: object) -> object:
        tried.append(1)
        if len(tried) == 1:
            raise MemoryError
        return await opened(*where, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(log_sinks.asyncio, "open_connection", short_of_memory)

    async def scene() -> None:
        rig = pair()
        asyncio.get_running_loop().set_exception_handler(lambda _, context: rig.gateway.contain(context["exception"]))
        lines: list[bytes] = []

        async def reading(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            lines.append(await reader.readline())
            writer.close()

        server = await asyncio.start_server(reading, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        out = SyslogOut(rig.gateway, [parse_target(f"tcp:127.0.0.1:{port}")], rig.told.append)
        rig.gateway.watchers.append(out)
        busy(rig, 1)
        assert await soon(lambda: bool(lines))
        assert rig.gateway.faults.total() == 1
        await out.close()
        server.close()

    asyncio.run(scene())


def test_a_log_socket_of_this_machine_that_is_full_loses_and_counts(tmp_path: Path) -> None:
    async def scene() -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as full:
            full.bind(str(tmp_path / "log"))
            rig = pair()
            out = SyslogOut(rig.gateway, [parse_target(f"unix:{tmp_path / 'log'}")], rig.told.append)
            rig.gateway.watchers.append(out)
            busy(rig)
            assert out.messages_lost > 100
            assert out.messages_sent > 0
            assert not rig.gateway.faults
            await out.close()

    asyncio.run(scene())


class Short(Watcher):
    """Has no memory for what it is told."""

    def __init__(self) -> None:
        self.asked = 0

    def happened(self, effect: BoxEffect, now: Instant) -> None:
        self.asked += 1
        raise MemoryError


def test_a_watcher_without_memory_loses_its_line_and_the_next_one_gets_it() -> None:
    rig, short = pair(), Short()
    heard: list[BoxEffect] = []

    class After(Watcher):
        def happened(self, effect: BoxEffect, now: Instant) -> None:
            heard.append(effect)

    rig.gateway.watchers += [short, After()]
    busy(rig, 1)
    assert short.asked == len(heard) > 50
    assert rig.gateway.faults.total() == short.asked
    assert sum("a fault in mainmode itself" in line for line in rig.told) == 1


def test_scrapers_that_never_read_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    from mainmode.gateway import metrics_server

    monkeypatch.setattr(metrics_server, "_SECONDS", 0.3)

    async def scene() -> None:
        server = MetricsServer(AsyncMock(return_value="metric 1\n" * 2_000_000))
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        await server.open(parse_metrics_address(f"127.0.0.1:{port}"))
        links = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
        for link in links:
            link.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        assert await soon(lambda: len(server._connections) > 0)
        assert await soon(lambda: not server._connections)
        for link in links:
            link.close()
        await server.close()

    asyncio.run(scene())


def test_a_control_socket_whose_file_was_taken_away_is_made_anew_and_clients_stay(tmp_path: Path) -> None:
    async def scene(rig: Controlled) -> None:
        before = await Client.to(rig)
        assert "done" in (await before.command("show version"))[-1]
        assert rig.server.stands
        Path(rig.path).unlink()
        assert not rig.server.stands
        await rig.server.renew()
        assert rig.server.stands
        after = await Client.to(rig)
        for client in before, after:
            assert "done" in (await client.command("show version"))[-1]

    play(tmp_path, scene)


def test_a_socket_of_another_gateway_in_its_place_stays(tmp_path: Path) -> None:
    async def scene(rig: Controlled) -> None:
        Path(rig.path).unlink()
        other = ControlServer(gateway_of("b").gateway, rig.path)
        other.bind()
        await other.listen()
        with pytest.raises(Exception, match="a gateway runs already"):
            await rig.server.renew()
        assert other.stands
        other.close()
        await rig.server.renew()
        assert rig.server.stands

    play(tmp_path, scene)
