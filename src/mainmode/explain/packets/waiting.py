"""Exchanges that stop: which message was repeated and not answered, which answer does not seem to arrive.

A log's writer says so itself; in a capture it is told when the capture ends, when the same two ends begin anew, or when
nothing more of the exchange came for long.
"""

from collections import OrderedDict
from collections.abc import Iterator

from mainmode.base.codes import ExchangeType
from mainmode.base.dataclass import dataclass
from mainmode.base.instant import Instant, seconds
from mainmode.capture.datagrams import Address
from mainmode.capture.exchanges import Heard
from mainmode.catalogue.facts import Fact, GaveUp, Phase, Role, Symptom, Told, Up
from mainmode.explain.packets.facts import phase_of
from mainmode.wire.payloads import Notify

_MOST, _MOST_OF_ONE = 4096, 64
_COPY = seconds(0.2)
"""The same octets within so short a time are one message that the capture holds twice, no repetition."""
_REFUSAL = seconds(2)
"""What the initiator sends so soon after MM6, and cannot be read, refuses it; later it may be anything."""
_PROBES, _FAREWELL = 3, seconds(3)
"""So many informational messages in a row, over so long a time, are no deletes of one farewell."""
_STATUS = 16_384
"""Notify types from here on tell of a state, those before of an error (RFC 2408 §3.14.1)."""
_IN_CLEAR = ("MM2", "MM3", "MM4", "MM6", "AM2")
"""Messages that are heard once they arrive; MM5 may arrive and not be understood, QM2 and not be liked."""
_LAST = ("AM3", "QM3", "QM4")
_NEXT = {
    **{f"MM{number}": f"MM{number + 1}" for number in range(1, 6)},
    "AM1": "AM2",
    "AM2": "AM3",
    "QM1": "QM2",
    "QM2": "QM3",
}


@dataclass(slots=True)
class Stalled:
    """An exchange under way. `repeats` counts the last new message again, `echoes` the one that it answers;
    `refused`: an informational message came instead of an answer, one that cannot be read where it is `unread`."""

    heard: Heard
    frame: int
    at: Instant | None
    repeats: int = 0
    echoes: int = 0
    refused: bool = False
    unread: bool = False

    @property
    def name(self) -> str:
        """The last message that was new."""
        return self.heard.name


@dataclass(slots=True)
class Silence:
    """Informational messages that one end sent in a row while the other one was silent."""

    heard: Heard
    frame: int
    at: Instant | None
    count: int = 1

    @property
    def lasting(self) -> bool:
        """Whether they are more than a farewell: probes of a peer that does not answer."""
        since = self.heard.datagram.at
        long = since is None or self.at is None or self.at - since >= _FAREWELL
        return self.count >= _PROBES and long


class Waiting:
    """All exchanges under way, by cookie and message id; bounded."""

    def __init__(self) -> None:
        self._silences: OrderedDict[bytes, Silence] = OrderedDict()
        self._exchanges: OrderedDict[bytes, OrderedDict[int, Stalled]] = OrderedDict()
        self._latest: OrderedDict[frozenset[Address], bytes] = OrderedDict()

    def hear(self, heard: Heard) -> Iterator[Stalled]:
        """Note a message; gives the exchanges that are over by it."""
        self._listen(heard)
        header, datagram = heard.header, heard.datagram
        under_way = self._exchanges.get(header.initiator_cookie)
        if heard.goes_on and under_way is not None:
            under_way.pop(0, None)
        if header.exchange == ExchangeType.INFORMATIONAL:
            _informed(heard, under_way)
            return
        if phase_of(heard) is None or not heard.name:
            return
        if heard.again or heard.copied:
            if under_way is not None and header.message_id in under_way:
                _repeated(under_way[header.message_id], heard)
            return
        if heard.name in ("MM1", "AM1"):
            yield from self._superseded(heard)
        if heard.name in _LAST:
            if under_way is not None:
                under_way.pop(header.message_id, None)
            return
        if under_way is None:
            under_way = self._exchanges[header.initiator_cookie] = OrderedDict()
        before = under_way.get(header.message_id)
        fresh = under_way[header.message_id] = Stalled(heard, datagram.number, datagram.at)
        if before is not None and before.name == heard.name:
            fresh.repeats, fresh.echoes = before.repeats + 1, before.echoes
        if len(under_way) > _MOST_OF_ONE:
            yield under_way.popitem(last=False)[1]
        if len(self._exchanges) > _MOST:
            yield from self._exchanges.popitem(last=False)[1].values()

    def end(self) -> Iterator[Stalled]:
        """All that is under way when the capture ends, in the order of its last frame."""
        left = [one for under_way in self._exchanges.values() for one in under_way.values()]
        yield from sorted(left, key=lambda one: one.frame)
        self._exchanges.clear()

    def silences(self) -> Iterator[Silence]:
        """Ends that were silent to the end of the capture, while the other one asked."""
        yield from sorted((one for one in self._silences.values() if one.lasting), key=lambda one: one.frame)

    def _listen(self, heard: Heard) -> None:
        cookie, datagram = heard.header.initiator_cookie, heard.datagram
        known = self._silences.get(cookie)
        if heard.header.exchange != ExchangeType.INFORMATIONAL or not heard.header.encrypted:
            self._silences.pop(cookie, None)
        elif known is not None and known.heard.datagram.ends.source == datagram.ends.source:
            known.frame, known.at, known.count = datagram.number, datagram.at, known.count + 1
        else:
            self._silences[cookie] = Silence(heard, datagram.number, datagram.at)
            if len(self._silences) > _MOST:
                self._silences.popitem(last=False)

    def _superseded(self, heard: Heard) -> Iterator[Stalled]:
        """Phase 1 of the same two ends under the cookie before, which a new beginning ends."""
        pair, cookie = frozenset((heard.sa.initiator, heard.sa.responder)), heard.header.initiator_cookie
        before = self._latest.pop(pair, cookie)
        self._latest[pair] = cookie
        if len(self._latest) > _MOST:
            self._latest.popitem(last=False)
        known = self._exchanges.get(before, OrderedDict()).pop(0, None) if before != cookie else None
        if known is not None:
            yield known


