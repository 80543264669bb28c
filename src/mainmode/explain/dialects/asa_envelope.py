"""The envelope of an ASA's, a PIX's or an FTD's line: clock, host, priority, `%ASA-5-713119: ` or `[IKEv1 DEBUG]: `.

Also which message ids are about the tunnels: a busy box says a hundred other things for each of these.
"""

import re

from mainmode.explain.dialects.asa_dump import HEADS

REACH = 400
"""How far into a line its bracket or message id is sought: collectors put time, host and priority in front."""

_FAMILIES = ("402", "602", "702", "713", "714", "715", "717", "750", "751", "752")
"""The first three digits of the ids that are about IKE and IPsec, certificates included."""
_SINGLE = frozenset(
    """106001 106006 106007 106010 106014 106015 106023 106100 109005 109006 109025 110002 110003 111001 111003 111004
    111007 111008 111009 111010 113003 113004 113005 113006 113008 113009 113011 113012 113013 113014 113015 113016
    113017 113018 113019 113022 113023 199016 305005 305006 305013 313001 313004 313005 315001 315011 316001 316002
    320001 322001 404101 404102 409023 414003 414004 502103 605004 605005 611101 611102 611103 710003 710005 710006
    710007 711001 722051 733100""".split()  # noqa: SIM905 (a table)
)
"""Further ids that may be: denied packets, AAA for the peers, who came in and typed what, debugs in the system log."""
_DENIES = frozenset(
    """106001 106006 106007 106010 106014 106015 106023 106100 110002 110003 305005 305006 305013 313001 313004 313005
    710003 710005 710006""".split()  # noqa: SIM905 (a table)
)
"""Of these only what names IKE, NAT-T or ESP, or inner addresses of a tunnel that may be meant."""
_MEANT = re.compile(
    r"[/(](?:500|4500)\b|protocol[ =]*(?:50|esp)\b|\besp\b|isakmp|\bipsec|asymmetric nat", re.IGNORECASE
)

_ID = re.compile(r"%(?:ASA|PIX|FTD)-(?:-|[A-Za-z_]{1,24}-)?([0-7])-([0-9]{6}):? ?")
_IPSEC = re.compile(r"(?<!Peer: )(?<!Peer:)\bIPSEC(?: DEBUG| INFO| ERROR| WARNING| HA)?(?::|\([a-z_]{1,40}\))")
BRACKET = re.compile(r"\[IKEv1(?:[ -](?:DEBUG|DECODE))?\](?:: ?|, | )?")
_MARKS = ("%ASA-", "[IKEv1", "%FTD-", "%PIX-")
_INSIDE = re.compile(r"%(?:ASA|PIX|FTD)-|\[IKEv1[ \]]")
STAMP = (
    r"(?:[A-Z][a-z]{2} {1,2}[0-9]{1,2} (?:[0-9]{4} )?[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{8,15}(?:Z|[+-][0-9:]{4,6})?)"
)
_CODE = r"%(?:ASA|PIX|FTD)-(?:-|[A-Za-z_]{1,24}-)?[0-7]-[0-9]{6}:? ?(?:\[IKEv1[^\]]{0,8}\]|IPSEC)?"
_DEBUG = (
    r"\[IKEv1(?:[ -](?:DEBUG|DECODE))?\]"
    r"|(?<!Peer: )(?<!Peer:)IPSEC(?: DEBUG| INFO| ERROR| WARNING)?(?::|\([a-z_]{1,40}\))"
)
_HOST = r"(?:[A-Za-z0-9][A-Za-z0-9_.-]{0,62}(?: - - - -)? ?)?"
HEAD = re.compile(
    rf"(?:<[0-9]{{1,3}}>)?:?(?:1 )?(?:{STAMP}(?: [A-Z]{{3,4}}\b)?:? ?{_HOST}:? ?)?{_CODE}"
    rf"|(?:{STAMP}:? ?)?(?:{_DEBUG})|{HEADS}"
)
"""What stands at the beginning of a record."""

