"""What became of a message at its receiver, and what a trigger led to, as the lines and remarks of the step show it."""

from mainmode.catalogue.lines import failures, phase1_failures, trigger
from mainmode.ladder.exchanges import OPENERS, key_of, messages
from mainmode.ladder.steps import LadderStep
from mainmode.ladder.transcript import LineSaid, Remark, Side, Transcript

UNUSED = (
    (failures.NO_MATCHING_SA, "Has no such SA any more: drops it."),
    (failures.MISSING_SA_PAYLOAD, "Knows no negotiation with these cookies: drops it."),
    (failures.UNENCRYPTED_NOTIFY, "Drops it: it came in clear, so anybody could have sent it."),
)
"""Lines which say that a message, the first or a repetition, was not used."""

REPEATED = (
    (phase1_failures.PSK_MISMATCH, "Tries to decrypt it, and cannot."),
    (phase1_failures.INVALID_PAYLOADS, "Tries to decrypt it, and cannot."),
    (phase1_failures.PHASE1_MISMATCH, "Reads it, and refuses what it offers."),
    (phase1_failures.ALL_SA_UNACCEPTABLE, "Reads it, and refuses what it offers."),
    (failures.ERROR_PROCESSING_PAYLOAD, "Reads it, and cannot use it."),
)
"""Lines on a repetition that say what its reading came to."""

ANSWERED = "Knows it already, and sends its own answer again."
DROPPED = "Drops it, for the reason below."
SILENT = "Says nothing about it."
IGNORED = "Does not answer: for this side no negotiation begins."
READ = "Reads it; the same message before did not reach it."
READ_AGAIN = "Reads it as it read the first."

ASKING = (trigger.PITCHER_KEY_ACQUIRE, trigger.DISPATCHING_KEY_ACQUIRE, trigger.IKE_INITIATOR)
WAITING = (trigger.NEGOTIATION_IN_PROGRESS, trigger.QUEUING_KEY_ACQUIRE)
ASKED = "Interesting traffic: a packet matches the crypto ACL and has no SA, so IKE is asked for one."
UNDER_WAY = "A negotiation is under way already; packets that need its tunnel are dropped until it is done."
IN_CLEAR = "No tunnel is asked for: nothing here says that this packet must be protected, so it leaves in clear."
CAME_IN_CLEAR = "Gets a packet in clear that should have come through the tunnel, and drops it."
FAULT = "Something is made to go wrong here, on purpose."
NOT_ASKED = "No tunnel is asked for; what became of the packet stands below."


def unused(transcript: Transcript, step: LadderStep, receiver: Side) -> str:
    """Why the receiver did not use a message; empty where nothing says so."""
    said = _entries(step, receiver)
    for entry, text in UNUSED:
        if entry.name in said:
            return text
    remarks = _remarks(step, receiver)
    if not said and not step.answered and any(text.startswith("dropped") for text in remarks):
        return DROPPED
    return IGNORED if not said and _ignored(transcript, step, receiver) else ""


def repetition(step: LadderStep, receiver: Side, arrived_before: bool) -> str:
    """What the receiver did with a repetition. `arrived_before`: the first of these messages was delivered."""
    said = _entries(step, receiver)
    if step.answered:
        return ANSWERED
    for entry, text in REPEATED:
        if entry.name in said:
            return text
    if said:
        return READ_AGAIN if arrived_before else READ
    return SILENT


def repeated_itself(step: LadderStep, sender: Side) -> bool:
    """Whether the sender says that it sends this again because its peer's message came twice."""
    return failures.DUPLICATE_PACKET.name in _entries(step, sender)


def triggered(transcript: Transcript, step: LadderStep, side: Side) -> str:
    """What the traffic of a trigger led to on one side."""
    said = _entries(step, side)
    if any(entry.name in said for entry in ASKING) or _opened(transcript, step, side):
        return ASKED
    if any(entry.name in said for entry in WAITING):
        return UNDER_WAY
    remarks = _remarks(step, side)
    if remarks and all(text.startswith("fault ") for text in remarks):
        return FAULT
    if any("in clear" in text and text.startswith("dropped") for text in remarks):
        return CAME_IN_CLEAR
    return IN_CLEAR if any("leaves in clear" in text for text in remarks) else NOT_ASKED


def _ignored(transcript: Transcript, step: LadderStep, receiver: Side) -> bool:
    """Whether this is an MM1 after which the receiver never sent a message of the negotiation."""
    message = step.message
    return (
        message is not None
        and step.name == "MM1"
        and not any(
            event.side is receiver and key_of(event).cookie == key_of(message).cookie
            for event in messages(transcript.events)
        )
    )


def _opened(transcript: Transcript, step: LadderStep, side: Side) -> bool:
    """Whether the side began a main mode or a quick mode in an instant of the step."""
    instants = {said.at for said in step.said if said.side is side}
    return any(
        event.side is side and event.name in OPENERS and not event.retransmission and event.at in instants
        for event in messages(transcript.events)
    )


def _entries(step: LadderStep, side: Side) -> frozenset[str]:
    """The catalogue entries of what a side said in a step."""
    return frozenset(said.entry for said in step.said if isinstance(said, LineSaid) and said.side is side)


def _remarks(step: LadderStep, side: Side) -> list[str]:
    return [said.text for said in step.said if isinstance(said, Remark) and said.side is side]
