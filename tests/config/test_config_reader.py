from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mainmode.lab
from mainmode.base.provenance import Default, Statement
from mainmode.base.secret import Secret
from mainmode.device.config import Severity, decode, read, running_config
from mainmode.device.config.model import Keepalive, Release

EXAMPLES = Path(mainmode.lab.__file__).parent / "examples"
OLD = (EXAMPLES / "asa1.cfg").read_text()
NEW = (
    OLD.replace("crypto isakmp policy", "crypto ikev1 policy")
    .replace("crypto isakmp enable", "crypto ikev1 enable")
    .replace("crypto ipsec transform-set", "crypto ipsec ikev1 transform-set")
    .replace("set transform-set", "set ikev1 transform-set")
    .replace(" pre-shared-key", " ikev1 pre-shared-key")
)


@pytest.mark.parametrize("name", ["asa1.cfg", "asa2.cfg"])
def test_the_reference_reads_without_a_problem_and_is_written_as_it_stands(name: str) -> None:
    text = (EXAMPLES / name).read_text()
    configuration = read(text, name)
    assert configuration.problems == ()
    assert configuration.release is Release.OLD
    wanted = [line for line in text.splitlines() if line[0] != "!"]
    written = running_config(configuration, reveal_keys=True).splitlines()
    assert [line.rstrip() for line in written if line[0] not in "!:"] == wanted


def test_the_examples_mirror_each_other() -> None:
    a, b = (read((EXAMPLES / name).read_text(), name) for name in ("asa1.cfg", "asa2.cfg"))
    address = a.interface("outside")
    assert address is not None
    assert address.address is not None
    assert b.crypto_maps["MAP"].entries[0].peers is not None
    assert b.crypto_maps["MAP"].entries[0].peers.value == (address.address.value.address,)
    first, second = a.access_lists["VPN"].aces, b.access_lists["VPN"].aces
    assert [(one.protocol, one.source_address, one.destination_address) for one in first] == [
        (one.protocol, one.destination_address, one.source_address) for one in second
    ]
    assert a.tunnel_groups["10.0.0.2"].key == b.tunnel_groups["10.0.0.1"].key


def test_both_spellings_are_the_same_configuration() -> None:
    old, new = read(OLD, "old.cfg"), read(NEW, "new.cfg")
    assert NEW != OLD
    assert new == old
    assert (old.release, new.release) == (Release.OLD, Release.NEW)
    assert new.problems == ()
    assert " ikev1 pre-shared-key *****\n" in running_config(new)
    assert read(NEW + OLD, "mixed.cfg").release is Release.NEW


def _flat(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines())


def _prompts(text: str) -> str:
    prompt, lines = "asa1(config)# ", []
    for line in text.splitlines():
        prompt = prompt if line.startswith(" ") else "asa1(config)# "
        lines.append(prompt + line.strip())
        prompt = "ciscoasa/act(config-if)#" if line.startswith("interface") else prompt
    return "asa1# configure terminal\n" + "\n".join(lines) + "\nasa1(config)# exit\nasa1# show running-config\n"


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "   \n"),
        lambda text: ": Saved\n: Written by enable_15 at 10:00:00\n:\n" + text + "\nCryptochecksum:0123456789\n: end\n",
        lambda text: text.replace("\n ", "\n\t").replace(" extended ", "\textended\t"),
        lambda text: text.replace("\n", "\n!\n"),
        lambda text: text.replace("\n", "\n<--- More --->\r              \r"),
        lambda text: text.replace("\nnat", "\n<--- More --->\nnat"),
        lambda text: "\n".join("   " + line for line in text.splitlines()),
        lambda text: text.replace(" ", "\xa0"),
        lambda text: text.replace("\ncrypto map", "\nWARNING: The crypto map entry is incomplete!\ncrypto map"),
        lambda text: text.replace("crypto map", "CRYPTO Map"),
        _flat,
        _prompts,
    ],
)
def test_what_pasting_and_saving_does_to_a_listing_is_taken_in_stride(damage: object) -> None:
    assert callable(damage)
    damaged = read(damage(OLD), "t.cfg")
    assert damaged.problems == ()
    assert damaged == read(OLD, "t.cfg")


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"\xef\xbb\xbfhostname a\r\n", "hostname a\r\n"),
        ("hostname ä".encode(), "hostname ä"),
        ("hostname ä".encode("latin-1"), "hostname ä"),
        ("hostname a".encode("utf-16"), "hostname a"),
        (b"\xff\xfe\x00", "\ufffd"),
    ],
)
def test_octets_become_text(octets: bytes, text: str) -> None:
    assert decode(octets) == text


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_octets_become_text_and_any_text_a_configuration(octets: bytes) -> None:
    assert read(decode(octets), "t.cfg").file == "t.cfg"


