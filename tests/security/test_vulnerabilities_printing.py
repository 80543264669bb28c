"""What is printed of what peers sent: any number has words, no text steers anything; and nothing here runs a shell."""

import ast
import json
import re
import struct
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest
from siege import KEY, OURS, PEER, STRANGER, Siege, chain_of, configuration, datagram, fifth_message, noise
from test_vulnerabilities_corpus import FORMATS
from test_vulnerabilities_datagrams import first_message
from test_vulnerabilities_negotiation import waiting_for

from mainmode.base import codes
from mainmode.base.codes import ExchangeType, IdType, IpProtocol, NotifyType, OpenEnum, PayloadType, ProtocolId
from mainmode.base.decoded import Decoded
from mainmode.base.errors import WireError
from mainmode.catalogue import lines
from mainmode.catalogue.entry import About, Entry
from mainmode.catalogue.envelope import Form, render
from mainmode.catalogue.kinds import ATTRIBUTE, NAME, PHRASE, escape
from mainmode.device.config.reader import read
from mainmode.explain.explain import Order, explain
from mainmode.explain.faces.document import json_text as explained_json
from mainmode.explain.faces.page import page as explained_page
from mainmode.explain.faces.text import text as explained_text
from mainmode.explain.faces.ticket import ticket
from mainmode.explain.reading import Source
from mainmode.ike import naming
from mainmode.lab.run import Order as LabOrder
from mainmode.lab.run import run
from mainmode.ladder.document import json_text
from mainmode.ladder.html import html
from mainmode.ladder.markdown import markdown
from mainmode.ladder.text import text
from mainmode.ladder.transcript import LineSaid, MessageSent, Remark, Side, Transcript
from mainmode.wire.describe import describe, word
from mainmode.wire.ip import Ipv4, Udp
from mainmode.wire.message import payload_name, read_message
from mainmode.wire.payloads import Certificate, Hash, Identification, Notify, VendorId

SOURCE = Path(__file__).parents[2] / "src" / "mainmode"
HOSTILE = (
    FORMATS + b"\x9b1m\x7f<script>alert(7)</script><img src=x onerror=alert(7)>\"'><b>&amp;`*_|~\xe2\x80\xae\xc2\x85"
)
"""A text that means something to a template, a shell, a terminal, a browser or a table."""


def _pieces(trees: tuple[Decoded, ...]) -> Iterator[str]:
    for tree in trees:
        yield tree.name
        for label, value in tree.fields:
            yield label
            yield value
        yield from _pieces(tree.children)


NAMES = tuple(bytes([kind, 17, 1, 244]) + HOSTILE for kind in (IdType.FQDN, IdType.USER_FQDN, IdType.KEY_ID))
NUMBERS = (*range(300), *range(8190, 8200), *range(16380, 16390), *range(24570, 24590), *range(28670, 41000, 61), 65535)


def test_every_number_has_words(observed) -> None:
    """Each code of each registry, each payload type with any body, each attribute with any value, each notify."""
    texts: list[str] = []
    for registry in vars(codes).values():
        if isinstance(registry, type) and issubclass(registry, OpenEnum) and registry is not OpenEnum:
            texts += [word(registry(number)) for number in (*NUMBERS, 2**31, 2**32 - 1)]
    texts += [naming.notify_name(NotifyType(number)) for number in range(65536)]
    for number in NUMBERS:
        texts += [
            naming.encryption_name(number), naming.hash_name(number), naming.authentication_name(number),
            naming.group_name(number), naming.integrity_name(number), naming.transform_name(number, number),
        ]  # fmt: skip
    refused = 0
    for number in range(256):
        texts.append(payload_name(PayloadType(number)))
        for body in (b"", noise(1), noise(4), noise(12), noise(300), HOSTILE, *NAMES):
            try:
                message = read_message(datagram(*chain_of((number, body)))) if number else None
            except WireError:
                refused += 1
                continue
            texts += _pieces(describe(message)) if message is not None else []
    texts += _attributes()
    assert [one for one in texts if not one.isprintable()] == []
    assert len(texts) > 100_000
    assert refused
    observed("all printable; bodies that do not fit are refused with an error by name")


