"""The reference page of all lines, made from the declarations."""

from mainmode.catalogue.entry import Certainty, Channel, Entry
from mainmode.catalogue.lines import ALL

_OPENING = """# Debug lines

Generated from the declarations in `src/mainmode/catalogue/lines`; a test compares it. Do not edit.

Each line stands once, with its parts in braces. `level` is the lowest level of `debug crypto ikev1` (or `ipsec`) that
shows it; the device's own levels are not published, ours follow the severity. *attested*: seen in a real device's
output or in the vendor's message guide. *inferred*: recalled or completed by us. A line of several lines shows `⏎`.
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
            f"\n## {title}\n\n| name | line | syslog | level | certainty | source | meaning |\n"
            "|---|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
        )
    pieces.append(_closed_sets())
    return "".join(pieces)
