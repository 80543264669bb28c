"""Lines of a configuration that are known and not read: kept as they are, and written again.

A file that is read and saved loses nothing that a real device had in it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import Any

from mainmode.base.dataclass import dataclass
from mainmode.device.config.draft import Mode
from mainmode.device.config.masking import masked_guess
from mainmode.device.config.parts import Tokens

_NOT_OF_IT = ("asa", "pix", "cryptochecksum", "show", "end")
"""First words of lines that a listing has around the configuration."""

OPENERS: tuple[tuple[str, str], ...] = (
    ("class-map", "config-cmap"),
    ("policy-map type", "config-pmap"),
    ("aaa-server * protocol", "config-aaa-server-group"),
    ("aaa-server * host", "config-aaa-server-host"),
    ("aaa-server * * host", "config-aaa-server-host"),
    ("crypto ca trustpoint", "config-ca-trustpoint"),
    ("crypto ca certificate", "config-cert-chain"),
    ("crypto ikev2 policy", "config-ikev2-policy"),
    ("crypto ipsec ikev2 ipsec-proposal", "config-ipsec-proposal"),
    ("crypto ipsec profile", "config-ipsec-profile"),
    ("dns server-group", "config-dns-server-group"),
    ("dynamic-access-policy-record", "config-dynamic-access-policy-record"),
    ("ldap attribute-map", "config-ldap-attribute-map"),
    ("object network-service", "config-ns-obj"),
    ("object-group user", "config-user-object-group"),
    ("object-group security", "config-security-object-group"),
    ("route-map", "config-route-map"),
    ("router", "config-router"),
    ("sla monitor", "config-sla-monitor"),
    ("tcp-map", "config-tcp-map"),
    ("tunnel-group * webvpn-attributes", "config-tunnel-webvpn"),
    ("tunnel-group * ppp-attributes", "config-ppp"),
    ("webvpn", "config-webvpn"),
    ("call-home", "cfg-call-home"),
)
"""Beginnings of lines that open a submode on the device, and the name in its prompt; `*` is any word."""


def submode_of(line: str) -> str | None:
    """The name of the submode that a line opens on the device; None: it opens none."""
    words = line.lower().split()
    for beginning, name in OPENERS:
        wanted = beginning.split()
        if len(words) >= len(wanted) and all(a in ("*", b) for a, b in zip(wanted, words, strict=False)):
            return name
    return None


@dataclass(slots=True)
class KeptBlock:
    """A line that is kept, and what stands below it, each line with the blanks that it has more than the first."""

    head: str = field(repr=False)
    below: list[str] = field(default_factory=list, repr=False)


class Kept:
    """What is kept of one configuration: whole blocks, and lines below what is read."""

    def __init__(self) -> None:
        self._blocks: dict[str, KeptBlock] = {}
        self._below: dict[tuple[Mode, tuple[Any, ...]], list[str]] = {}

    def copy(self) -> "Kept":
        """The same again."""
        made = Kept()
        made._blocks = {head: KeptBlock(head, list(one.below)) for head, one in self._blocks.items()}
        made._below = {key: list(lines) for key, lines in self._below.items()}
        return made

    def add(self, line: str) -> None:
        """A global line. One that stands there already is the one that further lines are below."""
        head = line.strip()
        if head.split(" ", 1)[0].rstrip(":").lower().startswith(_NOT_OF_IT):
            return
        self._blocks.pop(f"no {head}", None)
        known = self._blocks.get(head, KeptBlock(head))
        self._blocks.pop(head, None)
        self._blocks[head] = known

    def under(self, line: str) -> None:
        """A line below the last block."""
        if self._blocks and line.strip():
            next(reversed(self._blocks.values())).below.append(line.rstrip())

    def under_head(self, head: str, line: str) -> None:
        """A line that was typed below the block with this head, or its `no` form."""
        block = self._blocks.get(head)
        if block is None:
            return
        words = line.split()
        if words[:1] == ["no"]:
            block.below = [one for one in block.below if one.split()[: len(words) - 1] != words[1:]]
        elif line.strip() not in block.below:
            block.below.append(line.strip())

    def below(self, mode: Mode, key: tuple[Any, ...], line: str) -> None:
        """A line below a record that is read."""
        lines = self._below.setdefault((mode, key), [])
        if line not in lines:
            lines.append(line)

    def lines_below(self, mode: Mode, key: tuple[Any, ...], *, reveal: bool) -> Iterator[str]:
        """What stands below a record."""
        for line in self._below.get((mode, key), ()):
            yield line if reveal else _masked(line)

    def shown(self, *, reveal: bool) -> Iterator[KeptBlock]:
        """The blocks, their keys masked unless `reveal`."""
        for one in self._blocks.values():
            yield one if reveal else KeptBlock(_masked(one.head), [_masked(line) for line in one.below])

    def take_back(self, words: Sequence[str]) -> None:
        """Blocks whose heads, a `no` in front of them not counted, begin with these words go."""
        wanted = list(words)
        self._blocks = {
            head: one for head, one in self._blocks.items() if head.removeprefix("no ").split()[: len(wanted)] != wanted
        }

    def take_back_below(self, mode: Mode, key: tuple[Any, ...], line: str) -> None:
        """The same below a record."""
        words = line.split()[1:]
        lines = self._below.get((mode, key), [])
        self._below[mode, key] = [one for one in lines if one.split()[: len(words)] != words]


def _masked(line: str) -> str:
    return masked_guess(Tokens.of(line, {}))
