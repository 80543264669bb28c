"""The commands that ask a running gateway, as processes: what they print, how they end, what they cannot do."""

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from control_rig import PATIENCE, Controlled
from gateway_boxes import A, B

import mainmode
from mainmode.base.codes import IpProtocol
from mainmode.cli.control import _no_connection
from mainmode.gateway.control.protocol import written
from mainmode.wire.ip import Ipv4, Udp

MAIN = "import sys\nfrom mainmode.cli.main import main\nsys.exit(main())"


class Running:
    """A gateway on a loop of its own thread, with a control socket."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "control"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.rig: Controlled = self.call(self._start)

    def _start(self) -> Controlled:
        rig = Controlled(self.path)
        rig.server.bind()
        self._listening = asyncio.ensure_future(rig.server.listen())
        rig.ask()
        return rig

    def call(self, action: Callable[[], Any]) -> Any:
        """Something happens on the loop."""

        async def acted() -> Any:
            return action()

        return asyncio.run_coroutine_threadsafe(acted(), self._loop).result(PATIENCE)

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait for it."""
        end = time.monotonic() + PATIENCE
        while not self.call(holds):
            assert time.monotonic() < end
            time.sleep(0.01)

    @property
    def following(self) -> bool:
        return bool(self.rig.gateway.watchers)

    def negotiate(self) -> None:
        """Lines and packets come."""

        def action() -> None:
            self.rig.gateway.act(lambda box, now: box.clear(None, now))
            self.rig.settle()
            self.rig.ask(9)

        self.call(action)

    def close(self) -> None:
        self.call(self.rig.server.close)
        self.until(lambda: not self.rig.server._clients)
        self.call(lambda: None)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()


@pytest.fixture
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    gateway = Running(tmp_path_factory.mktemp("c"))
    yield gateway
    gateway.close()


def started(*words: str, path: Path | str, out: Any = subprocess.PIPE) -> "subprocess.Popen[str]":
    """A `mainmode` process that asks the gateway on `path`."""
    environment = os.environ | {"MAINMODE_CONTROL": str(path)}
    return subprocess.Popen(
        [sys.executable, "-c", MAIN, *words], stdout=out, stderr=subprocess.PIPE, text=True, env=environment
    )


def done(*words: str, path: Path | str) -> tuple[int, str, str]:
    """Exit code, output and what was told."""
    process = started(*words, path=path)
    out, told = process.communicate(timeout=60)
    return process.returncode, out, told


def test_show_prints_and_a_wrong_one_is_told_in_the_devices_words(running: Running) -> None:
    code, out, told = done("show", "crypto", "isakmp", "sa", path=running.path)
    assert (code, told) == (0, "")
    assert "MM_ACTIVE" in out
    code, out, told = done("show", "crypto", "bogus", "--control", str(running.path), path="/nowhere")
    assert (code, out) == (2, "")
    assert "ERROR: % Invalid input" in told


def test_clear_prints_nothing_and_does_it(running: Running) -> None:
    assert done("clear", "crypto", "isakmp", "sa", path=running.path) == (0, "", "")
    running.until(lambda: not running.rig.gateway.box.sad.states())


def test_a_ping_without_an_answer_ends_with_one(running: Running) -> None:
    code, out, _ = done("ping", "inside", "192.168.2.9", "repeat", "1", path=running.path)
    assert (code, out.splitlines()[-2:]) == (1, ["?", "Success rate is 0 percent (0/1)"])


@pytest.mark.parametrize(
    "words",
    [
        ("crypto", "ikev1", "127"),
        ("--debug", "crypto ikev1 127", "--debug", "debug crypto ipsec 127"),
        ("--debug", "crypto ikev1 127", "crypto", "ipsec", "127", "condition", "peer", "10.0.0.2"),
        ("--debug", "crypto ikev1 127", "--debug", "crypto ipsec 127", "condition", "group", "10.0.0.2"),
    ],
)
def test_a_debug_ends_when_it_is_interrupted(running: Running, words: tuple[str, ...]) -> None:
    process = started("debug", *words, path=running.path)
    running.until(lambda: running.following)
    running.negotiate()
    assert process.stdout is not None
    seen = os.read(process.stdout.fileno(), 1).decode()
    process.send_signal(signal.SIGINT)
    rest, told = process.communicate(timeout=60)
    assert (process.returncode, told) == (0, "")
    text = seen + rest
    assert "PHASE 1 COMPLETED" in text
    assert ("IPSEC: New embryonic SA" in text) is ("--debug" in words)
    running.until(lambda: not running.following)


def test_a_debug_ends_when_nobody_reads_it_even_if_nothing_is_said(running: Running) -> None:
    process = started("debug", "crypto", "ikev1", "127", path=running.path)
    running.until(lambda: running.following)
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(timeout=60) == 141
    assert process.stderr is not None
    process.stderr.close()
    running.until(lambda: not running.following)


