"""The session that the README shows is what comes of its lines."""

import re
from pathlib import Path

from devices import piped

_TYPED = re.compile(r"^\S+[>#] ?(.*)$|^Password: $", re.MULTILINE)


def test_the_session_of_the_readme_goes_as_it_shows() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    (shown,) = re.findall(r"^```console\n\$ mainmode (.*?)\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    command, session = shown
    done = piped("".join(f"{found[1] or ''}\n" for found in _TYPED.finditer(session)), *command.split())
    printed = done.stdout.decode().split("\n", 1)[1]
    assert printed.startswith(session)
    assert done.returncode == 0
