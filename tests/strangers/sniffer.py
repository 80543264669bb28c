"""What passes an interface of a namespace, kept by tcpdump and told by tshark."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lan import run, until


@dataclass(frozen=True)
class Sniffer:
    """A capture that runs, or ended."""

    file: Path
    process: subprocess.Popen[str]

    def end(self) -> None:
        """No more packets."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate(timeout=20)

    def told(self, *fields: str, only: str = "") -> list[tuple[str, ...]]:
        """These fields of each packet that tshark's display filter lets through; ends the capture."""
        self.end()
        wanted = [word for field in fields for word in ("-e", field)]
        argv = ["tshark", "-r", str(self.file), "-o", "ip.defragment:FALSE", *(["-Y", only] if only else [])]
        listed = run(*argv, "-T", "fields", *wanted, timeout=60)
        return [
            tuple(line.split("\t"))
            for line in listed.splitlines()
            if line and not line.startswith(("Running as user", " **"))
        ]


@contextmanager
def sniffing(namespace: str, interface: str, file: Path) -> Iterator[Sniffer]:
    """IPv4 packets at an interface while the block runs."""
    argv = ["tcpdump", "-i", interface, "-U", "--immediate-mode", "-B", "32768", "-s", "0", "-w", str(file), "ip"]
    process = subprocess.Popen(
        ["ip", "netns", "exec", namespace, *argv], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    sniffer = Sniffer(file, process)
    try:
        if not until(lambda: process.poll() is not None or (file.exists() and file.stat().st_size >= 24), 20):
            raise RuntimeError("tcpdump did not start")
        yield sniffer
    finally:
        sniffer.end()
