"""The TUN device against the kernel's own TCP: what goes out by it and comes back in runs is received whole."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lan import run

pytestmark = pytest.mark.root

ECHO = Path(__file__).with_name("tun_echo.py")
HERE, THERE, PORT = "10.99.0.1", "10.99.0.2", 5001
AMOUNT = 4_000_000

TRANSFER = f"""
import hashlib, socket, threading
server = socket.create_server(("{HERE}", {PORT}))
digest, got = hashlib.sha256(), 0
def take():
    global got
    with server.accept()[0] as peer:
        while octets := peer.recv(65536):
            digest.update(octets)
            got += len(octets)
taker = threading.Thread(target=take)
taker.start()
data = bytes(range(251)) * {AMOUNT // 251}
with socket.create_connection(("{THERE}", {PORT}), 10) as client:
    client.settimeout(20)
    client.sendall(data)
taker.join(20)
print(got == len(data), digest.digest() == hashlib.sha256(data).digest())
"""


@contextmanager
def namespace(tag: str) -> Iterator[list[str]]:
    """A network namespace; what to put before a command that is to run there."""
    name = f"mainmode-{os.getpid()}-{tag}"
    run("ip", "netns", "add", name)
    try:
        yield ["ip", "netns", "exec", name]
    finally:
        run("ip", "netns", "delete", name, check=False)


def test_a_tcp_transfer_comes_back_whole_and_in_runs() -> None:
    with namespace("tun") as inside:
        echo = subprocess.Popen(
            [*inside, sys.executable, str(ECHO), "mmtest0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            assert echo.stdout is not None
            assert echo.stdout.readline() == "ready\n"
            assert run(*inside, sys.executable, "-c", TRANSFER, timeout=60).split() == ["True", "True"]
            said, _ = echo.communicate("", timeout=20)
        finally:
            echo.kill()
            echo.wait()
    single, runs, in_runs, lost = map(int, said.split())
    assert lost == 0
    assert runs
    assert in_runs > single