def test_who_follows_a_gateway_that_ends_is_told(running: Running) -> None:
    process = started("debug", "crypto", "ikev1", "127", path=running.path)
    running.until(lambda: running.following)
    running.call(running.rig.server.close)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "has ended, or closed the connection" in told


def test_a_debug_without_words_says_what_to_say(running: Running) -> None:
    code, _, told = done("debug", path=running.path)
    assert code == 2
    assert "say which debug, such as: mainmode debug crypto ikev1 127" in told


def _tshark(capture: Path, config: Path, *options: str) -> str:
    return subprocess.run(
        ["tshark", "-r", capture, *options],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"WIRESHARK_CONFIG_DIR": str(config)},
    ).stdout


def test_a_capture_with_keys_is_opened_by_tshark_and_the_keys_are_for_their_owner(
    running: Running, tmp_path: Path
) -> None:
    pcap, keys = tmp_path / "live.pcapng", tmp_path / "keys"
    process = started("capture", "--pcap", str(pcap), "--keys", str(keys), path=running.path)
    running.until(lambda: running.following)
    running.negotiate()
    running.call(lambda: running.rig.ask(11))
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "packets captured" in told
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in keys.iterdir()} == {0o600}
    assert len(_tshark(pcap, keys, "-Yisakmp.id.type").splitlines()) == 4
    assert "seq=11/" in _tshark(pcap, keys, "-Yesp && icmp")


