"""The system log: which lines go where, and the buffer that `show logging` prints."""

from ipaddress import IPv4Address

import pytest
from device_configs import REFERENCE, configured
from device_pair import START, Pair
from show_states import state

from mainmode.base.instant import later, seconds
from mainmode.catalogue import lines
from mainmode.catalogue.debugs import Debugs, parse
from mainmode.catalogue.entry import About, Line
from mainmode.device.log_forms import LogForms
from mainmode.device.log_rules import LogRules
from mainmode.device.syslog import SystemLog

PHASE_1_COMPLETED: Line = lines.PHASE1_COMPLETED(About(group="10.0.0.2", ip="10.0.0.2"))
"""5-713119."""
TEXT = "Group = 10.0.0.2, IP = 10.0.0.2, PHASE 1 COMPLETED"
HOST = "192.0.2.9"
SILENT = lines.COMPLETED_HOST_UPDATE(which="OBSA", spi=7)
"""A debug line without an id."""
ON = "hostname asa1\nlogging enable\nlogging buffered debugging\n"


def kept(settings: str, *said: Line) -> list[str]:
    log = SystemLog(configured(settings))
    for place, line in enumerate(said):
        log.note(line, later(START, seconds(place)))
    return list(log.messages)


def test_a_message_has_the_devices_form() -> None:
    assert kept(ON, PHASE_1_COMPLETED) == [
        "%ASA-5-713119: Group = 10.0.0.2, IP = 10.0.0.2, PHASE 1 COMPLETED",
    ]


@pytest.mark.parametrize(
    ("settings", "front"),
    [
        ("", "%ASA-5"),
        ("logging timestamp\n", "Nov 14 2023 22:13:20: %ASA-5"),
        ("logging device-id hostname\n", "asa1 : %ASA-5"),
        ("logging timestamp\nlogging device-id string SITE-A\n", "Nov 14 2023 22:13:20 SITE-A : %ASA-5"),
        ("logging timestamp rfc5424\n", "2023-11-14T22:13:20Z: %ASA-5"),
        (
            "interface GigabitEthernet0/0\n nameif inside\n ip address 192.168.1.1 255.255.255.0\n"
            "logging device-id ipaddress inside\n",
            "192.168.1.1 : %ASA-5",
        ),
        ("logging message 713119 level errors\n", "%ASA-3"),
    ],
)
def test_time_name_and_severity_are_as_configured(settings: str, front: str) -> None:
    (message,) = kept(ON + settings, PHASE_1_COMPLETED)
    assert message.startswith(f"{front}-713119: ")


@pytest.mark.parametrize(
    ("settings", "goes"),
    [
        ("", False),
        ("logging buffered notifications\n", False),
        ("logging enable\n", False),
        ("logging enable\nlogging buffered warnings\n", False),
        ("logging enable\nlogging buffered notifications\n", True),
        ("logging enable\nlogging buffered 5\nno logging message 713119\n", False),
        ("logging enable\nlogging buffered errors\nlogging message 713119 level 3\n", True),
        ("logging enable\nlogging list VPN message 713000-713999\nlogging buffered VPN\n", True),
        ("logging enable\nlogging list VPN message 302013-302014\nlogging buffered VPN\n", False),
        ("logging enable\nlogging list VPN level notifications class vpn\nlogging buffered VPN\n", True),
        ("logging enable\nlogging list VPN level debugging class ip\nlogging buffered VPN\n", False),
        ("logging enable\nlogging buffered errors\nlogging class vpn buffered debugging\n", True),
        ("logging enable\nlogging buffered debugging\nlogging class vpn buffered errors\n", False),
    ],
)
def test_level_list_class_and_message_decide(settings: str, goes: bool) -> None:
    assert bool(kept(settings, PHASE_1_COMPLETED)) is goes


def test_a_line_without_an_id_is_a_debug_and_stays_out() -> None:
    assert SILENT.entry.syslog_of(SILENT.values) is None
    assert kept(ON, SILENT) == []


def test_the_buffer_is_bounded_in_octets_and_the_oldest_messages_go() -> None:
    settings = ON + "logging timestamp\nlogging buffer-size 4096\n"
    messages = kept(settings, *[PHASE_1_COMPLETED] * 200)
    assert 3900 < sum(len(message) + 1 for message in messages) <= 4096
    assert messages[-1].startswith("Nov 14 2023 22:16:39")


