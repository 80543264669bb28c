"""The preflight as JSON for programs; `schema.json` beside this module describes it."""

import json
from typing import Any

from mainmode import __version__
from mainmode.base.provenance import Source, Statement
from mainmode.check.agreed import Agreed
from mainmode.check.caution import Caution
from mainmode.check.faces.naming import network
from mainmode.check.faces.words import summary, verdict
from mainmode.check.fix import Edit, Fix
from mainmode.check.hours import Hours
from mainmode.check.matrix import Cell, Line, Matrix, Row, Ruling
from mainmode.check.report import Checked, Preflight
from mainmode.check.trouble import Trouble
from mainmode.device.config.problem import Problem
from mainmode.ladder.spelling import kind
from mainmode.ladder.transcript import Blame, LineSaid, Side

VERSION = "1.0"
"""The schema's version: the first number changes when a reader of the old one would break."""

Json = dict[str, Any]


def document(preflight: Preflight) -> Json:
    """The preflight as a tree of dicts, lists, strings, numbers, booleans and None."""
    return {
        "schema_version": VERSION,
        "generator": f"mainmode {__version__}",
        "up": preflight.up,
        "sentence": summary(preflight),
        "pairs": [_pair(one) for one in preflight.pairs],
        "lonely": [{"file": one.file, "peer": one.peer, "line": one.line} for one in preflight.lonely],
        "unchecked": [{"files": list(one.files), "why": one.why} for one in preflight.unchecked],
        "notes": list(preflight.notes),
    }


def json_text(preflight: Preflight) -> str:
    """The document as text, ending in a line end; the same preflight gives the same octets, all of them ASCII."""
    return json.dumps(document(preflight), indent=2) + "\n"


def _pair(checked: Checked) -> Json:
    return {
        "devices": {
            side.value: {
                "hostname": one.hostname,
                "file": one.file,
                "interface": one.interface,
                "address": one.address,
            }
            for side, one in checked.devices.items()
        },
        "up": checked.up,
        "sentence": verdict(checked),
        "rows": [_row(one) for one in checked.matrix.rows],
        "cells": [_cell(one) for one in checked.matrix.cells],
        "untried": checked.matrix.untried,
        "troubles": [_trouble(one) for one in checked.troubles],
        "fixes": [_fix(one) for one in checked.fixes],
        "cautions": [_caution(one) for one in checked.cautions],
        "hours": _hours(checked.hours) if checked.hours is not None else None,
        "assumptions": list(checked.assumptions),
        "unread": [_problem(one) for problems in (checked.unread or {}).values() for one in problems],
    }


def _row(row: Row) -> Json:
    return {
        "number": row.number,
        "a_networks": network(row.proxies.local),
        "b_networks": network(row.proxies.remote),
        "protocol": row.proxies.local.protocol,
        "lines": {side.value: _line(row.lines[side]) if side in row.lines else None for side in Side},
    }


def _line(line: Line) -> Json:
    return {
        "crypto_map": line.entry.map_name,
        "sequence": line.entry.sequence,
        "entry": _source(line.entry.source),
        "line": _source(line.ace.source),
    }


def _cell(cell: Cell) -> Json:
    return {
        "row": cell.row,
        "starter": cell.starter.value,
        "outcome": cell.came.name.lower(),
        "down": cell.came.down,
        "stage": cell.stage,
        "cause": cell.cause,
        "sentence": cell.sentence,
        "rulings": [_ruling(one) for one in cell.rulings],
        "places": [_blame(one) for one in cell.blames],
        "agreed": _agreed(cell.agreed) if cell.agreed is not None else None,
    }


def _ruling(ruling: Ruling) -> Json:
    return {
        "side": ruling.side.value,
        "stage": ruling.stage,
        "what": ruling.what,
        "text": ruling.text,
        "sources": [_source(one) for one in ruling.sources],
    }


def _agreed(agreed: Agreed) -> Json:
    return {
        "encryption": agreed.encryption.name.lower(),
        "key_bits": agreed.key_bits,
        "hash": agreed.hash.name.lower(),
        "group": agreed.group.value,
        "lifetime_seconds": agreed.lifetime,
        "dpd": agreed.dpd,
        "nat_traversal": agreed.nat_traversal,
        "esp_encryption": agreed.suite.encryption.name.lower(),
        "esp_key_bits": agreed.suite.key_bits,
        "esp_authentication": agreed.suite.authentication.name.lower(),
        "mode": agreed.mode.name.lower(),
        "pfs_group": agreed.pfs.value if agreed.pfs is not None else None,
    }


def _trouble(trouble: Trouble) -> Json:
    return {
        "code": trouble.code,
        "title": trouble.title,
        "sentence": trouble.sentence,
        "cells": [_key(*one) for one in trouble.cells],
        "at_fault": trouble.at_fault.value if trouble.at_fault is not None else None,
        "places": [_blame(one) for one in trouble.places],
        "said": {side.value: [_said(one) for one in trouble.said.get(side, ())] for side in Side},
        "fixes": [_fix(one) for one in trouble.fixes],
        "unproved": trouble.unproved,
    }


def _key(row: int, starter: Side) -> Json:
    return {"row": row, "starter": starter.value}


def _said(said: LineSaid) -> Json:
    return {"text": said.text, "entry": said.entry}


def _fix(fix: Fix) -> Json:
    return {
        "edits": [_edit(one) for one in fix.edits],
        "commands": fix.commands,
        "whole": fix.proof.whole,
        "proof": fix.proof.sentence,
        "outcomes": _outcomes(fix.proof.matrix),
    }


def _outcomes(matrix: Matrix) -> list[Json]:
    return [{**_key(one.row, one.starter), "outcome": one.came.name.lower()} for one in matrix.cells]


def _edit(edit: Edit) -> Json:
    return {
        "side": edit.side.value,
        "repair": edit.repair,
        "about": edit.about,
        "lines": list(edit.lines),
        "safety": edit.safety.name.lower(),
        "weakens": edit.weakens,
        "note": edit.note,
    }


def _caution(caution: Caution) -> Json:
    return {
        "code": caution.code,
        "title": caution.title,
        "sentence": caution.sentence,
        "evidence": caution.evidence,
        "why": caution.why,
        "advice": caution.advice,
        "places": [_blame(one) for one in caution.places],
    }


def _hours(hours: Hours) -> Json:
    return {
        "hours": hours.hours,
        "pattern": hours.pattern,
        "sent": hours.sent,
        "answered": hours.answered,
        "drops": hours.drops,
        "sentence": hours.sentence,
        "moments": [
            {
                "after_us": one.after,
                "what": one.what.name.lower(),
                "side": one.side.value if one.side is not None else None,
                "text": one.text,
                "sources": [_source(source) for source in one.sources],
            }
            for one in hours.moments
        ],
    }


def _blame(blame: Blame) -> Json:
    return {
        "side": blame.side.value,
        "note": blame.note,
        "source": _source(blame.source) if blame.source is not None else None,
    }


def _source(source: Source) -> Json:
    return {
        "kind": kind(source),
        "file": source.file,
        "line": source.line if isinstance(source, Statement) else None,
        "text": source.text if isinstance(source, Statement) else source.command,
    }


def _problem(problem: Problem) -> Json:
    return {
        "severity": problem.severity.value,
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "text": problem.text,
        "wording": problem.wording,
        "expected": problem.expected,
    }
