"""The reference page of the console's commands, from their declarations."""

from collections.abc import Iterable, Iterator

from mainmode.console.commands import LAB_TABLE, TABLE
from mainmode.console.commands.handling import Handler
from mainmode.console.filters import FILTERS
from mainmode.device.line import syntax
from mainmode.device.line.declaration import Command, Level
from mainmode.device.line.places import PLACES

_HEAD = """# Commands of the console

Generated from the tables in `src/mainmode/console/commands/`; a test compares this page with it. These are the commands
of the exec mode, which may be typed in the configuration mode, too; the lines of that mode are those of
[configuration.md](configuration.md). Keywords may be cut to any unique beginning (`sh cry isa sa`); `?` lists what may
follow, Tab completes. *attested*: a real device's output was read; *inferred*: recalled or completed by us.

A command marked *user* may be typed without `enable`.
"""
_LAB_HEAD = """## In a lab

What no device has, for the devices of a lab. A word that is cut short means the device's own word first: `ex` is exit.
"""
_FILTERS_HEAD = """## Filters

Behind a command marked with `|` a filter chooses among the lines of its output: `show running-config | include crypto
map`. The expression is the rest of the line as it stands, blanks at its end and quotes among it: `.` any character,
`[abc]` and `[^a-z]` one of a set, `*` `+` `?` `{2}` `{2,5}` repetition, `|` either, `( )` a group, `^` and `$` the ends
of the line, a backslash takes the meaning away from what follows. It is searched in bounded time, whatever it is.
"""


def reference_page() -> str:
    """The page as Markdown."""
    return "\n".join([*_rows(), ""])


def _rows() -> Iterator[str]:
    yield _HEAD
    yield from _table(TABLE)
    yield from ("", _LAB_HEAD)
    yield from _table(LAB_TABLE)
    yield from ("", _FILTERS_HEAD, "| filter | what it leaves |", "|---|---|")
    yield from (f"| `{'grep [-v]' if name == 'grep' else name} REGEX` | {help_text} |" for name, help_text in FILTERS)
    yield from ("", "## Places", "", "| place | what stands there |", "|---|---|")
    used = {word.rpartition("=")[2] for one in (*TABLE, *LAB_TABLE) for word in _words(one)}
    yield from (f"| `{name}` | {place.help} |" for name, place in PLACES.items() if name in used)


def _table(commands: Iterable[Command[Handler]]) -> Iterator[str]:
    yield "| command | | what it does | layout | remark |"
    yield "|---|---|---|---|---|"
    for one in commands:
        marks = [mark for mark, has in (("user", one.level is Level.USER), ("`|`", one.filters)) if has]
        cells = (f"`{one.text}`", ", ".join(marks), one.help, one.surety.value, one.note)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _words(one: Command[Handler]) -> set[str]:
    """Every word and place of a command."""
    found: set[str] = set()
    waiting, seen = [one.sequence], set()
    while waiting:
        for word, rest in syntax.following(waiting.pop()):
            if word is not None:
                found.add(word)
                if rest not in seen:
                    seen.add(rest)
                    waiting.append(rest)
    return found
