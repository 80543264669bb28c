"""The ladder as JSON for programs: all of a transcript, keys in a stable order; `schema.json` describes it."""

import json
from typing import Any

from mainmode.base.decoded import Decoded
from mainmode.base.instant import Instant
from mainmode.base.provenance import Source, Statement
from mainmode.ladder.spelling import date, kind
from mainmode.ladder.steps import LadderStep, related, sections, steps
from mainmode.ladder.transcript import (
    Clock,
    LineSaid,
    MessageArrived,
    MessageSent,
    Remark,
    Side,
    Transcript,
)
from mainmode.ladder.words import words

VERSION = "1.0"
"""The schema's version: the first number changes when a reader of the old one would break."""

Json = dict[str, Any]


def document(transcript: Transcript) -> Json:
    """The transcript as a tree of dicts, lists, strings, numbers, booleans and None."""
    rungs = steps(transcript)
    events = _Events(transcript, rungs)
    return {
        "schema_version": VERSION,
        "seed": transcript.seed,
        "started_at": date(transcript, transcript.started_at),
        "initiator": transcript.initiator.value if transcript.initiator else None,
        "devices": [
            {
                "side": device.side.value,
                "hostname": device.hostname,
                "address": device.address,
                "file": device.file,
                "configuration": list(device.config),
                "log": device.log or None,
            }
            for device in transcript.devices
        ],
        "verdict": _verdict(transcript),
        "steps": [_step(transcript, section.title, step) for section in sections(transcript) for step in section.steps],
        "messages": events.messages(),
        "lines": events.lines(),
        "remarks": events.remarks(),
        "pings": [
            {
                "side": ping.side.value,
                "source": ping.source,
                "destination": ping.destination,
                "sequence": ping.sequence,
                "sent": _time(transcript, ping.sent_at),
                "round_trip_us": ping.round_trip,
                "note": ping.note,
            }
            for ping in transcript.pings
        ],
        "shows": [
            {"side": shown.side.value, "command": shown.command, "text": shown.text} for shown in transcript.shows
        ],
        "notes": list(transcript.notes),
        "clock": transcript.clock.value,
    }


def json_text(transcript: Transcript) -> str:
    """The document as text, ending in a line end; the same transcript gives the same octets (all of them ASCII)."""
    return json.dumps(document(transcript), indent=2) + "\n"


class _Events:
    """Events with their place in the true order and the step that they stand in."""

    def __init__(self, transcript: Transcript, rungs: tuple[LadderStep, ...]) -> None:
        self.transcript = transcript
        self.step_of = {id(said): step.index for step in rungs for said in step.said}
        self.step_of |= {id(step.message): step.index for step in rungs if step.message is not None}

    def messages(self) -> list[Json]:
        """All messages, in the order in which they were sent."""
        arrivals: dict[int, list[Json]] = {}
        for order, event in enumerate(self.transcript.events):
            if isinstance(event, MessageArrived):
                entry = {"order": order, "time": _time(self.transcript, event.at)}
                arrivals.setdefault(event.number, []).append(entry)
        return [
            self._message(order, event, arrivals.get(event.number, []))
            for order, event in enumerate(self.transcript.events)
            if isinstance(event, MessageSent)
        ]

    def _message(self, order: int, sent: MessageSent, arrivals: list[Json]) -> Json:
        return {
            "number": sent.number,
            "order": order,
            "step": self.step_of[id(sent)],
            "name": sent.name,
            "from": sent.side.value,
            "to": sent.side.other.value,
            "source": sent.source,
            "destination": sent.destination,
            "sent": _time(self.transcript, sent.at),
            "arrives": _time(self.transcript, sent.arrives_at) if sent.arrives_at is not None else None,
            "arrivals": arrivals,
            "length": sent.length,
            "octets": sent.octets,
            "encrypted": sent.encrypted,
            "retransmission": sent.retransmission,
            "cookies": sent.cookies,
            "message_id": sent.message_id,
            "payloads": list(sent.payloads),
            "decoded": [_decoded(piece) for piece in sent.decoded],
            "fate": sent.fate.value,
            "fate_detail": sent.fate_detail,
        }

    def lines(self) -> list[Json]:
        """All lines of the devices, in the true order."""
        return [
            {
                "order": order,
                "step": self.step_of[id(event)],
                "side": event.side.value,
                "time": _time(self.transcript, event.at),
                "text": event.text,
                "entry": event.entry,
                "label": event.step,
                "cookie": event.cookie,
                "message_id": event.message_id,
                "configuration": [_source(source) for source in event.sources],
                "log_line": event.line or None,
            }
            for order, event in enumerate(self.transcript.events)
            if isinstance(event, LineSaid)
        ]

    def remarks(self) -> list[Json]:
        """All remarks of the run, in the true order."""
        return [
            {
                "order": order,
                "step": self.step_of[id(event)],
                "side": event.side.value if event.side is not None else None,
                "time": _time(self.transcript, event.at),
                "text": event.text,
                "label": event.step,
                "configuration": [_source(source) for source in event.sources],
            }
            for order, event in enumerate(self.transcript.events)
            if isinstance(event, Remark)
        ]


def _time(transcript: Transcript, at: Instant) -> Json:
    """Without a clock, neither; without a year, no date."""
    if transcript.clock is Clock.NONE:
        return {"us": None, "iso": None}
    return {"us": at - transcript.started_at, "iso": date(transcript, at)}


def _source(source: Source) -> Json:
    """A place of the configuration; a default or an absent line has no number."""
    if isinstance(source, Statement):
        return {"kind": kind(source), "file": source.file, "line": source.line, "text": source.text}
    return {"kind": kind(source), "file": source.file, "line": None, "text": source.command}


def _decoded(piece: Decoded) -> Json:
    return {
        "name": piece.name,
        "length": piece.length,
        "fields": [{"label": label, "value": value} for label, value in piece.fields],
        "children": [_decoded(child) for child in piece.children],
    }


def _verdict(transcript: Transcript) -> Json:
    verdict = transcript.verdict
    return {
        "outcome": verdict.outcome.value,
        "reached": verdict.reached,
        "cause": verdict.cause,
        "sentence": verdict.sentence,
        "places": [
            {
                "side": blame.side.value,
                "note": blame.note,
                "configuration": _source(blame.source) if blame.source is not None else None,
            }
            for blame in verdict.blames
        ],
    }


def _step(transcript: Transcript, section: str, step: LadderStep) -> Json:
    return {
        "index": step.index,
        "section": section,
        "name": step.name,
        "title": step.title,
        "time": _time(transcript, step.at),
        "message": step.message.number if step.message else None,
        "words": [{"side": side.value, "text": text} for side, text in words(transcript, step)],
        "configuration": [
            {"side": side.value, **_source(source)} for side in Side for source in related(transcript, step, side)
        ],
    }
