"""What systemd is told."""

import socket
from pathlib import Path

import pytest

from mainmode.gateway.notify import ready, stopping


def test_the_states_arrive_at_the_socket_that_systemd_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "n"))
        listener.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "n"))
        ready("2 interfaces, kernel data plane")
        assert listener.recv(500) == b"READY=1\nSTATUS=2 interfaces, kernel data plane"
        stopping()
        assert listener.recv(500) == b"STOPPING=1"


def test_a_name_in_the_abstract_space_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("")
        listener.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + listener.getsockname()[1:].decode())
        stopping()
        assert listener.recv(500) == b"STOPPING=1"


@pytest.mark.parametrize("where", [None, "", "relative", "/nowhere/at/all"])
def test_nothing_happens_where_nobody_listens(where: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    if where is not None:
        monkeypatch.setenv("NOTIFY_SOCKET", where)
    ready("")
