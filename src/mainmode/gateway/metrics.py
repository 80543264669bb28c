"""The metrics of a gateway: each is declared once, with where it is read; page and reference come from that.

No key, no cookie and no SPI is in them. Labels come from the configuration and from what was negotiated under it; peers
that no tunnel-group was found for share one label, so nobody outside can make new ones.
"""

import os
import resource
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from mainmode import __version__
from mainmode.base.address import Proxy
from mainmode.base.dataclass import dataclass
from mainmode.base.instant import SECOND, Instant
from mainmode.device.journal import Traffic
from mainmode.device.tunnels import Tunnel
from mainmode.gateway.counts import Counts
from mainmode.gateway.exposition import Metric, Sample, reference_table
from mainmode.gateway.gateway import Gateway
from mainmode.gateway.syslog_out import SyslogOut
from mainmode.ipsec.sad import SaState

UNKNOWN_PEER = "other"
"""The label of peers that no tunnel-group was found for."""


@dataclass(frozen=True)
class Facts:
    """Everything that metrics are read from, at one moment. `started`: seconds since the epoch."""

    gateway: Gateway
    counts: Counts
    log: SyslogOut
    now: Instant
    started: float


_Reader = Callable[[Facts], Iterable[Sample]]


# --- tunnels ---------------------------------------------------------------------------------------------------------


def _ike_states(facts: Facts) -> Iterable[Sample]:
    found: Counter[tuple[str, str, str, str]] = Counter()
    for sa in facts.gateway.box.ike_sas:
        peer, group = (str(sa.peer), sa.group_name) if sa.landed else (UNKNOWN_PEER, "")
        found[peer, group, sa.role.value.lower(), sa.state] += 1
    return found.items()


def _ike_seconds_left(facts: Facts) -> Iterable[Sample]:
    left: dict[tuple[str, str], float] = {}
    for sa in facts.gateway.box.ike_sas:
        if sa.established is not None and sa.expires is not None:
            left[str(sa.peer), sa.group_name] = max(0.0, (sa.expires - facts.now) / SECOND)
    return left.items()


def _entries(facts: Facts) -> Iterator[Sample]:
    box = facts.gateway.box
    up = Counter((tunnel.newest.map_name, tunnel.newest.map_sequence) for tunnel in box.journal.tunnels.all())
    for entry in box.settings.entries:
        if entry.complete and not entry.dynamic:
            peers = " ".join(str(peer) for peer in entry.peers)
            yield (entry.map_name, str(entry.sequence), peers), up[entry.map_name, entry.sequence]


def _labels(tunnel: Tunnel) -> tuple[str, str, str, str]:
    pair = tunnel.newest
    return pair.peer, pair.group_name, _spelled(pair.proxies.local), _spelled(pair.proxies.remote)


def _spelled(proxy: Proxy) -> str:
    """`192.168.1.0/24`, with `/6/443` behind it where the proxy says protocol and port."""
    width = f"/{int(proxy.mask).bit_count()}" if proxy.mask is not None else f"-{proxy.last}"
    return f"{proxy.first}{width}" + (f"/{proxy.protocol}/{proxy.port}" if proxy.protocol or proxy.port else "")


def _of_tunnels(read: Callable[[Tunnel], float]) -> _Reader:
    return lambda facts: ((_labels(tunnel), read(tunnel)) for tunnel in facts.gateway.box.journal.tunnels.all())


def _carried(name: str) -> _Reader:
    def read(facts: Facts) -> Iterator[Sample]:
        box = facts.gateway.box
        for tunnel in box.journal.tunnels.all():
            yield _labels(tunnel), getattr(tunnel.carried(box.sad), name)

    return read


def _left(read: Callable[[SaState, Instant], float | None]) -> _Reader:
    """Of the newest pair of each tunnel, where it has such a limit."""

    def samples(facts: Facts) -> Iterator[Sample]:
        box = facts.gateway.box
        for tunnel in box.journal.tunnels.all():
            state = box.sad.inbound(tunnel.newest.inbound_spi)
            left = read(state, facts.now) if state is not None else None
            if left is not None:
                yield _labels(tunnel), left

    return samples


def _kilobytes_left(state: SaState, now: Instant) -> int | None:
    left = state.kilobytes_left
    return min(left) if left is not None else None


# --- interfaces, logs, the process -----------------------------------------------------------------------------------


def _of_interfaces(both: Callable[[Traffic], tuple[int, int]]) -> _Reader:
    def read(facts: Facts) -> Iterator[Sample]:
        for nameif, traffic in facts.gateway.box.journal.traffic.items():
            received, sent = both(traffic)
            yield (nameif, "in"), received
            yield (nameif, "out"), sent

    return read


