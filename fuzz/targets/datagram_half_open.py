"""A gateway in the middle of a negotiation, at each message that it may wait for, on either side."""

from collections.abc import Iterator
from functools import partial

from fuzz.boxes import NAT, PFS, scene
from fuzz.datagrams import MODULES, bodies, player
from fuzz.mutation import Mutator, chain_of, octets_of
from fuzz.overheard import messages
from fuzz.steps import STRANGERS, Datagram, Kind, Message, Step, write
from fuzz.target import Target

from mainmode.base.address import Endpoint
from mainmode.base.codes import NotifyType, ProtocolId
from mainmode.ike.effects import Step as Named
from mainmode.wire.payloads import Notify

_KINDS = (*STRANGERS, Kind.PROTECTED)
_NAT = Endpoint(NAT, 4500)
_AWAITED = (
    ("us", ("us", Named.MM1), Named.MM2),
    ("us", ("us", Named.MM3), Named.MM4),
    ("us", ("us", Named.MM5), Named.MM6),
    ("us", ("us", Named.QM1), Named.QM2),
    ("peer", ("us", Named.MM2), Named.MM3),
    ("peer", ("us", Named.MM4), Named.MM5),
    ("peer", ("us", Named.MM6), Named.QM1),
    ("peer", ("us", Named.QM2), Named.QM3),
)
"""Whose host asks for the tunnel, the last message of ours, and the one that we wait for."""
_SCENES = (
    *(partial(scene, starter=starter, stop=stop) for starter, stop, _ in _AWAITED),
    *(partial(scene, starter=starter, stop=stop, seen_as=_NAT) for starter, stop, _ in _AWAITED),
    *(
        partial(scene, starter=starter, stop=stop, more=PFS)
        for starter, stop, awaited in _AWAITED
        if "QM" in awaited.value
    ),
)
_IN_CLEAR = (Named.MM1, Named.MM2, Named.MM3, Named.MM4)
_EXCHANGE = {Named.QM1: 1, Named.QM2: 2, Named.QM3: 2, Named.MM5: 3, Named.MM6: 3}


_IN_QUICK_MODE = [place for place, (_, _, awaited) in enumerate(_AWAITED) if "QM" in awaited.value]


def _places(which: int) -> list[int]:
    """The scenes in which the same message is awaited."""
    places = [which, which + len(_AWAITED)]
    if which in _IN_QUICK_MODE:
        places.append(2 * len(_AWAITED) + _IN_QUICK_MODE.index(which))
    return places


def _seeds() -> Iterator[bytes]:
    for which, (starter, stop, awaited) in enumerate(_AWAITED):
        for place in _places(which):
            honest = tuple(_honest(starter, stop, awaited, place))
            yield write(place, honest, _KINDS)
            if awaited not in _IN_CLEAR:
                wrong = tuple(Step(step.kind, step.flags | Message.WRONG, step.content) for step in honest)
                yield write(place, wrong, _KINDS)
                yield write(place, (Step(one.kind, one.flags, _with_notifies(one.content)) for one in honest), _KINDS)
                yield write(place, (*wrong, *honest, *honest), _KINDS)
        if awaited in _IN_CLEAR:
            for message in messages(awaited):
                flags = Datagram.COOKIES | Datagram.FIT
                yield write(which, (Step(Kind.IKE, flags, message.encode()),), _KINDS)
        else:
            for body in bodies(messages(awaited)):
                yield write(which, (Step(Kind.PROTECTED, _EXCHANGE[awaited] | Message.HASHED, body),), _KINDS)
        for body in bodies(messages(Named.INFORMATIONAL, Named.TEARDOWN, Named.KEEPALIVE)):
            yield write(which, (Step(Kind.PROTECTED, Message.HASHED, body),), _KINDS)
        yield write(which, (Step(Kind.KEPT, 0, bytes((0, number))) for number in range(6)), _KINDS)
        yield write(which, (Step(Kind.TIME, 0, b"\x05"), Step(Kind.TIME, 0, b"\x07")), _KINDS)


def _with_notifies(content: bytes) -> bytes:
    """A protected message that brings a lifetime and an initial contact, too."""
    chain, _ = chain_of(content[0], content[1:])
    for payload in (
        Notify(NotifyType.RESPONDER_LIFETIME, ProtocolId.ISAKMP, bytes(16), bytes.fromhex("800b0001800c0e10")),
        Notify(NotifyType.RESPONDER_LIFETIME, ProtocolId.ESP, bytes(4), bytes.fromhex("800b0001800c0e10")),
        Notify(NotifyType.INITIAL_CONTACT, ProtocolId.ISAKMP, bytes(16)),
    ):
        chain.append((payload.TYPE, payload.body))
    first, octets = octets_of(chain)
    return bytes((first,)) + octets


def _honest(starter: str, stop: tuple[str, Named], awaited: Named, place: int) -> Iterator[Step]:
    """What a genuine peer really says next: played once without a stop, and taken from there."""
    kind = place // len(_AWAITED)
    whole = scene(starter=starter, seen_as=_NAT if kind == 1 else None, more=PFS if kind == 2 else "").again()
    said = [send for name, send in whole.kept if name == "peer" and send.step is awaited and send.message is not None]
    for send in said[:1]:
        if awaited in _IN_CLEAR:
            kind = Kind.NAT_T if send.path.local.port == 4500 else Kind.IKE
            yield Step(kind, Datagram.COOKIES | Datagram.FIT, send.datagram[4 if kind is Kind.NAT_T else 0 :])
        else:
            body = next(bodies((send.message,)))
            yield Step(Kind.PROTECTED, _EXCHANGE[awaited] | Message.HASHED, body)


TARGET = Target(
    name="datagram-half-open",
    about="datagrams at a gateway that waits for a message of main mode or quick mode, as initiator and as responder, "
    "with and without a NAT; cookies are right where the input says so, and so are hash and encryption",
    modules=MODULES,
    seeds=_seeds,
    run=player(_SCENES, _KINDS),
    mutator=partial(Mutator, _KINDS),
)
