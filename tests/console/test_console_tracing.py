"""`packet-tracer` at the prompt: its phases, the lines that decided, the negotiation that it begins, and its errors."""

import re
import xml.etree.ElementTree as ElementTree

import pytest
from device_configs import REFERENCE, mirrored, modern
from device_net import Net
from device_pair import HOST_A, segment
from prompts import Alone, at_prompt, typed

from mainmode.console.firewall import Action
from mainmode.console.session import Session

LISTS = """\
object-group network INSIDE-NETS
 network-object 192.168.1.0 255.255.255.0
object network SERVER
 host 192.168.2.80
access-list IN extended permit icmp object-group INSIDE-NETS any
access-list IN extended deny tcp any object SERVER eq telnet
access-list IN extended permit ip any any
access-group IN in interface inside
"""
OUT = "route outside 0.0.0.0 0.0.0.0 10.0.0.254 1\n"
HIDE = "object network HIDDEN\n subnet 192.168.1.0 255.255.255.0\n nat (inside,outside) dynamic interface\n"
TCP = "packet-tracer input inside tcp 192.168.1.10 1025 192.168.2.10 80"


class OnNet(Alone):
    """One box of a net, in which everything that follows happens at once."""

    def __init__(self, net: Net, name: str) -> None:
        super().__init__(net.boxes[name], net.now)
        self._net, self._name = net, name

    def act(self, action: Action) -> None:
        self._net.carry_out(self._name, action(self.box, self.now))


def beside(a: str = modern(REFERENCE), b: str | None = None) -> tuple[Session, Net]:
    net = Net({"a": a, "b": b if b is not None else modern(mirrored(REFERENCE))})
    return at_prompt(OnNet(net, "a"))[0], net


def phases(output: str) -> list[tuple[str, str, str]]:
    """Type, subtype and result of each phase."""
    return re.findall(r"^Type: (.*)\nSubtype: (.*)\nResult: (.*)$", output, re.MULTILINE)


def config(output: str, type_: str, subtype: str = "") -> list[str]:
    found = re.search(
        rf"^Type: {type_}\nSubtype: {subtype}\nResult: \S+\nConfig:\n(.*?)Additional Information:$",
        output, re.MULTILINE | re.DOTALL,
    )  # fmt: skip
    assert found is not None, output
    return found[1].splitlines()


def result(output: str) -> dict[str, str]:
    tail = output[output.index("\nResult:\n") + len("\nResult:\n") :]
    return dict(line.split(": ", 1) for line in tail.splitlines() if line)


def test_the_first_packet_is_dropped_and_brings_the_tunnel_up_and_the_second_is_allowed() -> None:
    session, net = beside()
    first, second = typed(session, TCP), typed(session, TCP)
    assert phases(first)[-1] == ("VPN", "encrypt", "DROP")
    assert result(first) == {
        "input-interface": "inside", "input-status": "up", "input-line-status": "up",
        "output-interface": "outside", "output-status": "up", "output-line-status": "up",
        "Action": "drop", "Drop-reason": "(acl-drop) Flow is denied by configured rule",
    }  # fmt: skip
    assert len(net.boxes["a"].sad.states()) == 1
    assert phases(second) == [
        ("UN-NAT", "static", "ALLOW"),
        ("ROUTE-LOOKUP", "Resolve Egress Interface", "ALLOW"),
        ("ACCESS-LIST", "", "ALLOW"),
        ("NAT", "", "ALLOW"),
        ("VPN", "encrypt", "ALLOW"),
        ("NAT", "rpf-check", "ALLOW"),
        ("VPN", "ipsec-tunnel-flow", "ALLOW"),
        ("FLOW-CREATION", "", "ALLOW"),
    ]
    assert result(second)["Action"] == "allow"
    assert "Drop-reason" not in result(second)
    assert "found next-hop 10.0.0.2 using egress ifc  outside\n" in second
    assert net.inside["b"] == []


def test_the_whole_output_has_the_device_s_layout() -> None:
    session, _ = beside(modern(REFERENCE) + OUT)
    output = typed(session, "packet-tracer input inside udp 192.168.1.10 1025 198.51.100.1 domain")
    assert output == (
        "\nPhase: 1\nType: ROUTE-LOOKUP\nSubtype: Resolve Egress Interface\nResult: ALLOW\nConfig:\n"
        "route outside 0.0.0.0 0.0.0.0 10.0.0.254 1\nAdditional Information:\n"
        "found next-hop 10.0.0.254 using egress ifc  outside\n"
        "\nPhase: 2\nType: ACCESS-LIST\nSubtype: \nResult: ALLOW\nConfig:\nImplicit Rule\n"
        "interface GigabitEthernet0/0\n security-level 100\ninterface GigabitEthernet0/1\n security-level 0\n"
        "Additional Information:\n"
        "\nPhase: 3\nType: CRYPTO-MAP\nSubtype: \nResult: ALLOW\nConfig:\ncrypto map MAP 10 match address VPN\n"
        "Additional Information:\n"
        "udp 192.168.1.10/1025 to 198.51.100.1/53 matches no crypto map entry on outside: it leaves in clear\n"
        "\nPhase: 4\nType: FLOW-CREATION\nSubtype: \nResult: ALLOW\nConfig:\nAdditional Information:\n"
        "New flow created with id 1, packet dispatched to next module\n"
        "\nResult:\ninput-interface: inside\ninput-status: up\ninput-line-status: up\n"
        "output-interface: outside\noutput-status: up\noutput-line-status: up\nAction: allow\n\n"
    )


