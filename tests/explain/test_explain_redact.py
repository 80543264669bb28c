"""Redaction: nothing of the original is left in any face, what belongs together stays so, keys are never shown."""

import re
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest
from explanations import RECORDS, failing, hostile, negotiation, record, two_sides
from hypothesis import given
from hypothesis import strategies as st

from mainmode.base.address import Proxy
from mainmode.catalogue.facts import Proxies, Whose
from mainmode.explain.explanation import Explanation
from mainmode.explain.faces.document import json_text
from mainmode.explain.faces.page import page
from mainmode.explain.faces.text import text
from mainmode.explain.faces.ticket import ticket
from mainmode.explain.masking import masked
from mainmode.explain.record import Log, Record, Sample
from mainmode.explain.redact import Redaction, redacted, without_keys
from mainmode.explain.renumbering import Plan, stays
from mainmode.ladder.spelling import clean

FACES: dict[str, Callable[[Explanation], str]] = {"text": text, "page": page, "ticket": ticket, "document": json_text}
SECRET_LINES = (
    "tunnel-group acme-branch ipsec-attributes\n ikev1 pre-shared-key s3cr3t-one",
    "crypto isakmp key s3cr3t-two address 81.2.69.144",
    '81.2.69.144 81.2.70.9 : PSK "s3cr3t three"',
    "username bob.smith password s3cr3t-four encrypted privilege 15",
    "snmp-server community s3cr3t-five",
    "  secret = s3cr3t-six",
    "pre-shared-key address 81.2.69.144 key s3cr3t-seven",
    "fw-acme(config)# enable password s3cr3t-eight",
    '05[IKE]    0: DE AD BE EF 00 11 22 33 44 55 66 77 88 99 AA BB  ..."3DUfw',
    "|   de ad be ef 00 11 22 33  44 55 66 77 88 99 aa bb",
    "key-string s3cr3t-nine",
    "> pre-shared-key local s3cr3t-ten",
    " ikev2 remote-authentication pre-shared-key s3cr3t-eleven",
)
NAMED_LINES = (
    "Group = acme-branch, Username = bob.smith, IP = 81.2.69.144, Session disconnected.",
    "fw-acme# show crypto isakmp sa",
    "certificate subject name: cn=gw.acme-secret.com,ou=Payroll Dept,o=Acme Secret Corp,c=US",
    "\"acme-conn\" #7: sent MR1, expecting MI2",
    "05[IKE] <acme-conn|3> IKE_SA acme-conn[3] established between 81.2.70.9[fw.acme-secret.com]...81.2.69.144",
    "crypto map acme_map 10 match address acme_acl",
    "peer identity bob.smith@acme-secret.com, 2a02:c7f:1234::5",
    "IPSEC: Received an ESP packet from 81.2.69.145 to 81.2.70.9, hex 51024590",
    " hostname fw-acme",
    "ID payload 10.77.5.9, Mask 255.255.255.0, port 500, any 0.0.0.0",
    "trustpoint Acme-CA, loaded certificate from 'acme-gw.pem'",
)  # fmt: skip
ORIGINALS = (
    "81.2.69", "81.2.70", "10.77.5", "172.23.9", "acme", "bob.smith", "bob", "payroll", "2a02:c7f", "51024590",
    "s3cr3t", "de ad be ef", "dead beef",
)  # fmt: skip


def told() -> Explanation:
    """The failing tunnel, with lines that give secrets and names away in each place where text of a log is shown."""
    lines = tuple(record(20 + number, line) for number, line in enumerate((*SECRET_LINES, *NAMED_LINES)))
    base = failing()
    one = negotiation(*RECORDS, *lines)
    finding = replace(base.findings[0], evidence=(*RECORDS, *lines)[:12], places=base.findings[0].places)
    second = replace(finding, evidence=lines[:12])
    third = replace(finding, evidence=lines[12:])
    samples = tuple(Sample(number, line, 1) for number, line in enumerate((*SECRET_LINES, *NAMED_LINES), 1))
    return replace(
        base,
        logs=(replace(base.logs[0], samples=samples),),
        negotiations=(one,),
        chosen=one,
        findings=(finding, second, third),
    )


