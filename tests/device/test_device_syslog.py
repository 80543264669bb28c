"""The system log: which lines go where, and the buffer that `show logging` prints."""

import pytest
from device_configs import configured
from device_pair import START
from show_states import state

from mainmode.base.instant import later, seconds
from mainmode.catalogue import lines
from mainmode.catalogue.entry import About, Line
from mainmode.device.syslog import SystemLog

PHASE_1_COMPLETED: Line = lines.PHASE1_COMPLETED(About(group="10.0.0.2", ip="10.0.0.2"))
"""5-713119."""
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
    silent = lines.COMPLETED_HOST_UPDATE(which="OBSA", spi=7)
    assert silent.entry.syslog_of(silent.values) is None
    assert kept(ON, silent) == []


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
