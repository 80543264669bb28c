"""The hashes in which a device keeps passwords: MD5 of its own kind (`encrypted`), and PBKDF2 with SHA-512 (`pbkdf2`).

Both are public, by those who had to migrate devices: passlib's cisco_asa, and the makers of such hashes.
"""

import base64
import binascii
import hashlib
import hmac
import re

ROUNDS = 5000
"""Rounds of PBKDF2 in the hashes that a device makes."""
SALT_OCTETS = 16
_MOST_ROUNDS = 1_000_000
_DIGITS = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PBKDF2 = re.compile(r"\$sha512\$([1-9]\d{0,6})\$([A-Za-z0-9+/]{1,88}={0,2})\$([A-Za-z0-9+/]{1,88}={0,2})", re.ASCII)
_LONGEST = 32


def md5_hash(password: bytes, user: bytes = b"") -> str:
    """The 16 characters of `encrypted`. `user` is the user's name; empty for `enable password`.

    Up to 27 octets of a password are followed by the first four of the name, repeated where it is shorter. The digest
    is of all that, filled up with zeros to 16 or 32 octets; every fourth octet of it is left out.
    """
    salted = password + (user * 4)[:4] if user and len(password) < 28 else password
    filled = salted[:_LONGEST].ljust(32 if len(salted) > 16 else 16, b"\0")
    digest = hashlib.md5(filled, usedforsecurity=False).digest()
    kept = (digest[at : at + 3] for at in range(0, 16, 4))
    return "".join(_DIGITS[int.from_bytes(three, "little") >> shift & 63] for three in kept for shift in (0, 6, 12, 18))


def pbkdf2_hash(password: bytes, salt: bytes, rounds: int = ROUNDS) -> str:
    """The text of `pbkdf2`: `$sha512$ROUNDS$SALT$HASH`, both in base64, 16 octets of hash. Takes milliseconds."""
    digest = hashlib.pbkdf2_hmac("sha512", password, salt, rounds, 16)
    return f"$sha512${rounds}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def is_right(password: bytes, stored: bytes, form: str | None, user: bytes = b"") -> bool:
    """Whether a password is the stored one; `form` is as a configuration says it, None for one kept in clear.

    False for a hash that is none, and for forms that are not known. The time it takes tells nothing of the password.
    """
    if form is None:
        return hmac.compare_digest(password, stored)
    if form == "encrypted":
        return len(password) <= _LONGEST and hmac.compare_digest(md5_hash(password, user).encode(), stored)
    return form == "pbkdf2" and _is_right_by_pbkdf2(password, stored)


def _is_right_by_pbkdf2(password: bytes, stored: bytes) -> bool:
    found = _PBKDF2.fullmatch(stored.decode("latin-1"))
    if found is None or int(found[1]) > _MOST_ROUNDS:
        return False
    try:
        salt, wanted = (base64.b64decode(found[group], validate=True) for group in (2, 3))
    except (binascii.Error, ValueError):
        return False
    digest = hashlib.pbkdf2_hmac("sha512", password, salt, int(found[1]), len(wanted))
    return len(wanted) >= 16 and hmac.compare_digest(digest, wanted)


def fingerprint(blob: bytes) -> str:
    """The SHA-256 of a public key as a configuration shows it: octets with colons."""
    return hashlib.sha256(blob).digest().hex(":")
