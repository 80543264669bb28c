"""The reference page of the configuration language, from the declarations."""

from collections.abc import Iterator

from mainmode.device.config.actions import NOTHING, Assign
from mainmode.device.config.commands import COMMANDS
from mainmode.device.config.commands.families import FAMILIES, OLD_NAT
from mainmode.device.config.declaration import Command, Support
from mainmode.device.config.draft import Mode
from mainmode.device.config.forms import glossary
from mainmode.device.config.model import Release
from mainmode.device.config.parts import Spelling

_TITLES = {
    Mode.GLOBAL: "Global commands",
    Mode.INTERFACE: "Below `interface`",
    Mode.OBJECT: "Below `object network`",
    Mode.GROUP: "Below `object-group network`",
    Mode.SERVICE: "Below `object service`",
    Mode.SERVICE_GROUP: "Below `object-group service`",
    Mode.TCP_GROUP: "Below `object-group service … tcp`",
    Mode.UDP_GROUP: "Below `object-group service … udp`",
    Mode.TCP_UDP_GROUP: "Below `object-group service … tcp-udp`",
    Mode.PROTOCOL_GROUP: "Below `object-group protocol`",
    Mode.ICMP_GROUP: "Below `object-group icmp-type`",
    Mode.TIME_RANGE: "Below `time-range`",
    Mode.GROUP_POLICY: "Below `group-policy … attributes`",
    Mode.USERNAME: "Below `username … attributes`",
    Mode.POLICY: "Below `crypto {isakmp|ikev1} policy`",
    Mode.TUNNEL_GENERAL: "Below `tunnel-group … general-attributes`",
    Mode.TUNNEL_IPSEC: "Below `tunnel-group … ipsec-attributes`",
    Mode.POLICY_MAP: "Below `policy-map`",
    Mode.POLICY_CLASS: "Below `class` of a policy map",
}
_HEAD = """# The configuration language

Generated from the command declarations; a test compares this page with them. Words that stand as `{isakmp|ikev1}` or
`[ikev1]` are spelled by release: the first or none in 8.2 and 8.3, the second in 8.4 and 9.x; both are read in every
file. Every command has a `no` form: the full line, or the line up to the parameter.

Everything that a listing may hold has one of five states:
"""
_STATES = {
    Support.FULL: "carried out.",
    Support.CONDITIONAL: ("carried out under the condition that the remark says; a warning tells where it is not met."),
    Support.NOT_BUILT: (
        "read, and written again where it stands in a table of commands below; one warning for each thing that is "
        "missing, at the first line that asks for it."
    ),
    Support.IRRELEVANT: (
        "known, and nothing to do with a LAN-to-LAN tunnel: skipped silently, with all that stands below it."
    ),
    Support.UNKNOWN: "everything else: reported with its place, and skipped with all that stands below it.",
}
_FAMILIES_HEAD = """## Known and not read

Lines that begin with these words; `*` is any word.

| where | lines | support | remark |
|---|---|---|---|"""


def reference_page() -> str:
    """The page as Markdown."""
    rows = [_HEAD, *(f"* **{state.value}**: {told}" for state, told in _STATES.items()), ""]
    for mode, title in _TITLES.items():
        rows += [f"## {title}", "", "| command | default | support | remark |", "|---|---|---|---|"]
        rows += [_row(one) for one in COMMANDS if one.mode is mode]
        rows.append("")
    rows += [_FAMILIES_HEAD, *_families(), ""]
    rows += ["## Parts", "", "| part | forms |", "|---|---|"]
    rows += [f"| `{label}` | {_cell(_codes(forms))} |" for label, forms in glossary().items()]
    return "\n".join([*rows, ""])


def _families() -> Iterator[str]:
    """A row for what is irrelevant in a mode, and one for each thing that is not built."""
    groups: dict[tuple[Mode, Support, str], list[str]] = {}
    for one in (*FAMILIES, OLD_NAT):
        groups.setdefault((one.mode, one.support, one.note), []).append(" ".join(one.words))
    for (mode, support, note), lines in groups.items():
        cells = [_TITLES[mode], ", ".join(f"`{line}`" for line in sorted(lines)), support.value, note]
        yield "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _row(one: Command) -> str:
    syntaxes = (one.syntax, *one.also)
    cells = [
        _codes(tuple("no " * one.only_negated + syntax.reference() for syntax in syntaxes)),
        _default(one),
        one.support.value,
        one.note,
    ]
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _codes(texts: tuple[str, ...]) -> str:
    return "<br>".join(f"`{text}`" for text in texts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _default(one: Command) -> str:
    action = one.action
    if not isinstance(action, Assign) or action.default is NOTHING:
        return ""
    row = next(action.row_for(action.default, {}), None)
    if row is None or row.negated:
        return "`off`"
    return f"`{one.syntax.write_parts(row.values, Spelling(Release.NEW)) or 'on'}`"
