"""Lines into records: joined, parted and cleaned, and every line counted once."""

import pytest
from fake_dialect import FakeDialect, assembled
from hypothesis import given
from hypothesis import strategies as st

from mainmode.explain.assembler import MAX_TEXT, Assembler

LINES = [
    "@1 fw BOX<10.0.0.2> begin one initiator",
    "@1 fw BOX<10.0.0.2> sent SA VENDOR",
    "@2 fw BOX<10.0.0.2> note a b c d e f g h i j k l m n o p q r s t u v",
    "@2 fw BOX<> other subject",
    "@3 fw BOX<10.0.0.2> list:",
    "@3 fw BOX<10.0.0.2> got KE NONCE",
]


def entries(text: str) -> list[str]:
    return [piece.said.entry for piece in assembled(text)[0]]


PLAIN = ["begin one", "sent SA", "note a", "list", "got KE"]


def test_each_line_is_a_record_with_its_place_and_clock() -> None:
    pieces, assembler = assembled("\n".join(LINES))
    assert [piece.said.entry for piece in pieces] == PLAIN
    assert [(piece.first, piece.last) for piece in pieces] == [(1, 1), (2, 2), (3, 3), (5, 5), (6, 6)]
    records = [piece.record(4) for piece in pieces]
    assert [(one.log, one.reading.stamp, one.reading.host) for one in records] == [
        (4, stamp, "fw") for stamp in ("1", "1", "2", "3", "3")
    ]
    log = assembler.tally.log(0, "x")
    assert (log.lines, log.recognised, log.other, log.unknown) == (6, 5, 1, 0)
    assert log.dialects == (("fake", 6),)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\n\n"),
        lambda text: "\n".join("> " + line for line in text.split("\n")),
        lambda text: "\n".join("> > " + line for line in text.split("\n")),
        lambda text: "\n".join("\x1b[32m" + line + "\x1b[0m\x00" for line in text.split("\n")),
        lambda text: "\n".join("fw1# " + line for line in text.split("\n")),
        lambda text: "\n".join("fw1/act(config)# " + line for line in text.split("\n")),
        lambda text: text.replace("<", "&lt;").replace(">", "&gt;"),
        lambda text: text.replace("\n", " "),
        lambda text: text.replace("VENDOR\n", "VENDOR"),
        lambda text: text.replace("e f g h i j k l m n o p q r s", "e f g h i j k l m n o p q\nr s"),
        lambda text: text.replace("sent SA", "sent\nSA"),
        lambda text: text.replace("begin", ".!!!!\nSuccess rate is 80 percent (4/5)\nfw1#begin"),
        lambda text: text.replace("begin", "be.gin"),
        lambda text: text.replace("begin", "be!!!gin"),
        lambda text: text.replace(" ", "\u00a0"),
        lambda text: "\ufeff" + text,
    ],
)
def test_damage_changes_nothing(damage: object) -> None:
    assert entries(damage("\n".join(LINES))) == PLAIN  # type: ignore[operator]


def test_a_block_takes_its_rows_though_they_have_heads() -> None:
    pieces, assembler = assembled("BOX<1.1.1.1> list:\nBOX+ a\n\n   BOX+ b\nBOX<1.1.1.1> note x\nBOX+ c")
    assert [piece.said.entry for piece in pieces] == ["list", "note x"]
    assert [fact.name for fact in pieces[0].said.facts] == ["a", "b"]  # type: ignore[union-attr]
    assert (pieces[0].first, pieces[0].last) == (1, 4)
    assert assembler.tally.log(0, "").unknown == 1


def test_what_a_terminal_adds_is_counted_apart() -> None:
    text = (
        "fw1# debug crypto isakmp\nSending 5, 100-byte ICMP Echos\n!!!!!\nfw1# show x\n  row of the answer\n" + LINES[0]
    )
    pieces, assembler = assembled(text)
    log = assembler.tally.log(0, "")
    assert (log.lines, log.console, log.unknown, log.recognised) == (6, 5, 0, 1)
    assert len(pieces) == 1


def test_unknown_lines_are_shown_once_for_each_shape() -> None:
    text = "\n".join(f"strange thing {number} of 0x{number:x}" for number in range(9)) + "\nBOX<1.1.1.1> unheard of"
    log = assembled(text)[1].tally.log(0, "")
    assert [(sample.line, sample.count) for sample in log.samples] == [(1, 9), (10, 1)]
    assert log.samples[1].text == "BOX<1.1.1.1> unheard of"
    assert log.unknown == log.lines == 10


def test_a_megabyte_in_one_line_is_parted_or_cut() -> None:
    pieces, assembler = assembled(" ".join(LINES * 5000))
    assert len(pieces) == 5 * 5000
    assert assembler.tally.log(0, "").lines == 1
    pieces, assembler = assembled("x" * 3_000_000)
    assert not pieces
    assert assembler.tally.truncated
    assert len(assembler.tally.log(0, "").samples[0].text) <= MAX_TEXT


def test_the_share_of_unread_lines_is_told() -> None:
    log = assembled("\n".join([*LINES[:3], "what"]))[1].tally.log(0, "")
    assert log.share == 0.75


@given(st.lists(st.text(max_size=60), max_size=30))
def test_anything_is_counted_and_nothing_raises(lines: list[str]) -> None:
    assembler = Assembler((FakeDialect(),))
    list(assembler.feed(lines))
    list(assembler.finish())
    log = assembler.tally.log(0, "")
    assert log.lines <= len(lines)


WRAPPED = """> @1 fw BOX<10.0.0.2> note a b c d e f g h i j k l m n o p q r s t u v w x
> a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i
> a b
> @1 fw BOX<10.0.0.2> begin
> one initiator
> @2 fw BOX<10.0.0.2> sent SA"""


def test_a_mail_program_breaks_between_words() -> None:
    pieces, assembler = assembled(WRAPPED)
    assert [piece.said.entry for piece in pieces] == ["note a", "begin one", "sent SA"]
    assert [(piece.first, piece.last) for piece in pieces] == [(1, 3), (4, 5), (6, 6)]
    assert assembler.tally.unknown == 0


def test_a_terminal_breaks_at_its_last_column() -> None:
    line = "@1 fw BOX<10.0.0.2> note " + " ".join("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz")
    torn = "\n".join([line[:80], line[80:], "@2 fw BOX<10.0.0.2> sent SA"])
    pieces, _ = assembled(torn)
    assert pieces[0].text == line
    assert [piece.said.entry for piece in pieces] == ["note a", "sent SA"]
