"""`mainmode ssh` as a process: what it refuses, what it prints, its host key, and its end by a signal."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncssh
import pytest
from lab_rig import TEXTS
from ssh_rig import USERS, connect

from mainmode.cli.main import main

_RUN = "import sys; from mainmode.cli.main import main; sys.exit(main())"
_WITHOUT_ASYNCSSH = f"import sys; sys.modules['asyncssh'] = None; {_RUN}"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """A pair of devices with users."""
    places = [tmp_path / "one.cfg", tmp_path / "other.cfg"]
    for place, text in zip(places, TEXTS, strict=True):
        place.write_text(f"{text}\n{USERS}")
    return [str(place) for place in places]


@contextmanager
def running(*arguments: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    """The command, in a process of its own; ended with the block where it has not ended before."""
    process = subprocess.Popen(
        [sys.executable, "-c", _RUN, "ssh", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=30)


def told(process: "subprocess.Popen[str]") -> str:
    """What it prints up to its last line of the beginning."""
    assert process.stdout is not None
    rows = []
    for row in process.stdout:
        rows.append(row)
        if row.startswith("Ctrl-C"):
            return "".join(rows)
    raise AssertionError("".join(rows))


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What is said of a command line that cannot be used."""
    assert main(["ssh", *arguments]) == 2
    return capsys.readouterr().err


def test_a_device_that_nobody_could_log_in_to_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "a.cfg"
    place.write_text(TEXTS[0])
    assert "username admin password PASSWORD privilege 15" in refused(capsys, str(place))
    place.write_text(f"{TEXTS[0]}\nusername ann password ***** pbkdf2\n")
    assert "masked" in refused(capsys, str(place))
    assert "--user admin" in refused(capsys, "--example")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--listen", "nowhere"], "ADDRESS:PORT"),
        (["--listen", "127.0.0.1:65536"], "ADDRESS:PORT"),
        (["--listen", ":22"], "ADDRESS:PORT"),
        (["--listen", "127.0.0.1:0"] * 3, "3 times"),
        (["--password-fd", "0"], "--user"),
        (["--user", "me", "--password-fd", "99"], "cannot be read"),
        (["--host-key", "/dev/null/key"], "host key"),
    ],
)
def test_options_that_cannot_be_used_are_told(
    files: list[str], more: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert words in refused(capsys, *files, *more)


def test_it_listens_for_each_device_keeps_its_key_and_ends_cleanly(files: list[str], tmp_path: Path) -> None:
    key = tmp_path / "state" / "key"
    arguments = [*files, "--host-key", str(key), "--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0"]
    shown = []
    for _ in range(2):
        with running(*arguments) as process:
            text = told(process)
            ports = [int(port) for port in re.findall(r"^asa[12]: ssh -p (\d+) USER@127\.0\.0\.1$", text, re.M)]
            assert len(ports) == 2
            shown.append(re.findall(r"^host key: (ED25519 SHA256:\S+) \(", text, re.M))

            async def sit(port: int = ports[1], process: "subprocess.Popen[str]" = process) -> str:
                async with connect(port) as conn:
                    shell = await conn.create_process(term_type="xterm")
                    await asyncio.wait_for(shell.stdout.readuntil("asa2# "), 20)
                    process.send_signal(signal.SIGTERM)
                    return str(await asyncio.wait_for(shell.stdout.read(), 20))

            assert "The lab ends." in asyncio.run(sit())
            assert process.wait(30) == 0
            assert process.stderr is not None
            assert process.stderr.read() == ""
    assert shown[0] == shown[1] != []
    assert key.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in key.parent.iterdir()] == ["key"]


def test_a_key_that_others_may_read_is_refused(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "key"
    key.write_text("no key at all")
    assert f"chmod 600 {key}" in refused(capsys, *files, "--host-key", str(key))
    key.chmod(0o600)
    assert "no private key" in refused(capsys, *files, "--host-key", str(key))
    key.write_bytes(asyncssh.generate_private_key("ssh-ed25519").export_private_key(passphrase="hush"))
    assert "no passphrase" in refused(capsys, *files, "--host-key", str(key))


def test_a_user_of_the_server_has_a_password_from_the_environment(tmp_path: Path) -> None:
    options = ["--example", "--user", "me", "--listen", "127.0.0.1:0", "--host-key", str(tmp_path / "key")]
    with running(*options, MAINMODE_SSH_PASSWORD="p4ss") as process:
        port = int(re.findall(r"asa1: ssh -p (\d+)", told(process))[0])

        async def sit() -> str:
            async with connect(port, "me", "p4ss") as conn:
                return str((await conn.run("show curpriv")).stdout)

        assert "Current privilege level : 15" in asyncio.run(sit())


def test_without_asyncssh_it_says_what_to_install() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_ASYNCSSH, "ssh", "--example"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert done.stderr == "mainmode: mainmode ssh needs asyncssh; type: pip install 'mainmode[ssh]'\n"
