"""The explanation as one self-contained page: the sheet, then the ladder."""

from mainmode.explain.explanation import Explanation
from mainmode.explain.faces.sheet import sheet
from mainmode.ladder.html import html


def page(explanation: Explanation, hint: str = "") -> str:
    """The whole page as one string; nothing is fetched, and everything foreign is escaped."""
    return html(explanation.transcript, sheet(explanation, hint))
