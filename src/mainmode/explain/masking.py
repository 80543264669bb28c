"""Keys in foreign text, as five stars: what a pasted configuration, a key file or a chatty daemon gives away."""

import re

from mainmode.device.config.kinds import HIDDEN

NO_OCTETS = "(octets not shown)"

_HARMLESS_WORDS = """
authentication not is for was were does do did no missing of and in on or with without from to by configured found
mismatch matches match attempt attempts mode method successful failed using used only if as the a an => -> = expired
expires change changed encryption required sha md5 xauth rsa id identity matching length client server ack pam nat
pre-shared exchange payload lookup support enabled disabled exists generate zeroize lifetime bits size chain map peer
set type
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


_WORDS = (
    r"(?:[\w-]{0,40}(?:password|passwd|passphrase|psksecret|secret|psk|pass)|pre-?share(?:d?[-_ ]?key)?|community|key"
    r"|[\w-]{0,40}common-pw)"
)
_COMMANDS = re.compile(
    # commands whose own words say that a key follows: `vpngroup G password K`, `set session-key … cipher K`
    r"(?P<head>^[ \t>|]{0,40}(?:\S{1,64}[#>][ \t]{0,8})?(?:"
    r"(?:(?:no|default)[ \t]+)?(?:vpdn|vpngroup|ip|crypto|isakmp|set|wlccp|cts|server-private|ipsec|ike|left|right|id"
    r"|psk|wpa-psk|key|ssh|authentication|radius-common-pw|ldap-login-password|domain-secret|config-key|pre-shared-secret"
    r"|failover|standby|ntp|ospf|sharedsecret|enable|username|aaa-server|tunnel-group)(?=[ \t])[^\n]{0,200}?"
    rf"(?<![\w-]){_WORDS}(?:[ \t]+(?:level[ \t]+[0-9]{{1,2}}|ENC"
    rf"|(?:[0-9]{{1,3}}[ \t]+)?text|config-key[ \t]+\S{{1,40}}))?"
    r"|(?:ip[ \t]+)?(?:ospf[ \t]+)?(?:message-digest-key|ntp[ \t]+authentication-key|authentication-key)"
    r"(?:[ \t]+[0-9]{1,10}[ \t]+\w{1,20})?"
    r"|standby[ \t]+[0-9]{1,4}[ \t]+authentication(?:[ \t]+text)?"
    r"|set[ \t]+(?:session-key|security-association)[ \t]+\w{1,12}[ \t]+\w{1,4}[ \t]+[0-9]{1,10}(?:[ \t]+cipher)?"
    r"|wpa-psk[ \t]+ascii|psk|(?:key[ \t]+)?config-key[ \t]+password-encrypt(?:ion)?"
    r"|[\w-]{0,40}(?:common-pw|login-password|domain-secret|-secret|sharedsecret)"
    r"|snmp-server[ \t]+host[ \t]+(?:[\w-]{1,40}[ \t]+)?[0-9A-Fa-f.:]{3,45}(?:[ \t]+(?:traps?|informs?|poll))?"
    r"(?:[ \t]+version[ \t]+\S{1,4}(?:[ \t]+(?:auth|noauth|priv))?)?(?:[ \t]+community)?"
    r"|aaa-server[ \t]+\S{1,64}[ \t]+(?:\([\w-]{1,48}\)[ \t]+)?host[ \t]+\S{1,255}"
    rf"))(?P<between>(?:{_SET_OFF})(?:{_TYPE})?)(?P<key>{_VALUE})",
    re.IGNORECASE | re.MULTILINE,
)
_INNER = re.compile(
    # a further key of a command that has two: `auth sha K priv aes 128 K`, `cipher K authenticator K`
    r"(?P<head>\b(?:auth[ \t]+(?:md5|sha[0-9-]{0,4})|priv[ \t]+(?:3?des|aes)(?:[ \t]+(?:128|192|256)(?=[ \t]))?"
    r"|authenticator|cipher))(?P<between>[ \t]{1,40})(?P<key>\S{1,500})",
    re.IGNORECASE,
)
_ASSIGNED = re.compile(
    # `leftpsk=K`, `"secret": "K"`, `<psk>K<`, `Pre-shared key: K`, `preshared key is "K"`
    r"(?P<head>(?:[\w-]{0,40}(?:psk|passw(?:or)?d|passphrase|secret|xauthpass)|pre[-_ ]?shared?[-_ ]?key|shared[-_ ]key"
    r"|(?<![\w-])(?<!id )key)[\"']?)(?P<between>[ \t]{0,40}(?:[:=]|(?<=[\w\"'])>)[ \t]{0,40}|[ \t]+is[ \t]+(?=[\"'])"
    r"|[ \t]+(?=[\"'][^\"'\n]{1,255}[\"'][ \t]*$))(?P<key>\"[^\"\n]{1,500}\"?|'[^'\n]{1,500}'?|[^\s,;\"'<>{}]{1,500})",
    re.IGNORECASE | re.MULTILINE,
)
_SECRETS_FILE = re.compile(
    # `: RSA moon.pem "K"`, `: PIN %smartcard "K"`
    r"(?P<head>:[ \t]+(?:RSA|ECDSA|PIN|P12|PKCS8|PKCS12)[ \t]+\S{1,255})(?P<between>[ \t]+)(?P<key>\"[^\"\n]{1,500}\"?)"
)
_IN_ADDRESS = re.compile(r"(?P<head>://[^\s/:@]{1,128})(?P<between>:)(?P<key>[^\s/@]{1,255})(?=@)")
_ASSIGNS = re.compile(
    r"(?:psk|passwd|password|phrase|secret|xauthpass|key)[\"']?(?:[ \t]*[:=>]|[ \t]+(?:is[ \t]|[\"']))"
)
_KEYED = re.compile(
    r"key[ \t:=-]|pass|secret|communit|psk|:[ \t]*(?:xauth|eap|ntlm)|pin[ \t]*[:=]"
    r"|(?:xauth|eap|ntlm|pin|p12)[ \t]+[\"']"
)
_PASSES: tuple[tuple[re.Pattern[str], re.Pattern[str] | None], ...] = (
    (_IN_ADDRESS, None),
    (_SECRETS_FILE, None),
    (_COMMANDS, None),
    (_INNER, None),
    (_ASSIGNED, _ASSIGNS),
    (_KEYS, _KEYED),
)
"""Each with what it needs to find anything, in small letters, where looking for that is much cheaper."""
_DERIVED = re.compile(
    # what keys are made of and become, `SKEYID_e = …`; an SA of a kernel, `enc cbc(aes) 0x…`, `E: aes-cbc 01234567 …`
    r"(?P<row>(?:\bSKEYID(?:_?[dae])?|\bSK_?[a-z]{1,2}|\bkeymat|\bkey[ _-]?material|\bshared[ _-]secret|\bg\^(?:xy|ir)"
    r"|\b(?:encryption|authentication|auth|enc|cipher|integrity|hash|pre-?shared|session|initial|DH)[ _-]?keys?\b"
    r"|\b(?:enc|auth|auth-trunc|aead)[ \t]+[\w()-]{2,40}|^[ \t]{0,8}[EA]:[ \t]+[\w-]{2,30})"
    r"(?:[ \t]+is)?[ \t]{0,8}(?:=>|[=:]|\()?[ \t]{0,8})(?<![0-9A-Za-z])"
    r"(?:(?:0x)?[0-9A-Fa-f]{8,}(?:[ \t:]+[0-9A-Fa-f]{2,16}\b){0,1024}"
    r"|[0-9A-Fa-f]{2}(?:[ \t:]+[0-9A-Fa-f]{2}\b){2,1024})",
    re.IGNORECASE | re.MULTILINE,
)
_RAW = re.compile(
    r"(?P<row>^\|[ \t]{1,8})[0-9a-fA-F]{2}(?:[ \t]{1,2}[0-9a-fA-F]{2}){0,15}[ \t]*$"
    r"|(?P<offset>\b0x[0-9a-f]{4}:[ \t]+)[0-9a-f]{2,4}(?:[ \t][0-9a-f]{2,4}){0,7}\b[^\n]{0,40}",
    re.MULTILINE,
)


def masked(text: str) -> str:
    """The text with its keys as five stars, and with no dump of octets, which may be keys as well."""
    small = text.lower()
    if _may_tell(small):
        for one, needed in _PASSES:
            if needed is None or needed.search(small) is not None or not text.isascii():
                text = one.sub(_starred, text)
        if _OCTETS.search(small) is not None or not text.isascii():
            text = _DERIVED.sub(_without_octets, text)
    if _may_dump(text) and _HEXADECIMAL.search(text) is not None:
        text = _LAST_ROW.sub(_without_octets, _DUMPS.sub(_without_octets, _RAW.sub(_without_octets, text)))
    return text


_TELLING = (
    *("key", "pass", "secret", "communit", "psk", "xauth", "eap", "ntlm", "pin", "p12", "auth", "priv", "-pw", "://"),
    *("rsa", "pre-share", "preshare", "aaa-server", "snmp-server", "cipher", "enc", "g^", "sk_", "e: "),
    "security-association",
)
"""What stands in every text that holds a key by name, in small letters."""


def _may_tell(text: str) -> bool:
    """Whether a text in small letters may hold a key by name: most lines do not, and are done with at once."""
    for one in _TELLING:  # noqa: SIM110 (a generator takes three times as long, and every kept line comes here)
        if one in text:
            return True
    return False


_OCTETS = re.compile(r"[0-9a-f]{8}|[0-9a-f]{2}[ \t:]+[0-9a-f]{2}[ \t:]+[0-9a-f]{2}")
"""What `_DERIVED` takes out, in small letters."""
_HEXADECIMAL = re.compile(
    r"[0-9]:[ \t]+[0-9A-Fa-f]{2}\b|(?:[0-9A-Fa-f]{2}[ \t:]){8}|[0-9A-Fa-f]{8}[ \t][0-9A-Fa-f]{8}|[0-9A-Fa-f]{40}"
    r"|^\|[ \t]+[0-9A-Fa-f]{2}(?:[ \t]|$)|\b0x[0-9a-f]{4}:",
    re.MULTILINE,
)
_ROW = re.compile(r":[ \t]+[0-9A-Fa-f]{2}\b")
_OFFSET = re.compile(r"0x[0-9a-f]{4}:")
_AS_HEXADECIMAL = str.maketrans("0123456789abcdefABCDEF\t:", "h" * 22 + "  ")
_RUNS = ("hh " * 8, "h" * 8 + " " + "h" * 8, "h" * 40)


def _may_dump(text: str) -> bool:
    """Whether `_HEXADECIMAL` may find something: told from what each of its branches needs, at a tenth of its cost."""
    if _ROW.search(text) is not None or "|" in text or _OFFSET.search(text) is not None:
        return True
    shown = text.translate(_AS_HEXADECIMAL)
    for one in _RUNS:  # noqa: SIM110 (as above)
        if one in shown:
            return True
    return False


def _starred(found: re.Match[str]) -> str:
    key = found["key"].strip("\"'")
    if key.lower().rstrip(".:!)") in _HARMLESS or key.startswith(("*", "<", "(")) or HIDDEN in key:
        return found[0]
    return f"{found['head']}{found['between']}{HIDDEN}"


def _without_octets(found: re.Match[str]) -> str:
    kept = found.groupdict()
    return f"{kept.get('row') or kept.get('offset') or ''}{NO_OCTETS}"
