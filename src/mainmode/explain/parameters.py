"""What was negotiated, in a line for each thing."""

from collections.abc import Iterator

from mainmode.base.address import Proxy
from mainmode.catalogue.facts import NatFound, Spi, Suite, Up, Whose
from mainmode.explain.negotiation import Negotiation
from mainmode.explain.portrait import Portrait


def parameters(negotiation: Negotiation, peer: Portrait) -> Iterator[tuple[str, str]]:
    """(label, value): phase 1, phase 2, networks, SPIs, address translation; what is not told is left out."""
    phase1 = spelled(peer.phase1.suite)
    if phase1 and peer.phase1.agreed and negotiation.reached != "none":
        yield "Phase 1", phase1
    phase2 = spelled(peer.phase2.suite)
    if negotiation.reached == "phase 2":
        if phase2 and peer.phase2.agreed:
            yield "Phase 2", phase2
        for theirs, ours in peer.networks:
            yield "Networks", f"{network(ours)} here, {network(theirs)} at the peer"
        inbound, outbound = _spis(negotiation)
        if inbound or outbound:
            yield "SPIs", f"{inbound or 'not told'} in, {outbound or 'not told'} out"
    nat = [fact for fact, _ in negotiation.all(NatFound)]
    behind = [
        who
        for who, values in (("this side", [one.own for one in nat]), ("the peer", [one.peer for one in nat]))
        if [one for one in values if one is not None][-1:] == [True]
    ]
    if nat:
        yield "NAT", f"{' and '.join(behind)} behind a NAT device" if behind else "none found"


def _spis(negotiation: Negotiation) -> tuple[str, str]:
    """The last SPIs in and out: by what says that the SAs stand, else by what names them one by one."""
    inbound = [fact.inbound for fact, _ in negotiation.all(Up) if fact.inbound][-1:]
    outbound = [fact.outbound for fact, _ in negotiation.all(Up) if fact.outbound][-1:]
    if inbound or outbound:
        return "".join(inbound), "".join(outbound)
    named = {fact.whose: fact.spi for fact, _ in negotiation.all(Spi)}
    return named.get(Whose.OWN, ""), named.get(Whose.PEER, "")


def spelled(suite: Suite) -> str:
    """`AES-256, SHA-1, group 2, pre-shared key, 86400 s`: what a suite says."""
    words = [
        suite.protocol,
        suite.encryption,
        suite.integrity,
        f"group {suite.group}" if suite.group else "",
        suite.authentication,
        suite.mode,
        f"{suite.seconds} s" if suite.seconds is not None else "",
        f"{suite.kilobytes} kB" if suite.kilobytes else "",
    ]
    return ", ".join(word for word in words if word)


def network(proxy: Proxy | None) -> str:
    """`192.168.1.0/24`, `10.0.0.1`, with protocol and port where they are not any."""
    if proxy is None:
        return "what is not shown"
    text = f"{proxy.first}-{proxy.last}" if proxy.mask is None else f"{proxy.first}/{int(proxy.mask).bit_count()}"
    text = str(proxy.first) if proxy.is_host else text
    return f"{text} protocol {proxy.protocol} port {proxy.port}" if proxy.protocol or proxy.port else text
