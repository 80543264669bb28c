"""The explanation as JSON for programs; `schema.json` beside the room's modules describes it."""

import json
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from enum import Enum
from ipaddress import IPv4Address
from typing import Any

from mainmode.base.address import Proxy
from mainmode.base.instant import Instant
from mainmode.base.provenance import Statement
from mainmode.explain.choosing import own_findings
from mainmode.explain.explanation import Explanation
from mainmode.explain.finding import Finding, Place
from mainmode.explain.negotiation import Attempt, Negotiation
from mainmode.explain.pairing import Link, Pairing
from mainmode.explain.record import Log, Noted, Record
from mainmode.ladder.document import document as ladder_document
from mainmode.ladder.spelling import iso, kind

VERSION = "1.0"
"""The schema's version: the first number changes when a reader of the old one would break."""

Json = dict[str, Any]


def document(explanation: Explanation) -> Json:
    """The explanation as a tree of dicts, lists, strings, numbers, booleans and None."""
    own = {id(one) for one in own_findings(explanation)}
    chosen = explanation.chosen
    transcript = explanation.transcript
    return {
        "schema_version": VERSION,
        "verdict": explanation.verdict,
        "outcome": chosen.outcome.name.lower() if chosen is not None else None,
        "chosen": _key(chosen.log, chosen.number) if chosen is not None else None,
        "findings": [_finding(one, id(one) in own) for one in explanation.findings],
        "logs": [_log(one) for one in explanation.logs],
        "negotiations": [_negotiation(one) for one in explanation.negotiations],
        "facts": [_fact(one) for one in chosen.noted] if chosen is not None else [],
        "pairings": [_pairing(one) for one in explanation.pairings],
        "sketches": [
            {"peer": one.peer, "vendor": one.vendor, "lines": list(one.lines)} for one in explanation.sketches
        ],
        "letters": [{"peer": one.peer, "subject": one.subject, "body": one.body} for one in explanation.letters],
        "notes": list(explanation.notes),
        "ladder": ladder_document(transcript) if transcript is not None else None,
    }


def json_text(explanation: Explanation) -> str:
    """The document as text, ending in a line end; the same explanation gives the same octets, all of them ASCII."""
    return json.dumps(document(explanation), indent=2) + "\n"


def _key(log: int, number: int) -> Json:
    return {"log": log, "number": number}


def _finding(finding: Finding, own: bool) -> Json:
    return {
        "code": finding.code,
        "title": finding.title,
        "sure": finding.sure.name.lower(),
        "warning": finding.warning,
        "about_chosen": own,
        "sees": finding.sees,
        "why": finding.why,
        "unknowable": finding.unknowable,
        "log": finding.log,
        "peer": finding.peer,
        "at_fault": finding.whose.value if finding.whose is not None else None,
        "negotiations": list(finding.negotiations),
        "evidence": [_record(one) for one in finding.evidence],
        "checks": [
            {"where": one.where.value if one.where is not None else "path", "text": one.text} for one in finding.checks
        ],
        "commands": [
            {
                "where": one.where.value,
                "vendor": one.vendor,
                "about": one.about,
                "lines": list(one.lines),
                "safety": one.safety.name.lower(),
            }
            for one in finding.commands
        ],
        "alternatives": [{"code": one.code, "tell_apart": one.tell_apart} for one in finding.alternatives],
        "places": [_place(one) for one in finding.places],
    }


def _place(place: Place) -> Json:
    source = place.source
    stated = isinstance(source, Statement)
    return {
        "configuration": place.log,
        "note": place.note,
        "kind": kind(source),
        "file": source.file,
        "line": source.line if isinstance(source, Statement) else None,
        "text": source.text if stated and isinstance(source, Statement) else getattr(source, "command", ""),
    }


def _record(record: Record) -> Json:
    return {
        "log": record.log,
        "first": record.first,
        "last": record.last,
        "dialect": record.dialect,
        "entry": record.reading.entry,
        "stamp": record.reading.stamp,
        "text": record.text,
    }


def _log(log: Log) -> Json:
    return {
        "number": log.number,
        "name": log.name,
        "lines": log.lines,
        "recognised": log.recognised,
        "other": log.other,
        "console": log.console,
        "unknown": log.unknown,
        "share": round(log.share, 6),
        "truncated": log.truncated,
        "dialects": [{"name": name, "lines": count} for name, count in log.dialects],
        "samples": [{"line": one.line, "text": one.text, "count": one.count} for one in log.samples],
    }


def _negotiation(one: Negotiation) -> Json:
    return {
        "log": one.log,
        "number": one.number,
        "dialect": one.dialect,
        "device": one.device,
        "peer": one.peer,
        "local": one.local,
        "group": one.group,
        "role": one.role.value if one.role is not None else None,
        "outcome": one.outcome.name.lower(),
        "reached": one.reached,
        "first": one.first,
        "last": one.last,
        "records": one.records,
        "repeated": one.repeated,
        "similar": one.similar,
        "started": _time(one.started),
        "ended": _time(one.ended),
        "phase1": _attempt(one.phase1) if one.phase1 is not None else None,
        "phase2": [_attempt(attempt) for attempt in one.phase2],
    }


def _attempt(attempt: Attempt) -> Json:
    return {
        "role": attempt.role.value if attempt.role is not None else None,
        "message_id": attempt.message_id,
        "outcome": attempt.outcome.name.lower(),
        "rekey": attempt.rekey,
        "repeated": attempt.repeated,
        "lines": _span(attempt.noted),
    }


def _span(noted: Iterable[Noted]) -> list[int]:
    """The first and the last line; empty where nothing is told."""
    lines = [number for one in noted for number in (one.record.first, one.record.last)]
    return [min(lines), max(lines)] if lines else []


def _time(at: Instant | None) -> str | None:
    return iso(at) if at is not None else None


def _pairing(pairing: Pairing) -> Json:
    return {
        "first": pairing.first,
        "second": pairing.second,
        "same": pairing.same.name.lower(),
        "confidence": round(pairing.confidence, 4),
        "grounds": list(pairing.grounds),
        "offset_us": pairing.offset,
        "spread_us": pairing.spread,
        "links": [_link(one) for one in pairing.links],
    }


def _link(link: Link) -> Json:
    return {
        "name": link.name,
        "sender": link.sender,
        "sent": link.sent.record.first if link.sent is not None else None,
        "received": link.received.record.first if link.received is not None else None,
    }


def _fact(noted: Noted) -> Json:
    fact = noted.fact
    return {
        "line": noted.record.first,
        "fact": type(fact).__name__,
        "values": {field.name: _plain(getattr(fact, field.name)) for field in fields(fact)},
    }


def _plain(value: object) -> object:
    """A value of a fact as JSON has it: enumerations by what they mean, proxies as ranges."""
    if isinstance(value, Proxy):
        return {
            "first": str(value.first),
            "last": str(value.last),
            "protocol": value.protocol,
            "port": value.port,
        }
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, IPv4Address):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value
