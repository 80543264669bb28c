"""Translation rules that come before a NAT exemption and catch some of its hosts."""

from collections.abc import Iterator
from ipaddress import IPv4Address

from mainmode.base.address import Proxy, ProxyPair
from mainmode.check.cautions.declaration import Found, Look, Warned
from mainmode.check.cautions.tracing import networks, traced
from mainmode.check.matrix import Line
from mainmode.device.addresses import Ranges
from mainmode.device.nat_rules import Rule
from mainmode.lab.traffic import behind
from mainmode.ladder.transcript import Blame, Side


def _exemption_too_low(look: Look) -> Iterator[Found]:
    for side in Side:
        known: set[int] = set()
        for row in {tunnel.row.number: tunnel.row for tunnel in look.tunnels}.values():
            line = row.lines.get(side)
            for rule, exempt, caught in _caught(look, line) if line is not None else ():
                if rule.order in known:
                    continue
                met = traced(look.box(side), look.outside(side), caught)
                if met is None or met.protected:
                    continue
                known.add(rule.order)
                yield _found(look, side, rule, exempt, caught, met.text)


def _found(look: Look, side: Side, rule: Rule, exempt: Rule | None, caught: ProxyPair, evidence: str) -> Found:
    kind = "dynamic" if rule.dynamic else "static"
    places = [Blame(side, f"is a {kind} rule that comes first", rule.source)]
    if exempt is not None:
        places.append(Blame(side, "exempts the traffic, and comes behind", exempt.source))
    return Found(
        f"{look.name(side)} translates part of what the tunnel to {look.name(side.other)} is for, before its exemption "
        f"{'is asked' if exempt is not None else 'could be'}: {networks(caught)}.",
        evidence,
        tuple(places),
        "Put the exemption, nat (INSIDE,OUTSIDE) source static LOCAL LOCAL destination static REMOTE REMOTE, on line "
        "1.",
    )


def _caught(look: Look, line: Line) -> Iterator[tuple[Rule, Rule | None, ProxyPair]]:
    """Each rule that changes hosts of a line before an exemption covers the whole of it, with that exemption."""
    side = line.side
    configuration, outside = look.of(side), look.outside(side)
    local, remote = line.proxies.local, line.proxies.remote
    interface = behind(configuration, outside, _some_host(local))
    earlier: list[tuple[Rule, ProxyPair]] = []
    exempt: Rule | None = None
    for rule in look.rules(side):
        if rule.real_interface not in ("any", interface) or rule.mapped_interface not in ("any", *outside):
            continue
        near = _within(rule.real_source, local)
        far = remote if rule.mapped_destination is None else _within(rule.mapped_destination, remote)
        if near is None or far is None:
            continue
        if not rule.dynamic and rule.mapped_source == rule.real_source and rule.services is None:
            if near == local and far == remote:
                exempt = rule
                break
        else:
            earlier.append((rule, ProxyPair(near, far)))
    return ((rule, exempt, caught) for rule, caught in earlier)


def _some_host(proxy: Proxy) -> IPv4Address:
    return proxy.first + 1 if proxy.last != proxy.first else proxy.first


def _within(ranges: Ranges, proxy: Proxy) -> Proxy | None:
    """What the first of `ranges` that meets a proxy has in common with it."""
    for one in ranges:
        first, last = max(one.first, proxy.first), min(one.last, proxy.last)
        if first <= last:
            return Proxy(first, last, proxy.protocol, proxy.port)
    return None


TRANSLATION = (
    Warned(
        "EXEMPTION_TOO_LOW",
        "Some hosts are translated before the NAT exemption",
        "a translation rule that stands before the exemption, or without one, changes hosts of a network that the run "
        "found reachable",
        "The hosts that were tried come through; those that the rule catches leave in clear, or by addresses that the "
        "other side does not expect.",
        _exemption_too_low,
    ),
)