def test_the_keys_of_what_stood_before_are_written_at_once(running: Running, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    code, _, told = done(
        "capture", "--pcap", str(tmp_path / "a"), "--keys", str(keys), "--seconds", "1", path=running.path
    )
    assert (code, told) == (0, "mainmode: capturing; ^C ends\nmainmode: 0 packets captured\n")
    assert (keys / "esp_sa").read_text().count("IPv4") == 2


def test_a_capture_into_a_pipe_is_read_as_it_comes_and_ends_by_itself(running: Running) -> None:
    reading = subprocess.Popen(
        ["tshark", "-r", "-", "-Yisakmp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    process = started("capture", "--pcap", "-", "--packets", "12", path=running.path, out=reading.stdin)
    running.until(lambda: running.following)
    running.negotiate()
    out, _ = reading.communicate(timeout=60)
    assert process.stderr is not None
    assert process.stderr.read() == "mainmode: capturing; ^C ends\nmainmode: 12 packets captured\n"
    process.stderr.close()
    assert process.wait(timeout=60) == 0
    assert len(out.splitlines()) == 11


def test_of_a_message_that_is_sent_again_only_the_headers_are_written(running: Running, tmp_path: Path) -> None:
    message = bytes(range(16)) + bytes((5, 0x10, 5, 1)) + bytes(4) + (60).to_bytes(4) + bytes(range(32))
    packet = Ipv4(A, B, IpProtocol.UDP, Udp(500, 500, message).encode(A, B)).encode()
    pcap = tmp_path / "live.pcapng"
    process = started("capture", "--pcap", str(pcap), "--packets", "2", path=running.path)
    running.until(lambda: running.following)
    for _ in range(2):
        running.call(lambda: running.rig.gateway.show_packet("outside", packet, out=True))
    process.communicate(timeout=60)
    shown = _tshark(pcap, tmp_path, "-Tfields", "-eframe.len", "-eframe.cap_len", "-eframe.comment")
    first, second = (row.split("\t") for row in shown.splitlines())
    assert first == ["88", "88", ""]
    assert second[:2] == ["88", "60"]
    assert second[2].startswith("the same octets as packet 1")


def test_a_full_disk_ends_the_capture_and_not_the_gateway(running: Running) -> None:
    code, _, told = done("capture", "--pcap", "/dev/full", path=running.path)
    assert code == 2
    assert told.startswith("mainmode: /dev/full: cannot be written: No space left on device")
    running.until(lambda: not running.following)
    assert done("show", "version", path=running.path)[0] == 0


def test_a_disk_that_fills_up_leaves_what_was_written(running: Running, tmp_path: Path) -> None:
    pcap = tmp_path / "live.pcapng"
    limited = (
        f"import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nresource.setrlimit({{}})\n{MAIN}"
    )
    limit = limited.format("resource.RLIMIT_FSIZE, (2000, 2000)")
    process = subprocess.Popen(
        [sys.executable, "-c", limit, "capture", "--pcap", str(pcap), "--control", str(running.path)],
        stderr=subprocess.PIPE,
        text=True,
    )
    running.until(lambda: running.following)
    running.negotiate()
    _, told = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "cannot be written: File too large" in told
    shown = subprocess.run(["tshark", "-r", pcap], capture_output=True, text=True, check=False)
    assert len(shown.stdout.splitlines()) > 2


def test_preferences_of_somebodys_own_are_not_replaced(running: Running, tmp_path: Path) -> None:
    (tmp_path / "preferences").write_text("mine")
    code, _, told = done("capture", "--pcap", str(tmp_path / "a"), "--keys", str(tmp_path), path=running.path)
    assert code == 2
    assert "holds Wireshark preferences of its own" in told
    assert (tmp_path / "preferences").read_text() == "mine"


def test_without_a_gateway_it_says_what_to_do(tmp_path: Path) -> None:
    code, _, told = done("show", "version", path=tmp_path / "none")
    assert code == 2
    assert told == (
        f"mainmode: no gateway runs here: there is no {tmp_path / 'none'}; start one with mainmode up, or name its "
        "control socket with --control or $MAINMODE_CONTROL\n"
    )


def test_where_a_gateway_died_it_says_that(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("c") / "control"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    code, _, told = done("show", "version", path=path)
    assert code == 2
    assert f"no gateway listens on {path} any more; start one with mainmode up" in told


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(13, "Permission denied"), "no permission to use X: it is for root and the gateway's user"),
        (TimeoutError(), "the gateway on X takes no connection; look at its own output"),
        (BlockingIOError(11, "Resource temporarily unavailable"), "the gateway on X takes no connection"),
        (OSError("AF_UNIX path too long"), "no gateway can be asked on X: AF_UNIX path too long; name its control"),
        (ValueError("embedded null byte"), "no gateway can be asked on X: embedded null byte; name its control"),
        (NotADirectoryError(20, "Not a directory"), "no gateway runs here: there is no X"),
    ],
)
def test_every_way_to_reach_no_gateway_has_its_words(error: OSError | ValueError, said: str) -> None:
    assert said in _no_connection("X", error)


def test_what_listens_and_is_no_gateway_is_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("c") / "control"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        process = started("show", "version", path=path)
        answering, _ = other.accept()
        answering.recv(100)
        answering.sendall(b"HTTP/1.1 400 Bad Request\r\n")
        _, told = process.communicate(timeout=60)
        answering.close()
    assert process.returncode == 2
    assert "is no gateway of this release" in told


def test_control_characters_of_a_gateway_do_not_reach_the_terminal(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("c") / "control"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        process = started("show", "version", path=path)
        answering, _ = other.accept()
        answering.recv(100)
        answering.sendall(written({"output": "a\x1b[2Jb\n"}) + written({"done": True}))
        out, _ = process.communicate(timeout=60)
        answering.close()
    assert (process.returncode, out) == (0, "a\\x1b[2Jb\n")


def test_a_command_that_is_too_long_is_not_sent(running: Running) -> None:
    code, _, told = done("show", "x" * 5000, path=running.path)
    assert code == 2
    assert "the command is too long: a gateway takes 4096 octets" in told


def test_what_the_gateway_prints_stands_as_on_the_device(running: Running) -> None:
    _, shown, _ = done("show", "interface", path=running.path)
    assert "\n\tIP address 10.0.0.1, subnet mask 255.255.255.0\n" in shown.replace(", MTU 1500", "")
    _, _, refused = done("show", "foo", path=running.path)
    typed, caret = refused.splitlines()[1:3]
    assert typed[caret.index("^") :] == "foo"


def test_a_show_loads_nothing_of_the_engine(running: Running) -> None:
    script = (
        "import sys\nfrom mainmode.cli.main import main\nmain()\n"
        "print(*sorted(name for name in sys.modules if name.startswith('mainmode.')), file=sys.stderr)"
    )
    finished = subprocess.run(
        [sys.executable, "-c", script, "show", "version", "--control", str(running.path)],
        capture_output=True,
        text=True,
        check=True,
    )
    rooms = {name.split(".")[1] for name in finished.stderr.split()}
    assert rooms == {"base", "cli", "gateway"}
    loaded = {"asyncio", "cryptography", "traceback", "pathlib", "ipaddress"}
    probe = script.replace("name.startswith('mainmode.')", f"name in {loaded}")
    finished = subprocess.run(
        [sys.executable, "-S", "-c", probe, "show", "version", "--control", str(running.path)],
        env={**os.environ, "PYTHONPATH": str(Path(mainmode.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert finished.stderr.split() == []


def test_the_cable_to_a_console_loads_no_console_of_its_own() -> None:
    script = "import sys\nimport mainmode.cli.cable\nprint(*(n for n in sys.modules if n.startswith('mainmode.')))"
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(finished.stdout.split())
    assert {name.split(".")[1] for name in loaded} == {"base", "cli", "console", "gateway"}
    assert {name for name in loaded if name.startswith("mainmode.console.")} == {
        f"mainmode.console.faces{part}" for part in ("", ".face", ".pipe", ".tty", ".writing")
    }
