"""Lines that many places say, and the statements that stand behind them."""

from ipaddress import IPv4Address

from mainmode.base.address import Proxy
from mainmode.base.codes import IdType
from mainmode.base.provenance import Source
from mainmode.catalogue import lines
from mainmode.catalogue.entry import About
from mainmode.ike.effects import Exchange, Step
from mainmode.ike.sa import Turn
from mainmode.ike.settings import IkeSettings
from mainmode.wire.message import Message
from mainmode.wire.payloads import Identification

QM3_COUNTED_TWICE = 24
"""The device prints 76 for the QM3 that it sends and 52 for the same message received: it counts the HASH twice."""


def say_decode(turn: Turn, about: About, verb: str, message: Message, step: Step, exchange: Exchange) -> None:
    """The IKE_DECODE line of a message: SENDING, RESENDING or RECEIVED, its payloads and its length."""
    if not turn.listened:
        return
    extra = QM3_COUNTED_TWICE if step is Step.QM3 and verb == "SENDING" and message.length == 52 else 0
    turn.say(
        lines.IKE_DECODE,
        about,
        step,
        exchange,
        verb=verb,
        message_id=message.message_id,
        payloads=message.names(),
        length=message.length + extra,
    )


def exchange_sources(settings: IkeSettings, which: str) -> tuple[Source, ...]:
    """The statements behind a step: `policies` (all of them), or one key of the settings' sources."""
    if which == "policies":
        return tuple(source for policy in settings.policies for source in policy.sources.values())
    source = settings.sources.get(which)
    return (source,) if source is not None else ()


def say_identification(turn: Turn, about: About, identity: Identification, step: Step, exchange: Exchange) -> None:
    """The DECODE line of an ID payload in quick mode, where its type has one."""
    if not turn.listened:
        return
    data = identity.data
    if identity.id_type == IdType.IPV4_ADDR and len(data) == 4:
        turn.say(lines.ID_ADDRESS_RECEIVED, about, step, exchange, address=IPv4Address(data))
    elif identity.id_type == IdType.IPV4_ADDR_SUBNET and len(data) == 8:
        first, second = IPv4Address(data[:4]), IPv4Address(data[4:])
        turn.say(lines.ID_SUBNET_RECEIVED, about, step, exchange, address=first, mask=second)
    elif identity.id_type == IdType.IPV4_ADDR_RANGE and len(data) == 8:
        first, second = IPv4Address(data[:4]), IPv4Address(data[4:])
        turn.say(lines.ID_RANGE_RECEIVED, about, step, exchange, first=first, last=second)


def say_received_proxy(
    turn: Turn, about: About, side: str, identity: Identification, proxy: Proxy, step: Step, exchange: Exchange
) -> None:  # fmt: skip
    """The responder's line on one proxy of QM1: host, subnet or range."""
    if not turn.listened:
        return
    if identity.id_type == IdType.IPV4_ADDR:
        turn.say(
            lines.RECEIVED_PROXY_HOST, about, step, exchange,
            side=side, address=proxy.first, protocol=proxy.protocol, port=proxy.port,
        )  # fmt: skip
    elif identity.id_type == IdType.IPV4_ADDR_SUBNET:
        turn.say(
            lines.RECEIVED_PROXY_SUBNET, about, step, exchange,
            side=side, address=proxy.first, mask=IPv4Address(identity.data[4:8]),
            protocol=proxy.protocol, port=proxy.port,
        )  # fmt: skip
    else:
        turn.say(
            lines.RECEIVED_PROXY_RANGE, about, step, exchange,
            side=side, first=proxy.first, last=proxy.last, protocol=proxy.protocol, port=proxy.port,
        )  # fmt: skip
