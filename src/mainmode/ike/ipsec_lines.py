"""What `debug crypto ipsec` shows when SAs come and go: embryonic SAs, VPN contexts, rules, in the device's order."""

from typing import Any

from mainmode.base.address import Proxy
from mainmode.base.codes import IpProtocol
from mainmode.catalogue import lines
from mainmode.catalogue.entry import Entry
from mainmode.ike.effects import Exchange, Step
from mainmode.ike.sa import QuickMode, Turn
from mainmode.ipsec.dataplane import SaPair

EMBRYONIC_LIFE = 240
"""Seconds that a reserved SPI waits for its keys."""
VPIF = 2
MTU = 1500


class _Speaker:
    """Says IPSEC lines of one quick mode at one step."""

    def __init__(self, qm: QuickMode, turn: Turn, step: Step, pair: SaPair | None) -> None:
        self._turn = turn
        self._step = step
        self._exchange = qm.exchange
        self._sources = pair.sources if pair is not None else ()

    def __call__(self, entry: Entry, **values: Any) -> None:
        self._turn.say(entry, step=self._step, exchange=self._exchange, sources=self._sources, **values)


def say_embryonic(qm: QuickMode, turn: Turn, step: Step, direction: str, spi: int) -> None:
    """The block that tells of a reserved SPI."""
    if not turn.listened:
        return
    _Speaker(qm, turn, step, None)(
        lines.EMBRYONIC_SA,
        pointer=turn.handles.address(),
        scb=qm.scb,
        direction=direction,
        spi=spi,
        session=qm.session,
        vpif=VPIF,
        tunnel="l2l",
        protocol="esp",
        lifetime=EMBRYONIC_LIFE,
    )


def _context(say: _Speaker, turn: Turn, qm: QuickMode, direction: str, spi: int, peer: int) -> int:
    say(
        lines.CREATING_VPN_CONTEXT,
        direction=direction,
        spi=spi,
        flags=5 if direction == "outbound" else 6,
        sa=turn.handles.address(),
        mtu=MTU if direction == "outbound" else 0,
        vcid=0,
        peer=peer,
        scb=qm.scb,
        channel=turn.handles.address(),
    )
    handle = turn.handles.address()
    say(lines.COMPLETED_VPN_CONTEXT, direction=direction, spi=spi, handle=handle)
    return handle


def _rule(
    say: _Speaker, turn: Turn, direction: str, rule: str, spi: int, source: Proxy, destination: Proxy, use_spi: bool
) -> None:  # fmt: skip
    say(
        lines.NEW_RULE,
        direction=direction,
        rule=rule,
        spi=spi,
        source=source.first,
        source_mask=source.mask or source.last,
        destination=destination.first,
        destination_mask=destination.mask or destination.last,
        source_port=source.port,
        source_op="ignore" if not source.port else "equal",
        destination_port=destination.port,
        destination_op="ignore" if not destination.port else "equal",
        protocol=source.protocol,
        use_protocol=bool(source.protocol),
        rule_spi=spi if use_spi else 0,
        use_spi=use_spi,
    )
    say(lines.COMPLETED_RULE, direction=direction, rule=rule, spi=spi, handle=turn.handles.address())


def say_outbound(qm: QuickMode, turn: Turn, step: Step, pair: SaPair) -> None:
    """The outbound SA going in."""
    if not turn.listened:
        return
    say = _Speaker(qm, turn, step, pair)
    local, remote = pair.proxies.local, pair.proxies.remote
    spi = pair.outbound_spi
    say_embryonic(qm, turn, step, "outbound", spi)
    say(lines.COMPLETED_HOST_UPDATE, which="OBSA", spi=spi)
    qm.outbound_context = _context(say, turn, qm, "outbound", spi, qm.inbound_context)
    _rule(say, turn, "outbound", "encrypt", spi, local, remote, use_spi=False)
    _rule(say, turn, "outbound", "permit", spi, _outer(pair, local=True), _outer(pair, local=False), use_spi=True)
    if not pair.initiator:
        _update(say, "inbound", pair.inbound_spi, qm.inbound_context)


def say_inbound(qm: QuickMode, turn: Turn, step: Step, pair: SaPair) -> None:
    """The inbound SA going in."""
    if not turn.listened:
        return
    say = _Speaker(qm, turn, step, pair)
    local, remote = pair.proxies.local, pair.proxies.remote
    here, there = _outer(pair, local=True), _outer(pair, local=False)
    spi = pair.inbound_spi
    say(lines.COMPLETED_HOST_UPDATE, which="IBSA", spi=spi)
    qm.inbound_context = _context(say, turn, qm, "inbound", spi, qm.outbound_context)
    if pair.initiator:
        _update(say, "outbound", pair.outbound_spi, qm.outbound_context)
        for rule in ("inner", "outer SPD"):
            handle = turn.handles.address()
            say(lines.COMPLETED_RULE, direction="outbound", rule=rule, spi=pair.outbound_spi, handle=handle)
    _rule(say, turn, "inbound", "tunnel flow", spi, remote, local, use_spi=False)
    _rule(say, turn, "inbound", "decrypt", spi, there, here, use_spi=True)
    _rule(say, turn, "inbound", "permit", spi, there, here, use_spi=True)


def _outer(pair: SaPair, local: bool) -> Proxy:
    """One end of the tunnel itself, as the rules on ESP packets name it."""
    address = (pair.path.local if local else pair.path.remote).address
    return Proxy(address, address, IpProtocol.ESP)


def _update(say: _Speaker, direction: str, spi: int, handle: int) -> None:
    """The context of the direction that went in first learns of the other."""
    say(lines.UPDATING_VPN_CONTEXT, direction=direction, handle=handle, spi=spi)
    say(lines.COMPLETED_VPN_CONTEXT, direction=direction, spi=spi, handle=handle)


def say_created(qm: QuickMode, turn: Turn, step: Step, pair: SaPair) -> None:
    """The two system log messages of a new pair: outbound first."""
    if not turn.listened:
        return
    say = _Speaker(qm, turn, step, pair)
    for direction, spi in (("outbound", pair.outbound_spi), ("inbound", pair.inbound_spi)):
        say(
            lines.SA_CREATED,
            direction=direction,
            spi=spi,
            local=pair.path.local.address,
            remote=pair.path.remote.address,
            user=pair.peer,
        )


def say_deleted(pair: SaPair, turn: Turn, exchange: Exchange) -> None:
    """The lines of a pair of SAs going out."""
    if not turn.listened:
        return

    def say(entry: Entry, **values: Any) -> None:
        turn.say(entry, step=Step.TEARDOWN, exchange=exchange, sources=pair.sources, **values)

    for direction, spi, rules in (
        ("inbound", pair.inbound_spi, ("decrypt", "permit", "tunnel flow")),
        ("outbound", pair.outbound_spi, ("encrypt", "permit")),
    ):
        for rule in rules:
            say(lines.DELETED_RULE, direction=direction, rule=rule, spi=spi, handle=turn.handles.address())
        say(lines.DELETED_VPN_CONTEXT, direction=direction, spi=spi, handle=turn.handles.address())
        say(
            lines.SA_DELETED,
            direction=direction,
            spi=spi,
            local=pair.path.local.address,
            remote=pair.path.remote.address,
            user=pair.peer,
        )