@pytest.mark.parametrize("face", FACES)
def test_nothing_of_the_original_is_left(face: str) -> None:
    before, after = FACES[face](told()).lower(), FACES[face](redacted(told())).lower()
    assert [one for one in ORIGINALS if one not in before and one not in ("dead beef", "de ad be ef", "bob")] == []
    assert [one for one in ORIGINALS if one in after] == []


@pytest.mark.parametrize("face", FACES)
def test_keys_are_masked_without_being_asked(face: str) -> None:
    after = FACES[face](without_keys(told()))
    assert "s3cr3t" not in after
    assert "de ad be ef" not in after.lower()
    assert "81.2.69.144" in after
    assert "acme-branch" in after


@pytest.mark.parametrize("line", SECRET_LINES)
def test_each_key_is_masked_in_its_line(line: str) -> None:
    assert "s3cr3t" not in masked(line)
    assert "BE EF" not in masked(line).upper()


@pytest.mark.parametrize(
    "line",
    [
        "[IKEv1]: Group = x, IP = 10.0.0.2, PRE-SHARED KEY does not match",
        "ISAKMP:(0):No pre-shared key with 10.0.0.2!",
        "ISAKMP:      auth pre-share",
        "authentication of '10.0.0.2' with pre-shared key successful",
        "no shared key found for '10.0.0.1' - '10.0.0.2'",
        "IKE_DECODE SENDING Message (msgid=0) with payloads : HDR + KE (4) + NONCE (10) + NONE (0) total length : 304",
        " ikev1 pre-shared-key <the key that both sides share>",
        "IPSEC: New embryonic SA created @ 0x53FC3C00",
        "crypto key generate rsa",
        "\"hq\" #1: Can't authenticate: no preshared key found for `10.0.0.1' and `10.0.0.2'",
    ],
)  # fmt: skip
def test_lines_that_only_speak_of_keys_stay(line: str) -> None:
    assert masked(line) == line


def test_one_thing_becomes_one_thing_everywhere() -> None:
    after = text(redacted(told()), 200)
    assert len(set(re.findall(r"Group = (\S+?),", after))) == 1
    networks = set(re.findall(r"(\d+\.\d+\.\d+)\.\d+", after))
    public = {one for one in networks if one.startswith(("192.0.2", "198.51.100", "203.0.113", "198.18."))}
    assert len(public) == 2
    assert redacted(told()) == redacted(told())


def test_well_known_values_stay() -> None:
    after = text(redacted(told()), 200)
    for one in ("255.255.255.0", "0.0.0.0", "port 500", "PROXY_MISMATCH", "QM FSM error", "Mask 255.255.255.0"):
        assert one in after


def test_a_log_s_and_a_configuration_s_name_go() -> None:
    after = json_text(redacted(two_sides()))
    assert '"name": "log-1"' in after
    assert '"file": "config-1.cfg"' in after
    assert "peer.log" not in after


def test_hostile_text_does_not_stop_it() -> None:
    for face in FACES.values():
        assert "owned" in clean(face(redacted(hostile())))


def test_ordinary_words_are_not_taken_for_names() -> None:
    base = failing()
    one = replace(base.negotiations[0], group="tunnel", device="asa")
    found = redacted(replace(base, negotiations=(one,), chosen=one))
    assert "does not come up" in found.verdict
    assert found.verdict.startswith("The tunnel with")


def test_a_group_of_an_ordinary_word_goes_where_only_a_name_can_stand() -> None:
    sample = Sample(1, "Group = a1, IP = 81.2.69.144, a1 and all", 1)
    found = Redaction(replace(failing(), logs=(Log(0, "x", samples=(sample,)),)))
    assert found.text("Group = a1, IP = 81.2.69.144, a1").startswith("Group = group-1, IP = 198.51.100.1, a1")