def test_every_destination_counts_for_itself() -> None:
    log = SystemLog(configured(ON + "logging trap errors\nlogging console notifications\n"))
    log.note(PHASE_1_COMPLETED, START)
    assert [log.logged(name) for name in ("buffered", "trap", "console", "monitor")] == [1, 0, 1, 0]


def test_other_settings_hold_from_when_they_are_set() -> None:
    log = SystemLog(configured(ON))
    log.note(PHASE_1_COMPLETED, START)
    log.follow(configured("logging enable\n"))
    log.note(PHASE_1_COMPLETED, START)
    assert len(log.messages) == log.logged("buffered") == 1


def test_show_logging_prints_the_settings_above_the_buffer() -> None:
    one = state(
        "up, initiator",
        "9.x",
        "logging enable\nlogging timestamp\nlogging buffered errors\nlogging trap informational\n"
        "logging host inside 192.168.1.9\nlogging device-id string A1\n",
    )
    assert one.show("logging").startswith(
        "Syslog logging: enabled\n"
        "    Facility: 20\n"
        "    Timestamp logging: enabled\n"
        "    Hide Username logging: disabled\n"
        "    Standby logging: disabled\n"
        "    Debug-trace logging: disabled\n"
        "    Console logging: disabled\n"
        "    Monitor logging: disabled\n"
        "    Buffer logging: level errors, 0 messages logged\n"
        "    Trap logging: level informational, facility 20, 11 messages logged\n"
        "        Logging to inside 192.168.1.9\n"
    )
    assert one.show("logging setting") == one.show("logging")
    assert "Hide Username" not in state("no SA", "8.2").show("logging")


def on_the_wire(settings: str, host: str = "", line: Line = PHASE_1_COMPLETED) -> str:
    configuration = configured(
        f"hostname asa1\nlogging enable\nlogging trap 7\n{settings}logging host x {HOST} {host}\n"
    )
    (message,) = LogRules(configuration).messages(line, Debugs())
    (said,) = configuration.settings.logging.hosts
    return LogForms(configuration).on_wire(message, START, said)


@pytest.mark.parametrize(
    ("settings", "host", "expected"),
    [
        ("", "", f"<165>%ASA-5-713119: {TEXT}"),
        ("logging facility 23\n", "", f"<189>%ASA-5-713119: {TEXT}"),
        ("logging message 713119 level 3\n", "", f"<163>%ASA-3-713119: {TEXT}"),
        ("logging timestamp\n", "udp/5514", f"<165>Nov 14 2023 22:13:20: %ASA-5-713119: {TEXT}"),
        (
            "logging timestamp\nlogging device-id hostname\n",
            "tcp/1470",
            f"<165>Nov 14 2023 22:13:20 asa1 : %ASA-5-713119: {TEXT}",
        ),
        (
            "logging timestamp rfc5424\nlogging device-id hostname\n",
            "",
            f"<165>2023-11-14T22:13:20Z asa1 : %ASA-5-713119: {TEXT}",
        ),
        ("", "format emblem", f"<165>:%ASA-vpn-5-713119: {TEXT}"),
        (
            "logging timestamp\nlogging device-id hostname\n",
            "format emblem",
            f"<165>:Nov 14 22:13:20 UTC: %ASA-vpn-5-713119: {TEXT}",
        ),
        ("logging timestamp rfc5424\n", "format emblem", f"<165>:2023-11-14T22:13:20Z: %ASA-vpn-5-713119: {TEXT}"),
    ],
)
def test_a_host_gets_the_form_of_public_logs(settings: str, host: str, expected: str) -> None:
    assert on_the_wire(settings, host) == expected


def test_a_message_on_the_wire_is_one_line_whatever_a_peer_put_into_a_name() -> None:
    hostile = Line(PHASE_1_COMPLETED.entry, PHASE_1_COMPLETED.values, About(group="a\n<0>b\x1b[2J", ip="10.0.0.2"))
    assert on_the_wire("", line=hostile) == (
        "<165>%ASA-5-713119: Group = a\\x0a<0>b\\x1b[2J, IP = 10.0.0.2, PHASE 1 COMPLETED"
    )


@pytest.mark.parametrize(
    ("host", "protocol", "port"),
    [("", "udp", 514), ("tcp", "tcp", 1470), ("udp", "udp", 514), ("6/601", "tcp", 601), ("17/5514", "udp", 5514)],
)
def test_a_host_without_a_port_has_the_protocols_own(host: str, protocol: str, port: int) -> None:
    (said,) = configured(f"logging host x {HOST} {host}\n").settings.logging.hosts
    assert (said.way.protocol, said.way.port) == (protocol, port)


