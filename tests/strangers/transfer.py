"""One TCP connection through a tunnel, octets both ways at once, with checksums.

As a program, in a host's namespace: `transfer.py listen|connect ADDRESS PORT OCTETS RATE`. It sends and receives
OCTETS, at most RATE a second each way (0: as fast as it goes), and prints one JSON line. A connection on which
nothing moves for half a minute, or that is reset, is a failure.
"""

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from sites import Site

PATIENCE = 30
PORT = 5001
_BLOCK = 32768


@dataclass(frozen=True)
class Result:
    """What one end saw: SHA-256 of what it sent and received, octets received, seconds."""

    sent: str
    received: str
    octets: int
    seconds: float


class Transfer:
    """A transfer between the hosts of two sites that runs beside the test."""

    def __init__(self, listener: Site, connector: Site, octets: int, rate: int = 0, port: int = PORT) -> None:
        self._octets, self._rate, self._port = octets, rate, port
        self._listen = self._begin(listener, "listen", listener.address)
        first = self._listen.stdout.readline() if self._listen.stdout else ""
        if first.strip() != "listening":
            self._listen.kill()
            raise RuntimeError(f"no listener: {first}{self._listen.communicate()[0]}")
        self._connect = self._begin(connector, "connect", listener.address)

    def _begin(self, site: Site, role: str, address: str) -> subprocess.Popen[str]:
        words = (role, address, str(self._port), str(self._octets), str(self._rate))
        return subprocess.Popen(
            ["ip", "netns", "exec", site.host, sys.executable, str(Path(__file__)), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def running(self) -> bool:
        """Whether octets still move."""
        return self._connect.poll() is None

    def end(self, seconds: float) -> tuple[Result, Result]:
        """Both ends' results: the listener's, the connector's. Raises RuntimeError for a lost connection."""
        results = []
        limit = time.monotonic() + seconds
        try:
            for process in (self._listen, self._connect):
                told, _ = process.communicate(timeout=max(0.0, limit - time.monotonic()))
                if process.returncode != 0:
                    raise RuntimeError(f"the transfer failed: {told}")
                results.append(Result(**json.loads(told.splitlines()[-1])))
        finally:
            self.abandon()
        return results[0], results[1]

    def abandon(self) -> None:
        """Ends both programs, whatever they do."""
        for process in (self._listen, self._connect):
            if process.poll() is None:
                process.kill()
                process.communicate()


def carried(listener: Site, connector: Site, octets: int, seconds: float, rate: int = 0) -> float:
    """Sends so many octets each way, all of them right, within that time; how many seconds it took."""
    transfer = Transfer(listener, connector, octets, rate)
    results = transfer.end(seconds)
    whole(*results, octets=octets)
    return max(result.seconds for result in results)


def whole(one: Result, other: Result, octets: int) -> None:
    """Asserts that all octets arrived as they were sent, both ways."""
    assert (one.octets, other.octets) == (octets, octets)
    assert one.received == other.sent
    assert other.received == one.sent


def _send(link: socket.socket, octets: int, rate: int, told: dict[str, str]) -> None:
    digest, began, left = hashlib.sha256(), time.monotonic(), octets
    while left:
        block = os.urandom(min(_BLOCK, left))
        link.sendall(block)
        digest.update(block)
        left -= len(block)
        if rate and (ahead := (octets - left) / rate - (time.monotonic() - began)) > 0:
            time.sleep(ahead)
    told["sent"] = digest.hexdigest()


def _exchange(link: socket.socket, octets: int, rate: int) -> dict[str, object]:
    """Sends and receives on one connection at once."""
    link.settimeout(PATIENCE)
    began = time.monotonic()
    told: dict[str, str] = {}
    sender = threading.Thread(target=_send, args=(link, octets, rate, told), daemon=True)
    sender.start()
    digest, got = hashlib.sha256(), 0
    while got < octets and (block := link.recv(min(_BLOCK, octets - got))):
        digest.update(block)
        got += len(block)
    sender.join()
    return {**told, "received": digest.hexdigest(), "octets": got, "seconds": time.monotonic() - began}


def _main(role: str, address: str, port: int, octets: int, rate: int) -> None:
    if role == "listen":
        with socket.create_server((address, port)) as server:
            print("listening", flush=True)
            server.settimeout(PATIENCE)
            link, _ = server.accept()
    else:
        link = socket.create_connection((address, port), timeout=PATIENCE)
    with link:
        print(json.dumps(_exchange(link, octets, rate)), flush=True)


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6]))
