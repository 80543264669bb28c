"""No line that holds a key shows it, however it is mistyped, wherever it is told of; no object shows one either."""

import dataclasses
import gc
import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

import mainmode
from mainmode.base.secret import Secret
from mainmode.cli.main import main
from mainmode.device.config.commands import COMMANDS
from mainmode.device.config.reader import read

TESTS = Path(__file__).resolve().parents[1]
KEY = "heron-Gantry-4417"
OTHER = "quarry-Sluice-2209"
GROUP = "tunnel-group 10.0.0.2 ipsec-attributes"
LINES = {
    "enable password ~ {password:password} [{form:encrypted|pbkdf2}]": f"enable password {KEY}",
    "enable password {password:password} level {level:0-15} [{form:encrypted|pbkdf2}]": (
        f"enable password {KEY} level 5"
    ),
    "passwd ~ {password:password} [{form:encrypted|pbkdf2}]": f"passwd {KEY}",
    "password ~ {password:password} [{form:encrypted|pbkdf2}]": f"password {KEY}",
    "group-policy {name:name} external server-group {external:name} [password {password:key}]": (
        f"group-policy GP external server-group SG password {KEY}"
    ),
    "username {name:name} ~ password {password:password} [{form:encrypted|pbkdf2|nt-encrypted|mschap}] "
    "[privilege {privilege:0-15}]": f"username bob password {KEY} privilege 15",
    "-/ikev1 pre-shared-key ~ [0] {key:key}": f"ikev1 pre-shared-key {KEY}",
    "-/ikev1 pre-shared-key 8 {key:encrypted-key}": f"ikev1 pre-shared-key 8 {KEY}",
    "ikev2 remote-authentication ~ pre-shared-key [0] {ikev2_remote_key:key}": (
        f"ikev2 remote-authentication pre-shared-key {KEY}"
    ),
    "ikev2 remote-authentication pre-shared-key 8 {ikev2_remote_key:encrypted-key}": (
        f"ikev2 remote-authentication pre-shared-key 8 {KEY}"
    ),
    "ikev2 local-authentication ~ pre-shared-key [0] {ikev2_local_key:key}": (
        f"ikev2 local-authentication pre-shared-key {KEY}"
    ),
    "ikev2 local-authentication pre-shared-key 8 {ikev2_local_key:encrypted-key}": (
        f"ikev2 local-authentication pre-shared-key 8 {KEY}"
    ),
}
"""Each declared spelling that holds a key, and a line of it."""


def mistyped(line: str) -> Iterator[str]:
    """The line, and what people make of it."""
    words = line.split()
    at = words.index(KEY)
    yield line
    yield f"{line} {OTHER}"
    yield f"{line} more words behind it"
    yield line.upper().replace(KEY.upper(), KEY)
    yield line.replace(" ", "   ")
    yield line.replace(f" {KEY}", f"\t{KEY}")
    yield line.replace(KEY, f'"{KEY}"')
    yield line.replace(KEY, f"{KEY}?")
    yield line.replace(KEY, f"{KEY}ä")
    yield f"no {line}"
    yield f"default {line}"
    for place in range(at):
        yield " ".join([*words[:place], *words[place + 1 :]])
        yield " ".join([*words[:place], f"{words[place]}x", *words[place + 1 :]])
        yield " ".join([*words[:place], words[place][:-1] or "x", *words[place + 1 :]])
    yield " ".join([*words[:at], "x" * 200, KEY])
    yield " ".join([*words[:at], KEY * 9])


EVERY = sorted({text for line in LINES.values() for text in mistyped(line)})


def telling(text: str) -> bool:
    """Whether a line still says, to who does not know the command, that a key is in it."""
    return re.search(r"key|passw|passwd", " ".join(text.lower().split()[:-1])) is not None


def test_every_declared_line_with_a_key_is_tried() -> None:
    declared = {syntax.text for one in COMMANDS for syntax in (one.syntax, *one.also) if syntax.secrets}
    assert declared == set(LINES)


@pytest.mark.parametrize("line", EVERY)
def test_a_mistyped_line_is_read_and_told_of_without_its_key(line: str) -> None:
    for text in (f"{GROUP}\n {line}\n", f"{line}\n", f"object network O\n {line}\n"):
        configuration = read(text, "a.cfg")
        shown = repr(configuration) + "".join(map(str, configuration.problems)) + "".join(configuration.lines)
        if telling(line):
            assert KEY not in shown
            assert OTHER not in shown