def _attributes() -> Iterator[str]:
    """All classes with short and long values, in phase 1, in phase 2 and of protocols that nobody assigned."""
    for protocol in (1, 2, 3, 4, 99, 255):
        for doi in (0, 1, 2, 0x80000001, 0xFFFFFFFF):
            values = b"".join(
                (kind | 0x8000).to_bytes(2) + value
                for kind in range(40)
                for value in (b"\0\0", b"\x7f\xfe", b"\xff\xff")
            )
            values += b"".join(
                kind.to_bytes(2) + size.to_bytes(2) + noise(size)
                for kind in (1, 2, 3, 11, 12, 14, 16384, 32767)
                for size in (0, 1, 3, 4, 8, 9, 300)
            )
            transform = bytes([0, 0]) + (8 + len(values)).to_bytes(2) + bytes([255, 254, 0, 0]) + values
            proposal = bytes([0, 0]) + (12 + len(transform)).to_bytes(2) + bytes([7, protocol, 4, 1]) + noise(4)
            offer = (PayloadType.SA, doi.to_bytes(4) + noise(4) + proposal + transform)
            yield from _pieces(describe(read_message(datagram(*chain_of(offer)))))
            lifetime = struct.pack(">IBBH", doi, protocol, 0, NotifyType.RESPONDER_LIFETIME) + values
            yield from _pieces(describe(read_message(datagram(*chain_of((PayloadType.NOTIFY, lifetime))))))


def test_a_line_takes_a_peers_text_as_it_is(observed) -> None:
    """Every entry of the catalogue that prints a name or words, with a text that is a template: escaped, no more."""
    hostile = HOSTILE.decode("latin-1")
    tried = 0
    for entry in (one for one in vars(lines).values() if isinstance(one, Entry)):
        for part, kind in entry.kinds.items():
            if kind not in (NAME, PHRASE, ATTRIBUTE):
                continue
            tried += 1
            values = {name: other.examples[0] for name, other in entry.kinds.items()} | {part: hostile}
            for form in Form:
                printed = render(entry(About("g{0}", hostile, "1"), **values), form)
                assert escape(hostile) in printed.split(", IP = 1, ", 1)[-1]
                assert printed.replace("\n", "").isprintable()
                assert printed.count("\n") == entry.template.count("\n")
    assert tried > 100
    observed("so in every part of a line that holds a text")


# --- from the wire to the faces ---------------------------------------------------------------------------------------


def _named(kind: int, name: bytes) -> tuple[int, bytes]:
    return PayloadType.ID, bytes([kind, 17]) + (500).to_bytes(2) + name


def hostile_datagrams() -> list[bytes]:
    """In clear: vendor IDs, names of groups, notifies, certificates and identities of such texts."""
    others = ((PayloadType.KE, noise(128)), (PayloadType.NONCE, noise(20)))
    offer = (PayloadType.SA, first_message()[32:])
    named = [
        datagram(
            *chain_of(offer, *others, _named(kind, HOSTILE)),
            exchange=ExchangeType.AGGRESSIVE,
            cookies=noise(8, str(kind)) + bytes(8),
        )
        for kind in (IdType.FQDN, IdType.USER_FQDN, IdType.KEY_ID, IdType.DER_ASN1_DN, 99)
    ]
    informational = [
        (PayloadType.NOTIFY, struct.pack(">IBBH", 1, 1, 0, kind) + HOSTILE) for kind in (14, 24, 40501, 9999)
    ]
    informational.append((PayloadType.DELETE, struct.pack(">IBBH", 1, 1, len(HOSTILE), 1) + HOSTILE))
    return [
        first_message((PayloadType.VENDOR, HOSTILE), (PayloadType.CERT, HOSTILE)),
        *named,
        *(datagram(*chain_of(one), exchange=ExchangeType.INFORMATIONAL) for one in informational),
    ]


