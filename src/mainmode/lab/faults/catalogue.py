"""All named faults: looked up, listed, and the page of them."""

from collections.abc import Iterator

from mainmode.lab.faults.configuration import CONFIGURATION_FAULTS
from mainmode.lab.faults.declaration import Fault, Ordered, Place, order
from mainmode.lab.faults.flood import FLOOD_FAULTS
from mainmode.lab.faults.net import NET_FAULTS
from mainmode.lab.faults.wire import WIRE_FAULTS

FAULTS: tuple[Fault, ...] = (*CONFIGURATION_FAULTS, *WIRE_FAULTS, *NET_FAULTS, *FLOOD_FAULTS)
"""Every fault, in the order of the list."""

HEAD = """# Faults

Generated from `lab/faults/`. `mainmode lab A.cfg B.cfg --fault NAME[,DEVICE][=VALUE]` makes one of them happen, as does
`faults = ["NAME,DEVICE=VALUE"]` in a scenario; the devices of a pair are `a` and `b`. A fault announces itself when it
fires; one that never fires is told of at the end. The second column is where it leads: a code of the
[verdicts](verdicts.md), or words. What stands behind `=` is in the last column, with the value that is taken without.
"""


def read_fault(text: str, devices: tuple[str, ...]) -> Ordered:
    """The fault that `NAME[,DEVICE][=VALUE]` asks for. Raises InputError."""
    return order(text, FAULTS, devices)


def listing() -> str:
    """What `mainmode lab --faults` prints."""
    return "".join(f"{row}\n" for row in _listed())


def _listed() -> Iterator[str]:
    width = max(len(_spelled(fault)) for fault in FAULTS)
    for place in Place:
        yield f"{place.value}:"
        for fault in (one for one in FAULTS if one.place is place):
            yield f"  {_spelled(fault):<{width}}  {fault.does} ({', '.join(fault.leads_to)})"
            if fault.value:
                yield f"  {'':<{width}}  VALUE: {fault.value}; {fault.usual} if none is given"


def _spelled(fault: Fault) -> str:
    device = ",DEVICE" if fault.needs_device else "[,DEVICE]"
    return f"{fault.name}{device}{'[=VALUE]' if fault.value else ''}"


def reference_page() -> str:
    """The page as Markdown."""
    rows = [HEAD]
    for place in Place:
        rows += [
            f"\n## {place.value[0].upper()}{place.value[1:]}\n",
            "\n| fault | what it does | leads to | value (usual) |\n",
        ]
        rows += ["|---|---|---|---|\n"]
        for fault in (one for one in FAULTS if one.place is place):
            value = f"{fault.value} (`{fault.usual}`)" if fault.value else ""
            rows.append(f"| `{_spelled(fault)}` | {fault.does} | {', '.join(fault.leads_to)} | {value} |\n")
    return "".join(rows)
