"""Where the automation tools are that judge the console: in an environment of their own, `build/judges`.

`.ci/run` makes it: scrapli and Ansible of the package index, and of Ansible's collections those for an ASA.
"""

import os
import subprocess
from pathlib import Path

from device_configs import modern
from lab_rig import devices
from ssh_rig import USERS

from mainmode.console.lab.casting import LabDevice

PROJECT = Path(__file__).parents[2]
BIN = PROJECT / "build" / "judges" / "bin"
COLLECTIONS = PROJECT / "build" / "collections"
PATIENCE = 240


def pair(*replaced: tuple[str, str]) -> list[LabDevice]:
    """The packaged pair in the later spelling, with users; parts of the text replaced."""
    found = []
    for one in devices(USERS, USERS):
        text = modern(one.text)
        for old, new in replaced:
            text = text.replace(old, new)
        found.append(LabDevice(one.file, text))
    return found


def run(program: str, *arguments: str, home: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """A tool of the environment, without anything of the user's own settings."""
    return subprocess.run(
        [BIN / program, *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=home,
        check=False,
        env={"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(home), "LC_ALL": "C.UTF-8", **environment},
    )
