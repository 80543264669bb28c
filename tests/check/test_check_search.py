"""The search: the smallest repairs on either side, several faults at once, and nothing that was not proved."""

from dataclasses import replace
from importlib.resources import files

import pytest

from mainmode.check.fix import Edit, Fix
from mainmode.check.matrix import Matrix
from mainmode.check.proof import shown
from mainmode.check.repairs import repairs_for
from mainmode.check.repairs.declaration import Change, Repair
from mainmode.check.search import cost, mended
from mainmode.check.subject import Subject, edited, subject
from mainmode.check.trouble import Trouble
from mainmode.check.trying import matrix_of
from mainmode.device.config.reader import read
from mainmode.explain.finding import Safety
from mainmode.ladder.transcript import Side

_EXAMPLES = files("mainmode.lab") / "examples"
_TEXTS = {side: (_EXAMPLES / f"asa{number}.cfg").read_text("utf-8") for number, side in enumerate(Side, 1)}


def pair_of(a: str = "", b: str = "") -> Subject:
    """The reference pair with lines typed behind."""
    texts = {Side.A: _TEXTS[Side.A] + a, Side.B: _TEXTS[Side.B] + b}
    return subject({side: read(text, f"{side.value}.cfg") for side, text in texts.items()}, texts)


def by_cause(matrix: Matrix) -> tuple[Trouble, ...]:
    """A trouble for each cause, with no more than the search needs."""
    cells: dict[str, list] = {}
    for cell in matrix.down():
        cells.setdefault(cell.cause, []).append((cell.row, cell.starter))
    return tuple(Trouble(cause, "", "", tuple(found), None, (), {}) for cause, found in cells.items())


def search(before: Subject) -> tuple[tuple[Trouble, ...], tuple[Fix, ...]]:
    matrix = matrix_of(before)
    return mended(before, matrix, by_cause(matrix))


def typed(fix: Fix) -> list[tuple[str, str]]:
    return [(edit.side.value, line) for edit in fix.edits for line in edit.lines]


def test_a_key_may_be_typed_on_either_side() -> None:
    (trouble,), whole = search(pair_of(b="tunnel-group 10.0.0.1 ipsec-attributes\n pre-shared-key another\n"))
    assert trouble.code == "PSK_MISMATCH"
    assert [fix.sides for fix in trouble.fixes] == [{Side.A}, {Side.B}]
    assert trouble.fixes == whole
    for fix in whole:
        assert fix.proof.whole
        assert fix.proof.matrix.up
    assert whole[1].proof.sentence == "with these two commands on asa2: up in both directions, entries 1-2"


def test_the_smaller_of_two_changes_comes_first() -> None:
    (trouble,), _ = search(pair_of(b="crypto isakmp policy 10\n hash md5\n group 5\n"))
    assert trouble.fixes[0].edits[0].repair == "CHANGED_POLICY"
    assert [fix.commands for fix in trouble.fixes] == [3, 3]


def test_where_other_peers_use_a_policy_another_one_comes_first_and_then_the_change_that_is_shorter() -> None:
    others = "crypto map MAP 20 set peer 192.0.2.7\n"
    (trouble,), _ = search(pair_of(a=others, b=others + "crypto isakmp policy 10\n group 5\n"))
    repairs = [(fix.edits[0].repair, fix.edits[0].safety, fix.sides) for fix in trouble.fixes]
    assert repairs[0] == ("ANOTHER_POLICY", Safety.SAFE, {Side.A})
    assert ("CHANGED_POLICY", Safety.WIDE, {Side.B}) in repairs
    assert repairs.index(("ANOTHER_POLICY", Safety.SAFE, {Side.B})) < repairs.index(
        ("CHANGED_POLICY", Safety.WIDE, {Side.B})
    )


def test_a_fault_behind_a_fault_is_mended_with_it() -> None:
    (trouble,), whole = search(pair_of(a="crypto isakmp policy 10\n group 5\n", b="no tunnel-group 10.0.0.1\n"))
    assert trouble.code == "PHASE1_MISMATCH"
    assert [edit.repair for edit in whole[0].edits] in (
        ["CHANGED_POLICY", "TUNNEL_GROUP"],
        ["TUNNEL_GROUP", "CHANGED_POLICY"],
    )
    assert whole[0].sides == {Side.B}
    assert whole[0].proof.whole


def test_faults_of_both_sides_are_mended_on_both() -> None:
    _, whole = search(pair_of(a="no crypto isakmp enable outside\n", b="no tunnel-group 10.0.0.1\n"))
    (fix,) = whole
    assert typed(fix)[0] == ("a", "crypto isakmp enable outside")
    assert ("b", "tunnel-group 10.0.0.1 type ipsec-l2l") in typed(fix)
    assert fix.proof.sentence.startswith("with this command on asa1 and these three commands on asa2: up in both")


def test_keys_that_no_file_has_are_typed_on_both_sides() -> None:
    faults = ("no tunnel-group 10.0.0.2\n", "no tunnel-group 10.0.0.1\n")
    _, whole = search(pair_of(*faults))
    (fix,) = whole
    assert fix.sides == {Side.A, Side.B}
    assert {line for _, line in typed(fix) if "key" in line} == {" pre-shared-key <a key that both sides agree on>"}


def test_a_healthy_pair_has_nothing_to_mend() -> None:
    assert search(pair_of()) == ((), ())


def test_what_is_typed_mends_the_texts_too() -> None:
    before = pair_of(a="no crypto map MAP 10 set peer 10.0.0.2\ncrypto map MAP 10 set peer 10.0.0.99\n")
    _, whole = search(before)
    assert matrix_of(edited(before, whole[0].edits)).up