def test_ranges_keep_their_order() -> None:
    fact = Proxies(Proxy(IPv4Address("10.1.1.9"), IPv4Address("10.1.1.20")), None, Whose.OWN)
    one = negotiation(record(1, "to 10.1.1.20 and 10.1.1.9", fact))
    after = redacted(replace(failing(), negotiations=(one,), chosen=one))
    proxies = [fact for fact, _ in after.negotiations[0].all(Proxies)]
    assert proxies[0].own is not None
    assert proxies[0].own.first < proxies[0].own.last


ADDRESSES = st.lists(st.integers(0x01000000, 0xDFFFFFFF).map(IPv4Address), min_size=1, max_size=40)
NETWORKS = st.lists(
    st.tuples(st.integers(0x01000000, 0xDFFFFFFF), st.integers(8, 30)).map(lambda one: IPv4Network(one, strict=False)),
    max_size=12,
)


@given(NETWORKS, ADDRESSES)
def test_addresses_are_renumbered_one_to_one_and_networks_hold_what_they_held(
    networks: list[IPv4Network], addresses: list[IPv4Address]
) -> None:
    held = [one[number % one.num_addresses] for one in networks for number in (0, 5, -1)]
    every = [*addresses, *held]
    plan = Plan(networks, every)
    became = {one: plan.of(one) for one in every}
    changed = {old: new for old, new in became.items() if not stays(int(old))}
    assert len(set(changed.values())) == len(changed)
    assert not set(changed.values()) & set(changed)
    for old, new in changed.items():
        assert old.is_private <= new.is_private or old in IPv4Network("100.64.0.0/10") or old.is_link_local


PRIVATE = st.lists(st.integers(0x0A000000, 0x0A03FFFF).map(IPv4Address), min_size=2, max_size=30)


@given(PRIVATE)
def test_neighbours_stay_neighbours(addresses: list[IPv4Address]) -> None:
    plan = Plan([], addresses)

    def net(one: IPv4Address) -> IPv4Network:
        return IPv4Network((one, 24), strict=False)

    became = {(net(one), net(plan.of(one))) for one in addresses}
    assert len(became) == len({old for old, _ in became}) == len({new for _, new in became})


def test_a_network_in_a_network_stays_in_it_and_keeps_its_ends() -> None:
    large, small = IPv4Network("10.20.0.0/16"), IPv4Network("10.20.5.0/24")
    tiny = IPv4Network("81.2.69.16/28")
    ends = [large[0], large[-1], small[0], small[-1], small[7], tiny[0], tiny[-1], tiny[3]]
    plan = Plan([large, small, tiny], ends)
    block = IPv4Network((plan.of(large[0]), 16))
    assert plan.of(large[-1]) == block[-1]
    inner = IPv4Network((plan.of(small[0]), 24))
    assert inner.subnet_of(block)
    assert plan.of(small[-1]) == inner[-1]
    assert plan.of(small[7]) in inner
    rest = IPv4Network((plan.of(tiny[0]), 28))
    assert plan.of(tiny[-1]) == rest[-1]
    assert plan.of(tiny[3]) in rest


def test_a_log_with_documentation_addresses_gets_others() -> None:
    plan = Plan(
        [], [IPv4Address(one) for one in ("192.0.2.1", "198.51.100.1", "203.0.113.1", "192.168.0.1", "10.0.0.1")]
    )
    became = [str(plan.of(IPv4Address(one))) for one in ("192.0.2.1", "192.168.0.1", "10.0.0.1")]
    assert became == ["198.18.0.1", "192.168.1.1", "10.0.1.1"]


def test_a_megabyte_is_redacted_in_a_moment() -> None:
    line = ("Group = acme-branch, IP = 81.2.69.144 " + "a.b-c/d:e " * 20) * 400
    big = Record(0, 1, 1, line, "asa", RECORDS[0].reading)
    one = replace(negotiation(*RECORDS), noted=(replace(RECORDS and negotiation(*RECORDS).noted[0], record=big),))
    after = redacted(replace(failing(), logs=(Log(0, "x", 1, 1),), negotiations=(one,), chosen=one))
    assert "acme" not in after.negotiations[0].noted[0].record.text
