"""The system log leaves the gateway: UDP, TCP and unix sockets, hosts that are down, other configurations."""

import asyncio
import re
import socket
import socketserver
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from gateway_boxes import CONFIGURATION, HOST_A, HOST_B, Rig, echo, gateway_of

from mainmode.base.address import Proxy, ProxyPair
from mainmode.base.errors import InputError
from mainmode.catalogue import lines
from mainmode.catalogue.entry import About, Line
from mainmode.device.config.reader import read
from mainmode.gateway import log_sinks
from mainmode.gateway.gateway import Gateway
from mainmode.gateway.log_targets import LogTarget, parse_target
from mainmode.gateway.syslog_out import SyslogOut
from mainmode.ike.effects import NO_EXCHANGE, Cause, Failure, InstallSa, RemoveSa, Step
from mainmode.ipsec.dataplane import SaPair

PEER = IPv4Address("192.0.2.2")
UP: Line = lines.PHASE1_COMPLETED(About(group="10.0.0.2", ip="10.0.0.2"))
TEXT = "%ASA-5-713119: Group = 10.0.0.2, IP = 10.0.0.2, PHASE 1 COMPLETED"
ON = "logging enable\nlogging timestamp rfc5424\nlogging device-id hostname\nlogging trap informational\n"
STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


class Collector(socketserver.BaseRequestHandler):
    """Python's own server keeps what it gets: datagrams whole, lines of a stream one by one."""

    def handle(self) -> None:
        server = self.server
        if isinstance(self.request, tuple):
            server.got.append(self.request[0].decode())
            return
        server.connections.append(self.request)
        rest = b""
        while octets := self.request.recv(65536):
            *whole, rest = (rest + octets).split(b"\n")
            server.got.extend(line.decode() for line in whole)


class TcpServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False


@contextmanager
def collector(kind: type[socketserver.BaseServer], where: object) -> Iterator[socketserver.BaseServer]:
    with kind(where, Collector) as server:
        server.got, server.connections = [], []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
            for connection in server.connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.005)


def one_gateway(settings: str, told: list[str] | None = None) -> Gateway:
    """One whose configuration has these lines too; `told` gets its lines for people."""
    rig = Rig("a", CONFIGURATION + settings)
    if told is not None:
        rig.gateway.tell = rig.gateway.warn = told.append
    return rig.gateway


def with_log(
    gateway: Gateway, scene: Callable[[SyslogOut], Awaitable[None]], *asked: LogTarget, console: list[str] | None = None
) -> SyslogOut:
    """The scene on a loop, with the log among the gateway's watchers."""

    async def run() -> SyslogOut:
        log = SyslogOut(gateway, asked, (console if console is not None else []).append)
        gateway.watchers.append(log)
        try:
            await scene(log)
        finally:
            await log.close()
        return log

    return asyncio.run(run())


def say(gateway: Gateway, line: Line = UP) -> None:
    gateway.act(lambda box, now: box.say(line, now))


def hosts(*statements: str) -> str:
    """`logging host` on an interface that this machine has the address of."""
    interface = "interface GigabitEthernet0/2\n nameif lo\n ip address 127.0.0.1 255.0.0.0\n"
    return interface + ON + "".join(f"logging host lo 127.0.0.1 {one}\n" for one in statements)


def test_a_host_of_the_configuration_gets_datagrams_in_the_device_s_form() -> None:
    with (
        collector(socketserver.UDPServer, ("127.0.0.1", 0)) as usual,
        collector(socketserver.UDPServer, ("127.0.0.1", 0)) as emblem,
    ):
        gateway = one_gateway(hosts(f"udp/{usual.server_address[1]}", f"udp/{emblem.server_address[1]} format emblem"))

        async def scene(log: SyslogOut) -> None:
            say(gateway)
            await until(lambda: usual.got and emblem.got)

        log = with_log(gateway, scene)
    assert re.fullmatch(rf"<165>{STAMP} asa1 : {re.escape(TEXT)}", usual.got[0])
    assert re.fullmatch(rf"<165>:{STAMP}: {re.escape(TEXT.replace('ASA-', 'ASA-vpn-'))}", emblem.got[0])
    assert (log.messages_sent, log.messages_lost) == (2, 0)


def test_lines_over_tcp_end_with_a_newline_and_wait_for_the_connection() -> None:
    with collector(TcpServer, ("127.0.0.1", 0)) as server:
        gateway = one_gateway(hosts(f"tcp/{server.server_address[1]}"))

        async def scene(log: SyslogOut) -> None:
            for _ in range(300):
                say(gateway)
            await until(lambda: len(server.got) == 300)

        with_log(gateway, scene)
    assert all(line.endswith(f"asa1 : {TEXT}") for line in server.got)


