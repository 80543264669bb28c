"""`show crypto ipsec sa`.

Two layouts. The 8.2/8.3 spelling prints as the published output of the reference exchange does (tech note
113574), the 8.4+ spelling as release 9.x (ntc-templates fixture `show_crypto_ipsec_sa`).
"""

from collections.abc import Iterator
from ipaddress import IPv4Address

from mainmode.base.instant import Instant
from mainmode.device.config.model import Release
from mainmode.device.show.layout import Layout, fill
from mainmode.ike.naming import integrity_name, transform_name
from mainmode.ipsec.overhead import headers_before_payload, overhead
from mainmode.ipsec.sad import Sad, SaState

_MTU_OF_LINK = 1500
_HEADERS_WITHOUT_IV = 28
"""Octets of the outer IP header and of the ESP header."""
_NONE: Layout = ("", "There are no ipsec sas")
_INTERFACE: Layout = ("interface: {interface}",)

_PEER_FORM: Layout = ("peer address: {peer}",)
_HEAD: Layout = (
    "    Crypto map tag: {map_name}, seq num: {sequence}, local addr: {local}",
    "",
    "{acl_row}      local ident (addr/mask/prot/port): ({local_ident})",
    "      remote ident (addr/mask/prot/port): ({remote_ident})",
    "      current_peer: {peer}",
    "",
)
_COUNTERS: Layout = (
    "      #pkts encaps: {encaps}, #pkts encrypt: {encaps}, #pkts digest: {encaps}",
    "      #pkts decaps: {decaps}, #pkts decrypt: {accepted}, #pkts verify: {accepted}",
    "      #pkts compressed: 0, #pkts decompressed: 0",
    "      #pkts not compressed: {encaps}, #pkts comp failed: 0, #pkts decomp failed: 0",
    "      #pre-frag successes: 0, #pre-frag failures: 0, #fragments created: 0",
    "      #PMTUs sent: 0, #PMTUs rcvd: 0, #decapsulated frgs needing reassembly: 0",
)
_COUNTERS_9: Layout = (
    "      #TFC rcvd: 0, #TFC sent: 0",
    "      #Valid ICMP Errors rcvd: 0, #Invalid ICMP Errors rcvd: 0",
)
_ERRORS: Layout = ("      #send errors: 0, #recv errors: {refused}", "")
_ENDPOINTS: Layout = ("      local crypto endpt.: {local}/{local_port}, remote crypto endpt.: {remote}/{remote_port}",)
_SIZES: Layout = ("      path mtu {mtu}, ipsec overhead {overhead}, media mtu {mtu}",)
_SIZES_9: Layout = (
    "      path mtu {mtu}, ipsec overhead {overhead}({headers}), media mtu {mtu}",
    "      PMTU time remaining (sec): 0, DF policy: copy-df",
    "      ICMP error validation: disabled, TFC packets: disabled",
)
_CURRENT: Layout = (
    "      current outbound spi: {outbound_spi:08X}",
    "      current inbound spi : {inbound_spi:08X}",
    "",
)
_BLOCK = {
    Release.OLD: (*_HEAD, *_COUNTERS, *_ERRORS, *_ENDPOINTS, *_SIZES, *_CURRENT),
    Release.NEW: (*_HEAD, "", *_COUNTERS, *_COUNTERS_9, *_ERRORS, *_ENDPOINTS, *_SIZES_9, *_CURRENT),
}

_SPI: Layout = ("      spi: 0x{spi:08X} ({spi})",)
_STATE_9: Layout = ("         SA State: active",)
_TRAITS: Layout = (
    "         transform: {transform} {integrity} no compression",
    "         in use settings ={{{settings}, }}",
    "         slot: 0, conn_id: {session}, crypto-map: {map_name}",
    "         sa timing: remaining key lifetime {remaining}",
    "         IV size: {iv_size} bytes",
    "         replay detection support: Y",
    "         Anti replay bitmap:",
    "          0x{bitmap[0]:08X} 0x{bitmap[1]:08X}",
)
_SA = {Release.OLD: (*_SPI, *_TRAITS), Release.NEW: (*_SPI, *_STATE_9, *_TRAITS)}