ERROR = "ERROR: % Invalid input detected at '^' marker."
INCOMPLETE = "ERROR: % Incomplete command"


@pytest.mark.parametrize(
    ("line", "column", "wording", "expected", "severity"),
    [
        ("crypto map MAP 10 mtch address V", 19, ERROR, "match, set or ipsec-isakmp", Severity.ERROR),
        ("crypto map MAP 10 match address", 33, INCOMPLETE, "a name", Severity.ERROR),
        ("crypto map MAP 10", 19, INCOMPLETE, "match, set or ipsec-isakmp", Severity.ERROR),
        ("crypto map MAP 70000 set pfs", 16, ERROR, "a number from 1 to 65535 or interface", Severity.ERROR),
        ("crypto map M 1 set pfs group3", 24, ERROR, "group1, group2, group5", Severity.ERROR),
        ("crypto map M 1 set peer fw.example", 25, ERROR, "an IPv4 address", Severity.ERROR),
        ("crypto isakmp enable outside twice", 30, ERROR, "the end of the line", Severity.ERROR),
        ("crypto isakmp policy 10 extra", 25, ERROR, "the end of the line", Severity.ERROR),
        ("hostname -x", 10, "ERROR: % Invalid Hostname", "a hostname", Severity.ERROR),
        ("access-list V extended permit tcp any any eq wwww", 46, ERROR, "a TCP port", Severity.ERROR),
        ("access-list V extended permit icmp any any eq www", 44, ERROR, "an ICMP type", Severity.ERROR),
        (
            "access-list V extended permit ip 10.0.0.0 0.0.0.255 any",
            43,
            "ERROR: IP address,mask <10.0.0.0,0.0.0.255> doesn't pair",
            "not a wildcard mask",
            Severity.ERROR,
        ),
        (
            "access-list V extended permit ip 10.0.0.0 255.0.255.0 any",
            43,
            ERROR,
            "its ones in one piece",
            Severity.ERROR,
        ),
        ("route outside 10.0.0.0 0.0.0.255 10.1.1.1", 24, ERROR, "not a wildcard mask", Severity.ERROR),
        (
            "access-list V extended permit ip 10.0.0.1 255.255.255.0 any",
            43,
            "ERROR: IP address,mask <10.0.0.1,255.255.255.0> doesn't pair",
            "host A, A MASK",
            Severity.ERROR,
        ),
        ("route outside 0 0", 19, INCOMPLETE, "an IPv4 address", Severity.ERROR),
        ("  no crypto isakmp nat-traversal x", 34, ERROR, "a number from 10 to 3600", Severity.ERROR),
        ("no", 4, INCOMPLETE, "a command", Severity.ERROR),
        ("crypto gdoi group x", 8, ERROR, "isakmp", Severity.UNKNOWN),
        ("flurb", 1, ERROR, "hostname, domain-name, enable, passwd", Severity.UNKNOWN),
        (
            "tunnel-group 192.0.2.1 ipsec-attributes",
            1,
            "ERROR: tunnel-group 192.0.2.1 does not exist",
            "",
            Severity.ERROR,
        ),
        ("crypto ipsec transform-set T mode transport", 1, "ERROR: transform-set T does not exist", "", Severity.ERROR),
    ],
)
def test_an_error_has_its_place_the_device_s_words_and_what_was_expected(
    line: str, column: int, wording: str, expected: str, severity: Severity
) -> None:
    indent = len(line) - len(line.lstrip())
    configuration = read(f"hostname x\n{line}\ncrypto isakmp identity address\n", "bad.cfg")
    (problem,) = configuration.problems
    assert (problem.line, problem.column, problem.wording, problem.severity) == (2, column, wording, severity)
    assert expected in problem.expected
    shown = str(problem).splitlines()
    assert shown[0] == f"bad.cfg:2:{column}: {severity.value}"
    assert shown[1][indent:] == line[indent:]
    assert shown[2] == " " * (column - 1) + "^"
    assert shown[3] == wording
    assert configuration.settings.identity.value.method == "address", "the reading goes on"


