"""`show crypto ipsec sa`, by interface, peer, map or entry, with `detail` or `identity`; and its summary.

Two layouts. The 8.2/8.3 spelling prints as the published output of the reference exchange does (tech note
113574), the 8.4+ spelling as release 9.x (ntc-templates fixture `show_crypto_ipsec_sa`). The heading by map, the rows
of `detail` and the summary are recalled from the command reference.
"""

from collections.abc import Iterator
from dataclasses import fields
from enum import Enum
from ipaddress import IPv4Address

from mainmode.base.dataclass import dataclass
from mainmode.device.config.model import Release
from mainmode.device.show.layout import Layout, fill, text
from mainmode.device.show.standing import Standing
from mainmode.ike.naming import integrity_name, transform_name
from mainmode.ipsec.overhead import headers_before_payload, overhead
from mainmode.ipsec.sad import SaState
from mainmode.ipsec.statistics import FragmentTally

_HEADERS_WITHOUT_IV = 28
"""Octets of the outer IP header and of the ESP header."""
_NONE: Layout = ("", "There are no ipsec sas")


class Grouping(Enum):
    """What the blocks stand below; the value is the row's layout."""

    INTERFACE = "interface: {interface}"
    PEER = "peer address: {peer}"
    MAP = "cryptomap: {map_name}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tunnels, below which headings, and how much of each."""

    grouping: Grouping = Grouping.INTERFACE
    peer: IPv4Address | None = None
    map_name: str | None = None
    detail: bool = False
    identity: bool = False

    def has(self, state: SaState) -> bool:
        """Whether the tunnel of this pair is among them."""
        pair = state.pair
        return self.peer in (None, pair.path.remote.address) and self.map_name in (None, pair.map_name)


_HEAD: Layout = (
    "    Crypto map tag: {map_name}, seq num: {sequence}, local addr: {local}",
    "",
    "{acl_row}      local ident (addr/mask/prot/port): ({local_ident})",
    "      remote ident (addr/mask/prot/port): ({remote_ident})",
    "      current_peer: {peer}",
)
_DYNAMIC: Layout = ("      dynamic allocated peer ip: 0.0.0.0",)
_COUNTERS: Layout = (
    "      #pkts encaps: {encaps}, #pkts encrypt: {encaps}, #pkts digest: {encaps}",
    "      #pkts decaps: {decaps}, #pkts decrypt: {accepted}, #pkts verify: {accepted}",
    "      #pkts compressed: 0, #pkts decompressed: 0",
    "      #pkts not compressed: {encaps}, #pkts comp failed: 0, #pkts decomp failed: 0",
    "      #pre-frag successes: {fragments.pre_successes}, #pre-frag failures: {fragments.pre_failures}, "
    "#fragments created: {fragments.created}",
    "      #PMTUs sent: {fragments.pmtus_sent}, #PMTUs rcvd: {fragments.pmtus_received}, "
    "#decapsulated frgs needing reassembly: {fragments.needing_reassembly}",
)
_COUNTERS_9: Layout = (
    "      #TFC rcvd: 0, #TFC sent: 0",
    "      #Valid ICMP Errors rcvd: 0, #Invalid ICMP Errors rcvd: 0",
)
_ERRORS: Layout = ("      #send errors: 0, #recv errors: {refused}",)
_ERRORS_DETAIL: Layout = (
    "      #pkts no sa (send): 0, #pkts invalid sa (rcv): 0",
    "      #pkts encaps failed (send): 0, #pkts decaps failed (rcv): 0",
    "      #pkts invalid prot (rcv): 0, #pkts verify failed: {bad_icv}",
    "      #pkts invalid identity (rcv): {mismatched}, #pkts invalid len (rcv): 0",
    "      #pkts replay rollover (send): 0, #pkts replay rollover (rcv): 0",
    "      #pkts replay failed (rcv): {replays}",
    "      #pkts internal err (send): 0, #pkts internal err (rcv): 0",
)
_ENDPOINTS: Layout = ("      local crypto endpt.: {local}/{local_port}, remote crypto endpt.: {remote}/{remote_port}",)
_SIZES: Layout = ("      path mtu {mtu}, ipsec overhead {overhead}, media mtu {media_mtu}",)
_SIZES_9: Layout = (
    "      path mtu {mtu}, ipsec overhead {overhead}({headers}), media mtu {media_mtu}",
    "      PMTU time remaining (sec): {pmtu_left}, DF policy: {df_policy}",
    "      ICMP error validation: disabled, TFC packets: disabled",
)
_CURRENT: Layout = (
    "      current outbound spi: {outbound_spi:08X}",
    "      current inbound spi : {inbound_spi:08X}",
    "",
)

