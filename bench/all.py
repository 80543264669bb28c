"""All that docs/performance.md says, measured anew: `.venv/bin/python bench/all.py [NAME …]`, as root, half an hour.

Each bench that has its marks on the page is run with `--write`, one after another, in the order of the page.
"""

import re
import subprocess
import sys

from measuring import ROOT
from page import PAGE


def names() -> list[str]:
    """The benches that write to the page, in its order; the page's own summary is not one of them."""
    return [
        name for name in re.findall(r"<!-- bench/(\w+)\.py writes from here -->", PAGE.read_text()) if name != "page"
    ]


if __name__ == "__main__":
    for name in sys.argv[1:] or names():
        print(f"== bench/{name}.py", flush=True)
        if code := subprocess.run([sys.executable, str(ROOT / "bench" / f"{name}.py"), "--write"]).returncode:
            raise SystemExit(f"bench/{name}.py ended with exit code {code}")
