"""Logging in tells nobody who the users are, and a wrong password costs time."""

import asyncio
import hashlib
from types import SimpleNamespace
from typing import Any

import pytest

from mainmode.base.secret import Secret
from mainmode.console.passwords import LocalUsers, Verifier, hashed
from mainmode.console.ssh import gate as gate_module
from mainmode.console.ssh.gate import TRIES, Gate
from mainmode.console.ssh.server import Guest, SshServer
from mainmode.device.config.reader import read

PASSWORD = "fen-Harbour-63"
WRONG = Secret(b"fen-Harbour-64")


def _users() -> Any:
    """One user for each way that a password may be kept."""
    forms = dict(
        [hashed(Secret(PASSWORD.encode()), "md5", True), hashed(Secret(PASSWORD.encode()), "", False)],
    )
    return read(
        f"username plain password {PASSWORD}\n"
        f"username md5 password {forms['encrypted'].reveal().decode()} encrypted\n"
        f"username new password {forms['pbkdf2'].reveal().decode()} pbkdf2\n"
        "username masked password *****\n"
        "aaa authentication ssh console LOCAL\n",
        "users.cfg",
    )


CONFIGURATION = _users()


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rounds of each slow hash that is made."""
    asyncio.run(LocalUsers(CONFIGURATION).admits("nobody", WRONG))
    made: list[int] = []
    real = hashlib.pbkdf2_hmac

    def counted(name: str, password: bytes, salt: bytes, rounds: int, length: int | None = None) -> bytes:
        made.append(rounds)
        return real(name, password, salt, rounds, length)

    monkeypatch.setattr(hashlib, "pbkdf2_hmac", counted)
    return made


@pytest.mark.parametrize("name", ["plain", "md5", "new", "masked", "nobody", ""])
def test_a_wrong_password_costs_as_much_whoever_it_is(slow: list[int], name: str) -> None:
    assert asyncio.run(LocalUsers(CONFIGURATION).admits(name, WRONG)) is None
    assert slow == [5000]


@pytest.mark.parametrize("name", ["guest", "plain", "nobody"])
def test_the_guest_is_not_known_by_the_time_either(name: str, request: pytest.FixtureRequest) -> None:
    server = SshServer([], Guest("guest", Verifier(Secret(PASSWORD.encode()))))
    slow: list[int] = request.getfixturevalue("slow")
    firewall: Any = SimpleNamespace(running=SimpleNamespace(configuration=CONFIGURATION))
    assert asyncio.run(server.admits(firewall, name, WRONG)) is None
    assert slow == [5000, 5000]


def test_each_wrong_password_waits_and_the_last_one_ends_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async def admits(*_: object) -> None:
        return None

    monkeypatch.setattr(gate_module.asyncio, "sleep", sleep)
    server: Any = SimpleNamespace(admits=admits, delay=1.0)
    gate = Gate(server, SimpleNamespace())  # type: ignore[arg-type]
    denied: list[str] = []
    gate.journal = SimpleNamespace(denied=denied.append)  # type: ignore[assignment]

    async def tried() -> list[bool]:
        return [await gate.validate_password("plain", PASSWORD) for _ in range(TRIES - 1)]

    assert asyncio.run(tried()) == [False] * (TRIES - 1)
    with pytest.raises(gate_module.asyncssh.DisconnectError):
        asyncio.run(gate.validate_password("plain", PASSWORD))
    assert waited == [1.0] * TRIES
    assert denied == ["plain"] * TRIES
