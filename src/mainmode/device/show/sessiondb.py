"""`show vpn-sessiondb`, its summary, and `show vpn-sessiondb [detail] l2l`.

The layouts are those of public outputs (ntc-templates fixtures `show_vpn-sessiondb` and `_detail_l2l`); 8.2/8.3 says
`IKE` where 8.4 and later say `IKEv1`, and puts the algorithms without numbers. The heading of the list without
`detail` and the text for no session are recalled. The two rows on the device's capacity are left out: there is none.
"""

from collections import Counter
from collections.abc import Iterator

from mainmode.base.codes import Authentication1, Encryption1, EspAuthentication, EspTransform, Hash1
from mainmode.base.instant import Instant, between, whole_seconds
from mainmode.device.config.model import Release
from mainmode.device.show.layout import Layout, calendar, duration, fill, text
from mainmode.device.show.standing import Standing
from mainmode.device.tunnels import IKE_TUNNEL, Carried, Count, Tunnel
from mainmode.ike.engine import IkeSaView
from mainmode.ike.views import SessionView
from mainmode.ipsec.dataplane import SaPair

_RULER = "-" * 75
_SHORT_RULER = " " * 29 + "-" * 46
_NONE: Layout = ("INFO: There are presently no active sessions of the type specified", "")
_HEADING: Layout = ("", "Session Type: LAN-to-LAN{detailed}", "")
_CONNECTION: Layout = (
    "Connection   : {connection}",
    "Index        : {index:<23}IP Addr      : {peer}",
    "Protocol     : {protocol}",
)
_ALGORITHMS: dict[Release, Layout] = {
    Release.OLD: ("Encryption   : {encryption:<23}Hashing      : {hashing}",),
    Release.NEW: ("Encryption   : {encryption}", "Hashing      : {hashing}"),
}
_LOGIN: Layout = (
    "Bytes Tx     : {carried.octets_out:<23}Bytes Rx     : {carried.octets_in}",
    "Login Time   : {login}",
    "Duration     : {duration}",
)
_TUNNEL_COUNT: Layout = ("{name} Tunnels: {count}",)
_IKE: Layout = (
    "",
    "{name}:",
    "  Tunnel ID    : {index}.{number}",
    "  UDP Src Port : {view.local_port:<23}UDP Dst Port : {view.remote_port}",
    "  IKE Neg Mode : Main                   Auth Mode    : {authentication}",
    "  Encryption   : {encryption:<23}Hashing      : {hashing}",
    "  Rekey Int (T): {interval:<23}Rekey Left(T): {left}",
    "  D/H Group    : {group}",
    "  Filter Name  : {filter}",
)
_IPV6_FILTER: Layout = ("  IPv6 Filter  : ",)
_IPSEC: Layout = (
    "",
    "{name}:",
    "  Tunnel ID    : {index}.{number}",
    "  Local Addr   : {local}",
    "  Remote Addr  : {remote}",
    "  Encryption   : {encryption:<23}Hashing      : {hashing:<23}",
    "  Encapsulation: {encapsulation:<23}{pfs}",
)
_REKEY_TIME: Layout = ("  Rekey Int (T): {interval:<23}Rekey Left(T): {left:<23}",)
_REKEY_DATA: Layout = ("  Rekey Int (D): {interval:<23}Rekey Left(D): {left:<23}",)
_IDLE: Layout = ("  Idle Time Out: {interval:<23}Idle TO Left : {left:<23}",)
_CARRIED: Layout = (
    "  Bytes Tx     : {carried.octets_out:<23}Bytes Rx     : {carried.octets_in:<23}",
    "  Pkts Tx      : {carried.packets_out:<23}Pkts Rx      : {carried.packets_in:<23}",
)
_SUMMARY_HEAD: Layout = (
    _RULER,
    "VPN Session Summary",
    _RULER,
    "                               Active : Cumulative : Peak Concur : Inactive",
    _SHORT_RULER,
)
_SUMMARY_ROW: Layout = ("{name:<29}: {count.active:>6} : {count.cumulative:>10} : {count.peak:>11}",)
_SUMMARY_TOTAL: Layout = (
    _RULER,
    "Total Active and Inactive    : {count.active:>6}             Total Cumulative : {count.cumulative:>7}",
    _RULER,
)
_TUNNELS_HEAD: Layout = (
    _RULER,
    "Tunnels Summary",
    _RULER,
    "                               Active : Cumulative : Peak Concurrent",
    _SHORT_RULER,
)
_TUNNELS_ROW: Layout = ("{name:<29}: {count.active:>6} : {count.cumulative:>10} : {count.peak:>15}",)
_TUNNELS_TOTAL: Layout = (_RULER, "Totals                       : {active:>6} : {cumulative:>10}", _RULER)

