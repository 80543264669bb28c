"""Cisco IOS and IOS-XE: `debug crypto isakmp`, `ipsec`, `engine`, and `%CRYPTO-` syslogs, from 12.1 to 17.

A record is a line with a clock or with a subject (`ISAKMP:(1003):`, `IPSEC(sa_request):`, `%CRYPTO-4-…`), and the
rows that follow it. Rows are read as well where their first line is lost.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from mainmode.catalogue.dialects import (
    ios_blocks,
    ios_exchange,
    ios_extras,
    ios_failures,
    ios_ipsec,
    ios_others,
    ios_payloads,
    ios_proposals,
    ios_syslog,
)
from mainmode.catalogue.facts import NO_TAG, Message, Role, Symptom, Tag, Told
from mainmode.catalogue.phrasebook import Index, Saying, Shape, Values, folded
from mainmode.explain.dialect import NO_CLOCK, OTHER, Clock, Reading
from mainmode.explain.dialects import ios_chains
from mainmode.explain.dialects.ios_clock import STAMP, collected, front, stamped
from mainmode.explain.dialects.ios_shows import begins, is_next, read_show

_SYSLOG = r"(?P<facility>[A-Z][A-Z0-9_]{1,31})(?:-[A-Z][A-Z0-9_]{1,31}){0,2}-[0-7]-(?P<mnemonic>[A-Z][A-Z0-9_]{1,47})"
_SUBJECTS = (
    r"(?<![_(%-])%?(?P<isakmp>ISAKMP)(?:-PAK|-ERROR|(?P<aaa>-AAA|/[a-z]{1,12}))?(?: ?:| (?=\())[ :]?"
    r"(?:\((?P<sa>[0-9]{1,10}(?::[\w/]{1,10}){0,3})\))?[ :]{0,4}",
    r"(?<![\w(-])IPSEC:? ?(?:\(SESSION[ _]ID = [0-9]{1,10}\) ?)?\((?P<where>[\w -]{1,64})\)[ :]{0,4}",
    r"(?<![\w)])\((?P<bare>ipsec_process_proposal|validate_\w{1,40}|map_db_\w{1,40})\)[ :]{0,4}",
    rf"(?<![\w%-])(?:%(?!ASA|PIX|FTD)|(?=(?:CRYPTO|IPSEC|IKEV2|PKI)-)){_SYSLOG}:\s{{0,4}}",
    r"(?<![\w(-])(?P<ikev2>IKEv2(?:-PAK|-ERROR|-INTERNAL)?:)"
    r"(?:\(SESSION ID = [0-9]{1,10},SA ID = [0-9]{1,10}\):)?[ :]{0,4}",
    r"(?<![\w(-])(?P<plain>)(?=CRYPTO_(?:ENGINE|PKI|SS)\b|CryptoEngine[0-9]?:|crypto_engine|IPSEC-IFC |KMI: |map_db_|"
    r"Crypto mapdb|insert of map into mapdb|EZVPN\(|GDOI:)",
)
_SUBJECT = re.compile("|".join(_SUBJECTS))
_OPENING = r"(?:(?<![\w.:*-])|(?=[*.][A-Z]))"
_BEHIND = rf"(?:[\w.:-]{{1,62}}\s{{1,4}})?(?:[0-9]{{1,10}}:\s{{1,4}}){{0,2}}(?:{STAMP}:\s{{1,4}})?"
_HEAD = re.compile(
    rf"(?:<[0-9]{{1,3}}>(?:1 )?(?:[0-9]{{1,10}}:\s)?(?:{STAMP}:?\s{{1,4}})?{_BEHIND}"
    rf"|{_OPENING}(?:[0-9]{{1,10}}:\s)?{STAMP}:?\s{{1,4}}{_BEHIND})?(?:"
    + "|".join(re.sub(r"\(\?P<\w+>", "(?:", one) for one in _SUBJECTS)
    + rf")|{_OPENING}{STAMP}:\s{{1,4}}(?=[A-Za-z(%])"
)
_GLUED = re.compile(
    r"ISAKMP(?:-PAK|-ERROR)?:? ?\([0-9]|IPSEC\([a-z_]{2,40}\):|%[A-Z][A-Z0-9_]{1,31}-[0-7]-[A-Z]|"
    r"(?:[A-Z][a-z]{2} {1,2}[0-9]{1,2} )[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}: "
)
"""Another record within one."""
_LAST = " .,;:!"
"""Punctuation at the end, which pasting and pings add to or take away."""
_STRAY = re.compile(r"(?<=[a-z])\.(?=[a-z])|(?<=[\s=])[.!]{1,8}(?=[A-Za-z])|(?<=[A-Z])[.!](?=[A-Z_])")
"""Marks of a ping that came in between."""
_REMARK = re.compile(r"\s(?:<[-=]|←|//|!<|--? |\(#?[0-9]{1,2}\)$).*$")
"""What people write behind a line."""
_ARROW = re.compile(r"\s{1,8}(?:<[-=]{1,4}|←).{0,200}$")
"""The same where it is certain."""
_MARGIN = re.compile(r"^[>|\s]{0,8}(?:[-•](?:\s{1,8}|$)|[0-9]{1,5}\.(?:\s{1,8}|$))?")
"""What a mail, a list or a pasting site puts in front."""
_PORTS = ("(500)", "(4500)", " esp ", " ah ", " 50 ", " 51 ")
"""How an access list's syslog names what a tunnel needs."""
_ROWS_BEGIN = re.compile(r"\((?:key eng\. msg\.?|identity|sa)\)|next-payload ?:|\(proxy |src addr ?:")
_HEADED = frozenset("<JFMASOND0123456789")
"""What a collector's header begins with."""
_MAYBE = re.compile(r"%IOSXE|IPACCESSLOG")
"""Syslogs of other facilities that may be of this subject yet."""
_REACH = 400
"""Characters within which a subject begins."""
_LONGEST = 48
"""Lines of a record at most."""


