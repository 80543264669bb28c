"""`mainmode up` on the command line: what cannot start says why and what to do, and never tells a key."""

import os
import socket
from pathlib import Path

import pytest
from gateway_boxes import CONFIGURATION

from mainmode.cli.main import main
from mainmode.gateway import privileges, startup
from mainmode.gateway.sockets import IkeSockets

KEY = "correct-horse"


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What `mainmode up` says where it does not start."""
    assert main(["up", *arguments]) == 2
    shown = capsys.readouterr()
    assert KEY not in shown.out + shown.err
    return shown.err


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "asa.cfg"
    path.write_text(CONFIGURATION)
    path.chmod(0o600)
    return path


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process without capabilities."""
    monkeypatch.setattr(privileges, "held", lambda: 0)


def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert refused(capsys, str(tmp_path / "no.cfg")) == f"mainmode: {tmp_path}/no.cfg: no such file\n"


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--map", "outside"), "--map outside: say NAMEIF=IFNAME, such as outside=eth0"),
        (("--debug", "crypto ikev9"), "is not a debug of this device"),
        (("--debug", "crypto ikev1 256"), "say a number from 1 to 255"),
    ],
)
def test_an_option_that_cannot_be_says_what_to_say(
    capsys: pytest.CaptureFixture[str], config: Path, option: tuple[str, str], said: str
) -> None:
    assert said in refused(capsys, str(config), *option)


@pytest.mark.usefixtures("bare")
def test_without_capabilities_each_that_is_missing_is_named(capsys: pytest.CaptureFixture[str], config: Path) -> None:
    said = refused(capsys, str(config))
    assert all(f"{name} (" in said for name in ("CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_NET_BIND_SERVICE"))
    assert "AmbientCapabilities=" in said


@pytest.mark.usefixtures("bare")
def test_a_file_with_keys_that_others_may_read_is_told_of(capsys: pytest.CaptureFixture[str], config: Path) -> None:
    config.chmod(0o644)
    assert f"{config}: holds keys, and others may read it (mode 0644)" in refused(capsys, str(config))
    config.chmod(0o600)
    assert "holds keys" not in refused(capsys, str(config))


@pytest.mark.usefixtures("bare")
def test_lines_that_are_not_known_are_told_before(capsys: pytest.CaptureFixture[str], config: Path) -> None:
    config.write_text(CONFIGURATION + "frobnicate outside\n")
    assert "frobnicate" in refused(capsys, str(config))


def test_a_fault_of_a_callback_is_contained_and_its_text_is_not_told() -> None:
    told: list[BaseException] = []

    class Gateway:
        def contain(self, fault: BaseException) -> None:
            told.append(fault)

    startup._contained(Gateway(), {"message": "x", "exception": ValueError(KEY)})  # type: ignore[arg-type]
    startup._contained(Gateway(), {"message": "x"})  # type: ignore[arg-type]
    assert [type(fault) for fault in told] == [ValueError]


def test_the_entropy_of_a_gateway_is_the_systems() -> None:
    entropy = startup.SystemEntropy()
    assert len(entropy.take(16)) == 16
    assert entropy.take(16) != entropy.take(16)


def test_a_port_that_is_taken_says_by_whom(monkeypatch: pytest.MonkeyPatch) -> None:
    if privileges.missing(privileges.held(), 0):
        pytest.skip("marking sockets takes CAP_NET_ADMIN")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("0.0.0.0", 0))
        port = holder.getsockname()[1]
        monkeypatch.setattr("mainmode.gateway.sockets.IKE_PORT", port)
        with pytest.raises(Exception, match=rf"UDP port {port} is in use: by .* \(pid {os.getpid()}\); stop it first"):
            IkeSockets(None, lambda datagram, path: None, lambda what, error: None)  # type: ignore[arg-type]
