"""The reference page of the command line, made from the declared parser."""

import argparse
from collections.abc import Iterator

from mainmode.cli.parser import parser


def reference_page() -> str:
    """The page as Markdown."""
    top = parser()
    rows = [
        "# Command line",
        "",
        "This page is generated from the declared options (`mainmode.cli.reference`); a test compares the two.",
        "",
        f"`{top.prog} --version` prints the version, `--help` after any command what it takes.",
    ]
    for name, command in _commands(top):
        rows += ["", f"## `{top.prog} {name}`", "", str(command.description), ""]
        rows += ["| argument | what it does |", "|---|---|"]
        rows += [f"| {_spelled(action)} | {_cell(_help(action, command))} |" for action in command._actions]
        rows += ["", f"{_sentence(str(command.epilog))}."]
    return "\n".join(rows) + "\n"


def _commands(top: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()


def _spelled(action: argparse.Action) -> str:
    """`--ping SRC DST`, or the placeholder of a positional argument."""
    metavar = action.metavar if action.metavar is not None else "|".join(map(str, action.choices or ()))
    values = " ".join(metavar) if isinstance(metavar, tuple) else metavar
    names = ", ".join(f"`{name} {values}`" if values else f"`{name}`" for name in action.option_strings)
    if not names:
        many = values if action.nargs is None else f"{values} …"
        names = f"`[{many}]`" if action.nargs == argparse.ZERO_OR_MORE else f"`{many}`"
    return _cell(names)


def _help(action: argparse.Action, command: argparse.ArgumentParser) -> str:
    return str(action.help or "") % {"prog": command.prog}


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
