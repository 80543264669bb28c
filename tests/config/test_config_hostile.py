import pytest
from calls import calls_of
from hypothesis import given, settings
from hypothesis import strategies as st

from mainmode.device.config import Severity, read, reference_page, running_config
from mainmode.device.config.commands import COMMANDS, candidates
from mainmode.device.config.commands.families import IKEV2, NO_ADDRESS
from mainmode.device.config.draft import Mode
from mainmode.device.settings import ike_settings, unbound_maps

WORDS = sorted({word for one in COMMANDS for word in one.syntax.text.replace("/", " ").split() if word[0] not in "{[~"})
PARTS = ["10.0.0.1", "255.255.255.0", "0.0.0.255", "outside", "(a,b)", "70000", "-1", "no", "*****", "V", "1", "::/0"]


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_no_text_raises(text: str) -> None:
    configuration = read(text, "t.cfg")
    assert all(str(problem).startswith("t.cfg:") for problem in configuration.problems)
    assert running_config(configuration).endswith(": end\n")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", " ", "no ", "\t", "fw# "]), st.lists(st.sampled_from(WORDS + PARTS), max_size=9)
        ),
        max_size=12,
    )
)
@settings(max_examples=400, deadline=None)
def test_no_heap_of_known_words_raises(rows: list[tuple[str, list[str]]]) -> None:
    configuration = read("\n".join(start + " ".join(words) for start, words in rows), "t.cfg")
    for problem in configuration.problems:
        lines = str(problem).splitlines()
        assert lines[2].endswith("^")
    ike_settings(configuration)
    unbound_maps(configuration)
    assert read(running_config(configuration, reveal_keys=True), "t.cfg") == configuration


def test_control_characters_and_direction_marks_do_not_come_through() -> None:
    configuration = read("hostname a\x1b[31m\u202ex\ud800\ncrypto isakmp enable \x1b]0;x\x07\n", "t.cfg")
    shown = repr(configuration) + "".join(map(str, configuration.problems)) + "".join(configuration.lines)
    assert not set(shown) & set("\x1b\x07\u202e\ud800")


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_000_000,
        "crypto map M 1 set peer " + "10.0.0.1 " * 100_000,
        "a " * 500_000,
        "\n" * 100_000,
        " pre-shared-key " * 60_000,
        "crypto map M 1 set pfs\n" * 20_000,
        "".join(f"access-list V extended permit ip host 10.0.{n >> 8 & 255}.{n & 255} any\n" for n in range(10_000)),
        "".join(f"access-list V remark {n}\nno access-list V remark {n}\n" for n in range(10_000)),
        "".join(f"name 10.0.0.1 n{n}\n" for n in range(20_000)),
        "".join(f"nonsense {n}\n" for n in range(20_000)),
        "\r" * 500_000 + "\n",
        "<--- More --->" * 50_000,
    ],
    ids=range(12),
)
def test_large_files_come_to_an_end(text: str) -> None:
    assert len(read(text, "t.cfg").lines) == max(1, text.count("\n"))


@pytest.mark.parametrize("negated", ["no crypto map X{n}\n", "no crypto map M{n}\n", "no access-list X{n}\n"])
def test_taking_back_what_is_one_of_many_costs_no_search(negated: str) -> None:
    def text(count: int) -> str:
        return "".join(f"crypto map M{n} 1 set pfs\n" for n in range(count)) + "".join(
            negated.format(n=n) for n in range(count)
        )

    _, few = calls_of(lambda: read(text(500), "t.cfg"))
    configuration, many = calls_of(lambda: read(text(1000), "t.cfg"))
    assert len(configuration.crypto_maps) == (0 if "M" in negated else 1000)
    assert many < 2.2 * few


def test_an_access_list_entry_costs_few_calls() -> None:
    rows = [
        f"access-list V extended permit tcp 10.{n >> 8}.{n & 255}.0 255.255.255.0 host 10.9.{n >> 8}.{n & 255} eq 80\n"
        for n in range(1000)
    ]
    configuration, calls = calls_of(lambda: read("".join(rows), "t.cfg"))
    assert len(configuration.access_lists["V"].entries) == 1000
    assert calls / 1000 < 560


def test_nested_groups_end() -> None:
    rows = ["object-group network G0", " network-object host 10.0.0.1"]
    for level in range(1, 60):
        rows += [f"object-group network G{level}", f" group-object G{level - 1}", f" group-object G{level}"]
    rows += ["access-list V extended permit ip object-group G59 any", "crypto map M 1 match address V"]
    rows += ["crypto map M interface outside"]
    settings_ = ike_settings(read("\n".join(rows), "t.cfg"))
    assert settings_.entries[0].acl is not None
    assert len(settings_.entries[0].acl) == 1


