"""The lifetime of an IKE SA where the two sides want different ones: the shorter wins.

The initiator's is in its offer; a responder that wants less says so under protection, in MM6 (RFC 2407 §4.6.3.1).
"""

from dataclasses import replace

from mainmode.base.codes import LifeType, NotifyType, Phase1Attribute, ProtocolId
from mainmode.base.errors import WireError
from mainmode.catalogue import lines
from mainmode.ike.effects import Step
from mainmode.ike.negotiation import lifetimes, phase1_lifetime, smaller
from mainmode.ike.sa import IkeSa, Turn
from mainmode.wire.cursor import Cursor
from mainmode.wire.payloads import Attribute, Notify, Payload, read_attributes, write_attributes


def shorter_than_offered(sa: IkeSa) -> tuple[Payload, ...]:
    """The responder's notify, where its lifetime is shorter than the offered one."""
    if sa.choice is None or sa.choice.lifetime is None:
        return ()
    if sa.choice.lifetime == phase1_lifetime(sa.choice.transform):
        return ()
    attributes = write_attributes(
        [
            Attribute.basic_of(Phase1Attribute.LIFE_TYPE, LifeType.SECONDS),
            Attribute.variable(Phase1Attribute.LIFE_DURATION, sa.choice.lifetime, 4),
        ]
    )
    return (Notify(NotifyType.RESPONDER_LIFETIME, ProtocolId.ISAKMP, sa.cookie_i + sa.cookie_r, attributes),)


def obey(sa: IkeSa, turn: Turn) -> None:
    """The initiator takes the responder's lifetime, where that is shorter than its own."""
    for notify in turn.message.all(Notify) if turn.message is not None else ():
        if notify.notify_type != NotifyType.RESPONDER_LIFETIME or sa.choice is None:
            continue
        try:
            attributes = read_attributes(Cursor(notify.data))
        except WireError as error:
            turn.drop(error.drop, "the attributes of RESPONDER-LIFETIME")
            continue
        wanted, _ = lifetimes(attributes, Phase1Attribute.LIFE_TYPE, Phase1Attribute.LIFE_DURATION)
        before, after = sa.choice.lifetime, smaller(sa.choice.lifetime, wanted or None)
        if after is None or after == before:
            continue
        source = sa.choice.policy.sources.get("lifetime")
        turn.say(
            lines.RESPONDER_FORCING_PHASE1, sa.about, Step.MM6, sa.exchange, (source,) if source is not None else (),
            before=before or 0, after=after,
        )  # fmt: skip
        sa.choice = replace(sa.choice, lifetime=after)
