"""Stored passwords against published hashes: those of John the Ripper, its wiki, and the tests of passlib."""

import base64

import pytest

from mainmode.crypto.passwords import fingerprint, is_right, md5_hash, pbkdf2_hash

PUBLISHED = [
    ("cisco", "", "2KFQnbNIdI.2KYOU"),
    ("hsc", "", "YtT8/k6Np8F1yz2c"),
    ("", "", "8Ry2YjIyt7RRXU24"),
    ("cisco", "john", "hN7LzeyYjw12FSIU"),
    ("cisco", "jack", "7DrfeZ7cyOj/PslD"),
    ("ripper", "alex", "h3mJrcH0901pqX/m"),
    ("cisco", "cisco", "3USUcOPFUiMCO4Jk"),
    ("cisco", "cisco1", "3USUcOPFUiMCO4Jk"),
    ("CscFw-ITC!", "admcom", "lZt7HSIXw3.QP7.R"),
    ("cangetin", "rramsey", "jgBZqYtsWfGcUKDi"),
    ("phonehome", "rharris", "zyIIMSYjiPm0L7a6"),
    ("password", "", "NuLKvvWGg.x9HEKO"),
    ("0123456789abcdef", "", ".7nfVBEIEu4KbF/1"),
    ("01234567", "3", ".z0dT9Alkdc7EIGS"),
    ("01234567", "36", "CC3Lam53t/mHhoE7"),
    ("01234567", "365", "8xPrWpNnBdD2DzdZ"),
    ("0123456789ab", "user", "f.T4BKdzdNkjxQl7"),
    ("0123456789abc", "user", "8Q/FZeam5ai1A47p"),
    ("0123456789abcdef", "user1234", "IneB.wc9sfRzLPoh"),
    ("0123456789abcdefqwertyuiopa", "user", "zynfWw3UtszxLMgL"),
    ("0123456789abcdefqwertyuiopas", "user", "W6nbOddI0SutTK7m"),
    ("0123456789abcdefqwertyuiopasdfgh", "user", "5hPT/iC6DnoBxo6a"),
    ("t\xe1ble", "user", "Og8fB4NyF0m5Ed9c"),
]


@pytest.mark.parametrize(("password", "user", "stored"), PUBLISHED)
def test_the_device_s_own_hash_is_the_published_one(password: str, user: str, stored: str) -> None:
    assert md5_hash(password.encode(), user.encode()) == stored
    assert is_right(password.encode(), stored.encode(), "encrypted", user.encode())
    assert not is_right(password.encode() + b"x", stored.encode(), "encrypted", user.encode())


def test_pbkdf2_is_the_published_function_in_the_device_s_text() -> None:
    # The vector of PBKDF2-HMAC-SHA512 that is widely published; its first 16 octets.
    digest = base64.b64encode(bytes.fromhex("d197b1b33db0143e018b12f3d1d1479e")).decode()
    stored = f"$sha512$4096$c2FsdA==${digest}"
    assert pbkdf2_hash(b"password", b"salt", 4096) == stored
    assert is_right(b"password", stored.encode(), "pbkdf2")
    assert not is_right(b"passwort", stored.encode(), "pbkdf2")


@pytest.mark.parametrize(
    ("stored", "form"),
    [
        ("password", "encrypted"),
        ("password", "pbkdf2"),
        ("password", "nt-encrypted"),
        ("", "encrypted"),
        ("$sha512$4096$c2FsdA==$", "pbkdf2"),
        ("$sha512$4096$c2FsdA==$0Q==", "pbkdf2"),
        ("$sha512$0$c2FsdA==$0ZexsztAsUOeAYsS89HRR54=", "pbkdf2"),
        ("$sha512$9999999$c2FsdA==$0ZexsztAsUOeAYsS89HRR54=", "pbkdf2"),
        ("$sha512$4096$c2FsdA$0ZexsztAsUOeAYsS89HRR54=", "pbkdf2"),
        ("$sha512$4096$c2FsdA==$0ZexsztAsUOeAYsS89HRR5\xe4", "pbkdf2"),
    ],
)
def test_what_is_no_hash_lets_nobody_in(stored: str, form: str) -> None:
    assert not is_right(b"password", stored.encode(), form)


def test_a_password_in_clear_and_one_that_is_too_long_for_its_form() -> None:
    assert is_right(b"secret", b"secret", None)
    assert not is_right(b"secret", b"secreT", None)
    assert not is_right(b"x" * 33, md5_hash(b"x" * 33).encode(), "encrypted")


def test_a_fingerprint_has_colons() -> None:
    assert fingerprint(b"").startswith("e3:b0:c4:42:98:fc")
