"""What `packet-tracer` prints: phases and their result as text, and as the elements of `xml`.

The text is that of public sessions; the elements' names are those that public scripts read.
"""

from collections.abc import Iterator
from xml.sax.saxutils import escape

from mainmode.device.show.layout import Layout, fill, text
from mainmode.device.tracer.phases import Outcome, Phase

_PHASE: Layout = ("", "Phase: {number}", "Type: {type}", "Subtype: {subtype}", "Result: {result}", "Config:")
_EXTRA = "Additional Information:"


def as_text(outcome: Outcome) -> str:
    """All phases, then the result, each behind an empty line."""
    lines: list[str] = []
    for number, phase in enumerate(outcome.phases, 1):
        lines += fill(_PHASE, _named(number, phase))
        lines += [*phase.config, _EXTRA, *phase.extra]
    lines += ["", "Result:", *(f"{name}: {value}" for name, value in _result(outcome)), ""]
    return text(lines)


def as_xml(outcome: Outcome) -> str:
    """The same as elements, without one around them all."""
    lines: list[str] = []
    for number, phase in enumerate(outcome.phases, 1):
        values = _named(number, phase)
        lines.append("<Phase>")
        lines.append(f"<id>{number}</id>")
        lines += [f"<{name}>{escape(str(values[name]))}</{name}>" for name in ("type", "subtype", "result")]
        lines += [_block("config", phase.config), _block("extra", phase.extra), "</Phase>"]
    rows = [f"<{name.lower()}>{escape(value)}</{name.lower()}>" for name, value in _result(outcome)]
    return text([*lines, "<result>", *rows, "</result>"])


def _named(number: int, phase: Phase) -> dict[str, object]:
    return {"number": number, "type": phase.type, "subtype": phase.subtype, "result": phase.result}


def _block(name: str, rows: tuple[str, ...]) -> str:
    return "\n".join((f"<{name}>", *map(escape, rows), f"</{name}>"))


def _result(outcome: Outcome) -> Iterator[tuple[str, str]]:
    state = "up" if outcome.up else "down"
    yield "input-interface", outcome.input
    yield "input-status", state
    yield "input-line-status", state
    if outcome.output is not None:
        yield "output-interface", outcome.output
        yield "output-status", "up"
        yield "output-line-status", "up"
    yield "Action", "allow" if outcome.reason is None else "drop"
    if outcome.reason is not None:
        name, words = outcome.reason
        yield "Drop-reason", f"({name}) {words}"
