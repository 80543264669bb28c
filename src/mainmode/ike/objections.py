"""What the device says of an offer that it does not like, beyond the line that refuses it."""

from collections.abc import Iterator
from itertools import islice

from mainmode.base.codes import Group, Phase1Attribute, ProtocolId
from mainmode.catalogue import lines
from mainmode.crypto.errors import CryptoError
from mainmode.crypto.groups import group
from mainmode.ike.effects import Step
from mainmode.ike.negotiation import MOST_EXPLAINED, Refusal, Refused
from mainmode.ike.sa import IkeSa, QuickMode, Turn
from mainmode.wire.payloads import SecurityAssociation

_SPI_SIZE = 4
_GROUP = int(Phase1Attribute.GROUP)


def say_unknown_groups(sa: IkeSa, turn: Turn, offer: SecurityAssociation) -> None:
    """Diffie-Hellman groups of a phase 1 offer that this device does not have at all, each once."""
    if not turn.listened:
        return
    for number in dict.fromkeys(islice(_groups(offer), MOST_EXPLAINED)):
        if not _known(number):
            turn.say(lines.UNKNOWN_GROUP_DESCRIPTION, sa.about_ip, Step.MM1, sa.exchange, group=number)


def _groups(offer: SecurityAssociation) -> Iterator[int]:
    for proposal in offer.proposals:
        for transform in proposal.transforms:
            number = transform.numbers.get(_GROUP)
            if number is not None:
                yield number


def _known(number: int) -> bool:
    try:
        group(Group(number))
    except CryptoError:
        return False
    return True


def say_refused_policies(sa: IkeSa, turn: Turn, refused: Refused) -> None:
    """The first attribute that differs, for every pair of an offered transform and a policy."""
    if not turn.listened:
        return
    for refusal in refused.first_of_each():
        turn.say(
            lines.PHASE1_MISMATCH, sa.about, Step.MM1, sa.exchange,
            (refusal.source,) if refusal.source is not None else (),
            attribute=refusal.attribute, offered=refusal.offered, configured=refusal.configured,
        )  # fmt: skip


def say_refused_sets(qm: QuickMode, turn: Turn, offer: SecurityAssociation | None, refused: Refused) -> None:
    """Proposals that are no ESP or carry a strange SPI; then, as in phase 1, what differs from the transform sets."""
    if not turn.listened:
        return
    for proposal in islice(offer.proposals if offer is not None else (), MOST_EXPLAINED):
        if proposal.protocol == ProtocolId.AH:
            turn.say(lines.AH_NOT_SUPPORTED, qm.about, Step.QM1, qm.exchange)
        elif proposal.protocol not in (ProtocolId.ESP, ProtocolId.IPCOMP):
            number = int(proposal.protocol)
            turn.say(lines.UNKNOWN_PROTOCOL_ID, qm.about, Step.QM1, qm.exchange, protocol=number)
        elif proposal.protocol == ProtocolId.ESP and len(proposal.spi) != _SPI_SIZE:
            turn.say(lines.BAD_SPI_SIZE, qm.about, Step.QM1, qm.exchange, size=len(proposal.spi))
    for refusal in _of_esp(refused):
        turn.say(
            lines.PHASE2_MISMATCH, qm.about, Step.QM1, qm.exchange,
            (refusal.source,) if refusal.source is not None else (),
            attribute=refusal.attribute, offered=refusal.offered, configured=refusal.configured,
        )  # fmt: skip


def _of_esp(refused: Refused) -> list[Refusal]:
    """Without those that a proposal earned as a whole."""
    return [refusal for refusal in refused.first_of_each() if refusal.transform]
