"""The figures of docs/security/secrets.md: what the watch over secrets looked through."""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUMMARY = "MAINMODE_SECRETS_SUMMARY"
_KINDS: dict[str, tuple[str, ...]] = {
    "what the program printed": ("printed", "stdout", "stderr"),
    "what was logged": ("log",),
    "how a failure is told": ("failure",),
    "what processes printed": ("process",),
    "what came over the control socket, from metrics and other streams": ("session: stream",),
    "terminals": ("session: terminal",),
    "screens of console sessions": ("session: screen",),
    "sessions over SSH": ("session: SSH",),
    "pages (HTML)": ("file: html",),
    "JSON, SARIF, JUnit": ("file: json", "file: sarif", "file: xml", "file: junit"),
    "Markdown": ("file: md", "file: markdown"),
    "captures": ("file: pcapng", "file: pcap"),
    "configurations that were saved": ("file: cfg", "file: before"),
    "key tables that were asked for": ("file: ikev1_decryption_table", "file: esp_sa"),
    "other files": ("file: ",),
}
"""Row to the kinds of the watch, by their beginnings; the first that fits."""

PAGE = ROOT / "docs" / "security" / "secrets.md"
MARK = "<!-- figures: `.venv/bin/python docs/generate.py secrets.md` writes what follows -->\n\n"


def reference_page() -> str:
    """The page. Runs the suite, unless the variable names the figures of a run."""
    given = os.environ.get(SUMMARY)
    if given:
        return page(json.loads(Path(given).read_text("utf-8")))
    with tempfile.TemporaryDirectory() as folder:
        summary = Path(folder) / "summary.json"
        subprocess.run([sys.executable, "-m", "pytest"], cwd=ROOT, env=os.environ | {SUMMARY: str(summary)}, check=True)
        return page(json.loads(summary.read_text("utf-8")))


def page(counts: dict[str, int]) -> str:
    """The page, its text as it is, with the table of these figures."""
    rows: dict[str, Counter[str]] = {name: Counter() for name in _KINDS}
    for key, number in counts.items():
        kind, _, what = key.rpartition("|")
        if kind:
            rows[row_of(kind)][what] += number
    head = "| what was looked through | how many | octets | secrets found |\n|---|---|---|---|\n"
    table = "".join(
        f"| {name} | {one['artefacts']:,} | {one['octets']:,} | {one['leaks']} |\n" for name, one in rows.items()
    )
    text, _, _ = PAGE.read_text("utf-8").partition(MARK)
    return f"{text}{MARK}{counts.get('|tests', 0):,} tests, {counts.get('|secrets', 0):,} secrets:\n\n{head}{table}"


def row_of(kind: str) -> str:
    """The row that a kind of the watch counts for."""
    for name, beginnings in _KINDS.items():
        if kind.startswith(beginnings):
            return name
    raise KeyError(kind)
