"""Lines of a router that follow each other and are one record, since only together they tell what a message is.

`received packet … QM_IDLE` may be a quick mode, a notify or a delete; `processing SA payload`, which follows, tells.
`retransmitting …` stands twice in front of the packet that is sent again: all of them are one message.
"""

from collections.abc import Sequence
from dataclasses import replace

from mainmode.catalogue.facts import Exchange, Fact, Identity, Message, Notify, Whose
from mainmode.explain.dialect import Reading

_AFTER_RECEIVED = frozenset(
    {
        "node",
        "HASH payload",
        "SA payload",
        "notify received",
        "delete payload",
        "message repeated by the peer",
        "unprotected notify",
    }
)
_BEFORE_SENT = ("node", "notify sent")
_BEFORE_NAME = ("ID payload processed", "own identity")
_NAMES = ("ID payload", "ID row")
_AGAIN = "sending IKE packet again"
_AFTER_AGAIN = (_AGAIN, "counting attempts", "sending packet")
OPEN = frozenset({"received packet", "ID payload", _AGAIN, *_BEFORE_SENT, *_BEFORE_NAME})
"""Entries that such a record may begin with."""
_BEFORE = {"MM2": "", "MM3": "MM1", "MM4": "MM2", "MM5": "MM3", "MM6": "MM4", "AM2": "", "AM3": "AM1"}
"""What a peer repeats where the message of the key was waited for."""
_AT_ONCE = 1_000_000
"""Microseconds between what announces a repetition and the packet."""
MOST = 5
"""Lines with a clock or a subject of their own in such a record."""


def follows(before: Sequence[str], entry: str) -> bool:
    """Whether a line of `entry` belongs to a record whose lines so far are of the entries `before`."""
    if len(before) >= MOST:
        return False
    if before[0] == "received packet":
        ended = before[-1] not in ("received packet", "node", "HASH payload")
        return not ended and entry in _AFTER_RECEIVED and (entry != "SA payload" or len(before) > 1)
    if before[0] == _AGAIN:
        more = before[-1] != "sending packet" and entry in _AFTER_AGAIN
        return more and (entry != _AGAIN or before.count(_AGAIN) == 1)
    if before[0] in _BEFORE_NAME:
        return entry == ("ID payload" if len(before) == 1 else "ID row")
    return before[-1] in _BEFORE_SENT and entry in ("sending packet", "notify sent") and entry != before[-1]


def of_one(before: Reading, reading: Reading) -> bool:
    """Whether a repetition and a line behind it are of the same SA and time, where both name them."""
    differ = before.tag.sa and reading.tag.sa and before.tag.sa != reading.tag.sa
    later = before.at is not None and reading.at is not None and abs(reading.at - before.at) > _AT_ONCE
    return before.entry != _AGAIN or not (differ or later)


def alone(reading: Reading) -> Reading:
    """A line by itself: whose an identity is, only the line before tells."""
    return reading._replace(facts=()) if reading.entry in _NAMES else reading


def joined(readings: Sequence[Reading]) -> Reading | None:
    """The readings of several lines as one; None where they are not one record."""
    entries = [one.entry for one in readings]
    if not all(follows(entries[:number], entries[number]) for number in range(1, len(entries))):
        return None
    first, last = readings[0], readings[-1]
    if first.entry in _BEFORE_NAME:
        return first._replace(facts=_identity(readings), open=True)
    if first.entry == _AGAIN:
        return _repeated(first, last)
    node = next((one.tag.message_id for one in reversed(readings) if one.tag.message_id), None)
    carrier = first if first.entry == "received packet" else last
    message = next((fact for fact in carrier.facts if isinstance(fact, Message)), None)
    if message is None:
        facts: tuple[Fact, ...] = tuple(fact for one in readings for fact in one.facts)
        return last._replace(facts=facts, stamp=first.stamp, at=first.at, open=True)
    known = _received(message, entries, node) if carrier is first else _sent(message, entries)
    told = [known if fact is message else fact for one in readings for fact in one.facts]
    if "HASH payload" in entries:
        told = [replace(fact, protected=True) if isinstance(fact, Notify) else fact for fact in told]
    tag = replace(carrier.tag, message_id=None if known.exchange is Exchange.INFORMATIONAL else node)
    return first._replace(entry=carrier.entry, facts=tuple(told), tag=tag, open=carrier is first, step=known.name)


def _repeated(first: Reading, last: Reading) -> Reading:
    """A message sent again: the packet tells which it is, else what announces it."""
    sent = last if last.entry == "sending packet" else first
    facts = tuple(replace(fact, again=True) if isinstance(fact, Message) else fact for fact in sent.facts)
    return sent._replace(facts=facts, stamp=first.stamp, at=first.at, open=sent is first)


def _identity(readings: Sequence[Reading]) -> tuple[Fact, ...]:
    """The identity that the rows name: the peer's where a payload of it was processed, else the own one."""
    first = readings[0]
    names = [fact for one in readings[1:] for fact in one.facts if isinstance(fact, Identity)]
    if not names:
        return first.facts
    whose = Whose.OWN if first.entry == "own identity" else Whose.PEER
    return (replace(names[0], whose=whose),)


def _received(message: Message, entries: Sequence[str], node: int | None) -> Message:
    last = entries[-1]
    if last == "message repeated by the peer":
        return replace(message, again=True, name=_BEFORE.get(message.name, ""))
    if last in ("notify received", "delete payload", "unprotected notify"):
        payload = "DELETE" if last == "delete payload" else "NOTIFY"
        hashed = ("HASH",) if last != "unprotected notify" else ()
        return replace(message, exchange=Exchange.INFORMATIONAL, name="", payloads=(*hashed, payload))
    if last == "SA payload" and node:
        return replace(message, exchange=Exchange.QUICK, name="", payloads=("HASH", "SA"))
    if node and message.exchange is Exchange.MAIN:
        return replace(message, exchange=Exchange.INFORMATIONAL, name="")
    return message


def _sent(message: Message, entries: Sequence[str]) -> Message:
    payloads = ("HASH", "NOTIFY") if "notify sent" in entries else ("HASH",)
    return replace(message, exchange=Exchange.INFORMATIONAL, name="", payloads=payloads)
