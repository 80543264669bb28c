"""Weak algorithms are told of when a configuration is loaded, each line once; what is off unless configured is off."""

import re

import pytest
from man_in_the_middle import STRANGER, A, B, Middle, configured, drops, example, sends, udp_packet

from mainmode.base.codes import Encryption1, EspTransform, ExchangeType
from mainmode.base.errors import Drop
from mainmode.catalogue.facts import Suite
from mainmode.check.cautions.algorithms import ALGORITHMS
from mainmode.device.config.reader import read
from mainmode.device.config.running import running_config
from mainmode.device.settings import ike_settings
from mainmode.device.weak.algorithms import WEAK_GROUPS, WEAK_WORDS, weak_words
from mainmode.device.weak.lines import weak_lines
from mainmode.explain.diagnoses import remarks
from mainmode.gateway.greeting import weak_lines_of
from mainmode.wire.message import Message, read_message
from mainmode.wire.payloads import SecurityAssociation

STRONG = {
    " encryption 3des\n": " encryption aes-256\n",
    " group 2\n": " group 14\n",
    "pre-shared-key cisco": "pre-shared-key vW8rZ3nQ0yKt5LhXcB2mUd",
}


def wordings(text: str) -> list[tuple[str, str]]:
    return [(one.text.strip(), one.wording.split(": ")[1]) for one in weak_lines(configured(text, "a"))]


def changed(old: str, new: str) -> list[tuple[str, str]]:
    text = example("a", STRONG)
    assert old in text
    return wordings(text.replace(old, new))


def test_of_a_sound_configuration_nothing_is_told() -> None:
    assert wordings(example("a", STRONG)) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "wording"),
    [
        ("aes-256", "des", "encryption des", "IKE policy 10 rests on des"),
        ("aes-256", "3des", "encryption 3des", "IKE policy 10 rests on 3des"),
        (" hash sha", " hash md5", "hash md5", "IKE policy 10 rests on md5"),
        ("group 14", "group 1", "group 1", "IKE policy 10 rests on group 1"),
        ("group 14", "group 2", "group 2", "IKE policy 10 rests on group 2"),
        ("group 14", "group 5", "group 5", "IKE policy 10 rests on group 5"),
        (" group 14\n", "", "crypto isakmp policy 10", "IKE policy 10 rests on group 2"),
        (" encryption aes-256\n", "", "crypto isakmp policy 10", "IKE policy 10 rests on 3des"),
        ("lifetime 86400", "lifetime 172800", "lifetime 172800", "IKE policy 10 rests on a lifetime of 172800 s"),
        ("lifetime 86400", "lifetime none", "lifetime none", "IKE policy 10 rests on no end"),
        ("esp-aes ", "esp-des ", None, "transform set TRANSFORM rests on esp-des"),
        ("esp-aes ", "esp-3des ", None, "transform set TRANSFORM rests on esp-3des"),
        ("esp-aes ", "esp-null ", None, "transform set TRANSFORM rests on esp-null"),
        ("esp-sha-hmac", "esp-md5-hmac", None, "transform set TRANSFORM rests on esp-md5-hmac"),
        ("esp-sha-hmac", "esp-none", None, "transform set TRANSFORM rests on esp-none"),
        (
            "crypto map MAP interface", "crypto map MAP 10 set pfs group5\ncrypto map MAP interface",
            "crypto map MAP 10 set pfs group5", "PFS of MAP 10 rests on group 5",
        ),
    ],
)  # fmt: skip
def test_what_is_weak_is_told_at_its_line(old: str, new: str, line: str | None, wording: str) -> None:
    ((said, why),) = changed(old, new)
    assert why == wording
    if line is None:
        assert said.startswith("crypto ipsec transform-set TRANSFORM")
    else:
        assert said == line


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("crypto map MAP interface", "crypto ipsec transform-set OLD esp-des esp-md5-hmac\ncrypto map MAP interface"),
        ("lifetime 86400", "lifetime 3600"),
        ("crypto map MAP interface outside\n", "crypto map MAP 10 set pfs group14\ncrypto map MAP interface outside\n"),
        (" authentication pre-share\n encryption aes-256\n", " authentication rsa-sig\n encryption des\n"),
        (
            "lifetime 86400\n",
            "lifetime none\ncrypto map MAP 10 set pfs group14\n",
        ),
    ],
)
def test_what_is_not_used_or_not_weak_is_not_told(old: str, new: str) -> None:
    assert changed(old, new) == []


