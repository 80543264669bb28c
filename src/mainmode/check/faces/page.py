"""The preflight as one self-contained page: the sheet, then the ladder of what fails."""

from mainmode.check.faces.folder import sheet_of
from mainmode.check.report import Preflight
from mainmode.ladder.html import html
from mainmode.ladder.transcript import Transcript


def page(preflight: Preflight, ladder: Transcript | None = None) -> str:
    """The whole page as one string; nothing is fetched, and everything foreign is escaped."""
    return html(ladder, sheet_of(preflight, decisions=True))
