"""Users, passwords, `aaa` and `ssh` in a configuration: what is read of them, and that no password is ever shown."""

import pytest

from mainmode.base.secret import Secret
from mainmode.device.config import Severity, read, running_config
from mainmode.device.config.model import (
    ClientNetwork,
    ExecAuthorization,
    OpenLogin,
    Password,
    PasswordLogin,
    PublicKey,
    StoredPassword,
)

TEXT = """hostname fw
enable password hush-e level 5
enable password $sha512$5000$c2FsdA==$aGFzaC1l pbkdf2
passwd f7gMFShMYjK/28tA encrypted
banner motd Authorised people only
banner motd   and their cats
aaa authentication ssh console RAD LOCAL
aaa authorization exec LOCAL auto-enable
pager lines 0
ssh 10.1.0.0 255.255.0.0 inside
ssh ::/0 inside
ssh timeout 30
ssh version 1 2
ssh key-exchange group dh-group14-sha256
ssh key-exchange hostkey eddsa
ssh cipher encryption high
telnet 10.1.0.0 255.255.0.0 inside
console timeout 7
username ann password hush-a privilege 15
username bob password .32Q0uZ55HFO9s6g encrypted
username bob attributes
 service-type remote-access
 vpn-group-policy G
 ssh authentication publickey 1e:6b:02 hashed
username cat nopassword privilege 3
"""


def test_users_are_read() -> None:
    configuration = read(TEXT, "t.cfg")
    assert configuration.problems == ()
    ann, bob, cat = configuration.users.values()
    assert ann.login is not None
    assert ann.login.value == PasswordLogin(Password(Secret(b"hush-a")), None, 15)
    assert (ann.privilege, bob.privilege, cat.privilege) == (15, 2, 3)
    assert bob.login is not None
    assert bob.login.value.stored == StoredPassword(Password(Secret(b".32Q0uZ55HFO9s6g")), "encrypted")
    assert (ann.service_type.value, bob.service_type.value) == ("admin", "remote-access")
    assert bob.public_key is not None
    assert bob.public_key.value == PublicKey("1e:6b:02", hashed=True)
    assert cat.login is not None
    assert cat.login.value == OpenLogin(3)


def test_what_stands_once_is_read() -> None:
    configuration = read(TEXT, "t.cfg")
    said = configuration.settings.administration
    assert said.enable_password is not None
    assert said.enable_password.value.form == "pbkdf2"
    assert configuration.enable_passwords[5].stored.value == StoredPassword(Password(Secret(b"hush-e")))
    assert configuration.authenticators["ssh"].servers.value == ("RAD", "LOCAL")
    assert said.exec_authorization is not None
    assert said.exec_authorization.value == ExecAuthorization("LOCAL", auto_enable=True)
    assert (said.ssh_timeout.value, said.console_timeout.value, said.pager.value) == (30, 7, 0)
    assert isinstance(said.ssh_clients[0], ClientNetwork)
    assert said.ssh_clients[0].interface == "inside"
    assert [one.text for one in said.banners] == ["Authorised people only", "and their cats"]


def test_what_is_not_said_is_as_on_a_new_device() -> None:
    said = read("hostname fw\n", "t.cfg").settings.administration
    assert (said.ssh_timeout.value, said.console_timeout.value, said.pager.value, said.terminal_width.value) == (
        *(5, 0, 24),
        80,
    )
    assert (said.enable_password, said.exec_authorization, said.ssh_clients) == (None, None, ())


def test_no_password_is_shown_but_where_the_keys_are_asked_for() -> None:
    configuration = read(TEXT, "t.cfg")
    shown = "\n".join([repr(configuration), *configuration.lines, running_config(configuration)])
    assert [secret for secret in ("hush", "aGFzaC1l", ".32Q0uZ55HFO9s6g", "f7gMFShMYjK") if secret in shown] == []
    listing = running_config(configuration)
    assert "username ann password ***** privilege 15\n" in listing
    assert "username bob password ***** encrypted\n" in listing
    assert "enable password ***** pbkdf2\nenable password ***** level 5\n" in listing
    assert read(running_config(configuration, reveal_keys=True), "t.cfg") == configuration


def test_stars_are_a_password_that_nobody_knows() -> None:
    configuration = read("username ann password ***** pbkdf2 privilege 15\nenable password *****\n", "t.cfg")
    assert configuration.users["ann"].login is not None
    assert configuration.users["ann"].login.value.password == Password(None)
    assert "username ann password ***** pbkdf2 privilege 15\n" in running_config(configuration, reveal_keys=True)


@pytest.mark.parametrize(
    ("line", "gone"),
    [
        ("no username ann", "username ann"),
        ("no username bob password .32Q0uZ55HFO9s6g encrypted", "username bob"),
        ("no enable password level 5", "level 5"),
        ("no enable password", "enable password ***** pbkdf2"),
        ("no ssh 10.1.0.0 255.255.0.0 inside", "ssh 10.1.0.0"),
        ("no ssh timeout", "ssh timeout"),
        ("no aaa authentication ssh console", "aaa authentication ssh"),
        ("no aaa authorization exec LOCAL auto-enable", "aaa authorization"),
        ("no banner motd Authorised people only", "Authorised"),
    ],
)
def test_lines_are_taken_back(line: str, gone: str) -> None:
    before, after = (running_config(read(text, "t.cfg")) for text in (TEXT, f"{TEXT}{line}\n"))
    assert gone in before
    assert gone not in after


@pytest.mark.parametrize(
    "line",
    [
        "username",
        "username ann",
        "username ann password",
        "username ann password x privilege 16",
        "username nobody attributes",
        "ssh timeout 61",
        "ssh 10.1.0.0 inside",
        "aaa authentication ssh LOCAL",
        "enable password x level 16",
    ],
)
def test_wrong_lines_are_told(line: str) -> None:
    problems = read(f"username ann nopassword\n{line}\n", "t.cfg").problems
    assert [one.severity for one in problems if one.line == 2] == [Severity.ERROR]
