"""The explanation as Markdown for a ticket: the sheet, then the ladder with its Mermaid sequence diagram."""

from mainmode.explain.explanation import Explanation
from mainmode.explain.faces.sheet import sheet
from mainmode.ladder.markdown import markdown
from mainmode.ladder.sheet_markdown import sheet_markdown


def ticket(explanation: Explanation, hint: str = "") -> str:
    """The whole answer, ending in a line end."""
    whole = sheet_markdown(sheet(explanation, hint))
    return f"{whole}\n{markdown(explanation.transcript)}" if explanation.transcript is not None else whole
