"""Every cause of a failed tunnel that the explainer is to name has a scenario, whose verdict names it and its lines."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mainmode.base.instant import NO_TIME, Span
from mainmode.base.provenance import Absent, Statement
from mainmode.cli.scenario import CONSOLES, load, packaged
from mainmode.lab.scenario.expectations import VerdictIs
from mainmode.lab.scenario.judgement import verdict_on
from mainmode.lab.scenario.model import Scenario
from mainmode.lab.scenario.play import play

FOLDERS = packaged()
LONGEST = 250
UP = "UP"


@dataclass(frozen=True)
class Row:
    """A cause in words, its folder, the verdict, and what the lines at fault say: statements, or what is missing."""

    cause: str
    folder: str
    code: str
    lines: tuple[str, ...] = ()
    mended: bool = True


CAUSES = (
    Row(
        "crypto access lists are no mirrors", "fail_acl_not_mirrored", "PROXY_MISMATCH",
        ("10.20.0.0 255.255.192.0", "access-list L2L-BRANCH extended permit ip object OFFICE object BRANCH"),
    ),
    Row(
        "phase 1: encryption", "fail_phase1_encryption", "PHASE1_MISMATCH",
        (" encryption aes-256", " encryption 3des"),
    ),
    Row("phase 1: hash", "fail_phase1_hash", "PHASE1_MISMATCH", (" hash md5", " hash sha")),
    Row("phase 1: group", "fail_phase1_group", "PHASE1_MISMATCH", (" group 5", " group 2")),
    Row(
        "phase 1: authentication method", "fail_phase1_authentication", "PHASE1_MISMATCH",
        (" authentication rsa-sig", " authentication pre-share"),
    ),
    Row("the pre-shared keys differ", "fail_psk_mismatch", "PSK_MISMATCH", (" ikev1 pre-shared-key *****",)),
    Row(
        "the pre-shared key is missing", "fail_psk_missing", "NO_TUNNEL_GROUP",
        ("tunnel-group 198.51.100.201 ipsec-attributes / pre-shared-key",),
    ),
    Row(
        "the tunnel-group has another name", "fail_tunnel_group_name", "NO_TUNNEL_GROUP",
        ("tunnel-group 203.0.113.35 type ipsec-l2l", "tunnel-group 203.0.113.53 type ipsec-l2l"),
    ),
    Row(
        "phase 2: transform set", "fail_transform_set", "TRANSFORM_MISMATCH",
        ("transform-set 3DES-MD5", "transform-set ESP-AES-256-SHA"),
    ),
    Row(
        "phase 2: perfect forward secrecy", "fail_pfs", "PFS_MISMATCH",
        ("crypto map OUTSIDE 10 set pfs group5", "crypto map CLINIC 10 set pfs"),
    ),
    Row("the peer does not answer", "fail_no_answer", "NO_ANSWER", ("crypto map OUTSIDE 30 set peer 203.0.113.141",)),
    Row("the peer's address is wrong", "fail_peer_address", "PEER_ADDRESS_WRONG", ("set peer 203.0.113.79",)),
    Row("only the way back is cut", "fail_one_way", "PACKETS_LOST"),
    Row(
        "IKE is not enabled", "fail_ike_not_enabled", "IKE_NOT_ENABLED",
        ("crypto isakmp enable outside", "crypto map TOWER 10 set peer 203.0.113.50"),
    ),
    Row(
        "the crypto map is bound to no interface", "fail_map_not_bound", "CRYPTO_MAP_NOT_BOUND",
        ("crypto map KEELMAP interface outside",),
    ),
    Row(
        "the crypto map entry is incomplete", "fail_entry_incomplete", "NO_MATCHING_ENTRY",
        ("crypto map VAULTMAP 20 match address MINT",),
    ),
    Row(
        "an earlier static entry takes the traffic", "fail_earlier_entry", "EARLIER_ENTRY",
        ("access-list PARTNER extended permit ip", "crypto map HUBMAP 10 set peer 203.0.113.199"),
    ),
    Row(
        "a dynamic entry stands before the static one", "fail_dynamic_first", "DYNAMIC_FIRST",
        ("crypto map CENTREMAP 5 ipsec-isakmp dynamic ROAD", "transform-set TRAVEL", "transform-set AES-SHA"),
    ),
    Row(
        "the NAT exemption is missing", "fail_no_nat_exemption", "NO_NAT_EXEMPTION",
        (" nat (inside,outside) dynamic interface", "access-list COUNCIL-VPN"),
    ),
    Row("UDP 500 is blocked", "fail_udp_500_blocked", "UDP_BLOCKED"),
    Row("UDP 4500 is blocked behind NAT", "fail_udp_4500_blocked", "UDP_BLOCKED"),
    Row("NAT traversal is off behind NAT", "fail_nat_t_off", "ESP_BLOCKED", ("no crypto isakmp nat-traversal",)),
    Row("the peer calls itself otherwise", "fail_identity", UP),
    Row("the lifetimes differ", "fail_lifetimes", UP),
    Row("a stale SA after a restart", "fail_stale_sa", "STALE_SA", (" isakmp keepalive disable",)),
    Row("the peer deleted the tunnel", "fail_deleted_by_peer", "ADMIN"),
    Row(
        "both sides may only answer", "fail_both_answer_only", "CONNECTION_TYPE",
        ("crypto map OUT 10 set connection-type answer-only",),
    ),
    Row(
        "the responder may only begin", "fail_originate_only", "CONNECTION_TYPE",
        ("crypto map CALLEE 10 set connection-type originate-only",),
    ),
    Row(
        "the limit on negotiations is reached", "fail_negotiation_limit", "LIMIT",
        ("crypto ikev1 limit max-in-negotiation-sa 1",),
    ),
    Row(
        "aggressive mode is refused", "fail_aggressive_mode", "BAD_MESSAGE", ("crypto ikev1 am-disable",), mended=False
    ),
    Row("the peer speaks IKEv2 alone", "fail_ikev2_only", "IKE_NOT_ENABLED", ("crypto ikev1 enable outside",)),
    Row("packets are played again", "fail_replay", UP),
    Row("packets come in clear", "fail_in_clear", UP),
    Row("a vpn-filter denies", "fail_vpn_filter", "DENIED", (" vpn-filter value GUEST-FILTER",)),
    Row("an access list denies", "fail_access_list", "DENIED", ("access-group OUTSIDE-IN in interface outside",)),
    Row(
        "the far side has no route", "fail_no_route", "NO_ROUTE",
        ("route inside 10.53.8.0 255.255.255.0 GATEWAY", "route outside 0.0.0.0 0.0.0.0 198.51.100.145"),
    ),
)  # fmt: skip
"""All causes that the explainer is to name, in the order of its list."""


ENDINGS = (
    ("ESP is blocked while IKE passes", "esp_blocked", "verdict cafe works is ESP_BLOCKED"),
    ("the peer is dead", "dpd_dead_peer", "office says cause LOST_PEER"),
    ("nothing was sent for too long", "idle_timeout", "quiet says cause IDLE"),
    ("the session lasted as long as it may", "session_timeout", "clock says cause SESSION_TIME"),
    ("the key was changed on one side", "key_change", "new_key says cause PSK_MISMATCH"),
    ("the peer restarted: an invalid SPI", "peer_restart", "line reboots from 15s: with an invalid SPI"),
)
"""Causes that scenarios of a tunnel's life show: the cause, the folder, and the expectation that holds it."""


