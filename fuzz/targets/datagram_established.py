"""A gateway whose tunnel stands: plaintext behind valid protection, and everything that proves nothing."""

from collections.abc import Iterator
from functools import partial

from fuzz.boxes import FAR_HOST, HOST, NAT, PFS, Scene, scene
from fuzz.datagrams import MODULES, bodies, conversations, packet_step, player
from fuzz.mutation import Mutator
from fuzz.overheard import messages
from fuzz.steps import ALL, Datagram, Kind, Message, Sealing, Step, write
from fuzz.target import Target

from mainmode.base.address import Endpoint
from mainmode.base.codes import IpProtocol, NotifyType, ProtocolId
from mainmode.ike.effects import Step as Named
from mainmode.wire.fragments import cut
from mainmode.wire.ip import IcmpEcho, Ipv4, Udp
from mainmode.wire.message import write_payloads
from mainmode.wire.payloads import Delete, Notify

_NAT = Endpoint(NAT, 4500)
_SCENES = (
    partial(scene),
    partial(scene, starter="us"),
    partial(scene, seen_as=_NAT),
    partial(scene, starter="us", more=PFS),
    partial(scene, dynamic=True),
    partial(scene, starter="us", short=True),
    partial(scene, short=True),
)


def _seeds() -> Iterator[bytes]:
    heard = messages(Named.INFORMATIONAL, Named.TEARDOWN, Named.KEEPALIVE)
    informational = [Step(Kind.PROTECTED, Message.HASHED, body) for body in bodies(heard)]
    first = [Step(Kind.PROTECTED, 1 | Message.HASHED, body) for body in bodies(messages(Named.QM1))]
    second = [Step(Kind.PROTECTED, 2 | Message.HASHED, body) for body in bodies(messages(Named.QM2))]
    third = Step(Kind.PROTECTED, 2 | Message.HASHED, b"\0")
    sealed = [
        Step(Kind.SEALED, flags, b"\x04" + packet.encode())
        for packet in _inner()
        for flags in (0, Sealing.AGAIN, Sealing.FIT | Sealing.ENDS, Sealing.MOVED, Sealing.OLDEST)
    ]
    inside = [Step(Kind.INSIDE, Datagram.FIT | Datagram.COOKIES, packet.encode()) for packet in _inner()]
    for which, made in enumerate(_SCENES):
        told = [Step(Kind.PROTECTED, Message.HASHED, body) for body in _about(made().again())]
        for step in (*told, *informational, *first):
            yield write(which, (step,), ALL)
            yield write(which, (Step(step.kind, step.flags | Message.WRONG, step.content),), ALL)
        yield write(
            which, (Step(step.kind, step.flags | Message.PIECES, step.content) for step in (*told, *first)), ALL
        )
        yield write(which, (Step(Kind.TIME, 0, b"\x07"),) * 4, ALL)
        for step in first:
            yield write(which, (step, third, Step(Kind.TIME, 0, b"\x06")), ALL)
        for step in second:
            yield write(which, (Step(Kind.OURSELVES, 0, b"\0"), step, Step(Kind.TIME, 0, b"\x05")), ALL)
        yield write(which, sealed[:20], ALL)
        yield write(which, inside, ALL)
    for step in sealed:
        yield write(0, (step, step), ALL)
    for packets in conversations():
        yield write(2, map(packet_step, packets), ALL)
    for number in range(9):
        kept = (Step(Kind.KEPT, 0, bytes((what, number))) for what in (0, 1))
        yield write(number % len(_SCENES), kept, ALL)
    for choice in range(4):
        yield write(1, (Step(Kind.OURSELVES, 1, bytes((choice,))), Step(Kind.TIME, 0, b"\x07")), ALL)


def _about(one: Scene) -> Iterator[bytes]:
    """What a peer may say of the SAs that stand in a scene."""
    sa, spi = one.sas[0], one.us.sad.states()[0].pair.outbound_spi.to_bytes(4)
    cookies, number = sa.cookie_i + sa.cookie_r, (7).to_bytes(4)
    for payload in (
        Delete(ProtocolId.ESP, (spi,)),
        Delete(ProtocolId.ISAKMP, (cookies,)),
        Notify(NotifyType.INVALID_SPI, ProtocolId.ESP, spi),
        Notify(NotifyType.INITIAL_CONTACT, ProtocolId.ISAKMP, cookies),
        Notify(NotifyType.R_U_THERE, ProtocolId.ISAKMP, cookies, number),
        Notify(NotifyType.R_U_THERE_ACK, ProtocolId.ISAKMP, cookies, number),
        Notify(NotifyType.CONNECTED, ProtocolId.ESP, spi),
        Notify(NotifyType.NO_PROPOSAL_CHOSEN, ProtocolId.ESP, spi),
        Notify(NotifyType.RESPONDER_LIFETIME, ProtocolId.ESP, spi, bytes.fromhex("800b0001800c0e10")),
    ):
        yield bytes((payload.TYPE,)) + write_payloads((payload,))


def _inner() -> Iterator[Ipv4]:
    """Packets that a host sends into the tunnel."""
    for source, destination in ((FAR_HOST, HOST), (HOST, FAR_HOST)):
        yield Ipv4(source, destination, IpProtocol.ICMP, IcmpEcho(True, 7, 1, b"ping").encode())
        yield Ipv4(source, destination, IpProtocol.UDP, Udp(4000, 53, b"question").encode(source, destination))
        segment = bytes.fromhex("0fa00050000000010000000050022000000000000204ffff")
        yield Ipv4(source, destination, IpProtocol.TCP, segment[:12] + b"\x60" + segment[13:])
        yield from cut(Ipv4(source, destination, IpProtocol.UDP, bytes(600)), 300)


TARGET = Target(
    name="datagram-established",
    about="what arrives at a gateway whose tunnel stands: informational and quick mode messages that get a right or a "
    "wrong hash and are encrypted, inner packets that are sealed with ESP, and datagrams and packets as they are",
    modules=MODULES,
    seeds=_seeds,
    run=player(_SCENES, ALL),
    mutator=partial(Mutator, ALL),
)