def test_a_gateway_tells_each_line_once_and_again_only_what_is_new() -> None:
    first = configured(example("a"), "a")
    told_first = list(weak_lines_of(first))
    assert len(told_first) == len(set(told_first)) == 3
    assert not set(told_first) & {str(problem) for problem in first.problems}
    second = read(example("a", {" hash sha": " hash md5"}), "a.cfg")
    known = {str(problem) for problem in weak_lines(first)}
    (again,) = weak_lines_of(second, known)
    assert "rests on md5" in again


def test_very_many_are_told_in_part() -> None:
    policies = "".join(f"crypto isakmp policy {number}\n encryption des\n group 14\n" for number in range(100, 140))
    lines = list(weak_lines_of(configured(example("a", STRONG) + policies, "a")))
    assert len(lines) == 21
    assert lines[-1] == "a.cfg: 20 more lines with weak algorithms or keys"


def test_a_lab_and_the_reader_stay_calm() -> None:
    """A laboratory is no place where weak keys are dangerous: what it prints of a file does not grow by these."""
    assert configured(example("a"), "a").problems == ()


def test_load_and_preflight_and_explainer_rest_on_one_declaration() -> None:
    assert weak_words(("3des", "sha"), 2) == ("3des", "group 2")
    assert {"WEAK_PHASE_1", "WEAK_PHASE_2", "LONG_WITHOUT_PFS"} == {one.code for one in ALGORITHMS}
    assert remarks.weak_parts(Suite(encryption="3DES", integrity="MD5", group="5")) == ["3DES", "MD5", "group 5"]
    assert remarks.weak_parts(Suite(encryption="AES-256", integrity="SHA1", group="14")) == []
    assert min(WEAK_GROUPS) == 1
    assert set(WEAK_WORDS) == {"des", "esp-des", "3des", "esp-3des", "esp-null", "md5", "esp-md5-hmac"}


# --- off unless configured -------------------------------------------------------------------------------------------


def test_without_a_policy_nothing_is_offered_and_nothing_is_taken() -> None:
    """Older releases of the device have default policies; this one has none, so nothing weak is on by default."""
    text = example("a", STRONG)
    bare = re.sub(r"crypto isakmp policy 10\n( .*\n)+", "", text)
    assert "policy" not in bare
    assert ike_settings(read(bare, "a.cfg")).policies == ()
    assert "crypto isakmp policy" not in running_config(read(bare, "a.cfg"), defaults=True)


def test_des_is_offered_by_nobody_who_did_not_type_it() -> None:
    world = Middle()
    world.bring_up()
    offer = read_message(world.flights("MM1")[0].ike).payloads[0]
    assert isinstance(offer, SecurityAssociation)
    ciphers = {one.numbers[1] for one in offer.proposals[0].transforms}
    assert ciphers == {Encryption1.TRIPLE_DES_CBC}
    for name in "ab":
        settings = world.boxes[name].settings
        assert Encryption1.DES_CBC not in {policy.encryption for policy in settings.policies}
        sets = {one.encryption for entry in settings.entries for one in entry.transform_sets}
        assert sets == {EspTransform.AES_CBC}
    default = ike_settings(read("crypto isakmp policy 5\n authentication pre-share\n", "a.cfg")).policies[0]
    assert default.encryption is not Encryption1.DES_CBC


@pytest.mark.parametrize("source", [A, STRANGER])
@pytest.mark.parametrize("extra", ["", "crypto map MAP 10 set phase1-mode aggressive\n"])
def test_aggressive_mode_is_never_answered_and_never_begun(source, extra: str) -> None:
    """It is not built: what asks for it is refused whatever is configured (docs/reference/configuration.md)."""
    world = Middle({name: example(name) + extra for name in "ab"})
    offer = Middle()
    offer.ping()
    first = read_message(offer.sent[0].ike)
    message = Message(first.initiator_cookie, bytes(8), ExchangeType.AGGRESSIVE, 0, first.payloads)
    effects = world.hand("b", udp_packet(message.encode(), source, B))
    assert [drop.reason for drop in drops(effects)] == [Drop.BAD_EXCHANGE]
    assert not sends(effects)
    assert not world.boxes["b"].ike_sas
    world.ping()
    assert {flight.ike[18] for flight in world.sent} <= {ExchangeType.MAIN_MODE, ExchangeType.QUICK_MODE}