def ipsec_sa(sad: Sad, release: Release, now: Instant, peer: IPv4Address | None = None) -> str:
    """The whole output: a block for each tunnel, below its interface; with `peer` those to one peer, below it."""
    states = [state for state in sad.states() if peer is None or state.pair.path.remote.address == peer]
    lines: list[str] = []
    heading = ""
    for tunnel in _tunnels(states):
        pair = tunnel[-1].pair
        layout = _INTERFACE if peer is None else _PEER_FORM
        wanted = fill(layout, {"interface": pair.interface, "peer": pair.path.remote.address})
        if wanted != [heading]:
            lines += wanted
            heading = wanted[0]
        lines += [*_block(tunnel, release, now), ""]
    return "\n".join(lines or _NONE) + "\n"


def _tunnels(states: list[SaState]) -> Iterator[list[SaState]]:
    """The pairs of each tunnel together, oldest first (while it is renewed there are two), interface by interface."""
    found: dict[tuple[object, ...], list[SaState]] = {}
    for state in sorted(states, key=lambda state: (state.pair.interface, state.pair.map_sequence)):
        pair = state.pair
        found.setdefault((pair.interface, pair.map_sequence, pair.peer, pair.proxies), []).append(state)
    yield from found.values()


def _block(tunnel: list[SaState], release: Release, now: Instant) -> list[str]:
    lines = fill(_BLOCK[release], _tunnel_values(tunnel))
    for inbound, heading in ((True, "    inbound esp sas:"), (False, "    outbound esp sas:")):
        lines.append(heading)
        for state in tunnel:
            lines += fill(_SA[release], _sa_values(state, release, now, inbound=inbound))
    return lines


def _tunnel_values(tunnel: list[SaState]) -> dict[str, object]:
    """What a tunnel's block says above its SAs. A packet refused after decryption counts as decapsulated only."""
    pair, tallies = tunnel[-1].pair, [state.tally for state in tunnel]
    decapsulated = sum(tally.decapsulated for tally in tallies)
    mismatched = sum(tally.selector_mismatches for tally in tallies)
    refused = sum(tally.replays + tally.bad_icv for tally in tallies)
    return {
        "map_name": pair.map_name,
        "sequence": pair.map_sequence,
        "local": pair.path.local.address,
        "remote": pair.path.remote.address,
        "local_port": pair.path.local.port if pair.udp_encapsulated else 0,
        "remote_port": pair.path.remote.port if pair.udp_encapsulated else 0,
        "acl_row": f"      {pair.acl_text}\n" if pair.acl_text else "",
        "local_ident": pair.proxies.local.slashed(),
        "remote_ident": pair.proxies.remote.slashed(),
        "peer": pair.path.remote.address,
        "encaps": sum(tally.encapsulated for tally in tallies),
        "decaps": decapsulated + refused,
        "accepted": decapsulated - mismatched,
        "refused": refused + mismatched,
        "mtu": _MTU_OF_LINK,
        "overhead": overhead(pair.suite, pair.udp_encapsulated),
        "headers": headers_before_payload(pair.suite, pair.udp_encapsulated),
        "outbound_spi": pair.outbound_spi,
        "inbound_spi": pair.inbound_spi,
    }


def _sa_values(state: SaState, release: Release, now: Instant, *, inbound: bool) -> dict[str, object]:
    pair = state.pair
    side = 0 if inbound else 1
    kilobytes, seconds = state.kilobytes_left, state.seconds_left(now)
    remaining = f"(sec): {seconds}" if kilobytes is None else f"(kB/sec): ({kilobytes[side]}/{seconds})"
    return {
        "spi": pair.inbound_spi if inbound else pair.outbound_spi,
        "transform": transform_name(pair.suite.encryption, pair.suite.key_bits),
        "integrity": integrity_name(pair.suite.authentication),
        "settings": ", ".join(_settings(state, release)),
        "session": pair.session,
        "map_name": pair.map_name,
        "remaining": remaining,
        "iv_size": headers_before_payload(pair.suite, False) - _HEADERS_WITHOUT_IV,
        "bitmap": state.bitmaps[side],
    }


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
