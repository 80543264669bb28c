"""Text into a configuration. Never raises on any text: what cannot be read is a problem with its place.

As on the device, a line below a submode's command is tried there first and then as a global one; so a listing that
lost its indentation reads like one that kept it. What is indented below a line that could not be read is skipped
with it. Keys are masked in everything that is kept of a line.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address

from mainmode.base.provenance import Statement
from mainmode.device.config.actions import Enter
from mainmode.device.config.assembly import assemble
from mainmode.device.config.checks import warnings
from mainmode.device.config.commands import candidates, first_words
from mainmode.device.config.commands.families import OLD_NAT, Family, before_8_3, family, flat
from mainmode.device.config.commands.services import SERVICE_GROUPS
from mainmode.device.config.commands.system import NAMES
from mainmode.device.config.declaration import Command, Support
from mainmode.device.config.draft import Draft, Mode, Record, RefusedError, Scope
from mainmode.device.config.masking import masked_guess, masked_prose, masked_tokens
from mainmode.device.config.model import Configuration, Release
from mainmode.device.config.parts import INVALID, Match, Miss, Tokens
from mainmode.device.config.problem import Problem, Severity

INCOMPLETE = "ERROR: % Incomplete command"

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_BLANKS = str.maketrans({"\t": " ", "\xa0": " "})
_MORE = re.compile(r"<--- More --->[ ]*")
_PROMPT = re.compile(r" *(?:[A-Za-z0-9][\w.-]{0,63}(/[\w./-]+)?(\(config[\w-]*\)#|[#>](?= |$))|>(?= |$)) *")
_SAID_BY_DEVICE = ("WARNING:", "INFO:", "ERROR:", "NOTE:", "[OK]")
_EXEC = frozenset(
    {
        "configure",
        "conf",
        "copy",
        "debug",
        "disable",
        "en",
        "enable",
        "end",
        "exit",
        "ping",
        "quit",
        "sh",
        "show",
        "term",
        "terminal",
        "undebug",
        "wr",
        "write",
    }
)


def decode(octets: bytes) -> str:
    """A file's octets as text: UTF-8 or UTF-16 with its mark, else UTF-8, else Latin-1."""
    if octets.startswith((b"\xff\xfe", b"\xfe\xff")):
        return octets.decode("utf-16", errors="replace")
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def read(text: str, file: str) -> Configuration:
    """The configuration that `text` says; `file` is the name that places are given with. Never raises."""
    reader = _Reader(file)
    lines = list(_lines(text))
    base = min((_indent(line) for line in lines if line.strip(" ") and line.lstrip(" ")[0] not in "!:"), default=0)
    for number, line in enumerate(lines, 1):
        reader.line(number, line, base)
    return reader.configuration()


def _lines(text: str) -> Iterator[str]:
    clean = _UNPRINTABLE.sub("\ufffd", text.removeprefix("\ufeff")).translate(_BLANKS)
    if "\n" not in clean:
        clean = clean.replace("\r", "\n")
    for line in clean.removesuffix("\n").split("\n"):
        yield _MORE.sub("", line.rstrip("\r").rpartition("\r")[2]).rstrip(" ")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


