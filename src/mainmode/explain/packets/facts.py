"""The facts of one ISAKMP message, as one of the two ends sees it."""

from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from typing import Any

from mainmode.base.address import Proxy
from mainmode.base.codes import ExchangeType, NotifyType, ProtocolId
from mainmode.base.errors import WireError
from mainmode.capture.datagrams import Address
from mainmode.capture.exchanges import Heard
from mainmode.catalogue.facts import (
    Agreed,
    Began,
    Deleted,
    Fact,
    Floated,
    Identity,
    Message,
    NatFound,
    Notify,
    Offer,
    Phase,
    Proxies,
    Role,
    Spi,
    Symptom,
    Told,
    Up,
    Vendor,
    Way,
    Whose,
)
from mainmode.explain.packets.names import (
    exchange_name,
    identity_kind,
    notify_name,
    payload_name,
    phase1_suite,
    phase2_suite,
    vendor_name,
)
from mainmode.wire import payloads as wire
from mainmode.wire.describe import identity_text
from mainmode.wire.identity import identification_to_proxy

_BEGINNINGS = ("MM1", "AM1", "QM1")
_COMPLETE = {"MM6": Phase.ONE, "AM3": Phase.ONE, "QM3": Phase.TWO}
_VERSIONS = (NotifyType.INVALID_MAJOR_VERSION, NotifyType.INVALID_MINOR_VERSION)
_OF_PHASE_2 = (
    NotifyType.NO_PROPOSAL_CHOSEN,
    NotifyType.INVALID_ID_INFORMATION,
    NotifyType.INVALID_KEY_INFORMATION,
    NotifyType.ATTRIBUTES_NOT_SUPPORTED,
    NotifyType.INVALID_MESSAGE_ID,
)
_MOST_OFFERS = 64


class View:
    """A message as `own` sees it."""

    __slots__ = ("heard", "own", "phase", "sent", "whose")

    def __init__(self, heard: Heard, own: Address) -> None:
        self.heard = heard
        self.own = own
        self.sent = heard.datagram.ends.source == own
        self.whose = Whose.OWN if self.sent else Whose.PEER
        self.phase = phase_of(heard)

    @property
    def way(self) -> Way:
        """Which way it goes."""
        return Way.SENT if self.sent else Way.RECEIVED

    @property
    def role(self) -> Role | None:
        """Own role in the exchange; None for informational ones, which have none."""
        if self.phase is None or self.heard.beginner is None:
            return None
        return Role.INITIATOR if self.heard.beginner == self.own else Role.RESPONDER


def phase_of(heard: Heard) -> Phase | None:
    """Which SA the message's exchange makes; None for the others."""
    if heard.header.exchange == ExchangeType.QUICK_MODE:
        return Phase.TWO
    return Phase.ONE if heard.header.exchange in (ExchangeType.MAIN_MODE, ExchangeType.AGGRESSIVE) else None


def facts_of(heard: Heard, own: Address) -> tuple[Fact, ...]:
    """All that the message tells `own`'s reader. A repetition tells only that it is one."""
    return tuple(_facts(View(heard, own)))


def _facts(view: View) -> Iterator[Fact]:
    heard, phase = view.heard, view.phase
    exchange = exchange_name(heard.header.exchange)
    if heard.goes_on and heard.sa.initiator == view.own:
        yield Up(Phase.ONE, Role.INITIATOR)
    again = heard.again or heard.copied
    if heard.name in _BEGINNINGS and not again and phase is not None:
        yield Began(phase, view.role, exchange=exchange)
    names = tuple(payload_name(payload.type) for payload in heard.payloads)
    yield Message(view.way, exchange, names, heard.header.length, again, heard.name)
    if heard.again:
        return
    if heard.floated:
        yield Floated(heard.datagram.ends.destination_port)
    if heard.header.exchange == ExchangeType.TRANSACTION:
        yield Told(Symptom.XAUTH, Phase.ONE)
    if heard.flaw and not heard.header.encrypted and not heard.datagram.missing:
        yield Told(Symptom.MALFORMED, phase, heard.flaw)
    for payload in heard.payloads:
        teller = _TELLERS.get(type(payload))
        if teller is not None:
            yield from teller(view, payload)
    if phase is Phase.TWO and heard.readable and heard.name in ("QM1", "QM2"):
        yield from _proxies(view)
    yield from _ends(view)


