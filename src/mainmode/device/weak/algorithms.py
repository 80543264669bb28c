"""The algorithms that should not be used any more, in the configuration's words, and what is wrong with each."""

from collections.abc import Iterable

_DES = "a key of 56 bits is found by trying all within days"
_SHORT_BLOCKS = "blocks of 64 bits repeat in long use and give plaintext away (Sweet32, CVE-2016-2183)"
_MD5 = "MD5 is broken as a hash, and nothing should rest on it any more (RFC 6151)"
_SMALL = "its logarithm is in reach of who precomputes it once for all users of the group (Logjam, CVE-2015-4000)"
_AGED = "it is about 90 bits strong, and not to be used any more (RFC 8247)"
_RFC_5114 = "it has small subgroups, and nobody knows where its prime comes from (RFC 8247)"

WEAK_WORDS = {
    "des": _DES,
    "esp-des": _DES,
    "3des": _SHORT_BLOCKS,
    "esp-3des": _SHORT_BLOCKS,
    "esp-null": "nothing is encrypted",
    "md5": _MD5,
    "esp-md5-hmac": _MD5,
}
"""Ciphers and hashes. SHA-1 is none of them: what breaks it as a hash does not break HMAC-SHA-1 (RFC 6194 §3.3), and a
device of the older releases has nothing better."""

NO_AUTHENTICATION = "esp-none"
WHY_NO_AUTHENTICATION = "anybody on the way can change what the tunnel carries, and what comes again is not noticed"
"""Not with AES-GCM, which authenticates by itself."""

WEAK_GROUPS = {1: _SMALL, 2: _SMALL, 5: _AGED, 22: _RFC_5114, 23: _RFC_5114, 24: _RFC_5114}
"""Diffie-Hellman groups: those below 14, and those of RFC 5114."""

INSTEAD = {
    "des": "encryption aes-256",
    "3des": "encryption aes-256",
    "md5": "hash sha",
    "group": "group 14",
    "pfs": "set pfs group14",
    "esp": "esp-aes-256 esp-sha-hmac",
}
"""What to type in place of what is weak, by the word or the kind of it. All releases have it but for group 14."""

DAY = 86400
"""Seconds. With a longer phase 1 and no PFS all keys of more than a day come from one Diffie-Hellman exchange."""


def weak_words(words: Iterable[str], group: int | None) -> tuple[str, ...]:
    """What of a proposal is weak, as the configuration spells it; a group as `group 2`."""
    words = tuple(words)
    weak = [word for word in words if word in WEAK_WORDS]
    if lacks_authentication(words):
        weak.append(NO_AUTHENTICATION)
    if group is not None and group in WEAK_GROUPS:
        weak.append(f"group {group}")
    return tuple(weak)


def lacks_authentication(words: Iterable[str]) -> bool:
    """Whether a transform set authenticates nothing."""
    words = tuple(words)
    return NO_AUTHENTICATION in words and not any(word.startswith("esp-aes-gcm") for word in words)