IRRELEVANT = """: Saved
ASA Version 9.1(5)
!
domain-name example.com
enable password 8Ry2YjIyt7RRXU24 encrypted
passwd 2KFQnbNIdI.2KYOU encrypted
names
!
interface GigabitEthernet0/2
 speed 100
 duplex full
 shutdown
 no nameif
 no security-level
 no ip address
!
interface Management0/0
 management-only
 nameif management
 ip address dhcp setroute
 ospf message-digest-key 1 md5 secret
!
boot system disk0:/asa915-k8.bin
ftp mode passive
clock timezone CET 1
dns domain-lookup outside
dns server-group DefaultDNS
 name-server 8.8.8.8
 domain-name example.com
same-security-traffic permit intra-interface
object service WEB
 service tcp destination eq www
object-group service PORTS tcp
 port-object eq www
access-list SPLIT standard permit 192.168.1.0 255.255.255.0
pager lines 24
logging enable
logging asdm informational
mtu outside 1500
ip local pool POOL 10.9.0.1-10.9.0.9 mask 255.255.255.0
no failover
icmp unreachable rate-limit 1 burst-size 1
asdm image disk0:/asdm-731.bin
no asdm history enable
arp timeout 14400
no arp permit-nonconnected
timeout xlate 3:00:00
timeout conn 1:00:00 half-closed 0:10:00 udp 0:02:00 icmp 0:00:02
dynamic-access-policy-record DfltAccessPolicy
user-identity default-domain LOCAL
aaa-server RADIUS protocol radius
aaa-server RADIUS (inside) host 192.168.1.9
 key *****
 radius-common-pw *****
aaa authentication ssh console LOCAL
http server enable
http 192.168.1.0 255.255.255.0 inside
no snmp-server location
snmp-server enable traps snmp authentication linkup linkdown coldstart
crypto ipsec security-association pmtu-aging infinite
crypto ipsec security-association replay window-size 128
crypto ipsec ikev2 ipsec-proposal AES256
 protocol esp encryption aes-256
 protocol esp integrity sha-1 md5
crypto ca trustpoint SELF
 enrollment self
 subject-name CN=asa1
 crl configure
crypto ca certificate chain SELF
 certificate 6e1c2a4f
    308202d4 308201bc a0030201 0202046e 1c2a4f30 0d06092a 864886f7 0d010105
    05003030
  quit
crypto ikev2 policy 1
 encryption aes-256
 integrity sha
 group 5 2
 prf sha
 lifetime seconds 86400
crypto ikev2 enable outside
crypto ikev1 am-disable
telnet timeout 5
ssh 192.168.1.0 255.255.255.0 inside
ssh timeout 60
console timeout 0
dhcpd address 192.168.1.5-192.168.1.254 inside
threat-detection basic-threat
webvpn
 enable outside
 anyconnect-essentials
group-policy GP internal
group-policy GP attributes
 vpn-idle-timeout none
 vpn-tunnel-protocol ikev1
 banner value hello
username admin password f3UhLvUj1QsXsuK7 encrypted privilege 15
username admin attributes
 service-type admin
tunnel-group 203.0.113.9 type ipsec-l2l
tunnel-group 203.0.113.9 general-attributes
 default-group-policy GP
tunnel-group 203.0.113.9 ipsec-attributes
 ikev1 pre-shared-key *****
 no chain
 no ikev1 trust-point
 ikev2 remote-authentication pre-shared-key *****
tunnel-group RA type remote-access
tunnel-group RA general-attributes
 address-pool POOL
tunnel-group RA webvpn-attributes
 group-alias RA enable
!
class-map inspection_default
 match default-inspection-traffic
!
policy-map type inspect dns preset_dns_map
 parameters
  message-length maximum 512
policy-map global_policy
 class inspection_default
  inspect dns preset_dns_map
  inspect ftp
!
service-policy global_policy global
prompt hostname context
call-home
 profile CiscoTAC-1
  no active
  destination address http https://tools.cisco.com/its/service/oddce/services/DDCEService
Cryptochecksum:a0f1e2d3
: end
"""


def test_a_long_realistic_listing_has_nothing_unknown() -> None:
    listing = IRRELEVANT.replace("Cryptochecksum:a0f1e2d3\n: end\n", "") * 18
    assert listing.count("\n") > 2000
    problems = [one for one in read(listing, "t.cfg").problems if "duplicate element" not in one.wording]
    key = listing[: listing.rindex("key *****\n no chain")].count("\n") + 1
    assert [(one.severity, one.line, one.wording) for one in problems] == [
        (Severity.WARNING, 20, f"WARNING: {NO_ADDRESS}"),
        (Severity.WARNING, 62, f"WARNING: {IKEV2}"),
        (Severity.WARNING, key, problems[2].wording),
    ]
    assert "masked in this file" in problems[2].wording


def test_the_same_without_indentation_loses_nothing_that_matters() -> None:
    flat = "\n".join(line.strip() for line in IRRELEVANT.splitlines())
    configuration = read(flat, "t.cfg")
    assert [problem for problem in configuration.problems if problem.severity is Severity.ERROR] == []
    assert configuration.tunnel_groups["203.0.113.9"].key_hidden
    assert configuration.tunnel_groups["203.0.113.9"].group_policy.value == "GP"