def _verdicts(scenario: Scenario) -> list[tuple[VerdictIs, Span | None]]:
    return [(one.expectation, one.at) for one in scenario.expected if isinstance(one.expectation, VerdictIs)]


@pytest.mark.parametrize("row", CAUSES, ids=lambda row: row.folder)
def test_each_cause_has_a_scenario_that_expects_its_verdict_and_shows_its_mend(row: Row) -> None:
    assert row.folder in FOLDERS, f"{row.cause}: no scenario"
    expected = _verdicts(load(FOLDERS[row.folder]))
    codes = [verdict.code for verdict, at in expected if row.code == UP or not row.mended or at is not None]
    assert row.code in codes
    if row.mended:
        assert UP in [verdict.code for verdict, at in expected if at is None], (
            "the mend is shown, or why none is needed"
        )


@pytest.mark.parametrize("row", [row for row in CAUSES if row.code != UP], ids=lambda row: row.folder)
def test_the_verdict_names_the_lines_at_fault(row: Row) -> None:
    scenario = load(FOLDERS[row.folder])
    verdict, at = _verdicts(scenario)[0]
    until = NO_TIME if at is None else at
    before = tuple(timed for timed in scenario.steps if timed.at <= until)
    stage = play(replace(scenario, until=until, steps=before, expected=())).stage
    found = verdict_on(stage, verdict.one, verdict.other)
    assert found.cause == row.code
    texts = [blame.source for blame in found.blames]
    said = [
        source.text if isinstance(source, Statement) else source.command
        for source in texts
        if isinstance(source, Statement | Absent)
    ]
    for line in row.lines:
        assert any(line in one for one in said), f"{line!r} is not among {said}"


@pytest.mark.parametrize(("cause", "folder", "sentence"), ENDINGS)
def test_each_ending_of_a_life_has_a_scenario_that_expects_it(cause: str, folder: str, sentence: str) -> None:
    assert folder in FOLDERS, f"{cause}: no scenario"
    assert sentence in [one.text for one in load(FOLDERS[folder]).expected]


def test_no_scenario_of_a_failure_is_without_its_cause() -> None:
    assert sorted(row.folder for row in CAUSES) == sorted({row.folder for row in CAUSES})
    assert {name for name in FOLDERS if name.startswith("fail_")} <= {row.folder for row in CAUSES}


@pytest.mark.parametrize("row", CAUSES, ids=lambda row: row.folder)
def test_the_consoles_of_a_failure_are_short_and_tell_no_key(row: Row) -> None:
    folder = FOLDERS[row.folder]
    keys = {key for path in folder.glob("*.cfg") for key in _keys(path)}
    assert keys
    for console in (folder / CONSOLES).iterdir():
        text = console.read_text("utf-8")
        assert text.count("\n") <= LONGEST, f"{console.name} is too long to be read at three in the morning"
        assert not [key for key in keys if key in text]


def _keys(path: Path) -> list[str]:
    words = (line.split() for line in path.read_text("utf-8").splitlines() if " pre-shared-key " in line)
    return [found[-1] for found in words]
