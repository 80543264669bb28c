"""The page on floods has the bounds of the code, and a row for each flood that is measured."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_has_the_bounds_of_the_code_and_every_scenario() -> None:
    command = [sys.executable, str(ROOT / "bench" / "flood.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_page_names_at_its_top_the_command_that_makes_it() -> None:
    text = (ROOT / "docs" / "security" / "floods.md").read_text("utf-8")
    assert "bench/flood.py --write" in text.split("\n\n")[1]