@pytest.mark.parametrize(
    ("words", "count", "place", "keywords"),
    [
        ("crypto isakmp", 13, 2, None),
        ("crypto ikev1", 5, 2, None),
        ("crypto gdoi", 0, 1, ("ipsec", "dynamic-map", "map", "isakmp", "ikev1")),
        ("access-list V", 10, 1, ()),
        ("flurb", 0, 0, None),
    ],
)
def test_a_line_finds_its_declarations_by_its_first_words(
    words: str, count: int, place: int, keywords: tuple[str, ...] | None
) -> None:
    found = candidates(Mode.GLOBAL, words.split())
    assert len(found.commands) == count
    assert found.place == place
    if keywords is not None:
        assert found.keywords == keywords


def test_the_reference_page_is_what_the_declarations_say(pytestconfig: pytest.Config) -> None:
    page = pytestconfig.rootpath / "docs" / "reference" / "configuration.md"
    assert page.read_text() == reference_page()


def test_forms_of_8_2_that_are_not_read_are_one_warning_at_the_first_of_them() -> None:
    text = (
        "hostname a\nnat-control\nglobal (outside) 1 interface\nnat (inside) 1 10.0.0.0 255.0.0.0\n"
        "nat (inside) 1\nstatic (inside,outside) tcp 192.0.2.7 www\n"
    )
    (problem,) = (one for one in read(text, "t.cfg").problems if "interface" not in one.wording)
    assert problem.severity is Severity.WARNING
    assert problem.place == "t.cfg:5:1"
    assert "this form of NAT of 8.2 is not applied" in problem.wording


def test_a_twice_nat_rule_that_is_wrong_is_still_an_error() -> None:
    (problem,) = read("nat (inside) source static A A\n", "t.cfg").problems
    assert problem.severity is Severity.ERROR


@pytest.mark.parametrize("mode", ["object network O", "object-group network G"])
def test_nat_of_8_2_below_an_object_is_no_line_of_it(mode: str) -> None:
    text = f"interface Ethernet0\n nameif inside\n{mode}\n nat (inside) 1 10.0.0.0 255.0.0.0\n"
    found = read(text, "t.cfg")
    assert found.problems == ()
    assert [one.number for one in found.old_nat] == [1]
    assert all(one.nat is None for one in found.objects.values())


def test_masked_keys_are_one_warning_at_the_first_of_them() -> None:
    text = "".join(
        f"tunnel-group {peer} type {kind}\ntunnel-group {peer} ipsec-attributes\n pre-shared-key {key}\n"
        for peer, kind, key in (
            ("192.0.2.1", "ipsec-l2l", "*****"),
            ("192.0.2.2", "ipsec-l2l", "8 JDYkqyIFWeBv"),
            ("192.0.2.3", "ipsec-l2l", "told"),
            ("RA", "remote-access", "*****"),
        )
    )
    (problem,) = read(text, "t.cfg").problems
    assert problem.place == "t.cfg:3:2"
    assert problem.wording == (
        "WARNING: the keys of 2 tunnel-groups are masked in this file, from 192.0.2.1 on; "
        "only the lab goes on, as if they were the peers'"
    )
    (problem,) = read("".join(text.splitlines(keepends=True)[:3]), "t.cfg").problems
    assert problem.wording == (
        "WARNING: the key of tunnel-group 192.0.2.1 is masked in this file; "
        "only the lab goes on, as if it were the peer's"
    )


@pytest.mark.parametrize(
    "line",
    [
        "access-list Z remark tunnel to Bern, pre-shared-key hunter2",
        "access-list Z line 3 remark PSK: hunter2 until May",
        "access-list Z remark pw=hunter2, x",
        "access-list Z remark psk:hunter2",
        "interface Ethernet0\n description Key of the ISP hunter2",
        "object network O\n description password hunter2",
        "nat (a,b) source static A A description the secret is hunter2",
        "aaa-server R (inside) host 10.0.0.1\n radius-common-pw hunter2",
        "snmp-server user joe grp v3 auth sha hunter2 priv aes 128 hunter2",
        "frobnicate pw hunter2",
    ],
)
def test_a_key_in_free_text_or_behind_a_rare_word_is_never_shown(line: str) -> None:
    configuration = read(line + "\n", "t.cfg")
    shown = repr(configuration) + "".join(map(str, configuration.problems)) + "".join(configuration.lines)
    shown += running_config(configuration, reveal_keys=True)
    assert "hunter2" not in shown
    assert line.split("\n")[-1].split()[0] in "".join(configuration.lines)


@pytest.mark.parametrize("text", ["monkey island", "passive ftp", "community of Bern", "turkey", "the key"])
def test_free_text_that_tells_no_key_stays(text: str) -> None:
    configuration = read(f"access-list Z extended permit ip any any\naccess-list Z remark {text}\n", "t.cfg")
    assert f"access-list Z remark {text}\n" in running_config(configuration)
