"""The preflight as SARIF 2.1.0: code hosts show its results beside the configuration lines of a change.

A trouble gives a result at the line at fault, or at one line of each side where either may change; everything else
that it names is a related location. A line that is missing stands at the first line of its file.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from mainmode import __version__
from mainmode.base.provenance import Source, Statement
from mainmode.check.faces.naming import blamed, cells_of, name_of, pair_of
from mainmode.check.faces.words import verdict
from mainmode.check.fix import Fix
from mainmode.check.hours import What
from mainmode.check.report import Checked, Preflight, Unchecked
from mainmode.device.config.problem import Problem, Severity
from mainmode.explain.diagnoses import DIAGNOSES
from mainmode.ladder.spelling import clean, clean_lines
from mainmode.ladder.transcript import Blame, Side

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
DROPS, IDLE, UNREAD, NOT_CHECKED = "TUNNEL_DROPS", "NOTHING_CARRIED", "UNREAD_LINE", "NOT_CHECKED"
_HELP = {
    "error": "The result names the lines on both sides and the commands that mend it, each tried on the model.",
    "warning": "The result says what the run showed and what to do.",
    "note": "Correct the line, or see that the device does not need it for its tunnels.",
}
Json = dict[str, Any]


def sarif(preflight: Preflight, paths: Mapping[str, str]) -> str:
    """The log as text, ending in a line end. `paths` are the files' paths by the names that they are shown by, relative
    to the folder that is under version control; a file without one stands for itself."""
    results = [result for checked in preflight.pairs for result in _Results(checked, paths).all()]
    results += [_unchecked(one, paths) for one in preflight.unchecked]
    unread = _unread(preflight, paths)
    rules = {rule["id"]: rule for rule, _ in (*results, *unread)}
    order = {code: number for number, code in enumerate(rules)}
    listed = [{**result, "ruleIndex": order[result["ruleId"]]} for _, result in (*results, *unread)]
    run = {
        "tool": {
            "driver": {
                "name": "mainmode",
                "semanticVersion": __version__,
                "rules": list(rules.values()),
            }
        },
        "invocations": [{"executionSuccessful": True}],
        "columnKind": "unicodeCodePoints",
        "results": listed,
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


class _Results:
    """The results of one pair, each with its rule."""

    def __init__(self, checked: Checked, paths: Mapping[str, str]) -> None:
        self._checked = checked
        self._paths = paths

    def all(self) -> Iterator[tuple[Json, Json]]:
        """Troubles, what is down without one, cautions, and a tunnel that drops."""
        checked = self._checked
        for trouble in checked.troubles:
            rule = _rule(trouble.code, trouble.title, "error", _why(trouble.code))
            rows = [trouble.sentence, f"Concerns {cells_of(checked, trouble.cells)}.", *self._fixes(trouble.fixes)]
            yield from self._at(rule, rows, trouble.places, trouble.at_fault)
        for cell in checked.unexplained:
            code = cell.cause or cell.came.name
            rule = _rule(code, cell.came.value, "error", _why(code))
            yield from self._at(rule, [cell.sentence], cell.blames, None)
        for caution in checked.cautions:
            rows = [caution.sentence, caution.evidence, caution.why, caution.advice]
            rule = _rule(caution.code, caution.title, "warning", caution.why)
            yield from self._at(rule, rows, caution.places, None)
        if checked.idle:
            why = "A tunnel that nothing could be sent through is not known to come up."
            rule = _rule(IDLE, "Nothing was carried", "error", why)
            yield from self._at(rule, [verdict(checked)], (), None)
        if checked.hours is not None and checked.hours.drops:
            places = [
                Blame(moment.side, moment.text, source)
                for moment in checked.hours.moments
                for source in moment.sources
                if moment.side is not None and moment.what in (What.ENDED, What.SILENT)
            ]
            why = "A timer of one side ends what the other still uses, or nobody brings it up again."
            rule = _rule(DROPS, "The tunnel drops over time", "error", why)
            yield from self._at(rule, [checked.hours.sentence], places[:1], None)

    def _at(
        self, rule: Json, rows: Iterable[str], places: Iterable[Blame], at_fault: Side | None
    ) -> Iterator[tuple[Json, Json]]:
        """A result for each side that is concerned, at the first of its lines."""
        listed = list(places)
        text = _joined([f"{pair_of(self._checked)}: {next(iter(rows), '')}", *list(rows)[1:]])
        named = [side for side in Side if any(one.side is side for one in listed)]
        stated = [side for side in named if any(_stated(one, side) for one in listed)]
        sides = [at_fault] if at_fault is not None and listed else stated or named or list(Side)
        for side in sides:
            own = [one for one in listed if one.side is side]
            first = next((one for one in own if _stated(one, side)), own[0] if own else None)
            result: Json = {
                "ruleId": rule["id"],
                "level": rule["defaultConfiguration"]["level"],
                "message": {"text": text},
                "locations": [self._location(side, first.source if first else None)],
            }
            related = [
                {
                    **self._location(one.side, one.source),
                    "id": number,
                    "message": {"text": clean(f"{name_of(self._checked, one.side)}: {blamed(one)}")},
                }
                for number, one in enumerate((one for one in listed if one is not first), 1)
            ]
            yield rule, result | ({"relatedLocations": related} if related else {})

    def _location(self, side: Side, source: Source | None) -> Json:
        file = source.file if source is not None else self._checked.devices[side].file
        return _location(self._paths, file, source)

    def _fixes(self, fixes: Iterable[Fix]) -> Iterator[str]:
        for number, fix in enumerate(fixes):
            for edit in fix.edits:
                lead = "Or" if number else "Fix"
                yield f"{lead}: on {name_of(self._checked, edit.side)}, {edit.about} ({edit.safety.value}):"
                yield from (f"    {line}" for line in edit.lines)
            yield f"Proved: {fix.proof.sentence}"


def _unread(preflight: Preflight, paths: Mapping[str, str]) -> list[tuple[Json, Json]]:
    """The lines that the reader warns of or left out, each once however many pairs its file is in."""
    why = "What is left out is not part of the model, and the verdict does not know of it."
    rule = _rule(UNREAD, "The reader warns of a line, or left it out", "note", why)
    found: dict[tuple[str, int, int, str], Problem] = {}
    for checked in preflight.pairs:
        for problems in (checked.unread or {}).values():
            found |= {(one.file, one.line, one.column, one.wording): one for one in problems}
    return [(rule, _remark(one, paths)) for one in found.values()]


def _unchecked(one: Unchecked, paths: Mapping[str, str]) -> tuple[Json, Json]:
    why = "Nothing is known of a pair that was not tried."
    rule = _rule(NOT_CHECKED, "A pair of peers could not be checked", "error", why)
    first, second = (_location(paths, file, None) for file in one.files)
    text = _joined([f"{' and '.join(one.files)} could not be checked: {one.why}"])
    return rule, {
        "ruleId": NOT_CHECKED,
        "level": "error",
        "message": {"text": text},
        "locations": [first],
        "relatedLocations": [{**second, "id": 1}],
    }


def _remark(problem: Problem, paths: Mapping[str, str]) -> Json:
    left_out = "" if problem.severity is Severity.WARNING else "left out: "
    return {
        "ruleId": UNREAD,
        "level": "note",
        "message": {"text": _joined([f"{left_out}{problem.wording}", problem.expected])},
        "locations": [_location(paths, problem.file, Statement(problem.file, problem.line, problem.text))],
    }


def _rule(code: str, title: str, level: str, why: str) -> Json:
    """A rule as code hosts want it, with a description and help."""
    described = clean(title).rstrip(".")
    help_text = f"{clean(why)} {_HELP[level]}".strip()
    return {
        "id": code,
        "shortDescription": {"text": f"{described}."},
        "fullDescription": {"text": f"{described}. {clean(why)}".strip()},
        "help": {"text": help_text},
        "defaultConfiguration": {"level": level},
    }


def _why(code: str) -> str:
    """Why a cause stops a tunnel, where the explainer knows it."""
    diagnosis = DIAGNOSES.get(code)
    return diagnosis.why if diagnosis is not None else ""


def _location(paths: Mapping[str, str], file: str, source: Source | None) -> Json:
    path = quote(paths.get(file) or clean(file), errors="surrogateescape")
    uri = f"file://{path}" if path.startswith("/") else path
    region: Json = {"startLine": 1}
    if isinstance(source, Statement):
        region = {"startLine": source.line, "snippet": {"text": clean(source.text)}}
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}


def _stated(blame: Blame, side: Side) -> bool:
    return blame.side is side and isinstance(blame.source, Statement)


def _joined(rows: Iterable[str]) -> str:
    return "\n".join(line for row in rows if row for line in clean_lines(row))
