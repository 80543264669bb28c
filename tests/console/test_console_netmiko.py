"""netmiko's `cisco_asa` at a device of a lab, as people use it: it is the judge of what the prompt says and echoes."""

import io
import re
from collections.abc import Iterator

import pytest
from lab_rig import devices
from netmiko import ConnectHandler, NetmikoAuthenticationException
from netmiko.base_connection import BaseConnection
from ssh_rig import LOOPBACK, USERS, Served, served

PLAIN = "username cat password hush-cat privilege 15\nenable password 3nable\n"
PING = "ping inside 192.168.2.1"


@pytest.fixture(scope="module")
def lab() -> Iterator[Served]:
    """The packaged pair, with users."""
    with served(devices(USERS, USERS + PLAIN)) as one:
        yield one


def device(lab: Served, number: int = 0, **options: object) -> BaseConnection:
    """A connection of netmiko."""
    patient = {"conn_timeout": 30, "banner_timeout": 30, "auth_timeout": 30, "read_timeout_override": 60}
    settings = {**patient, "username": "ann", "password": "hush-ann", "secret": "3nable", **options}
    return ConnectHandler(device_type="cisco_asa", host=LOOPBACK, port=lab.ports[number], **settings)


def parsed(connection: BaseConnection, command: str) -> list[dict[str, str]]:
    """A show command's output by the template that netmiko has for it."""
    found = connection.send_command(command, use_textfsm=True)
    assert isinstance(found, list), found
    return found


@pytest.mark.filterwarnings("ignore:path is deprecated:DeprecationWarning")
def test_it_connects_enables_and_reads_shows(lab: Served) -> None:
    with device(lab, 1, username="cat", password="hush-cat") as connection:
        assert connection.find_prompt() == "asa2#"
        assert connection.check_enable_mode()
        connection.exit_enable_mode()
        assert connection.find_prompt() == "asa2>"
        connection.enable()
        assert connection.find_prompt() == "asa2#"
        assert "Username" in connection.send_command("show curpriv")
        assert "ERROR: % Invalid input" in connection.send_command("show me the way")
        interfaces = parsed(connection, "show interface")
        assert [(one["interface"], one["interface_zone"]) for one in interfaces] == [
            ("GigabitEthernet0/0", "inside"),
            ("GigabitEthernet0/1", "outside"),
        ]


def test_a_wrong_password_is_an_authentication_error(lab: Served) -> None:
    with pytest.raises(NetmikoAuthenticationException):
        device(lab, password="wrong")


def test_a_configuration_set_breaks_the_tunnel_and_another_repairs_it(lab: Served) -> None:
    log = io.BytesIO()
    with device(lab, session_log=log) as connection:
        assert "!!!!" in connection.send_command(PING)
        assert "MM_ACTIVE" in connection.send_command("show crypto isakmp sa")
        typed = connection.send_config_set(["crypto isakmp policy 10", "group 5", "encryption aes"])
        assert "asa1(config-isakmp-policy)# group 5" in typed
        assert "ERROR" not in typed
        assert connection.find_prompt() == "asa1#"
        connection.send_command("clear crypto isakmp sa")
        assert "Success rate is 0 percent" in connection.send_command(PING)
        assert "MM_ACTIVE" not in connection.send_command("show crypto isakmp sa")
        connection.send_config_set(["crypto isakmp policy 10", "group 2", "encryption 3des"])
        # The negotiation under way still offers what was configured when it began.
        connection.send_command("clear crypto isakmp sa")
        assert "!!!!" in connection.send_command(PING)
        assert "MM_ACTIVE" in connection.send_command("show crypto isakmp sa")
        saved = connection.save_config()
        assert "Building configuration..." in saved
        assert "[OK]" in saved
        assert connection.send_command("show startup-config").count("group 2") == 1
    text = log.getvalue().decode("ascii")
    assert re.findall(r"[^\n -~]", text) == []
    prompts = re.findall(r"^asa1(?:\(config[\w-]*\))?[#>] .*$", text, re.M)
    typed_lines = [line.partition("# ")[2] for line in prompts]
    assert typed_lines.count("group 5") == typed_lines.count("group 2") == 1
    assert typed_lines.count("write mem") == 1
    assert "# asa1" not in text
    assert "hush" not in text
    assert "3nable" not in text


def test_what_netmiko_sends_first_is_understood(lab: Served) -> None:
    log = io.BytesIO()
    with device(lab, session_log=log) as connection:
        connection.find_prompt()
    assert b"ERROR" not in log.getvalue()