def test_a_host_that_comes_back_is_told_how_many_messages_were_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_sinks, "_FIRST_PAUSE", 0.02)
    port = free_port()
    told: list[str] = []
    gateway = one_gateway(hosts(f"tcp/{port}") + "logging queue 10\n", told)
    got: list[str] = []

    async def scene(log: SyslogOut) -> None:
        await until(lambda: told)
        for _ in range(30):
            say(gateway)
        assert log.messages_waiting == 10
        with collector(TcpServer, ("127.0.0.1", port)) as server:
            await until(lambda: any("Connection restored" in line for line in server.got))
            got.extend(server.got)

    with_log(gateway, scene)
    bodies = [line.split(" asa1 : ")[1] for line in got]
    assert bodies[0] == (
        f"%ASA-3-414003: TCP Syslog Server lo:127.0.0.1/{port} not responding, "
        "New connections are permitted based on logging permit-hostdown policy"
    )
    assert bodies[1:10] == [TEXT] * 9
    assert sorted(bodies[10:]) == [
        f"%ASA-4-199016: 21 messages for the syslog server tcp:127.0.0.1:{port} were lost",
        f"%ASA-6-414004: TCP Syslog Server lo:127.0.0.1/{port} - Connection restored",
    ]
    assert told[:2] == [
        f"the system log's target tcp:127.0.0.1:{port} does not take messages; tried again and again",
        f"the system log's target tcp:127.0.0.1:{port} takes messages again",
    ]


def test_a_server_that_is_restarted_gets_everything_that_is_said_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_sinks, "_FIRST_PAUSE", 0.02)
    port = free_port()
    told: list[str] = []
    gateway = one_gateway(hosts(f"tcp/{port}"), told)

    async def scene(log: SyslogOut) -> None:
        with collector(TcpServer, ("127.0.0.1", port)) as first:
            say(gateway)
            await until(lambda: first.got)
        await until(lambda: any("does not take" in line for line in told))
        say(gateway)
        with collector(TcpServer, ("127.0.0.1", port)) as second:
            await until(lambda: sum(TEXT in line for line in second.got) == 1)

    assert with_log(gateway, scene).messages_lost == 0


def test_what_waits_in_a_queue_leaves_before_the_gateway_ends() -> None:
    with collector(TcpServer, ("127.0.0.1", 0)) as server:
        gateway = one_gateway(hosts(f"tcp/{server.server_address[1]}"))

        async def scene(log: SyslogOut) -> None:
            await until(lambda: server.connections)
            for _ in range(200):
                say(gateway)

        with_log(gateway, scene)
        for _ in range(400):
            if len(server.got) == 200:
                break
            threading.Event().wait(0.01)
    assert len(server.got) == 200


def test_the_socket_of_this_machine_s_log_gets_what_logger_sends() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/log"
        gateway = one_gateway("")
        got: list[str] = []

        async def scene(log: SyslogOut) -> None:
            with collector(socketserver.UnixDatagramServer, path) as server:
                say(gateway)
                await until(lambda: server.got)
                got.extend(server.got)

        with_log(gateway, scene, parse_target(f"unix:{path}"))
    assert re.fullmatch(r"<165>\w{3} [ \d]\d \d\d:\d\d:\d\d mainmode\[\d+\]: " + re.escape(TEXT), got[0])


def test_a_log_socket_that_is_gone_for_a_while_costs_what_was_said_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_sinks, "_FIRST_PAUSE", 0.0)
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/log"
        told: list[str] = []
        gateway = one_gateway("", told)
        got: list[str] = []

        async def scene(log: SyslogOut) -> None:
            for _ in range(5):
                say(gateway)
            assert log.messages_lost == 5
            with collector(socketserver.UnixDatagramServer, path) as server:
                say(gateway)
                await until(lambda: len(server.got) == 2)
                got.extend(server.got)

        with_log(gateway, scene, parse_target(f"unix:{path}"))
    assert got[1].endswith(f"%ASA-4-199016: 5 messages for the syslog server unix:{path} were lost")
    assert len(told) == 2


def test_the_terminal_gets_what_logging_console_says() -> None:
    console: list[str] = []
    gateway = one_gateway("logging enable\nlogging console notifications\n")

    async def scene(log: SyslogOut) -> None:
        say(gateway)
        say(gateway, lines.SA_CREATED(direction="inbound", spi=1, local=PEER, remote=PEER, user="u"))

    with_log(gateway, scene, console=console)
    assert console == [TEXT]


def test_another_configuration_takes_hosts_away_and_adds_some() -> None:
    with (
        collector(socketserver.UDPServer, ("127.0.0.1", 0)) as first,
        collector(socketserver.UDPServer, ("127.0.0.1", 0)) as second,
    ):
        gateway = one_gateway(hosts(f"udp/{first.server_address[1]}"))

        async def scene(log: SyslogOut) -> None:
            say(gateway)
            await until(lambda: first.got)
            text = CONFIGURATION + hosts(f"udp/{second.server_address[1]}")
            gateway.act(lambda box, now: box.reconfigure(read(text, "a.cfg"), now))
            say(gateway)
            await until(lambda: second.got)

        log = with_log(gateway, scene)
    assert len(first.got) == len(second.got) == 1
    assert log.messages_sent == 2


