"""The metrics of a gateway, read by Prometheus' own parser, and the server's manners."""

import asyncio
import re
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from unittest.mock import AsyncMock

import pytest
from gateway_boxes import CONFIGURATION, HOST_A, HOST_B, A, Rig, echo, gateway_of, mirrored
from prometheus_client.parser import text_string_to_metric_families

from mainmode.base.errors import InputError
from mainmode.gateway.counts import Counts
from mainmode.gateway.exposition import MOST_SERIES, Metric, exposition, samples_of
from mainmode.gateway.gateway import Gateway
from mainmode.gateway.metrics import METRICS, Facts, reference_page
from mainmode.gateway.metrics_server import MetricsAddress, MetricsServer, parse_metrics_address
from mainmode.gateway.syslog_out import SyslogOut
from mainmode.wire.ip import Ipv4

Samples = dict[str, dict[tuple[str, ...], float]]
TUNNEL = ("10.0.0.2", "10.0.0.2", "192.168.1.0/24", "192.168.2.0/24")
KEY = "correct-horse-battery"


async def page_of(gateway: Gateway, counts: Counts) -> str:
    facts = Facts(gateway, counts, SyslogOut(gateway, (), print), gateway.now(), 1.5)
    return exposition(METRICS, [samples_of(METRICS, facts)])


def parsed(page: str) -> Samples:
    """Values by metric and labels, in the order of the declaration; the parser puts _total behind all counters."""
    labels = {metric.name.removesuffix("_total"): metric.labels for metric in METRICS}
    found: Samples = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            values = tuple(sample.labels[label] for label in labels[family.name])
            found.setdefault(family.name, {})[values] = sample.value
    return found


def ping(rig: Rig) -> None:
    rig.gateway.packet_arrived("inside", echo(HOST_A, HOST_B).encode())
    rig.carry()


def pair(their_settings: str = "") -> tuple[Rig, Rig]:
    """Two with a wire between them; the other one has these lines too."""
    ours, theirs = gateway_of("a"), Rig("b", mirrored(CONFIGURATION) + their_settings)
    ours.join(theirs)
    return ours, theirs


def scene() -> tuple[Rig, Counts, str]:
    """Three pings, the counts and the page of the one that began."""
    ours, _ = pair()
    counts = Counts()
    ours.gateway.watchers.append(counts)
    for _ in range(3):
        ping(ours)
    return ours, counts, asyncio.run(page_of(ours.gateway, counts))


def test_a_tunnel_that_stands_is_counted() -> None:
    found = parsed(scene()[-1])
    assert found["ipsec_ike_sa_state"] == {("10.0.0.2", "10.0.0.2", "initiator", "MM_ACTIVE"): 1}
    assert found["ipsec_crypto_map_tunnels"] == {("MAP", "10", "10.0.0.2"): 1}
    assert found["ipsec_child_sa_packets_out"] == {TUNNEL: 3}
    assert found["ipsec_child_sa_bytes_out"] == {TUNNEL: 3 * 84}
    assert found["ipsec_child_sa_packets_in"] == {TUNNEL: 0}
    assert found["ipsec_child_sa_lifetime_seconds_left"] == {TUNNEL: 28799}
    assert found["mainmode_negotiations"] == {("1", "initiator", "up"): 1, ("2", "initiator", "up"): 1}
    assert found["mainmode_ike_datagrams"] == {("in",): 4, ("out",): 5}
    assert found["mainmode_held_packets"] == {(): 0}
    assert found["mainmode_timers"] == {(): 3}


def test_packets_that_wait_for_a_tunnel_are_counted() -> None:
    alone = gateway_of("a")
    ping(alone)
    ping(alone)
    assert parsed(asyncio.run(page_of(alone.gateway, Counts())))["mainmode_held_packets"] == {(): 2}


