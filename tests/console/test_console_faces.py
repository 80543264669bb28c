"""The faces in processes of their own: a real terminal, a pipe, and what ends them."""

import os
import signal
import subprocess
import termios
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from devices import SECONDS, STILL, at_a_terminal, command, environment, piped

from mainmode.cli.main import main


@pytest.fixture
def device() -> Iterator["pexpect.spawn[str]"]:
    child = at_a_terminal()
    try:
        child.expect_exact("asa1> ")
        yield child
    finally:
        child.close(force=True)


def is_raw(child: "pexpect.spawn[str]") -> bool:
    return not termios.tcgetattr(child.child_fd)[3] & (termios.ICANON | termios.ECHO | termios.ISIG)


def waited_for(child: "pexpect.spawn[str]") -> int | None:
    """The exit code."""
    child.expect(pexpect.EOF)
    child.wait()
    return child.exitstatus


def test_a_terminal_is_raw_while_somebody_sits_at_it_and_as_it_was_behind_it() -> None:
    # A shell stays on the terminal, and can be asked for its mode when the console has ended.
    line = " ".join(f"'{word}'" for word in command(*STILL))
    child = pexpect.spawn(
        "/bin/sh",
        ["-c", f"stty -a; {line}; stty -a"],
        env=environment(),
        timeout=SECONDS,
        encoding="utf-8",
        dimensions=(24, 80),
    )
    try:
        child.expect_exact("asa1> ")
        before = child.before.split("Type help")[0]
        assert is_raw(child)
        child.sendline("exit")
        child.expect(pexpect.EOF)
        after = child.before[child.before.index("speed") :]
        assert before[before.index("speed") :].split() == after.split()
    finally:
        child.close(force=True)


def test_what_is_typed_is_echoed_once_and_enter_is_one_line_end(device: "pexpect.spawn[str]") -> None:
    device.send("show cl?")
    device.expect_exact("show cl?\r\n")
    device.expect_exact("asa1> show cl")
    device.send("\x03")
    device.expect_exact("^C\r\nasa1> ")
    device.sendline("exit")
    assert waited_for(device) == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_a_signal_ends_it_and_the_terminal_is_as_it_was(
    device: "pexpect.spawn[str]", number: signal.Signals, code: int
) -> None:
    assert is_raw(device)
    keeper = os.open(os.readlink(f"/proc/{device.pid}/fd/0"), os.O_RDWR | os.O_NOCTTY)
    try:
        device.kill(number)
        device.wait()
        assert device.exitstatus == code
        assert not is_raw(device)
    finally:
        os.close(keeper)


def test_a_stopped_console_leaves_the_terminal_as_it_was_and_takes_it_back() -> None:
    shell = pexpect.spawn(
        "bash",
        ["--norc", "--noprofile", "-i"],
        env=environment() | {"PS1": "shell: "},
        timeout=SECONDS,
        encoding="utf-8",
        dimensions=(24, 200),
    )
    try:
        shell.expect_exact("shell: ")
        shell.sendline(" ".join(f"'{word}'" for word in command(*STILL)))
        shell.expect_exact("asa1> ")
        shell.send("show clo")
        shell.expect_exact("show clo")
        (process,) = Path(f"/proc/{shell.pid}/task/{shell.pid}/children").read_text().split()
        os.kill(int(process), signal.SIGTSTP)
        shell.expect_exact("Stopped")
        shell.expect_exact("shell: ")
        shell.sendline("stty -a")
        shell.expect_exact(" echo ")
        shell.expect_exact("shell: ")
        shell.sendline("fg")
        shell.expect_exact("asa1> show clo")
        shell.send("ck\r")
        shell.expect_exact("ck\r\n")
        shell.expect_exact("2024\r\nasa1> ")
        shell.send("exit\r")
        shell.expect_exact("shell: ")
    finally:
        shell.close(force=True)


def test_a_line_wraps_where_the_terminal_ends_now(device: "pexpect.spawn[str]") -> None:
    device.setwinsize(24, 20)
    device.send("x" * 30)
    device.expect_exact("x" * 30)
    device.send("\x7f")
    device.expect_exact("\r\x1b[Aasa1> " + "x" * 29)
    device.setwinsize(24, 80)
    device.send("\x7f")
    device.expect_exact("\b \b")


def test_a_terminal_that_takes_nothing_holds_up_no_end(device: "pexpect.spawn[str]") -> None:
    device.send("terminal pager 0\r" + "show version\r" * 1000)
    # Far more than a terminal keeps comes, and nobody reads it.
    device.expect_exact("show version\r\n")
    device.kill(signal.SIGTERM)
    device.wait()
    assert device.exitstatus == 143
    assert not is_raw(device)


def test_a_pipe_types_and_a_transcript_comes_out() -> None:
    done = piped("show clock\nshow xyz\n")
    assert done.returncode == 0
    assert done.stderr == b""
    assert done.stdout.decode().split("\n", 1)[1] == (
        "asa1> show clock\n00:00:00.000 UTC Mon Jan 1 2024\n"
        "asa1> show xyz\n           ^\nERROR: % Invalid input detected at '^' marker.\nasa1> \n"
    )


def test_the_same_is_typed_and_the_same_comes_out() -> None:
    typed = "enable\n\nshow crypto isakmp sa\nshow run\nshow clock"
    first, second = piped(typed).stdout, piped(typed).stdout
    assert first == second
    assert first.count(b"\n") > 20


def test_two_thousand_lines_from_a_pipe_are_all_there_and_in_their_order() -> None:
    out = piped("".join(f"x{number}\n" for number in range(2_000))).stdout.decode()
    assert [line for line in out.split("\n") if line.startswith("asa1> x")] == [
        f"asa1> x{number}" for number in range(2_000)
    ]


def test_no_input_at_all_is_a_session_that_ends_at_once() -> None:
    assert piped("").returncode == 0
    closed = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" <&-', "sh", *command(*STILL)],
        capture_output=True,
        env=environment(),
        timeout=SECONDS,
        check=False,
    )
    assert closed.returncode == 0
    assert closed.stderr == b""


def test_a_full_disk_is_told() -> None:
    with open("/dev/full", "wb") as full:
        done = piped("show clock\n" * 10, output=full.fileno())
    assert done.returncode == 2
    assert done.stderr.decode() == "mainmode: standard output cannot be written: No space left on device\n"


def test_a_reader_who_has_seen_enough_ends_it_without_a_word() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = piped("show clock\n" * 10, output=writing)
    finally:
        os.close(writing)
    assert done.returncode == 141
    assert done.stderr == b""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("console", "--control", "/nowhere"),
            "no gateway runs here: there is no /nowhere; start one with",
        ),
        (("console", "--control", "/nowhere"), "mainmode console CFG sits at a device of a lab"),
        (("console", "--control", "/nowhere", "a.cfg"), "--control is for the running gateway: leave the files out"),
        (("console", "--seed", "7"), "--seed is for the devices of a lab: name their configurations"),
        (("console", "--time", "still"), "--time is for the devices of a lab: name their configurations"),
        (("console", "-"), "standard input is what is typed at the console"),
        (("console", "--example", "a.cfg"), "--example is a pair of its own"),
        (("console", "nowhere.cfg"), "nowhere.cfg: no such file"),
        (("console", "--example", "--device", "nobody"), "there is no device nobody"),
    ],
)
def test_what_the_user_can_mend_is_told(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments]) == 2
    told = capsys.readouterr()
    assert message in told.err
    assert told.out == ""
