"""The reference page of all lines, made from the declarations."""

from mainmode.catalogue.dialects.asa import ASA_SAYINGS
from mainmode.catalogue.dialects.charon import ALL as CHARON_SAYINGS
from mainmode.catalogue.dialects.pluto import ALL as PLUTO_SAYINGS
from mainmode.catalogue.entry import Certainty, Channel, Entry
from mainmode.catalogue.lines import ALL
from mainmode.catalogue.phrasebook import Saying

_OPENING = """# Debug lines

Generated from the declarations in `src/mainmode/catalogue/lines`; a test compares it. Do not edit.

Each line stands once, with its parts in braces. `level` is the lowest level of `debug crypto ikev1` (or `ipsec`) that
shows it; the device's own levels are not published, ours follow the severity. *attested*: seen in a real device's
output or in the vendor's message guide. *inferred*: recalled or completed by us. A line of several lines shows `⏎`.
`tells` names the facts (`catalogue/facts.py`) that the explainer takes from the line.
"""
_TITLES = {
    Channel.IKE: "`[IKEv1]`",
    Channel.IKE_DEBUG: "`[IKEv1 DEBUG]`",
    Channel.IKE_DECODE: "`[IKEv1 DECODE]`",
    Channel.IPSEC: "`IPSEC:` (debug crypto ipsec)",
    Channel.SYSLOG: "System log only",
}


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ⏎ ")


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|").replace("\n", " ⏎ ") + "`"


def _syslogs(entry: Entry) -> str:
    """`7-713035; local: 7-713034`."""
    if entry.syslog is None:
        return ""
    texts = [f"{entry.syslog.severity}-{entry.syslog.id}"]
    for ids in entry.syslog_by.values():
        texts.extend(f"{value}: {syslog.severity}-{syslog.id}" for value, syslog in ids.items())
    return "; ".join(texts)


def _told(declared: Entry | Saying) -> str:
    """The kinds of facts that a line tells, by the examples of its parts."""
    most = max((len(kind.examples) for kind in declared.kinds.values()), default=1)
    found: dict[str, None] = {}
    for at in range(most):
        values = {part: kind.examples[at % len(kind.examples)] for part, kind in declared.kinds.items()}
        found.update(dict.fromkeys(type(fact).__name__ for fact in declared.tells(values)))
    return ", ".join(found)


def _row(entry: Entry) -> str:
    level = "" if entry.channel is Channel.SYSLOG else str(entry.level)
    certainty = entry.certainty.value
    sure = f"*{certainty}*" if entry.certainty is Certainty.INFERRED else certainty
    cells = (
        f"`{entry.name}`",
        _code(entry.template),
        _syslogs(entry),
        level,
        sure,
        _cell(entry.source),
        _told(entry),
        _cell(entry.meaning),
    )
    return "| " + " | ".join(cells) + " |"


def _closed_sets() -> str:
    """The parts that take one of a few spellings."""
    rows = [
        f"| `{entry.name}` | {part} | " + " · ".join(_code(choice) for choice in kind.choices) + " |"
        for entry in ALL
        for part, kind in entry.kinds.items()
        if kind.choices
    ]
    return (
        "\n## Parts with a closed set of spellings\n\n| line | part | spellings |\n|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )


def reference_page() -> str:
    """The whole page as Markdown: a table for each channel, in the order of the declarations; then the closed sets."""
    pieces = [_OPENING]
    for channel, title in _TITLES.items():
        rows = [_row(entry) for entry in ALL if entry.channel is channel]
        pieces.append(
            f"\n## {title}\n\n| name | line | syslog | level | certainty | source | tells | meaning |\n"
            "|---|---|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
        )
    pieces.append(_closed_sets())
    return "".join(pieces)


_READ_OPENING = """# Lines of real firewalls that are only read

Generated from the declarations in `src/mainmode/catalogue/dialects/asa_*.py`; a test compares it. Do not edit.

What ASAs, PIXes and FTDs say beyond [our own lines](debug_lines.md): the explainer reads these, nothing prints them.
`{words}` stands for the rest of a line that is not looked into. `tells` names the facts (`catalogue/facts.py`).
Lines whose wording nobody declared are known by their message id where the id stands for one message
(`asa_ids.py`), and are reported as unknown otherwise.
"""


def _saying_row(saying: Saying) -> str:
    certainty = saying.origin.certainty
    sure = f"*{certainty.value}*" if certainty is Certainty.INFERRED else certainty.value
    lines = "<br>".join(map(_code, saying.templates))
    return f"| `{saying.name}` | {lines} | {_told(saying)} | {sure} | {_cell(saying.origin.source)} |"


def read_lines_page() -> str:
    """The page of what is read only: a table for each subject; a saying of several subjects stands once."""
    seen: set[str] = set()
    pieces = [_READ_OPENING]
    for subject, sayings in ASA_SAYINGS.items():
        rows = [_saying_row(one) for one in sayings if one.name not in seen]
        seen.update(one.name for one in sayings)
        pieces.append(
            f"\n## {subject.capitalize()}\n\n| name | lines | tells | certainty | source |\n|---|---|---|---|---|\n"
            + "\n".join(rows)
            + "\n"
        )
    return "".join(pieces)


_DAEMON_OPENING = """# Lines of strongSwan, Libreswan and Openswan that are read

Generated from the declarations in `src/mainmode/catalogue/dialects/charon_*.py` and `pluto_*.py`; a test compares it.
Do not edit.

What charon and pluto say, without what stands in front (clock, host, thread and group, connection and state number).
A part in braces is a value; `{rest}` is not looked into. *inferred*: recalled, not read in a log of the daemon.
"""


def daemon_lines_page() -> str:
    """The page of what daemons say: a table for each."""
    pieces = [_DAEMON_OPENING]
    for title, sayings in (("strongSwan charon", CHARON_SAYINGS), ("Libreswan and Openswan pluto", PLUTO_SAYINGS)):
        rows = []
        for one in sayings:
            certainty = one.origin.certainty
            sure = f"*{certainty.value}*" if certainty is Certainty.INFERRED else certainty.value
            lines = "<br>".join(map(_code, one.templates))
            rows.append(f"| {one.name.partition('.')[2]} | {lines} | {sure} | {_cell(one.origin.source)} |")
        pieces.append(
            f"\n## {title}\n\n| name | lines | certainty | source |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
        )
    return "".join(pieces)
