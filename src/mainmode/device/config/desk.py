"""Where single lines are carried out: the draft of a configuration, and what earlier lines mean for later ones."""

from dataclasses import replace
from ipaddress import IPv4Address

from mainmode.base.provenance import Statement
from mainmode.device.config.assembly import Defaults, assemble
from mainmode.device.config.commands import candidates
from mainmode.device.config.commands.services import SERVICE_GROUPS
from mainmode.device.config.commands.system import NAMES
from mainmode.device.config.declaration import Command
from mainmode.device.config.draft import Draft, Mode, Scope
from mainmode.device.config.kept import Kept
from mainmode.device.config.model import Configuration, Release
from mainmode.device.config.parts import Match, Miss, Tokens
from mainmode.device.config.problem import Problem


def is_negated(tokens: Tokens) -> bool:
    """Whether a line is a `no` form."""
    return tokens.lowered[0] == "no"


class Desk:
    """A configuration in the making, line by line. `file` is the name that defaults are given with."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.draft = Draft()
        self.kept = Kept()
        self._names: dict[str, IPv4Address] = {}
        self._port_groups: set[str] = set()
        self._releases: set[Release] = set()
        self._defaults: Defaults = {}

    def copy(self) -> "Desk":
        """Another desk with the same on it, that goes on by itself."""
        made = Desk(self.file)
        made.draft = self.draft.copy()
        made.kept = self.kept.copy()
        made._names, made._port_groups = dict(self._names), set(self._port_groups)
        made._releases = set(self._releases)
        made._defaults = self._defaults
        return made

    @property
    def release(self) -> Release:
        """The spelling of the lines so far."""
        return Release.OLD if self._releases == {Release.OLD} else Release.NEW

    def tokens(self, line: str) -> Tokens:
        """A line, cut, with the names that it may use."""
        return Tokens.of(line, self._names, self._port_groups)

    def match(self, mode: Mode, tokens: Tokens) -> tuple[Command, Match] | None:
        """The command of a mode that the line is."""
        start = int(is_negated(tokens))
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

    def miss(self, here: Mode, tokens: Tokens) -> Miss:
        """How far a line that nothing matches came, here or globally, and what was expected there."""
        miss = Miss()
        start = int(is_negated(tokens))
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

    def carry_out(self, command: Command, match: Match, scope: Scope, source: Statement, *, negated: bool) -> Scope:
        """Do what a line says in a scope; the scope after it. Raises RefusedError."""
        self._releases |= match.releases
        if command.action.table is SERVICE_GROUPS and "protocol" in match.values:
            self._port_groups.add(match.values["name"])
        if command.action.table is NAMES:
            self._rename(match, negated=negated)
        if negated:
            command.action.undo(self.draft, scope, match.values, source)
            return scope
        return command.action.do(self.draft, scope, match.values, source) or scope

    def configuration(self, lines: tuple[str, ...], problems: tuple[Problem, ...]) -> Configuration:
        """What the lines so far amount to."""
        return replace(assemble(self.draft, self.file, lines, self.release, (), self._defaults), problems=problems)

    def _rename(self, match: Match, *, negated: bool) -> None:
        if negated:
            self._names.pop(match.values["name"], None)
        else:
            self._names[match.values["name"]] = match.values["address"]