_CIPHERS = {Encryption1.DES_CBC: "DES", Encryption1.TRIPLE_DES_CBC: "3DES", Encryption1.AES_CBC: "AES"}
_HASHES = {Hash1.MD5: "MD5", Hash1.SHA1: "SHA1", Hash1.SHA2_256: "SHA256", Hash1.SHA2_384: "SHA384"}
_PROOFS = {Authentication1.PRE_SHARED_KEY: "preSharedKeys", Authentication1.RSA_SIGNATURE: "rsaCertificate"}


def no_sessions() -> str:
    """What is said of a type of sessions of which there are none."""
    return text(_NONE)


def summary(standing: Standing) -> str:
    """`show vpn-sessiondb [summary]`: sessions and tunnels now, in all, and at most at once."""
    counted, tunnels = standing.session_counts, standing.journal.tunnels
    sessions = Count(counted.active, counted.cumulative, counted.peak)
    ike = _ike_name(standing.release)
    lines = [*_SUMMARY_HEAD]
    for name in ("Site-to-Site VPN", f"  {ike} IPsec"):
        lines += fill(_SUMMARY_ROW, {"name": name, "count": sessions})
    lines += fill(_SUMMARY_TOTAL, {"count": sessions})
    rows = {ike: tunnels.ike, "IPsec": tunnels.ipsec, "IPsecOverNatT": tunnels.ipsec_over_nat}
    lines += _TUNNELS_HEAD
    for name, count in rows.items():
        if count.cumulative:
            lines += fill(_TUNNELS_ROW, {"name": name, "count": count})
    total = {
        "active": sum(count.active for count in rows.values()),
        "cumulative": sum(count.cumulative for count in rows.values()),
    }
    return text([*lines, *fill(_TUNNELS_TOTAL, total)])


def lan_to_lan(standing: Standing, wanted: str | None = None, *, detail: bool = False) -> str:
    """`show vpn-sessiondb [detail] l2l [filter …]`: a block for each session; `wanted` is a name or an address."""
    chosen = [
        session for session in standing.sessions if wanted is None or wanted in (session.group_name, str(session.peer))
    ]
    if not chosen:
        return text(_NONE)
    lines = fill(_HEADING, {"detailed": " Detailed" if detail else ""})
    for session in chosen:
        lines += _session(standing, session)
        if detail:
            lines += _detail(standing, session)
        lines.append("")
    return text(lines)


def _tunnels(standing: Standing, session: SessionView) -> tuple[Tunnel, ...]:
    return standing.journal.tunnels.of(child.pair.inbound_spi for child in session.children)


def _ike_name(release: Release) -> str:
    return "IKEv1" if release is Release.NEW else "IKE"


def _ipsec_name(pair: SaPair) -> str:
    return "IPsecOverNatT" if pair.udp_encapsulated else "IPsec"


def _session(standing: Standing, session: SessionView) -> Iterator[str]:
    tunnels = _tunnels(standing, session)
    ike = _ike_name(standing.release)
    parts: dict[str, list[tuple[str, str]]] = {}
    for view in session.ike[-1:]:
        parts.setdefault(ike, []).append((_ike_cipher(view), _ike_hash(view)))
    for tunnel in tunnels:
        pair = tunnel.newest
        parts.setdefault(_ipsec_name(pair), []).append((_esp_cipher(pair), _esp_hash(pair)))
    values = {
        "connection": session.group_name,
        "index": session.index,
        "peer": session.peer,
        "protocol": " ".join(parts),
        "encryption": _algorithms(parts, 0, standing.release),
        "hashing": _algorithms(parts, 1, standing.release),
        "carried": _carried(standing, session),
        "login": calendar(session.login),
        "duration": duration(between(session.login, standing.now)),
    }
    for layout in (_CONNECTION, _ALGORITHMS[standing.release], _LOGIN):
        yield from fill(layout, values)


def _algorithms(parts: dict[str, list[tuple[str, str]]], place: int, release: Release) -> str:
    """`IKEv1: (1)3DES  IPsec: (2)AES128`, or in 8.2/8.3 each name once."""
    if release is Release.OLD:
        return " ".join(dict.fromkeys(pair[place] for pairs in parts.values() for pair in pairs))
    shown = []
    for name, pairs in parts.items():
        counted = Counter(pair[place] for pair in pairs)
        shown.append(f"{name}: " + "  ".join(f"({count}){algorithm}" for algorithm, count in counted.items()))
    return "  ".join(shown)


def _carried(standing: Standing, session: SessionView) -> Carried:
    """What the session's tunnels carried, those that are gone included."""
    out, into = session.octets_out, session.octets_in
    for child in session.children:
        state = standing.sad.inbound(child.pair.inbound_spi)
        if state is not None:
            out += state.tally.octets_out
            into += state.tally.octets_in
    return Carried(octets_out=out, octets_in=into)


