"""The envelope of an ASA's, a PIX's or an FTD's line: clock, host, priority, `%ASA-5-713119: ` or `[IKEv1 DEBUG]: `.

Also which message ids are about the tunnels: a busy box says a hundred other things for each of these.
"""

import re

REACH = 400
"""How far into a line its bracket or message id is sought: collectors put time, host and priority in front."""

_FAMILIES = ("402", "602", "702", "713", "714", "715", "717", "750", "751", "752")
"""The first three digits of the ids that are about IKE and IPsec, certificates included."""
_SINGLE = frozenset(
    """106001 106006 106007 106010 106014 106015 106023 106100 109005 109006 109025 110002 110003 111008 111009 113003
    113004 113005 113006 113008 113009 113011 113012 113013 113014 113015 113016 113017 113018 113019 113022 113023
    199016 305005 305006 305013 313001 313004 313005 316001 316002 320001 322001 404101 404102 409023 414003 414004
    611101 611102 611103 710003 710005 710006 710007 711001 722051""".split()  # noqa: SIM905 (a table)
)
"""Further ids that may be: denied packets, AAA for the peers, commands, debug lines in the system log."""
_DENIES = frozenset(
    """106001 106006 106007 106010 106014 106015 106023 106100 110002 110003 305005 305006 305013 313001 313004 313005
    710003 710005 710006""".split()  # noqa: SIM905 (a table)
)
"""Of these only what names IKE, NAT-T or ESP, or inner addresses of a tunnel that may be meant."""
_MEANT = re.compile(
    r"[/(](?:500|4500)\b|protocol[ =]*(?:50|esp)\b|\besp\b|isakmp|\bipsec|asymmetric nat", re.IGNORECASE
)

_ID = re.compile(r"%(?:ASA|PIX|FTD)-(?:-|[A-Za-z_]{1,24}-)?([0-7])-([0-9]{6}):? ?")
BRACKET = re.compile(r"\[IKEv1(?:[ -](?:DEBUG|DECODE))?\](?:: ?|, | )?")
_INSIDE = re.compile(r"%(?:ASA|PIX|FTD)-|\[IKEv1[ \]]")
_STAMP_HEAD = (
    r"(?:[A-Z][a-z]{2} {1,2}[0-9]{1,2} (?:[0-9]{4} )?[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{8,15}(?:Z|[+-][0-9:]{4,6})?)"
)
_CODE = r"%(?:ASA|PIX|FTD)-(?:-|[A-Za-z_]{1,24}-)?[0-7]-[0-9]{6}:? ?(?:\[IKEv1[^\]]{0,8}\]|IPSEC)?"
_DEBUG = r"\[IKEv1(?:[ -](?:DEBUG|DECODE))?\]|IPSEC(?: DEBUG| INFO| ERROR| WARNING)?(?::|\([a-z_]{1,40}\))"
_HOST = r"(?:[A-Za-z0-9][A-Za-z0-9_.-]{0,62} ?(?:- - - - )?)?"
HEAD = re.compile(
    rf"(?:<[0-9]{{1,3}}>)?:?(?:1 )?(?:{_STAMP_HEAD}(?: [A-Z]{{3,4}})?:? ?)?{_HOST}:? ?{_CODE}"
    rf"|(?:{_STAMP_HEAD}:? ?)?(?:{_DEBUG})"
)
"""What stands at the beginning of a record."""

_SUBJECT = {f"{number:03d}": 0 for number in range(1000)}
_SUBJECT.update(dict.fromkeys((one[:3] for one in _SINGLE), 2))
_SUBJECT.update(dict.fromkeys(_FAMILIES, 1))


def is_other(number: str, line: str) -> bool:
    """Whether the six digits of a message id say that the line is about another subject."""
    subject = _SUBJECT.get(number[:3], 0)
    if subject == 1:
        return False
    if not subject or number not in _SINGLE:
        return True
    return number in _DENIES and _MEANT.search(line, 0, 2000) is None


def opened(rest: str) -> tuple[str, str]:
    """The message id (empty for a debug line), and the text behind the envelope that `rest` begins with."""
    number = ""
    found = _ID.match(rest)
    if found is not None:
        number, rest = found[2], rest[found.end() :]
    if number in ("", "711001"):
        bracket = BRACKET.search(rest, 0, 80) if number else BRACKET.match(rest)
        if bracket is not None:
            rest = rest[bracket.end() :]
    return number, rest


def start(line: str) -> int:
    """Where the message id, the bracket or the word `IPSEC` begins; -1 where none does within reach."""
    for mark in ("%ASA-", "[IKEv1", "%FTD-", "%PIX-", "IPSEC"):
        at = line.find(mark, 0, REACH)
        if at >= 0:
            return at
    return -1


def is_single(rest: str) -> bool:
    """Whether no second record begins behind the first one's envelope."""
    found = _INSIDE.search(rest, 1)
    return found is None or (rest.find("711001", 0, 30) >= 0 and _INSIDE.search(rest, found.end()) is None)
