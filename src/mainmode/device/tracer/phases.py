"""From the decisions on a packet to the phases that the device tells of it.

Types, subtypes and what stands under `Additional Information:` are those of public sessions, but for these, which are
inferred: a phase CRYPTO-MAP, where crypto maps let a packet leave in clear, the subtype `filter-aaa`, and the sentences
where a packet is dropped. The device leaves `Config:` of its VPN phases empty; here the lines of the crypto map stand
there. Phases of what mainmode has not (MAC access lists, QoS, IP options, inspection) are not told.
"""

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network

from mainmode.base.dataclass import dataclass
from mainmode.base.errors import Drop
from mainmode.base.provenance import Source
from mainmode.device.box import Box
from mainmode.device.captures.keeping import Capture
from mainmode.device.captures.printing import head_of
from mainmode.device.config.model import Release
from mainmode.device.connections import Connection
from mainmode.device.crypto_maps import Protected
from mainmode.device.decision import Decision, Stage, Trace, Turned, Verdict
from mainmode.device.flow import Flow
from mainmode.device.routing import Hop
from mainmode.device.show.drops import name_of
from mainmode.device.tracer.details import Details
from mainmode.device.tracer.lines import Lines
from mainmode.ike.effects import Dropped
from mainmode.ipsec.sad import SaState