def test_counters_of_a_tunnel_go_on_through_a_renewal() -> None:
    ours, _ = pair()
    ping(ours)
    ping(ours)
    gateway = ours.gateway
    (state,) = gateway.box.sad.states()
    gateway.act(lambda box, now: box.renew(state.pair.inbound_spi, now))
    ours.settle()
    ping(ours)
    gateway.act(lambda box, now: box.outlived(state.pair.inbound_spi, now))
    ours.settle()
    found = parsed(asyncio.run(page_of(gateway, Counts())))
    assert found["ipsec_child_sa_rekeys"] == {TUNNEL: 1}
    assert found["ipsec_child_sa_pairs"] == {TUNNEL: 1}
    assert found["ipsec_child_sa_packets_out"] == {TUNNEL: 3}


def test_a_tunnel_that_does_not_come_up_is_counted_by_its_cause() -> None:
    ours, theirs = pair("crypto ikev1 policy 10\n group 5\n")
    counts = Counts()
    theirs.gateway.watchers.append(counts)
    ping(ours)
    found = parsed(asyncio.run(page_of(theirs.gateway, counts)))
    assert found["ipsec_crypto_map_tunnels"] == {("MAP", "10", str(A)): 0}
    assert found["mainmode_failures"] == {("1", "phase1_mismatch"): 1}
    assert found["mainmode_negotiations"] == {("1", "responder", "failed"): 1}


def test_an_sa_that_stood_ends_by_its_cause_and_is_no_failure() -> None:
    ours, counts, _ = scene()
    ours.gateway.act(lambda box, now: box.clear(None, now))
    assert counts.ends == {("1", "admin"): 1, ("2", "admin"): 1}
    assert not counts.failures


def test_what_strangers_send_is_counted_by_reason_and_makes_no_label_of_theirs() -> None:
    gateway = gateway_of("a").gateway
    for number in range(1, 200):
        runt = Ipv4(IPv4Address(f"203.0.113.{number}"), A, 17, b"\x01\xf4\x01\xf4\x00\x0c\0\0runt")
        gateway.packet_arrived("outside", runt.encode())
    page = asyncio.run(page_of(gateway, Counts()))
    assert parsed(page)["mainmode_drops"] == {("runt",): 199}
    assert "203.0.113" not in page


def test_no_secret_is_on_the_page() -> None:
    ours, _, page = scene()
    gateway = ours.gateway
    (state,) = gateway.box.sad.states()
    for secret in (KEY, f"{state.pair.inbound_spi:x}", gateway.box.ike_sas[0].cookie_i.hex()):
        assert secret.lower() not in page.lower()


def test_every_metric_is_read_and_has_its_line_in_the_reference() -> None:
    ours, counts, _ = scene()
    ours.gateway.packet_arrived("outside", b"no packet")
    counts.failures["1", "x"] = counts.ends["1", "x"] = 1
    page = asyncio.run(page_of(ours.gateway, counts))
    assert {metric.name.removesuffix("_total") for metric in METRICS} == set(parsed(page))
    assert all(f"`{metric.name}`" in reference_page() for metric in METRICS)
    assert dict(re.findall(r"# TYPE (\S+) (\S+)", page)) == {metric.name: metric.kind for metric in METRICS}


def test_labels_are_quoted_and_series_bounded() -> None:
    odd = 'a"b\\c\nd'
    metric: Metric[None] = Metric("m", "gauge", "One\ntwo \\ three.", ("x",), lambda _: [((odd,), 1)])
    (family,) = text_string_to_metric_families(exposition([metric], [samples_of([metric], None)]))
    assert family.samples[0].labels == {"x": odd}
    assert family.documentation == "One\ntwo \\ three."
    many: Metric[None] = Metric("m", "gauge", "Many.", ("x",), lambda _: (((str(n),), n) for n in range(10**9)))
    assert exposition([many], [samples_of([many], None)]).count("\n") == MOST_SERIES + 2


def test_what_several_processes_have_is_added_up() -> None:
    count: Metric[int] = Metric("n", "counter", "Some.", ("x",), lambda facts: [(("a",), facts), ((str(facts),), 1)])
    start: Metric[int] = Metric("s", "gauge", "When.", (), lambda facts: [((), facts)], min)
    page = exposition([count, start], [samples_of([count, start], facts) for facts in (3, 4)])
    assert 'n{x="a"} 7\nn{x="3"} 1\nn{x="4"} 1\n' in page
    assert page.endswith("\ns 3\n")
    assert page.count("# TYPE n counter") == 1


