"""`scenario.toml` into a scenario. Errors give the file, the line where it can be told, and what is understood."""

import re
import tomllib
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address
from typing import Any, TypeVar

from mainmode.base.codes import IpProtocol
from mainmode.base.errors import InputError
from mainmode.base.instant import NO_TIME
from mainmode.base.sentences import Grammar
from mainmode.catalogue.debugs import Debugs, parse
from mainmode.lab.lengths import read_span
from mainmode.lab.link import read_link
from mainmode.lab.scenario.expectations import EXPECTATIONS
from mainmode.lab.scenario.forms import KINDS, Known
from mainmode.lab.scenario.model import ALL_DEBUGS, USUAL_LINK, DevicePart, Expected, NatPart, Scenario, Timed
from mainmode.lab.scenario.steps import STEPS

FILE = "scenario.toml"
LARGEST_SEED = 2**64 - 1

KEYS: Mapping[str, str] = {
    "title": "one line that names the scenario",
    "shows": "prose: what is to be seen",
    "seed": "the seed of all randomness, a whole number (1)",
    "until": "when the run ends, such as `6h` (half a minute after the last step)",
    "link": "what every link is like that is not named, such as `delay=80ms` (`delay=10ms`)",
    "debugs": "the debugs that are on, on every device (`crypto ikev1 127` and `crypto ipsec 127`)",
    "stamps": "whether lines on consoles have the time in front (true)",
    "consoles": "whether the consoles are kept in the folder and compared (true)",
    "ladder": "the two devices whose ladder is printed with `--ladder`, if the command names none",
    "silent": "addresses of hosts that answer nothing",
    "faults": "named faults, as `--fault` takes them",
    "devices": 'the devices: `a = "a.cfg"`, or a table, see below (all .cfg files of the folder)',
    "nat": "NAT boxes, each a table, see below",
    "links": 'links: `"a b" = "delay=80ms"`, or one direction: `"a -> b" = "loss=5%"`',
    "story": "`steps` and `expect`, each a list of sentences",
}
"""The keys of the file and what they say; defaults in parentheses."""

DEVICE_KEYS: Mapping[str, str] = {
    "config": "the configuration file (the device's name with `.cfg`)",
    "behind": "the NAT box in front of it (none)",
    "outside": "its interfaces on the net (those with a crypto map or IKE, or that another device names as its peer)",
    "debugs": "the debugs that are on",
}

NAT_KEYS: Mapping[str, str] = {
    "address": "its public address",
    "behind": "another NAT box in front of it (none)",
    "timeout": "how long a mapping lives unused (`60s`)",
    "keep_ports": "whether a port stays as it is where nobody else has it (false)",
    "esp": "`pass` or `block`: what becomes of ESP without UDP around it (`block`)",
    "forward": 'ports that lead inside: `"udp/500 10.1.1.2"`, or `"udp/4500 10.1.1.2:4500"`',
}

_TIMED = re.compile(
    r"(?:at\s+(?P<at>\S+)|every\s+(?P<every>\S+)(?:\s+from\s+(?P<start>\S+))?\s+until\s+(?P<until>\S+)):\s+(?P<what>.*)",
    re.S,
)
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,31}")
_FORWARD = re.compile(r"(udp|tcp)/(\d{1,5})\s+([\d.]+)(?::(\d{1,5}))?")
_LINK = re.compile(r"(\S+)\s+(?:(->)\s+)?(\S+)")
_MOST_SENTENCES = 10_000
_STEPS = Grammar(STEPS, KINDS)
_EXPECTATIONS = Grammar(EXPECTATIONS, KINDS)

T = TypeVar("T")
Load = Callable[[str], str]


