"""What may follow in a line, and words that are cut short: judged by random lines of the declared texts."""

import pytest
from config_texts import command_lines
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.device.config import read
from mainmode.device.config.commands import COMMANDS
from mainmode.device.config.declaration import Command
from mainmode.device.config.desk import Desk
from mainmode.device.config.draft import Mode
from mainmode.device.config.expecting import expected, written_out
from mainmode.device.config.model import Release
from mainmode.device.config.parts import Tokens
from mainmode.device.line.expectation import END, Kind
from mainmode.device.line.lookup import Fault, LineError

NOTHING, OLD = read("", "empty.cfg"), read("crypto isakmp policy 10\n", "old.cfg")


def tokens(line: str) -> Tokens:
    return Desk("t.cfg").tokens(line)


def words(mode: Mode, line: str) -> dict[str, str]:
    return {one.word: one.help for one in expected(mode, tokens(line), NOTHING)}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: f"{command.mode.name} {command.syntax.text}"[:90])
@given(data=st.data(), release=st.sampled_from(Release))
@settings(max_examples=8, deadline=None)
def test_a_declared_line_is_expected_word_by_word_and_may_end_where_it_ends(
    command: Command, data: st.DataObject, release: Release
) -> None:
    line = "no " * command.only_negated + data.draw(command_lines(command, release))
    assert written_out(command.mode, tokens(line)) == line
    parts = line.split()
    place = data.draw(st.integers(0, len(parts) - 1))
    before = tokens(" ".join(parts[:place]))
    follows = [one for made in (NOTHING, OLD) for one in expected(command.mode, before, made)]
    spelled = {one.word.lower() for one in follows if one.kind is Kind.KEYWORD}
    assert parts[place].lower() in spelled or any(one.kind is Kind.PLACE for one in follows)
    assert END in expected(command.mode, tokens(line), NOTHING)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: f"{command.mode.name} {command.syntax.text}"[:90])
@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_a_keyword_may_be_cut_to_what_no_other_begins_with(command: Command, data: st.DataObject) -> None:
    line = "no " * command.only_negated + data.draw(command_lines(command, Release.NEW))
    parts = line.split()
    cut, whole = list(parts), list(parts)
    for place in range(int(command.only_negated), len(parts)):
        follows = expected(command.mode, tokens(" ".join(parts[:place])), NOTHING)
        follows = [*follows, *expected(command.mode, tokens(" ".join(parts[:place])), OLD)]
        keywords = {one.word.lower(): one.word for one in follows if one.kind is Kind.KEYWORD}
        if any(one.kind is Kind.PLACE for one in follows) or parts[place].lower() not in keywords or not place:
            continue
        word = parts[place].lower()
        alike = [end for end in range(1, len(word) + 1) if sum(one.startswith(word[:end]) for one in keywords) == 1]
        if alike:
            cut[place] = word[: alike[0]]
            whole[place] = keywords[word] if alike[0] < len(word) else word
    assert written_out(command.mode, tokens(" ".join(cut))).lower() == " ".join(whole).lower()


def test_names_and_values_are_never_changed() -> None:
    entry = written_out(Mode.GLOBAL, tokens("access-list ext ext perm object-g any host 10.0.0.1 any"))
    assert entry == "access-list ext extended permit object-group any host 10.0.0.1 any"
    assert written_out(Mode.GLOBAL, tokens("nat (inside,outside) sou sta int inter")).endswith(
        "source static int inter"
    )
    assert written_out(Mode.TUNNEL_IPSEC, tokens("ikev1 pre-sh ikev")) == "ikev1 pre-shared-key ikev"


def test_a_severity_that_is_cut_short_is_one_and_no_list() -> None:
    assert written_out(Mode.GLOBAL, tokens("logging console deb")) == "logging console debugging"
    assert written_out(Mode.GLOBAL, tokens("logging console MY-LIST")) == "logging console MY-LIST"


@pytest.mark.parametrize(
    ("line", "fault", "at"),
    [
        ("cry", Fault.INCOMPLETE, 1),
        ("crypto i", Fault.AMBIGUOUS, 1),
        ("crypto ikev1 policy ten", Fault.INVALID, 3),
        ("hostname a b", Fault.INVALID, 2),
        ("zzz", Fault.INVALID, 0),
        ("no zzz", Fault.INVALID, 1),
    ],
)
def test_a_line_that_does_not_fit_has_its_fault_at_a_word(line: str, fault: Fault, at: int) -> None:
    with pytest.raises(LineError) as caught:
        written_out(Mode.GLOBAL, tokens(line))
    assert (caught.value.fault, caught.value.at) == (fault, at)


def test_help_tells_words_values_names_and_the_end() -> None:
    configuration = read(
        "access-list VPN extended permit ip any any\ncrypto ipsec ikev1 transform-set T esp-aes esp-sha-hmac\n", "x.cfg"
    )

    def follows(line: str) -> list[tuple[str, Kind]]:
        return [(one.word, one.kind) for one in expected(Mode.GLOBAL, tokens(line), configuration)]

    assert follows("crypto map M 10 match address") == [("WORD", Kind.PLACE), ("VPN", Kind.NAME)]
    assert follows("crypto map M 10 set ikev1 transform-set") == [("WORD", Kind.PLACE), ("T", Kind.NAME)]
    assert follows("crypto ikev1 policy") == [("<1-65535>", Kind.PLACE)]
    assert ("<cr>", Kind.END) in follows("crypto map M 10 set pfs")
    assert ("A.B.C.D", Kind.PLACE) in follows("crypto map M 10 set peer")


def test_a_release_is_offered_its_own_spelling_and_reads_both() -> None:
    offered = {one.word for one in expected(Mode.GLOBAL, tokens("crypto ipsec"), OLD)}
    assert "transform-set" in offered
    assert "ikev1" not in offered
    assert "transform-set" not in words(Mode.GLOBAL, "crypto ipsec")
    older = written_out(Mode.GLOBAL, tokens("crypto ipsec transf T esp-des"))
    assert older == "crypto ipsec transform-set T esp-des"


def test_every_keyword_has_a_help() -> None:
    """Walks all texts a few words deep; words of a release that is not offered are left out."""
    silent: set[str] = set()
    waiting = [(mode, "") for mode in Mode]
    for _ in range(3):
        further: list[tuple[Mode, str]] = []
        for mode, line in waiting:
            for one in expected(mode, tokens(line), NOTHING):
                if one.kind is Kind.KEYWORD and not one.help and not one.word.isdigit():
                    silent.add(one.word)
                word = "7" if one.word.startswith("<") else "x" if one.kind is Kind.PLACE else one.word
                if one.kind is not Kind.END and one.word != "no":
                    further.append((mode, f"{line} {word}".strip()))
        waiting = []
        for mode, line in further:
            try:
                expected(mode, tokens(line), NOTHING)
            except LineError:
                continue
            waiting.append((mode, line))
    assert silent == set()
