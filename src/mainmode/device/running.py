"""The configuration as it runs: read once, changed by lines that sessions type, saved as the startup configuration.

A line is carried out where its session stands. The model is assembled only when somebody asks for it, so that
thousands of pasted lines cost what thousands of lines cost in a file.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from itertools import pairwise

from mainmode.base.dataclass import dataclass
from mainmode.base.provenance import Statement
from mainmode.device.config.commands.families import Family, family
from mainmode.device.config.commands.interfaces import INTERFACES
from mainmode.device.config.commands.system import DEFAULT_HOSTNAME, GLOBALS
from mainmode.device.config.declaration import Command, EnterBelow, Support
from mainmode.device.config.desk import Desk, is_negated
from mainmode.device.config.draft import Mode, RefusedError, Scope, Table
from mainmode.device.config.expecting import expected, section_words, written_out
from mainmode.device.config.hardware import with_interface
from mainmode.device.config.keeping import Hasher, concerns, keep_hashes
from mainmode.device.config.kept import submode_of
from mainmode.device.config.masking import masked_guess, masked_prose, masked_tokens
from mainmode.device.config.model import Configuration, Release
from mainmode.device.config.parts import INVALID, Match, Tokens
from mainmode.device.config.reader import Listing, cleaned
from mainmode.device.config.remarks import remarks
from mainmode.device.config.running import running_config
from mainmode.device.line.expectation import Expectation
from mainmode.device.line.lookup import Fault, LineError

CONSOLE = "console"
"""The file that typed lines are said to come from: `console:3` is the third line typed since the start."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a session stands in the configuration mode: in a submode, on the record with this key.

    `skipped` is a line that is known and not read, below which one stands: what does not fit elsewhere is kept there.
    """

    mode: Mode = Mode.GLOBAL
    table: Table | None = None
    key: tuple[object, ...] = ()
    skipped: str = field(default="", repr=False)

    @property
    def is_submode(self) -> bool:
        """Whether `exit` leads back to the global configuration mode, and not out of it."""
        return self.mode is not Mode.GLOBAL or submode_of(self.skipped) is not None


GLOBAL = Place()
"""Where `configure terminal` leads."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What came of one line. `shown` is the line as others may see it, keys masked.

    `printed` are the device's lines below it, none where all is well; `fault` is one of the line itself, which has a
    caret under its token. `changed`: something else may be configured now. `passed_over`: the line is known and nothing
    was done for it; whoever finds no other meaning for it lets it be kept.
    """

    place: Place
    shown: str
    printed: tuple[str, ...] = ()
    fault: LineError | None = None
    changed: bool = False
    passed_over: bool = False


@dataclass(frozen=True, slots=True)
class _Unread:
    """Where a line that is not read leads, and what is printed of it."""

    place: Place
    printed: tuple[str, ...]


class Running:
    """One device's configuration in force, and the text that it would start with.

    `modified`: they differ. `due`: something was typed since the one who brings it into force took the configuration.
    """

    def __init__(self, text: str, file: str, hasher: Hasher | None = None) -> None:
        """Begin with a startup text; `file` is the name that its lines are known by. Never raises, as `read`.

        `hasher` makes the hashes that are kept of passwords in clear; None: they are kept as they come.
        """
        listing = Listing(text, file)
        self._desk: Desk = listing.desk()
        self._file = file
        self._startup = text
        self._hasher = hasher
        read = listing.configuration()
        self._lines, self._problems = read.lines, read.problems
        self._configuration: Configuration | None = None if self._keep_hashes() else read
        self._texts: dict[bool, str] = {}
        self._typed = 0
        self.modified = self.due = False

    @property
    def configuration(self) -> Configuration:
        """What is in force. Its problems are those of the startup text."""
        if self._configuration is None:
            self._configuration = self._desk.configuration(self._lines, self._problems)
        return self._configuration

    # --- the two texts -------------------------------------------------------------------------------------------

    def text(self, section: str | None = None, *, reveal: bool = False, defaults: bool = False) -> str:
        """The configuration in force as text; parameters as those of `running_config`.

        The words of a section may be cut short. Raises LineError for one that may be several.
        """
        return self.writer(section, reveal=reveal, defaults=defaults)()

    def writer(self, section: str | None = None, *, reveal: bool = False, defaults: bool = False) -> Callable[[], str]:
        """What makes that text of the configuration as it is now, in any thread, whatever is typed meanwhile.

        Raises LineError as `text` does.
        """
        configuration, kept, texts = self.configuration, self._desk.kept.copy(), self._texts
        words = self._section(section)
        if words is not None or defaults:
            return lambda: running_config(configuration, words, reveal, defaults=defaults, kept=kept)

        def whole() -> str:
            if reveal not in texts:
                texts[reveal] = running_config(configuration, reveal_keys=reveal, kept=kept)
            return texts[reveal]

        return whole

    def _section(self, section: str | None) -> str | None:
        """The words that lines begin with, written out; the `id` of `object id X` is no word of a line."""
        if section is None:
            return None
        words = section_words(self._desk.tokens(section))
        if words[:1] in (("object",), ("object-group",)) and words[1:2] == ("id",) and len(words) > 2:
            kinds = ("network", "service", "protocol", "icmp-type")
            wanted = (f"{words[0]} {kind} {words[2]}" for kind in kinds)
            return next((one for one in wanted if self._has(one)), " ".join(words))
        return " ".join(words)

    def _has(self, section: str) -> bool:
        return bool(running_config(self.configuration, section))

    @property
    def startup(self) -> str:
        """The text that the device would start with, its keys in clear."""
        return self._startup

    def shown_startup(self) -> str:
        """The same with its keys masked."""
        return "".join(f"{line}\n" for line in Listing(self._startup, self._file).configuration().lines)

    def save(self) -> str:
        """What runs is what the device will start with: the text, its keys in clear."""
        self._startup = self.text(reveal=True)
        self.modified = False
        return self._startup

    def erase(self) -> None:
        """The device will start with nothing."""
        self._startup = ""
        self.modified = True

    # --- lines ---------------------------------------------------------------------------------------------------

    @property
    def hostname(self) -> str:
        """The device's name, without assembling everything."""
        said = self._desk.draft.of(GLOBALS).get(())
        named = said.fields.get("hostname") if said is not None else None
        return str(named.value) if named is not None else DEFAULT_HOSTNAME

    def prompt(self, place: Place) -> str:
        """What a prompt shows in its brackets: `config`, `config-tunnel-ipsec`."""
        if place.mode is Mode.POLICY and self._desk.release is Release.OLD:
            return "config-isakmp-policy"
        return submode_of(place.skipped) or place.mode.value.partition(" ")[0]

    def stands(self, place: Place) -> bool:
        """Whether what the place is on is still there: another session may have removed it."""
        return place.table is None or place.key in self._desk.draft.of(place.table)

    def expected(self, place: Place, words: Sequence[str]) -> tuple[Expectation, ...]:
        """What may follow these whole words, in the submode and globally. Raises LineError where nothing does."""
        tokens = self._desk.tokens(" ".join(words))
        found: list[Expectation] = []
        errors: list[LineError] = []
        for mode in dict.fromkeys((place.mode, Mode.GLOBAL)):
            try:
                found += expected(mode, tokens, self.configuration)
            except LineError as error:
                errors.append(error)
            if found and words:
                break
        if not found:
            raise max(errors, key=lambda error: error.at)
        return tuple(dict.fromkeys(found))

    def clear(self, section: str | None) -> None:
        """`clear configure`: the lines that begin with these words are taken back, None: all. Interfaces stay, bare.

        Raises LineError for words that may be several.
        """
        words = self._section(section)
        self._texts = {}
        self._configuration = None
        self.modified = self.due = True
        if words is None:
            there = [str(key[0]) for key in self._desk.draft.of(INTERFACES)]
            self._desk = Listing("".join(f"interface {name}\n" for name in there), self._file).desk()
            return
        self._desk.kept.take_back(words.split())
        lines = running_config(self.configuration, words, True).splitlines()
        place = GLOBAL
        for line in self._taken_back(lines):
            place = self.type(place, line).place

    def _taken_back(self, lines: Sequence[str]) -> Iterator[str]:
        """What is typed to take lines back, the last block first."""
        heads = [place for place, line in enumerate(lines) if not line.startswith(" ")]
        for begin, end in reversed(list(pairwise([*heads, len(lines)]))):
            head, below = lines[begin], [line for line in lines[begin + 1 : end] if not line.startswith("  ")]
            if below:
                yield head
                yield from (_opposite(line.strip()) for line in below)
            if not head.startswith("interface "):
                yield _opposite(head)

    def type(self, place: Place, line: str) -> Typed:
        """Carry one line out. Comments and empty lines do nothing."""
        line = self._with_interface(cleaned(line))
        tokens = self._desk.tokens(masked_prose(line))
        if not tokens.words or tokens.words[0][0] in "!:":
            return Typed(place, masked_guess(tokens))
        start = int(is_negated(tokens))
        if start == len(tokens.words):
            return Typed(place, line, fault=LineError(Fault.INCOMPLETE, start, ()))
        errors: list[LineError] = []
        for mode in dict.fromkeys((place.mode, Mode.GLOBAL)):
            try:
                found, written = self._understood(mode, tokens)
            except LineError as error:
                errors.append(error)
                continue
            if found is not None:
                return self._carry_out(*found, place if mode is place.mode else GLOBAL, written)
            tokens = written
        unread = self._unread(place, line, tokens, errors)
        if unread is not None:
            return Typed(unread.place, masked_guess(tokens), unread.printed, passed_over=True)
        return self._fault(place, tokens, errors)

    def _with_interface(self, line: str) -> str:
        """The line with the interface that it configures in its own spelling."""
        return with_interface(line, [str(key[0]) for key in self._desk.draft.of(INTERFACES)])

    def _understood(self, mode: Mode, tokens: Tokens) -> tuple[tuple[Command, Match] | None, Tokens]:
        """The command of a mode that a line is, and the line with its keywords written out. Raises LineError.

        No command: single words fit, and together they do not.
        """
        found = self._desk.match(mode, tokens)
        if found is not None and not found[0].syntax.yields:
            return found, tokens
        written = self._desk.tokens(written_out(mode, tokens))
        return self._desk.match(mode, written), written

    def _carry_out(self, command: Command, match: Match, place: Place, tokens: Tokens) -> Typed:
        shown = masked_tokens(tokens, match.secrets)
        if not self.stands(place):
            return Typed(GLOBAL, shown, (self._gone(place),))
        self._typed += 1
        source = Statement(CONSOLE, self._typed, shown)
        negated = is_negated(tokens)
        try:
            after = self._desk.carry_out(command, match, self._scope(place), source, negated=negated)
        except RefusedError as refused:
            return Typed(place, shown, (str(refused),))
        if concerns(command):
            self._keep_hashes()
        self._configuration = None
        self._texts = {}
        self.modified = self.due = True
        printed = tuple(remarks(command, match, self._desk.draft, after, negated=negated))
        return Typed(self._place(command, place, after), shown, printed, changed=True)

    def _keep_hashes(self) -> bool:
        if self._hasher is None:
            return False
        return keep_hashes(self._desk.draft, self._hasher, self._desk.release is Release.OLD)

    def _scope(self, place: Place) -> Scope:
        record = None if place.table is None else self._desk.draft.of(place.table)[place.key]
        return Scope(place.mode, record)

    def _place(self, command: Command, before: Place, after: Scope) -> Place:
        if after.record is None:
            return GLOBAL
        if before.table is not None and self._desk.draft.of(before.table).get(before.key) is after.record:
            return Place(before.mode, before.table, before.key)
        action = command.action
        table = action.inner if isinstance(action, EnterBelow) else action.table
        return Place(after.mode, table, after.record.key)

    def _gone(self, place: Place) -> str:
        noun = place.table.noun if place.table is not None else "configuration"
        return f"ERROR: {noun} {' '.join(map(str, place.key))} does not exist"

    def _unread(self, place: Place, line: str, tokens: Tokens, errors: list[LineError]) -> "_Unread | None":
        """What to do with a line that is known and not read, or stands below one; None for any other."""
        below = family(place.mode, tokens.words) if place.mode is not Mode.GLOBAL else None
        if below is not None:
            return _Unread(place, tuple(_not_carried_out(below, tokens)))
        known = family(Mode.GLOBAL, tokens.words)
        begun = place.mode is not Mode.GLOBAL and bool(errors) and errors[0].at > int(is_negated(tokens))
        if known is not None and not (begun and errors[0].at > len(known.words)):
            head = " ".join(line.split())
            return _Unread(Place(skipped=head), tuple(_not_carried_out(known, tokens)))
        if place.skipped and (line.startswith(" ") or submode_of(place.skipped) is not None):
            return _Unread(place, ())
        return None

    def take(self, place: Place, line: str) -> Typed:
        """Carry one line out, and keep it where it is known and not read."""
        typed = self.type(place, line)
        if typed.passed_over:
            self.keep(place, typed, line)
        return typed

    def keep(self, place: Place, typed: Typed, line: str) -> None:
        """Keep a line that was passed over at a place, or take it back for its `no` form."""
        kept, text = self._desk.kept, " ".join(cleaned(line).split())
        negated = text.lower().startswith("no ")
        if place.mode is not Mode.GLOBAL and typed.place == place:
            (kept.take_back_below if negated else kept.below)(place.mode, place.key, text)
        elif typed.place.skipped == text and negated:
            kept.take_back(text.split()[1:])
        elif typed.place.skipped == text:
            kept.add(text)
        else:
            kept.under_head(place.skipped, text)
        self._texts = {}
        self.modified = True

    def _fault(self, place: Place, tokens: Tokens, errors: list[LineError]) -> Typed:
        """What is wrong with a line that is none: the device's own word for it, or the caret where it goes wrong."""
        miss = self._desk.miss(place.mode, tokens)
        at = max(miss.at, int(is_negated(tokens)), *(error.at for error in errors))
        shown = masked_guess(tokens, after=at if place.mode is Mode.TUNNEL_IPSEC else None)
        if miss.at >= at and miss.wording and miss.wording != INVALID:
            return Typed(place, shown, (miss.wording,))
        furthest = max(errors, key=lambda error: error.at, default=None)
        if furthest is None or miss.at > furthest.at:
            fault = Fault.INCOMPLETE if at >= len(tokens.words) else Fault.INVALID
            furthest = LineError(fault, at, tuple(sorted(set(miss.expected))))
        return Typed(place, shown, fault=furthest)


def _opposite(line: str) -> str:
    return line.removeprefix("no ") if line.startswith("no ") else f"no {line}"


def _not_carried_out(known: Family, tokens: Tokens) -> Iterator[str]:
    if is_negated(tokens):
        return
    if known.support is Support.NOT_BUILT:
        yield f"WARNING: {known.note}"
    else:
        yield "WARNING: this command is kept and not carried out here"
