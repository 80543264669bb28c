"""What terminals, mail programs and web pages do to a line, undone: controls, entities, quotation marks, prompts."""

import re
from collections.abc import Iterator
from itertools import pairwise, product

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-9;?]{0,16}[ -/]?[@-~]|\][^\x07\x1b]{0,256}(?:\x07|\x1b\\)|[()][0-9A-Za-z]|[=>78cDEHM])?"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_BACKSPACED = re.compile(r"[^\x08]\x08")
_ENTITY = re.compile(r"&(gt|lt|amp|quot|apos|nbsp|#[0-9]{1,4});")
_ENTITIES = {"gt": ">", "lt": "<", "amp": "&", "quot": '"', "apos": "'", "nbsp": " "}
_QUOTED = re.compile(r"(?:[>|][ ]?){1,8}")
_TYPOGRAPHY = {
    **dict.fromkeys(map(ord, "“”„‟«»"), '"'),
    **dict.fromkeys(map(ord, "‘’‚‛"), "'"),
    **dict.fromkeys(map(ord, "‐‑‒–—―−"), "-"),
    **dict.fromkeys(map(ord, "\u00a0\u2002\u2003\u2007\u2009\u202f\u3000"), " "),
    ord("…"): "...",
    ord("→"): "-->",
}
_FREE_BREAKS = 3
"""Breaks of one record of which nobody knows whether a blank was lost there."""
_HARD_WRAPS = (79, 80, 100, 120, 131, 132, 160, 200)
"""Columns at which terminals break lines; whoever breaks elsewhere breaks between words."""
_ARROWS = ("–>", "—>", "−>")

_PROMPT = re.compile(r"[A-Za-z][\w.-]{0,62}(?:/[\w./-]{1,40})?(?:\([\w-]{1,40}\))?[#>][ ]?")
_SHELL = re.compile(r"(?:\[[\w.-]{1,40}@[\w.-]{1,64} [^\]\n]{1,80}\]|[\w.-]{1,40}@[\w.-]{1,64}:[^\s#$]{0,80})[#$] ?")
_PINGING = re.compile(
    r"Success rate is \d|Sending \d+, \d+-byte ICMP|Type escape sequence to abort|Packet sent with a |"
    r"PING [\w.:-]+ ?[\[(]|\d+ bytes from |--- [\w.:-]+ ping statistics|\d+ packets transmitted|rtt min/avg|"
    r"Reply from [\d.]+: |Request timed out|Pinging [\d.]+ |[!.UQM?&]{1,200}$"
)
_TALK = re.compile(
    r"(?i)(?:Building configuration|\[OK\]$|<?-+ ?More ?-+>?|% ?(?:Invalid input|Incomplete command|Ambiguous command)|"
    r"\s{0,80}\^$|(?:Crypto|All possible|ISAKMP|IPSEC) .{0,60}debugging is o(?:n|ff)$|"
    r"debug crypto [\w ]{1,40} (?:enabled|disabled) at level \d|(?:un)?debug all$|undebug all|terminal monitor$|"
    r"=~=~=~=~|PuTTY log |Script (?:started|done) )"
)
_CONFIGURATION = re.compile(
    r"(?:no )?(?:crypto (?:map|isakmp|ipsec|ikev[12]|dynamic-map|ca|keyring|pki) |tunnel-group |group-policy "
    r"|access-list |access-group |ip (?:address|route|access-list|nat) |interface [A-Z]|nameif |security-level "
    r"|route \w+ [0-9]|nat \(|global \(|static \(|object(?:-group)? network "
    r"|isakmp (?:policy|key|enable|identity|nat-traversal) "
    r"|sysopt connection |set (?:peer|transform-set|pfs|security-association|ikev1|isakmp-profile) ?"
    r"|match (?:address|identity) |authentication (?:pre-share|rsa)|encr(?:yption)? (?:des|3des|aes)|hash (?:md5|sha)"
    r"|group [0-9]{1,2}$|lifetime [0-9]+$|(?:ikev1 )?pre-shared-key |tunnel (?:source|destination|mode|protection) "
    r"|hostname \S+$|subnet [0-9]|network-object |(?:permit|deny) (?:ip|esp|udp|tcp|icmp) |mode (?:tunnel|transport)$"
    r"|protocol esp |prf |vpn-tunnel-protocol |default-group-policy |isakmp keepalive |duplex |speed |shutdown$)"
    r"|: (?:Saved|end)$|!$|end$|(?:config setup|conn \S{1,64})$"
    r"|(?:left|right|leftid|rightid|leftsubnets?|rightsubnets?|leftnexthop|rightnexthop|leftsourceip|rightsourceip"
    r"|leftprotoport|rightprotoport|leftauth|rightauth|leftcert|ike|esp|phase2|phase2alg|authby|auto|keyexchange|type"
    r"|pfs|ikelifetime|lifetime|keylife|salifetime|rekey|keyingtries|dpddelay|dpdtimeout|dpdaction|aggressive|aggrmode"
    r"|forceencaps|ikev2|nat_traversal|virtual_private|protostack|plutodebug|charondebug|uniqueids|oe|also|compress"
    r"|margintime|mobike|closeaction|reauth|fragmentation) ?="
)
"""How lines of a configuration begin, which are pasted before a log."""
_PING_END = re.compile(r"(?<![.!])[.!U]{1,20}$")
_STRAY = re.compile(r"[.!]+")
MAX_STRAYS = 8
"""How many marks in a line are tried as strayed into it."""


