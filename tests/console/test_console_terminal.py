"""The terminal: what is echoed, which line comes of which keys, pages, questions, interruptions, lines in between."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from keyboards import Keyboard, Listening

from mainmode.console.screen import EndOfInput, InterruptedByUser
from mainmode.console.terminal.line import LONGEST
from mainmode.console.terminal.outlet import ROOM
from mainmode.console.terminal.told import MOST_LINES
from mainmode.console.terminal.typed import ENOUGH, MOST

MORE = "<--- More --->"


def typed(keys: str | bytes, columns: int = 80) -> tuple[list[str], str]:
    """The lines that a session gets of the keys, and all that is sent."""

    async def go() -> tuple[list[str], str]:
        async with Keyboard(columns=columns) as keyboard:
            sent = keyboard.sent + await keyboard.type(keys)
            return keyboard.session.entered, sent

    return asyncio.run(go())


def test_what_is_typed_is_echoed_as_it_is_and_enter_is_cr_lf() -> None:
    assert typed("show version\n") == (["show version"], "asa1# show version\r\nasa1# ")


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\r\0"])
def test_every_end_of_a_line_is_one(end: str) -> None:
    assert typed(f"one{end}two{end}")[0] == ["one", "two"]
    assert typed(f"{end}{end}x{end}")[0] == ["", "", "x"]


def test_an_end_of_a_line_may_come_in_two_pieces() -> None:
    async def go() -> list[str]:
        async with Keyboard() as keyboard:
            for piece in ("one\r", "\ntwo\r", "\0", "three\n"):
                await keyboard.type(piece)
            return keyboard.session.entered

    assert asyncio.run(go()) == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("abc\x7fd", "abd"),
        ("abc\x08d", "abd"),
        ("bc\x01a\x05d", "abcd"),
        ("ac\x02b\x06d", "abcd"),
        ("ac\x1b[Db\x1b[Cd", "abcd"),
        ("ac\x1bODb\x1bOCd", "abcd"),
        ("bc\x1b[Ha\x1b[Fd", "abcd"),
        ("bc\x1b[1~a\x1b[4~d", "abcd"),
        ("abxc\x1b[D\x1b[D\x1b[3~", "abc"),
        ("abxc\x02\x02\x04", "abc"),
        ("abc def\x1bb\x0b", "abc "),
        ("abc def\x1bb\x15", "def"),
        ("abc def\x17x", "abc x"),
        ("abc def\x1bb\x1bb\x1bd", " def"),
        ("abc def\x01\x1bfX", "abcX def"),
        ("abc def\x1b[1;5Dx\x1b[1;5Cy", "abc xdefy"),
        ("abc\x17x\x19", "xabc"),
        ("ab\x14", "ba"),
        ("what\x16?", "what?"),
        ("a\x1b[200~b\x1b[201~c", "abc"),
        ("\x7f\x04\x0b\x15\x17a", "a"),
        ("a\x00\x1cb\u200ec\x9bd", "abcd"),
        ("é\u6f22\x7fx", "éx"),
        ("cafe\u0301", "caf\u00e9"),
    ],
)
def test_the_editing_keys(keys: str, line: str) -> None:
    assert typed(f"{keys}\r")[0] == [line]


def test_a_character_may_come_octet_by_octet_and_octets_that_are_none_are_harmless() -> None:
    async def go() -> list[str]:
        async with Keyboard() as keyboard:
            for octet in "é漢\r".encode() + b"\xff\xc3\r":
                await keyboard.type(bytes([octet]))
            return keyboard.session.entered

    assert asyncio.run(go()) == ["é漢", "\ufffd\ufffd"]


def test_an_edit_within_the_line_is_backspaces_letters_and_blanks() -> None:
    async def go() -> None:
        async with Keyboard() as keyboard:
            await keyboard.type("show vrsion")
            assert await keyboard.type("\x1b[D" * 5) == "\b" * 5
            assert await keyboard.type("e") == "ersion" + "\b" * 5
            assert await keyboard.type("\x04") == "sion \b\b\b\b\b"
            assert await keyboard.type("\x05") == "sion"
            assert await keyboard.type("\x7f") == "\b \b"

    asyncio.run(go())


def test_a_long_line_is_echoed_as_it_is_typed() -> None:
    line = "access-list outside_cryptomap extended permit ip host 192.168.1.1 " * 3
    assert typed(f"{line}\n")[1] == f"asa1# {line}\r\nasa1# "


def test_a_line_that_no_device_would_take_is_not_cut_and_carried_out() -> None:
    entered, sent = typed("x" * (LONGEST + 1) + "\rshow version\r")
    assert entered == ["show version"]
    assert f"at most {LONGEST} characters" in sent


def test_ten_thousand_lines_in_one_piece_come_in_their_order() -> None:
    async def go() -> list[str]:
        async with Keyboard() as keyboard:
            keyboard.terminal.feed(b"".join(b"line %d\r\n" % number for number in range(10_000)))
            keyboard.terminal.end_of_input()
            await keyboard.ended()
            return keyboard.session.entered

    assert asyncio.run(go()) == [f"line {number}" for number in range(10_000)]


def test_too_much_typed_ahead_asks_the_far_end_to_wait() -> None:
    release = asyncio.Event()

    async def waits(_: Listening, line: str) -> None:
        if line == "wait":
            await release.wait()

    async def go() -> None:
        async with Keyboard(waits) as keyboard:
            await keyboard.type("wait\r")
            keyboard.terminal.feed((b"x" * 499 + b"\r") * (ENOUGH // 500 + 1))
            assert keyboard.held == [False]
            release.set()
            keyboard.terminal.end_of_input()
            await keyboard.ended()
            assert keyboard.held == [False, True]
            assert len(keyboard.session.entered) == 2 + ENOUGH // 500

    asyncio.run(go())


def test_what_cannot_be_kept_is_told_and_no_half_line_is_carried_out() -> None:
    async def go() -> None:
        release = asyncio.Event()

        async def waits(_: Listening, line: str) -> None:
            if line == "wait":
                await release.wait()

        async with Keyboard(waits) as keyboard:
            await keyboard.type("wait\r")
            keyboard.terminal.feed(b"y" * (MOST - 5) + b"\rone\rtwo\r")
            keyboard.terminal.feed(b"three\rhalf of a ")
            release.set()
            await keyboard.settle()
            assert "is lost" in keyboard.sent
            await keyboard.type("line\rwhole\r")
            assert keyboard.session.entered[-1] == "whole"
            assert not {"two", "three", "line", "half of a line"} & set(keyboard.session.entered)

    asyncio.run(go())


def test_help_comes_at_once_and_the_line_again() -> None:
    async def go() -> None:
        async with Keyboard() as keyboard:
            await keyboard.type("show ")
            sent = await keyboard.type("?")
            assert sent == "?\r\n\r\nexec mode commands/options:\r\n  behind 'show'\r\nasa1# show "
            assert await keyboard.type("clock\r") == "clock\r\nasa1# "
            assert keyboard.session.entered == ["show clock"]

    asyncio.run(go())


def test_tab_completes_and_rings_where_it_cannot() -> None:
    async def go() -> None:
        async with Keyboard() as keyboard:
            await keyboard.type("sh")
            assert await keyboard.type("\t") == "ow "
            assert await keyboard.type("\t") == "\a"

    asyncio.run(go())


def test_the_arrow_keys_go_through_the_history_and_back_to_the_line_under_way() -> None:
    async def go() -> None:
        async with Keyboard() as keyboard:
            await keyboard.type("one\rtwo\rtwo\r\r")
            await keyboard.type("thr\x1b[A\x1b[A\r")
            assert keyboard.session.entered[-1] == "one"
            await keyboard.type("thr\x10\x10\x10\x10\x0e\x0e\x0e\x0eee\r")
            assert keyboard.session.entered[-1] == "three"

    asyncio.run(go())


def test_ctrl_c_gives_up_the_line() -> None:
    assert typed("nonsense\x03show clock\r") == (["show clock"], "asa1# nonsense^C\r\nasa1# show clock\r\nasa1# ")


def test_ctrl_z_carries_out_the_line_and_ends_the_configuration() -> None:
    async def go() -> None:
        async with Keyboard() as keyboard:
            keyboard.session.place = object()
            assert await keyboard.type("hash md5\x1a") == "hash md5^Z\r\nasa1# "
            assert keyboard.session.entered == ["hash md5", "end"]
            await keyboard.type("\x1a")
            assert keyboard.session.entered == ["hash md5", "end"]

    asyncio.run(go())


def test_ctrl_c_cancels_the_command_and_what_was_typed_ahead() -> None:
    async def go() -> None:
        cancelled = []

        async def waits(session: Listening, line: str) -> None:
            session.screen.write("!!")
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.append(line)
                raise

        async with Keyboard(waits) as keyboard:
            await keyboard.type("ping 1.1.1.1\r")
            await keyboard.type("reload\r")
            assert await keyboard.type("\x03") == "^C\r\nasa1# "
            assert cancelled == ["ping 1.1.1.1"]
            assert keyboard.session.entered == ["ping 1.1.1.1"]
            assert await keyboard.type("exit\r") == "exit\r\n"
            await keyboard.ended()

    asyncio.run(go())


def test_ctrl_c_in_one_piece_with_its_line_cancels_it() -> None:
    async def waits(_: Listening, line: str) -> None:
        await asyncio.Event().wait()

    async def go() -> None:
        async with Keyboard(waits) as keyboard:
            assert (await keyboard.type("ping 1.1.1.1\r\x03exit\r")).endswith("asa1# exit\r\n")
            await keyboard.ended()

    asyncio.run(go())


def test_a_fault_in_a_command_is_told_and_the_session_goes_on() -> None:
    async def fails(_: Listening, line: str) -> None:
        raise KeyError("the pre-shared key")

    async def go() -> None:
        async with Keyboard(fails) as keyboard:
            sent = await keyboard.type("show x\r")
            assert "a fault in mainmode itself, please report it: KeyError in test_console_terminal.py" in sent
            assert "pre-shared" not in sent
            assert sent.endswith("asa1# ")

    asyncio.run(go())


# --- pages -----------------------------------------------------------------------------------------------------------

ROWS = "".join(f"row {number}\n" for number in range(100))


async def shows(session: Listening, line: str) -> None:
    await session.screen.show(ROWS)


def rows(start: int, end: int) -> str:
    return "".join(f"row {number}\r\n" for number in range(start, end))


ERASED = "\r" + " " * 14 + "\r"


def test_pages_end_where_the_person_wants() -> None:
    async def go() -> None:
        async with Keyboard(shows) as keyboard:
            assert await keyboard.type("show\r") == "show\r\n" + rows(0, 23) + MORE
            assert await keyboard.type(" ") == ERASED + rows(23, 46) + MORE
            assert await keyboard.type("\r") == ERASED + rows(46, 47) + MORE
            assert await keyboard.type("\x1b[Bxyz") == ERASED + rows(47, 48) + MORE
            assert await keyboard.type("q") == ERASED + "asa1# "

    asyncio.run(go())


def test_the_last_page_needs_no_key() -> None:
    async def go() -> None:
        async with Keyboard(shows) as keyboard:
            await keyboard.type("show\r")
            assert (
                await keyboard.type("    show\r")
                == "".join(
                    [ERASED + rows(start, start + 23) + MORE for start in (23, 46, 69)] + [ERASED, rows(92, 100)]
                )
                + "asa1# show\r\n"
                + rows(0, 23)
                + MORE
            )

    asyncio.run(go())


def test_no_pages_with_pager_0_and_a_page_is_not_higher_than_the_screen() -> None:
    async def go() -> None:
        async with Keyboard(shows, rows=10) as keyboard:
            assert await keyboard.type("show\r") == "show\r\n" + rows(0, 9) + MORE
            await keyboard.type("q")
            keyboard.terminal.settings.pager = 0
            assert await keyboard.type("show\r") == "show\r\n" + rows(0, 100) + "asa1# "

    asyncio.run(go())


def test_a_row_that_wraps_counts_as_those_it_takes() -> None:
    async def long_ones(session: Listening, line: str) -> None:
        await session.screen.show(("x" * 100 + "\n") * 30)

    async def go() -> None:
        async with Keyboard(long_ones) as keyboard:
            assert (await keyboard.type("show\r")).count("\n") == 1 + 11

    asyncio.run(go())


def test_ctrl_c_at_a_page_interrupts_the_command() -> None:
    async def go() -> None:
        async with Keyboard(shows) as keyboard:
            await keyboard.type("show\r")
            assert await keyboard.type("\x03") == ERASED + "asa1# "

    asyncio.run(go())


# --- questions -------------------------------------------------------------------------------------------------------


def asking(question: Callable[[Listening], Awaitable[object]]) -> tuple[list[object], Callable[..., Awaitable[None]]]:
    """A session whose every command asks, and the answers."""
    answers: list[object] = []

    async def asks(session: Listening, line: str) -> None:
        try:
            answers.append(await question(session))
        except (InterruptedByUser, EndOfInput) as error:
            answers.append(type(error))
            raise

    return answers, asks


def test_a_password_is_not_echoed_and_not_kept() -> None:
    answers, asks = asking(lambda session: session.screen.ask("Password: ", echo=False))

    async def go() -> None:
        async with Keyboard(asks) as keyboard:
            assert await keyboard.type("enable\r") == "enable\r\nPassword: "
            assert await keyboard.type("wh?t\x7f\x7ft\x1b[A\r") == "\r\nasa1# "
            assert answers == ["wht"]
            assert await keyboard.type("\x1b[A") == "enable"
            assert await keyboard.type("\x1b[A") == ""

    asyncio.run(go())


def test_a_question_shows_its_answer_and_ends_at_ctrl_c() -> None:
    answers, asks = asking(lambda session: session.screen.ask("\nSource filename [running-config]? "))

    async def go() -> None:
        async with Keyboard(asks) as keyboard:
            assert await keyboard.type("copy\rx?y\r") == ("copy\r\n\r\nSource filename [running-config]? x?y\r\nasa1# ")
            await keyboard.type("copy\r")
            assert await keyboard.type("abc\x03") == "abc^C\r\nasa1# "
            assert answers == ["x?y", InterruptedByUser]

    asyncio.run(go())


@pytest.mark.parametrize(
    ("key", "answer", "seen"),
    [("\r", True, ""), ("y", True, "y"), ("Y", True, "Y"), ("n", False, "n"), ("\x03", InterruptedByUser, "^C")],
)
def test_a_confirmation_takes_one_key(key: str, answer: object, seen: str) -> None:
    answers, asks = asking(lambda session: session.screen.confirm("Proceed with reload? [confirm] "))

    async def go() -> None:
        async with Keyboard(asks) as keyboard:
            assert await keyboard.type("reload\r") == "reload\r\nProceed with reload? [confirm] "
            assert await keyboard.type(key) == f"{seen}\r\nasa1# "
            assert answers == [answer]

    asyncio.run(go())


def test_a_question_at_the_end_of_input_is_not_waited_for() -> None:
    answers, asks = asking(lambda session: session.screen.ask("Password: ", echo=False))

    async def go() -> None:
        async with Keyboard(asks) as keyboard:
            keyboard.terminal.feed(b"enable\r")
            keyboard.terminal.end_of_input()
            await keyboard.ended()
            assert answers == [EndOfInput]
            assert keyboard.sent == "asa1# enable\r\nPassword: \r\n"

    asyncio.run(go())


# --- lines that come by themselves -----------------------------------------------------------------------------------


def test_a_line_that_comes_by_itself_leaves_the_typed_one_whole() -> None:
    async def go() -> None:
        async with Keyboard() as keyboard:
            await keyboard.type("show ver")
            keyboard.terminal.tell(["[IKEv1]: one", "[IKEv1]: \x1b[2Jtwo"])
            keyboard.terminal.tell(["[IKEv1]: three"])
            assert await keyboard.type("") == (
                "\r\n[IKEv1]: one\r\n[IKEv1]: \\x1b[2Jtwo\r\n[IKEv1]: three\r\nasa1# show ver"
            )
            assert await keyboard.type("sion\r") == "sion\r\nasa1# "
            assert keyboard.session.entered == ["show version"]

    asyncio.run(go())


def test_lines_wait_for_the_end_of_a_page_and_of_a_line_of_output() -> None:
    async def go() -> None:
        release = asyncio.Event()

        async def pages(session: Listening, line: str) -> None:
            await session.screen.show(ROWS)
            session.screen.write("!!")
            await release.wait()
            session.screen.write("!!!\n")
            await asyncio.Event().wait()

        async with Keyboard(pages) as keyboard:
            await keyboard.type("show\r")
            keyboard.terminal.tell(["one"])
            assert await keyboard.type("") == ""
            assert await keyboard.type("q") == ERASED + "!!"
            keyboard.terminal.tell(["two"])
            assert await keyboard.type("") == ""
            release.set()
            assert await keyboard.type("") == "!!!\r\none\r\ntwo\r\n"
            keyboard.terminal.tell(["three"])
            assert await keyboard.type("") == "three\r\n"

    asyncio.run(go())


def test_a_password_question_comes_again_behind_lines() -> None:
    _, asks = asking(lambda session: session.screen.ask("Password: ", echo=False))

    async def go() -> None:
        async with Keyboard(asks) as keyboard:
            await keyboard.type("enable\rsecret")
            keyboard.terminal.tell(["one"])
            assert await keyboard.type("") == "\r\none\r\nPassword: "

    asyncio.run(go())


def test_lines_that_nobody_sees_in_time_are_counted() -> None:
    async def go() -> None:
        async with Keyboard(shows) as keyboard:
            await keyboard.type("show\r")
            keyboard.terminal.tell(f"line {number}" for number in range(MOST_LINES + 7))
            sent = await keyboard.type("q")
            assert sent.count("line ") == MOST_LINES
            assert f"line {MOST_LINES - 1}\r\n% 7 lines were lost here" in sent

    asyncio.run(go())


# --- a far end that reads slowly, or no more -------------------------------------------------------------------------


def test_a_slow_far_end_holds_the_command_and_loses_nothing_of_it() -> None:
    long = "".join(f"row {number}\n" for number in range(50_000))

    async def shows_long(session: Listening, line: str) -> None:
        session.screen.settings.pager = 0
        await session.screen.show(long)
        session.entered.append("shown")

    async def go() -> None:
        async with Keyboard(shows_long) as keyboard:
            keyboard.terminal.pause()
            assert await keyboard.type("show\r") == ""
            for _ in range(200):
                await keyboard.settle()
            assert keyboard.session.entered == ["show"]
            keyboard.terminal.tell(["a debug line"])
            keyboard.terminal.resume()
            for _ in range(200):
                await keyboard.settle()
            assert keyboard.session.entered == ["show", "shown"]
            assert keyboard.sent == "show\r\n" + long.replace("\n", "\r\n") + "a debug line\r\nasa1# "

    asyncio.run(go())


def test_debug_lines_before_a_far_end_that_stands_still_stay_within_bounds() -> None:
    async def go() -> None:
        async with Keyboard() as keyboard:
            keyboard.terminal.pause()
            for number in range(30_000):
                keyboard.terminal.tell([f"line {number} {'x' * 50}"])
                if number % 10 == 0:
                    await asyncio.sleep(0)
            assert await keyboard.type("") == ""
            keyboard.terminal.resume()
            await keyboard.settle()
            shown = [line for line in keyboard.sent.split("\r\n") if line.startswith("line")]
            lost = [line for line in keyboard.sent.split("\r\n") if line.startswith("%")]
            assert shown == [f"line {number} {'x' * 50}" for number in range(len(shown))]
            assert lost == [f"% {30_000 - len(shown)} lines were lost here: they came faster than they could be shown"]
            assert len(keyboard.sent) < 2 * ROOM + 100 * MOST_LINES

    asyncio.run(go())


def test_a_far_end_that_is_gone_cancels_the_command() -> None:
    async def go() -> None:
        cancelled = asyncio.Event()

        async def waits(session: Listening, line: str) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()

        async with Keyboard(waits) as keyboard:
            await keyboard.type("ping\r")
            keyboard.terminal.hang_up()
            await keyboard.ended()
            assert cancelled.is_set()
            keyboard.terminal.write("nobody sees it")
            keyboard.terminal.feed(b"exit\r")
            assert keyboard.sent == "ping\r\n"

    asyncio.run(go())


# --- a file that types -----------------------------------------------------------------------------------------------


def test_a_pipe_gives_a_transcript() -> None:
    async def go() -> None:
        async with Keyboard(shows, piped=True) as keyboard:
            keyboard.terminal.feed(b"show ?\n\tshow clock\nwhat? now\nlast")
            keyboard.terminal.end_of_input()
            await keyboard.ended()
            assert keyboard.session.entered == [" show clock", "what? now", "last"]
            assert keyboard.sent == (
                "asa1# show ?\r\n\r\nexec mode commands/options:\r\n  behind 'show'\r\n"
                f"asa1#  show clock\r\n{rows(0, 100)}asa1# what? now\r\n{rows(0, 100)}"
                f"asa1# last\r\n{rows(0, 100)}asa1# \r\n"
            )

    asyncio.run(go())