_SPI: Layout = ("      spi: 0x{spi:08X} ({spi})",)
_STATE_9: Layout = ("         SA State: active",)
_TRAITS: Layout = (
    "         transform: {transform} {integrity} no compression",
    "         in use settings ={{{settings}, }}",
    "         slot: 0, conn_id: {session}, crypto-map: {map_name}",
    "         sa timing: remaining key lifetime {remaining}",
    "         IV size: {iv_size} bytes",
    "         replay detection support: {replay_detection}",
)
_BITMAP: Layout = (
    "         Anti replay bitmap:",
    "          0x{bitmap[0]:08X} 0x{bitmap[1]:08X}",
)
_SUMMARY: Layout = (
    "",
    "Current IPSec SA's:            Peak IPSec SA's:",
    "  IPSec            : {plain:>5}         Peak Concurrent SA  : {peak:>5}",
    "  IPSec over UDP   : {none:>5}         Peak Concurrent L2L : {peak:>5}",
    "  IPSec over NAT-T : {nat:>5}         Peak Concurrent RA  : {none:>5}",
    "  IPSec over TCP   : {none:>5}",
    "  IPSec VPN LB     : {none:>5}",
    "  Total            : {total:>5}",
)
_SA = {Release.OLD: (*_SPI, *_TRAITS), Release.NEW: (*_SPI, *_STATE_9, *_TRAITS)}


def ipsec_sa(standing: Standing, wanted: Wanted) -> str:
    """The whole output: a block for each tunnel that is wanted, below its heading."""
    states = [state for state in standing.sad.states() if wanted.has(state)]
    lines: list[str] = []
    heading = ""
    for tunnel in _tunnels(states):
        pair = tunnel[-1].pair
        values = {"interface": pair.interface, "peer": pair.path.remote.address, "map_name": pair.map_name}
        below = wanted.grouping.value.format_map(values)
        if below != heading:
            lines.append(below)
            heading = below
        lines += [*_block(tunnel, standing, wanted), ""]
    return text(lines or _NONE)


def ipsec_sa_summary(standing: Standing) -> str:
    """`show crypto ipsec sa summary`: how many SAs there are, each direction for itself, and were at most."""
    nat = 2 * sum(state.pair.udp_encapsulated for state in standing.sad.states())
    total = 2 * len(standing.sad.states())
    peak = 2 * standing.journal.tunnels.pairs.peak
    values = {"plain": total - nat, "nat": nat, "total": total, "peak": peak, "none": 0}
    return text(fill(_SUMMARY, values))


def _tunnels(states: list[SaState]) -> Iterator[list[SaState]]:
    """The pairs of each tunnel together, oldest first (while it is renewed there are two), interface by interface."""
    found: dict[tuple[object, ...], list[SaState]] = {}
    for state in sorted(states, key=lambda state: (state.pair.interface, state.pair.map_sequence)):
        pair = state.pair
        found.setdefault((pair.interface, pair.map_sequence, pair.peer, pair.proxies), []).append(state)
    yield from found.values()


def _block(tunnel: list[SaState], standing: Standing, wanted: Wanted) -> list[str]:
    """A tunnel's block; while it is renewed its newest SAs stand first (inferred)."""
    new = standing.release is Release.NEW
    pair = tunnel[-1].pair
    layout = [
        *_HEAD,
        *(_DYNAMIC if standing.is_dynamic(pair.map_name, pair.map_sequence) else ()),
        *(("", "") if new else ("",)),
        *_COUNTERS,
        *(_COUNTERS_9 if new else ()),
        *(_ERRORS_DETAIL if wanted.detail else _ERRORS),
        "",
        *_ENDPOINTS,
        *(_SIZES_9 if new else _SIZES),
        *_CURRENT,
    ]
    lines = fill(tuple(layout), _tunnel_values(tunnel, standing))
    if wanted.identity:
        return lines[:-1]
    for inbound, heading in ((True, "    inbound esp sas:"), (False, "    outbound esp sas:")):
        lines.append(heading)
        for state in reversed(tunnel):
            lines += _sa(state, standing, inbound=inbound)
    return lines


