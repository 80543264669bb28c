"""A capture as a log: one record for each ISAKMP message, seen from one of its two ends.

A capture holds both ends' messages; a log has one writer. So each record is told as the `own` end would have: `sent` is
what left it, `received` what was addressed to it. Whether that arrived a capture cannot know. Which end is the own one:
`packets.viewpoint`.
"""

from collections import Counter, deque
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from mainmode.base.instant import Instant
from mainmode.capture.datagrams import Address, Ends, Esp, Ike, Keepalive, Refusal, Seen
from mainmode.capture.exchanges import Exchanges, Heard
from mainmode.capture.frame import Flaw, Frame
from mainmode.capture.reading import read
from mainmode.capture.secrets import NO_SECRETS, Secrets
from mainmode.catalogue.facts import Carried, Fact, Message, Phase, Spi, Symptom, Tag, Told, Whose
from mainmode.explain.dialect import Reading
from mainmode.explain.packets.facts import View, facts_of
from mainmode.explain.packets.ikev2 import Version2
from mainmode.explain.packets.tunnels import Tunnel, Tunnels
from mainmode.explain.packets.viewpoint import Viewpoint
from mainmode.explain.packets.waiting import Stalled, Waiting, silence_facts, stalled_facts
from mainmode.explain.packets.words import (
    esp_text,
    ikev2_text,
    message_text,
    refusal_name,
    refusal_text,
    stamp,
)
from mainmode.explain.record import Log, Record, Sample

DIALECT = "capture"
_AHEAD = 2000
"""Datagrams that are looked at before the own end is chosen."""
_MOST_SAMPLES = 20
_VERSION_2 = 0x20
_ARRIVAL = (
    "is read as seen from {own}: `sent` is what left it on the wire, `received` what was addressed to it; a message in "
    "a capture need not have arrived"
)
_PATH_MTU = (3, 4)
_BEGINNINGS = ("MM1", "AM1")