def behind_a_tunnel(port: int) -> str:
    """A host that the crypto access list sends into the tunnel: its network is there, and here is its address."""
    return "access-list VPN extended permit ip host 127.0.0.1 host 127.0.0.1\n" + hosts(f"udp/{port}")


def test_messages_for_a_host_behind_a_tunnel_wait_for_the_tunnel_and_one_at_a_time_asks_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mainmode.gateway.syslog_out._SETTLED", 0.01)
    with collector(socketserver.UDPServer, ("127.0.0.1", 0)) as server:
        gateway = one_gateway(behind_a_tunnel(server.server_address[1]))
        proxies = ProxyPair(Proxy.of("127.0.0.1"), Proxy.of("127.0.0.1"))

        async def scene(log: SyslogOut) -> None:
            for _ in range(50):
                say(gateway)
            assert (log.messages_sent, log.messages_waiting) == (1, 49)
            pair = standing_pair(proxies)
            log.happened(InstallSa(pair, NO_EXCHANGE), gateway.now())
            await until(lambda: len(server.got) == 50)
            say(gateway)
            await until(lambda: len(server.got) == 51)
            log.happened(RemoveSa(pair.inbound_spi, Failure(Cause.ADMIN, Step.TEARDOWN, "")), gateway.now())
            say(gateway)
            assert log.messages_waiting == 1

        assert with_log(gateway, scene).messages_lost == 0


def standing_pair(proxies: ProxyPair) -> SaPair:
    """A pair of SAs between these proxies; nothing else of it counts here."""
    ours, theirs = gateway_of("a"), gateway_of("b")
    ours.join(theirs)
    ours.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
    ours.settle()
    (state,) = ours.gateway.box.sad.states()
    return replace(state.pair, proxies=proxies)


def test_a_host_that_asks_for_tls_gets_nothing_in_clear_and_that_is_told() -> None:
    told: list[str] = []
    with collector(TcpServer, ("127.0.0.1", 0)) as server:
        gateway = one_gateway(hosts(f"tcp/{server.server_address[1]} secure"), told)

        async def scene(log: SyslogOut) -> None:
            say(gateway)
            await asyncio.sleep(0.05)

        assert with_log(gateway, scene).messages_sent == 0
    assert not server.connections
    assert len(told) == 1
    assert "secure asks for TLS" in told[0]


def test_a_target_that_cannot_be_sent_to_costs_messages_and_nothing_else() -> None:
    gateway = one_gateway(ON + "logging host outside 192.0.2.77\n")

    async def scene(log: SyslogOut) -> None:
        say(gateway)
        say(gateway)
        assert log.messages_lost >= 2

    with_log(gateway, scene)
    assert not gateway.faults


def test_a_long_message_is_cut_between_characters() -> None:
    with collector(socketserver.UDPServer, ("127.0.0.1", 0)) as server:
        server.max_packet_size = 65536
        gateway = one_gateway(hosts(f"udp/{server.server_address[1]}"))

        async def scene(log: SyslogOut) -> None:
            say(gateway, Line(UP.entry, UP.values, About(group="ü" * 6000)))
            await until(lambda: server.got)

        with_log(gateway, scene)
    assert 8190 <= len(server.got[0].encode()) <= 8192


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("unix:/dev/log", "unix:/dev/log"),
        ("udp:192.0.2.9:5514", "udp:192.0.2.9:5514"),
        ("udp:192.0.2.9", "udp:192.0.2.9:514"),
        ("tcp:192.0.2.9", "tcp:192.0.2.9:1470"),
    ],
)
def test_a_target_of_the_command_line_reads(text: str, name: str) -> None:
    assert parse_target(text).name == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "unix:",
        "udp:",
        "udp:host:1",
        "udp:192.0.2.9:0",
        "tcp:192.0.2.9:99999",
        "tcp:192.0.2.9:",
        "x:1",
        "unix:" + "a" * 200,
    ],
)
def test_what_is_no_target_is_refused_with_what_to_say(text: str) -> None:
    with pytest.raises(InputError, match="say unix:PATH"):
        parse_target(text)


def test_a_log_that_ends_while_a_host_refuses_it_ends_at_once() -> None:
    """The refusal and the end may come in the same moment of the loop."""
    target = parse_target(f"tcp:127.0.0.1:{free_port()}")

    async def run() -> None:
        for moments in range(12):
            sink = log_sinks.TcpSink(target, lambda change: None, 10)
            for _ in range(moments):
                await asyncio.sleep(0)
            async with asyncio.timeout(5):
                await sink.close(0)

    asyncio.run(run())