def test_each_phase_shows_the_lines_that_decided_as_the_running_configuration_writes_them() -> None:
    text = (modern(REFERENCE) + LISTS + OUT).replace(
        "access-list IN extended permit icmp", "access-list IN permit icmp"
    )
    session, _ = beside(text)
    icmp = "packet-tracer input inside icmp 192.168.1.10 echo 0 192.168.2.10"
    output = typed(session, icmp, icmp)
    assert config(output, "ACCESS-LIST", "log") == [
        "access-group IN in interface inside",
        "access-list IN extended permit icmp object-group INSIDE-NETS any",
        "object-group network INSIDE-NETS",
        " network-object 192.168.1.0 255.255.255.0",
    ]
    assert config(output, "VPN", "encrypt") == [
        "crypto map MAP 10 match address VPN",
        "crypto map MAP 10 set peer 10.0.0.2",
        "crypto map MAP 10 set ikev1 transform-set TRANSFORM",
        "crypto map MAP interface outside",
        "access-list VPN extended permit icmp 192.168.1.0 255.255.255.0 192.168.2.0 255.255.255.0",
    ]
    rule = (
        "nat (inside,outside) source static INSIDE-RANGE INSIDE-RANGE "
        "destination static FOREIGN_NETWORK FOREIGN_NETWORK no-proxy-arp route-lookup"
    )
    assert config(output, "UN-NAT", "static") == config(output, "NAT") == config(output, "NAT", "rpf-check") == [rule]
    written = typed(session, "show running-config").splitlines()
    shown = {line for part in ("ROUTE-LOOKUP", "NAT", "UN-NAT") for line in config(output, part, ".*")}
    assert shown <= set(written)


def test_an_entry_that_denies_is_the_last_phase_and_shows_its_object() -> None:
    session, net = beside(modern(REFERENCE) + LISTS + OUT)
    output = typed(session, "packet-tracer input inside tcp 192.168.1.10 1025 SERVER telnet detailed")
    assert phases(output)[-1] == ("ACCESS-LIST", "log", "DROP")
    assert config(output, "ACCESS-LIST", "log")[-2:] == ["object network SERVER", " host 192.168.2.80"]
    assert "        hits=1, user_data=0x0, protocol=6\n" in output
    assert "        dst ip=192.168.2.80, mask=255.255.255.255, port=0\n" in output
    assert result(output)["output-interface"] == "outside"
    assert result(output)["Drop-reason"] == "(acl-drop) Flow is denied by configured rule"
    assert net.boxes["a"].sad.states() == ()


@pytest.mark.parametrize(
    ("line", "drop", "phase"),
    [
        ("packet-tracer input inside udp 192.168.1.10 1 203.0.113.1 2", "(no-route) No route to host", None),
        (
            "packet-tracer input outside udp 10.0.0.9 1 192.168.1.10 2",
            "(acl-drop) Flow is denied by configured rule",
            ("ACCESS-LIST", "", "DROP"),
        ),
        (
            "packet-tracer input outside tcp 192.168.2.10 1 192.168.1.10 2",
            "(acl-drop) Flow is denied by configured rule",
            ("VPN", "ipsec-tunnel-flow", "DROP"),
        ),
    ],
)
def test_a_drop_is_told_by_the_phase_and_by_the_device_s_name(
    line: str, drop: str, phase: tuple[str, str, str] | None
) -> None:
    session, _ = beside()
    output = typed(session, line)
    assert result(output)["Action"] == "drop"
    assert result(output)["Drop-reason"] == drop
    assert (phases(output)[-1] if phases(output) else None) == phase


def test_the_detailed_form_names_the_context_of_the_tunnel() -> None:
    session, net = beside()
    first, second = typed(session, f"{TCP} detailed"), typed(session, f"{TCP} detailed")
    assert "        hits=0, user_data=0x0, protocol=6\n" in first
    contexts = re.findall(r"user_data=0x([0-9a-f]+)", second)
    shown = re.findall(r"VPN CTX  = 0x([0-9A-F]+)", typed(session, "show asp table vpn-context detail"))
    assert {int(one, 16) for one in contexts} == {int(one, 16) for one in shown}
    (state,) = net.boxes["a"].sad.states()
    assert f"SPI 0x{state.pair.outbound_spi:08X}" in second


