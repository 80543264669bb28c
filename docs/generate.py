"""Write the generated pages of docs/reference anew: `.venv/bin/python docs/generate.py [PAGE …]`.

Without names all are written but those that take long, which must be named; a test tells when one of them is stale.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from mainmode.catalogue.reference import daemon_lines_page as daemon_lines
from mainmode.catalogue.reference import read_lines_page as read_lines
from mainmode.catalogue.reference import reference_page as debug_lines
from mainmode.cli.reference import reference_page as command_line
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
    "cli.md": command_line,
    "configuration.md": configuration,
    "daemon_lines.md": daemon_lines,
    "debug_lines.md": debug_lines,
    "diagnoses.md": diagnoses,
    "explain_json.md": explanation,
    "faults.md": faults,
    "json.md": json_output,
    "metrics.md": metrics,
    "read_lines.md": read_lines,
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


SLOW: dict[str, Callable[[], str]] = {"closed_loop.md": closed_loop}

if __name__ == "__main__":
    wanted = sys.argv[1:] or PAGES
    for name, page in (PAGES | SLOW).items():
        if name not in wanted:
            continue
        target = Path(__file__).parent / "reference" / name
        before = target.read_text("utf-8") if target.exists() else ""
        text = page()
        target.write_text(text, "utf-8")
        print(f"{name}: {'as it was' if text == before else 'written anew'}")