OTHERS, OURS, MIXED = 0, 1, 2
SUBJECT = {f"{number:03d}": OTHERS for number in range(1000)}
"""Whether all, none or some of the ids that begin with three digits are about the tunnels."""
SUBJECT.update(dict.fromkeys((one[:3] for one in _SINGLE), MIXED))
SUBJECT.update(dict.fromkeys(_FAMILIES, OURS))


def is_other(number: str, line: str) -> bool:
    """Whether the six digits of a message id say that the line is about another subject; no digits never do."""
    if not number:
        return False
    subject = SUBJECT.get(number[:3], OTHERS)
    if subject == OURS:
        return False
    if subject == OTHERS or number not in _SINGLE:
        return True
    return number in _DENIES and _MEANT.search(line, 0, 2000) is None


def number_of(line: str, at: int) -> str:
    """The six digits of the message id that begins at a place; empty where none does."""
    found = _ID.match(line, at)
    return found[2] if found is not None else ""


_JSON_END = re.compile(r'(?<!\\)"(?=[,}\]])')


def unwrapped(rest: str) -> str:
    """What stood in a string of JSON, which a collector wrapped around the line, without what came after it."""
    end = _JSON_END.search(rest)
    if end is None:
        return rest
    return rest[: end.start()].replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")


def opened(rest: str) -> tuple[str, str]:
    """The message id (empty for a debug line), and the text behind the envelope that `rest` begins with."""
    number = ""
    if rest.startswith("%ASA-") and rest[13:15] == ": ":
        number, rest = rest[7:13], rest[15:]
    else:
        found = _ID.match(rest)
        if found is not None:
            number, rest = found[2], rest[found.end() :]
    if not number or number == "711001":
        bracket = BRACKET.search(rest, 0, 80) if number else BRACKET.match(rest)
        if bracket is not None:
            rest = rest[bracket.end() :]
    return number, rest


_VIEWED = re.compile(
    r"([0-7])\|([A-Z][a-z]{2} [0-9]{1,2} [0-9]{4})\|([0-9]{2}:[0-9]{2}:[0-9]{2})\|([0-9]{6})"
    r"(?:\|[^|\s]{0,64}){0,5}\|(?=\S)"
    r"|([0-7])[ \t]{1,8}([A-Z][a-z]{2} [0-9]{1,2} [0-9]{4})[ \t]{1,8}([0-9]{2}:[0-9]{2}:[0-9]{2})[ \t]{1,8}([0-9]{6})"
    r"[ \t]{1,16}"
)


def viewed(line: str) -> tuple[str, str] | None:
    """Clock and system log form of a line as ASDM's log viewer copies it: `5|Feb 16 2010|14:13:46|713119||||text`,
    or with blanks or tabs between."""
    found = _VIEWED.match(line)
    if found is None:
        return None
    severity, day, clock, number = (one for one in found.groups() if one is not None)
    return f"{day} {clock}", f"%ASA-{severity}-{number}: {line[found.end() :]}"


def start(line: str) -> int:
    """Where the message id, the bracket or the word `IPSEC` begins; -1 where none does within reach."""
    for mark in _MARKS:
        at = line.find(mark, 0, REACH)
        if at >= 0:
            return at
    if line.find("IPSEC", 0, REACH) < 0:
        return -1
    found = _IPSEC.search(line, 0, REACH)
    return -1 if found is None else found.start()


def is_single(rest: str) -> bool:
    """Whether no second record begins behind the first one's envelope."""
    if rest.find("%ASA-", 1) < 0 and rest.find("[IKEv1", 1) < 0 and rest.find("%FTD-", 1) < 0:
        return rest.find("%PIX-", 1) < 0
    found = _INSIDE.search(rest, 1)
    return found is None or (rest.find("711001", 0, 30) >= 0 and _INSIDE.search(rest, found.end()) is None)
