"""No test leaves a secret behind: every one that a test used is looked for in all that the test left.

What counts as a secret is whatever becomes a `Secret`: keys of configurations, passwords, what Diffie-Hellman and the
key schedule give. Processes that a test starts note theirs (children/sitecustomize.py). Looked through is what
`artefacts` of a test are: what it printed and logged, how its failure is told, what processes and sessions said to it,
and the files that the program wrote. Files that a test wrote itself are its input.

What may hold a secret:

- a Wireshark key table, in a test that has to do with keys, and for its owner only;
- a configuration in the line that is made for it, and for its owner only;
- a line that was typed, in the transcript of a session: the terminal shows what is typed;
- a configuration's line in the session of a test that asks for it in clear, `more system:running-config`;
- a line of a key table on the control socket, where a test asks for it, `capture keys`;
- `trace`, what strace saw go over to the kernel, and what `ip xfrm` shows root of the kernel's keys.
"""

import base64
import hashlib
import json
import os
import re
import shutil
import stat
import sys
import tempfile
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import secrets_heard

TESTS = str(Path(__file__).resolve().parent) + os.sep
SOURCE = str(Path(__file__).resolve().parents[1] / "src") + os.sep
PROOF = "test_secrets_watch.py"
"""The tests that leak on purpose."""
TRACE = "trace"
KEY_TABLES = frozenset({"ikev1_decryption_table", "esp_sa"})
LEAST = 8
"""Octets. A shorter secret, or one of few different octets, is found by chance: only its own line gives it away."""
MOST = 5_000
"""Secrets of one file of tests that are looked for."""
SUMMARY = "MAINMODE_SECRETS_SUMMARY"
"""The variable that names a file for what was looked through, as JSON."""
LARGEST = 32 << 20
"""Octets of one artefact that are looked through; the rest of a larger one is passed over."""

_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}[ \t\n:.,|-]{0,2}(?:0x|\\x)?){8,}")
_NO_HEX = re.compile(rb"0x|\\x|[^0-9a-fA-F]")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{11,}")
_LINE = (
    rb"(?:pre-shared-key|isakmp key|key-string|passw(?:or)?d|\bkey)(?:[ \t]+(?:local|remote|address|\d|clear))?[ \t]+%s"
    rb"(?=[ \t\r\n\"\\\\]|$)"
)
"""What a short secret is known by, and where a configuration may hold a long one."""
_TABLE_LINE = rb'[^\n]*"key_file"[^\n]*'
_PROMPT = rb"(?m)^[^\n]{0,80}?(?:[>#\]]|\): ?|\? )[^\n]*"


def telling(octets: bytes) -> bool:
    """Whether a secret is found where it is, and not by chance."""
    steps = {(after - before) & 0xFF for before, after in pairwise(octets)}
    return len(octets) >= LEAST and len(set(octets)) >= 5 and len(steps) > 2


class Needle:
    """One secret and the forms it is looked for in."""

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self.telling = telling(octets)
        self.raw = tuple(dict.fromkeys(_spelled(octets)))
        self.hexadecimal = octets.hex().encode()
        self.base64 = tuple(dict.fromkeys(_encoded(octets))) if self.telling else ()

    @property
    def name(self) -> str:
        """What it is called in a finding, which must not be a leak itself."""
        return f"secret of {len(self.octets)} octets ({hashlib.sha256(self.octets).hexdigest()[:8]})"


def _spelled(octets: bytes) -> Iterator[bytes]:
    """As it is, and as Python writes such octets or such a text."""
    yield octets
    yield repr(octets)[2:-1].encode()
    yield repr(octets.decode("utf-8", "replace"))[1:-1].encode()