# --- the server ------------------------------------------------------------------------------------------------------


def served(scene: Callable[[int], Awaitable[None]], page: Callable[[], str] = lambda: "m 1\n") -> None:
    async def now() -> str:
        return page()

    async def run() -> None:
        server = MetricsServer(now)
        await server.open(MetricsAddress(IPv4Address("127.0.0.1"), PORT))
        try:
            await scene(PORT)
        finally:
            await server.close()

    asyncio.run(run())


PORT = 39500


async def asked(octets: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    writer.write(octets)
    found = await reader.read()
    writer.close()
    return found


def test_python_s_own_client_gets_the_page() -> None:
    async def scene(port: int) -> None:
        open_ = partial(urllib.request.urlopen, f"http://127.0.0.1:{port}/metrics", timeout=5)
        answer = await asyncio.to_thread(open_)
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert await asyncio.to_thread(answer.read) == b"m 1\n"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            await asyncio.to_thread(urllib.request.urlopen, f"http://127.0.0.1:{port}/", timeout=5)

    served(scene)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /metrics HTTP/1.1\r\n\r\n", b"200"),
        (b"GET /metrics?x=1 HTTP/1.0\r\nHost: x\r\n\r\n", b"200"),
        (b"HEAD /metrics HTTP/1.1\r\n\r\n", b"200"),
        (b"POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", b"405"),
        (b"GET /metrics/../../etc/passwd HTTP/1.1\r\n\r\n", b"404"),
        (b"GET /\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"400"),
        (b"GET /metrics HTTP/1.1\r\nX: " + b"y" * 5000 + b"\r\n\r\n", b"431"),
        (b"G" * 10000, b"431"),
    ],
)
def test_anything_else_than_a_get_of_the_page_is_refused_by_its_number(request_: bytes, status: bytes) -> None:
    async def scene(port: int) -> None:
        answer = await asked(request_)
        assert answer.startswith(b"HTTP/1.1 " + status)
        assert (b"\r\n\r\nm 1\n" in answer) is (status == b"200" and not request_.startswith(b"HEAD"))

    served(scene)


def test_clients_that_say_nothing_are_let_go_and_others_are_still_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mainmode.gateway.metrics_server._SECONDS", 0.3)

    async def scene(port: int) -> None:
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(40)]
        assert all(octets == b"" for octets in await asyncio.gather(*(reader.read() for reader, _ in silent)))
        assert (await asked(b"GET /metrics HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 200")
        for _, writer in silent:
            writer.close()

    served(scene)


def test_a_port_that_is_taken_is_told_with_what_to_do() -> None:
    async def scene(port: int) -> None:
        with pytest.raises(InputError, match=f"--metrics 127.0.0.1:{port}: .*choose another"):
            await MetricsServer(AsyncMock()).open(MetricsAddress(IPv4Address("127.0.0.1"), port))

    served(scene)


@pytest.mark.parametrize("text", ["127.0.0.1:9500", "127.8.0.1:1", "exposed:192.0.2.1:9500", "exposed:0.0.0.0:9500"])
def test_an_address_for_metrics_reads(text: str) -> None:
    assert str(parse_metrics_address(text)) == text.removeprefix("exposed:")


@pytest.mark.parametrize(
    "text", ["", "9500", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:70000", "host:1", "exposed:", "127.0.0.1:٣"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="say ADDRESS:PORT"):
        parse_metrics_address(text)


@pytest.mark.parametrize("text", ["192.0.2.1:9500", "0.0.0.0:9500"])
def test_an_address_that_others_reach_must_be_meant(text: str) -> None:
    with pytest.raises(InputError, match=f"say exposed:{text}"):
        parse_metrics_address(text)


def test_the_reference_page_is_the_committed_one() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "metrics.md"
    assert page.read_text("utf-8") == reference_page()