def test_texts_of_peers_in_lines_and_the_log(observed) -> None:
    """From a stranger in clear, and from the peer itself under its keys, with the identity that it proves."""
    world = Siege()
    for octets in hostile_datagrams():
        world.strike(octets, STRANGER)
    observed(world.survived(marked=HOSTILE, wait=70))
    assert any("%s" in line for line in world.seen.lines), "a name was printed"
    proven, _ = waiting_for("MM5")
    for kind in (IdType.FQDN, IdType.KEY_ID, IdType.DER_ASN1_DN):
        name = Identification(kind, 17, 500, HOSTILE[:32] if kind is IdType.KEY_ID else HOSTILE)
        proven.strike(fifth_message(proven, name, Hash(noise(20)), genuine=False), PEER)
    proven.strike(fifth_message(proven, name, VendorId(HOSTILE), Certificate(4, HOSTILE)), PEER)
    assert proven.sa().active
    proven.protected(Notify(NotifyType(4711), ProtocolId.ESP, b"", HOSTILE), VendorId(HOSTILE))
    for command in ("crypto isakmp sa detail", "vpn-sessiondb detail l2l", "logging", "crypto ipsec sa"):
        assert proven.ours.show(command, proven.now).replace("\n", "").isprintable()
    proven.survived(marked=HOSTILE, wait=130)


class _Elements(HTMLParser):
    """Names of elements with those of their attributes that a browser would act on."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [tag, *(f"{tag}.{name}" for name, _ in attributes if name.startswith("on"))]


def _assert_tame(printed: str, what: str) -> None:
    steering = {one for one in printed if not one.isprintable()} - {"\n"}
    assert not steering, (what, steering)


def _assert_tame_page(page: str, what: str) -> None:
    elements = _Elements()
    elements.feed(page)
    assert elements.found.count("script") == 1, what
    assert not {"img"} & set(elements.found), what
    assert not [name for name in elements.found if "." in name], what
    _assert_tame(page, what)


def _poisoned(transcript: Transcript) -> Transcript:
    """A transcript whose messages, lines and remarks are a stranger's."""
    first, named = hostile_datagrams()[0:4:3]
    trees = describe(read_message(first)) + describe(read_message(named))
    said = render(lines.UNKNOWN_AGGRESSIVE_GROUP(group=HOSTILE.decode("latin-1")), Form.COLON)
    events = [
        replace(one, decoded=trees) if isinstance(one, MessageSent)
        else replace(one, text=said) if isinstance(one, LineSaid)
        else replace(one, text=escape(HOSTILE.decode("latin-1"))) if isinstance(one, Remark) else one
        for one in transcript.events
    ]  # fmt: skip
    return replace(transcript, events=tuple(events))


def test_texts_of_peers_in_the_ladder(observed) -> None:
    """As text, Markdown, a page and JSON."""
    pair = {
        side: read((files("mainmode.lab") / "examples" / f"asa{number}.cfg").read_text("utf-8"), f"asa{number}.cfg")
        for number, side in enumerate(Side, 1)
    }
    poisoned = _poisoned(run(LabOrder(pair, 1)).transcript)
    _assert_tame(text(poisoned), "text")
    _assert_tame(markdown(poisoned), "Markdown")
    _assert_tame_page(html(poisoned), "page")
    assert "&lt;script&gt;alert(7)" in html(poisoned)
    printed = json_text(poisoned)
    assert json.loads(printed)
    _assert_tame(printed, "JSON")
    observed("only the page's own script is one; no character steers a terminal")


def _capture(datagrams: list[bytes]) -> bytes:
    """A capture file of IP packets from a stranger to ours, and of the answers that a responder would give."""
    whole = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    for number, octets in enumerate(datagrams):
        udp = Udp(500, 500, octets).encode(STRANGER, OURS)
        packet = Ipv4(STRANGER, OURS, IpProtocol.UDP, udp).encode()
        whole += struct.pack("<IIII", 1_700_000_000 + number, 0, len(packet), len(packet)) + packet
    return whole