def test_a_translated_packet_tells_what_becomes_of_it_and_leaves_nothing_behind() -> None:
    session, net = beside(modern(REFERENCE) + OUT + HIDE)
    line = "packet-tracer input inside tcp 192.168.1.10 5555 198.51.100.1 www"
    for _ in range(2):
        output = typed(session, line)
        assert "Dynamic translate 192.168.1.10/5555 to 10.0.0.1/5555\n" in output
        assert config(output, "NAT") == ["object network HIDDEN", " nat (inside,outside) dynamic interface"]
    assert net.boxes["a"].connections == ()
    assert net.boxes["a"].translations == ()


def test_a_packet_of_a_connection_that_stands_finds_it() -> None:
    session, net = beside(modern(REFERENCE) + OUT)

    net.inject("a", "inside", segment(HOST_A, net.boxes["a"].interfaces["outside"].network[254]))
    output = typed(session, f"packet-tracer input inside tcp {HOST_A} 1025 10.0.0.254 80")
    assert phases(output)[0] == ("FLOW-LOOKUP", "", "ALLOW")
    assert "Found flow with id 1, using existing flow\n" in output
    assert len(net.boxes["a"].connections) == 1


def test_what_is_for_the_device_itself_goes_to_its_identity() -> None:
    session, _ = beside()
    output = typed(session, "packet-tracer input inside icmp 192.168.1.10 8 0 192.168.1.1")
    assert phases(output) == [("ROUTE-LOOKUP", "Resolve Egress Interface", "ALLOW")]
    assert result(output)["output-interface"] == "NP Identity Ifc"
    assert result(output)["Action"] == "allow"


def test_an_interface_that_is_down_drops_everything() -> None:
    text = modern(REFERENCE).replace(" nameif inside\n", " nameif inside\n shutdown\n")
    session, _ = beside(text)
    output = typed(session, TCP)
    assert result(output) == {
        "input-interface": "inside", "input-status": "down", "input-line-status": "down",
        "Action": "drop", "Drop-reason": "(interface-down) Interface is down",
    }  # fmt: skip


def test_until_8_3_the_route_itself_is_told() -> None:
    session, _ = beside(REFERENCE + OUT)
    output = typed(session, "packet-tracer input inside udp 192.168.1.10 1025 198.51.100.1 53")
    assert phases(output)[0] == ("ROUTE-LOOKUP", "input", "ALLOW")
    assert "in   0.0.0.0         0.0.0.0         outside\n" in output


def test_xml_has_the_same_phases_as_elements() -> None:
    session, _ = beside(modern(REFERENCE) + LISTS)
    output = typed(session, TCP, f"{TCP} xml")
    tree = ElementTree.fromstring(f"<all>{output[output.index('<Phase>') :]}</all>")
    assert [phase.findtext("type") for phase in tree.findall("Phase")][-1] == "FLOW-CREATION"
    assert [phase.findtext("id") for phase in tree.findall("Phase")] == [str(n) for n in range(1, 9)]
    assert tree.findtext("result/action") == "allow"
    assert tree.findtext("result/output-interface") == "outside"


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("packet-tracer input nowhere tcp 192.168.1.10 1 192.168.2.10 80", "nowhere"),
        ("packet-tracer input inside tcp 192.168.1.10 65536 192.168.2.10 80", "65536"),
        ("packet-tracer input inside icmp 192.168.1.10 echo 256 192.168.2.10", "256"),
        ("packet-tracer input inside icmp 192.168.1.10 nonsense 0 192.168.2.10", "nonsense"),
        ("packet-tracer input inside rawip 192.168.1.10 gre 192.168.2.300", "192.168.2.300"),
        (f"{TCP} detailed nonsense", "nonsense"),
    ],
)
def test_the_caret_stands_under_what_does_not_fit(line: str, word: str) -> None:
    session, _ = beside()
    caret, error = typed(session, line).splitlines()
    assert caret.index("^") == len(session.prompt) + line.index(word)
    assert error == "ERROR: % Invalid input detected at '^' marker."


@pytest.mark.parametrize(
    "words",
    ["rawip 192.168.1.10 gre 192.168.2.10", "icmp 192.168.1.10 unreachable 1 192.168.2.10",
     "icmp 192.168.1.10 8 0 77 192.168.2.10", "udp 192.168.1.10 isakmp 192.168.1.1 isakmp",
     "rawip 192.168.1.10 50 192.168.1.1", "rawip 10.0.0.2 51 192.168.1.1", "rawip 192.168.1.10 tcp 192.168.2.10",
     "icmp 0.0.0.0 8 0 255.255.255.255", "udp 224.0.0.1 0 224.0.0.2 0"],
)  # fmt: skip
def test_any_packet_ends_in_a_result(words: str) -> None:
    session, _ = beside(modern(REFERENCE) + LISTS + OUT + HIDE)
    for interface in ("inside", "outside"):
        assert result(typed(session, f"packet-tracer input {interface} {words} detailed"))["Action"] in (
            "allow",
            "drop",
        )
