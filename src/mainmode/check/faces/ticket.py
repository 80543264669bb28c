"""The preflight as Markdown, for a ticket or a comment on a change."""

from mainmode.check.faces.folder import sheet_of
from mainmode.check.report import Preflight
from mainmode.ladder.sheet_markdown import sheet_markdown


def ticket(preflight: Preflight) -> str:
    """The whole of it, ending in a line end; foreign text is escaped."""
    return sheet_markdown(sheet_of(preflight, decisions=False))