def test_what_stands_below_a_bad_line_is_skipped_with_it_and_below_a_good_one_is_not() -> None:
    text = "crypto isakmp policy 0\n hash md5\n flurb\ncrypto isakmp policy 5\n hsh md5\n group 5\n"
    configuration = read(text, "t.cfg")
    assert [(problem.line, problem.column) for problem in configuration.problems] == [(1, 22), (5, 2)]
    (policy,) = configuration.policies
    assert (policy.hash.value, policy.group.value) == ("sha", 5)


def test_all_that_stands_below_a_skipped_line_is_skipped_with_it() -> None:
    text = (
        "hostname a\naaa-server T (inside) host 10.0.0.1\n key k\nrouter bgp 1\n address-family ipv4\n  flurb\n flurb\n"
        "interface G0/0\n cts manual\n  flurb\n nameif inside\n flurb\n"
    )
    configuration = read(text, "t.cfg")
    assert [problem.place for problem in configuration.problems] == ["t.cfg:12:2"]
    assert configuration.interface("inside") is not None


@pytest.mark.parametrize(
    ("line", "start", "place"),
    [
        ("crypto map M 1 set peer 10.0.0.9", "WARNING: The crypto map entry is incomplete!", 1),
        ("crypto map M 1 set peer 10.0.0.9", "WARNING: no tunnel-group for peer 10.0.0.9", 1),
        ("crypto map M 1 match address NONE", "WARNING: access-list NONE does not exist", 1),
        ("crypto map M 1 set transform-set NONE", "WARNING: transform-set NONE does not exist", 1),
        ("crypto map M 1 ipsec-isakmp dynamic NONE", "WARNING: crypto dynamic-map NONE does not exist", 1),
        ("crypto map M interface outside", "WARNING: interface outside does not exist", 1),
        ("crypto isakmp enable outside", "WARNING: interface outside does not exist", 1),
        ("crypto isakmp policy 1\n authentication rsa-sig", "WARNING: policy 1 is not offered", 2),
        ("tunnel-group berlin type ipsec-l2l", "WARNING: For IKEv1, L2L tunnel-groups that have names", 1),
        (
            "crypto map M 1 match address V\naccess-list V extended permit tcp any any range 1 5",
            "WARNING: crypto access-list V: entry not used",
            2,
        ),
        (
            "crypto map M 1 match address V\naccess-list V extended permit ip object NO any",
            "WARNING: crypto access-list V: entry not used, object NO does not exist",
            2,
        ),
    ],
)
def test_what_a_whole_configuration_lacks_is_a_warning_at_its_line(line: str, start: str, place: int) -> None:
    found = [problem for problem in read(line, "t.cfg").problems if problem.wording.startswith(start)]
    assert [(problem.line, problem.severity) for problem in found] == [(place, Severity.WARNING)]


def test_the_last_line_wins_and_no_takes_back() -> None:
    text = """crypto isakmp policy 10
 hash md5
 hash sha
 group 5
 no group
 lifetime 100000
 no lifetime 100000
crypto map M 10 set peer 10.0.0.1
crypto map M 10 set peer 10.0.0.2 10.0.0.3
crypto map M 20 set peer 10.0.0.4
no crypto map M 20
crypto map A interface outside
crypto map M interface outside
crypto isakmp enable outside
crypto isakmp enable dmz
no crypto isakmp enable dmz
no crypto isakmp nat-traversal
access-list V extended permit ip any host 10.0.0.1
access-list V extended permit ip any host 10.0.0.2
access-list V line 1 extended permit ip any host 10.0.0.3
no access-list V extended permit ip any host 10.0.0.1
access-list V extended permit ip any host 10.0.0.2
access-list W extended permit ip any any
no access-list W
"""
    found = read(text, "t.cfg")
    policy = found.policies[0]
    assert (policy.hash.value, policy.hash.source) == ("sha", Statement("t.cfg", 3, " hash sha"))
    assert (policy.group.value, policy.group.source) == (2, Default("t.cfg", "group 2"))
    assert policy.lifetime.value == 86400
    (entry,) = found.crypto_maps["M"].entries
    assert entry.peers is not None
    assert entry.peers.value == (IPv4Address("10.0.0.2"), IPv4Address("10.0.0.3"))
    assert found.map_on("outside") is found.crypto_maps["M"]
    assert [on.value for on in found.enabled] == ["outside"]
    assert found.settings.nat_traversal.value is None
    assert isinstance(found.settings.nat_traversal.source, Statement)
    assert [str(ace.destination_address.address) for ace in found.access_lists["V"].aces] == ["10.0.0.3", "10.0.0.2"]
    assert any(problem.wording == "WARNING: found duplicate element" for problem in found.problems)
    assert "W" not in found.access_lists


