"""What fuzzing taught about logs, beside the inputs that are pinned; and that its target notices."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import pytest
from fuzz.grammar import CHOSEN
from fuzz.target import BrokenError
from fuzz.targets import logs

from mainmode.explain.assembler import Assembler
from mainmode.explain.dialects import DIALECTS
from mainmode.explain.faces import sheet

ATTACK = (
    b"Nov 30 10:38:29 [IKEv1]: Group = <script>x</script>, IP = 81.2.69.142, "
    b"QM FSM error (P2 struct &0x1, mess id 0x1)!\n"
)


def test_lines_that_each_look_like_a_beginning_are_not_joined_with_all_that_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = ["peer", "state", "proxy", "hash", "group", "notify"]
    lines = [f"Nov 30 10:38:29 [IKEv1]: {a} {b} {c}" for a in words for b in words for c in words]
    tried: list[str] = []
    read = Assembler._read
    monkeypatch.setattr(Assembler, "_read", lambda self, text: (tried.append(text), read(self, text))[1])
    assembler = Assembler(DIALECTS)
    assert not [*assembler.feed(lines), *assembler.finish()]
    assert len(tried) < 5 * len(lines)


def test_the_target_notices_markup_of_a_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    logs.run(ATTACK)
    monkeypatch.setattr("mainmode.ladder.sheet_markdown.escaped", lambda text: text)
    with pytest.raises(BrokenError, match="the ticket has HTML"):
        logs.run(ATTACK)
    monkeypatch.undo()
    for broken, told in (
        ("<script src=x>", "more scripts"),
        ("<img>", "none of ours"),
        ('<b onclick="x">', "none of ours"),
        ('<a href="http://x">', "leads away"),
    ):
        with pytest.raises(BrokenError, match=told):
            logs._check_page(
                f"<style></style><script></script>{broken}" if "script" in broken else f"</style>{broken}<script>"
            )


def test_the_target_notices_what_steers_and_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    logs.run(logs.REDACTED + ATTACK)
    monkeypatch.setattr("mainmode.explain.explain.redacted", lambda found: found)
    with pytest.raises(BrokenError, match="an address is left"):
        logs.run(logs.REDACTED + ATTACK)
    monkeypatch.undo()
    title = sheet._title
    monkeypatch.setattr(sheet, "_title", lambda *given: title(*given))
    monkeypatch.setattr("mainmode.ladder.sheet_text.clean", lambda text: f"{text}\x1b")
    with pytest.raises(BrokenError, match="steers"):
        logs.run(ATTACK)


def test_the_target_notices_a_document_that_is_not_as_its_schema_says(monkeypatch: pytest.MonkeyPatch) -> None:
    logs.run(ATTACK)
    monkeypatch.setattr("mainmode.explain.faces.document.VERSION", 1)
    with pytest.raises(BrokenError, match=r"schema says: \$.schema_version"):
        logs.run(ATTACK)


def test_choices_become_lines_that_are_read() -> None:
    order = logs.order_of(CHOSEN + b"\x01\x00\x00\x01\n\x01\x00\x00\x02\n")
    assert [len(several) for several in order.sources[0].lines()] == [3]
    pair = logs.order_of(logs.REDACTED + logs.PAIR + b"one" + logs.PAIR + CHOSEN)
    assert (len(pair.sources), pair.redact) == (2, True)
