"""The readers of logs: a stranger's text, all that is found in it, and every layout of what is told of it."""

import io
import json
import re
from collections.abc import Hashable, Iterable, Iterator
from importlib.resources import files
from typing import Any

from fuzz.grammar import CHOSEN, chosen
from fuzz.phrases import PHRASES, openings, phrase
from fuzz.target import ROOT, BrokenError, Target
from jsonschema import Draft202012Validator

from mainmode.explain.explain import Order, explain
from mainmode.explain.explanation import Explanation
from mainmode.explain.faces.document import json_text
from mainmode.explain.faces.page import page
from mainmode.explain.faces.text import text
from mainmode.explain.faces.ticket import ticket
from mainmode.explain.reading import Source
from mainmode.explain.schema import schema

PAIR, REDACTED = b"\x02", b"\x03"
"""In front: two logs, parted by another `PAIR`; what is told is redacted. Each log may be one of `CHOSEN` lines."""
_STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_BARE = re.compile(r"(?<!\\)<(?!/?(?:details|summary)>)")
_FENCE = re.compile(r"(`{3,})")
_PUBLIC = re.compile(r"(?<![0-9.])(?:81|93|151)(?:\.(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}(?![0-9.])")
_VALID = Draft202012Validator(schema())
_TEMPLATES = "".join(files("mainmode.ladder").joinpath(f"{name}.html").read_text("utf-8") for name in ("page", "sheet"))
_TAGS = frozenset(re.findall(r"<([a-z][a-z0-9]*)", _TEMPLATES))
_ATTRIBUTES = frozenset(re.findall(r"[ \"']([a-z][a-z-]*)(?:=|>)", _TEMPLATES)) - {"src", "style"}
_TAG, _VALUE = re.compile(r"<[A-Za-z][^<>]*>"), re.compile(r'"[^"]*"')
_AWAY = re.compile(r'\s(?:href|src|action)\s*=\s*(?!"#)')
_SHORT, _MOST_SHAPES = 24, 50_000
_VALID_SHAPES: set[Hashable] = set()
"""What was valid already: it only spares the validator work."""
_CHUNK = 2500
_MOST, _PHRASES = 300, 40
"""Lines that choices make."""


def run(octets: bytes) -> None:
    """Explain it, and lay it out in every way."""
    check(explain(order_of(octets)), octets)


def order_of(octets: bytes) -> Order:
    """What an input asks."""
    redact = octets.startswith(REDACTED)
    octets = octets.removeprefix(REDACTED)
    logs = octets[1:].split(PAIR, 1) if octets.startswith(PAIR) else [octets]
    sources = []
    for number, log in enumerate(logs):
        if log.startswith(CHOSEN):
            log = chosen(log[1:], phrase, _MOST).encode("utf-8", "surrogateescape")
        source = Source("-", io.BytesIO(log))
        source.name = f"stranger{number}.log"
        sources.append(source)
    return Order(tuple(sources), redact=redact)


def check(found: Explanation, octets: bytes) -> None:
    """What must hold of everything that is told; for captures, too."""
    told = {
        "text": text(found, 80, False, True),
        "page": page(found),
        "ticket": ticket(found),
    }
    document = json_text(found)
    for name, one in told.items():
        if (steering := _STEERING.search(one)) is not None:
            raise BrokenError(f"a character that steers came through in the {name}: {steering[0]!r}")
    _check_page(told["page"])
    _check_ticket(told["ticket"])
    if not document.isascii():
        raise BrokenError("the document is not ASCII")
    _check_document(json.loads(document))
    if octets.startswith(REDACTED):
        given = {one.encode() for one in _PUBLIC.findall(octets.decode("latin-1"))}
        for name, one in {**told, "document": document}.items():
            if left := given & {address.encode() for address in _PUBLIC.findall(one)}:
                raise BrokenError(f"an address is left in the {name} that is redacted: {sorted(left)[0]!r}")


