"""Who is let in by the users and passwords of a configuration, and what is kept of a password typed in clear."""

import asyncio
import base64
import hashlib

import pytest

from mainmode.base.secret import Secret
from mainmode.console.passwords import LocalUsers, hashed
from mainmode.device.config import read
from mainmode.device.running import GLOBAL, Running

BLOB = b"\0\0\0\x07ssh-rsa and what follows"
DIGEST = hashlib.sha256(BLOB).digest().hex(":")
TEXT = f"""hostname fw
enable password 2KFQnbNIdI.2KYOU encrypted
enable password five level 5
username ann password clear-a privilege 15
username john password hN7LzeyYjw12FSIU encrypted privilege 3
username pia password $sha512$4096$c2FsdA==$0ZexsztAsUOeAYsS89HRR54= pbkdf2
username sam password ***** pbkdf2
username cat nopassword
username kim nopassword
username kim attributes
 service-type remote-access
 ssh authentication publickey {DIGEST} hashed
username ann attributes
 ssh authentication publickey {base64.b64encode(BLOB).decode()}
"""


def users(*more: str, guessing: bool = False) -> LocalUsers:
    return LocalUsers(read(TEXT + "".join(f"{line}\n" for line in more), "t.cfg"), guessing=guessing)


def admitted(name: str, password: str, *more: str) -> int | None:
    return asyncio.run(users(*more).admits(name, Secret(password.encode())))


def enabled(password: str, *more: str, user: str = "", level: int = 15, guessing: bool = False) -> bool:
    return asyncio.run(users(*more, guessing=guessing).enables(user, Secret(password.encode()), level))


@pytest.mark.parametrize(
    ("name", "password", "privilege"),
    [
        ("ann", "clear-a", 15),
        ("ann", "clear-b", None),
        ("ann", "", None),
        ("john", "cisco", 3),
        ("john", "john", None),
        ("jack", "cisco", None),
        ("sam", "*****", None),
        ("cat", "whatever", 2),
        ("pia", "x" * 300, None),
    ],
)
def test_a_user_is_let_in_by_the_stored_password(name: str, password: str, privilege: int | None) -> None:
    assert admitted(name, password) == privilege


def test_enable_asks_for_the_password_of_the_level() -> None:
    assert enabled("cisco")
    assert not enabled("")
    assert not enabled("five")
    assert enabled("five", level=5)
    assert enabled("cisco", level=7)
    assert enabled("", "no enable password")


def test_with_aaa_the_user_s_own_password_enables() -> None:
    line = "aaa authentication enable console LOCAL"
    assert enabled("clear-a", line, user="ann")
    assert not enabled("cisco", line, user="ann")
    assert enabled("cisco", line)
    assert enabled("cisco", "aaa authentication enable console TACACS", user="ann")


def test_stars_are_open_only_where_a_lab_guesses() -> None:
    line = "enable password ***** pbkdf2"
    assert not enabled("", line)
    assert not enabled("*****", line)
    assert enabled("", line, guessing=True)


def test_ssh_follows_aaa_and_the_service_type() -> None:
    async def ssh(name: str, password: str, *more: str) -> bool:
        return await users(*more).admits_to_ssh(name, Secret(password.encode())) is not None

    assert asyncio.run(ssh("ann", "clear-a"))
    assert not asyncio.run(ssh("ann", "wrong"))
    assert asyncio.run(ssh("ann", "clear-a", "aaa authentication ssh console RAD LOCAL"))
    assert not asyncio.run(ssh("ann", "clear-a", "aaa authentication ssh console RAD"))
    assert asyncio.run(ssh("kim", "x"))
    assert not asyncio.run(ssh("kim", "x", "aaa authorization exec LOCAL"))


def test_a_key_lets_its_user_in() -> None:
    assert users().has_key("ann", BLOB) is not None
    assert users().has_key("ann", BLOB + b"x") is None
    assert users().has_key("kim", BLOB) is not None
    assert users().has_key("kim", BLOB[1:]) is None
    assert users("aaa authorization exec LOCAL").has_key("kim", BLOB) is None
    assert users().has_key("john", BLOB) is None
    assert users().has_key("nobody", BLOB) is None


def test_a_session_begins_privileged_only_with_auto_enable() -> None:
    def first(*more: str) -> int:
        door = users(*more)
        found = door.has_key("ann", BLOB)
        assert found is not None
        return door.first_privilege(found)

    assert first() == 1
    assert first("aaa authorization exec LOCAL") == 1
    assert first("aaa authorization exec LOCAL auto-enable") == 15


def test_a_password_typed_in_clear_is_kept_as_a_hash() -> None:
    running = Running("hostname fw\nusername old password at-first\n", "t.cfg", hashed)
    for line in ("username new password Typ3d privilege 15", "enable password 3nable", "passwd t3lnet"):
        assert running.type(GLOBAL, line).fault is None
    saved = running.save()
    assert [word for word in ("at-first", "Typ3d", "3nable", "t3lnet") if word in saved] == []
    assert "username new password ***** pbkdf2 privilege 15\n" in running.text()
    again = LocalUsers(read(saved, "t.cfg"))
    assert asyncio.run(again.admits("new", Secret(b"Typ3d"))) == 15
    assert asyncio.run(again.admits("old", Secret(b"at-first"))) == 2
    assert asyncio.run(again.enables("", Secret(b"3nable"), 15))
    assert "passwd ***** encrypted\n" in running.text()
    assert Running(saved, "t.cfg", hashed).save() == saved


def test_a_device_of_8_2_keeps_its_own_hash() -> None:
    running = Running("username john password cisco\ncrypto isakmp enable outside\n", "t.cfg", hashed)
    assert "username john password hN7LzeyYjw12FSIU encrypted\n" in running.text(reveal=True)


def test_two_hashes_of_one_password_differ() -> None:
    first, second = (hashed(Secret(b"same"), "ann", False) for _ in range(2))
    assert first[0] == second[0] == "pbkdf2"
    assert first[1] != second[1]
