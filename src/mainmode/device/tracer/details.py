"""What `packet-tracer … detailed` adds: the rule that was found in each phase, with its hits.

The layout is that of public sessions. The device prints addresses of its memory, priorities and flags of its tables:
they are left out. `user_data` of a VPN rule is the number of the VPN context, as in `show asp table vpn-context`.
"""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, summarize_address_range

from mainmode.base.address import Proxy
from mainmode.base.provenance import Source
from mainmode.device.addresses import AddressBook, Ranges
from mainmode.device.box import Box
from mainmode.device.crypto_maps import Protected
from mainmode.device.flow import Flow
from mainmode.device.nat import NatHits
from mainmode.device.show.drops import context_of
from mainmode.device.tracer.lines import Lines
from mainmode.ipsec.sad import SaState

_FOUND = " Forward Flow based lookup yields rule:"
_EVERYTHING = IPv4Network("0.0.0.0/0")


class Details:
    """The rules of one box for packets that came in by one interface."""

    def __init__(self, box: Box, lines: Lines, interface: str) -> None:
        self._box = box
        self._lines = lines
        self._interface = interface

    def access(self, source: Source, flow: Flow, *, allowed: bool) -> Iterator[str]:
        """The access list entry that decided on a flow."""
        entry = self._lines.entry(source)
        if entry is None:
            return
        book = AddressBook(self._box.configuration)
        ends = (
            (_within(book.of(entry.source_address), flow.source), 0),
            (_within(book.of(entry.destination_address), flow.destination), 0),
        )
        deny = "false" if allowed else "true"
        yield from self._rule(f"in  domain=permit, deny={deny}", self._box.hits.of(source), 0, flow.protocol, *ends)
        yield f"        input_ifc={self._interface}, output_ifc=any"

    def translation(self, sources: Iterable[Source], *, backward: bool) -> Iterator[str]:
        """How often the rule was used."""
        for source in sources:
            hits = self._box.nat_hits.get(source, NatHits())
            yield _FOUND
            yield f" in  domain=nat{'-reverse' if backward else ''}, deny=false"
            yield f"        translate_hits={hits.translated}, untranslate_hits={hits.untranslated}"

    def encrypted(self, protected: Protected | None, state: SaState | None) -> Iterator[str]:
        """The rule that sends a packet into its tunnel; `state` None: the tunnel is down, and there is no context."""
        if protected is not None:
            proxies = protected.ace.proxies
        elif state is not None:
            proxies = state.pair.proxies
        else:
            return
        hits = state.tally.encapsulated if state is not None else 0
        context = context_of(state.pair, inbound=False) if state is not None else 0
        ends = (_network(proxies.local), proxies.local.port), (_network(proxies.remote), proxies.remote.port)
        yield from self._rule("out domain=encrypt, deny=false", hits, context, proxies.local.protocol, *ends)
        if state is not None:
            yield f" to {state.pair.peer}, SPI 0x{state.pair.outbound_spi:08X}, sequence {state.sequence}"

    def replies(self, state: SaState) -> Iterator[str]:
        """The rule by which replies come out of the tunnel."""
        pair = state.pair
        local, remote = pair.proxies.local, pair.proxies.remote
        ends = (_network(remote), remote.port), (_network(local), local.port)
        context = context_of(pair, inbound=True)
        head = "in  domain=ipsec-tunnel-flow, deny=false"
        rows = list(self._rule(head, state.tally.decapsulated, context, local.protocol, *ends))
        yield from (" Reverse Flow based lookup yields rule:", *rows[1:])
        yield f" from {pair.peer}, SPI 0x{pair.inbound_spi:08X}"

    def _rule(
        self,
        head: str,
        hits: int,
        user_data: int,
        protocol: int,
        source: tuple[IPv4Network, int],
        destination: tuple[IPv4Network, int],
    ) -> Iterator[str]:
        yield _FOUND
        yield f" {head}"
        yield f"        hits={hits}, user_data=0x{user_data:x}, protocol={protocol}"
        for name, (network, port) in (("src", source), ("dst", destination)):
            yield f"        {name} ip={network.network_address}, mask={network.netmask}, port={port}"


def _within(ranges: Ranges, address: IPv4Address) -> IPv4Network:
    """The network among those of an entry that an address is in."""
    for one in ranges:
        if one.first <= address <= one.last:
            return next(net for net in summarize_address_range(one.first, one.last) if address in net)
    return _EVERYTHING


def _network(proxy: Proxy) -> IPv4Network:
    return next(iter(summarize_address_range(proxy.first, proxy.last)))