def _encoded(octets: bytes) -> Iterator[bytes]:
    """In base64, wherever the octets begin in what was encoded: the digits that depend on them alone."""
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + octets)
        kept = encoded[-(-shift * 8 // 6) : (shift + len(octets)) * 8 // 6]
        yield kept
        yield kept.translate(bytes.maketrans(b"+/", b"-_"))


class Haystack:
    """Octets of an artefact, and what of them may be hexadecimal or base64."""

    def __init__(self, octets: bytes) -> None:
        self.octets = octets[:LARGEST]
        self.hexadecimal = b"\n".join(_NO_HEX.sub(b"", one).lower() for one in _HEX.findall(self.octets))
        self.base64 = b"\n".join(_BASE64.findall(self.octets))

    def find(self, needle: Needle) -> str:
        """The form in which a secret stands here; empty where it does not."""
        if any(form in self.octets for form in needle.raw):
            return "as it is"
        if self.hexadecimal and needle.hexadecimal in self.hexadecimal:
            return "in hexadecimal"
        if self.base64 and any(form in self.base64 for form in needle.base64):
            return "in base64"
        return ""


def leaks(octets: bytes, needles: Iterable[Needle]) -> Iterator[tuple[Needle, str]]:
    """Which secrets stand in some octets, and how."""
    haystack = Haystack(octets)
    for needle in needles:
        if needle.telling:
            form = haystack.find(needle)
        elif needle.octets and needle.octets in octets:
            form = "in its line" if re.search(_LINE % re.escape(needle.octets), octets) else ""
        else:
            form = ""
        if form:
            yield needle, form


def without_lines(octets: bytes, needles: Iterable[Needle]) -> bytes:
    """A configuration without its keys, each taken out of the line that is made for it."""
    for needle in needles:
        if needle.octets in octets:
            octets = re.sub(_LINE % re.escape(needle.octets), b"", octets)
    return octets


def without_typed(octets: bytes) -> bytes:
    """A transcript without the lines that were typed at a prompt."""
    return re.sub(_PROMPT, b"", octets)


class Watch:
    """What the tests of this process used and left. Registered as a plugin of pytest by conftest.py."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mainmode-secrets-"))
        self.told: list[tuple[str, bytes]] = []
        """What was printed, read from a process or a session, or told of a failure, since the test began."""
        self.counts: Counter[str] = Counter()
        """What was looked through, by `kind|artefacts`, `kind|octets` and `kind|leaks`."""
        self._seen: dict[bytes, Needle] = {}
        self._module: object = None
        self._read: dict[str, int] = {}
        self._looked_at: set[tuple[str, int, int, int]] = set()
        self.inputs: set[str] = set()
        self.written: set[str] = set()
        self._folders: list[Path] = []
        self._pid = os.getpid()
        self._listen()

    def _listen(self) -> None:
        from mainmode.base.secret import Secret

        children = secrets_heard.children()
        self._notes = children.Notes(str(self.folder))
        children.watch(Secret, self.note)
        secrets_heard.note_in_children(self.folder, children.FOLDER)
        secrets_heard.listen(self.hear)
        secrets_heard.after(pytest.TempPathFactory, "mktemp", lambda _, made: self._folders.append(made))
        sys.addaudithook(self.opened)

    # --- secrets -------------------------------------------------------------------------------------------------

    def note(self, octets: bytes) -> None:
        """A secret was made; in a process that was forked, its parent is told."""
        if os.getpid() != self._pid:
            self._notes.note(octets)
        elif len(self._seen) < MOST and octets not in self._seen:
            self._seen[bytes(octets)] = Needle(bytes(octets))
            self.counts["|secrets"] += 1

    def of_children(self) -> None:
        """Those of processes."""
        for file in os.scandir(self.folder):
            size, known = file.stat().st_size, self._read.get(file.path, 0)
            if size <= known:
                continue
            with open(file.path, "rb") as stream:
                stream.seek(known)
                lines = stream.read().splitlines()
            self._read[file.path] = size
            for line in lines:
                self.note(bytes.fromhex(line.decode()))

    def of_test(self) -> list[Needle]:
        """Those of the file of tests so far."""
        self.of_children()
        return list(self._seen.values())

    def begin(self, item: pytest.Item) -> None:
        """A test begins. What other files of tests used is not looked for any more."""
        module = getattr(item, "module", None)
        if module is not self._module:
            self._module = module
            self._seen.clear()
            self._folders.clear()
        self.told.clear()

    # --- artefacts -----------------------------------------------------------------------------------------------

    def hear(self, kind: str, octets: bytes | str) -> None:
        """Something was said."""
        if octets:
            text = octets.encode("utf-8", "surrogateescape") if isinstance(octets, str) else bytes(octets)
            self.told.append((kind, text))

    def opened(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit hook of Python: which files are written by a test, and which by the program."""
        if event == "open":
            path, mode, flags = arguments
            if not isinstance(path, str | bytes) or not isinstance(flags, int):
                return
            if not (flags & (os.O_WRONLY | os.O_RDWR) or (isinstance(mode, str) and set(mode) & set("wax+"))):
                return
        elif event == "os.rename":
            path = arguments[1]
        else:
            return
        name = os.path.abspath(os.fsdecode(path))
        if _by_test(sys._getframe(1)):
            self.inputs.add(name)
        else:
            self.inputs.discard(name)
            self.written.add(name)

    def files(self, item: pytest.Item) -> Iterator[Path]:
        """What the program wrote: anywhere in this process, and by others below the folders of the test."""
        for folder in self._folders:
            for root, _, names in os.walk(folder):
                yield from (Path(root, name) for name in names if os.path.join(root, name) not in self.inputs)
        own = getattr(item, "funcargs", {}).get("tmp_path")
        self._folders = [folder for folder in self._folders if folder != own]
        written, self.written = self.written, set()
        yield from (Path(name) for name in written if not name.startswith(("/dev/", "/proc/", "/sys/")))

    def new(self, item: pytest.Item) -> Iterator[tuple[Path, int, bytes]]:
        """Files that were not looked at before, as they are now; with their modes."""
        for path in self.files(item):
            try:
                found = path.lstat()
                if not stat.S_ISREG(found.st_mode) or str(path).startswith(str(self.folder)):
                    continue
                known = (str(path), found.st_ino, found.st_size, found.st_mtime_ns)
                if known in self._looked_at:
                    continue
                self._looked_at.add(known)
                with path.open("rb") as stream:
                    yield path, stat.S_IMODE(found.st_mode), stream.read(LARGEST)
            except OSError:
                continue

    # --- judgement -----------------------------------------------------------------------------------------------

    def findings(self, item: pytest.Item) -> list[str]:
        """What leaked, in words that leak nothing."""
        secrets = self.of_test()
        found: list[str] = []
        for kind, octets in self.gathered():
            asked = self.without_asked(item, octets, secrets) if kind.startswith("session") else octets
            leaked = [f"{kind}: {needle.name} {form}" for needle, form in leaks(asked, secrets)]
            self.count(kind, octets, len(leaked))
            found += leaked
        for path, mode, octets in self.new(item):
            leaked = [f"{path}: {one}" for one in self.of_file(item, path, mode, octets, secrets)]
            self.count(f"file: {path.suffix.removeprefix('.') or path.name}", octets, len(leaked))
            found += leaked
        return found

    def without_asked(self, item: pytest.Item, octets: bytes, secrets: list[Needle]) -> bytes:
        """A transcript without what a test asked for in clear."""
        source = _source(item)
        if "more system:" in source:
            octets = without_lines(octets, secrets)
        return re.sub(_TABLE_LINE, b"", octets) if "capture keys" in source else octets

    def gathered(self) -> Iterator[tuple[str, bytes]]:
        """What was said, each kind in one piece: a secret may come in two."""
        kinds: dict[str, list[bytes]] = {}
        for kind, octets in self.told:
            kinds.setdefault(kind, []).append(octets)
        for kind, pieces in kinds.items():
            whole = b"".join(pieces)
            yield kind, without_typed(whole) if kind.startswith("session") else whole

    def of_file(self, item: pytest.Item, path: Path, mode: int, octets: bytes, secrets: list[Needle]) -> Iterator[str]:
        """What is wrong with a file."""
        private = not mode & 0o077
        if path.name == TRACE:
            return
        if path.name in KEY_TABLES and _asks_for_keys(item):
            if octets and not private:
                yield f"a key table with mode {mode:04o}"
            return
        bare = without_lines(octets, secrets) if path.suffix not in (".html", ".json", ".pcapng", ".log") else octets
        if bare != octets and not private:
            yield f"a configuration that holds a key, with mode {mode:04o}"
        for needle, form in leaks(bare, secrets):
            yield f"{needle.name} {form}"

    def count(self, kind: str, octets: bytes, leaked: int) -> None:
        """One more was looked through."""
        for what, number in (("artefacts", 1), ("octets", len(octets)), ("leaks", leaked)):
            self.counts[f"{kind}|{what}"] += number

    # --- hooks ---------------------------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, None, None]:
        self.begin(item)
        return (yield)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.longrepr is not None and not report.skipped:
            self.hear("failure", _foreign_text(report.longreprtext, _source(item)))
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, None, None]:
        yield
        for _, section, content in item._report_sections:
            self.hear(section, content)
        if item.path.name == PROOF:
            return
        self.counts["|tests"] += 1
        found = self.findings(item)
        if found:
            pytest.fail("secrets were left behind\n  " + "\n  ".join(sorted(set(found))[:20]), pytrace=False)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["secrets"] = dict(self.counts)
        elif SUMMARY in os.environ:
            Path(os.environ[SUMMARY]).write_text(json.dumps(self.counts, sort_keys=True, indent=1), "utf-8")
        shutil.rmtree(self.folder, ignore_errors=True)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self.counts.update(getattr(node, "workeroutput", {}).get("secrets", {}))


def _by_test(frame: FrameType | None) -> bool:
    """Whether what happens is done by a test rather than by the program: whose code is nearer."""
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(SOURCE):
            return False
        if name.startswith(TESTS) and not name.startswith(__file__):
            return True
        frame = frame.f_back
    return True


def _asks_for_keys(item: pytest.Item) -> bool:
    """Whether a test has to do with key files: it says so."""
    return "keys" in _source(item)


def _source(item: pytest.Item) -> str:
    return item.path.read_text("utf-8") if item.path.suffix == ".py" else ""


def _foreign_text(text: str, source: str) -> str:
    """How a failure is told, without the lines of the test itself, which say what secrets it uses."""
    return "\n".join(line for line in text.splitlines() if line.lstrip("> ").rstrip() not in source)