def test_a_check_and_its_machine_readable_faces_show_no_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line for line in EVERY if telling(line)]
    examples = files("mainmode.lab") / "examples"
    for name, some in (("asa1.cfg", lines[::6]), ("asa2.cfg", lines[3::6])):
        text = (examples / name).read_text("utf-8")
        # Of a file of which too little is understood nothing is told at all.
        kept = text + "".join(f"object network O{number}\n host 10.9.8.{number}\n" for number in range(100))
        (tmp_path / name).write_text(kept + "".join(f"{line}\n" for line in some))
    pair = [str(tmp_path / name) for name in ("asa1.cfg", "asa2.cfg")]
    faces = {name: tmp_path / f"out.{name}" for name in ("json", "sarif", "html", "markdown", "junit")}
    asked = [part for name, path in faces.items() for part in (f"--{name}", str(path))]
    main(["check", *pair, *asked])
    log = tmp_path / "log.txt"
    log.write_text("Nov 30 10:38:29 [IKEv1]Group = 10.0.0.2, IP = 10.0.0.2, PHASE 1 COMPLETED\n")
    main(["explain", str(log), "--config", pair[0]])
    main(["lab", *pair])
    shown = "".join(capsys.readouterr())
    assert shown.count("*****") > 10
    written = [path for path in faces.values() if path.exists()]
    assert len(written) == len(faces)
    shown += "".join(path.read_text() for path in written)
    assert KEY not in shown
    assert OTHER not in shown


def test_a_session_shows_no_key_but_where_it_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(TESTS / "console")
    from sittings import Sitting, at_a_lab

    lines = [line for line in EVERY if telling(line) and "\t" not in line]

    async def scene(lab: Any) -> str:
        sitting = Sitting(lab.find("asa1"))
        sitting.session.screen.settings.pager = 0
        shown = await sitting.type("configure terminal")
        for line in lines:
            shown += await sitting.type(GROUP, line, "exit", line, "end", line, f"show running-config | include {line}")
            sitting.screen.answer("", "", "")
            shown += await sitting.type("configure terminal")
        shown += await sitting.type(
            "end",
            "show running-config",
            "show startup-config",
            "show history",
            "show logging",
            "show running-config all",
            "show running-config username",
            "show running-config tunnel-group",
            "show version",
        )
        return shown

    shown = at_a_lab(scene, "logging enable\nlogging buffered debugging\nlogging buffer-size 1000000")
    assert "111010" in shown or "executed" in shown
    assert KEY not in shown
    assert OTHER not in shown


# --- objects --------------------------------------------------------------------------------------------------------


def classes() -> Iterator[type]:
    """Every dataclass of the house."""
    for found in pkgutil.walk_packages(mainmode.__path__, "mainmode."):
        module = importlib.import_module(found.name)
        for one in vars(module).values():
            if isinstance(one, type) and one.__module__ == module.__name__ and dataclasses.is_dataclass(one):
                yield one


KEY_NAMES = re.compile(r"(?:^|_)(?:key|psk|password|passphrase|secret)s?$")


def test_a_field_that_is_named_like_a_key_is_a_secret_or_says_that_it_is_none() -> None:
    """Names of fields with their types: text in one of them would stand in a repr."""
    found = {
        f"{one.__module__.removeprefix('mainmode.')}.{one.__name__}.{field.name}"
        for one in classes()
        for field in dataclasses.fields(one)
        if KEY_NAMES.search(field.name) and field.repr and re.search(r"\b(?:str|bytes)\b", str(field.type))
    }
    assert found == PLAIN


PLAIN = {
    "device.config.draft.Table.keys",  # the names of fields that a record is found by
    "device.config.model.administration.PublicKey.key",
    "ike.session.Session.key",  # the peer's address and group
}


def test_nothing_that_is_made_of_a_configuration_shows_a_key_in_its_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(TESTS / "gateway")
    from gateway_boxes import CONFIGURATION, HOST_A, HOST_B, echo, gateway_of

    more = f"username bob password {OTHER} privilege 15\nenable password {OTHER}\n"
    text = CONFIGURATION.replace("correct-horse", KEY) + more
    # What was there before, in a process that has run other tests, is not looked at.
    gc.collect()
    gc.freeze()
    try:
        _shows_no_secret(gateway_of("a", text), gateway_of("b", text), echo(HOST_A, HOST_B).encode())
    finally:
        gc.unfreeze()


def _shows_no_secret(a: Any, b: Any, packet: bytes) -> None:
    a.join(b)
    a.gateway.packet_arrived("inside", packet)
    a.carry()
    assert a.gateway.box.sad.states()
    gc.collect()
    secrets = [
        one.reveal() for one in gc.get_objects() if isinstance(one, Secret) and not one.forgotten and len(one) > 7
    ]
    assert len(secrets) > 8
    told = 0
    for one in gc.get_objects():
        if str(type(one).__module__).startswith("mainmode.") and not isinstance(one, type):
            shown = f"{one!r}{one}"
            told += 1
            for secret in secrets:
                assert secret.hex() not in shown, type(one)
                assert repr(secret)[2:-1] not in shown, type(one)
    assert told > 200


def test_a_secret_leaves_by_no_way_but_the_two() -> None:
    import copy
    import pickle

    secret = Secret(KEY.encode())
    holder = dataclasses.make_dataclass("Holder", [("key", Secret)])(secret)
    for shown in (
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>20}",
        repr(holder),
        repr([secret]),
    ):
        assert KEY not in shown
    for leave in (pickle.dumps, copy.copy, copy.deepcopy, dataclasses.asdict, json.dumps, vars):
        with pytest.raises(TypeError) as caught:
            leave(holder if leave is dataclasses.asdict else secret)  # type: ignore[operator]
        assert KEY not in str(caught.value)
