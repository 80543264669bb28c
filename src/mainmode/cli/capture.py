"""`mainmode capture`: writes what a running gateway sends and receives, for Wireshark."""

import os
import sys
import time
from argparse import Namespace
from base64 import b64decode
from bisect import bisect_right
from collections.abc import Mapping
from contextlib import suppress
from itertools import accumulate
from pathlib import Path

from mainmode import __version__
from mainmode.base.errors import InputError
from mainmode.base.instant import Instant
from mainmode.capture.pcapng import Captured, enhanced_packet, interface_description, section_header
from mainmode.capture.repetitions import Repetitions
from mainmode.cli.console import give_up_output, tell
from mainmode.cli.control import GatewayConnection, control_path, tell_missed
from mainmode.cli.parser import EXIT_UP
from mainmode.cli.private import open_private
from mainmode.gateway.control.protocol import AT, FOLLOWING, INBOUND, INTERFACE, KEY, KEY_FILE, MISSED, PACKET

_STANDARD_OUTPUT = "-"


def capture(arguments: Namespace) -> int:
    """Write until it is interrupted, or enough. Raises InputError for everything that the user can mend."""
    gateway = GatewayConnection(control_path(arguments))
    try:
        keys = _KeyFolder(Path(arguments.keys)) if arguments.keys is not None else None
        capture_file = _CaptureFile(arguments.pcap)
        gateway.ask("capture keys" if keys is not None else "capture")
        until = time.monotonic() + arguments.seconds if arguments.seconds is not None else None
        gateway.end_when_interrupted()
        for answer in gateway.answers(None, until, capture_file.flush):
            if PACKET in answer:
                capture_file.add(answer)
                if capture_file.packets == arguments.packets:
                    break
            elif KEY_FILE in answer and keys is not None:
                keys.write(str(answer[KEY_FILE]), str(answer[KEY]))
            elif MISSED in answer:
                tell_missed(answer, "packets")
            elif FOLLOWING in answer:
                tell("mainmode: capturing; ^C ends")
        capture_file.flush()
        tell(f"mainmode: {capture_file.packets} packets captured")
        return EXIT_UP
    finally:
        gateway.close()


class _CaptureFile:
    """A pcapng file, which holds after each `flush` what was added; whole blocks, where there is no room for more."""

    def __init__(self, name: str) -> None:
        self.packets = 0
        self._in_file = 0
        self._name = "standard output" if name == _STANDARD_OUTPUT else name
        self._interfaces: dict[str, int] = {}
        self._repetitions = Repetitions()
        try:
            self._file = sys.stdout.buffer if name == _STANDARD_OUTPUT else open_private(Path(name))
        except OSError as error:
            raise self._unwritable(error) from None
        self._waiting = [section_header(f"mainmode {__version__}")]
        self.flush()

    def add(self, answer: Mapping[str, object]) -> None:
        """One packet, with the description of its interface if that is new."""
        name, packet = str(answer[INTERFACE]), b64decode(str(answer[PACKET]))
        described = b""
        if name not in self._interfaces:
            self._interfaces[name] = len(self._interfaces)
            described = interface_description(name)
        repetition = self._repetitions.of(packet, self.packets + 1)
        captured = Captured(
            self._interfaces[name],
            Instant(int(str(answer[AT]))),
            packet,
            (repetition.note,) if repetition is not None else (),
            repetition.kept if repetition is not None else None,
            inbound=bool(answer[INBOUND]),
        )
        self._waiting.append(described + enhanced_packet(captured))
        self.packets += 1

    def flush(self) -> None:
        """Write what was added. Raises InputError, and BrokenPipeError where nobody reads on."""
        octets, written = memoryview(b"".join(self._waiting)), 0
        try:
            while written < len(octets):
                written += self._file.write(octets[written:])
            self._file.flush()
        except BrokenPipeError:
            give_up_output()
            raise
        except OSError as error:
            self._mend(written)
            raise self._unwritable(error) from None
        self._in_file = self.packets
        self._waiting.clear()

    def _mend(self, written: int) -> None:
        """Half a packet goes again, where the file is one that can be cut; the whole ones before it stay."""
        lengths = list(accumulate(map(len, self._waiting)))
        whole = bisect_right(lengths, written)
        torn = written - lengths[whole - 1] if whole else written
        self._in_file = max(0, self.packets - len(self._waiting) + whole)
        with suppress(OSError):
            self._file.truncate(self._file.seek(0, os.SEEK_END) - torn)

    def _unwritable(self, error: OSError) -> InputError:
        held = f"; {self._in_file} packets stand in it" if self._in_file else ""
        return InputError(f"{self._name}: cannot be written: {error.strerror or error}{held}; the gateway goes on")


class _KeyFolder:
    """A Wireshark configuration folder that grows while the capture goes on."""

    def __init__(self, folder: Path) -> None:
        from mainmode.capture.keys import key_files
        from mainmode.cli.files import write_keys

        write_keys(folder, key_files((), ()))
        self._folder = folder
        self._written: set[tuple[str, str]] = set()
        self._files = frozenset(key_files((), ()))

    def write(self, name: str, line: str) -> None:
        """One more line of a table, once. Raises InputError."""
        if name not in self._files or (name, line) in self._written:
            return
        self._written.add((name, line))
        try:
            with open_private(self._folder / name, append=True) as file:
                file.write(line.encode("ascii"))
        except OSError as error:
            raise InputError(f"{self._folder / name}: cannot be written: {error.strerror or error}") from None
