"""The preflight as JUnit XML, which CI systems read: a suite for each pair, a case for each direction of each entry.

The form is that of Ant's task and of Jenkins' reader: what is down is a failure; what is not begun, as configured, or
cannot be tried, is skipped. No time is told, so that the same preflight gives the same text.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from mainmode.check.faces.naming import blamed, entries, name_of, networks, outcome, pair_of
from mainmode.check.faces.odd import told_of
from mainmode.check.faces.words import counted, verdict
from mainmode.check.fix import Fix
from mainmode.check.matrix import Cell
from mainmode.check.report import Checked, Preflight, Unchecked
from mainmode.check.trouble import Trouble
from mainmode.ladder.spelling import clean, clean_lines
from mainmode.ladder.transcript import Side

_NO_TIME = "0"


def junit(preflight: Preflight) -> str:
    """The document, ending in a line end."""
    whole = Element("testsuites", name="mainmode check")
    for checked in preflight.pairs:
        _suite(whole, checked)
    for one in preflight.unchecked:
        _unchecked(whole, one)
    for name in ("tests", "failures", "errors", "skipped"):
        whole.set(name, str(sum(int(suite.get(name, "0")) for suite in whole)))
    whole.set("time", _NO_TIME)
    indent(whole)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(whole, encoding="unicode")}\n'


def _suite(whole: Element, checked: Checked) -> None:
    suite = SubElement(whole, "testsuite", name=clean(pair_of(checked)))
    for row in checked.matrix.rows:
        for side in Side:
            cell = checked.matrix.of(row.number, side)
            name = f"{row.number}. {networks(row.proxies)} ({entries(row)}), {name_of(checked, side)} begins"
            _judge(_case(suite, checked, name), checked, cell)
    if checked.hours is not None:
        case = _case(suite, checked, f"{counted(checked.hours.hours, 'hour')} of virtual time")
        if checked.hours.drops:
            SubElement(case, "failure", message=clean(checked.hours.sentence), type="TUNNEL_DROPS")
    if checked.idle:
        case = _case(suite, checked, "something is carried")
        SubElement(case, "failure", message=clean(verdict(checked)), type="NOTHING_CARRIED")
    counts = {
        "tests": len(suite),
        "failures": sum(case.find("failure") is not None for case in suite),
        "errors": 0,
        "skipped": sum(case.find("skipped") is not None for case in suite),
    }
    suite.attrib |= {name: str(count) for name, count in counts.items()} | {"time": _NO_TIME}


def _unchecked(whole: Element, unchecked: Unchecked) -> None:
    """A pair that could not be checked is a case with an error."""
    name = clean(" and ".join(unchecked.files))
    counts = {"tests": "1", "failures": "0", "errors": "1", "skipped": "0", "time": _NO_TIME}
    suite = SubElement(whole, "testsuite", {"name": name} | counts)
    case = SubElement(suite, "testcase", name="the pair is checked", classname=name, time=_NO_TIME)
    SubElement(case, "error", message=clean(unchecked.why), type="NOT_CHECKED")


def _case(suite: Element, checked: Checked, name: str) -> Element:
    return SubElement(suite, "testcase", name=clean(name), classname=clean(pair_of(checked)), time=_NO_TIME)


def _judge(case: Element, checked: Checked, cell: Cell) -> None:
    """Failure, skip, or nothing for a case that passes."""
    if cell.came.down:
        failure = SubElement(case, "failure", message=clean(outcome(cell)), type=cell.cause or cell.came.name)
        failure.text = _safe("\n".join(_told(checked, cell)))
    elif not cell.came.carries:
        SubElement(case, "skipped", message=clean(f"{cell.came.value}: {cell.sentence}".rstrip(": ")))
    elif told_of(checked, cell):
        SubElement(case, "system-out").text = _safe(told_of(checked, cell))


def _told(checked: Checked, cell: Cell) -> Iterator[str]:
    yield cell.sentence
    place = (cell.row, cell.starter)
    trouble = next((one for one in checked.troubles if place in one.cells), None)
    for blame in trouble.places if trouble is not None else cell.blames:
        yield f"{name_of(checked, blame.side)}: {blamed(blame)}"
    if trouble is not None:
        yield from _fixes(checked, trouble)


def _fixes(checked: Checked, trouble: Trouble) -> Iterator[str]:
    for number, fix in enumerate(trouble.fixes):
        yield f"{'or' if number else 'fix'}: {fix.proof.sentence}"
        yield from _commands(checked, fix)


def _commands(checked: Checked, fix: Fix) -> Iterator[str]:
    for edit in fix.edits:
        yield f"  on {name_of(checked, edit.side)}: {edit.about} ({edit.safety.value})"
        yield from (f"    {line}" for line in edit.lines)


def _safe(text: str) -> str:
    return "\n".join(clean_lines(text))