_PREFIX = 6
"""Characters, blanks left out, by which a row with broken words is looked up."""


def _book(*groups: Iterable[Saying]) -> Index[Saying]:
    return Index(
        Shape(one, template.rstrip(_LAST), one.kinds) for group in groups for one in group for template in one.templates
    )


def _squeezed(groups: Iterable[Iterable[Saying]]) -> Mapping[str, tuple[Shape[Saying], ...]]:
    """Shapes without blanks by their first characters; those that begin with a part are left out."""
    found: dict[str, list[Shape[Saying]]] = {}
    for one in (one for group in groups for one in group):
        for template in one.templates:
            bare = template.replace(" ", "").rstrip(_LAST)
            if len(bare.partition("{")[0]) >= _PREFIX:
                found.setdefault(bare[:_PREFIX].lower(), []).append(Shape(one, bare, one.kinds))
    return {key: tuple(shapes) for key, shapes in found.items()}


_GROUPS: Mapping[str, tuple[tuple[Saying, ...], ...]] = {
    "isakmp": (
        ios_exchange.MESSAGES,
        ios_exchange.NODES,
        ios_payloads.PAYLOADS,
        ios_payloads.IDENTITIES,
        ios_payloads.NAT,
        ios_payloads.NOTIFIES,
        ios_proposals.PHASE_1,
        ios_proposals.PHASE_2,
        ios_failures.ENDS,
        ios_failures.KEYS,
        ios_extras.EXTRAS,
        ios_failures.MESSAGES,
    ),
    "ipsec": (ios_ipsec.REQUESTS, ios_ipsec.MAPS, ios_ipsec.SAS),
    "bare": (ios_ipsec.MAPS, ios_ipsec.LISTED, ios_others.UNNAMED),
    "plain": (ios_ipsec.MAPS, ios_ipsec.LISTED, ios_others.UNNAMED, ios_others.ENGINE),
    "ikev2": (ios_others.IKEV2,),
    "syslog": (ios_syslog.IKE, ios_syslog.TRAFFIC, ios_syslog.SESSIONS),
}
"""What may be said behind each subject; `plain` behind a clock alone, `bare` behind nothing."""
_BOOKS = {subject: _book(*groups) for subject, groups in _GROUPS.items()}
_SQUEEZED = {subject: _squeezed(groups) for subject, groups in _GROUPS.items()}

_OTHER = Reading("another subject", other=True)
_OPEN = frozenset(
    {
        "IPsec SA requested",
        "request timed out",
        "proposal looked at",
        "transform refused",
        "IPsec SAs set up",
        "IPsec SA made",
        "IPsec SA deleted",
        "IPsec bookkeeping",
        "SPIs",
        "crypto map searched",
        "payload",
        "ID row",
        "authenticating",
        "initial contact",
        "notify received",
        "notify sent",
        "SA listed",
        "SA listed, more",
        "configuration mode",
        *ios_chains.OPEN,
        "PKT_REPLAY_ERR",
        "RECVD_PKT_INV_IDENTITY",
    }
)
"""Sayings that rows may follow."""


def _found(book: Index[Saying], body: str) -> tuple[Saying, Values] | None:
    """The saying of a first row, whatever is written behind it and however it is capitalised."""
    for text in dict.fromkeys((body, _REMARK.sub("", body), _STRAY.sub("", body))):
        text = text.strip(_LAST)
        for one in dict.fromkeys((text, text[:1].swapcase() + text[1:])):
            hit = book.find(one)
            if hit is not None:
                return hit[0].owner, hit[1]
    return None


