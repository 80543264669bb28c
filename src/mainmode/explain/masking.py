"""Keys in foreign text, as five stars: what a pasted configuration, a key file or a chatty daemon gives away."""

import re

from mainmode.device.config.kinds import HIDDEN

NO_OCTETS = "(octets not shown)"

_HARMLESS_WORDS = """
authentication not is for was were does do did no missing of and in on or with without from to by configured found
mismatch matches match attempt attempts mode method successful failed using used only if as the a an => -> = expired
expires change changed encryption required sha md5 xauth rsa id identity
"""
_HARMLESS = frozenset(_HARMLESS_WORDS.split())
_SET_OFF = r"[ \t]{0,40}[=:][ \t]{0,40}|[ \t]{1,40}"
_TYPE = r"(?:[0-9]|encrypted|clear|nt-encrypted|mschap|pbkdf2|hex|ascii-text)[ \t]+"
_VALUE = r"\"[^\"\n]{0,500}\"?|'[^'\n]{0,500}'?|[^\s,;\"']{1,500}"
_KEYS = re.compile(
    r"(?P<head>"
    # `pre-shared-key K`, `pre-shared-key local K`, `pre-shared-key address A [MASK] key K`
    r"\bpre-?shared-key(?:[ \t]+(?:address|hostname)[ \t]+\S{1,255}(?:[ \t]+[0-9.]{7,15})?[ \t]+key"
    r"|[ \t]+(?:local|remote))?"
    # `crypto isakmp key K address A`, `key-string K`, `failover key K`, `crypto keyring … key K`
    r"|\b(?:isakmp|failover|tacacs-server|radius-server)[ \t]+key|\bkey-string|\bkey-secret|^[ \t>]*key(?=[ \t])"
    # `enable secret K`, `username N password K`, `snmp-server community K`
    r"|\b(?:password|passwd|passphrase|secret|community|shared-secret|psk|xauthpass|pin)(?=[ \t]*[=:])"
    r"|^[ \t>]*(?:\S{1,64}[#>][ \t]*)?"
    r"(?:enable|username|snmp-server|aaa-server|ldap|radius|tacacs|neighbor|line|ppp|user)\b"
    r"[^\n]{0,200}?[ \t](?:password|passwd|secret|community|key)"
    r"|^[ \t>]*(?:passwd|password|secret|enable[ \t]+password)(?=[ \t])"
    # `: PSK "K"` of ipsec.secrets and its kin
    r"|\b(?:PSK|XAUTH|EAP|NTLM|PIN|P12)(?=[ \t]+[\"'])"
    r"|:[ \t]*(?:PSK|XAUTH|EAP|NTLM)(?=[ \t]))"
    rf"(?P<between>(?:{_SET_OFF})(?:{_TYPE})?)(?P<key>{_VALUE})",
    re.IGNORECASE | re.MULTILINE,
)
_DUMPS = re.compile(
    # a row with its offset, `16: 1A 2B 3C`; a row of pluto's, `|   1a 2b 3c 4d`; nine octets or five words in a row
    r"(?P<row>\b[0-9]{1,5}:[ \t]+|^\|[ \t]+)(?:[0-9A-Fa-f]{2}[ \t]+){3,64}[0-9A-Fa-f]{2}\b[^\n]{0,80}"
    r"|\b(?:[0-9A-Fa-f]{2}[ \t:]+){8,4096}[0-9A-Fa-f]{2}\b"
    r"|\b(?:[0-9A-Fa-f]{8}[ \t]+){4,1024}[0-9A-Fa-f]{8}\b"
    r"|\b(?:0x)?[0-9A-Fa-f]{40,}\b",
    re.MULTILINE,
)
_LAST_ROW = re.compile(r"(?P<row>\b[0-9]{1,5}:[ \t]+)(?:[0-9A-F]{2}[ \t]*){1,16}(?=$|[ \t]{2})", re.MULTILINE)


def masked(text: str) -> str:
    """The text with its keys as five stars, and with no dump of octets, which may be keys as well."""
    if _TELLS.search(text) is not None:
        text = _KEYS.sub(_starred, text)
    if _HEXADECIMAL.search(text) is not None:
        text = _LAST_ROW.sub(_without_octets, _DUMPS.sub(_without_octets, text))
    return text


_TELLS = re.compile(r"key|pass|secret|communit|psk|xauth|eap|ntlm|pin|p12", re.IGNORECASE)
_HEXADECIMAL = re.compile(
    r"[0-9]:[ \t]+[0-9A-F]{2}\b|(?:[0-9A-Fa-f]{2}[ \t:]){4}|[0-9A-Fa-f]{8}[ \t][0-9A-Fa-f]{8}|[0-9A-Fa-f]{40}"
)


def _starred(found: re.Match[str]) -> str:
    key = found["key"]
    if key.strip("\"'").lower() in _HARMLESS or key.startswith(("*", "<", "(")):
        return found[0]
    return f"{found['head']}{found['between']}{HIDDEN}"


def _without_octets(found: re.Match[str]) -> str:
    return f"{found['row'] or ''}{NO_OCTETS}"
