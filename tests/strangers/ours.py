"""Our engine behind its UDP shell in a namespace, as the tests see it: started, listened to, ended."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lan import Side, until

SHELL = Path(__file__).with_name("udp_shell.py")


@dataclass(frozen=True)
class Ours:
    """A running shell. `folder` holds its configuration and what it tells."""

    side: Side
    folder: Path
    process: subprocess.Popen[bytes]

    def told(self, effect: str = "") -> list[dict[str, Any]]:
        """What it told so far, in order: everything, or one kind of effect."""
        lines = (self.folder / "effects").read_text().splitlines(keepends=True)
        told = [json.loads(line) for line in lines if line.endswith("\n")]
        return [entry for entry in told if not effect or entry["effect"] == effect]

    def tells(self, effect: str, seconds: float = 15) -> bool:
        """Whether an effect of this kind is told within that time."""
        return until(lambda: bool(self.told(effect)) or self.process.poll() is not None, seconds) and bool(
            self.told(effect)
        )

    def report(self) -> str:
        """All of it, for a failed assertion: what it told, and a traceback if there is one."""
        return (self.folder / "effects").read_text() + (self.folder / "errors").read_text()


@contextmanager
def ours(side: Side, folder: Path, config: str, *options: str) -> Iterator[Ours]:
    """A shell on `side` that reads `config`; ended with the block, by the end of its input or by force."""
    folder.mkdir()
    (folder / "asa.cfg").write_text(config)
    with (folder / "effects").open("wb") as effects, (folder / "errors").open("wb") as errors:
        process = subprocess.Popen(
            side.command(sys.executable, str(SHELL), str(folder / "asa.cfg"), *options),
            stdin=subprocess.PIPE,
            stdout=effects,
            stderr=errors,
        )
    shell = Ours(side, folder, process)
    try:
        if not shell.tells("Ready"):
            raise RuntimeError(f"our shell did not start\n{shell.report()}")
        yield shell
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