def _check_page(told: str) -> None:
    head, _, body = told.partition("</style>")
    if (head + body).count("<script") != 1:
        raise BrokenError("the page has more scripts than one")
    tags = set(_TAG.findall(head + body.partition("<script")[0]))
    for tag in {_VALUE.sub("", tag) for tag in tags}:
        name, *attributes = re.findall(r"[^\s/<>=]+", tag)
        if name.lower() not in _TAGS or not _ATTRIBUTES.issuperset(attributes):
            raise BrokenError(f"the page has a tag that none of ours is: {tag}")
    if any(_AWAY.search(tag) for tag in tags):
        raise BrokenError("the page leads away")


def _check_document(document: Any) -> None:
    """The document against its schema; one that differs from a valid one in free text alone is valid, too."""
    shape = _shape(document)
    if shape in _VALID_SHAPES:
        return
    for error in _VALID.iter_errors(document):
        raise BrokenError(f"the document is not as its schema says: {error.json_path}: {error.validator}")
    if len(_VALID_SHAPES) < _MOST_SHAPES:
        _VALID_SHAPES.add(shape)


def _shape(value: Any) -> Hashable:
    """A value without what a schema does not look at: how many alike there are, and long or numbered texts."""
    if isinstance(value, dict):
        return tuple((key, _shape(one)) for key, one in value.items())
    if isinstance(value, list):
        return frozenset(map(_shape, value)), not value
    if isinstance(value, str):
        return value if len(value) < _SHORT and value.isalpha() else (len(value) == 0, value[:1].isdigit())
    if isinstance(value, bool) or value is None:
        return value
    return type(value).__name__, value < 0


def _check_ticket(told: str) -> None:
    fence = ""
    for line in told.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            fence = "" if mark is not None and line == fence else fence
        elif mark is not None:
            fence = mark[1]
        elif _BARE.search(line):
            raise BrokenError("the ticket has HTML in running text")


def seeds() -> Iterable[bytes]:
    """Pieces of the logs of the tests, of every dialect; pairs; and choices that say one of each phrase."""
    logs = list(_logs())
    yield from logs
    for one, other in zip(logs[::7], logs[3::7], strict=False):
        yield PAIR + one[:1500] + PAIR + other[:1500]
        yield REDACTED + one
    for start in range(0, len(PHRASES), _PHRASES):
        several = range(start, min(start + _PHRASES, len(PHRASES)))
        yield CHOSEN + b"\n".join(bytes([1, number % 70, *number.to_bytes(2), *range(4)]) for number in several)
    yield "Nov 30 10:38:29 [IKEv1]: IP = 10.0.0.2, QM FSM error\r\n".encode("utf-16")


def _logs() -> Iterator[bytes]:
    folder = ROOT / "tests" / "explain" / "data"
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".txt", ".log"):
            octets = path.read_bytes()
            for start in range(0, min(len(octets), _CHUNK * 3), _CHUNK):
                yield octets[start : start + _CHUNK].partition(b"\n")[2]
    consoles = sorted((ROOT / "src" / "mainmode" / "lab" / "scenarios").glob("*/consoles/*.txt"))
    for path in consoles[::8]:
        yield path.read_bytes()[:_CHUNK]


def words() -> Iterable[bytes]:
    """How phrases begin."""
    more = ("<script>", "```", "](javascript:", "\x1b[31m", "| ", "---", "%ASA-7-715046: ", "[IKEv1]: ")
    return [word.encode()[:60] for word in (*openings(), *more) if word]


TARGET = Target(
    name="logs",
    about="a log in any dialect, behind octets 1, 2, 3 chosen phrases, two logs, redacted",
    modules=("mainmode.explain", "mainmode.ladder", "mainmode.catalogue"),
    seeds=seeds,
    run=run,
    pause=2.0,
    longest=8_192,
    words=words,
)