def _informed(heard: Heard, under_way: OrderedDict[int, Stalled] | None) -> None:
    """A message of the other end, while an exchange waits for its answer: a refusal, or one that cannot be read."""
    refuses = any(isinstance(one, Notify) and one.notify_type < _STATUS for one in heard.payloads)
    if under_way is None or (heard.readable and not refuses):
        return
    for known in under_way.values():
        late = known.name == "MM6" and not _soon(known.heard.datagram.at, heard.datagram.at)
        if known.heard.datagram.ends.source != heard.datagram.ends.source and not late:
            known.frame, known.refused, known.unread = heard.datagram.number, True, not heard.readable


def _soon(before: Instant | None, after: Instant | None) -> bool:
    return before is None or after is None or after - before < _REFUSAL


def _repeated(known: Stalled, heard: Heard) -> None:
    at = heard.datagram.at
    copy = known.at is not None and at is not None and at - known.at < _COPY
    known.frame, known.at = heard.datagram.number, at
    if copy:
        return
    if heard.name == known.name:
        known.repeats += 1
    elif _NEXT.get(heard.name) == known.name:
        known.echoes += 1


def stalled_facts(stalled: Stalled, own: Address) -> tuple[str, tuple[Fact, ...]]:
    """What an exchange that stopped tells in words and facts; nothing where it may just go on after the capture."""
    phase = phase_of(stalled.heard)
    ends, name = stalled.heard.datagram.ends, stalled.name
    awaited = _NEXT.get(name, "")
    sender, receiver = ends.source, ends.destination
    if stalled.heard.proof is False:
        what = f"{name} was made with another pre-shared key than the one given, and no {awaited} came"
        return what, (GaveUp(phase, awaited), Told(Symptom.KEY_WRONG, phase, what))
    if stalled.refused and not stalled.unread:
        return f"{name} was refused, and no {awaited} came", (GaveUp(phase, awaited),)
    if stalled.refused:
        what = f"{name} was answered with an encrypted informational message, and no {awaited or 'quick mode'} came"
        return what, (GaveUp(phase, awaited), Told(Symptom.UNREAD_ANSWER, phase, what))
    if stalled.echoes and name in _IN_CLEAR:
        before = next(one for one, after in _NEXT.items() if after == name)
        what = f"{receiver} repeated {before} although {name} went out: {name} of {sender} does not seem to arrive"
        return what, (GaveUp(phase, name, timeout=True), Told(Symptom.NOT_HEARD, phase, what))
    if name == "MM6":
        up = (Up(Phase.ONE, Role.INITIATOR),) if receiver == own else ()
        return ("MM6 was the last message of phase 1", up) if up else ("", ())
    if stalled.repeats:
        what = f"{name} was sent {stalled.repeats + 1} times, and no {awaited} was captured"
        symptom = Symptom.NO_RESPONSE if sender == own else Symptom.UNANSWERED
        return what, (GaveUp(phase, awaited, timeout=True), Told(symptom, phase, what))
    return "", ()


def silence_facts(silence: Silence, own: Address) -> tuple[str, tuple[Fact, ...]]:
    """What it tells own's reader: nothing where it is own end that does not answer."""
    ends = silence.heard.datagram.ends
    what = f"{silence.count} informational messages of {ends.source} in a row, and nothing came from {ends.destination}"
    return what, (Told(Symptom.PEER_LOST, Phase.ONE, what),) if ends.source == own else ()
