"""Write the generated pages of docs/reference and docs/security anew: `.venv/bin/python docs/generate.py [PAGE …]`.

Without names all are written but those that take long, which must be named; a test tells when one of them is stale.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from mainmode.catalogue.reference import daemon_lines_page as daemon_lines
from mainmode.catalogue.reference import read_lines_page as read_lines
from mainmode.catalogue.reference import reference_page as debug_lines
from mainmode.check.cautions.reference import reference_page as cautions
from mainmode.check.faces.schema import schema_page as preflight
from mainmode.check.repairs.reference import reference_page as repairs
from mainmode.cli.reference import reference_page as command_line
from mainmode.console.reference import reference_page as console_commands
from mainmode.device.config.reference import reference_page as configuration
from mainmode.device.show.reference import reference_page as show_commands
from mainmode.explain.diagnoses.reference import reference_page as diagnoses
from mainmode.explain.schema import schema_page as explanation
from mainmode.gateway.metrics import reference_page as metrics
from mainmode.ike.reference import reference_page as state_machines
from mainmode.lab.faults.catalogue import reference_page as faults
from mainmode.lab.reference import reference_page as verdicts
from mainmode.lab.scenario.reference import reference_page as scenarios
from mainmode.ladder.schema import schema_page as json_output

PAGES: dict[str, Callable[[], str]] = {
    "check_json.md": preflight,
    "cautions.md": cautions,
    "cli.md": command_line,
    "commands.md": console_commands,
    "configuration.md": configuration,
    "daemon_lines.md": daemon_lines,
    "debug_lines.md": debug_lines,
    "diagnoses.md": diagnoses,
    "explain_json.md": explanation,
    "faults.md": faults,
    "json.md": json_output,
    "metrics.md": metrics,
    "read_lines.md": read_lines,
    "repairs.md": repairs,
    "scenarios.md": scenarios,
    "show.md": show_commands,
    "state_machines.md": state_machines,
    "verdicts.md": verdicts,
}


def closed_loop() -> str:
    """Every fault of the lab played and explained: half a minute."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "explain"))
    from closed_loop import reference_page

    return str(reference_page())


def check_cases() -> str:
    """Every declared pair of the preflight's tests checked: two minutes."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "check"))
    from check_cases import reference_page

    return str(reference_page())


SLOW: dict[str, Callable[[], str]] = {"check_cases.md": check_cases, "closed_loop.md": closed_loop}


def fuzzing() -> str:
    """The figures of fuzzing, out of its record: `fuzz/run.py --record` adds to it, and makes the page, too."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from fuzz.record import page

    return page()


def vulnerabilities() -> str:
    """Each known vulnerability tried, and what the tests of it said: half a minute."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "security"))
    from vulnerability_page import reference_page

    return str(reference_page())


def attackers() -> str:
    """What attackers on the path do, tried anew: half a minute."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "security"))
    from attackers_page import reference_page

    return str(reference_page())


def days() -> str:
    """A thousand days of mishaps in the lab: several minutes. `tests/soak/days.py --write` makes the page, too."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "soak"))
    from days import reference_page

    return str(reference_page())


def security_faults() -> str:
    """Each fault of the host tried, as root: three minutes."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "security"))
    from broken_world import reference_page

    return str(reference_page())


def secrets() -> str:
    """What the whole suite left behind, looked through for the secrets it used: as long as the suite takes."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "security"))
    from secrets_page import reference_page

    return str(reference_page())


SECURITY: dict[str, Callable[[], str]] = {
    "attackers.md": attackers,
    "days.md": days,
    "fuzzing.md": fuzzing,
    "security/faults.md": security_faults,
    "vulnerabilities.md": vulnerabilities,
    "secrets.md": secrets,
}
"""Pages of docs/security. All take long: what they tell is tried anew."""

if __name__ == "__main__":
    wanted = sys.argv[1:] or PAGES
    for name, page in (PAGES | SLOW | SECURITY).items():
        if name not in wanted:
            continue
        target = Path(__file__).parent / ("security" if name in SECURITY else "reference") / Path(name).name
        before = target.read_text("utf-8") if target.exists() else ""
        text = page()
        target.write_text(text, "utf-8")
        print(f"{name}: {'as it was' if text == before else 'written anew'}")
