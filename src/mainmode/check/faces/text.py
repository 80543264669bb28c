"""The preflight as text for a terminal."""

from mainmode.check.faces.folder import sheet_of
from mainmode.check.report import Preflight
from mainmode.ladder.sheet_text import sheet_text


def text(preflight: Preflight, width: int = 80, colour: bool = False, decisions: bool = False) -> str:
    """For a terminal of `width` columns, ending in a line end; `decisions` tells each device's for every cell."""
    return sheet_text(sheet_of(preflight, decisions, everything=False), width, colour)
