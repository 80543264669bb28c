"""The page of the scenarios, made from the declared keys, steps, expectations and commands."""

from collections.abc import Iterable, Iterator, Mapping
from inspect import getdoc

from mainmode.base.sentences import Sentence, places_of, shown
from mainmode.device.exec_commands import ORDERS
from mainmode.lab.link import FORM
from mainmode.lab.scenario.expectations import EXPECTATIONS, Expectation
from mainmode.lab.scenario.forms import KINDS
from mainmode.lab.scenario.reader import DEVICE_KEYS, KEYS, NAT_KEYS
from mainmode.lab.scenario.steps import STEPS, Step

HEAD = """# Scenarios

Generated from `lab/scenario/`. A scenario is a folder: `scenario.toml`, the configuration files of its devices, and
`consoles/`, what each device's console showed when the scenario was last looked at and found right.

`mainmode lab FOLDER` (or the name of a packaged scenario, see `mainmode lab --list`) plays it in virtual time: what
happened is printed, then each expectation with what speaks for or against it. The exit code is 0 when all expectations
hold and every console is, byte for byte, the one that is kept; 1 when not (an excerpt of the differences is printed);
2 when the scenario cannot be read. `--renew` writes the consoles of the run into the folder instead of comparing them.
`mainmode lab all` plays every packaged scenario, and renews them all with `--renew`. `--ladder A B` prints the ladder
of two of its devices instead of the report, and `--html`, `--json`, `--markdown`, `--pcap` and `--keys` write of these
two; `--console A` prints a console. With `--seed`, `--link` or `--fault` the run is another, so no console is compared
then.

A folder of configurations without a `scenario.toml` works too: devices that name each other as peers are connected,
every tunnel is tried, and a row is printed for each.

## How to write one

Make a folder with the configurations of the devices and this file:

```toml
title = "A restart of b"
shows = \"\"\"
b loses its state while a still holds SAs. a's packets come with an SPI that b does not know.
\"\"\"

[devices]
a = "a.cfg"
b = { config = "b.cfg", behind = "home" }

[nat]
home = { address = "198.51.100.1", timeout = "60s" }

[links]
"a b" = "delay=40ms"

[story]
steps = [
  "at 1s: ping 192.168.1.10 192.168.2.10",
  "every 60s from 2m until 10m: ping 192.168.1.10 192.168.2.10 count 1",
  "at 5m: restart b",
  "at 10m: show a: crypto isakmp sa",
]
expect = [
  "at 30s: tunnel a b is up",
  "tunnel a b is up",
  "pings lost <= 3",
]
```

Run it with `--renew`, read the consoles that it wrote as a reviewer would, and keep the folder. Everything random comes
from `seed`, so the same folder gives the same bytes everywhere. A test plays every packaged scenario.

A step stands behind `at TIME: `, or `every TIME from TIME until TIME: ` (`from` may be left out); without either it
happens at the start. An expectation is judged at the end, or at the time of its `at TIME: `, after what else happens at
that time. The run ends half a minute after its last step, or at `until`.

Behind each device there are hosts: every address that it leads to by an inside interface answers, but for those that
`silent` lists. The net between the devices brings each packet to whoever has its destination address, over the link of
the two. Lines that begin with `!` on a console are remarks of the lab.
"""


def reference_page() -> str:
    """The whole page as Markdown."""
    return "".join(f"{row}\n" for row in _rows()).replace("\n\n\n", "\n\n")


def _rows() -> Iterator[str]:
    yield HEAD
    yield "## The file"
    yield from _keys("key", KEYS)
    yield "A device, below `[devices]`, is the name of its configuration file, or a table:"
    yield from _keys("key of a device", DEVICE_KEYS)
    yield "A NAT box, below `[nat]`, is a table:"
    yield from _keys("key of a NAT box", NAT_KEYS)
    yield f"A link takes `{FORM}`. What is behind a NAT box uses the links of the box."
    yield from ("", "## Steps")
    for step in STEPS:
        yield from _sentence(step)
    yield from ("", "## Expectations")
    for expectation in EXPECTATIONS:
        yield from _sentence(expectation)
    yield from ("", "## Commands that can be typed", "", "| command | what it does |", "|---|---|")
    yield "| `show …` | Any `show` command of the device: [show.md](show.md). |"
    yield from ("| `{}` | {} |".format(one.text.replace("|", "\\|"), one.help) for one in ORDERS)
    yield from ("", "## What stands in a place", "", "| place | what it is |", "|---|---|")
    used = {kind for form in (*STEPS, *EXPECTATIONS) for kind in places_of(form.SYNTAX).values()}
    yield from (f"| {name} | {kind.meaning} |" for name, kind in KINDS.items() if name in used)


def _keys(what: str, keys: Mapping[str, str]) -> Iterator[str]:
    yield from ("", f"| {what} | what it says (default) |", "|---|---|")
    yield from (f"| `{key}` | {meaning} |" for key, meaning in keys.items())
    yield ""


def _sentence(form: type[Step] | type[Expectation]) -> Iterable[str]:
    return ("", f"`{shown(form.SYNTAX)}`", "", f"{_prose(form)} Example: `{form.EXAMPLE}`.")


def _prose(form: type[Sentence]) -> str:
    return " ".join((getdoc(form) or "").split())
