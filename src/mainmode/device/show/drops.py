"""`show asp drop` and `show asp table vpn-context detail`.

Names, descriptions and order of the drops are those of public outputs (ntc-templates fixtures `show_asp_drop`);
punt-rate-limit and its description are recalled from the vendor's list of reasons, its place is ours. Which
of our reasons the device counts under which name is ours where the vendor's description leaves it open; a reason of
IKE's own counts under none. Of a VPN context the device prints addresses of its memory: ours are numbers of the same
SAs, the conn_id and the SPI.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from mainmode.base.errors import Drop
from mainmode.device.show.layout import Layout, fill, text
from mainmode.device.show.standing import Standing
from mainmode.ipsec.dataplane import SaPair
from mainmode.ipsec.sad import SaState

_FRAME: Mapping[str, tuple[str, frozenset[Drop]]] = {
    "natt-keepalive": ("NAT-T keepalive message", frozenset({Drop.NAT_KEEPALIVE})),
    "ipsec-tun-down": ("IPSEC tunnel is down", frozenset({Drop.NO_TUNNEL})),
    "invalid-ip-header": ("Invalid IP header", frozenset({Drop.NOT_AN_IP_PACKET})),
    "invalid-ip-length": ("Invalid IP length", frozenset({Drop.TOO_LARGE})),
    "fragment-reassembly-failed": ("Fragment reassembly failed", frozenset({Drop.FRAGMENT_REFUSED})),
    "no-route": ("No route to host", frozenset({Drop.NO_ROUTE})),
    "acl-drop": (
        "Flow is denied by configured rule",
        frozenset({Drop.DENIED, Drop.NOT_FOR_US, Drop.IKE_NOT_ENABLED}),
    ),
    "np-sp-invalid-spi": ("Invalid SPI", frozenset({Drop.UNKNOWN_SPI})),
    "punt-rate-limit": ("Punt rate limit exceeded", frozenset({Drop.RATE_LIMITED})),
    "tcp-not-syn": ("First TCP packet not SYN", frozenset({Drop.NO_CONNECTION})),
    "nat-xlate-failed": ("NAT failed", frozenset({Drop.NO_TRANSLATION})),
    "ctm-error": ("CTM returned error", frozenset({Drop.REPLAY, Drop.BAD_ICV, Drop.BAD_PADDING})),
    "ttl-exceeded": ("ttl exceeded", frozenset({Drop.TTL_EXPIRED})),
    "interface-down": ("Interface is down", frozenset({Drop.NOT_SENT})),
}
_FLOW: Mapping[str, tuple[str, frozenset[Drop]]] = {
    "ipsec-selector-failure": ("IPSec inner policy mismatch failure", frozenset({Drop.SELECTOR_MISMATCH})),
    "nat-rpf-failed": ("NAT reverse path failed", frozenset({Drop.NAT_REVERSE_PATH})),
    "vpn-missing-decrypt": ("VPN decryption missing", frozenset({Drop.IN_CLEAR})),
}
_CLEARED = "Last clearing: Never"

_CONTEXT: Layout = (
    "",
    "VPN CTX  = 0x{context:08X}",
    "",
    "Peer IP  = {peer}",
    "Pointer  = 0x{pointer:08X}",
    "State    = UP",
    "Flags    = {flags}",
    "SA   = 0x{session:08X}",
    "SPI  = 0x{spi:08X}",
    "Group    = 1",
    "Pkts     = {packets}",
    "Bad Pkts = {bad}",
    "Bad SPI  = 0",
    "Spoof    = {spoofed}",
    "Bad Crypto = {crypto}",
    "Rekey Pkt  = 0",
    "Rekey Call = 0",
    "VPN Filter = {filter}",
)


def drops(counted: Counter[Drop]) -> str:
    """`show asp drop`: what was dropped, by the device's names; names with nothing to count are left out."""
    frames, flows = _rows(_FRAME, counted), _rows(_FLOW, counted)
    return text(["Frame drop:", *frames, "", _CLEARED, "", "Flow drop:", *flows, "", _CLEARED])


def named_drops() -> frozenset[Drop]:
    """The reasons that the device counts under some name."""
    return frozenset().union(*(reasons for _, reasons in (*_FRAME.values(), *_FLOW.values())))


def name_of(reason: Drop) -> tuple[str, str] | None:
    """The device's name of a reason, and its words; None for one that it counts under none."""
    for name, (words, reasons) in (*_FRAME.items(), *_FLOW.items()):
        if reason in reasons:
            return name, words
    return None


def names() -> tuple[str, ...]:
    """All names under which drops are counted."""
    return (*_FRAME, *_FLOW)


def context_of(pair: SaPair, *, inbound: bool) -> int:
    """The number of the VPN context of one direction of a pair."""
    return pair.session + (0 if inbound else 1)


def _rows(names: Mapping[str, tuple[str, frozenset[Drop]]], counted: Counter[Drop]) -> Iterable[str]:
    for name, (description, reasons) in names.items():
        count = sum(counted[reason] for reason in reasons)
        if count:
            yield f"  {f'{description} ({name})':<66}{count:>12}"


def vpn_contexts(standing: Standing) -> str:
    """`show asp table vpn-context detail`: a block for each direction of each pair of SAs."""
    lines: list[str] = []
    for state in standing.sad.states():
        for inbound in (True, False):
            lines += fill(_CONTEXT, _context_values(state, standing, inbound=inbound))
    return text(lines)


def _context_values(state: SaState, standing: Standing, *, inbound: bool) -> dict[str, object]:
    pair, tally = state.pair, state.tally
    group = standing.settings.groups.get(pair.group_name)
    spi = pair.inbound_spi if inbound else pair.outbound_spi
    flags = ["DECR" if inbound else "ENCR", "ESP", *(["NATT"] if pair.udp_encapsulated else [])]
    return {
        "context": context_of(pair, inbound=inbound),
        "peer": pair.path.remote.address,
        "pointer": pair.session,
        "flags": "+".join(flags),
        "session": pair.session,
        "spi": spi,
        "packets": tally.decapsulated if inbound else tally.encapsulated,
        "bad": tally.replays + tally.bad_icv + tally.selector_mismatches if inbound else 0,
        "spoofed": tally.selector_mismatches if inbound else 0,
        "crypto": tally.replays + tally.bad_icv if inbound else 0,
        "filter": (group.vpn_filter if group is not None else None) or "<none>",
    }
