"""Names in foreign text: of hosts, groups, users, crypto maps, connections, and what stands in certificates."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple


class Named(NamedTuple):
    """A name and what it is of: host, group, user, map, name, domain, mail, file."""

    kind: str
    name: str


_WELL_KNOWN = """
DefaultL2LGroup DefaultRAGroup DefaultWEBVPNGroup DfltGrpPolicy default none any unknown outside inside dmz management
mgmt self null ipsec-l2l ipsec-ra remote-access standard input stdin log localhost tunnel_group tunnel-group crypto_map
crypto-map a an and are as at be by did do does entry entries exceeded failed failure for found from has have in is
isakmp it matched matching mode not of on or policy profile set sequence start started that the to tunnel tunnels was
were with without type up down all static dynamic crypto map keyring key ipsec ike ikev1 ikev2 esp ah udp tcp ip vpn
group user users username name database lookup local remote peer peers connection connections host address deleted
added removed remove update updated check checking fails proposal request requested attribute attributes authentication
session sessions internal external server client gateway true false yes no cisco asa pix ios router firewall charon
pluto strongswan libreswan openswan syslog kernel daemon info warning error debug notice initiator responder main
aggressive quick initiated terminated rejected accepted expired invalid valid processing process using used use required
"""
"""Words that stand where a name may stand and give nothing away."""
_ORDINARY = frozenset(_WELL_KNOWN.lower().split())
_FILES = "cfg conf log txt c h py so pid pcap pcapng gz json html md d secrets socket service i e g ok"
_ENDINGS = frozenset(_FILES.split())
_WORD = r"[^\s,;:<>\"'()\[\]{}|=]{1,255}"
_UP_TO = r"[^,<>\"\n;]{1,255}?"

_STRICT = (
    ("group", re.compile(rf"\bGroup(?:Policy)?[ ]?=[ ]?<?({_UP_TO})>?(?=[,;]|[ ]+[A-Z]\w* ?=|$)", re.MULTILINE)),
    ("group", re.compile(rf"\b(?:Group|GroupPolicy|TunnelGroup|Tunnel Group) <({_UP_TO})>")),
    ("user", re.compile(rf"\bUser(?:name)?[ ]?=[ ]?[<']?({_UP_TO})[>']?(?=[,;]|[ ]+[A-Z]\w* ?=|$)", re.MULTILINE)),
    ("user", re.compile(rf"\bUser(?:name)? [<']({_UP_TO})[>']")),
    ("map", re.compile(rf"\b(?:map|map_name|crypto map|Map Tag|map tag|dynmap) ?[=:] ?({_WORD})", re.IGNORECASE)),
    ("name", re.compile(rf"\b(?:IKE_SA|CHILD_SA) ({_WORD})(?=[\[{{])")),
    ("name", re.compile(rf"<({_WORD})\|[0-9]{{1,9}}>")),
    ("name", re.compile(r"\"([^\"\s]{1,255})\"(?:\[[0-9]{1,9}\])?(?=:| #[0-9]| [0-9]{1,3}\.)")),
    ("name", re.compile(rf"\b(?:trustpoint|Trustpoint|trustpool)[: ]+<?({_WORD})")),
    ("name", re.compile(r"\b(?:description|remark|banner(?: \w{1,20})?) (\S[^\n]{0,500})")),
    ("file", re.compile(r"([^\s'\"/<>|]{1,255}\.(?:pem|der|crt|cer|p12|pfx|key))\b")),
)
_LOOSE = (
    ("group", re.compile(rf"\btunnel[_-]group(?:-map)?[ ]+({_WORD})", re.IGNORECASE)),
    ("group", re.compile(rf"\b(?:default-)?group[- ]policy ({_WORD})", re.IGNORECASE)),
    ("user", re.compile(rf"\busername ({_WORD})")),
    ("map", re.compile(rf"\bcrypto (?:dynamic-)?map[ :(]{{1,2}}({_WORD})", re.IGNORECASE)),
    ("map", re.compile(rf"\b(?:dynamic-)?map ({_WORD})(?=[ ,]+(?:seq|[0-9]))", re.IGNORECASE)),
    ("map", re.compile(rf"\bcrypto (?:ipsec transform-set|ipsec profile|isakmp profile|keyring) ({_WORD})")),
    (
        "name",
        re.compile(rf"\b(?:access-list|object-group \w+|object network|match address|ip access-list \w+) ({_WORD})"),
    ),
    ("name", re.compile(rf"\b(?:profile|keyring|conn|connection|config) ['\"]({_WORD})", re.IGNORECASE)),
    ("name", re.compile(rf"(?:^[> ]*|\bisakmp )(?:profile|keyring|conn) ({_WORD})", re.IGNORECASE | re.MULTILINE)),
    ("name", re.compile(rf"\b(?:profile|keyring) ((?=[^\s]*[A-Z0-9_-]){_WORD})")),
    ("host", re.compile(rf"^[> ]*(?:hostname|switchname|domain-name) ({_WORD})", re.MULTILINE)),
    (
        "host",
        re.compile(
            r"^[> ]*([A-Za-z][\w.-]{0,62})(?:\([\w-]{1,40}\)|/[\w/-]{1,40})?[#>](?=[ ]?[a-z]|[ ]*$)", re.MULTILINE
        ),
    ),
)
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}")
_AT = re.compile(r"(?<![\w.+-])@([A-Za-z][\w.-]{1,253}\w)")
_DOMAIN = re.compile(
    r"(?<![\w.@/-])(?:[A-Za-z0-9_](?:[\w-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}(?![\w-]|\.\w|/[\w.-])"
)
_DISTINGUISHED = re.compile(r"\b(?:cn|dc|unstructuredname|emailaddress)[ ]?=", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"\b(?:cn|ou|o|l|st|s|c|e|dc|ea|sn|gn|uid|serialnumber|unstructuredname|unstructuredaddress|emailaddress|hostname)"
    r"[ ]?=[ ]?(\"[^\"\n]{1,255}\"|[^,/\"'\n\])<>;=]{1,255}?)(?=[ ]*(?:[,/\"'\])>;\n]|$)|[ ]+\w{1,20}[ ]?=)",
    re.IGNORECASE,
)


def names_in(text: str) -> Iterator[Named]:
    """The names that a text has where devices print names, in no particular order; some may be ordinary words."""
    for kind, pattern in _STRICT:
        for found in pattern.findall(text):
            yield Named(kind, found.strip())
    for kind, pattern in _LOOSE:
        for found in pattern.findall(text):
            if found.lower() not in _ORDINARY and not found[0].isdigit():
                yield Named(kind, found.strip(".'\""))
    if "@" in text:
        for found in _MAIL.findall(text):
            yield Named("mail", found)
        for found in _AT.findall(text):
            yield Named("domain", found)
    for found in _DOMAIN.findall(text):
        if found.rpartition(".")[2].lower() not in _ENDINGS:
            yield Named("domain", found)
    if _DISTINGUISHED.search(text):
        for found in _ATTRIBUTE.findall(text):
            yield Named("name", found.strip('" '))


def is_telling(name: str) -> bool:
    """Whether a name that a structure gives may be told from the words around it, so that it is sought everywhere."""
    return len(name) > 2 and name.lower() not in _ORDINARY and not name.isdigit()


def replaced_in_place(text: str, instead: Callable[[str], str]) -> str:
    """The text with what stands where only a name can stand replaced, be it an ordinary word or a single letter."""
    for _, pattern in _STRICT:
        text = pattern.sub(lambda found: _swapped(found, instead), text)
    return text


def _swapped(found: re.Match[str], instead: Callable[[str], str]) -> str:
    start, end = found.start(1) - found.start(), found.end(1) - found.start()
    name = found[1]
    return found[0][:start] + (name if name.lower() in _ORDINARY else instead(name)) + found[0][end:]
