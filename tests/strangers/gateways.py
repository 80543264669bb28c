"""`mainmode up` in a namespace, as the tests see it: started, read, signalled, ended. Needs root."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lan import until

MAINMODE = (sys.executable, "-c", "import sys; from mainmode.cli.main import main; sys.exit(main())")


@dataclass(frozen=True)
class Running:
    """A gateway. `folder` holds its configuration and what it prints."""

    namespace: str
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def config(self) -> Path:
        """The configuration that it reads."""
        return self.folder / "asa.cfg"

    @property
    def out(self) -> str:
        """What it printed so far."""
        return (self.folder / "out").read_text()

    @property
    def err(self) -> str:
        """What it complained of so far."""
        return (self.folder / "err").read_text()

    def says(self, text: str, seconds: float = 20) -> bool:
        """Whether it says something, on either stream, within that time."""
        return until(lambda: text in self.out + self.err or self.process.poll() is not None, seconds) and (
            text in self.out + self.err
        )

    def reread(self, config: str) -> None:
        """Another configuration in the same file, and SIGHUP."""
        self.config.write_text(config)
        self.process.send_signal(signal.SIGHUP)

    def end(self, seconds: float = 15) -> int:
        """SIGTERM; its exit code."""
        self.process.terminate()
        return self.process.wait(seconds)

    def report(self) -> str:
        """Both streams, for a failed assertion."""
        return f"--- out\n{self.out}--- err\n{self.err}"


def command(namespace: str, *arguments: str) -> list[str]:
    """`mainmode up …` in a namespace."""
    return ["ip", "netns", "exec", namespace, *MAINMODE, "up", *arguments]


def asking(running: Running, *words: str) -> "subprocess.Popen[str]":
    """A command that asks a running gateway, such as `show` or `debug`; its streams are pipes."""
    return subprocess.Popen(
        [*MAINMODE, *words, "--control", str(running.folder / "control")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def asked(running: Running, *words: str) -> str:
    """What such a command printed; one that fails is an error that shows why."""
    process = asking(running, *words)
    out, told = process.communicate(timeout=60)
    if process.returncode != 0:
        raise RuntimeError(f"mainmode {' '.join(words)}: exit code {process.returncode}\n{out}{told}")
    return out


@contextmanager
def gateway(namespace: str, folder: Path, config: str, *options: str) -> Iterator[Running]:
    """A gateway that is ready; ended with the block, by force where SIGTERM does not end it."""
    folder.mkdir()
    (folder / "asa.cfg").write_text(config)
    (folder / "asa.cfg").chmod(0o600)
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        process = subprocess.Popen(
            command(namespace, str(folder / "asa.cfg"), "--control", str(folder / "control"), *options),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    running = Running(namespace, folder, process)
    try:
        if not running.says("ready;", 30):
            raise RuntimeError(f"the gateway did not start\n{running.report()}")
        yield running
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