def _broken(subject: str, body: str) -> tuple[Saying, Values] | None:
    """The saying of a row whose words a narrow terminal broke: blanks are not looked at."""
    text = body.replace(" ", "").strip(_LAST)
    for shape in _SQUEEZED[subject].get(text[:_PREFIX].lower(), ()):
        values = shape.read(text)
        if values is not None:
            return shape.owner, values
    return None


def _tag(values: Values, connection: str) -> Tag:
    """What the parts say about whom a line speaks of. Connection 0 stands for one that has no number yet."""
    number = connection.split(":")[1] if ":" in connection else connection
    peer, local = values.get("peer", ""), values.get("own", values.get("here", ""))
    if "remote" in values:
        peer, local = _bare(values["remote"]), _bare(values.get("local", ""))
    elif "src" in values and "dest" in values and list(values).index("src") < list(values).index("dest"):
        peer, local = values["dest"], values["src"]
    node = values.get("node")
    role = {"I": Role.INITIATOR, "R": Role.RESPONDER}.get(values.get("role", ""))
    tag = Tag(
        peer=str(peer),
        local=local if isinstance(local, str) else "",
        sa="" if number.strip("0") == "" else number,
        message_id=None if node is None else int(node) & 0xFFFF_FFFF or None,
        role=role,
    )
    return NO_TAG if tag == NO_TAG else tag


def _bare(address: str) -> str:
    """`10.0.0.2:500` → `10.0.0.2`; nothing for a placeholder."""
    if address.startswith("<"):
        return ""
    return address.partition(":")[0] if address.count(":") == 1 else address.rstrip(":.")


@lru_cache(maxsize=4096)
def _said(subject: str, connection: str, body: str, rows: str) -> Reading | None:
    """What a first row and its rows say, without the clock; None where one of both is not known."""
    if _GLUED.search(body) is not None:
        return None
    begin = _ROWS_BEGIN.search(body)
    if begin is not None and begin.start():
        body, rows = body[: begin.start()], f"{body[begin.start() :]} {rows}"
    parts = ios_blocks.parts(rows) if rows.strip() else {}
    found = _found(_BOOKS[subject], body) or _broken(subject, body)
    if parts is None or found is None:
        return None
    saying, own = found
    values = {**parts, **own}
    facts = saying.tells(values)
    step = next((fact.name for fact in facts if isinstance(fact, Message)), "")
    return Reading(
        saying.name,
        facts,
        _tag(values, connection),
        open=saying.name in _OPEN,
        step=step,
    )


def _foreign(body: str) -> Reading:
    """A syslog about another subject; an access list that drops what a tunnel needs is not."""
    if "IPACCESSLOG" in body and " denied " in body and any(port in body for port in _PORTS):
        return Reading("access list", (Told(Symptom.DENIED, detail=body.partition(": ")[2][:120]),))
    return _OTHER


def _kind(facility: str) -> str:
    """Whether a syslog's facility is of this subject."""
    return "syslog" if facility in ios_syslog.FACILITIES else "other"


@lru_cache(maxsize=1024)
def _front(text: str) -> Clock | None:
    return front(text)


def _parted(line: str) -> tuple[Clock, str, str, str] | None:
    """Clock, subject, connection number and the text behind; None where the line begins with neither.

    A subject of `other` is another's.
    """
    subject = _SUBJECT.search(line, 0, _REACH)
    clock = _front(line[: subject.start()]) if subject is not None else None
    if subject is None or clock is None:
        known = stamped(line)
        return None if known is None else (known[0], "plain", "", known[1])
    body = line[subject.end() :]
    if subject["isakmp"]:
        return clock, "isakmp", subject["sa"] or "", f"AAA: {body}" if subject["aaa"] else body
    function = subject["where"] or subject["bare"]
    if function:
        return clock, "ipsec", "", f"{function.strip().replace('-', '_')}: {body}"
    if subject["facility"]:
        inner = _SUBJECT.search(body, 0, _REACH) if subject["facility"].startswith("IOSXE") else None
        if inner is not None and inner["facility"] in ios_syslog.FACILITIES:
            subject, body = inner, body[inner.end() :]
        return clock, _kind(subject["facility"]), "", f"{subject['mnemonic']}: {body}"
    if subject["ikev2"]:
        return clock, "ikev2", "", f"{subject['ikev2']} {body}"
    return clock, "plain", "", body