def test_harm_counts_as_commands() -> None:
    def edit(safety: Safety) -> Edit:
        return Edit("X", Side.A, "", ("a",), ("a",), safety)

    assert cost([edit(Safety.SAFE)]) < cost([edit(Safety.DISRUPTIVE)]) < cost([edit(Safety.WIDE)])


@pytest.mark.parametrize("fault", ["interface GigabitEthernet0/0\n ip address 172.31.0.1 255.255.255.0\n"])
def test_what_is_not_proved_is_no_fix(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mainmode.check.search.repairs_for", lambda cause: iter(()))
    (trouble, *_), whole = search(pair_of(b=fault))
    assert whole == ()
    assert trouble.fixes == ()
    assert trouble.unproved == "no repair is known for it"


def test_the_proof_tells_rows_that_differ_apart() -> None:
    before = pair_of(b="crypto map MAP 10 set connection-type answer-only\n")
    matrix = matrix_of(before)
    assert shown(matrix, before.names) == "up when asa1 begins, and asa2 only answers, entries 1-2"


def test_a_set_of_edits_has_the_matrix_that_its_texts_have() -> None:
    before = pair_of(b="tunnel-group 10.0.0.1 ipsec-attributes\n pre-shared-key another\n")
    _, whole = search(before)
    assert whole[0].proof.matrix == matrix_of(edited(before, whole[0].edits))


def test_the_alternative_that_does_not_weaken_comes_first() -> None:
    (trouble,), _ = search(pair_of(a="crypto isakmp policy 10\n encryption aes-256\n"))
    assert [fix.edits[0].weakens for fix in trouble.fixes] == [False, True]
    assert trouble.fixes[0].sides == {Side.B}


def test_what_is_not_kept_as_read_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mainmode.check.trials._MOST_KEPT", 1)
    more = "access-list VPN extended permit ip host 192.168.{} host 192.168.{}\n"
    denied = "access-list VPN line 1 extended deny ip host 192.168.1.7 host 192.168.2.7\n"
    before = pair_of(
        more.format("1.7", "2.7") + denied,
        more.format("2.7", "1.7") + "crypto isakmp policy 10\n hash md5\n",
    )
    _, whole = search(before)
    assert {edit.repair for edit in whole[0].edits} >= {"CHANGED_POLICY"}
    assert len(whole[0].edits) > 1


def test_rows_that_show_only_with_a_fix_are_mended_too() -> None:
    before = pair_of(
        "no access-list VPN extended permit tcp 192.168.1.0 255.255.255.0 192.168.2.0 255.255.255.0\n",
        "crypto map MAP 10 match address NOWHERE\n",
    )
    assert len(matrix_of(before).rows) == 1
    _, whole = search(before)
    assert whole
    for fix in whole:
        assert len(fix.proof.matrix.rows) == 2
        assert fix.proof.matrix.up


def _lines(protocol: str, side: Side) -> str:
    networks = ["192.168.1.0 255.255.255.0", "192.168.2.0 255.255.255.0"]
    return f"access-list VPN extended permit {protocol} {' '.join(networks if side is Side.A else networks[::-1])}"


def _repair(side: Side, *typed: str) -> Repair:
    return Repair("FAKE", "", ("PROXY_MISMATCH",), lambda case: iter([Change(side, "", typed, Safety.SAFE)]))


@pytest.mark.parametrize(
    ("side", "typed"),
    [
        (Side.A, (f"no {_lines('icmp', Side.A)}",)),
        (Side.B, (_lines("icmp", Side.B), f"no {_lines('tcp', Side.B)}")),
        (Side.B, (_lines("icmp", Side.B), "tunnel-group 10.0.0.1 ipsec-attributes", " pre-shared-key another")),
    ],
    ids=["what was to be protected is not any more", "another entry goes down", "nothing is up"],
)
def test_what_costs_something_that_was_up_or_wanted_is_no_fix(
    side: Side, typed: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = pair_of(b=f"no {_lines('icmp', Side.B)}\n")
    right = _repair(Side.B, *["access-list OTHER extended permit ip any any"] * 4, _lines("icmp", Side.B))
    monkeypatch.setattr("mainmode.check.search.repairs_for", lambda cause: iter([_repair(side, *typed), right]))
    _, whole = search(before)
    assert [fix.edits[0].lines[-1] for fix in whole] == [_lines("icmp", Side.B)]
    monkeypatch.setattr("mainmode.check.search.repairs_for", lambda cause: iter([_repair(side, *typed)]))
    troubles, whole = search(before)
    assert whole == ()
    assert [trouble.fixes for trouble in troubles] == [()] * len(troubles)


def test_where_nothing_is_known_for_one_cell_the_others_are_mended_first(monkeypatch: pytest.MonkeyPatch) -> None:
    before = pair_of(b="no tunnel-group 10.0.0.1\n")
    matrix = matrix_of(before)
    odd = [replace(cell, cause="RUN_ENDED") if cell.starter is Side.A else cell for cell in matrix.cells]
    monkeypatch.setattr(
        "mainmode.check.search.repairs_for", lambda cause: repairs_for(cause) if cause == "NO_TUNNEL_GROUP" else ()
    )
    cells = tuple((cell.row, cell.starter) for cell in matrix.down())
    trouble = Trouble("NO_TUNNEL_GROUP", "", "", cells, None, (), {})
    _, whole = mended(before, replace(matrix, cells=tuple(odd)), (trouble,))
    assert [edit.repair for edit in whole[0].edits] == ["TUNNEL_GROUP"]