def test_a_name_stands_for_its_address_once_it_is_declared() -> None:
    text = "names\nname 10.0.0.2 PEER\ncrypto map M 1 set peer PEER\nno name 10.0.0.2 PEER\nroute outside 0 0 PEER\n"
    found = read(text, "t.cfg")
    entry = found.crypto_maps["M"].entries[0]
    assert entry.peers is not None
    assert entry.peers.value == (IPv4Address("10.0.0.2"),)
    assert [problem.line for problem in found.problems if problem.severity is Severity.ERROR] == [5]


KEYED = """tunnel-group 10.0.0.2 type ipsec-l2l
tunnel-group 10.0.0.2 ipsec-attributes
 {line}
username admin password hunter2 encrypted
enable password hunter2
snmp-server community hunter2
aaa-server RADIUS (inside) host 10.1.1.1
 key hunter2
crypto isakmp key hunter2 address 10.0.0.1
failover key hunter2
"""


@pytest.mark.parametrize(
    "line",
    [
        "pre-shared-key hunter2",
        "ikev1 pre-shared-key hunter2",
        "pre-shared-key 0 hunter2",
        "pre-shared-key 8 hunter2",
        "pre-shared-key hunter2 hunter2",
        "pre-shared-key 0 hunter2 hunter2",
        "pre-shred-kye hunter2",
        "ikev1 preshard hunter2",
        "psk hunter2",
        "ikev1 p-shrd hunter2",
        "kye hunter2",
        "ikev2 local-authentication pre-shared-key hunter2",
        "no pre-shared-key hunter2",
        "asa1(config-tunnel-ipsec)# pre-shared-key hunter2",
        "pre-shared-key\thunter2",
    ],
)
def test_no_key_is_ever_shown(line: str) -> None:
    configuration = read(KEYED.format(line=line), "t.cfg")
    everything = [
        repr(configuration),
        str(configuration),
        "\n".join(configuration.lines),
        "\n".join(map(str, configuration.problems)),
        running_config(configuration),
    ]
    assert [text for text in everything if "hunter2" in text] == []
    assert len(configuration.lines) == 10


def test_a_key_is_there_hidden_or_absent() -> None:
    def group(line: str) -> object:
        return read(KEYED.format(line=line), "t.cfg").tunnel_groups["10.0.0.2"]

    for line in ("pre-shared-key hunter2", "ikev1 pre-shared-key 0 hunter2"):
        found = read(KEYED.format(line=line), "t.cfg").tunnel_groups["10.0.0.2"]
        assert found.key is not None
        assert found.key.value == Secret(b"hunter2")
        assert not found.key_hidden
    for line in ("pre-shared-key *****", "pre-shared-key 8 hunter2"):
        assert read(KEYED.format(line=line), "t.cfg").tunnel_groups["10.0.0.2"].key_hidden
    for line in ("peer-id-validate req", "pre-shared-key hunter2\n no pre-shared-key"):
        assert read(KEYED.format(line=line), "t.cfg").tunnel_groups["10.0.0.2"].key is None
    assert group("pre-shared-key hunter2") != group("pre-shared-key hunter3")


def test_keepalive_in_its_forms() -> None:
    def keepalive(line: str) -> object:
        return read(KEYED.format(line=line), "t.cfg").tunnel_groups["10.0.0.2"].keepalive.value

    assert keepalive("isakmp keepalive threshold 30") == Keepalive(30, 2)
    assert keepalive("isakmp keepalive threshold 30 retry 5") == Keepalive(30, 5)
    assert keepalive("isakmp keepalive disable") is None
    assert keepalive("isakmp keepalive disable\n no isakmp keepalive") == Keepalive(10, 2)


def test_the_security_level_follows_the_name_where_no_line_says_it() -> None:
    text = "interface G0/0\n nameif inside\ninterface G0/1\n nameif dmz\ninterface G0/2\n"
    levels = [one.security_level for one in read(text, "t.cfg").interfaces]
    assert [(level.value, level.source) for level in levels if level is not None] == [
        (100, Default("t.cfg", "security-level 100")),
        (0, Default("t.cfg", "security-level 0")),
    ]
    assert levels[2] is None