class _Reader:
    """The state of one reading: where it stands, what was said so far, and what was wrong with it."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._draft = Draft()
        self._scope: Scope | None = Scope(Mode.GLOBAL)
        self._names: dict[str, IPv4Address] = {}
        self._port_groups: set[str] = set()
        self._lines: list[str] = []
        self._problems: list[Problem] = []
        self._releases: set[Release] = set()
        self._orphaned = False
        self._skipped: int | None = None
        self._told: set[str] = set()

    def line(self, number: int, line: str, base: int) -> None:
        """Read one line; `base` is the indentation of the listing as a whole."""
        prompt = _PROMPT.match(line)
        body = " " * prompt.end() + line[prompt.end() :] if prompt else line
        tokens = Tokens.of(masked_prose(body), self._names, self._port_groups)
        self._lines.append("")
        if not tokens.words or tokens.words[0][0] in "!:" or tokens.words[0] in _SAID_BY_DEVICE:
            shown = masked_guess(tokens)
        else:
            shown = self._command(number, tokens, below=not prompt and _indent(line) > base)
        self._lines[-1] = line[: prompt.end()] + shown[prompt.end() :] if prompt else shown

    def configuration(self) -> Configuration:
        """What was read, with its problems in the order of their lines."""
        release = Release.OLD if self._releases == {Release.OLD} else Release.NEW
        read = assemble(self._draft, self._file, tuple(self._lines), release, ())
        problems = sorted([*self._problems, *warnings(read)], key=lambda problem: problem.line)
        return replace(read, problems=tuple(problems))

    def _command(self, number: int, tokens: Tokens, below: bool) -> str:
        """Carry a line out; the line as it may be shown."""
        self._orphaned = self._orphaned and below
        if below and (self._scope is None or self._orphaned):
            return masked_guess(tokens)
        if self._skipped is not None and below and _indent(tokens.line) > self._skipped:
            return masked_guess(tokens)
        self._skipped = None
        here = self._scope or Scope(Mode.GLOBAL)
        for scope in dict.fromkeys((here.mode, Mode.GLOBAL)):
            found = self._match(scope, tokens)
            if found is not None:
                return self._carry_out(*found, here if scope is here.mode else Scope(Mode.GLOBAL), number, tokens)
        known = family(here.mode, tokens.words) if here.mode is not Mode.GLOBAL else None
        if known is not None:
            self._skipped = _indent(tokens.line) if below else None
            return self._skip(known, number, tokens)
        known = family(Mode.GLOBAL, tokens.words)
        if known is not None:
            self._scope = None
            return self._skip(known, number, tokens)
        if tokens.words[0].lower() in _EXEC:
            self._scope = Scope(Mode.GLOBAL)
            return masked_guess(tokens)
        if self._scope is None and flat(tokens.words):
            return masked_guess(tokens)
        if not below and before_8_3(tokens.words):
            self._scope = Scope(Mode.GLOBAL)
            return self._skip(OLD_NAT, number, tokens)
        self._orphaned = not below
        return self._report(number, tokens, here.mode)

    def _match(self, mode: Mode, tokens: Tokens) -> tuple[Command, Match] | None:
        start = int(tokens.words[0].lower() == "no")
        if start == len(tokens.words):
            return None
        for command in candidates(mode, tokens.words[start : start + 2]).commands:
            if command.only_negated and not start:
                continue
            for syntax in (command.syntax, *command.also):
                if syntax.possible(tokens):
                    match = syntax.read(tokens, start, bool(start))
                    if match is not None:
                        return command, match
        return None

    def _miss(self, here: Mode, tokens: Tokens) -> Miss:
        """How far a line that nothing matches came, and what was expected there."""
        miss = Miss()
        start = int(tokens.words[0].lower() == "no")
        if start == len(tokens.words):
            miss.note(start, "a command")
            return miss
        for mode in dict.fromkeys((here, Mode.GLOBAL)):
            found = candidates(mode, tokens.words[start : start + 2])
            for command in found.commands:
                if start or not command.only_negated:
                    for syntax in (command.syntax, *command.also):
                        syntax.read(tokens, start, bool(start), miss)
            for keyword in found.keywords:
                miss.note(start + found.place, keyword)
        return miss

    def _skip(self, known: Family, number: int, tokens: Tokens) -> str:
        """Leave out a line of a family; one that is not built is told."""
        shown = masked_guess(tokens)
        if known.support is Support.NOT_BUILT:
            self._tell(known.note, known.instead, number, tokens, shown)
        return shown

    def _tell(self, missing: str, instead: str, number: int, tokens: Tokens, shown: str) -> None:
        """One warning for all that is not built for the same reason, at its first line."""
        if missing not in self._told and tokens.words[0].lower() != "no":
            self._told.add(missing)
            place = self._file, number, tokens.column(0)
            self._problems.append(Problem(Severity.WARNING, *place, shown, f"WARNING: {missing}", instead))

    def _carry_out(self, command: Command, match: Match, scope: Scope, number: int, tokens: Tokens) -> str:
        shown = masked_tokens(tokens, match.secrets)
        source = Statement(self._file, number, shown)
        self._releases |= match.releases
        action = command.action
        self._scope = scope
        if command.support is Support.NOT_BUILT:
            self._tell(command.note, "", number, tokens, shown)
        if tokens.words[0].lower() == "no":
            action.undo(self._draft, scope, match.values, source)
        else:
            try:
                self._scope = action.do(self._draft, scope, match.values, source) or scope
            except RefusedError as refused:
                self._refuse(refused, source, tokens)
                if isinstance(action, Enter):
                    self._scope = Scope(action.mode, Record(action.key_of(match.values), source))
        if action.table is SERVICE_GROUPS and "protocol" in match.values:
            self._port_groups.add(match.values["name"])
        if action.table is NAMES:
            self._rename(match, negated=tokens.words[0].lower() == "no")
        return shown

    def _rename(self, match: Match, *, negated: bool) -> None:
        if negated:
            self._names.pop(match.values["name"], None)
        else:
            self._names[match.values["name"]] = match.values["address"]

    def _refuse(self, refused: RefusedError, source: Statement, tokens: Tokens) -> None:
        wording = str(refused)
        severity = Severity.WARNING if wording.startswith("WARNING") else Severity.ERROR
        place = source.file, source.line, tokens.column(0)
        self._problems.append(Problem(severity, *place, source.text, wording, refused.expected))

    def _report(self, number: int, tokens: Tokens, mode: Mode) -> str:
        miss = self._miss(mode, tokens)
        start = int(tokens.words[0].lower() == "no" and len(tokens.words) > 1)
        at = max(miss.at, start)
        shown = masked_guess(tokens, after=at if mode is Mode.TUNNEL_IPSEC else None)
        known = at > start + (tokens.words[start].lower() == "crypto")
        incomplete = at >= len(tokens.words)
        column = len(tokens.line) + 2 if incomplete else tokens.column(at)
        expected = miss.expected if miss.at >= start and miss.expected else sorted(first_words(mode))
        self._problems.append(
            Problem(
                Severity.ERROR if known or incomplete else Severity.UNKNOWN,
                self._file,
                number,
                min(column, len(shown) + 2),
                shown,
                miss.wording or (INCOMPLETE if incomplete else INVALID),
                ", ".join(expected[:-1]) + " or " + expected[-1] if len(expected) > 1 else expected[0],
            )
        )
        return shown
