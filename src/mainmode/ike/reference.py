"""The page of the state machines, drawn from their tables."""

from collections.abc import Iterator
from typing import Any

from mainmode.ike import main_mode, quick_mode
from mainmode.ike.fsm import Event, State, Table

MACHINES: tuple[tuple[str, str, Table[Any]], ...] = (
    ("Main mode, initiator", "MM_START", main_mode.INITIATOR),
    ("Main mode, responder", "MM_START", main_mode.RESPONDER),
    ("Quick mode, initiator", "QM_START", quick_mode.INITIATOR),
    ("Quick mode, responder", "QM_START", quick_mode.RESPONDER),
)
HEAD = """# The state machines

Generated from the tables in `ike/main_mode.py` and `ike/quick_mode.py`. States and events bear the names that the
device prints in its `FSM error history` lines; that line is the machine's own trace, newest pair first. An event of
`NullEvent` rests in its state until a message comes or a timer fires.
"""


def _arrows(table: Table[Any]) -> Iterator[str]:
    seen = set()
    for (state, event), row in table.items():
        for outcome, (following, _) in row.then.items():
            label = event.value if outcome.value == "ok" else f"{event.value} ({outcome.value})"
            arrow = f"    {state.value} --> {following.value}: {label}"
            if following is not state and arrow not in seen:
                seen.add(arrow)
                yield arrow


def _rows(table: Table[Any]) -> Iterator[str]:
    for (state, event), row in table.items():
        outcomes = ", ".join(
            f"{outcome.value}: {following.value}, {posted.value}" for outcome, (following, posted) in row.then.items()
        )
        does = (row.action.__doc__ or "").strip().split("\n")[0]
        yield f"| {state.value} | {event.value} | {does} | {outcomes or 'the end'} |"


def _section(name: str, start: str, table: Table[Any]) -> Iterator[str]:
    yield f"\n## {name}\n"
    yield "```mermaid\nstateDiagram-v2"
    yield f"    [*] --> {start}"
    yield from _arrows(table)
    end = State.MM_DONE if start == "MM_START" else State.QM_DONE
    yield f"    {end.value} --> [*]: {Event.ERROR.value}\n```\n"
    yield "| state | event | what is done | what follows |\n|---|---|---|---|"
    yield from _rows(table)


def reference_page() -> str:
    """Markdown: a diagram and a table for each machine."""
    return HEAD + "\n".join(line for machine in MACHINES for line in _section(*machine)) + "\n"