IDENTITY = "NP Identity Ifc"
"""What the device calls the interface behind which it is itself."""
_IMPLICIT = "Implicit Rule"
_DENIED = ("acl-drop", "Flow is denied by configured rule")
_OTHERWISE = ("sp-security-failed", "Slowpath security checks failed")
_AS_DENIED = frozenset((Drop.NO_TUNNEL, Drop.IN_CLEAR, Drop.NAT_REVERSE_PATH))
"""Reasons that `show asp drop` counts under another name than the packet-tracer tells."""
_ORDER = (
    Stage.FLOW_LOOKUP, Stage.UN_NAT, Stage.ROUTE, Stage.ACCESS_LIST, Stage.VPN_FILTER, Stage.NAT, Stage.CRYPTO_MAP,
    Stage.ENCRYPT, Stage.NAT_RPF, Stage.TCP_MSS, Stage.FRAGMENTATION, Stage.TO_THE_BOX, Stage.FLOW_CREATION,
)  # fmt: skip
"""The order in which the device tells phases."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase; `result` is ALLOW or DROP, `config` the lines that decided, `extra` what else there is to say."""

    type: str
    subtype: str
    result: str
    config: tuple[str, ...]
    extra: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that is told of a packet. `reason`: name and words of the drop; None where it is allowed.

    `output` is None where the packet never got as far as a way out. `up`: whether the interface it came in by is.
    """

    phases: tuple[Phase, ...]
    input: str
    output: str | None
    reason: tuple[str, str] | None
    up: bool = True


def outcome(box: Box, interface: str, trace: Trace, flow: Flow, *, detailed: bool) -> Outcome:
    """What is told of a packet that came in by `interface` (up), from the decisions on it. `flow` is as it came in."""
    phases = tuple(_Teller(box, interface, trace, flow, detailed).phases())
    hops = [record.about for record in trace.records if isinstance(record, Decision) and isinstance(record.about, Hop)]
    output = IDENTITY if trace.to_the_box else hops[0].interface if hops else None
    drop = next((record for record in trace.records if isinstance(record, Dropped)), None)
    return Outcome(phases, interface, output, _reason(drop.reason) if drop is not None else None)


def shut(interface: str) -> Outcome:
    """What is told of a packet for an interface that is down."""
    return Outcome((), interface, None, ("interface-down", "Interface is down"), up=False)


def captured(capture: Capture) -> Phase:
    """A capture of the interface sees the packet."""
    return Phase("CAPTURE", "", "ALLOW", (head_of(capture),), ())


def _reason(drop: Drop) -> tuple[str, str]:
    return _DENIED if drop in _AS_DENIED else name_of(drop) or _OTHERWISE


class _Teller:
    def __init__(self, box: Box, interface: str, trace: Trace, flow: Flow, detailed: bool) -> None:
        self._box = box
        self._interface = interface
        self._trace = trace
        self._flow = flow
        self._lines = Lines(box.configuration)
        self._details = Details(box, self._lines, interface) if detailed else None
        decisions = [record for record in trace.records if isinstance(record, Decision)]
        self._decisions = sorted(decisions, key=_place)
        self._stages = {one.stage for one in decisions}
        self._real, self._egress = _real_and_egress(flow, decisions)

    def phases(self) -> Iterator[Phase]:
        """All phases, in the device's order; the one that drops is the last."""
        drop = next((record for record in self._trace.records if isinstance(record, Dropped)), None)
        last = Stage.FLOW_CREATION
        for decision in self._decisions:
            if decision.stage is not last:
                yield from self._phase(decision)
        if drop is not None:
            yield from self._dropped(drop)
            return
        yield from self._replies()
        for decision in self._decisions:
            if decision.stage is last:
                yield from self._phase(decision)

    def _phase(self, decision: Decision) -> Iterator[Phase]:
        stage, about = decision.stage, decision.about
        match stage:
            case Stage.ROUTE if isinstance(about, Hop):
                yield self._route(decision, about)
            case Stage.ACCESS_LIST:
                yield self._access(decision.sources, decision.text, Verdict.ALLOW)
            case Stage.UN_NAT if isinstance(about, Turned):
                yield self._untranslated(decision, about)
            case Stage.NAT if isinstance(about, Turned):
                yield self._translated(decision, about)
            case Stage.NAT_RPF:
                yield self._made("NAT", "rpf-check", decision, ())
            case Stage.CRYPTO_MAP:
                if decision.verdict is not Verdict.PROTECT and self._lines.of(decision.sources):
                    yield self._made("CRYPTO-MAP", "", decision, (decision.text,))
            case Stage.ENCRYPT if isinstance(about, SaState):
                yield self._encrypted(about)
            case Stage.VPN_FILTER:
                yield self._made("ACCESS-LIST", "filter-aaa", decision, ())
            case Stage.FLOW_LOOKUP if isinstance(about, Connection):
                found = f"Found flow with id {about.number}, using existing flow"
                yield self._made(stage.value, "", decision, (found,))
            case Stage.FLOW_CREATION if isinstance(about, Connection):
                made = f"New flow created with id {about.number}, packet dispatched to next module"
                yield self._made(stage.value, "", decision, (made,))
            case Stage.TO_THE_BOX:
                yield self._own_address()
            case _:
                yield self._made(stage.value, "", decision, (decision.text,))

    def _made(self, type_: str, subtype: str, decision: Decision, extra: Iterable[str]) -> Phase:
        return Phase(type_, subtype, "ALLOW", self._lines.of(decision.sources), tuple(extra))

    def _route(self, decision: Decision, hop: Hop) -> Phase:
        """The device's texts differ: until 8.3 it tells the route, later the next hop."""
        return self._routed(hop.route.network, hop.address, hop.interface, decision.sources)

    def _routed(self, network: IPv4Network, address: IPv4Address, towards: str, sources: Iterable[Source]) -> Phase:
        subtype, row = "Resolve Egress Interface", f"found next-hop {address} using egress ifc  {towards}"
        if self._box.configuration.release is Release.OLD:
            subtype, row = "input", f"in   {network.network_address!s:<16}{network.netmask!s:<16}{towards}"
        return Phase("ROUTE-LOOKUP", subtype, "ALLOW", self._lines.of(sources), (row,))

    def _own_address(self) -> Phase:
        """A packet for the box itself is led to what the device calls identity."""
        address = self._flow.destination
        found = [one.address for one in self._box.configuration.interfaces if one.address is not None]
        sources = [one.source for one in found if one.value.address == address]
        return self._routed(IPv4Network(address), address, "identity", sources)

    def _access(self, sources: Sequence[Source], text: str, verdict: Verdict) -> Phase:
        """By an entry: the line that binds the list, then the entry. Else by a rule that no line spells."""
        entries = [source for source in sources if self._lines.entry(source) is not None]
        groups = [source for source in sources if self._lines.group(source) is not None]
        others = [source for source in sources if source not in entries and source not in groups]
        config = self._lines.of((*groups, *entries, *others))
        if not entries:
            config = (*config[: len(groups)], _IMPLICIT, *config[len(groups) :])
        extra = (text,) if verdict is Verdict.DROP else ()
        if self._details is not None and entries:
            extra = (*extra, *self._details.access(entries[0], self._real, allowed=verdict is not Verdict.DROP))
        return Phase("ACCESS-LIST", "log" if entries else "", _result(verdict), config, extra)

    def _untranslated(self, decision: Decision, turned: Turned) -> Phase:
        rows = []
        if self._egress is not None:
            rows.append(f"NAT divert to egress interface {self._egress}")
        rows.append(f"Untranslate {_end(turned.before)} to {_end(turned.after)}")
        if self._details is not None:
            rows += self._details.translation(decision.sources, backward=True)
        return self._made("UN-NAT", "static", decision, rows)

    def _translated(self, decision: Decision, turned: Turned) -> Phase:
        method = "Dynamic" if turned.rule.dynamic else "Static"
        rows = [f"{method} translate {_end(turned.before)} to {_end(turned.after)}"]
        if self._details is not None:
            rows += self._details.translation(decision.sources, backward=False)
        return self._made("NAT", "", decision, rows)

    def _encrypted(self, state: SaState) -> Phase:
        """Into the tunnel."""
        protected = self._protected()
        sources = _of_entry(protected) if protected is not None else state.pair.sources
        extra = self._details.encrypted(protected, state) if self._details is not None else ()
        return Phase("VPN", "encrypt", "ALLOW", self._lines.of(sources), tuple(extra))

    def _replies(self) -> Iterator[Phase]:
        """The tunnel that carries a packet is the one by which its replies have to come."""
        state = next((one.about for one in self._decisions if isinstance(one.about, SaState)), None)
        if state is not None:
            extra = self._details.replies(state) if self._details is not None else ()
            yield Phase("VPN", "ipsec-tunnel-flow", "ALLOW", (), tuple(extra))

    def _protected(self) -> Protected | None:
        return next((one.about for one in self._decisions if isinstance(one.about, Protected)), None)

    def _dropped(self, drop: Dropped) -> Iterator[Phase]:
        """The phase that ended it; a packet without a route ends, as on the device, without one."""
        protected = self._protected()
        config, text = self._lines.of(drop.sources), (drop.detail,)
        if drop.reason is Drop.DENIED:
            if Stage.ACCESS_LIST in self._stages:
                yield Phase("ACCESS-LIST", "filter-aaa", "DROP", config, text)
            else:
                yield self._access(drop.sources, drop.detail, Verdict.DROP)
        elif drop.reason in (Drop.NOT_FOR_US, Drop.IKE_NOT_ENABLED):
            yield Phase("ACCESS-LIST", "", "DROP", (_IMPLICIT, *config), text)
        elif drop.reason is Drop.IN_CLEAR:
            yield Phase("VPN", "ipsec-tunnel-flow", "DROP", config, text)
        elif drop.reason is Drop.NAT_REVERSE_PATH:
            yield Phase("NAT", "rpf-check", "DROP", config, text)
        elif drop.reason is Drop.NO_TRANSLATION:
            yield Phase("NAT", "", "DROP", config, text)
        elif protected is not None:
            extra = self._details.encrypted(protected, None) if self._details is not None else ()
            text = (f"{drop.reason.value}: {drop.detail}",)
            yield Phase("VPN", "encrypt", "DROP", self._lines.of(_of_entry(protected)), (*text, *extra))
        elif drop.reason is Drop.NO_ROUTE and config:
            yield Phase("ROUTE-LOOKUP", "Resolve Egress Interface", "DROP", config, text)


def _place(decision: Decision) -> int:
    return _ORDER.index(decision.stage) if decision.stage in _ORDER else _ORDER.index(Stage.FRAGMENTATION)


def _result(verdict: Verdict) -> str:
    return "DROP" if verdict is Verdict.DROP else "ALLOW"


def _end(end: tuple[IPv4Address, int]) -> str:
    return f"{end[0]}/{end[1]}"


def _of_entry(protected: Protected) -> Iterator[Source]:
    """The lines of the entry: its list, peers and transform sets, where the map is bound, and the list's entry."""
    wanted = ("acl", "peer", "transform_set", "interface")
    yield from (protected.entry.sources[key] for key in wanted if key in protected.entry.sources)
    yield protected.ace.source


def _real_and_egress(flow: Flow, decisions: Iterable[Decision]) -> tuple[Flow, str | None]:
    """The flow with its real destination, as access lists see it, and the interface by which it leaves."""
    real, egress = flow, None
    for one in decisions:
        if one.stage is Stage.UN_NAT and isinstance(one.about, Turned):
            destination, port = one.about.after
            real = flow.moved(flow.source, destination, flow.source_port, port)
        elif isinstance(one.about, Hop):
            egress = one.about.interface
    return real, egress