def cleaned(line: str) -> str:
    """A line without control sequences, invisible characters, entities and typography; blanks at its ends kept."""
    if not line.isprintable():
        if "\x1b" in line:
            line = _ESCAPES.sub("", line)
        if "\x08" in line:
            line = _BACKSPACED.sub("", line)
        line = _CONTROLS.sub("", line)
    if "&" in line and ";" in line:
        line = _ENTITY.sub(_plain, line)
    if not line.isascii():
        for arrow in _ARROWS:
            line = line.replace(arrow, "-->")
        line = line.translate(_TYPOGRAPHY)
    return line


def _plain(found: re.Match[str]) -> str:
    name = found[1]
    if name[0] != "#":
        return _ENTITIES[name]
    code = int(name[1:])
    return chr(code) if 32 <= code < 127 or 160 <= code < 0xD800 else ""


def unquoted(line: str) -> str:
    """A line without the marks of quotation that a mail program puts in front."""
    found = _QUOTED.match(line)
    return line[found.end() :] if found else line


def behind_prompt(line: str) -> str | None:
    """What stands behind a device's or shell's prompt at the beginning of a line; None where there is none."""
    found = _PROMPT.match(line) or _SHELL.match(line)
    return line[found.end() :] if found else None


def is_console(line: str) -> bool:
    """Whether a line is what a terminal shows between log lines: a ping, an answer to a command, a configuration."""
    line = line.strip()
    return any(pattern.match(line) is not None for pattern in (_PINGING, _TALK, _CONFIGURATION))


def torn(line: str) -> str:
    """What stands before the marks of a running ping at the end of a line; empty where none stand there."""
    marks = _PING_END.search(line)
    return line[: marks.start()] if marks is not None else ""


def without_strays(line: str) -> list[str]:
    """The line without one run of ping marks that strayed into it, for each such run, the first ones only."""
    found = []
    for run in _STRAY.finditer(line):
        if run.start() and run.end() < len(line):
            found.append(line[: run.start()] + line[run.end() :])
        if len(found) == MAX_STRAYS:
            break
    return found


def joins(part: str) -> tuple[str, str]:
    """What may have been lost where a line was broken after this part, likeliest first."""
    return ("", " ") if len(part) in _HARD_WRAPS or part.endswith(("-", "_", "(", "=")) else (" ", "")


def woven(parts: list[str]) -> Iterator[str]:
    """What the parts of a broken record may have been, likeliest first: a blank was lost at some breaks, at others not.

    Each of the last breaks goes both ways; those before them as their lengths tell.
    """
    fixed = parts[0]
    for before, part in pairwise(parts[:-_FREE_BREAKS]):
        fixed += joins(before)[0] + part
    free = parts[-_FREE_BREAKS:] if len(parts) > _FREE_BREAKS else parts[1:]
    befores = parts[-len(free) - 1 : -1]
    for lost in product(*(joins(before) for before in befores)):
        yield fixed + "".join(join + part for join, part in zip(lost, free, strict=True))
