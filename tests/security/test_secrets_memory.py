"""What is left in memory of keys that are over: of objects in this process, and octet by octet in another's."""

import gc
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mainmode.base.codes import Group
from mainmode.base.secret import Secret, SecretForgotten
from mainmode.crypto import primitives
from mainmode.crypto.groups import group
from mainmode.crypto.primitives import overwrite

ROOT = Path(__file__).resolve().parents[2]
CHILD = ROOT / "tests" / "security" / "memory_child.py"
FAMILIES = ("Diffie-Hellman private value", "Diffie-Hellman secret", "SKEYID family", "ESP keys")


def test_a_forgotten_secret_is_zeros_and_tells_nothing() -> None:
    secret = Secret(b"tern-Quarry-58")
    view, held = secret.octets, secret._octets
    secret.forget()
    assert bytes(view) == bytes(held) == bytes(14)
    assert secret.forgotten
    assert len(secret) == 14
    assert secret != Secret(bytes(14))
    assert secret == secret
    for ask in (secret.reveal, lambda: secret.octets):
        with pytest.raises(SecretForgotten) as caught:
            ask()
        assert "tern" not in str(caught.value)
    secret.forget()


def test_a_secret_that_nobody_refers_to_is_zeros() -> None:
    secret = Secret(b"tern-Quarry-58")
    held = secret._octets
    del secret
    assert held == bytes(14)


@pytest.mark.parametrize("helped", [True, False])
def test_octets_that_somebody_else_refers_to_are_not_overwritten(monkeypatch: pytest.MonkeyPatch, helped: bool) -> None:
    if not helped:
        monkeypatch.setattr(primitives, "native", lambda: None)
    kept = bytes(range(40, 60))
    copy, alone = kept, bytes(bytearray(range(40, 60)))
    overwrite(kept)
    overwrite(alone)
    assert copy == bytes(range(40, 60))
    assert alone == bytes(20)
    one = bytes([7])
    overwrite(one, b"")
    assert bytes([7]) == b"\x07"


def test_a_group_leaves_the_octets_of_its_caller_alone() -> None:
    class Tape:
        drawn = bytes(range(1, 33))

        def take(self, count: int) -> bytes:
            return self.drawn

    modp = group(Group.MODP_2048)
    pair = modp.keypair(Tape())
    modp.shared(pair, (3).to_bytes(256))
    assert bytes(range(1, 33)) == Tape.drawn
    assert pair.private.reveal()[1:] == Tape.drawn[1:]


# --- a process's memory ---------------------------------------------------------------------------------------------


def writable(pid: int) -> Iterator[bytes]:
    """Everything that a process can write to."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            begin, end = (int(one, 16) for one in span.split("-"))
            if rights.startswith("rw"):
                try:
                    memory.seek(begin)
                    yield memory.read(end - begin)
                except (OSError, ValueError):
                    continue


def stages(more: str) -> Iterator[tuple[str, Counter[str], dict[str, int]]]:
    """What the memory holds at each stage of the child's tunnel: copies by kind, whole or the latter half of one.

    The third value is how many `Secret`s there are.
    """
    folders = ("src", "tests/gateway", "tests/device")
    with subprocess.Popen(
        [sys.executable, str(CHILD), more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # Nothing else is in its environment: what the watch over secrets notes would be found.
        env={"PYTHONPATH": ":".join(str(ROOT / one) for one in folders), "PYTHONDONTWRITEBYTECODE": "1"},
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for line in child.stdout:
            name, secrets, living = json.loads(line)
            parts = list(writable(child.pid))
            yield name, _tally(parts, secrets), living
            child.stdin.write("\n")
            child.stdin.flush()
    assert child.returncode == 0


def _tally(parts: list[bytes], secrets: list[list[Any]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for kind, inverted in secrets:
        octets = bytes(one ^ 0xFF for one in bytes.fromhex(inverted))
        wanted = octets if len(octets) < 16 else octets[len(octets) // 2 :]
        found[kind] += sum(part.count(wanted) for part in parts)
    return found


@pytest.mark.parametrize(
    "more",
    [
        "",
        "|crypto map MAP 10 set pfs group5|crypto ipsec ikev1 transform-set TRANSFORM esp-aes-256 esp-sha-hmac",
        "|crypto ikev1 policy 10|encryption 3des|crypto ipsec ikev1 transform-set TRANSFORM esp-3des esp-md5-hmac",
        "|crypto ikev1 policy 10|encryption aes-256|group 19",
    ],
)
def test_no_key_of_a_tunnel_that_ended_is_left_in_memory(more: str) -> None:
    found = {name: (copies, living) for name, copies, living in stages(more)}
    assert list(found) == ["up", "ended", "another key"]
    copies, living = found["up"]
    assert copies["ESP keys"] > 0
    assert copies["SKEYID family"] > 0
    assert copies["Diffie-Hellman private value"] == copies["Diffie-Hellman secret"] == 0
    assert living["ESP keys"] == 8
    for name in ("ended", "another key"):
        copies, living = found[name]
        assert {kind: copies[kind] for kind in FAMILIES} == dict.fromkeys(FAMILIES, 0)
        # One of each side: those of the configuration in force.
        assert living == {"pre-shared key": 2}


def test_a_renewal_leaves_the_keys_of_what_stands_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "tests" / "ike")
    from pair import A, B, Pair, Seeded, policy, settings

    from mainmode.ike.engine import Engine

    made: list[bytearray] = []
    begin = Secret.__init__

    def noted(self: Secret, octets: bytes) -> None:
        begin(self, octets)
        made.append(self._octets)

    whole = {own: settings(own, policies=(policy(lifetime=3600),), entry_lifetime_seconds=1200) for own in (A, B)}
    monkeypatch.setattr(Secret, "__init__", noted)
    pair = Pair(Engine(whole[A], Seeded("a")), Engine(whole[B], Seeded("b")))
    pair.trigger()
    pair.run(9000)
    pair.heard.clear()
    gc.collect()
    sas = [sa for engine in (pair.a, pair.b) for sa in engine.sas()]
    pairs = sum(len(session.children) for engine in (pair.a, pair.b) for session in engine.sessions())
    assert len(made) > 60
    # SKEYID_d, SKEYID_a and the cipher's key; what these were made of went when phase 1 was complete.
    assert sum(any(octets) for octets in made) == 3 * len(sas) + 4 * pairs
