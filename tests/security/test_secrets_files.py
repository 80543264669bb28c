"""Files that hold a configuration or a key are their owner's, whatever the umask; sockets are whose they should be."""

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mainmode.base.errors import InputError
from mainmode.cli.capture import _CaptureFile, _KeyFolder
from mainmode.cli.control import GatewayConnection
from mainmode.cli.main import main
from mainmode.console.ssh.host_key import host_key
from mainmode.gateway.control.place import Place
from mainmode.gateway.kept_file import KeptFile

OTHERS = 0o077
STRANGER = 65533
"""A user that nobody is."""
AS_ROOT = os.geteuid() == 0


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    """Everything below a folder that others than its owner may look at."""
    return sorted(
        f"{path.relative_to(folder)} {stat.S_IMODE(path.lstat().st_mode):04o}"
        for path in folder.rglob("*")
        if path.lstat().st_mode & OTHERS
    )


def begun(file: Path) -> None:
    """A capture into this file begins."""
    capture = _CaptureFile(str(file))
    capture.flush()
    capture._file.close()


def test_whatever_holds_a_key_is_its_owners_alone_under_any_umask(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir(0o700)
    (kept / "asa.cfg").write_text("hostname one\n")
    (kept / "asa.cfg").chmod(0o600)
    with umask(0):
        file = KeptFile(kept / "asa.cfg", "asa.cfg", (kept / "asa.cfg").read_text)
        file.write("hostname two\n", "hostname one\n")
        KeptFile(kept / "new.cfg", "new.cfg", lambda: "").write("hostname three\n", "")
        host_key(tmp_path / "state" / "ssh_host_ed25519_key")
        assert main(["lab", "--keys", str(tmp_path / "lab")]) == 0
        folder = _KeyFolder(tmp_path / "capture")
        folder.write("esp_sa", "one\n")
        (tmp_path / "capture" / "esp_sa").unlink()
        folder.write("esp_sa", "two\n")
        begun(tmp_path / "a.pcapng")
    made = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert made == {
        *("kept/asa.cfg", "kept/asa.cfg.before", "kept/new.cfg", "state/ssh_host_ed25519_key", "a.pcapng"),
        *(f"{folder}/{name}" for folder in ("lab", "capture") for name in ("ikev1_decryption_table", "esp_sa")),
        *(f"{folder}/preferences" for folder in ("lab", "capture")),
    }
    assert open_to_others(tmp_path) == []


def test_a_capture_into_a_file_that_is_there_keeps_its_mode_and_none_of_its_octets(tmp_path: Path) -> None:
    file = tmp_path / "a.pcapng"
    file.write_bytes(b"x" * 5000)
    file.chmod(0o640)
    begun(file)
    assert b"xx" not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


@pytest.mark.skipif(not AS_ROOT, reason="only root gives files away")
def test_a_host_key_of_somebody_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    host_key(path)
    os.chown(path, STRANGER, STRANGER)
    with pytest.raises(InputError, match=f"user {STRANGER}"):
        host_key(path)


# --- the control socket ---------------------------------------------------------------------------------------------


def test_the_folder_of_the_socket_is_never_open_and_what_is_there_keeps_its_mode(tmp_path: Path) -> None:
    with umask(0):
        place = Place(str(tmp_path / "run" / "control"))
        place.open().close()
    assert open_to_others(tmp_path) == ["run 0750", "run/control 0660"]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    elsewhere.chmod(0o755)
    (tmp_path / "link").symlink_to(elsewhere)
    Place(str(tmp_path / "link" / "control")).open().close()
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o755


def test_a_folder_in_which_anybody_could_replace_the_socket_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(InputError, match="open to everybody"):
        Place(str(folder / "control")).open()
    assert not (folder / "control").exists()
    folder.chmod(0o1777)
    Place(str(folder / "control")).open().close()


@pytest.mark.parametrize("there", ["dangling", "to a file", "to a folder"])
def test_a_link_where_the_socket_has_to_be_leads_nowhere(tmp_path: Path, there: str) -> None:
    target = tmp_path / "target"
    if there == "to a file":
        target.write_text("precious")
    elif there == "to a folder":
        target.mkdir()
    (tmp_path / "control").symlink_to(target)
    with pytest.raises(InputError, match="no socket"):
        Place(str(tmp_path / "control")).open()
    assert (tmp_path / "control").is_symlink()
    assert target.exists() == (there != "dangling")


class Listener:
    """A socket of a user who is no gateway."""

    def __init__(self, path: Path, user: int) -> None:
        self.heard = b""
        # Who listens is asked of the kernel when the socket begins to: a process of that user.
        code = (
            "import os, socket, sys; os.umask(0); s = socket.socket(socket.AF_UNIX); "
            f"s.bind({str(path)!r}); os.setuid({user}); s.listen(); print('there', flush=True); "
            "c, _ = s.accept(); sys.stdout.write(c.recv(1000).decode()); sys.stdout.flush()"
        )
        self.process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"there\n"

    def end(self) -> bytes:
        """What was sent to it."""
        out, _ = self.process.communicate(timeout=30)
        return out


@pytest.mark.skipif(not AS_ROOT, reason="only root becomes somebody else")
def test_nothing_is_sent_to_whoever_listens_where_anybody_may(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o1777)
    listener = Listener(folder / "control", STRANGER)
    with pytest.raises(InputError, match=f"user {STRANGER}"):
        GatewayConnection(str(folder / "control"))
    assert listener.end() == b""
    # A gateway that runs as a user of its own has a folder of its own, as systemd makes it.
    folder.chmod(0o755)
    os.chown(folder, STRANGER, STRANGER)
    (folder / "control").unlink()
    listener = Listener(folder / "control", STRANGER)
    connection = GatewayConnection(str(folder / "control"))
    connection.ask("show version")
    connection.close()
    assert b"show version" in listener.end()


# --- the process ----------------------------------------------------------------------------------------------------


def test_no_core_is_dumped_and_nobody_of_the_same_user_looks_in() -> None:
    code = (
        "import ctypes, resource\n"
        "from mainmode.gateway.privileges import hide_memory\n"
        "hide_memory()\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "(0, 0) 0\n"


def test_memory_is_hidden_before_the_configuration_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    from mainmode.gateway import privileges, startup
    from mainmode.gateway.output import LineWriter

    order: list[str] = []

    class File:
        def read(self) -> None:
            order.append("read")
            raise InputError("the end of the test")

    monkeypatch.setattr(privileges, "hide_memory", lambda: order.append("hidden"))
    out = LineWriter(sys.stdout)
    with pytest.raises(InputError, match="the end"):
        asyncio.run(startup.run(startup.Order(File()), out, out))  # type: ignore[arg-type]
    assert order == ["hidden", "read"]


def options() -> Iterator[tuple[str, str, str]]:
    """Every option that takes a value: the command, the option, and what it is told to be."""
    from argparse import _SubParsersAction

    from mainmode.cli.parser import parser

    for action in parser()._actions:
        if isinstance(action, _SubParsersAction):
            for name, command in action.choices.items():
                for one in command._actions:
                    if one.option_strings and one.nargs != 0:
                        yield name, one.option_strings[-1], f"{one.metavar} {one.help}"


def test_no_option_takes_a_secret() -> None:
    telling = {
        (name, option)
        for name, option, _ in options()
        if any(word in option for word in ("key", "psk", "password", "secret", "pass", "phrase"))
    }
    # Each names a file, a folder or a descriptor.
    assert telling == {
        *((name, "--keys") for name in ("lab", "capture", "explain")),
        *((name, "--host-key") for name in ("up", "ssh")),
        ("ssh", "--password-fd"),
    }
