"""The ladder as one self-contained HTML file: nothing is fetched, everything of foreign origin is escaped."""

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING, Any

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Source
from mainmode.ladder import spelling
from mainmode.ladder.folding import Fold, Folding
from mainmode.ladder.series import series_of
from mainmode.ladder.sheet import Sheet
from mainmode.ladder.steps import LadderStep, Said, config_line, related, sections
from mainmode.ladder.transcript import Fate, LineSaid, MessageSent, Remark, Side, Transcript
from mainmode.ladder.words import words

if TYPE_CHECKING:
    from jinja2 import Template


@dataclass(frozen=True, slots=True)
class Reference:
    """A place of the configuration as the page shows it; `anchor` names the line in the panel, empty where none."""

    anchor: str
    place: str
    command: str
    kind: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One thing said: its rows, the anchors of the configuration that it rests on, and when it was said.

    `kind` is `line`, `remark`, or `fold` for lines that are told by their number only.
    """

    rows: tuple[str, ...]
    anchors: str
    time: str
    kind: str


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring paragraphs of one side; `column` is left, right or both."""

    column: str
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class StepView:
    """One step as the page shows it; words and references are (left, right)."""

    step: LadderStep
    words: tuple[str, str]
    before: tuple[Run, ...]
    after: tuple[Run, ...]
    references: tuple[tuple[Reference, ...], tuple[Reference, ...]]


class _Views:
    """Makes the page's values of a transcript."""

    def __init__(self, transcript: Transcript) -> None:
        self.transcript = transcript
        self.sides = spelling.sides(transcript)
        self.folding = Folding()

    def reference(self, source: Source, side: Side) -> Reference:
        """A source as a link into the panel, where the line is there."""
        found = config_line(self.transcript, source, side)
        anchor = f"cfg-{found[0].value}-{found[1]}" if found else ""
        return Reference(anchor, spelling.place(source), spelling.command(source), spelling.kind(source))

    def step(self, step: LadderStep) -> StepView:
        """One step."""
        told = dict(words(self.transcript, step))
        before, after = self.folding.shown(step)
        left, right = self.sides
        return StepView(
            step,
            (told.get(left, ""), told.get(right, "")),
            tuple(self._runs(before)),
            tuple(self._runs(after)),
            (self._references(step, left), self._references(step, right)),
        )

    def _references(self, step: LadderStep, side: Side) -> tuple[Reference, ...]:
        return tuple(self.reference(source, side) for source in related(self.transcript, step, side))

    def _runs(self, said: tuple[Said | Fold, ...]) -> Iterator[Run]:
        for side, run in groupby(said, key=lambda one: one.side):
            yield Run(self.column(side), tuple(self._paragraph(one) for one in run))

    def column(self, side: Side | None) -> str:
        """`left`, `right`, or `both` for what no side says."""
        return "both" if side is None else "left" if side is self.sides[0] else "right"

    def _paragraph(self, said: Said | Fold) -> Paragraph:
        side = said.side or self.sides[0]
        anchors = dict.fromkeys(self.reference(source, side).anchor for source in said.sources)
        return Paragraph(
            tuple(spelling.numbered(spelling.clean_lines(said.text), getattr(said, "line", 0))),
            " ".join(anchor for anchor in anchors if anchor),
            spelling.since(self.transcript, said.at),
            "line" if isinstance(said, LineSaid) else "fold" if isinstance(said, Fold) else "remark",
        )

    def used_lines(self) -> frozenset[str]:
        """The anchors of all configuration lines that something rests on."""
        sources = [(source, blame.side) for blame in self.transcript.verdict.blames if (source := blame.source)]
        for event in self.transcript.events:
            if isinstance(event, LineSaid | Remark):
                sources += [(source, event.side or self.sides[0]) for source in event.sources]
        return frozenset(self.reference(source, side).anchor for source, side in sources)


def html(transcript: Transcript | None, sheet: Sheet | None = None) -> str:
    """The whole page as one string. A message opens at its fragment (`#msg-3`), a configuration line lights up at its
    (`#cfg-a-14`); both work by click and by keyboard. Without scripts everything can still be read.

    A sheet stands before the ladder in the place of the run's verdict; with one, there may be no transcript.
    """
    style, script = _text("page.css"), _text("page.js")
    return _template().render(
        transcript=transcript,
        sheet=sheet,
        spelling=spelling,
        series_of=series_of,
        style=_markup(style),
        script=_markup(script),
        policy=f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; "
        "base-uri 'none'; form-action 'none'",
        delivered=Fate.DELIVERED,
        kind_of=lambda block: type(block).__name__,
        **({} if transcript is None else _laid_out(transcript)),
    )


def _laid_out(transcript: Transcript) -> dict[str, object]:
    """What the page shows of a transcript."""
    views = _Views(transcript)
    return {
        "ladder": [(section.title, [views.step(step) for step in section.steps]) for section in sections(transcript)],
        "views": views,
        "messages": sum(isinstance(event, MessageSent) for event in transcript.events),
        "used": views.used_lines(),
        "configured": any(device.config for device in transcript.devices),
    }


def _text(name: str) -> str:
    return files("mainmode.ladder").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """The CSP source expression of an inlined text (W3C CSP level 3 §2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _markup(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)  # noqa: S704 - our own packaged files


@cache
def _template() -> "Template":
    """The compiled page. Whatever it puts out is cleaned of what does not print, then escaped."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    def printable(value: object) -> object:
        return value if isinstance(value, Markup) else spelling.clean(str(value))

    environment = Environment(
        loader=FunctionLoader(_text),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=printable,
    )
    return environment.get_template("page.html")
