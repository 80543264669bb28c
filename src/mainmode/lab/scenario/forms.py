"""What may stand in the places of a scenario's sentences."""

from collections.abc import Mapping

from mainmode.base.codes import IpProtocol
from mainmode.base.dataclass import dataclass
from mainmode.base.errors import InputError
from mainmode.base.sentences import PLAIN, Kind
from mainmode.lab.lengths import read_span
from mainmode.lab.link import read_link


@dataclass(frozen=True, slots=True)
class Known:
    """What names in a sentence may stand for: the scenario's devices and its NAT boxes."""

    devices: tuple[str, ...]
    nat_boxes: tuple[str, ...] = ()


def _device(text: str, known: Known) -> str:
    if text not in known.devices:
        raise InputError(f"there is no device {text}; the devices are {', '.join(known.devices)}")
    return text


def _nat_box(text: str, known: Known) -> str:
    if text not in known.nat_boxes:
        raise InputError(f"there is no NAT box {text}; the NAT boxes are {', '.join(known.nat_boxes) or 'none'}")
    return text


def _node(text: str, known: Known) -> str:
    if text not in known.devices and text not in known.nat_boxes:
        raise InputError(f"there is no device {text}; there are {', '.join((*known.devices, *known.nat_boxes))}")
    return text


def _as_is(text: str, _: Known) -> str:
    return text


def _link(text: str, _: Known) -> str:
    read_link(text, "link")
    return text


KINDS: Mapping[str, Kind[Known]] = {
    "DEVICE": Kind(r"[\w.-]+", "a device of the scenario, by its name there", _device),
    "NAT": Kind(r"[\w.-]+", "a NAT box of the scenario", _nat_box),
    "NODE": Kind(r"[\w.-]+", "a device or a NAT box", _node),
    "ADDRESS": PLAIN["ADDRESS"],
    "SPAN": Kind(r"[\d.a-z]+", "a length of time, such as `80ms`, `90s`, `1h30m`", lambda text, _: read_span(text)),
    "COUNT": PLAIN["COUNT"],
    "COMPARED": Kind(r"<=|>=|=", "`<=`, `>=` or `=`", lambda text, _: text),
    "DF": Kind(r"df", "`df`", lambda text, _: True),
    "MESSAGE": Kind(
        r"MM[1-6]|QM[1-3]|DELETE|DPD|ESP", "`MM1` to `MM6`, `QM1` to `QM3`, `DELETE`, `DPD` or `ESP`", _as_is
    ),
    "ANSWERED": Kind(r"until answered", "`until answered`", lambda text, _: True),
    "BEHIND": Kind(r"ahead|behind", "`ahead` or `behind`", lambda text, _: text == "behind"),
    "ARROW": Kind(r"->", "`->`", lambda text, _: True),
    "PROTOCOL": Kind(r"udp|tcp", "`udp` or `tcp`", lambda text, _: IpProtocol[text.upper()]),
    "LINK": Kind(r"\S+", "options of a link, such as `delay=80ms,loss=5%` (see below)", _link),
    "STATE": Kind(r"up|down", "`up` or `down`", lambda text, _: text),
    "SAS": Kind(r"(?:ike|ipsec) sas", "`ike sas` or `ipsec sas`", lambda text, _: text.split()[0]),
    "COMMAND": Kind(r"\S.*?", "a `show` command, without the word itself", lambda text, _: text),
    "HAS": Kind(r"has no|has", "`has` or `has no`", lambda text, _: text == "has"),
    "PHASE": Kind(r"phase ?1|phase ?2", "`phase1` or `phase2`", lambda text, _: int(text[-1])),
    "CODE": Kind(r"[A-Z][A-Z0-9_]*", "a code of the page of the verdicts, or `UP`", lambda text, _: text),
    "WORD": PLAIN["WORD"],
    "TEXT": PLAIN["TEXT"],
}
"""All kinds of places."""