def _both(read: Callable[[Facts], tuple[float, float]], first: str, second: str) -> _Reader:
    """One label, two values."""

    def samples(facts: Facts) -> Iterator[Sample]:
        one, other = read(facts)
        yield (first,), one
        yield (second,), other

    return samples


def _ike_datagrams(facts: Facts) -> tuple[int, int]:
    statistics = facts.gateway.box.ike_statistics
    return statistics.inbound.packets, statistics.outbound.packets


def _ike_octets(facts: Facts) -> tuple[int, int]:
    statistics = facts.gateway.box.ike_statistics
    return statistics.inbound.octets, statistics.outbound.octets


def _one(read: Callable[[Facts], float]) -> _Reader:
    return lambda facts: [((), read(facts))]


def _info(facts: Facts) -> Iterable[Sample]:
    plane = facts.gateway.plane
    return [((__version__, facts.gateway.box.hostname, plane.name if plane is not None else ""), 1)]


def _resident(facts: Facts) -> Iterator[Sample]:
    with suppress(OSError):
        yield (), int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize()


def _open_files(facts: Facts) -> Iterator[Sample]:
    with suppress(OSError):
        yield (), len(os.listdir("/proc/self/fd"))


def _cpu_seconds(facts: Facts) -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


# --- all of them -----------------------------------------------------------------------------------------------------

_TUNNEL = ("peer", "group", "local", "remote")

_TUNNELS: tuple[Metric[Facts], ...] = (
    Metric(
        "ipsec_ike_sa_state",
        "gauge",
        "IKE SAs in this state, by the device's name of it; MM_ACTIVE is an established one.",
        ("peer", "group", "role", "state"),
        _ike_states,
    ),
    Metric(
        "ipsec_ike_sa_lifetime_seconds_left",
        "gauge",
        "Seconds to the end of the newest established IKE SA.",
        ("peer", "group"),
        _ike_seconds_left,
    ),
    Metric(
        "ipsec_crypto_map_tunnels",
        "gauge",
        "Tunnels that stand under a crypto map entry; 0: it is down.",
        ("map", "sequence", "peer"),
        _entries,
    ),
    Metric(
        "ipsec_child_sa_pairs",
        "gauge",
        "Pairs of IPsec SAs of a tunnel; two while a renewal passes.",
        _TUNNEL,
        _of_tunnels(lambda tunnel: len(tunnel.pairs)),
    ),
    Metric(
        "ipsec_child_sa_bytes_in",
        "counter",
        "Octets of packets that came out of the tunnel.",
        _TUNNEL,
        _carried("octets_in"),
    ),
    Metric(
        "ipsec_child_sa_bytes_out",
        "counter",
        "Octets of packets that went into the tunnel.",
        _TUNNEL,
        _carried("octets_out"),
    ),
    Metric(
        "ipsec_child_sa_packets_in", "counter", "Packets that came out of the tunnel.", _TUNNEL, _carried("packets_in")
    ),
    Metric(
        "ipsec_child_sa_packets_out", "counter", "Packets that went into the tunnel.", _TUNNEL, _carried("packets_out")
    ),
    Metric(
        "ipsec_child_sa_replays", "counter", "ESP packets that came twice or too late.", _TUNNEL, _carried("replays")
    ),
    Metric(
        "ipsec_child_sa_bad_icv",
        "counter",
        "ESP packets whose integrity check did not verify.",
        _TUNNEL,
        _carried("bad_icv"),
    ),
    Metric(
        "ipsec_child_sa_selector_mismatches",
        "counter",
        "Packets out of the tunnel that were not between its networks.",
        _TUNNEL,
        _carried("selector_mismatches"),
    ),
    Metric(
        "ipsec_child_sa_rekeys",
        "counter",
        "Renewals since the tunnel came up.",
        _TUNNEL,
        _of_tunnels(lambda tunnel: tunnel.renewals),
    ),
    Metric(
        "ipsec_child_sa_lifetime_seconds_left",
        "gauge",
        "Seconds to the end of the newest pair of IPsec SAs.",
        _TUNNEL,
        _left(lambda state, now: state.seconds_left(now)),
    ),
    Metric(
        "ipsec_child_sa_lifetime_kilobytes_left",
        "gauge",
        "Kilobytes to the end of the newest pair, as `show crypto ipsec sa` counts them, of the busier direction.",
        _TUNNEL,
        _left(_kilobytes_left),
    ),
)