class CapturedLog:
    """Records of a capture, to be iterated once, in the order of its frames; then `log()` and `notes` are whole.

    `own` or `peer` (addresses) choose whose log it is. Raises InputError where the packet library is missing, at the
    first record; nothing for what the file holds.
    """

    def __init__(
        self,
        stream: BinaryIO,
        number: int,
        name: str,
        own: str = "",
        peer: str = "",
        secrets: Secrets = NO_SECRETS,
    ) -> None:
        self._stream, self._number, self._name = stream, number, name
        self._secrets = secrets
        self._viewpoint = Viewpoint(own, peer)
        self._exchanges = Exchanges(secrets)
        self._version2 = Version2()
        self._waiting = Waiting()
        self._tunnels = Tunnels()
        self._counts: Counter[str] = Counter()
        self._flaws: dict[str, tuple[int, int]] = {}
        self._ended = ""
        self._proofs: Counter[tuple[str, bool]] = Counter()

    def __iter__(self) -> Iterator[Record]:
        """All records."""
        seen = self._seen()
        ahead = deque(islice(seen, _AHEAD))
        self._viewpoint.look_ahead(one.ends for one in ahead if isinstance(one, Ike))
        while ahead:
            yield from self._records(ahead.popleft())
        for one in seen:
            yield from self._records(one)
        for stalled in self._waiting.end():
            yield from self._stalled(stalled)
        for silence in self._waiting.silences():
            own = self._viewpoint.own(silence.heard.datagram.ends)
            text, facts = silence_facts(silence, own)
            tag = self._tag(silence.heard.datagram.ends, own, silence.heard)
            yield self._record(silence.frame, silence.at, "silence", text, facts, tag)
        for tunnel in self._tunnels.all():
            yield self._carried(tunnel)

    def log(self) -> Log:
        """What was read: its lines are frames."""
        counts = self._counts
        samples = [Sample(line, what, count) for what, (line, count) in self._flaws.items()]
        told = counts["told"]
        return Log(
            self._number,
            self._name,
            lines=counts["frames"],
            recognised=told,
            other=counts["other"],
            unknown=counts["flaws"],
            dialects=((DIALECT, told),) if told else (),
            samples=tuple(samples),
            truncated=bool(self._ended),
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader of an explanation has to know of this capture."""
        notes = []
        own = self._viewpoint.named
        if own:
            notes.append(f"{self._name} {_ARRIVAL.format(own=own)}")
        if self._ended:
            notes.append(f"{self._name}: {self._ended}")
        if self._version2.count:
            held = _counted(self._version2.count, "message")
            notes.append(f"{self._name} holds {held} of IKEv2, of which only headers and refusals are read")
        notes += self._about_keys()
        for (who, right), count in sorted(self._proofs.items()):
            verb = "was made" if right else "was not made"
            times = "" if count == 1 else f" ({count} times)"
            notes.append(f"the HASH of {who} {verb} with the pre-shared key that was given{times}")
        if self._secrets.psk is not None and not self._proofs:
            notes.append(
                "the pre-shared key could not be judged: no HASH of phase 1 can be read; in main mode that takes a key "
                "file as well"
            )
        return tuple(notes)

    def _about_keys(self) -> Iterator[str]:
        keys, exchanges = self._secrets.ike, self._exchanges
        if not keys:
            return
        if not exchanges.fitting:
            count = _counted(len(keys), "key")
            yield f"{count} given, and none belongs to an IKE SA with encrypted messages in {self._name}"
        elif exchanges.opened or exchanges.locked:
            total = _counted(exchanges.opened + exchanges.locked, "encrypted message")
            yield f"with the keys given {exchanges.opened} of {total} could be opened"
        for reason, closed in exchanges.reasons.items():
            yield f"{_counted(closed, 'encrypted message')} stayed closed: {reason}"

    def _seen(self) -> Iterator[Seen]:
        """What is about IPsec; frames and flaws are counted."""
        for frame, seen in read(self._stream):
            self._counts["frames"] += frame is not None
            if isinstance(seen, Flaw):
                self._flawed(frame, seen)
            elif seen is None:
                self._counts["other"] += 1
            else:
                self._counts["told"] += 1
                yield seen

    def _flawed(self, frame: Frame | None, flaw: Flaw) -> None:
        self._counts["flaws"] += frame is not None
        if flaw.ends:
            self._ended = flaw.what
        line, count = self._flaws.get(flaw.what, (flaw.number, 0))
        if count or len(self._flaws) < _MOST_SAMPLES or flaw.ends:
            self._flaws[flaw.what] = (line, count + 1)

    def _records(self, seen: Seen) -> Iterator[Record]:
        match seen:
            case Ike() if seen.octets[17] == _VERSION_2:
                yield self._version_2(seen)
            case Ike():
                heard: Heard | None = self._exchanges.hear(seen)
                while heard is not None:
                    for stalled in self._waiting.hear(heard):
                        yield from self._stalled(stalled)
                    yield self._message(heard)
                    heard = self._exchanges.whole(heard)
            case Esp():
                if self._tunnels.count(seen):
                    yield self._first_esp(seen)
            case Refusal():
                yield self._refused(seen)
            case Keepalive() | Flaw():
                pass

    def _record(
        self, number: int, at: Instant | None, entry: str, text: str, facts: tuple[Fact, ...], tag: Tag, step: str = ""
    ) -> Record:
        shown = stamp(at)
        reading = Reading(entry, facts, tag, shown, at if shown else None, step=step)
        return Record(self._number, number, number, text, DIALECT, reading)

    def _tag(self, ends: Ends, own: Address, heard: Heard | None = None) -> Tag:
        peer = ends.destination if ends.source == own else ends.source
        if heard is None:
            return Tag(peer=str(peer), local=str(own))
        header = heard.header
        return Tag(
            peer=str(peer),
            local=str(own),
            cookie=header.initiator_cookie.hex(),
            message_id=header.message_id or None,
            role=View(heard, own).role,
        )

    def _message(self, heard: Heard) -> Record:
        ends = heard.datagram.ends
        own = self._viewpoint.own(ends)
        if heard.proof is not None:
            self._proofs[str(ends.source), heard.proof] += 1
        facts = facts_of(heard, own)
        if heard.name in _BEGINNINGS and not heard.again and self._version2.begins(ends.source, ends.destination, 1):
            facts = (*facts, Told(Symptom.IKE_VERSION, Phase.ONE, f"{ends.destination} speaks IKEv2"))
        names = next((one.payloads for one in facts if isinstance(one, Message)), ())
        step = heard.name if heard.name != "QM4" else "QM3"
        return self._record(
            heard.datagram.number,
            heard.datagram.at,
            f"message {heard.name}".rstrip(),
            message_text(heard, facts, names),
            facts,
            self._tag(ends, own, heard),
            step or ("INFO" if heard.piece is None else ""),
        )

    def _version_2(self, datagram: Ike) -> Record:
        own = self._viewpoint.own(datagram.ends)
        told = self._version2.hear(datagram, own)
        text = ikev2_text(datagram, told.name, told.response, told.said)
        tag = self._tag(datagram.ends, own)
        return self._record(datagram.number, datagram.at, "IKEv2 message", text, told.facts, tag)

    def _stalled(self, stalled: Stalled) -> Iterator[Record]:
        ends = stalled.heard.datagram.ends
        own = self._viewpoint.own(ends)
        text, facts = stalled_facts(stalled, own)
        if text:
            tag = self._tag(ends, own, stalled.heard)
            yield self._record(stalled.frame, stalled.at, "exchange that stops", text, facts, tag)

    def _first_esp(self, esp: Esp) -> Record:
        own = self._viewpoint.own(esp.ends)
        facts = (Spi(f"{esp.spi:08x}", Whose.OWN if esp.ends.destination == own else Whose.PEER),)
        return self._record(esp.number, esp.at, "ESP", esp_text(esp), facts, self._tag(esp.ends, own))

    def _carried(self, tunnel: Tunnel) -> Record:
        ends = tunnel.last.ends
        own = self._viewpoint.own(ends)
        tag = self._tag(ends, own)
        sent, received = tunnel.sent, tunnel.received
        if own != tunnel.end:
            sent, received = received, sent
        text = f"ESP between {own} and {tag.peer}: {sent} packets sent, {received} received"
        facts = (Carried(sent, received, "packets", whole=True),)
        return self._record(tunnel.last.number, tunnel.last.at, "ESP counted", text, facts, tag)

    def _refused(self, refusal: Refusal) -> Record:
        own = self._viewpoint.own(refusal.ends)
        too_large = (refusal.kind, refusal.code) == _PATH_MTU
        port = refusal.ends.destination_port
        about = f"UDP {port}" if port else "ESP"
        detail = f"{refusal_name(refusal)}, from {refusal.reporter}, about {about}"
        symptom = Symptom.PATH_MTU if too_large else Symptom.UNREACHABLE
        facts = (Told(symptom, None if port else Phase.TWO, detail),)
        tag = self._tag(refusal.ends, own)
        return self._record(refusal.number, refusal.at, "ICMP error", refusal_text(refusal), facts, tag)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
