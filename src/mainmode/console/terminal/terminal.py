"""The terminal between a face, which brings octets and takes text, and a session, which takes lines and prints."""

import asyncio
import re
from collections.abc import Callable, Iterable
from typing import Protocol

from mainmode.base.errors import InputError
from mainmode.base.faults import place_of
from mainmode.base.printable import printable
from mainmode.console.screen import EndOfInput, InterruptedByUser, TerminalSettings
from mainmode.console.terminal.drawing import Drawing
from mainmode.console.terminal.history import History
from mainmode.console.terminal.keys import Key
from mainmode.console.terminal.line import LONGEST, Line
from mainmode.console.terminal.outlet import Outlet
from mainmode.console.terminal.pages import ERASED, MORE, Pages
from mainmode.console.terminal.told import Told
from mainmode.console.terminal.typed import Typed

_YES = frozenset({"y", "Y", Key.ENTER})
_NEXT_PAGE = frozenset({" ", Key.PAGE_DOWN})
_NEXT_LINE = frozenset({Key.ENTER, Key.DOWN})
_NO_MORE = frozenset({"q", "Q", Key.LEAVE})
_ENDING = {Key.ENTER: "", Key.LEAVE: "^Z", Key.INTERRUPT: "^C"}
"""Keys that end a line, and what is seen of them."""
_PIECE = 200
"""Rows that are printed between two looks at others, where there are no pages."""
_FAULT = "a fault in mainmode itself, please report it: "
_STEERING = re.compile("[^\a\b\r]+")


class Conversation(Protocol):
    """What a terminal asks of a session."""

    @property
    def prompt(self) -> str:
        """What stands in front of the next line."""

    @property
    def ended(self) -> bool:
        """Whether it is over."""

    @property
    def place(self) -> object | None:
        """Where it stands in the configuration mode; None outside of it."""

    async def enter(self, line: str) -> None:
        """Carry out a line."""

    def help(self, before: str) -> str:
        """What may follow, in whole lines."""

    def complete(self, before: str) -> str:
        """The letters that complete the last word; empty where there are none."""