def test_texts_of_peers_in_an_explained_capture(tmp_path: Path, observed) -> None:
    """As text, a letter, a page and JSON."""
    place = tmp_path / "hostile.pcap"
    place.write_bytes(_capture(hostile_datagrams() * 2))
    found = explain(Order((Source(str(place)),)))
    _assert_tame(explained_text(found), "text")
    _assert_tame(ticket(found), "letter")
    _assert_tame_page(explained_page(found), "page")
    printed = explained_json(found)
    assert json.loads(printed)
    _assert_tame(printed, "JSON")
    assert "%s" in printed, "the name of the group is told"
    observed("only the page's own script is one; no character steers a terminal")


# --- no shell, no templates of others, whole keys ---------------------------------------------------------------------

SHELLS = {"system", "popen", "getoutput", "getstatusoutput", "create_subprocess_shell", "startfile", "run_in_shell"}
PROCESSES = {"subprocess", "pty", "pexpect", "sh", "commands", "popen2", "shlex"}
RUNNING = ("spawn", "exec", "posix_spawn", "fork")
WORKERS = "crew.py: os.fork"
"""The one call that makes a process: a further worker of a gateway, which is this program and goes on in it."""


_SUSPECT = re.compile(rf"\b(?:{'|'.join(sorted(SHELLS | PROCESSES))}|os|eval|exec|compile|__import__)\b|\bshell\s*=")
"""A module without any of these words cannot breach; the others are looked at by their syntax."""


def breaches(tree: ast.AST) -> Iterator[str]:
    """Whatever could start a process or a shell, or take octets for a program."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mainmode"):
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names = [*module, *(name.name for name in node.names)]
            yield from (name for name in names if name.split(".")[0] in PROCESSES | SHELLS)
            if isinstance(node, ast.ImportFrom) and node.module == "os":
                yield from (name.name for name in node.names if name.name.startswith(RUNNING))
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            last = called.rpartition(".")[2]
            if last in SHELLS or called in ("eval", "exec", "compile", "__import__"):
                yield called
            if called.startswith("os.") and last.startswith(RUNNING):
                yield called
            if any(keyword.arg == "shell" for keyword in node.keywords):
                yield f"{called}(shell=…)"


def test_nothing_here_runs_a_shell_or_another_program(observed) -> None:
    """By the syntax trees of all of the source."""
    modules = sorted(SOURCE.rglob("*.py"))
    texts = {path: path.read_text("utf-8") for path in modules}
    suspects = {path: text for path, text in texts.items() if _SUSPECT.search(text)}
    assert 50 < len(suspects) < len(texts)
    found = [f"{path.name}: {breach}" for path, text in suspects.items() for breach in breaches(ast.parse(text))]
    assert found == [WORKERS]
    observed("no module does")


@pytest.mark.parametrize(
    "text_of_module",
    [
        "import subprocess", "from subprocess import run", "import os\nos.system(x)", "import os\nos.execv(a, b)",
        "from os import popen", "from os import spawnv", "import asyncio\nasyncio.create_subprocess_shell(x)",
        "eval(x)", "run(x, shell=True)", "import pty", "__import__('os')",
    ],
)  # fmt: skip
def test_the_search_for_shells_finds_them(text_of_module: str) -> None:
    assert list(breaches(ast.parse(text_of_module)))


def test_a_key_is_taken_whole_or_refused(observed) -> None:
    """Two keys that differ in the last character make no tunnel; one of 129 characters is an error of its line."""
    long = "k" * 127
    for first, second, works in (
        (long + "a", long + "a", True),
        (long + "a", long + "b", False),
        (KEY, KEY[:-1], False),
    ):
        world = Siege(configuration(2, first), configuration(1, second))
        assert world.ping() is works
        assert len(world.ours.ike_sas[0:1]) == 1
        assert (world.ours.sad.states() != ()) is works
    too_long = read(configuration(2, long + "ab"), "b.cfg")
    assert [problem for problem in too_long.problems if "key" in str(problem)]
    assert all(group.key is None for group in Siege(configuration(2, long + "ab")).ours.settings.groups.values())
    observed("127 equal characters of 128 are not enough; 129 are refused")
