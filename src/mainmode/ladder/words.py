"""What each step does and why, in a line for each role: for somebody who learns IKEv1, and for 3 a.m.

Sources: RFC 2408 §3 to §5, RFC 2409 §5.1, §5.4 and §5.5, RFC 3706, RFC 3947; Cisco tech note 113574.
"""

import re
from collections.abc import Iterable

from mainmode.base.dataclass import dataclass
from mainmode.base.decoded import Decoded
from mainmode.ladder.exchanges import TRIGGER
from mainmode.ladder.reception import repeated_itself, repetition, triggered, unused
from mainmode.ladder.spelling import clean, seconds, sides
from mainmode.ladder.steps import Ending, LadderStep
from mainmode.ladder.transcript import Clock, Fate, MessageSent, Side, Transcript

TOTAL = re.compile(r"IKE_DECODE (?:RE)?SENDING .*total length : ([0-9]{1,9})$")


@dataclass(frozen=True, slots=True)
class Words:
    """What the sender does and what the receiver does; `{facts}` are filled in from the message."""

    sends: str
    receives: str


WORDS = {
    "MM1": Words(
        "Opens main mode in clear: offers {policies} and names the extensions it knows ({vendors}).",
        "Compares what is offered with its policies: encryption, hash, authentication and group must agree.",
    ),
    "MM2": Words(
        "Answers with the one policy that it chose and with the extensions that it shares.",
        "Checks that the answer is one of its own offers. From here both use this policy.",
    ),
    "MM3": Words(
        "Sends its public Diffie-Hellman value (KE) and a random nonce{nat}.",
        "Takes both{nat_check}. The tunnel-group is found by the peer's address.",
    ),
    "MM4": Words(
        "Answers with its own public value and nonce{nat}. It has all that the keys are made of.",
        "Computes the same shared secret{nat_check}. The tunnel-group's pre-shared key goes into the keys.",
    ),
    "MM5": Words(
        "First encrypted message: its identity, and a HASH that takes the same pre-shared key to compute.",
        "Decrypts and verifies. Pre-shared keys that differ show here: nothing readable comes out.",
    ),
    "MM6": Words(
        "Proves itself in the same way. For this side phase 1 is up.",
        "Verifies the peer's HASH. Phase 1 is up on both sides: the IKE SA protects everything that follows.",
    ),
    "AM1": Words(
        "Opens aggressive mode in clear: {policies}, a public Diffie-Hellman value, a nonce and an identity at once.",
        "Looks for the connection by this identity, and compares what is offered with its policies.",
    ),
    "AM2": Words(
        "Answers with the policy that it chose, its own value and identity, and a HASH made with the pre-shared key.",
        "Verifies the HASH. Pre-shared keys that differ show here, on the initiator's side.",
    ),
    "AM3": Words(
        "Proves itself with its own HASH. For this side phase 1 is up.",
        "Verifies it. Phase 1 is up on both sides.",
    ),
    "QM1": Words(
        "Opens quick mode: a new SPI, {proposals}, and the proxies, the traffic for the tunnel{pfs}.",
        "Looks for the crypto map entry whose ACL mirrors these proxies, and for a transform set in common.",
    ),
    "QM2": Words(
        "Answers with the transform that it chose, its own SPI and the same proxies{pfs}.",
        "Compares the answer with its offer. The shorter lifetime counts; the ESP keys are computed.",
    ),
    "QM3": Words(
        "Confirms with a HASH over both nonces, so that a replayed QM1 opens nothing. Installs its SAs.",
        "Verifies the HASH and installs its SAs: phase 2 is up.",
    ),
    "INFO": Words("Tells the peer: {notice}. Nothing is negotiated here.", "Takes note{caution}."),
    "DELETE": Words(
        "Deletes an SA and tells the peer, which would otherwise keep sending into it.",
        "Deletes its end of the SA{caution}.",
    ),
    "DPD": Words(
        "Dead peer detection: a sign of life is asked for, or given, on a quiet tunnel.",
        "Notes that the peer lives; a question is answered.",
    ),
    "XAUTH": Words(
        "Asks for a user's name and password, or for configuration, after phase 1 (extended authentication).",
        "Answers, or refuses: LAN-to-LAN tunnels do without.",
    ),
    "IKEv2": Words(
        "Speaks IKE version 2, which knows no main mode and no quick mode.",
        "Must speak version 2 as well.",
    ),
    "ESP": Words(
        "Encrypts the packet, adds a sequence number and an integrity check, sends it to the peer.",
        "Checks sequence number and integrity, decrypts, and lets through what fits the SA's proxies.",
    ),
}

ALONE = {
    "data": "Traffic of the inside hosts. What matches the crypto ACL passes as ESP only, through the tunnel.",
    "teardown": "SAs end here: their keys are forgotten, and new traffic has to negotiate again.",
    "run": "Told by the run itself.",
    "log": "Said beside the messages.",
}
"""Steps that have no message of their own."""
BEGUN = "Begins: traffic asks for a tunnel, or somebody starts it by hand."
"""A trigger in a log, which does not tell what asked."""

