"""Repairs: what they type in which state of a pair, and that no key is shown."""

from collections.abc import Mapping
from importlib.resources import files

import pytest

from mainmode.base.address import Proxy, ProxyPair
from mainmode.base.errors import InputError
from mainmode.base.secret import Secret
from mainmode.check.fix import Edit
from mainmode.check.matrix import Came, Cell, Row
from mainmode.check.repairs import REPAIRS, repairs_for
from mainmode.check.repairs.declaration import Case
from mainmode.check.subject import Subject, edited, subject
from mainmode.device.config.reader import read
from mainmode.explain.finding import Safety
from mainmode.lab.causes import CAUSES
from mainmode.ladder.transcript import Side

_EXAMPLES = files("mainmode.lab") / "examples"
_TEXTS = {side: (_EXAMPLES / f"asa{number}.cfg").read_text("utf-8") for number, side in enumerate(Side, 1)}
_PROXIES = ProxyPair(Proxy.of("192.168.1.0/24"), Proxy.of("192.168.2.0/24"))


def pair_of(more: Mapping[Side, str], texts: Mapping[Side, str] = _TEXTS) -> Subject:
    """The reference pair with lines typed behind."""
    typed = {side: text + more.get(side, "") for side, text in texts.items()}
    return subject({side: read(text, f"{side.value}.cfg") for side, text in typed.items()}, typed)


def edits_of(before: Subject, code: str) -> list[Edit]:
    """What a repair would try."""
    row = Row(1, {}, _PROXIES)
    cell = Cell(1, Side.A, Came.REJECTED, "phase 1", REPAIRS[code].causes[0], "")
    return list(REPAIRS[code].edits(Case(before, cell.cause, (cell,), (row,))))


def newer(text: str) -> str:
    """A listing of 8.2 in the spelling of 8.4."""
    words = (
        ("isakmp", "ikev1"),
        ("ipsec transform", "ipsec ikev1 transform"),
        ("set transform", "set ikev1 transform"),
    )
    for old, new in (*words, (" pre-shared-key", " ikev1 pre-shared-key")):
        text = text.replace(old, new)
    return text


def test_repairs_are_for_causes_that_exist() -> None:
    for repair in REPAIRS.values():
        assert repair.causes
        assert set(repair.causes) <= set(CAUSES), repair.code


def test_repairs_for_a_cause_are_those_declared_for_it() -> None:
    assert REPAIRS["SAME_KEY"] in list(repairs_for("PSK_MISMATCH"))
    assert REPAIRS["SAME_KEY"] not in list(repairs_for("PFS_MISMATCH"))


@pytest.mark.parametrize("spelling", [str, newer])
def test_a_key_is_taken_from_the_other_side_and_never_shown(spelling) -> None:
    texts = {side: spelling(text).replace("cisco", f"secret-of-{side.value}") for side, text in _TEXTS.items()}
    before = pair_of({}, texts)
    edits = edits_of(before, "SAME_KEY")
    assert [edit.side for edit in edits] == [Side.A, Side.B]
    word = "" if spelling is str else "ikev1 "
    assert edits[1].lines == ("tunnel-group 10.0.0.1 ipsec-attributes", f" {word}pre-shared-key <the key of a.cfg:36>")
    assert "secret-of" not in repr(edits) + repr([edit.lines for edit in edits])
    after = edited(before, edits[1:])
    key = after.pair[Side.B].tunnel_groups["10.0.0.1"].key
    assert key is not None
    assert key.value == Secret(b"secret-of-a")
    assert not after.pair[Side.B].problems


@pytest.mark.parametrize(
    ("fault", "first"),
    [
        ("no tunnel-group 10.0.0.2\n", "tunnel-group 10.0.0.2 type ipsec-l2l"),
        ("no tunnel-group 10.0.0.2\ntunnel-group 10.0.0.2 type remote-access\n", "no tunnel-group 10.0.0.2"),
        ("tunnel-group 10.0.0.2 ipsec-attributes\n no pre-shared-key\n", "tunnel-group 10.0.0.2 ipsec-attributes"),
    ],
)
def test_a_group_for_the_peer_is_made_with_the_other_sides_key(fault: str, first: str) -> None:
    before = pair_of({Side.A: fault})
    (edit,) = edits_of(before, "TUNNEL_GROUP")
    assert (edit.side, edit.lines[0]) == (Side.A, first)
    assert edit.lines[-1] == " pre-shared-key <the key of b.cfg:36>"
    group = edited(before, [edit]).pair[Side.A].tunnel_groups["10.0.0.2"]
    assert group.is_l2l
    assert group.key is not None
    assert group.key.value == Secret(b"cisco")