_DEVICE: tuple[Metric[Facts], ...] = (
    Metric(
        "mainmode_negotiations_total",
        "counter",
        "Negotiations that ended: phase 1 or 2, by who began them and how they ended (up, failed).",
        ("phase", "role", "result"),
        lambda facts: facts.counts.negotiations.items(),
    ),
    Metric(
        "mainmode_failures_total",
        "counter",
        "Negotiations that failed, by cause; phase `trigger`: traffic asked for a tunnel and none could begin.",
        ("phase", "cause"),
        lambda facts: facts.counts.failures.items(),
    ),
    Metric(
        "mainmode_sa_ends_total",
        "counter",
        "SAs that stood and ended, by phase and cause; a renewal ends the old one too.",
        ("phase", "cause"),
        lambda facts: facts.counts.ends.items(),
    ),
    Metric(
        "mainmode_drops_total",
        "counter",
        "Datagrams and packets that were dropped, by reason.",
        ("reason",),
        lambda facts: (((drop.name.lower(),), count) for drop, count in facts.gateway.box.journal.drops.items()),
    ),
    Metric(
        "mainmode_ike_datagrams_total",
        "counter",
        "Datagrams of IKE.",
        ("direction",),
        _both(_ike_datagrams, "in", "out"),
    ),
    Metric("mainmode_ike_octets_total", "counter", "Octets of them.", ("direction",), _both(_ike_octets, "in", "out")),
    Metric(
        "mainmode_interface_packets_total",
        "counter",
        "IP packets by nameif, those of IKE and ESP included.",
        ("interface", "direction"),
        _of_interfaces(lambda traffic: (traffic.packets_in, traffic.packets_out)),
    ),
    Metric(
        "mainmode_interface_octets_total",
        "counter",
        "Octets of them.",
        ("interface", "direction"),
        _of_interfaces(lambda traffic: (traffic.octets_in, traffic.octets_out)),
    ),
    Metric(
        "mainmode_interface_drops_total",
        "counter",
        "Packets that came in by a nameif and were dropped.",
        ("interface",),
        lambda facts: (((name,), traffic.dropped) for name, traffic in facts.gateway.box.journal.traffic.items()),
    ),
    Metric(
        "mainmode_held_packets",
        "gauge",
        "Packets that wait for their tunnel.",
        (),
        _one(lambda facts: len(facts.gateway.held)),
    ),
    Metric(
        "mainmode_timers",
        "gauge",
        "IKE SAs, negotiations, pairs of IPsec SAs and sessions that have deadlines: 0 where nothing stands.",
        (),
        _one(lambda facts: facts.gateway.box.timers()),
    ),
)

_SHELL: tuple[Metric[Facts], ...] = (
    Metric(
        "mainmode_syslog_messages_total",
        "counter",
        "Messages of the system log for hosts and sockets: sent, or lost because none took them.",
        ("result",),
        _both(lambda facts: (facts.log.messages_sent, facts.log.messages_lost), "sent", "lost"),
    ),
    Metric(
        "mainmode_syslog_waiting",
        "gauge",
        "Messages in queues for hosts.",
        (),
        _one(lambda facts: facts.log.messages_waiting),
    ),
    Metric(
        "mainmode_host_refusals_total",
        "counter",
        "What the host refused: a datagram, a route, an SA; the gateway tells of each kind once.",
        (),
        _one(lambda facts: facts.gateway.troubles.total()),
    ),
    Metric(
        "mainmode_faults_total",
        "counter",
        "Faults in mainmode itself.",
        (),
        _one(lambda facts: facts.gateway.faults.total()),
    ),
    Metric("mainmode_info", "gauge", "Always 1.", ("version", "hostname", "data_plane"), _info, max),
    Metric(
        "mainmode_workers",
        "gauge",
        "Processes that the gateway is (`--workers`); what is of the process is of all of them together.",
        (),
        _one(lambda facts: 1),
    ),
    Metric(
        "process_start_time_seconds",
        "gauge",
        "When the process started, since the epoch.",
        (),
        _one(lambda facts: facts.started),
        min,
    ),
    Metric("process_cpu_seconds_total", "counter", "Processor time of the process.", (), _one(_cpu_seconds)),
    Metric("process_resident_memory_bytes", "gauge", "Memory of the process.", (), _resident),
    Metric("process_open_fds", "gauge", "Open file descriptors of the process.", (), _open_files),
)

METRICS = (*_TUNNELS, *_DEVICE, *_SHELL)


def reference_page() -> str:
    """The page of all metrics, in Markdown."""
    head = (
        "# Metrics",
        "",
        "What `mainmode up … --metrics 127.0.0.1:9500` serves at `/metrics`, in Prometheus' text format.",
        "Generated from the declarations in `gateway/metrics.py` by `docs/generate.py`.",
        "",
    )
    return "\n".join((*head, *reference_table(METRICS), ""))