ENDINGS = {
    Ending.GAVE_UP: "No {name} came that it could use. It stops waiting and forgets this negotiation.",
    Ending.UNSENT: "Does not send {name}: the negotiation ends here, for the reason below.",
}
UNSENT = "Speaks of {name}; no such message was sent here."
COUNTED_TWICE = (
    " Its line says {said} because the device counts the HASH twice there; {length} octets is the real length."
)
CONTINUED = "More on {name}, said after something else."
OTHER = Words("Sends a message that this ladder has no words for.", "Receives it.")
LOST = {
    Fate.LOST: "Never sees this message: it was lost on the way.",
    Fate.BLOCKED: "Never sees this message: it was blocked on the way.",
    Fate.UNREACHABLE: "Never sees this message: nobody is at the address that it was sent to.",
    Fate.UNKNOWN: "Nothing here tells whether it gets this message.",
}


def words(transcript: Transcript, step: LadderStep) -> tuple[tuple[Side, str], ...]:
    """What each side does in a step, left side first; empty for a side that has no part in it."""
    message = step.message
    if message is None:
        speaking = {said.side for said in step.said}
        return tuple((side, _alone(transcript, step, side)) for side in sides(transcript) if side in speaking)
    declared = _declared(step.name, message)
    facts = _facts(message)
    sends = _repeats(transcript, step, message) if message.retransmission else declared.sends.format_map(facts)
    receives = declared.receives.format_map(facts)
    if message.fate is not Fate.DELIVERED:
        receives = LOST[message.fate]
    elif message.retransmission:
        arrived_before = step.first is not None and step.first.fate is Fate.DELIVERED
        receives = unused(transcript, step, message.side.other) or repetition(step, message.side.other, arrived_before)
    else:
        receives = unused(transcript, step, message.side.other) or receives
    told = {message.side: sends + _counted_twice(step, message), message.side.other: receives}
    return tuple((side, told[side]) for side in sides(transcript))


def _alone(transcript: Transcript, step: LadderStep, side: Side) -> str:
    """What a side does in a step that has no message."""
    if step.name == TRIGGER:
        if transcript.clock is not Clock.VIRTUAL:
            return BEGUN
        return triggered(transcript, step, side)
    if step.name in ALONE:
        return ALONE[step.name]
    text = ENDINGS[step.ending] if step.ending is not None else CONTINUED if step.continued else UNSENT
    return text.format(name=clean(step.name))


def _counted_twice(step: LadderStep, message: MessageSent) -> str:
    """The device's own account of QM3 counts its HASH payload twice (Cisco tech note 113574: 76 sent, 52 received)."""
    if step.name != "QM3":
        return ""
    totals = [TOTAL.search(said.text) for said in step.before if said.side is message.side]
    told = [int(found[1]) for found in totals if found is not None]
    if not told or told[-1] == message.length:
        return ""
    return COUNTED_TWICE.format(said=told[-1], length=message.length)


def _declared(name: str, message: MessageSent) -> Words:
    if name in ("INFO", "teardown"):
        return WORDS["DELETE" if _has(message, "DELETE") else "INFO"]
    return WORDS.get(name, OTHER)


def _repeats(transcript: Transcript, step: LadderStep, message: MessageSent) -> str:
    timed = transcript.clock is not Clock.NONE and step.first and step.again
    waited = f", {seconds(message.at - step.first.at)} after the first" if timed and step.first else ""
    asked = repeated_itself(step, message.side)
    why = "the peer repeated itself" if asked else "no answer came, or the peer repeated itself"
    return f"Sends the same octets again{waited}: {why}."


def _facts(message: MessageSent) -> dict[str, str]:
    """The facts that the declared words ask for, from the message's payloads."""
    transforms = sum(1 for piece in _pieces(message.decoded) if piece.name.casefold().startswith("transform"))
    vendors = sum(1 for name in message.payloads if name.startswith("VENDOR"))
    nat = _has(message, "NAT-D")
    return {
        "policies": _counted(transforms, "policy", "policies") or "its policies",
        "proposals": _counted(transforms, "transform", "transforms") or "its transforms",
        "vendors": _counted(vendors, "vendor ID", "vendor IDs") or "no vendor ID",
        "nat": ", with hashes of both ends (NAT-D), which a NAT on the way would change" if nat else "",
        "nat_check": "; NAT-D hashes that fit say that no NAT is on the way" if nat else "",
        "pfs": "; with a new Diffie-Hellman value (KE) for PFS" if _has(message, "KE") else "",
        "notice": _notice(message),
        "caution": "" if message.encrypted else ": it came in clear, so anybody could have sent it",
    }


def _has(message: MessageSent, payload: str) -> bool:
    """Whether a payload of this name is in the chain, spelt with or without its number."""
    return any(name.split(" (")[0] == payload for name in message.payloads)


def _counted(count: int, one: str, many: str) -> str:
    return "" if not count else f"{count} {one if count == 1 else many}"


def _notice(message: MessageSent) -> str:
    """The notify's type as the decoded tree names it."""
    for piece in _pieces(message.decoded):
        if piece.name.casefold().startswith(("notify", "notification")):
            for label, value in piece.fields:
                if "type" in label.casefold():
                    return clean(value)
    return "a notify"


def _pieces(trees: Iterable[Decoded]) -> Iterable[Decoded]:
    """All pieces of decoded trees, outer before inner."""
    waiting = list(trees)[::-1]
    while waiting:
        piece = waiting.pop()
        yield piece
        waiting.extend(piece.children[::-1])