def _detail(standing: Standing, session: SessionView) -> Iterator[str]:
    tunnels = _tunnels(standing, session)
    ike = _ike_name(standing.release)
    counted = Counter(_ipsec_name(tunnel.newest) for tunnel in tunnels)
    yield ""
    yield from fill(_TUNNEL_COUNT, {"name": ike, "count": len(session.ike[-1:])})
    for name, count in counted.items():
        yield from fill(_TUNNEL_COUNT, {"name": name, "count": count})
    policy = standing.configuration.group_policy(session.policy_name)
    for view in session.ike[-1:]:
        yield from _ike_block(view, session, policy.vpn_filter.value or "", standing)
    for tunnel in tunnels:
        yield from _ipsec_block(tunnel, session, standing)


def _ike_block(view: IkeSaView, session: SessionView, filter_name: str, standing: Standing) -> Iterator[str]:
    left = None if view.expires is None else whole_seconds(between(standing.now, view.expires))
    values = {
        "name": _ike_name(standing.release),
        "index": session.index,
        "number": IKE_TUNNEL,
        "view": view,
        "authentication": _PROOFS.get(Authentication1(view.authentication or 0), "unknown"),
        "encryption": _ike_cipher(view),
        "hashing": _ike_hash(view),
        "interval": f"{view.lifetime or 0} Seconds",
        "left": f"{max(0, left or 0)} Seconds",
        "group": int(view.dh_group or 0),
        "filter": filter_name,
    }
    yield from fill(_IKE, values)
    if standing.release is Release.OLD:
        yield from _IPV6_FILTER


def _ipsec_block(tunnel: Tunnel, session: SessionView, standing: Standing) -> Iterator[str]:
    pair = tunnel.newest
    state = standing.sad.inbound(pair.inbound_spi)
    pfs = f"PFS Group    : {int(pair.pfs_group):<23}" if pair.pfs_group is not None else ""
    values = {
        "name": _ipsec_name(pair),
        "index": session.index,
        "number": tunnel.number,
        "local": pair.proxies.local.slashed(),
        "remote": pair.proxies.remote.slashed(),
        "encryption": _esp_cipher(pair),
        "hashing": _esp_hash(pair),
        "encapsulation": pair.mode.value,
        "pfs": pfs,
    }
    yield from fill(_IPSEC, values)
    if state is not None and pair.lifetime_seconds is not None:
        left = f"{state.seconds_left(standing.now)} Seconds"
        yield from fill(_REKEY_TIME, {"interval": f"{pair.lifetime_seconds} Seconds", "left": left})
    if state is not None and pair.lifetime_kilobytes is not None:
        busier = -(-max(state.tally.octets_in, state.tally.octets_out) // 1024)
        left = f"{max(0, pair.lifetime_kilobytes - busier)} K-Bytes"
        yield from fill(_REKEY_DATA, {"interval": f"{pair.lifetime_kilobytes} K-Bytes", "left": left})
    idle = _idle_left(pair, session, standing.now)
    if session.idle_timeout is not None and idle is not None:
        interval = f"{session.idle_timeout // 60} Minutes"
        yield from fill(_IDLE, {"interval": interval, "left": f"{idle} Minutes"})
    yield from fill(_CARRIED, {"carried": tunnel.carried(standing.sad)})


def _idle_left(pair: SaPair, session: SessionView, now: Instant) -> int | None:
    """Full minutes until the idle timeout ends the tunnel."""
    for child in session.children:
        if child.pair.inbound_spi == pair.inbound_spi and child.idle_at is not None:
            return max(0, whole_seconds(between(now, child.idle_at))) // 60
    return None


def _ike_cipher(view: IkeSaView) -> str:
    name = _CIPHERS.get(Encryption1(view.encryption or 0), "unknown")
    return f"{name}{view.key_bits or 128}" if name == "AES" else name


def _ike_hash(view: IkeSaView) -> str:
    return _HASHES.get(Hash1(view.hash or 0), "unknown")


def _esp_cipher(pair: SaPair) -> str:
    bits = pair.suite.key_bits or 128
    return {
        EspTransform.DES: "DES",
        EspTransform.TRIPLE_DES: "3DES",
        EspTransform.AES_CBC: f"AES{bits}",
        EspTransform.AES_GCM_16: f"AES-GCM-{bits}",
        EspTransform.NULL: "none",
    }.get(pair.suite.encryption, "unknown")


def _esp_hash(pair: SaPair) -> str:
    return {
        EspAuthentication.HMAC_MD5: "MD5",
        EspAuthentication.HMAC_SHA1: "SHA1",
        EspAuthentication.HMAC_SHA2_256: "SHA256",
        EspAuthentication.HMAC_SHA2_384: "SHA384",
        EspAuthentication.HMAC_SHA2_512: "SHA512",
        EspAuthentication.NONE: "none",
    }.get(pair.suite.authentication, "unknown")
