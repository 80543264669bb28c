"""The reference page of the `show` commands, from their declarations."""

from mainmode.device.line.declaration import PLACES, Command
from mainmode.device.show.commands import COMMANDS, Handler

_HEAD = """# Show commands

Generated from the table in `src/mainmode/device/show/commands.py`; a test compares this page with it. Keywords may be
cut to any unique beginning (`sh cry isa sa`). *attested*: a real device's output was read; *inferred*: recalled or
completed by us. Every number comes from the box; what a device tells of its own hardware is left out.
"""


def reference_page() -> str:
    """The page as Markdown."""
    rows = [_HEAD, "| command | what it shows | layout | remark |", "|---|---|---|---|"]
    rows += [_row(one) for one in COMMANDS]
    rows += ["", "## Places", "", "| place | what stands there |", "|---|---|"]
    used = {word for one in COMMANDS for words in one.spellings for word in words}
    rows += [f"| `{name}` | {place.help} |" for name, place in PLACES.items() if name in used]
    return "\n".join([*rows, ""])


def _row(one: Command[Handler]) -> str:
    cells = (f"`show {one.syntax}`", one.help, one.surety.value, one.note)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
