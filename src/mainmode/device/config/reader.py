"""Text into a configuration. Never raises on any text: what cannot be read is a problem with its place.

As on the device, a line below a submode's command is tried there first and then as a global one; so a listing that
lost its indentation reads like one that kept it. In one that kept it, a line that is known in both and read in neither
is a global one where it is not indented. What is indented below a line that could not be read is skipped with it. Keys
are masked in everything that is kept of a line.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from mainmode.base.provenance import Statement
from mainmode.device.config.actions import Enter
from mainmode.device.config.checks import warnings
from mainmode.device.config.commands import first_words
from mainmode.device.config.commands.families import OLD_NAT, Family, before_8_3, family, flat
from mainmode.device.config.declaration import Command, Support
from mainmode.device.config.desk import Desk, is_negated
from mainmode.device.config.draft import Mode, Record, RefusedError, Scope
from mainmode.device.config.masking import masked_guess, masked_prose, masked_tokens
from mainmode.device.config.model import Configuration
from mainmode.device.config.parts import INVALID, Match, Tokens
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
    return Listing(text, file).configuration()


class Listing:
    """A text that was read, and may be followed by more lines any number of times without reading it anew."""

    def __init__(self, text: str, file: str) -> None:
        """As `read`."""
        self._reader = _Reader(file)
        lines = list(_lines(text))
        indents = {_indent(line) for line in lines if line.strip(" ") and line.lstrip(" ")[0] not in "!:"}
        self._base = min(indents, default=0)
        self._reader.indented = len(indents) > 1
        for number, line in enumerate(lines, 1):
            self._reader.line(number, line, self._base)

    def configuration(self) -> Configuration:
        """What the text says."""
        return self._reader.configuration()

    def desk(self) -> Desk:
        """What its lines were carried out on, for those who type more lines and give this listing up."""
        return self._reader.desk

    def followed_by(self, lines: Sequence[str]) -> Configuration:
        """What it says with more lines typed behind its last one; no warnings but those of single lines."""
        reader = self._reader.copy()
        known = len(reader.shown)
        for number, line in enumerate(_lines("\n".join(lines) + "\n"), known + 1):
            reader.line(number, " " * self._base + line, self._base)
        return reader.configuration(checked=False)


def cleaned(text: str) -> str:
    """The text without what would steer a terminal; other blanks become blanks."""
    return _UNPRINTABLE.sub("\ufffd", text.removeprefix("\ufeff")).translate(_BLANKS)


def _lines(text: str) -> Iterator[str]:
    clean = cleaned(text)
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
        self.desk = Desk(file)
        self._scope: Scope | None = Scope(Mode.GLOBAL)
        self.indented = False
        """Whether what stands below a line is indented in this listing."""
        self.shown: list[str] = []
        self._problems: list[Problem] = []
        self._orphaned = False
        self._skipped: int | None = None
        self._told: set[str] = set()
        self._text = ""
        self._keeping = False

    def line(self, number: int, line: str, base: int) -> None:
        """Read one line; `base` is the indentation of the listing as a whole."""
        prompt = _PROMPT.match(line)
        body = " " * prompt.end() + line[prompt.end() :] if prompt else line
        tokens = self.desk.tokens(masked_prose(body))
        self.shown.append("")
        if not tokens.words or tokens.words[0][0] in "!:" or tokens.words[0] in _SAID_BY_DEVICE:
            shown = masked_guess(tokens)
        else:
            self._text = " " * max(0, _indent(body) - base) + body.strip(" ")
            shown = self._command(number, tokens, below=not prompt and _indent(line) > base)
        self.shown[-1] = line[: prompt.end()] + shown[prompt.end() :] if prompt else shown

    def copy(self) -> "_Reader":
        """A reader that stands where this one does, and goes on by itself."""
        made = _Reader(self._file)
        made.desk = self.desk.copy()
        made._scope = self._scope
        if self._scope is not None and self._scope.record is not None:
            record = self.desk.draft.counterpart(self._scope.record, made.desk.draft)
            made._scope = Scope(self._scope.mode, record if record is not None else self._scope.record.copy())
        made.indented = self.indented
        made.shown, made._problems = list(self.shown), list(self._problems)
        made._told = set(self._told)
        made._orphaned, made._skipped = self._orphaned, self._skipped
        return made

    def configuration(self, *, checked: bool = True) -> Configuration:
        """What was read, with its problems in the order of their lines; `checked`: as a whole, too."""
        read = self.desk.configuration(tuple(self.shown), ())
        found = warnings(read) if checked else ()
        problems = sorted([*self._problems, *found], key=lambda problem: problem.line)
        return replace(read, problems=tuple(problems))

    def _command(self, number: int, tokens: Tokens, below: bool) -> str:
        """Carry a line out; the line as it may be shown."""
        self._orphaned = self._orphaned and below
        if below and (self._scope is None or self._orphaned):
            self._keep_under()
            return masked_guess(tokens)
        if self._skipped is not None and below and _indent(tokens.line) > self._skipped:
            self._keep_below(self._text[1:])
            return masked_guess(tokens)
        self._skipped = None
        here = self._scope or Scope(Mode.GLOBAL)
        for scope in dict.fromkeys((here.mode, Mode.GLOBAL)):
            found = self.desk.match(scope, tokens)
            if found is not None:
                return self._carry_out(*found, here if scope is here.mode else Scope(Mode.GLOBAL), number, tokens)
        known = family(here.mode, tokens.words) if here.mode is not Mode.GLOBAL else None
        everywhere = family(Mode.GLOBAL, tokens.words)
        if known is not None and (below or everywhere is None or not self.indented):
            self._skipped = _indent(tokens.line) if below else None
            self._keep_below(self._text.strip())
            return self._skip(known, number, tokens)
        if everywhere is not None:
            self._scope, self._keeping = None, True
            self.desk.kept.add(self._text)
            return self._skip(everywhere, number, tokens)
        if tokens.lowered[0] in _EXEC and tokens.lowered[:2] != ("enable", "password"):
            self._scope = Scope(Mode.GLOBAL)
            return masked_guess(tokens)
        if self._scope is None and flat(tokens.words):
            self._keep_under()
            return masked_guess(tokens)
        if not below and before_8_3(tokens.words):
            self._scope = Scope(Mode.GLOBAL)
            self.desk.kept.add(self._text)
            return self._skip(OLD_NAT, number, tokens)
        self._orphaned = not below
        return self._report(number, tokens, here.mode)

    def _keep_under(self) -> None:
        """The line stays below the one that was skipped."""
        if self._keeping:
            self.desk.kept.under(self._text[1:] if self._text.startswith(" ") else self._text)

    def _keep_below(self, text: str) -> None:
        """The line stays below the record that the reader stands on."""
        if self._scope is not None and self._scope.record is not None:
            self.desk.kept.below(self._scope.mode, self._scope.record.key, text)

    def _skip(self, known: Family, number: int, tokens: Tokens) -> str:
        """Leave out a line of a family; one that is not built is told."""
        shown = masked_guess(tokens)
        if known.support is Support.NOT_BUILT:
            self._tell(known.note, known.instead, number, tokens, shown)
        return shown

    def _tell(self, missing: str, instead: str, number: int, tokens: Tokens, shown: str) -> None:
        """One warning for all that is not built for the same reason, at its first line."""
        if missing not in self._told and not is_negated(tokens):
            self._told.add(missing)
            place = self._file, number, tokens.column(0)
            self._problems.append(Problem(Severity.WARNING, *place, shown, f"WARNING: {missing}", instead))

    def _carry_out(self, command: Command, match: Match, scope: Scope, number: int, tokens: Tokens) -> str:
        shown = masked_tokens(tokens, match.secrets)
        source = Statement(self._file, number, shown)
        self._scope = scope
        if command.support is Support.NOT_BUILT:
            self._tell(command.note, "", number, tokens, shown)
        try:
            self._scope = self.desk.carry_out(command, match, scope, source, negated=is_negated(tokens))
        except RefusedError as refused:
            self._refuse(refused, source, tokens)
            if isinstance(command.action, Enter):
                self._scope = Scope(command.action.mode, Record(command.action.key_of(match.values), source))
        return shown

    def _refuse(self, refused: RefusedError, source: Statement, tokens: Tokens) -> None:
        wording = str(refused)
        severity = Severity.WARNING if wording.startswith("WARNING") else Severity.ERROR
        place = source.file, source.line, tokens.column(0)
        self._problems.append(Problem(severity, *place, source.text, wording, refused.expected))

    def _report(self, number: int, tokens: Tokens, mode: Mode) -> str:
        miss = self.desk.miss(mode, tokens)
        start = int(tokens.words[0].lower() == "no" and len(tokens.words) > 1)
        at = max(miss.at, start)
        shown = masked_guess(tokens, after=at if mode is Mode.TUNNEL_IPSEC else None)
        known = at > start + (tokens.words[start].lower() == "crypto")
        incomplete = at >= len(tokens.words)
        self._keeping = False
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