class Terminal:
    """A screen with a keyboard. All is called on one loop; what is printed goes out in the order of the calls."""

    def __init__(
        self,
        out: Callable[[str], None],
        columns: int = 80,
        rows: int = 24,
        reading: Callable[[bool], None] | None = None,
        piped: bool = False,
    ) -> None:
        """`out` takes text with CR LF at the ends of lines. `columns` or `rows` 0: unknown.

        `reading` is called with False when so much is typed ahead that the far end has to wait, and with True when it
        may go on. `piped`: a file types, no person: nothing waits for a key at the end of a page, a tab is a blank, and
        `?` asks for help where it ends a line.
        """
        self.settings = TerminalSettings()
        self._piped = piped
        self._columns = columns
        self._rows = rows
        self._outlet = Outlet(out)
        self._typed = Typed(reading)
        self._told = Told()
        self._history = History()
        self._drawing: Drawing | None = None
        """Prompt or question that waits for an answer now, and the line that is typed behind it."""
        self._line = Line()
        self._hidden = False
        self._command: asyncio.Task[None] | None = None
        self._paging = False
        self._ended = False
        self._leaving = False
        """Whether nothing but what was printed keeps it."""
        self._delivery: asyncio.Handle | None = None

    # --- the face ------------------------------------------------------------------------------------------------

    def feed(self, octets: bytes) -> None:
        """What was typed, in any pieces. What is not read yet waits in its order."""
        if self._outlet.closed:
            return
        self._typed.feed(octets)
        if not self._typed.awaited:
            self._notice_interrupt()

    def resize(self, columns: int, rows: int) -> None:
        """The far end's screen is as large as that now."""
        self._columns, self._rows = columns, rows
        if self._drawing is not None:
            self._drawing.resize(columns)

    def pause(self) -> None:
        """The far end takes no more for now."""
        self._outlet.pause()

    def resume(self) -> None:
        """It takes more."""
        self._outlet.resume()
        self._deliver_soon()

    def redraw(self) -> None:
        """Something else has printed on the screen: prompt and line are shown on a fresh row."""
        self._show_again()

    def end_of_input(self) -> None:
        """Nobody types any more. What was typed is still carried out."""
        self._typed.end()

    def end(self, told: str) -> None:
        """End the session from this side: what runs is cancelled, and a line is printed that says why."""
        self._ended = True
        if self._leaving:
            self._outlet.close()
        self._typed.clear()
        self._typed.end()
        if self._command is not None:
            self._command.cancel()
        self.tell([told])

    def hang_up(self) -> None:
        """The far end is gone: what runs is cancelled, nothing is printed any more."""
        self._outlet.close()
        self._typed.clear()
        self._typed.end()
        if self._command is not None:
            self._command.cancel()

    async def run(self, session: Conversation) -> None:
        """Until the session has ended, nobody types any more, or the far end is gone."""
        try:
            while not (session.ended or self._ended or self._outlet.closed):
                await self._outlet.room()
                await self._turn(session)
        except EndOfInput:
            self._freshen()
        finally:
            self._deliver()
            if self._delivery is not None:
                self._delivery.cancel()
        if not self._ended:
            # What was printed last may still wait for a far end that reads slowly.
            self._leaving = True
            await self._outlet.drained()

    # --- the screen ----------------------------------------------------------------------------------------------

    def write(self, text: str) -> None:
        """Print at once."""
        self._outlet.send(_spelled(text))
        if self._told and self._outlet.fresh:
            self._deliver_soon()

    async def show(self, text: str) -> None:
        """Print page by page, where pages are on."""
        height = self._height()
        pages = Pages(text, self._columns)
        self._paging = True
        try:
            rows = height - 1
            while rows:
                # A long text goes in pieces, too: others are served, and a slow far end is waited for.
                self._outlet.send(_spelled(pages.take(rows if height else _PIECE)))
                await self._outlet.room()
                if not pages:
                    return
                if height:
                    rows = await self._more(height)
                else:
                    await asyncio.sleep(0)
        finally:
            self._paging = False
            self._deliver_soon()

    async def ask(self, question: str, *, echo: bool = True) -> str:
        """A line behind a question."""
        text, ended_by = await self._read(self._question(question), echo=echo)
        self._notice_interrupt()
        if ended_by is not Key.ENTER:
            raise InterruptedByUser
        return text

    async def confirm(self, question: str) -> bool:
        """One key behind a question."""
        self._begin(self._question(question), hidden=True)
        try:
            while (key := await self._typed.letter()) in (Key.REDRAW, Key.LOST):
                self._show_again()
            if key is Key.INTERRUPT:
                self._outlet.send("^C")
                raise InterruptedByUser
            if isinstance(key, str):
                self._outlet.send(key)
            return key in _YES
        finally:
            self._outlet.send("\r\n")
            self._drawing = None
            self._notice_interrupt()

    def tell(self, lines: Iterable[str]) -> None:
        """Lines that come by themselves."""
        self._told.add(printable(line) for line in lines)
        self._deliver_soon()

    # --- lines that come by themselves ---------------------------------------------------------------------------

    def _deliver_soon(self) -> None:
        """At the next turn of the loop: what comes together is shown together."""
        if self._told and self._delivery is None:
            try:
                self._delivery = asyncio.get_running_loop().call_soon(self._deliver)
            except RuntimeError:
                # No loop runs yet; they are shown in front of the first prompt.
                return

    def _deliver(self) -> None:
        """Show what waits, where no other line is under way and the far end takes it."""
        self._delivery = None
        if not self._told or self._outlet.crowded or self._paging:
            return
        if self._drawing is None and not self._outlet.fresh:
            return
        if self._drawing is not None:
            self._outlet.send(self._drawing.leave())
        self._outlet.send("".join(f"{line}\r\n" for line in self._told.take()))
        self._show_again()

    # --- reading -------------------------------------------------------------------------------------------------

    async def _turn(self, session: Conversation) -> None:
        """One line, and what it does."""
        self._freshen()
        self._deliver()
        text, ended_by = await self._read(_prompt(session), session)
        if ended_by is Key.INTERRUPT:
            return
        self._history.add(text)
        if text or ended_by is Key.ENTER:
            await self._carry_out(session, text)
        if ended_by is Key.LEAVE and session.place is not None and not session.ended:
            await self._carry_out(session, "end")

    async def _read(self, prompt: str, session: Conversation | None = None, echo: bool = True) -> tuple[str, Key]:
        """A line, and what ended it: Enter, Ctrl-Z or Ctrl-C. Help, completion and history are those of a session."""
        drawing = self._begin(prompt, hidden=not echo)
        try:
            while True:
                key = await self._key_at(session)
                if isinstance(key, str):
                    self._line.insert(key)
                elif key in _ENDING:
                    if key is not Key.ENTER or not self._refused():
                        self._outlet.send(_ENDING[key] + drawing.leave())
                        break
                elif key is Key.LOST:
                    self._lost()
                elif key is Key.REDRAW:
                    self._outlet.send(drawing.leave())
                    self._show_again()
                elif not self._line.edit(key):
                    await self._special(key, session)
                self._draw()
        finally:
            self._drawing = None
        if session is not None and self._piped and key is Key.ENTER and self._line.text.endswith("?"):
            await self.show(_answer(session.help, self._line.text[:-1]))
            return "", Key.INTERRUPT
        return self._line.text, key

    async def _key_at(self, session: Conversation | None) -> str | Key:
        """The next key; a file's last line may lack its end."""
        try:
            return await self._typed.key()
        except EndOfInput:
            if not self._piped or session is None or not self._line.text:
                raise
            return Key.ENTER

    async def _special(self, key: Key, session: Conversation | None) -> None:
        """Keys that mean something at a prompt only."""
        if session is None or self._piped:
            self._line.insert({Key.HELP: "?", Key.TAB: " "}.get(key, ""))
        elif key is Key.HELP:
            await self._help(session)
        elif key is Key.TAB:
            letters = printable(_answer(session.complete, self._line.before))
            self._line.insert(letters)
            self._outlet.send("" if letters else "\a")
        elif key is Key.UP:
            self._recall(self._history.back(self._line.text))
        elif key is Key.DOWN:
            self._recall(self._history.on())

    def _begin(self, prompt: str, hidden: bool) -> Drawing:
        """Show a prompt; what is typed from here on belongs to it."""
        self._history.leave()
        self._line = Line()
        self._hidden = hidden
        self._drawing = Drawing(prompt, self._columns)
        self._outlet.send(self._drawing.begin())
        return self._drawing

    async def _help(self, session: Conversation) -> None:
        """What may follow, below the line, which comes again with its prompt."""
        drawing, self._drawing = self._drawing, None
        if drawing is None:
            return
        self._outlet.send(("?" if not self._line.behind else "") + drawing.leave())
        try:
            await self.show(_answer(session.help, self._line.before))
        except InterruptedByUser:
            self._freshen()
        self._freshen()
        self._drawing = drawing
        self._show_again()

    def _recall(self, text: str | None) -> None:
        if text is not None:
            self._line.replace(text)

    @property
    def _shown(self) -> tuple[str, int]:
        """What of the line is to be seen, and where its cursor is."""
        return ("", 0) if self._hidden else (self._line.text, self._line.cursor)

    def _draw(self) -> None:
        if self._drawing is not None:
            self._outlet.send(self._drawing.draw(*self._shown))

    def _show_again(self) -> None:
        """Prompt and line, on a fresh row."""
        if self._drawing is not None:
            self._outlet.send(self._drawing.begin(*self._shown))

    def _refused(self) -> bool:
        """Whether the line is too long to be one; the person is told and begins anew."""
        if not self._line.overlong or self._drawing is None:
            return False
        self._outlet.send(f"{self._drawing.leave()}ERROR: % A line has at most {LONGEST} characters\r\n")
        self._line = Line()
        self._show_again()
        return True

    def _lost(self) -> None:
        """What was typed came faster than it was read, for too long: the line under way is not whole."""
        if self._drawing is None:
            return
        lost = "% What was typed here is lost, to the end of its line: it came faster than it could be carried out"
        self._outlet.send(f"{self._drawing.leave()}{lost}\r\n")
        self._line = Line()
        self._show_again()

    async def _more(self, height: int) -> int:
        """Wait at the end of a page; how many rows come next, 0 for none."""
        self._outlet.send(MORE)
        try:
            while True:
                key = await self._typed.letter()
                if key in _NEXT_PAGE:
                    return height - 1
                if key in _NEXT_LINE:
                    return 1
                if key in _NO_MORE:
                    return 0
                if key is Key.INTERRUPT:
                    raise InterruptedByUser
        except EndOfInput:
            return _PIECE
        finally:
            self._outlet.send(ERASED)
            self._notice_interrupt()

    def _height(self) -> int:
        """Rows of a page; 0 for no pages."""
        pager = 0 if self._piped else self.settings.pager
        return max(2, min(pager, self._rows or pager)) if pager else 0

    def _question(self, question: str) -> str:
        """The last line of a question, which is where the answer stands; those above it are printed."""
        above, end, last = question.rpartition("\n")
        if end:
            self.write(f"{above}\n")
        return printable(last)

    # --- carrying out --------------------------------------------------------------------------------------------

    async def _carry_out(self, session: Conversation, line: str) -> None:
        """Let the session do what a line says; Ctrl-C cancels it, and so does the end of this terminal."""
        self._command = asyncio.get_running_loop().create_task(session.enter(line))
        self._notice_interrupt()
        try:
            await asyncio.wait({self._command})
        except asyncio.CancelledError:
            self._command.cancel()
            await asyncio.wait({self._command})
            raise
        finally:
            command, self._command = self._command, None
        if command.cancelled():
            return
        fault = command.exception()
        if isinstance(fault, Exception) and not isinstance(fault, EndOfInput | InterruptedByUser):
            self._freshen()
            self.write(f"{fault}\n" if isinstance(fault, InputError) else f"{_FAULT}{place_of(fault)}\n")
        elif fault is not None and not isinstance(fault, InterruptedByUser):
            raise fault

    def _notice_interrupt(self) -> None:
        """Cancel the command that runs, where Ctrl-C was typed. What was typed before it is given up."""
        if self._command is not None and self._typed.interrupted():
            self._outlet.send("^C")
            self._command.cancel()

    def _freshen(self) -> None:
        """Go to the beginning of a row."""
        if not self._outlet.fresh:
            self._outlet.send("\r\n")


def _prompt(session: Conversation) -> str:
    try:
        return printable(session.prompt)
    except InputError:
        # The device is down for a moment, and has no name.
        return "> "


def _answer(asked: Callable[[str], str], before: str) -> str:
    """What a session says of a line that is not whole; where that fails, nothing."""
    try:
        return asked(before)
    except Exception:
        return ""


def _spelled(text: str) -> str:
    """Text as it goes out: line ends as a terminal wants them, nothing that steers it but `\\r`, `\\b`, `\\a`."""
    if not text.isprintable():
        text = _STEERING.sub(lambda found: printable(found[0]), text)
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
    return text
