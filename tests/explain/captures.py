"""Runs of the lab as captures with their keys. Imported by tests of what reads captures."""

from functools import cache
from importlib.resources import files
from io import BytesIO

from mainmode.base.secret import Secret
from mainmode.capture.keys import IKE_TABLE, read_ike_table
from mainmode.capture.pcapng import pcapng
from mainmode.capture.secrets import NO_SECRETS, Secrets, secrets_of
from mainmode.device.config.reader import read
from mainmode.explain.captured import CapturedLog
from mainmode.explain.record import Record
from mainmode.lab.faults.catalogue import read_fault
from mainmode.lab.faults.configuration import broken
from mainmode.lab.run import Order, Result, run
from mainmode.ladder.transcript import Side

KEY = "cisco"
"""The packaged pair's pre-shared key."""


@cache
def played(*faults: str, change: tuple[str, str] = ("", "")) -> Result:
    """The packaged pair with faults, and a text replaced on both sides."""
    ordered = tuple(read_fault(fault, tuple(side.value for side in Side)) for fault in faults)
    pair = {}
    for number, side in enumerate(Side, 1):
        name = f"asa{number}.cfg"
        text = (files("mainmode.lab") / "examples" / name).read_text("utf-8").replace(*change)
        for fault in ordered:
            if fault.device == side.value and fault.fault.lines is not None:
                text = broken(fault, text, read(text, name))
        pair[side] = read(text, name)
    return run(Order(pair, 1, faults=ordered))


def capture_of(result: Result) -> bytes:
    """The run's capture file."""
    return pcapng("mainmode test", result.interfaces, result.packets)


def secrets(result: Result, key: str | None = None) -> Secrets:
    """The run's keys, and a pre-shared key that somebody types."""
    return secrets_of(read_ike_table(result.keys[IKE_TABLE], "keys"), None if key is None else Secret(key.encode()))


def told(
    octets: bytes, secrets: Secrets = NO_SECRETS, own: str = "", peer: str = ""
) -> tuple[list[Record], CapturedLog]:
    """All records of a capture, and what became of it."""
    captured = CapturedLog(BytesIO(octets), 0, "a.pcap", own, peer, secrets)
    return list(captured), captured


def facts(records: list[Record], kind: type) -> list:  # type: ignore[type-arg]
    """All facts of one kind."""
    return [fact for record in records for fact in record.reading.facts if isinstance(fact, kind)]