class IosDialect:
    """The dialect of Cisco routers. See `Enveloped` for the methods."""

    name = "ios"
    title = "Cisco IOS"
    head = _HEAD

    def read(self, text: str) -> Reading | None:
        """A line with its rows, rows alone, or lines that tell only together what a message is."""
        lines = _cleaned(text).split("\n")
        if len(lines) > _LONGEST:
            return None
        shown = read_show(text)
        if shown is not None:
            return shown
        readings: list[Reading] = []
        for group in _groups(lines):
            reading = _single(group)
            if reading is None or len(readings) == ios_chains.MOST:
                return None
            readings.append(reading)
        return ios_chains.alone(readings[0]) if len(readings) == 1 else ios_chains.joined(readings)

    def parted(self, line: str) -> tuple[str, str, str] | None:
        """The header with its clock, nothing about the peer, and the line from its subject on."""
        subject = _SUBJECT.search(line, 0, _REACH)
        if subject is None or _front(line[: subject.start()]) is None:
            return None
        if subject["facility"] and _kind(subject["facility"]) == "other" and not _MAYBE.search(line):
            return OTHER
        return line[: subject.start()], "", line[subject.start() :]

    def said(self, rest: str) -> Reading | None:
        """What a line tells from its subject on."""
        return self.read(rest)

    def about(self, part: str) -> Tag:
        """Nothing: whom a line is about stands in its text."""
        return NO_TAG

    def clock(self, front: str) -> Clock:
        """The clock of a header."""
        return _front(front) or NO_CLOCK

    def continues(self, text: str, line: str) -> bool:
        """Rows of a block, the rest of a wrapped line, and what tells more about a message."""
        line = _cleaned(line)
        if not line:
            return False
        if begins(text.partition("\n")[0]):
            return is_next(line)
        if _begins(line):
            reading = _single([line])
            if reading is None:
                return False
            before = [one for one in map(_single, _groups(_cleaned(text).split("\n"))) if one is not None]
            entries = [one.entry for one in before]
            begun = bool(entries) and entries[0] in ios_chains.OPEN and ios_chains.of_one(before[0], reading)
            return begun and ios_chains.follows(entries, reading.entry)
        joined = self.read(f"{text}\n{line}")
        if joined is None or ios_blocks.parts(line) is not None:
            return joined is not None
        alone = self.read(text)
        return alone is None or (alone.open and alone[:2] != joined[:2])


def _begins(line: str) -> bool:
    """Whether a line has a clock or a subject of its own."""
    return stamped(line) is not None or _parted(line) is not None


def _groups(lines: list[str]) -> list[list[str]]:
    """Lines, each with the rows that follow it."""
    groups = [lines[:1]]
    for line in lines[1:]:
        if _begins(line) and _parted(groups[-1][0]) is not None:
            groups.append([line])
        else:
            groups[-1].append(line)
    return groups


def _single(lines: list[str]) -> Reading | None:
    """One line with its rows, or rows alone."""
    if len(lines) > 1 and _parted(lines[0]) is None:
        lines = [" ".join(lines)]
    found = _parted(lines[0])
    if found is None:
        rows = ios_blocks.parts(lines[0])
        if rows is None:
            return _said("bare", "", lines[0], "")
        return Reading("rows", tag=_tag(rows, ""), open=True)
    clock, subject, connection, body = found
    reading = _foreign(" ".join((body, *lines[1:]))) if subject == "other" else None
    for split in () if reading else _splits(len(lines)):
        reading = _said(subject, connection, " ".join((body, *lines[1:split])), " ".join(lines[split:]))
        if reading is not None:
            break
    if reading is None and subject == "plain":
        rows = ios_blocks.parts(" ".join((body, *lines[1:])))
        reading = None if rows is None else Reading("rows", tag=_tag(rows, ""), open=True)
    if reading is None or clock is NO_CLOCK:
        return reading
    return reading._replace(stamp=clock.stamp, at=clock.at, host=clock.host)


def _cleaned(text: str) -> str:
    """Blanks folded; margins, arrows with remarks, and quotes as editors set them taken away."""
    text = text.replace("`", "'").replace("’", "'").replace("\\_", "_").replace("**", "")
    lines = [_ARROW.sub("", _MARGIN.sub("", line)) for line in folded(text).split("\n")]
    return "\n".join([_rows_of(line) if line[:1] in _HEADED else line for line in lines])


def _rows_of(line: str) -> str:
    """The rows in a line that a syslog collector put its header in front of; the line itself where it holds none."""
    rest = collected(line)
    return line if rest is None or ios_blocks.parts(rest) is None else rest


def _splits(count: int) -> Iterable[int]:
    """Where the rows may begin: after the first line, nowhere, or in between."""
    return dict.fromkeys((1, count, *range(2, count)))
