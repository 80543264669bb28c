"""The explanation as text for a terminal: the sheet, then the ladder of the chosen negotiation."""

from mainmode.explain.explanation import Explanation
from mainmode.explain.faces.sheet import sheet
from mainmode.ladder.sheet_text import sheet_text
from mainmode.ladder.text import text as ladder_text


def text(explanation: Explanation, width: int = 80, colour: bool = False, ladder: bool = True, hint: str = "") -> str:
    """The whole answer for a terminal of `width` columns, ending in a line end."""
    whole = sheet_text(sheet(explanation, hint), width, colour)
    if ladder and explanation.transcript is not None:
        whole += f"\n{ladder_text(explanation.transcript, width, colour)}"
    return whole