def _ends(view: View) -> Iterator[Fact]:
    """What follows from the message as a whole."""
    heard = view.heard
    if heard.nat is not None:
        own_is_initiator = heard.sa.initiator == view.own
        pair = (heard.nat.initiator, heard.nat.responder)
        yield NatFound(*(pair if own_is_initiator else pair[::-1]))
    if heard.torn:
        what = "the key file holds two cipher keys for this IKE SA, as each end made its own of another pre-shared key"
        yield Told(Symptom.KEY_WRONG, Phase.ONE, what)
    phase = _COMPLETE.get(heard.name)
    if heard.copied:
        return
    if phase is Phase.ONE and not (heard.name == "MM6" and heard.sa.initiator == view.own):
        yield Up(Phase.ONE, view.role)
    elif phase is Phase.TWO:
        quick = heard.sa.quick.get(heard.header.message_id)
        spis = quick.spis if quick is not None else {}
        other = heard.datagram.ends.destination if view.sent else heard.datagram.ends.source
        yield Up(Phase.TWO, view.role, spis.get(view.own, b"").hex(), spis.get(other, b"").hex())


def _association(view: View, payload: wire.SecurityAssociation) -> Iterator[Fact]:
    """Offers, or what was chosen of them."""
    phase = view.phase or Phase.ONE
    chosen = view.heard.name in ("MM2", "AM2", "QM2")
    count = 0
    for proposal in payload.proposals:
        for transform in proposal.transforms:
            suite = phase1_suite(transform) if phase is Phase.ONE else phase2_suite(transform, proposal.protocol)
            count += 1
            if count > _MOST_OFFERS:
                return
            yield Agreed(phase, suite) if chosen else Offer(phase, view.whose, suite, count)
    if phase is Phase.TWO:
        for spi in dict.fromkeys(one.spi for one in payload.proposals if len(one.spi) == 4):
            yield Spi(spi.hex(), view.whose)


def _vendor(view: View, payload: wire.VendorId) -> Iterator[Fact]:
    name = vendor_name(payload.data)
    if name:
        yield Vendor(view.whose, name)


def _identity(view: View, payload: wire.Identification) -> Iterator[Fact]:
    if view.phase is Phase.ONE:
        value = identity_text(payload.id_type, payload.data)
        yield Identity(view.whose, identity_kind(payload.id_type), value)


def _notify(view: View, payload: wire.Notify) -> Iterator[Fact]:
    heard = view.heard
    protected = heard.header.encrypted
    phase = Phase.TWO if payload.protocol in (ProtocolId.ESP, ProtocolId.AH) else Phase.ONE
    if protected and payload.notify_type in _OF_PHASE_2 and heard.sa.quick:
        phase = Phase.TWO
    if not protected and not heard.sa.quick:
        phase = Phase.ONE
    yield Notify(view.way, notify_name(payload.notify_type), protected, phase)

    if payload.notify_type in _VERSIONS:
        yield Told(Symptom.IKE_VERSION, Phase.ONE, notify_name(payload.notify_type))


def _delete(view: View, payload: wire.Delete) -> Iterator[Fact]:
    if payload.protocol == ProtocolId.ISAKMP:
        yield Deleted(view.way, Phase.ONE)
    else:
        spis = tuple(spi.hex() for spi in payload.spis[:_MOST_OFFERS] if len(spi) == 4)
        yield Deleted(view.way, Phase.TWO, spis)


def _proxies(view: View) -> Iterator[Fact]:
    """The identities of quick mode, the beginner's first; without any the two ends themselves."""
    found = [one for one in view.heard.payloads if isinstance(one, wire.Identification)]
    ends = view.heard.datagram.ends
    begun_here = view.heard.beginner == view.own
    if len(found) >= 2:
        first, second = _proxy(found[0]), _proxy(found[1])
        own, peer = (first, second) if begun_here else (second, first)
    else:
        here, there = (ends.source, ends.destination) if view.sent else (ends.destination, ends.source)
        own = Proxy(here, here) if isinstance(here, IPv4Address) else None
        peer = Proxy(there, there) if isinstance(there, IPv4Address) else None
    if own is not None or peer is not None:
        yield Proxies(own, peer, view.whose)


def _proxy(payload: wire.Identification) -> Proxy | None:
    try:
        return identification_to_proxy(payload)
    except WireError:
        return None


_TELLERS: dict[type[wire.Payload], Callable[[View, Any], Iterator[Fact]]] = {
    wire.SecurityAssociation: _association,
    wire.VendorId: _vendor,
    wire.Identification: _identity,
    wire.Notify: _notify,
    wire.Delete: _delete,
}