def _tunnel_values(tunnel: list[SaState], standing: Standing) -> dict[str, object]:
    """What a tunnel's block says above its SAs. A packet refused after decryption counts as decapsulated only."""
    pair, tallies = tunnel[-1].pair, [state.shown for state in tunnel]
    decapsulated = sum(tally.decapsulated for tally in tallies)
    mismatched = sum(tally.selector_mismatches for tally in tallies)
    replays, bad_icv = sum(tally.replays for tally in tallies), sum(tally.bad_icv for tally in tallies)
    peer = pair.path.remote.address
    link = standing.mtu(pair.interface)
    return {
        "map_name": pair.map_name,
        "sequence": pair.map_sequence,
        "local": standing.shown(pair.path.local.address),
        "remote": standing.shown(pair.path.remote.address),
        "local_port": pair.path.local.port if pair.udp_encapsulated else 0,
        "remote_port": pair.path.remote.port if pair.udp_encapsulated else 0,
        "acl_row": f"      {pair.acl_text}\n" if pair.acl_text else "",
        "local_ident": pair.proxies.local.slashed(),
        "remote_ident": pair.proxies.remote.slashed(),
        "peer": standing.shown(pair.path.remote.address),
        "encaps": sum(tally.encapsulated for tally in tallies),
        "decaps": decapsulated + replays + bad_icv,
        "accepted": decapsulated - mismatched,
        "refused": replays + bad_icv + mismatched,
        "replays": replays,
        "bad_icv": bad_icv,
        "mismatched": mismatched,
        "fragments": _fragments([state.fragments for state in tunnel]),
        "mtu": standing.path_mtus.towards(peer, link, standing.now),
        "media_mtu": link,
        "pmtu_left": standing.path_mtus.seconds_left(peer, standing.now),
        "df_policy": standing.df_policy(pair),
        "overhead": overhead(pair.suite, pair.udp_encapsulated),
        "headers": headers_before_payload(pair.suite, pair.udp_encapsulated),
        "outbound_spi": pair.outbound_spi,
        "inbound_spi": pair.inbound_spi,
    }


def _fragments(tallies: list[FragmentTally]) -> FragmentTally:
    """What all pairs of a tunnel counted together."""
    names = [one.name for one in fields(FragmentTally)]
    return FragmentTally(**{name: sum(getattr(tally, name) for tally in tallies) for name in names})


def _sa(state: SaState, standing: Standing, *, inbound: bool) -> list[str]:
    pair = state.pair
    side = 0 if inbound else 1
    kilobytes, seconds = state.kilobytes_left, state.seconds_left(standing.now)
    remaining = f"(sec): {seconds}" if kilobytes is None else f"(kB/sec): ({kilobytes[side]}/{seconds})"
    values = {
        "spi": pair.inbound_spi if inbound else pair.outbound_spi,
        "transform": transform_name(pair.suite.encryption, pair.suite.key_bits),
        "integrity": integrity_name(pair.suite.authentication),
        "settings": ", ".join(_settings(state, standing.release)),
        "session": pair.session,
        "map_name": pair.map_name,
        "remaining": remaining,
        "iv_size": headers_before_payload(pair.suite, False) - _HEADERS_WITHOUT_IV,
        "replay_detection": "N" if standing.configuration.settings.replay_window.value is None else "Y",
        "bitmap": state.bitmaps[side],
    }
    return fill((*_SA[standing.release], *_BITMAP), values)


def _settings(state: SaState, release: Release) -> Iterator[str]:
    """The words between the braces; NAT-T has a blank more in front of it."""
    pair = state.pair
    yield from ("L2L", pair.mode.value)
    if pair.udp_encapsulated:
        yield " NAT-T-Encaps"
    if pair.pfs_group is not None:
        yield f"PFS Group {int(pair.pfs_group)}"
    if release is Release.NEW:
        yield "IKEv1"