def test_the_nearest_policy_is_changed_or_the_other_sides_added() -> None:
    before = pair_of({Side.A: "crypto isakmp policy 10\n hash md5\n group 5\n"})
    changed = edits_of(before, "CHANGED_POLICY")
    assert changed[0].lines == ("crypto isakmp policy 10", " hash sha", " group 2")
    assert changed[0].safety is Safety.DISRUPTIVE
    added = edits_of(before, "ANOTHER_POLICY")
    assert added[0].lines[0] == "crypto isakmp policy 20"
    assert " hash sha" in added[0].lines
    for edit in (*changed, *added):
        after = edited(before, [edit])
        policies = {side: set(map(_values, after.pair[side].policies)) for side in Side}
        assert policies[Side.A] & policies[Side.B], edit.lines


def _values(policy) -> tuple[str, ...]:
    return policy.authentication.value, policy.encryption.value, policy.hash.value, policy.group.value


def test_a_policy_that_others_use_is_changed_at_their_risk() -> None:
    more = "crypto map MAP 20 set peer 192.0.2.7\ncrypto isakmp policy 10\n hash md5\n"
    assert edits_of(pair_of({Side.A: more}), "CHANGED_POLICY")[0].safety is Safety.WIDE


def test_the_wrong_peer_of_a_list_is_replaced_in_its_place() -> None:
    more = "no crypto map MAP 10 set peer 10.0.0.2\ncrypto map MAP 10 set peer 10.0.0.3 192.0.2.99\n"
    edit = edits_of(pair_of({Side.A: more}), "RIGHT_PEER")[0]
    assert edit.lines[-1] == "crypto map MAP 10 set peer 10.0.0.2 192.0.2.99"


def test_repairs_have_nothing_to_say_of_a_healthy_pair() -> None:
    before = pair_of({})
    for code in ("TUNNEL_GROUP", "CHANGED_POLICY", "RIGHT_PEER", "BOTH_WAYS", "IKE_ENABLED", "IKE_ALLOWED", "NO_LIMIT"):
        assert edits_of(before, code) == []


@pytest.mark.parametrize(
    ("code", "fault", "typed"),
    [
        ("BOTH_WAYS", "crypto map MAP 10 set connection-type answer-only\n", "set connection-type bidirectional"),
        ("IKE_ENABLED", "no crypto isakmp enable outside\n", "crypto isakmp enable outside"),
        ("IKE_ALLOWED", "group-policy DfltGrpPolicy attributes\n vpn-tunnel-protocol svc\n", "protocol IPSec svc"),
    ],
)
def test_one_line_mends_a_setting(code: str, fault: str, typed: str) -> None:
    before = pair_of({Side.B: fault})
    (edit,) = edits_of(before, code)
    assert edit.side is Side.B
    assert edit.lines[-1].endswith(typed)
    assert edits_of(edited(before, [edit]), code) == []


@pytest.mark.parametrize(
    "listing",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: "".join(f"   {line}\n" for line in text.splitlines()),
        lambda text: text + ": end\n\n\n",
    ],
)
def test_edits_are_typed_into_a_listing_as_it_is(listing) -> None:
    texts = {
        side: listing(text.replace("group 2", f"group {2 if side is Side.A else 5}")) for side, text in _TEXTS.items()
    }
    before = pair_of({}, texts)
    edit = edits_of(before, "CHANGED_POLICY")[0]
    after = edited(before, [edit])
    assert {policy.group.value for side in Side for policy in after.pair[side].policies} == {5}
    lines = len(before.pair[edit.side].lines)
    assert after.pair[edit.side].lines[:36] == before.pair[edit.side].lines[:36]
    assert len(after.pair[edit.side].lines) <= lines + 2


def test_a_line_that_the_device_would_not_take_is_no_edit() -> None:
    before = pair_of({})
    bad = Edit(
        "X", Side.A, "", ("crypto map MAP 10 set pfs group99",), ("crypto map MAP 10 set pfs group99",), Safety.SAFE
    )
    with pytest.raises(InputError, match="group99"):
        edited(before, [bad])


def test_a_hub_may_get_the_key_of_its_built_in_group() -> None:
    more = (
        "no crypto map MAP 10\ncrypto dynamic-map ANY 1 set transform-set TRANSFORM\n"
        "crypto map MAP 65535 ipsec-isakmp dynamic ANY\nno tunnel-group 10.0.0.2\n"
    )
    before = pair_of({Side.A: more})
    own, built_in = edits_of(before, "TUNNEL_GROUP")
    assert own.lines[0] == "tunnel-group 10.0.0.2 type ipsec-l2l"
    assert built_in.lines[0] == "tunnel-group DefaultL2LGroup ipsec-attributes"
    assert built_in.safety is Safety.WIDE