def read_scenario(name: str, text: str, files: tuple[str, ...], load: Load) -> Scenario:
    """The scenario that `text` describes. `files` are the configuration files beside it; `load` gives a file's text.

    Raises InputError.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{FILE}: {error}") from None
    return _Reading(name, text, table, files, load).scenario()


class _Reading:
    """One reading, with the file at hand for places."""

    def __init__(self, name: str, text: str, table: dict[str, Any], files: tuple[str, ...], load: Load) -> None:
        self._name = name
        self._lines = text.splitlines()
        self._table = table
        self._files = files
        self._load = load

    def scenario(self) -> Scenario:
        table = self._table
        self._only(table, KEYS, "")
        story = self._get("story", dict, {})
        self._only(story, {"steps": "", "expect": ""}, "story.")
        nat_boxes = tuple(self._nat(name, part) for name, part in self._get("nat", dict, {}).items())
        boxes = tuple(box.name for box in nat_boxes)
        debugs = self._debugs(table, "debugs", ALL_DEBUGS)
        devices = tuple(
            self._device(name, part, boxes, debugs)
            for name, part in self._get("devices", dict, {_stem(file): file for file in self._files}).items()
        )
        if not devices:
            raise InputError(f"{FILE}: no devices: name some under [devices], or put .cfg files beside it")
        known = Known(tuple(device.name for device in devices), boxes)
        for box in nat_boxes:
            self._must_be(box.behind, boxes, f"nat.{box.name}.behind")
        ladder = self._texts(table, "ladder", "")
        if ladder and (len(ladder) != 2 or not set(ladder) <= set(known.devices)):
            raise self._wrong("ladder", "names two devices")
        until = self._get("until", str, None)
        return Scenario(
            name=self._name,
            title=self._get("title", str, self._name),
            shows=self._get("shows", str, "").strip(),
            seed=self._seed(),
            devices=devices,
            nat_boxes=nat_boxes,
            link=self._told("link", lambda: read_link(self._get("link", str, ""), "link", USUAL_LINK)),
            links=self._links(known),
            steps=tuple(self._timed(one, known) for one in self._sentences(story, "steps")),
            expected=tuple(self._expected(one, known) for one in self._sentences(story, "expect")),
            faults=self._texts(table, "faults", ""),
            silent=frozenset(self._address(one, "silent") for one in self._texts(table, "silent", "")),
            until=None if until is None else self._told(f'"{until}"', lambda: read_span(until)),
            stamped=self._get("stamps", bool, True),
            consoles=self._get("consoles", bool, True),
            ladder=(ladder[0], ladder[1]) if ladder else None,
        )

    # --- places and plain values ---------------------------------------------------------------------------------

    def _place(self, wanted: str) -> str:
        """The file, and the line that holds a text, where there is one."""
        for number, line in enumerate(self._lines, 1):
            if wanted and wanted in line:
                return f"{FILE}:{number}"
        return FILE

    def _wrong(self, key: str, text: str) -> InputError:
        return InputError(f"{self._place(key.rpartition('.')[2])}: {key}: {text}")

    def _told(self, wanted: str, read: Callable[[], T]) -> T:
        """What `read` gives; an error of it gets its place."""
        try:
            return read()
        except InputError as error:
            raise InputError(f"{self._place(wanted)}: {error}") from None

    def _only(self, table: Mapping[str, Any], known: Mapping[str, str], path: str) -> None:
        for key in table:
            if key not in known:
                raise self._wrong(f"{path}{key}", f"is not understood here; there are {', '.join(known)}")

    def _get(self, key: str, kind: type[T], default: Any) -> Any:
        return self._of(self._table, key, kind, default, "")

    def _of(self, table: Mapping[str, Any], key: str, kind: type[T], default: Any, path: str) -> Any:
        value = table.get(key, default)
        if key in table and type(value) is not kind:
            raise self._wrong(f"{path}{key}", f"{_called(kind)} is expected, not {value!r:.60}")
        return value

    def _texts(self, table: Mapping[str, Any], key: str, path: str) -> tuple[str, ...]:
        values = self._of(table, key, list, [], path)
        if not all(isinstance(value, str) for value in values):
            raise self._wrong(f"{path}{key}", "a list of texts in quotes is expected")
        return tuple(values)

    def _address(self, text: str, key: str) -> IPv4Address:
        try:
            return IPv4Address(text)
        except ValueError:
            raise self._wrong(key, f"{text!r:.60} is no IPv4 address") from None

    def _must_be(self, name: str, known: tuple[str, ...], key: str) -> None:
        if name and name not in known:
            raise self._wrong(key, f"there is no NAT box {name}; there are {', '.join(known) or 'none'}")

    def _seed(self) -> int:
        seed = self._get("seed", int, 1)
        if not 0 <= seed <= LARGEST_SEED:
            raise self._wrong("seed", f"a whole number from 0 to {LARGEST_SEED} is expected")
        return int(seed)

    def _debugs(self, table: Mapping[str, Any], path: str, usual: Debugs) -> Debugs:
        if "debugs" not in table:
            return usual
        debugs = Debugs()
        for command in self._texts(table, "debugs", path.removesuffix("debugs")):
            debugs = debugs.with_(self._told(command, lambda command=command: parse(command)))  # type: ignore[misc]
        return debugs

    # --- parts ---------------------------------------------------------------------------------------------------

    def _named(self, name: str, path: str) -> str:
        if not _NAME.fullmatch(name):
            raise self._wrong(f"{path}{name:.40}", "a name has letters, digits, dots and hyphens, at most 32")
        return name

    def _device(self, name: str, part: Any, boxes: tuple[str, ...], debugs: Debugs) -> DevicePart:
        path = f"devices.{self._named(name, 'devices.')}."
        table: Mapping[str, Any] = {"config": part} if isinstance(part, str) else part
        if not isinstance(table, dict):
            raise self._wrong(path[:-1], "a file name or a table is expected")
        self._only(table, DEVICE_KEYS, path)
        file = self._of(table, "config", str, f"{name}.cfg", path)
        behind = self._of(table, "behind", str, "", path)
        self._must_be(behind, boxes, f"{path}behind")
        return DevicePart(
            name,
            file,
            self._told(file, lambda: self._load(file)),
            behind,
            self._texts(table, "outside", path),
            self._debugs(table, f"{path}debugs", debugs),
        )

    def _nat(self, name: str, table: Any) -> NatPart:
        path = f"nat.{self._named(name, 'nat.')}."
        if not isinstance(table, dict):
            raise self._wrong(path[:-1], "a table is expected")
        self._only(table, NAT_KEYS, path)
        if "address" not in table:
            raise self._wrong(path[:-1], "its address is missing")
        timeout, esp = self._of(table, "timeout", str, None, path), self._of(table, "esp", str, "block", path)
        if esp not in ("pass", "block"):
            raise self._wrong(f"{path}esp", "pass or block is expected")
        return NatPart(
            name,
            self._address(self._of(table, "address", str, "", path), f"{path}address"),
            self._of(table, "behind", str, "", path),
            None if timeout is None else self._told(timeout, lambda: read_span(timeout)),
            self._of(table, "keep_ports", bool, False, path),
            esp == "pass",
            dict(self._forward(text, path) for text in self._texts(table, "forward", path)),
        )

    def _forward(self, text: str, path: str) -> tuple[tuple[int, int], tuple[IPv4Address, int]]:
        found = _FORWARD.fullmatch(text.strip())
        if found is None or not all(0 < int(port) < 65_536 for port in (found[2], found[4] or "1")):
            raise self._wrong(f"{path}forward", f"{text!r:.60}: write udp/500 10.1.1.2, or udp/500 10.1.1.2:4500")
        port = int(found[2])
        return (IpProtocol[found[1].upper()], port), (self._address(found[3], f"{path}forward"), int(found[4] or port))

    def _links(self, known: Known) -> dict[tuple[str, str], Any]:
        links = {}
        for ends, options in self._get("links", dict, {}).items():
            found = _LINK.fullmatch(ends.strip())
            names = (*known.devices, *known.nat_boxes)
            if found is None or found[1] not in names or found[3] not in names or not isinstance(options, str):
                raise self._wrong(f"links.{ends}", 'write "a b" = "delay=80ms", or "a -> b" = "loss=5%"')
            link = self._told(ends, lambda options=options: read_link(options, "link"))  # type: ignore[misc]
            links[found[1], found[3]] = link
            if not found[2]:
                links[found[3], found[1]] = link
        return links

    # --- sentences -----------------------------------------------------------------------------------------------

    def _sentences(self, story: Mapping[str, Any], key: str) -> tuple[str, ...]:
        sentences = self._texts(story, key, "story.")
        if len(sentences) > _MOST_SENTENCES:
            raise self._wrong(f"story.{key}", f"more than {_MOST_SENTENCES} sentences")
        return sentences

    def _timed(self, text: str, known: Known) -> Timed:
        found = _TIMED.fullmatch(text.strip())
        what = found["what"] if found is not None else text
        step = self._sentence(text, lambda: _STEPS.read(what, known))
        self._sentence(text, step.check)
        if found is None:
            return Timed(text, step)
        at, every, start, until = (
            None if found[key] is None else self._sentence(text, lambda key=key: read_span(found[key]))  # type: ignore[misc]
            for key in ("at", "every", "start", "until")
        )
        if every is not None and every <= 0:
            raise self._sentence_error(text, "every 0s would never end")
        return Timed(text, step, at or start or NO_TIME, every, until)

    def _expected(self, text: str, known: Known) -> Expected:
        found = _TIMED.fullmatch(text.strip())
        if found is not None and found["every"] is not None:
            raise self._sentence_error(text, "an expectation is judged at one time")
        what = found["what"] if found is not None else text
        expectation = self._sentence(text, lambda: _EXPECTATIONS.read(what, known))
        self._sentence(text, expectation.check)
        return Expected(
            text, expectation, None if found is None else self._sentence(text, lambda: read_span(found["at"]))
        )

    def _sentence(self, text: str, read: Callable[[], T]) -> T:
        return self._told(text.splitlines()[0].strip() if text.strip() else "", read)

    def _sentence_error(self, text: str, why: str) -> InputError:
        return InputError(f"{self._place(text)}: {text:.100}: {why}")


def _stem(file: str) -> str:
    return file.removesuffix(".cfg")


def _called(kind: type[Any]) -> str:
    return {str: "a text in quotes", int: "a whole number", bool: "true or false", list: "a list", dict: "a table"}[
        kind
    ]