@pytest.mark.parametrize(
    ("settings", "debugs", "ids"),
    [
        ("", "crypto ipsec 255", []),
        ("logging debug-trace\n", "crypto ikev1 255", []),
        ("logging debug-trace\n", "crypto ipsec 1", []),
        ("logging debug-trace\n", "crypto ipsec 255", [711001]),
        ("logging debug-trace\nno logging message 711001\n", "crypto ipsec 255", []),
        ("logging debug-trace\nlogging trap informational\n", "crypto ipsec 255", []),
    ],
)
def test_debug_trace_logs_the_lines_that_the_debugs_show(settings: str, debugs: str, ids: list[int]) -> None:
    rules = LogRules(configured(f"logging enable\nlogging trap debugging\n{settings}"))
    assert [message.id for message in rules.messages(SILENT, parse(debugs))] == ids


def test_debug_trace_has_the_bracket_and_comes_beside_the_lines_own_message() -> None:
    log = SystemLog(configured(ON + "logging debug-trace\n"))
    log.trace(log, parse("debug crypto ikev1 127"))
    log.note(PHASE_1_COMPLETED, START)
    assert log.messages == (
        f"%ASA-5-713119: {TEXT}",
        f"%ASA-7-711001: [IKEv1]{TEXT}",
    )


def test_whoever_asks_for_the_log_of_a_device_that_logs_nothing_gets_it() -> None:
    for settings in ("", "logging trap 7\n", "logging enable\n"):
        rules = LogRules(configured(settings), trap=5)
        assert [message.id for message in rules.messages(PHASE_1_COMPLETED, Debugs())] == [713119]
    assert list(LogRules(configured(""), trap=4).messages(PHASE_1_COMPLETED, Debugs())) == []
    assert (
        list(LogRules(configured("logging enable\nlogging trap 3\n"), trap=7).messages(PHASE_1_COMPLETED, Debugs()))
        == []
    )


def test_the_facts_about_hosts_are_messages_of_the_guide() -> None:
    host = {"interface": "inside", "address": IPv4Address(HOST), "port": 1470}
    assert kept(
        ON,
        lines.LOG_HOST_DOWN(**host, permitted="permitted"),
        lines.LOG_MESSAGES_LOST(server="tcp:192.0.2.9:1470", count=3),
        lines.LOG_HOST_RESTORED(**host),
    ) == [
        "%ASA-3-414003: TCP Syslog Server inside:192.0.2.9/1470 not responding, "
        "New connections are permitted based on logging permit-hostdown policy",
        "%ASA-4-199016: 3 messages for the syslog server tcp:192.0.2.9:1470 were lost",
        "%ASA-6-414004: TCP Syslog Server inside:192.0.2.9/1470 - Connection restored",
    ]


def test_the_log_says_who_typed_what_and_cuts_what_is_long() -> None:
    box = Pair(REFERENCE + ON).boxes["a"]
    box.executed("root", "clear  crypto isakmp sa", START)
    box.executed("uid-1000", f"show {'x' * 900}", START, looks=True)
    box.executed("admin", "crypto map MAP interface outside", START, configures_from=IPv4Address("192.0.2.7"))
    box.level_changed("admin", 1, 15, START)
    assert list(box.journal.log.messages) == [
        "%ASA-5-111008: User 'root' executed the 'clear crypto isakmp sa' command.",
        f"%ASA-7-111009: User 'uid-1000' executed cmd: show {'x' * 245}",
        "%ASA-5-111008: User 'admin' executed the 'crypto map MAP interface outside' command.",
        "%ASA-5-111010: User 'admin', running 'CLI' from IP 192.0.2.7, executed 'crypto map MAP interface outside'",
        "%ASA-5-502103: User priv level changed: Uname: admin From: 1 To: 15",
    ]


def test_the_log_says_where_somebody_configures_from_and_saves() -> None:
    box = Pair(REFERENCE + ON).boxes["a"]
    for line in (
        lines.CONFIGURING_BEGUN(place="console"),
        lines.WRITING_BEGUN(place="console", target="memory"),
        lines.WRITING_ENDED(place="console", result="OK"),
        lines.ERASED(place="console"),
    ):
        box.say(line, START)
    assert list(box.journal.log.messages) == [
        "%ASA-5-111007: Begin configuration: console reading from terminal",
        "%ASA-5-111001: Begin configuration: console writing to memory",
        "%ASA-5-111004: console end configuration: OK",
        "%ASA-5-111003: console Erase configuration",
    ]
